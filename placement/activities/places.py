"""Where gangs may stand: single islands, sets of islands of a pool, and pairs of such sets at two sites.

The rule that lists the sets is the instance's: a pool's ``spanning`` says how many islands and which sets; two sites are offered
to jobs of span ``sites``, along the shortest WAN paths within their round-trip time, each half on the fewest islands that hold it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

import numpy as np

from placement.instance import Instance, Pool
from placement.program import Bools, Floats, Ints

MOST_PLACES_PER_SHAPE = 50_000
"""Places on two sites that one shape may be offered: halves multiply."""


class TooManyPlaces(ValueError):
    """An instance offers more places than can be enumerated; the message says for which job, and the remedy."""


@dataclass
class Places:
    """A growing list of places; the first I are the single islands, in order.

    A place has one side or, at two sites, two; each side is a tuple of islands that share the gang's units evenly.
    """

    instance: Instance
    sides: list[tuple[tuple[int, ...], ...]] = field(default_factory=list)
    links: list[tuple[int, ...]] = field(default_factory=list)
    _ids: dict[tuple[tuple[tuple[int, ...], ...], tuple[int, ...]], int] = field(default_factory=dict)

    @classmethod
    def of(cls, instance: Instance) -> Places:
        places = cls(instance)
        for island in range(len(instance.island_pool)):
            places.add(((island,),))
        return places

    def add(self, sides: tuple[tuple[int, ...], ...], links: tuple[int, ...] = ()) -> int:
        """Id of a place, new or known."""
        key = (sides, links)
        if key not in self._ids:
            self._ids[key] = len(self.sides)
            self.sides.append(sides)
            self.links.append(links)
        return self._ids[key]

    def find(self, sides: tuple[tuple[int, ...], ...], links: tuple[int, ...]) -> int | None:
        """Id of a known place; None if it is not offered."""
        return self._ids.get((sides, links))

    @cached_property
    def units(self) -> Ints:
        """Units online in each island, and those that today's plan holds beyond them, [I, P]."""
        each = self.instance.unit_gpus[self.instance.island_pool][:, None]
        size = np.array([gpus for pool in self.instance.pools.values() for gpus in pool.island_gpus], dtype=np.int64)
        held = self.instance.island_online_gpus // each + self.instance.excess_units
        return np.asarray(np.minimum(held, size[:, None] // each), dtype=np.int64)

    @cached_property
    def most_units(self) -> Ints:
        """Most of them ever in each island, [I]."""
        return np.asarray(self.units.max(axis=1, initial=0), dtype=np.int64)

    @cached_property
    def classes(self) -> Ints:
        """First island of each island's class, [I]; see ``island_classes``."""
        return island_classes(self.instance)

    @cached_property
    def pool_sets(self) -> tuple[Ints, ...]:
        """Places over two or more islands of each pool."""
        return tuple(
            np.array([self.add((islands,)) for islands in island_sets(pool, int(self.instance.pool_island[q]))], dtype=np.int64)
            for q, pool in enumerate(self.instance.pools.values())
        )

    def two_sites(self, units: int, pools: Ints, max_rtt_ms: float, gbit_s: float) -> list[int]:
        """Places on two of the pools (one accelerator type) at different sites that hold so many units, either the odd one."""
        found: list[int] = []
        for a, b in combinations(pools.tolist(), 2):
            site_a, site_b = int(self.instance.pool_site[a]), int(self.instance.pool_site[b])
            if site_a == site_b:
                continue
            paths = self.instance.wan.paths(site_a, site_b, max_rtt_ms, gbit_s)
            if not paths:
                continue
            more, less = units - units // 2, units // 2
            orders = [(a, b)] if more == less else [(a, b), (b, a)]
            for first, second in orders:
                halves = (self._fewest(first, more), self._fewest(second, less))
                if len(found) + len(halves[0]) * len(halves[1]) * len(paths) > MOST_PLACES_PER_SHAPE:
                    names = list(self.instance.pools)
                    raise TooManyPlaces(
                        f"a gang of {units} units has over {MOST_PLACES_PER_SHAPE:,} places on two sites, "
                        f"many in pools {names[a]} and {names[b]}; "
                        "name fewer pools for it, or let these pools offer consecutive sets of islands only"
                    )
                found += [self.add((x, y), path) for x in halves[0] for y in halves[1] for path in paths]
        return found

    def _fewest(self, pool: int, units: int) -> list[tuple[int, ...]]:
        """Sets of islands of a pool that hold so many units, of the sizes that are the fewest possible in some period."""
        if units == 0:
            return []
        first, last = self.instance.pool_island[pool], self.instance.pool_island[pool + 1]
        sets: list[tuple[int, ...]] = [(i,) for i in range(first, last)]
        sets += [self.sides[place][0] for place in self.pool_sets[pool].tolist()]
        sets = [s for s in sets if len(s) <= units]
        fits = np.array([np.all(self.units[list(s)] >= np.array(split(units, len(s)))[:, None], axis=0) for s in sets])
        if not fits.any():
            return []
        size = np.array([len(s) for s in sets])
        fewest = np.unique(np.where(fits, size[:, None], self.units.shape[0] + 1).min(axis=0))
        return [s for s, fit in zip(sets, fits, strict=True) if len(s) in fewest and fit.any()]

    # ------------------------------------------------------------ columns over places

    def shares(self, place: Ints, units: Ints) -> tuple[Ints, Ints, Ints]:
        """How gangs of so many units lie on places: (row, island, units held), one row per island of each row's place."""
        single = self.single(place)
        row_of: list[int] = []
        islands: list[int] = []
        held: list[int] = []
        for row in np.flatnonzero(~single).tolist():
            on, shares = self.layout(int(place[row]), int(units[row]))
            row_of += [row] * len(on)
            islands += on
            held += shares
        more = (np.array(values, dtype=np.int64) for values in (row_of, islands, held))
        given = (np.flatnonzero(single), place[single], units[single])
        rows, island, units_held = (np.concatenate(pair) for pair in zip(given, more, strict=True))
        return rows, island, units_held

    def sites(self, place: Ints) -> tuple[Ints, Ints]:
        """Sites on which places lie: (row, site), one or two for each row."""
        single, pool_site = self.single(place), self.instance.pool_site[self.instance.island_pool]
        more = [(row, int(pool_site[side[0]])) for row in np.flatnonzero(~single).tolist() for side in self.sides[int(place[row])]]
        row, site = np.array(more, dtype=np.int64).reshape(len(more), 2).T
        return np.concatenate([np.flatnonzero(single), row]), np.concatenate([pool_site[place[single]], site])

    def single(self, place: Ints) -> Bools:
        """Which places are one island alone, [n]; the place's id is then the island's."""
        return np.asarray(place < len(self.instance.island_pool), dtype=np.bool_)

    def layouts(self, place: Ints, units: Ints) -> tuple[Ints, Ints, Ints]:
        """``shares`` in the order of the rows, islands of one row in the order of its place."""
        row, island, held = self.shares(place, units)
        order = np.argsort(row, kind="stable")
        return row[order], island[order], held[order]

    def spanning(self, place: Ints, island: Ints) -> Bools:
        """Whether each island lies on a side of its place with other islands, [n]: its uplink then carries traffic."""
        found = np.zeros(len(place), dtype=np.bool_)
        for row in np.flatnonzero(~self.single(place)):
            found[row] = any(len(side) > 1 and int(island[row]) in side for side in self.sides[int(place[row])])
        return found

    def layout(self, place: int, units: int) -> tuple[list[int], list[int]]:
        """Islands of a place and the units that a gang holds on each."""
        sides = self.sides[place]
        halves = [units] if len(sides) == 1 else [units - units // 2, units // 2]
        islands = [island for side in sides for island in side]
        return islands, [share for side, half in zip(sides, halves, strict=True) for share in split(half, len(side))]

    def slow_down(self, place: Ints) -> Floats:
        """Speed on each place against one island, before any loss over the WAN, [n]."""
        speed = np.ones(len(place))
        pools = list(self.instance.pools.values())
        for row in np.flatnonzero(~self.single(place)):
            speeds = [1.0]
            for side in self.sides[int(place[row])]:
                spanning = pools[int(self.instance.island_pool[side[0]])].spanning
                if len(side) > 1 and spanning is not None:
                    speeds.append(1 - spanning.loss * (1 - 1 / len(side)))
            speed[row] = min(speeds)
        return speed


def island_classes(instance: Instance) -> Ints:
    """First island of each island's class, [I]: neighbours in a pool that have the same units online in every period.

    To a gang they are equal, so it is offered one place for them all. Pools whose sets of islands are offered tell islands apart.
    """
    pools = list(instance.pools.values())
    pool, online = instance.island_pool, instance.island_online_gpus
    alike = np.zeros(len(pool), dtype=np.bool_)
    alike[1:] = (pool[1:] == pool[:-1]) & np.all(online[1:] == online[:-1], axis=1)
    alike &= np.array([pools[q].spanning is None for q in pool.tolist()], dtype=np.bool_)
    return np.maximum.accumulate(np.where(alike, 0, np.arange(len(pool), dtype=np.int64)))


def split(units: int, islands: int) -> list[int]:
    """Units as evenly as they go; the first islands take one more."""
    base, more = divmod(units, islands)
    return [base + (n < more) for n in range(islands)]


def largest_first(islands: Iterable[int], gpus: Sequence[int]) -> tuple[int, ...]:
    """Islands in the order in which a set lists them: the larger ones, which take the odd units, first; ``gpus`` by island."""
    return tuple(sorted(islands, key=lambda island: (-gpus[island], island)))


def island_sets(pool: Pool, first: int) -> list[tuple[int, ...]]:
    """Sets of two or more islands that the pool's rule offers, islands numbered from ``first``."""
    if pool.spanning is None:
        return []
    count = len(pool.island_gpus)
    sizes = range(2, min(pool.spanning.max_islands, count) + 1)
    if pool.spanning.sets == "consecutive":
        found = [tuple(range(i, i + k)) for k in sizes for i in range(count - k + 1)]
    else:
        found = [chosen for k in sizes for chosen in combinations(range(count), k)]
    return [tuple(first + i for i in largest_first(chosen, pool.island_gpus)) for chosen in found]
