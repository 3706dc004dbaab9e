"""What a solver answers: a choice of columns of a Program, and what is proven about it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placement.program import Floats, Ints


class Status(enum.StrEnum):
    """Why a solve ended."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    NO_PLAN = "no_plan"


class Limit(enum.StrEnum):
    """Which limit stopped a solve, if one did."""

    TIME = "time"
    WORK = "work"
    GAP = "gap"
    INTERRUPT = "interrupt"
    MEMORY = "memory"


@dataclass(frozen=True)
class LevelResult:
    """What one level of the objective reached. ``bound`` is None where nothing is proven."""

    name: str
    value: float | None
    bound: float | None

    @property
    def gap(self) -> float | None:
        """(value - bound) / max(1, |value|), never below zero."""
        if self.value is None or self.bound is None:
            return None
        return max(0.0, self.value - self.bound) / max(1.0, abs(self.value))


@dataclass(frozen=True)
class Solution:
    """A choice of columns (``option``, an explicit id; ``start``; ``value``; None when there is none) and what is proven about it.

    ``prices`` [slots], where the solver has them, is the cost of one more unit used of each slot at the last level.
    """

    status: Status
    limit: Limit | None
    option: Ints | None
    start: Ints | None
    value: Floats | None
    levels: tuple[LevelResult, ...]
    seconds: float
    solver: str
    prices: Floats | None = None
    work: float | None = None
    """Deterministic work spent, in the solver's own unit."""
    facts: tuple[tuple[str, float | str], ...] = ()
    """What the solver wants known: sizes, dropped columns, formulation chosen."""
