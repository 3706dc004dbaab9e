"""The walk through levels and phases: prices, a first plan, improvement, and the answer re-evaluated by the Program."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
from solvers.prices.prove import by_lp as prove_by_lp
from solvers.prices.prove import by_search
from solvers.prices.restricted import Part, explicit
from solvers.prices.rounding import columns_of, rounded
from solvers.solver import Clock, Limits, OnProgress, Progress, Start

SMALL = 3_000
"""Up to so many columns, all are kept and HiGHS decides them at once."""

EVALUATIONS = ((0.1, 60), (0.03, 60), (0.03, 60), (0.01, 100), (0.003, 150), (0.001, 200), (0.0003, 300))
"""Temperature and evaluations of each round of the dual."""

KEPT = 40
"""Columns of a group that sub-problems may choose from."""

PRICING = 0.25
"""Most of the time that the first prices may take."""

SPARE = 0.02
"""Share of the time that is kept for the answer."""

ALONE = 0.6
"""Share of what is left that a single worker improves the plan for, before it raises the bound."""

LP_SHARE = 0.25
"""Share of what is left that a single worker gives to the exact LP."""

HEAD_START = 0.1
"""Share of what is left for which annealing goes on before branch and cut begins beside it."""

DEEPER = (0.0003, 0.0001, 0.00003)
"""Temperatures that go on where the LP is too large."""

STALLED = 3e-5

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
    draft: Draft | None = None
    """The best plan, its divisible part at its best, counts fractional."""
    found: Draft | None = None
    """The best plan that proving came across."""
    done: bool = False
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
    began, whole_time = run.clock.seconds, run.clock.left

    def left() -> float:
        return run.clock.left - SPARE * whole_time if math.isfinite(whole_time) else math.inf

    def stop_pricing() -> bool:
        return run.clock.interrupted or (run.clock.seconds - began > PRICING * whole_time)

    state = dual.begin(layout)
    dual.raise_bound(state)
    for theta, evaluations in EVALUATIONS:
        if stop_pricing():
            break
        dual.smooth(state, theta, evaluations, stop_pricing)
        run.raise_bound(dual.raise_bound(state).value - earlier, "prices")
    assert state.best is not None and state.best_prices is not None
    draft = empty(layout, state.rest)
    place(draft, state.columns, state.best_prices)
    if fill(draft, processes[0], left()) is None:
        return
    keep(run, draft, processes[0], left(), "construct")
    run.draft = draft

    def prove(until: Callable[[], float]) -> None:
        """Raises the bound until time is up or nothing is left to prove; runs beside the improvement where there are two workers."""
        _prove(run, state, earlier, processes[-1], until)

    # The improvement keeps its own prices: proving replaces those of ``state`` meanwhile.
    prices = state.best_prices.copy()
    if len(processes) > 1:
        with ThreadPoolExecutor(1) as side:
            proof = side.submit(prove, left)
            _better(run, state, prices, processes[:-1], left, 1.0)
            run.done = True
            proof.result()
    else:
        if not run.clock.limits.deterministic:
            until = run.clock.seconds + LP_SHARE * left()
            prove_by_lp(
                state,
                processes[0],
                left=lambda: until - run.clock.seconds,
                stopped=lambda: run.clock.interrupted,
                heard=lambda v: run.raise_bound(v - earlier, "prices"),
            )
        _better(run, state, state.best_prices.copy(), processes, left, ALONE)
        if not run.clock.limits.deterministic:
            prove(left)
    run.prices = state.best_prices
    run.facts |= {
        "columns_explicit": float(len(state.columns)),
        "evaluations": float(state.evaluations),
        "rows": float(layout.rows),
    }
    if run.found is not None and run.found.cost() < run.draft.cost():
        keep(run, run.found, processes[0], max(left(), 1.0), "search")


def _prove(run: Run, state: dual.Dual, earlier: float, process: HighsProcess, left: Callable[[], float]) -> None:
    def stopped() -> bool:
        return run.clock.interrupted or run.done or run.gap <= run.clock.limits.gap

    def raised(value: float) -> None:
        run.raise_bound(value - earlier, "prices")

    def found(draft: Draft) -> None:
        if (run.found is None or draft.cost() < run.found.cost()) and draft.feasible():
            run.found = draft

    began = run.clock.seconds
    if not prove_by_lp(state, process, left=left, stopped=stopped, heard=raised):
        for theta in DEEPER:
            while not stopped() and left() > 0:
                before = state.best.value if state.best is not None else -math.inf
                dual.smooth(state, theta, 100, lambda: stopped() or left() <= 0)
                raised(dual.raise_bound(state).value)
                if state.best is not None and state.best.value - before < STALLED * abs(before):
                    break
    # A better plan leaves fewer columns to search: annealing has its first tenth before.
    while run.draft is None or (run.clock.seconds - began < HEAD_START * left() and not stopped()):
        time.sleep(0.05)
    best = run.draft
    if best is None or stopped():
        return
    proof = by_search(
        state, best, process, value=best.cost(), seed=run.clock.limits.seed, left=left, stopped=stopped, bounded=raised, found=found
    )
    if proof is not None:
        run.facts |= {
            "columns_searched": float(proof.columns),
            "columns_dropped": float(proof.considered - proof.columns),
            "nodes": proof.nodes,
        }


def _better(
    run: Run, state: dual.Dual, prices: Floats, processes: list[HighsProcess], left: Callable[[], float], share: float
) -> None:
    """Improves ``run.draft`` for a share of what is left."""
    until = run.clock.seconds + share * left() if math.isfinite(left()) else math.inf

    def mine() -> float:
        return until - run.clock.seconds

    assert run.draft is not None
    if not kernels.AVAILABLE or not _anneal(run, state.layout, state.rest, prices, processes, mine):
        _improve(run, state, prices, processes, mine)


def _anneal(run: Run, layout: Layout, rest: Part, prices: Floats, processes: list[HighsProcess], left: Callable[[], float]) -> bool:
    """Anneals ``run.draft``; false where the Program has features that annealing does not know."""
    limits, draft = run.clock.limits, run.draft
    assert draft is not None
    best = best_columns(layout, Tables.of(layout, prices), KEPT)
    columns = _distinct(Part.joined([explicit(layout, *best.flat()), draft.chosen()]))
    search = Annealer.of(layout, columns, rest, prices, timed=not limits.deterministic)
    if search is None:
        return False
    began, whole = run.clock.seconds, left()

    def share() -> float:
        if run.clock.interrupted or run.gap <= limits.gap:
            return 1.0
        by_time = (run.clock.seconds - began) / whole if math.isfinite(whole) else 0.0
        by_work = run.work[0] / limits.work_limit if limits.work_limit else 0.0
        return max(by_time, by_work)

    def heard(at: Ints) -> None:
        better = search.draft(at, draft)
        assert run.draft is not None
        if fill(better, processes[0], max(left(), 1.0)) is not None and better.cost() < run.draft.cost():
            run.draft = better
            keep(run, better, processes[0], max(left(), 1.0), "anneal")

    def moves_left() -> float:
        return math.inf if not limits.work_limit else (limits.work_limit - run.work[0]) * MOVES_PER_WORK

    def worked(moves: int) -> None:
        run.work[0] += moves / MOVES_PER_WORK

    at, moves = anneal(
        search,
        search.positions(draft),
        walks=len(processes),
        seed=limits.seed,
        share=share,
        moves_left=moves_left,
        worked=worked,
        heard=heard,
    )
    run.facts["moves"] = float(moves)
    heard(at)
    return True


def _distinct(columns: Part) -> Part:
    key = columns.option * (int(columns.start.max(initial=0)) + 1) + columns.start
    return columns.take(np.sort(np.unique(key, return_index=True)[1]))


def _improve(run: Run, state: dual.Dual, prices: Floats, processes: list[HighsProcess], left: Callable[[], float]) -> None:
    """Improves ``run.draft`` part by part with MIPs."""
    limits, layout, draft = run.clock.limits, state.layout, run.draft
    assert state.best is not None and draft is not None
    cost = draft.cost()
    columns = _distinct(Part.joined([state.columns, draft.chosen()]))
    pool = Pool.of(layout, columns, state.rest, prices, max(cost - state.best.value, 0.0), KEPT)
    improver = Improver(draft, pool, np.random.default_rng(limits.seed), limits.seed)
    last = [run.clock.seconds]

    def heard(better: Draft) -> None:
        run.draft = better
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
