"""Law 4, grid events: in the hours of an event, what still draws below its feed stays under the event's limit.

    sum over what runs below the feed of PUE x (kW - flexibility share x (kW - idle kW))  <=  limit of the event     in its periods

What stands idle is turned off, what is let keeps all that it draws. Gangs and replicas of flexible tenants give way in every event
above them, needed or not: gangs make less progress in its hours, replicas sustain less over its period. A plan therefore holds
whatever the grid calls for. Energy, carbon and budgets count as if no event came.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.rules.pool_use import charge, least_kw
from placement.rules.power import least_facility_kw
from placement.rules.reading import excess, no_costs

NAME = "events"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """One resource per event, which all that runs below charges with what it draws after it gave way."""
    if not instance.grid_events:
        return
    left = least_kw(instance, activities)
    for case in instance.grid_events:
        during = case.hours > 0
        row = int(builder.add_resources([f"event {case.name}"], "kW", case.event.limit_kw * during)[0])
        charge(instance, builder, activities, row, left, np.outer(case.below, during))


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Feeds that draw more in the hours of an event than it allows."""
    if not instance.grid_events:
        return []
    names = [case.name for case in instance.grid_events]
    kw, found = least_facility_kw(instance, plan), np.zeros((len(names), instance.calendar.period_count))
    limit = np.full(found.shape, np.inf)
    row = 0
    for name, feed in instance.feeds.items():
        for event in feed.events or ():
            times = event.periods(instance.calendar)
            limit[row, times] = event.limit_kw
            for q, pool in enumerate(instance.pools.values()):
                if name in instance.feeds_above(pool):
                    found[row, times] += kw[q, times]
            row += 1
    finite = np.isfinite(limit)
    return excess(NAME, "kW", names, found, np.where(finite, limit, 0), instance, "draws in its hours, all having given way,")


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None: what gives way is slower, and costs by that."""
    return no_costs()
