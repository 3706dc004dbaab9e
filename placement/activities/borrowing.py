"""Borrowing: GPUs of one tenant's quota that another of its cohort uses, one option per pair of quotas, each period by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.quotas import may_borrow
from placement.lending import Borrowing
from placement.plan import Plan
from placement.program import Ints


@dataclass(frozen=True)
class BorrowOptions:
    """Columns [n], ascending by option; x is GPUs."""

    option: Ints
    quota: Ints
    """Of who borrows: position in ``Instance.quota_cases``."""
    lender: Ints

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> BorrowOptions:
        """Write every pair that may lend and borrow; at most what the one lends and the other borrows."""
        cases = instance.quota_cases
        pairs = [(b, a) for b, to in enumerate(cases) for a, of in enumerate(cases) if may_borrow(to, of)]
        most = [np.minimum(cases[a].lend_gpus, cases[b].borrow_gpus) for b, a in pairs]
        borrower, lender = np.array(pairs, dtype=np.int64).reshape(len(pairs), 2).T
        zero = np.zeros(len(pairs), dtype=np.int64)
        option = builder.add_per_period(
            first=zero, last=zero + instance.calendar.period_count - 1, upper=1.0,
            upper_profile=np.array([builder.profile(row) for row in most], dtype=np.int64),
        )  # fmt: skip
        return cls(option, borrower, lender)

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``borrowing``, by period."""
        chosen, row = columns.of(self.option)
        keep = np.flatnonzero(chosen.value > 0)
        keep = keep[np.lexsort((row[keep], chosen.start[keep]))]
        return {"borrowing": Borrowing(self.quota[row[keep]], self.lender[row[keep]], chosen.start[keep], chosen.value[keep])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of what a plan borrows; see ``Activity``."""
        table, cases = plan.borrowing, len(instance.quota_cases)
        row_of = np.full(cases * cases, -1, dtype=np.int64)
        row_of[self.quota * cases + self.lender] = np.arange(len(self.option))
        row = row_of[table.quota * cases + table.lender]
        if strict and np.any(row < 0):
            wrong = instance.quota_cases[int(table.quota[np.argmax(row < 0)])]
            raise ValueError(f"tenant '{list(instance.tenants)[wrong.tenant]}' borrows from one that is not of its cohort")
        known = row >= 0
        return Columns.single(self.option[row[known]], table.period[known], table.gpus[known])
