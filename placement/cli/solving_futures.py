"""From the futures of an instance to checked answers: one joint Program, one plan for each future."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from placement.activities.places import TooManyPlaces
from placement.cli.solving import CannotSolve, usable_cores
from placement.futures import FuturesCheck, FuturesResult, NothingInCommon, Signing, check_futures, formulate_futures
from placement.instance import Instance
from placement.program import FEASIBILITY_TOLERANCE, LevelResult, Solution
from placement.program.tail import Tail
from solvers import load as load_solver
from solvers.solver import Limits, Progress, TooLarge


class RejectedFutures(RuntimeError):
    """A solver's plans break a law, or cost more than it said: a bug of this program."""


@dataclass(frozen=True)
class Search:
    """How hard to try, for each of several solves."""

    solver: str = "auto"
    gap: float = 1e-4
    workers: int | None = None
    seed: int = 0
    interrupt: threading.Event | None = None
    on_progress: Callable[[Progress], None] | None = None


def solve_futures(
    cases: Sequence[Instance], names: Sequence[str], probability: Sequence[float], signing: Signing, *, tail: Tail | None = None,
    search: Search | None = None, time_limit_s: float | None = None,
) -> FuturesResult:  # fmt: skip
    """The best plans found for all futures, with the same terms signed now.

    Raises ``CannotSolve`` where an instance does not suit, ``NothingInCommon``, and ``RejectedFutures`` if a plan fails its check.
    """
    began, how = time.monotonic(), search or Search()
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
    try:
        solution = load_solver(how.solver)(formulation.joint.program, limits=limits, on_progress=how.on_progress)
    except TooLarge as error:
        raise CannotSolve(f"too large for solver {how.solver}: {error}; choose another") from error
    if solution.option is None or solution.start is None or solution.value is None:
        return FuturesResult(
            solution.status, solution.limit, solution.levels, time.monotonic() - began, solution.solver
        )
    plans = formulation.decode(solution.option, solution.start, solution.value)
    checked = check_futures(cases, probability, plans, later=signing.later, tail=tail)
    if checked.violations:
        raise RejectedFutures(f"the plans break {len(checked.violations)} laws, first: {checked.violations[0].message}")
    wrong = _misstated(solution, checked, all(case.exact for case in formulation.cases), tail)
    if wrong is not None:
        raise RejectedFutures(wrong)
    levels = tuple(LevelResult(level.name, checked.levels[level.name], level.bound) for level in solution.levels)
    return FuturesResult(
        solution.status, solution.limit, levels, time.monotonic() - began, solution.solver, plans, checked
    )


def _misstated(solution: Solution, checked: FuturesCheck, exact: bool, tail: Tail | None) -> str | None:
    """Which level costs more than a solver says, in words. What a tail costs is exact only at the least y, so less is no error."""
    turnover = sum(abs(usd) for one in checked.cases for usd in one.terms.values())
    for level in solution.levels:
        costs = checked.levels[level.name]
        if level.value is None or not exact:
            continue
        slack = (FEASIBILITY_TOLERANCE if tail is not None else 1e-9) * max(1.0, turnover)
        if costs > level.value + slack or (tail is None and costs < level.value - slack):
            return f"{level.name} costs {costs!r} USD by the plans and {level.value!r} by the solver"
    return None
