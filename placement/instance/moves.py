"""Data and checkpoints on their way to where a job starts: an equal part in each block of ``move_blocks``, at an even rate."""

from __future__ import annotations

from placement.instance.instance import Instance
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
