"""Maintenance of feeds: one option per task and block at which it may begin; each runs over just the blocks that it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.activities.serving import match
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import FeedWork, Plan
from placement.program import Ints


@dataclass(frozen=True)
class FeedWorkOptions:
    """Columns [n], ascending by option."""

    option: Ints
    work: Ints
    """Position in ``Instance.feed_work``."""
    start: Ints
    """First block."""
    end: Ints
    """The block after the last."""

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> FeedWorkOptions:
        """Write one option per task and first block."""
        calendar = instance.calendar
        rows = [
            (n, start, start + task.blocks) for n, (_, task) in enumerate(instance.feed_work) for start in task.starts(calendar)
        ]
        work, start, end = np.array(rows, dtype=np.int64).reshape(len(rows), 3).T
        before = np.concatenate([[0.0], np.cumsum(calendar.hours.reshape(calendar.blocks, -1).sum(axis=1))])
        return cls(builder.add_running(first=start, last=start, hours=before[end] - before[start]), work, start, end)

    # ------------------------------------------------------------ plan and back

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``feed_work``."""
        chosen, row = columns.of(self.option)
        row = row[chosen.value > 0.5]
        row = row[np.argsort(self.work[row], kind="stable")]
        return {"feed_work": FeedWork(self.work[row], self.start[row], self.end[row])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of when a plan does its tasks; see ``Activity``."""
        table = plan.feed_work
        row = match((self.work, self.start, self.end), (table.work, table.start_block, table.end_block))
        if strict and np.any(row < 0):
            _, task = instance.feed_work[int(table.work[np.argmax(row < 0)])]
            raise ValueError(f"maintenance '{task.id}' is done in blocks that its window does not offer")
        row = row[row >= 0]
        return Columns.single(self.option[row], self.start[row], np.ones(len(row)))
