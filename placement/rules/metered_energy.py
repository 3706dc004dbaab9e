"""Law 6, metered energy: a contract's provider bills the facility energy of its pools, beside what their feeds cost or with it.

    cost = facility kWh of each pool, idle draw included while its contract is in force, x USD per kWh of the contract
         - facility kWh x price of every feed on the way to the root          where the contract says that these are included

It counts as energy, whoever bills it.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.rules.pool_use import charge, charge_standing, drawn_kw, standing_kw
from placement.rules.power import facility_kw, most_kw
from placement.rules.reading import kwh_prices, level_and_term, price_over_feeds

NAME = "metered_energy"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """One resource in USD per hour for what is billed beyond the feeds, at a price of 1, with more than could ever be spent."""
    beyond = kwh_prices(instance) - price_over_feeds(instance)
    if not beyond.any():
        return
    level, term = level_and_term("energy")
    most, worth = (np.maximum(beyond, 0.0) * most_kw(instance)).sum(axis=0), builder.profile(instance.discount)
    rows = builder.add_resources(["metered energy"], "USD per hour", most, price=1.0, price_profile=worth, level=level, term=term)
    charge(instance, builder, activities, int(rows[0]), drawn_kw(instance, activities), beyond)
    charge_standing(instance, builder, activities, int(rows[0]), beyond)
    builder.add_constant(level, term, float(np.sum(standing_kw(instance) * beyond * instance.present_hours)))


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """None: it costs, and forbids nothing."""
    return []


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """energy: what contracts bill, less the feeds that they include."""
    drawn, total = facility_kw(instance, plan) * instance.present_hours, 0.0
    for kwh, pool in zip(drawn, instance.pools.values(), strict=True):
        contract = instance.contracts[pool.contract]
        if contract.price_usd_per_kwh is not None:
            total += float(kwh @ instance.calendar.mean(contract.price_usd_per_kwh))
        if contract.feed_prices == "included":
            for feed in instance.feeds_above(pool):
                total -= float(kwh @ instance.calendar.mean(instance.feeds[feed].price_usd_per_kwh))
    return {"energy": total}
