"""Law 6, take or pay: of every slot at least a share of what is online is paid for, used or not.

    cost of a slot = max( sum of price x GPU-hours held,  share x sum of price x GPU-hours online under the contract )

In the Program the share is owed from the start and supplies the slot, in USD; use beyond it is an option at 1 USD each.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.activities.terms import contract_of_pools
from placement.builder import Builder
from placement.instance import Contract, Instance
from placement.instance.supply import TakeOrPay
from placement.plan import Plan, Violation
from placement.rules.capacity import usage_prices
from placement.rules.reading import held_units, in_force_by_pool, level_and_term

NAME = "take_or_pay"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """One budget in USD per contract, its slots those of the commitment."""
    for c, contract in enumerate(instance.contracts.values()):
        if contract.take_or_pay is not None:
            _formulate(instance, builder, activities, c, contract, contract.take_or_pay)


def _formulate(instance: Instance, builder: Builder, activities: Activities, c: int, contract: Contract, owes: TakeOrPay) -> None:
    gangs, replicas, let, terms = activities.gangs, activities.replicas, activities.sublets, activities.terms
    calendar, slot = instance.calendar, instance.calendar.slots(owes.per)
    mine = contract_of_pools(instance) == c
    pool = np.flatnonzero(mine)
    unit_price = usage_prices(instance) * instance.unit_gpus[:, None]
    worth = (unit_price * (instance.pool_online_gpus // instance.unit_gpus[:, None]))[pool].sum(axis=0)
    share = owes.share * worth * calendar.hours
    by_slot = np.bincount(slot, share)
    level, term = level_and_term("take_or_pay")
    if not contract.decided:
        builder.add_constant(level, term, float(share.sum()))
    row = builder.add_budgets([f"take or pay {contract.id}"], "USD", 0.0 if contract.decided else by_slot, slot)
    supplied = builder.profile(owes.share * worth)
    signs = np.flatnonzero(terms.contract == c)
    builder.add_rates(terms.option[signs], row[0], -1.0, profile=supplied)
    owed = np.zeros((len(instance.contracts), calendar.period_count))
    owed[c] = share
    builder.add_charges(terms.option[signs], level, term, terms.totals(owed)[signs])
    beyond = activities.overuse.option[activities.overuse.contract == c]
    builder.add_rates(beyond, row[0], -1.0, lump=True)
    builder.add_charges(beyond, level, term, 1.0)

    paces = instance.jobs.paces
    gang_pool = instance.island_pool[gangs.share_island]
    pace = instance.jobs.pace[gangs.job[gangs.share_row]]
    for q in pool.tolist():
        for k in np.unique(pace[gang_pool == q]).tolist():
            rows = np.flatnonzero((gang_pool == q) & (pace == k))
            held = builder.profile(unit_price[q] * np.tile(paces[k] > 0, calendar.blocks))
            builder.add_rates(gangs.option[gangs.share_row[rows]], row[0], gangs.share_units[rows], profile=held)
        price, here, own = builder.profile(unit_price[q]), replicas.pool == q, let.pool == q
        builder.add_rates(replicas.option[here], row[0], replicas.units[here], profile=price)
        builder.add_rates(let.option[own], row[0], 1.0, profile=price)


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """None: it costs, and forbids nothing."""
    return []


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """take_or_pay: slot by slot the dearer of what is used and what is committed."""
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
        used, there = (np.bincount(slot, (price * held)[mine].sum(axis=0)) for held in (gpus, online))
        total += float(np.sum(np.maximum(used, owes.share * there)))
    return {"take_or_pay": total}
