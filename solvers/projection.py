"""What the divisible part of a model costs for given choices: exact values, and cuts that hold for all choices.

The columns are split in two: the *chosen* ones stay, the *rest* is projected out. For chosen values z the rest is an LP that falls
into components (a period, mostly), each with a convex cost V_k. Row duals y of any such LP give a cut that is valid for every z:

    V_k(z) >= const_k(y) + sum over rows i of k: -y_i (A z)_i,   const_k = y b + min over the box of (cost - A'y) x

Rows that both parts touch are elastic at a high price, so that every z has duals; a plan is one that buys none of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.program import Bools, Floats, Ints
from solvers.effort import Meter
from solvers.linear import Linear
from solvers.solver import Allowance, Spend

ELASTIC_FACTOR = 10.0
"""Price of breaking a shared row, against the steepest cost per unit of use that any column has."""


SMALL = 1e-6
"""An empty row may be missed by this."""


@dataclass(frozen=True)
class Relaxed:
    """An LP's answer: ``status`` optimal, infeasible or other; x and row duals where optimal."""

    status: str
    x: Floats | None = None
    prices: Floats | None = None
    work: float = 0.0


@dataclass(frozen=True)
class Cut:
    """V of ``component`` is at least ``constant + weight @ (A z)``; ``weight`` is nonzero on ``rows`` only."""

    component: int
    constant: float
    rows: Ints
    weight: Floats


class Projection:
    """The rest of a model as an LP in the chosen columns, solved by scipy's HiGHS (which may share a process with ortools)."""

    def __init__(self, model: Linear, chosen: Bools, spend: Spend) -> None:
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import connected_components

        self.model = model
        self._spend = spend
        self.chosen = np.flatnonzero(chosen)
        self.rest = np.flatnonzero(~chosen)
        matrix: Any = model.matrix
        self.chosen_part: Any = matrix[:, self.chosen].tocsr()
        self.rest_part: Any = matrix[:, self.rest].tocsr()
        self.touched = np.diff(self.rest_part.indptr) > 0
        self.shared = self.touched & (np.diff(self.chosen_part.indptr) > 0)
        pattern = csr_matrix(
            (np.ones(self.rest_part.nnz), self.rest_part.indices, self.rest_part.indptr), shape=self.rest_part.shape
        )
        # Columns and rows as one bipartite graph, so that a row over all columns stays cheap.
        rows, columns = pattern.shape
        graph = csr_matrix((rows + columns, rows + columns))
        if pattern.nnz:
            entries = pattern.tocoo()
            graph = csr_matrix((entries.data, (entries.row, rows + entries.col)), shape=(rows + columns, rows + columns))
        _, label = connected_components(graph, directed=False)
        names, label = np.unique(np.concatenate([label[rows:], label[:rows][self.touched]]), return_inverse=True)
        self.components = len(names) if columns else 0
        self.component = label[:columns].astype(np.int64)
        self.row_component = np.full(model.rows, -1, dtype=np.int64)
        self.row_component[self.touched] = label[columns:]
        self._penalty = ELASTIC_FACTOR * self._steepest()

    def _steepest(self) -> float:
        """The most that one unit of use of a row of the rest is worth to any column."""
        inside = self.touched[self.model.row]
        cost = np.abs(self.model.cost[self.model.column[inside]])
        size = np.abs(self.model.value[inside])
        return float((cost / size)[size > 0].max(initial=0.0)) or 1.0

    def least(self) -> Floats:
        """The least that each component can cost, by its columns' own bounds, [components]."""
        model, rest = self.model, self.rest
        low = np.minimum(model.cost[rest] * model.lower[rest], model.cost[rest] * model.upper[rest])
        return np.bincount(self.component, low, self.components).astype(np.float64)

    def relaxation(self, cost: Floats, allowance: Allowance) -> Relaxed:
        """The whole model without integers for another cost [C]."""
        model = self.model
        return self._solved(_LP(cost, model.lower, model.upper, model.matrix, model.row_lower, model.row_upper), allowance)

    def _solved(self, lp: _LP, allowance: Allowance) -> Relaxed:
        solved = lp.solve(allowance)
        self._spend(solved.work)
        return solved

    def evaluate(self, z: Floats, allowance: Allowance, hold: Floats | None = None, *, elastic: bool = True) -> Relaxed:
        """The best x for chosen values z and, where not NaN, rest values ``hold``; if ``elastic`` it may break rows, at a price."""
        model, rest = self.model, self.rest
        lower, upper = model.lower[rest], model.upper[rest]
        if hold is not None:
            lower, upper = np.where(np.isnan(hold), lower, hold), np.where(np.isnan(hold), upper, hold)
        use = self.chosen_part @ z
        soft = np.flatnonzero(self.shared | (self.touched & (hold is not None))) if elastic else np.empty(0, dtype=np.int64)
        over = soft[np.isfinite(model.row_upper[soft])]
        under = soft[np.isfinite(model.row_lower[soft])]
        count = len(over) + len(under)
        at = np.flatnonzero(self.touched)
        matrix = _with_slacks(self.rest_part, over, under)[at]
        lp = _LP(
            cost=np.concatenate([model.cost[rest], np.full(count, self._penalty)]),
            lower=np.concatenate([lower, np.zeros(count)]),
            upper=np.concatenate([upper, np.full(count, np.inf)]),
            matrix=matrix,
            row_lower=(model.row_lower - use)[at],
            row_upper=(model.row_upper - use)[at],
        )
        solved = self._solved(lp, allowance)
        if solved.x is None or solved.prices is None:
            return solved
        x = np.zeros(model.columns)
        x[self.chosen] = z
        x[rest] = np.clip(solved.x[: len(rest)], model.lower[rest], model.upper[rest])
        prices = np.zeros(model.rows)
        prices[at] = solved.prices
        return Relaxed("optimal", x, prices)

    def cuts(self, prices: Floats) -> list[Cut]:
        """One cut per component from row duals [M] of whatever origin."""
        model = self.model
        prices = np.where(self.touched, model.valid_prices(prices), 0.0)
        reduced = model.cost[self.rest] - self.rest_part.T @ prices
        box = np.where(reduced > 0, reduced * model.lower[self.rest], reduced * model.upper[self.rest])
        used = np.flatnonzero(prices)
        side = np.where(prices[used] > 0, model.row_lower[used], model.row_upper[used])
        constant = np.bincount(self.component, box, self.components)
        constant = constant + np.bincount(self.row_component[used], prices[used] * side, self.components)
        found = []
        order = used[np.argsort(self.row_component[used], kind="stable")]
        order = order[self.shared[order]]
        edges = np.searchsorted(self.row_component[order], np.arange(self.components + 1))
        for k in range(self.components):
            rows = order[edges[k] : edges[k + 1]]
            found.append(Cut(k, float(constant[k]), rows, -prices[rows]))
        return found

    def component_costs(self, x: Floats) -> Floats:
        """Cost of each component at x, broken rows at their price, [components]."""
        model = self.model
        use = model.activity(x)
        broken = np.maximum(use - model.row_upper, 0.0) + np.maximum(model.row_lower - use, 0.0)
        rows = np.flatnonzero(self.touched)
        own: Floats = np.bincount(self.component, model.cost[self.rest] * x[self.rest], self.components).astype(np.float64)
        return own + np.bincount(self.row_component[rows], self._penalty * broken[rows], self.components)


@dataclass(frozen=True)
class _LP:
    cost: Floats
    lower: Floats
    upper: Floats
    matrix: Any
    row_lower: Floats
    row_upper: Floats

    def solve(self, allowance: Allowance) -> Relaxed:
        from scipy.optimize import linprog
        from scipy.sparse import vstack

        if allowance.work <= 0:
            return Relaxed("work")
        if not len(self.cost):
            kept = np.all(self.row_lower <= SMALL) and np.all(self.row_upper >= -SMALL)
            return Relaxed("optimal", np.zeros(0), np.zeros(len(self.row_lower))) if kept else Relaxed("infeasible")
        equal = self.row_lower == self.row_upper
        above = np.isfinite(self.row_upper) & ~equal
        below = np.isfinite(self.row_lower) & ~equal
        scale = float(np.abs(self.cost).max(initial=0.0)) / 100 or 1.0
        limits: dict[str, float] = {}
        if np.isfinite(allowance.seconds):
            limits["time_limit"] = allowance.seconds
        inequality = vstack([self.matrix[above], -self.matrix[below]]).tocsr()
        meter = Meter(len(self.row_lower) + float(self.matrix.nnz), False, allowance.work)
        if np.isfinite(allowance.work):
            limits["maxiter"] = meter.most_pivots
        work = 0.0
        for presolve in (True, False):  # presolve now and then ends in "unknown" on badly scaled rows
            result = linprog(
                self.cost / scale,
                A_ub=inequality,
                b_ub=np.concatenate([self.row_upper[above], -self.row_lower[below]]),
                A_eq=self.matrix[equal],
                b_eq=self.row_upper[equal],
                bounds=np.stack([self.lower, self.upper], axis=1),
                method="highs",
                options=limits | {"presolve": presolve},
            )
            meter.pivots = int(result.nit)
            work += meter.work
            if result.status != 4:
                break
        if result.status != 0:
            return Relaxed("infeasible" if result.status == 2 else "other", work=work)
        duals = np.zeros(len(self.row_upper))
        duals[equal] = result.eqlin.marginals
        marginals = result.ineqlin.marginals
        duals[above] += marginals[: int(above.sum())]
        duals[below] -= marginals[int(above.sum()) :]
        return Relaxed("optimal", np.asarray(result.x), duals * scale, work)


def _with_slacks(matrix: Any, over: Ints, under: Ints) -> Any:
    """``matrix`` with a column for each row of ``over`` that lowers its use by one, and of ``under`` that raises it."""
    from scipy.sparse import csr_matrix, hstack

    count = len(over) + len(under)
    sign = np.concatenate([np.full(len(over), -1.0), np.full(len(under), 1.0)])
    slack = csr_matrix((sign, (np.concatenate([over, under]), np.arange(count))), shape=(matrix.shape[0], count))
    return hstack([matrix, slack]).tocsr()
