"""The pass over all columns: the cheapest of every group at given prices, and the bound that this proves.

Of groups that are alike only one is gone through, the one that stands for its class; what it adds counts for all of them.

L(prices) = constants - prices . limits + sum over groups of min(0, least rc)  (least rc where must)
            + sum over uniform blocks and periods of the cheapest cover + sum over loose columns of upper x min(0, rc)
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from placement.program import Bools, Floats, Ints
from solvers.prices import kernels
from solvers.prices.blocks import Block, cheapest_cover
from solvers.prices.layout import COLUMNS_AT_ONCE, Layout, Tables, window
from solvers.rows import members

T = TypeVar("T")

NEAR = 20.0
"""Columns dearer than the least of their group by this many temperatures weigh nothing in a smooth minimum."""

THREADS = 2
"""Compiled passes are split so many ways; what they add up is then the same on every machine."""

SPLIT = 50_000
"""Fewer columns than this are not worth a second thread."""


@dataclass(frozen=True)
class Best:
    """The cheapest columns of every group, [groups, k], cheapest first; ``cost`` is infinite where there are fewer.

    Of a class they are those of the group that stands for it; the others have none.
    """

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
    cost, option, start = kernels.empty_best(groups, most)
    if compiled:
        arrays = _compiled(layout, tables)
        side_by_side(lambda lo, hi: kernels.best_of_groups(*arrays, lo, hi, most, cost, option, start), shares_of_groups(layout))
        return Best(cost, option, start)
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


def soft_minima(
    layout: Layout, tables: Tables, heat: Floats, must: Bools, *, compiled: bool = kernels.AVAILABLE
) -> tuple[float, Floats]:
    """Smooth minima of all groups added up, -T log(1 + sum of exp(-rc / T)) each, T = ``heat`` [groups]; and the use that
    their gradient stands for, [rows]. Where ``must``, the 1 is left out."""
    program, bundles = layout.program, layout.bundles
    shape = len(bundles.parts) - 1
    blocks, periods = program.grid.blocks, program.grid.periods
    if compiled:
        arrays = _compiled(layout, tables)

        def part(lo: int, hi: int) -> tuple[float, Floats, Floats]:
            slopes = np.zeros((shape, blocks + 1)), np.zeros((shape, periods + 1))
            return kernels.soft_groups(*arrays, lo, hi, heat, must, layout.classes.times, *slopes, NEAR), *slopes

        parts = side_by_side(part, shares_of_groups(layout))
    else:
        parts = [_soft_minima(layout, tables, heat, must, lo, hi) for lo, hi in runs_of_groups(layout)]
    slopes = [np.zeros((shape, steps + 1)) + sum(p[k] for p in parts) for k, steps in ((1, blocks), (2, periods))]
    use = (bundles.spread(np.cumsum(slope, axis=1)[:, :-1], len(layout.pairs.resource)) for slope in slopes)
    return float(sum(p[0] for p in parts)), layout.rows_of_use(*use)


def _soft_minima(layout: Layout, tables: Tables, heat: Floats, must: Bools, lo: int, hi: int) -> tuple[float, Floats, Floats]:
    program, bundles = layout.program, layout.bundles
    option, start = layout.columns(layout.member[layout.member_offset[lo] : layout.member_offset[hi]])
    slopes = tuple(np.zeros((len(bundles.parts) - 1, steps + 1)) for steps in (program.grid.blocks, program.grid.periods))
    if not len(option):
        return 0.0, *slopes  # type: ignore[return-value]
    rc = tables.costs(layout, option, start)
    group = program.options.group[option]
    least = np.where(must, np.inf, 0.0)
    np.minimum.at(least, group, rc)
    there = np.unique(group)
    weight = np.exp((least[group] - rc) / heat[group])
    weight[rc > (least + NEAR * heat)[group]] = 0.0
    none = np.where(must, 0.0, np.exp(np.minimum(least, 0.0) / heat))
    total = np.bincount(group, weight, len(least)) + none
    times = layout.classes.times
    value = float((times[there] * (least[there] - heat[there] * np.log(total[there]))).sum())
    share = times[group] * weight / total[group]
    column, row = members(bundles.offset, option)
    from_to = window(layout, option, start, program.ends(option, start), column, bundles.rate[row])
    use = share[column] * bundles.amount[row]
    for running, slope in ((True, slopes[0]), (False, slopes[1])):
        mine = program.options.running[option[column]] == running
        for at, sign in zip(from_to, (1.0, -1.0), strict=True):
            np.add.at(slope, (bundles.bundle[row[mine]], at[mine]), sign * use[mine])
    return value, *slopes  # type: ignore[return-value]


def screened(layout: Layout, tables: Tables, reach: Floats, *, compiled: bool = kernels.AVAILABLE) -> Layout:
    """The layout with, of every group, only the starts that cost no more than its least by ``reach`` [groups], or lie between such.

    Not running counts as a way to run at no cost. What it proves is nothing; it is for finding prices, at a part of the work.
    """
    first, last = layout.first.copy(), layout.last.copy()
    must = layout.program.groups.must
    if compiled:
        arrays = _compiled(layout, tables)
        side_by_side(lambda lo, hi: kernels.near_starts(*arrays, lo, hi, reach, must, first, last), shares_of_groups(layout))
    else:
        for lo, hi in runs_of_groups(layout):
            members_here = layout.member[layout.member_offset[lo] : layout.member_offset[hi]]
            option, start = layout.columns(members_here)
            rc, group = tables.costs(layout, option, start), layout.program.options.group[option]
            least = np.where(must, np.inf, 0.0)
            np.minimum.at(least, group, rc)
            near = rc <= (least + reach)[group]
            first[members_here], last[members_here] = layout.last[members_here] + 1, layout.first[members_here] - 1
            np.minimum.at(first, option[near], start[near])
            np.maximum.at(last, option[near], start[near])
    kept = last[layout.member] >= first[layout.member]
    offset = np.concatenate([[0], np.cumsum(kept)])[layout.member_offset]
    return replace(layout, first=first, last=last, member=layout.member[kept], member_offset=offset)


def _compiled(layout: Layout, tables: Tables) -> tuple[Any, ...]:
    """What compiled kernels take: groups, options, charges, merged rates and summed prices."""
    program, bundles = layout.program, layout.bundles
    options, charges = program.options, program.charges
    return (
        layout.member, layout.member_offset, layout.first, layout.last, options.running, options.hours, options.pace,
        program.progress, program.grid.periods, charges.offset, layout.charge_amount, layout.charged_at_end, charges.table,
        program.curves, program.profiles, bundles.offset, bundles.amount, *bundles.windows,
        bundles.bundle, bundles.summed(tables.by_block), bundles.summed(tables.by_period),
    )  # fmt: skip


def shares_of_groups(layout: Layout, shares: int = THREADS) -> list[tuple[int, int]]:
    """Consecutive groups in so many shares of about as many columns each."""
    groups = len(layout.member_offset) - 1
    upto = layout.columns_upto[layout.member_offset]
    if upto[-1] < SPLIT:
        return [(0, groups)]
    cuts = np.searchsorted(upto, upto[-1] * np.arange(1, shares) / shares)
    edges = [0, *cuts.tolist(), groups]
    return list(pairwise(edges))


def side_by_side(work: Callable[[int, int], T], shares: list[tuple[int, int]]) -> list[T]:
    """Compiled work on shares, each in a thread of its own."""
    if len(shares) == 1:
        return [work(*shares[0])]
    with ThreadPoolExecutor(len(shares)) as pool:
        return list(pool.map(lambda share: work(*share), shares))


def runs_of_groups(layout: Layout) -> list[tuple[int, int]]:
    """Consecutive groups of about ``COLUMNS_AT_ONCE`` columns in all."""
    upto = layout.columns_upto[layout.member_offset]
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
    """The bound at ``prices`` [rows], evened; negative ones on ``<=`` rows count as 0, cover rows' are found anew."""
    prices = layout.evened(np.where(layout.equality, prices, np.maximum(prices, 0.0)))
    tables = Tables.of(layout, prices)
    shared = len(layout.slot_of_row)
    best = best_columns(layout, tables, most)
    least = best.cost[layout.classes.first, 0]
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
        value += float((np.minimum(tables.costs(layout, option, start), 0.0) * upper * program.options.copies[option]).sum())
    return value
