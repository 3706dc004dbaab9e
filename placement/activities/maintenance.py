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
        down = units_down(instance)
        for n, (q, task) in enumerate(instance.maintenance):
            if not which[q]:
                continue
            mine = self.option[self.task == n]
            if down[n].any():
                builder.add_rates(mine, pool[q], 1.0, profile=builder.profile(down[n]))
            for number in task.islands or ():
                units = _online_units(instance, q)[number - 1]
                if island is not None and units.any():
                    row = island[instance.pool_island[q] + number - 1]
                    builder.add_rates(mine, row, 1.0, profile=builder.profile(units))

    def totals(self, instance: Instance, by_period: Floats) -> Floats:
        """Sums of a figure per unit of each pool [Q, P] over what each option takes down, while it does, [n]."""
        pool = np.array([q for q, _ in instance.maintenance], dtype=np.int64)
        before = np.concatenate([np.zeros((len(pool), 1)), np.cumsum(units_down(instance) * by_period[pool], axis=1)], axis=1)
        bands = instance.calendar.band_count
        return np.asarray(before[self.task, self.end * bands] - before[self.task, self.start * bands])

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


def units_down(instance: Instance) -> Floats:
    """Units that each task takes of its pool in every period in which it may be done, [tasks, P]."""
    rows = np.zeros((len(instance.maintenance), instance.calendar.period_count))
    for n, (q, task) in enumerate(instance.maintenance):
        online = _online_units(instance, q)
        if task.gpus is not None:
            rows[n] = -(-task.gpus // int(instance.unit_gpus[q]))
        elif task.share is not None:
            rows[n] = np.ceil(task.share * online.sum(axis=0) - 1e-9)
        else:
            rows[n] = online[np.array(task.islands) - 1].sum(axis=0)
    return rows


def _online_units(instance: Instance, pool: int) -> Floats:
    """Whole units online in each island of a pool, [islands, P]."""
    islands = slice(int(instance.pool_island[pool]), int(instance.pool_island[pool + 1]))
    return np.asarray(instance.island_online_gpus[islands] // instance.unit_gpus[pool], dtype=np.float64)
