"""Refusing a tenant: one option each, for the whole horizon; and for each of its jobs the option to be excused by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Refusals
from placement.program import Ints


@dataclass(frozen=True)
class RefusalOptions:
    """Columns [n] of tenants, ascending by option; jobs that are excused with them [j]; and what is refused, by stream, [m]."""

    option: Ints
    tenant: Ints
    excused_option: Ints
    excused_job: Ints
    closed_row: Ints
    closed_stream: Ints

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> RefusalOptions:
        """Write the options of every tenant whose admission is decided."""
        tenants = list(instance.tenants)
        decided = [t for t, tenant in enumerate(instance.tenants.values()) if tenant.admission is not None]
        tenant, blocks = np.array(decided, dtype=np.int64), builder.grid.block_hours
        zero = np.zeros(len(tenant), dtype=np.int64)
        option = builder.add_running(first=zero, last=zero, hours=float(blocks.sum()))
        job = np.flatnonzero(np.isin(instance.jobs.tenant, tenant))
        none = np.zeros(len(job), dtype=np.int64)
        excused = builder.add_per_period(first=none, last=none, upper=1.0, whole=True)
        row_of = {tenants[t]: n for n, t in enumerate(decided)}
        closed = [(row_of[s.tenant], t) for t, s in enumerate(instance.streams.values()) if s.tenant in row_of]
        row, stream = np.array(closed, dtype=np.int64).reshape(len(closed), 2).T
        return cls(option, tenant, excused, job, row, stream)

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``refusals``."""
        chosen, row = columns.of(self.option)
        return {"refusals": Refusals(self.tenant[np.sort(row[chosen.value > 0.5])])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of the tenants that a plan refuses, and of their jobs; see ``Activity``."""
        refused = plan.refusals.tenant
        if strict and np.any(~np.isin(refused, self.tenant)):
            name = list(instance.tenants)[int(refused[np.argmax(~np.isin(refused, self.tenant))])]
            raise ValueError(f"tenant '{name}' is refused, which is not for the plan to decide")
        option = np.concatenate(
            [
                self.option[np.isin(self.tenant, refused)],
                self.excused_option[np.isin(instance.jobs.tenant[self.excused_job], refused)],
            ]
        )
        return Columns.single(option, np.zeros(len(option), dtype=np.int64), np.ones(len(option)))
