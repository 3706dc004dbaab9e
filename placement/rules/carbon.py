"""The price of carbon: every tonne that the facility energy drawn emits is paid for.

    cost = facility kWh of each pool, idle draw included, x kg per kWh of the nearest feed above it that says x USD per tonne / 1000
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.rules.pool_use import charge, charge_standing, drawn_kw, standing_kw
from placement.rules.power import facility_kw, most_kw
from placement.rules.reading import carbon_usd_per_kwh, level_and_term

NAME = "carbon"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """One resource in USD per hour, at a price of 1, with more of it than could ever be spent."""
    price = carbon_usd_per_kwh(instance)
    if not price.any():
        return
    level, term = level_and_term("carbon")
    most = (price * most_kw(instance)).sum(axis=0)
    worth = builder.profile(instance.discount)
    row = int(
        builder.add_resources(["carbon"], "USD per hour", most, price=1.0, price_profile=worth, level=level, term=term)[0]
    )
    charge(instance, builder, activities, row, drawn_kw(instance, activities), price)
    charge_standing(instance, builder, activities, row, price)
    builder.add_constant(level, term, float(np.sum(standing_kw(instance) * price * instance.present_hours)))


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """None: it costs, and forbids nothing."""
    return []


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """carbon: what is emitted, at its price."""
    return {"carbon": float(np.sum(facility_kw(instance, plan) * carbon_usd_per_kwh(instance) * instance.present_hours))}
