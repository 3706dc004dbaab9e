"""The price of what a plan promises: what each loss that it is to survive costs, against the same instance without that loss.

    price of a loss  in  [ bound with it - value without it,  value with it - bound without it ],   and never below 0

Solving is handed in. Where promises are broken at the first level, net costs of the two are no like for like: no price is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from placement.instance import Instance
from placement.plan import CLOSED_GAP, Result
from placement.program import LevelResult

ALL = "all losses together"

SAME_PROMISES = 1e-6
"""First levels are equal within this times max(1, |value|)."""


@dataclass(frozen=True)
class LossPrice:
    """What one loss costs: net cost in USD with it and without it, and what lies between; None where it is not known."""

    loss: str
    with_usd: float | None
    without_usd: float | None
    least_usd: float | None
    most_usd: float | None
    note: str
    """Why no price is named; empty where one is."""


def price_of_losses(instance: Instance, solve: Callable[[Instance], Result]) -> Iterator[LossPrice]:
    """The price of each loss beside the others, then, where there are several, of all of them; none without losses.

    ``solve`` answers for an instance within limits of its own; it is called once more than there are rows.
    """
    if not instance.losses:
        return
    whole = solve(instance)
    for name in instance.losses:
        rest = {other: loss for other, loss in instance.losses.items() if other != name}
        yield _price(name, whole, solve(replace(instance, losses=rest)))
    if len(instance.losses) > 1:
        yield _price(ALL, whole, solve(replace(instance, losses={})))


def _price(loss: str, whole: Result, rest: Result) -> LossPrice:
    note = no_comparison(whole, rest)
    least = most = None
    if not note:
        ours, theirs = whole.levels[-1], rest.levels[-1]
        # Surviving a loss only forbids: it never makes a plan cheaper.
        least = None if ours.bound is None or theirs.value is None else max(0.0, ours.bound - theirs.value)
        most = None if theirs.bound is None or ours.value is None else max(least or 0.0, ours.value - theirs.bound)
    return LossPrice(loss, whole.objective, rest.objective, least, most, note)


def no_comparison(whole: Result, rest: Result) -> str:
    """Why the net costs of two answers, with something and without it, cannot be compared; empty where they can."""
    for what, result in (("with it", whole), ("without it", rest)):
        if result.plan is None:
            return f"no plan {what}: {result.status}"
    for ours, theirs in zip(whole.levels[:-1], rest.levels[:-1], strict=True):
        if not (_closed(ours) and _closed(theirs)):
            return f"{ours.name} are not proven"
        assert ours.value is not None and theirs.value is not None, "a plan has a value at every level"
        if abs(ours.value - theirs.value) > SAME_PROMISES * max(1.0, abs(theirs.value)):
            more = ours.value - theirs.value
            return f"{abs(more):,.6g} USD {'more' if more > 0 else 'less'} of {ours.name} are broken with it"
    return ""


def _closed(level: LevelResult) -> bool:
    return level.gap is not None and level.gap <= max(CLOSED_GAP, SAME_PROMISES)
