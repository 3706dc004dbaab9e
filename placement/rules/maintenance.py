"""Maintenance: each task is done once, inside its window, in blocks that follow each other.

    sum over starts of x(task, start)  =  1        for starts s with [s, s + blocks) inside [from_date, to_date)

What is down takes units like a gang does (law 2). It draws its idle power: a feed that carries the pool carries it still.
Where a feed is worked on, what runs below it draws no more than the task leaves; what stands idle is turned off:

    sum over what runs and is let below the feed of facility kW  <=  limit of the task        while it is done
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.upkeep import FeedTask, MaintenanceTask
from placement.plan import FeedWork, Maintenance, Plan, Violation
from placement.program import Ints
from placement.rules.pool_use import charge, running_kw
from placement.rules.power import feed_limits_kw, let_kw, most_kw, most_overrun_kw, pools_below, running_facility_kw
from placement.rules.reading import broken, excess, no_costs, pue_of_pools, sublet_units

NAME = "maintenance"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """A group of starts for each task, and a limit for each of a feed, which binds while it is done."""
    group = builder.add_groups(_names(instance), must=True)
    builder.join(activities.maintenance.option, group[activities.maintenance.task])
    if instance.feed_work:
        _feeds(instance, builder, activities)


def _feeds(instance: Instance, builder: Builder, activities: Activities) -> None:
    options, names = activities.feed_work, _feed_names(instance)
    builder.join(options.option, builder.add_groups(names, must=True)[options.work])
    running, let = running_kw(instance, activities), instance.unit_gpus * let_kw(instance) * pue_of_pools(instance)
    drawn, below = replace(running, let=let[activities.sublets.pool]), pools_below(instance).astype(np.float64)
    most = np.minimum(feed_limits_kw(instance, decided=True) + most_overrun_kw(instance), below @ most_kw(instance))
    for n, (f, task) in enumerate(instance.feed_work):
        # While it is not done the row asks for no more than the feed carries anyway.
        beyond = np.maximum(most[f] - task.limit_kw, 0.0)
        row = int(builder.add_resources([f"feed {names[n]}"], "kW", task.limit_kw + beyond)[0])
        charge(instance, builder, activities, row, drawn, below[f][:, None])
        if beyond.any():
            builder.add_rates(options.option[options.work == n], row, 1.0, profile=builder.profile(beyond))


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Tasks that are done never, twice, outside of their window, or for more or fewer blocks than they take, or under full load."""
    tasks = [task for _, task in instance.maintenance]
    of_feeds = [task for _, task in instance.feed_work]
    found = _undone(instance, plan.maintenance, plan.maintenance.task, tasks, _names(instance))
    found += _undone(instance, plan.feed_work, plan.feed_work.work, of_feeds, _feed_names(instance))
    return found + _overdrawn(instance, plan)


def _undone(
    instance: Instance,
    table: Maintenance | FeedWork,
    which: Ints,
    tasks: Sequence[MaintenanceTask | FeedTask],
    names: list[str],
) -> list[Violation]:
    found, day = [], instance.calendar.block_starts
    count = np.bincount(which, minlength=len(names))
    for n in np.flatnonzero(count == 0).tolist():
        found.append(broken(NAME, names[n], "is not done", 1.0, "times"))
    for n in np.flatnonzero(count > 1).tolist():
        found.append(broken(NAME, names[n], f"is done {count[n]} times", float(count[n] - 1), "times"))
    for n, start, end in zip(which.tolist(), table.start_block.tolist(), table.end_block.tolist(), strict=True):
        task = tasks[n]
        if end - start != task.blocks:
            text = f"takes {end - start} blocks in place of {task.blocks}"
            found.append(broken(NAME, names[n], text, float(abs(end - start - task.blocks)), "blocks"))
        elif start < 0 or end >= len(day) or day[start] < task.from_date or day[end] > task.to_date:
            found.append(broken(NAME, names[n], f"begins in block {start}, which its window does not allow"))
    return found


def _overdrawn(instance: Instance, plan: Plan) -> list[Violation]:
    """Feeds below which more runs than what the work on them leaves."""
    found: list[Violation] = []
    if not len(plan.feed_work.work):
        return found
    let = sublet_units(instance, plan) * (instance.unit_gpus * let_kw(instance) * pue_of_pools(instance))[:, None]
    kw, names = running_facility_kw(instance, plan) + let, _feed_names(instance)
    table, bands = plan.feed_work, instance.calendar.band_count
    for n, start, end in zip(table.work.tolist(), table.start_block.tolist(), table.end_block.tolist(), strict=True):
        f, task = instance.feed_work[n]
        feed = list(instance.feeds)[f]
        inside = [q for q, pool in enumerate(instance.pools.values()) if feed in instance.feeds_above(pool)]
        drawn, limit = np.zeros((2, 1, instance.calendar.period_count))
        during = slice(max(start, 0) * bands, max(end, 0) * bands)
        drawn[0, during] = kw[inside].sum(axis=0)[during]
        limit[0, during] = task.limit_kw
        found += excess(NAME, "kW", [names[n]], drawn, limit, instance, "leaves running")
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None."""
    return no_costs()


def _names(instance: Instance) -> list[str]:
    pools = list(instance.pools)
    return [f"{pools[q]}/{task.id}" for q, task in instance.maintenance]


def _feed_names(instance: Instance) -> list[str]:
    return [f"{list(instance.feeds)[f]}/{task.id}" for f, task in instance.feed_work]
