"""The choices of a model as a CP-SAT model: booleans, exact or outward-rounded rows, and cuts for what was projected out.

Everything is rounded so that the model allows whatever the exact rows allow and costs no more: its bound is a bound of the
exact model. Use of shared rows by the choices is a variable of its own (one for rows in fixed proportion), which keeps cuts short.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from placement.program import Bools, Floats, Ints
from solvers.projection import Cut, Projection
from solvers.solver import TooLarge

FINEST_COST = 1e-12
"""A unit of cost in integers, against the size of the objective: finer than any gap that is asked for, and no finer."""

LARGEST_SUM = 2.0**56
"""No row may reach this; CP-SAT's integers have 63 bits."""

MOST_CHOICES = 200
"""Choices after which a search ends, to be priced: now and then each costs a unit less than the one before, without end."""

CHOICE_WORK = 1e-3
"""Work of taking in a choice, which deterministic time leaves out."""

ROW_SCALE = 1e5
"""Rows with fractional amounts are scaled so that the largest is about this, and rounded outward."""


@dataclass(frozen=True)
class MasterResult:
    """``choices``: values of the chosen columns, in the order found; ``bound`` on the model's cost; ``empty``: none is allowed."""

    choices: list[Floats]
    bound: float
    empty: bool
    proven: bool
    work: float


@dataclass(frozen=True)
class MasterLimits:
    """``work`` limits CP-SAT's deterministic time."""

    time_s: float
    work: float | None
    workers: int
    seed: int
    gap: float


@dataclass(frozen=True)
class _Use:
    """Use of a row by the choices in integers: ``amount`` of ``columns`` (positions among the chosen), ``scale`` per unit."""

    columns: Ints
    amount: Ints
    scale: float
    exact: bool
    rows: Ints
    factor: Floats
    """Use of each of ``rows`` is this times the use of the first."""


class Master:
    """Collects cuts over many solves; each solve builds the CP-SAT model anew from those columns that may still matter."""

    def __init__(self, projection: Projection) -> None:
        model = projection.model
        self.projection = projection
        self.lower = np.ceil(model.lower[projection.chosen] - 1e-9)
        self.upper = np.floor(model.upper[projection.chosen] + 1e-9)
        self.cost = model.cost[projection.chosen]
        self.cuts: list[Cut] = []
        self._known: set[tuple[int, float, bytes]] = set()
        self.forbidden: list[Floats] = []
        span = float((np.abs(self.cost) * np.maximum(np.abs(self.upper), np.abs(self.lower))).sum())
        unit = max(1e-12, FINEST_COST * max(span, float(np.abs(projection.least()).sum()) * 1e-3), span / LARGEST_SUM)
        self.unit = float(2.0 ** np.ceil(np.log2(unit)))  # whole costs are then whole numbers of units
        self._uses, self._use_of_row, self._factor_of_row = self._distinct_uses()

    def add_cuts(self, cuts: list[Cut]) -> int:
        """Keeps those that are new; says how many."""
        before = len(self.cuts)
        for cut in cuts:
            key = (cut.component, float(f"{cut.constant:.6g}"), np.round(cut.weight, 9).tobytes() + cut.rows.tobytes())
            if key not in self._known:
                self._known.add(key)
                self.cuts.append(cut)
        return len(self.cuts) - before

    def _distinct_uses(self) -> tuple[list[_Use], Ints, Floats]:
        """Rows that the choices touch, those in fixed proportion together."""
        part = self.projection.chosen_part
        number: dict[tuple[bytes, bytes], int] = {}
        columns_of: list[Ints] = []
        amounts_of: list[Floats] = []
        members: list[list[int]] = []
        factors: list[list[float]] = []
        use_of_row = np.full(part.shape[0], -1, dtype=np.int64)
        factor_of_row = np.zeros(part.shape[0])
        for row in np.flatnonzero(np.diff(part.indptr) > 0).tolist():
            columns = part.indices[part.indptr[row] : part.indptr[row + 1]].astype(np.int64)
            amount = part.data[part.indptr[row] : part.indptr[row + 1]]
            key = (columns.tobytes(), np.round(amount / amount[0], 11).tobytes())
            if key not in number:
                number[key] = len(columns_of)
                columns_of.append(columns)
                amounts_of.append(amount)
                members.append([])
                factors.append([])
            k = number[key]
            use_of_row[row], factor_of_row[row] = k, float(amount[0] / amounts_of[k][0])
            members[k].append(row)
            factors[k].append(factor_of_row[row])
        uses = []
        for columns, amount, rows, factor in zip(columns_of, amounts_of, members, factors, strict=True):
            exact = bool(np.all(amount == np.round(amount)) and np.abs(amount).max() < ROW_SCALE * 1e3)
            scale = 1.0 if exact else 2.0 ** np.floor(np.log2(ROW_SCALE / np.abs(amount).max()))
            whole = np.round(amount) if exact else np.floor(amount * scale)
            uses.append(_Use(columns, whole.astype(np.int64), float(scale), exact, np.asarray(rows), np.asarray(factor)))
        return uses, use_of_row, factor_of_row

    def solve(
        self, allowed: Bools, hint: Floats | None, ceiling: float, floor: float, limits: MasterLimits,
        stopped: Callable[[], bool], heard: Callable[[float], None],
    ) -> MasterResult:  # fmt: skip
        """Minimise over choices of the columns ``allowed`` (others stay at their lower bound), at a cost in [floor, ceiling]."""
        from ortools.sat.python import cp_model

        built = _Build(self, allowed, cp_model)
        built.rows()
        built.nogoods()
        built.objective(ceiling, floor)
        if hint is not None:
            built.hint(hint)
        solver = cp_model.CpSolver()
        parameters = solver.parameters
        parameters.num_workers = limits.workers
        parameters.random_seed = limits.seed
        parameters.linearization_level = 2
        parameters.cut_level = 0  # measured: its cuts cost more than they close here
        # With large coefficients this step of the presolve of 9.15 loses solutions, the best one among them.
        parameters.presolve_inclusion_work_limit = 0
        parameters.relative_gap_limit = 0.0
        parameters.absolute_gap_limit = max(1.0, limits.gap / self.unit)
        if np.isfinite(limits.time_s):
            parameters.max_time_in_seconds = max(limits.time_s, 0.01)
        if limits.work is not None:
            parameters.max_deterministic_time = limits.work
        choices: list[Floats] = []

        class Listener(cp_model.CpSolverSolutionCallback):
            def on_solution_callback(self) -> None:
                choices.append(np.array([built.value(self, j) for j in range(len(allowed))]))
                if stopped() or len(choices) >= MOST_CHOICES:
                    self.stop_search()

        def bounded(bound: float) -> None:
            heard(bound * self.unit)
            if stopped():
                solver.stop_search()

        solver.best_bound_callback = bounded
        with _Watch(stopped, solver.stop_search):
            status = solver.solve(built.model, Listener())
        if status == cp_model.MODEL_INVALID:
            raise TooLarge(f"CP-SAT does not accept the model: {built.model.validate()[:200]}")
        empty = status == cp_model.INFEASIBLE
        # Without a solution the response's bound may be a default; what was proven until then was heard through the callback.
        known = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        bound = solver.best_objective_bound * self.unit if known else -np.inf
        work = solver.response_proto.deterministic_time + CHOICE_WORK * len(choices)
        return MasterResult(choices, bound, empty, status == cp_model.OPTIMAL, work)


class _Watch:
    """Calls ``stop`` from a thread once ``stopped()`` turns true; CP-SAT releases the interpreter lock while it searches."""

    def __init__(self, stopped: Callable[[], bool], stop: Callable[[], None]) -> None:
        import threading

        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(stopped, stop), daemon=True)

    def _run(self, stopped: Callable[[], bool], stop: Callable[[], None]) -> None:
        while not self._done.wait(0.1):
            if stopped():
                stop()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


class _Build:
    """One CP-SAT model under construction."""

    def __init__(self, master: Master, allowed: Bools, cp_model) -> None:  # type: ignore[no-untyped-def]
        self.master = master
        self.cp = cp_model
        self.model = cp_model.CpModel()
        self.allowed = allowed
        self.variables = [
            None if not free or low == high else self.model.new_int_var(int(low), int(high), "")
            for free, low, high in zip(allowed, master.lower, master.upper, strict=True)
        ]
        self.fixed = np.array([v is None for v in self.variables], dtype=bool)

    def value(self, solver, j: int) -> float:  # type: ignore[no-untyped-def]
        variable = self.variables[j]
        return float(self.master.lower[j] if variable is None else solver.value(variable))

    def _sum(self, positions: Ints, weights: Ints):  # type: ignore[no-untyped-def]
        """Weighted sum of chosen columns, those that are fixed counted in."""
        still = self.fixed[positions]
        constant = int((weights[still] * self.master.lower[positions[still]]).sum())
        free = positions[~still].tolist()
        return self.cp.LinearExpr.weighted_sum([self.variables[j] for j in free], weights[~still].tolist()) + constant

    def rows(self) -> None:
        """Rows of the choices, shared ones with the most that the rest could give."""
        projection = self.master.projection
        model, rest = projection.model, projection.rest
        part = projection.rest_part
        most = np.maximum(model.upper[rest], 0.0)
        low_rest = part.minimum(0) @ most + part.maximum(0) @ model.lower[rest]
        high_rest = part.maximum(0) @ most + part.minimum(0) @ model.lower[rest]
        master = self.master
        self.use: list[object] = []
        self.low: list[int] = []
        for use in master._uses:
            high_x, low_x = np.maximum(master.upper[use.columns], 0), master.lower[use.columns]
            positive, negative = np.maximum(use.amount, 0), np.minimum(use.amount, 0)
            reach = float(positive @ high_x + negative @ low_x)
            least = float(positive @ low_x + negative @ high_x)
            # Use of the first row in units of 1 / scale lies within these, by each row's own limits.
            factor = use.factor
            upper = (model.row_upper[use.rows] - low_rest[use.rows]) / factor
            lower = (model.row_lower[use.rows] - high_rest[use.rows]) / factor
            upper, lower = np.where(factor > 0, upper, lower), np.where(factor > 0, lower, upper)
            rounding = 0.0 if use.exact else float(np.abs(high_x).sum())
            slack = 1e-7 * np.maximum(1.0, np.abs(upper[np.isfinite(upper)]))
            ceiling = float(np.min(upper[np.isfinite(upper)] + slack, initial=np.inf)) * use.scale
            slack = 1e-7 * np.maximum(1.0, np.abs(lower[np.isfinite(lower)]))
            floor = float(np.max(lower[np.isfinite(lower)] - slack, initial=-np.inf)) * use.scale - rounding
            low, high = int(max(least, np.ceil(floor))), int(min(reach, np.floor(ceiling)))
            self.low.append(low)
            ones = use.exact and np.all(use.amount == 1) and np.all(high_x <= 1)  # What stands for several alike is no boolean.
            if ones and high == 1 and low <= 0 and not projection.shared[use.rows].any():
                live = [self.variables[j] for j in use.columns.tolist() if self.variables[j] is not None]
                self.model.add_at_most_one(live)
                self.use.append(None)
                continue
            if low > high:
                self.model.add_bool_or([])
                self.use.append(None)
                continue
            expression = self._sum(use.columns, use.amount)
            if projection.shared[use.rows].any():
                variable = self.model.new_int_var(low, high, "")
                self.model.add(expression == variable)
                self.use.append(variable)
            else:
                if low > least or high < reach:
                    self.model.add_linear_constraint(expression, low, high)
                self.use.append(None)

    def nogoods(self) -> None:
        """Choices that were tried and do not fit the exact rows."""
        for tried in self.master.forbidden:
            if any(v is None and t != w for v, t, w in zip(self.variables, tried, self.master.lower, strict=True)):
                continue  # It takes a column that is not offered now, so it cannot come again.
            elsewhere = []
            for variable, value, low, high in zip(self.variables, tried, self.master.lower, self.master.upper, strict=True):
                if variable is None:
                    continue
                if (low, high) == (0, 1):
                    elsewhere.append(1 - variable if value else variable)
                    continue
                if value > low:
                    elsewhere.append(below := self.model.new_bool_var(""))
                    self.model.add(variable <= int(value) - 1).only_enforce_if(below)
                if value < high:
                    elsewhere.append(above := self.model.new_bool_var(""))
                    self.model.add(variable >= int(value) + 1).only_enforce_if(above)
            self.model.add(sum(elsewhere) >= 1)

    def objective(self, ceiling: float, floor: float) -> None:
        master, projection = self.master, self.master.projection
        unit = master.unit
        cost = np.floor(master.cost / unit).astype(np.int64)
        least = np.floor(projection.least() / unit)
        top = int(LARGEST_SUM)
        theta = [self.model.new_int_var(int(max(low, -LARGEST_SUM)), top, "") for low in least]
        for cut in master.cuts:
            self._cut(cut, theta[cut.component])
        positions = np.arange(len(master.cost), dtype=np.int64)
        total = self._sum(positions, cost) + sum(theta)
        constant = projection.model.constant / unit
        shifted = total + int(np.floor(constant))
        if np.isfinite(ceiling):
            self.model.add(shifted <= int(np.ceil(ceiling / unit)))
        if np.isfinite(floor):
            slack = float(np.abs(master.upper).sum()) + len(theta) * 4 + 1
            self.model.add(shifted >= int(np.floor(floor / unit - slack * 4)))
        self.model.minimize(shifted)

    def _cut(self, cut: Cut, theta) -> None:  # type: ignore[no-untyped-def]
        """``theta`` covers the cut, rounded down; one that would not fit 63 bits is left out, which is allowed."""
        master, unit = self.master, self.master.unit
        weight: dict[int, float] = {}
        direct = np.zeros(len(master.cost))
        for row, w in zip(cut.rows.tolist(), cut.weight.tolist(), strict=True):
            k = int(master._use_of_row[row])
            scaled = w * master._factor_of_row[row]
            if self.use[k] is not None and self.low[k] >= 0 and (master._uses[k].exact or scaled >= 0):
                weight[k] = weight.get(k, 0.0) + scaled / master._uses[k].scale
            else:
                part = master.projection.chosen_part
                at = slice(part.indptr[row], part.indptr[row + 1])
                direct[part.indices[at]] += w * part.data[at]
        size = abs(cut.constant) / unit + sum(abs(w) / unit * master._uses[k].amount.sum() for k, w in weight.items())
        size += float((np.abs(direct) / unit * np.abs(master.upper)).sum())
        if size > LARGEST_SUM:
            return
        keys = list(weight)
        expression = self.cp.LinearExpr.weighted_sum([self.use[k] for k in keys], [int(np.floor(weight[k] / unit)) for k in keys])
        nonzero = np.flatnonzero(direct)
        if len(nonzero):
            expression = expression + self._sum(nonzero, np.floor(direct[nonzero] / unit).astype(np.int64))
        self.model.add(theta >= expression + int(np.floor(cut.constant / unit)))

    def hint(self, choice: Floats) -> None:
        for variable, value in zip(self.variables, choice, strict=True):
            if variable is not None:
                self.model.add_hint(variable, int(value))
