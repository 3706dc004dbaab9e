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

    ``gap`` is a fraction: a level is closed when (value - bound) / max(1, |value|) is at most this. ``work_limit`` counts what the
    solver does (iterations, nodes, moves, passes), which is the same on every run, in units of about what one core of an ordinary
    machine does in a second. It is what ends a ``deterministic`` solve (one worker), a little late where the solver cannot stop
    at once; ``time_limit_s`` is then a safety net, and a solve that it ends need not repeat. Setting ``interrupt`` ends a solve
    early with the best plan so far.
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

    @property
    def cores(self) -> int:
        """How many a solve may keep busy."""
        return 1 if self.deterministic else self.workers


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
    """Finds a plan for a Program and proves how good it is. ``clock``: that of the solve of which this one is a part."""

    def __call__(
        self, program: Program, *, limits: Limits, start: Start | None = None, on_progress: OnProgress | None = None,
        clock: Clock | None = None,
    ) -> Solution: ...  # fmt: skip


LEAST_SECONDS, LEAST_WORK = 0.01, 1.0
"""A backend is given at least so long; and so much work where it completes a plan."""


class TooLarge(ValueError):
    """The Program is beyond what this solver handles; the message says what and how much."""


Spend = Callable[[float], None]
"""Hears of work as it is done."""


def uncounted(work: float) -> None:
    pass


@dataclass(frozen=True)
class Allowance:
    """What one run of a backend may use; it ends with whichever is used up first."""

    seconds: float = math.inf
    work: float = math.inf


ENDLESS = Allowance()


@dataclass
class Clock:
    """Time and work since the solve began, what is left of them, and whether someone asked to stop.

    ``now`` and ``left`` are what phases share out among themselves: seconds, but work where the solve is deterministic, so that
    the same phases end at the same points of every run.
    """

    limits: Limits
    began: float = field(default_factory=time.monotonic)
    work: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self, work: float) -> None:
        """Counts work; from any thread."""
        with self._lock:
            self.work += work

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def seconds_left(self) -> float:
        """Infinite without a limit."""
        return math.inf if self.limits.time_limit_s is None else self.limits.time_limit_s - self.seconds

    @property
    def work_left(self) -> float:
        """Infinite without a limit."""
        return math.inf if self.limits.work_limit is None else self.limits.work_limit - self.work

    @property
    def least(self) -> float:
        """What is given to completing a plan that was found, even where nothing is left."""
        return LEAST_WORK if self.limits.deterministic else LEAST_SECONDS

    @property
    def now(self) -> float:
        return self.work if self.limits.deterministic else self.seconds

    @property
    def left(self) -> float:
        """How far ``now`` may still go; in a deterministic solve 0 once the safety net of seconds is reached."""
        if not self.limits.deterministic:
            return self.seconds_left
        return self.work_left if self.seconds_left > 0 else min(self.work_left, 0.0)

    def allow(self, amount: float) -> Allowance:
        """What a backend may use that is given ``amount`` of what is left."""
        if not self.limits.deterministic:
            return Allowance(max(amount, LEAST_SECONDS), self.work_left)
        return Allowance(max(self.seconds_left, LEAST_SECONDS), max(amount, 0.0))

    @property
    def interrupted(self) -> bool:
        return self.limits.interrupt is not None and self.limits.interrupt.is_set()

    @property
    def over(self) -> bool:
        return self.seconds_left <= 0 or self.work_left <= 0 or self.interrupted

    @property
    def reason(self) -> Limit:
        """Which limit stops a solve that did not end by itself."""
        if self.interrupted:
            return Limit.INTERRUPT
        if self.work_left <= 0 or (self.limits.deterministic and self.seconds_left > 0):
            return Limit.WORK
        return Limit.TIME
