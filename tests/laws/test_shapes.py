"""The size of a gang is chosen by the price of power, by lateness and by the deadline."""

from __future__ import annotations

from pathlib import Path

import pytest

from placement import load, solve

TINY = Path("instances/tiny/assignment-shapes.yaml")


@pytest.mark.parametrize(
    ("scenario", "gpus", "net_cost"),
    [(None, 16, -923.2), ("flat-price", 8, -932.4), ("urgent", 16, -923.2), ("deadline", 16, -923.2)],
)
@pytest.mark.parametrize("solver", ["highs", "cpsat", "prices"])
def test_the_size_follows_prices_and_dates(solver: str, scenario: str | None, gpus: int, net_cost: float) -> None:
    instance = load(TINY, scenario=scenario)
    result = solve(instance, solver=solver, gap=0.0)
    assert result.plan is not None and result.objective == pytest.approx(net_cost)
    assert instance.jobs.shapes.gpus[result.plan.runs.shape].tolist() == [gpus]
