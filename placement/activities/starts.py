"""Starts of replicas: how many begin in each period, one option per (service, profile, pool) where starts are counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.activities.replicas import ReplicaOptions, most_counts, paces
from placement.activities.serving import match
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Starts
from placement.program import Floats, Ints

LEAST_STARTS = 1e-9
"""Below it a count of starts is what solvers leave behind."""


@dataclass(frozen=True)
class StartOptions:
    """Columns [n], ascending by option; x is a number of replicas."""

    option: Ints
    service: Ints
    profile: Ints
    pool: Ints
    latency_class: Ints
    tokens_per_s: Floats
    """Throughput of one replica, less what is lost while spot capacity is gone."""
    lost: Ints
    """Profile of the part of it that a replica loses in the period in which it starts."""

    @classmethod
    def offer(cls, instance: Instance, builder: Builder, replicas: ReplicaOptions) -> StartOptions:
        """Write one option for every profile of a service with starts, in every pool where it may stand."""
        services = list(instance.services.values())
        keys = np.stack([replicas.service, replicas.profile, replicas.pool])
        _, first = np.unique(keys, axis=1, return_index=True)
        rows = np.array([n for n in np.sort(first).tolist() if services[replicas.service[n]].starts], dtype=np.int64)
        pace, most, lost = paces(instance), [], []
        for n in rows.tolist():
            s, q = int(replicas.service[n]), int(replicas.pool[n])
            same = np.flatnonzero((keys == keys[:, n : n + 1]).all(axis=0)).tolist()
            islands, units = replicas.island[same].tolist(), int(replicas.units[n])
            counts = [most_counts(instance, q, island, units) * replicas.replicas[n] for island in islands]
            most.append(builder.profile(sum(counts, np.zeros(instance.calendar.period_count))))
            lost.append(builder.profile(pace[s, q] * part_lost(instance, s)))
        zero = np.zeros(len(rows), dtype=np.int64)
        option = builder.add_per_period(
            first=zero, last=zero + instance.calendar.period_count - 1, upper=1.0, upper_profile=np.array(most, dtype=np.int64)
        )
        service, profile, pool = keys[:, rows]
        return cls(
            option, service, profile, pool, replicas.latency_class[rows], replicas.tokens_per_s[rows] / replicas.replicas[rows],
            np.array(lost, dtype=np.int64),
        )  # fmt: skip

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``starts``, by period."""
        chosen, row = columns.of(self.option)
        keep = np.flatnonzero(chosen.value > LEAST_STARTS)
        keep = keep[np.lexsort((row[keep], chosen.start[keep]))]
        row = row[keep]
        return {"starts": Starts(self.service[row], self.profile[row], self.pool[row], chosen.start[keep], chosen.value[keep])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of a plan's starts; see ``Activity``."""
        table = plan.starts
        at = match((self.service, self.profile, self.pool), (table.service, table.profile, table.pool))
        known = at >= 0
        if strict and not known.all():
            name = list(instance.services)[int(table.service[np.argmin(known)])]
            raise ValueError(f"replicas of service '{name}' start where it has none, or where starts are not counted")
        return Columns.single(self.option[at[known]], table.period[known], table.replicas[known])


def part_lost(instance: Instance, service: int) -> Floats:
    """Part of a period for which a replica that starts in it does not serve yet, at all recurrences of its band, [P]."""
    hours = list(instance.services.values())[service].start_up_hours or 0.0
    return np.asarray(np.minimum(1.0, hours * instance.calendar.recurrences / instance.calendar.hours), dtype=np.float64)
