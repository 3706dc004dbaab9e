"""Agreement of Program and check where batch jobs share the fleet, under every law that counts what they hold or draw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.formulate import Formulation, formulate
from placement.program import Floats, Ints
from tests.laws.deciding import judged
from tests.laws.random_batch import batched
from tests.laws.random_grid import asked
from tests.laws.random_instances import decided, on_spot, random_document, write_instance
from tests.laws.random_levers import admitted
from tests.laws.random_policies import budgeted, concentrated, roomy, two_parties
from tests.laws.seeds import seeds
from tests.laws.test_agreement import agreed, cheapest_choice, nudged, settled
from tests.laws.test_tenancy_agree import EDITS as TENANCY

Edit = Callable[[dict[str, Any], np.random.Generator], dict[str, Any]]
WITH: dict[str, Edit] = {
    "nothing": lambda document, rng: document,
    "grid": asked,
    "contracts": decided,
    "spot": on_spot,
    "admission": admitted,
    "concentration": lambda document, rng: concentrated(two_parties(roomy(document)), rng),
    "budget": lambda document, rng: budgeted(roomy(document), rng),
    **TENANCY,
}
EDGES, NUDGES = 4, 4


def ruled(seed: int, law: str) -> dict[str, Any]:
    """A random document with batch jobs under another law."""
    rng = np.random.default_rng(seed)
    document = WITH[law](random_document(7000 + seed), rng)
    document = batched(document, rng)
    if seed % 2:
        for feed in document["feeds"]:
            if "events" not in feed and "demand_response" not in feed and "non_firm_kw" not in feed:
                feed["limit_kw"] = "unlimited"
        document["tenants"][0].get("ladder", {}).pop("hard", None)
    return document


def worked(formulation: Formulation, choice: tuple[Ints, Ints, Floats], rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """The choice with more or less batch work in some period, of which the rest may be left or done elsewhere."""
    batch, program = formulation.activities.batch, formulation.program
    option, start = program.columns(batch.option)
    if not len(option):
        return choice
    n = int(rng.integers(len(option)))
    first = program.first_copy[option[n]]
    same = (choice[0] == first) & (choice[1] == start[n])
    units = float(choice[2][same].sum())
    more = max(units + float(rng.choice([-units, -0.5, 0.25, 1.0])), 0.0)
    row = int(np.searchsorted(batch.option, option[n]))
    job = int(batch.job[row])
    hours = float(program.grid.hours[start[n]] * batch.pace[row, start[n]] * batch.gpus[row] / batch.gpu_hours[row])
    left = program.first_copy[batch.unfinished_option[batch.unfinished_job == job]]
    rest = choice[2].copy()
    if rng.random() < 0.8:  # What is done more is no longer left, and the other way round.
        rest[np.isin(choice[0], left)] -= (more - units) * hours
    stated, row_of = (choice[0], choice[1], rest), (first, start[n], more)
    columns = [np.append(column[~same], one) for column, one in zip(stated, row_of, strict=True)]
    kept = columns[2] > 0
    return settled(formulation, columns[0][kept].astype(np.int64), columns[1][kept].astype(np.int64), columns[2][kept])


@pytest.mark.parametrize("seed", seeds(3))
@pytest.mark.parametrize("law", WITH)
def test_choices_at_the_limits_agree(law: str, seed: int, tmp_path: Path) -> None:
    formulation = formulate(write_instance(tmp_path, ruled(seed, law)))
    rng = np.random.default_rng(seed)
    for _ in range(EDGES):
        choice = cheapest_choice(formulation, rng)
        if choice is None:
            return
        agreed(formulation, choice, seed)
        for _ in range(NUDGES):
            agreed(formulation, worked(formulation, choice, rng), seed)
        agreed(formulation, nudged(formulation, choice, rng), seed)


def test_choices_show_both_sides(tmp_path: Path) -> None:
    """Among allowed choices many work, and a step from them many break this law, and some another by what they hold."""
    working, broken, others = 0, 0, 0
    for one in judged(lambda seed: ruled(seed, "nothing"), tmp_path, worked, choices=4, steps=4):
        working += not one.laws and len(one.plan.batch.case) > 0
        broken += "batch" in one.laws
        others += bool(one.laws & {"capacity", "power"})
    assert min(working, broken, others) > 5, (working, broken, others)
