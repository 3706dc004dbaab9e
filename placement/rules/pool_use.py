"""What options hold and draw, charged on one resource at a weight for each pool: shares and budgets are such sums.

    use of the resource in period p = sum over pools q of weight(q, p) x (GPUs held, or facility kW drawn, in q and p)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from placement.activities import Activities
from placement.activities.replicas import flexibility
from placement.activities.terms import contract_of_pools, firm
from placement.builder import Builder
from placement.instance import Instance
from placement.program import Floats
from placement.rules.power import batch_kw, gang_kw, idle_each_kw, idle_kw, let_kw, replica_kw, unit_let_kw
from placement.rules.reading import pue_of_pools


@dataclass(frozen=True)
class Amounts:
    """By row of ``Gangs.share_row``, by option of replicas, by option of sublets, and by option of batch work."""

    gangs: Floats
    replicas: Floats
    let: Floats
    batch: Floats


def held_gpus(instance: Instance, activities: Activities) -> Amounts:
    """GPUs of the units that gangs, replicas and batch work hold and that are let."""
    gangs, replicas, let = activities.gangs, activities.replicas, activities.sublets
    unit = instance.unit_gpus.astype(np.float64)
    return Amounts(
        gangs.share_units * unit[instance.island_pool[gangs.share_island]], replicas.units * unit[replicas.pool], unit[let.pool],
        activities.batch.gpus,
    )  # fmt: skip


def running_kw(instance: Instance, activities: Activities) -> Amounts:
    """Facility kW, idle draw included, of the GPUs on which gangs, replicas and batch work run."""
    nothing = np.zeros(len(instance.pools))
    return Amounts(
        gang_kw(instance, activities.gangs, nothing),
        replica_kw(instance, activities.replicas, nothing),
        np.zeros(len(activities.sublets.option)),
        batch_kw(instance, activities.batch, nothing),
    )


def drawn_kw(instance: Instance, activities: Activities) -> Amounts:
    """Facility kW that these draw above idle, and that what is let does; ``charge_standing`` charges the idle draw."""
    idle = idle_each_kw(instance)
    gangs, replicas = gang_kw(instance, activities.gangs, idle), replica_kw(instance, activities.replicas, idle)
    return Amounts(
        gangs, replicas, unit_let_kw(instance)[activities.sublets.pool], batch_kw(instance, activities.batch, idle)
    )


def least_kw(instance: Instance, activities: Activities) -> Amounts:
    """Facility kW of these when what is flexible gives way and what stands idle is off: what is let does not give way.

    A gang or replica whose speed falls by a share draws as much less of what it draws above idle.
    """
    running, above_idle = running_kw(instance, activities), drawn_kw(instance, activities)
    gangs, replicas, let = activities.gangs, activities.replicas, activities.sublets
    tenant = np.array([tenant.flexibility_share for tenant in instance.tenants.values()])
    job, service = tenant[instance.jobs.tenant], flexibility(instance)
    let_each = instance.unit_gpus * let_kw(instance) * pue_of_pools(instance)
    return Amounts(
        running.gangs - job[gangs.job[gangs.share_row]] * above_idle.gangs,
        running.replicas - service[replicas.service] * above_idle.replicas,
        let_each[let.pool],
        running.batch - tenant[activities.batch.tenant] * above_idle.batch,
    )


def standing_kw(instance: Instance) -> Floats:
    """Facility kW with nothing running of the pools whose contract is not decided, [Q, P]."""
    return firm(instance, idle_kw(instance), np.arange(len(instance.pools)))


def charge_standing(instance: Instance, builder: Builder, activities: Activities, resource: int, weight: Floats) -> None:
    """Write rates of the idle draw that the terms of decided contracts bring, times the weight of its pool."""
    kw, contract = idle_kw(instance) * weight, contract_of_pools(instance)
    activities.terms.supply(builder, np.full(len(contract), resource), contract, kw, sign=1.0)


def charge(
    instance: Instance, builder: Builder, activities: Activities, resource: int, amounts: Amounts, weight: ArrayLike
) -> None:
    """Write rates of amounts times the weight of their pool, which broadcasts to [Q, P]."""
    gangs, replicas, let, jobs = activities.gangs, activities.replicas, activities.sublets, instance.jobs
    weights = np.broadcast_to(np.asarray(weight, dtype=np.float64), (len(instance.pools), instance.calendar.period_count))
    batch = activities.batch
    option = np.concatenate([gangs.option[gangs.share_row], replicas.option, let.option, batch.option])
    pool = np.concatenate([instance.island_pool[gangs.share_island], replicas.pool, let.pool, batch.pool])
    # Row 0 of paces is full speed in every band, which is how replicas, sublets and batch work hold what they hold.
    pace = np.zeros(len(option), dtype=np.int64)
    pace[: len(gangs.share_row)] = jobs.pace[gangs.job[gangs.share_row]]
    amount = np.concatenate([amounts.gangs, amounts.replicas, amounts.let, amounts.batch])
    keys, at = np.unique(pool * len(jobs.paces) + pace, return_inverse=True)
    holds = np.tile(jobs.paces > 0, instance.calendar.blocks)
    factors = weights[keys // len(jobs.paces)] * holds[keys % len(jobs.paces)]
    profile = np.array([builder.profile(row) if row.any() else -1 for row in factors], dtype=np.int64)[at.reshape(-1)]
    some = (profile >= 0) & (amount != 0)
    start, end = gangs.window(np.concatenate([gangs.share_row, np.zeros(len(option) - len(gangs.share_row), dtype=np.int64)])[some])
    builder.add_rates(option[some], resource, amount[some], start=start, end=end, profile=profile[some])
