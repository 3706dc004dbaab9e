"""A better bound than prices alone: the exact LP on the columns that matter, then branch and cut on those that reduced costs leave.

Columns whose reduced cost excludes them from any plan better than the best one are gone with proof, so what HiGHS proves of the
others, up to that plan's value, holds for all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from placement.program import Floats
from solvers.highs_process import HighsProcess, Tuning
from solvers.prices import dual
from solvers.prices.filter import surviving
from solvers.prices.layout import Layout
from solvers.prices.plan import Draft, empty, model_of
from solvers.prices.restricted import Part, explicit

LP_ENTRIES = 1_200_000
"""Largest LP, in entries of its matrix."""

MIP_COLUMNS = 150_000
"""Most columns that are searched by branch and cut."""

LP_ROUNDS = 4
LP_PER_GROUP = 12
"""Columns of a group in the LP."""

SIMPLEX_COLUMNS = 15_000
"""Larger LPs are solved by interior points and crossed over."""

LP_STALLED = 2e-5
NEAR = 0.02
"""The LP begins with columns whose excess is below this times what a column is worth."""


def by_lp(
    state: dual.Dual, process: HighsProcess, *, left: Callable[[], float], stopped: Callable[[], bool], heard: Callable[[float], None]
) -> bool:  # fmt: skip
    """Prices from the exact LP on the cheapest columns, round by round; false where it is too large or there is no time."""
    layout = state.layout
    for _ in range(LP_ROUNDS):
        assert state.best is not None and state.best_prices is not None
        before = state.best.value
        columns = _near(layout, state.columns, state.best_prices)
        part = Part.joined([columns, state.rest])
        if part.matrix.nnz > LP_ENTRIES:
            return False
        model, touched = model_of(layout, part, layout.limit, np.zeros(len(part), dtype=bool))
        method = "ipm" if len(part) > SIMPLEX_COLUMNS else None
        outcome = process.solve(model, Tuning(time_s=max(left(), 0.01), method=method), stopped=stopped)
        if outcome.status != "optimal" or outcome.prices is None:
            return False
        prices = np.zeros(layout.rows)
        prices[touched] = -outcome.prices[: len(touched)]
        old = state.best_prices
        for share in (1.0, 0.8, 0.5):
            state.prices = share * np.where(layout.equality, prices, np.maximum(prices, 0.0)) + (1 - share) * old
            heard(dual.raise_bound(state).value)
        if state.best.value - before <= LP_STALLED * max(1.0, abs(before)):
            break
    return True


def _near(layout: Layout, columns: Part, prices: Floats) -> Part:
    rc = columns.cost + columns.matrix.T @ prices
    least = np.where(layout.program.groups.must, np.inf, 0.0)
    np.minimum.at(least, columns.group, rc)
    worth = np.zeros(len(least))
    np.maximum.at(worth, columns.group, columns.own)
    excess = rc - least[columns.group]
    near = np.flatnonzero(excess <= NEAR * worth[columns.group])
    near = near[np.lexsort((excess[near], columns.group[near]))]
    group = columns.group[near]
    return columns.take(np.sort(near[np.arange(len(group)) - np.searchsorted(group, group) < LP_PER_GROUP]))


@dataclass(frozen=True)
class Proof:
    """How many columns were left to search, and the nodes it took."""

    columns: int
    considered: int
    nodes: float


def by_search(
    state: dual.Dual, draft: Draft, process: HighsProcess, *, value: float, seed: int, left: Callable[[], float],
    stopped: Callable[[], bool], bounded: Callable[[float], None], found: Callable[[Draft], None],
) -> Proof | None:  # fmt: skip
    """Branch and cut over the columns that may be in a plan cheaper than ``value``; None where they are too many."""
    layout = state.layout
    assert state.best_prices is not None
    kept = surviving(layout, state.best_prices, value, most=MIP_COLUMNS)
    if kept is None or left() <= 0:
        return None
    columns = explicit(layout, kept.option, kept.start)
    part = Part.joined([columns, state.rest])
    whole = part.group >= 0
    model, _ = model_of(layout, part, layout.limit, whole)
    now = (columns.option == draft.option[columns.group]) & (columns.start == draft.start[columns.group])

    def heard(x: Floats | None, proven: float | None) -> None:
        if proven is not None:
            bounded(min(proven + layout.constant_value, value))
        if x is not None:
            found(_draft(layout, state.rest, columns, x))

    tuning = Tuning(relative_gap=0.0, absolute_gap=1e-5 * max(1.0, abs(value)), time_s=left(), seed=seed)
    outcome = process.solve(
        model, tuning, np.concatenate([now.astype(np.float64), draft.x]), stopped=stopped, on_event=heard
    )  # fmt: skip
    if outcome.status == "infeasible":
        bounded(value)
    elif outcome.bound is not None and math.isfinite(outcome.bound):
        bounded(min(outcome.bound + layout.constant_value, value))
    if outcome.x is not None:
        found(_draft(layout, state.rest, columns, outcome.x))
    return Proof(len(columns), kept.considered, outcome.work)


def _draft(layout: Layout, rest: Part, columns: Part, x: Floats) -> Draft:
    out = empty(layout, rest)
    on = np.flatnonzero(x[: len(columns)] > 0.5)
    out.option[columns.group[on]], out.start[columns.group[on]] = columns.option[on], columns.start[on]
    out.x = np.clip(x[len(columns) :], 0.0, rest.upper)
    return out
