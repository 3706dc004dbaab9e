"""Serving and shedding, divisible and by period: tokens of a stream from a site's replicas of a class; or not at all, by rung."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.builder import Builder
from placement.instance import Instance, Ladder, Stream
from placement.instance.wan import RTT_TOLERANCE_MS, Wan
from placement.plan import Plan, Serving, Shedding
from placement.program import Bools, Floats, Ints


@dataclass(frozen=True)
class ServeOptions:
    """Columns [n], ascending by option; x is tokens/s."""

    option: Ints
    stream: Ints
    service: Ints
    site: Ints
    latency_class: Ints
    """Class of the replicas: the stream's or a tighter one."""

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> ServeOptions:
        """One option per stream, site within its RTT and residency, and class of replicas that can stand there."""
        classes = list(instance.latency_classes)
        services = {name: s for s, name in enumerate(instance.services)}
        offered = _classes_at_sites(instance)
        near = sites_in_reach(instance, instance.wan)
        rows = []
        for t, stream in enumerate(instance.streams.values()):
            service = services[stream.service]
            for site in np.flatnonzero(near[t]).tolist():
                for c in range(classes.index(stream.latency_class) + 1):
                    if (service, site, c) in offered:
                        rows.append((t, service, site, c))
        table = np.array(rows, dtype=np.int64).reshape(len(rows), 4)
        return cls(most_served(instance, builder, table[:, 0]), *table.T)

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``serving``, by period."""
        chosen, row = columns.of(self.option)
        keep = np.flatnonzero(chosen.value > 0)
        keep = keep[np.lexsort((row[keep], chosen.start[keep]))]
        row = row[keep]
        return {
            "serving": Serving(self.stream[row], self.site[row], self.latency_class[row], chosen.start[keep], chosen.value[keep])
        }

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of what a plan serves; see ``Activity``."""
        table = plan.serving
        keys = (self.stream, self.site, self.latency_class)
        row = match(keys, (table.stream, table.site, table.latency_class))
        return _columns(self.option, row, table, strict, "a stream is served from a site or class that is not offered")


@dataclass(frozen=True)
class Piece:
    """A rung of a ladder, or the part of one on one side of the floor."""

    rung: int
    promised: bool
    share: float
    usd_per_million_tokens: float


@dataclass(frozen=True)
class ShedOptions:
    """Columns [n], ascending by option; x is tokens/s."""

    option: Ints
    stream: Ints
    rung: Ints
    promised: Bools
    usd_per_million_tokens: Floats

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> ShedOptions:
        """One option per stream and piece of its ladder; a hard floor offers none below it."""
        rows, share, price = [], [], []
        for t, stream in enumerate(instance.streams.values()):
            ladder = ladder_of(instance, stream)
            for piece in pieces(ladder):
                if not (piece.promised and ladder.hard):
                    rows.append((t, piece.rung, piece.promised))
                    share.append(piece.share)
                    price.append(piece.usd_per_million_tokens)
        table = np.array(rows, dtype=np.int64).reshape(len(rows), 3)
        option = _per_stream(builder, instance.demand_tokens_per_s, table[:, 0], np.array(share))
        return cls(option, table[:, 0], table[:, 1], table[:, 2].astype(np.bool_), np.array(price))

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``shedding``, by period."""
        chosen, row = columns.of(self.option)
        keep = np.flatnonzero(chosen.value > 0)
        keep = keep[np.lexsort((row[keep], chosen.start[keep]))]
        row = row[keep]
        return {"shedding": Shedding(self.stream[row], self.rung[row], self.promised[row], chosen.start[keep], chosen.value[keep])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of what a plan sheds; see ``Activity``."""
        table = plan.shedding
        keys = (self.stream, self.rung, self.promised)
        row = match(keys, (table.stream, table.rung, table.promised))
        return _columns(self.option, row, table, strict, "a stream sheds a rung that its ladder does not have")


def ladder_of(instance: Instance, stream: Stream) -> Ladder:
    """The stream's own ladder, else its tenant's."""
    ladder = stream.ladder or instance.tenants[stream.tenant].ladder
    assert ladder is not None, "validated: a stream has a ladder"
    return ladder


def pieces(ladder: Ladder) -> list[Piece]:
    """Rungs in the order of shedding, cut where the floor begins."""
    found, done, free = [], 0.0, 1 - ladder.floor_share
    for r, rung in enumerate(ladder.rungs):
        above = min(max(free - done, 0.0), rung.share)
        below = rung.share - above
        for share, promised in ((above, False), (below, True)):
            if share > 1e-12:
                found.append(Piece(r, promised, share, rung.usd_per_million_tokens_unserved))
        done += rung.share
    return found


def most_served(instance: Instance, builder: Builder, stream: Ints) -> Ints:
    """Divisible per-period options of up to all that streams [n] ask for and that moves to them."""
    ways, most = instance.flows, instance.demand_tokens_per_s.copy()
    np.add.at(most, ways.to_stream, ways.most_arriving)
    return _per_stream(builder, most, stream, np.ones(len(stream)))


def sites_in_reach(instance: Instance, wan: Wan) -> Bools:
    """Sites within RTT, over so much of the WAN, and residency of each stream, [S, sites]."""
    rtt = wan.rtt_ms
    regions = {name: r for r, name in enumerate(instance.regions)}
    tenants = {name: t for t, name in enumerate(instance.tenants)}
    reach = np.zeros((len(instance.streams), len(instance.sites)), dtype=np.bool_)
    for n, stream in enumerate(instance.streams.values()):
        limit = instance.latency_classes[stream.latency_class].max_rtt_ms
        distance = rtt[regions[stream.region]]
        near = np.isfinite(distance) if limit == "unlimited" else distance <= limit + RTT_TOLERANCE_MS
        reach[n] = near & instance.may_run_at[tenants[stream.tenant]]
    return reach


def match(keys: tuple[Ints | Bools, ...], wanted: tuple[Ints | Bools, ...]) -> Ints:
    """Row of ``keys`` that equals each row of ``wanted``; -1 where none does."""
    index = {key: n for n, key in enumerate(zip(*(k.tolist() for k in keys), strict=True))}
    found = [index.get(key, -1) for key in zip(*(w.tolist() for w in wanted), strict=True)]
    return np.array(found, dtype=np.int64)


def _columns(option: Ints, row: Ints, table: Serving | Shedding, strict: bool, error: str) -> Columns:
    """Columns of a table whose rows are options ``option[row]``; rows of none (-1) are a ValueError or left out."""
    known = row >= 0
    if strict and not known.all():
        raise ValueError(error)
    return Columns.single(option[row[known]], table.period[known], table.tokens_per_s[known])


def _classes_at_sites(instance: Instance) -> set[tuple[int, int, int]]:
    """(service, site, class) for which replicas can stand somewhere."""
    classes = {name: c for c, name in enumerate(instance.latency_classes)}
    pools = list(instance.pools.values())
    found = set()
    for s, service in enumerate(instance.services.values()):
        for q in instance.service_pools[s].tolist():
            for profile in service.profiles:
                if profile.accelerator == pools[q].accelerator:
                    found.add((s, int(instance.pool_site[q]), classes[profile.latency_class]))
    return found


def _per_stream(builder: Builder, most: Floats, stream: Ints, share: Floats) -> Ints:
    """Divisible per-period options bounded by a share of the most of their stream, [S, P]."""
    profile = np.array([builder.profile(row) for row in most], dtype=np.int64)
    zero = np.zeros(len(stream), dtype=np.int64)
    last = zero + builder.grid.periods - 1
    return builder.add_per_period(first=zero, last=last, upper=share, upper_profile=profile[stream], whole=False)
