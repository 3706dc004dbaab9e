"""Law 4, second feeds: where a feed is lost, the second feeds of what lies below it carry that as well.

    sum over what runs below feed f once feed g is lost of PUE x (kW - flexibility share x (kW - idle kW))  <=  limit of f

for every feed g, and every feed f that then carries pools which it does not carry otherwise. What is flexible gives way, what
stands idle is turned off, and reserves may be used, but not what is not firm. A pool goes over to the nearest second feed above it
whose own path to the root is intact; pools without one are lost. In normal operation everything draws from its own feed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import Floats
from placement.rules.pool_use import charge, least_kw
from placement.rules.power import bring_power, dated_power_kw, least_facility_kw, power_brought_kw
from placement.rules.reading import excess, no_costs

NAME = "second_feed"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """One resource per feed and loss after which it carries more than before."""
    if not _any(instance):
        return
    left, dated = least_kw(instance, activities), dated_power_kw(instance)
    for lost, feed, carried in _takes_over(instance):
        limit = instance.feeds[feed].limit_kw
        if limit != "unlimited":
            f = list(instance.feeds).index(feed)
            most = instance.calendar.least(limit) + dated[f]
            row = int(builder.add_resources([f"feed {feed} without {lost}"], "kW", most)[0])
            charge(instance, builder, activities, row, left, carried[:, None])
            bring_power(instance, builder, activities, f, row, np.ones(len(most), dtype=np.bool_))


def _any(instance: Instance) -> bool:
    return any(feed.second_feed is not None for feed in instance.feeds.values())


def _takes_over(instance: Instance) -> Iterator[tuple[str, str, Floats]]:
    """Lost feed, feed that takes over, and the pools that it carries then, 1 or 0 [Q]."""
    pools = list(instance.pools.values())
    before = [instance.feeds_above(pool) for pool in pools]
    for lost in instance.feeds:
        after = [instance.feeds_without(pool, {lost}) or () for pool in pools]
        more = {feed for path, other in zip(before, after, strict=True) for feed in other if feed not in path}
        for feed in instance.feeds:
            if feed in more:
                yield lost, feed, np.array([float(feed in path) for path in after])


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Feeds that could not carry what falls to them after a loss."""
    found: list[Violation] = []
    if not _any(instance):
        return found
    kw, brought = least_facility_kw(instance, plan), power_brought_kw(instance, plan)
    for lost in instance.feeds:
        load = {feed: np.zeros(instance.calendar.period_count) for feed in instance.feeds}
        taken_over = set()
        for q, pool in enumerate(instance.pools.values()):
            for feed in instance.feeds_without(pool, (lost,)) or ():
                load[feed] += kw[q]
                if feed not in instance.feeds_above(pool):
                    taken_over.add(feed)
        for feed in sorted(taken_over):
            limit = instance.feeds[feed].limit_kw
            if not isinstance(limit, str):
                most = (instance.calendar.least(limit) + brought[list(instance.feeds).index(feed)])[None]
                found += excess(NAME, "kW", [feed], load[feed][None], most, instance, f"draws, once {lost} is lost,")
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None: it forbids, and costs nothing itself."""
    return no_costs()
