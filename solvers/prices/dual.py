"""The dual: smooth prices, then the hard bound.

    F_theta(y) = constant - y . limit - sum_g T_g log(1 + sum_{c in g} exp(-rc_c / T_g))
                 - sum_c upper_c T_c log(1 + exp(-rc_c / T_c)) + sum_k cover_k

with T = theta x what a column is worth, theta going down; maximised over y >= 0 on ``<=`` rows by a bounded quasi-Newton method.
Every evaluation goes over all columns of groups that were near enough to being chosen when its round began, by differences of
summed prices; the second sum is over columns of no group. (The hard bound is over all columns.) What covers the demand of a uniform
block in a period has its own price that is not searched for but found: the one at which supply and shedding, smooth in the same
way, just cover it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from placement.program import Bools, Floats, Ints
from solvers.prices.kernels import soft_covers
from solvers.prices.layout import Layout, Tables
from solvers.prices.pricing import NEAR, Bound, best_columns, bound, screened, soft_minima
from solvers.prices.restricted import Part, ungrouped
from solvers.solver import Spend, uncounted

MARGIN = 0.05
"""Columns dearer than the least of their group by this much of what the group is worth, and ``NEAR`` temperatures, stay out of a
round: its prices will not move so far that they come to matter."""

WIDE = 0.5
"""Where that is more of the worth than this, most columns are within it, and all take part."""

LEAST_WORTH = 1e-6
"""Groups and columns count as worth at least this, against the mean by row."""

PASS, PASS_COLUMN, PASS_UNGROUPED = 3e-4, 4e-8, 4e-7
"""Work of an evaluation: of any, and more for each column of groups, and of no group."""


@dataclass
class Dual:
    """Prices and what they prove; ``worth`` [groups] is what each group gains where everything is free."""

    layout: Layout
    rest: Part
    worth: Floats
    prices: Floats
    best: Bound | None = None
    best_prices: Floats | None = None
    evaluations: int = 0
    theta: float = np.inf
    """Temperature of the last round."""
    spend: Spend = uncounted

    @property
    def pass_work(self) -> float:
        """Work of one pass over all columns."""
        return PASS + PASS_COLUMN * float(self.layout.columns_upto[-1]) + PASS_UNGROUPED * len(self.rest)


def begin(layout: Layout, prices: Floats | None = None, *, spend: Spend = uncounted) -> Dual:
    """The dual before its first round; prices [rows] may come from an earlier solve."""
    free = best_columns(layout, Tables.of(layout, np.zeros(layout.rows)), 1).cost
    worth = np.abs(np.where(np.isfinite(free), free, 0.0)).sum(axis=1)[layout.classes.first]
    return Dual(layout, ungrouped(layout), worth, np.zeros(layout.rows) if prices is None else prices, spend=spend)


def sampled(dual: Dual, every: int) -> Dual:
    """The dual of every so-manieth group, or class of groups, with all limits, and all else that uses them, as much smaller.

    Its prices are nearly those of the whole, at a fraction of the work; its bound is none.
    """
    layout = dual.layout
    program = layout.program
    times, count = layout.classes.times, np.diff(layout.member_offset)
    out = ((np.cumsum(times > 0) - 1) % every != 0)[layout.classes.first]
    share = float(times[~out].sum() / times.sum())
    member = layout.member[~np.repeat(out, count)]
    count[out] = 0
    groups = replace(program.groups, must=program.groups.must & ~out)
    smaller = replace(
        layout,
        program=replace(program, groups=groups),
        member=member,
        member_offset=np.concatenate([[0], np.cumsum(count)]),
        limit=layout.limit * share,
    )
    rest, worth = replace(dual.rest, upper=dual.rest.upper * share), np.where(out, 0.0, dual.worth)
    return Dual(smaller, rest, worth, dual.prices.copy(), spend=dual.spend)


def raise_bound(dual: Dual, most: int = 1) -> Bound:
    """The bound at the dual's prices, and the ``most`` cheapest columns of every group there."""
    found = bound(dual.layout, dual.prices, most)
    dual.spend(dual.pass_work)
    if dual.best is None or found.value > dual.best.value:
        dual.best, dual.best_prices = found, dual.prices.copy()
    return found


def smooth(dual: Dual, theta: float, evaluations: int, stopped: Callable[[], bool] = lambda: False) -> float:
    """Maximises F_theta from the present prices; returns its value."""
    dual.theta = theta
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    problem = _Smoothed.of(dual, theta)
    shared = len(dual.layout.slot_of_row)
    tied = dual.layout.tied[:shared]
    if not shared:
        value, _ = problem.value(np.zeros(0))
        dual.prices = problem.covers.price
        return value

    class Stop(Exception):
        pass

    size = problem.scale / problem.unit
    last = [size * dual.layout.evened(dual.prices)[:shared]]

    def evaluate(z: Floats) -> tuple[float, Floats]:
        if stopped():
            raise Stop
        dual.evaluations += 1
        dual.spend(dual.pass_work)
        value, gradient = problem.value((z / size)[tied])
        last[0] = z
        return -value / problem.unit, -np.bincount(tied, gradient, shared) / problem.scale

    lower = np.where(dual.layout.equality[:shared], -np.inf, 0.0)
    try:
        # Its linear algebra is small: threads would wait for each other far longer than they work.
        with threadpool_limits(1, "blas"):
            result = minimize(
                evaluate, last[0], jac=True, method="L-BFGS-B", bounds=np.stack([lower, np.full(len(lower), np.inf)], axis=1),
                options={"maxfun": evaluations, "maxiter": evaluations, "maxcor": 60, "ftol": 1e-9, "gtol": 1e-9},
            )  # fmt: skip
        z, value = result.x, -float(result.fun) * problem.unit
    except Stop:
        z, value = last[0], -np.inf
    dual.prices = np.concatenate([(z / size)[tied], problem.covers.price])
    return value


@dataclass(frozen=True)
class _Covers:
    """Supply and shedding pieces of uniform blocks as items [n] by cover row; ``price`` [covers] is the last found."""

    offset: Ints
    column: Ints
    """Position among the ungrouped columns."""
    tokens: Floats
    width: Floats
    demand: Floats
    price: Floats

    @staticmethod
    def of(layout: Layout, rest: Part, price: Floats) -> _Covers:
        shared = len(layout.slot_of_row)
        lower = rest.matrix[shared:].tocsr()
        tokens = -lower.data
        return _Covers(
            lower.indptr.astype(np.int64), lower.indices.astype(np.int64), tokens, rest.upper[lower.indices] * tokens,
            -layout.limit[shared:], price.copy(),
        )  # fmt: skip

    def value(self, cost: Floats, heat: Floats, upper: Floats) -> tuple[float, Floats]:
        """Smooth cost of covering all demand where columns cost ``cost``; and how much of each column is used, both by column."""
        share = np.zeros(len(self.column))
        price, warm = cost[self.column] / self.tokens, heat[self.column] / self.tokens
        total = soft_covers(self.offset, price, warm, self.width, self.demand, self.price, share)
        x = np.zeros(len(cost))
        x[self.column] = share * upper[self.column]
        return float(total), x


@dataclass(frozen=True)
class _Smoothed:
    layout: Layout
    rest: Part
    loose: Ints
    """Ungrouped columns outside uniform blocks."""
    covers: _Covers
    must: Bools
    group_heat: Floats
    heat: Floats
    use: Any
    """Matrix of the ungrouped columns on shared rows, and its transpose."""
    across: Any
    scale: Floats
    unit: float

    @staticmethod
    def of(dual: Dual, theta: float) -> _Smoothed:
        layout, rest = dual.layout, dual.rest
        shared = len(layout.slot_of_row)
        if (NEAR * theta + MARGIN) < WIDE:
            tables = Tables.of(layout, layout.evened(dual.prices))
            layout = screened(layout, tables, (NEAR * theta + MARGIN) * dual.worth)
        use = rest.matrix[:shared].tocsr()
        scale = np.maximum(layout.usual_limit[:shared], 1e-3 * (np.abs(use) @ rest.upper))
        scale = np.bincount(layout.tied[:shared], scale, shared).astype(np.float64)
        scale[scale <= 0] = 1.0
        covered = np.zeros(len(rest), dtype=bool)
        covered[rest.matrix[shared:].tocsr().indices] = True
        turnover = float(dual.worth.sum() + (rest.own * rest.upper)[rest.option < 0].sum())
        unit = (turnover or float(rest.own @ rest.upper) or 1.0) / max(1, shared)
        floor = unit * LEAST_WORTH
        rest_worth = np.maximum(rest.own, floor / np.maximum(rest.upper, 1e-9))
        return _Smoothed(
            layout, rest, np.flatnonzero(~covered), _Covers.of(layout, rest, dual.prices[shared:]), layout.program.groups.must,
            theta * np.maximum(dual.worth, floor), theta * rest_worth, use, rest.matrix[:shared].T.tocsr(), scale, unit,
        )  # fmt: skip

    def value(self, prices: Floats) -> tuple[float, Floats]:
        """F and its gradient, [shared rows]."""
        layout, rest, loose = self.layout, self.rest, self.loose
        shared = len(prices)
        everywhere = np.concatenate([prices, np.zeros(layout.rows - shared)])
        soft, used = soft_minima(layout, Tables.of(layout, everywhere), self.group_heat, self.must)
        rc = rest.cost + self.across @ prices
        cover, x = self.covers.value(rc, self.heat, rest.upper)
        v = -rc[loose] / self.heat[loose]
        cover -= float((rest.upper[loose] * self.heat[loose] * np.logaddexp(0.0, v)).sum())
        x[loose] = rest.upper[loose] / (1.0 + np.exp(-np.clip(v, -500, 500)))
        total = layout.constant_value - float(prices @ layout.limit[:shared]) + soft + cover
        return total, used[:shared] - layout.limit[:shared] + self.use @ x
