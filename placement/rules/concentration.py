"""Law 9, concentration: no provider, jurisdiction or vendor carries more than its share of what a policy names.

    carried by member m in slot k  <=  share x carried by all in slot k                   for every member capped and every slot

    gpus           GPU-hours of the units that gangs, replicas and batch work hold
    kw             facility kWh of the GPUs on which they run, idle draw included
    spend          fixed fees, and at the contract's prices kWh and GPU-hours held or let, whether paid by use or by take or pay
    served_tokens  mean tokens served of the streams of the tenants named

In the Program options of the member count 1 - share, all others -share, and nothing is allowed above what fees alone leave.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Concentration, Instance
from placement.instance.policy import of_kind
from placement.plan import Plan, Violation
from placement.program import FEASIBILITY_TOLERANCE, Bools, Floats
from placement.rules.capacity import usage_prices
from placement.rules.contract import dated_fees, fees_of_contracts
from placement.rules.pool_use import charge, charge_standing, drawn_kw, held_gpus, running_kw, standing_kw
from placement.rules.power import facility_kw, running_facility_kw
from placement.rules.reading import (
    billed_per_kwh,
    held_units,
    no_costs,
    slot_name,
    slot_sums,
    working_units,
)
from placement.rules.sla import million_tokens_per_rate

NAME = "concentration"

UNITS = {"gpus": "GPU-hours", "kw": "kWh", "spend": "USD", "served_tokens": "million tokens"}


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """One row per member capped, its slots those of the policy."""
    for policy in of_kind(instance.policies, Concentration):
        for name in members(instance, policy):
            if policy.members is None or name in policy.members:
                _formulate(instance, builder, activities, policy, name)


def _formulate(instance: Instance, builder: Builder, activities: Activities, policy: Concentration, name: str) -> None:
    by_contract = np.array([contract.provider == name for contract in instance.contracts.values()]) - policy.most_share
    by_pool = (_pools_of(instance, policy, name) - policy.most_share)[:, None]
    limit = 0.0
    if policy.of == "spend":
        metered = by_pool * billed_per_kwh(instance)
        limit = -float(dated_fees(instance) @ by_contract)
        limit -= float(np.sum(standing_kw(instance) * metered * instance.calendar.hours))
    slot = instance.calendar.slots(policy.per)
    row = int(builder.add_budgets([f"concentration {policy.id} {name}"], UNITS[policy.of], limit, slot)[0])
    held = held_gpus(instance, activities)
    if policy.of == "gpus":
        charge(instance, builder, activities, row, replace(held, let=np.zeros_like(held.let)), by_pool)
    elif policy.of == "kw":
        charge(instance, builder, activities, row, running_kw(instance, activities), by_pool)
    elif policy.of == "spend":
        charge(instance, builder, activities, row, held, by_pool * usage_prices(instance))
        charge(instance, builder, activities, row, drawn_kw(instance, activities), metered)
        charge_standing(instance, builder, activities, row, metered)
        terms = activities.terms
        builder.add_rates(terms.option, row, terms.fees_usd * by_contract[terms.contract], lump=True)
    else:
        serve = activities.serve
        mine = np.flatnonzero(_counted_streams(instance, policy)[serve.stream])
        volume = np.array([builder.profile(rate) for rate in million_tokens_per_rate(instance) / instance.calendar.hours])
        by_site = _sites_of(instance, policy, name) - policy.most_share
        builder.add_rates(serve.option[mine], row, by_site[serve.site[mine]], profile=volume[serve.stream[mine]])


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Members that carry more than their share in a slot."""
    found = []
    for policy in of_kind(instance.policies, Concentration):
        names, slot, unit = members(instance, policy), instance.calendar.slots(policy.per), UNITS[policy.of]
        amount = carried(instance, plan, policy)
        every = amount.sum(axis=0)
        over = amount - policy.most_share * every
        size = (1 - policy.most_share) * np.abs(amount) + policy.most_share * np.abs(every - amount)
        for m, k in zip(*np.nonzero(over > FEASIBILITY_TOLERANCE * np.maximum(1.0, size)), strict=True):
            if policy.members is not None and names[m] not in policy.members:
                continue
            when, more = slot_name(instance, slot, int(k)), float(over[m, k])
            text = (
                f"{names[m]}: carries {amount[m, k]:,.6g} {unit} of {every[k]:,.6g}, "
                f"{more:,.6g} above the share of {policy.most_share:g} that policy {policy.id} allows"
            )
            found.append(Violation(NAME, names[m], when, more, unit, text))
    return found


def carried(instance: Instance, plan: Plan, policy: Concentration) -> Floats:
    """What each member carries in each slot, [members, slots], in the unit of ``UNITS``."""
    names, hours = members(instance, policy), instance.calendar.hours
    slot = instance.calendar.slots(policy.per)
    pools, sites = list(instance.pools.values()), list(instance.sites.values())

    def member(pool: int) -> str:
        if policy.by == "vendor":
            return instance.accelerators[pools[pool].accelerator].vendor
        site = instance.sites[pools[pool].site]
        return site.provider if policy.by == "provider" else site.jurisdiction

    total = np.zeros((len(names), len(hours)))
    if policy.of == "served_tokens":
        table, streams = plan.serving, list(instance.streams.values())
        counts = np.array([policy.tenants is None or stream.tenant in policy.tenants for stream in streams])
        place = [names.index(site.provider if policy.by == "provider" else site.jurisdiction) for site in sites]
        tokens = table.tokens_per_s * million_tokens_per_rate(instance)[table.stream, table.period]
        np.add.at(total, (np.array(place, dtype=np.int64)[table.site], table.period), tokens * counts[table.stream])
        return slot_sums(total, slot)
    if policy.of == "gpus":
        of_pool = working_units(instance, plan) * instance.unit_gpus[:, None]
    elif policy.of == "kw":
        of_pool = running_facility_kw(instance, plan)
    else:
        of_pool = held_units(instance, plan) * instance.unit_gpus[:, None] * usage_prices(instance)
        of_pool = of_pool + facility_kw(instance, plan) * billed_per_kwh(instance)
    for q in range(len(pools)):
        total[names.index(member(q))] += of_pool[q] * hours
    amount = slot_sums(total, slot)
    if policy.of == "spend":
        for contract, fees in zip(instance.contracts.values(), fees_of_contracts(instance, plan), strict=True):
            amount[names.index(contract.provider), 0] += fees
    return amount


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None: it forbids, and costs nothing itself."""
    return no_costs()


# ------------------------------------------------------------ who is meant


def members(instance: Instance, policy: Concentration) -> list[str]:
    """Everyone who may carry something."""
    if policy.by == "provider":
        return list(instance.providers)
    if policy.by == "jurisdiction":
        return sorted({site.jurisdiction for site in instance.sites.values()})
    return sorted({instance.accelerators[pool.accelerator].vendor for pool in instance.pools.values()})


def _sites_of(instance: Instance, policy: Concentration, name: str) -> Bools:
    """Sites of a provider or jurisdiction, [sites]."""
    names = [site.provider if policy.by == "provider" else site.jurisdiction for site in instance.sites.values()]
    return np.array([of == name for of in names], dtype=np.bool_)


def _pools_of(instance: Instance, policy: Concentration, name: str) -> Bools:
    """Pools of a member, [Q]."""
    if policy.by == "vendor":
        vendors = np.array([accelerator.vendor for accelerator in instance.accelerators.values()])
        return np.asarray(vendors[instance.pool_accelerator] == name)
    return np.asarray(_sites_of(instance, policy, name)[instance.pool_site])


def _counted_streams(instance: Instance, policy: Concentration) -> Bools:
    """Streams whose tokens count, [S]."""
    counts = [policy.tenants is None or stream.tenant in policy.tenants for stream in instance.streams.values()]
    return np.array(counts, dtype=np.bool_)
