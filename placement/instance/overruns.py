"""Limits that today's plan breaks: in which periods, by how much, and what going on so weighs.

Today's plan is what stands: the jobs that run today, where they stand and until their work ends, and the runs that are planned.
Replicas, batch work and what is let give way at once, so none of it counts. Limits are those of islands and pools, in allocation
units, and of feeds, in facility kW. Outside its contract a pool has none to break, nor where its contract is to be decided; what
such contracts bring, or make idle, is not in the kW.

    excess = what today's plan holds, or draws  -  the limit                                           where that is above 0
    weight = 1 USD for each GPU-hour of units, and for each kWh, which is about a GPU's hour as well
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from placement.program import FEASIBILITY_TOLERANCE, Bools, Floats, Ints, end_blocks

if TYPE_CHECKING:
    from placement.instance.instance import Instance

USD_PER_GPU_HOUR = 1.0
USD_PER_KWH = 1.0


@dataclass(frozen=True)
class Booked:
    """A job as today's plan has it, in indices."""

    job: int
    shape: int
    """Row of ``Jobs.shapes``."""
    start_block: int
    islands: tuple[int, ...]
    units: tuple[int, ...]
    """Allocation units held on each of them."""
    links: tuple[int, ...]
    remaining_hours: float | None
    """Of what runs today; None of what is only planned."""


@dataclass(frozen=True)
class Excess:
    """Limits that today's plan breaks in some period, ascending: [n]."""

    limit: Ints
    """Position in ``Instance.limit_names``."""
    amount: Floats
    """Excess in each period, [n, P]: units, or kW."""
    usd_per_hour: Floats
    """What one unit, or kW, of it weighs for an hour, at the level of promises."""


def limit_names(instance: Instance) -> tuple[str, ...]:
    """See ``Instance.limit_names``."""
    islands = [f"island {name}" for name in instance.island_names]
    return (*islands, *(f"pool {name}" for name in instance.pools), *(f"feed {name}" for name in instance.feeds))


def limit_weights(instance: Instance) -> Floats:
    """USD at the level of promises of an hour of one unit, or kW, beyond each limit, by ``limit_names``."""
    units = np.concatenate([instance.unit_gpus[instance.island_pool], instance.unit_gpus])
    return np.concatenate([USD_PER_GPU_HOUR * units, np.full(len(instance.feeds), USD_PER_KWH)])


def booked(instance: Instance) -> Iterator[Booked]:
    """Every job that today's plan has: those that run, then those that are planned."""
    for job, today in instance.jobs.running.items():
        yield Booked(job, today.shape, 0, today.islands, today.units, today.links, today.remaining_hours)
    for run in () if instance.today is None else instance.today.planned:
        if run.job not in instance.jobs.running:
            units = _even_units(instance, run.shape, run.islands)
            yield Booked(run.job, run.shape, run.start_block, run.islands, units, run.links, None)


def _even_units(instance: Instance, shape: int, islands: tuple[int, ...]) -> tuple[int, ...]:
    """Units on each island: halves at two sites, the first the odd one, and islands evenly, the larger the odd ones."""
    pools = instance.island_pool[list(islands)].tolist()
    total = -(-int(instance.jobs.shapes.gpus[shape]) // int(instance.unit_gpus[pools[0]]))
    sizes = [size for pool in instance.pools.values() for size in pool.island_gpus]
    sides = list(dict.fromkeys(pools))
    halves = [total] if len(sides) == 1 else [total - total // 2, total // 2]
    units: dict[int, int] = {}
    for side, half in zip(sides, halves, strict=True):
        mine = sorted((i for i, q in zip(islands, pools, strict=True) if q == side), key=lambda i: (-sizes[i], i))
        units |= {island: half // len(mine) + (n < half % len(mine)) for n, island in enumerate(mine)}
    return tuple(units[island] for island in islands)


def excess_of_today(instance: Instance) -> Excess:
    """See ``Instance.excess``."""
    rows = list(booked(instance))
    names, periods = len(instance.limit_names), instance.calendar.period_count
    if not rows:
        return Excess(np.empty(0, dtype=np.int64), np.zeros((0, periods)), np.empty(0))
    units, kw = _held(instance, rows)
    online = instance.island_online_gpus // instance.unit_gpus[instance.island_pool][:, None]
    there, kept = _by_pool(instance, online), _by_pool(instance, np.minimum(units, online))
    spare = np.array([pool.spare_share for pool in instance.pools.values()])[:, None]
    # What islands lack is theirs; a pool lacks what is taken of its spares besides.
    use = np.concatenate([units, kept, _drawn(instance, kw)])
    limit = np.concatenate([online, there - np.ceil(np.round(spare * there, 9)), _feed_limits(instance)])
    over = np.where(np.isfinite(limit), use - np.where(np.isfinite(limit), limit, 0.0), 0.0)
    tolerance = FEASIBILITY_TOLERANCE * np.maximum(1.0, np.where(np.isfinite(limit), np.abs(limit), use))
    ours = _under_contract(instance)
    broken_by = np.concatenate([ours[instance.island_pool], ours, np.ones((len(instance.feeds), periods), dtype=np.bool_)])
    amount = np.where((over > tolerance) & broken_by, over, 0.0)
    assert len(amount) == names
    broken = np.flatnonzero(amount.any(axis=1))
    return Excess(broken, amount[broken], limit_weights(instance)[broken])


def _under_contract(instance: Instance) -> Bools:
    """Whether each pool is under a contract that is not decided, [Q, P]."""
    rows = np.zeros((len(instance.pools), instance.calendar.period_count), dtype=np.bool_)
    for q, pool in enumerate(instance.pools.values()):
        contract = instance.contracts[pool.contract]
        end = None if contract.to_date == "open" else contract.to_date
        rows[q] = instance.calendar.covered(contract.from_date, end) & (not contract.decided)
    return rows


def _by_pool(instance: Instance, by_island: Floats | Ints) -> Floats:
    total = np.zeros((len(instance.pools), by_island.shape[1]))
    np.add.at(total, instance.island_pool, by_island)
    return total


def _held(instance: Instance, rows: list[Booked]) -> tuple[Floats, Floats]:
    """Units that these jobs hold in each island, [I, P], and the facility kW above idle that they draw in each pool, [Q, P]."""
    calendar, jobs = instance.calendar, instance.jobs
    job, shape, start = (np.array([getattr(row, name) for row in rows]) for name in ("job", "shape", "start_block"))
    end = _ends(instance, rows)
    row = np.repeat(np.arange(len(rows)), [len(one.islands) for one in rows])
    island = np.array([i for one in rows for i in one.islands], dtype=np.int64)
    units = np.array([n for one in rows for n in one.units], dtype=np.float64)
    pool = instance.island_pool[island]
    gpus = jobs.shapes.gpus[shape][row] * units / np.bincount(row, units)[row]
    modes = [accelerator.modes for accelerator in instance.accelerators.values()]
    training = np.array(
        [modes[a][m].training_kw for a, m in zip(jobs.shapes.accelerator[shape], jobs.shapes.mode[shape], strict=True)]
    )
    kw = gpus * (training[row] - _idle_each(instance)[pool]) * _pue(instance)[pool]
    pace = jobs.pace[job][row]

    def over_time(target: Ints, amount: Floats, targets: int) -> Floats:
        total = np.zeros((targets, calendar.period_count))
        for kind in np.unique(pace).tolist():
            mine, change = pace == kind, np.zeros((targets, calendar.blocks + 1))
            np.add.at(change, (target[mine], start[row[mine]]), amount[mine])
            np.add.at(change, (target[mine], end[row[mine]]), -amount[mine])
            works = np.tile(jobs.paces[kind] > 0, calendar.blocks)
            total += np.repeat(np.cumsum(change, axis=1)[:, :-1], calendar.band_count, axis=1) * works
        return total

    return over_time(island, units, len(instance.island_pool)), over_time(pool, kw, len(instance.pools))


def _ends(instance: Instance, rows: list[Booked]) -> Ints:
    """Block after the last one that each job holds, [n]."""
    jobs, events = instance.jobs, instance.grid_events
    found = np.empty(len(rows), dtype=np.int64)
    for n, row in enumerate(rows):
        made = instance.job_progress[jobs.pace[row.job]]
        tenant = list(instance.tenants.values())[int(jobs.tenant[row.job])] if events else None
        if tenant is not None:
            made = _progress_at_events(instance, row, tenant.flexibility_share)
        hours = _full_hours(instance, row) if row.remaining_hours is None else row.remaining_hours
        found[n] = end_blocks(made, np.array([row.start_block]), np.array([hours]))[0]
    return found


def _progress_at_events(instance: Instance, row: Booked, share: float) -> Floats:
    """Hours of progress before each block boundary of a job that gives way at the events above it, [B + 1]."""
    calendar, jobs, pools = instance.calendar, instance.jobs, instance.island_pool[list(row.islands)]
    limited = sum((case.hours for case in instance.grid_events if case.below[pools].any()), np.zeros(calendar.period_count))
    pace = int(jobs.pace[row.job])
    worked = calendar.hours - share * np.minimum(limited, calendar.hours) - jobs.hours_switching(calendar)[pace]
    made = np.maximum(worked, 0.0) * np.tile(jobs.paces[pace], calendar.blocks)
    return np.concatenate([[0.0], np.cumsum(made.reshape(calendar.blocks, -1).sum(axis=1))])


def _full_hours(instance: Instance, row: Booked) -> float:
    """Hours at pace 1 of a planned run where it is planned: islands, sites and spot capacity slow it down."""
    pools, speed = instance.island_pool[list(row.islands)].tolist(), 1.0
    for q, noun in enumerate(instance.pools.values()):
        if pools.count(q) > 1 and noun.spanning is not None:
            speed = min(speed, 1 - noun.spanning.loss * (1 - 1 / pools.count(q)))
    if len(set(pools)) > 1:
        speed *= 1 - float(instance.jobs.wan_loss[row.job])
    spots = sorted({int(instance.pool_spot[q]) for q in pools} - {-1})
    return float(instance.jobs.shapes.hours[row.shape] / speed * np.prod(instance.spot_times_longer[row.shape, spots]))


# ------------------------------------------------------------ power


def _idle_each(instance: Instance) -> Floats:
    return np.array([instance.accelerators[pool.accelerator].idle_kw for pool in instance.pools.values()])


def _pue(instance: Instance) -> Floats:
    return np.array([instance.sites[pool.site].pue for pool in instance.pools.values()])


def _drawn(instance: Instance, above_idle_kw: Floats) -> Floats:
    """Facility kW of each feed, [F, P]: what idles, of contracts that are not decided, and what jobs add."""
    decided = np.array([instance.contracts[pool.contract].decided for pool in instance.pools.values()])[:, None]
    idle = np.where(decided, 0.0, (_idle_each(instance) * _pue(instance))[:, None] * instance.pool_online_gpus)
    below = np.array([[feed in instance.feeds_above(pool) for pool in instance.pools.values()] for feed in instance.feeds])
    return np.asarray(below.astype(np.float64) @ (idle + above_idle_kw))


def _feed_limits(instance: Instance) -> Floats:
    """kW that each feed carries by what is firm, not firm and brought by dated contracts, [F, P]; inf where unlimited."""
    calendar, feeds = instance.calendar, list(instance.feeds)
    rows = np.full((len(feeds), calendar.period_count), np.inf)
    for f, feed in enumerate(instance.feeds.values()):
        if not isinstance(feed.limit_kw, str):
            rows[f] = calendar.least(feed.limit_kw) + calendar.least(feed.non_firm_kw or 0.0) - feed.reserve_kw
    for contract in instance.contracts.values():
        there = calendar.covered(contract.from_date, None if contract.to_date == "open" else contract.to_date)
        for power in () if contract.decided else contract.brings_kw or ():
            rows[feeds.index(power.feed)] += power.kw * there
    return rows
