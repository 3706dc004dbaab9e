"""Maintenance: one option per task and block at which it may begin; each runs over just the blocks that it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.activities.serving import match
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Maintenance, Plan
from placement.program import Bools, Floats, Ints


@dataclass(frozen=True)
class MaintenanceOptions:
    """Columns [n], ascending by option."""

    option: Ints
    task: Ints
    """Position in ``Instance.maintenance``."""
    start: Ints
    """First block."""
    end: Ints
    """The block after the last."""

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> MaintenanceOptions:
        """Write one option per task and first block."""
        tasks, calendar = instance.maintenance, instance.calendar
        rows = [(n, start, start + task.blocks) for n, (_, task) in enumerate(tasks) for start in task.starts(calendar)]
        of_task, start, end = np.array(rows, dtype=np.int64).reshape(len(rows), 3).T
        before = np.concatenate([[0.0], np.cumsum(calendar.hours.reshape(calendar.blocks, -1).sum(axis=1))])
        option = builder.add_running(first=start, last=start, hours=before[end] - before[start])
        return cls(option, of_task, start, end)

    def take_down(self, builder: Builder, instance: Instance, pool: Ints, island: Ints | None, which: Bools) -> None:
        """Write what tasks take of rows of units of pools [Q], and of the islands [I] that they name, for some pools [Q]."""
        for n, (q, task) in enumerate(instance.maintenance):
            if not which[q]:
                continue
            mine = self.option[self.task == n]
            of_islands = _units(instance, q)
            down = _units_down(of_islands, task.gpus, task.share, task.islands, int(instance.unit_gpus[q]))
            if down.any():
                builder.add_rates(mine, pool[q], 1.0, profile=builder.profile(down))
            for number in task.islands or ():
                if island is not None and of_islands[number - 1].any():
                    row = island[instance.pool_island[q] + number - 1]
                    builder.add_rates(mine, row, 1.0, profile=builder.profile(of_islands[number - 1]))

    # ------------------------------------------------------------ plan and back

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``maintenance``."""
        chosen, row = columns.of(self.option)
        row = row[chosen.value > 0.5]
        row = row[np.argsort(self.task[row], kind="stable")]
        return {"maintenance": Maintenance(self.task[row], self.start[row], self.end[row])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of when a plan does its tasks; see ``Activity``."""
        table = plan.maintenance
        row = match((self.task, self.start, self.end), (table.task, table.start_block, table.end_block))
        if strict and np.any(row < 0):
            _, task = instance.maintenance[int(table.task[np.argmax(row < 0)])]
            raise ValueError(f"maintenance '{task.id}' is done in blocks that its window does not offer")
        row = row[row >= 0]
        return Columns.single(self.option[row], self.start[row], np.ones(len(row)))


def _units(instance: Instance, pool: int) -> Floats:
    """Whole units online in each island of a pool, [islands, P]."""
    islands = slice(int(instance.pool_island[pool]), int(instance.pool_island[pool + 1]))
    return np.asarray(instance.island_online_gpus[islands] // instance.unit_gpus[pool], dtype=np.float64)


def _units_down(
    of_islands: Floats, gpus: int | None, share: float | None, islands: tuple[int, ...] | None, unit_gpus: int
) -> Floats:
    """Units that a task takes of a pool with so many [islands, P], [P]."""
    online = of_islands.sum(axis=0)
    if gpus is not None:
        return np.full(online.shape, float(-(-gpus // unit_gpus)))
    if share is not None:
        return np.asarray(np.ceil(share * online - 1e-9))
    return np.asarray(of_islands[np.array(islands) - 1].sum(axis=0))
