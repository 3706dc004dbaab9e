"""Law 12, budget: money, carbon, energy and GPU-hours stay under the limit of their budget in every slot.

    sum over the periods of slot k, and the pools that count, of                                      <=  limit
        most_usd        the costs named: energy, carbon, usage_fees, capex as it falls due, and sublets, which earn;
                        over the horizon also fixed_fees and take_or_pay
        most_carbon_kg  facility kWh x kg per kWh of the nearest feed above the pool that says
        most_kwh        facility kWh, idle draw included
        most_gpu_hours  hours of the GPUs of the units that gangs, replicas and batch work hold

The jobs of a tenant count as its GPU-hours, and so do services that serve nobody else. Money counts as it is paid, not discounted.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Budget, Instance
from placement.instance.policy import of_kind
from placement.plan import Plan, Violation
from placement.program import FEASIBILITY_TOLERANCE, Anchor, Bools, Floats
from placement.rules import take_or_pay
from placement.rules.capacity import paid_by_use
from placement.rules.contract import dated_fees, fees_of_contracts, let_prices
from placement.rules.pool_use import charge, charge_standing, drawn_kw, held_gpus, standing_kw
from placement.rules.power import facility_kw
from placement.rules.purchase import paid_by_block, payments
from placement.rules.reading import (
    batch_jobs_of,
    batch_units,
    by_pool,
    carbon_kg_per_kwh,
    carbon_usd_per_kwh,
    during_runs,
    held_units,
    kwh_prices,
    no_costs,
    slot_name,
    slot_sums,
    sublet_units,
)

NAME = "budget"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """One row per budget: what is drawn and owed whatever is decided is taken from its limit, all else charges it."""
    for policy in of_kind(instance.policies, Budget):
        slot = instance.calendar.slots(policy.per)
        limit = policy.limit - owed_anyway(instance, policy)
        row = int(builder.add_budgets([f"budget {policy.id}"], policy.unit, limit, slot)[0])
        inside = pools_of(instance, policy)[:, None]
        weight = inside * kwh_weight(instance, policy)
        if weight.any():
            charge(instance, builder, activities, row, drawn_kw(instance, activities), weight)
            charge_standing(instance, builder, activities, row, weight)
        if policy.most_gpu_hours is not None:
            _charge_gpu_hours(instance, builder, activities, policy, row)
        terms = policy.terms or ()
        held = held_gpus(instance, activities)
        if "usage_fees" in terms:
            charge(instance, builder, activities, row, held, inside * paid_by_use(instance))
        if "sublets" in terms:
            nothing = {"gangs": np.zeros_like(held.gangs), "replicas": np.zeros_like(held.replicas)}
            let = replace(held, **nothing, batch=np.zeros_like(held.batch))
            charge(instance, builder, activities, row, let, inside * -let_prices(instance))
        if "fixed_fees" in terms:
            builder.add_rates(activities.terms.option, row, activities.terms.fees_usd, lump=True)
        if "capex" in terms:
            _charge_capex(instance, builder, activities, row)
        if "take_or_pay" in terms:
            owed = activities.terms.totals(take_or_pay.owed_usd(instance))
            builder.add_rates(activities.terms.option, row, owed, lump=True)
            builder.add_rates(activities.overuse.option, row, 1.0, lump=True)


def _charge_gpu_hours(instance: Instance, builder: Builder, activities: Activities, policy: Budget, row: int) -> None:
    held, gangs, replicas = held_gpus(instance, activities), activities.gangs, activities.replicas
    jobs, services = _counted_jobs(instance, policy), _counted_services(instance, policy)
    counted = replace(
        held,
        gangs=held.gangs * jobs[gangs.job[gangs.share_row]],
        replicas=held.replicas * services[replicas.service],
        let=np.zeros_like(held.let),
        batch=held.batch * _counted_tenants(instance, policy)[activities.batch.tenant],
    )
    charge(instance, builder, activities, row, counted, pools_of(instance, policy)[:, None])


def _charge_capex(instance: Instance, builder: Builder, activities: Activities, row: int) -> None:
    """What each order pays within the horizon, in the block in which it falls due."""
    terms, calendar, contracts = activities.terms, instance.calendar, list(instance.contracts.values())
    for n, c in enumerate(terms.contract.tolist()):
        for days, usd in payments(instance, contracts[c], int(terms.signed[n])):
            if days < calendar.block_edges_days[-1]:
                due = int(np.searchsorted(calendar.block_edges_days, days, side="right")) - 1
                builder.add_rates(terms.option[[n]], row, usd, start=(Anchor.FIRST, due), end=(Anchor.FIRST, due + 1), lump=True)


def owed_anyway(instance: Instance, policy: Budget) -> Floats:
    """What of a budget goes in each slot whatever is decided, [slots]: idle draw, and what dated contracts are owed."""
    kwh = standing_kw(instance) * pools_of(instance, policy)[:, None] * instance.calendar.hours
    slot = instance.calendar.slots(policy.per)
    owed = slot_sums((kwh * kwh_weight(instance, policy)).sum(axis=0)[None], slot)[0]
    dated = np.array([not contract.decided for contract in instance.contracts.values()], dtype=np.bool_)
    if "fixed_fees" in (policy.terms or ()):
        owed = owed + dated_fees(instance).sum()
    if "take_or_pay" in (policy.terms or ()):
        owed = owed + take_or_pay.owed_usd(instance)[dated].sum()
    return np.asarray(owed, dtype=np.float64)


def kwh_weight(instance: Instance, policy: Budget) -> Floats:
    """What a facility kWh of each pool counts, in the budget's unit, [Q, P]."""
    terms = policy.terms or ()
    if policy.most_carbon_kg is not None:
        return carbon_kg_per_kwh(instance)
    energy = kwh_prices(instance) * ("energy" in terms) + carbon_usd_per_kwh(instance) * ("carbon" in terms)
    return np.asarray(energy + (policy.most_kwh is not None), dtype=np.float64)


def pools_of(instance: Instance, policy: Budget) -> Bools:
    """Pools that count, [Q]."""
    return np.array(
        [
            (policy.pools is None or name in policy.pools)
            and (policy.sites is None or pool.site in policy.sites)
            and (policy.feeds is None or any(feed in policy.feeds for feed in instance.feeds_above(pool)))
            for name, pool in instance.pools.items()
        ],
        dtype=np.bool_,
    )


def _counted_jobs(instance: Instance, policy: Budget) -> Bools:
    """Jobs whose GPU-hours count, [J]."""
    return _counted_tenants(instance, policy)[instance.jobs.tenant]


def _counted_tenants(instance: Instance, policy: Budget) -> Bools:
    """Tenants whose jobs, batch jobs too, count, [T]."""
    return np.array([policy.tenants is None or name in policy.tenants for name in instance.tenants], dtype=np.bool_)


def _counted_services(instance: Instance, policy: Budget) -> Bools:
    """Services whose GPU-hours count, [services]."""
    users: dict[str, set[str]] = {name: set() for name in instance.services}
    for stream in instance.streams.values():
        users[stream.service].add(stream.tenant)
    counts = [policy.tenants is None or bool(tenants & set(policy.tenants)) for tenants in users.values()]
    return np.array(counts, dtype=np.bool_)


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Budgets that are overdrawn."""
    found = []
    for policy in of_kind(instance.policies, Budget):
        slot, amount = instance.calendar.slots(policy.per), used(instance, plan, policy)
        allowed = FEASIBILITY_TOLERANCE * np.maximum(max(1.0, policy.limit), np.abs(amount))
        for k in np.flatnonzero(amount - policy.limit > allowed).tolist():
            when, more = slot_name(instance, slot, k), float(amount[k] - policy.limit)
            text = f"{policy.id}: takes {amount[k]:,.6g} {policy.unit} against a budget of {policy.limit:,.6g} {policy.unit}"
            found.append(Violation(NAME, policy.id, when, more, policy.unit, text))
    return found


def used(instance: Instance, plan: Plan, policy: Budget) -> Floats:
    """What a plan takes of a budget in each slot, [slots]."""
    hours, slot = instance.calendar.hours, instance.calendar.slots(policy.per)
    kwh, unit = facility_kw(instance, plan) * hours, instance.unit_gpus[:, None]
    if policy.most_kwh is not None:
        of_pool = kwh
    elif policy.most_carbon_kg is not None:
        of_pool = kwh * carbon_kg_per_kwh(instance)
    elif policy.most_gpu_hours is not None:
        of_pool = _work_units(instance, plan, policy) * unit * hours
    else:
        of_pool = np.zeros_like(kwh)
        for term in policy.terms or ():
            if term == "energy":
                of_pool = of_pool + kwh * kwh_prices(instance)
            elif term == "carbon":
                of_pool = of_pool + kwh * carbon_usd_per_kwh(instance)
            elif term == "usage_fees":
                of_pool = of_pool + held_units(instance, plan) * unit * hours * paid_by_use(instance)
            elif term == "sublets":
                of_pool = of_pool - sublet_units(instance, plan) * unit * hours * let_prices(instance)
    amount = slot_sums(of_pool[pools_of(instance, policy)].sum(axis=0)[None], slot)[0]
    if "fixed_fees" in (policy.terms or ()):
        amount = amount + fees_of_contracts(instance, plan).sum()
    if "capex" in (policy.terms or ()):
        by_block = paid_by_block(instance, plan)
        amount = amount + np.bincount(slot[:: instance.calendar.band_count], by_block, len(amount))
    if "take_or_pay" in (policy.terms or ()):
        amount = amount + take_or_pay.owed_by_plan(instance, plan, np.ones(len(hours)))
    return np.asarray(amount, dtype=np.float64)


def _work_units(instance: Instance, plan: Plan, policy: Budget) -> Floats:
    """Units that the gangs, replicas and batch work of the tenants named hold in each pool, [Q, P]."""
    runs, places, table = plan.runs, plan.places, plan.replicas
    tenants, services = list(instance.tenants), list(instance.services)
    if policy.tenants is None:
        job, service = np.ones(len(instance.jobs)), np.ones(len(services))
    else:
        theirs = [stream.service for stream in instance.streams.values() if stream.tenant in policy.tenants]
        job = np.array([float(tenants[t] in policy.tenants) for t in instance.jobs.tenant.tolist()])
        service = np.array([float(name in theirs) for name in services])
    total = during_runs(
        instance, plan, places.run, places.island, places.units * job[runs.job[places.run]], len(instance.island_pool)
    )
    np.add.at(total, (table.island, table.period), table.units * service[table.service])
    owner = np.array([job.tenant for job in instance.batch_jobs.values()], dtype=str)[batch_jobs_of(instance, plan)]
    counts = None if policy.tenants is None else np.asarray(np.isin(owner, policy.tenants))
    return np.asarray(by_pool(instance, total) + batch_units(instance, plan, counts), dtype=np.float64)


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None: it forbids, and costs nothing itself."""
    return no_costs()
