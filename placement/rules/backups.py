"""Backups: after any one loss that says so, every must job that it hits has another place, held for it among what remains.

    starts in block b of job j on anything lost  <=  backups of j for the loss that start in b
    units held, let and down + backups for the loss  <=  units usable      in every pool, and island, that the loss leaves

A job is hit where any of its islands is lost, or any link between them cut. Its backup stands on one island of a pool that is left,
in any shape of the job that fits there, from the same block on and inside the same window, where its data and checkpoint can be by
then. Everything else stays where it is, but replicas that are no larger than a unit, which may move within their pool. Only one
loss happens: backups of different losses may share units.

    sum over what runs in pools left below feed f, and over backups there, of PUE x (kW - flexibility share x (kW - idle kW))
        <=  limit of f                                                                 in every period, after every loss

and the same over IT kW where cooling is limited. As for second feeds, what is flexible gives way, what stands idle is turned off,
reserves may be used, but not what is not firm; pools lost draw nothing. Backups reserve no room on links.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement.activities import Activities
from placement.activities.backups import gangs_hit, jobs_to_survive
from placement.activities.terms import firm
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.demand import SPANS
from placement.instance.moves import path_of_load
from placement.plan import Plan, Runs, Violation
from placement.program import Bools, Floats, Ints
from placement.rules.assignment import needed_end
from placement.rules.capacity import charge_units, most_units, usable_units
from placement.rules.cooling import cooled_kw, cooled_places, pools_inside
from placement.rules.pool_use import charge, least_kw
from placement.rules.power import (
    bring_power,
    dated_power_kw,
    idle_each_kw,
    least_facility_kw,
    most_kw,
    pools_below,
    power_brought_kw,
    training_kw,
)
from placement.rules.reading import (
    backup_units,
    batch_units,
    broken,
    by_pool,
    during_runs,
    events_above,
    excess,
    gang_units,
    no_costs,
    online_units,
    overrun_by_pool,
    overrun_units,
    pue_of_pools,
    replica_units,
    sublet_units,
    units_down,
)

NAME = "backups"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """For each loss: its own rows of units in the pools where backups can stand, and who needs one from when on."""
    options, gangs, jobs = activities.backups, activities.gangs, instance.jobs
    held = builder.profile_of_paces(jobs.paces)[jobs.pace]
    for k, case in enumerate(instance.loss_cases):
        wanted = np.flatnonzero(jobs_to_survive(instance, k))
        if not len(wanted):
            continue
        need = np.full(len(jobs), -1, dtype=np.int64)
        need[wanted] = builder.add_resources([f"backup of {jobs.id[j]} after {case.name}" for j in wanted], "starts", 0.0)
        hit = gangs_hit(instance, gangs, k)
        hit = hit[need[gangs.job[hit]] >= 0]
        builder.add_rates(gangs.option[hit], need[gangs.job[hit]], 1.0, lump=True)
        mine = np.flatnonzero(options.case == k)
        job, island = options.job[mine], options.island[mine]
        group = np.full(len(jobs), -1, dtype=np.int64)
        group[wanted] = builder.add_groups([f"backup of {jobs.id[j]} after {case.name}" for j in wanted], must=False)
        builder.join(options.option[mine], group[job])
        builder.add_rates(options.option[mine], need[job], -1.0, lump=True)

        pools = np.isin(np.arange(len(instance.pools)), instance.island_pool[island])
        pool, of_island = _rows_after(instance, builder, case.name, pools)
        charge_units(instance, builder, activities, pool, of_island, pools)
        units, profile = gangs.units[options.gang[mine]], held[job]
        builder.add_rates(options.option[mine], pool[instance.island_pool[island]], units, profile=profile)
        stepping = gangs.copies[options.gang[mine]] > 1
        builder.add_rates(options.option[mine], of_island[island], units, profile=profile, step=stepping)
        _power_after(instance, builder, activities, k, mine, profile)


def _power_after(instance: Instance, builder: Builder, activities: Activities, k: int, mine: Ints, profile: Ints) -> None:
    """For feeds, and what limits cooling, above pools where backups of a loss can stand, or that carry more after it."""
    options, gangs, case, pue = activities.backups, activities.gangs, instance.loss_cases[k], pue_of_pools(instance)
    pools, after = list(instance.pools.values()), [() if case.off[q] else path for q, path in enumerate(_paths_after(instance, k))]
    before, left, dated = pools_below(instance), least_kw(instance, activities), dated_power_kw(instance)
    pool, gang = instance.island_pool[options.island[mine]], options.gang[mine]
    flexible = np.array([tenant.flexibility_share for tenant in instance.tenants.values()])[instance.jobs.tenant[gangs.job[gang]]]
    running, idle = training_kw(instance)[gangs.shape[gang]], idle_each_kw(instance)[pool]
    kw = instance.jobs.shapes.gpus[gangs.shape[gang]] * (running - flexible * (running - idle)) * pue[pool]

    drawn = most_kw(instance)

    def limit(name: str, most: Floats, weight: Floats) -> int | None:
        if np.all(weight @ drawn <= most):  # Units alone see to that.
            return None
        row = int(builder.add_resources([f"{name} after {case.name}"], "kW", most)[0])
        charge(instance, builder, activities, row, left, weight[:, None])
        some = weight[pool] > 0
        builder.add_rates(options.option[mine][some], row, (kw * weight[pool])[some], profile=profile[some])
        return row

    stand = np.isin(np.arange(len(pools)), pool)
    for f, (name, feed) in enumerate(instance.feeds.items()):
        carried = np.array([name in path for path in after], dtype=np.float64)
        if feed.limit_kw != "unlimited" and (np.any(stand & (carried > 0)) or np.any(carried > before[f])):
            row = limit(f"feed {name}", instance.calendar.least(feed.limit_kw) + dated[f], carried)
            if row is not None:
                bring_power(instance, builder, activities, f, row, np.ones(instance.calendar.period_count, dtype=np.bool_))
    for name, most, inside in zip(cooled_places(instance), cooled_kw(instance), pools_inside(instance), strict=True):
        if np.isfinite(most).all() and np.any(stand & (inside > 0)):
            limit(f"cooling {name}", most, inside * ~case.off / pue)


def _paths_after(instance: Instance, k: int) -> list[tuple[str, ...]]:
    """Feeds that carry each pool after a loss, those that are off included."""
    return [instance.feeds_without(pool, instance.loss_cases[k].feeds) or () for pool in instance.pools.values()]


def _rows_after(instance: Instance, builder: Builder, loss: str, pools: Bools) -> tuple[Ints, Ints]:
    """Rows of units of some pools and of their islands after a loss, [Q] and [I]; -1 for the others."""
    pool, island = np.full(len(instance.pools), -1, dtype=np.int64), np.full(len(instance.island_pool), -1, dtype=np.int64)
    q, i = np.flatnonzero(pools), np.flatnonzero(pools[instance.island_pool])
    names, usable = list(instance.pools), firm(instance, usable_units(instance)[q], q)
    pool[q] = builder.add_resources([f"pool {names[n]} after {loss}" for n in q], "units", usable)
    island[i] = builder.add_resources(
        [f"island {instance.island_names[n]} after {loss}" for n in i], "units",
        firm(instance, most_units(instance)[i], instance.island_pool[i]),
    )  # fmt: skip
    return pool, island


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Must jobs that a loss would end, backups where or when the job could not run, and units that are not there for them."""
    found: list[Violation] = []
    for k, case in enumerate(instance.loss_cases):
        mine = plan.backups.case == k
        if case.loss.jobs == "must":
            found += _unprotected(instance, plan, k)
            found += _overdrawn(instance, plan, k, mine)
        if mine.any():
            found += _crowded(instance, plan, k, mine)
    return found + _misplaced(instance, plan)


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None: what stands ready costs what it keeps from being used."""
    return no_costs()


def _unprotected(instance: Instance, plan: Plan, k: int) -> list[Violation]:
    jobs, runs, table, case = instance.jobs, plan.runs, plan.backups, instance.loss_cases[k]
    tenants, found = list(instance.tenants), []
    cut = [n for n, link in enumerate(instance.links) if link in case.links]
    on_lost, over_cut = case.lost[instance.island_pool[plan.places.island]], np.isin(plan.paths.link, cut)
    for run in np.unique(np.concatenate([plan.places.run[on_lost], plan.paths.run[over_cut]])).tolist():
        j = int(runs.job[run])
        covered = case.loss.tenants is None or tenants[jobs.tenant[j]] in case.loss.tenants
        if not covered or not jobs.is_commitment("must")[j]:
            continue
        mine = (table.case == k) & (table.job == j)
        if not np.any(table.start_block[mine] == runs.start_block[run]):
            day = instance.calendar.block_starts[int(np.clip(runs.start_block[run], 0, instance.calendar.blocks))]
            found.append(broken(NAME, jobs.id[j], f"has no backup from {day} on after {case.name}", 1.0, "backups"))
    return found


def _crowded(instance: Instance, plan: Plan, k: int, mine: Bools) -> list[Violation]:
    """More units held after a loss than there are, in islands and in pools where its backups stand."""
    down, down_by_island = units_down(instance, plan)
    reserved = backup_units(instance, plan, mine)
    online = online_units(instance, plan) + overrun_units(instance, plan)
    fixed = gang_units(instance, plan) + _large_replica_units(instance, plan) + down_by_island + reserved
    islands = np.flatnonzero(reserved.any(axis=1))
    names = [f"{instance.island_names[i]} after {instance.loss_cases[k].name}" for i in islands]
    found = excess(NAME, "units", names, fixed[islands], online[islands], instance, "would hold")
    in_all = by_pool(instance, gang_units(instance, plan) + replica_units(instance, plan) + reserved)
    in_all = in_all + batch_units(instance, plan) + sublet_units(instance, plan) + down
    spare = np.array([pool.spare_share for pool in instance.pools.values()])[:, None]
    # Spares are a part of what is under contract; a pool whose contract is not in force holds nothing anyway.
    usable = by_pool(instance, online_units(instance, plan).astype(np.float64))
    usable = usable - np.ceil(np.round(spare * usable, 9))
    usable += by_pool(instance, overrun_units(instance, plan).astype(np.float64)) + overrun_by_pool(instance, plan)
    pools = np.flatnonzero(by_pool(instance, reserved).any(axis=1))
    names = [f"{list(instance.pools)[q]} after {instance.loss_cases[k].name}" for q in pools]
    return found + excess(NAME, "units", names, in_all[pools], usable[pools], instance, "would hold")


def _overdrawn(instance: Instance, plan: Plan, k: int, mine: Bools) -> list[Violation]:
    """Feeds that would draw, and places that would give off, more than they may after a loss, when backups run."""
    case, table, found = instance.loss_cases[k], plan.backups, []
    tenants, accelerators = list(instance.tenants.values()), list(instance.accelerators.values())
    rows = np.flatnonzero(mine)
    if not jobs_to_survive(instance, k).any():
        return []
    each = []
    for row in rows.tolist():
        shape, pool = int(table.shape[row]), instance.island_pool[table.island[row]]
        accelerator = accelerators[instance.pool_accelerator[pool]]
        above_idle = float(training_kw(instance)[shape]) - accelerator.idle_kw
        given = tenants[instance.jobs.tenant[table.job[row]]].flexibility_share * above_idle
        each.append(float(instance.jobs.shapes.gpus[shape]) * (accelerator.idle_kw + above_idle - given))
    as_runs = replace(plan, runs=Runs(table.job, table.shape, table.start_block, table.end_block))
    pools = list(instance.pools.values())
    of_backups = during_runs(instance, as_runs, rows, instance.island_pool[table.island[rows]], np.array(each), len(pools))
    pue = pue_of_pools(instance)[:, None]
    kw = np.where(case.off[:, None], 0.0, least_facility_kw(instance, plan) + of_backups * pue)
    brought = power_brought_kw(instance, plan)
    for f, (name, feed) in enumerate(instance.feeds.items()):
        if not isinstance(feed.limit_kw, str):
            there = [q for q, pool in enumerate(pools) if name in (instance.feeds_without(pool, case.feeds) or ())]
            limit = (instance.calendar.least(feed.limit_kw) + brought[f])[None]
            what = f"would draw, after {case.name},"
            found += excess(NAME, "kW", [name], kw[there].sum(axis=0)[None], limit, instance, what)
    for name, most in zip(cooled_places(instance), cooled_kw(instance), strict=True):
        there = [q for q, pool in enumerate(pools) if name in (pool.site, *(f"feed {feed}" for feed in instance.feeds_above(pool)))]
        if np.isfinite(most).all():
            what = f"would give off, after {case.name},"
            found += excess(NAME, "kW", [name], (kw / pue)[there].sum(axis=0)[None], most[None], instance, what)
    return found


def _large_replica_units(instance: Instance, plan: Plan) -> Floats:
    """Units in each island of replicas that are larger than one, [I, P]: they stay on their island."""
    table, services = plan.replicas, list(instance.services.values())
    unit = instance.unit_gpus[instance.island_pool[table.island]].tolist()
    each = [services[s].profiles[p].gpus_per_replica for s, p in zip(table.service.tolist(), table.profile.tolist(), strict=True)]
    large = np.array([gpus > size for gpus, size in zip(each, unit, strict=True)], dtype=np.bool_)
    total = np.zeros((len(instance.island_pool), instance.calendar.period_count))
    np.add.at(total, (table.island[large], table.period[large]), table.units[large])
    return total


def _misplaced(instance: Instance, plan: Plan) -> list[Violation]:
    """Backups that nobody asked for, or where, when or in a shape in which the job could not run."""
    jobs, table, found = instance.jobs, plan.backups, []
    above = events_above(instance, np.arange(len(table.job)), instance.island_pool[table.island], len(table.job))
    end = needed_end(instance, table.job, jobs.shapes.hours[table.shape].astype(np.float64), table.start_block, above)
    seen: set[tuple[int, int]] = set()
    for row, (k, j) in enumerate(zip(table.case.tolist(), table.job.tolist(), strict=True)):
        case, name = instance.loss_cases[k], f"{jobs.id[j]} after {instance.loss_cases[k].name}"
        if (k, j) in seen:
            found.append(broken(NAME, name, "has two backups", 1.0, "backups"))
        seen.add((k, j))
        tenant = list(instance.tenants)[jobs.tenant[j]]
        if case.loss.jobs != "must" or not (case.loss.tenants is None or tenant in case.loss.tenants):
            found.append(broken(NAME, name, "has a backup for a loss that asks for none"))
        if not jobs.is_commitment("must")[j]:
            found.append(broken(NAME, name, "has a backup, which only must jobs have"))
        for text in (*_wrong_place(instance, plan, row), *_wrong_time(instance, plan, row, int(end[row]))):
            found.append(broken(NAME, name, text))
    return found


def _wrong_place(instance: Instance, plan: Plan, row: int) -> list[str]:
    """What speaks against the island of a backup."""
    jobs, table = instance.jobs, plan.backups
    j, shape, island = int(table.job[row]), int(table.shape[row]), int(table.island[row])
    q, gpus = int(instance.island_pool[island]), int(jobs.shapes.gpus[shape])
    pool = list(instance.pools.values())[q]
    domain = instance.accelerators[pool.accelerator].scale_up_domain_gpus
    wrong = []
    if jobs.shapes.job[shape] != j or jobs.shapes.accelerator[shape] != instance.pool_accelerator[q]:
        wrong.append(f"its backup has no shape of the job for pool {pool.id}")
    if instance.loss_cases[int(table.case[row])].lost[q]:
        wrong.append(f"its backup stands in pool {pool.id}, which is lost too")
    if q not in jobs.pools[jobs.pool_offset[j] : jobs.pool_offset[j + 1]]:
        wrong.append(f"pool {pool.id} is not eligible for its backup")
    if not instance.may_run_at[jobs.tenant[j], instance.pool_site[q]]:
        wrong.append(f"its backup in pool {pool.id} lies in a jurisdiction that its tenant excludes")
    if instance.counts_domains[q]:
        wrong.append(f"pool {pool.id} counts whole domains, which takes no backups")
    if domain < jobs.scale_up_gpus[j] or (jobs.span[j] == SPANS.index("domain") and gpus > domain):
        wrong.append(f"the scale-up domains of pool {pool.id} are too small for its backup")
    return wrong


def _wrong_time(instance: Instance, plan: Plan, row: int, end: int) -> list[str]:
    """What speaks against the blocks of a backup, which needs them until ``end``; B + 1 where the horizon is too short."""
    jobs, table, blocks = instance.jobs, plan.backups, instance.calendar.blocks
    j, start = int(table.job[row]), int(table.start_block[row])
    wrong = []
    if not jobs.release_block[j] <= start < blocks:
        wrong.append(f"its backup starts in block {start}, outside of its window")
    site = int(instance.pool_site[instance.island_pool[table.island[row]]])
    for load, lies in enumerate(jobs.load_site[j].tolist()):
        away = lies not in (-1, site)
        if away and (start < jobs.move_blocks[j] or path_of_load(instance, j, load, site) is None):
            wrong.append(f"its {('data', 'checkpoint')[load]} cannot be where its backup stands by block {start}")
    continues = end > blocks and jobs.continues_after[j] and jobs.deadline_block[j] == blocks
    if end > jobs.deadline_block[j] and not continues:
        wrong.append("its backup does not end in time")
    if table.end_block[row] != min(end, blocks):
        wrong.append(f"its backup is held until block {table.end_block[row]}, its hours take it to block {min(end, blocks)}")
    return wrong
