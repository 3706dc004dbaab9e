"""AUTO: exact solvers where choices are few, the price solver where they are many; another one where the first came to nothing.

HiGHS proved every small size measured so far fastest. With tens of thousands of ways to start a gang branch and bound gets nowhere:
there the price solver ends far nearer to its bound at equal time; it goes on to branch and cut by itself, in the time that is
left, over the columns that its prices have not excluded.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement.program import Ints, Program, Solution, Status
from solvers.columns import MOST_COLUMNS
from solvers.solver import Clock, Limits, OnProgress, Start, TooLarge

LEAST = 1.0
"""A second solver is not begun with less left than this, in seconds or work."""

MANY_CHOICES = 20_000
"""Columns of whole running options from which prices go first."""


def choices(program: Program) -> int:
    """Ways to start an option that runs: what branch and bound has to decide."""
    return int(_columns(program)[program.options.running & program.options.whole].sum())


def _columns(program: Program) -> Ints:
    """Columns of each option, those of all copies together, [O]."""
    options = program.options
    return np.asarray(np.maximum(options.last - options.first + 1, 0) * options.copies.astype(np.int64))


def solve(
    program: Program, *, limits: Limits, start: Start | None = None, on_progress: OnProgress | None = None,
    clock: Clock | None = None,
) -> Solution:  # fmt: skip
    """See ``solvers.solver.Solver``; ``facts`` name the solver ``chosen``. Work is that of all solvers together."""
    from solvers import load

    clock = clock or Clock(limits)
    order: tuple[str, ...] = ("prices", "highs") if choices(program) >= MANY_CHOICES else ("highs", "cpsat")
    if _columns(program).sum() > MOST_COLUMNS:  # whatever they are columns of, the others would refuse them
        order = ("prices",)
    answer: Solution | None = None
    for name in order:
        if answer is not None and (answer.status is not Status.NO_PLAN or clock.over or clock.left < LEAST):
            break
        try:
            answer = load(name)(program, limits=limits, start=start, on_progress=on_progress, clock=clock)
        except TooLarge:
            if answer is None:
                raise
    assert answer is not None
    return replace(answer, facts=(*answer.facts, ("chosen", answer.solver)), solver="auto")
