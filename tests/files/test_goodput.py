"""Failures and checkpoints lengthen gangs as the literature says, and as simulated failures do."""

from __future__ import annotations

from math import exp
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.files import InputErrors, load
from placement.instance import Accelerator, TrainingJob
from placement.instance.goodput import best_interval, times_longer, times_longer_on_spot
from placement.instance.spot import Spot


def job(**stated: Any) -> TrainingJob:
    return TrainingJob(id="j", tenant="t", commitment="optional", value_usd=1.0, span="island", **stated)


@pytest.fixture
def accelerator() -> Accelerator:
    """An accelerator of the tiny instance that fails every 800 hours."""
    return load(Path("instances/tiny/assignment-goodput.yaml")).accelerators["x8"]


@pytest.mark.parametrize(("between_h", "published_min"), [(24.0, 117.0), (6.0, 57.0), (0.25, 9.1)])
def test_best_interval_is_the_published_one(between_h: float, published_min: float) -> None:
    """Daly 2006, figures 3 to 5: checkpoints of 5 minutes."""
    assert best_interval(5 / 60, between_h) * 60 == pytest.approx(published_min, rel=6e-3)


def test_hours_are_those_of_simulated_failures(accelerator: Accelerator) -> None:
    """Segments of 4 hours of work and half an hour of checkpoint under failures every 10 hours, an hour to restart."""
    rng = np.random.default_rng(1)
    spent, segments = 0.0, 20_000
    for _ in range(segments):
        needed = 4.5
        while (failure := rng.exponential(10.0)) < needed:
            spent += failure
            while (again := rng.exponential(10.0)) < 1.0:
                spent += again
            spent += 1.0
        spent += needed
    stated = job(checkpoint_hours=0.5, checkpoint_every_hours=4.0, restart_hours=1.0)
    assert times_longer(stated, 80, accelerator) == pytest.approx(spent / segments / 4.0, rel=0.02)


@pytest.mark.parametrize(
    ("stated", "notice_hours"),
    [({}, 0.0), ({}, 1.0), ({"checkpoint_hours": 0.5, "restart_hours": 2.0, "checkpoint_every_hours": 4.0}, 0.0),
     ({"checkpoint_hours": 0.5, "restart_hours": 2.0, "checkpoint_every_hours": 4.0}, 1.0)],
)  # fmt: skip
def test_hours_on_spot_are_those_of_simulated_interruptions(
    stated: dict[str, float], notice_hours: float, accelerator: Accelerator
) -> None:
    """Work of 12 hours, interruptions every 10 hours that it is there, then gone for exponential 3; no failures to speak of."""
    rng, runs, spent, work = np.random.default_rng(2), 10_000, 0.0, 12.0
    save, restart, every = (stated.get(f"{name}_hours", 0.0) for name in ("checkpoint", "restart", "checkpoint_every"))
    warned = bool(stated) and notice_hours >= save

    def gone() -> float:
        """Hours from an interruption until work goes on, restarts that are interrupted themselves included."""
        lost = rng.exponential(3.0)
        while (again := rng.exponential(10.0)) < restart:
            lost += again + rng.exponential(3.0)
        return float(lost + restart)

    for _ in range(runs):
        for _ in range(int(work / (every or work))):
            left = (every or work) + (0.0 if warned else save)
            done = 0.0
            while (until := rng.exponential(10.0)) < left - done:
                spent += until + gone() + (save if warned else 0.0)
                done = done + until if warned else 0.0
            spent += left - done
    rare = accelerator.model_copy(update={"mtbf_hours": 1e9})
    alone = times_longer(job(**stated), 8, rare)
    spot = Spot(mean_hours_between_interruptions=10.0, outage_hours=3.0, notice_hours=notice_hours)
    found = times_longer_on_spot(job(**stated), 8, rare, work * alone, spot) * (alone if not warned else 1.0)
    assert found == pytest.approx(spent / runs / work, rel=0.03)


def test_larger_gangs_take_longer_and_the_default_interval_is_good(accelerator: Accelerator) -> None:
    free = job(checkpoint_hours=0.5, restart_hours=1.0)
    longer = [times_longer(free, gpus, accelerator) for gpus in (8, 16, 64)]
    assert 1 < longer[0] < longer[1] < longer[2]
    for factor in (0.7, 1.4):
        other = best_interval(0.5, 800 / 64) * factor
        stated = job(checkpoint_hours=0.5, restart_hours=1.0, checkpoint_every_hours=other)
        assert times_longer(stated, 64, accelerator) > longer[2]


def test_a_job_that_states_nothing_takes_what_it_says(accelerator: Accelerator) -> None:
    assert times_longer(job(), 8, accelerator) == 1.0


def test_hours_of_shapes_hold_it() -> None:
    hours = load(Path("instances/tiny/assignment-goodput.yaml")).jobs.shapes.hours
    assert hours == pytest.approx(np.array([22, 21]) * 100 * exp(0.01) * (exp(0.1) - 1) / 9.5)


def test_a_gang_that_hardly_gets_on_is_refused(tmp_path: Path) -> None:
    text = Path("instances/tiny/assignment-goodput.yaml").read_text().replace("mtbf_hours: 800", "mtbf_hours: 8")
    (tmp_path / "fleet.yaml").write_text(text)
    with pytest.raises(InputErrors, match=r"jobs\[a\].shapes\[0\].gpus = 8\n.*at most 10 times longer"):
        load(tmp_path)
