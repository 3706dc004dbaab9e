"""Law 2, capacity: in every period, the GPUs used in an island never exceed those online.

Two levels keep it small: gangs, and replicas larger than a unit, take whole allocation units of their islands and of the pool;
other replicas take units of the pool only. Since all take whole units, what gangs leave free can always be filled; the plan then
names the islands of replicas, and the check counts them there.

    sum of units held in island i in period p  <=  floor(online GPUs of i in p / unit)          and the same for the pool, summed
    cost = usage price x GPUs of the units held x hours
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import Floats, Ints
from placement.rules.reading import broken, by_pool, excess, gang_units, level_and_term, replica_units

NAME = "capacity"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """Units of islands and pools; the usage price is paid on the pool's."""
    gangs, replicas = activities.gangs, activities.replicas
    held = builder.profile_of_paces(instance.jobs.paces)[instance.jobs.pace[gangs.job]]
    online = online_units(instance)
    pool_online = np.zeros((len(instance.pools), instance.calendar.period_count))
    np.add.at(pool_online, instance.island_pool, online)
    level, term = level_and_term("usage_fees")
    price = usage_prices(instance) * instance.unit_gpus[:, None]
    pool = builder.add_resources(
        [f"pool {name}" for name in instance.pools], "units", pool_online, price=np.any(price != 0, axis=1).astype(np.float64),
        price_profile=[builder.profile(row) for row in price], level=level, term=term,
    )  # fmt: skip
    row, fixed = gangs.share_row, replicas.island >= 0
    if not gangs.by_pool:
        island = builder.add_resources([f"island {name}" for name in instance.island_names], "units", online)
        builder.add_rates(
            gangs.option[row], island[gangs.share_island], gangs.share_units, profile=held[row], step=gangs.share_step
        )
    builder.add_rates(gangs.option[row], pool[instance.island_pool[gangs.share_island]], gangs.share_units, profile=held[row])
    builder.add_rates(replicas.option, pool[replicas.pool], replicas.units)
    if not gangs.by_pool:
        builder.add_rates(replicas.option[fixed], island[replicas.island[fixed]], replicas.units[fixed])


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Islands that hold more units than are online, and replicas where they may not stand."""
    use = gang_units(instance, plan) + replica_units(instance, plan)
    found = excess(NAME, "units", instance.island_names, use, online_units(instance), instance, "holds")
    table = plan.replicas
    for row in np.flatnonzero(table.units <= 0):
        found.append(
            broken(NAME, instance.island_names[table.island[row]], "replicas on no units or fewer", float(1 - table.units[row]))
        )
    pools, services = list(instance.pools.values()), list(instance.services.values())
    for s, p, q in np.unique(np.stack([table.service, table.profile, instance.island_pool[table.island]]), axis=1).T:
        profile = services[s].profiles[p]
        if profile.accelerator != pools[q].accelerator or q not in instance.service_pools[s]:
            found.append(broken(NAME, services[s].id, f"replicas of {profile.accelerator} may not stand in pool {pools[q].id}"))
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """usage_fees: every GPU of the units held, by the hour."""
    gpus = by_pool(instance, gang_units(instance, plan) + replica_units(instance, plan)) * instance.unit_gpus[:, None]
    return {"usage_fees": float(np.sum(gpus * usage_prices(instance) * instance.calendar.hours))}


def online_units(instance: Instance) -> Ints:
    """Whole allocation units online in each island, [I, P]."""
    return instance.island_online_gpus // instance.unit_gpus[instance.island_pool][:, None]


def usage_prices(instance: Instance) -> Floats:
    """USD per GPU-hour held in each pool, [Q, P]."""
    prices = [instance.calendar.mean(instance.contracts[pool.contract].price_usd_per_gpu_hour) for pool in instance.pools.values()]
    return np.array(prices).reshape(len(instance.pools), instance.calendar.period_count)
