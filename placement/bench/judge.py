"""What an answer of a solver is worth, by the laws themselves or, where there is no instance, by its Program."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from placement.check import Check, check
from placement.formulate import Formulation
from placement.program import Floats, Ints, LevelResult, Program

VALUE_TOLERANCE = 1e-6
"""A value may lie below its bound by this times max(1, |value|); more is an error of whoever claims the bound. A level with a
gap up to this is closed: backends state bounds in scaled floats, and keep rows no more exactly."""


class Answered(Protocol):
    """Columns of a Program, None where there is no plan, and what is claimed of each level."""

    @property
    def option(self) -> Ints | None: ...
    @property
    def start(self) -> Ints | None: ...
    @property
    def value(self) -> Floats | None: ...
    @property
    def levels(self) -> tuple[LevelResult, ...]: ...


@dataclass(frozen=True)
class Judgement:
    """``levels`` with the values that the plan really has; ``violations`` counts laws or rows broken, None without a plan.

    ``complaint`` says what is wrong in words. ``checked`` only where there is an instance and a plan.
    """

    levels: tuple[LevelResult, ...]
    violations: int | None = None
    complaint: str | None = None
    checked: Check | None = None

    @property
    def open_level(self) -> LevelResult:
        """The first level that is not closed; the last one when all are, or where nothing is proven of any."""
        if all(level.bound is None for level in self.levels):
            return self.levels[-1]
        return next((level for level in self.levels if level.gap is None or level.gap > VALUE_TOLERANCE), self.levels[-1])


def judge(formulation: Formulation | None, program: Program, answer: Answered) -> Judgement:
    """Judges an answer; ``formulation`` is None where a Program has nothing behind it."""
    bounds = {level.name: finite(level.bound) for level in answer.levels}
    if answer.option is None or answer.start is None or answer.value is None:
        return Judgement(tuple(LevelResult(name, None, bounds.get(name)) for name in program.levels))
    checked = None
    if formulation is not None:
        plan = formulation.decode(answer.option, answer.start, answer.value)
        checked = check(formulation.instance, plan)
        broken: Sequence[str] = [violation.message for violation in checked.violations]
        values = [checked.levels[name] for name in program.levels]
    else:
        broken = program.infeasibility(answer.option, answer.start, answer.value)
        values = [float(cost) for cost in program.objective(answer.option, answer.start, answer.value).sum(axis=1)]
    levels = tuple(LevelResult(name, value, bounds.get(name)) for name, value in zip(program.levels, values, strict=True))
    complaint = f"breaks {len(broken)}, first: {broken[0]}" if broken else _false_bound(levels)
    return Judgement(levels, len(broken), complaint, checked)


def _false_bound(levels: Iterable[LevelResult]) -> str | None:
    for level in levels:
        if level.value is None or level.bound is None:
            continue
        if level.bound - level.value > VALUE_TOLERANCE * max(1.0, abs(level.value)):
            return f"claims the bound {level.bound!r} above its own plan's {level.value!r} for {level.name}"
    return None


def finite(value: float | None) -> float | None:
    """A number, or None for what is none: solvers say infinity where they know nothing."""
    return None if value is None or not math.isfinite(value) else float(value)
