"""The wide-area network: round-trip times, shortest and cheapest paths between sites and regions over links."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from functools import cached_property
from heapq import heappop, heappush
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from placement.instance.supply import Link
from placement.program import Floats

if TYPE_CHECKING:
    import networkx as nx

RTT_TOLERANCE_MS = 1e-9
LOOKED_AT = 100
"""Paths among which the cheapest ones are looked for that are short enough."""

USD_PER_MS = 1e-9
"""Per gigabyte, so that of paths of one price the shorter one comes first."""

Links = tuple[int, ...]
"""Links of a path by their position in the instance, ascending."""


class Wan:
    """Paths over an instance's links, but those that are cut; several links between two nodes are kept apart."""

    def __init__(
        self,
        sites: Iterable[str],
        regions: Iterable[str],
        links: Mapping[str, Link],
        paths_per_pair: int,
        cut: frozenset[str] = frozenset(),
    ) -> None:
        self._sites = tuple(sites)
        self._regions = tuple(regions)
        self._links = links
        self._paths_per_pair = paths_per_pair
        self._cut = cut
        self._names = tuple(links)
        self._link_index = {name: n for n, name in enumerate(links)}
        self._capacities = sorted(link.gbit_s for link in links.values() if link.gbit_s != "unlimited")
        self._graphs: dict[float, nx.Graph[str]] = {}
        self._distances: dict[tuple[str, float], Mapping[str, float]] = {}
        self._shortest: dict[tuple[int, int, float], list[tuple[float, Links]]] = {}
        self._cheapest: dict[tuple[str, str, float, float], Links | None] = {}
        self._ways: dict[tuple[str, str, float, int], list[Links]] = {}
        self._without: dict[frozenset[str], Wan] = {}

    def without(self, cut: frozenset[str]) -> Wan:
        """What remains when links are cut; positions of links stay those of the instance."""
        if not cut - self._cut:
            return self
        if cut not in self._without:
            self._without[cut] = Wan(self._sites, self._regions, self._links, self._paths_per_pair, self._cut | cut)
        return self._without[cut]

    @cached_property
    def rtt_ms(self) -> Floats:
        """Round-trip time from each region to each site, [regions, sites]; inf where no path leads.

        A site without any link to its own region is as far from it as the links say, never zero.
        """
        table = np.full((len(self._regions), len(self._sites)), np.inf)
        for r, region in enumerate(self._regions):
            reached = self._rtt_from(region, self._carrying(0.0))
            for s, site in enumerate(self._sites):
                table[r, s] = reached.get(f"node {site}", math.inf)
        return table

    def paths(self, site_a: int, site_b: int, max_rtt_ms: float, gbit_s: float) -> list[Links]:
        """Paths that carry a rate between two sites within a round-trip time.

        At most ``paths_per_pair`` of the shortest; and the cheapest one, where it is cheaper than these.
        """
        key = (min(site_a, site_b), max(site_a, site_b), self._carrying(gbit_s))
        if key not in self._shortest:
            self._shortest[key] = self._shortest_paths(*key)
        found = [links for rtt, links in self._shortest[key] if rtt <= max_rtt_ms + RTT_TOLERANCE_MS]
        if found:
            cheapest = self.cheapest(self._sites[key[0]], self._sites[key[1]], max_rtt_ms, gbit_s)
            if cheapest is not None and self.usd_per_gb(cheapest) < min(map(self.usd_per_gb, found)):
                found.append(cheapest)
        return found

    def usd_per_gb(self, links: Links) -> float:
        """What a gigabyte pays over these links."""
        return sum(self._links[self._names[n]].price_usd_per_gb for n in links)

    def cheapest(self, a: str, b: str, max_rtt_ms: float = math.inf, gbit_s: float = 0.0) -> Links | None:
        """Of the paths between two nodes that carry a rate within a round-trip time the cheapest; of these the shortest.

        None where there is none; without links where both are the same node.
        """
        key = (min(a, b), max(a, b), max_rtt_ms, self._carrying(gbit_s))
        if key not in self._cheapest:
            self._cheapest[key] = self._cheapest_path(*key)
        return self._cheapest[key]

    def ways(self, a: str, b: str, max_rtt_ms: float, most: int) -> list[Links]:
        """The ``most`` cheapest paths between two nodes within a round-trip time, by price and round trip, the cheapest first.

        Found among the ``LOOKED_AT`` cheapest of any round trip.
        """
        key = (min(a, b), max(a, b), max_rtt_ms, most)
        if key not in self._ways:
            first = self.cheapest(a, b, max_rtt_ms)
            others = self._by_price(*key[:2], max_rtt_ms) if most > 1 and first else []
            self._ways[key] = [] if first is None else [first, *(links for links in others if links != first)][:most]
        return self._ways[key]

    # ------------------------------------------------------------ the graph

    def _carrying(self, gbit_s: float) -> float:
        """The least capacity that carries a rate; rates alike in this share their paths."""
        at = bisect_left(self._capacities, gbit_s)
        return self._capacities[at] if at < len(self._capacities) else math.inf

    def _graph(self, gbit_s: float) -> nx.Graph[str]:
        """Nodes are sites, regions and links that carry a rate: a link is one between half edges, so that parallel links differ."""
        import networkx as nx

        if gbit_s not in self._graphs:
            graph: nx.Graph[str] = nx.Graph()
            graph.add_nodes_from(f"node {name}" for name in (*self._sites, *self._regions))
            for link in self._links.values():
                if link.id not in self._cut and (link.gbit_s == "unlimited" or link.gbit_s >= gbit_s):
                    usd = link.price_usd_per_gb + USD_PER_MS * link.rtt_ms
                    for end in (link.a, link.b):
                        graph.add_edge(f"node {end}", f"link {link.id}", rtt=link.rtt_ms / 2, usd=usd / 2)
            self._graphs[gbit_s] = graph
        return self._graphs[gbit_s]

    def _rtt_from(self, node: str, gbit_s: float) -> Mapping[str, float]:
        import networkx as nx

        key = (node, gbit_s)
        if key not in self._distances:
            self._distances[key] = nx.single_source_dijkstra_path_length(self._graph(gbit_s), f"node {node}", weight="rtt")
        return self._distances[key]

    def _shortest_paths(self, site_a: int, site_b: int, gbit_s: float) -> list[tuple[float, Links]]:
        import networkx as nx

        found: list[tuple[float, Links]] = []
        ends = (f"node {self._sites[site_a]}", f"node {self._sites[site_b]}")
        graph = self._graph(gbit_s)
        if not nx.has_path(graph, *ends):
            return found
        for nodes in nx.shortest_simple_paths(graph, *ends, weight="rtt"):
            names = [name.removeprefix("link ") for name in nodes if name.startswith("link ")]
            rtt = sum(self._links[name].rtt_ms for name in names)
            found.append((rtt, tuple(sorted(self._link_index[name] for name in names))))
            if len(found) == self._paths_per_pair:
                break
        return found

    def _by_price(self, a: str, b: str, max_rtt_ms: float) -> list[Links]:
        import networkx as nx

        graph, found = self._graph(self._carrying(0.0)), list[tuple[float, float, Links]]()
        for nodes in islice(nx.shortest_simple_paths(graph, f"node {a}", f"node {b}", weight="usd"), LOOKED_AT):
            names = [name.removeprefix("link ") for name in nodes if name.startswith("link ")]
            links = tuple(sorted(self._link_index[name] for name in names))
            rtt = sum(self._links[name].rtt_ms for name in names)
            if rtt <= max_rtt_ms + RTT_TOLERANCE_MS:
                found.append((self.usd_per_gb(links), rtt, links))
        return [links for _, _, links in sorted(found)]

    def _cheapest_path(self, a: str, b: str, max_rtt_ms: float, gbit_s: float) -> Links | None:
        """Dijkstra by (price, round trip) that keeps a node's dearer ways as long as they are shorter, within reach of the end."""
        graph, left = self._graph(gbit_s), self._rtt_from(b, gbit_s)
        least: dict[str, float] = {}
        ways: list[tuple[float, float, Links, str]] = [(0.0, 0.0, (), f"node {a}")]
        while ways:
            usd, rtt, links, at = heappop(ways)
            if rtt >= least.get(at, math.inf) or rtt + left.get(at, math.inf) > max_rtt_ms + RTT_TOLERANCE_MS:
                continue
            least[at] = rtt
            if at == f"node {b}":
                return tuple(sorted(links))
            for name in graph.adj[at]:
                link = self._links[name.removeprefix("link ")]
                for end in graph.adj[name]:
                    crossed = (*links, self._link_index[link.id])
                    heappush(ways, (usd + link.price_usd_per_gb, rtt + link.rtt_ms, crossed, end))
        return None
