"""Agreement where two laws bind at once that say where demand goes, how services stand, what runs today and who may hold what."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.formulate import formulate
from tests.laws.random_batch import batched
from tests.laws.random_instances import random_document, write_instance
from tests.laws.random_levers import churning, degradable, powered, shiftable
from tests.laws.random_movement import in_place
from tests.laws.random_objectives import fair, with_objective
from tests.laws.random_quotas import on_quotas
from tests.laws.random_services import standing, starting
from tests.laws.random_tenancy import maintained, surviving
from tests.laws.seeds import seeds
from tests.laws.test_agreement import agreed, cheapest_choice, nudged
from tests.laws.test_batch_agrees import worked
from tests.laws.test_movement_agrees import regrouped
from tests.laws.test_quota import borrowed_more
from tests.laws.test_services_agree import begun

Edit = Callable[[dict[str, Any], np.random.Generator], dict[str, Any]]
MOVES, AIMS = "moves", "aims"
EDITS: dict[str, Edit] = {
    "shifting": shiftable, "degrading": degradable, "churn": churning, "quota": on_quotas, "standing": standing,
    "starting": starting, "maintenance": maintained, "backups": surviving, "fairness": fair, "batch": batched,
}  # fmt: skip
# Must jobs that run today have no backups.
PAIRS = [pair for pair in combinations((*EDITS, MOVES, AIMS), 2) if pair != ("backups", MOVES)]
STEPS = (nudged, worked, begun, regrouped, borrowed_more)


@pytest.mark.parametrize("seed", seeds(13))
def test_choices_at_the_limits_agree(seed: int, tmp_path: Path) -> None:
    """Each seed takes a pair of its own, spread over all of them."""
    rng = np.random.default_rng(seed)
    pair = PAIRS[seed * 5 % len(PAIRS)]
    document = powered(random_document(21000 + seed))
    for name in pair:
        document = EDITS[name](document, rng) if name in EDITS else document
    if MOVES in pair:
        document = in_place(document, rng, tmp_path)
    if AIMS in pair:
        document = with_objective(document, rng)
    formulation = formulate(write_instance(tmp_path, document))
    for _ in range(2):
        choice = cheapest_choice(formulation, rng)
        if choice is None:
            return
        agreed(formulation, choice, seed)
        for step in STEPS:
            agreed(formulation, step(formulation, choice, rng), seed)
