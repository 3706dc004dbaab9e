"""Swings: by how much the share served of a tenant's demand changes in a band from one block to the next, in each period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Swings
from placement.program import Ints

MOST_SHARE = 100.0
"""Largest multiplier that a limit may let through: no share of demand is larger."""


@dataclass(frozen=True)
class SwingOptions:
    """Columns [n], ascending by option; x is a share of demand."""

    option: Ints
    tenant: Ints

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> SwingOptions:
        """Write one option per tenant whose swings cost, where there are two blocks to compare."""
        calendar, tenants = instance.calendar, list(instance.tenants.values())
        priced = [t for t, tenant in enumerate(tenants) if tenant.swing_usd_per_point is not None and calendar.blocks > 1]
        tenant = np.array(priced, dtype=np.int64)
        first = np.full(len(tenant), calendar.band_count, dtype=np.int64)
        return cls(builder.add_per_period(first=first, last=first * 0 + calendar.period_count - 1, upper=MOST_SHARE), tenant)

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``swings``, by period."""
        chosen, row = columns.of(self.option)
        keep = np.flatnonzero(chosen.value > 0)
        keep = keep[np.lexsort((row[keep], chosen.start[keep]))]
        return {"swings": Swings(self.tenant[row[keep]], chosen.start[keep], chosen.value[keep])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of a plan's swings; see ``Activity``."""
        table, row_of = plan.swings, np.full(len(instance.tenants), -1, dtype=np.int64)
        row_of[self.tenant] = np.arange(len(self.tenant))
        row = np.where(table.period >= instance.calendar.band_count, row_of[table.tenant], -1)
        if strict and np.any(row < 0):
            name = list(instance.tenants)[int(table.tenant[np.argmax(row < 0)])]
            raise ValueError(f"swings of tenant '{name}' are stated where they cost nothing")
        known = row >= 0
        return Columns.single(self.option[row[known]], table.period[known], table.share[known])
