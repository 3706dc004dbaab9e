"""Agreement over random instances of which the grid asks something; see ``test_agreement``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from placement.formulate import formulate
from tests.laws.random_grid import asked
from tests.laws.random_instances import decided, random_document, write_instance
from tests.laws.seeds import seeds
from tests.laws.test_agreement import assert_agreement, assert_agreement_at_limits


@pytest.mark.parametrize("seed", seeds(5))
def test_random_instances_agree(seed: int, tmp_path: Path) -> None:
    document = asked(random_document(3000 + seed), np.random.default_rng(seed))
    assert sum(assert_agreement(formulate(write_instance(tmp_path, document)), seed)) > 0


@pytest.mark.parametrize("seed", seeds(12))
def test_choices_at_the_limits_agree(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    document = random_document(3500 + seed)
    document = asked(decided(document, rng) if seed % 3 == 0 else document, rng)
    formulation = formulate(write_instance(tmp_path, document))
    assert_agreement_at_limits(formulation, rng, seed)


def test_random_instances_show_both_sides(tmp_path: Path) -> None:
    totals = np.zeros(2)
    for seed in range(4):
        document = asked(random_document(4000 + seed), np.random.default_rng(seed))
        totals += assert_agreement(formulate(write_instance(tmp_path, document)), seed)
    assert totals.min() > 10, totals
