"""Credits: one option for each slot of what is agreed and step, granted when the slot is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.activities.serving import match
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Granted, Plan
from placement.program import Ints


@dataclass(frozen=True)
class CreditOptions:
    """Columns [n], ascending by option."""

    option: Ints
    case: Ints
    """Position in ``Instance.credit_cases``."""
    slot: Ints
    step: Ints
    start: Ints
    """First block of the slot."""
    end: Ints
    """The block after its last one."""
    bands: int

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> CreditOptions:
        """Write every step for every slot."""
        rows, bands = [], instance.calendar.band_count
        for k, case in enumerate(instance.credit_cases):
            slot = instance.calendar.slots(case.credits.per)[::bands]
            for s in range(int(slot[-1]) + 1):
                blocks = np.flatnonzero(slot == s)
                rows += [(k, s, step, int(blocks[0]), int(blocks[-1]) + 1) for step in range(len(case.credits.steps))]
        table = np.array(rows, dtype=np.int64).reshape(len(rows), 5)
        last = table[:, 4] * bands - 1
        of, slots, step, start, end = table.T
        option = builder.add_per_period(first=last, last=last, upper=1.0, whole=True)
        return cls(option, of, slots, step, start, end, bands)

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``credits``, by case, then slot."""
        chosen, row = columns.of(self.option)
        row = np.sort(row[chosen.value > 0.5])
        return {"credits": Granted(self.case[row], self.start[row], self.end[row], self.step[row])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of the credits that a plan grants; see ``Activity``."""
        table = plan.credits
        keys = (self.case, self.start, self.end, self.step)
        row = match(keys, (table.case, table.start_block, table.end_block, table.step))
        if strict and np.any(row < 0):
            name = instance.credit_cases[int(table.case[np.argmax(row < 0)])].name
            raise ValueError(f"{name} is credited by a step, or in a span, that was not agreed")
        row = row[row >= 0]
        return Columns.single(self.option[row], self.end[row] * self.bands - 1, np.ones(len(row)))
