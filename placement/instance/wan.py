"""The wide-area network: round-trip times and paths between sites and regions over links."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from placement.instance.supply import Link
from placement.program import Floats

if TYPE_CHECKING:
    import networkx as nx


class Wan:
    """Shortest paths by RTT over an instance's links; several links between two nodes are kept apart."""

    def __init__(self, sites: Iterable[str], regions: Iterable[str], links: Mapping[str, Link], paths_per_pair: int) -> None:
        self._sites = tuple(sites)
        self._regions = tuple(regions)
        self._links = links
        self._paths_per_pair = paths_per_pair
        self._link_index = {name: n for n, name in enumerate(links)}
        self._paths: dict[tuple[int, int, float], list[tuple[float, tuple[int, ...]]]] = {}

    @cached_property
    def _graph(self) -> nx.Graph[str]:
        """Nodes are sites, regions and links: a link is a node between two half edges, so that parallel links differ."""
        import networkx as nx

        graph: nx.Graph[str] = nx.Graph()
        graph.add_nodes_from(f"node {name}" for name in (*self._sites, *self._regions))
        for link in self._links.values():
            for end in (link.a, link.b):
                graph.add_edge(f"node {end}", f"link {link.id}", rtt=link.rtt_ms / 2)
        return graph

    @cached_property
    def rtt_ms(self) -> Floats:
        """Round-trip time from each region to each site, [regions, sites]; inf where no path leads.

        A site without any link to its own region is as far from it as the links say, never zero.
        """
        import networkx as nx

        table = np.full((len(self._regions), len(self._sites)), np.inf)
        for r, region in enumerate(self._regions):
            reached = nx.single_source_dijkstra_path_length(self._graph, f"node {region}", weight="rtt")
            for s, site in enumerate(self._sites):
                table[r, s] = reached.get(f"node {site}", math.inf)
        return table

    def paths(self, site_a: int, site_b: int, max_rtt_ms: float, gbit_s: float) -> list[tuple[int, ...]]:
        """At most ``paths_per_pair`` shortest paths, as links, that carry a rate between two sites within a round-trip time."""
        key = (min(site_a, site_b), max(site_a, site_b), gbit_s)
        if key not in self._paths:
            self._paths[key] = self._shortest(*key)
        return [links for rtt, links in self._paths[key] if rtt <= max_rtt_ms + 1e-9]

    def _shortest(self, site_a: int, site_b: int, gbit_s: float) -> list[tuple[float, tuple[int, ...]]]:
        import networkx as nx

        found: list[tuple[float, tuple[int, ...]]] = []
        ends = (f"node {self._sites[site_a]}", f"node {self._sites[site_b]}")
        thin = [f"link {link.id}" for link in self._links.values() if link.gbit_s != "unlimited" and link.gbit_s < gbit_s]
        graph = nx.restricted_view(self._graph, thin, [])
        if not nx.has_path(graph, *ends):
            return found
        for nodes in nx.shortest_simple_paths(graph, *ends, weight="rtt"):
            names = [name.removeprefix("link ") for name in nodes if name.startswith("link ")]
            rtt = sum(self._links[name].rtt_ms for name in names)
            found.append((rtt, tuple(sorted(self._link_index[name] for name in names))))
            if len(found) == self._paths_per_pair:
                break
        return found
