"""The pass over all columns: the cheapest of every group at given prices, and the bound that this proves.

L(prices) = constants - prices . limits + sum over groups of min(0, least rc)  (least rc where must)
            + sum over uniform blocks and periods of the cheapest cover + sum over loose columns of upper x min(0, rc)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placement.program import Anchor, Floats, Ints
from solvers.prices import kernels
from solvers.prices.blocks import Block, cheapest_cover
from solvers.prices.layout import COLUMNS_AT_ONCE, Layout, Tables


@dataclass(frozen=True)
class Best:
    """The cheapest columns of every group, [groups, k], cheapest first; ``cost`` is infinite where there are fewer."""

    cost: Floats
    option: Ints
    start: Ints

    def flat(self) -> tuple[Ints, Ints]:
        """All of them as (option, start), by group."""
        there = np.isfinite(self.cost)
        return self.option[there], self.start[there]


def best_columns(layout: Layout, tables: Tables, most: int, *, compiled: bool = kernels.AVAILABLE) -> Best:
    """The ``most`` cheapest columns of every group at the prices of ``tables``; ties go to the lower option, then start."""
    program = layout.program
    groups = len(program.groups)
    if compiled:
        out = kernels.empty_best(groups, most)
        options, rates, charges = program.options, program.rates, program.charges
        kernels.best_of_groups(
            layout.member, layout.member_offset, layout.first, layout.last, options.running, options.hours, options.pace,
            program.progress, program.grid.periods, charges.offset, layout.charge_amount, charges.anchor == Anchor.END,
            charges.table,
            program.curves, program.profiles, rates.offset, rates.amount, rates.from_anchor, rates.from_offset, rates.to_anchor,
            rates.to_offset, rates.lump, layout.pairs.of_rate, tables.by_block, tables.by_period, most, *out,
        )  # fmt: skip
        return Best(*out[:3])
    cost, option, start, _ = kernels.empty_best(groups, most)
    for lo, hi in runs_of_groups(layout):
        o, s = layout.columns(layout.member[layout.member_offset[lo] : layout.member_offset[hi]])
        rc = tables.costs(layout, o, s)
        group = program.options.group[o]
        order = np.lexsort((rc, group))
        group = group[order]
        rank = np.arange(len(group)) - np.searchsorted(group, group)
        order, group, rank = (a[rank < most] for a in (order, group, rank))
        cost[group, rank], option[group, rank], start[group, rank] = rc[order], o[order], s[order]
    return Best(cost, option, start)


def runs_of_groups(layout: Layout) -> list[tuple[int, int]]:
    """Consecutive groups of about ``COLUMNS_AT_ONCE`` columns in all."""
    count = np.maximum(layout.last[layout.member] - layout.first[layout.member] + 1, 0)
    upto = np.concatenate([[0], np.cumsum(count)])[layout.member_offset]
    runs, lo = [], 0
    while lo < len(layout.member_offset) - 1:
        hi = max(lo + 1, int(np.searchsorted(upto, upto[lo] + COLUMNS_AT_ONCE, side="right")) - 1)
        runs.append((lo, hi))
        lo = hi
    return runs


@dataclass(frozen=True)
class Bound:
    """What prices [rows] prove: ``value`` for the weighted cost, and the cover prices [blocks, P] at which the blocks are exact."""

    value: float
    best: Best
    least: Floats
    """Least rc of every group; what it adds to the bound."""


def bound(layout: Layout, prices: Floats, most: int = 1) -> Bound:
    """The bound at ``prices`` [rows]; negative ones on ``<=`` rows count as 0, cover rows' are found anew."""
    prices = np.where(layout.equality, prices, np.maximum(prices, 0.0))
    tables = Tables.of(layout, prices)
    shared = len(layout.slot_of_row)
    best = best_columns(layout, tables, most)
    least = best.cost[:, 0] if len(best.cost) else np.zeros(0)
    must = layout.program.groups.must
    least = np.where(must, least, np.minimum(least, 0.0))
    value = layout.constant_value - float(prices[:shared] @ layout.limit[:shared]) + float(least.sum())
    value += loose_value(layout, tables)
    for block in layout.blocks:
        value += float(cheapest_cover(*block_items(layout, tables, block))[0].sum())
    return Bound(value, best, least)


def block_items(layout: Layout, tables: Tables, block: Block) -> tuple[Floats, Floats, Floats]:
    """Cost per unit and width of a block's supply and pieces, [n + m, P], and its demand [P]."""
    periods = layout.program.grid.periods
    option, start = np.repeat(block.supply, periods), np.tile(np.arange(periods), len(block.supply))
    each = tables.costs(layout, option, start).reshape(-1, periods) / block.throughput[:, None]
    cost = np.concatenate([each, block.piece_cost(layout.weight)])
    return cost, np.concatenate([block.upper * block.throughput[:, None], block.width]), block.demand


def loose_value(layout: Layout, tables: Tables) -> float:
    """What options outside groups and blocks add to the bound."""
    value, program = 0.0, layout.program
    for chunk in np.array_split(layout.loose, max(1, len(layout.loose) // 5_000)):
        option, start = layout.columns(chunk)
        upper = program.upper(option, start)
        upper = np.where(program.options.whole[option], np.floor(upper + 1e-6), upper)
        value += float((np.minimum(tables.costs(layout, option, start), 0.0) * upper).sum())
    return value
