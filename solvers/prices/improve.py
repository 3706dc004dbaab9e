"""Improving a plan: a part of it is freed and decided anew by a MIP, everything else held; kinds of parts that paid are tried more.

A part is a window of periods and a set of places. Freed are the gangs that run inside it and those that do not run at all, on
columns inside it whose reduced cost does not exclude them, together with all that is divisible there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from placement.program import Bools, Floats, Ints
from solvers.highs_process import HighsProcess, Tuning
from solvers.prices.layout import Layout
from solvers.prices.plan import Draft, model_of
from solvers.prices.restricted import Part
from solvers.solver import Allowance

STOP_BELOW = 2e-5
"""A sub-problem ends at this gap, against the whole objective."""


MISSES = 200
"""So many choices of a part in a row that offer nothing end the improvement."""


@dataclass(frozen=True)
class Kind:
    """A shape of neighbourhood: share of the horizon and share of the places."""

    window: float
    places: float
    most: float
    """Seconds or work that its MIP may take."""


KINDS = (
    Kind(0.15, 1.0, 4.0),
    Kind(0.30, 1.0, 8.0),
    Kind(0.30, 0.5, 5.0),
    Kind(0.60, 0.25, 5.0),
    Kind(1.0, 0.15, 6.0),
)


@dataclass
class Pool:
    """Columns of groups [n] that may be chosen, the periods that they touch, and their places (sets of resources)."""

    columns: Part
    excess: Floats
    """Reduced cost above the least of the group."""
    first: Ints
    last: Ints
    place: Ints
    touches: Bools
    """[places, resources]."""
    rest_first: Ints
    rest_last: Ints
    rest_place: Ints
    rest_touches: Bools

    @staticmethod
    def of(layout: Layout, columns: Part, rest: Part, prices: Floats, room: float, most: int) -> Pool:
        """Columns whose excess is at most ``room`` (others are in no better plan), and at most ``most`` of a group."""
        must = layout.program.groups.must
        rc = columns.cost + columns.matrix.T @ prices
        least = np.where(must, np.inf, 0.0)
        np.minimum.at(least, columns.group, rc)
        excess = rc - least[columns.group]
        keep = np.flatnonzero(excess <= room)
        order = keep[np.lexsort((excess[keep], columns.group[keep]))]
        group = columns.group[order]
        order = np.sort(order[np.arange(len(group)) - np.searchsorted(group, group) < most])
        columns = columns.take(order)
        return Pool(columns, excess[order], *_where(layout, columns), *_where(layout, rest))


def _where(layout: Layout, part: Part) -> tuple[Ints, Ints, Ints, Bools]:
    """First and last period of columns, their place, and the shared resources of each place."""
    resources = layout.program.resources
    shared = len(layout.slot_of_row)
    column = np.repeat(np.arange(len(part)), np.diff(part.matrix.indptr))
    row = part.matrix.indices
    inside = row < shared
    slot = layout.slot_of_row[np.minimum(row, shared - 1)] if shared else np.zeros(len(row), dtype=np.int64)
    resource = resources.of_slot[slot] if shared else slot
    long = resources.partition[resource] != 0
    period = np.where(inside, slot - resources.offset[resource], (row - shared) % layout.program.grid.periods)
    low, high = np.where(inside & long, 0, period), np.where(inside & long, layout.program.grid.periods - 1, period)
    first, last = np.full(len(part), layout.program.grid.periods), np.full(len(part), -1)
    np.minimum.at(first, column, low)
    np.maximum.at(last, column, high)
    mark = np.random.default_rng(0).random(len(resources))
    column, resource = column[inside], resource[inside]
    pair = np.unique(column * len(resources) + resource)
    column, resource = pair // len(resources), pair % len(resources)
    signature = np.round(np.bincount(column, mark[resource], len(part)), 9)
    _, place = np.unique(signature, return_inverse=True)
    place = place.reshape(-1)
    touches = np.zeros((int(place.max(initial=-1)) + 1, len(resources)), dtype=bool)
    touches[place[column], resource] = True
    return first, last, place, touches


@dataclass(frozen=True)
class Freed:
    """A freed part, as the MIP sees it."""

    kind: int
    groups: Ints
    picked: Ints
    rest: Ints
    part: Part
    begin: Floats
    window: tuple[int, int]


@dataclass
class Improver:
    draft: Draft
    pool: Pool
    rng: np.random.Generator
    seed: int
    paid: Floats = field(default_factory=lambda: np.full(len(KINDS), 1.0))
    tried: int = 0
    won: int = 0
    scale: float = 1.0
    """What counts as a gain of 1."""

    def choose(self, busy: list[tuple[int, int]]) -> Freed | None:
        """A part to free that does not overlap those being decided."""
        layout, pool = self.draft.layout, self.pool
        periods = layout.program.grid.periods
        k = int(self.rng.choice(len(KINDS), p=self.paid / self.paid.sum()))
        kind = KINDS[k]
        length = max(2, round(kind.window * periods))
        begin = int(self.rng.integers(-length // 2, max(1, periods - length // 2))) if length < periods else 0
        lo, hi = max(0, begin), min(periods, begin + length)
        if any(lo < b and a < hi for a, b in busy):
            return None
        touches = pool.touches
        count = max(1, round(kind.places * len(touches)))
        wanted = touches[self.rng.permutation(len(touches))[:count]].any(axis=0)
        allowed: Bools = ~np.asarray((touches & ~wanted).any(axis=1))
        inside = (pool.first >= lo) & (pool.last < hi) & allowed[pool.place]
        columns = pool.columns
        now = (columns.option == self.draft.option[columns.group]) & (columns.start == self.draft.start[columns.group])
        free = self.draft.option < 0
        free[columns.group[now & inside]] = True
        picked = np.flatnonzero(inside & free[columns.group])
        if not len(picked):
            return None
        rest_allowed: Bools = ~np.asarray((pool.rest_touches & ~wanted).any(axis=1))
        rest = np.flatnonzero((pool.rest_first >= lo) & (pool.rest_last < hi) & rest_allowed[pool.rest_place])
        part = Part.joined([columns.take(picked), self.draft.rest.take(rest)])
        at = np.concatenate([now[picked].astype(np.float64), self.draft.x[rest]])
        return Freed(k, np.unique(columns.group[picked]), picked, rest, part, at, (lo, hi))

    def held(self, part: Freed) -> Draft:
        """The draft without what the part decides."""
        held = self.draft.copy()
        held.option[part.groups] = -1
        held.x[part.rest] = 0.0
        return held

    def take(self, part: Freed, x: Floats) -> bool:
        """Puts a part's new values in, if that is feasible and better."""
        self.tried += 1
        gain = float(part.part.cost @ part.begin - part.part.cost @ x)
        self.paid[part.kind] = 0.8 * self.paid[part.kind] + 0.2 * max(gain, 0.0) / self.scale / KINDS[part.kind].most + 1e-3
        if gain <= 0:
            return False
        new = self.held(part)
        chosen = np.flatnonzero(x[: len(part.picked)] > 0.5)
        group = part.part.group[chosen]
        new.option[group], new.start[group] = part.part.option[chosen], part.part.start[chosen]
        new.x[part.rest] = np.clip(x[len(part.picked) :], 0.0, part.part.upper[len(part.picked) :])
        if not new.feasible():
            return False
        self.draft = new
        self.won += 1
        return True


def improve(
    improver: Improver, processes: list[HighsProcess], *, cost: float, left: Callable[[], float],
    allow: Callable[[float], Allowance], patient: bool, heard: Callable[[Draft], None], enough: Callable[[], bool],
) -> None:  # fmt: skip
    """Frees and decides parts, one per process at a time, until nothing is left or ``enough()``; ``heard`` hears of each.

    ``patient``: what runs then is let run to its own end, which is the same in every run.
    """
    improver.scale = max(1.0, abs(cost)) * 1e-4
    running: dict[int, Freed] = {}
    layout = improver.draft.layout
    misses = 0
    while (patient and running) or (left() > 0 and not enough() and misses < MISSES):
        for n, process in enumerate(processes):
            if n in running:
                continue
            part = improver.choose([r.window for r in running.values()])
            misses = misses + 1 if part is None else 0
            if part is None:
                continue
            whole = part.part.group >= 0
            model, _ = model_of(layout, part.part, layout.limit - improver.held(part).use(), whole)
            gap = STOP_BELOW * max(1.0, abs(cost))
            allowance = allow(min(KINDS[part.kind].most, left()))
            tuning = Tuning(relative_gap=0.0, absolute_gap=gap, allowance=allowance, seed=improver.seed)
            process.submit(model, tuning, part.begin)
            running[n] = part
        for n in list(running):
            process = processes[n]
            process.poll(0.05 / len(running))
            if process.outcome is None:
                continue
            part = running.pop(n)
            if process.outcome.x is not None:
                improver.take(part, process.outcome.x)
            heard(improver.draft)
    for n in running:
        processes[n].stop()
        while processes[n].outcome is None:
            processes[n].poll(0.1)
