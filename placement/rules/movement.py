"""Law 11, movement: a job that runs today goes on where it is, moves at most once and at a price, or is stopped.

    place = today's from the first block to the move and over the overlap; the new one from the move to the end
    hours at the new place = (remaining - made until the move) / full hours at today's x full hours at the new place + lost hours
    cost = move_usd where it moves - value x share of what remains that is done within the horizon + lateness

A frozen job does not move, a pinned one within its pools or sites only, none before the day of a freeze, and none to where what it
takes along cannot be by then (law wan). A job that is stopped loses its value; whether it may be, its commitment says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance, Running
from placement.instance.goodput import MOST_TIMES_LONGER
from placement.instance.policy import Freeze, of_kind
from placement.plan import Paths, Places, Plan, Replicas, Runs, Serving, Shedding, Violation, empty
from placement.program import Bools, Floats
from placement.rules.assignment import needed_end, progress
from placement.rules.interconnect import run_hours, spot_times_longer
from placement.rules.reading import broken, events_above, level_and_term

NAME = "movement"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """What moves cost, and what is done within the horizon by those that run past it; where and when are the options' own."""
    gangs, jobs = activities.gangs, instance.jobs
    rows = np.flatnonzero(gangs.moves)
    if not len(rows):
        return
    usd = np.array([jobs.running[j].move_usd for j in gangs.job[rows].tolist()], dtype=np.float64)
    begin = gangs.begin[rows]
    builder.add_charges(gangs.option[rows], *level_and_term("moves"), usd * instance.discount_at[begin])
    past = rows[~gangs.finishes[rows]]
    made, begin = gangs.paces.progress[gangs.pace(past)], gangs.begin[past]
    ahead = made[:, -1] - made[np.arange(len(past)), begin]
    remaining = np.array([jobs.running[j].remaining_hours for j in gangs.job[past].tolist()], dtype=np.float64)
    done = 1 - (1 - gangs.before[past] / remaining) * (1 - ahead / gangs.hours[past])
    value = jobs.value_usd[gangs.job[past]] * done * instance.discount_at[-1]
    builder.add_charges(gangs.option[past], *level_and_term("training_value"), -value)


# ------------------------------------------------------------ the check


@dataclass(frozen=True)
class Course:
    """How a plan lets a job go on that runs today. Rows of ``runs``; blocks."""

    job: int
    today: Running
    left: int | None
    """What it leaves; None where it moves in the first block without overlap, or does not move."""
    last: int
    """Where it ends."""
    moved: bool
    start: int
    made: Floats
    """Hours of progress before each block boundary at today's place, [B + 1]."""
    hours: float
    """Needed in the last run."""
    there: Floats
    """Like ``made``, where it ends."""

    @property
    def undone(self) -> float:
        """Part of what remains today that is left when the last run starts."""
        return 1.0 - self.before / self.today.remaining_hours

    @property
    def before(self) -> float:
        """Hours of progress made before a move."""
        return float(self.made[min(max(self.start, 0), len(self.made) - 1)]) if self.moved else 0.0


def courses(instance: Instance, plan: Plan) -> Iterator[Course]:
    """The course of every job that runs today and is not stopped; of one with more than two runs the last two."""
    if not instance.jobs.running:
        return
    full = run_hours(instance, plan)
    for job, today in instance.jobs.running.items():
        rows = np.flatnonzero(plan.runs.job == job)
        if not len(rows):
            continue
        last = int(rows[-1])
        moved = len(rows) > 1 or not _stands_today(plan, last, today)
        here = _today(instance, job, today)
        made, there = _progress(instance, here, 0), _progress(instance, plan, last)
        start = int(plan.runs.start_block[last])
        course = Course(job, today, int(rows[-2]) if len(rows) > 1 else None, last, moved, start, made, 0.0, there)
        ratio = full[last] / run_hours(instance, here)[0]
        hours = (today.remaining_hours - course.before) * ratio + today.lost_hours if moved else today.remaining_hours
        yield replace(course, hours=float(hours))


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Running jobs that pause, move twice, too soon, where they may not, or hold places for too short or too long."""
    found, jobs, blocks, tables = [], instance.jobs, instance.calendar.blocks, plan.runs
    count = np.bincount(plan.runs.job, minlength=len(jobs))
    for course in courses(instance, plan):
        name, today, start = jobs.id[course.job], course.today, course.start
        if count[course.job] > 2:
            text = f"runs in {count[course.job]} places, one move is allowed"
            found.append(broken(NAME, name, text, float(count[course.job] - 2), "moves"))
            continue
        if jobs.shapes.job[tables.shape[course.last]] != course.job:
            found.append(broken(NAME, name, "runs in a shape of another job"))
            continue
        if not 0 <= start < blocks:
            found.append(broken(NAME, name, f"moves in block {start}, outside the calendar"))
            continue
        if course.moved:
            found += _move_violations(instance, plan, course, name)
        elif start > 0:
            found.append(broken(NAME, name, f"pauses until block {start}: it goes on or moves", float(start), "blocks"))
        found += _end_violations(instance, plan, course, name)
        if course.moved and course.before >= today.remaining_hours - 1e-9 * max(1.0, today.remaining_hours):
            found.append(broken(NAME, name, f"moves in block {start}, when it has ended"))
    return found


def _move_violations(instance: Instance, plan: Plan, course: Course, name: str) -> list[Violation]:
    today, start, found, runs = course.today, course.start, [], plan.runs
    if today.move_usd is None:
        found.append(broken(NAME, name, "moves though it is frozen"))
    for policy in of_kind(instance.policies, Freeze):
        tenant = list(instance.tenants)[int(instance.jobs.tenant[course.job])]
        day = instance.calendar.block_starts[start]
        if (policy.tenants is None or tenant in policy.tenants) and day < policy.until_date:
            early = float((policy.until_date - day).days)
            text = f"moves on {day}, which policy {policy.id} excludes until {policy.until_date}"
            found.append(broken(NAME, name, text, early, "days"))
    if _stands_today(plan, course.last, today):
        found.append(broken(NAME, name, "moves to where it stands"))
    if spot_times_longer(instance, plan)[course.last] > MOST_TIMES_LONGER:
        found.append(broken(NAME, name, "moves to spot capacity between whose interruptions it would hardly get on"))
    pools = instance.island_pool[plan.places.island[plan.places.run == course.last]]
    here = instance.island_pool[list(today.islands)]
    of = {"pool": np.arange(len(instance.pools)), "site": instance.pool_site}
    if today.pin is not None and not np.all(np.isin(of[today.pin][pools], of[today.pin][here])):
        found.append(broken(NAME, name, f"moves to another {today.pin}, out of which its pin keeps it"))
    gone = start + today.overlap_blocks
    if gone > instance.calendar.blocks:
        found.append(broken(NAME, name, "its overlap goes on after the horizon", float(gone - instance.calendar.blocks), "blocks"))
    if course.left is None:
        if gone > 0:
            found.append(broken(NAME, name, f"does not hold its old place until block {gone}", float(gone), "blocks"))
        return found
    if not _stands_today(plan, course.left, today):
        found.append(broken(NAME, name, "leaves another place than it stands on today"))
    held = (int(runs.start_block[course.left]), int(runs.end_block[course.left]))
    if held != (0, gone):
        wrong = float(abs(held[0]) + abs(held[1] - gone))
        found.append(broken(NAME, name, f"holds its old place in blocks {held}, not in (0, {gone})", wrong, "blocks"))
    return found


def _end_violations(instance: Instance, plan: Plan, course: Course, name: str) -> list[Violation]:
    jobs, blocks, deadline = instance.jobs, instance.calendar.blocks, int(instance.jobs.deadline_block[course.job])
    row, start = np.array([course.job]), np.array([course.start])
    needed = int(needed_end(instance, row, np.array([course.hours]), start, _above(instance, plan, course.last))[0])
    end, found = int(plan.runs.end_block[course.last]), []
    if needed > blocks and not (jobs.continues_after[course.job] and deadline == blocks):
        found.append(broken(NAME, name, "does not end within the horizon", float(needed - blocks), "blocks"))
    elif min(needed, blocks) > deadline:
        text = f"ends {instance.calendar.block_starts[needed]}, after its deadline"
        found.append(broken(NAME, name, text, float(needed - deadline), "blocks"))
    if end != min(needed, blocks):
        text = f"holds its place until block {end}, what is left of its work takes it to block {min(needed, blocks)}"
        found.append(broken(NAME, name, text, float(abs(end - min(needed, blocks))), "blocks"))
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """moves; and of jobs that run today training_value and lateness."""
    jobs, calendar, total = instance.jobs, instance.calendar, {"moves": 0.0, "training_value": 0.0, "lateness": 0.0}
    for course in courses(instance, plan):
        end, start = (min(max(block, 0), calendar.blocks) for block in (int(plan.runs.end_block[course.last]), course.start))
        if course.moved:
            total["moves"] += (course.today.move_usd or 0.0) * float(instance.discount_at[start])
        ahead = float(course.there[-1] - course.there[start])
        open_part = course.undone * (1 - min(1.0, ahead / course.hours)) if course.hours > 0 else 0.0
        worth = float(instance.discount_at[end])
        total["training_value"] -= float(jobs.value_usd[course.job]) * (1 - open_part) * worth
        late = max(float(calendar.block_edges_days[end]) - float(jobs.due_day[course.job]), 0.0)
        total["lateness"] += float(jobs.lateness_usd_per_day[course.job]) * late * worth
    return total


def hours_of_runs(instance: Instance, plan: Plan) -> Floats:
    """Hours at pace 1 that each run works where it stands, [runs]: of what a job leaves those until it moves."""
    hours = run_hours(instance, plan)
    for course in courses(instance, plan):
        hours[course.last] = course.hours
        if course.left is not None:
            hours[course.left] = course.before
    return hours


def _stands_today(plan: Plan, run: int, today: Running) -> bool:
    """Whether a run is where its job stands today, in the same shape."""
    mine = plan.places.run == run
    held = sorted(zip(plan.places.island[mine].tolist(), plan.places.units[mine].tolist(), strict=True))
    crossed = sorted(plan.paths.link[plan.paths.run == run].tolist())
    same = held == sorted(zip(today.islands, today.units, strict=True)) and crossed == sorted(today.links)
    return same and int(plan.runs.shape[run]) == today.shape


def _today(instance: Instance, job: int, today: Running) -> Plan:
    """A plan of one run: the job where it stands today."""
    zeros = np.zeros(len(today.islands), dtype=np.int64)
    runs = Runs(np.array([job]), np.array([today.shape]), np.array([0]), np.array([instance.calendar.blocks]))
    places = Places(zeros, np.array(today.islands, dtype=np.int64), np.array(today.units, dtype=np.int64))
    paths = Paths(np.zeros(len(today.links), dtype=np.int64), np.array(today.links, dtype=np.int64))
    return Plan(runs, places, paths, empty(Replicas), empty(Serving), empty(Shedding))


def _above(instance: Instance, plan: Plan, run: int) -> Bools:
    """Which of the grid's events lie above a run, [1, E]."""
    mine = plan.places.island[plan.places.run == run]
    return events_above(instance, np.zeros(len(mine), dtype=np.int64), instance.island_pool[mine], 1)


def _progress(instance: Instance, plan: Plan, run: int) -> Floats:
    made, row = progress(instance, plan.runs.job[run : run + 1], _above(instance, plan, run))
    return np.asarray(made[int(row[0])], dtype=np.float64)
