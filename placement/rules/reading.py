"""What a plan says, laid out over islands and periods: the checker's own reading of it, without the Program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from math import ceil

import numpy as np

from placement.instance import CarbonPrice, Contract, Instance, ServiceProfile
from placement.instance.policy import of_kind
from placement.plan import TERM_LEVEL, TERMS, Plan, Runs, Violation
from placement.program import FEASIBILITY_TOLERANCE, Bools, Floats, Ints

GRAMS_PER_KG = 1000.0
KG_PER_TONNE = 1000.0


def active_bands(instance: Instance, job: Ints) -> Bools:
    """Bands in which each job makes progress and holds what it needs, [n, K]."""
    return instance.jobs.paces[instance.jobs.pace[job]] > 0


def during_runs(instance: Instance, plan: Plan, run: Ints, target: Ints, amount: Floats, targets: int) -> Floats:
    """Sum of amounts that rows (run, target) add while their run is active, [targets, P]."""
    calendar, runs = instance.calendar, plan.runs
    total = np.zeros((targets, calendar.blocks, calendar.band_count))
    pace = instance.jobs.pace[runs.job[run]] if len(run) else np.empty(0, dtype=np.int64)
    for row in np.unique(pace):
        mine = pace == row
        change = np.zeros((targets, calendar.blocks + 1))
        start = np.clip(runs.start_block[run[mine]], 0, calendar.blocks)
        end = np.clip(runs.end_block[run[mine]], start, calendar.blocks)
        np.add.at(change, (target[mine], start), amount[mine])
        np.add.at(change, (target[mine], end), -amount[mine])
        held = np.cumsum(change, axis=1)[:, :-1]
        total += held[:, :, None] * (instance.jobs.paces[row] > 0)
    return total.reshape(targets, calendar.period_count)


def in_force(instance: Instance, plan: Plan) -> Bools:
    """Whether each contract is in force in each period, as dated or as the plan signs it, [C, P]."""
    calendar, signed = instance.calendar, plan.contracts
    rows = np.zeros((len(instance.contracts), calendar.period_count), dtype=np.bool_)
    for c, contract in enumerate(instance.contracts.values()):
        dated = calendar.covered(contract.from_date, None if contract.to_date == "open" else contract.to_date)
        if not contract.decided:
            rows[c] = dated
            continue
        for row in np.flatnonzero(signed.contract == c).tolist():
            start = first_in_force(instance, contract, int(signed.start_block[row]))
            first, end = start * calendar.band_count, signed.end_block[row] * calendar.band_count
            rows[c, first:end] = dated[first:end]
    return rows


def first_in_force(instance: Instance, contract: Contract, signed: int) -> int:
    """First block in which a contract signed at a block is in force: that one, or the first after the lead time of an order."""
    if contract.purchase is None:
        return signed
    calendar = instance.calendar
    usable = calendar.day_of_block(signed) + timedelta(days=contract.purchase.lead_time_days)
    return next((block for block in range(calendar.blocks) if calendar.block_starts[block] >= usable), calendar.blocks)


def in_force_by_pool(instance: Instance, plan: Plan) -> Bools:
    """The same for the contract of each pool, [Q, P]."""
    position = {name: c for c, name in enumerate(instance.contracts)}
    rows = [position[pool.contract] for pool in instance.pools.values()]
    return in_force(instance, plan)[np.array(rows, dtype=np.int64)]


def online_gpus(instance: Instance, plan: Plan) -> Ints:
    """GPUs of each island that are delivered and under a contract in force, [I, P]."""
    return instance.island_online_gpus * in_force_by_pool(instance, plan)[instance.island_pool]


def online_units(instance: Instance, plan: Plan) -> Ints:
    """Whole allocation units of them, [I, P]."""
    return online_gpus(instance, plan) // instance.unit_gpus[instance.island_pool][:, None]


def overrun_units(instance: Instance, plan: Plan) -> Ints:
    """Allocation units that a plan says are held in each island beyond those online, [I, P]; whole ones, law overrun sees to it."""
    return np.floor(overruns_by_limit(instance, plan)[: len(instance.island_pool)] + FEASIBILITY_TOLERANCE).astype(np.int64)


def overrun_by_pool(instance: Instance, plan: Plan) -> Floats:
    """Allocation units of the spares of each pool that a plan says are held, [Q, P]."""
    return overruns_by_limit(instance, plan)[len(instance.island_pool) :][: len(instance.pools)]


def overrun_kw(instance: Instance, plan: Plan) -> Floats:
    """Facility kW that a plan says are drawn beyond the limit of each feed, [F, P]."""
    return overruns_by_limit(instance, plan)[len(instance.island_pool) + len(instance.pools) :]


def overruns_by_limit(instance: Instance, plan: Plan) -> Floats:
    """What a plan states beyond each of ``Instance.limit_names``, [limits, P]."""
    total, table = np.zeros((len(instance.limit_names), instance.calendar.period_count)), plan.overruns
    np.add.at(total, (table.limit, table.period), table.amount)
    return total


def sublet_units(instance: Instance, plan: Plan) -> Floats:
    """Allocation units let to others in each pool, [Q, P]."""
    total = np.zeros((len(instance.pools), instance.calendar.period_count))
    np.add.at(total, (plan.sublets.pool, plan.sublets.period), plan.sublets.units)
    return total


def units_down(instance: Instance, plan: Plan) -> tuple[Floats, Floats]:
    """Allocation units that maintenance takes down: of each pool in all, [Q, P], and of the islands that it names, [I, P]."""
    units = instance.island_online_gpus // instance.unit_gpus[instance.island_pool][:, None]
    of_pool, of_island = np.zeros((len(instance.pools), units.shape[1])), np.zeros(units.shape)
    table, bands = plan.maintenance, instance.calendar.band_count
    for n, start, end in zip(table.task.tolist(), table.start_block.tolist(), table.end_block.tolist(), strict=True):
        q, task = instance.maintenance[n]
        first, when = int(instance.pool_island[q]), slice(max(start, 0) * bands, max(end, 0) * bands)
        if task.gpus is not None:
            of_pool[q, when] += ceil(task.gpus / int(instance.unit_gpus[q]))
        elif task.share is not None:
            online = units[first : int(instance.pool_island[q + 1]), when].sum(axis=0)
            of_pool[q, when] += [ceil(round(task.share * there, 9)) for there in online.tolist()]
        for number in task.islands or ():
            of_island[first + number - 1, when] += units[first + number - 1, when]
    return of_pool + by_pool(instance, of_island), of_island


def held_units(instance: Instance, plan: Plan) -> Floats:
    """Allocation units that gangs, replicas and batch work hold or that are let, in each pool, [Q, P]."""
    return working_units(instance, plan) + sublet_units(instance, plan)


def working_units(instance: Instance, plan: Plan) -> Floats:
    """Allocation units that gangs, replicas and batch work hold in each pool, [Q, P]."""
    return by_pool(instance, gang_units(instance, plan) + replica_units(instance, plan)) + batch_units(instance, plan)


def batch_units(instance: Instance, plan: Plan, which: Bools | None = None) -> Floats:
    """Allocation units in each pool on which batch work stands, or some rows of it, [Q, P]; it may share them."""
    table, rows = plan.batch, slice(None) if which is None else np.flatnonzero(which)
    total = np.zeros((len(instance.pools), instance.calendar.period_count))
    np.add.at(total, (table.pool[rows], table.period[rows]), table.gpus[rows] / instance.unit_gpus[table.pool[rows]])
    return total


def batch_gpus_by_job(instance: Instance, plan: Plan) -> Floats:
    """Accelerators on which each batch job works, [batch jobs, P]."""
    total = np.zeros((len(instance.batch_jobs), instance.calendar.period_count))
    np.add.at(total, (batch_jobs_of(instance, plan), plan.batch.period), plan.batch.gpus)
    return total


def batch_jobs_of(instance: Instance, plan: Plan) -> Ints:
    """Batch job of each row of ``batch``, [n]."""
    return np.array([case.job for case in instance.batch_cases], dtype=np.int64)[plan.batch.case]


def gang_units(instance: Instance, plan: Plan) -> Floats:
    """Allocation units that gangs hold in each island, [I, P]."""
    places = plan.places
    return during_runs(instance, plan, places.run, places.island, places.units.astype(np.float64), len(instance.island_pool))


def replica_units(instance: Instance, plan: Plan) -> Floats:
    """Allocation units that replicas hold in each island, [I, P]."""
    total = np.zeros((len(instance.island_pool), instance.calendar.period_count))
    np.add.at(total, (plan.replicas.island, plan.replicas.period), plan.replicas.units)
    return total


def backup_units(instance: Instance, plan: Plan, which: Bools) -> Floats:
    """Allocation units that some of a plan's backups reserve in each island, [I, P]."""
    table, row = plan.backups, np.flatnonzero(which)
    as_runs = replace(plan, runs=Runs(table.job, table.shape, table.start_block, table.end_block))
    units = -(-instance.jobs.shapes.gpus[table.shape] // instance.unit_gpus[instance.island_pool[table.island]])
    return during_runs(instance, as_runs, row, table.island[row], units[row].astype(np.float64), len(instance.island_pool))


def by_pool(instance: Instance, by_island: Floats) -> Floats:
    """Sums over the islands of each pool, [Q, P]."""
    total = np.zeros((len(instance.pools), by_island.shape[1]))
    np.add.at(total, instance.island_pool, by_island)
    return total


def run_units(plan: Plan) -> Ints:
    """Units held by each run in all, [runs]."""
    return np.bincount(plan.places.run, plan.places.units, len(plan.runs.job)).astype(np.int64)


def gpus_on_places(instance: Instance, plan: Plan) -> Floats:
    """Accelerators that a run really uses on each row of ``places``: spread evenly over its units."""
    share = plan.places.units / np.maximum(run_units(plan), 1)[plan.places.run]
    return instance.jobs.shapes.gpus[plan.runs.shape[plan.places.run]] * share


def replica_counts(instance: Instance, plan: Plan) -> tuple[Floats, Floats]:
    """Whole replicas in each row of ``replicas``, and the accelerators that they run on, [n] each."""
    table = plan.replicas
    profile = profile_rows(instance, table.service, table.profile)
    count = whole_replicas(instance, profile, table.units)
    return count, count * of_profiles(instance, lambda p: p.gpus_per_replica)[profile]


def replica_throughput(instance: Instance, plan: Plan) -> Floats:
    """Tokens/s that each row of ``replicas`` sustains over its period, less what spot capacity and grid events take, [n]."""
    table, pool = plan.replicas, instance.island_pool[plan.replicas.island]
    tokens = of_profiles(instance, lambda p: p.tokens_per_s)[profile_rows(instance, table.service, table.profile)]
    throughput = replica_counts(instance, plan)[0] * tokens * sustained_share(instance, table.service, pool, table.period)
    for q, noun in enumerate(instance.pools.values()):
        spot = instance.contracts[noun.contract].spot
        if spot is not None:
            there = spot.mean_hours_between_interruptions / (spot.mean_hours_between_interruptions + spot.outage_hours)
            throughput[pool == q] *= there
    return np.asarray(throughput, dtype=np.float64)


def whole_replicas(instance: Instance, profile: Ints, units: Ints) -> Floats:
    """Whole replicas of profiles (by ``profile_rows``) that so many units hold, [n] each."""
    unit = of_profiles(instance, lambda p: instance.accelerators[p.accelerator].allocation_unit_gpus).astype(np.int64)[profile]
    each = of_profiles(instance, lambda p: p.gpus_per_replica).astype(np.int64)[profile]
    return np.where(each <= unit, units * (unit // each), units // -(-each // unit)).astype(np.float64)


def service_shares(instance: Instance) -> Floats:
    """By how much the replicas of each service give way: as much as all tenants with a stream on it allow, [services]."""
    allowed: dict[str, list[float]] = {name: [] for name in instance.services}
    for stream in instance.streams.values():
        allowed[stream.service].append(instance.tenants[stream.tenant].flexibility_share)
    return np.array([min(shares, default=0.0) for shares in allowed.values()])


def sustained_share(instance: Instance, service: Ints, pool: Ints, period: Ints) -> Floats:
    """Part of their stated throughput that replicas in pools sustain: more as it improves, less by events, [n] each."""
    steps = [1.0 if noun.throughput_factor is None else noun.throughput_factor for noun in instance.services.values()]
    factor = np.array([instance.calendar.mean(figure) for figure in steps]).reshape(len(steps), instance.calendar.period_count)
    return factor[service, period] * kept_at_events(instance, service, pool, period)


def tokens_lost_to_starts(instance: Instance, plan: Plan) -> Floats:
    """Tokens/s that each row of ``starts`` does not serve over its period, its replicas still starting, [n]."""
    table, calendar = plan.starts, instance.calendar
    each = of_profiles(instance, lambda p: p.tokens_per_s)[profile_rows(instance, table.service, table.profile)]
    there = np.array([instance.availability[q] for q in table.pool.tolist()], dtype=np.float64)
    waits = np.array([service.start_up_hours or 0.0 for service in instance.services.values()])[table.service]
    part = np.minimum(waits * calendar.recurrences[table.period] / calendar.hours[table.period], 1.0)
    lost = table.replicas * each * there * part * sustained_share(instance, table.service, table.pool, table.period)
    return np.asarray(lost, dtype=np.float64)


def kept_at_events(instance: Instance, service: Ints, pool: Ints, period: Ints) -> Floats:
    """Part of their throughput that replicas in pools keep over a period, in whose events they give way, [n] each."""
    limited = np.zeros(len(service))
    for case in instance.grid_events:
        limited += case.hours[period] * case.below[pool]
    hours = instance.calendar.hours[period]
    return np.asarray(1 - service_shares(instance)[service] * np.minimum(limited, hours) / hours, dtype=np.float64)


def events_above(instance: Instance, work: Ints, pool: Ints, count: int) -> Bools:
    """Which of the grid's events lie above any pool on which each piece of work stands, by rows (work, pool), [count, E]."""
    above = np.zeros((count, len(instance.grid_events)), dtype=np.bool_)
    for e, case in enumerate(instance.grid_events):
        above[work[case.below[pool]], e] = True
    return above


def profile_rows(instance: Instance, service: Ints, profile: Ints) -> Ints:
    """Position of services' profiles among those of all services, one after another, [n]."""
    count = np.array([len(s.profiles) for s in instance.services.values()], dtype=np.int64)
    return np.asarray((np.cumsum(count) - count)[service] + profile, dtype=np.int64)


def of_profiles(instance: Instance, figure: Callable[[ServiceProfile], float]) -> Floats:
    """A figure of the profiles of all services, one after another."""
    return np.array([figure(profile) for s in instance.services.values() for profile in s.profiles], dtype=np.float64)


def price_over_feeds(instance: Instance) -> Floats:
    """USD per facility kWh of each pool: prices add up along the path of its feeds, [Q, P]."""
    rows = np.zeros((len(instance.pools), instance.calendar.period_count))
    for q, pool in enumerate(instance.pools.values()):
        for feed in instance.feeds_above(pool):
            rows[q] += instance.calendar.mean(instance.feeds[feed].price_usd_per_kwh)
    return rows


def billed_per_kwh(instance: Instance) -> Floats:
    """USD per facility kWh that the contract of each pool bills, [Q, P]; 0 where it bills none."""
    prices = [instance.contracts[pool.contract].price_usd_per_kwh for pool in instance.pools.values()]
    rows = [instance.calendar.mean(0.0 if price is None else price) for price in prices]
    return np.array(rows, dtype=np.float64).reshape(len(rows), instance.calendar.period_count)


def kwh_prices(instance: Instance) -> Floats:
    """USD that a facility kWh of each pool costs: what its contract bills, and its feeds where these are not included, [Q, P]."""
    paid = np.array([instance.contracts[pool.contract].feed_prices == "paid" for pool in instance.pools.values()], dtype=np.bool_)
    return np.asarray(billed_per_kwh(instance) + np.where(paid[:, None], price_over_feeds(instance), 0.0))


def carbon_kg_per_kwh(instance: Instance) -> Floats:
    """Emitted for each facility kWh of each pool, by the nearest feed above it that says, [Q, P]; 0 where none does."""
    rows = np.zeros((len(instance.pools), instance.calendar.period_count))
    for q, pool in enumerate(instance.pools.values()):
        stated = (instance.feeds[feed].carbon_g_per_kwh for feed in instance.feeds_above(pool))
        nearest = next((steps for steps in stated if steps is not None), None)
        if nearest is not None:
            rows[q] = instance.calendar.mean(nearest) / GRAMS_PER_KG
    return rows


def carbon_usd_per_kwh(instance: Instance) -> Floats:
    """What emissions cost for each facility kWh of each pool, [Q, P]."""
    prices = [instance.calendar.mean(price.usd_per_tonne) for price in of_kind(instance.policies, CarbonPrice)]
    return carbon_kg_per_kwh(instance) * sum(prices, np.zeros(instance.calendar.period_count)) / KG_PER_TONNE


def pue_of_pools(instance: Instance) -> Floats:
    """Facility kW per IT kW of each pool, [Q]."""
    return np.array([instance.sites[pool.site].pue for pool in instance.pools.values()])


def times_closed(instance: Instance, plan: Plan) -> Floats:
    """How often each stream is left without demand in each period, its product being closed or its tenant refused, [S, P]."""
    calendar, levers, refused, table = instance.calendar, list(instance.levers.values()), list(instance.tenants), plan.closings
    times = np.zeros((len(instance.streams), calendar.blocks, calendar.band_count))
    names = [refused[t] for t in plan.refusals.tenant.tolist()]
    closings = list(zip(table.lever.tolist(), table.start_block.tolist(), table.end_block.tolist(), strict=True))
    for t, stream in enumerate(instance.streams.values()):
        times[t] += names.count(stream.tenant)
        for n, start, end in closings:
            lever = levers[n]
            if lever.tenant == stream.tenant and stream.service in (lever.services or (stream.service,)):
                times[t, max(start, 0) : max(end, 0)] += 1
    return times.reshape(len(instance.streams), calendar.period_count)


def leaving(instance: Instance, plan: Plan) -> Floats:
    """Tokens/s of each stream that are moved out of each period, or answered by another stream, [S, P]."""
    rate = np.zeros(instance.demand_tokens_per_s.shape)
    for table in (plan.shifts, plan.degraded):
        np.add.at(rate, (table.stream, table.period), table.tokens_per_s)
    return rate


def arriving(instance: Instance, plan: Plan) -> Floats:
    """Tokens/s of each stream that are moved to each period, [S, P].

    What waits is the same tokens, less what is lost, over its hours; what is degraded is answered with so many tokens for each.
    """
    rate, table, mean = np.zeros(instance.demand_tokens_per_s.shape), plan.shifts, instance.mean_per_demand
    lost = [stream.shifting.loss_share if stream.shifting else 0.0 for stream in instance.streams.values()]
    tokens = table.tokens_per_s * mean[table.stream, table.period] * instance.calendar.hours[table.period]
    tokens = tokens * (1 - np.array(lost, dtype=np.float64)[table.stream])
    spread = mean[table.stream, table.to_period] * instance.calendar.hours[table.to_period]
    np.add.at(rate, (table.stream, table.to_period), np.divide(tokens, spread, out=np.zeros_like(tokens), where=spread > 0))
    names, degraded = list(instance.streams), plan.degraded
    for row in range(len(degraded.stream)):
        to = instance.streams[names[degraded.stream[row]]].degrade_to
        if to is not None:
            rate[names.index(to.stream), degraded.period[row]] += degraded.tokens_per_s[row] * to.tokens_per_token
    return rate


# ------------------------------------------------------------ slots that span periods


def slot_sums(by_period: Floats, slot: Ints) -> Floats:
    """Sums of rows [n, P] over the slots of a partition of the periods, [n, slots]."""
    slots = int(slot.max()) + 1
    return np.array([np.bincount(slot, row, slots) for row in by_period]).reshape(len(by_period), slots)


def slot_name(instance: Instance, slot: Ints, k: int) -> str:
    """For people: the periods that slot ``k`` spans."""
    periods = np.flatnonzero(slot == k)
    first, last = (instance.calendar.period_name(int(p)) for p in (periods[0], periods[-1]))
    return first if len(periods) == 1 else f"{first} to {last}"


# ------------------------------------------------------------ reporting


def excess(
    law: str,
    unit: str,
    names: tuple[str, ...] | list[str],
    use: Floats,
    limit: Floats | Ints,
    instance: Instance,
    what: str,
    size: Floats | None = None,
) -> list[Violation]:
    """Violations where use [n, P] exceeds its limit beyond the tolerance; ``size`` is the sum of the amounts without sign."""
    allowed = FEASIBILITY_TOLERANCE * np.maximum(1.0, np.maximum(np.abs(limit), np.abs(use) if size is None else size))
    found = []
    for row, period in zip(*np.nonzero(use - limit > allowed), strict=True):
        amount = float(use[row, period] - limit[row, period])
        text = f"{names[row]}: {what} {use[row, period]:,.6g} {unit} against a limit of {limit[row, period]:,.6g} {unit}"
        found.append(Violation(law, names[row], instance.calendar.period_name(int(period)), amount, unit, text))
    return found


def broken(law: str, subject: str, message: str, amount: float = 1.0, unit: str = "", period: str | None = None) -> Violation:
    """A violation that is not an excess over a row of limits."""
    return Violation(law, subject, period, amount, unit, f"{subject}: {message}")


def no_costs() -> dict[str, float]:
    """For laws that account for no money."""
    return {}


def level_and_term(term: str) -> tuple[int, int]:
    """Indices of a term and of the level that it belongs to."""
    return TERM_LEVEL[term], TERMS.index(term)
