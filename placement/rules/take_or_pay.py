"""Law 6, take or pay: of every slot at least a share of what is online is paid for, used or not.

    cost of a slot = max( sum of price x GPU-hours held,  share x sum of price x GPU-hours online under the contract )

Over time what is committed is worth what it is in its period, what is used beyond what it is in the slot's last one.

In the Program the share is owed from the start and supplies the slot, in USD; use beyond it is an option at 1 USD each.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.activities.terms import contract_of_pools
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import Floats
from placement.rules.capacity import usage_prices
from placement.rules.pool_use import charge, held_gpus
from placement.rules.reading import held_units, in_force_by_pool, level_and_term

NAME = "take_or_pay"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """One budget in USD per contract, its slots those of the commitment."""
    terms, overuse, calendar = activities.terms, activities.overuse, instance.calendar
    level, term = level_and_term("take_or_pay")
    owed, held = owed_usd(instance), held_gpus(instance, activities)
    present = owed * instance.discount
    for c, contract in enumerate(instance.contracts.values()):
        if contract.take_or_pay is None:
            continue
        slot = calendar.slots(contract.take_or_pay.per)
        limit = 0.0 if contract.decided else np.bincount(slot, owed[c])
        row = int(builder.add_budgets([f"take or pay {contract.id}"], "USD", limit, slot)[0])
        if not contract.decided:
            builder.add_constant(level, term, float(present[c].sum()))
        signs, beyond = np.flatnonzero(terms.contract == c), overuse.option[overuse.contract == c]
        committed = builder.profile(owed[c] / calendar.hours)
        builder.add_rates(terms.option[signs], row, -1.0, start=terms.begin(signs), profile=committed)
        builder.add_charges(terms.option[signs], level, term, terms.totals(present)[signs])
        builder.add_rates(beyond, row, -1.0, lump=True)
        builder.add_charges(beyond, level, term, 1.0, table=builder.profile(instance.discount))
        mine = contract_of_pools(instance) == c
        charge(instance, builder, activities, row, held, mine[:, None] * usage_prices(instance))


def owed_usd(instance: Instance) -> Floats:
    """What each contract commits to in each period, used or not, where it is in force, [C, P]."""
    whole = instance.pool_online_gpus // instance.unit_gpus[:, None] * instance.unit_gpus[:, None]
    worth = np.zeros((len(instance.contracts), instance.calendar.period_count))
    np.add.at(worth, contract_of_pools(instance), usage_prices(instance) * whole * instance.calendar.hours)
    commitments = [contract.take_or_pay for contract in instance.contracts.values()]
    return np.array([0.0 if owes is None else owes.share for owes in commitments])[:, None] * worth


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """None: it costs, and forbids nothing."""
    return []


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """take_or_pay: slot by slot the dearer of what is used and what is committed."""
    return {"take_or_pay": owed_by_plan(instance, plan, instance.discount)}


def owed_by_plan(instance: Instance, plan: Plan, worth: Floats) -> float:
    """USD of all slots of all contracts, a dollar in each period counting ``worth`` [P]."""
    gpus = held_units(instance, plan) * instance.unit_gpus[:, None]
    whole = instance.pool_online_gpus // instance.unit_gpus[:, None] * instance.unit_gpus[:, None]
    online = np.where(in_force_by_pool(instance, plan), whole, 0)
    price, names, total = usage_prices(instance) * instance.calendar.hours, list(instance.contracts), 0.0
    for c, contract in enumerate(instance.contracts.values()):
        owes = contract.take_or_pay
        if owes is None:
            continue
        mine = np.array([names.index(pool.contract) == c for pool in instance.pools.values()], dtype=np.bool_)
        slot = instance.calendar.slots(owes.per)
        used, there = ((price * held)[mine].sum(axis=0) for held in (gpus, online))
        total += owes.share * float(there @ worth)
        for k in range(int(slot.max()) + 1):
            in_slot = np.flatnonzero(slot == k)
            total += max(0.0, float(used[in_slot].sum() - owes.share * there[in_slot].sum())) * float(worth[in_slot[-1]])
    return total
