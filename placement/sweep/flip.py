"""Where a decision flips along one parameter, bisected: between two settings that decide differently, half by half."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from placement.sweep.answers import Answers, Point, decision
from placement.sweep.document import Parameter, Sweep
from placement.sweep.expand import Settings

Decide = Callable[[float], str]


@dataclass(frozen=True)
class FlipPoint:
    """The decision is ``before`` at ``low`` and ``after`` at ``high``; it flips between them."""

    low: float
    high: float
    before: str
    after: str
    steps: int


class SameDecision(ValueError):
    """Both ends decide the same: there is nothing to bisect."""


def bisect(decide: Decide, low: float, high: float, *, steps: int, whole: bool = False) -> FlipPoint:
    """Halves the interval ``steps`` times, or until only whole numbers next to each other are left. Raises SameDecision."""
    before, after = decide(low), decide(high)
    if before == after:
        raise SameDecision(f"at {low:g} and at {high:g} the decision is the same: {before}")
    done = 0
    for done in range(1, steps + 1):
        middle = (low + high) / 2
        if whole:
            middle = float(int(middle // 1))
            if middle in (low, high):
                return FlipPoint(low, high, before, after, done - 1)
        found = decide(middle)
        if found == before:
            low = middle
        else:
            high, after = middle, found
    return FlipPoint(low, high, before, after, done)


def probe(sweep: Sweep, name: str, value: float, fixed: Settings) -> Sweep:
    """The sweep of one decision: a parameter at a value, what is not ours as given or as stated first, every choice of ours.

    Cases start from nothing, so that each is the same whatever was asked before.
    """
    cases: list[dict[str, Any]] = [{}]
    for parameter in sweep.parameters:
        if parameter.id == name:
            settings: tuple[Any, ...] = (value,)
        elif parameter.decision and parameter.id not in fixed:
            settings = parameter.settings
        else:
            settings = (fixed.get(parameter.id, parameter.settings[0]),)
        cases = [one | {parameter.id: setting} for one in cases for setting in settings]
    limits = sweep.limits.model_copy(update={"starts": False})
    return sweep.model_copy(update={"design": "list", "cases": tuple(cases), "samples": None, "limits": limits})


def bisectable(sweep: Sweep, name: str) -> Parameter:
    """The parameter of that id, whose values are figures at a path. Raises ValueError where it is another."""
    known = {parameter.id: parameter for parameter in sweep.parameters}
    if name not in known:
        raise ValueError(f"no parameter {name}: there are {', '.join(known)}")
    if known[name].values is None or known[name].decision:
        raise ValueError(f"{name} cannot be bisected: name a parameter with values at a path that is not a decision")
    return known[name]


def decided(asked: Answers) -> str:
    """What the cases of a probe decide. Raises ValueError where none has a plan."""
    points: tuple[Point, ...] = asked.points
    if not points:
        raise ValueError("no case has a plan there: nothing is decided")
    return decision(points, [axis.id for axis in asked.decisions if len(axis.settings) > 1])
