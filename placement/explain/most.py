"""Levels of the objective of which no plan is worth as little as they may be worth at most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from placement.check import check
from placement.explain.shortfall import Shortfall
from placement.instance import Instance
from placement.instance.objective import Level
from placement.plan import Plan
from placement.program import FEASIBILITY_TOLERANCE


def most_out_of_reach(instance: Instance, solve: Callable[[Instance], Plan | None]) -> list[Shortfall]:
    """A line for each level whose ``most`` cannot be kept; none where there is no plan without them either.

    Each is minimised before the others, with all of their ``most`` left out. Where each can be kept for itself, but not all of
    them together, every one of them is named.
    """
    capped = [level for level in instance.objective.values() if level.most is not None]
    found, apart = list[Shortfall](), list[Shortfall]()
    for level in capped:
        plan = solve(_first(instance, level))
        if plan is None:
            return []
        least, most = check(instance, plan).levels[level.id], float(level.most or 0.0)
        if least - most > FEASIBILITY_TOLERANCE * max(1.0, abs(most)):
            found.append(
                Shortfall(
                    "objective", level.id, None, least - most, "of the level",
                    f"level {level.id}: at most {most:,.6g} is allowed, and the least found is {least:,.6g}, whatever others are",
                    f"raise its most by {least - most:,.6g}, or leave it to the order of the levels",
                )
            )  # fmt: skip
            continue
        apart.append(
            Shortfall(
                "objective", level.id, None, 1.0, "levels",
                f"level {level.id}: {least:,.6g} is found where at most {most:,.6g} is allowed, but not beside those of others",
                "raise its most, or that of another level",
            )
        )  # fmt: skip
    return found or (apart if len(apart) > 1 else [])


def _first(instance: Instance, level: Level) -> Instance:
    """The instance with one level before the others, and none of them limited."""
    order = [level, *(other for other in instance.objective.values() if other.id != level.id)]
    return replace(instance, objective={one.id: one.model_copy(update={"most": None}) for one in order})
