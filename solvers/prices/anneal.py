"""Sets up and runs the compiled local search of ``moves`` on a draft; threads run it side by side, and the best of them goes on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.program import Floats, Ints
from solvers.prices import moves
from solvers.prices.layout import Layout
from solvers.prices.plan import Draft
from solvers.prices.restricted import Part

HOT, COLD = 0.02, 0.0005
"""Temperatures at the beginning and at the end, against what a column is worth on average."""

BIGGEST = 16
"""Most groups that a move takes out."""

DOUBT = 0.2
"""A move that prices find worse than allowed by more than this, against what a column is worth, is not evaluated."""

EXTRA = 3
"""Others that try for the same place: so many to twice as many."""

NOISE = 0.3
"""Spread of the factor on reduced costs by which groups choose their places."""

CHUNK = 0.25
"""Seconds, or work, between looks at the clock."""

MOVE = 2.1e-7
"""Work of a move, for the square root of the columns of no group: measured from S to L."""

CROWD = 48
"""Room for more groups in a row than the first plan has there."""


@dataclass
class Annealer:
    """Columns sorted by group and reduced cost, fill data by period, and the present plan of one search."""

    layout: Layout
    columns: Part
    rc: Floats
    static: tuple[Any, ...]
    supply_data: tuple[Any, ...]
    movable: Ints
    heat: float
    timed: bool
    move_work: float

    @staticmethod
    def of(layout: Layout, columns: Part, rest: Part, prices: Floats, *, timed: bool) -> Annealer | None:
        """None where the Program has features that the search does not know."""
        shared = len(layout.slot_of_row)
        matrix = columns.matrix
        if layout.equality.any() or len(layout.loose) or (len(matrix.data) and matrix.data.min() < 0) or not len(columns):
            return None
        rc = columns.cost + matrix.T @ prices
        order = np.lexsort((rc, columns.group))
        columns, rc = columns.take(order), rc[order]
        matrix = columns.matrix
        groups = len(layout.program.groups)
        g_offset = np.searchsorted(columns.group, np.arange(groups + 1))
        periods = layout.program.grid.periods
        resources = layout.program.resources
        slot = layout.slot_of_row[matrix.indices]
        resource = resources.of_slot[slot]
        long = resources.partition[resource] != 0
        period = np.where(long, -1, slot - resources.offset[resource])
        column = np.repeat(np.arange(len(columns)), np.diff(matrix.indptr))
        first, last = np.full(len(columns), periods), np.full(len(columns), -1)
        np.minimum.at(first, column[~long], period[~long])
        np.maximum.at(last, column[~long], period[~long])
        size = np.zeros(groups)
        np.maximum.at(size, columns.group, np.asarray(abs(matrix).sum(axis=0)).reshape(-1))
        data = _fill_data(layout, rest, prices)
        if data is None:
            return None
        static = (
            g_offset, layout.program.groups.must, matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data,
            columns.cost, rc, columns.group, first, last, size, *_by_row(matrix, shared),
        )  # fmt: skip
        movable = np.flatnonzero(np.diff(g_offset) > 0)
        return Annealer(layout, columns, rc, static, data, movable, float(np.abs(columns.cost).mean()), timed, work_of_move(rest))

    def positions(self, draft: Draft) -> Ints:
        """Column of every group in the draft, -1 where it does not run."""
        now = (self.columns.option == draft.option[self.columns.group]) & (self.columns.start == draft.start[self.columns.group])
        at = np.full(len(draft.option), -1, dtype=np.int64)
        at[self.columns.group[now]] = np.flatnonzero(now)
        return at

    def draft(self, at: Ints, like: Draft) -> Draft:
        """The draft of a plan, its ungrouped columns yet to be filled."""
        out = like.copy()
        on = np.flatnonzero(at >= 0)
        out.option[:] = -1
        out.option[on], out.start[on] = self.columns.option[at[on]], self.columns.start[at[on]]
        return out

    def begin(self, at: Ints) -> Walk:
        """A search from the columns ``at`` [G]."""
        layout, columns = self.layout, self.columns
        shared = len(layout.slot_of_row)
        chosen = at[at >= 0]
        room = layout.limit[:shared] - np.asarray(columns.matrix[:shared][:, chosen].sum(axis=1)).reshape(-1)
        crowd = np.bincount(columns.matrix[:, chosen].indices, minlength=shared)
        occupant = np.zeros((shared, int(crowd.max(initial=0)) + CROWD), dtype=np.int32)
        occupied = np.zeros(shared, dtype=np.int64)
        indptr, indices = columns.matrix.indptr, columns.matrix.indices
        for c in chosen.tolist():
            rows = indices[indptr[c] : indptr[c + 1]]
            occupant[rows, occupied[rows]] = columns.group[c]
            occupied[rows] += 1
        fill = np.array([self.fill_cost(t, room) for t in range(layout.program.grid.periods)])
        value = layout.constant_value + float(columns.cost[chosen].sum()) + float(fill.sum())
        slack = 1e-9 * np.maximum(1.0, np.abs(layout.limit[:shared]))
        return Walk(self, room, slack, occupant, occupied, at.copy(), at.copy(), fill, np.array([value, value]))

    def fill_cost(self, t: int, room: Floats) -> float:
        blocks = max(1, len(self.layout.blocks))
        return float(
            moves.fill_cost(t, room, *self.supply_data, np.zeros(len(room)), np.zeros(blocks, dtype=np.int64), np.zeros(blocks))
        )


def work_of_move(rest: Part) -> float:
    """Estimated from the columns of no group, among which a move fills the periods that it touched anew."""
    return MOVE * math.sqrt(max(1, len(rest)))


def anneal(
    search: Annealer, at: Ints, *, walks: Callable[[], int], seed: int, share: Callable[[], float], meetings: int, hot: float,
    early: float, stale: Callable[[], bool], moves_left: Callable[[], float], worked: Callable[[int], None],
    heard: Callable[[Ints], None],
) -> tuple[Ints, int]:  # fmt: skip
    """Improves the plan ``at`` [G] until ``share()``, the part of time or work used, is 1, or ``stale()``; the best, and the moves.

    ``hot``: temperature at the beginning. ``heard`` is told of better plans at every meeting of the walks; they meet at even
    shares to the power of ``early``, and ``walks()`` says then how many go on side by side.
    """
    states = [search.begin(at) for _ in range(walks())]
    best, best_value = at.copy(), states[0].value[1]
    done, chunk, meeting = 0, 50, int(share() ** (1 / early) * meetings) + 1
    with ThreadPoolExecutor() as pool:
        while (used := share()) < 1.0 and not stale():
            heat = search.heat * hot * (COLD / hot) ** used
            chunk = int(min(chunk, moves_left()))
            if chunk < 1:
                break
            began = time.monotonic()
            jobs = [pool.submit(walk.run, (seed * 1_000_003 + done * 31 + k) % 2**31, chunk, heat) for k, walk in enumerate(states)]
            for job in jobs:
                job.result()
            done += chunk * len(states)
            worked(chunk * len(states))
            if search.timed:
                chunk = int(np.clip(chunk * CHUNK / max(time.monotonic() - began, 1e-4), chunk / 2 + 1, chunk * 4))
            else:
                chunk = int(CHUNK / search.move_work) + 1
            leader = min(states, key=lambda walk: float(walk.value[1]))
            if used ** (1 / early) * meetings >= meeting:
                meeting = int(used ** (1 / early) * meetings) + 1
                if leader.value[1] < best_value:
                    best, best_value = leader.best_at.copy(), leader.value[1]
                    heard(best)
                now = min(states, key=lambda walk: float(walk.value[0]))
                states = [now, *(search.begin(now.at) for _ in range(walks() - 1))]
    leader = min(states, key=lambda walk: float(walk.value[1]))
    return (leader.best_at.copy() if leader.value[1] < best_value else best), done


@dataclass
class Walk:
    """The state of one search; ``value`` is [now, best]."""

    search: Annealer
    room: Floats
    slack: Floats
    occupant: Any
    occupied: Ints
    at: Ints
    best_at: Ints
    fill: Floats
    value: Floats

    def run(self, seed: int, iterations: int, heat: float) -> int:
        search = self.search
        return int(
            moves.anneal(
                seed, iterations, heat, DOUBT * search.heat, BIGGEST, EXTRA, NOISE, *search.static, self.room, self.slack,
                self.occupant, self.occupied,
                self.at, self.best_at, self.fill, self.value, search.movable, *search.supply_data,
            )
        )  # fmt: skip


def _by_row(matrix: Any, rows: int) -> tuple[Ints, Any]:
    """Columns that use each row, as offsets and a list."""
    across = matrix[:rows].tocsr()
    return across.indptr.astype(np.int64), across.indices.astype(np.int32)


def _fill_data(layout: Layout, rest: Part, prices: Floats) -> tuple[Any, ...] | None:
    """Supply and pieces of uniform blocks by period in the order in which the greedy takes them."""
    shared, periods = len(layout.slot_of_row), layout.program.grid.periods
    blocks = len(layout.blocks)
    matrix = rest.matrix.tocsc()
    column = np.repeat(np.arange(len(rest)), np.diff(matrix.indptr))
    covers = matrix.indices >= shared
    cover_row = np.full(len(rest), -1, dtype=np.int64)
    cover_row[column[covers]] = matrix.indices[covers] - shared
    tokens = np.zeros(len(rest))
    tokens[column[covers]] = -matrix.data[covers]
    block, period = cover_row // periods, cover_row % periods
    if (cover_row < 0).any():
        return None
    used_slot = layout.slot_of_row[matrix.indices[~covers]]
    resources = layout.program.resources
    resource = resources.of_slot[used_slot]
    if (matrix.data[~covers] < 0).any() or (used_slot - resources.offset[resource] != period[column[~covers]]).any():
        return None
    supply = np.flatnonzero(rest.option >= 0)
    priced = (rest.cost + np.asarray(matrix[:shared].T @ prices[:shared]))[supply] / tokens[supply]
    supply = supply[np.lexsort((priced, block[supply], period[supply]))]
    supply_offset = np.searchsorted(period[supply] * blocks + block[supply], np.arange(periods * blocks + 1))
    use = matrix[:shared][:, supply].tocsc()
    pieces = np.flatnonzero(rest.option < 0)
    width = rest.upper[pieces].copy()
    demand = -layout.limit[shared:]
    order = np.lexsort((-rest.cost[pieces], period[pieces]))
    # Where pieces together exceed the demand the dearest are never shed; where they fall short, the rest is dear beyond all.
    by_row = np.lexsort((rest.cost[pieces], cover_row[pieces]))
    row = cover_row[pieces][by_row]
    upto = np.cumsum(width[by_row])
    before = upto - width[by_row]
    before -= before[np.searchsorted(row, row)]
    width[by_row] = np.clip(demand[row] - before, 0.0, width[by_row])
    lacking = demand - np.bincount(cover_row[pieces], width, len(demand))
    if (lacking > 1e-6 * np.maximum(1.0, demand)).any():
        return None
    rows = np.unique(np.stack([period[column[~covers]], matrix.indices[~covers]]), axis=1)
    return (
        blocks, np.searchsorted(rows[0], np.arange(periods + 1)), rows[1].astype(np.int64), np.searchsorted(period[pieces][order],
        np.arange(periods + 1)), block[pieces][order], rest.cost[pieces][order], width[order], supply_offset, rest.cost[supply],
        tokens[supply], rest.upper[supply], use.indptr.astype(np.int64), use.indices.astype(np.int64), use.data,
    )  # fmt: skip
