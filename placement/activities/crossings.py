"""What crosses the WAN, and over which links: data and checkpoints before a start, and the tokens that are served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.activities.columns import expand
from placement.activities.places import Places
from placement.instance import Instance
from placement.instance.moves import path_of_load, path_of_move
from placement.instance.wan import Links, Wan
from placement.program import Ints


@dataclass(frozen=True)
class Loads:
    """What jobs on places need and is not there, one row for each of data and checkpoint and site: [n]."""

    row: Ints
    """Of the jobs and places asked about."""
    load: Ints
    """Column of ``Jobs.load_tb``."""
    way: Ints
    """Position in ``ways``."""
    ways: Sequence[Links | None]
    """Links to cross; None where it cannot get there."""

    @classmethod
    def to_move(cls, instance: Instance, places: Places, job: Ints, place: Ints) -> Loads:
        """The loads of jobs on places, [n] each."""
        lies = instance.jobs.load_site
        stated = np.flatnonzero((np.any(lies >= 0, axis=1) & ~instance.jobs.runs_today)[job])
        row, site = places.sites(place[stated])
        row = stated[row]
        at = lies[job[row]]
        missing, load = np.nonzero((at >= 0) & (at != site[:, None]))
        row, site = row[missing], site[missing]
        keys, way = np.unique(np.stack([job[row], load, site]), axis=1, return_inverse=True)
        return cls(row, load, way.reshape(-1), [path_of_load(instance, j, k, s) for j, k, s in keys.T.tolist()])

    @classmethod
    def of_moves(cls, instance: Instance, places: Places, job: Ints, place: Ints) -> Loads:
        """What running jobs take along to places, [n] each; ``load`` says nothing."""
        row, site = places.sites(place)
        keys, way = np.unique(np.stack([job[row], site]), axis=1, return_inverse=True)
        return cls(row, np.zeros_like(row), way.reshape(-1), [path_of_move(instance, j, s) for j, s in keys.T.tolist()])


def served_over(instance: Instance, wan: Wan, stream: Ints, site: Ints) -> tuple[Ints, Ints]:
    """(row, link) of what streams that are served from sites, [n] each, cross: the cheapest way within their round trip."""
    streams, sites = list(instance.streams.values()), list(instance.sites)
    keys, way = np.unique(np.stack([stream, site]), axis=1, return_inverse=True)
    ways = [wan.cheapest(streams[t].region, sites[x], _most_rtt_ms(instance, t)) for t, x in keys.T.tolist()]
    return crossed(ways, way.reshape(-1))


def ways_to_serve(instance: Instance, stream: int, site: int) -> list[Links]:
    """The ways by which a stream may be served from a site, the cheapest first; none where it is out of reach."""
    noun = list(instance.streams.values())[stream]
    within, most = _most_rtt_ms(instance, stream), instance.settings.wan_paths_per_stream or 1
    return instance.wan.ways(noun.region, list(instance.sites)[site], within, most)


def _most_rtt_ms(instance: Instance, stream: int) -> float:
    limit = instance.latency_classes[list(instance.streams.values())[stream].latency_class].max_rtt_ms
    return np.inf if limit == "unlimited" else limit


def crossed(ways: Sequence[Links | None], way: Ints) -> tuple[Ints, Ints]:
    """(row, link) of every link of the ways that rows take, [n]."""
    length = np.array([len(links or ()) for links in ways], dtype=np.int64)
    flat = np.array([link for links in ways for link in links or ()], dtype=np.int64)
    rows = np.flatnonzero((length > 0)[way])  # Few of very many: most gangs stand at one site.
    member, number = expand(length[way[rows]])
    row = rows[member]
    return row, flat[(np.cumsum(length) - length)[way[row]] + number]
