"""Rebalancer (Meta's assignment solver) on Programs of one period that are assignments.

The package needs Python 3.12: name such an interpreter that has it with PLACEMENT_REBALANCER_PYTHON. Local search with single moves
and swaps gets the whole time; where there are few pairs it gets a part, and the rest goes to the package's integer program, solved
by HiGHS from the plan found. Not being placed is a container of its own: free of charge, or dearer than anything for objects that
must be placed. The package reports no bound and no progress.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.peers import Answer
from benchmarks.peers.assignment import read
from benchmarks.peers.external import call, missing
from placement.program import LevelResult, Program, Status
from solvers.solver import OnProgress

if TYPE_CHECKING:
    from benchmarks.cases import Problem

VARIABLE = "PLACEMENT_REBALANCER_PYTHON"
MOST_PAIRS = 2_000_000
"""The package wants costs as a list of named pairs: some 500 bytes each."""


def available() -> str | None:
    return missing("rebalancer", VARIABLE)


def solve(problem: Problem, program: Program, time_limit_s: float, workers: int, on_progress: OnProgress) -> Answer:
    """See ``benchmarks.peers.Peer``. The package takes no number of workers; it is kept to them by the cores it may use."""
    pairs = read(program, MOST_PAIRS)
    task = {
        "objects": pairs.objects, "must": pairs.must.tolist(), "object": pairs.object.tolist(), "cost": pairs.cost.tolist(),
        "container": pairs.container.tolist(), "amount": pairs.amount.T.tolist(), "slot": pairs.slot.T.tolist(),
        "limit": pairs.limit.tolist(), "workers": workers,
    }  # fmt: skip
    chosen = np.array(call("assign_with_rebalancer", VARIABLE, task, time_limit_s)["pairs"], dtype=np.int64)
    levels = tuple(LevelResult(name, None, None) for name in program.levels)
    return Answer(str(Status.FEASIBLE), pairs.option[chosen], pairs.start[chosen], np.ones(len(chosen)), levels)
