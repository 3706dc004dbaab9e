"""Tables of a plan as CSV with names instead of indices, and back; ``COLUMNS`` says what each holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from placement.files.errors import Problems
from placement.files.long_tables import ordinal, periods, refer, repeated
from placement.files.tables import Column, Table
from placement.instance import Instance
from placement.plan import (
    TABLES,
    Contracts,
    Paths,
    Places,
    Plan,
    Prices,
    Recourse,
    Replicas,
    Responses,
    Runs,
    Serving,
    Shedding,
    Sublets,
    Uncovered,
    empty,
)
from placement.program import Bools, Ints


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "text") for name in names)


_UNITS = Column("units", "number", least=0, most=1e8, whole=True)
_GPUS = Column("gpus", "number", most=1e8, whole=True)
_RUNG = Column("rung", "number", least=1, most=100, whole=True)
_TOKENS = Column("tokens_per_s", "number", least=-1e14)
_KW = Column("kw", "number", least=-1e9, most=1e9)
COLUMNS: dict[str, tuple[Column, ...]] = {
    "runs": (*_texts("job", "accelerator", "mode"), _GPUS, *_texts("start_date", "end_date")),
    "places": (*_texts("job", "island"), _UNITS),
    "paths": _texts("job", "link"),
    "replicas": (*_texts("service", "accelerator", "latency_class", "mode", "island", "block", "band"), _UNITS),
    "serving": (*_texts("stream", "site", "latency_class", "block", "band"), _TOKENS),
    "shedding": (*_texts("stream"), _RUNG, *_texts("promised", "block", "band"), _TOKENS),
    "contracts": _texts("contract", "start_date", "end_date"),
    "sublets": (*_texts("pool", "block", "band"), _UNITS),
    "recourse": (*_texts("loss", "stream", "site", "latency_class", "block", "band"), _TOKENS),
    "uncovered": (*_texts("loss", "stream", "block", "band"), _TOKENS),
    "responses": (*_texts("response", "block", "band"), _KW),
}  # fmt: skip
"""Start and end dates are first days of blocks, the end being the first day no longer held; rungs count from 1."""

PRICES = (*_texts("resource", "block", "band"), Column("usd_per_unit", "number", least=-1e14))
"""Rows of slots that have a price; a slot of several periods is named by its first."""


# ------------------------------------------------------------------ to text


def table_bytes(name: str, plan: Plan, instance: Instance) -> tuple[bytes, int]:
    """A table of the plan as CSV, and its number of rows."""
    return _csv(COLUMNS[name], _WRITERS[name](plan, instance))


def price_bytes(prices: Prices, instance: Instance) -> tuple[bytes, int]:
    """The table of prices as CSV, and its number of rows."""
    columns = [_named(prices.names, prices.resource), *_period_columns(instance, prices.period), _floats(prices.usd_per_unit)]
    return _csv(PRICES, columns)


def _csv(header: Sequence[Column], columns: list[list[str]]) -> tuple[bytes, int]:
    lines = map(",".join, zip(*columns, strict=True))
    return ("\n".join([",".join(column.name for column in header), *lines]) + "\n").encode(), len(columns[0])


def _named(names: Sequence[str], index: Ints) -> list[str]:
    return [names[i] for i in index.tolist()]


def _ints(values: Ints) -> list[str]:
    return [str(value) for value in values.tolist()]


def _floats(values: Any) -> list[str]:
    return [repr(value) for value in values.tolist()]


def _period_columns(instance: Instance, period: Ints) -> tuple[list[str], list[str]]:
    days = [day.isoformat() for day in instance.calendar.block_starts]
    bands = [band.id for band in instance.calendar.bands]
    return _named(days, period // len(bands)), _named(bands, period % len(bands))


def _run_job(plan: Plan, instance: Instance, run: Ints) -> list[str]:
    return _named(instance.jobs.id, plan.runs.job[run])


def _runs(plan: Plan, instance: Instance) -> list[list[str]]:
    shapes, runs = instance.jobs.shapes, plan.runs
    accelerators = list(instance.accelerators.values())
    modes = [accelerators[a].modes[m].id for a, m in zip(shapes.accelerator[runs.shape], shapes.mode[runs.shape], strict=True)]
    days = [day.isoformat() for day in instance.calendar.block_starts]
    return [
        _named(instance.jobs.id, runs.job),
        _named(list(instance.accelerators), shapes.accelerator[runs.shape]),
        modes,
        _ints(shapes.gpus[runs.shape]),
        _named(days, runs.start_block),
        _named(days, runs.end_block),
    ]


def _places(plan: Plan, instance: Instance) -> list[list[str]]:
    places = plan.places
    return [_run_job(plan, instance, places.run), _named(instance.island_names, places.island), _ints(places.units)]


def _paths(plan: Plan, instance: Instance) -> list[list[str]]:
    return [_run_job(plan, instance, plan.paths.run), _named(list(instance.links), plan.paths.link)]


def _profiles(instance: Instance) -> list[list[tuple[str, str, str]]]:
    """Accelerator, class and mode of each profile, by service."""
    return [
        [(p.accelerator, p.latency_class, instance.accelerators[p.accelerator].mode(p.mode).id) for p in service.profiles]
        for service in instance.services.values()
    ]


def _replicas(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.replicas
    profiles = _profiles(instance)
    named = [profiles[s][p] for s, p in zip(table.service.tolist(), table.profile.tolist(), strict=True)]
    return [
        _named(list(instance.services), table.service),
        *([profile[k] for profile in named] for k in range(3)),
        _named(instance.island_names, table.island),
        *_period_columns(instance, table.period),
        _ints(table.units),
    ]


def _serving(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.serving
    return [
        _named(list(instance.streams), table.stream),
        _named(list(instance.sites), table.site),
        _named(list(instance.latency_classes), table.latency_class),
        *_period_columns(instance, table.period),
        _floats(table.tokens_per_s),
    ]


def _shedding(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.shedding
    return [
        _named(list(instance.streams), table.stream),
        _ints(table.rung + 1),
        ["true" if value else "false" for value in table.promised.tolist()],
        *_period_columns(instance, table.period),
        _floats(table.tokens_per_s),
    ]


def _contracts(plan: Plan, instance: Instance) -> list[list[str]]:
    days, table = [day.isoformat() for day in instance.calendar.block_starts], plan.contracts
    return [_named(list(instance.contracts), table.contract), _named(days, table.start_block), _named(days, table.end_block)]


def _sublets(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.sublets
    return [_named(list(instance.pools), table.pool), *_period_columns(instance, table.period), _ints(table.units)]


def _recourse(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.recourse
    return [
        _named(_losses(instance), table.case),
        _named(list(instance.streams), table.stream),
        _named(list(instance.sites), table.site),
        _named(list(instance.latency_classes), table.latency_class),
        *_period_columns(instance, table.period),
        _floats(table.tokens_per_s),
    ]


def _uncovered(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.uncovered
    return [
        _named(_losses(instance), table.case),
        _named(list(instance.streams), table.stream),
        *_period_columns(instance, table.period),
        _floats(table.tokens_per_s),
    ]


def _responses(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.responses
    return [_named(_offers(instance), table.response), *_period_columns(instance, table.period), _floats(table.kw)]


def _offers(instance: Instance) -> list[str]:
    return [case.name for case in instance.responses]


def _losses(instance: Instance) -> list[str]:
    return [case.name for case in instance.loss_cases]


_WRITERS: dict[str, Callable[[Plan, Instance], list[list[str]]]] = {
    "runs": _runs, "places": _places, "paths": _paths, "replicas": _replicas, "serving": _serving, "shedding": _shedding,
    "contracts": _contracts, "sublets": _sublets, "recourse": _recourse, "uncovered": _uncovered,
    "responses": _responses,
}  # fmt: skip


# ------------------------------------------------------------------ from text


def plan_of(tables: Mapping[str, Table], instance: Instance, problems: Problems) -> Plan:
    """The plan in tables that were read; names that the instance does not know become problems, and then the plan means nothing."""
    runs = _read_runs(tables["runs"], instance, problems)
    run = {instance.jobs.id[job]: n for n, job in enumerate(runs.job.tolist()) if job >= 0}
    island = {name: i for i, name in enumerate(instance.island_names)}
    places, paths = tables["places"], tables["paths"]
    return Plan(
        runs,
        Places(
            refer(places, "job", run, "a job in the table of runs", problems),
            refer(places, "island", island, "an island", problems),
            _whole(places, "units"),
        ),
        Paths(
            refer(paths, "job", run, "a job in the table of runs", problems),
            refer(paths, "link", _index(instance.links), "a link", problems),
        ),
        _read_replicas(tables["replicas"], instance, island, problems),
        _read_serving(tables["serving"], instance, problems),
        _read_shedding(tables["shedding"], instance, problems),
        _read_contracts(tables["contracts"], instance, problems) if "contracts" in tables else empty(Contracts),
        _read_sublets(tables["sublets"], instance, problems) if "sublets" in tables else empty(Sublets),
        _read_recourse(tables["recourse"], instance, problems) if "recourse" in tables else empty(Recourse),
        _read_uncovered(tables["uncovered"], instance, problems) if "uncovered" in tables else empty(Uncovered),
        _read_responses(tables["responses"], instance, problems) if "responses" in tables else empty(Responses),
    )


def prices_of(table: Table, instance: Instance, problems: Problems) -> Prices:
    """The prices in a table that was read; whether the resources exist is for their program to say."""
    period = periods(table, instance.calendar, problems)
    key = table.codes["resource"].astype(np.int64) * instance.calendar.period_count + period
    repeated(table, np.where(table.sound & (period >= 0), key, -1), "resource", "each slot of a resource", problems)
    words = tuple(table.words["resource"])
    return Prices(words, table.codes["resource"].astype(np.int64), period, table.numbers["usd_per_unit"])


def still_known(plan: Plan, instance: Instance) -> tuple[Plan, dict[str, int]]:
    """A plan without the rows that name what an instance does not have (-1), and how many each table lost."""
    runs, blocks = plan.runs, instance.calendar.blocks
    known = {name: _all_known(getattr(plan, name)) for name in TABLES}
    first = np.zeros(len(runs.job), dtype=np.bool_)
    first[np.unique(runs.job, return_index=True)[1]] = True
    known["runs"] &= first & (runs.start_block < blocks) & (runs.end_block > runs.start_block)
    run = np.append(np.where(known["runs"], np.cumsum(known["runs"]) - 1, -1), -1)
    places, paths = replace(plan.places, run=run[plan.places.run]), replace(plan.paths, run=run[plan.paths.run])
    plan = replace(plan, places=places, paths=paths)
    known |= {"places": _all_known(places), "paths": _all_known(paths)}
    tables = {
        name: kind(*(getattr(getattr(plan, name), f.name)[known[name]] for f in fields(kind))) for name, kind in TABLES.items()
    }
    return Plan(**tables), {name: int((~rows).sum()) for name, rows in known.items()}


def _all_known(table: Any) -> Bools:
    columns = (getattr(table, f.name) for f in fields(table))
    return np.asarray(np.all([column >= 0 for column in columns if column.dtype == np.int64], axis=0))


def _index(names: Any) -> dict[str, int]:
    return {name: n for n, name in enumerate(names)}


def _whole(table: Table, column: str) -> Ints:
    return np.nan_to_num(table.numbers[column]).astype(np.int64)


def _read_runs(table: Table, instance: Instance, problems: Problems) -> Runs:
    jobs, shapes, accelerators = instance.jobs, instance.jobs.shapes, list(instance.accelerators.values())
    job = refer(table, "job", _index(jobs.id), "a job", problems)
    order = np.argsort(job, kind="stable")
    again = np.zeros(len(table), dtype=np.bool_)
    again[order[1:]] = (job[order[1:]] == job[order[:-1]]) & (job[order[1:]] >= 0)
    table.report(problems, again, "job", "each job once", "remove one of its rows")
    known = {
        (int(shapes.job[n]), accelerators[a].id, accelerators[a].modes[m].id, int(shapes.gpus[n])): n
        for n, (a, m) in enumerate(zip(shapes.accelerator.tolist(), shapes.mode.tolist(), strict=True))
    }
    gpus = _whole(table, "gpus")
    shape = np.array(
        [
            known.get((int(job[n]), str(table.cell("accelerator", n)), str(table.cell("mode", n)), int(gpus[n])), -1)
            for n in range(len(table))
        ],
        dtype=np.int64,
    )
    table.report(
        problems,
        (shape < 0) & (job >= 0) & table.sound,
        "accelerator",
        "a shape of the job: accelerator, mode and gpus",
        "correct the row",
    )
    return Runs(job, shape, *_read_edges(table, instance, problems))


def _read_edges(table: Table, instance: Instance, problems: Problems) -> tuple[Ints, Ints]:
    """First block, and the block after the last, of rows with a start_date and an end_date."""
    days = {day.toordinal(): b for b, day in enumerate(instance.calendar.block_starts)}
    edges = []
    for column, blocks in (("start_date", range(instance.calendar.blocks)), ("end_date", range(1, instance.calendar.blocks + 1))):
        edge = table.decoded(column, lambda word: days.get(ordinal(word), -1))
        wrong = ~np.isin(edge, np.array(blocks)) & table.sound
        table.report(problems, wrong, column, "the first day of a block of the calendar", "correct the date")
        edges.append(edge)
    backwards = (edges[1] <= edges[0]) & (edges[0] >= 0) & (edges[1] > 0)
    table.report(problems, backwards, "end_date", "a day after start_date", "correct the dates")
    return edges[0], edges[1]


def _read_contracts(table: Table, instance: Instance, problems: Problems) -> Contracts:
    return Contracts(
        refer(table, "contract", _index(instance.contracts), "a contract", problems), *_read_edges(table, instance, problems)
    )


def _read_recourse(table: Table, instance: Instance, problems: Problems) -> Recourse:
    return Recourse(
        refer(table, "loss", _index(_losses(instance)), "a loss", problems),
        refer(table, "stream", _index(instance.streams), "a stream", problems),
        refer(table, "site", _index(instance.sites), "a site", problems),
        refer(table, "latency_class", _index(instance.latency_classes), "a latency class", problems),
        periods(table, instance.calendar, problems),
        table.numbers["tokens_per_s"],
    )


def _read_uncovered(table: Table, instance: Instance, problems: Problems) -> Uncovered:
    return Uncovered(
        refer(table, "loss", _index(_losses(instance)), "a loss", problems),
        refer(table, "stream", _index(instance.streams), "a stream", problems),
        periods(table, instance.calendar, problems),
        table.numbers["tokens_per_s"],
    )


def _read_responses(table: Table, instance: Instance, problems: Problems) -> Responses:
    return Responses(
        refer(table, "response", _index(_offers(instance)), "the demand response of a feed, as feed/response,", problems),
        periods(table, instance.calendar, problems),
        table.numbers["kw"],
    )


def _read_sublets(table: Table, instance: Instance, problems: Problems) -> Sublets:
    return Sublets(
        refer(table, "pool", _index(instance.pools), "a pool", problems),
        periods(table, instance.calendar, problems),
        _whole(table, "units"),
    )


def _read_replicas(table: Table, instance: Instance, island: Mapping[str, int], problems: Problems) -> Replicas:
    service = refer(table, "service", _index(instance.services), "a service", problems)
    names = ("accelerator", "latency_class", "mode")
    key = service
    for name in names:  # One number for each combination of names.
        key = key * max(len(table.words[name]), 1) + table.codes[name]
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    profiles = [{key: p for p, key in enumerate(own)} for own in _profiles(instance)]
    meaning = []
    for row in first.tolist():
        accelerator, latency_class, mode = (str(table.cell(name, row)) for name in names)
        own = profiles[service[row]] if service[row] >= 0 else {}
        meaning.append(own.get((accelerator, latency_class, mode), -1))
    profile = np.array([*meaning, -1], dtype=np.int64)[which.reshape(-1)]
    expected = "a profile of the service: accelerator, latency_class and mode"
    table.report(problems, (profile < 0) & (service >= 0) & table.sound, "accelerator", expected, "correct the row")
    return Replicas(
        service,
        profile,
        refer(table, "island", island, "an island", problems),
        periods(table, instance.calendar, problems),
        _whole(table, "units"),
    )


def _read_serving(table: Table, instance: Instance, problems: Problems) -> Serving:
    return Serving(
        refer(table, "stream", _index(instance.streams), "a stream", problems),
        refer(table, "site", _index(instance.sites), "a site", problems),
        refer(table, "latency_class", _index(instance.latency_classes), "a latency class", problems),
        periods(table, instance.calendar, problems),
        table.numbers["tokens_per_s"],
    )


def _read_shedding(table: Table, instance: Instance, problems: Problems) -> Shedding:
    stream = refer(table, "stream", _index(instance.streams), "a stream", problems)
    rung = _whole(table, "rung") - 1
    ladders = [stream.ladder or instance.tenants[stream.tenant].ladder for stream in instance.streams.values()]
    rungs = np.array([len(ladder.rungs) if ladder is not None else 0 for ladder in ladders] + [0], dtype=np.int64)
    wrong = (stream >= 0) & (rung >= rungs[stream]) & table.sound
    table.report(problems, wrong, "rung", "a rung of the stream's ladder, counted from 1", "correct the row")
    promised = table.decoded("promised", lambda word: {"true": 1, "false": 0}.get(word, -1))
    table.report(problems, (promised < 0) & table.sound, "promised", "true or false", "write true or false")
    return Shedding(stream, rung, promised > 0, periods(table, instance.calendar, problems), table.numbers["tokens_per_s"])
