"""Run solvers over a public set: each case in a process of its own, its answer checked and scored against the known value."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from benchmarks.rows import write_rows
from benchmarks.sets import SETS
from benchmarks.sets.case import Absent, Case, Malformed, Score
from placement.bench.processes import in_own_process
from placement.bench.traces import gap_between
from solvers.solver import Limits

DATA = "PLACEMENT_DATA"
"""Environment variable that names the folder of the public files."""

BOUND_TOLERANCE = 1e-6
"""A bound may lie beyond a plan's value by this times max(1, |value|)."""


@dataclass(frozen=True)
class Row:
    """One case: ``family`` is the set and ``seed`` the instance; value and bound in the set's own unit and sense.

    Seconds of the solve alone; memory is the peak of the whole process tree, counted as ``memory`` says, see
    ``placement.bench.processes``.
    ``violations`` counts what the check found, ``broken`` says it in words.
    """

    family: str
    seed: str
    solver: str
    known: float | None
    proven: bool
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    excess: float | None = None
    seconds: float = 0.0
    peak_mb: float | None = None
    violations: int | None = None
    """None where there is no plan."""
    status: str = "error"
    limit: str | None = None
    error: str | None = None
    memory: str | None = None
    time_limit_s: float | None = None
    workers: int | None = None
    broken: list[str] = field(default_factory=list)
    facts: dict[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """A case of a set, a solver and its limits; picklable."""

    family: str
    case: Case
    solver: str
    limits: Limits

    def row(self, error: str | None = None) -> Row:
        """The row before anything is known of it but an error."""
        case, limits = self.case, self.limits
        return Row(
            self.family, case.name, self.solver, case.known, case.proven, error=error, time_limit_s=limits.time_limit_s,
            workers=limits.workers,
        )  # fmt: skip


def run_case(task: Task, begun: Callable[[], None] = lambda: None) -> Row:
    """Build, solve and score one case in this process; ``begun`` is called when the time starts to count."""
    case = task.case
    try:
        program = case.program()
    except Malformed as error:
        return task.row(str(error))
    begun()
    began = time.monotonic()
    solution = case.solve(program, task.solver, task.limits)
    seconds = time.monotonic() - began
    score = case.score(program, solution)
    planned = score.value is not None
    wrong = wrong_bound(case, score)
    return replace(
        task.row(wrong),
        objective=score.value,
        bound=score.bound,
        gap=gap_between(*((-v if case.maximise and v is not None else v) for v in (score.value, score.bound))),
        excess=case.excess(score.value),
        seconds=seconds,
        violations=len(score.violations) if planned else None,
        status=str(solution.status),
        limit=None if solution.limit is None else str(solution.limit),
        broken=list(score.violations),
        facts=dict(score.facts),
    )


def wrong_bound(case: Case, score: Score) -> str | None:
    """What is wrong with a bound that a plan contradicts, be it the solver's own or the known one; a broken plan proves nothing."""
    plans = [("its own plan's", None if score.violations else score.value), ("the known", case.known)]
    for whose, value in plans:
        if value is None or score.bound is None:
            continue
        over = value - score.bound if case.maximise else score.bound - value
        if over > BOUND_TOLERANCE * max(1.0, abs(value)):
            return f"claims the bound {score.bound:.9g}, which {whose} {value:.9g} contradicts"
    return None


def measured(task: Task) -> Row:
    """The case's row from a process of its own; a crash or a case that does not end is a row as well."""
    assert task.limits.time_limit_s is not None
    outcome = in_own_process(run_case, task, task.limits.time_limit_s)
    return replace(outcome.result or task.row(outcome.error), peak_mb=outcome.peak_mb, memory=outcome.memory)


HEADER = f"{'instance':27} {'solver':8} {'known':>12} {'value':>12} {'bound':>14} {'gap':>9} {'excess':>9} {'seconds':>8} {'MB':>6}"


def line(row: Row) -> str:
    """One case as a line of the table. A known value that is not proven is marked ``~``."""

    def figure(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    known = figure(row.known, ",.12g") + ("" if row.proven or row.known is None else "~")
    notes = [f"{key} {value if isinstance(value, str) else format(value, '.6g')}" for key, value in row.facts.items()]
    notes += [f"BROKEN {words}" for words in row.broken[:2]]
    notes += [] if row.error is None else [row.error]
    return (
        f"{row.seed:27} {row.solver:8} {known:>12} {figure(row.objective, ',.12g'):>12} {figure(row.bound, ',.2f'):>14} "
        f"{figure(row.gap, '.3%'):>9} {figure(row.excess, '+.3%'):>9} {row.seconds:>8.1f} {figure(row.peak_mb, '.0f'):>6}"
        f"{'  ' if notes else ''}{'; '.join(notes)}"
    )


EQUAL = 1e-9
"""An excess up to this is none."""


def proves(row: Row, gap: float) -> bool:
    """Whether a sound answer closed its own gap."""
    return row.error is None and not row.violations and row.gap is not None and row.gap <= gap


def summary(rows: list[Row], gap: float) -> str:
    """Means over the cases: those without a plan are counted apart, not averaged away."""
    excess = [row.excess for row in rows if row.excess is not None and not row.violations]
    text = f"{len(rows)} cases"
    if excess:
        best = sum(value <= EQUAL for value in excess)
        text += f"; mean excess over known {statistics.fmean(excess):+.4%}, largest {max(excess):+.4%}; {best} reach the known"
    text += f"; own proof on {sum(proves(row, gap) for row in rows)}"
    seconds = [row.seconds for row in rows if row.error is None]
    if seconds:
        text += f"; median {statistics.median(seconds):.1f} s, longest {max(seconds):.1f} s"
    for words, count in (
        ("without a plan", sum(row.objective is None and row.error is None for row in rows)),
        ("broken", sum(bool(row.violations) for row in rows)),
        ("failed", sum(row.error is not None for row in rows)),
    ):
        text += f"; {count} {words}" if count else ""
    return text


def by_part(rows: list[Row]) -> dict[str, list[Row]]:
    """Rows by what stands before the last ``/`` of their names, where that tells some apart, and all under the set's name."""
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(row.seed.rpartition("/")[0], []).append(row)
    return (parts if len(parts) > 1 else {}) | {rows[0].family: rows}


def chosen(cases: list[Case], match: str | None, limit: int | None) -> list[Case]:
    """Those whose name contains ``match``; of these ``limit``, spread evenly over the list."""
    cases = [case for case in cases if match is None or match in case.name]
    if limit is None or limit >= len(cases):
        return cases
    return [cases[k * len(cases) // limit] for k in range(limit)]


def run(
    name: str,
    *,
    data: Path | None,
    solvers: tuple[str, ...] = ("auto",),
    time_limit_s: float | None = None,
    gap: float | None = None,
    workers: int = 2,
    match: str | None = None,
    limit: int | None = None,
    json_path: Path | None = None,
    echo: Callable[[str], None] = click.echo,
) -> int:
    """Prints a table of the set's cases and returns the exit code: 0, also where the data are absent; 1 where a case failed."""
    module: Any = import_module(SETS[name])
    folder = data or (Path(os.environ[DATA]) if os.environ.get(DATA) else None)
    try:
        if folder is None:
            raise Absent(f"name the folder of the public files with --data or the variable {DATA}")
        cases = chosen(module.cases(folder), match, limit)
    except Absent as reason:
        echo(f"{name}: skipped, {reason}")
        return 0
    except Malformed as problem:
        echo(f"{name}: {problem}")
        return 1
    if not cases:
        echo(f"{name}: no instance is listed" if match is None else f"{name}: no instance has {match!r} in its name")
        return 1
    gap = module.GAP if gap is None else gap
    limits = Limits(time_limit_s=time_limit_s or module.TIME_LIMIT_S, gap=gap, workers=workers)
    rows: list[Row] = []
    echo(HEADER)
    for solver in solvers:
        mine = []
        for case in cases:
            mine.append(measured(Task(name, case, solver, limits)))
            echo(line(mine[-1]))
        for part, members in by_part(mine).items():
            echo(f"{part}, {solver}, {limits.time_limit_s:g} s: {summary(members, gap)}")
        rows += mine
    if json_path is not None:
        write_rows(rows, json_path)
    return int(any(row.error is not None or row.violations for row in rows))
