"""An order of moves from today's plan to a new one: every step fits, and those that mend what today's plan breaks come first.

One job at a time where that goes: those that stop first, new ones last. Where none finds room before another has gone, one of them
takes a detour over an island that is free; where that does not help, several change at once. The search asks the laws (``moves``)
about every step and is bounded, so it may miss an order; a step that no order makes feasible says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate, combinations, islice

import numpy as np

from placement.instance import Instance
from placement.move import Move, Moves
from placement.moves import Stage, Step
from placement.plan import Plan

TOGETHER, MOST_TRIED = 3, 200
"""Jobs that are tried as one step; and moves, detours or sets of a size that are, before the next way is."""
MOST_LOOKED_AT = 20
"""Moves that fit and mend nothing, before one of them is taken; and steps up to the last that mends, if any is put behind it."""
NOTICED = 1e-6


def ordered(instance: Instance, today: Plan, plan: Plan) -> list[Step]:
    """Steps for all jobs that run otherwise in ``plan``."""
    stage = first = Stage.first(instance, today, plan)
    found: list[Moves] = []
    while stage.left:
        moves = _one(stage) or _detour(stage) or _several(stage)
        found.append(moves)
        stage = stage.after(moves)
    found = _postponed(first, found)
    return [Step(moves, after.broken) for moves, after in zip(found, _stages(first, found), strict=True)]


def _one(stage: Stage) -> Moves | None:
    """The first move that fits and mends; where none does that is looked at, the first that fits and leaves least broken again."""
    first: tuple[Moves, float] | None = None
    looked = 0
    for job in _in_turn(stage)[:MOST_TRIED]:
        after = stage.after((Move(job),))
        if after.broken:
            continue
        if after.excess <= NOTICED or after.excess < stage.excess - NOTICED:
            return (Move(job),)
        if first is None or after.excess < first[1] - NOTICED:
            first = (Move(job),), after.excess
        looked += 1
        if looked > MOST_LOOKED_AT:
            break
    return None if first is None else first[0]


def _detour(stage: Stage) -> Moves | None:
    """A detour that fits and makes room for another job; each job takes one at most."""
    tried, left = 0, _in_turn(stage)
    for move in islice(_detours(stage), MOST_TRIED):
        after = stage.after((move,))
        if after.broken:
            continue
        for job in left:
            if job != move.job and not after.after((Move(job),)).broken:
                return (move,)
        tried += len(left)
        if tried >= MOST_TRIED:
            break
    return None


def _detours(stage: Stage) -> Iterator[Move]:
    """Islands of the right accelerator, for jobs that hold another one alone, today and in the new plan."""
    instance, plan = stage.instance, stage.plan
    kind = instance.pool_accelerator[instance.island_pool]
    for job in _in_turn(stage):
        runs = np.flatnonzero(plan.runs.job == job)
        if job not in stage.waiting or not len(runs) or not np.any(stage.today.runs.job == job):
            continue
        there = plan.places.island[plan.places.run == runs[-1]]
        if len(there) != 1:
            continue
        fits = kind == instance.jobs.shapes.accelerator[plan.runs.shape[runs[-1]]]
        fits[there] = False
        yield from (Move(job, island) for island in np.flatnonzero(fits).tolist())


def _several(stage: Stage) -> Moves:
    """The smallest set found that fits at once; all that are left where none does."""
    left = _in_turn(stage)
    for size in range(2, min(TOGETHER, len(left) - 1) + 1):
        for jobs in islice(combinations(left, size), MOST_TRIED):
            moves = tuple(Move(job) for job in jobs)
            if not stage.after(moves).broken:
                return moves
    return tuple(Move(job) for job in left)


def _postponed(first: Stage, order: list[Moves]) -> list[Moves]:
    """The order with what does not help to mend behind the last step that mends."""
    stages = _stages(first, order)
    before = [first, *stages]
    mends = [after.excess < stage.excess - NOTICED for stage, after in zip(before, stages, strict=False)]
    last = max((n for n, does in enumerate(mends) if does), default=0)
    if last > MOST_LOOKED_AT or any(stage.broken for stage in stages[: last + 1]):
        return order
    head, tail = order[: last + 1], order[last + 1 :]
    for n in reversed(range(last)):
        detour = {move.job for moves in order for move in moves if move.detour is not None}
        if mends[n] or detour & {move.job for move in order[n]}:
            continue
        without, later = head[:n] + head[n + 1 :], [order[n], *tail]
        tried = _stages(first, (without + later)[: last + 1])
        if not any(stage.broken for stage in tried) and tried[len(without) - 1].excess <= stages[last].excess + NOTICED:
            head, tail = without, later
    return head + tail


def _stages(first: Stage, order: Iterable[Moves]) -> list[Stage]:
    """What stands after each step."""
    return list(accumulate(order, lambda stage, moves: stage.after(moves), initial=first))[1:]


def _in_turn(stage: Stage) -> list[int]:
    """Jobs that are left: those that stop, those that run today, new ones; earlier starts before later."""
    runs, today = stage.plan.runs, set(stage.today.runs.job.tolist())
    start = dict(zip(runs.job.tolist(), runs.start_block.tolist(), strict=True))
    return sorted(stage.left, key=lambda job: (0 if job not in start else 1 if job in today else 2, start.get(job, 0), job))
