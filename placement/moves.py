"""From today's plan to a new one, step by step: what stands in between, and what the laws say of it.

A step changes what is booked of one job, or of several at once. Between the two plans replicas stand, and streams are served, as
far as both plans have it; batch work, what is let and what is kept for losses give way until the end. Judged are the laws of where
jobs stand and of what that takes; those of demand, quotas and money are of whole plans.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from placement.earlier import jobs_otherwise
from placement.instance import Instance
from placement.move import Move, Moves
from placement.overruns import Overruns
from placement.plan import Paths, Places, Plan, Runs, Serving, Violation, empty
from placement.program import Bools
from placement.reroutes import Reroutes
from placement.rules import (
    assignment,
    capacity,
    cooling,
    events,
    interconnect,
    isolation,
    movement,
    non_firm,
    order,
    power,
    reclaim,
    second_feed,
    wan,
)

NAME = "moves"

LAWS = (
    assignment, capacity, interconnect, wan, power, events, second_feed, non_firm, cooling, isolation, reclaim, order, movement,
)  # fmt: skip

GIVES_WAY = ("batch", "sublets", "kept", "backups", "starts", "borrowing", "overruns")
ROUNDING = 1e-6

Limit = tuple[str, str, str | None, str]
"""Law, subject, period and unit of violations: what is broken, whatever by."""


@dataclass(frozen=True)
class Step:
    """What changes at once, and what the laws say afterwards."""

    moves: Moves
    broken: tuple[Violation, ...]
    """What breaks a limit after this step that held, or was broken by less, before the first: empty where the step is feasible."""


@dataclass(frozen=True)
class Stage:
    """What is booked after some of the steps."""

    instance: Instance
    today: Plan
    plan: Plan
    """The new one, with what both plans have of replicas and serving, and nothing of what gives way."""
    waiting: frozenset[int]
    """Jobs that still run as today's plan has them, and are to run otherwise."""
    detours: Mapping[int, int]
    """Islands of jobs that are on a detour."""
    begun: Mapping[Limit, float]
    """By how much each limit is broken before the first step: none may ever be by more."""

    @classmethod
    def first(cls, instance: Instance, today: Plan, plan: Plan) -> Stage:
        """Before the first step."""
        still = {name: empty(type(getattr(plan, name))) for name in GIVES_WAY} | {
            "replicas": _in_both(today.replicas, plan.replicas, "units"),
            "serving": _in_both(today.serving, plan.serving, "tokens_per_s"),
        }
        if len(today.reroutes.stream) or len(plan.reroutes.stream):
            still |= _served_by_way(today, plan)
        stage = cls(instance, today, replace(plan, **still), frozenset(jobs_otherwise(today, plan)), {}, {})
        return replace(stage, begun=stage.amounts)

    def after(self, moves: Moves) -> Stage:
        """When these jobs have moved as well."""
        moved = {move.job for move in moves}
        detours = {job: island for job, island in self.detours.items() if job not in moved}
        detours |= {move.job: move.detour for move in moves if move.detour is not None}
        return replace(self, waiting=self.waiting - moved, detours=detours)

    @property
    def left(self) -> frozenset[int]:
        """Jobs that have not gone where the new plan has them."""
        return self.waiting | self.detours.keys()

    @cached_property
    def violations(self) -> tuple[Violation, ...]:
        """Everything that breaks one of ``LAWS`` here."""
        return breaches(self.instance, between_plans(self.today, self.plan, self.waiting, self.detours))

    @cached_property
    def amounts(self) -> dict[Limit, float]:
        """By how much each limit that is broken here is."""
        return _amounts(self.violations)

    @cached_property
    def broken(self) -> tuple[Violation, ...]:
        """What is broken by more than before the first step."""
        allowed = {limit: self.begun.get(limit, 0.0) + ROUNDING * max(1.0, amount) for limit, amount in self.amounts.items()}
        return tuple(v for v in self.violations if self.amounts[_limit(v)] > allowed[_limit(v)])

    @property
    def excess(self) -> float:
        """How much is left of what was broken before the first step: each limit counts for 1 then, and for 0 when it holds."""
        return sum(min(self.amounts.get(limit, 0.0) / amount, 1.0) for limit, amount in self.begun.items() if amount > 0)


def replayed(instance: Instance, today: Plan, plan: Plan, listed: Iterable[Moves]) -> list[Step]:
    """The steps of an order as it is given, each judged anew."""
    stage, found = Stage.first(instance, today, plan), []
    for moves in listed:
        stage = stage.after(moves)
        found.append(Step(tuple(moves), stage.broken))
    return found


def faults(instance: Instance, today: Plan, plan: Plan, listed: Iterable[Moves]) -> list[Violation]:
    """Where a list of moves does not lead from today's plan to the new one: moves that are missing, idle, or no detours."""
    otherwise = set(jobs_otherwise(today, plan))
    islands, runs = np.bincount(plan.places.run, minlength=len(plan.runs.job)), _last_runs(plan)
    last: dict[int, Move] = {}
    found = []

    def wrong(job: int, text: str) -> None:
        name = instance.jobs.id[job]
        found.append(Violation(NAME, name, None, 1.0, "moves", f"{name}: {text}"))

    for n, moves in enumerate(listed, 1):
        for move in moves:
            before = last.get(move.job)
            if move.job not in otherwise:
                wrong(move.job, f"step {n} moves it, though it runs as in today's plan")
            elif before is not None and before.detour is None:
                wrong(move.job, f"step {n} moves it once more after it has gone where the plan has it")
            elif move.detour is not None and (move.job not in runs or islands[runs[move.job]] != 1):
                wrong(move.job, f"step {n} sends it on a detour, which only a job that is to run on one island can take")
            last[move.job] = move
    for job in sorted(otherwise):
        if job not in last:
            wrong(job, "it runs otherwise than in today's plan, and no step moves it")
        elif last[job].detour is not None:
            wrong(job, "no step brings it back from its detour")
    return found


def mended(instance: Instance, today: Plan, plan: Plan, listed: Iterable[Moves]) -> list[tuple[Violation, int | None]]:
    """What today's plan breaks of ``LAWS``, each with the number of the step after which it holds for good.

    0 where it holds before the first: as replicas and batch work give way, or as the instance books what both plans have. None
    where it does not hold in the end.
    """
    stage = Stage.first(instance, today, plan)
    known = {_limit(violation): violation for violation in (*stage.violations, *breaches(instance, today))}
    since: dict[Limit, int | None] = {limit: None if limit in stage.amounts else 0 for limit in known}
    for n, moves in enumerate(listed, 1):
        stage = stage.after(moves)
        for limit, step in since.items():
            if limit in stage.amounts:
                since[limit] = None
            elif step is None:
                since[limit] = n
    return [(violation, since[limit]) for limit, violation in known.items()]


def breaches(instance: Instance, plan: Plan) -> tuple[Violation, ...]:
    """Everything in a plan that breaks one of ``LAWS``."""
    bare = replace(plan, overruns=empty(Overruns))  # What law overrun excuses is broken all the same.
    return tuple(violation for law in LAWS for violation in law.violations(instance, bare))


def between_plans(today: Plan, plan: Plan, waiting: Iterable[int], detours: Mapping[int, int]) -> Plan:
    """The new plan with the jobs that wait as in today's, and those on a detour on its island."""
    of = np.array(sorted(waiting), dtype=np.int64)
    places = plan.places
    for job, run in _last_runs(plan).items() if detours else ():
        if job in detours:
            places = replace(places, island=np.where(places.run == run, detours[job], places.island))
    old, new = np.isin(today.runs.job, of), ~np.isin(plan.runs.job, of)
    (a, places_a, paths_a), (b, places_b, paths_b) = _gangs(today, old), _gangs(replace(plan, places=places), new)
    first = len(a.job)
    return replace(
        plan,
        runs=_joined(a, b),
        places=_joined(places_a, replace(places_b, run=places_b.run + first)),
        paths=_joined(paths_a, replace(paths_b, run=paths_b.run + first)),
    )


def _limit(violation: Violation) -> Limit:
    return violation.law, violation.subject, violation.period, violation.unit


def _amounts(found: Iterable[Violation]) -> dict[Limit, float]:
    """Amounts by limit; where one is broken in several ways, their sum."""
    amounts: dict[Limit, float] = defaultdict(float)
    for violation in found:
        amounts[_limit(violation)] += violation.amount
    return dict(amounts)


def _last_runs(plan: Plan) -> dict[int, int]:
    """The run of each job; of one that runs today and moves the one of where it goes."""
    return {job: run for run, job in enumerate(plan.runs.job.tolist())}


def _gangs(plan: Plan, keep: Bools) -> tuple[Runs, Places, Paths]:
    number = np.cumsum(keep) - 1
    held, crossed = keep[plan.places.run], keep[plan.paths.run]
    runs = Runs(*(getattr(plan.runs, name)[keep] for name in ("job", "shape", "start_block", "end_block")))
    places = Places(number[plan.places.run[held]], plan.places.island[held], plan.places.units[held])
    return runs, places, Paths(number[plan.paths.run[crossed]], plan.paths.link[crossed])


T = TypeVar("T", Runs, Places, Paths)


def _joined(one: T, other: T) -> T:
    return type(one)(**{name: np.concatenate([column, getattr(other, name)]) for name, column in vars(one).items()})


def _served_by_way(today: Plan, plan: Plan) -> dict[str, Any]:
    """What both plans serve over each way, as if by replicas of one class: ``LAWS`` ask for nothing but what crosses the links."""

    def by_way(plan: Plan) -> dict[tuple[int, int, int, int], float]:
        """Tokens/s by stream, site, period and way; 0 is the cheapest, which takes what is not rerouted."""
        flows: dict[tuple[int, int, int, int], float] = {}
        served, other = plan.serving, plan.reroutes
        cheapest = (served.stream, served.site, served.period, np.zeros_like(served.stream), served.tokens_per_s)
        rerouted = (other.stream, other.site, other.period, other.way, other.tokens_per_s)
        relieved = (other.stream, other.site, other.period, np.zeros_like(other.stream), -other.tokens_per_s)
        for columns in (cheapest, rerouted, relieved):
            for t, x, p, way, rate in zip(*(column.tolist() for column in columns), strict=True):
                flows[t, x, p, way] = flows.get((t, x, p, way), 0.0) + rate
        return flows

    then = by_way(plan)
    both = {key: min(rate, then[key]) for key, rate in by_way(today).items() if min(rate, then.get(key, 0.0)) > 0}
    total: dict[tuple[int, int, int], float] = {}
    for (t, x, p, _), rate in both.items():
        total[t, x, p] = total.get((t, x, p), 0.0) + rate
    served = np.array(list(total), dtype=np.int64).reshape(-1, 3).T
    over = np.array([key for key in both if key[3]], dtype=np.int64).reshape(-1, 4).T
    rates = np.array([rate for key, rate in both.items() if key[3]], dtype=np.float64)
    every = np.array(list(total.values()), dtype=np.float64)
    return {
        "serving": Serving(served[0], served[1], np.zeros_like(served[0]), served[2], every),
        "reroutes": Reroutes(over[0], over[1], over[3], over[2], rates),
    }


def _in_both(one: Any, other: Any, amount: str) -> Any:
    """Rows that both tables have, with the lesser amount."""
    keys = [name for name in vars(one) if name != amount]

    def rows(table: Any) -> Iterable[tuple[int, ...]]:
        return zip(*(getattr(table, name).tolist() for name in keys), strict=True)

    there = dict(zip(rows(other), getattr(other, amount).tolist(), strict=True))
    least = np.array(
        [min(n, there.get(key, 0)) for key, n in zip(rows(one), getattr(one, amount).tolist(), strict=True)],
        dtype=getattr(one, amount).dtype,
    )
    kept = least > 0
    return type(one)(**{name: getattr(one, name)[kept] for name in keys}, **{amount: least[kept]})
