"""Spreads of services: in each period a service has replicas or has none, and so it is at each of its places (sites or providers).

A plan does not state it: it is whatever its replicas make it, so ``settled`` finds it once all else is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.activities.replicas import ReplicaOptions
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan
from placement.program import Bools, Ints, Program

ANYWHERE = -1


@dataclass(frozen=True)
class SpreadOptions:
    """Columns [n], ascending by option; one count says that a service has replicas at a place, or ``ANYWHERE``, in one period."""

    option: Ints
    service: Ints
    place: Ints
    """A site or a provider, as its spread is by."""
    members: Bools
    """Whether options of replicas stand there, [n, replicas]."""
    replicas: Ints
    """The options of replicas."""

    @classmethod
    def offer(cls, instance: Instance, builder: Builder, replicas: ReplicaOptions) -> SpreadOptions:
        """Write one option per service that has to stand at several places, for each of these and for all together."""
        rows: list[tuple[int, int]] = []
        members = [np.zeros((0, len(replicas.option)), dtype=np.bool_)]
        for s, service in enumerate(instance.services.values()):
            if service.spread is None or service.spread.least is None:
                continue
            mine, place = replicas.service == s, place_of_pools(instance, service.spread.by)[replicas.pool]
            places = [ANYWHERE, *np.unique(place[mine]).tolist()]
            rows += [(s, x) for x in places]
            members.append(np.array([mine & ((place == x) | (x == ANYWHERE)) for x in places], dtype=np.bool_))
        service_of, place_of = np.array(rows, dtype=np.int64).reshape(len(rows), 2).T
        zero = np.zeros(len(rows), dtype=np.int64)
        option = builder.add_per_period(first=zero, last=zero + instance.calendar.period_count - 1, upper=1.0, whole=True)
        return cls(option, service_of, place_of, np.concatenate(members), replicas.option)

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Nothing: see ``settled``."""
        return {}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """None: see ``settled``."""
        return Columns.empty()

    def settled(self, program: Program, columns: Columns) -> Columns:
        """The columns, with every place in which a service has replicas."""
        if not len(self.option):
            return columns
        chosen, row = columns.of(self.replicas)
        standing = np.zeros((len(self.replicas), program.grid.periods), dtype=np.bool_)
        standing[row[chosen.value > 0.5], chosen.start[chosen.value > 0.5]] = True
        n, period = np.nonzero((self.members.astype(np.int64) @ standing.astype(np.int64)) > 0)
        return Columns.joined([columns, Columns.single(self.option[n], period.astype(np.int64), np.ones(len(n)))])


def place_of_pools(instance: Instance, by: str) -> Ints:
    """Site or provider of each pool, [Q]."""
    if by == "site":
        return instance.pool_site
    providers = {name: n for n, name in enumerate(instance.providers)}
    return np.array([providers[site.provider] for site in instance.sites.values()], dtype=np.int64)[instance.pool_site]
