"""Solving again after a change: prices and choices of an earlier plan are taken up, and only what the change upset is redone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from placement.program import Floats
from solvers.prices import dual
from solvers.prices.blocks import cheapest_cover
from solvers.prices.construct import place
from solvers.prices.layout import Layout, Tables
from solvers.prices.plan import Draft, empty
from solvers.prices.pricing import block_items
from solvers.prices.restricted import Part
from solvers.solver import Start

NEARBY = (0.001, 40)
"""Temperature and evaluations of the round of the dual from earlier prices; cold ones begin far hotter."""

FIRST_MOVES, FIRST_SHARE = 600, 0.1
"""A short first annealing by all workers, before one of them turns to the bound: moves per group, and at most this share of the
time. Most of what the change cost is made good in it, however long the limit is."""

MOST = 1e12
"""Earlier prices above this, or not numbers at all, are none."""

HOT = 0.01
"""Temperature at which annealing begins from an earlier plan: worse plans are hardly accepted, so the new one stays near."""

STAY = 1e-3
"""What staying as in the earlier plan is worth while annealing, against what the column is worth: less than gaps that matter."""

EARLY = 2.0
"""Walks meet at this power of even shares of the time: the first gains come at once and are worth hearing of."""

SLACK = 1e-9

BATCHES = 64
"""Of the groups that could give room back, one in so many is taken out before what they are worth for it is weighed anew."""


def prices_of(layout: Layout, start: Start | None) -> Floats | None:
    """The prices of a start by row, [rows]; None where it has none that can be used.

    Any prices prove a bound, so what is beyond all sense, or negative on a ``<=`` row, merely counts as 0. Those of cover rows are
    what the dearest supply or shedding costs that is needed at the others.
    """
    if start is None or start.prices is None or np.shape(start.prices) != layout.program.resources.limit.shape:
        return None
    shared = len(layout.slot_of_row)
    prices = np.zeros(layout.rows)
    prices[:shared] = np.asarray(start.prices, dtype=np.float64)[layout.slot_of_row]
    prices[~(np.abs(prices) < MOST)] = 0.0
    prices = layout.evened(np.where(layout.equality, prices, np.maximum(prices, 0.0)))
    if not prices.any():
        return None
    tables = Tables.of(layout, prices)
    periods = np.arange(layout.program.grid.periods)
    for b, block in enumerate(layout.blocks):
        cost, width, demand = block_items(layout, tables, block)
        taken = cheapest_cover(cost, width, demand)[1]
        prices[layout.cover_row(b, periods)] = np.where(taken > 0, cost, 0.0).max(axis=0, initial=0.0)
    return prices


def guide(state: dual.Dual, over: Callable[[], bool]) -> tuple[Floats, float]:
    """Smooth prices near those at hand that a plan can go by, and what they prove."""
    theta, evaluations = NEARBY
    dual.smooth(state, theta, evaluations, over)
    return state.prices.copy(), dual.raise_bound(state).value


def repaired(state: dual.Dual, earlier: Draft, prices: Floats) -> Draft:
    """The groups of an earlier plan that still fit as they stood, the others at prices [rows] where there is room."""
    draft = earlier.copy()
    take_out(draft, prices)
    place(draft, prices)
    return draft


def standing(state: dual.Dual, start: Start) -> Draft:
    """The choices of a start that the Program still offers."""
    layout = state.layout
    options = layout.program.options
    option, begin = np.asarray(start.option, dtype=np.int64), np.asarray(start.start, dtype=np.int64)
    known = (option >= 0) & (option < layout.program.first_copy[-1]) & (np.asarray(start.value) > 0.5)
    option, begin = option[known], begin[known]
    row, _ = layout.program.split(option)
    known = (options.group[row] >= 0) & (begin >= layout.first[row]) & (begin <= layout.last[row])
    option, begin, row = option[known], begin[known], row[known]
    draft = empty(layout, state.rest)
    group = options.group[row]
    draft.option[group], draft.start[group] = option, begin
    return draft


def nearer(columns: Part, earlier: Draft | None) -> Part:
    """The columns, those of an earlier plan a little cheaper, so that nothing moves that gains nothing by it."""
    if earlier is None:
        return columns
    stays = (columns.option == earlier.option[columns.group]) & (columns.start == earlier.start[columns.group])
    return replace(columns, cost=np.where(stays, columns.cost - STAY * columns.own, columns.cost))


def take_out(draft: Draft, prices: Floats) -> None:
    """Takes groups out until no shared row is overdrawn: first those worth least, at prices, for the room that they give back."""
    layout = draft.layout
    columns = draft.chosen()
    matrix = columns.matrix
    column = np.repeat(np.arange(len(columns)), np.diff(matrix.indptr))
    row, amount = matrix.indices, matrix.data.copy()
    worth = np.maximum(-(columns.cost + matrix.T @ prices), 0.0)
    worth[layout.program.groups.must[columns.group]] = np.inf
    scale = np.maximum(1.0, np.abs(layout.limit))
    limit = layout.limit + SLACK * scale
    limit[len(layout.slot_of_row) :] = np.inf
    use = np.bincount(row, amount, layout.rows)
    while (over := np.maximum(use - limit, 0.0)).any():
        relief = np.bincount(column, np.minimum(np.maximum(amount, 0.0), over[row]) / scale[row], len(columns))
        helps = np.flatnonzero(relief > 0)
        if not len(helps):
            return
        dearness = worth[helps] / relief[helps]
        for out in helps[np.argsort(dearness, kind="stable")[: max(1, len(helps) // BATCHES)]].tolist():
            mine = slice(matrix.indptr[out], matrix.indptr[out + 1])
            if ((amount[mine] > 0) & (use[row[mine]] > limit[row[mine]])).any():
                np.subtract.at(use, row[mine], amount[mine])
                amount[mine] = 0.0
                draft.option[columns.group[out]] = -1
