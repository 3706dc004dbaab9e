"""A later level never buys back what an earlier one reached, however far apart their sizes."""

from __future__ import annotations

import numpy as np
import pytest

from placement.builder import Builder
from placement.program import Grid, Program
from solvers import load
from solvers.solver import Limits


def program(breach_usd: float) -> Program:
    """A promise of ``breach_usd`` that can be kept, and a floor worth 8 USD whose price in money is 100,000 USD."""
    builder = Builder(Grid(np.array([24.0]), 1), ("promises", "net_cost"), ("promised", "money"))
    zero = np.zeros(1, dtype=np.int64)
    serve = builder.add_per_period(first=zero, last=zero, upper=41.0)
    shed = builder.add_per_period(first=zero, last=zero, upper=41.0)
    demand = builder.add_resources(["demand"], "tokens/s", 41.0, equality=True)
    builder.add_rates(np.concatenate([serve, shed]), demand, 1.0)
    builder.add_charges(serve, 1, 1, 100_000 / 41)
    builder.add_charges(shed, 0, 0, 8 / 41)
    group = builder.add_groups(["promise"], True)
    keep = builder.add_per_period(first=zero, last=zero, upper=1.0, whole=True)
    drop = builder.add_per_period(first=zero, last=zero, upper=1.0, whole=True)
    builder.join(np.concatenate([keep, drop]), np.repeat(group, 2))
    builder.add_charges(drop, 0, 0, breach_usd)
    # Keeping the promise takes the hardware that would serve the last three tokens of the floor.
    units = builder.add_resources(["units"], "units", 41.0)
    builder.add_rates(serve, units, 1.0)
    builder.add_rates(keep, units, 3.0)
    return builder.build()


@pytest.mark.parametrize("name", ["highs", "cpsat", "auto", "enumerate"])
@pytest.mark.parametrize("breach_usd", [1e3, 1e6, 1e9, 1e11, 1e13])
def test_promises_are_not_sold_for_money(name: str, breach_usd: float) -> None:
    solution = load(name)(program(breach_usd), limits=Limits(time_limit_s=20))
    promises, money = solution.levels
    assert promises.value == pytest.approx(3 * 8 / 41, rel=1e-6)
    assert promises.bound is not None and promises.bound <= 3 * 8 / 41 * (1 + 1e-6)
    assert money.value == pytest.approx(38 * 100_000 / 41, rel=1e-5)
