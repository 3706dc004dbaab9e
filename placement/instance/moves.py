"""Data and checkpoints on their way to where a job starts: an equal part in each block of ``move_blocks``, at an even rate."""

from __future__ import annotations

from collections.abc import Collection

from placement.instance.instance import Instance
from placement.instance.policy import Freeze, of_kind
from placement.instance.wan import Links

GBIT_PER_TB = 8000.0
SECONDS_PER_HOUR = 3600.0


def path_of_load(instance: Instance, job: int, load: int, site: int) -> Links | None:
    """Links that a job's data (0) or checkpoint (1) crosses to a site: the cheapest path that carries it in every block.

    None where there is no such path; no links where it lies there already.
    """
    jobs, names = instance.jobs, list(instance.sites)
    at = int(jobs.load_site[job, load])
    if at in (-1, site):
        return ()
    seconds = float(instance.calendar.hours.reshape(instance.calendar.blocks, -1).sum(axis=1).min()) * SECONDS_PER_HOUR
    rate = float(jobs.load_tb[job, load]) * GBIT_PER_TB / (int(jobs.move_blocks[job]) * seconds)
    return instance.wan.cheapest(names[at], names[site], gbit_s=rate)


def path_of_move(instance: Instance, job: int, site: int) -> Links | None:
    """Links that what a running job takes along crosses on a move to a site: the cheapest path that carries it in every block.

    None where there is no such path; no links where it stands there today, or takes nothing along.
    """
    jobs, names = instance.jobs, list(instance.sites)
    today = jobs.running[job]
    at = [int(instance.pool_site[instance.island_pool[island]]) for island in today.islands]
    if site in at or not today.move_tb:
        return ()
    seconds = float(instance.calendar.hours.reshape(instance.calendar.blocks, -1).sum(axis=1).min()) * SECONDS_PER_HOUR
    rate = today.move_tb * GBIT_PER_TB / (int(jobs.move_blocks[job]) * seconds)
    return instance.wan.cheapest(names[at[0]], names[site], gbit_s=rate)


def first_block_of_move(instance: Instance, job: int, sites: Collection[int]) -> int:
    """First block in which a running job may move to sites: what it takes along is there, no freeze holds; B if it never may."""
    tenant, first = list(instance.tenants)[int(instance.jobs.tenant[job])], 0
    for policy in of_kind(instance.policies, Freeze):
        if policy.tenants is None or tenant in policy.tenants:
            first = max(first, instance.calendar.first_block_from(policy.until_date))
    ways = [path_of_move(instance, job, site) for site in sites]
    if any(way is None for way in ways):
        return instance.calendar.blocks
    return max(first, int(instance.jobs.move_blocks[job])) if any(ways) else first
