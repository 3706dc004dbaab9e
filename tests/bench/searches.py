"""Searches that misbehave on purpose; they live in a module because the processes of cases import them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from placement.bench.case import Case, CaseLimits, Refused
from placement.bench.results import RESULT_FORMAT, Document, SuiteName
from placement.cli.searching import search
from placement.program import Program, Solution

TINY = Path(__file__).resolve().parents[2] / "instances" / "tiny"
OnProgress = Callable[[Any], None]


def case(name: str = "power", solver: str = "highs", **limits: Any) -> Case:
    """A case of a tiny instance."""
    stated = CaseLimits(**{"gap": 0.0, "work_limit": 20.0, "safety_s": 60.0} | limits)
    return Case(f"{name}/{solver}/0", f"{name}.yaml", TINY / f"{name}.yaml", None, solver, 0, stated)


def document(*rows: Any, **changes: Any) -> Document:
    """A result that holds rows."""
    made = Document(
        RESULT_FORMAT,
        SuiteName("made", "sha256:0"),
        "2026-03-02T00:00:00+00:00",
        True,
        {"python": "3"},
        {"cpu": "x"},
        None,
        tuple(rows),
    )
    return replace(made, **changes)


def raises(program: Program, case: Case, on_progress: OnProgress) -> Solution:
    """Has a bug."""
    raise RuntimeError("a bug on purpose")


def dies(program: Program, case: Case, on_progress: OnProgress) -> Solution:
    """Is killed from outside, as a machine without memory does it."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def grows(program: Program, case: Case, on_progress: OnProgress) -> Solution:
    """Takes memory and keeps it."""
    held = np.ones(400 << 17)  # 400 MB
    time.sleep(60)
    return search(program, case, lambda event: on_progress(held))


def sleeps(program: Program, case: Case, on_progress: OnProgress) -> Solution:
    """Never ends."""
    time.sleep(600)
    return search(program, case, on_progress)


def refuses(program: Program, case: Case, on_progress: OnProgress) -> Solution:
    """Takes no Program."""
    raise Refused("17 columns; at most 0")


def breaks(program: Program, case: Case, on_progress: OnProgress) -> Solution:
    """Chooses everything there is, and claims that it costs nothing."""
    program = program.unfolded()
    option, start = program.columns()
    found = search(program, case, on_progress)
    return replace(found, option=option, start=start, value=program.upper(option, start))


def flatters(program: Program, case: Case, on_progress: OnProgress) -> Solution:
    """Has a good plan and says that it costs less."""
    found = search(program, case, on_progress)
    return replace(found, levels=tuple(replace(level, value=(level.value or 0.0) - 1.0) for level in found.levels))


def overclaims(program: Program, case: Case, on_progress: OnProgress) -> Solution:
    """Has a good plan and a bound above it."""
    found = search(program, case, on_progress)
    return replace(found, levels=tuple(replace(level, bound=(level.value or 0.0) + 1.0) for level in found.levels))


def fails_on_sla(program: Program, case: Case, on_progress: OnProgress) -> Solution:
    """Dies on one instance only."""
    return dies(program, case, on_progress) if case.name.startswith("sla/") else search(program, case, on_progress)


def sleeps_on_sla(program: Program, case: Case, on_progress: OnProgress) -> Solution:
    """Never ends on one instance."""
    return sleeps(program, case, on_progress) if case.name.startswith("sla/") else search(program, case, on_progress)
