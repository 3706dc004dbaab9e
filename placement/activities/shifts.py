"""Demand that moves, to another period or stream, divisible and by the period that it leaves: one option per way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.activities.serving import match
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Degraded, Plan, Shifts
from placement.program import Bools, Ints


@dataclass(frozen=True)
class ShiftOptions:
    """Columns [n], ascending by option; x is tokens/s that leave."""

    option: Ints
    way: Ints
    """Row of ``Instance.flows``."""
    stream: Ints
    offset: Ints
    """Periods to the one of arrival."""
    degrades: Bools
    """To another stream."""

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> ShiftOptions:
        """Write one option per way."""
        ways = instance.flows
        way = np.arange(len(ways.stream), dtype=np.int64)
        most = np.array([builder.profile(row) for row in ways.most], dtype=np.int64)
        first, last = np.maximum(-ways.offset, 0), builder.grid.periods - 1 - np.maximum(ways.offset, 0)
        option = builder.add_per_period(first=first, last=last, upper=1.0, upper_profile=most)
        return cls(option, way, ways.stream, ways.offset, ways.degrades)

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Tables ``shifts`` and ``degraded``, by period."""
        chosen, row = columns.of(self.option)
        keep = np.flatnonzero(chosen.value > 0)
        keep = keep[np.lexsort((row[keep], chosen.start[keep]))]
        row, period, rate = row[keep], chosen.start[keep], chosen.value[keep]
        other = self.degrades[row]
        waits = ~other
        return {
            "shifts": Shifts(self.stream[row[waits]], period[waits], (period + self.offset[row])[waits], rate[waits]),
            "degraded": Degraded(self.stream[row[other]], period[other], rate[other]),
        }

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of what a plan moves; see ``Activity``."""
        shifts, degraded = plan.shifts, plan.degraded
        stream, period = (np.concatenate([getattr(shifts, n), getattr(degraded, n)]) for n in ("stream", "period"))
        offset = np.concatenate([shifts.to_period - shifts.period, np.zeros_like(degraded.period)])
        other = np.arange(len(stream)) >= len(shifts.stream)
        rate = np.concatenate([shifts.tokens_per_s, degraded.tokens_per_s])
        row = match((self.stream, self.offset, self.degrades), (stream, offset, other))
        for n in np.flatnonzero(row >= 0).tolist():
            if instance.flows.most[self.way[row[n]], period[n]] <= 0:
                row[n] = -1
        if strict and np.any(row < 0):
            name = list(instance.streams)[int(stream[np.argmax(row < 0)])]
            raise ValueError(f"demand of stream '{name}' is moved in a way that is not offered")
        known = row >= 0
        return Columns.single(self.option[row[known]], period[known], rate[known])
