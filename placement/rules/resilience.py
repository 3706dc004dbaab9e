"""Law 8, resilience: after any one of the named losses the replicas that remain can still serve what has to be covered.

    served after the loss + left uncovered >= covered share x demand            for every loss, stream and period
    served after the loss by replicas of a class at a site <= their throughput    in the pools that are not lost
    Gbit/s of what is served after the loss over a link    <= Gbit/s of the link  among the links that are not cut
    cost = volume left uncovered x its price, where the loss has one; else nothing may be left

Replicas stay where they are, and are shared anew among the streams, each over its cheapest path within its round trip on the links
that remain. Gangs are not moved; those that are split, and data on its way, leave the links to what is covered. Spot capacity
covers nothing after a loss.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.activities.crossings import served_over
from placement.activities.recourse import RecourseOptions, covered_tokens_per_s
from placement.activities.serving import match
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import Floats
from placement.rules.reading import (
    broken,
    excess,
    kept_at_events,
    level_and_term,
    of_profiles,
    profile_rows,
    replica_counts,
)
from placement.rules.sla import SECONDS_PER_HOUR, TOKENS_PER_MILLION
from placement.rules.wan import gbit_s_of_bytes, link_limits, wan_bytes

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
        tokens = -replicas.tokens_per_s[stays]
        builder.add_rates(replicas.option[stays], throughput[row[stays]], tokens, profile=replicas.pace[stays])
        _formulate_links(instance, builder, options, k)


def _formulate_links(instance: Instance, builder: Builder, options: RecourseOptions, case: int) -> None:
    """Links that remain after a loss carry what is served then."""
    per_token, limit = wan_bytes(instance)[options.service], link_limits(instance)
    counted = np.flatnonzero((options.case == case) & (per_token > 0))
    wan = instance.wan.without(instance.loss_cases[case].links)
    row, link = served_over(instance, wan, options.stream[counted], options.site[counted])
    kept = np.isfinite(limit[link])
    row, link = counted[row[kept]], link[kept]
    used, at = np.unique(link, return_inverse=True)
    names = [f"link {list(instance.links)[n]} after {instance.loss_cases[case].name}" for n in used]
    resource = builder.add_resources(names, "Gbit/s", limit[used][:, None])
    builder.add_rates(options.option[row], resource[at.reshape(-1)], gbit_s_of_bytes(per_token[row]))


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
        found += _reach(instance, plan, k) + _throughput(instance, plan, k) + _links(instance, plan, k)
    return found


def _reach(instance: Instance, plan: Plan, case: int) -> list[Violation]:
    """Streams that would be served from where they may not be."""
    table, found = plan.recourse, []
    mine = table.case == case
    classes, regions, sites = list(instance.latency_classes), list(instance.regions), list(instance.sites.values())
    streams, name = list(instance.streams.values()), instance.loss_cases[case].name
    round_trips = instance.wan.without(instance.loss_cases[case].links).rtt_ms
    for t, x, c in np.unique(np.stack([table.stream[mine], table.site[mine], table.latency_class[mine]]), axis=1).T.tolist():
        stream, limit = streams[t], instance.latency_classes[streams[t].latency_class].max_rtt_ms
        rtt = round_trips[regions.index(stream.region), x]
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
    tokens = tokens * kept_at_events(instance, plan)
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


def _links(instance: Instance, plan: Plan, case: int) -> list[Violation]:
    """Links that would carry more than they can."""
    table, loss, sites = plan.recourse, instance.loss_cases[case], list(instance.sites)
    streams, links = list(instance.streams.values()), list(instance.links.values())
    wan, use = instance.wan.without(loss.links), np.zeros((len(links), instance.calendar.period_count))
    for row in np.flatnonzero(table.case == case).tolist():
        stream = streams[table.stream[row]]
        within = instance.latency_classes[stream.latency_class].max_rtt_ms
        gbit_s = float(table.tokens_per_s[row]) * instance.services[stream.service].wan_bytes_per_token * 8 / 1e9
        for link in wan.cheapest(stream.region, sites[table.site[row]], np.inf if within == "unlimited" else within) or ():
            use[link, table.period[row]] += gbit_s
    most = np.array([np.inf if link.gbit_s == "unlimited" else link.gbit_s for link in links])
    kept = np.flatnonzero(np.isfinite(most))
    names = [f"{links[n].id} after {loss.name}" for n in kept]
    limit = most[kept][:, None] + np.zeros((len(kept), use.shape[1]))
    return excess(NAME, "Gbit/s", names, use[kept], limit, instance, "would carry")


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """uncovered: volume that a loss would leave, at the loss's price."""
    short, total = plan.uncovered, 0.0
    hours = instance.present_hours
    for k, case in enumerate(instance.loss_cases):
        mine = short.case == k
        millions: Floats = short.tokens_per_s[mine] * hours[short.period[mine]] * SECONDS_PER_HOUR / TOKENS_PER_MILLION
        total += float(millions.sum()) * (case.loss.uncovered_usd_per_million_tokens or 0.0)
    return {"uncovered": total}
