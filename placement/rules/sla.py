"""Law 5, sla: the balance of every stream and period holds, from replicas within reach; the ladder prices each rung of shortfall.

    served from all sites + shed on all rungs + moved out = demand, none while closed, + moved in    for every stream and period
    served by replicas of a class at a site x (1 + warm spare share)  <=  their throughput x availability - what starts lose
                                                                                           for every service, site, class and period
    cost = unserved volume x its rung's price - served volume x revenue; promised volume that is shed counts at the first level

A stream is served from sites within its class's RTT and its tenant's residency, by replicas of its class or a tighter one.
Availability is the share of the time that a pool is there: 1 but for spot capacity.
A volume is the mean rate over the period: x of the demand d counts as x / d of the mean. What is moved to a period counts there,
as its own does. Rungs are shares of a period's own demand.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.activities.serving import ladder_of, match, pieces
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import Anchor, Floats, Ints
from placement.rules.reading import (
    arriving,
    broken,
    excess,
    leaving,
    level_and_term,
    of_profiles,
    profile_rows,
    replica_throughput,
    times_closed,
    tokens_lost_to_starts,
)

NAME = "sla"

SECONDS_PER_HOUR = 3600.0
TOKENS_PER_MILLION = 1e6
LEAST_PROMISE_USD_PER_MILLION = 1.0
"""A promise on a rung without a price still weighs this much."""


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """Balances of streams, throughput of services at sites, and what shedding and serving cost."""
    serve, shed, replicas = activities.serve, activities.shed, activities.replicas
    streams = list(instance.streams.values())
    service_of = {name: s for s, name in enumerate(instance.services)}
    service = np.array([service_of[stream.service] for stream in streams], dtype=np.int64)
    ways = instance.flows
    moving = np.isin(np.arange(len(instance.services)), service[np.concatenate([ways.stream, ways.to_stream])])
    balance = builder.add_resources(
        [f"demand {name}" for name in instance.streams], "tokens/s", instance.demand_tokens_per_s, equality=True,
        private=np.where(moving[service], -1, service),
    )  # fmt: skip
    builder.add_rates(serve.option, balance[serve.stream], 1.0)
    builder.add_rates(shed.option, balance[shed.stream], 1.0)
    shifts = activities.shifts
    builder.add_rates(shifts.option, balance[ways.stream[shifts.way]], 1.0)
    for n, (way, d) in enumerate(zip(shifts.way.tolist(), shifts.offset.tolist(), strict=True)):
        after = {"start": (Anchor.START, d), "end": (Anchor.END, d)}
        arrives = builder.profile(ways.arrives[way])
        builder.add_rates(shifts.option[n : n + 1], balance[ways.to_stream[way]], -1.0, profile=arrives, **after)
    option, stream = activities.closed
    of_stream = {t: builder.profile(instance.demand_tokens_per_s[t]) for t in np.unique(stream).tolist()}
    closed_demand = np.array([of_stream[t] for t in stream.tolist()], dtype=np.int64)
    builder.add_rates(option, balance[stream], 1.0, profile=closed_demand)

    site = instance.pool_site[replicas.pool]
    supplied = np.stack([replicas.service, site, replicas.latency_class])
    used = np.stack([serve.service, serve.site, serve.latency_class])
    keys, at = np.unique(np.concatenate([supplied, used], axis=1), axis=1, return_inverse=True)
    sites, classes, services = list(instance.sites), list(instance.latency_classes), list(instance.services)
    throughput = builder.add_resources(
        [f"throughput {services[s]} at {sites[x]} for {classes[c]}" for s, x, c in keys.T], "tokens/s", 0.0,
        private=np.where(moving[keys[0]], -1, keys[0]),
    )  # fmt: skip
    at = at.reshape(-1)
    spare = np.array([service.warm_spare_share or 0.0 for service in instance.services.values()])
    for_load = replicas.tokens_per_s / (1.0 + spare[replicas.service])
    builder.add_rates(replicas.option, throughput[at[: len(site)]], -for_load, profile=replicas.pace)
    builder.add_rates(serve.option, throughput[at[len(site) :]], 1.0)
    starts = activities.starts
    row = match(tuple(keys), (starts.service, instance.pool_site[starts.pool], starts.latency_class))
    lost = starts.tokens_per_s / (1.0 + spare[starts.service])
    builder.add_rates(starts.option, throughput[row], lost, profile=starts.lost)

    millions = million_tokens_per_rate(instance)
    volume, worth = (
        np.array([builder.profile(row) for row in rows], dtype=np.int64) for rows in (millions, millions * instance.discount)
    )
    builder.add_charges(shed.option, *level_and_term("unserved"), shed.usd_per_million_tokens, table=worth[shed.stream])
    weight = np.maximum(shed.usd_per_million_tokens, LEAST_PROMISE_USD_PER_MILLION)
    promised = shed.promised
    builder.add_charges(
        shed.option[promised], *level_and_term("promised_tokens"), weight[promised], table=volume[shed.stream[promised]]
    )
    revenue = np.array([stream.revenue_usd_per_million_tokens for stream in streams])
    builder.add_charges(serve.option, *level_and_term("revenue"), -revenue[serve.stream], table=worth[serve.stream])


def million_tokens_per_rate(instance: Instance) -> Floats:
    """Millions of tokens in a period for each token/s of demand served or shed, [S, P]."""
    return instance.mean_per_demand * instance.calendar.hours * SECONDS_PER_HOUR / TOKENS_PER_MILLION


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Balances that do not close, rungs overdrawn, throughput exceeded, and streams served from where they may not be."""
    names, demand = list(instance.streams), instance.demand_tokens_per_s * (1 - times_closed(instance, plan))
    served, shed = np.zeros(demand.shape), np.zeros(demand.shape)
    np.add.at(served, (plan.serving.stream, plan.serving.period), plan.serving.tokens_per_s)
    np.add.at(shed, (plan.shedding.stream, plan.shedding.period), plan.shedding.tokens_per_s)
    moved_out, moved_in = leaving(instance, plan), arriving(instance, plan)
    answered, size = served + shed + moved_out - moved_in, demand + moved_out + moved_in
    found = excess(NAME, "tokens/s", names, answered, demand, instance, "serves and sheds together", size)
    found += excess(
        NAME, "tokens/s", names, -answered, -demand, instance, "leaves demand without an answer; -(served + shed) is", size
    )
    for table in (plan.serving, plan.shedding):
        for row in np.flatnonzero(table.tokens_per_s < 0):
            name, period = names[table.stream[row]], instance.calendar.period_name(int(table.period[row]))
            found.append(broken(NAME, name, "a negative rate of tokens", -float(table.tokens_per_s[row]), "tokens/s", period))
    return found + _ladder_violations(instance, plan) + _reach_violations(instance, plan) + _throughput_violations(instance, plan)


def _ladder_violations(instance: Instance, plan: Plan) -> list[Violation]:
    table, demand, names = plan.shedding, instance.demand_tokens_per_s, list(instance.streams)
    keys, at = np.unique(np.stack([table.stream, table.rung, table.promised]), axis=1, return_inverse=True)
    use, share, labels = np.zeros((keys.shape[1], demand.shape[1])), np.zeros(keys.shape[1]), []
    np.add.at(use, (at.reshape(-1), table.period), table.tokens_per_s)
    allowed: dict[int, dict[tuple[int, bool], float]] = {}
    for n, (stream, rung, promised) in enumerate(keys.T.tolist()):
        if stream not in allowed:
            ladder = ladder_of(instance, instance.streams[names[stream]])
            allowed[stream] = {
                (piece.rung, piece.promised): piece.share for piece in pieces(ladder) if not (piece.promised and ladder.hard)
            }
        share[n] = allowed[stream].get((rung, bool(promised)), 0.0)
        labels.append(f"{names[stream]} rung {rung + 1}{' (promised)' if promised else ''}")
    most = demand[keys[0]]
    return excess(NAME, "tokens/s", labels, use, most * share[:, None], instance, "sheds", most)


def _reach_violations(instance: Instance, plan: Plan) -> list[Violation]:
    streams, sites, found = list(instance.streams.values()), list(instance.sites.values()), []
    classes, regions = list(instance.latency_classes), list(instance.regions)
    table = plan.serving
    for t, x, c in np.unique(np.stack([table.stream, table.site, table.latency_class]), axis=1).T:
        stream, site = streams[t], sites[x]
        tenant = instance.tenants[stream.tenant]
        if c > classes.index(stream.latency_class):
            found.append(broken(NAME, stream.id, f"is served by replicas of the looser class {classes[c]}"))
        rtt = instance.wan.rtt_ms[regions.index(stream.region), x]
        limit = instance.latency_classes[stream.latency_class].max_rtt_ms
        if not np.isfinite(rtt) or (limit != "unlimited" and rtt > limit + 1e-6):
            found.append(broken(NAME, stream.id, f"is served from {site.id}, {rtt:.6g} ms away; {limit} ms at most"))
        if tenant.residency is not None and site.jurisdiction not in tenant.residency:
            found.append(broken(NAME, stream.id, f"is served from {site.id} in {site.jurisdiction}, outside its residency"))
    return found


def _throughput_violations(instance: Instance, plan: Plan) -> list[Violation]:
    classes, services = list(instance.latency_classes), list(instance.services)
    periods, sites = instance.calendar.period_count, list(instance.sites)
    shape = (len(services), len(sites), len(classes), periods)
    supply, use = np.zeros(shape), np.zeros(shape)
    table = plan.replicas
    profile = profile_rows(instance, table.service, table.profile)
    latency_class = of_profiles(instance, lambda p: classes.index(p.latency_class)).astype(np.int64)[profile]
    site, throughput = instance.pool_site[instance.island_pool[table.island]], replica_throughput(instance, plan)
    np.add.at(supply, (table.service, site, latency_class, table.period), throughput)
    starts = plan.starts
    of_class = of_profiles(instance, lambda p: classes.index(p.latency_class)).astype(np.int64)
    started = of_class[profile_rows(instance, starts.service, starts.profile)]
    lost = tokens_lost_to_starts(instance, plan)
    np.subtract.at(supply, (starts.service, instance.pool_site[starts.pool], started, starts.period), lost)
    service_of = np.array([services.index(stream.service) for stream in instance.streams.values()], dtype=np.int64)
    serving = plan.serving
    of_stream = service_of[serving.stream]
    needed = serving.tokens_per_s * np.array([1 + (s.warm_spare_share or 0.0) for s in instance.services.values()])[of_stream]
    np.add.at(use, (of_stream, serving.site, serving.latency_class, serving.period), needed)
    names = [f"{s} at {x} for {c}" for s in services for x in sites for c in classes]
    flat = (len(names), periods)
    what = "serves, spares included," if any(s.warm_spare_share for s in instance.services.values()) else "serves"
    return excess(NAME, "tokens/s", names, use.reshape(flat), supply.reshape(flat), instance, what, (use + supply).reshape(flat))


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """unserved, revenue and promised_tokens, by volume."""
    mean, hours = instance.mean_per_demand, instance.calendar.hours
    streams = list(instance.streams.values())

    def millions(stream: Ints, period: Ints, rate: Floats) -> Floats:
        found: Floats = rate * mean[stream, period] * hours[period] * SECONDS_PER_HOUR / TOKENS_PER_MILLION
        return found

    shed, served = plan.shedding, plan.serving
    price = np.zeros(len(shed.stream))
    rungs = [[rung.usd_per_million_tokens_unserved for rung in ladder_of(instance, stream).rungs] for stream in streams]
    if rungs:
        count = np.array([len(prices) for prices in rungs], dtype=np.int64)
        rung = np.clip(shed.rung, 0, count[shed.stream] - 1)
        price = np.concatenate(rungs)[(np.cumsum(count) - count)[shed.stream] + rung]
    unserved = millions(shed.stream, shed.period, shed.tokens_per_s)
    revenue = np.array([stream.revenue_usd_per_million_tokens for stream in streams])
    earned = millions(served.stream, served.period, served.tokens_per_s)
    weight = np.maximum(price, LEAST_PROMISE_USD_PER_MILLION)
    worth = instance.discount
    return {
        "unserved": float(np.sum(unserved * price * worth[shed.period])),
        "promised_tokens": float(np.sum((unserved * weight)[shed.promised])),
        "revenue": -float(np.sum(earned * revenue[served.stream] * worth[served.period])) if streams else 0.0,
    }
