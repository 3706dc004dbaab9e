"""Law 4, non-firm power: what is drawn beyond a feed's firm limit can be given up at any time.

    sum over what runs below the feed of PUE x (kW - flexibility share x (kW - idle kW))  <=  limit - reserve     in every period

where the feed states ``non_firm_kw``, by which it may then draw more (law 4). So of these kW as many are of use as what runs there
can give way, and as stands idle and can be turned off. Interruptions are not planned: nothing is slower for them.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Feed, Instance
from placement.plan import Plan, Violation
from placement.program import Floats
from placement.rules.pool_use import charge, least_kw
from placement.rules.power import bring_power, dated_power_kw, least_facility_kw, pools_below, power_brought_kw
from placement.rules.reading import excess, no_costs

NAME = "non_firm"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """One resource per feed that may be interrupted, with its firm limit."""
    if all(feed.non_firm_kw is None for feed in instance.feeds.values()):
        return
    left = least_kw(instance, activities)
    dated, every = dated_power_kw(instance), np.ones(instance.calendar.period_count, dtype=np.bool_)
    for f, (feed, below) in enumerate(zip(instance.feeds.values(), pools_below(instance), strict=True)):
        limit = firm_kw(instance, feed) + dated[f]
        if feed.non_firm_kw is not None and np.isfinite(limit).all():
            row = int(builder.add_resources([f"firm {feed.id}"], "kW", limit)[0])
            charge(instance, builder, activities, row, left, below[:, None])
            bring_power(instance, builder, activities, f, row, every)


def firm_kw(instance: Instance, feed: Feed) -> Floats:
    """What a feed itself carries whatever happens, less its reserve, [P]; inf where it is unlimited."""
    if feed.limit_kw == "unlimited":
        return np.full(instance.calendar.period_count, np.inf)
    return np.maximum(instance.calendar.least(feed.limit_kw) - feed.reserve_kw, 0.0)


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Feeds that would still draw more than their firm limit after all gave way."""
    found, kw, brought = [], least_facility_kw(instance, plan), power_brought_kw(instance, plan)
    for f, (name, feed) in enumerate(instance.feeds.items()):
        if feed.non_firm_kw is None:
            continue
        left = np.zeros((1, instance.calendar.period_count))
        for q, pool in enumerate(instance.pools.values()):
            left += kw[q] * (name in instance.feeds_above(pool))
        limit = (firm_kw(instance, feed) + brought[f])[None]
        found += excess(NAME, "kW", [name], left, limit, instance, "draws, when what is not firm is interrupted,")
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None: it forbids, and costs nothing itself."""
    return no_costs()
