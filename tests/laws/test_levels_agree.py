"""Agreement of Program and check under objectives that are stated and policies of fairness, level by level."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.formulate import Formulation, formulate
from placement.program import Ints
from tests.laws.deciding import Choice, judged
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
            for family in stating(formulation):
                stated = np.isin(option, family)
                agreed(formulation, (option, start, np.where(stated, value * rng.choice([0.5, 1.05]), value)), seed)


def test_fairness_decides(tmp_path: Path) -> None:
    """Among allowed choices some state a share, and a larger one than is served is refused."""
    used = summed = broken = 0
    for one in judged(aimed, tmp_path, claiming, choices=4, steps=1):
        assert one.stepped or not one.laws
        used += not one.stepped and len(one.plan.least_shares.share) > 0
        summed += not one.stepped and len(one.plan.least_sums.share) > 0
        broken += one.stepped and "fairness" in one.laws
    assert used > 0 and summed > 0 and broken > 0, (used, summed, broken)


def claiming(formulation: Formulation, choice: Choice, rng: np.random.Generator) -> Choice:
    """The choice with every share that it states larger by 0.3."""
    option, start, value = choice
    return option, start, np.where(np.isin(option, np.concatenate(stating(formulation))), value + 0.3, value)


def stating(formulation: Formulation) -> tuple[Ints, Ints]:
    """Explicit ids of what states least shares, and of what states sums of them."""
    activities, first = formulation.activities, formulation.program.first_copy
    return first[activities.least_shares.option], first[activities.least_sums.option]
