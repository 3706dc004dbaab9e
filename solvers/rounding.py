"""Counts rounded for fixed choices: one LP tries one change in every component at once, and each component keeps what helps it.

Once choices are fixed the rest falls into components (periods, mostly) that do not touch each other, so a single LP evaluates a
different trial in each of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from placement.program import Bools, Floats
from solvers.projection import Projection
from solvers.solver import Allowance

TRIALS = 60
ENTRIES_TRIED = 1_500_000
"""Large models get fewer trials, so that entries x trials stays about this."""

WHOLE = 1e-6


def round_counts(
    projection: Projection,
    z: Floats,
    x: Floats,
    rng: np.random.Generator,
    *,
    allow: Callable[[], Allowance],
    offer: Callable[[Floats], bool],
    enough: Callable[[], bool],
) -> None:
    """Offers plans with the choices ``z`` and whole counts near ``x`` [C], the best x with counts relaxed."""
    model, rest = projection.model, projection.rest
    whole = model.whole[rest]
    relaxed = x[rest]
    low = np.where(whole, np.clip(np.floor(relaxed + WHOLE), model.lower[rest], model.upper[rest]), np.nan)
    high = np.where(whole, np.clip(np.ceil(relaxed - WHOLE), model.lower[rest], model.upper[rest]), np.nan)
    open_ = np.flatnonzero(whole & (high > low))

    def tried(hold: Floats) -> tuple[Floats, Floats] | None:
        found = projection.evaluate(z, allow(), hold)
        return None if found.x is None else (projection.component_costs(found.x), found.x)

    begin = tried(low)
    if begin is None:
        return
    offer(begin[1])
    best, cost = low, begin[0]
    trials = int(np.clip(ENTRIES_TRIED / max(1, projection.rest_part.nnz), 2, TRIALS)) if len(open_) else 0
    for k in range(trials):
        if enough():
            return
        hold = best.copy()
        if k == 0:
            hold[open_] = np.round(relaxed[open_])
        else:
            flipped = _one_each(projection, open_, best == low, k, rng)
            hold[flipped] = np.where(best[flipped] == low[flipped], high[flipped], low[flipped])
        found = tried(hold)
        if found is None:
            return
        better = found[0] < cost - 1e-12 * np.maximum(1.0, np.abs(cost))
        if better.any():
            best = np.where(better[projection.component], hold, best)
            cost = np.where(better, found[0], cost)
            if better.all():
                offer(found[1])
    final = tried(best)
    if final is not None:
        offer(final[1])


def _one_each(
    projection: Projection, open_: np.ndarray[tuple[int], np.dtype[np.int64]], down: Bools, k: int, rng: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """One open count of every component that has one; in odd rounds a second one as well, turned the other way."""
    order = open_[rng.permutation(len(open_))]
    first = order[np.unique(projection.component[order], return_index=True)[1]]
    if k % 2 == 0:
        return first
    taken = np.zeros(len(down), dtype=bool)
    taken[first] = True
    state = np.zeros(projection.components, dtype=bool)
    state[projection.component[first]] = down[first]
    other = order[~taken[order] & (down[order] != state[projection.component[order]])]
    second = other[np.unique(projection.component[other], return_index=True)[1]]
    return np.concatenate([first, second])
