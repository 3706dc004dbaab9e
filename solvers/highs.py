"""HiGHS on the whole Program: first with counts relaxed, then with what that decided fixed, then all of it.

Whole numbers are of two kinds: choices (a gang runs here or not) and counts (thousands of replicas). Counts make branch and bound
slow and the bound hardly better. So choices are decided with counts relaxed, which also gives a valid bound; then counts are
decided for these choices; and only if the two do not meet is the whole model searched, beginning from there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement.program import Floats, Limit, Program, Solution
from solvers.highs_process import HighsProcess, Outcome, Tuning
from solvers.linear import Linear
from solvers.search import Search, by_levels
from solvers.solver import Limits, OnProgress, Start

COUNTS_FROM = 4
"""A whole column whose upper bound is at least this is a count; below, a choice."""

RELAXED_SHARE = 0.4
"""Share of the allowed gap at which the search with relaxed counts ends; the rest is left to the counts."""


def solve(
    program: Program, *, limits: Limits, start: Start | None = None, on_progress: OnProgress | None = None
) -> Solution:
    """See ``solvers.solver.Solver``."""
    with HighsProcess() as process:
        return by_levels(
            program,
            lambda search: solve_level(search, process),
            name="highs",
            limits=limits,
            start=start,
            on_progress=on_progress,
        )


def counts(model: Linear) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Columns that count rather than choose, [C]."""
    return model.whole & (model.upper - model.lower >= COUNTS_FROM)


def solve_level(search: Search, process: HighsProcess) -> None:
    """Closes a level, or improves it until its time is up."""
    model = search.model
    if search.x is None:
        first_plan(search, process)
    many = counts(model)
    if many.any():
        relaxed = replace(model, whole=model.whole & ~many)
        outcome = run(search, process, relaxed, "choices", gap=RELAXED_SHARE * search.limits.gap)
        if not search.infeasible and outcome.x is not None:
            complete(search, process, outcome.x)
    if not search.closed and not search.over:
        run(search, process, model, "all", gap=search.limits.gap)
    if not search.closed:
        search.limit = search.limit or search.clock.reason


def run(search: Search, process: HighsProcess, model: Linear, phase: str, *, gap: float, time_s: float = np.inf) -> Outcome:
    """Solves ``model``, a relaxation of the search's own, taking its bound and those of its plans that are plans of the search."""

    def heard(x: Floats | None, bound: float | None) -> None:
        if x is not None:
            search.offer(x, phase)
        search.raise_bound(bound, phase)

    tuning = Tuning(
        relative_gap=gap * 0.99,
        absolute_gap=gap * 0.99,
        threads=search.limits.workers,
        seed=search.limits.seed,
        time_s=min(search.left, time_s),
    )
    start = search.x if search.x is not None else search.hint
    outcome = process.solve(model, tuning, start, stopped=lambda: search.clock.interrupted or search.closed, on_event=heard)
    search.work += outcome.work
    search.raise_bound(outcome.bound, phase)
    search.infeasible = outcome.status == "infeasible"
    if outcome.x is not None and not search.offer(outcome.x, phase) and model is search.model:
        complete(search, process, outcome.x, fix_counts=True)
    if outcome.status == "optimal" and not model.whole.any() and outcome.prices is not None:
        search.raise_bound(model.lagrangian(outcome.prices), phase)
    if outcome.status == "memory":
        search.limit = Limit.MEMORY
    return outcome


def first_plan(search: Search, process: HighsProcess) -> None:
    """A plan that chooses nothing whole, if there is one: demand is then met or shed by divisible options alone."""
    upper = np.where(search.model.whole, search.model.lower, search.model.upper)
    idle = search.model.with_bounds(search.model.lower, upper).relaxed()
    outcome = process.solve(idle, Tuning(time_s=max(search.left * 0.3, 0.01)), stopped=lambda: search.clock.interrupted)
    if outcome.status == "optimal" and outcome.x is not None:
        search.offer(outcome.x, "first plan")


def complete(search: Search, process: HighsProcess, x: Floats, *, fix_counts: bool = False) -> None:
    """Decides everything else for the choices in x: counts by a MIP, or, where that finds nothing, by rounding down."""
    model = search.model
    fixed = model.whole if fix_counts else model.whole & ~counts(model)
    held = np.clip(np.round(x), model.lower, model.upper)
    rest = model.with_bounds(np.where(fixed, held, model.lower), np.where(fixed, held, model.upper))
    outcome = process.solve(
        rest,
        Tuning(
            relative_gap=0.1 * search.limits.gap,
            absolute_gap=0.1 * search.limits.gap,
            threads=search.limits.workers,
            seed=search.limits.seed,
            time_s=max(search.left * 0.3, 0.01),
        ),
        stopped=lambda: search.clock.interrupted,
        on_event=lambda found, bound: None if found is None else (search.offer(found, "counts"), None)[1],
    )
    if outcome.x is not None:
        search.offer(outcome.x, "counts")
