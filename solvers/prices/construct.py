"""A first plan: gangs one by one at the cheapest place that still fits, at prices, big ones first; then what is divisible fills up.

Nothing is reserved for divisible demand: its prices already speak for it.
"""

from __future__ import annotations

import numpy as np

from placement.program import Anchor, Floats, Ints
from solvers.prices import kernels
from solvers.prices.layout import COLUMNS_AT_ONCE, Layout, Tables, least_in, most_of_tied, range_minima
from solvers.prices.plan import Draft
from solvers.prices.restricted import Part, columns_at, explicit
from solvers.rows import members

CHOSEN_FROM, CHOSEN_IN_ALL = 32, 200_000
"""Cheapest columns of each group that the first sweep chooses from, and of all groups; no fewer than ``CANDIDATES``."""

CANDIDATES = 6
"""Columns of each group that a later sweep brings, of those that fit what is left."""

SWEEPS = 3


def place(draft: Draft, prices: Floats, rng: np.random.Generator | None = None) -> None:
    """Chooses a column for each group, at ``prices`` [rows]: from its cheapest ones first, then from all that still fit."""
    layout = draft.layout
    groups = max(1, len(layout.program.groups))
    columns = columns_at(layout, prices, int(np.clip(CHOSEN_IN_ALL // groups, CANDIDATES, CHOSEN_FROM)))
    room = layout.limit - draft.use()
    room[len(layout.slot_of_row) :] = np.inf
    tables = Tables.of(layout, prices)
    for sweep in range(SWEEPS):
        if sweep:
            columns = explicit(layout, *layout.every_copy(*fitting(layout, tables, np.flatnonzero(draft.option < 0), room)))
        if not insert(draft, columns, prices, room, rng) and sweep:
            return


def insert(draft: Draft, columns: Part, prices: Floats, room: Floats, rng: np.random.Generator | None = None) -> int:
    """Takes groups that do not run by size, and for each its cheapest column that fits; says how many were placed."""
    layout = draft.layout
    must = layout.program.groups.must
    rc = columns.cost + columns.matrix.T @ prices
    free = np.flatnonzero(draft.option[columns.group] < 0)
    free = free[(rc[free] < 0) | must[columns.group[free]]]
    if not len(free):
        return 0
    matrix = columns.matrix
    size = np.add.reduceat(np.append(np.abs(matrix.data), 0.0), matrix.indptr[:-1]) * (np.diff(matrix.indptr) > 0)
    biggest = np.zeros(len(layout.program.groups))
    np.maximum.at(biggest, columns.group[free], size[free])
    if rng is not None:
        biggest *= np.exp(rng.normal(0, 0.3, len(biggest)))
    order = free[np.lexsort((rc[free], columns.group[free], -biggest[columns.group[free]], ~must[columns.group[free]]))]
    slack = 1e-9 * np.maximum(1.0, np.abs(layout.limit))
    chosen = np.full(len(draft.option), -1, dtype=np.int64)
    kernels.take_what_fits(order, columns.group, matrix.indptr, matrix.indices, matrix.data, room, slack, chosen)
    placed = np.flatnonzero(chosen >= 0)
    draft.option[placed], draft.start[placed] = columns.option[chosen[placed]], columns.start[chosen[placed]]
    return len(placed)


def fitting(layout: Layout, tables: Tables, groups: Ints, room: Floats) -> tuple[Ints, Ints]:
    """The cheapest columns of ``groups``, by rows of options, that cost less than nothing at the prices of ``tables``.

    Of each some copy may fit ``room`` [rows], as far as rates that hold while the column runs tell.
    """
    program, pairs = layout.program, layout.pairs
    rates, bands = program.rates, program.grid.bands
    resources = program.resources
    slots = np.full(len(resources.limit), np.inf)
    slots[layout.slot_of_row] = room[: len(layout.slot_of_row)] + 1e-9 * np.maximum(
        1.0, np.abs(layout.limit[: len(layout.slot_of_row)])
    )
    slots = most_of_tied(program, slots)
    slot = resources.offset[pairs.resource, None] + program.partitions[resources.partition[pairs.resource]]
    factor = program.profiles[pairs.profile]
    with np.errstate(divide="ignore", invalid="ignore"):
        most = np.where(factor > 0, slots[slot] / factor, np.inf)
    most[resources.hourly[pairs.resource] | pairs.lump] = np.inf
    ranges = range_minima(most.reshape(len(most), program.grid.blocks, bands).min(axis=2))
    plain = (
        (rates.from_anchor == Anchor.START) & (rates.to_anchor == Anchor.END) & (rates.from_offset == 0) & (rates.to_offset == 0)
    )
    plain &= rates.amount > 0
    count = np.maximum(layout.last - layout.first + 1, 0)
    found: list[tuple[Ints, Ints]] = [(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))]
    first = np.unique(layout.classes.first[groups])
    mine = (
        np.concatenate([layout.member[layout.member_offset[g] : layout.member_offset[g + 1]] for g in first])
        if len(first)
        else first
    )
    mine = mine[program.options.running[mine]]
    upto = np.cumsum(count[mine])
    cuts = np.searchsorted(upto, np.arange(COLUMNS_AT_ONCE, upto[-1] if len(upto) else 0, COLUMNS_AT_ONCE))
    for part in np.split(mine, cuts):
        option, start = layout.columns(part)
        end = program.ends(option, start)
        column, rate = members(rates.offset, option)
        keep = plain[rate]
        column, rate = column[keep], rate[keep]
        bad = np.zeros(len(option), dtype=bool)
        bad[column[rates.amount[rate] > least_in(ranges, pairs.of_rate[rate], start[column], end[column])]] = True
        option, start = option[~bad], start[~bad]
        rc = tables.costs(layout, option, start)
        pays = (rc < 0) | program.groups.must[program.options.group[option]]
        option, start, rc = option[pays], start[pays], rc[pays]
        group = program.options.group[option]
        order = np.lexsort((rc, group))
        group = group[order]
        order = order[np.arange(len(group)) - np.searchsorted(group, group) < CANDIDATES]
        found.append((option[order], start[order]))
    at, option = layout.classes.every_member(np.concatenate([f[0] for f in found]))
    asked = np.isin(program.options.group[option], groups)
    return option[asked], np.concatenate([f[1] for f in found])[at[asked]]
