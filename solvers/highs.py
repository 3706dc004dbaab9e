"""HiGHS on the whole Program: first with counts relaxed, then with what that decided fixed, then all of it.

Whole numbers are of two kinds: choices (a gang runs here or not) and counts (thousands of replicas). Counts make branch and bound
slow and the bound hardly better. So the LP gives a bound and prices; choices are decided with counts relaxed, in a large model
first among the columns that the prices favour; counts are then rounded down and divisible options refilled; and only if value and
bound do not meet is the whole model searched, beginning from there.

What a phase may take is a share of what is left: of the seconds, or in a deterministic solve, which has one thread, of the work.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from placement.program import Bools, Floats, Limit, Program, Solution
from solvers.highs_process import Outcome, Tuning
from solvers.linear import Linear
from solvers.racing import Racers
from solvers.search import Search, by_levels, capped, trivial_bound
from solvers.solver import Clock, Limits, OnProgress, Start

RELAXED_SHARE = 0.2
"""Share of the allowed gap at which the search with relaxed counts ends; the rest is left to the counts."""

LARGE = 4_000
"""With more choices than this, those that the prices favour are searched first."""

FAVOURED = 1_500
"""How many choices those are."""

PARTS_MOST = 20.0
"""Most that the counts of one set of choices may take, seconds or work."""

PARTS_SHARE = 0.05
"""Share of the allowed gap that the searches of all parts may leave together."""

PART_NODES = 500
"""Nodes after which the search of one part ends."""

MOST_RACERS = 4
"""Processes that race at most: each holds the whole model, and more trees help little."""

STAKE_SHRUNK = 1e-3
"""A model is solved again where what lies between the best plan and doing only what is free has shrunk to less than this share."""

ROUGH_GAP = 0.02
"""Gap at which a search ends that only looks for a good plan."""


def solve(
    program: Program, *, limits: Limits, start: Start | None = None, on_progress: OnProgress | None = None,
    clock: Clock | None = None,
) -> Solution:  # fmt: skip
    """See ``solvers.solver.Solver``. Work is estimated from iterations and nodes, see ``solvers.effort``."""
    clock = clock or Clock(limits)
    with Racers(min(limits.cores, MOST_RACERS), clock.spend) as process:
        return by_levels(
            program,
            lambda search: solve_level(search, process),
            name="highs",
            limits=limits,
            start=start,
            on_progress=on_progress,
            clock=clock,
        )


def solve_level(search: Search, process: Racers) -> None:
    """Closes a level, or improves it until its time is up."""
    model = search.model
    if search.x is None:
        first_plan(search, process)
    lp = run(search, process, model.relaxed(), "relaxation")
    if search.later is not None and not search.closed and lp.status == "optimal":
        reach_bound(search, process)
    choices = replace(model, whole=model.whole & ~model.counts)
    if lp.prices is not None and int(choices.whole.sum()) > LARGE and not search.closed:
        search_favoured(search, process, choices, lp.prices)
    if choices.whole.sum() < model.whole.sum() and not search.closed and not search.over:
        outcome = run(search, process, choices, "choices", gap=RELAXED_SHARE * search.limits.gap, most=part(search, 0.75))
        if outcome.x is not None and not search.closed:
            complete(search, process, outcome.x)
    if not search.closed and not search.over:
        run(search, process, model, "all", gap=search.limits.gap)
    if not search.closed:
        search.limit = search.limit or search.clock.reason


def part(search: Search, share: float, most: float = np.inf) -> float:
    """What a phase may take: a share of what is left."""
    return min(share * search.left, most)


def run(
    search: Search,
    process: Racers,
    model: Linear,
    phase: str,
    *,
    gap: float = 0.0,
    most: float = np.inf,
    restricted: bool = False,
) -> Outcome:
    """Solves ``model``: the search's own, relaxed (its bound then counts), or ``restricted`` (only its plans count).

    HiGHS sees what may be in a plan as good as the best one known. Where the best becomes so much better that this changes the
    size of what is at stake, it is asked again: its tolerances are shares of the largest cost.
    """
    while True:
        before = search.value - trivial_bound(search.model)
        outcome = _run(search, process, model, phase, gap=gap, most=most, restricted=restricted)
        stake = search.value - trivial_bound(search.model)
        if not math.isfinite(before) or not stake < STAKE_SHRUNK * before or search.closed or search.over:
            return outcome


def _run(search: Search, process: Racers, model: Linear, phase: str, *, gap: float, most: float, restricted: bool) -> Outcome:
    original, ceiling = model, search.value
    if search.x is not None:
        model = model.within(ceiling)
    found = [np.inf]

    def heard(x: Floats | None, bound: float | None) -> None:
        if x is not None:
            found[0] = min(found[0], model.objective(x))
            search.offer(x, phase)
        if not restricted and bound is not None:
            search.raise_bound(min(bound, ceiling), phase)

    def enough() -> bool:
        if search.limits.deterministic:
            return search.clock.interrupted
        near = found[0] - search.bound <= gap * max(1.0, abs(found[0])) if np.isfinite(found[0]) else False
        return near or search.clock.interrupted or search.closed

    tuning = Tuning(
        relative_gap=gap,
        absolute_gap=gap,
        seed=search.limits.seed,
        allowance=search.clock.allow(min(search.left, most)),
        target=search.bound + gap * max(1.0, abs(search.bound)) / (1 + gap) if np.isfinite(search.bound) else None,
    )
    start = search.x if search.x is not None else search.hint
    start = start if model.whole.any() else None
    outcome = process.solve(model, tuning, start, stopped=enough, on_event=heard, race=True)
    if not restricted:
        if outcome.bound is not None:
            search.raise_bound(min(outcome.bound, ceiling), phase)
        search.infeasible = search.infeasible or (outcome.status == "infeasible" and search.x is None)
        if not model.whole.any() and outcome.prices is not None:
            search.raise_bound(min(model.lagrangian(outcome.prices), ceiling), phase)
            search.prices = outcome.prices
    if outcome.x is not None and not search.offer(outcome.x, phase) and original is search.model:
        refill(search, process, outcome.x, model.whole, phase)
    if outcome.status == "memory":
        search.limit = Limit.MEMORY
    return outcome


def first_plan(search: Search, process: Racers) -> None:
    """A plan that chooses only what must be, if there is one: demand is then shed by divisible options alone."""
    model = search.model
    needed = np.zeros(model.columns, dtype=np.bool_)
    needed[model.column[model.row_lower[model.row] > 0]] = True  # what must run, and the ways to drop a promise
    needed &= model.whole
    rest = held(model, model.lower, model.whole & ~needed)
    allowance = search.clock.allow(part(search, 0.5))
    tuning = Tuning(relative_gap=1.0, absolute_gap=np.inf, seed=search.limits.seed, allowance=allowance)
    outcome = process.solve(rest, tuning, stopped=lambda: search.clock.interrupted)
    if outcome.x is not None:
        search.offer(outcome.x, "first plan")


def reach_bound(search: Search, process: Racers) -> None:
    """Looks for a plan that meets the bound of this level by minimising the next one under it, which also begins that one well."""
    assert search.later is not None
    ceiling = capped(search.model, search.bound, None)
    cost, constant = search.later
    aim = replace(ceiling, cost=cost, constant=constant)
    inner = Search(
        model=aim,
        clock=search.clock,
        level=search.level,
        solver=search.solver,
        deadline=search.clock.now + part(search, 0.6),
    )
    lp = run(inner, process, aim.relaxed(), "next level")
    if lp.status != "optimal" or lp.x is None or lp.prices is None:
        return
    choices = replace(aim, whole=aim.whole & ~aim.counts)
    if int(choices.whole.sum()) > LARGE:
        search_favoured(inner, process, choices, lp.prices)
    elif choices.whole.any():
        found = run(inner, process, choices, "next level", gap=ROUGH_GAP, most=part(inner, 0.5))
        if found.x is not None:
            complete(inner, process, found.x)
    else:
        complete(inner, process, lp.x)
    if inner.x is not None:
        search.offer(inner.x, "next level")


def search_favoured(search: Search, process: Racers, choices: Linear, prices: Floats) -> None:
    """Decides choices among those of least reduced cost, and completes what that finds."""
    reduced = choices.reduced_costs(prices)
    limit = np.partition(reduced[choices.whole], FAVOURED)[FAVOURED]
    kept = ~choices.whole | (reduced <= limit) | (choices.lower > 0)
    if search.x is not None:
        kept |= search.x > 0
    few = choices.with_bounds(choices.lower, np.where(kept, choices.upper, 0.0))
    gap = RELAXED_SHARE * search.limits.gap
    outcome = run(search, process, few, "favoured", gap=gap, most=part(search, 0.35), restricted=True)
    if outcome.x is not None and not search.closed:
        complete(search, process, outcome.x)


def complete(search: Search, process: Racers, x: Floats) -> None:
    """Decides everything else for the choices in x: counts rounded down from the LP, then, if that leaves a gap, searched."""
    model = search.model
    many = model.counts
    best = refill(search, process, x, model.whole & ~many, "counts")
    if best is None:
        return
    down = refill(search, process, np.where(many, np.floor(best + 1e-6), best), model.whole, "counts")
    if not search.closed and not search.over:
        search_parts(search, process, held(model, x, model.whole & ~many), best if down is None else down)


def search_parts(search: Search, process: Racers, rest: Linear, x: Floats) -> None:
    """Decides counts where, choices being held, the model falls apart into periods: each is a small search, begun from x."""
    x = np.clip(x, rest.lower, rest.upper)
    parts = [(columns, model) for columns, model in rest.parts() if model.whole.any()]
    deadline = search.clock.now + part(search, 0.5, PARTS_MOST)
    for columns, model in parts:
        if search.clock.interrupted or search.clock.now > deadline:
            break
        tuning = Tuning(
            relative_gap=0.0,
            absolute_gap=PARTS_SHARE * search.absolute_gap / len(parts),
            threads=1,
            seed=search.limits.seed,
            allowance=search.clock.allow(deadline - search.clock.now),
            node_limit=PART_NODES,
        )
        outcome = process.solve(model, tuning, x[columns], stopped=lambda: search.clock.interrupted)
        if outcome.x is not None:
            x[columns] = outcome.x
    search.offer(x, "counts")


def refill(search: Search, process: Racers, x: Floats, fixed: Bools, phase: str) -> Floats | None:
    """The best x, integers relaxed, that agrees with the one given on ``fixed``; offered to the search."""
    tuning = Tuning(threads=search.limits.cores, allowance=search.clock.allow(max(search.left, search.clock.least)))
    rest = held(search.model, x, fixed).relaxed()
    outcome = process.solve(rest, tuning, stopped=lambda: search.clock.interrupted)
    if outcome.status != "optimal" or outcome.x is None:
        return None
    search.offer(outcome.x, phase)
    return outcome.x


def held(model: Linear, x: Floats, fixed: Bools) -> Linear:
    """The model with the columns of ``fixed`` at their values in x, rounded."""
    value = np.clip(np.round(x), model.lower, model.upper)
    return model.with_bounds(np.where(fixed, value, model.lower), np.where(fixed, value, model.upper))
