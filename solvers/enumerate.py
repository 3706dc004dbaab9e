"""Every choice of a tiny Program: the oracle that the other solvers are tested against.

All values of the whole columns are tried; what is divisible is then an exact LP. It reads the Program directly and shares no column
building or filtering with the solvers that it judges.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from placement.program import FEASIBILITY_TOLERANCE, Bools, Floats, Ints, LevelResult, Limit, Program, Solution, Status
from solvers.solver import Clock, Limits, OnProgress, Progress, Start, TooLarge

MOST_CHOICES = 200_000
MOST_COLUMNS = 400
CHOICE_WORK, LP_WORK = 3e-5, 4e-3
"""Work of a choice that is whole alone, and of one whose rest is an LP: the seconds that they take, about."""

TIE = 1e-9
"""Choices whose value is within this times max(1, |value|) of the best stay candidates for the next level."""


def solve(
    program: Program, *, limits: Limits, start: Start | None = None, on_progress: OnProgress | None = None,
    clock: Clock | None = None,
) -> Solution:  # fmt: skip
    """See ``solvers.solver.Solver``. Raises ``TooLarge`` beyond ``MOST_CHOICES`` choices or ``MOST_COLUMNS`` columns.

    Work counts choices that were tried.
    """
    clock = clock or Clock(limits)
    program = program.unfolded()
    dense = _Dense.of(program)
    found = _Found()
    candidates = _choices(dense)
    caps: list[float] = []
    limit: Limit | None = None
    each = CHOICE_WORK if dense.whole.all() else LP_WORK
    for level, name in enumerate(program.levels):
        kept: list[tuple[float, Floats]] = []
        best = math.inf
        for whole in candidates:
            if clock.over:
                limit = clock.reason
                break
            clock.spend(each)
            x = dense.best(whole, level, caps)
            if x is None:
                continue
            value = float(dense.costs[:, level] @ x)
            if value < best - _slack(best):
                best, found.x = value, x
                if on_progress:
                    shown = value + float(dense.constants[level])
                    on_progress(Progress(clock.seconds, name, shown, None, None, "enumerate", "choices", clock.work))
            kept.append((value, whole))
        if found.x is None:
            status = Status.NO_PLAN if limit else Status.INFEASIBLE
            levels = tuple(LevelResult(n, None, None) for n in program.levels)
            return Solution(status, limit, None, None, None, levels, clock.seconds, "enumerate", work=clock.work)
        if limit:
            break
        found.proven += 1
        caps.append(best + _slack(best))
        candidates = iter([whole for value, whole in kept if value <= caps[-1]])
    return _solution(program, dense, found, limit, clock)


@dataclass
class _Found:
    x: Floats | None = None
    proven: int = 0


def _slack(value: float) -> float:
    return TIE * max(1.0, abs(value)) if math.isfinite(value) else 0.0


@dataclass(frozen=True)
class _Dense:
    """A Program as dense rows: ``upper_rows x <= upper_limits`` and ``equal_rows x = equal_limits``."""

    option: Ints
    start: Ints
    upper: Floats
    whole: Bools
    group: Ints
    costs: Floats
    constants: Floats
    upper_rows: Floats
    upper_limits: Floats
    equal_rows: Floats
    equal_limits: Floats
    tolerance: float = field(default=FEASIBILITY_TOLERANCE)

    @staticmethod
    def of(program: Program) -> _Dense:
        option, start = program.columns()
        if len(option) > MOST_COLUMNS:
            raise TooLarge(f"enumerate tries every choice: {len(option)} columns are more than {MOST_COLUMNS}; use another solver")
        slots = np.zeros((len(program.resources.limit), len(option)))
        entries = program.entries(option, start)
        np.add.at(slots, (entries.row, entries.column), entries.value)
        equality = program.resources.equality[program.resources.of_slot]
        group = program.options.group[option]
        groups = (group == np.arange(len(program.groups))[:, None]).astype(np.float64)
        costs = program.level_costs(option, start)
        constants = program.constants.sum(axis=1)
        counted = [True if r.options is None else np.isin(option, r.options) for r in program.cost_rows]
        rows = [np.where(mine, costs[:, r.level], 0.0) for mine, r in zip(counted, program.cost_rows, strict=True)]
        owed = [r.limit - (float(constants[r.level]) if r.options is None else 0.0) for r in program.cost_rows]
        must = program.groups.must
        return _Dense(
            option=option,
            start=start,
            upper=program.upper(option, start),
            whole=program.options.whole[option],
            group=group,
            costs=costs,
            constants=constants,
            upper_rows=np.vstack([slots[~equality], groups[~must], np.reshape(rows, (len(rows), len(option)))]),
            upper_limits=np.concatenate([program.resources.limit[~equality], np.ones(int((~must).sum())), owed]),
            equal_rows=np.vstack([slots[equality], groups[must]]),
            equal_limits=np.concatenate([program.resources.limit[equality], np.ones(int(must.sum()))]),
        )

    def best(self, whole: Floats, level: int, caps: list[float]) -> Floats | None:
        """The cheapest x with these whole values whose earlier levels stay within ``caps``; None where there is none."""
        from scipy.optimize import linprog

        free = ~self.whole
        rows = np.vstack([self.upper_rows, self.costs[:, : len(caps)].T])
        limits = np.concatenate([self.upper_limits, caps])
        if not free.any():
            return whole if self._kept(whole, rows, limits) else None
        scale = float(np.abs(self.costs[free, level]).max()) or 1.0
        result = linprog(
            self.costs[free, level] / scale,
            A_ub=rows[:, free] if len(rows) else None,
            b_ub=limits - rows @ whole if len(rows) else None,
            A_eq=self.equal_rows[:, free] if len(self.equal_rows) else None,
            b_eq=self.equal_limits - self.equal_rows @ whole if len(self.equal_rows) else None,
            bounds=np.stack([np.zeros(int(free.sum())), self.upper[free]], axis=1),
            method="highs",
        )
        if result.status != 0:
            return None
        x = whole.copy()
        x[free] = result.x
        return x

    def _kept(self, x: Floats, rows: Floats, limits: Floats) -> bool:
        slack = self.tolerance * np.maximum(1.0, np.maximum(np.abs(limits), np.abs(rows) @ np.abs(x)))
        size = np.maximum(np.abs(self.equal_limits), np.abs(self.equal_rows) @ np.abs(x))
        off = np.abs(self.equal_rows @ x - self.equal_limits)
        return bool(np.all(rows @ x <= limits + slack) and np.all(off <= self.tolerance * np.maximum(1.0, size)))


def _choices(dense: _Dense) -> Iterator[Floats]:
    """Every x over the whole columns (0 elsewhere) that keeps groups to at most one."""
    axes: list[list[tuple[tuple[int, int], ...]]] = []
    wholes = np.flatnonzero(dense.whole)
    for g in np.unique(dense.group[wholes]):
        members = wholes[dense.group[wholes] == g].tolist()
        if g >= 0:
            axes.append([(), *(((c, 1),) for c in members if dense.upper[c] >= 1 - dense.tolerance)])
        else:
            axes += [[((c, k),) for k in range(int(dense.upper[c] + dense.tolerance) + 1)] for c in members]
    count = math.prod(len(axis) for axis in axes)
    if count > MOST_CHOICES:
        raise TooLarge(f"enumerate tries every choice: {count} are more than {MOST_CHOICES}; use another solver")
    for picks in itertools.product(*axes):
        x = np.zeros(len(dense.option))
        for column, value in itertools.chain.from_iterable(picks):
            x[column] = value
        yield x


def _solution(program: Program, dense: _Dense, found: _Found, limit: Limit | None, clock: Clock) -> Solution:
    assert found.x is not None
    used = np.flatnonzero(found.x)
    choice = dense.option[used], dense.start[used], found.x[used]
    values = program.objective(*choice).sum(axis=1)
    levels = tuple(
        LevelResult(name, float(values[k]), float(values[k]) if k < found.proven else None)
        for k, name in enumerate(program.levels)
    )
    status = Status.FEASIBLE if limit else Status.OPTIMAL
    return Solution(status, limit, *choice, levels, clock.seconds, "enumerate", work=clock.work)
