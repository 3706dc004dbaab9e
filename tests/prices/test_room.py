"""What is divisible but must be served finds its place where gangs that pay more would take it all."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from placement.builder import Builder
from placement.program import Grid, Program
from solvers import load
from solvers.solver import Limits


def hard_demand_beside_jobs(seed: int) -> Program:
    """Jobs that pay well and would fill the pool; in every period a choice of how much must be served, by replicas alone."""
    rng = np.random.default_rng(seed)
    blocks = 6
    b = Builder(Grid(np.full(blocks, 24.0), 1), ("first", "second"), ("own", "use"))
    pool = b.add_resources(["pool"], "GPUs", 10.0)
    groups = b.add_groups([f"job {k}" for k in range(8)], False)
    hours = 24.0 * rng.integers(1, 4, 8)
    option = b.add_running(
        first=np.zeros(8, dtype=np.int64), last=blocks - (hours / 24).astype(np.int64), hours=hours, group=groups
    )
    b.add_rates(option, pool, rng.integers(2, 7, 8).astype(float))
    b.add_charges(option, 1, 0, -rng.uniform(50, 100, 8))
    periods = {"first": np.array([0]), "last": np.array([blocks - 1])}
    throughput = b.add_resources(["throughput"], "tokens/s", 0.0)
    least, one = b.add_resources(["least"], "tokens/s", 0.0), b.add_resources(["one"], "choices", 1.0, equality=True)
    replicas = b.add_per_period(upper=5.0, whole=True, **periods)
    b.add_rates(replicas, pool, 1.0)
    b.add_rates(replicas, throughput, -3.0)
    serve = b.add_per_period(upper=12.0, **periods)
    b.add_rates(serve, throughput, 1.0)
    b.add_rates(serve, least, -1.0)
    for share, price in ((0.5, 5.0), (1.0, 0.0)):
        chosen = b.add_per_period(upper=1.0, whole=True, **periods)
        b.add_rates(chosen, one, 1.0)
        b.add_rates(chosen, least, 10.0 * share)
        b.add_charges(chosen, 1, 0, price)
    return b.build()


@pytest.mark.parametrize("seed", range(2))
def test_gangs_give_way_to_what_must_be_served(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules[load("prices").__module__]
    monkeypatch.setattr(module, "SMALL", 0)
    monkeypatch.setattr(module, "LARGEST_WHOLE", 0)
    program = hard_demand_beside_jobs(seed)
    found = load("prices")(program, limits=Limits(work_limit=4.0, deterministic=True, workers=1, gap=0.0))
    best = load("highs")(program, limits=Limits(time_limit_s=20.0, workers=1, gap=0.0))
    assert found.option is not None
    assert found.start is not None
    assert found.value is not None
    assert not program.infeasibility(found.option, found.start, found.value)
    assert best.levels[-1].value is not None
    assert found.levels[-1].bound is not None
    assert found.levels[-1].bound <= best.levels[-1].value + 1e-6
    assert found.levels[-1].value == pytest.approx(best.levels[-1].value, rel=0.1)
