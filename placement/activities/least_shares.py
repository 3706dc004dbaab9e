"""Least shares: the share of demand that everyone whom a policy of fairness compares is served at least, in each slot of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan
from placement.program import Ints
from placement.shares import LeastShares


@dataclass(frozen=True)
class LeastShareOptions:
    """Columns [n], ascending by option; x is a share. A slot is named by its first period."""

    option: Ints
    case: Ints
    """Position in ``Instance.fairness_cases``."""
    period: Ints

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> LeastShareOptions:
        """Write one option for each slot in which anyone compared asks for something."""
        cases = enumerate(instance.fairness_cases)
        rows = [(k, int(p)) for k, case in cases for p in case.first_period[case.asked.any(axis=0)]]
        case, period = (np.array([row[n] for row in rows], dtype=np.int64) for n in range(2))
        return cls(builder.add_per_period(first=period, last=period, upper=1.0), case, period)

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``least_shares``, by policy and slot; a slot without a row has the least share 0."""
        chosen, row = columns.of(self.option)
        keep = np.flatnonzero(chosen.value > 0)
        keep = keep[np.argsort(row[keep], kind="stable")]
        row, share = row[keep], np.asarray(chosen.value[keep], dtype=np.float64)
        return {"least_shares": LeastShares(self.case[row], self.period[row], share)}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of a plan's least shares; see ``Activity``."""
        table = plan.least_shares
        row_of = {(k, p): n for n, (k, p) in enumerate(zip(self.case.tolist(), self.period.tolist(), strict=True))}
        stated = zip(table.case.tolist(), table.period.tolist(), strict=True)
        row = np.array([row_of.get(key, -1) for key in stated], dtype=np.int64)
        if strict and np.any(row < 0):
            n = int(np.argmax(row < 0))
            name, when = instance.fairness_cases[int(table.case[n])].policy.id, instance.calendar.period_name(int(table.period[n]))
            raise ValueError(f"a least share by '{name}' is stated in {when}, which begins no slot in which anyone asks for it")
        known = row >= 0
        return Columns.single(self.option[row[known]], table.period[known], table.share[known])
