"""Law 6, contract: capacity exists only inside its contract, and what is signed is paid for while it runs, used or not.

    units held in a pool in period p = 0      unless [from_date, to_date) covers all of p's block
    cost = fee per month / 730 h x hours inside [from_date, to_date)

Contracts are dated facts in this version; which to sign is not yet decided.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.rules.reading import by_pool, excess, gang_units, level_and_term, replica_units

NAME = "contract"

HOURS_PER_MONTH = 730.0


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """Fees are owed whatever is decided; the limits of ``capacity`` are zero outside contracts."""
    builder.add_constant(*level_and_term("fixed_fees"), fixed_fees(instance))


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Pools that are used outside their contract."""
    use = by_pool(instance, gang_units(instance, plan) + replica_units(instance, plan))
    names = [f"{name} under {pool.contract}" for name, pool in instance.pools.items()]
    outside = np.zeros(use.shape, dtype=np.bool_)
    for q, pool in enumerate(instance.pools.values()):
        contract = instance.contracts[pool.contract]
        outside[q] = ~instance.calendar.covered(contract.from_date, None if contract.to_date == "open" else contract.to_date)
    return excess(NAME, "units", names, np.where(outside, use, 0), np.zeros(use.shape), instance, "holds outside its contract")


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """fixed_fees of all contracts within the horizon."""
    return {"fixed_fees": fixed_fees(instance)}


def fixed_fees(instance: Instance) -> float:
    """USD of all contracts within the horizon, by the day."""
    calendar, total = instance.calendar, 0.0
    for contract in instance.contracts.values():
        inside = calendar.share_inside(contract.from_date, None if contract.to_date == "open" else contract.to_date)
        total += float(np.sum(calendar.mean(contract.fee_usd_per_month) * inside * calendar.hours)) / HOURS_PER_MONTH
    return total
