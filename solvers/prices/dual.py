"""The dual: smooth prices on the columns that matter, then the hard bound over all columns.

    F_theta(y) = constant - y . limit - sum_g T_g log(1 + sum_{c in g} exp(-rc_c / T_g))
                 - sum_c upper_c T_c log(1 + exp(-rc_c / T_c))

with T = theta x what a column is worth, theta going down; maximised over y >= 0 on ``<=`` rows by a bounded quasi-Newton method.
A pass over all columns then gives the bound that holds, and the columns that the prices want next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from placement.program import Bools, Floats, Ints
from solvers.prices.layout import Layout
from solvers.prices.pricing import Bound, bound
from solvers.prices.restricted import Part, explicit, ungrouped

TEMPERATURES = (0.1, 0.03, 0.01, 0.003, 0.001)
"""Against what a column is worth."""

KEPT_PER_GROUP = 32
"""Cheapest columns of each group that a pass brings."""

HELD_PER_GROUP = 64
"""Columns of each group that are held from round to round."""


@dataclass
class Dual:
    """Prices and what they prove; grows columns round by round."""

    layout: Layout
    rest: Part
    columns: Part
    prices: Floats
    best: Bound | None = None
    best_prices: Floats | None = None
    evaluations: int = 0
    history: list[tuple[int, float, float]] = field(default_factory=list)


def begin(layout: Layout, prices: Floats | None = None) -> Dual:
    """The dual before its first round; prices [rows] may come from an earlier solve."""
    prices = np.zeros(layout.rows) if prices is None else prices
    none = np.empty(0, dtype=np.int64)
    return Dual(layout, ungrouped(layout), explicit(layout, none, none), prices)


def sampled(layout: Layout, every: int) -> Dual:
    """The dual of every so-manieth group with all limits, and all else that uses them, that many times smaller.

    Its prices are nearly those of the whole, at a fraction of the work; its bound is none.
    """
    program = layout.program
    count = np.diff(layout.member_offset)
    count[np.arange(len(count)) % every != 0] = 0
    member = layout.member[np.repeat(np.arange(len(count)) % every == 0, np.diff(layout.member_offset))]
    groups = replace(program.groups, must=np.zeros(len(count), dtype=bool))
    smaller = replace(
        layout,
        program=replace(program, groups=groups),
        member=member,
        member_offset=np.concatenate([[0], np.cumsum(count)]),
        limit=layout.limit / every,
    )
    dual = begin(smaller)
    dual.rest = replace(dual.rest, upper=dual.rest.upper / every)
    return dual


def raise_bound(dual: Dual, most: int = KEPT_PER_GROUP) -> Bound:
    """The bound at the dual's prices; the columns that these prefer join."""
    found = bound(dual.layout, dual.prices, most)
    if dual.best is None or found.value > dual.best.value:
        dual.best, dual.best_prices = found, dual.prices.copy()
    option, start = found.best.flat()
    steps = dual.layout.program.grid.periods + 1
    new = ~np.isin(option * steps + start, dual.columns.option * steps + dual.columns.start)
    joined = Part.joined([dual.columns, explicit(dual.layout, option[new], start[new])])
    rc = joined.cost + joined.matrix.T @ dual.prices
    order = np.lexsort((rc, joined.group))
    group = joined.group[order]
    # Columns that were wanted at other prices and are far from the best now only slow the rounds down.
    kept = order[np.arange(len(group)) - np.searchsorted(group, group) < max(HELD_PER_GROUP, most)]
    dual.columns = joined.take(kept)
    return found


def smooth(dual: Dual, theta: float, evaluations: int, stopped: Callable[[], bool] = lambda: False) -> float:
    """Maximises F_theta on the columns at hand from the present prices; returns its value."""
    from scipy.optimize import minimize

    problem = _Smoothed.of(dual, theta)

    class Stop(Exception):
        pass

    size = problem.scale / problem.unit
    last = [size * dual.prices]

    def evaluate(z: Floats) -> tuple[float, Floats]:
        if stopped():
            raise Stop
        dual.evaluations += 1
        value, gradient = problem.value(z / size)
        last[0] = z
        return -value / problem.unit, -gradient / problem.scale

    lower = np.where(dual.layout.equality, -np.inf, 0.0)
    try:
        result = minimize(
            evaluate, last[0], jac=True, method="L-BFGS-B", bounds=np.stack([lower, np.full(len(lower), np.inf)], axis=1),
            options={"maxfun": evaluations, "maxiter": evaluations, "maxcor": 20, "ftol": 1e-9, "gtol": 1e-9},
        )  # fmt: skip
        z, value = result.x, -float(result.fun) * problem.unit
    except Stop:
        z, value = last[0], -np.inf
    dual.prices = z / size
    return value


@dataclass(frozen=True)
class _Smoothed:
    layout: Layout
    columns: Part
    rest: Part
    offset: Ints
    groups: Ints
    must: Bools
    group_heat: Floats
    heat: Floats
    heat_of_column: Floats
    across: tuple[object, object]
    scale: Floats
    unit: float

    @staticmethod
    def of(dual: Dual, theta: float) -> _Smoothed:
        layout, columns, rest = dual.layout, dual.columns, dual.rest
        groups, offset = np.unique(columns.group, return_index=True)
        worth = np.maximum.reduceat(columns.own, offset) if len(groups) else np.zeros(0)
        use = np.abs(rest.matrix) @ rest.upper
        scale = np.maximum(np.abs(layout.limit), 1e-3 * use)
        scale[scale <= 0] = 1.0
        turnover = float(worth.sum() + (rest.own * rest.upper)[rest.option < 0].sum())
        unit = (turnover or float(rest.own @ rest.upper) or 1.0) / max(1, layout.rows)
        floor = unit * 1e-6
        rest_worth = np.maximum(rest.own, floor / np.maximum(rest.upper, 1e-9))
        heat = theta * np.maximum(worth, floor)
        return _Smoothed(
            layout, columns, rest, offset, groups, layout.program.groups.must[groups], heat, theta * rest_worth,
            np.repeat(heat, np.diff(np.append(offset, len(columns)))), (columns.matrix.T.tocsr(), rest.matrix.T.tocsr()),
            scale, unit,
        )  # fmt: skip

    def value(self, prices: Floats) -> tuple[float, Floats]:
        """F and its gradient, [rows]."""
        layout = self.layout
        total = layout.constant_value - float(prices @ layout.limit)
        gradient = -layout.limit
        if len(self.groups):
            rc = self.columns.cost + self.across[0] @ prices  # type: ignore[operator]
            v = -rc / self.heat_of_column
            top = np.maximum.reduceat(v, self.offset)
            top = np.where(self.must, top, np.maximum(top, 0.0))
            sizes = np.diff(np.append(self.offset, len(v)))
            e = np.exp(v - np.repeat(top, sizes))
            sums = np.add.reduceat(e, self.offset) + np.where(self.must, 0.0, np.exp(np.minimum(-top, 0.0)))
            total -= float((self.group_heat * (top + np.log(sums))).sum())
            gradient = gradient + self.columns.matrix @ (e / np.repeat(sums, sizes))
        rc = self.rest.cost + self.across[1] @ prices  # type: ignore[operator]
        v = -rc / self.heat
        total -= float((self.rest.upper * self.heat * np.logaddexp(0.0, v)).sum())
        gradient = gradient + self.rest.matrix @ (self.rest.upper / (1.0 + np.exp(-np.clip(v, -500, 500))))
        return total, gradient
