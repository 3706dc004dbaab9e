"""Agreement of Program and check under policies, over the choices of small instances."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.files import load
from placement.formulate import formulate
from tests.laws.random_instances import decided, random_document, write_instance
from tests.laws.random_policies import budgeted, concentrated, roomy, two_parties
from tests.laws.seeds import seeds
from tests.laws.test_agreement import assert_agreement

GOVERNED: dict[str, Callable[[dict[str, Any], np.random.Generator], dict[str, Any]]] = {
    "concentration": concentrated,
    "budget": budgeted,
}


def governed(seed: int, kind: str) -> dict[str, Any]:
    """A random document under policies of a kind; every other one with contracts to decide."""
    rng = np.random.default_rng(seed)
    document = roomy(random_document(2000 + seed))
    return GOVERNED[kind](two_parties(decided(document, rng) if seed % 2 else document), rng)


@pytest.mark.parametrize("seed", seeds(5))
@pytest.mark.parametrize("kind", GOVERNED)
def test_random_instances_under_policies_agree(kind: str, seed: int, tmp_path: Path) -> None:
    allowed, refused = assert_agreement(formulate(write_instance(tmp_path, governed(seed, kind))), seed)
    assert allowed + refused > 0


@pytest.mark.parametrize("seed", seeds(5))
def test_random_instances_with_spares_and_cooling_agree(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    document = roomy(random_document(3000 + seed))
    document = decided(document, rng) if seed % 2 else document
    for pool in document["pools"]:
        pool["spare_share"] = float(rng.choice([0.0, 0.1, 0.5]))
    for site in document["sites"]:
        site["cooling_kw"] = "unlimited" if rng.random() < 0.3 else float(rng.choice([6, 12]))
    for feed in document["feeds"][:: 1 + seed % 2]:
        feed["cooling_kw"] = "unlimited" if rng.random() < 0.5 else float(rng.choice([4, 8]))
    allowed, refused = assert_agreement(formulate(write_instance(tmp_path, document)), seed)
    assert allowed + refused > 0


BY_HAND = {
    "capex falls due day by day": ("purchase", "{id: b, kind: budget, per: block, most_usd: 3500, terms: [capex]}"),
    "idle draw is billed": (
        "contract-energy", "{id: c, kind: concentration, by: provider, of: spend, per: horizon, most_share: 0.95}",
    ),
    # 384 are owed anyway; a and b one after the other use 576, which the first budget has and the second has not.
    "use beyond what is owed fits": (
        "contract-take-or-pay", "{id: b, kind: budget, per: horizon, most_usd: 576, terms: [take_or_pay]}",
    ),
    "use beyond what is owed counts": (
        "contract-take-or-pay", "{id: b, kind: budget, per: horizon, most_usd: 575, terms: [take_or_pay]}",
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_policies_agree_where_random_ones_hardly_come(name: str, tmp_path: Path) -> None:
    tiny, policy = BY_HAND[name]
    (tmp_path / "fleet.yaml").write_text(Path(f"instances/tiny/{tiny}.yaml").read_text() + f"policies: [{policy}]\n")
    allowed, refused = assert_agreement(formulate(load(tmp_path)), 1)
    assert min(allowed, refused) > 0


@pytest.mark.parametrize("kind", GOVERNED)
def test_policies_alone_refuse_and_allow(kind: str, tmp_path: Path) -> None:
    """The sample is worth something only if policies decide in it: choices that only they refuse, and choices that they allow."""
    plain = refused = 0
    for seed in range(100, 106):
        document = governed(seed, kind)
        with_policies = assert_agreement(formulate(write_instance(tmp_path, document)), seed)
        del document["policies"]
        without = assert_agreement(formulate(write_instance(tmp_path, document)), seed)
        plain += with_policies[0]
        refused += without[0] - with_policies[0]
    assert plain > 20
    assert refused > 20
