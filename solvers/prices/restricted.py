"""The problem on explicit columns: some of the groups' columns, and all others with uniform blocks in their closed form.

    minimise cost x   subject to   A x <= or = limit,   sum_{c in g} x_c <= 1 (= 1 where must),   0 <= x <= upper

Rows are those of ``Layout``. It is what the smoothed dual works on, and what sub-problems are cut from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from placement.program import Bools, Floats, Ints
from solvers.prices.layout import Layout, Tables
from solvers.prices.pricing import best_columns


@dataclass(frozen=True)
class Part:
    """Columns [n] with their matrix A [rows, n] (scipy CSC). ``option`` is an explicit id, -1 for merged shedding pieces."""

    option: Ints
    start: Ints
    cost: Floats
    upper: Floats
    whole: Bools
    group: Ints
    matrix: Any
    own: Floats
    """Size of what a unit of the column is worth, in money; sets the temperature of its smoothing."""

    def __len__(self) -> int:
        return len(self.option)

    def take(self, which: Ints | Bools) -> Part:
        return Part(
            self.option[which], self.start[which], self.cost[which], self.upper[which], self.whole[which], self.group[which],
            self.matrix[:, which], self.own[which],
        )  # fmt: skip

    @staticmethod
    def joined(parts: list[Part]) -> Part:
        from scipy.sparse import hstack

        return Part(
            np.concatenate([p.option for p in parts]),
            np.concatenate([p.start for p in parts]),
            np.concatenate([p.cost for p in parts]),
            np.concatenate([p.upper for p in parts]),
            np.concatenate([p.whole for p in parts]),
            np.concatenate([p.group for p in parts]),
            hstack([p.matrix for p in parts], format="csc"),
            np.concatenate([p.own for p in parts]),
        )

    def distinct(self) -> Part:
        """Without repetitions of a column."""
        key = self.option * (int(self.start.max(initial=0)) + 1) + self.start
        return self.take(np.sort(np.unique(key, return_index=True)[1]))


def explicit(layout: Layout, option: Ints, start: Ints) -> Part:
    """Columns of options (explicit ids) outside uniform blocks, or of blocks' supply."""
    program = layout.program
    row, copy = program.split(option)
    matrix = _matrix(layout, row, start, copy)
    cost = Tables.of(layout, np.zeros(layout.rows)).costs(layout, row, start)
    upper = program.upper(row, start)
    whole = program.options.whole[row]
    group = program.options.group[row]
    upper = np.where(whole, np.floor(upper + 1e-6), upper)
    upper = np.where(group >= 0, np.minimum(upper, 1.0), upper)
    return Part(option, start, cost, upper, whole, group, matrix, np.abs(cost))


def columns_at(layout: Layout, prices: Floats, most: int) -> Part:
    """The ``most`` cheapest columns of every group at ``prices`` [rows], each with all its copies."""
    option, start = best_columns(layout, Tables.of(layout, prices), most).flat()
    at, option = layout.classes.every_member(option)
    return explicit(layout, *layout.every_copy(option, start[at]))


def first_copies(layout: Layout, option: Ints, start: Ints) -> Part:
    """Columns of options (rows), copy 0 standing for all: what a relaxation over tied rows needs."""
    return explicit(layout, layout.program.first_copy[option], start)


def tied(layout: Layout, part: Part) -> tuple[Part, Floats]:
    """The columns on rows that stand for all that are tied to them, and the limits of these together, [rows]."""
    from scipy.sparse import csr_matrix

    if not layout.program.folded:
        return part, layout.limit
    limit = np.bincount(layout.tied, layout.limit, layout.rows).astype(np.float64)
    gather = csr_matrix((np.ones(layout.rows), (layout.tied, np.arange(layout.rows))), shape=(layout.rows, layout.rows))
    return replace(part, matrix=(gather @ part.matrix).tocsc()), limit


def ungrouped(layout: Layout) -> Part:
    """Every column of no group: loose options, blocks' supply, and merged shedding pieces."""
    from scipy.sparse import csc_matrix

    periods = layout.program.grid.periods
    parts = [explicit(layout, *layout.every_copy(*layout.columns(layout.loose)))]
    for b, block in enumerate(layout.blocks):
        option = np.repeat(layout.program.first_copy[block.supply], periods)
        start = np.tile(np.arange(periods), len(block.supply))
        supply = explicit(layout, option, start)
        row = layout.cover_row(b, start)
        throughput = np.repeat(block.throughput, periods)
        cover = csc_matrix((-throughput, (row, np.arange(len(row)))), shape=(layout.rows, len(row)))
        width, cost = merged_pieces(layout, b)
        typical = (np.abs(cost) * width).sum(axis=0) / np.maximum(width.sum(axis=0), 1e-300)
        parts.append(
            Part(
                option, start, supply.cost, block.upper.reshape(-1), supply.whole, supply.group, supply.matrix + cover,
                throughput * np.tile(typical, len(block.supply)),
            )
        )  # fmt: skip
        n = cost.size
        row = layout.cover_row(b, np.tile(np.arange(periods), len(cost)))
        none = np.full(n, -1, dtype=np.int64)
        parts.append(
            Part(
                none, np.tile(np.arange(periods), len(cost)), cost.reshape(-1), width.reshape(-1), np.zeros(n, dtype=bool), none,
                csc_matrix((np.full(n, -1.0), (row, np.arange(n))), shape=(layout.rows, n)), np.tile(typical, len(cost)),
            )
        )  # fmt: skip
    part = Part.joined(parts)
    return part.take(part.upper > 0)


def merged_pieces(layout: Layout, block: int) -> tuple[Floats, Floats]:
    """Width and cost of a block's shedding by price, pieces of equal cost as one, both [k, P]."""
    mine = layout.blocks[block]
    cost = mine.piece_cost(layout.weight)
    keys, at = np.unique(cost, axis=0, return_inverse=True) if len(cost) else (cost, np.empty(0, dtype=np.int64))
    width = np.zeros(keys.shape)
    np.add.at(width, at.reshape(-1), mine.width)
    return width, keys


def _matrix(layout: Layout, option: Ints, start: Ints, copy: Ints) -> Any:
    from scipy.sparse import csc_matrix, hstack

    parts = []
    for o, s, m in zip(*(np.array_split(a, max(1, len(option) // 200_000)) for a in (option, start, copy)), strict=True):
        entries = layout.program.entries(o, s, m)
        row = layout.row_of_slot[entries.row]
        keep = row >= 0
        parts.append(csc_matrix((entries.value[keep], (row[keep], entries.column[keep])), shape=(layout.rows, len(o))))
    return hstack(parts, format="csc") if len(parts) > 1 else parts[0]
