"""Demand that moves, divisible and by the period that it leaves: one option per way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.activities.serving import match
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Shifts
from placement.program import Ints


@dataclass(frozen=True)
class ShiftOptions:
    """Columns [n], ascending by option; x is tokens/s that leave."""

    option: Ints
    way: Ints
    """Row of ``Instance.flows``."""
    stream: Ints
    offset: Ints
    """Periods to the one of arrival."""

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> ShiftOptions:
        """Write one option per stream and distance."""
        ways = instance.flows
        way = np.arange(len(ways.stream), dtype=np.int64)
        most = np.array([builder.profile(row) for row in ways.most], dtype=np.int64)
        first, last = np.maximum(-ways.offset, 0), builder.grid.periods - 1 - np.maximum(ways.offset, 0)
        option = builder.add_per_period(first=first, last=last, upper=1.0, upper_profile=most)
        return cls(option, way, ways.stream, ways.offset)

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``shifts``, by period."""
        chosen, row = columns.of(self.option)
        keep = np.flatnonzero(chosen.value > 0)
        keep = keep[np.lexsort((row[keep], chosen.start[keep]))]
        row, period = row[keep], chosen.start[keep]
        return {"shifts": Shifts(self.stream[row], period, period + self.offset[row], chosen.value[keep])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of what a plan shifts; see ``Activity``."""
        table = plan.shifts
        row = match((self.stream, self.offset), (table.stream, table.to_period - table.period))
        for n in np.flatnonzero(row >= 0).tolist():
            if instance.flows.most[self.way[row[n]], table.period[n]] <= 0:
                row[n] = -1
        if strict and np.any(row < 0):
            name = list(instance.streams)[int(table.stream[np.argmax(row < 0)])]
            raise ValueError(f"demand of stream '{name}' is moved to a period that is not offered")
        known = row >= 0
        return Columns.single(self.option[row[known]], table.period[known], table.tokens_per_s[known])
