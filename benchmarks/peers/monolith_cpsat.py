"""CP-SAT on the whole Program in integers: every column a variable, every row a constraint, all workers, no start.

As a careful user would write it. A divisible column counts steps of a thousandth of its upper bound; a row is multiplied by the
smallest of a few factors that make it whole, else so that its largest coefficient is about a million, with coefficients rounded up,
so that what keeps it keeps the Program's row. A balance (an equality with divisible columns) may be missed by its largest step.
In the end HiGHS, in a child process, sets the divisible part exactly for the whole numbers found, which only helps CP-SAT.

The bound is that of the integer model: it tells about this search, and proves nothing about the Program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import Answer, Refused
from benchmarks.peers.monolith_highs import Levels, answered, expanded, minimise_levels
from placement.program import Floats, Ints, LevelResult, Limit, Program, Status
from solvers.columns import Columns
from solvers.highs_process import HighsProcess
from solvers.solver import Clock, Limits, OnProgress, Progress

if TYPE_CHECKING:
    from benchmarks.cases import Problem

MOST_COLUMNS = 600_000
"""CP-SAT takes some 10 kB per column once its workers have copied the model."""

STEPS = 1000
FACTORS = (1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100, 200, 1000, 10_000)
LARGEST = 1e6
"""Largest coefficient of a row, or of the objective, that no factor makes whole."""

POLISH_SHARE = 0.05
"""Of the time limit, kept for setting the divisible part."""


def available() -> str | None:
    return None


def whole_rows(row: Ints, value: Floats, rows: int) -> tuple[Ints, Floats, NDArray[np.bool_]]:
    """Whole coefficients for entries, the factor of each row, and whether it makes the row whole exactly."""
    largest = np.zeros(rows)
    np.maximum.at(largest, row, np.abs(value))
    factor = LARGEST / np.where(largest > 0, largest, 1.0)
    exact = np.zeros(rows, dtype=bool)
    for trial in FACTORS[::-1]:
        times = value * trial
        off = np.zeros(rows)
        np.maximum.at(off, row, np.abs(times - np.round(times)))
        fits = (off < 1e-9 * np.maximum(1.0, largest * trial)) & (largest * trial < 1e9)
        factor[fits], exact[fits] = trial, True
    times = value * factor[row]
    return np.where(exact[row], np.round(times), np.ceil(times - 1e-9)).astype(np.int64), factor, exact


class Integers:
    """The columns as a CP-SAT model; ``unit`` [C] is what one step of each is in x."""

    def __init__(self, columns: Columns) -> None:
        from ortools.sat.python import cp_model

        if not np.isfinite(columns.upper).all():
            raise Refused("a column has no upper bound, which integers need")
        self.columns = columns
        self.unit = np.where(columns.whole, 1.0, np.where(columns.upper > 0, columns.upper / STEPS, 1.0))
        self.most = np.round(columns.upper / self.unit).astype(np.int64)
        self.model: Any = cp_model.CpModel()
        self.variables = [self.model.new_int_var(0, int(most), "") for most in self.most]
        self._add_rows()

    def _add_rows(self) -> None:
        columns = self.columns
        model = columns.linear(0)
        column, row = model.column, columns.row.astype(np.int64)
        step = columns.value * self.unit[column]
        whole, factor, exact = whole_rows(row, step, model.rows)
        order = np.argsort(row, kind="stable")
        column, row, whole, step = column[order], row[order], whole[order], step[order]
        slack = np.zeros(model.rows)
        divisible = ~columns.whole[column]
        np.maximum.at(slack, row[divisible], np.abs(step[divisible]))
        cuts = np.searchsorted(row, np.arange(model.rows + 1))
        names = self.variables
        for r in range(model.rows):
            mine = slice(cuts[r], cuts[r + 1])
            total = sum_of([names[c] for c in column[mine]], whole[mine].tolist())
            low, high = columns.row_lower[r], columns.row_upper[r]
            give = slack[r] if np.isfinite(low) else 0.0
            # Rounding up must not make a balance or a row of lower bounds impossible.
            loose = 0 if exact[r] or not np.isfinite(low) else cuts[r + 1] - cuts[r]
            at_most = int(np.floor((high + give) * factor[r] * (1 + 1e-12) + 1e-9)) + loose
            if np.isfinite(low):
                self.model.add_linear_constraint(total, int(np.ceil((low - give) * factor[r] - 1e-9)), at_most)
            else:
                self.model.add(total <= at_most)

    def cost(self, level: int) -> tuple[list[int], float]:
        """Whole costs per step, and the factor that they were multiplied by."""
        cost = self.columns.costs[:, level] * self.unit
        scale = LARGEST / (float(np.abs(cost).max(initial=0.0)) or 1.0)
        return np.round(cost * scale).astype(np.int64).tolist(), scale


def sum_of(variables: list[Any], coefficients: list[int]) -> Any:
    from ortools.sat.python import cp_model

    return cp_model.LinearExpr.weighted_sum(variables, coefficients)


def solve(problem: Problem, program: Program, time_limit_s: float, workers: int, on_progress: OnProgress) -> Answer:
    """See ``benchmarks.peers.Peer``."""
    from ortools.sat.python import cp_model

    clock = Clock(Limits(time_limit_s=time_limit_s, workers=workers))
    columns = expanded(program, MOST_COLUMNS, clock)
    if columns is None:
        none = tuple(LevelResult(name, None, None) for name in program.levels)
        return Answer(str(Status.NO_PLAN), None, None, None, none, str(Limit.TIME))
    integers = Integers(columns)
    facts = (("columns", float(len(columns))), ("rows", float(len(columns.row_lower))), ("entries", float(len(columns.row))))
    results: list[LevelResult] = []
    x: Floats | None = None
    status = "optimal"
    for k, level in enumerate(program.levels):
        constant = float(columns.constants[k])
        if not columns.costs[:, k].any() and k < len(program.levels) - 1:
            results.append(LevelResult(level, constant, constant))
            continue
        costs, scale = integers.cost(k)
        aim = sum_of(integers.variables, costs)
        integers.model.minimize(aim)
        solver: Any = cp_model.CpSolver()
        solver.parameters.num_workers = workers
        solver.parameters.max_time_in_seconds = max(clock.left - POLISH_SHARE * time_limit_s, 0.01)
        teller = _teller(solver, level, constant, scale, clock, on_progress)
        code = solver.solve(integers.model, teller)
        status = {cp_model.OPTIMAL: "optimal", cp_model.INFEASIBLE: "infeasible"}.get(code, "time")
        if code == cp_model.MODEL_INVALID:
            raise Refused(f"CP-SAT cannot take the model: {integers.model.validate()}")
        bound = None if status == "infeasible" else constant + solver.best_objective_bound / scale
        if code not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            results += [LevelResult(level, None, bound), *(LevelResult(other, None, None) for other in program.levels[k + 1 :])]
            break
        x = np.array(solver.values(integers.variables), dtype=np.float64) * integers.unit
        results.append(LevelResult(level, constant + solver.objective_value / scale, bound))
        integers.model.add(aim <= round(solver.objective_value))
    if x is None:
        return answered(columns, Levels(results, None, status), facts)
    return _polished(columns, x, results, status, clock, facts)


def _teller(solver: Any, level: str, constant: float, scale: float, clock: Clock, on_progress: OnProgress) -> Any:
    """A callback that hands on solutions, and bounds beside the solution that stands."""
    from ortools.sat.python import cp_model

    class Teller(cp_model.CpSolverSolutionCallback):
        value: float | None = None

        def on_solution_callback(self) -> None:
            self.value = constant + self.objective_value / scale
            self.tell(self.best_objective_bound)

        def tell(self, bound: float) -> None:
            on_progress(Progress(clock.seconds, level, self.value, constant + bound / scale, None, "monolith_cpsat", "whole"))

    teller = Teller()
    solver.best_bound_callback = teller.tell
    return teller


def _polished(
    columns: Columns, x: Floats, results: list[LevelResult], status: str, clock: Clock, facts: tuple[tuple[str, float | str], ...]
) -> Answer:
    """The answer with its divisible part set exactly, where HiGHS finds how; a bound is never above what the plan is worth."""
    lower = np.where(columns.whole, x, 0.0)
    upper = np.where(columns.whole, x, columns.upper)
    grace = Clock(Limits(time_limit_s=max(clock.left, POLISH_SHARE * (clock.limits.time_limit_s or 0.0), 0.5)))
    with HighsProcess() as process:
        exact = minimise_levels(columns, process, grace, lambda event: None, lower=lower, upper=upper)
    x = x if exact.x is None else exact.x
    worth = columns.costs.T @ x + columns.constants
    bounds = [
        LevelResult(level.name, float(value), None if level.bound is None else min(level.bound, float(value)))
        for level, value in zip(results, worth, strict=True)
    ]
    return answered(columns, Levels(bounds, x, status), facts)
