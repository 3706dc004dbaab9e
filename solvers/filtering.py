"""Dropping columns by the prices of a start: what can be in no plan better than it, level by level.

Why this is right at every level. Let F be the plans that the level's model allows: all rows, and what earlier levels reached, held
by bounds and a row. Any row duals y give L(y) <= cost of every plan in F, and

    L(y) + reduced cost of (o, s) > value   =>   no plan in F that uses a whole (o, s) costs ``value`` or less

Slot prices give such duals, a group's own dual is then the least reduced cost in it, and rows that hold earlier levels get 0; other
duals would be as valid. The start is in F, because it is what the earlier levels ended with, and costs ``value``; so the cheapest
plan in F is the start or is among the columns kept, and a bound for these is one for all. Prices that belong to another cost, level
or Program of the same slots drop less, never wrongly. Divisible columns and those of no group are all kept.
"""

from __future__ import annotations

import numpy as np

from placement.program import Bools, Floats
from solvers.columns import Columns
from solvers.linear import Linear


def surviving(columns: Columns, model: Linear, x: Floats, slot_prices: Floats) -> Bools:
    """Columns [C] to keep, ``x`` being a plan of ``model``; all of them where anything is in doubt."""
    everything = np.ones(len(columns), dtype=np.bool_)
    if slot_prices.shape != columns.program.resources.limit.shape or not np.isfinite(slot_prices).all() or not model.feasible(x):
        return everything
    less = model.within(model.objective(x), _duals(columns, model, slot_prices))
    grouped = columns.program.options.group[columns.option] >= 0
    dropped = model.whole & grouped & (model.lower == 0) & (model.upper > 0) & (less.upper == 0)
    return ~dropped if not x[dropped].any() else everything


def _duals(columns: Columns, model: Linear, slot_prices: Floats) -> Floats:
    """Row duals from slot prices, those of groups as high as they may be, [M]."""
    duals = np.zeros(model.rows)
    slots = np.flatnonzero(columns.row_slot >= 0)
    duals[slots] = -slot_prices[columns.row_slot[slots]]
    duals = model.valid_prices(duals)
    groups = np.zeros(model.rows, dtype=np.bool_)
    groups[: len(columns.row_group)] = columns.row_group >= 0  # rows for earlier levels come after
    entries = np.flatnonzero(groups[model.row] & (model.upper[model.column] > 0))
    least = np.where(np.isfinite(model.row_lower), np.inf, 0.0)
    np.minimum.at(least, model.row[entries], model.reduced_costs(duals)[model.column[entries]])
    return np.where(groups & np.isfinite(least), least, duals)
