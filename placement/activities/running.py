"""Jobs that run today: one option to go on where they are, and one to move for each destination and block.

A move holds the current place from the first block to its own, and over the overlap; the new place from its block to its end.

    hours there = (remaining - progress made until the move) / full hours here x full hours there + lost hours
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from placement.activities.paces import Paces
from placement.activities.places import Places, largest_first
from placement.instance import Instance, Running
from placement.instance.moves import first_block_of_move
from placement.instance.running import leaving
from placement.plan import Plan
from placement.program import Floats, Ints

if TYPE_CHECKING:
    from placement.activities.gangs import Gangs

ROUNDING = 1e-9


@dataclass
class RunningRows:
    """Columns of options of running jobs: stays and moves, in the order of jobs; lists while they are collected."""

    job: list[int] = field(default_factory=list)
    shape: list[int] = field(default_factory=list)
    place: list[int] = field(default_factory=list)
    """The first of several islands that are alike, of which there are ``copies``."""
    copies: list[int] = field(default_factory=list)
    hours: list[float] = field(default_factory=list)
    finishes: list[bool] = field(default_factory=list)
    begin: list[int] = field(default_factory=list)
    moves: list[bool] = field(default_factory=list)
    before: list[float] = field(default_factory=list)
    """Hours of progress made at the current place before a move."""

    def add(self, *row: float) -> None:
        for column, value in zip(fields(self), row, strict=True):
            getattr(self, column.name).append(value)


def current_places(instance: Instance, places: Places) -> dict[int, int]:
    """Place of every running job, by job; added where no other job is offered it."""
    gpus = [size for pool in instance.pools.values() for size in pool.island_gpus]
    found = {}
    for job, today in instance.jobs.running.items():
        sites: dict[int, list[int]] = {}
        for island in today.islands:
            sites.setdefault(int(instance.pool_site[instance.island_pool[island]]), []).append(island)
        held = dict(zip(today.islands, today.units, strict=True))
        order = sorted(sites.values(), key=lambda islands: (-sum(held[i] for i in islands), min(islands)))
        found[job] = places.add(tuple(largest_first(islands, gpus) for islands in order), today.links)
    return found


def running_rows(
    instance: Instance, places: Places, paces: Paces, here: dict[int, int], shape: Ints, place: Ints, copies: Ints, hours: Floats,
    hours_here: dict[int, float],
) -> RunningRows:  # fmt: skip
    """All options of running jobs. ``shape``, ``place`` and ``hours`` in full [n] of destinations; ``copies`` by place."""
    rows, jobs = RunningRows(), instance.jobs
    owner = jobs.shapes.job[shape]
    for job, today in sorted(jobs.running.items()):
        made = paces.progress[int(paces.rows(np.array([job]), np.array([here[job]]))[0])]
        may_go_on = bool(jobs.continues_after[job]) and int(jobs.deadline_block[job]) == instance.calendar.blocks
        in_time = bool(made[jobs.deadline_block[job]] >= _least(today.remaining_hours))
        if in_time or may_go_on:
            rows.add(job, today.shape, here[job], 1, today.remaining_hours, in_time, 0, False, 0.0)
        if today.move_usd is None:
            continue
        for n in np.flatnonzero(owner == job).tolist():
            for first, many in _apart(int(place[n]), int(copies[place[n]]), here[job]):
                if _pinned(instance, places, today, first):
                    continue
                fixed = (job, int(shape[n]), first, many)
                for block, left, finishes in _moves(
                    instance, places, paces, job, first, float(hours[n]), made, hours_here[job], may_go_on
                ):
                    rows.add(*fixed, left, finishes, block, True, float(made[block]))
    return rows


def what_moves_leave(instance: Instance, here: dict[int, int], columns: dict[str, Any]) -> dict[str, Any]:
    """Columns of gangs, and after them a row for what each move leaves: its option once more, where the job stands today."""
    moving = np.flatnonzero(columns["moves"])
    lag = np.array([instance.jobs.running[j].overlap_blocks for j in columns["job"][moving].tolist()], dtype=np.int64)
    held = columns["begin"][moving] + lag > 0
    row, lag = moving[held], lag[held]
    jobs = columns["job"][row].tolist()
    again = {name: column[row] for name, column in columns.items()} | {
        "place": [here[j] for j in jobs], "shape": [instance.jobs.running[j].shape for j in jobs], "copies": np.ones(len(row)),
        "hours": columns["before"][row], "moves": np.zeros(len(row)), "before": np.zeros(len(row)), "overlap": lag,
    }  # fmt: skip
    return {name: np.append(column, np.array(again[name], column.dtype)) for name, column in columns.items()}


def _least(hours: float) -> float:
    return hours - ROUNDING * max(1.0, hours)


def _apart(place: int, copies: int, here: int) -> Iterator[tuple[int, int]]:
    """A place, or the islands alike that it stands for, without the current one: first and number of each part."""
    if not place <= here < place + copies:
        yield place, copies
        return
    if here > place:
        yield place, here - place
    if place + copies > here + 1:
        yield here + 1, place + copies - here - 1


def _pinned(instance: Instance, places: Places, today: Running, place: int) -> bool:
    """Whether a pin keeps the job from a place."""
    of = {"pool": instance.island_pool, "site": instance.pool_site[instance.island_pool]}
    if today.pin is None:
        return False
    allowed = {int(of[today.pin][island]) for island in today.islands}
    return any(int(of[today.pin][island]) not in allowed for side in places.sides[place] for island in side)


def _moves(
    instance: Instance, places: Places, paces: Paces, job: int, place: int, full_there: float, made: Floats, full_here: float,
    may_go_on: bool,
) -> Iterator[tuple[int, float, bool]]:  # fmt: skip
    """Block, hours left and whether it ends in time, of every move to a place."""
    today, jobs, blocks = instance.jobs.running[job], instance.jobs, instance.calendar.blocks
    sites = {int(instance.pool_site[instance.island_pool[side[0]]]) for side in places.sides[place]}
    there = paces.progress[int(paces.rows(np.array([job]), np.array([place]))[0])]
    deadline = there[jobs.deadline_block[job]]
    for block in range(first_block_of_move(instance, job, sites), blocks - today.overlap_blocks + 1):
        if block >= blocks or made[block] >= _least(today.remaining_hours):
            return
        left = (today.remaining_hours - float(made[block])) / full_here * full_there + today.lost_hours
        finishes = bool(there[block] <= deadline - left + ROUNDING * max(1.0, left))
        if finishes or may_go_on:
            yield block, left, finishes


def find_running(instance: Instance, plan: Plan, gangs: Gangs, place: Ints, row: Ints, copy: Ints) -> None:
    """Fill in the rows of ``gangs``, and copies, of the runs of jobs that run today; what no row offers stays at -1."""
    runs, offered = plan.runs, dict[tuple[int, int, int], list[int]]()
    for n in np.flatnonzero(gangs.begin[: gangs.leaves_from] >= 0).tolist():
        offered.setdefault((int(gangs.shape[n]), int(gangs.begin[n]), int(gangs.job[n])), []).append(n)
    left = {int(runs.job[r]): r for r in np.flatnonzero(leaving(runs.job)).tolist()}
    for r in np.flatnonzero(instance.jobs.runs_today[runs.job] & ~leaving(runs.job)).tolist():
        job, at = int(runs.job[r]), int(place[r]) + int(copy[r])
        today, old, start = instance.jobs.running[job], left.get(job), int(runs.start_block[r])
        for n in offered.get((int(runs.shape[r]), start, job), []) if place[r] >= 0 else []:
            fits = gangs.place[n] <= at < gangs.place[n] + gangs.copies[n]
            # Only a move in the first block, without overlap, leaves nothing that is held.
            holds = bool(gangs.moves[n]) and start + today.overlap_blocks > 0
            fits &= holds == (old is not None) and (old is None or int(runs.end_block[old]) == start + today.overlap_blocks)
            if fits:
                row[r], copy[r] = n, at - int(gangs.place[n])
                break
