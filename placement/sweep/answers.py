"""What the rows of a sweep say: effects, responses, pairs, Pareto fronts, regret, and where decisions flip.

Costs are values of the last level, by default net cost in USD; cases without a plan have none and are counted, never taken for
cheap.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from placement.sweep.case import Row
from placement.sweep.expand import word
from placement.sweep.store import Store

Setting = Any
BINS = 8
"""Settings of a sampled parameter are put together in so many parts of equal count."""


@dataclass(frozen=True)
class Axis:
    """A parameter: its settings in order, and a figure for each where they lie on an axis; sampled ones by parts of the range."""

    id: str
    unit: str | None
    decision: bool
    settings: tuple[Setting, ...]
    figures: tuple[float, ...] | None
    sampled: bool = False

    @property
    def title(self) -> str:
        return self.id if self.unit is None else f"{self.id}, {self.unit}"


@dataclass(frozen=True)
class Point:
    """A case with a plan: its settings (of sampled parameters the part of the range), its cost and its row."""

    at: dict[str, Setting]
    cost: float
    row: Row


@dataclass(frozen=True)
class Answers:
    """What is asked of. ``without``: cases that have ended without a plan."""

    name: str
    axes: tuple[Axis, ...]
    points: tuple[Point, ...]
    without: int
    waiting: int

    @property
    def cost(self) -> str:
        """What costs are, with their unit."""
        levels = {(next(reversed(point.row.outcome.levels), "net cost"), point.row.outcome.unit) for point in self.points}
        (name, unit), *others = levels or {("net cost", "USD")}
        return "objective" if others else f"{name.replace('_', ' ')}, {unit}"

    @property
    def decisions(self) -> tuple[Axis, ...]:
        return tuple(axis for axis in self.axes if axis.decision)

    def axis(self, name: str) -> Axis:
        """The parameter of that id. KeyError where there is none."""
        return next(axis for axis in self.axes if axis.id == name)


def answers(store: Store) -> Answers:
    """The rows of a store, ready to be asked."""
    rows = store.rows()
    axes, place = [], {}
    for parameter in store.parameters:
        axis, of = _axis(parameter, [row.settings[parameter["id"]] for row in rows])
        axes.append(axis)
        place[axis.id] = of
    points = [
        Point({name: of(row.settings[name]) for name, of in place.items()}, row.outcome.objective, row)
        for row in rows
        if row.outcome.objective is not None
    ]
    return Answers(store.manifest["name"], tuple(axes), tuple(points), len(rows) - len(points), len(store.cases) - len(rows))


def _axis(parameter: dict[str, Any], found: list[Setting]) -> tuple[Axis, Callable[[Setting], Setting]]:
    settings, figures = parameter["settings"], parameter["figures"]
    shared = parameter["id"], parameter["unit"], parameter["decision"]
    if figures is None:
        return Axis(*shared, tuple(settings), None), lambda setting: setting
    order = sorted(range(len(settings)), key=lambda n: figures[n])
    if len(settings) <= 2 * BINS or len(found) > 3 * len(settings):
        return Axis(*shared, tuple(settings[n] for n in order), tuple(figures[n] for n in order)), lambda setting: setting
    line = [figures[n] for n in order]
    parts = [line[len(line) * k // BINS : len(line) * (k + 1) // BINS] for k in range(BINS)]
    middles = tuple(float(f"{statistics.fmean(part):.4g}") for part in parts)
    part_of = {figure: middles[k] for k, part in enumerate(parts) for figure in part}
    return Axis(*shared, middles, middles, sampled=True), lambda setting: part_of[float(setting)]


@dataclass(frozen=True)
class Response:
    """Cost at each setting of a parameter, over all cases that have it: mean, least and most; None where none has a plan."""

    axis: Axis
    mean: tuple[float | None, ...]
    least: tuple[float | None, ...]
    most: tuple[float | None, ...]


def responses(asked: Answers) -> list[Response]:
    """One for each parameter."""
    found = []
    for axis in asked.axes:
        costs = [[point.cost for point in asked.points if point.at[axis.id] == setting] for setting in axis.settings]
        found.append(Response(
            axis, *(tuple(how(part) if part else None for part in costs) for how in (statistics.fmean, min, max))
        ))  # fmt: skip
    return found


@dataclass(frozen=True)
class Effect:
    """How far one parameter moves the cost: its cheapest and its dearest setting and their costs.

    ``alone``: all others at their first settings; else mean costs over all cases that have the setting.
    """

    axis: Axis
    cheapest: Setting
    dearest: Setting
    low: float
    high: float
    base: float | None
    alone: bool

    @property
    def swing(self) -> float:
        return self.high - self.low


def tornado(asked: Answers) -> list[Effect]:
    """Parameters by how far they move the cost, the most first."""
    by_settings = {tuple(point.at[axis.id] for axis in asked.axes): point.cost for point in asked.points}
    first = tuple(_first(asked, axis) for axis in asked.axes)
    base = by_settings.get(first)
    found = []
    for n, (axis, response) in enumerate(zip(asked.axes, responses(asked), strict=True)):
        alone = [by_settings.get((*first[:n], setting, *first[n + 1 :])) for setting in axis.settings]
        whole = base is not None and None not in alone and not axis.sampled
        costs = dict(zip(axis.settings, alone if whole else response.mean, strict=True))
        known = {setting: cost for setting, cost in costs.items() if cost is not None}
        if len(known) > 1:
            low, high = min(known, key=lambda one: known[one]), max(known, key=lambda one: known[one])
            found.append(Effect(axis, low, high, known[low], known[high], base if whole else None, whole))
    return sorted(found, key=lambda effect: -effect.swing)


def _first(asked: Answers, axis: Axis) -> Setting:
    """The setting of a parameter that the sweep states first: that of the first case."""
    for point in asked.points:
        if point.row.index == 0:
            return point.at[axis.id]
    return axis.settings[0]


def heat(asked: Answers, x: Axis, y: Axis) -> list[list[float | None]]:
    """Mean cost for each pair of settings, by y, then x; None where no case with a plan has them."""
    cells: dict[tuple[Setting, Setting], list[float]] = {}
    for point in asked.points:
        cells.setdefault((point.at[y.id], point.at[x.id]), []).append(point.cost)
    return [[statistics.fmean(cells[b, a]) if (b, a) in cells else None for a in x.settings] for b in y.settings]


def pareto(points: Sequence[tuple[float, float]]) -> list[int]:
    """Positions of the points that no other one beats: as low in both figures, and lower in one; in order of the first figure."""
    order = sorted(range(len(points)), key=lambda n: points[n])
    found: list[int] = []
    for n in order:
        if not found or points[n][1] < points[found[-1]][1]:
            found.append(n)
    return found


@dataclass(frozen=True)
class Choice:
    """One combination of what is ours to choose, and what it costs against the best choice of each future."""

    settings: tuple[Setting, ...]
    worst: float
    mean: float
    best_in: int
    cost: float
    """Mean, over the futures that are compared."""


@dataclass(frozen=True)
class Regret:
    """Choices by their worst regret, the least first: the robust one. ``futures`` have a plan for every choice."""

    axes: tuple[Axis, ...]
    choices: tuple[Choice, ...]
    futures: int
    left_out: int


def regret(asked: Answers) -> Regret | None:
    """What each choice may cost against knowing the future; None without decisions, or where no future has all choices."""
    ours = asked.decisions
    if not ours:
        return None
    costs: dict[tuple[Setting, ...], dict[tuple[Setting, ...], list[float]]] = {}
    for point in asked.points:
        future = tuple(point.at[axis.id] for axis in asked.axes if not axis.decision)
        choice = tuple(point.at[axis.id] for axis in ours)
        costs.setdefault(future, {}).setdefault(choice, []).append(point.cost)
    choices = list(dict.fromkeys(choice for one in costs.values() for choice in one))
    whole = {future: one for future, one in costs.items() if len(one) == len(choices)}
    if len(choices) < 2 or not whole:
        return None
    mean = [{choice: statistics.fmean(found) for choice, found in one.items()} for one in whole.values()]
    table = []
    for choice in choices:
        regrets = [one[choice] - min(one.values()) for one in mean]
        cost = statistics.fmean(one[choice] for one in mean)
        table.append(Choice(choice, max(regrets), statistics.fmean(regrets), regrets.count(0.0), cost))
    return Regret(ours, tuple(sorted(table, key=lambda one: (one.worst, one.mean))), len(whole), len(costs) - len(whole))


@dataclass(frozen=True)
class Flip:
    """Two cases that differ in one parameter by one step, and in the decision."""

    axis: Axis
    before: Setting
    after: Setting
    others: dict[str, Setting]
    decided_before: str
    decided_after: str


def flips(asked: Answers) -> list[Flip]:
    """Where decisions flip along parameters that lie on an axis: the best choice, or what is signed where none is a choice."""
    ours = [axis.id for axis in asked.decisions]
    found: list[Flip] = []
    for axis in asked.axes:
        if axis.decision or axis.figures is None or axis.sampled:
            continue
        others = [one.id for one in asked.axes if one.id != axis.id and not one.decision]
        lines: dict[tuple[Setting, ...], dict[Setting, list[Point]]] = {}
        for point in asked.points:
            lines.setdefault(tuple(point.at[name] for name in others), {}).setdefault(point.at[axis.id], []).append(point)
        for at, line in lines.items():
            decided = [(setting, decision(line[setting], ours)) for setting in axis.settings if setting in line]
            for (a, before), (b, after) in itertools.pairwise(decided):
                if before != after:
                    found.append(Flip(axis, a, b, dict(zip(others, at, strict=True)), before, after))
    return found


def decision(points: Iterable[Point], ours: Sequence[str]) -> str:
    """What is decided in words, at the least cost."""
    best = min(points, key=lambda point: point.cost)
    if ours:
        return " ".join(f"{name}={word(best.at[name])}" for name in ours)
    signed = [name for name, yes in best.row.outcome.signed.items() if yes]
    return f"signs {', '.join(signed)}" if signed else "signs nothing"
