"""What every solver is handed and hands back: limits, a start, progress, and the protocol that it follows."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from placement.program import Floats, Ints, Limit, Program, Solution


@dataclass(frozen=True)
class Limits:
    """When to stop and how hard to try.

    ``gap`` is a fraction: a level is closed when (value - bound) / max(1, |value|) is at most this. ``work_limit`` counts the
    solver's own deterministic units and is what ends a ``deterministic`` solve (one worker); ``time_limit_s`` is then a
    safety net. Setting ``interrupt`` ends a solve early with the best plan so far.
    """

    time_limit_s: float | None = None
    work_limit: float | None = None
    gap: float = 1e-4
    workers: int = 2
    seed: int = 0
    deterministic: bool = False
    interrupt: threading.Event | None = None

    def __post_init__(self) -> None:
        for name in ("time_limit_s", "work_limit"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"{name} must be above 0, not {value}")
        if not (self.gap >= 0 and math.isfinite(self.gap)):
            raise ValueError(f"gap is a fraction of at least 0, not {self.gap}")
        if self.workers < 1:
            raise ValueError(f"workers must be at least 1, not {self.workers}")


@dataclass(frozen=True)
class Start:
    """Columns (``option``, ``start``, ``value``, all [n]) of a plan to begin from; it need not be complete or feasible.

    ``prices`` [slots], per unit of each slot's limit, are those of an earlier solve or of the prices solver; any are valid.
    """

    option: Ints
    start: Ints
    value: Floats
    prices: Floats | None = None


@dataclass(frozen=True)
class Progress:
    """One event of a running solve; ``incumbent`` and ``bound`` are costs of the level, constants included.

    ``work`` is the deterministic work spent until then, over all levels, in the unit of ``Limits.work_limit``.
    """

    seconds: float
    level: str
    incumbent: float | None
    bound: float | None
    gap: float | None
    solver: str
    phase: str
    work: float | None = None


OnProgress = Callable[[Progress], None]


class Solver(Protocol):
    """Finds a plan for a Program and proves how good it is."""

    def __call__(
        self, program: Program, *, limits: Limits, start: Start | None = None, on_progress: OnProgress | None = None
    ) -> Solution: ...


class TooLarge(ValueError):
    """The Program is beyond what this solver handles; the message says what and how much."""


@dataclass(frozen=True)
class Clock:
    """Time since the solve began, what is left of it, and whether someone asked to stop."""

    limits: Limits
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def left(self) -> float:
        """Seconds left, infinite without a limit."""
        return math.inf if self.limits.time_limit_s is None else self.limits.time_limit_s - self.seconds

    @property
    def interrupted(self) -> bool:
        return self.limits.interrupt is not None and self.limits.interrupt.is_set()

    @property
    def over(self) -> bool:
        return self.left <= 0 or self.interrupted

    @property
    def reason(self) -> Limit:
        """Which limit stops a solve that did not end by itself."""
        return Limit.INTERRUPT if self.interrupted else Limit.TIME
