"""Law 11, changes: what departs from today's plan costs, and is little.

    changes = planned runs that are not kept + jobs running today that move or stop   <=   most_changes
    cost = change_usd x planned runs that are not kept

A planned run is kept where the job runs in that shape, from that block on, on these islands or on equal ones, over these links.
A job that today's plan does not run is no change. What a move of a running job costs is law movement's.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.activities.gangs import Gangs
from placement.builder import START, Builder
from placement.instance import Instance
from placement.instance.today import Planned
from placement.plan import Plan, Violation
from placement.program import Anchor, Ints
from placement.rules.movement import courses
from placement.rules.reading import broken, level_and_term

NAME = "changes"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """All changes are owed at first; each way that keeps to the plan earns its own back, in money and in number."""
    today, gangs, calendar = instance.today, activities.gangs, instance.calendar
    if today is None:
        return
    level, term = level_and_term("changes")
    builder.add_constant(level, term, today.change_usd * len(today.planned))
    row = None
    if today.most_changes is not None:
        most = float(today.most_changes - len(today.planned) - len(instance.jobs.running))
        row = builder.add_budgets(["changes of today's plan"], "changes", np.array([[most]]))
        stays = np.flatnonzero((gangs.begin[: gangs.leaves_from] >= 0) & ~gangs.moves[: gangs.leaves_from])
        builder.add_rates(gangs.option[stays], row[0], -1.0, end=(Anchor.START, 1), lump=True)
    rows, planned = _keeping(instance, gangs, today.planned)
    for block in np.unique(planned):
        option = gangs.option[rows[planned == block]]
        if today.change_usd:
            at = builder.curve(np.arange(calendar.blocks + 1) == block)
            builder.add_charges(option, level, term, -today.change_usd, anchor=Anchor.START, table=at)
        if row is not None:
            first = builder.profile(np.arange(calendar.period_count) == block * calendar.band_count)
            builder.add_rates(option, row[0], -1.0, start=START, end=(Anchor.START, 1), lump=True, profile=first)


def _keeping(instance: Instance, gangs: Gangs, planned: tuple[Planned, ...]) -> tuple[Ints, Ints]:
    """Rows of ``gangs`` that keep to the plan where they start at a block: (row, block)."""
    wanted = np.full(len(instance.jobs.shapes.job), -1, dtype=np.int64)
    wanted[[run.shape for run in planned]] = np.arange(len(planned))
    shape, place = np.asarray(gangs.shape[: gangs.leaves_from]), np.asarray(gangs.place[: gangs.leaves_from])
    rows = np.flatnonzero((wanted[shape] >= 0) & (np.asarray(gangs.begin[: gangs.leaves_from]) < 0))
    equal, run = instance.equal_islands, wanted[shape[rows]]
    alone = np.array([equal[r.islands[0]] if len(r.islands) == 1 else -1 for r in planned] or [-1], dtype=np.int64)
    single = gangs.places.single(place[rows])
    kept = single.copy()
    kept[single] = alone[run[single]] == equal[place[rows[single]]]
    for n in np.flatnonzero(~single).tolist():
        where = int(place[rows[n]])
        islands = sorted(island for side in gangs.places.sides[where] for island in side)
        links = tuple(sorted(gangs.places.links[where]))
        kept[n] = tuple(islands) == planned[run[n]].islands and links == planned[run[n]].links
    start = np.array([r.start_block for r in planned] or [0], dtype=np.int64)
    return rows[kept], start[run[kept]]


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """More changes than today's plan bears."""
    today = instance.today
    if today is None or today.most_changes is None:
        return []
    changes = len(changed(instance, plan)) + len(moved_or_stopped(instance, plan))
    if changes <= today.most_changes:
        return []
    text = f"{changes} changes of it, at most {today.most_changes} are allowed"
    return [broken(NAME, "today's plan", text, float(changes - today.most_changes), "changes")]


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """changes: runs of today's plan that are not kept."""
    today = instance.today
    return {} if today is None else {"changes": today.change_usd * len(changed(instance, plan))}


def changed(instance: Instance, plan: Plan) -> tuple[int, ...]:
    """Jobs that today's plan runs and that do not run as it says."""
    today, runs, equal = instance.today, plan.runs, instance.equal_islands
    at = {job: n for n, job in enumerate(runs.job.tolist())}
    found = []
    for planned in () if today is None else today.planned:
        n = at.get(planned.job)
        kept = n is not None and (int(runs.shape[n]), int(runs.start_block[n])) == (planned.shape, planned.start_block)
        if kept:
            held = sorted(equal[plan.places.island[plan.places.run == n]].tolist())
            crossed = sorted(plan.paths.link[plan.paths.run == n].tolist())
            kept = held == sorted(equal[list(planned.islands)].tolist()) and crossed == sorted(planned.links)
        if not kept:
            found.append(planned.job)
    return tuple(found)


def moved_or_stopped(instance: Instance, plan: Plan) -> tuple[int, ...]:
    """Jobs running today that do not go on where they are."""
    stay = {course.job for course in courses(instance, plan) if not course.moved}
    return tuple(job for job in instance.jobs.running if job not in stay)
