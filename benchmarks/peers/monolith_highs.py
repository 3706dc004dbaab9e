"""HiGHS on the whole Program: every column explicit, handed over as arrays to a child process; nothing decomposed, no start.

Levels are minimised one after another, each held at its value while the next is. More than ``MOST_COLUMNS`` columns are refused:
at about 10 entries each HiGHS takes some 5 kB per column with its branch and bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.peers import Answer, Refused
from placement.program import Floats, LevelResult, Limit, Program, Status
from solvers.columns import Columns, Stopped, expand
from solvers.highs_process import HighsProcess, Tuning
from solvers.linear import Linear
from solvers.solver import Clock, Limits, OnProgress, Progress

if TYPE_CHECKING:
    from benchmarks.cases import Problem

MOST_COLUMNS = 2_000_000

RELATIVE_GAP = 1e-4
"""HiGHS's own default."""

HELD = 1e-7
"""An earlier level may get worse by this times max(1, |value|): HiGHS's own feasibility tolerance."""


def available() -> str | None:
    return None


def expanded(program: Program, most: int, clock: Clock) -> Columns | None:
    """Every column, or None when the time is up before; ``Refused`` where there are more than ``most``."""
    options = program.options
    count = int(np.maximum(options.last - options.first + 1, 0) @ options.copies.astype(np.int64))
    if count > most:
        raise Refused(f"{count:,} explicit columns; more than {most:,} are not tried for their memory")
    try:
        return expand(program, stopped=lambda: clock.over)
    except Stopped:
        return None


@dataclass
class Levels:
    """What minimising the levels in turn came to; ``x`` is of the last level that has a plan."""

    results: list[LevelResult]
    x: Floats | None
    status: str


def minimise_levels(
    columns: Columns, process: HighsProcess, clock: Clock, on_progress: OnProgress, *, lower: Floats | None = None,
    upper: Floats | None = None,
) -> Levels:  # fmt: skip
    """Each level of the columns' model, within other bounds where given; levels that cost nothing anywhere need no search."""
    program = columns.program
    model = columns.linear(0)
    model = model.with_bounds(model.lower if lower is None else lower, model.upper if upper is None else upper)
    results: list[LevelResult] = []
    x: Floats | None = None
    status = "optimal"
    order = [k for k in range(len(program.levels)) if columns.costs[:, k].any() or k == len(program.levels) - 1]
    for k, level in enumerate(program.levels):
        constant = float(columns.constants[k])
        if k not in order:
            results.append(LevelResult(level, constant, constant))
            continue
        aim = columns.linear(k)
        goal = replace(model, cost=aim.cost, constant=aim.constant)
        tuning = Tuning(relative_gap=RELATIVE_GAP, threads=clock.limits.workers, allowance=clock.allow(clock.left))
        outcome = process.solve(goal, tuning, x, on_event=_Teller(goal, level, clock, on_progress))
        status = outcome.status
        x = outcome.x if outcome.x is not None else x
        value = None if outcome.x is None else goal.objective(outcome.x)
        results.append(LevelResult(level, value, outcome.bound if goal.whole.any() or status != "optimal" else value))
        if outcome.x is None or value is None or (status != "optimal" and k != order[-1]):
            results += [LevelResult(other, None, None) for other in program.levels[k + 1 :]]
            break
        model = goal.with_row(aim.cost, value - constant + HELD * max(1.0, abs(value)))
    return Levels(results, x, status)


@dataclass
class _Teller:
    """Hands on events with the incumbent that stands, since bounds come without it."""

    model: Linear
    level: str
    clock: Clock
    on_progress: OnProgress
    value: float | None = None

    def __call__(self, x: Floats | None, bound: float | None) -> None:
        self.value = self.value if x is None else self.model.objective(x)
        if self.value is not None or bound is not None:
            self.on_progress(Progress(self.clock.seconds, self.level, self.value, bound, None, "monolith", "whole"))


def answered(columns: Columns, levels: Levels, facts: tuple[tuple[str, float | str], ...]) -> Answer:
    """The answer in columns of the Program; whole ones are rounded, as HiGHS keeps them whole to 1e-6 only."""
    status = {"optimal": Status.OPTIMAL, "infeasible": Status.INFEASIBLE}.get(levels.status)
    if levels.x is None:
        limit = None if status is Status.INFEASIBLE else Limit.MEMORY if levels.status == "memory" else Limit.TIME
        found = status if status is Status.INFEASIBLE else Status.NO_PLAN
        return Answer(str(found), None, None, None, tuple(levels.results), None if limit is None else str(limit), facts)
    x = np.clip(np.where(columns.whole, np.round(levels.x), levels.x), 0.0, columns.upper)
    limit = None if status is Status.OPTIMAL else Limit.MEMORY if levels.status == "memory" else Limit.TIME
    return Answer(
        str(status or Status.FEASIBLE), *columns.choice(x), tuple(levels.results), None if limit is None else str(limit), facts
    )  # fmt: skip


def solve(problem: Problem, program: Program, time_limit_s: float, workers: int, on_progress: OnProgress) -> Answer:
    """See ``benchmarks.peers.Peer``."""
    clock = Clock(Limits(time_limit_s=time_limit_s, workers=workers))
    columns = expanded(program, MOST_COLUMNS, clock)
    if columns is None:
        none = tuple(LevelResult(name, None, None) for name in program.levels)
        return Answer(str(Status.NO_PLAN), None, None, None, none, str(Limit.TIME))
    facts = (("columns", float(len(columns))), ("rows", float(len(columns.row_lower))), ("entries", float(len(columns.row))))
    with HighsProcess() as process:
        levels = minimise_levels(columns, process, clock, on_progress)
    return answered(columns, levels, facts)
