"""The walk through levels and phases: prices, a first plan, improvement, and the answer re-evaluated by the Program."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np

from placement.program import Bools, Floats, Ints, LevelResult, Limit, Program, Solution, Status
from solvers.highs_process import HighsProcess
from solvers.prices import dual, kernels
from solvers.prices.anneal import MOVES_PER_WORK, Annealer, anneal
from solvers.prices.construct import place
from solvers.prices.improve import Improver, Pool, improve
from solvers.prices.layout import Layout, Tables, lay_out
from solvers.prices.plan import Draft, empty, fill
from solvers.prices.pricing import best_columns
from solvers.prices.restricted import Part, explicit
from solvers.prices.rounding import columns_of, rounded
from solvers.solver import Clock, Limits, OnProgress, Progress, Start

SMALL = 3_000
"""Up to so many columns, all are kept and HiGHS decides them at once."""

EVALUATIONS = ((0.1, 60), (0.03, 60), (0.03, 60), (0.01, 100), (0.003, 150), (0.001, 200), (0.0003, 300))
"""Temperature and evaluations of each round of the dual."""

KEPT = 40
"""Columns of a group that sub-problems may choose from."""

ANNEALING = 0.95
"""Share of what is left after construction that annealing uses; sub-problems have the rest."""

NODES = 200
"""Nodes of a sub-problem where work, not time, ends the solve."""


@dataclass
class Answer:
    """The best plan so far, as columns, and what it costs by level."""

    program: Program
    choice: tuple[Ints, Ints, Floats] | None = None
    values: Floats | None = None

    def offer(self, choice: tuple[Ints, Ints, Floats]) -> bool:
        """Takes a plan that is feasible and better, by levels in their order."""
        values = self.program.objective(*choice).sum(axis=1)
        if self.values is not None and not _before(values, self.values):
            return False
        if self.program.infeasibility(*choice):
            return False
        self.choice, self.values = choice, values
        return True


def _before(a: Floats, b: Floats) -> bool:
    for x, y in zip(a, b, strict=True):
        if abs(x - y) > 1e-9 * max(1.0, abs(x), abs(y)):
            return bool(x < y)
    return False


@dataclass
class Run:
    """One solve: its limits, its best plan, and what is proven of each level."""

    program: Program
    clock: Clock
    on_progress: OnProgress | None
    answer: Answer
    bounds: list[float | None]
    level: int = 0
    facts: dict[str, float | str] = field(default_factory=dict)
    prices: Floats | None = None
    work: list[float] = field(default_factory=lambda: [0.0])

    @property
    def gap(self) -> float:
        values, known = self.answer.values, self.bounds[self.level]
        if values is None or known is None:
            return math.inf
        return max(0.0, float(values[self.level]) - known) / max(1.0, abs(float(values[self.level])))

    def raise_bound(self, value: float, phase: str) -> None:
        known = self.bounds[self.level]
        if math.isfinite(value) and (known is None or value > known):
            self.bounds[self.level] = value
            self.tell(phase)

    def tell(self, phase: str) -> None:
        if self.on_progress is not None:
            values = self.answer.values
            value = None if values is None else float(values[self.level])
            gap = self.gap
            self.on_progress(
                Progress(
                    self.clock.seconds, self.program.levels[self.level], value, self.bounds[self.level],
                    gap if math.isfinite(gap) else None, "prices", phase,
                )
            )  # fmt: skip


def search(run: Run, layout: Layout, earlier: float, processes: list[HighsProcess]) -> None:
    """Prices, plan and improvement for one layout; ``earlier`` is what earlier levels weigh in its cost at the plan's values."""
    limits = run.clock.limits
    began = run.clock.seconds
    whole_time = run.clock.left

    def left() -> float:
        return run.clock.left - 0.02 * whole_time if math.isfinite(whole_time) else math.inf

    def stop_pricing() -> bool:
        return run.clock.interrupted or (run.clock.seconds - began > 0.25 * whole_time)

    state = dual.begin(layout)
    dual.raise_bound(state)
    for theta, evaluations in EVALUATIONS:
        if stop_pricing():
            break
        dual.smooth(state, theta, evaluations, stop_pricing)
        run.raise_bound(dual.raise_bound(state).value - earlier, "prices")
    assert state.best is not None and state.best_prices is not None
    run.raise_bound(state.best.value - earlier, "prices")
    run.facts |= {
        "columns_explicit": float(len(state.columns)),
        "evaluations": float(state.evaluations),
        "rows": float(layout.rows),
    }
    prices = state.best_prices
    run.prices = prices

    draft = empty(layout, state.rest)
    place(draft, state.columns, prices)
    if fill(draft, processes[0], left()) is None:
        return
    keep(run, draft, processes[0], left(), "construct")
    if kernels.AVAILABLE:
        draft = _anneal(run, state, draft, processes, left)
    _improve(run, state, draft, processes, left)


def _anneal(run: Run, state: dual.Dual, draft: Draft, processes: list[HighsProcess], left: Callable[[], float]) -> Draft:
    """The draft after annealing; the same where the Program has features that annealing does not know."""
    limits, layout = run.clock.limits, state.layout
    assert state.best_prices is not None
    best = best_columns(layout, Tables.of(layout, state.best_prices), KEPT)
    columns = Part.joined([explicit(layout, *best.flat()), draft.chosen()])
    key = columns.option * (layout.program.grid.periods + 1) + columns.start
    columns = columns.take(np.sort(np.unique(key, return_index=True)[1]))
    timed = not limits.deterministic
    search = Annealer.of(layout, columns, state.rest, state.best_prices, timed=timed)
    if search is None:
        return draft
    began, until = run.clock.seconds, run.clock.seconds + ANNEALING * left()

    def share() -> float:
        if run.clock.interrupted or run.gap <= limits.gap:
            return 1.0
        by_time = (run.clock.seconds - began) / (until - began) if math.isfinite(until) else 0.0
        by_work = run.work[0] / (ANNEALING * limits.work_limit) if limits.work_limit else 0.0
        return max(by_time, by_work)

    def heard(at: Ints) -> None:
        better = search.draft(at, draft)
        if fill(better, processes[0], left()) is not None:
            keep(run, better, processes[0], left(), "anneal")

    def moves_left() -> float:
        return math.inf if not limits.work_limit else (ANNEALING * limits.work_limit - run.work[0]) * MOVES_PER_WORK

    at, moves = anneal(
        search, search.positions(draft), walks=limits.workers, seed=limits.seed, share=share, moves_left=moves_left, heard=heard
    )
    run.facts["moves"] = float(moves)
    better = search.draft(at, draft)
    if fill(better, processes[0], max(left(), 1.0)) is None or better.cost() >= draft.cost():
        return draft
    keep(run, better, processes[0], max(left(), 1.0), "anneal")
    return better


def _improve(run: Run, state: dual.Dual, draft: Draft, processes: list[HighsProcess], left: Callable[[], float]) -> None:
    limits, layout = run.clock.limits, state.layout
    assert state.best is not None and state.best_prices is not None
    cost = draft.cost()
    columns = Part.joined([state.columns, draft.chosen()])
    key = columns.option * (layout.program.grid.periods + 1) + columns.start
    columns = columns.take(np.sort(np.unique(key, return_index=True)[1]))
    pool = Pool.of(layout, columns, state.rest, state.best_prices, max(cost - state.best.value, 0.0), KEPT)
    improver = Improver(draft, pool, np.random.default_rng(limits.seed), limits.seed)
    last = [run.clock.seconds]

    def heard(better: Draft) -> None:
        if run.clock.seconds - last[0] > 2.0:
            last[0] = run.clock.seconds
            keep(run, better, processes[0], left(), "improve")

    improve(
        improver, processes, cost=cost, left=left, interrupted=lambda: run.clock.interrupted,
        nodes=NODES if limits.deterministic else None, work=run.work, most_work=limits.work_limit or math.inf, heard=heard,
        enough=lambda: run.gap <= limits.gap,
    )  # fmt: skip
    run.facts |= {"neighbourhoods": float(improver.tried), "neighbourhoods_paid": float(improver.won)}
    keep(run, improver.draft, processes[0], max(left(), 1.0), "improve")


def keep(run: Run, draft: Draft, process: HighsProcess, time_s: float, phase: str) -> None:
    """Rounds a draft and offers it as the answer."""
    whole = rounded(draft, process, time_s)
    if whole is not None and run.answer.offer(columns_of(whole)):
        run.tell(phase)


def solve(program: Program, *, limits: Limits, start: Start | None = None, on_progress: OnProgress | None = None) -> Solution:
    """See ``solvers.solver.Solver``."""
    clock = Clock(limits)
    run = Run(program, clock, on_progress, Answer(program), [None] * len(program.levels))
    if start is not None:
        run.answer.offer((np.asarray(start.option), np.asarray(start.start), np.asarray(start.value, dtype=np.float64)))
    with ExitStack() as stack:
        processes = [stack.enter_context(HighsProcess()) for _ in range(limits.workers)]
        last = len(program.levels) - 1
        excluded = np.zeros(len(program.options), dtype=bool)
        for k in range(last):
            excluded |= costly(program, k)
            run.bounds[k] = float(program.constants[k].sum())
        run.level = last
        weight = np.zeros(len(program.levels))
        weight[last] = 1.0
        search(run, lay_out(program, weight, fixed_out=excluded), 0.0, processes)
    return _solution(run)


def costly(program: Program, level: int) -> Bools:
    """Options that cost something at a level."""
    charges, rates = program.charges, program.rates
    owner = np.repeat(np.arange(len(program.options), dtype=np.int64), np.diff(charges.offset))
    out = np.zeros(len(program.options), dtype=bool)
    out[owner[(charges.level == level) & (charges.amount != 0)]] = True
    priced = (program.resources.price != 0) & (program.resources.price_level == level)
    if priced.any():
        owner = np.repeat(np.arange(len(program.options), dtype=np.int64), np.diff(rates.offset))
        out[owner[priced[rates.resource]]] = True
    return out


def _solution(run: Run) -> Solution:
    program, limits = run.program, run.clock.limits
    values = run.answer.values
    levels = tuple(
        LevelResult(
            name,
            None if values is None else float(values[k]),
            None if run.bounds[k] is None else run.bounds[k] if values is None else min(run.bounds[k], float(values[k])),  # type: ignore[type-var]
        )
        for k, name in enumerate(program.levels)
    )
    option, start, value = run.answer.choice if run.answer.choice is not None else (None, None, None)
    gaps = [math.inf if level.gap is None else level.gap for level in levels]
    optimal = values is not None and max(gaps, default=0.0) <= max(limits.gap, 1e-9)
    status = Status.OPTIMAL if optimal else Status.NO_PLAN if values is None else Status.FEASIBLE
    limit = None if optimal else Limit.WORK if limits.work_limit and run.work[0] >= limits.work_limit else run.clock.reason
    return Solution(
        status, limit, option, start, value, levels, run.clock.seconds, "prices", None, run.work[0], tuple(run.facts.items())
    )
