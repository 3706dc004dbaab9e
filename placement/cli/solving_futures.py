"""From the futures of an instance to checked answers: each future by itself, then what to sign, then all of them together.

What is best for one future is a candidate for all; holding a candidate, futures fall apart and are solved one by one. The best
candidate begins the joint Program. Costs of futures that are solved by themselves, with all that is decided now decided for each,
bound those of all together from below: knowing what comes costs nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from placement.activities.places import TooManyPlaces
from placement.cli.solving import CannotSolve, usable_cores
from placement.futures import (
    FuturesCheck,
    FuturesFormulation,
    FuturesResult,
    NothingInCommon,
    Signing,
    Term,
    check_futures,
    formulate_futures,
    signed,
)
from placement.instance import Instance
from placement.plan import CLOSED_GAP, Plan
from placement.program import FEASIBILITY_TOLERANCE, LevelResult, Limit, Solution, Status
from placement.program.tail import Tail, tail_cost
from solvers import load as load_solver
from solvers.solver import Limits, Progress, Start, TooLarge

ALONE_SHARE, HELD_SHARE = 0.4, 0.4
"""Of the time limit: for the futures by themselves, and for candidates held in them; the rest is for all of them together."""


class RejectedFutures(RuntimeError):
    """A solver's plans break a law, or cost more than it said: a bug of this program."""


@dataclass(frozen=True)
class Search:
    """How hard to try, for each of several solves. ``known`` keeps answers for single futures, which are asked for again."""

    solver: str = "auto"
    gap: float = 1e-4
    workers: int | None = None
    seed: int = 0
    interrupt: threading.Event | None = None
    on_progress: Callable[[Progress], None] | None = None
    known: dict[tuple[str, Signing], FuturesResult] = field(default_factory=dict)

    @property
    def interrupted(self) -> bool:
        return self.interrupt is not None and self.interrupt.is_set()


def solve_futures(
    cases: Sequence[Instance], names: Sequence[str], probability: Sequence[float], signing: Signing, *, tail: Tail | None = None,
    search: Search | None = None, time_limit_s: float | None = None,
) -> FuturesResult:  # fmt: skip
    """The best plans found for all futures, with the same terms signed now.

    Raises ``CannotSolve`` where an instance does not suit, ``NothingInCommon``, and ``RejectedFutures`` if a plan fails its check.
    """
    began, how = time.monotonic(), search or Search()
    if len(cases) == 1:
        key = names[0], signing
        if key not in how.known:
            how.known[key] = _together(cases, names, probability, signing, tail, how, time_limit_s, None)
        return how.known[key]

    def share(of: float, count: int) -> float | None:
        return None if time_limit_s is None else max(of * time_limit_s / max(count, 1), 0.01)

    def over() -> bool:
        spent = time.monotonic() - began
        return how.interrupted or (time_limit_s is not None and spent > (ALONE_SHARE + HELD_SHARE) * time_limit_s)

    def one(n: int, fixed: frozenset[Term] | None, limit_s: float | None) -> FuturesResult:
        return solve_futures([cases[n]], [names[n]], [1.0], replace(signing, fixed=fixed), search=how, time_limit_s=limit_s)

    def held(n: int, terms: frozenset[Term], limit_s: float | None) -> FuturesResult:
        best = alone[n]
        signs = None if best.plans is None else signed(cases[n], best.plans[0], but=signing.later)
        return best if signs == terms else one(n, terms, limit_s)

    alone = [one(n, signing.fixed, share(ALONE_SHARE, len(cases))) for n in range(len(cases))]
    impossible = tuple(name for name, answer in zip(names, alone, strict=True) if answer.status is Status.INFEASIBLE)
    if impossible:
        nothing = tuple(LevelResult(level.name, None, None) for level in alone[0].levels)
        return FuturesResult(Status.INFEASIBLE, None, nothing, time.monotonic() - began, how.solver, impossible=impossible)

    def value(plans: tuple[Plan, ...]) -> tuple[float, ...]:
        return tuple(check_futures(cases, probability, plans, later=signing.later, tail=tail).levels.values())

    candidates = [] if signing.fixed is not None else _candidates(cases, signing, alone)
    found: list[tuple[Plan, ...]] = []
    each = share(HELD_SHARE, len(candidates) * (len(cases) - 1))
    for terms in candidates:
        plans = _held(terms, held, len(cases), each, over)
        found += [] if plans is None else [plans]
    best = min(found, key=value, default=None)
    left = None if time_limit_s is None else time_limit_s - (time.monotonic() - began)
    result = _together(cases, names, probability, signing, tail, how, left, best)
    return replace(bounded(result, alone, probability, tail, how.gap), seconds=time.monotonic() - began)


def _candidates(cases: Sequence[Instance], signing: Signing, alone: Sequence[FuturesResult]) -> list[frozenset[Term]]:
    """What is best to sign now for each future by itself, each once; and what all of them sign."""
    found = [signed(case, one.plans[0], but=signing.later) for case, one in zip(cases, alone, strict=True) if one.plans is not None]
    if found:
        found.append(found[0].intersection(*found))
    return list(dict.fromkeys(found))


def _held(
    terms: frozenset[Term], solve: Callable[[int, frozenset[Term], float | None], FuturesResult], count: int, limit_s: float | None,
    over: Callable[[], bool],
) -> tuple[Plan, ...] | None:  # fmt: skip
    """The plan of each future once these terms are signed; None where some future has none, or time is over before all have."""
    plans: list[Plan] = []
    for n in range(count):
        if over():
            return None
        try:
            answer = solve(n, terms, limit_s)
        except (NothingInCommon, CannotSolve):
            return None
        if answer.plans is None:
            return None
        plans += answer.plans
    return tuple(plans)


def _together(
    cases: Sequence[Instance], names: Sequence[str], probability: Sequence[float], signing: Signing, tail: Tail | None,
    how: Search, time_limit_s: float | None, first: Sequence[Plan] | None,
) -> FuturesResult:  # fmt: skip
    """The joint Program, begun from plans that agree; these are the answer where nothing better is found."""
    began = time.monotonic()
    try:
        formulation = formulate_futures(cases, names, probability, signing, tail)
    except NothingInCommon:
        raise
    except (TooManyPlaces, ValueError) as error:
        raise CannotSolve(str(error)) from error
    left = None if time_limit_s is None else max(0.01, time_limit_s - (time.monotonic() - began))
    limits = Limits(
        time_limit_s=left, gap=how.gap, workers=how.workers or usable_cores(), seed=how.seed, interrupt=how.interrupt
    )
    start = None if first is None else Start(*formulation.encode(first))
    try:
        solution = load_solver(how.solver)(formulation.joint.program, limits=limits, start=start, on_progress=how.on_progress)
    except TooLarge as error:
        raise CannotSolve(f"too large for solver {how.solver}: {error}; choose another") from error
    plans = _plans(formulation, solution)
    checked = None if plans is None else _checked(cases, probability, plans, signing, tail, solution, formulation)
    if first is not None:
        known = check_futures(cases, probability, first, later=signing.later, tail=tail)
        if checked is None or tuple(known.levels.values()) < tuple(checked.levels.values()):
            plans, checked = tuple(first), known
    seconds = time.monotonic() - began
    if plans is None or checked is None:
        return FuturesResult(solution.status, solution.limit, solution.levels, seconds, solution.solver)
    if checked.violations:
        raise RejectedFutures(f"the plans break {len(checked.violations)} laws, first: {checked.violations[0].message}")
    levels = tuple(LevelResult(level.name, checked.levels[level.name], level.bound) for level in solution.levels)
    _require_bounds_below(levels, checked)
    status = Status.FEASIBLE if solution.status is Status.NO_PLAN else solution.status
    return FuturesResult(status, solution.limit, levels, seconds, solution.solver, plans, checked)


def _plans(formulation: FuturesFormulation, solution: Solution) -> tuple[Plan, ...] | None:
    if solution.option is None or solution.start is None or solution.value is None:
        return None
    return formulation.decode(solution.option, solution.start, solution.value)


def _checked(
    cases: Sequence[Instance], probability: Sequence[float], plans: Sequence[Plan], signing: Signing, tail: Tail | None,
    solution: Solution, formulation: FuturesFormulation,
) -> FuturesCheck:  # fmt: skip
    """What the checks say of a solver's plans; ``RejectedFutures`` where they cost more than it said.

    What a tail costs is exact only at the least y, so that less is no error there.
    """
    checked = check_futures(cases, probability, plans, later=signing.later, tail=tail)
    turnover = sum(abs(usd) for one in checked.cases for usd in one.terms.values())
    slack = (FEASIBILITY_TOLERANCE if tail is not None else 1e-9) * max(1.0, turnover)
    for level in solution.levels:
        costs = checked.levels[level.name]
        if level.value is None or not all(case.exact for case in formulation.cases):
            continue
        if costs > level.value + slack or (tail is None and costs < level.value - slack):
            raise RejectedFutures(f"{level.name} costs {costs!r} USD by the plans and {level.value!r} by the solver")
    return checked


def _require_bounds_below(levels: Sequence[LevelResult], checked: FuturesCheck) -> None:
    """``RejectedFutures`` where checked plans refute a bound: it holds for all plans that do as well at the levels before."""
    turnover = sum(abs(usd) for one in checked.cases for usd in one.terms.values())
    slack = FEASIBILITY_TOLERANCE * max(1.0, turnover)
    for level in levels:
        if level.bound is not None and level.value is not None and level.bound > level.value + slack:
            raise RejectedFutures(f"{level.name} is bounded by {level.bound!r} USD, and checked plans cost {level.value!r}")


def bounded(
    result: FuturesResult, alone: Sequence[FuturesResult], probability: Sequence[float], tail: Tail | None, wanted: float
) -> FuturesResult:
    """With the bounds of the futures by themselves where these are better.

    A level's bound holds for plans that are as good at the levels before. Where the mean of those is what each future can reach at
    best by itself, so is every future's own, and its bound of the next level is for it. That the mean is the best which all of them
    together can reach is not enough: those that then give something up may cost less than alone.
    """
    weight, levels = np.asarray(probability, dtype=np.float64), list(result.levels)
    for k, level in enumerate(levels):
        own = [one.levels[k].bound for one in alone]
        known = np.array([bound for bound in own if bound is not None])
        if len(known) < len(own):
            break
        bound = float(weight @ known)
        if tail is not None and k == len(levels) - 1:
            bound = (1.0 - tail.weight) * bound + tail.weight * tail_cost(known, weight, tail.share)
        if result.checked is not None and k == 0:
            _require_bounds_below([replace(level, bound=bound)], result.checked)
        if level.bound is None or bound > level.bound:
            levels[k] = replace(level, bound=bound if level.value is None else min(bound, level.value))
        gap = replace(level, bound=bound).gap
        if gap is None or gap > CLOSED_GAP:
            break
    if result.plans is None:
        return replace(result, levels=tuple(levels))
    proven = all(level.gap is not None and level.gap <= max(wanted, CLOSED_GAP) for level in levels)
    limit = (Limit.GAP if any(level.gap for level in levels) else None) if proven else result.limit
    return replace(result, levels=tuple(levels), status=Status.OPTIMAL if proven else Status.FEASIBLE, limit=limit)
