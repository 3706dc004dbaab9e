"""Replicas: allocation units given to a service under a profile, one option per (service, profile, pool), each period by itself.

A unit holds floor(unit / g) replicas of g accelerators. A larger replica takes ceil(g / unit) units inside one scale-up domain, so
its options are per island; smaller ones are per pool, and the plan names their islands afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.builder import Builder
from placement.instance import Accelerator, Instance, ServiceProfile
from placement.plan import Plan, Replicas
from placement.program import Floats, Ints

ANY_ISLAND = -1


@dataclass(frozen=True)
class ReplicaOptions:
    """Columns [n], ascending by option; one count of an option takes ``units`` and holds ``replicas``."""

    option: Ints
    service: Ints
    profile: Ints
    pool: Ints
    island: Ints
    """ANY_ISLAND where the pool as a whole is meant."""
    units: Ints
    replicas: Ints
    gpus: Ints
    """Accelerators that run in one count."""
    tokens_per_s: Floats
    """Throughput of one count, less what is lost while spot capacity is gone."""
    latency_class: Ints
    serving_kw: Floats
    """IT kW of one running accelerator."""
    pace: Ints
    """Profile of its throughput: 1 but where events slow it down, or it improves over time."""

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> ReplicaOptions:
        """Write one option per (service, profile, pool), or island where a replica is larger than a unit."""
        classes = {name: c for c, name in enumerate(instance.latency_classes)}
        pools = list(instance.pools.values())
        rows: list[tuple[int, ...]] = []
        tokens, draw = [], []
        for s, service in enumerate(instance.services.values()):
            for p, profile in enumerate(service.profiles):
                accelerator = instance.accelerators[profile.accelerator]
                units, replicas = per_count(profile, accelerator)
                for q in instance.service_pools[s].tolist():
                    if pools[q].accelerator != profile.accelerator:
                        continue
                    islands = [ANY_ISLAND] if units == 1 else list(range(instance.pool_island[q], instance.pool_island[q + 1]))
                    for island in islands:
                        size = replicas * profile.gpus_per_replica
                        rows.append((s, p, q, island, units, replicas, size, classes[profile.latency_class]))
                        tokens.append(replicas * profile.tokens_per_s * instance.availability[q])
                        draw.append(accelerator.mode(profile.mode).serving_kw)
        table = np.array(rows, dtype=np.int64).reshape(len(rows), 8)
        service_of, profile_of, pool_of, island_of, units_of, replicas_of, gpus, latency_class = table.T
        upper = [builder.profile(most_counts(instance, *key)) for key in table[:, 2:5].tolist()]
        sustained = paces(instance)
        pace = np.array([builder.profile(sustained[s, q]) for s, q in table[:, [0, 2]].tolist()], dtype=np.int64)
        zero = np.zeros(len(rows), dtype=np.int64)
        option = builder.add_per_period(
            first=zero,
            last=zero + instance.calendar.period_count - 1,
            upper=1.0,
            upper_profile=np.array(upper, dtype=np.int64),
            whole=True,
        )
        return cls(
            option,
            service_of,
            profile_of,
            pool_of,
            island_of,
            units_of,
            replicas_of,
            gpus,
            np.array(tokens),
            latency_class,
            np.array(draw),
            pace,
        )

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``replicas``: pool-wide units are laid into the islands that gangs and larger replicas leave free."""
        chosen, row = columns.of(self.option)
        return {"replicas_by_pool": (row, chosen.start, np.round(chosen.value).astype(np.int64) * self.units[row])}

    def named(self, instance: Instance, free_units: Ints, row: Ints, period: Ints, units: Ints) -> Replicas:
        """Name the islands of replicas. ``free_units`` [I, P] is what gangs leave; rows as in ``decode``."""
        free = free_units.copy()
        fixed = self.island[row] != ANY_ISLAND
        np.subtract.at(free, (self.island[row[fixed]], period[fixed]), units[fixed])
        parts = [(row[fixed], self.island[row[fixed]], period[fixed], units[fixed])]
        for q in np.unique(self.pool[row[~fixed]]):
            first, last = instance.pool_island[q], instance.pool_island[q + 1]
            mine = np.flatnonzero(~fixed & (self.pool[row] == q))
            options, local = np.unique(row[mine], return_inverse=True)
            wanted = np.zeros((len(options), free.shape[1]), dtype=np.int64)
            np.add.at(wanted, (local, period[mine]), units[mine])
            held = overlaps(wanted, np.maximum(free[first:last], 0))
            # What does not fit anywhere stays in the last island, where the check finds it.
            held[:, -1] += wanted - held.sum(axis=1)
            o, i, p = np.nonzero(held)
            parts.append((options[o], first + i, p, held[o, i, p]))
        r, i, p, u = (np.concatenate([part[n] for part in parts]) for n in range(4))
        order = np.lexsort((i, self.profile[r], self.service[r], p))
        r, i, p, u = r[order], i[order], p[order], u[order]
        return Replicas(self.service[r], self.profile[r], i, p, u)

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of the replicas of a plan; the islands of pool-wide ones do not matter. See ``Activity``."""
        table = plan.replicas
        columns = (self.service, self.profile, self.pool, self.island)
        key_of = {key: n for n, key in enumerate(zip(*(c.tolist() for c in columns), strict=True))}
        pool = instance.island_pool[table.island]
        rows = []
        for s, p, q, i in zip(table.service.tolist(), table.profile.tolist(), pool.tolist(), table.island.tolist(), strict=True):
            row = key_of.get((s, p, q, ANY_ISLAND), key_of.get((s, p, q, i)))
            if row is None and strict:
                raise ValueError(f"service '{list(instance.services)[s]}' has replicas on an island that is not offered to it")
            rows.append(-1 if row is None else row)
        row_of = np.array(rows, dtype=np.int64)
        offered = row_of >= 0
        row_of = row_of[offered]
        pairs, at = np.unique(np.stack([row_of, table.period[offered]]), axis=1, return_inverse=True)
        count = np.bincount(at.reshape(-1), table.units[offered] / self.units[row_of], pairs.shape[1])
        return Columns.single(self.option[pairs[0]], pairs[1], count.astype(np.float64))


def flexibility(instance: Instance) -> Floats:
    """By how much replicas may be slowed down: the least share of the tenants whom their service serves, [services]."""
    least = dict.fromkeys(instance.services, 1.0)
    for stream in instance.streams.values():
        least[stream.service] = min(least[stream.service], instance.tenants[stream.tenant].flexibility_share)
    asked = {stream.service for stream in instance.streams.values()}
    return np.array([share * (name in asked) for name, share in least.items()])


def paces(instance: Instance) -> Floats:
    """Part of their stated throughput that replicas of services sustain in pools, [services, Q, P]."""
    better = [1.0 if service.throughput_factor is None else service.throughput_factor for service in instance.services.values()]
    shape = (len(better), 1, instance.calendar.period_count)
    factor = np.array([instance.calendar.mean(steps) for steps in better], dtype=np.float64).reshape(shape)
    return np.asarray((1 - flexibility(instance)[:, None, None] * _slowed_at_events(instance)[None]) * factor, dtype=np.float64)


def _slowed_at_events(instance: Instance) -> Floats:
    """Part of each period in which events last above each pool, [Q, P]: what is flexible gives way then, needed or not."""
    hours, shape = instance.calendar.hours, (len(instance.pools), instance.calendar.period_count)
    limited = sum((np.outer(case.below, case.hours) for case in instance.grid_events), np.zeros(shape))
    return np.asarray(np.minimum(limited, hours) / hours, dtype=np.float64)


def per_count(profile: ServiceProfile, accelerator: Accelerator) -> tuple[int, int]:
    """Units taken by one count of a profile's option, and the replicas that it holds."""
    unit = accelerator.allocation_unit_gpus
    if profile.gpus_per_replica <= unit:
        return 1, unit // profile.gpus_per_replica
    return -(-profile.gpus_per_replica // unit), 1


def most_counts(instance: Instance, pool: int, island: int, units: int) -> Ints:
    """Counts that the whole pool or island would hold in each period, [P]."""
    first, last = instance.pool_island[pool], instance.pool_island[pool + 1]
    some = slice(first, last) if island == ANY_ISLAND else slice(island, island + 1)
    there = instance.island_online_gpus[some] // instance.unit_gpus[pool] + instance.excess_units[some]
    return np.asarray((there // units).sum(axis=0), dtype=np.int64)


def overlaps(wanted: Ints, room: Ints) -> Ints:
    """Lay amounts [n, P] one after another into rooms [m, P]: how much of each lies in each room, [n, m, P]."""

    def edges(amount: Ints) -> tuple[Ints, Ints]:
        high = np.cumsum(amount, axis=0)
        return high - amount, high

    low_a, high_a = edges(wanted)
    low_b, high_b = edges(room)
    shared = np.minimum(high_a[:, None], high_b[None]) - np.maximum(low_a[:, None], low_b[None])
    return np.asarray(np.maximum(shared, 0), dtype=np.int64)
