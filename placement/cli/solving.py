"""From an instance to a checked answer: formulate, search, decode, check."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from placement.activities.places import TooManyPlaces
from placement.check import Check, check
from placement.earlier import moved_jobs
from placement.explain.bill import bill
from placement.explain.shortfall import Shortfall
from placement.files import LoadedPlan
from placement.formulate import Formulation, formulate
from placement.instance import Instance
from placement.plan import CLOSED_GAP, Plan, Prices, Result, Violation
from placement.program import LevelResult, Solution, Status
from solvers import load as load_solver
from solvers.solver import Limits, Start, TooLarge

if TYPE_CHECKING:
    from solvers.solver import Progress

RESERVE_SHARE = 0.1
"""Most of the time limit that is kept for decoding and checking."""

BILL_SECONDS = 60.0
BILL_GAP = 0.01
"""A bill wants what is missing, not the cheapest plan around it."""


class CannotSolve(ValueError):
    """What is asked is beyond the solver, or the start does what the instance does not offer; the message says what."""


class RejectedPlan(RuntimeError):
    """A solver's plan breaks a law, or costs something else than it said: a bug of this program. ``result`` holds the plan."""

    def __init__(self, result: Result, violations: tuple[Violation, ...], message: str) -> None:
        super().__init__(message)
        self.result = result
        self.violations = violations


def solve(
    instance: Instance,
    *,
    solver: str = "auto",
    time_limit_s: float | None = None,
    gap: float = 1e-4,
    workers: int | None = None,
    seed: int = 0,
    deterministic: bool = False,
    work_limit: float | None = None,
    start: Plan | LoadedPlan | None = None,
    interrupt: threading.Event | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Result:
    """The best plan found within the limits, what is proven about it, and its costs; ``result.plan`` is None if there is none.

    ``time_limit_s`` counts from the call and covers formulating and checking too. ``workers``: default every core that may be
    used, one where ``deterministic``, which also wants ``work_limit``. ``start``: a plan of this instance; or what ``load_plan``
    returns, whose prices are then used too, and of which, where the instance has changed since, only what it still offers. Setting
    ``interrupt`` ends the search with the best plan so far. Raises ``ValueError`` for limits that make no sense, ``CannotSolve``
    where the solver or ``start`` does not suit the instance, and ``RejectedPlan`` if a plan fails its check, which is a bug.
    """
    began = time.monotonic()
    if deterministic and work_limit is None:
        raise ValueError("a deterministic solve needs a work limit; wall time would end it elsewhere each time")
    if deterministic and workers not in (None, 1):
        raise ValueError("a deterministic solve runs on one worker")
    search = load_solver(solver)
    try:
        formulation = formulate(instance)
    except TooManyPlaces as error:
        raise CannotSolve(str(error)) from error
    limits = Limits(
        time_limit_s=_time_left(time_limit_s, time.monotonic() - began),
        work_limit=work_limit,
        gap=gap,
        workers=workers or (1 if deterministic else usable_cores()),
        seed=seed,
        deterministic=deterministic,
        interrupt=interrupt,
    )
    try:
        first = None if start is None else _start(formulation, start)
    except ValueError as error:
        raise CannotSolve(f"the plan to start from cannot be used: {error}") from error
    try:
        solution = search(formulation.program, limits=limits, start=first, on_progress=on_progress)
    except TooLarge as error:
        raise CannotSolve(f"too large for solver {solver}: {error}; choose another") from error
    plan = None
    if solution.option is not None and solution.start is not None and solution.value is not None:
        plan = formulation.decode(solution.option, solution.start, solution.value)
    result = _checked(instance, solution, plan, seed=seed, began=began, exact=formulation.exact)
    prices = None if solution.prices is None else Prices.of_slots(formulation.program, solution.prices)
    return replace(result, prices=prices, facts=result.facts | _against(start, result.plan))


def shortfalls(
    instance: Instance, *, solver: str = "auto", time_limit_s: float | None = None, interrupt: threading.Event | None = None
) -> list[Shortfall]:
    """What makes an instance infeasible, by how much, and what would mend it: the bill, found within ``BILL_SECONDS`` at most."""
    limit_s = BILL_SECONDS if time_limit_s is None else min(time_limit_s, BILL_SECONDS)

    def softly(softened: Instance) -> Plan | None:
        return solve(softened, solver=solver, time_limit_s=limit_s, gap=BILL_GAP, interrupt=interrupt).plan

    return bill(instance, softly)


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(formulation: Formulation, start: Plan | LoadedPlan) -> Start:
    """A plan as columns, with prices where its file has them; ValueError if it does what its own instance does not offer."""
    if isinstance(start, Plan):
        return Start(*formulation.encode(start))
    if start.plan is None:
        raise ValueError(f"its status is {start.status}: it holds no plan")
    changed = start.instance_digest != formulation.instance.digest
    prices = None if start.prices is None else start.prices.of_program(formulation.program)
    return Start(*formulation.encode(start.plan, strict=not changed), prices)


def _against(start: Plan | LoadedPlan | None, plan: Plan | None) -> dict[str, float | str]:
    """What became of the plan to start from."""
    earlier = start if isinstance(start, Plan) or start is None else start.plan
    facts: dict[str, float | str] = {}
    if not isinstance(start, Plan) and start is not None and any(start.lost.values()):
        facts["start_rows_left_out"] = float(sum(start.lost.values()))
    if earlier is not None and plan is not None:
        facts["moves_from_start"] = float(moved_jobs(earlier, plan))
    return facts


def _time_left(limit_s: float | None, spent_s: float) -> float | None:
    """What is left for the search. Decoding and checking pass over as much data as formulating did: so long is kept for them."""
    if limit_s is None:
        return None
    return max(limit_s - spent_s - min(spent_s, RESERVE_SHARE * limit_s), 0.01)


def _checked(instance: Instance, solution: Solution, plan: Plan | None, *, seed: int, began: float, exact: bool = True) -> Result:
    """The answer with its costs as the laws count them; ``RejectedPlan`` if it is no answer.

    Not ``exact``: a plan may do less than its columns said. It then costs what the laws count, and is optimal only if the bound
    says so of that.
    """
    checked = None if plan is None else check(instance, plan)
    result = Result(
        status=solution.status,
        limit=solution.limit,
        plan=plan,
        terms=None if checked is None else checked.terms,
        levels=solution.levels if checked is None else _levels(solution, checked),
        seconds=time.monotonic() - began,
        solver=solution.solver,
        seed=seed,
        instance_name=instance.name,
        instance_digest=instance.digest,
        facts=dict(solution.facts),
        work=solution.work,
    )
    if checked is not None and checked.violations:
        found = tuple(checked.violations)
        raise RejectedPlan(result, found, f"the plan breaks {len(found)} laws, first: {found[0].message}")
    if not exact:
        closed = all(level.gap is not None and level.gap <= CLOSED_GAP for level in result.levels)
        return result if closed or result.status is not Status.OPTIMAL else replace(result, status=Status.FEASIBLE)
    wrong = None if checked is None else checked.misstated(solution.levels)
    if wrong is not None:
        raise RejectedPlan(result, (), wrong)
    return result


def _levels(solution: Solution, checked: Check) -> tuple[LevelResult, ...]:
    """Each level with the value that the terms add up to and the solver's bound."""
    return tuple(LevelResult(level.name, checked.levels[level.name], level.bound) for level in solution.levels)
