"""Shares of training: Program and check agree on random instances, and breaches are found with their amount."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement import load
from placement.check import check
from placement.formulate import formulate
from tests.laws.random_instances import random_document, write_instance
from tests.laws.random_levers import powered
from tests.laws.seeds import seeds
from tests.laws.test_agreement import agreed, assert_agreement_at_limits, gang_choices, random_choice
from tests.laws.test_policy_violations import of_jobs

TINY = Path("instances/tiny")
CHOICES = 15
A, E, B, C = range(4)


def mixed(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Jobs of two tenants, with a share for one of them in every slot."""
    for job in document["jobs"]:
        job["tenant"] = str(rng.choice(["t", "lab"]))
    least = float(rng.choice([0.0, 0.3, 0.5]))
    per = str(rng.choice(["block", "horizon"]))
    policy = {"id": "mix", "kind": "training_share", "tenants": ["lab"], "per": per, "least_share": least}
    if rng.random() < 0.6:
        policy["most_share"] = float(rng.choice([0.5, 0.7]))
    document["policies"] = [policy]
    return document


@pytest.mark.parametrize("seed", seeds(5))
def test_random_instances_with_shares_of_training_agree(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    formulation = formulate(write_instance(tmp_path, mixed(powered(random_document(9000 + seed)), rng)))
    gangs = gang_choices(formulation, rng)
    for n in rng.choice(len(gangs), min(CHOICES, len(gangs)), replace=False).tolist():
        agreed(formulation, random_choice(formulation, gangs[n], rng), seed)
    assert_agreement_at_limits(formulation, rng, seed, edges=3, nudges=1)


def test_too_much_and_too_little_of_training() -> None:
    """Units of 8 GPUs for 24 hours: 192 GPU-hours each."""
    instance = load(TINY / "training-share.yaml")
    plan = of_jobs([0, 0, 0])  # a, e and b: 384 of 576 GPU-hours, of which 345.6 may be research's
    (found,) = check(instance, plan).violations
    assert (found.law, found.subject, found.unit, found.period) == ("training_share", "mix", "GPU-hours", "2026-01-01")
    assert found.amount == pytest.approx(384 - 345.6)
    assert "mix: research train for 384 of 576 GPU-hours, at most 0.6 of them may be theirs" in found.message
    runs = plan.runs
    runs.job[:], runs.shape[:] = [A, B, C], [A, B, C]
    (found,) = check(instance, plan).violations
    assert found.amount == pytest.approx(288 - 192) and "at least 0.5" in found.message
    assert not check(instance, of_jobs([])).violations
