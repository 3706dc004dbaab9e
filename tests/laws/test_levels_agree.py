"""Agreement of Program and check under objectives that are stated and policies of fairness, level by level."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.check import check
from placement.formulate import formulate
from tests.laws.random_instances import decided, random_document, write_instance
from tests.laws.random_levers import closable, powered
from tests.laws.random_objectives import fair, with_objective
from tests.laws.seeds import seeds
from tests.laws.test_agreement import agreed, cheapest_choice, nudged

EDGES, NUDGES = 5, 4


def aimed(seed: int) -> dict[str, Any]:
    """A random document with fairness and an objective of its own; every third with contracts to decide, or a closing."""
    rng = np.random.default_rng(seed)
    document = fair(powered(random_document(7000 + seed)), rng)
    if seed % 3 == 1:
        document = decided(document, rng)
    if seed % 3 == 2:
        document = closable(document, rng)
    return with_objective(document, rng)


@pytest.mark.parametrize("seed", seeds(8))
def test_choices_at_the_limits_agree(seed: int, tmp_path: Path) -> None:
    formulation = formulate(write_instance(tmp_path, aimed(seed)))
    rng = np.random.default_rng(seed)
    for _ in range(EDGES):
        choice = cheapest_choice(formulation, rng)
        if choice is None:
            return
        agreed(formulation, choice, seed)
        for _ in range(NUDGES):
            agreed(formulation, nudged(formulation, choice, rng), seed)
            option, start, value = choice
            stated = np.isin(option, formulation.program.first_copy[formulation.activities.least_shares.option])
            agreed(formulation, (option, start, np.where(stated, value * rng.choice([0.5, 1.05]), value)), seed)


def test_fairness_decides(tmp_path: Path) -> None:
    """Among allowed choices some state a share, and a larger one than is served is refused."""
    used = broken = 0
    for seed in range(8):
        formulation = formulate(write_instance(tmp_path, aimed(seed)))
        rng = np.random.default_rng(seed)
        for _ in range(4):
            choice = cheapest_choice(formulation, rng)
            if choice is None:
                break
            plan = formulation.decode(*choice)
            assert not check(formulation.instance, plan).violations
            used += len(plan.least_shares.share) > 0
            option, start, value = choice
            stated = np.isin(option, formulation.program.first_copy[formulation.activities.least_shares.option])
            more = formulation.decode(option, start, np.where(stated, value + 0.3, value))
            broken += "fairness" in {violation.law for violation in check(formulation.instance, more).violations}
    assert used > 0 and broken > 0, (used, broken)
