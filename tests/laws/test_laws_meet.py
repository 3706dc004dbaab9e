"""Agreement where laws meet: grid events or the WAN, with tenants kept apart, backups, reclaims and maintenance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.formulate import formulate
from tests.laws.random_grid import asked
from tests.laws.random_instances import decided, on_spot, over_wan, random_document, write_instance
from tests.laws.random_policies import roomy
from tests.laws.seeds import seeds
from tests.laws.test_agreement import assert_agreement, assert_agreement_at_limits
from tests.laws.test_tenancy_agree import EDGES, EDITS, NUDGES


def meeting(seed: int, law: str) -> dict[str, Any]:
    """A random document under a law of tenancy, over the WAN or where the grid asks for something, now and then both.

    Every other one is discounted; some have contracts to decide, power to sign for, or spot capacity.
    """
    rng = np.random.default_rng(seed)
    document = roomy(random_document(6000 + seed))
    if seed % 3 != 1:
        document = asked(document, rng)
        for feed in document["feeds"]:
            # What gives way gives way whether or not its kW are needed: narrow feeds would only hide it.
            if rng.random() < 0.7:
                feed["limit_kw"] = 200.0
    if seed % 4 == 3 and law != "maintenance":
        document = decided(document, rng)
    document = EDITS[law](document, rng)
    if seed % 3 != 0:
        document = over_wan(document, rng)
    if law == "backups":
        links = ["w1", "w2"][: int(rng.integers(1, 3))]
        document["losses"].append({"id": "apart", "links": links, "covered_share": 0.0, "jobs": "must"})
    if seed % 5 == 4 and law != "reclaim":
        document = on_spot(document, rng)
    return document


@pytest.mark.parametrize("seed", seeds(3))
@pytest.mark.parametrize("law", EDITS)
def test_random_instances_agree(law: str, seed: int, tmp_path: Path) -> None:
    allowed, refused = assert_agreement(formulate(write_instance(tmp_path, meeting(seed, law))), seed)
    assert allowed + refused > 0


@pytest.mark.parametrize("seed", seeds(4))
@pytest.mark.parametrize("law", EDITS)
def test_choices_at_the_limits_agree(law: str, seed: int, tmp_path: Path) -> None:
    formulation = formulate(write_instance(tmp_path, meeting(100 + seed, law)))
    rng = np.random.default_rng(seed)
    assert_agreement_at_limits(formulation, rng, seed, EDGES, NUDGES)
