"""Local search on models of pure choice: every group takes one column (or none), and rows limit what the chosen ones use together.

Branch and bound proves such models well but is slow to good plans where limits bind everywhere. Here plans may break rows at a
penalty that rises while they are broken, and room that is left free is worth most of its price in the linear relaxation: else no
group would ever make room for another. Worse plans are accepted with a falling probability; each round begins from the best plan,
with more moves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from placement.program import Bools, Floats, Ints
from solvers import compiled
from solvers.linear import Linear

CREDIT = 0.8
"""What free room is worth, against its price."""

PENALTY = 2.0
"""What use beyond a limit costs at first, against its price."""

HOT, COLD = 1.0, 0.1
"""Temperature at the beginning and end of a round, against the mean difference of a group's best two columns at prices."""

REHEATED = (1.0, 0.5, 0.3)
"""Factors on the temperature of one round after another."""

DEPTH, TRIES, BIAS, EVERY = 2, 8, 3.0, 1_000
"""See ``choice_moves.walk``: groups that follow the first, candidates for each, preference for columns of low reduced cost, and
moves between changes of penalties."""

FIRST_MOVES, MOST_MOVES = 50_000, 800_000
"""Moves of the first round, doubled each time up to this."""

CHUNK = 10_000
"""Moves between looks at whether to stop."""

PATIENCE = 3
"""Rounds in a row without a better plan after which the search ends and leaves its core to the proof."""

HEAD_START_S = 1.0
"""What a proof may take before local search begins beside it: easy models are done by then."""


@dataclass
class Choices:
    """Columns by group and reduced cost, rows with their limits, and the plan of a search. See ``choice_moves`` for the arrays."""

    columns: Ints
    """Column of the model, -1 for the choice of none."""
    size: int
    g_offset: Ints
    c_offset: Ints
    e_row: Ints
    e_amount: Floats
    e_group: Ints
    cost: Floats
    limit: Floats
    penalty: Floats
    credit: Floats
    heat: float
    at: Ints
    best_at: Ints
    best_cost: Floats = field(default_factory=lambda: np.array([np.inf]))

    @staticmethod
    def of(model: Linear, prices: Floats) -> Choices | None:
        """None where the model is not one of pure choice; ``prices`` [M] are row duals."""
        free = model.upper > model.lower
        if not free.any() or model.lower.any() or not (model.whole[free].all() and (model.upper[free] == 1.0).all()):
            return None
        group, must, rows = _groups(model, free)
        reduced = model.reduced_costs(prices)
        optional = np.flatnonzero(~must)
        columns = np.concatenate([np.flatnonzero(free), np.full(len(optional), -1, dtype=np.int64)])
        member = np.concatenate([group[free], optional])
        rc = np.concatenate([reduced[free], np.zeros(len(optional))])
        order = np.lexsort((rc, member))
        columns, member, rc = columns[order], member[order], rc[order]
        groups = len(must)
        g_offset = np.searchsorted(member, np.arange(groups + 1)).astype(np.int64)
        if (np.diff(g_offset) < 1).any():
            return None
        matrix, limit, price = _limits(model, rows, prices)
        from scipy.sparse import csc_matrix, hstack

        width = matrix.shape[1]
        padded = hstack([matrix, csc_matrix((matrix.shape[0], 1))], format="csc")
        part = padded[:, np.where(columns < 0, width, columns)].tocsc()
        part.sort_indices()
        e_row, e_amount = part.indices.astype(np.int64), part.data.astype(np.float64)
        second = np.minimum(g_offset[:-1] + 1, g_offset[1:] - 1)
        cost = np.where(columns < 0, 0.0, model.cost[columns])
        heat = float((rc[second] - rc[g_offset[:-1]]).mean()) or 1e-3 * float(np.abs(cost).mean()) or 1.0
        amount = np.full(len(limit), 1e-300)
        np.maximum.at(amount, e_row, np.abs(e_amount))
        floor = np.maximum(float(price.mean()) if len(price) else 0.0, heat / amount)
        at = g_offset[:-1].copy()
        return Choices(
            columns, model.columns, g_offset, part.indptr.astype(np.int64), e_row, e_amount,
            np.repeat(member, np.diff(part.indptr)).astype(np.int64), cost, limit, PENALTY * np.maximum(price, floor),
            CREDIT * price, heat, at, at.copy(),
        )  # fmt: skip

    @property
    def x(self) -> Floats | None:
        """The best plan as values of the model's columns, [C]; None before there is one."""
        if not np.isfinite(self.best_cost[0]):
            return None
        x = np.zeros(self.size)
        chosen = self.columns[self.best_at]
        x[chosen[chosen >= 0]] = 1.0
        return x

    def rounds(self, seed: int, stopped: Callable[[], bool], heard: Callable[[Floats], None]) -> None:
        """Searches until ``stopped()`` or nothing better turns up for long; ``heard`` gets every better plan [C]."""
        rng = np.random.default_rng(seed)
        moves, n, idle = FIRST_MOVES, 0, 0
        while not stopped() and idle < PATIENCE:
            known = float(self.best_cost[0])
            if np.isfinite(known):
                self.at = self.best_at.copy()
            heat = HOT * REHEATED[n % len(REHEATED)] * self.heat
            cooling = (COLD / HOT) ** (1 / moves)
            state = self._state()
            for done in range(0, moves, CHUNK):
                if stopped():
                    return
                before = float(self.best_cost[0])
                self._walk(state, int(rng.integers(2**31)), heat * cooling**done, cooling)
                if self.best_cost[0] < before and self.x is not None:
                    heard(self.x)
            idle = 0 if self.best_cost[0] < known else idle + 1
            moves, n = min(2 * moves, MOST_MOVES), n + 1

    def _state(self) -> tuple[Any, ...]:
        """Use of rows, and who uses them, for the columns ``at``."""
        from solvers.choice_moves import put_in

        rows, groups = len(self.limit), len(self.at)
        pairs = np.unique(self.e_row * groups + self.e_group)
        offset = np.concatenate([[0], np.cumsum(np.bincount(pairs // groups, minlength=rows))]).astype(np.int64)
        use, crowd = np.zeros(rows), np.zeros(int(offset[-1]), dtype=np.int64)
        crowded, place = np.zeros(rows, dtype=np.int64), np.zeros(len(self.e_row), dtype=np.int64)
        for c in self.at:
            put_in(c, self.c_offset, self.e_row, self.e_amount, use, offset, crowd, crowded, place)
        return use, offset, crowd, crowded, place

    def _walk(self, state: tuple[Any, ...], seed: int, heat: float, cooling: float) -> None:
        from solvers.choice_moves import walk

        slack = 1e-9 * np.maximum(1.0, np.abs(self.limit))
        walk(
            seed, CHUNK, heat, cooling, DEPTH, TRIES, BIAS, EVERY, self.g_offset, self.c_offset, self.e_row, self.e_amount,
            self.e_group, self.cost, self.limit, slack, self.penalty, self.credit, self.at, *state, self.best_at, self.best_cost,
        )  # fmt: skip


def _groups(model: Linear, free: Bools) -> tuple[Ints, Bools, Bools]:
    """Group of each free column [C], which groups must choose [G], and the rows that are no group's [M].

    A group is a row of ones that holds its sum to at most (or exactly) one; one sharing a column with an earlier one is a limit.
    """
    size = np.bincount(model.row, minlength=model.rows)
    ones = np.bincount(model.row, model.value == 1.0, model.rows) == size
    exactly = model.row_lower == 1.0
    candidate = ones & (size > 0) & (model.row_upper == 1.0) & (exactly | ~(model.row_lower > 0))
    group = np.full(model.columns, -1, dtype=np.int64)
    owner = np.flatnonzero(candidate[model.row])
    columns, rows = model.column[owner], model.row[owner].astype(np.int64)
    first = np.unique(columns, return_index=True)[1]
    group[columns[first]] = rows[first]
    whole = np.bincount(group[group >= 0], minlength=model.rows) == size
    # A candidate of which another row has taken a column stays a limit; its other columns are then on their own.
    group[(group >= 0) & ~whole[group]] = -1
    alone = np.flatnonzero((group < 0) & free)
    used = np.unique(group[free & (group >= 0)])
    number = np.full(model.rows, -1, dtype=np.int64)
    number[used] = np.arange(len(used))
    out = np.where(group >= 0, number[group], -1)
    out[alone] = len(used) + np.arange(len(alone))
    must = np.concatenate([exactly[used], np.zeros(len(alone), dtype=np.bool_)])
    limits = np.ones(model.rows, dtype=np.bool_)
    limits[used] = False
    return out, must, limits


def _limits(model: Linear, rows: Bools, prices: Floats) -> tuple[Any, Floats, Floats]:
    """Rows as upper limits: matrix, limit and price (at least 0) of each; lower sides are turned round."""
    from scipy.sparse import vstack

    matrix: Any = model.matrix.tocsr()
    above = np.flatnonzero(rows & np.isfinite(model.row_upper))
    below = np.flatnonzero(rows & np.isfinite(model.row_lower))
    price = np.concatenate([np.maximum(-prices[above], 0.0), np.maximum(prices[below], 0.0)])
    limit = np.concatenate([model.row_upper[above], -model.row_lower[below]])
    return vstack([matrix[above], -matrix[below]]).tocsc(), limit, price


class Beside:
    """Local search in a thread beside a proof; a context manager. Calling it gives a better plan [C] than given before, or None."""

    def __init__(self, model: Linear, prices: Floats | None, seed: int, *, wanted: bool) -> None:
        self._search = Choices.of(model, prices) if wanted and prices is not None and compiled.AVAILABLE else None
        self._seed = seed
        self._stop = threading.Event()
        self._plan: Floats | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Beside:
        if self._search is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._search is not None:
            self._thread.join()

    def __call__(self) -> Floats | None:
        plan, self._plan = self._plan, None
        return plan

    def _run(self) -> None:
        if self._search is None or self._stop.wait(HEAD_START_S):
            return

        def heard(x: Floats) -> None:
            self._plan = x

        self._search.rounds(self._seed, self._stop.is_set, heard)
