"""Serving over other ways than the cheapest, divisible and by period: one option per stream, site and further way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.activities.crossings import ways_to_serve
from placement.activities.serving import ServeOptions, match, most_served
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.wan import Links
from placement.plan import Plan
from placement.program import Ints
from placement.reroutes import Reroutes


@dataclass(frozen=True)
class RerouteOptions:
    """Columns [n], ascending by option; x is tokens/s, of those served from the site, that do not take the cheapest way."""

    option: Ints
    stream: Ints
    site: Ints
    way: Ints
    """Position in ``Wan.ways``, at least 1."""
    over: tuple[Links, ...]
    """Links of that way, and ``instead`` those of the cheapest."""
    instead: tuple[Links, ...]

    @classmethod
    def offer(cls, instance: Instance, builder: Builder, serve: ServeOptions) -> RerouteOptions:
        """Write one option per way that may help: none where all that limits the way limits a cheaper one, or nothing does."""
        rows: list[tuple[int, int, int]] = []
        over, instead = list[Links](), list[Links]()
        limited = np.array([link.gbit_s != "unlimited" for link in instance.links.values()], dtype=np.bool_)
        carried = np.array([service.wan_bytes_per_token > 0 for service in instance.services.values()], dtype=np.bool_)
        several = instance.settings.wan_paths_per_stream is not None and bool(limited.any())
        pairs = np.stack([serve.stream, serve.site])[:, carried[serve.service] & several]
        for t, x in np.unique(pairs, axis=1).T.tolist():
            ways = ways_to_serve(instance, t, x)
            binding = [frozenset(n for n in links if limited[n]) for links in ways]
            for n in range(1, len(ways)):
                if not any(binding[before] <= binding[n] for before in range(n)):
                    rows.append((t, x, n))
                    over.append(ways[n])
                    instead.append(ways[0])
        stream, site, way = np.array(rows, dtype=np.int64).reshape(len(rows), 3).T
        return cls(most_served(instance, builder, stream), stream, site, way, tuple(over), tuple(instead))

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``reroutes``, by period."""
        chosen, row = columns.of(self.option)
        keep = np.flatnonzero(chosen.value > 0)
        keep = keep[np.lexsort((row[keep], chosen.start[keep]))]
        row = row[keep]
        return {"reroutes": Reroutes(self.stream[row], self.site[row], self.way[row], chosen.start[keep], chosen.value[keep])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of what a plan serves over other ways; see ``Activity``."""
        table = plan.reroutes
        row = match((self.stream, self.site, self.way), (table.stream, table.site, table.way))
        known = row >= 0
        if strict and not known.all():
            name = list(instance.streams)[int(table.stream[np.argmin(known)])]
            raise ValueError(f"stream '{name}' is served over a way that is not offered")
        return Columns.single(self.option[row[known]], table.period[known], table.tokens_per_s[known])
