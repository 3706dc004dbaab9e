"""Law 8, resilience: after any one of the named losses the replicas that remain can still serve what has to be covered.

    served after the loss + left uncovered >= covered share x demand            for every loss, stream and period
    served after the loss by replicas of a class at a site <= their throughput    in the pools that are not lost
    cost = volume left uncovered x its price, where the loss has one; else nothing may be left

Replicas stay where they are, and are shared anew among the streams; gangs are not moved. Spot capacity covers nothing after a loss.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.activities.recourse import covered_tokens_per_s
from placement.activities.serving import match
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import Floats
from placement.rules.reading import broken, excess, level_and_term, of_profiles, profile_rows, replica_counts
from placement.rules.sla import SECONDS_PER_HOUR, TOKENS_PER_MILLION

NAME = "resilience"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """For each loss its own throughput and its own cover."""
    options, replicas, need = activities.recourse, activities.replicas, covered_tokens_per_s(instance)
    volume = builder.profile(instance.present_hours * SECONDS_PER_HOUR / TOKENS_PER_MILLION)
    names, streams = [case.name for case in instance.loss_cases], list(instance.streams)
    services, sites, classes = list(instance.services), list(instance.sites), list(instance.latency_classes)
    for k, case in enumerate(instance.loss_cases):
        covered = np.flatnonzero(need[k].max(axis=1, initial=0.0) > 0)
        row_of = np.full(len(streams), -1, dtype=np.int64)
        row_of[covered] = builder.add_resources([f"{streams[t]} after {names[k]}" for t in covered], "tokens/s", -need[k, covered])
        mine, short = np.flatnonzero(options.case == k), np.flatnonzero(options.short_case == k)
        builder.add_rates(options.option[mine], row_of[options.stream[mine]], -1.0)
        builder.add_rates(options.short_option[short], row_of[options.short_stream[short]], -1.0)
        price = case.loss.uncovered_usd_per_million_tokens
        if price is not None:
            builder.add_charges(options.short_option[short], *level_and_term("uncovered"), price, table=volume)
        used = np.stack([options.service[mine], options.site[mine], options.latency_class[mine]])
        keys, at = np.unique(used, axis=1, return_inverse=True)
        labels = [f"throughput {services[s]} at {sites[x]} for {classes[c]} after {names[k]}" for s, x, c in keys.T.tolist()]
        throughput = builder.add_resources(labels, "tokens/s", 0.0)
        builder.add_rates(options.option[mine], throughput[at.reshape(-1)], 1.0)
        row = match(tuple(keys), (replicas.service, instance.pool_site[replicas.pool], replicas.latency_class))
        stays = np.flatnonzero(~case.lost[replicas.pool] & (row >= 0))
        builder.add_rates(replicas.option[stays], throughput[row[stays]], -replicas.tokens_per_s[stays])


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Streams that are not covered after a loss, and replicas that would have to serve more than they can."""
    found, table, short = [], plan.recourse, plan.uncovered
    demand, streams = instance.demand_tokens_per_s, list(instance.streams.values())
    for rows in (table, short):
        for row in np.flatnonzero(rows.tokens_per_s < 0).tolist():
            name = streams[rows.stream[row]].id
            found.append(broken(NAME, name, "a negative rate of tokens after a loss", -float(rows.tokens_per_s[row]), "tokens/s"))
    for k, case in enumerate(instance.loss_cases):
        after, left = np.zeros(demand.shape), np.zeros(demand.shape)
        mine, lacking = table.case == k, short.case == k
        np.add.at(after, (table.stream[mine], table.period[mine]), table.tokens_per_s[mine])
        np.add.at(left, (short.stream[lacking], short.period[lacking]), short.tokens_per_s[lacking])
        names = [f"{stream.id} after {case.name}" for stream in streams]
        if case.loss.uncovered_usd_per_million_tokens is None:
            found += excess(NAME, "tokens/s", names, left, np.zeros(left.shape), instance, "leaves uncovered")
        need = np.zeros(demand.shape)
        for t, stream in enumerate(streams):
            if case.loss.tenants is None or stream.tenant in case.loss.tenants:
                ladder = stream.ladder or instance.tenants[stream.tenant].ladder
                floor = 0.0 if ladder is None else ladder.floor_share
                need[t] = demand[t] * (floor if case.loss.covered_share == "promised" else case.loss.covered_share)
        found += excess(NAME, "tokens/s", names, need - after - left, np.zeros(need.shape), instance, "falls short by", need)
        found += _reach(instance, plan, k) + _throughput(instance, plan, k)
    return found


def _reach(instance: Instance, plan: Plan, case: int) -> list[Violation]:
    """Streams that would be served from where they may not be."""
    table, found = plan.recourse, []
    mine = table.case == case
    classes, regions, sites = list(instance.latency_classes), list(instance.regions), list(instance.sites.values())
    streams, name = list(instance.streams.values()), instance.loss_cases[case].name
    for t, x, c in np.unique(np.stack([table.stream[mine], table.site[mine], table.latency_class[mine]]), axis=1).T.tolist():
        stream, limit = streams[t], instance.latency_classes[streams[t].latency_class].max_rtt_ms
        rtt = instance.wan.rtt_ms[regions.index(stream.region), x]
        residency = instance.tenants[stream.tenant].residency
        far = not np.isfinite(rtt) or (limit != "unlimited" and rtt > limit + 1e-6)
        if far or c > classes.index(stream.latency_class) or (residency is not None and sites[x].jurisdiction not in residency):
            text = f"would be served from {sites[x].id} by class {classes[c]} after {name}, which its terms exclude"
            found.append(broken(NAME, stream.id, text))
    return found


def _throughput(instance: Instance, plan: Plan, case: int) -> list[Violation]:
    classes, services, sites = list(instance.latency_classes), list(instance.services), list(instance.sites)
    shape = (len(services), len(sites), len(classes), instance.calendar.period_count)
    supply, use = np.zeros(shape), np.zeros(shape)
    table = plan.replicas
    stays = ~instance.loss_cases[case].lost[instance.island_pool[table.island]]
    profile = profile_rows(instance, table.service, table.profile)
    sort = of_profiles(instance, lambda p: classes.index(p.latency_class)).astype(np.int64)[profile]
    tokens = replica_counts(instance, plan)[0] * of_profiles(instance, lambda p: p.tokens_per_s)[profile] * stays
    np.add.at(supply, (table.service, instance.pool_site[instance.island_pool[table.island]], sort, table.period), tokens)
    service_of = np.array([services.index(stream.service) for stream in instance.streams.values()], dtype=np.int64)
    after = plan.recourse
    mine = after.case == case
    at = (service_of[after.stream[mine]], after.site[mine], after.latency_class[mine], after.period[mine])
    np.add.at(use, at, after.tokens_per_s[mine])
    name = instance.loss_cases[case].name
    names = [f"{s} at {x} for {c} after {name}" for s in services for x in sites for c in classes]
    flat: tuple[int, int] = (len(names), shape[3])
    use, supply = use.reshape(flat), supply.reshape(flat)
    return excess(NAME, "tokens/s", names, use, supply, instance, "would serve", use + supply)


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """uncovered: volume that a loss would leave, at the loss's price."""
    short, total = plan.uncovered, 0.0
    hours = instance.present_hours
    for k, case in enumerate(instance.loss_cases):
        mine = short.case == k
        millions: Floats = short.tokens_per_s[mine] * hours[short.period[mine]] * SECONDS_PER_HOUR / TOKENS_PER_MILLION
        total += float(millions.sum()) * (case.loss.uncovered_usd_per_million_tokens or 0.0)
    return {"uncovered": total}
