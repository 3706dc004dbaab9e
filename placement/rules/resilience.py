"""Law 8, resilience: after any one of the named losses the replicas that remain can still serve what has to be covered.

    served after the loss + left uncovered >= covered share x demand, or what a limit lets through of it, if that is less
    served after the loss by replicas of a class at a site <= their throughput    in the pools that are not lost
    Gbit/s of what is served after the loss over a link    <= Gbit/s of the link  among the links that are not cut
    cost = volume left uncovered x its price, where the loss has one; else nothing may be left

for every loss, stream and period; nothing while a product is closed, or its tenant refused.
What starts in a period serves as little after a loss as before it; what is kept of a pool that is taken back in part has started.
Replicas stay where they are, and are shared anew among the streams, each over its cheapest path within its round trip on the links
that remain. Gangs are not moved; those that are split, and data on its way, leave the links to what is covered. Spot capacity
covers nothing after a loss. Where a landlord takes back a share of a pool, at notice, the plan says which of its replicas stay
(``kept``):

    kept <= what stood there,    units kept + units of jobs that cannot end within the notice (law reclaim) <= units left
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.activities.closings import streams_under
from placement.activities.crossings import served_over
from placement.activities.recourse import RecourseOptions, covered_tokens_per_s
from placement.activities.serving import match
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.levers import LimitLever
from placement.plan import Plan, Violation
from placement.program import Floats, Ints
from placement.rules.limit import beyond_limits, periods_inside
from placement.rules.reading import (
    broken,
    excess,
    level_and_term,
    of_profiles,
    profile_rows,
    sustained_share,
    times_closed,
    tokens_lost_to_starts,
    whole_replicas,
)
from placement.rules.reclaim import charge_exposed, exposed_units, units_left
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
        _formulate_levers(instance, builder, activities, need[k], row_of)
        price = case.loss.uncovered_usd_per_million_tokens
        if price is not None:
            builder.add_charges(options.short_option[short], *level_and_term("uncovered"), price, table=volume)
        used = np.stack([options.service[mine], options.site[mine], options.latency_class[mine]])
        keys, at = np.unique(used, axis=1, return_inverse=True)
        labels = [f"throughput {services[s]} at {sites[x]} for {classes[c]} after {names[k]}" for s, x, c in keys.T.tolist()]
        throughput = builder.add_resources(labels, "tokens/s", 0.0)
        builder.add_rates(options.option[mine], throughput[at.reshape(-1)], 1.0)
        row = match(tuple(keys), (replicas.service, instance.pool_site[replicas.pool], replicas.latency_class))
        row = np.where(row < 0, -1, throughput[row]) if len(throughput) else row
        stays = np.flatnonzero(~(case.lost | case.reclaimed)[replicas.pool] & (row >= 0))
        tokens = -replicas.tokens_per_s[stays]
        builder.add_rates(replicas.option[stays], row[stays], tokens, profile=replicas.pace[stays])
        _formulate_starts(instance, builder, activities, k, tuple(keys), throughput)
        _formulate_kept(instance, builder, activities, k, row)
        _formulate_links(instance, builder, options, k)


def _formulate_starts(
    instance: Instance, builder: Builder, activities: Activities, case: int, keys: tuple[Ints, ...], throughput: Ints
) -> None:
    """What starts in pools that stay does not serve yet; ``throughput``: rows of the keys (service, site, class)."""
    starts, loss = activities.starts, instance.loss_cases[case]
    at = match(keys, (starts.service, instance.pool_site[starts.pool], starts.latency_class))
    some = np.flatnonzero((at >= 0) & ~(loss.lost | loss.reclaimed)[starts.pool])
    builder.add_rates(starts.option[some], throughput[at[some]], starts.tokens_per_s[some], profile=starts.lost[some])


def _formulate_levers(instance: Instance, builder: Builder, activities: Activities, need: Floats, row_of: Ints) -> None:
    """What closings, refusals and limits leave of what is to be covered, ``need`` [S, P], on rows of streams (-1 for none)."""
    option, stream = activities.closed
    closed = row_of[stream] >= 0
    profiles = {t: builder.profile(need[t]) for t in np.unique(stream[closed]).tolist()}
    profile = np.array([profiles[t] for t in stream[closed].tolist()], dtype=np.int64)
    builder.add_rates(option[closed], row_of[stream[closed]], -1.0, profile=profile)
    limits = activities.limits
    for n, lever in enumerate(instance.levers.values()):
        if not isinstance(lever, LimitLever):
            continue
        inside = periods_inside(instance, lever)
        for t in streams_under(instance, lever).tolist():
            for choice, multiplier in enumerate(lever.multipliers):
                beyond = np.maximum(need[t] - multiplier * instance.demand_tokens_per_s[t], 0.0) * inside
                if row_of[t] >= 0 and beyond.any():
                    mine = limits.option[(limits.lever == n) & (limits.choice == choice)]
                    builder.add_rates(mine, row_of[t], -1.0, profile=builder.profile(beyond))


def _formulate_kept(instance: Instance, builder: Builder, activities: Activities, case: int, throughput: Ints) -> None:
    """What stays of a pool of which a share is taken back; ``throughput``: the row that each option of replicas supplies, or -1."""
    kept, replicas, pools = activities.kept, activities.replicas, list(instance.pools)
    mine = np.flatnonzero(kept.case == case)
    if not len(mine):
        return
    name, option, n = instance.loss_cases[case].name, kept.option[mine], kept.row[mine]
    labels = [f"{list(instance.services)[replicas.service[m]]} {replicas.profile[m]} kept in {pools[replicas.pool[m]]}" for m in n]
    standing = builder.add_resources([f"{label} after {name}" for label in labels], "counts", 0.0)
    builder.add_rates(option, standing, 1.0)
    at = match(
        (replicas.service[n], replicas.profile[n], replicas.pool[n]), (replicas.service, replicas.profile, replicas.pool)
    )  # fmt: skip
    builder.add_rates(replicas.option[at >= 0], standing[at[at >= 0]], -1.0)
    left, some = np.full(len(pools), -1, dtype=np.int64), np.unique(replicas.pool[n])
    labels = [f"left in {pools[q]} after {name}" for q in some]
    left[some] = builder.add_resources(labels, "units", instance.reclaim_left_units[some])
    builder.add_rates(option, left[replicas.pool[n]], replicas.units[n])
    charge_exposed(instance, builder, activities.gangs, left)
    supplies = throughput[n] >= 0
    m = n[supplies]
    builder.add_rates(option[supplies], throughput[m], -replicas.tokens_per_s[m], profile=replicas.pace[m])


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
                need[t] = case.periods * demand[t] * (floor if case.loss.covered_share == "promised" else case.loss.covered_share)
        owed = need * (1 - times_closed(instance, plan)) - beyond_limits(instance, plan, need)
        found += excess(NAME, "tokens/s", names, owed - after - left, np.zeros(need.shape), instance, "falls short by", need)
        found += _reach(instance, plan, k) + _throughput(instance, plan, k) + _links(instance, plan, k)
    return found + _kept_violations(instance, plan)


def _kept_violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Replicas that are kept without having stood there, where nothing is taken back, or beyond what is left."""
    table, pools, found = plan.kept, list(instance.pools), []
    periods, left, exposed = instance.calendar.period_count, units_left(instance), exposed_units(instance, plan)
    stood: dict[tuple[int, int, int], Floats] = {}
    replicas = plan.replicas
    where = instance.island_pool[replicas.island]
    for s, p, q, period, units in zip(*(a.tolist() for a in (replicas.service, replicas.profile, where, replicas.period)),
                                      replicas.units.tolist(), strict=True):  # fmt: skip
        stood.setdefault((s, p, q), np.zeros(periods))[period] += units
    for k, case in enumerate(instance.loss_cases):
        rows = np.flatnonzero(table.case == k).tolist()
        held, each = np.zeros(left.shape), dict[tuple[int, int, int], Floats]()
        for r in rows:
            s, p, q, period = (int(column[r]) for column in (table.service, table.profile, table.pool, table.period))
            each.setdefault((s, p, q), np.zeros(periods))[period] += table.units[r]
            held[q, period] += table.units[r]
            if table.units[r] <= 0:
                found.append(broken(NAME, pools[q], f"keeps no units or fewer after {case.name}", float(1 - table.units[r])))
            if not case.reclaimed[q] or not case.periods[period]:
                found.append(broken(NAME, pools[q], f"keeps units after {case.name}, which takes back nothing there"))
        for (s, p, q), units in each.items():
            there = stood.get((s, p, q), np.zeros(periods))[None]
            name = f"{list(instance.services)[s]} in {pools[q]} after {case.name}"
            found += excess(NAME, "units", [name], units[None], there, instance, "keeps")
        some = np.unique(table.pool[rows])
        names = [f"{pools[q]} after {case.name}" for q in some]
        found += excess(NAME, "units", names, (held + exposed)[some], left[some], instance, "would hold")
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
    gone = instance.loss_cases[case].lost | instance.loss_cases[case].reclaimed
    pool, kept = instance.island_pool[table.island], plan.kept
    stays, stay_too = ~gone[pool], kept.case == case
    # Of pools of which a share is taken back, what is kept stands for what stood there.
    service, place, period, units = (
        np.concatenate([a[stays], b[stay_too]])
        for a, b in ((table.service, kept.service), (pool, kept.pool), (table.period, kept.period), (table.units, kept.units))
    )
    profile = profile_rows(
        instance, service, np.concatenate([table.profile[stays], kept.profile[stay_too]])
    )  # fmt: skip
    sort = of_profiles(instance, lambda p: classes.index(p.latency_class)).astype(np.int64)[profile]
    tokens = whole_replicas(instance, profile, units) * of_profiles(instance, lambda p: p.tokens_per_s)[profile]
    tokens = tokens * sustained_share(instance, service, place, period)
    np.add.at(supply, (service, instance.pool_site[place], sort, period), tokens)
    starts = plan.starts
    begun = np.flatnonzero(~gone[starts.pool])
    sort = of_profiles(instance, lambda p: classes.index(p.latency_class)).astype(np.int64)[
        profile_rows(instance, starts.service[begun], starts.profile[begun])
    ]
    at_site = instance.pool_site[starts.pool[begun]]
    lost = tokens_lost_to_starts(instance, plan)[begun]
    np.subtract.at(supply, (starts.service[begun], at_site, sort, starts.period[begun]), lost)
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
