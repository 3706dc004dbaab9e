"""Law 2, capacity: in every period, the GPUs used in an island never exceed those online.

Two levels keep it small: gangs, and replicas larger than a unit, take whole allocation units of their islands and of the pool;
other replicas take units of the pool only, and so does batch work, which may share them. Since all others take whole units, what
gangs leave free can always be filled; the plan then names the islands of replicas, and the check counts them there.

    sum of units held in island i in period p  <=  floor(online GPUs of i in p / unit)
    sum of units held in pool q in period p    <=  the same summed over its islands - ceil(spare share x that sum)
    cost = usage price x availability x GPUs of the units held x hours

Spot capacity is paid for only while it is there, which its availability says; for all else that is 1. What is let to others, or
down for maintenance, takes units as well. Where the contract is decided, its term supplies the units. What today's plan holds
beyond them may go on by law overrun.
"""

from __future__ import annotations

from math import ceil

import numpy as np

from placement.activities import Activities
from placement.activities.terms import contract_of_pools, firm
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import Bools, Floats, Ints
from placement.rules.reading import (
    batch_units,
    broken,
    by_pool,
    excess,
    gang_units,
    held_units,
    level_and_term,
    online_units,
    overrun_by_pool,
    overrun_units,
    replica_units,
    sublet_units,
    units_down,
)

NAME = "capacity"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """Units of islands and pools; the usage price is paid on the pool's."""
    online, usable = most_units(instance), usable_units(instance)
    level, term = level_and_term("usage_fees")
    price = paid_by_use(instance) * instance.unit_gpus[:, None]
    present = [builder.profile(row) for row in price * instance.discount]
    contract, every_pool = contract_of_pools(instance), np.arange(len(instance.pools))
    pool = builder.add_resources(
        [f"pool {name}" for name in instance.pools], "units", firm(instance, usable, every_pool),
        price=np.any(price != 0, axis=1).astype(np.float64), price_profile=present, level=level, term=term,
    )  # fmt: skip
    island = None
    if not activities.gangs.by_pool:
        island = builder.add_resources(
            [f"island {name}" for name in instance.island_names], "units", firm(instance, online, instance.island_pool)
        )
    charge_units(instance, builder, activities, pool, island, np.ones(len(pool), dtype=np.bool_))
    # What supplies a priced resource would earn its price, and what is down would pay it: terms and maintenance settle that.
    terms, tasks, usd = activities.terms, activities.maintenance, price * instance.present_hours
    earned = np.zeros((len(instance.contracts), instance.calendar.period_count))
    np.add.at(earned, contract, usable * usd)
    builder.add_charges(terms.option, level, term, terms.totals(earned))
    builder.add_charges(tasks.option, level, term, -tasks.totals(instance, usd))


def charge_units(
    instance: Instance, builder: Builder, activities: Activities, pool: Ints, island: Ints | None, which: Bools
) -> None:
    """Write what is held, let and down, and what terms bring, on rows of units of pools [Q] and islands [I], for some pools [Q]."""
    gangs, replicas, sublets, terms = activities.gangs, activities.replicas, activities.sublets, activities.terms
    held = builder.profile_of_paces(instance.jobs.paces)[instance.jobs.pace[gangs.job]]
    contract, island_pool, every = contract_of_pools(instance), instance.island_pool, bool(which.all())
    share = slice(None) if every else np.flatnonzero(which[island_pool[gangs.share_island]])
    row, on, units = gangs.share_row[share], gangs.share_island[share], gangs.share_units[share]
    start, end = gangs.window(row)
    if island is not None:
        some, fixed = which[island_pool], (replicas.island >= 0) & which[replicas.pool]
        online = most_units(instance)[some].astype(np.float64)
        terms.supply(builder, island[some], contract[island_pool[some]], online)
        builder.add_rates(
            gangs.option[row], island[on], units, start=start, end=end, profile=held[row], step=gangs.share_step[share]
        )
        builder.add_rates(replicas.option[fixed], island[replicas.island[fixed]], replicas.units[fixed])
    builder.add_rates(gangs.option[row], pool[island_pool[on]], units, start=start, end=end, profile=held[row])
    standing, let = which[replicas.pool], which[sublets.pool]
    builder.add_rates(replicas.option[standing], pool[replicas.pool[standing]], replicas.units[standing])
    builder.add_rates(sublets.option[let], pool[sublets.pool[let]], 1.0)
    batch = activities.batch
    working = which[batch.pool]
    builder.add_rates(batch.option[working], pool[batch.pool[working]], 1.0)
    terms.supply(builder, pool[which], contract[which], usable_units(instance)[which])
    activities.maintenance.take_down(builder, instance, pool, island, which)
    activities.overruns.raise_units(builder, instance, pool, island, which)


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Islands that hold more units than are online, and replicas where they may not stand."""
    down, down_by_island = units_down(instance, plan)
    use = gang_units(instance, plan) + replica_units(instance, plan) + down_by_island
    online = online_units(instance, plan) + overrun_units(instance, plan)
    found = excess(NAME, "units", instance.island_names, use, online, instance, "holds")
    # What is let, or down on no named island, and batch work lie wherever there is room: that is whole, so only their sum matters.
    held, loose = by_pool(instance, use), sublet_units(instance, plan) + down - by_pool(instance, down_by_island)
    loose = loose + batch_units(instance, plan)
    room = by_pool(instance, np.maximum(online - use, 0))
    what = "lets, gives to batch work or has down"
    found += excess(NAME, "units", list(instance.pools), loose, room, instance, what, held + loose)
    found += _spares_taken(instance, plan, by_pool(instance, online_units(instance, plan).astype(np.float64)))
    for row in np.flatnonzero(plan.sublets.units <= 0):
        found.append(
            broken(NAME, list(instance.pools)[plan.sublets.pool[row]], "lets no units or fewer", float(1 - plan.sublets.units[row]))
        )
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


def _spares_taken(instance: Instance, plan: Plan, online: Floats) -> list[Violation]:
    held = held_units(instance, plan) + units_down(instance, plan)[0]
    shares = [pool.spare_share for pool in instance.pools.values()]
    keeping = [q for q, share in enumerate(shares) if share > 0]
    spare = [[ceil(round(shares[q] * units, 9)) for units in online[q].tolist()] for q in keeping]
    names = [list(instance.pools)[q] for q in keeping]
    usable = online[keeping] - np.array(spare).reshape(len(keeping), online.shape[1])
    beyond = overrun_by_pool(instance, plan) + by_pool(instance, overrun_units(instance, plan).astype(np.float64))
    usable = usable + beyond[keeping]
    return excess(NAME, "units", names, held[keeping], usable, instance, "keeps too few spares: holds")


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """usage_fees: every GPU of the units held, by the hour."""
    gpus = held_units(instance, plan) * instance.unit_gpus[:, None]
    return {"usage_fees": float(np.sum(gpus * paid_by_use(instance) * instance.present_hours))}


def most_units(instance: Instance) -> Ints:
    """Whole allocation units of each island that are ever under contract, signed or not, [I, P]."""
    return instance.island_online_gpus // instance.unit_gpus[instance.island_pool][:, None]


def usable_units(instance: Instance) -> Floats:
    """Units of each pool that are ever under contract and no spares, [Q, P]."""
    return by_pool(instance, most_units(instance).astype(np.float64)) - spare_units(instance)


def spare_units(instance: Instance) -> Floats:
    """Units of each pool that are kept free of what ``most_units`` has, [Q, P]."""
    share = np.array([pool.spare_share for pool in instance.pools.values()])
    # A share of 0.1 of 30 units is 3, also where floats make it a little more.
    return np.asarray(np.ceil(share[:, None] * by_pool(instance, most_units(instance).astype(np.float64)) - 1e-9))


def paid_by_use(instance: Instance) -> Floats:
    """``usage_prices``, nothing where the contract is take or pay: what is owed there is the law ``take_or_pay``'s."""
    committed = np.array([instance.contracts[pool.contract].take_or_pay is not None for pool in instance.pools.values()])
    return np.where(committed[:, None], 0.0, usage_prices(instance))


def usage_prices(instance: Instance) -> Floats:
    """USD per GPU-hour held in each pool, [Q, P]: the price of its contract for the time that it is there."""
    prices = [instance.calendar.mean(instance.contracts[pool.contract].price_usd_per_gpu_hour) for pool in instance.pools.values()]
    return np.array(prices).reshape(len(instance.pools), instance.calendar.period_count) * instance.availability[:, None]
