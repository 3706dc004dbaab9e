"""Maintenance: each task is done once, inside its window, in blocks that follow each other.

    sum over starts of x(task, start)  =  1        for starts s with [s, s + blocks) inside [from_date, to_date)

What is down takes units like a gang does (law 2). It draws its idle power: a feed that carries the pool carries it still.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.rules.reading import broken, no_costs

NAME = "maintenance"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """A group of starts for each task."""
    group = builder.add_groups(_names(instance), must=True)
    builder.join(activities.maintenance.option, group[activities.maintenance.task])


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Tasks that are done never, twice, outside of their window, or for more or fewer blocks than they take."""
    found, table, names, day = [], plan.maintenance, _names(instance), instance.calendar.block_starts
    count = np.bincount(table.task, minlength=len(names))
    for n in np.flatnonzero(count == 0).tolist():
        found.append(broken(NAME, names[n], "is not done", 1.0, "times"))
    for n in np.flatnonzero(count > 1).tolist():
        found.append(broken(NAME, names[n], f"is done {count[n]} times", float(count[n] - 1), "times"))
    for n, start, end in zip(table.task.tolist(), table.start_block.tolist(), table.end_block.tolist(), strict=True):
        task = instance.maintenance[n][1]
        if end - start != task.blocks:
            text = f"takes {end - start} blocks in place of {task.blocks}"
            found.append(broken(NAME, names[n], text, float(abs(end - start - task.blocks)), "blocks"))
        elif start < 0 or end >= len(day) or day[start] < task.from_date or day[end] > task.to_date:
            found.append(broken(NAME, names[n], f"begins in block {start}, which its window does not allow"))
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None."""
    return no_costs()


def _names(instance: Instance) -> list[str]:
    pools = list(instance.pools)
    return [f"{pools[q]}/{task.id}" for q, task in instance.maintenance]
