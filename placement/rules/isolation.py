"""Isolation of tenants: where one that is kept apart holds anything, nobody else holds anything in that period.

A place is a pool, or all pools of a site, as the tenant says. For each such tenant and place, with r = 1 where it is reserved and
M the most units there are,

    units that the tenant holds there  <=  M r            units that others hold there  <=  M (1 - r)

A service belongs to the tenant that alone it serves. What is let is held by others. Backups count as held, whichever loss they are
for.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.activities.isolation import service_tenants
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import FEASIBILITY_TOLERANCE, Bools, Floats
from placement.rules.capacity import most_units
from placement.rules.reading import backup_units, batch_jobs_of, batch_units, broken, by_pool, during_runs, no_costs, sublet_units

NAME = "isolation"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """Two rows for each tenant that is kept apart and place: what it holds there, and what the others do."""
    reserve, jobs = activities.isolation, instance.jobs
    if not len(reserve.option):
        return
    gangs, replicas, sublets, backups = activities.gangs, activities.replicas, activities.sublets, activities.backups
    held = builder.profile_of_paces(jobs.paces)[jobs.pace]
    row, backup_pool = gangs.share_row, instance.island_pool[backups.island]
    batch = activities.batch
    option = np.concatenate([gangs.option[row], replicas.option, sublets.option, backups.option, batch.option])
    pool = np.concatenate([instance.island_pool[gangs.share_island], replicas.pool, sublets.pool, backup_pool, batch.pool])
    nobody = np.full(len(sublets.option), -1, dtype=np.int64)
    owner = np.concatenate(
        [
            jobs.tenant[gangs.job[row]], service_tenants(instance)[replicas.service], nobody, jobs.tenant[backups.job],
            batch.tenant,
        ]
    )  # fmt: skip
    let, shared = np.ones(len(sublets.option)), np.ones(len(batch.option))
    units = np.concatenate([gangs.share_units, replicas.units, let, gangs.units[backups.gang], shared])
    share = np.concatenate([row, np.zeros(len(option) - len(row), dtype=np.int64)])
    plain = np.zeros(len(replicas.option) + len(sublets.option), dtype=np.int64)
    profile = np.concatenate([held[gangs.job[row]], plain, held[backups.job], np.zeros(len(batch.option), dtype=np.int64)])
    # Backups of different losses may lie on the same units.
    most = by_pool(instance, (most_units(instance) + instance.excess_units).astype(np.float64)) * (1 + len(instance.loss_cases))
    tenants = list(instance.tenants)
    for n, (t, pools) in enumerate(zip(reserve.tenant.tolist(), reserve.pools, strict=True)):
        name, room = _place(instance, t, pools), pools.astype(np.float64) @ most
        if not room.any():
            continue
        here = pools[pool]
        mine, theirs = np.flatnonzero(here & (owner == t)), np.flatnonzero(here & (owner != t))
        rows = builder.add_resources([f"{tenants[t]} in {name}", f"others in {name}"], "units", np.stack([0.0 * room, room]))
        for which, r in ((mine, rows[0]), (theirs, rows[1])):
            start, end = gangs.window(share[which])
            builder.add_rates(option[which], r, units[which], start=start, end=end, profile=profile[which])
        for r, sign in zip(rows.tolist(), (-1.0, 1.0), strict=True):
            builder.add_rates(reserve.option[n : n + 1], r, sign, profile=builder.profile(room))


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Periods in which a tenant that is kept apart shares a place with others."""
    found = []
    for t, tenant in enumerate(instance.tenants.values()):
        if tenant.isolation is None:
            continue
        mine, others = _held_by(instance, plan, t)
        for place in np.unique(instance.pool_site) if tenant.isolation == "site" else range(len(instance.pools)):
            pools = instance.pool_site == place if tenant.isolation == "site" else np.arange(len(instance.pools)) == place
            together = np.minimum(mine[pools].sum(axis=0), others[pools].sum(axis=0))
            for period in np.flatnonzero(together > FEASIBILITY_TOLERANCE).tolist():
                text = f"shares {_place(instance, t, pools)} with others"
                when = instance.calendar.period_name(period)
                found.append(broken(NAME, tenant.id, text, float(together[period]), "units", when))
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None."""
    return no_costs()


def _held_by(instance: Instance, plan: Plan, tenant: int) -> tuple[Floats, Floats]:
    """Units in each pool that a tenant holds, and that all others do, [Q, P] both."""
    jobs, places, table, backups = instance.jobs, plan.places, plan.replicas, plan.backups
    name = list(instance.tenants)[tenant]
    served = {s: {stream.tenant for stream in instance.streams.values() if stream.service == s} for s in instance.services}
    of_service = np.array([served[s] == {name} for s in instance.services], dtype=np.bool_)
    held = []
    for mine in (True, False):
        run = np.flatnonzero((jobs.tenant[plan.runs.job[places.run]] == tenant) == mine)
        units = during_runs(
            instance, plan, places.run[run], places.island[run], places.units[run].astype(np.float64), len(instance.island_pool)
        )
        units += backup_units(instance, plan, (jobs.tenant[backups.job] == tenant) == mine)
        row = of_service[table.service] == mine
        np.add.at(units, (table.island[row], table.period[row]), table.units[row])
        of_batch = [(job.tenant == name) == mine for job in instance.batch_jobs.values()]
        working = np.array(of_batch, dtype=np.bool_)[batch_jobs_of(instance, plan)]
        held.append(by_pool(instance, units) + batch_units(instance, plan, working))
    return held[0], held[1] + sublet_units(instance, plan)


def _place(instance: Instance, tenant: int, pools: Bools) -> str:
    q = int(np.argmax(pools))
    if list(instance.tenants.values())[tenant].isolation == "site":
        return f"site {list(instance.sites)[int(instance.pool_site[q])]}"
    return f"pool {list(instance.pools)[q]}"
