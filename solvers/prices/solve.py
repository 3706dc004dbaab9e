"""The walk through levels: the price method on what is large, HiGHS on what is small or what the method finds no plan for.

Levels before the last are tried at their least possible cost first: options that cost there are left out, which is proven optimal
as soon as a plan without them is found. Where none is found, earlier levels are weighed heavily, and the bound of
the last level is  L(prices) - sum over earlier levels of weight x value:  it holds for all plans that are no worse there.
"""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import replace

import numpy as np

from placement.program import Bools, Floats, LevelResult, Limit, Program, Solution, Status
from solvers.highs import solve as highs
from solvers.highs_process import HighsProcess
from solvers.prices import dual
from solvers.prices.layout import lay_out
from solvers.prices.phases import search
from solvers.prices.state import Run, before
from solvers.solver import Clock, Limits, OnProgress, Start

SMALL = 3_000
"""Up to so many columns, all are kept: HiGHS then proves more than prices do."""

LARGEST_WHOLE = 3_000_000
"""With more columns than this, a Program is never handed to HiGHS whole."""

WEIGHT = 1_000.0
"""What a unit of an earlier level weighs against one of the next, where it has to be weighed."""

EARLIER_ROUNDS = ((0.03, 100), (0.003, 150))
EARLIER_SHARE = 0.1
"""Rounds of the dual, and share of what is left, for the bound of an earlier level."""


def solve(
    program: Program, *, limits: Limits, start: Start | None = None, on_progress: OnProgress | None = None,
    clock: Clock | None = None,
) -> Solution:  # fmt: skip
    """See ``solvers.solver.Solver``. Work counts passes over all columns and moves, and LPs and MIPs by ``solvers.effort``."""
    clock = clock or Clock(limits)
    starts = np.maximum(program.options.last - program.options.first + 1, 0)
    columns = int(starts @ program.options.copies.astype(np.int64))
    if columns <= SMALL or (program.cost_rows and columns <= LARGEST_WHOLE):  # Rows of costs have no prices here.
        return _whole(program, clock, start, on_progress)
    earlier = [k for k in range(len(program.levels) - 1) if costly(program, k).any()]
    weight = np.zeros(len(program.levels))
    weight[-1] = 1.0
    free = all(never_earns(program, k) for k in earlier)
    least = program.constants.sum(axis=1)
    run = Run(program, clock, on_progress, weight, [None if k in earlier and not free else float(c) for k, c in enumerate(least)])
    run.bounds[-1] = None
    run.least = least[:-1] if free else None
    if start is not None:
        run.start = start
        run.offer_start(start)
    from threadpoolctl import threadpool_limits

    with ExitStack() as stack:
        # Sums of a BLAS on more threads differ in the last digit: what is counted in work would not repeat on other machines.
        stack.enter_context(threadpool_limits(1, "blas"))
        processes = [stack.enter_context(HighsProcess(clock.spend)) for _ in range(limits.cores)]
        if free:
            excluded = np.zeros(len(program.options), dtype=bool)
            for k in earlier:
                excluded |= costly(program, k)
            search(run, lay_out(program, weight, fixed_out=excluded), processes)
        if earlier and run.values is None:
            run.bounds[-1] = None
        if earlier and not clock.over and (not free or run.values is None or before(least[:-1], run.values[:-1])):
            _weighed(run, earlier, processes)
    if run.values is None and columns <= LARGEST_WHOLE and not clock.over:
        return _sharper(_whole(program, clock, start, on_progress), run.bounds[0])
    return _solution(run)


def _weighed(run: Run, earlier: list[int], processes: list[HighsProcess]) -> None:
    """All levels in one search, earlier ones heavy; the bounds of earlier ones from prices of their own."""
    program, until = run.program, run.clock.now + EARLIER_SHARE * run.left

    def over() -> bool:
        return run.clock.over or run.clock.now > until

    for k in earlier:
        alone = np.zeros(len(program.levels))
        alone[k] = 1.0
        state = dual.begin(lay_out(program, alone), spend=run.clock.spend)
        dual.raise_bound(state)
        for theta, evaluations in EARLIER_ROUNDS:
            dual.smooth(state, theta, evaluations, over)
            dual.raise_bound(state)
        assert state.best is not None
        run.bounds[k] = state.best.value if math.isfinite(state.best.value) else None
    run.weight = WEIGHT ** (len(program.levels) - 1 - np.arange(len(program.levels), dtype=np.float64))
    run.weight[[k for k in range(len(program.levels) - 1) if k not in earlier]] = 0.0
    run.proven, run.bounds[run.level], run.least = -math.inf, None, None
    run.draft = run.found = None
    run.done = False
    search(run, lay_out(program, run.weight), processes)


def _whole(program: Program, clock: Clock, start: Start | None, on_progress: OnProgress | None) -> Solution:
    """HiGHS on all columns, with what is left."""
    return replace(highs(program, limits=clock.limits, start=start, on_progress=on_progress, clock=clock), solver="prices")


def _sharper(solution: Solution, bound: float | None) -> Solution:
    """With the bound of the first level from prices where that is better."""
    first = solution.levels[0]
    if bound is None or first.value is None or (first.bound is not None and first.bound >= bound):
        return solution
    return replace(solution, levels=(replace(first, bound=min(bound, first.value)), *solution.levels[1:]))


def costly(program: Program, level: int) -> Bools:
    """Options that cost or earn something at a level, [O]."""
    charges, rates, options = program.charges, program.rates, len(program.options)
    out = np.zeros(options, dtype=bool)
    owner = np.repeat(np.arange(options, dtype=np.int64), np.diff(charges.offset))
    out[owner[(charges.level == level) & (charges.amount != 0)]] = True
    priced = (program.resources.price != 0) & (program.resources.price_level == level)
    if priced.any():
        owner = np.repeat(np.arange(options, dtype=np.int64), np.diff(rates.offset))
        out[owner[priced[rates.resource]]] = True
    return out


def never_earns(program: Program, level: int) -> bool:
    """Whether no option lowers the cost of a level: its constants are then the least it can be."""
    charges, resources = program.charges, program.resources
    mine = charges.level == level
    factors = program.profiles.min() >= 0 and program.curves.min() >= 0
    priced = (resources.price != 0) & (resources.price_level == level)
    return bool((charges.amount[mine] >= 0).all() and factors and not priced.any())


def _solution(run: Run) -> Solution:
    program, limits, values = run.program, run.clock.limits, run.values
    option, start, value = run.choice if run.choice is not None else (None, None, None)
    levels = tuple(_level(name, values, run.bounds[k], k) for k, name in enumerate(program.levels))
    gaps = [math.inf if level.gap is None else level.gap for level in levels]
    optimal = values is not None and max(gaps, default=0.0) <= max(limits.gap, 1e-9)
    status = Status.OPTIMAL if optimal else Status.NO_PLAN if values is None else Status.FEASIBLE
    endless = limits.time_limit_s is None and not run.clock.interrupted
    stopped = Limit.WORK if endless else run.clock.reason
    closed = Limit.GAP if max(gaps, default=0.0) > 1e-9 else None
    facts = tuple(run.facts.items())
    return Solution(
        status,
        closed if optimal else stopped,
        option,
        start,
        value,
        levels,
        run.clock.seconds,
        "prices",
        run.prices,
        run.clock.work,
        facts,
    )


def _level(name: str, values: Floats | None, bound: float | None, k: int) -> LevelResult:
    value = None if values is None else float(values[k])
    return LevelResult(name, value, bound if bound is None or value is None else min(bound, value))
