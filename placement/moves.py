"""From today's plan to a new one, job by job: an order in which what has been changed so far fits at every step.

Between the two plans replicas stand where they do in both; batch work and what is let give way until the end.
A step changes one job, or several at once where none of them finds room before another has gone. The laws judge every step, not the
search for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, islice
from typing import TypeVar

import numpy as np

from placement.instance import Instance
from placement.plan import Paths, Places, Plan, Replicas, Runs, Violation, empty
from placement.program import Bools
from placement.rules import capacity, interconnect, power

TOGETHER, MOST_TRIED = 3, 200
"""Jobs that are tried as one step, and how many sets of each size, before all that are left become one step."""
ROUNDING = 1e-6


@dataclass(frozen=True)
class Step:
    """Jobs that change at once; mostly one."""

    jobs: tuple[int, ...]
    broken: tuple[Violation, ...]
    """What breaks a limit after this step and did not, or not as much, before the first: empty where the step is feasible."""


def steps(instance: Instance, today: Plan, plan: Plan, jobs: Iterable[int]) -> list[Step]:
    """An order for jobs that run otherwise in ``plan``: those that stop first, new ones last, earlier starts before later."""
    left, done, found = sorted(jobs, key=lambda job: _rank(today, plan, job)), set[int](), []
    allowed = _amounts(breaches(instance, today, plan, done))
    while left:
        for together in _candidates(left):
            broken = _worse(breaches(instance, today, plan, done | set(together)), allowed)
            if not broken or len(together) == len(left):
                break
        found.append(Step(together, tuple(broken)))
        done |= set(together)
        left = [job for job in left if job not in done]
    return found


def replayed(instance: Instance, today: Plan, plan: Plan, order: Iterable[tuple[int, ...]]) -> list[Step]:
    """The steps of an order as it is given, each judged anew."""
    done, found = set[int](), []
    allowed = _amounts(breaches(instance, today, plan, done))
    for together in order:
        done |= set(together)
        found.append(Step(tuple(together), tuple(_worse(breaches(instance, today, plan, done), allowed))))
    return found


def breaches(instance: Instance, today: Plan, plan: Plan, changed: set[int]) -> list[Violation]:
    """Limits of islands, uplinks and feeds that are broken once some jobs run as in the new plan and all others as in today's."""
    between = between_plans(today, plan, changed)
    return [violation for law in (capacity, interconnect, power) for violation in law.violations(instance, between)]


def between_plans(today: Plan, plan: Plan, changed: set[int]) -> Plan:
    """Jobs as in the new plan where ``changed``, else as in today's; replicas that both have; nothing else held."""
    of = np.array(sorted(changed), dtype=np.int64)
    old, new = ~np.isin(today.runs.job, of), np.isin(plan.runs.job, of)
    (a, places_a, paths_a), (b, places_b, paths_b) = _gangs(today, old), _gangs(plan, new)
    first = len(a.job)
    return replace(
        plan,
        runs=_joined(a, b),
        places=_joined(places_a, replace(places_b, run=places_b.run + first)),
        paths=_joined(paths_a, replace(paths_b, run=paths_b.run + first)),
        replicas=_in_both(today.replicas, plan.replicas),
        **{name: empty(type(getattr(plan, name))) for name in ("batch", "sublets", "kept", "backups", "starts", "borrowing")},
    )


def _candidates(left: list[int]) -> Iterator[tuple[int, ...]]:
    for size in range(1, min(TOGETHER, len(left)) + 1):
        yield from islice(combinations(left, size), MOST_TRIED)
    yield tuple(left)


def _rank(today: Plan, plan: Plan, job: int) -> tuple[int, int, int]:
    starts = plan.runs.start_block[plan.runs.job == job]
    if not len(starts):
        return 0, 0, job
    return (1 if np.any(today.runs.job == job) else 2), int(starts[-1]), job


def _amounts(found: list[Violation]) -> dict[tuple[str, str, str | None, str], float]:
    return {_key(violation): violation.amount for violation in found}


def _key(violation: Violation) -> tuple[str, str, str | None, str]:
    return violation.law, violation.subject, violation.period, violation.unit


def _worse(found: list[Violation], allowed: dict[tuple[str, str, str | None, str], float]) -> list[Violation]:
    return [v for v in found if v.amount > allowed.get(_key(v), 0.0) + ROUNDING * max(1.0, v.amount)]


def _gangs(plan: Plan, keep: Bools) -> tuple[Runs, Places, Paths]:
    number = np.cumsum(keep) - 1
    held, crossed = keep[plan.places.run], keep[plan.paths.run]
    runs = Runs(*(getattr(plan.runs, name)[keep] for name in ("job", "shape", "start_block", "end_block")))
    places = Places(number[plan.places.run[held]], plan.places.island[held], plan.places.units[held])
    return runs, places, Paths(number[plan.paths.run[crossed]], plan.paths.link[crossed])


T = TypeVar("T", Runs, Places, Paths)


def _joined(one: T, other: T) -> T:
    return type(one)(**{name: np.concatenate([column, getattr(other, name)]) for name, column in vars(one).items()})


def _in_both(one: Replicas, other: Replicas) -> Replicas:
    keys = [name for name in vars(one) if name != "units"]
    there = dict(zip(zip(*(getattr(other, name).tolist() for name in keys), strict=True), other.units.tolist(), strict=True))
    rows = zip(*(getattr(one, name).tolist() for name in keys), strict=True)
    least = [min(n, there.get(key, 0)) for key, n in zip(rows, one.units.tolist(), strict=True)]
    count = np.array(least, dtype=one.units.dtype)
    kept = count > 0
    return Replicas(**{name: getattr(one, name)[kept] for name in keys}, units=count[kept])
