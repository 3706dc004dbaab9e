"""Run solvers over a public set: each case in a process of its own, its answer checked and scored against the known value."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from benchmarks.sets import SETS
from benchmarks.sets.case import Absent, Case, Malformed
from solvers.solver import Limits

DATA = "PLACEMENT_DATA"
"""Environment variable that names the folder of the public files."""


@dataclass(frozen=True)
class Row:
    """One case: ``family`` is the set and ``seed`` the instance. Seconds of the solve alone; memory of its largest process."""

    family: str
    seed: str
    solver: str
    status: str
    known: float | None
    proven: bool
    objective: float | None
    bound: float | None
    gap: float | None
    excess: float | None
    seconds: float
    peak_mb: float
    violations: list[str] = field(default_factory=list)
    facts: dict[str, float | str] = field(default_factory=dict)
    error: str | None = None


def run_case(name: str, case: Case, solver: str, limits: Limits) -> Row:
    """Build, solve and score one case in this process."""
    program = case.program()
    began = time.monotonic()
    solution = case.solve(program, solver, limits)
    seconds = time.monotonic() - began
    peak_kb = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    score = case.score(program, solution)
    gap = None
    if score.value is not None and score.bound is not None:
        gap = max(0.0, abs(score.value - score.bound)) / max(1.0, abs(score.value))
    return Row(
        name, case.name, solver, str(solution.status), case.known, case.proven, score.value, score.bound, gap,
        case.excess(score.value), seconds, peak_kb / 1024, list(score.violations), dict(score.facts),
    )  # fmt: skip


def _failed(name: str, case: Case, solver: str, error: str) -> Row:
    return Row(name, case.name, solver, "error", case.known, case.proven, None, None, None, None, 0.0, 0.0, error=error)


def _child(queue: multiprocessing.Queue[Row], name: str, case: Case, solver: str, limits: Limits) -> None:
    try:
        queue.put(run_case(name, case, solver, limits))
    except Malformed as error:
        queue.put(_failed(name, case, solver, str(error)))
    except Exception as error:  # A failed case is a row, not the end of the run.
        queue.put(_failed(name, case, solver, f"{type(error).__name__}: {error}"))


def in_own_process(name: str, case: Case, solver: str, limits: Limits) -> Row:
    """The case in a fresh process; a process that dies is a row with its exit code."""
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[Row] = context.Queue()
    process = context.Process(target=_child, args=(queue, name, case, solver, limits))
    process.start()
    while process.is_alive() and queue.empty():
        process.join(0.05)
    if queue.empty() and process.exitcode:
        return _failed(name, case, solver, f"the process ended with {process.exitcode}")
    row = queue.get(timeout=5)
    process.join()
    return row


HEADER = f"{'instance':27} {'solver':8} {'known':>12} {'value':>12} {'bound':>14} {'gap':>9} {'excess':>9} {'seconds':>8} {'MB':>6}"


def line(row: Row) -> str:
    """One case as a line of the table. A known value that is not proven is marked ``~``."""

    def figure(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    known = figure(row.known, ",.12g") + ("" if row.proven or row.known is None else "~")
    notes = [f"{key} {value if isinstance(value, str) else format(value, '.6g')}" for key, value in row.facts.items()]
    notes += [f"BROKEN {words}" for words in row.violations[:2]]
    notes += [] if row.error is None else [row.error]
    return (
        f"{row.seed:27} {row.solver:8} {known:>12} {figure(row.objective, ',.12g'):>12} {figure(row.bound, ',.2f'):>14} "
        f"{figure(row.gap, '.3%'):>9} {figure(row.excess, '+.3%'):>9} {row.seconds:>8.1f} {row.peak_mb:>6.0f}"
        f"{'  ' if notes else ''}{'; '.join(notes)}"
    )


EQUAL = 1e-9
"""An excess up to this is none."""


def summary(rows: list[Row], gap: float) -> str:
    """Means over the cases: those without a plan are counted apart, not averaged away."""
    excess = [row.excess for row in rows if row.excess is not None and not row.violations]
    text = f"{len(rows)} cases"
    if excess:
        best = sum(value <= EQUAL for value in excess)
        text += f"; mean excess over known {statistics.fmean(excess):+.4%}, largest {max(excess):+.4%}; {best} reach the known"
    text += f"; own proof on {sum(row.gap is not None and row.gap <= gap for row in rows)}"
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
        echo(f"{name}: no instance has {match!r} in its name")
        return 1
    gap = module.GAP if gap is None else gap
    limits = Limits(time_limit_s=time_limit_s or module.TIME_LIMIT_S, gap=gap, workers=workers)
    rows: list[Row] = []
    echo(HEADER)
    for solver in solvers:
        mine = []
        for case in cases:
            mine.append(in_own_process(name, case, solver, limits))
            echo(line(mine[-1]))
        for part, members in by_part(mine).items():
            echo(f"{part}, {solver}, {limits.time_limit_s:g} s: {summary(members, gap)}")
        rows += mine
    if json_path is not None:
        json_path.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    return int(any(row.error is not None or row.violations for row in rows))
