"""Law 4, power: at every feed and in every period, facility kW summed up the tree stay under the limit less the reserve.

What a feed may draw beyond its limit, interruptible (``non_firm``) or as today's plan does (``overrun``), adds to it.

    facility kW of a pool = PUE x (idle kW x GPUs online + sum over running GPUs of (kW in their mode - idle kW))
    a GPU that is let runs in the first mode for serving
    limit of a feed = what it states + kW that contracts in force bring, which are firm and have no part in limits of events
    cost = facility kWh x price of every feed on the way to the root

What is online draws its idle power, used or not; running charges the increment. Training and serving draw differently.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities, BatchOptions, Gangs, ReplicaOptions
from placement.activities.terms import contract_of_pools, firm
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import Bools, Floats, Ints
from placement.rules.reading import (
    batch_jobs_of,
    by_pool,
    during_runs,
    excess,
    gpus_on_places,
    in_force,
    in_force_by_pool,
    level_and_term,
    of_profiles,
    overrun_kw,
    price_over_feeds,
    profile_rows,
    pue_of_pools,
    replica_counts,
    service_shares,
    sublet_units,
)

NAME = "power"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """kW of feeds: the limit less what idles; gangs and replicas charge their increments up the tree."""
    gangs, replicas, calendar = activities.gangs, activities.replicas, instance.calendar
    idle = idle_kw(instance)
    standing = firm(instance, idle, np.arange(len(instance.pools)))
    below = pools_below(instance)
    level, term = level_and_term("energy")
    limit = feed_limits_kw(instance)
    # An unlimited feed can still have a price; it then gets the most that could ever be drawn as its limit.
    most = below.astype(np.float64) @ (most_kw(instance))
    prices = np.array([calendar.mean(feed.price_usd_per_kwh) for feed in instance.feeds.values()])
    prices = prices.reshape(len(instance.feeds), calendar.period_count)
    feed = builder.add_resources(
        [f"feed {name}" for name in instance.feeds],
        "kW",
        np.where(np.isfinite(limit), limit, most) - below.astype(np.float64) @ standing,
        price=np.any(prices != 0, axis=1).astype(np.float64),
        price_profile=[builder.profile(row) for row in prices * instance.discount],
        level=level,
        term=term,
    )
    builder.add_constant(level, term, float(np.sum(standing * price_over_feeds(instance) * instance.present_hours)))

    for n, resource in enumerate(feed.tolist()):
        bring_power(instance, builder, activities, n, resource, np.ones(calendar.period_count, dtype=np.bool_))
        activities.overruns.raise_feed(builder, n, resource)
    _pay_back(instance, builder, activities, prices)
    paths = [np.flatnonzero(below[:, q]) for q in range(len(instance.pools))]
    held = builder.profile_of_paces(instance.jobs.paces)[instance.jobs.pace[gangs.job]]
    row, pool = gangs.share_row, instance.island_pool[gangs.share_island]
    idle_each = idle_each_kw(instance)
    kw, serving, letting = gang_kw(instance, gangs, idle_each), replica_kw(instance, replicas, idle_each), unit_let_kw(instance)
    let, contract, batch = activities.sublets, contract_of_pools(instance), activities.batch
    working = batch_kw(instance, batch, idle_each)
    for q, path in enumerate(paths):
        gang_rows, replica_rows = np.flatnonzero(pool == q), np.flatnonzero(replicas.pool == q)
        start, end = gangs.window(row[gang_rows])
        for f in path:
            builder.add_rates(
                gangs.option[row[gang_rows]], feed[f], kw[gang_rows], start=start, end=end, profile=held[row[gang_rows]]
            )
            builder.add_rates(replicas.option[replica_rows], feed[f], serving[replica_rows])
            builder.add_rates(let.option[let.pool == q], feed[f], letting[q])
            builder.add_rates(batch.option[batch.pool == q], feed[f], working[batch.pool == q])
        activities.terms.supply(
            builder, feed[path], np.repeat(contract[q], len(path)), np.repeat(idle[q : q + 1], len(path), axis=0), sign=1.0
        )


def bring_power(instance: Instance, builder: Builder, activities: Activities, feed: int, row: int, during: Bools) -> None:
    """What terms of decided contracts bring to a feed adds to a resource in some periods [P]."""
    for c, f, kw in brought_power(instance, decided=True):
        if f == feed:
            activities.terms.supply(builder, np.array([row]), np.array([c]), np.where(during[None], kw, 0.0))


def _pay_back(instance: Instance, builder: Builder, activities: Activities, prices: Floats) -> None:
    """What terms bring to feeds would earn the feeds' prices [F, P]: they pay that back."""
    paid_back = np.zeros((len(instance.contracts), instance.calendar.period_count))
    for c, f, kw in brought_power(instance, decided=True):
        paid_back[c] += kw * prices[f] * instance.present_hours
    builder.add_charges(activities.terms.option, *level_and_term("energy"), activities.terms.totals(paid_back))


def gang_kw(instance: Instance, gangs: Gangs, less_each: Floats) -> Floats:
    """Facility kW of each row of ``share_row``, less IT kW per accelerator of its pool ``less_each`` [Q]."""
    shape, pool = gangs.shape[gangs.share_row], instance.island_pool[gangs.share_island]
    gpus = instance.jobs.shapes.gpus[shape] * gangs.share_units / gangs.units[gangs.share_row]
    return np.asarray(gpus * (training_kw(instance)[shape] - less_each[pool]) * pue_of_pools(instance)[pool])


def replica_kw(instance: Instance, replicas: ReplicaOptions, less_each: Floats) -> Floats:
    """The same for one count of each option of replicas."""
    each = replicas.serving_kw - less_each[replicas.pool]
    return np.asarray(replicas.gpus * each * pue_of_pools(instance)[replicas.pool])


def batch_kw(instance: Instance, batch: BatchOptions, less_each: Floats) -> Floats:
    """The same for one unit of each option of batch work."""
    return np.asarray(batch.gpus * (batch.serving_kw - less_each[batch.pool]) * pue_of_pools(instance)[batch.pool])


def unit_let_kw(instance: Instance) -> Floats:
    """Facility kW above idle of a unit of each pool that is let, [Q]."""
    idle_each = idle_each_kw(instance)
    return np.asarray(instance.unit_gpus * (let_kw(instance) - idle_each) * pue_of_pools(instance))


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Feeds that carry more than their limit less the reserve."""
    use = _feed_sums(instance, facility_kw(instance, plan))
    limit = feed_limits_under(instance, plan) + overrun_kw(instance, plan)
    finite = np.isfinite(limit)
    names = list(instance.feeds)
    return excess(NAME, "kW", names, np.where(finite, use, 0), np.where(finite, limit, 0), instance, "draws")


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """energy: kWh at every feed by its price."""
    use = _feed_sums(instance, facility_kw(instance, plan))
    total = 0.0
    for f, feed in enumerate(instance.feeds.values()):
        total += float(np.sum(use[f] * instance.calendar.mean(feed.price_usd_per_kwh) * instance.present_hours))
    return {"energy": total}


def facility_kw(instance: Instance, plan: Plan) -> Floats:
    """Facility kW of each pool under a plan, idle draw included, [Q, P]."""
    pools = list(instance.pools.values())
    idle_each = np.array([instance.accelerators[p.accelerator].idle_kw for p in pools])
    online = np.where(in_force_by_pool(instance, plan), instance.pool_online_gpus, 0)
    it_kw: Floats = idle_each[:, None] * online
    let_gpus = sublet_units(instance, plan) * instance.unit_gpus[:, None]
    it_kw = it_kw + let_gpus * (let_kw(instance) - idle_each)[:, None]
    it_kw = it_kw + _running_it_kw(instance, plan, above_idle=True)
    pue = np.array([instance.sites[p.site].pue for p in pools])
    return np.asarray(it_kw * pue[:, None], dtype=np.float64)


def running_facility_kw(instance: Instance, plan: Plan) -> Floats:
    """Facility kW, idle draw included, of the GPUs on which gangs, replicas and batch work run in each pool, [Q, P]."""
    return np.asarray(_running_it_kw(instance, plan, above_idle=False) * pue_of_pools(instance)[:, None])


def least_facility_kw(instance: Instance, plan: Plan) -> Floats:
    """Facility kW of each pool when what is flexible gives way and what stands idle is off, [Q, P]."""
    jobs = np.array([instance.tenants[name].flexibility_share for name in instance.tenants])[instance.jobs.tenant]
    batch = np.array([instance.tenants[job.tenant].flexibility_share for job in instance.batch_jobs.values()])
    given = _running_it_kw(instance, plan, above_idle=True, of_jobs=jobs, of_services=service_shares(instance), of_batch=batch)
    let = sublet_units(instance, plan) * (instance.unit_gpus * let_kw(instance))[:, None]
    return np.asarray((_running_it_kw(instance, plan, above_idle=False) - given + let) * pue_of_pools(instance)[:, None])


def _running_it_kw(
    instance: Instance, plan: Plan, *, above_idle: bool, of_jobs: Floats | None = None, of_services: Floats | None = None,
    of_batch: Floats | None = None,
) -> Floats:  # fmt: skip
    """IT kW of the GPUs on which gangs, replicas and batch work run in each pool, [Q, P].

    All of it or what is above idle; of each job [J], service [services] and batch job a share.
    """
    places, table, idle = plan.places, plan.replicas, _idle_of_accelerators(instance) * above_idle
    shape = plan.runs.shape[places.run]
    each = training_kw(instance)[shape] - idle[instance.jobs.shapes.accelerator[shape]]
    kw = gpus_on_places(instance, plan) * each * (1.0 if of_jobs is None else of_jobs[plan.runs.job[places.run]])
    it_kw = during_runs(instance, plan, places.run, instance.island_pool[places.island], kw, len(instance.pools))
    _, running = replica_counts(instance, plan)
    accelerators = instance.accelerators
    each = of_profiles(
        instance,
        lambda p: accelerators[p.accelerator].mode(p.mode).serving_kw - accelerators[p.accelerator].idle_kw * above_idle,
    )
    each = each[profile_rows(instance, table.service, table.profile)]
    each = each * (1.0 if of_services is None else of_services[table.service])
    np.add.at(it_kw, (instance.island_pool[table.island], table.period), running * each)
    batch = plan.batch
    works = np.array([c.mode.serving_kw - accelerators[c.accelerator].idle_kw * above_idle for c in instance.batch_cases])
    if len(batch.case):
        share = 1.0 if of_batch is None else of_batch[batch_jobs_of(instance, plan)]
        np.add.at(it_kw, (batch.pool, batch.period), batch.gpus * works[batch.case] * share)
    return it_kw


def feed_limits_kw(instance: Instance, *, decided: bool = False) -> Floats:
    """Limit less reserve of each feed, with what is not firm and what contracts bring, [F, P]; inf where said to be unlimited.

    ``decided``: with what contracts could bring that are decided, too.
    """
    rows = np.full((len(instance.feeds), instance.calendar.period_count), np.inf)
    for f, feed in enumerate(instance.feeds.values()):
        if not isinstance(feed.limit_kw, str):
            rows[f] = instance.calendar.least(feed.limit_kw) - feed.reserve_kw + instance.calendar.least(feed.non_firm_kw or 0.0)
    rows += dated_power_kw(instance)
    for c, f, kw in brought_power(instance, decided=True) if decided else []:
        rows[f] += kw * _dated(instance, c)
    return rows


def most_overrun_kw(instance: Instance) -> Floats:
    """What may be drawn beyond the limit of each feed by law overrun, [F, P]."""
    rows, excess = np.zeros((len(instance.limit_names), instance.calendar.period_count)), instance.excess
    rows[excess.limit] = excess.amount
    return rows[len(rows) - len(instance.feeds) :]


def dated_power_kw(instance: Instance) -> Floats:
    """What contracts that are not decided bring to each feed, [F, P]."""
    rows = np.zeros((len(instance.feeds), instance.calendar.period_count))
    for c, f, kw in brought_power(instance, decided=False):
        rows[f] += kw * _dated(instance, c)
    return rows


def _dated(instance: Instance, c: int) -> Bools:
    contract = list(instance.contracts.values())[c]
    return instance.calendar.covered(contract.from_date, None if contract.to_date == "open" else contract.to_date)


def power_brought_kw(instance: Instance, plan: Plan) -> Floats:
    """What contracts in force bring to each feed, as dated or as a plan signs them, [F, P]."""
    rows, feeds = np.zeros((len(instance.feeds), instance.calendar.period_count)), list(instance.feeds)
    for contract, there in zip(instance.contracts.values(), in_force(instance, plan), strict=True):
        for power in contract.brings_kw or ():
            rows[feeds.index(power.feed)] += power.kw * there
    return rows


def feed_limits_under(instance: Instance, plan: Plan) -> Floats:
    """Limit less reserve of each feed, with what is not firm and what contracts bring under a plan, [F, P]; inf where unlimited."""
    rows = power_brought_kw(instance, plan)
    for f, feed in enumerate(instance.feeds.values()):
        if feed.limit_kw == "unlimited":
            rows[f] = np.inf
        else:
            rows[f] += instance.calendar.least(feed.limit_kw) + instance.calendar.least(feed.non_firm_kw or 0.0) - feed.reserve_kw
    return rows


def brought_power(instance: Instance, *, decided: bool) -> list[tuple[int, int, float]]:
    """(contract, feed, kW) of all that contracts bring, of those that are decided or of those that are not."""
    feeds = {name: f for f, name in enumerate(instance.feeds)}
    return [
        (c, feeds[power.feed], power.kw)
        for c, contract in enumerate(instance.contracts.values())
        if contract.decided == decided
        for power in contract.brings_kw or ()
    ]


def _feed_sums(instance: Instance, kw: Floats) -> Floats:
    """Sums of the pools below each feed, walking up from each pool, [F, P]."""
    names = {name: f for f, name in enumerate(instance.feeds)}
    total = np.zeros((len(names), instance.calendar.period_count))
    for q, pool in enumerate(instance.pools.values()):
        for name in instance.feeds_above(pool):
            total[names[name]] += kw[q]
    return total


def pools_below(instance: Instance) -> Ints:
    """1 where a feed carries a pool, [F, Q]."""
    names = {name: f for f, name in enumerate(instance.feeds)}
    below = np.zeros((len(names), len(instance.pools)), dtype=np.int64)
    for q, pool in enumerate(instance.pools.values()):
        below[[names[name] for name in instance.feeds_above(pool)], q] = 1
    return below


def idle_each_kw(instance: Instance) -> Floats:
    """IT kW of one idle accelerator of each pool, [Q]."""
    return _idle_of_accelerators(instance)[instance.pool_accelerator]


def idle_kw(instance: Instance) -> Floats:
    """Facility kW of each pool with nothing running, [Q, P]."""
    return (idle_each_kw(instance) * pue_of_pools(instance))[:, None] * instance.pool_online_gpus


def most_kw(instance: Instance) -> Floats:
    """Facility kW of each pool with everything running in its hungriest mode, what today's plan holds beyond it too, [Q, P]."""
    top = np.array([max(max(m.training_kw, m.serving_kw) for m in a.modes) for a in instance.accelerators.values()])
    beyond = by_pool(instance, instance.excess_units.astype(np.float64)) * instance.unit_gpus[:, None]
    return np.asarray((top[instance.pool_accelerator] * pue_of_pools(instance))[:, None] * (instance.pool_online_gpus + beyond))


def _idle_of_accelerators(instance: Instance) -> Floats:
    return np.array([a.idle_kw for a in instance.accelerators.values()])


def let_kw(instance: Instance) -> Floats:
    """IT kW of one accelerator of each pool that is let, [Q]."""
    return np.array([instance.accelerators[pool.accelerator].mode(None).serving_kw for pool in instance.pools.values()])


def training_kw(instance: Instance) -> Floats:
    """IT kW of one accelerator in each shape's mode, [shapes]."""
    accelerators, shapes = list(instance.accelerators.values()), instance.jobs.shapes
    modes = [[mode.training_kw for mode in accelerator.modes] for accelerator in accelerators]
    first = np.cumsum([0, *map(len, modes)])
    return np.array([kw for of_one in modes for kw in of_one])[first[shapes.accelerator] + shapes.mode]
