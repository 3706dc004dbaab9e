"""The trade-off between two levels of the objective: what of the second has to be given up for more of the first.

    point(c) = least value of the second level over plans whose first level is at most c, all levels before both held at their best

Values c run from the best of the first level to what it is worth where the second comes first. Solving is handed in: each point is
one solve of the instance with the first level capped (``Level.most``), so that the check judges the cap like any law. The least
value of the second level never rises with c: a bound at one c holds at all lower ones, a plan at one c is one at all higher ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from placement.instance import Instance, Level
from placement.instance.objective import default_levels
from placement.plan import Plan, Result
from placement.program import LevelResult

Solve = Callable[[Instance, Plan | None], Result]
"""An instance, and None or a plan to start from."""

MONOTONE = 1e-6
"""Values count as rising where they do by more than this times max(1, |value|)."""


@dataclass(frozen=True)
class Point:
    """A plan of the curve; values are None where the solve found none."""

    most: float
    """What the first level may be worth at most."""
    first: float | None
    second: float | None
    bound: float | None
    """Below the second level of every plan that keeps ``most``, and is as good at the levels before."""
    plan: Plan | None

    @property
    def gap(self) -> float | None:
        """Of the second level, a fraction."""
        return LevelResult("", self.second, self.bound).gap


@dataclass(frozen=True)
class Tradeoff:
    """Points by rising ``most``."""

    levels: tuple[str, str]
    points: tuple[Point, ...]

    @property
    def monotone(self) -> bool:
        """Whether the second level never rises where the first may be worth more: if not, a point is far from its best."""
        values = [point.second for point in self.points if point.second is not None]
        return all(b <= a + MONOTONE * max(1.0, abs(a)) for a, b in pairwise(values))


def tradeoff(instance: Instance, first: str, second: str, points: int, solve: Solve) -> Tradeoff:
    """The curve between two levels of an instance by ``points`` + 2 solves at most. ValueError where there are no such levels."""
    levels = {level.id: level for level in list(instance.objective.values()) or default_levels(instance)}
    for name in (first, second):
        if name not in levels:
            raise ValueError(f"{name!r} is no level of the objective; its levels are {', '.join(levels)}")
    if first == second or points < 2:
        raise ValueError("a curve is between two levels, with two points or more")
    rest = [level for name, level in levels.items() if name not in (first, second)]
    # Levels that came before both stay before; all others come last, so that every term still counts.
    ahead = list(levels)[: min(list(levels).index(first), list(levels).index(second))]
    before, after = [level for level in rest if level.id in ahead], [level for level in rest if level.id not in ahead]
    a, b = levels[first], levels[second]

    def solved(order: list[Level], start: Plan | None) -> Result:
        return solve(replace(instance, objective={level.id: level for level in order}), start)

    best = solved([*before, a, b, *after], None)
    least = None if best.plan is None else _value(best, first)
    dearest = solved([*before, b, a, *after], best.plan)
    most = None if dearest.plan is None else _value(dearest, first)
    if least is None or most is None:
        return Tradeoff((first, second), ())
    found: list[Point] = []
    plan = best.plan
    for cap in np.linspace(least, max(least, most), points).tolist():
        slack = 1e-7 * max(1.0, abs(cap))
        capped = a.model_copy(update={"most": cap + slack})
        result = solved([*before, b, capped, *after], plan)
        if result.plan is None:
            found.append(Point(cap, None, None, None, None))
            continue
        plan, end = result.plan, next(level for level in result.levels if level.name == second)
        found.append(Point(cap, _value(result, first), end.value, end.bound, plan))
    return Tradeoff((first, second), _sharpened(found))


def _value(result: Result, name: str) -> float | None:
    return next(level.value for level in result.levels if level.name == name)


def _sharpened(points: list[Point]) -> tuple[Point, ...]:
    """Each with the best bound of those that may be worth more: all its plans are plans of these."""
    known, out = None, list[Point]()
    for point in reversed(points):
        if point.bound is not None:
            known = point.bound if known is None else max(known, point.bound)
        bound = known if known is None or point.second is None else min(known, point.second)
        out.append(replace(point, bound=bound))
    return tuple(reversed(out))
