"""Gangs of a pool into its islands, over time: large ones first, alike ones together, each where it leaves the least room."""

from __future__ import annotations

import numpy as np

from placement.instance import Instance
from placement.program import Ints

NOWHERE = -1


def packed(instance: Instance, pool: Ints, units: Ints, start: Ints, end: Ints) -> Ints:
    """Island of each gang that holds ``units`` of a pool during blocks [start, end), NOWHERE where none has room; all [n]."""
    island = np.full(len(pool), NOWHERE, dtype=np.int64)
    online = instance.island_online_gpus // instance.unit_gpus[instance.island_pool][:, None]
    free = online.reshape(len(online), instance.calendar.blocks, -1).min(axis=2)
    order = np.lexsort((start, end, -units, pool))
    keys = np.stack([pool, units, start, end])[:, order]
    begin = np.flatnonzero(np.any(np.diff(keys, prepend=-1) != 0, axis=0))
    for lo, hi in zip(begin, np.append(begin[1:], len(order)), strict=True):
        q, size, first, last = keys[:, lo].tolist()
        islands = np.arange(instance.pool_island[q], instance.pool_island[q + 1])
        room = free[islands, first:last].min(axis=1, initial=np.iinfo(np.int64).max)
        fits = room // size
        # Fullest first: what is left of nearly full islands serves small gangs, empty ones stay whole for large ones.
        chosen = np.argsort(room, kind="stable")
        held = np.minimum(np.cumsum(fits[chosen]), hi - lo)
        taken = np.diff(held, prepend=0)
        island[order[lo : lo + held[-1]]] = np.repeat(islands[chosen], taken)
        free[islands[chosen], first:last] -= (taken * size)[:, None]
    return island
