"""Law 7, quota: a tenant's GPUs stay within its quota and what it borrows; what is lent can be taken back in the next block.

    held by t  +  lent by t     <=  quota of t + borrowed by t                        for every quota of t and every period
    lent by t  <=  lend_gpus,      borrowed by t  <=  borrow_gpus
    held by gangs of t in blocks after their first, unless reclaimable  <=  quota of t         where t may borrow
    cost = GPU-hours borrowed x the borrower's price / its priority

GPUs are those of the units that jobs, batch jobs and replicas on the quota of t hold. At the start of a block lenders may take all
back; what then goes on from the block before, and may not be stopped, has to find its own quota.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.quotas import EVERY, QuotaCase, may_borrow
from placement.plan import Plan, Violation
from placement.program import Bools, Floats, Ints
from placement.rules.pool_use import charge, held_gpus
from placement.rules.reading import batch_jobs_of, batch_units, broken, by_pool, during_runs, excess, level_and_term

NAME = "quota"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """For each quota a row of what it holds, lends and borrows; and what it lends, borrows, and cannot give back."""
    held, gangs, replicas, borrow = held_gpus(instance, activities), activities.gangs, activities.replicas, activities.borrowing
    services = service_quotas(instance)
    for n, case in enumerate(instance.quota_cases):
        name = case_name(instance, case)
        row = int(builder.add_resources([f"quota {name}"], "GPUs", case.gpus)[0])
        mine = replace(
            held,
            gangs=held.gangs * (instance.jobs.quota == case.tenant)[gangs.job[gangs.share_row]],
            replicas=held.replicas * (services == case.tenant)[replicas.service],
            let=np.zeros_like(held.let),
            batch=held.batch * (activities.batch.tenant == case.tenant),
        )
        charge(instance, builder, activities, row, mine, case.pools[:, None])
        taken, given = borrow.option[borrow.quota == n], borrow.option[borrow.lender == n]
        builder.add_rates(taken, row, -1.0)
        builder.add_rates(given, row, 1.0)
        if len(given):
            lent = builder.add_resources([f"lent by {name}"], "GPUs", case.lend_gpus)
            builder.add_rates(given, lent[0], 1.0)
        if len(taken) and np.isfinite(case.borrow_gpus).all():
            most = builder.add_resources([f"borrowed by {name}"], "GPUs", case.borrow_gpus)
            builder.add_rates(taken, most[0], 1.0)
        if len(taken):
            _kept(instance, builder, activities, case, name)
    usd = np.array([instance.quota_cases[b].usd_per_gpu_hour for b in borrow.quota.tolist()], dtype=np.float64)
    paid = np.flatnonzero(usd > 0)
    worth = builder.profile(instance.present_hours)
    builder.add_charges(borrow.option[paid], *level_and_term("borrowing"), usd[paid], table=worth)


def _kept(instance: Instance, builder: Builder, activities: Activities, case: QuotaCase, name: str) -> None:
    """What gangs hold in the blocks after their first finds the tenant's own quota."""
    gangs, jobs = activities.gangs, instance.jobs
    island, row = gangs.share_island, gangs.share_row
    job = gangs.job[row]
    mine = np.flatnonzero((jobs.quota == case.tenant)[job] & ~jobs.reclaimable[job] & case.pools[instance.island_pool[island]])
    own = int(builder.add_resources([f"own quota {name}"], "GPUs", case.gpus)[0])
    gpus = gangs.share_units[mine] * instance.unit_gpus[instance.island_pool[island[mine]]]
    held = builder.profile_of_paces(jobs.paces)[jobs.pace[job[mine]]]
    start, end = gangs.window(row[mine])
    builder.add_rates(gangs.option[row[mine]], own, gpus.astype(np.float64), start=(start[0], 1), end=end, profile=held)


def case_name(instance: Instance, case: QuotaCase) -> str:
    """For people: the tenant, and the type of accelerator that its quota is on."""
    tenant = list(instance.tenants)[case.tenant]
    return tenant if case.accelerator == EVERY else f"{tenant} on {case.accelerator}"


def service_quotas(instance: Instance) -> Ints:
    """Tenant on whose quota the replicas of each service count, -1 for none, [services]."""
    position = {name: t for t, name in enumerate(instance.tenants)}
    stated = [service.quota for service in instance.services.values()]
    return np.array([-1 if name is None else position[name] for name in stated], dtype=np.int64)


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Quotas that hold, lend or borrow too much, or could not give back; borrowing from who does not lend."""
    found, table, cases = [], plan.borrowing, instance.quota_cases
    lent, borrowed = np.zeros((len(cases), instance.calendar.period_count)), np.zeros((len(cases), instance.calendar.period_count))
    np.add.at(lent, (table.lender, table.period), table.gpus)
    np.add.at(borrowed, (table.quota, table.period), table.gpus)
    for n in range(len(table.gpus)):
        borrower, lender = cases[table.quota[n]], cases[table.lender[n]]
        name, when = case_name(instance, borrower), instance.calendar.period_name(int(table.period[n]))
        if not may_borrow(borrower, lender):
            text = f"borrows from {case_name(instance, lender)}, which is not of its cohort, or on other accelerators"
            found.append(broken(NAME, name, text, float(table.gpus[n]), "GPUs", when))
        if table.gpus[n] < 0:
            found.append(broken(NAME, name, "borrows less than nothing", -float(table.gpus[n]), "GPUs", when))
    for n, case in enumerate(cases):
        names, use = [case_name(instance, case)], used_gpus(instance, plan, case)[None]
        own, none = case.gpus[None], np.zeros((1, len(case.gpus)))
        out, into = lent[n][None], borrowed[n][None]
        what = "holds and lends, less what it borrows,"
        found += excess(NAME, "GPUs", names, use + out - into, own, instance, what, use + out + into)
        found += excess(NAME, "GPUs", names, out, case.lend_gpus[None], instance, "lends")
        if np.isfinite(case.borrow_gpus).all():
            found += excess(NAME, "GPUs", names, into, case.borrow_gpus[None], instance, "borrows")
        if any(may_borrow(case, other) for other in cases):
            kept = used_gpus(instance, plan, case, after_first_block=True)[None]
            what = "cannot give back, of gangs that go on from the block before,"
            found += excess(NAME, "GPUs", names, np.maximum(kept, none), own, instance, what)
    return found


def used_gpus(instance: Instance, plan: Plan, case: QuotaCase, *, after_first_block: bool = False) -> Floats:
    """GPUs of units that count on a quota, [P]; ``after_first_block``: of gangs that began earlier and may not be stopped."""
    jobs, places, runs, table = instance.jobs, plan.places, plan.runs, plan.replicas
    counts: Bools = jobs.quota == case.tenant
    if after_first_block:
        counts = counts & ~jobs.reclaimable
        runs = replace(runs, start_block=runs.start_block + 1)
    units = np.where(counts[runs.job[places.run]], places.units, 0).astype(np.float64)
    total = during_runs(instance, replace(plan, runs=runs), places.run, places.island, units, len(instance.island_pool))
    if not after_first_block:
        on_quota = np.array([name == list(instance.tenants)[case.tenant] for name in _stated(instance)], dtype=np.float64)
        np.add.at(total, (table.island, table.period), table.units * on_quota[table.service])
    units_by_pool = by_pool(instance, total)
    if not after_first_block:
        owner = np.array([job.tenant for job in instance.batch_jobs.values()], dtype=str)[batch_jobs_of(instance, plan)]
        units_by_pool = units_by_pool + batch_units(instance, plan, owner == list(instance.tenants)[case.tenant])
    return np.asarray((units_by_pool * instance.unit_gpus[:, None])[case.pools].sum(axis=0), dtype=np.float64)


def _stated(instance: Instance) -> list[str | None]:
    return [service.quota for service in instance.services.values()]


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """borrowing: GPU-hours borrowed, at the price of who borrows them."""
    table = plan.borrowing
    usd = np.array([case.usd_per_gpu_hour for case in instance.quota_cases], dtype=np.float64)
    return {"borrowing": float(np.sum(table.gpus * instance.present_hours[table.period] * usd[table.quota]))}
