"""Agreement of Program and check where demand is rationed by limits, closings and refusals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.formulate import Formulation, formulate
from placement.program import Floats, Ints
from tests.laws.deciding import judged
from tests.laws.random_instances import decided, random_document, write_instance
from tests.laws.random_levers import (
    admitted,
    churning,
    closable,
    credited,
    degradable,
    limited,
    powered,
    shiftable,
    steadied,
    with_losses,
)
from tests.laws.seeds import seeds
from tests.laws.test_agreement import agreed, cheapest_choice, nudged

Edit = Callable[[dict[str, Any], np.random.Generator], dict[str, Any]]
EDITS: dict[str, Edit] = {"limit": limited, "closing": closable, "admission": admitted, "credits": credited, "swings": steadied}
EDITS |= {"shifting": shiftable, "degrading": degradable, "churn": churning}
EDGES, NUDGES = 6, 4


def ruled(seed: int, law: str) -> dict[str, Any]:
    """A random document with a lever; here and there with another, with losses, or with contracts to decide."""
    rng = np.random.default_rng(seed)
    document = powered(random_document(6000 + seed))
    document = EDITS[law](document, rng)
    if seed % 4 == 1:
        document = decided(document, rng)
    if seed % 4 == 2:
        document = with_losses(document, rng)
    if seed % 4 == 3:
        others = closable(limited(document, rng), rng) if law not in ("limit", "closing") else admitted(document, rng)
        document = with_losses(others, rng)
    return document


def lever_moved(formulation: Formulation, choice: tuple[Ints, Ints, Floats], rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """The choice with one decision of a lever more, or less."""
    activities, program = formulation.activities, formulation.program
    offered = (activities.limits, activities.closings, activities.refusals, activities.credits)
    options = np.concatenate([family.option for family in offered])
    if not len(options):
        return choice
    row = int(rng.choice(options))
    option, start = int(program.first_copy[row]), int(program.options.first[row])
    same = choice[0] == option
    more = [] if same.any() else [(option, start, 1.0)]
    columns = [np.append(column[~same], [one[n] for one in more]) for n, column in enumerate(choice)]
    changed = columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2]
    # Whoever is refused takes its jobs along, which no plan states.
    return formulation.encode(formulation.decode(*changed), strict=False)


@pytest.mark.parametrize("seed", seeds(6))
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
            agreed(formulation, lever_moved(formulation, choice, rng), seed)


@pytest.mark.parametrize("law", EDITS)
def test_each_lever_decides(law: str, tmp_path: Path) -> None:
    """Among allowed choices some use the lever, and among those a step beyond them some break it."""
    used, broken = 0, 0
    for one in judged(lambda seed: ruled(seed, law), tmp_path, lever_moved, choices=12, steps=1):
        plan = one.plan
        tables = {"limit": plan.limits.lever, "closing": plan.closings.lever, "admission": plan.refusals.tenant}
        tables |= {"credits": plan.credits.case, "swings": plan.swings.tenant, "shifting": plan.shifts.stream}
        tables |= {"degrading": plan.degraded.stream, "churn": plan.shedding.stream}
        used += not one.laws and len(tables[law]) > 0
        broken += law in one.laws or (len(one.laws) > 0 and one.stepped)
    assert used > 0 and broken > 0, (used, broken)
