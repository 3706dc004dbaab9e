"""Why a must job that waits for others cannot run: one of them has no place, or ends too late, or there is no room for all."""

from __future__ import annotations

import numpy as np

from placement.activities.gangs import Gangs
from placement.instance import Instance
from placement.program import end_blocks


def waiting(instance: Instance, offered: Gangs, job: int) -> tuple[str, str] | None:
    """What is wrong with the order in which a job has to run, and what would mend it; None where it waits for nobody.

    ``offered`` are the gangs of the instance; the job is one of theirs.
    """
    names, before = instance.jobs.id, _before(instance)
    if job not in before:
        return None
    ends: dict[int, int | None] = {}
    _earliest_end(instance, offered, before, job, ends)
    mine = np.flatnonzero(offered.job == job)
    latest = int(offered.starts(instance, mine)[1].max())
    days = instance.calendar.block_starts
    for other in before[job]:
        end = ends[other]
        if end is None:
            return (
                f"must job {names[job]}: waits for {names[other]}, which cannot run, or not in time after those before it",
                f"give {names[other]} a place and time to run, or let {names[job]} not wait for it",
            )
        if end > latest:
            return (
                f"must job {names[job]}: has to start by {days[latest]}, and waits for {names[other]}, "
                f"which ends {days[end]} at the earliest",
                f"release {names[other]} earlier, give {names[job]} a later deadline, or let it not wait",
            )
    others = " and ".join(names[other] for other in before[job])
    return (
        f"must job {names[job]}: waits for {others}; in that order there is no room beside the other must jobs, hard floors "
        "and policies",
        f"let {names[job]} not wait, give it a later deadline, or add capacity or power where these may run",
    )


def _before(instance: Instance) -> dict[int, list[int]]:
    """The jobs that each job waits for, of those that wait."""
    before: dict[int, list[int]] = {}
    for job, other in instance.jobs.waits.tolist():
        before.setdefault(job, []).append(other)
    return before


def _earliest_end(
    instance: Instance, offered: Gangs, before: dict[int, list[int]], job: int, ends: dict[int, int | None]
) -> None:
    """Fill in the block by which a job, and all before it, can have ended if nothing else ran; None where one of them cannot.

    Few jobs wait for long: those before are gone through one by one, without recursion.
    """
    stack = [job]
    while stack:
        top = stack[-1]
        open_ones = [other for other in before.get(top, ()) if other not in ends]
        if open_ones:
            stack += open_ones
            continue
        stack.pop()
        if top not in ends:
            ends[top] = _ends(instance, offered, top, [ends[other] for other in before.get(top, ())])


def _ends(instance: Instance, offered: Gangs, job: int, before: list[int | None]) -> int | None:
    rows = np.flatnonzero((offered.job == job) & offered.finishes)
    known = [end for end in before if end is not None]
    if len(known) < len(before) or not len(rows):
        return None
    first, last = offered.starts(instance, rows)
    begins = np.maximum(first, max(known, default=0))
    rows, begins = rows[begins <= last], begins[begins <= last]
    if not len(rows):
        return None
    progress, hours, pace = offered.paces.progress, offered.hours[rows], offered.pace(rows)
    return min(int(end_blocks(progress[pace[n]], begins[n : n + 1], hours[n : n + 1])[0]) for n in range(len(rows)))
