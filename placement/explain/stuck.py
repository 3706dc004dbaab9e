"""Why a must job that runs today has no way to go on: its time is too short, its place ends, or it may not leave it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement.activities.gangs import Gangs
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.policy import Freeze
from placement.plan import LEVELS, TERMS
from placement.program import Grid


def may_go_on(instance: Instance, offered: Gangs, job: int) -> bool:
    """Whether a running job could go on if nothing else ran: to where it may move, or where its place is online until it ends.

    ``offered`` are the gangs of the instance.
    """
    mine = offered.job == job
    if not mine.any() or offered.moves[mine].any():
        return bool(mine.any())
    today = instance.jobs.running[job]
    made = instance.job_progress[instance.jobs.pace[job]]
    going = made[:-1] - made[0] < today.remaining_hours * (1 - 1e-9)
    islands = np.array(today.islands)
    held = np.array(today.units) * instance.unit_gpus[instance.island_pool[islands]]
    there = instance.island_online_gpus[islands].reshape(len(islands), len(going), -1).min(axis=2)
    return bool(np.all(there[:, going] >= held[:, None]))


def stuck(instance: Instance, job: int) -> tuple[str, str]:
    """What keeps a running job from going on that may not by ``may_go_on``, and what would mend it."""
    jobs, today = instance.jobs, instance.jobs.running[job]
    name, at = jobs.id[job], " and ".join(instance.island_names[island] for island in today.islands)
    progress, deadline = instance.job_progress[jobs.pace[job]], jobs.deadline_block[job]
    window = float(progress[deadline] - progress[0])
    if today.remaining_hours > window * (1 + 1e-9) and not jobs.continues_after[job]:
        short = today.remaining_hours - window
        return (
            f"must job {name}: {today.remaining_hours:,.6g} h of it are left where it runs today, at {at}; "
            f"until its deadline there are {window:,.6g} h",
            f"set its deadline or the calendar's end later by {short:,.6g} h, or let it move to where it runs faster",
        )
    ways = [
        ("it is frozen", "state move_usd in place of frozen", today.move_usd is None),
        (f"it is pinned to its {today.pin}", "remove its pin", today.pin is not None),
        ("policies freeze it", "end the freeze sooner", any(isinstance(p, Freeze) for p in instance.policies.values())),
    ]
    free = replace(today, move_usd=today.move_usd or 0.0, pin=None)
    policies = {name: policy for name, policy in instance.policies.items() if not isinstance(policy, Freeze)}
    loose = replace(instance, jobs=replace(jobs, running={**jobs.running, job: free}), policies=policies)
    stay = f"must job {name}: it cannot stay at {at}, where it runs today, until it ends"
    if any(holds for *_, holds in ways) and may_go_on(loose, _offered(loose), job):
        held, remedies = zip(*((said, remedy) for said, remedy, holds in ways if holds), strict=True)
        return f"{stay}, and {' and '.join(held)}", f"{' or '.join(remedies)}, or keep its place online until it ends"
    mend = "keep its place online until it ends, admit more pools, or give it a later deadline"
    return f"{stay}, and no other place takes it in time", mend


def _offered(instance: Instance) -> Gangs:
    return Gangs.offer(instance, Builder(Grid(instance.calendar.hours, instance.calendar.band_count), LEVELS, TERMS))
