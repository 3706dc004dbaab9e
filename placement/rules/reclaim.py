"""Reclaim: what a landlord may take back at notice holds no must or promised job that could not end before it is gone.

    units held in pool q in period p by must and promised jobs that work longer than the notice  <=  units left in q in p

from the block on in which a reclaim can have taken effect: that of ``earliest_date`` + ``notice_days``. What is left is the units
online less the landlord's share of them, rounded up. A job works longer than the notice where its hours, at its mean pace where it
stands, grid events included, are more than the notice's days have.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil

import numpy as np

from placement.activities import Activities
from placement.activities.gangs import Gangs
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import Bools, Floats, Ints
from placement.rules.assignment import progress_of_runs
from placement.rules.movement import hours_of_runs
from placement.rules.reading import by_pool, during_runs, excess, no_costs

NAME = "reclaim"
HOURS_PER_DAY = 24.0
ROUNDING = 1e-9


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """A row for each pool that may be reclaimed and whose contract minds which jobs stand there."""
    minded = [q for q, pool in enumerate(instance.pools.values()) if _minded(instance, pool.contract)]
    if not minded:
        return
    names = list(instance.pools)
    row = np.full(len(names), -1, dtype=np.int64)
    row[minded] = builder.add_resources(
        [f"pool {names[q]} at notice" for q in minded], "units", instance.reclaim_left_units[minded]
    )  # fmt: skip
    charge_exposed(instance, builder, activities.gangs, row)


def charge_exposed(instance: Instance, builder: Builder, gangs: Gangs, row: Ints) -> None:
    """Write what must and promised jobs hold that work longer than the notice, on rows of pools [Q]; -1 for none."""
    jobs = instance.jobs
    notice = np.full(len(instance.pools), np.inf)
    for q, pool in enumerate(instance.pools.values()):
        reclaim = instance.contracts[pool.contract].reclaim
        if reclaim is not None:
            notice[q] = reclaim.notice_days * HOURS_PER_DAY
    pool_of = instance.island_pool[gangs.share_island]
    share = np.flatnonzero((row[pool_of] >= 0) & _owed(instance)[gangs.job[gangs.share_row]])
    gang = gangs.share_row[share]
    within = notice[pool_of[share]] * gangs.paces.progress[gangs.pace(gang), -1] / instance.calendar.hours.sum()
    longer = gangs.hours[gang] > within * (1 + ROUNDING)
    share, gang = share[longer], gang[longer]
    held = builder.profile_of_paces(jobs.paces)[jobs.pace[gangs.job[gang]]]
    start, end = gangs.window(gang)
    builder.add_rates(gangs.option[gang], row[pool_of[share]], gangs.share_units[share], start=start, end=end, profile=held)


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Pools in which more must and promised jobs stand that cannot end within the notice than would be left room for."""
    pools = [q for q, pool in enumerate(instance.pools.values()) if _minded(instance, pool.contract)]
    names = [list(instance.pools)[q] for q in pools]
    held, left = exposed_units(instance, plan), units_left(instance)
    return excess(NAME, "units", names, held[pools], left[pools], instance, "holds, longer than the notice,")


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None."""
    return no_costs()


def exposed_units(instance: Instance, plan: Plan) -> Floats:
    """Units in each pool that must and promised jobs hold which work longer than its landlord's notice, [Q, P]."""
    jobs, places = instance.jobs, plan.places
    made, row_of = progress_of_runs(instance, plan)
    pace, days = made[row_of, -1] / instance.calendar.hours.sum(), hours_of_runs(instance, plan) / HOURS_PER_DAY
    reclaims = [instance.contracts[pool.contract].reclaim for pool in instance.pools.values()]
    notice_days = np.array([np.nan if reclaim is None else reclaim.notice_days for reclaim in reclaims])
    owed = (jobs.is_commitment("must") | jobs.is_commitment("promised"))[plan.runs.job]
    # No comparison holds where there is no notice.
    longer = days[places.run] > notice_days[instance.island_pool[places.island]] * pace[places.run] * (1 + ROUNDING)
    row = np.flatnonzero(owed[places.run] & longer)
    units, islands = places.units[row].astype(np.float64), len(instance.island_pool)
    return by_pool(instance, during_runs(instance, plan, places.run[row], places.island[row], units, islands))


def units_left(instance: Instance) -> Floats:
    """Units of each pool once its landlord has taken back its share, from the block on in which it may have, [Q, P]."""
    days, bands = instance.calendar.block_starts, instance.calendar.band_count
    units = by_pool(instance, (instance.island_online_gpus // instance.unit_gpus[instance.island_pool][:, None]).astype(np.float64))
    for q, pool in enumerate(instance.pools.values()):
        reclaim = instance.contracts[pool.contract].reclaim
        if reclaim is None:
            continue
        gone = reclaim.earliest_date + timedelta(days=reclaim.notice_days)
        for block in range(instance.calendar.blocks):
            if days[block + 1] > gone:
                for period in range(block * bands, (block + 1) * bands):
                    units[q, period] -= ceil(round(reclaim.share * units[q, period], 9))
    return units


def _minded(instance: Instance, contract: str) -> bool:
    reclaim = instance.contracts[contract].reclaim
    return reclaim is not None and reclaim.jobs == "within_notice"


def _owed(instance: Instance) -> Bools:
    return instance.jobs.is_commitment("must") | instance.jobs.is_commitment("promised")
