"""What a solve has in hand: the best plan as columns, the best draft, and what is proven of each level."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field

import numpy as np

from placement.program import Floats, Ints, Program
from solvers.prices.plan import Draft
from solvers.solver import Allowance, Clock, OnProgress, Progress, Start

SAME = 1e-9
"""Values of a level this close, relatively, count as equal."""

Choice = tuple[Ints, Ints, Floats]
"""Options, starts and values of the columns used."""


def before(a: Floats, b: Floats) -> bool:
    """Whether values by level ``a`` are better than ``b``: less at the first level at which they differ."""
    for x, y in zip(a, b, strict=True):
        if abs(x - y) > SAME * max(1.0, abs(x), abs(y)):
            return bool(x < y)
    return False


@dataclass
class Run:
    """One solve. ``weight`` [levels] is what the search minimises; bounds that it raises are of that cost."""

    program: Program
    clock: Clock
    on_progress: OnProgress | None
    weight: Floats
    bounds: list[float | None]
    least: Floats | None = None
    """What all levels before the one searched must cost, where the bound is of plans that cost just that; None: of all plans."""
    start: Start | None = None
    choice: Choice | None = None
    values: Floats | None = None
    proven: float = -math.inf
    """Bound on the weighted cost of all plans."""
    draft: Draft | None = None
    """The best plan of the search, its divisible part at its best, counts fractional."""
    found: Draft | None = None
    """The best plan that proving came across."""
    guide: tuple[Floats, float] | None = None
    """Prices [rows] that the plan goes by, and what they prove. Smooth ones: those of an LP's vertex, though the bound is
    better, lead annealing far worse, because they leave no group that may run here or there a reason to."""
    standing: Draft | None = None
    """What an earlier plan chose and is still offered, where the draft came from it: the new plan is to stay near."""
    done: bool = False
    spare_workers: int = 0
    """Workers that proving no longer needs."""
    prices: Floats | None = None
    """By slot."""
    answer: float = 0.0
    """Seconds or work that it takes to fill, round and check a draft."""
    facts: dict[str, float | str] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def level(self) -> int:
        """The level searched: the last one that weighs anything."""
        return int(np.flatnonzero(self.weight)[-1])

    @property
    def gap(self) -> float:
        """Of the level searched; infinite without a plan or a bound."""
        with self._lock:
            known, values = self.bounds[self.level], self.values
        if values is None or known is None:
            return math.inf
        value = float(values[self.level])
        return max(0.0, value - known) / max(1.0, abs(value))

    @property
    def strayed(self) -> bool:
        """Whether the best plan costs more than ``least`` at earlier levels, so that the bound is not for it."""
        return self.least is not None and self.values is not None and before(self.least, self.values[: len(self.least)])

    @property
    def closed(self) -> bool:
        return self.gap <= self.clock.limits.gap

    @property
    def spare(self) -> float:
        """Seconds or work to keep for the answer."""
        limits = self.clock.limits
        limit = limits.work_limit if limits.deterministic else limits.time_limit_s
        return 0.0 if limit is None else max(0.02 * limit, 1.5 * self.answer)

    @property
    def left(self) -> float:
        """What is left for searching, in units of the clock's ``now``, infinite without a limit."""
        return self.clock.left - self.spare

    @property
    def for_answer(self) -> Allowance:
        """What making an answer of a draft may take: something even where nothing is left."""
        return self.clock.allow(max(self.left, 1.0))

    def offer(self, choice: Choice, phase: str) -> bool:
        """Takes a plan that is feasible and better."""
        values = self.program.objective(*choice).sum(axis=1)
        if self.values is not None and not before(values, self.values):
            return False
        if self.program.infeasibility(*choice):
            return False
        with self._lock:
            self.choice, self.values = choice, values
            self.refresh()
        self.tell(phase)
        return True

    def offer_start(self, start: Start) -> None:
        """Takes the plan to start from, if it is one."""
        option, begin = np.asarray(start.option, dtype=np.int64), np.asarray(start.start, dtype=np.int64)
        value = np.asarray(start.value, dtype=np.float64)
        options = self.program.options
        known = (option >= 0) & (option < self.program.first_copy[-1])
        row, _ = self.program.split(option[known])
        known[known] = (begin[known] >= options.first[row]) & (begin[known] <= options.last[row])
        if known.all():
            self.offer((option, begin, value), "start")

    def raise_bound(self, value: float, phase: str = "prices") -> None:
        """``value``: a bound on the weighted cost of all plans."""
        if math.isfinite(value) and value > self.proven:
            self.proven = value
            self.refresh()
            self.tell(phase)

    def free_worker(self, _: object) -> None:
        """Called when proving has ended: its worker may improve the plan."""
        self.spare_workers += 1

    def refresh(self) -> None:
        """The bound of the level searched: what is proven, less what earlier levels weigh at the plan's values.

        Plans and bounds come from threads of their own; a bound must not be left beside values that it is not for.
        """
        earlier = self.weight.copy()
        earlier[self.level] = 0.0
        with self._lock:
            values = self.values
            if self.strayed:
                self.bounds[self.level] = None
            elif math.isfinite(self.proven) and (values is not None or not earlier.any()):
                spent = float(earlier @ values) if values is not None else 0.0
                self.bounds[self.level] = (self.proven - spent) / float(self.weight[self.level])

    def tell(self, phase: str) -> None:
        if self.on_progress is None:
            return
        gap, k = self.gap, self.level
        event = Progress(
            seconds=self.clock.seconds,
            level=self.program.levels[k],
            incumbent=None if self.values is None else float(self.values[k]),
            bound=self.bounds[k],
            gap=gap if math.isfinite(gap) else None,
            solver="prices",
            phase=phase,
            work=self.clock.work,
        )
        with self._lock:
            self.on_progress(event)
