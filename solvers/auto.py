"""AUTO: HiGHS, the fastest at every size measured so far; CP-SAT where it came to nothing, as after running out of memory."""

from __future__ import annotations

import time
from dataclasses import replace

from placement.program import Program, Solution, Status
from solvers.solver import Limits, OnProgress, Start

LEAST_SECONDS = 1.0
"""A second solver is not begun with less time than this."""


def solve(program: Program, *, limits: Limits, start: Start | None = None, on_progress: OnProgress | None = None) -> Solution:
    """See ``solvers.solver.Solver``; ``facts`` name the solver ``chosen``."""
    from solvers import cpsat, highs

    began = time.monotonic()
    answer = highs.solve(program, limits=limits, start=start, on_progress=on_progress)
    spent = time.monotonic() - began
    interrupted = limits.interrupt is not None and limits.interrupt.is_set()
    left = None if limits.time_limit_s is None else limits.time_limit_s - spent
    if answer.status is Status.NO_PLAN and not interrupted and (left is None or left > LEAST_SECONDS):
        second = cpsat.solve(program, limits=replace(limits, time_limit_s=left), start=start, on_progress=on_progress)
        answer = replace(second, seconds=second.seconds + spent)
    return replace(answer, facts=(*answer.facts, ("chosen", answer.solver)), solver="auto")
