"""Sums of least shares: what the two, three ... least shares of a slot come to, for policies of fairness that count more than one.

A plan states the sums. What the Program finds them by, it does not: the last share that a sum counts, and by how much each share
falls short of that, are whatever is served makes them, so ``settled`` finds them once all else is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.activities.serving import match
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan
from placement.program import Ints, Program
from placement.shares import LeastSums


@dataclass(frozen=True)
class LeastSumOptions:
    """Columns of sums [n] and of what shares fall short [d], each ascending by option; x is a share, or a sum of shares."""

    option: Ints
    case: Ints
    """Position in ``Instance.fairness_cases``."""
    minima: Ints
    slot: Ints
    period: Ints
    """The first one of the slot."""
    counted: Ints
    """Shares that the sum adds up: ``minima``, or all where fewer ask."""
    last_option: Ints
    """The last share that each sum counts, [n]."""
    short_option: Ints
    short_of: Ints
    """Row of the sum, [d], ascending."""
    short_member: Ints

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> LeastSumOptions:
        """Write, for each sum and slot in which anyone compared asks for something, one option and one for its last share, and for
        all who ask there one for what they fall short of that."""
        rows, members, asking = [np.empty((5, 0), dtype=np.int64)], [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for k, case in enumerate(instance.fairness_cases):
            slot = np.flatnonzero(case.compared)
            slot_of, member = np.nonzero((case.asked[:, slot] > 0).T)
            for minima in case.sums:
                same = np.full(len(slot), 1, dtype=np.int64)
                counted = np.minimum(case.compared[slot], minima)
                asking.append(slot_of + sum(part.shape[1] for part in rows))
                rows.append(np.stack([k * same, minima * same, slot, case.first_period[slot], counted]))
                members.append(member)
        of, minima, slot, period, counted = np.concatenate(rows, axis=1)
        short_of, member = np.concatenate(asking), np.concatenate(members)
        option = builder.add_per_period(first=period, last=period, upper=counted.astype(np.float64))
        last = builder.add_per_period(first=period, last=period, upper=1.0)
        short = builder.add_per_period(first=period[short_of], last=period[short_of], upper=1.0)
        return cls(option, of, minima, slot, period, counted, last, short, short_of, member)

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``least_sums``, by policy, minima and slot; a slot without a row has the sum 0."""
        chosen, row = columns.of(self.option)
        keep = np.flatnonzero(chosen.value > 0)
        keep = keep[np.argsort(row[keep], kind="stable")]
        row, share = row[keep], np.asarray(chosen.value[keep], dtype=np.float64)
        return {"least_sums": LeastSums(self.case[row], self.minima[row], self.period[row], share)}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of the sums that a plan states; see ``Activity``, and ``settled`` for the others."""
        table = plan.least_sums
        row = match((self.case, self.minima, self.period), (table.case, table.minima, table.period))
        if strict and np.any(row < 0):
            n = int(np.argmax(row < 0))
            name, when = instance.fairness_cases[int(table.case[n])].policy.id, instance.calendar.period_name(int(table.period[n]))
            raise ValueError(f"a sum of {table.minima[n]} least shares by '{name}' is stated in {when}, where it adds up none")
        known = row >= 0
        return Columns.single(self.option[row[known]], table.period[known], table.share[known])

    def settled(self, program: Program, columns: Columns) -> Columns:
        """The columns, with the last share that each sum counts, and what all others fall short of it."""
        if not len(self.option):
            return columns
        use = program.use(program.joined(columns.option, columns.copy), columns.start, columns.value)[0]
        period = self.period[self.short_of]
        entries = program.entries(self.short_option, period)
        # Its negative rate is on the row from which what the member is served is taken.
        slot, of_member = np.empty(len(period), dtype=np.int64), entries.value < 0
        slot[entries.column[of_member]] = entries.row[of_member]
        served = np.clip(-use[slot], 0.0, 1.0)
        ranked = served[np.lexsort((served, self.short_of))]
        last = ranked[np.searchsorted(self.short_of, np.arange(len(self.option))) + self.counted - 1]
        short = np.maximum(last[self.short_of] - served, 0.0)
        found = [Columns.single(self.last_option, self.period, last), Columns.single(self.short_option, period, short)]
        return Columns.joined([columns, *found])
