"""Cases: one problem, one solver or peer, its limits; and what running one yields, judged by the independent check.

The measured time begins with the instance in memory (or, where there is none, with the Program) and ends with a checked plan.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from benchmarks.one_period import solve_one_period
from benchmarks.peers import Answer, Refused, load_peer
from benchmarks.rows import Row
from placement.bench.case import columns
from placement.bench.judge import finite, judge
from placement.bench.traces import Trace, gap_between, thinned
from placement.formulate import formulate
from placement.instance import Instance
from placement.program import Program, Status
from solvers import load as load_solver
from solvers.solver import Limits, Progress

RESERVE_SHARE = 0.1
"""Most of the time limit that is kept for decoding and checking, which pass over as much data as formulating did."""

MOST_PLACES = 4_000_000
"""Islands times jobs that may use them, beyond which the Program is not built for a peer: its columns are beyond them all."""

ONE_PERIOD = "one-period"
"""Solver's name for ``benchmarks.one_period``, which builds no Program."""


@dataclass(frozen=True)
class Problem:
    """What is solved: an instance, or a Program with nothing behind it, which then is judged by its own evaluation.

    ``known`` is the best value known of a public instance; ``file`` is where a peer finds one in its original format.
    """

    instance: Instance | None = None
    program: Program | None = None
    known: float | None = None
    file: Path | None = None


class Source(Protocol):
    """Where a problem comes from; it must pickle, since the case's own process opens it."""

    def __call__(self) -> Problem: ...


@dataclass(frozen=True)
class InstanceSource:
    """An instance folder or file, with a scenario of it or without."""

    path: Path
    scenario: str | None = None

    def __call__(self) -> Problem:
        from placement import load

        return Problem(instance=load(self.path, scenario=self.scenario))


@dataclass(frozen=True)
class Case:
    """``solver`` names a solver or, with ``peer``, a peer."""

    family: str
    seed: int
    solver: str
    source: Source
    time_limit_s: float
    gap: float
    workers: int
    peer: bool = False

    def row(self, error: str | None = None) -> Row:
        """The row of this case before anything is known of it but an error."""
        return Row(self.family, self.seed, self.solver, error=error, time_limit_s=self.time_limit_s, workers=self.workers)


class _Recorder:
    """Keeps every event, timed from ``began`` on, whatever clock the solver has."""

    def __init__(self, began: float) -> None:
        self.began = began
        self.events: list[tuple[float, str, float | None, float | None]] = []

    def __call__(self, event: Progress) -> None:
        self.events.append((time.monotonic() - self.began, event.level, finite(event.incumbent), finite(event.bound)))

    def trace(self, level: str) -> Trace:
        return thinned([[seconds, incumbent, bound] for seconds, name, incumbent, bound in self.events if name == level])


def run_case(case: Case, begun: Callable[[], None] = lambda: None) -> Row:
    """Opens, formulates, solves and checks a case in this process; ``begun`` is called when the time starts to count."""
    problem = case.source()
    begun()
    began = time.monotonic()
    if case.solver == ONE_PERIOD and problem.instance is not None:
        return _one_period(case, problem.instance, began)
    if case.peer and problem.instance is not None and places_of_jobs(problem.instance) > MOST_PLACES:
        reason = (
            f"{places_of_jobs(problem.instance):,} places of jobs on islands; more than {MOST_PLACES:,} are no columns for a peer"
        )
        return replace(case.row(), status="refused", facts={"refused": reason})
    formulation = None if problem.instance is None else formulate(problem.instance)
    program = problem.program if formulation is None else formulation.program
    if program is None:
        raise ValueError(f"{case.family} {case.seed}: the source gave neither an instance nor a Program")
    formulated = time.monotonic() - began
    left = max(case.time_limit_s - formulated - min(formulated, RESERVE_SHARE * case.time_limit_s), 0.01)
    recorder = _Recorder(began)
    try:
        answer = _searched(case, problem, program, left, recorder)
    except Refused as reason:
        return replace(case.row(), status="refused", facts={"refused": str(reason)}, seconds=time.monotonic() - began)
    judgement = judge(formulation, program, answer)
    seconds = time.monotonic() - began
    level = judgement.open_level if answer.option is not None else judgement.levels[-1]
    trace = recorder.trace(level.name)
    if level.value is not None or level.bound is not None:
        trace = thinned([*trace, [seconds, level.value, level.bound]])
    return replace(
        case.row(judgement.complaint),
        objective=level.value,
        bound=level.bound,
        gap=gap_between(level.value, level.bound),
        seconds=seconds,
        violations=judgement.violations,
        status=answer.status,
        limit=answer.limit,
        level=level.name,
        known=problem.known,
        seconds_formulate=formulated,
        first_plan_seconds=next((event[0] for event in trace if event[1] is not None), None),
        first_bound_seconds=next((event[0] for event in trace if event[2] is not None), None),
        columns=columns(program),
        pair_blocks=pair_blocks(program),
        facts=dict(answer.facts),
        trace=trace,
    )


def _one_period(case: Case, instance: Instance, began: float) -> Row:
    """The row of the way that keeps pairs implicit; it takes the time it takes."""
    answer = solve_one_period(instance)
    seconds = time.monotonic() - began
    broken = answer.check.violations
    return replace(
        case.row(f"breaks {len(broken)}, first: {broken[0].message}" if broken else None),
        objective=answer.value,
        bound=answer.bound,
        gap=answer.gap,
        seconds=seconds,
        violations=len(broken),
        status=str(Status.FEASIBLE),
        level="net_cost",
        first_plan_seconds=seconds,
        first_bound_seconds=seconds,
        pair_blocks=int(instance.jobs.pool_offset[-1]),
        trace=[[seconds, answer.value, answer.bound]],
    )


def _searched(case: Case, problem: Problem, program: Program, time_limit_s: float, recorder: _Recorder) -> Answer:
    if case.peer:
        return load_peer(case.solver).solve(problem, program, time_limit_s, case.workers, recorder)
    limits = Limits(time_limit_s=time_limit_s, gap=case.gap, workers=case.workers)
    solution = load_solver(case.solver)(program, limits=limits, on_progress=recorder)
    return Answer(
        status=str(solution.status),
        limit=None if solution.limit is None else str(solution.limit),
        option=solution.option,
        start=solution.start,
        value=solution.value,
        levels=solution.levels,
        facts=solution.facts,
    )


def places_of_jobs(instance: Instance) -> int:
    """Islands that each job may use, over all jobs."""
    islands = np.bincount(instance.island_pool, minlength=len(instance.pools))
    return int(islands[instance.jobs.pools].sum())


def pair_blocks(program: Program) -> int:
    """Ways to place a gang somewhere (whole running options that have a start), times blocks."""
    options = program.options
    placed = options.running & options.whole & (options.last >= options.first)
    return int(options.copies[placed].sum(dtype=np.int64)) * program.grid.blocks
