"""Keeping tenants apart: in each period a place (a pool, or all pools of a site) is reserved for a tenant, or is not.

A plan does not state it: it is whatever those who stand there make it, so ``settled`` finds it once all else is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan
from placement.program import Bools, Ints, Program


@dataclass(frozen=True)
class IsolationOptions:
    """Columns [n], ascending by option; one count reserves the place for the tenant in one period."""

    option: Ints
    tenant: Ints
    pools: Bools
    """Of the place, [n, Q]."""

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> IsolationOptions:
        """Write one option per tenant that is kept apart and place."""
        one_pool = np.eye(len(instance.pools), dtype=np.bool_)
        one_site = np.arange(len(instance.sites))[:, None] == instance.pool_site[None, :]
        tenant: list[int] = []
        places = [np.zeros((0, len(instance.pools)), dtype=np.bool_)]
        for t, noun in enumerate(instance.tenants.values()):
            if noun.isolation is not None:
                places.append(one_pool if noun.isolation == "pool" else one_site[one_site.any(axis=1)])
                tenant += [t] * len(places[-1])
        zero = np.zeros(len(tenant), dtype=np.int64)
        last = zero + instance.calendar.period_count - 1
        option = builder.add_per_period(first=zero, last=last, upper=1.0, whole=True)
        return cls(option, np.array(tenant, dtype=np.int64), np.concatenate(places))

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Nothing: see ``settled``."""
        return {}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """None: see ``settled``."""
        return Columns.empty()

    def settled(self, program: Program, columns: Columns) -> Columns:
        """The columns, with every place reserved in which a tenant that is kept apart holds something."""
        if not len(self.option):
            return columns
        resources, rates, periods = program.resources, program.rates, program.grid.periods
        use = program.use(program.joined(columns.option, columns.copy), columns.start, columns.value)[0]
        reserved, period = [], []
        for option in self.option.tolist():
            mine = slice(rates.offset[option], rates.offset[option + 1])
            # Its negative rate is on what the tenant itself holds there.
            for r in rates.resource[mine][rates.amount[mine] < 0].tolist():
                held = np.flatnonzero(use[resources.offset[r] : resources.offset[r] + periods] > 0)
                reserved += [option] * len(held)
                period += held.tolist()
        chosen = Columns.single(np.array(reserved, dtype=np.int64), np.array(period, dtype=np.int64), np.ones(len(period)))
        return Columns.joined([columns, chosen])


def service_tenants(instance: Instance) -> Ints:
    """Position of the tenant that alone a service serves, [services]; -1 where there are several, or none."""
    position = {name: t for t, name in enumerate(instance.tenants)}
    served: dict[str, set[int]] = {name: set() for name in instance.services}
    for stream in instance.streams.values():
        served[stream.service].add(position[stream.tenant])
    return np.array([tenants.pop() if len(tenants) == 1 else -1 for tenants in served.values()], dtype=np.int64)
