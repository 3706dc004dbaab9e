"""One level's search, and the walk through the levels that every backend shares.

A backend is a function that works on a ``Search``: it offers plans, raises the bound, and returns when the search is closed or
time is up. The walk minimises level after level, each subject to what the levels before reached.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from placement.program import Floats, Ints, LevelResult, Limit, Program, Solution, Status
from solvers.columns import Columns, Stopped, expand
from solvers.filtering import surviving
from solvers.linear import Linear
from solvers.solver import Clock, Limits, OnProgress, Progress, Start

PROVEN = 1e-9
"""A gap at or below this counts as none."""

SECONDS_BETWEEN_EVENTS = 0.5

CAP_SLACK = 5e-10
"""A level may end above the value it reached by this times max(1, |value|) when later levels are minimised: less than ``PROVEN``,
so that a level of which later ones use all of this still counts as closed."""


CEILING_SLACK = 1e-7
"""A plan is taken only if it exceeds what an earlier level reached by at most this times max(1, |value|)."""


@dataclass
class Search:
    """The state of one level: best plan, bound, and why it ended. ``share`` is the part of the time left that it may use."""

    model: Linear
    clock: Clock
    level: str
    solver: str
    deadline: float
    report: OnProgress | None = None
    family: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Which columns belong together, [C]: their group, or one number for all that are free."""
    families: int = 0
    hint: Floats | None = None
    later: tuple[Floats, float] | None = None
    """Cost [C] and constant of the next level that costs anything, if there is one."""
    x: Floats | None = None
    value: float = math.inf
    bound: float = -math.inf
    infeasible: bool = False
    limit: Limit | None = None
    prices: Floats | None = None
    facts: dict[str, float | str] = field(default_factory=dict)
    ceilings: Sequence[tuple[Floats, float]] = ()
    """(cost, most) of the levels before, in their own units: a row of the model is only as exact as its largest coefficient."""
    _last_event: float = -math.inf
    _last_state: tuple[float, float] = (math.inf, -math.inf)

    @property
    def limits(self) -> Limits:
        return self.clock.limits

    @property
    def gap(self) -> float:
        if self.x is None or not math.isfinite(self.bound):
            return math.inf
        return max(0.0, self.value - self.bound) / max(1.0, abs(self.value))

    @property
    def closed(self) -> bool:
        return self.gap <= max(self.limits.gap, PROVEN) or self.infeasible

    @property
    def left(self) -> float:
        """What this level may still use, in units of the clock's ``now``."""
        return min(self.deadline - self.clock.now, self.clock.left)

    @property
    def over(self) -> bool:
        return self.left <= 0 or self.clock.over

    @property
    def absolute_gap(self) -> float:
        """The difference of value and bound at which this level is closed, at the best value so far."""
        return self.limits.gap * max(1.0, abs(self.value) if math.isfinite(self.value) else 1.0)

    def offer(self, x: Floats, phase: str = "") -> bool:
        """Takes x, its integers rounded, if it is feasible and better; says whether it is feasible."""
        x = np.where(self.model.whole, np.round(x), x)
        x = np.clip(x, self.model.lower, self.model.upper)
        if not self.model.feasible(x) or any(cost @ x > most for cost, most in self.ceilings):
            return False
        value = self.model.objective(x)
        if value < self.value:
            self.x, self.value = x, value
            self.tell(phase)
        return True

    def raise_bound(self, bound: float | None, phase: str = "") -> None:
        if bound is not None and math.isfinite(bound) and bound > self.bound:
            self.bound = bound
            self.tell(phase)

    def tell(self, phase: str) -> None:
        """Reports progress, only news; not too often, but at once after the first plan or where every run is to tell the same."""
        if self.report is None or (self.value, self.bound) == self._last_state:
            return
        now = time.monotonic()
        first = math.isinf(self._last_state[0]) and self.x is not None
        if not first and not self.limits.deterministic and now - self._last_event < SECONDS_BETWEEN_EVENTS:
            return
        self._last_event, self._last_state = now, (self.value, self.bound)
        finite = math.isfinite(self.gap)
        self.report(
            Progress(
                seconds=self.clock.seconds,
                level=self.level,
                incumbent=self.value if self.x is not None else None,
                bound=self.bound if math.isfinite(self.bound) else None,
                gap=self.gap if finite else None,
                solver=self.solver,
                phase=phase,
                work=self.clock.work,
            )
        )


SolveLevel = Callable[[Search], None]


def by_levels(
    program: Program,
    solve_level: SolveLevel,
    *,
    name: str,
    limits: Limits,
    start: Start | None,
    on_progress: OnProgress | None,
    clock: Clock | None = None,
) -> Solution:
    """Minimises every level of ``program`` in turn with ``solve_level``."""
    clock = clock or Clock(limits)
    try:
        columns = expand(program, by_class=True, stopped=lambda: clock.over)
    except Stopped:
        return _nothing(program, clock, name, Status.NO_PLAN, clock.reason)
    program = columns.program
    facts: dict[str, float | str] = {
        "columns": float(len(columns)),
        "rows": float(len(columns.row_lower)),
        "entries": float(len(columns.value)),
        "columns_misfit": float(columns.dropped),
    }
    if columns.classes.alike:
        facts["groups_alike"] = float((columns.classes.times == 0).sum())
    model = columns.linear(0)
    if not len(columns) and not model.feasible(model.lower):
        return _nothing(program, clock, name, Status.INFEASIBLE, None, facts)
    hint = columns.vector(start) if start is not None else None
    x = _given(program, columns, start)
    bounds: list[float | None] = []
    limit: Limit | None = None
    prices: Floats | None = None
    ceilings: list[tuple[Floats, float]] = []
    for k, level in enumerate(program.levels):
        model = replace(model, cost=columns.costs[:, k], constant=float(columns.constants[k]))
        last = k == len(program.levels) - 1 or not columns.costs[:, k + 1 :].any()
        later = None if last else columns.costs[:, k + 1 :].any(axis=0).argmax() + k + 1
        kept = np.ones(len(columns), dtype=np.bool_)
        if x is not None and start is not None and start.prices is not None:
            kept = surviving(columns, model, x, np.asarray(start.prices, dtype=np.float64))
            choosable = columns.whole & (program.options.group[columns.option] >= 0)
            facts |= {"columns_considered": float(choosable.sum()), "columns_dropped": float((~kept).sum())}
        search = Search(
            model=model if kept.all() else model.take(kept),
            clock=clock,
            level=level,
            solver=name,
            deadline=clock.now + clock.left * (1.0 if last else 0.5),
            report=on_progress,
            family=program.options.group[columns.option[kept]],
            families=len(program.groups),
            hint=None if hint is None else hint[kept],
            later=None if later is None else (columns.costs[kept, later], float(columns.constants[later])),
            ceilings=tuple((cost[kept], most) for cost, most in ceilings),
        )
        _settle(search, None if x is None else x[kept])
        if not search.closed and not (search.over and search.x is not None):
            solve_level(search)
        facts.update(search.facts)
        if search.infeasible and k == 0:
            return _nothing(program, clock, name, Status.INFEASIBLE, None, facts)
        if search.x is None:
            return _nothing(program, clock, name, Status.NO_PLAN, search.limit or clock.reason, facts)
        limit = limit or (None if search.closed else search.limit or (clock.reason if search.over else None))
        prices = search.prices if search.prices is not None else prices
        x = np.zeros(len(columns))
        x[kept] = search.x
        hint = x
        bounds.append(search.bound if math.isfinite(search.bound) else None)
        model = capped(model, search.value, x)
        cost = columns.costs[:, k]
        ceilings.append((cost, float(cost @ x) + CEILING_SLACK * max(1.0, abs(search.value))))
    return _solution(columns, x, start, bounds, limit, clock, name, prices, facts)


def trivial_bound(model: Linear) -> float:
    """What x would cost if only its own bounds mattered."""
    return model.constant + float(np.minimum(model.cost * model.lower, model.cost * model.upper).sum())


def _settle(search: Search, x: Floats | None) -> None:
    """Begins a level with what is known for free: the plan so far, and the bound of the columns' own limits."""
    search.raise_bound(trivial_bound(search.model))
    if x is not None:
        search.x, search.value = x, search.model.objective(x)
    elif search.hint is None or not search.offer(search.hint, "start"):
        search.offer(idle(search.model), "start")


def idle(model: Linear) -> Floats:
    """What is left to do when nothing that uses a shared row runs: each equality row is met by columns of its own, cheapest first.

    This is shedding all demand and dropping every promise, without a search; feasible unless something must be or is bounded.
    """
    x = model.lower.copy()
    entries = np.diff(model.offset)
    own = np.flatnonzero((entries == 1) & (model.upper > model.lower))
    first = model.offset[own]
    row, value = model.row[first].astype(np.int64), model.value[first]
    useful = (value > 0) & (model.row_lower[row] > 0)
    own, row, value = own[useful], row[useful], value[useful]
    order = np.lexsort((model.cost[own] / value, row))
    own, row, value = own[order], row[order], value[order]
    need = (model.row_lower - model.activity(x))[row]
    room = value * (model.upper[own] - model.lower[own])
    before = np.cumsum(room) - room
    new = np.concatenate([[True], row[1:] != row[:-1]]) if len(row) else np.empty(0, dtype=np.bool_)
    before -= np.repeat(before[new], np.diff(np.append(np.flatnonzero(new), len(row))))
    x[own] += np.clip(need - before, 0.0, room) / value
    return x


def _given(program: Program, columns: Columns, start: Start | None) -> Floats | None:
    """The start as x if it is a feasible plan."""
    if start is None:
        return None
    x = columns.vector(start)
    x = np.where(columns.whole, np.round(x), x)
    return x if not program.infeasibility(*columns.choice(x)) else None


def capped(model: Linear, value: float, x: Floats | None) -> Linear:
    """The model with its cost held at ``value`` or below, ``x`` being a plan that has it.

    Where ``value`` is what the columns' own limits allow, those limits hold it exactly; a row would leave its tolerance. So do they
    for columns too dear for it: beside a promise of 1e11 USD, a row would not see a floor worth 8 USD.
    """
    if not model.cost.any():
        return model
    if value <= trivial_bound(model) + CAP_SLACK * max(1.0, abs(value)):
        lower = np.where(model.cost < 0, model.upper, model.lower)
        upper = np.where(model.cost > 0, model.lower, model.upper)
        if x is not None:  # what x has beyond, by rounding, stays allowed
            lower, upper = np.minimum(lower, np.maximum(x, model.lower)), np.maximum(upper, np.minimum(x, model.upper))
        return model.with_bounds(lower, upper)
    most = value + CAP_SLACK * max(1.0, abs(value))
    model = model.within(most)
    if x is not None:
        model = model.with_bounds(np.minimum(model.lower, x), np.maximum(model.upper, x))
    free = model.lower < model.upper
    fixed = float((model.cost * model.lower)[~free].sum())
    return model.with_row(np.where(free, model.cost, 0.0), most - model.constant - fixed)


def _nothing(
    program: Program,
    clock: Clock,
    name: str,
    status: Status,
    limit: Limit | None,
    facts: dict[str, float | str] | None = None,
) -> Solution:
    levels = tuple(LevelResult(level, None, None) for level in program.levels)
    return Solution(status, limit, None, None, None, levels, clock.seconds, name, None, clock.work, tuple((facts or {}).items()))


def _solution(
    columns: Columns,
    x: Floats | None,
    start: Start | None,
    bounds: list[float | None],
    limit: Limit | None,
    clock: Clock,
    name: str,
    prices: Floats | None,
    facts: dict[str, float | str],
) -> Solution:
    """The answer, evaluated once more by the Program itself; a plan that it rejects is not returned."""
    program = columns.program
    choice = columns.choice(x if x is not None else np.zeros(len(columns)), start)
    broken = program.infeasibility(*choice)
    if broken:
        facts["rejected"] = broken[0]
        return _nothing(program, clock, name, Status.NO_PLAN, limit, facts)
    values = program.objective(*choice).sum(axis=1)
    levels = tuple(
        LevelResult(level, float(v), None if b is None else min(b, float(v)))
        for level, v, b in zip(program.levels, values, bounds, strict=True)
    )
    gaps = [math.inf if level.gap is None else level.gap for level in levels]
    optimal = all(gap <= max(clock.limits.gap, PROVEN) for gap in gaps)
    if optimal:
        limit = Limit.GAP if max(gaps, default=0.0) > PROVEN else None
    return Solution(
        status=Status.OPTIMAL if optimal else Status.FEASIBLE,
        limit=limit,
        option=choice[0],
        start=choice[1],
        value=choice[2],
        levels=levels,
        seconds=clock.seconds,
        solver=name,
        prices=columns.slot_prices(prices) if prices is not None else None,
        work=clock.work,
        facts=tuple(facts.items()),
    )
