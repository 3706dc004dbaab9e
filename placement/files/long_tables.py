"""What the five long tables mean: jobs, shapes, eligibility, demand and ramps, against the ids of the document."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from placement.files.errors import Problems, refuse
from placement.files.limits import CELLS
from placement.files.nouns import Source, read_family
from placement.files.reading import sibling
from placement.files.table_files import read_table
from placement.files.tables import Column, Table
from placement.files.validation import unknown_field
from placement.files.yaml_source import scalar
from placement.instance import Calendar, TrainingJob
from placement.instance.calendar import Step
from placement.instance.findings import Draft, Family, Pairs, ShapeRow, did_you_mean
from placement.instance.fitting import carried, unfit_pairs
from placement.program import Bools, Floats, Ints

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
SHAPES = (
    Column("job", "text"),
    Column("accelerator", "text"),
    Column("gpus", "number", least=1, most=1e8, whole=True),
    Column("duration_hours", "number", least=1e-6, most=1e6),
    Column("mode", "text", optional=True, blank=True),
)
ELIGIBILITY = (Column("workload", "text"), Column("pool", "text"))
DEMAND = (
    Column("stream", "text"),
    Column("block", "text"),
    Column("band", "text", optional=True),
    Column("demand_tokens_per_s", "number"),
    Column("mean_tokens_per_s", "number", optional=True),
)
RAMPS = (Column("pool", "text"), Column("from_date", "text"), Column("online_gpus", "number", most=1e8, whole=True))


@cache
def job_table() -> tuple[Column, ...]:
    """Columns of the jobs table: the scalar fields of a training job, and ``after`` as ids with spaces between them.

    A cell may be empty where the field may be absent.
    """
    return tuple(
        Column(name, "text", optional=not info.is_required(), blank=True)
        for name, info in TrainingJob.model_fields.items()
        if name not in ("shapes", "pace", "pools", "current_place") and info.annotation is not typing.Any
    )


def open_table(name: str, folder: Path, source: Source, columns: Iterable[Column], problems: Problems) -> Table | None:
    """The table that the document names under ``tables``; None where it names none or where its header is wrong."""
    stated = source.root.get("tables")
    file = stated.get(name) if isinstance(stated, dict) else None
    if not isinstance(file, str):
        return None
    path = sibling(folder, file)
    if isinstance(path, str):
        problems.add(source.problem(("tables", name), file, path, "put the table beside the document"))
        return None
    known = tuple(columns)

    def unknown(column: str) -> tuple[str, str]:
        info = TrainingJob.model_fields.get(column) if name == "jobs" else None
        if info is not None:
            return "a mapping or a list, stated in the document", "remove the column"
        return unknown_field(column, [c.name for c in known])

    return read_table(path, file, known, problems, unknown)


def refer(table: Table, column: str, known: Mapping[str, int], what: str, problems: Problems) -> Ints:
    """Positions of the nouns that a column names, [n]; -1 (and problems) for unknown ones."""
    position = table.decoded(column, lambda word: known.get(word, -1))
    wrong = (position < 0) & table.sound
    table.report(problems, wrong, column, f"the id of {what}", lambda word: did_you_mean(word, known, what))
    return position


def repeated(table: Table, key: Ints, column: str, what: str, problems: Problems) -> None:
    """Problems for rows whose key (-1 for none) an earlier row has."""
    order = np.argsort(key, kind="stable")
    again = np.zeros(len(key), dtype=np.bool_)
    again[order[1:]] = key[order[1:]] == key[order[:-1]]
    table.report(problems, again & (key >= 0), column, f"{what} once", "remove one of the two rows")


# ------------------------------------------------------------------ jobs and shapes


def read_jobs(table: Table, family: Family[Any], source: Source, problems: Problems) -> Family[Any]:
    """The jobs of the document and those of the table behind them."""
    kinds = {name: _kind(TrainingJob.model_fields[name].annotation) for name in table.codes}
    if "after" in kinds:
        kinds["after"] = lambda word: word.split() or None
    values = {name: [kinds[name](word) for word in table.words[name]] for name in table.codes}
    first = len(family.ids)
    rows: list[Any] = []
    for n in range(len(table)):
        row = {}
        for name, codes in table.codes.items():
            value = values[name][codes[n]]
            if value is not None:
                row[name] = value
        rows.append(row)
        source.tabled[("jobs", first + n)] = (table.file, int(table.lines[n]))
        source.names[("jobs", first + n)] = f"jobs[{row.get('id', n)}]"
    mine = read_family("jobs", TrainingJob, rows, source, problems, first=first)
    return Family("jobs", {**family.valid, **mine.valid}, family.ids + mine.ids, family.readable)


def _kind(annotation: Any) -> Callable[[str], Any]:
    """How a cell of such a field is read; an empty cell is an absent field."""
    args = typing.get_args(annotation)
    kinds = {annotation, *args, *(inner for arg in args for inner in typing.get_args(arg) if isinstance(inner, type))}
    if bool in kinds:
        return lambda word: {"": None, "true": True, "false": False}.get(word, word)
    if int in kinds or float in kinds:
        return lambda word: None if word == "" else scalar(word)
    return lambda word: word or None


def read_shapes(table: Table, jobs: Family[Any], source: Source, problems: Problems) -> list[ShapeRow]:
    """Shapes of jobs, one per row."""
    job = refer(table, "job", jobs.position, "a job", problems)
    good = np.flatnonzero(table.sound & (job >= 0))
    accelerator, mode = table.words["accelerator"], table.words.get("mode")
    shapes = []
    for n in good.tolist():
        path = ("shapes", n)
        source.tabled[path] = (table.file, int(table.lines[n]))
        word = mode[int(table.codes["mode"][n])] if mode is not None else ""
        shapes.append(
            ShapeRow(
                int(job[n]),
                accelerator[int(table.codes["accelerator"][n])],
                int(table.numbers["gpus"][n]),
                float(table.numbers["duration_hours"][n]),
                (word,) if word else None,
                path,
            )
        )
    return shapes


# ------------------------------------------------------------------ eligibility


@dataclass(frozen=True)
class Eligibility:
    """Pools that may carry workloads, and the rows of the table that say so."""

    table: Table
    jobs: Pairs
    services: Pairs
    job_rows: Ints
    service_rows: Ints

    def check(self, draft: Draft, problems: Problems) -> None:
        """Problems for pools whose accelerator the workload has no shape or profile on."""
        if "shapes" not in draft.unread:
            unfit = unfit_pairs(draft, self.jobs, carried(draft))
            self._report(self.job_rows[unfit], "a pool with an accelerator of one of the job's shapes", problems)
        index = {name: a for a, name in enumerate(draft.accelerators)}
        able = np.zeros((len(draft["services"].ids), len(index) + 1), dtype=np.bool_)
        for n, service in draft["services"].valid.items():
            able[n, [index.get(profile.accelerator, -1) for profile in service.profiles]] = True
        unfit = unfit_pairs(draft, self.services, able)
        self._report(self.service_rows[unfit], "a pool with an accelerator of one of the service's profiles", problems)

    def _report(self, rows: Ints, expected: str, problems: Problems) -> None:
        wrong: Bools = np.zeros(len(self.table), dtype=np.bool_)
        wrong[rows] = True
        self.table.report(problems, wrong, "pool", expected, "remove the row, or add a shape or profile on that accelerator")


def read_eligibility(table: Table, families: Mapping[str, Family[Any]], problems: Problems) -> Eligibility:
    """Rows of (workload, pool), where a workload is a job or a service."""
    jobs, services, pools = families["jobs"], families["services"], families["pools"]
    both = jobs.position.keys() & services.position.keys()
    if both:
        wrong = table.decoded("workload", lambda word: int(word in both)) > 0
        table.report(problems, wrong, "workload", "an id that is a job's or a service's, not both", "rename the job or the service")
    known = {**{name: len(jobs.ids) + n for name, n in services.position.items()}, **jobs.position}
    workload = refer(table, "workload", known, "a job or service", problems)
    pool = refer(table, "pool", pools.position, "a pool", problems)
    good = table.sound & (workload >= 0) & (pool >= 0)
    repeated(table, np.where(good, workload * len(pools.ids) + pool, -1), "pool", "each pair of workload and pool", problems)
    job_rows = np.flatnonzero(good & (workload < len(jobs.ids)))
    service_rows = np.flatnonzero(good & (workload >= len(jobs.ids)))
    return Eligibility(
        table,
        Pairs(workload[job_rows], pool[job_rows]),
        Pairs(workload[service_rows] - len(jobs.ids), pool[service_rows]),
        job_rows,
        service_rows,
    )


# ------------------------------------------------------------------ ramps


def read_ramps(table: Table, pools: Family[Any], source: Source, problems: Problems) -> dict[int, tuple[Step, ...]]:
    """Deliveries by position of the pool."""
    pool = refer(table, "pool", pools.position, "a pool", problems)
    day = _days(table, "from_date", problems)
    steps: dict[int, list[Step]] = {}
    for n in np.flatnonzero(table.sound & (pool >= 0) & (day >= 0)).tolist():
        q = int(pool[n])
        row = steps.setdefault(q, [])
        source.tabled[("pools", q, "online_gpus", len(row))] = (table.file, int(table.lines[n]))
        source.names[("pools", q)] = f"pools[{pools.ids[q]}]"
        row.append(Step(from_date=date.fromordinal(int(day[n])), value=float(table.numbers["online_gpus"][n])))
    return {q: tuple(row) for q, row in steps.items()}


def _days(table: Table, column: str, problems: Problems) -> Ints:
    """Days of a column as ordinals, [n]; -1 (and problems) where a cell is none."""
    day = table.decoded(column, ordinal)
    table.report(problems, (day < 0) & table.sound, column, "a day as YYYY-MM-DD", "write a day such as 2026-03-02")
    return day


def ordinal(word: str) -> int:
    """A day as an ordinal; -1 where the text is none."""
    try:
        return date.fromisoformat(word).toordinal() if _DAY.fullmatch(word) else -1
    except ValueError:
        return -1


# ------------------------------------------------------------------ demand


def read_demand(
    table: Table, streams: Family[Any], calendar: Calendar | None, problems: Problems
) -> tuple[dict[int, int], Floats, Floats] | None:
    """Row by position of the stream, and demand and mean [rows, P]; None where there is no valid calendar."""
    stream = refer(table, "stream", streams.position, "a stream", problems)
    if calendar is None:
        return None
    period = periods(table, calendar, problems)
    here = np.unique(stream[stream >= 0])
    if len(here) * calendar.period_count > CELLS:
        found = f"{len(here)} streams x {calendar.period_count} periods"
        raise refuse(table.file, None, found, f"at most {CELLS}", "use longer blocks, fewer bands or fewer streams")
    row = np.full(len(streams.ids) + 1, -1, dtype=np.int64)  # One more, for streams that are not known.
    row[here] = np.arange(len(here))
    good = (stream >= 0) & (period >= 0)
    key = np.where(good, row[stream] * calendar.period_count + period, -1)
    count = np.bincount(key[good], minlength=len(here) * calendar.period_count)
    if np.any(count > 1):
        repeated(table, key, "block", "each stream, block and band", problems)
    _complete(
        table, [str(streams.ids[s]) for s in here.tolist()], count.reshape(len(here), calendar.period_count), calendar, problems
    )
    demand = np.zeros(len(count))
    figures = table.numbers["demand_tokens_per_s"]
    demand[key[good]] = figures[good]
    mean = demand.copy()
    if "mean_tokens_per_s" in table.numbers:
        means = table.numbers["mean_tokens_per_s"]
        mean[key[good]] = means[good]
        above = means > figures * (1 + 1e-9)
        table.report(problems, above, "mean_tokens_per_s", "a mean of at most the demand", "lower the mean or raise the demand")
    shape = (len(here), calendar.period_count)
    return {int(s): n for n, s in enumerate(here)}, demand.reshape(shape), mean.reshape(shape)


def periods(table: Table, calendar: Calendar, problems: Problems, of: str = "") -> Ints:
    """Period of each row, from its block and band, in columns named so after ``of``, [n]; -1 (and problems) where there is none."""
    starts = {day.toordinal(): b for b, day in enumerate(calendar.block_starts[:-1])}
    day = _days(table, f"{of}block", problems)
    block = table.decoded(f"{of}block", lambda word: starts.get(ordinal(word), -1))
    wrong = (day >= 0) & (block < 0)
    expected = f"the first day of a {calendar.block} of the calendar, from {calendar.start} to {calendar.block_starts[-2]}"
    table.report(problems, wrong, f"{of}block", expected, "use the day on which the block starts")
    bands = {band.id: k for k, band in enumerate(calendar.bands)}
    if f"{of}band" in table.codes:
        band = refer(table, f"{of}band", bands, "a band", problems)
    else:
        band = np.zeros(len(table), dtype=np.int64)
        if len(bands) > 1:
            problems.add_cells(
                table.file, "header", [(1, "no band")], f"the column {of}band: the calendar has several", "add the column"
            )
            band -= 1
    return np.where((block >= 0) & (band >= 0), block * len(bands) + band, -1)


def _complete(table: Table, names: list[str], count: Ints, calendar: Calendar, problems: Problems) -> None:
    """Problems for streams that appear, but not in every period [streams, P]; silent where bad cells could be the reason."""
    gaps = (count == 0).sum(axis=1)
    if not gaps.any() or not table.sound.all():
        return
    codes, first = np.unique(table.codes["stream"], return_index=True)
    line = {table.words["stream"][code]: int(table.lines[row]) for code, row in zip(codes.tolist(), first.tolist(), strict=True)}
    cells = []
    for row in np.flatnonzero(gaps).tolist():
        missing = calendar.period_name(int(np.argmin(count[row])))
        cells.append((line[names[row]], f"{names[row]}: {gaps[row]} periods missing, the first {missing}"))
    problems.add_cells(table.file, "stream", cells, "every period of a stream that appears: missing is never zero", "add the rows")
