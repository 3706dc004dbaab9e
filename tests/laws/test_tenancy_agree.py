"""Agreement of Program and check where tenants are kept apart, pools maintained and must jobs survive losses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.check import check
from placement.formulate import formulate
from tests.laws.random_instances import decided, random_document, write_instance
from tests.laws.random_policies import roomy
from tests.laws.random_tenancy import kept_apart, maintained, reclaimable, surviving
from tests.laws.seeds import seeds
from tests.laws.test_agreement import (
    agreed,
    assert_agreement,
    assert_agreement_at_limits,
    cheapest_choice,
    gang_choices,
    random_choice,
)

Edit = Callable[[dict[str, Any], np.random.Generator], dict[str, Any]]
EDITS: dict[str, Edit] = {"isolation": kept_apart, "maintenance": maintained, "backups": surviving, "reclaim": reclaimable}
EDGES, NUDGES = 5, 4
GANGS = 60


def ruled(seed: int, law: str) -> dict[str, Any]:
    """A random document under a law; here and there under another one too, or with contracts to decide."""
    rng = np.random.default_rng(seed)
    document = roomy(random_document(4000 + seed))
    if seed % 3 == 2 and law != "maintenance":
        document = decided(document, rng)
    document = EDITS[law](document, rng)
    if seed % 3 == 1:
        document = kept_apart(document, rng) if law != "isolation" else maintained(surviving(document, rng), rng)
    return document


@pytest.mark.parametrize("seed", seeds(4))
@pytest.mark.parametrize("law", EDITS)
def test_random_instances_agree(law: str, seed: int, tmp_path: Path) -> None:
    allowed, refused = assert_agreement(formulate(write_instance(tmp_path, ruled(seed, law))), seed)
    assert allowed + refused > 0


@pytest.mark.parametrize("seed", seeds(4))
@pytest.mark.parametrize("law", EDITS)
def test_choices_at_the_limits_agree(law: str, seed: int, tmp_path: Path) -> None:
    formulation = formulate(write_instance(tmp_path, ruled(seed, law)))
    rng = np.random.default_rng(seed)
    assert_agreement_at_limits(formulation, rng, seed, EDGES, NUDGES)


@pytest.mark.parametrize("law", EDITS)
def test_each_law_decides(law: str, tmp_path: Path) -> None:
    """The sample is worth something only if it holds choices that this law alone refuses, and others that it allows."""
    refused = allowed = 0
    for seed in range(0, 24, 3):
        document = ruled(seed, law) | {"services": [], "streams": []}  # Replicas at random break too much else.
        formulation, rng = formulate(write_instance(tmp_path, document)), np.random.default_rng(seed)
        for gang in gang_choices(formulation, rng)[:GANGS]:
            judged = check(formulation.instance, formulation.decode(*random_choice(formulation, gang, rng)))
            refused += {violation.law for violation in judged.violations} == {law}
        choice = cheapest_choice(formulation, rng)
        allowed += choice is not None and agreed(formulation, choice, seed)
    assert refused >= 4
    assert allowed >= 4
