"""How a case of a suite is searched: a function of its own module, since the case's process is handed it by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from placement.bench.case import Case, Refused
from placement.program import Program, Solution
from solvers import load
from solvers.solver import Limits, TooLarge


def search(program: Program, case: Case, on_progress: Callable[[Any], None]) -> Solution:
    """See ``placement.bench.case.Search``."""
    stated = case.limits
    limits = Limits(
        time_limit_s=stated.time_limit_s,
        work_limit=stated.work_limit,
        gap=stated.gap,
        workers=stated.workers,
        seed=case.seed,
        deterministic=stated.deterministic,
    )
    try:
        return load(case.solver)(program, limits=limits, on_progress=on_progress)
    except TooLarge as error:
        raise Refused(str(error)) from error
