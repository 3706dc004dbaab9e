"""Limits: one option per lever, span and multiplier; where changes cost, one for each multiplier of the span before."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.levers import LimitLever
from placement.plan import Limits, Plan
from placement.program import Floats, Ints

FREE = -1
"""Whatever the multiplier before was."""


@dataclass(frozen=True)
class LimitOptions:
    """Columns [n], ascending by option."""

    option: Ints
    lever: Ints
    """Position in ``Instance.levers``."""
    start: Ints
    end: Ints
    """The block after the last one of the span."""
    choice: Ints
    """Position among the lever's multipliers."""
    before: Ints
    """The choice of the span before, or ``FREE``."""
    multiplier: Floats

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> LimitOptions:
        """Write every multiplier for every span."""
        rows: list[tuple[int, ...]] = []
        multiplier: list[float] = []
        for n, lever in enumerate(instance.levers.values()):
            if isinstance(lever, LimitLever):
                choices = range(len(lever.multipliers))
                for k, (start, end) in enumerate(spans_of(instance, lever)):
                    told_apart = k > 0 and lever.change_usd > 0 and len(choices) > 1
                    for before in choices if told_apart else (FREE,):
                        rows += [(n, start, end, choice, before) for choice in choices]
                        multiplier += lever.multipliers
        table = np.array(rows, dtype=np.int64).reshape(len(rows), 5)
        hours = np.concatenate([[0.0], np.cumsum(builder.grid.block_hours)])
        option = builder.add_running(first=table[:, 1], last=table[:, 1], hours=hours[table[:, 2]] - hours[table[:, 1]])
        of, first, last, chosen, earlier = table.T
        return cls(option, of, first, last, chosen, earlier, np.array(multiplier, dtype=np.float64))

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``limits``, by lever, then span."""
        chosen, row = columns.of(self.option)
        row = row[chosen.value > 0.5]
        row = row[np.lexsort((self.start[row], self.lever[row]))]
        return {"limits": Limits(self.lever[row], self.start[row], self.end[row], self.multiplier[row])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of a plan's limits; see ``Activity``."""
        table, levers = plan.limits, list(instance.levers.values())
        order = np.lexsort((table.start_block, table.lever))
        row_of = {key: n for n, key in enumerate(zip(*(c.tolist() for c in self._keys()), strict=True))}
        rows, last = [], (-1, FREE)
        for n in order.tolist():
            lever, multiplier = int(table.lever[n]), float(table.multiplier[n])
            offered = levers[lever]
            known = isinstance(offered, LimitLever) and multiplier in offered.multipliers
            choice = offered.multipliers.index(multiplier) if isinstance(offered, LimitLever) and known else FREE
            key = (lever, int(table.start_block[n]), int(table.end_block[n]), choice)
            before = last[1] if last[0] == lever else FREE
            rows.append(row_of.get((*key, before), row_of.get((*key, FREE), -1)))
            last = (lever, choice)
        if strict and -1 in rows:
            name = levers[int(table.lever[order[rows.index(-1)]])].id
            raise ValueError(f"lever '{name}' limits by a multiplier, or in a span, that is not offered")
        row = np.array([n for n in rows if n >= 0], dtype=np.int64)
        return Columns.single(self.option[row], self.start[row], np.ones(len(row)))

    def _keys(self) -> tuple[Ints, ...]:
        return self.lever, self.start, self.end, self.choice, self.before


def spans_of(instance: Instance, lever: LimitLever) -> list[tuple[int, int]]:
    """First block, and the block after the last, of each span of a limit."""
    slot = instance.calendar.slots(lever.per)[:: instance.calendar.band_count]
    edges = np.searchsorted(slot, np.arange(int(slot[-1]) + 2)).tolist()
    return list(pairwise(edges))
