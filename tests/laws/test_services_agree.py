"""Agreement of Program and check where services have to stand, be spread and keep spares, and where their replicas start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.formulate import Formulation, formulate
from placement.program import Floats, Ints
from tests.laws.deciding import judged
from tests.laws.random_instances import decided, on_spot, random_document, write_instance
from tests.laws.random_levers import powered, with_losses
from tests.laws.random_services import standing, starting
from tests.laws.seeds import seeds
from tests.laws.test_agreement import agreed, cheapest_choice, nudged

Edit = Callable[[dict[str, Any], np.random.Generator], dict[str, Any]]
EDITS: dict[str, Edit] = {"standing": standing, "starting": starting}
EDGES, NUDGES = 4, 4


def ruled(seed: int, law: str) -> dict[str, Any]:
    """A random document with the law; here and there with losses, spot capacity, or contracts to decide."""
    rng = np.random.default_rng(seed)
    document = powered(random_document(7000 + seed))
    if seed % 4 == 1:
        document = decided(document, rng)
    if seed % 4 == 2:
        document = with_losses(document, rng)
    if seed % 4 == 3:
        document = on_spot(document, rng)
    return EDITS[law](document, rng)


def begun(formulation: Formulation, choice: tuple[Ints, Ints, Floats], rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """The choice with a replica more, or less, that starts somewhere."""
    program = formulation.program
    option, start = program.columns(formulation.activities.starts.option)
    if not len(option):
        return choice
    n = int(rng.integers(len(option)))
    same = (choice[0] == program.first_copy[option[n]]) & (choice[1] == start[n])
    count = max(float(choice[2][same].sum()) + rng.choice([-1.0, -0.5, 0.5]), 0.0)
    more = (program.first_copy[option[n]], start[n], count)
    changed = [np.append(column[~same], one) for column, one in zip(choice, more, strict=True)]
    kept = changed[2] > 0
    return changed[0][kept].astype(np.int64), changed[1][kept].astype(np.int64), changed[2][kept]


@pytest.mark.parametrize("seed", seeds(8))
@pytest.mark.parametrize("law", EDITS)
def test_choices_at_the_limits_agree(law: str, seed: int, tmp_path: Path) -> None:
    formulation = formulate(write_instance(tmp_path, ruled(seed, law)))
    rng = np.random.default_rng(seed)
    for _ in range(EDGES):
        choice = cheapest_choice(formulation, rng)
        if choice is None:
            return
        agreed(formulation, choice, seed)
        for _ in range(NUDGES):
            agreed(formulation, nudged(formulation, choice, rng), seed)
            agreed(formulation, begun(formulation, choice, rng), seed)


@pytest.mark.parametrize("law", EDITS)
def test_each_law_decides(law: str, tmp_path: Path) -> None:
    """Among allowed choices some have replicas, and a step beyond them some break the law."""
    used, broken = 0, 0
    for one in judged(lambda seed: ruled(seed, law), tmp_path, nudged, choices=4, steps=4):
        used += not one.stepped and len(one.plan.replicas.service) > 0
        broken += one.stepped and law in one.laws
    assert used > 0 and broken > 0, (used, broken)
