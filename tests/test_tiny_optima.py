"""Optima worked out by hand are reached and proven by every solver, and stand in the files as stated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from placement.check import check
from placement.files import load
from placement.formulate import formulate
from placement.program import Status
from solvers import SOLVERS
from solvers import load as solver
from solvers.solver import Limits

ROOT = Path("instances")
BEST: dict[str, Any] = json.loads((ROOT / "best.json").read_text())
TINY = sorted((ROOT / "tiny").glob("*.yaml"))
LAWS = (
    "batch", "changes",
    "assignment", "capacity", "maintenance", "interconnect", "wan", "power", "sla", "isolation", "contract", "reclaim",
    "resilience", "backups", "concentration", "budget", "limit", "closing", "admission", "credits",
    "swings", "order", "shifting", "objective", "fairness", "standing", "starting", "movement", "degrading", "churn", "quota",
    "training-share", "overrun",
)  # fmt: skip
PROVERS = sorted(set(SOLVERS) - {"enumerate", "prices"})
"""The oracle is for smaller Programs still; the price solver promises a bound, not a proof."""


def test_every_law_in_force_has_an_instance_that_it_binds() -> None:
    for law in LAWS:
        assert any(path.stem.startswith(law) for path in TINY), law


@pytest.mark.parametrize("name", PROVERS)
@pytest.mark.parametrize("path", TINY, ids=lambda path: path.stem)
def test_tiny_optimum_is_the_one_worked_out_by_hand(path: Path, name: str) -> None:
    instance = load(path)
    formulation = formulate(instance)
    solution = solver(name)(formulation.program, limits=Limits(time_limit_s=60, gap=0.0))
    assert solution.status is Status.OPTIMAL
    assert solution.option is not None and solution.start is not None and solution.value is not None
    judged = check(instance, formulation.decode(solution.option, solution.start, solution.value))
    assert judged.violations == ()
    for found, (level, best) in zip(solution.levels, BEST[f"tiny/{path.stem}"]["levels"].items(), strict=True):
        assert judged.levels[level] == pytest.approx(best["objective"], rel=1e-7, abs=1e-4), level
        assert found.bound == pytest.approx(best["objective"], rel=1e-6, abs=1e-3), level


@pytest.mark.parametrize("path", TINY, ids=lambda path: path.stem)
def test_the_hand_worked_optimum_stands_in_the_file(path: Path) -> None:
    """The comment at the top names the value that best.json holds."""
    comment = "".join(line for line in path.read_text().splitlines(keepends=True) if line.startswith("#"))
    value = list(BEST[f"tiny/{path.stem}"]["levels"].values())[-1]["objective"]
    assert f"{value:.10g}" in comment.replace(",", ""), value


@pytest.mark.parametrize("name", sorted(BEST))
def test_best_known_bounds_lie_below_the_values(name: str) -> None:
    for level in BEST[name]["levels"].values():
        assert level["bound"] <= level["objective"] + 1e-9 * abs(level["objective"])
