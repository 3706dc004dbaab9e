"""Instances on which a presolve of CP-SAT lost the best plan: its bound stays below what HiGHS finds."""

from __future__ import annotations

from pathlib import Path

import pytest

import solvers
from placement.files import load
from placement.formulate import formulate
from solvers.solver import Limits


@pytest.mark.parametrize("path", sorted((Path(__file__).parent / "data").glob("presolve-*.json")), ids=lambda path: path.stem)
def test_no_bound_of_cpsat_lies_above_a_plan(path: Path) -> None:
    program = formulate(load(path)).program
    limits = Limits(time_limit_s=10, gap=1e-6, workers=1)
    plan, bounds = (solvers.load(name)(program, limits=limits).levels for name in ("highs", "cpsat"))
    for found, proven in zip(plan, bounds, strict=True):
        assert found.value is not None and proven.bound is not None
        assert proven.bound <= found.value + 1e-6 * max(1.0, abs(found.value))
