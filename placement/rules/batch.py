"""Law 1, batch: the work of each batch job is finished inside its window, or left unfinished at its price; none of a must job is.

    sum over ways w, pools q, periods p of GPUs(w, q, p) x hours(p) x pace(q, p) / GPU-hours(w)  +  share unfinished  =  1
    min GPUs  <=  sum over ways and pools of GPUs(w, q, p)  <=  max GPUs            in every period, or none at all
    cost = -value x share done, by the period in which it is + (unfinished price + weight of a promise) x share unfinished

Batch work serves (evals, data generation, rollouts), in the power and at the speed of that. It takes accelerators of allocation
units that are free, and batch jobs may share these: figures need not be whole, and are means over the period. Since gangs, replicas
and what is let take whole units, what these leave free can always be filled, wherever it lies. Its pace is the availability of
spot capacity, and less at grid events by the flexibility of its tenant. Where the tenant is refused nothing is done, nor owed.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import FEASIBILITY_TOLERANCE, Floats, Ints
from placement.rules.reading import batch_gpus_by_job, broken, level_and_term

NAME = "batch"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """A row of work for each job, in GPU-hours of its first accelerator, and rows of the accelerators that it may work on."""
    options, jobs, refusals = activities.batch, list(instance.batch_jobs.values()), activities.refusals
    at_end = instance.discount_at

    def profiles(rows: Floats) -> Ints:
        return np.array([builder.profile(row) for row in rows], dtype=np.int64)

    for j, job in enumerate(jobs):
        mine, all_of_it = np.flatnonzero(options.job == j), job.gpu_hours
        row = builder.add_budgets([f"work of {job.id}"], "GPU-hours", all_of_it, equality=True)
        each = options.gpus[mine] / options.gpu_hours[mine]
        builder.add_rates(options.option[mine], row[0], each * all_of_it, profile=profiles(options.pace[mine]))
        earned = profiles(options.pace[mine] * instance.present_hours)
        builder.add_charges(options.option[mine], *level_and_term("batch_value"), -job.value_usd * each, table=earned)
        left = options.unfinished_option[options.unfinished_job == j]
        builder.add_rates(left, row[0], all_of_it, lump=True)
        end = float(at_end[job.blocks(instance.calendar).stop])
        builder.add_charges(left, *level_and_term("unfinished_work"), job.unfinished_usd * end)
        builder.add_charges(left, *level_and_term("promised_jobs"), job.weight_usd)
        refused = refusals.option[[list(instance.tenants)[t] == job.tenant for t in refusals.tenant]]
        builder.add_rates(refused, row[0], all_of_it, lump=True)

        most = _most_gpus(instance, options.pool[mine]) if isinstance(job.max_gpus, str) else float(job.max_gpus)
        active = options.active_option[options.active_job == j]
        if job.min_gpus is None and isinstance(job.max_gpus, str):
            continue
        top = builder.add_resources([f"most of {job.id} at once"], "GPUs", 0.0 if len(active) else most)
        builder.add_rates(options.option[mine], top[0], options.gpus[mine])
        builder.add_rates(active, top[0], -most)
        if len(active):
            least = builder.add_resources([f"least of {job.id} at once"], "GPUs", 0.0)
            builder.add_rates(options.option[mine], least[0], -options.gpus[mine])
            builder.add_rates(active, least[0], float(job.min_gpus or 0))


def _most_gpus(instance: Instance, pool: Ints) -> float:
    """Accelerators that some pools ever have together."""
    return float(instance.pool_online_gpus[np.unique(pool)].sum(axis=0).max(initial=0))


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Batch jobs that are done too little or too much, too early or too late, on too few or too many, or where they may not be."""
    found, done, left = _misplaced(instance, plan), _done_shares(instance, plan), _shares_left(instance, plan)
    at_once, refused = batch_gpus_by_job(instance, plan), [list(instance.tenants)[t] for t in plan.refusals.tenant]
    for j, (name, job) in enumerate(instance.batch_jobs.items()):
        share = float(done[j].sum())
        wrong, slack = share + left[j] - (1.0 - refused.count(job.tenant)), FEASIBILITY_TOLERANCE / min(1.0, job.gpu_hours)
        if abs(wrong) > slack * max(1.0, share + abs(left[j])):
            hours = abs(wrong) * job.gpu_hours
            text = f"{share:.6g} of its work is done and {left[j]:.6g} said to be left, which is not all of it just once"
            if job.tenant in refused:
                text = f"{share:.6g} of its work is done and {left[j]:.6g} said to be left, though its tenant is refused"
            found.append(broken(NAME, name, text, float(hours), "GPU-hours"))
        if not -FEASIBILITY_TOLERANCE <= left[j] <= 1 + FEASIBILITY_TOLERANCE:
            found.append(broken(NAME, name, f"a share of {left[j]:.6g} is said to be left", float(max(-left[j], left[j] - 1.0))))
        if job.commitment == "must" and left[j] > FEASIBILITY_TOLERANCE:
            text = f"must be finished, and {left[j]:.6g} of it is not"
            found.append(broken(NAME, name, text, float(left[j]) * job.gpu_hours, "GPU-hours"))
        found += _numbers(instance, name, at_once[j])
    return found


def _numbers(instance: Instance, name: str, gpus: Floats) -> list[Violation]:
    """Periods in which a job works on more accelerators than it may, or on fewer than it needs."""
    found, job = [], instance.batch_jobs[name]
    most = np.inf if isinstance(job.max_gpus, str) else float(job.max_gpus)
    least, works = float(job.min_gpus or 0), gpus > FEASIBILITY_TOLERANCE
    for wrong, against, what in ((gpus - most, most, "at most"), ((least - gpus) * works, least, "none or at least")):
        for p in np.flatnonzero(wrong > FEASIBILITY_TOLERANCE * np.maximum(1.0, np.maximum(gpus, least))).tolist():
            text = f"works on {gpus[p]:.6g} GPUs, which may be {what} {against:,.6g}"
            found.append(broken(NAME, name, text, float(wrong[p]), "GPUs", instance.calendar.period_name(p)))
    return found


def _misplaced(instance: Instance, plan: Plan) -> list[Violation]:
    """Rows of batch work in pools, at sites or in periods that its job excludes, and of less than nothing."""
    table, found, bands = plan.batch, [], instance.calendar.band_count
    pools, jobs, tenants = list(instance.pools.values()), list(instance.batch_jobs.values()), list(instance.tenants.values())
    for n, q, p, gpus in zip(table.case.tolist(), table.pool.tolist(), table.period.tolist(), table.gpus.tolist(), strict=True):
        case, pool, when = instance.batch_cases[n], pools[q], instance.calendar.period_name(p)
        job = jobs[case.job]
        residency = next(tenant.residency for tenant in tenants if tenant.id == job.tenant)
        if gpus < 0:
            found.append(broken(NAME, job.id, f"works on {gpus:.6g} GPUs", -gpus, "GPUs", when))
        if case.accelerator != pool.accelerator or (job.pools is not None and pool.id not in job.pools):
            found.append(broken(NAME, job.id, f"its work on {case.accelerator} may not be done in pool {pool.id}", 1.0, "", when))
        if residency is not None and instance.sites[pool.site].jurisdiction not in residency:
            text = f"pool {pool.id} lies in a jurisdiction that its tenant excludes"
            found.append(broken(NAME, job.id, text, 1.0, "", when))
        if p // bands not in job.blocks(instance.calendar):
            found.append(broken(NAME, job.id, "works outside of its window", gpus, "GPUs", when))
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """batch_value of what is done, unfinished_work and promised_jobs of what is not."""
    jobs, done, left = list(instance.batch_jobs.values()), _done_shares(instance, plan), _shares_left(instance, plan)
    value = sum(job.value_usd * float(row @ instance.discount) for job, row in zip(jobs, done, strict=True))
    owed = weight = 0.0
    for job, share in zip(jobs, left.tolist(), strict=True):
        calendar = instance.calendar
        end = calendar.end if job.deadline_date is None else min(job.deadline_date, calendar.end)
        edge = max(b for b, day in enumerate(calendar.block_starts) if day <= end)
        owed += job.unfinished_usd * share * float(instance.discount_at[edge])
        weight += job.weight_usd * share
    return {"batch_value": -value, "unfinished_work": owed, "promised_jobs": weight}


def _done_shares(instance: Instance, plan: Plan) -> Floats:
    """Share of each batch job that is done in each period, [batch jobs, P]."""
    table, hours = plan.batch, instance.calendar.hours
    share = {name: tenant.flexibility_share for name, tenant in instance.tenants.items()}
    ways = instance.batch_cases
    job = np.array([case.job for case in ways], dtype=np.int64)
    per_hour = np.array([1.0 / case.gpu_hours for case in ways])
    gives = np.array([share[noun.tenant] for noun in instance.batch_jobs.values()])
    limited = np.zeros(len(table.case))
    for case in instance.grid_events:
        limited += case.hours[table.period] * case.below[table.pool]
    total = np.zeros((len(instance.batch_jobs), len(hours)))
    if len(table.case):
        worked = hours[table.period] - gives[job[table.case]] * np.minimum(limited, hours[table.period])
        made = table.gpus * worked * per_hour[table.case] * instance.availability[table.pool]
        np.add.at(total, (job[table.case], table.period), made)
    return total


def _shares_left(instance: Instance, plan: Plan) -> Floats:
    """Share of each batch job that a plan says is left, [batch jobs]."""
    return np.bincount(plan.unfinished.job, plan.unfinished.share, len(instance.batch_jobs)).astype(np.float64)
