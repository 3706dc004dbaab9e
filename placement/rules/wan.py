"""Law 3 over the WAN: no link carries more than it can, and every gigabyte that crosses one pays its price.

    Gbit/s of split gangs + of what is served + of loads on their way   <= Gbit/s of the link        for every link and period
    cost = gigabytes over each link x its price

    rerouted to each site over its other ways   <=  served from there                                for every stream and period

A split gang sends its Gbit/s while it holds its places. A stream sends its service's bytes per output token over the cheapest path
within its round trip, but what the plan reroutes over another of its ways: the rate at which it is served sizes links, the mean is
paid for. A job's data and checkpoint are copied to
every site where it runs and they do not lie: an equal part in each of the ``move_blocks`` blocks before its start, at an even rate,
over the cheapest path that can carry it; so it starts no sooner than they can have come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from placement.activities import Activities
from placement.activities.crossings import Loads, crossed, served_over, ways_to_serve
from placement.activities.serving import match
from placement.builder import END, FIRST, START, Builder, Edge
from placement.instance import Instance
from placement.instance.moves import path_of_load, path_of_move
from placement.instance.wan import Links
from placement.plan import Plan, Violation
from placement.program import Anchor, Floats, Ints
from placement.rules.reading import broken, during_runs, excess, level_and_term
from placement.rules.sla import SECONDS_PER_HOUR, TOKENS_PER_MILLION, million_tokens_per_rate

NAME = "wan"

BITS_PER_BYTE = 8.0
BYTES_PER_GB = 1e9
GB_PER_TB = 1e3


# ------------------------------------------------------------ into the Program


@dataclass(frozen=True)
class Crossing:
    """Options that send over links, one row for each link: [n]."""

    option: Ints
    link: Ints
    gbit_s: Floats
    profile: Ints | int = 0
    start: Edge = START
    end: Edge = END


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """Links that anything may cross and that are not unlimited as resources, and what each option pays for the links it crosses."""
    crossings = [
        *_split_gangs(instance, builder, activities),
        *_serving(instance, builder, activities),
        *_rerouting(instance, builder, activities),
        *_loads_before_starts(instance, builder, activities),
    ]
    if not crossings:
        return
    limit, names = link_limits(instance), list(instance.links)
    used = np.unique(np.concatenate([crossing.link for crossing in crossings]))
    used = used[np.isfinite(limit[used])]
    resource = np.full(len(limit), -1, dtype=np.int64)
    resource[used] = builder.add_resources([f"link {names[n]}" for n in used], "Gbit/s", limit[used][:, None])
    for crossing in crossings:
        kept = resource[crossing.link] >= 0
        profile = np.broadcast_to(crossing.profile, kept.shape)[kept]
        builder.add_rates(
            crossing.option[kept], resource[crossing.link[kept]], crossing.gbit_s[kept],
            start=crossing.start, end=crossing.end, profile=profile,
        )  # fmt: skip


def _split_gangs(instance: Instance, builder: Builder, activities: Activities) -> Iterator[Crossing]:
    gangs, jobs, calendar = activities.gangs, instance.jobs, instance.calendar
    row, link = crossed(gangs.places.links, gangs.place)
    if not len(row):
        return
    option, pace, gbit_s = gangs.option[row], jobs.pace[gangs.job[row]], jobs.wan_gbit_s[gangs.job[row]]
    usd_per_hour = _usd_per_gb(instance)[link] * gbit_s * SECONDS_PER_HOUR / BITS_PER_BYTE
    # Hours held are the difference of those that are held before the end and before the start.
    hours = (_by_block(instance, np.tile(factors > 0, calendar.blocks) * instance.present_hours) for factors in jobs.paces)
    held = np.array([np.concatenate([[0.0], np.cumsum(each)]) for each in hours])
    table = np.array([builder.curve(each) for each in held], dtype=np.int64)[pace]
    profile = builder.profile_of_paces(jobs.paces)[pace]
    runs = np.flatnonzero(gangs.overlap[row] < 0)
    for anchor, sign in ((Anchor.END, 1.0), (Anchor.START, -1.0)):
        _charge(builder, option[runs], sign * usd_per_hour[runs], table[runs], anchor)
    yield Crossing(option[runs], link[runs], gbit_s[runs], profile[runs])
    # What a move leaves is held from the first block on, until so many blocks after the one in which it goes.
    for lag in np.unique(gangs.overlap[row]).tolist():
        left = np.flatnonzero((gangs.overlap[row] == lag) & (lag >= 0))
        gone = gangs.begin[row[left]] + lag
        _charge(builder, option[left], usd_per_hour[left] * held[pace[left], gone], np.zeros(len(left), dtype=np.int64))
        yield Crossing(option[left], link[left], gbit_s[left], profile[left], FIRST, (Anchor.START, lag))


def _serving(instance: Instance, builder: Builder, activities: Activities) -> Iterator[Crossing]:
    serve, per_token = activities.serve, wan_bytes(instance)[activities.serve.service]
    counted = np.flatnonzero(per_token)
    row, link = served_over(instance, instance.wan, serve.stream[counted], serve.site[counted])
    if not len(row):
        return
    row = counted[row]
    usd = _usd_per_gb(instance)[link] * per_token[row] * TOKENS_PER_MILLION / BYTES_PER_GB
    volume = np.array([builder.profile(rate) for rate in million_tokens_per_rate(instance) * instance.discount], dtype=np.int64)
    _charge(builder, serve.option[row], usd, volume[serve.stream[row]])
    yield Crossing(serve.option[row], link, gbit_s_of_bytes(per_token[row]))


def _rerouting(instance: Instance, builder: Builder, activities: Activities) -> Iterator[Crossing]:
    """What is rerouted crosses the links of its way, and those of the cheapest no longer."""
    options, serve, streams = activities.reroutes, activities.serve, list(instance.streams.values())
    if not len(options.option):
        return
    pairs, at = np.unique(np.stack([options.stream, options.site]), axis=1, return_inverse=True)
    names = [f"rerouted {streams[t].id} from {list(instance.sites)[x]}" for t, x in pairs.T.tolist()]
    served = builder.add_resources(names, "tokens/s", 0.0)
    builder.add_rates(options.option, served[at.reshape(-1)], 1.0)
    pair = match(tuple(pairs), (serve.stream, serve.site))
    builder.add_rates(serve.option[pair >= 0], served[pair[pair >= 0]], -1.0)
    per_token = np.array([instance.services[streams[t].service].wan_bytes_per_token for t in options.stream.tolist()])
    volume = np.array([builder.profile(rate) for rate in million_tokens_per_rate(instance) * instance.discount], dtype=np.int64)
    every = np.arange(len(options.option))
    for ways, sign in ((options.over, 1.0), (options.instead, -1.0)):
        row, link = crossed(ways, every)
        usd = sign * _usd_per_gb(instance)[link] * per_token[row] * TOKENS_PER_MILLION / BYTES_PER_GB
        _charge(builder, options.option[row], usd, volume[options.stream[row]])
        yield Crossing(options.option[row], link, sign * gbit_s_of_bytes(per_token[row]))


def _loads_before_starts(instance: Instance, builder: Builder, activities: Activities) -> Iterator[Crossing]:
    gangs, jobs = activities.gangs, instance.jobs
    loads = Loads.to_move(instance, gangs.places, gangs.job, gangs.place)
    tb = jobs.load_tb[gangs.job[loads.row], loads.load]
    yield from _before_starts(instance, builder, activities, loads, loads.row, tb)
    moving = np.flatnonzero(gangs.moves)
    if len(moving):
        loads = Loads.of_moves(instance, gangs.places, gangs.job[moving], gangs.place[moving])
        along = np.array([jobs.running[j].move_tb for j in gangs.job[moving[loads.row]].tolist()], dtype=np.float64)
        yield from _before_starts(instance, builder, activities, loads, moving[loads.row], along)


def _before_starts(
    instance: Instance, builder: Builder, activities: Activities, loads: Loads, row: Ints, tb: Floats
) -> Iterator[Crossing]:
    """Loads of gangs, by their ``row`` and with so many ``tb``."""
    gangs, jobs = activities.gangs, instance.jobs
    way, link = crossed(loads.ways, loads.way)
    if not len(way):
        return
    job, option = gangs.job[row[way]], gangs.option[row[way]]
    gb, blocks = tb[way] * GB_PER_TB, jobs.move_blocks[job]
    at_start = np.full(len(option), builder.curve(instance.discount_at), dtype=np.int64)
    _charge(builder, option, _usd_per_gb(instance)[link] * gb, at_start)
    # The rate in the longest blocks; in proportion more in the others.
    hours = _by_block(instance, instance.calendar.hours)
    profile = builder.profile(np.repeat(hours.max() / hours, instance.calendar.band_count))
    gbit_s = gb * BITS_PER_BYTE / (blocks * hours.max() * SECONDS_PER_HOUR)
    for count in np.unique(blocks).tolist():
        mine = blocks == count
        yield Crossing(option[mine], link[mine], gbit_s[mine], profile, (Anchor.START, -count), START)


def _charge(builder: Builder, option: Ints, usd: Floats, table: Ints, anchor: Anchor = Anchor.START) -> None:
    """What is paid for crossings, [n] each; free ones leave no trace."""
    paid = np.flatnonzero(usd)
    builder.add_charges(option[paid], *level_and_term("wan"), usd[paid], anchor=anchor, table=table[paid])


def link_limits(instance: Instance) -> Floats:
    """Gbit/s of each link, [links]; inf where said to be unlimited."""
    return np.array([_number(link.gbit_s) for link in instance.links.values()], dtype=np.float64)


def wan_bytes(instance: Instance) -> Floats:
    """Bytes that cross for each output token of each service; 0 where they are not counted."""
    return np.array([service.wan_bytes_per_token for service in instance.services.values()], dtype=np.float64)


def gbit_s_of_bytes(bytes_per_s: Floats) -> Floats:
    """Gbit/s."""
    return bytes_per_s * BITS_PER_BYTE / BYTES_PER_GB


def _usd_per_gb(instance: Instance) -> Floats:
    return np.array([link.price_usd_per_gb for link in instance.links.values()], dtype=np.float64)


def _by_block(instance: Instance, by_period: Floats) -> Floats:
    """Sums over the periods of each block, [B]."""
    return np.asarray(by_period.reshape(instance.calendar.blocks, -1).sum(axis=1), dtype=np.float64)


def _number(limit: float | str) -> float:
    return np.inf if isinstance(limit, str) else limit


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Links that carry too much, and jobs that start where their data cannot be by then."""
    found, jobs = _rerouted_too_much(instance, plan), instance.jobs
    for run, what, _, site, way in _moved(instance, plan):
        job, start = int(plan.runs.job[run]), int(plan.runs.start_block[run])
        there = list(instance.sites)[site]
        early = int(jobs.move_blocks[job]) - start
        if way is None:
            found.append(broken(NAME, jobs.id[job], f"no path brings its {what} to {there} in time"))
        elif early > 0:
            text = f"starts at {there} in block {start + 1}, {early} blocks before its {what} can be there"
            found.append(broken(NAME, jobs.id[job], text, float(early), "blocks"))
    links = {n: link for n, link in enumerate(instance.links.values()) if link.gbit_s != "unlimited"}
    use = link_gbit_s(instance, plan)[list(links)]
    most = np.array([[_number(link.gbit_s)] for link in links.values()]).reshape(len(links), 1) + np.zeros_like(use)
    return found + excess(NAME, "Gbit/s", [link.id for link in links.values()], use, most, instance, "carries")


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """wan: gigabytes over each link, at its price; those that are moved before a start count by its day."""
    crossing = zip(link_gb(instance, plan, present=True).tolist(), instance.links.values(), strict=True)
    return {"wan": sum(gb * link.price_usd_per_gb for gb, link in crossing)}


def link_gbit_s(instance: Instance, plan: Plan) -> Floats:
    """What each link carries in each period, [links, P]."""
    calendar, served = instance.calendar, plan.serving
    total, rerouted = _between_halves(instance, plan), plan.reroutes
    for rows, links, each in _served(instance, plan):
        for link in links:
            np.add.at(total[link], served.period[rows], served.tokens_per_s[rows] * each * 8e-9)
    for rows, over, instead, each in _rerouted(instance, plan):
        for links, sign in ((over, 8e-9), (instead, -8e-9)):
            for link in links:
                np.add.at(total[link], rerouted.period[rows], rerouted.tokens_per_s[rows] * each * sign)
    for run, _, tb, _, way in _moved(instance, plan):
        job, start = int(plan.runs.job[run]), int(plan.runs.start_block[run])
        count = int(instance.jobs.move_blocks[job])
        for block in range(max(start - count, 0), start):
            periods = slice(block * calendar.band_count, (block + 1) * calendar.band_count)
            seconds = float(calendar.hours[periods].sum()) * 3600
            total[list(way or ()), periods] += tb * 8000 / count / seconds
    return total


def link_gb(instance: Instance, plan: Plan, *, present: bool = False) -> Floats:
    """Gigabytes that cross each link over the horizon, [links]; or each times what a dollar is worth then."""
    mean, served = instance.mean_per_demand, plan.serving
    hours = instance.present_hours if present else instance.calendar.hours
    total: Floats = _between_halves(instance, plan) @ hours * 3600 / 8
    for rows, links, each in _served(instance, plan):
        at = (served.stream[rows], served.period[rows])
        tokens = served.tokens_per_s[rows] * mean[at] * hours[at[1]] * 3600
        total[list(links)] += float(tokens.sum()) * each / 1e9
    for rows, over, instead, each in _rerouted(instance, plan):
        at = (plan.reroutes.stream[rows], plan.reroutes.period[rows])
        gb = float((plan.reroutes.tokens_per_s[rows] * mean[at] * hours[at[1]]).sum()) * 3600 * each / 1e9
        total[list(over)] += gb
        total[list(instead)] -= gb
    for run, _, tb, _, way in _moved(instance, plan):
        worth = instance.discount_at[plan.runs.start_block[run]] if present else 1.0
        total[list(way or ())] += tb * 1000 * worth
    return total


def _between_halves(instance: Instance, plan: Plan) -> Floats:
    """Gbit/s of split gangs over each link, [links, P]."""
    need = np.nan_to_num(instance.jobs.wan_gbit_s[plan.runs.job[plan.paths.run]])
    return during_runs(instance, plan, plan.paths.run, plan.paths.link, need, len(instance.links))


def _served(instance: Instance, plan: Plan) -> Iterator[tuple[Ints, Links, float]]:
    """Rows of ``serving`` of a stream from a site, the links that they cross and bytes per token, where these are counted."""
    streams, sites = list(instance.streams.values()), list(instance.sites)
    for t, x in np.unique(np.stack([plan.serving.stream, plan.serving.site]), axis=1).T.tolist():
        each = instance.services[streams[t].service].wan_bytes_per_token
        if each > 0:
            within = _number(instance.latency_classes[streams[t].latency_class].max_rtt_ms)
            # That a site is out of reach is for another law to find.
            links = instance.wan.cheapest(streams[t].region, sites[x], within) or ()
            yield np.flatnonzero((plan.serving.stream == t) & (plan.serving.site == x)), links, each


def _rerouted(instance: Instance, plan: Plan) -> Iterator[tuple[Ints, Links, Links, float]]:
    """Rows of ``reroutes`` of a stream from a site over a way, its links, those of the cheapest, and bytes per token."""
    streams, table = list(instance.streams.values()), plan.reroutes
    keys = np.stack([table.stream, table.site, table.way])
    for t, x, way in np.unique(keys, axis=1).T.tolist():
        ways, each = ways_to_serve(instance, t, x), instance.services[streams[t].service].wan_bytes_per_token
        if 0 < way < len(ways) and each > 0:
            yield np.flatnonzero((keys == np.array([[t], [x], [way]])).all(axis=0)), ways[way], ways[0], each


def _rerouted_too_much(instance: Instance, plan: Plan) -> list[Violation]:
    """Ways that there are not, rates below 0, and more rerouted than is served."""
    streams, sites, table, found = list(instance.streams.values()), list(instance.sites), plan.reroutes, list[Violation]()
    for t, x in np.unique(np.stack([table.stream, table.site]), axis=1).T.tolist():
        mine, name = np.flatnonzero((table.stream == t) & (table.site == x)), f"{streams[t].id} from {sites[x]}"
        there = len(ways_to_serve(instance, t, x))
        for row in mine.tolist():
            way, rate = int(table.way[row]), float(table.tokens_per_s[row])
            when = instance.calendar.period_name(int(table.period[row]))
            if not 0 < way < there:
                text = f"is served over way {way + 1} of {there} that may be used"
                found.append(broken(NAME, name, text, abs(rate), "tokens/s", when))
            if rate < 0:
                found.append(broken(NAME, name, "a negative rate of tokens over another way", -rate, "tokens/s", when))
        use, most = np.zeros((2, 1, instance.calendar.period_count))
        np.add.at(use[0], table.period[mine], table.tokens_per_s[mine])
        served = np.flatnonzero((plan.serving.stream == t) & (plan.serving.site == x))
        np.add.at(most[0], plan.serving.period[served], plan.serving.tokens_per_s[served])
        found += excess(NAME, "tokens/s", [name], use, most, instance, "takes other ways than the cheapest for")
    return found


def _moved(instance: Instance, plan: Plan) -> Iterator[tuple[int, str, float, int, Links | None]]:
    """Run, what, TB, site and links of everything that has to be moved before a start; None where no links bring it there."""
    lies, pool_site = instance.jobs.load_site, instance.pool_site[instance.island_pool]
    wanting = np.any(lies[plan.runs.job] >= 0, axis=1)
    for job, today in instance.jobs.running.items():
        mine = np.flatnonzero(plan.runs.job == job)
        wanting[mine] = False
        for run in mine[-1:].tolist():
            to = {int(pool_site[island]) for island in plan.places.island[plan.places.run == run]}
            for site in sorted(to - {int(pool_site[island]) for island in today.islands}):
                if today.move_tb:
                    yield run, "data and checkpoint", today.move_tb, site, path_of_move(instance, job, site)
    rows = np.flatnonzero(wanting[plan.places.run])
    stands = {(int(plan.places.run[row]), int(pool_site[plan.places.island[row]])) for row in rows}
    for run, site in sorted(stands):
        job = int(plan.runs.job[run])
        for load, at in enumerate(lies[job].tolist()):
            if at not in (-1, site):
                tb = float(instance.jobs.load_tb[job, load])
                yield run, ("data", "checkpoint")[load], tb, site, path_of_load(instance, job, load, site)
