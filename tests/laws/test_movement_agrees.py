"""Agreement of Program and check where jobs run today, which go on, move or are stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.check import check
from placement.formulate import Formulation, formulate
from placement.program import Floats, Ints
from tests.laws.random_grid import asked
from tests.laws.random_instances import decided, on_spot, over_wan, random_document, write_instance
from tests.laws.random_movement import in_place
from tests.laws.random_policies import budgeted, roomy, two_parties
from tests.laws.random_tenancy import kept_apart, reclaimable
from tests.laws.seeds import seeds
from tests.laws.test_agreement import agreed, cheapest_choice, gang_choices, nudged, random_choice, settled

EDGES, NUDGES, CHOICES = 5, 3, 25
EDITS: tuple[Callable[[dict[str, Any], np.random.Generator], dict[str, Any]], ...] = (
    decided, over_wan, lambda document, _: document, kept_apart, asked, on_spot, reclaimable,
    lambda document, rng: over_wan(asked(document, rng), rng),
    lambda document, rng: budgeted(two_parties(roomy(document)), rng),
)  # fmt: skip


def moving(seed: int, folder: Path) -> dict[str, Any]:
    """A random document in which jobs run, which other laws bind as well."""
    rng = np.random.default_rng(seed)
    document = random_document(9000 + seed)
    document["calendar"]["blocks"] = int(rng.integers(3, 5))
    if seed % 4:  # Else hardly anything is allowed.
        for job in document["jobs"]:
            job["commitment"] = str(rng.choice(["optional", "promised"]))
        for feed in document["feeds"]:
            feed["limit_kw"] = "unlimited" if rng.random() < 0.7 else feed["limit_kw"]
    return in_place(EDITS[seed % len(EDITS)](document, rng), rng, folder)


def regrouped(formulation: Formulation, choice: tuple[Ints, Ints, Floats], rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """The choice with another way for a job that runs today."""
    gangs, program = formulation.activities.gangs, formulation.program
    rows = np.flatnonzero(gangs.begin[: gangs.leaves_from] >= 0)
    if not len(rows):
        return choice
    row = int(rng.choice(rows))
    mine = gangs.option[: gangs.leaves_from][gangs.job[: gangs.leaves_from] == gangs.job[row]]
    kept = ~np.isin(program.split(choice[0])[0], mine)
    option = int(program.first_copy[gangs.option[row]] + rng.integers(gangs.copies[row]))
    dropped = gangs.drop_option[gangs.drop_job == gangs.job[row]]
    kept &= ~np.isin(choice[0], program.first_copy[dropped])
    columns = [np.append(column[kept], more) for column, more in zip(choice, (option, gangs.begin[row], 1.0), strict=True)]
    return settled(formulation, columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2])


@pytest.mark.parametrize("seed", seeds(6))
def test_random_instances_in_which_jobs_run_agree(seed: int, tmp_path: Path) -> None:
    formulation = formulate(write_instance(tmp_path, moving(seed, tmp_path)))
    rng = np.random.default_rng(seed)
    choices = gang_choices(formulation, rng)
    for n in rng.permutation(len(choices))[:CHOICES].tolist():
        agreed(formulation, random_choice(formulation, choices[n], rng), seed)


@pytest.mark.parametrize("seed", seeds(9))
def test_choices_at_the_limits_agree(seed: int, tmp_path: Path) -> None:
    formulation = formulate(write_instance(tmp_path, moving(100 + seed, tmp_path)))
    rng = np.random.default_rng(seed)
    for _ in range(EDGES):
        choice = cheapest_choice(formulation, rng)
        if choice is None:
            return
        agreed(formulation, choice, seed)
        for _ in range(NUDGES):
            agreed(formulation, nudged(formulation, choice, rng), seed)
            agreed(formulation, regrouped(formulation, choice, rng), seed)


def test_the_sample_moves(tmp_path: Path) -> None:
    """The sample is worth something only if allowed choices stay, move with what they leave, and move at once."""
    found = np.zeros(3, dtype=np.int64)
    for seed in range(100, 116):
        formulation = formulate(write_instance(tmp_path, moving(seed, tmp_path)))
        gangs, rng = formulation.activities.gangs, np.random.default_rng(seed)
        for _ in range(6):
            choice = cheapest_choice(formulation, rng)
            if choice is None:
                break
            assert not check(formulation.instance, formulation.decode(*choice)).violations
            rows = np.flatnonzero(np.isin(gangs.option, formulation.program.split(choice[0])[0]) & (gangs.begin >= 0))
            moves, leaves = gangs.moves[rows], gangs.overlap[rows] >= 0
            found += [np.sum(~moves & ~leaves), np.sum(leaves), np.sum(moves)]
    assert found.min() >= 3 and found[2] > found[1], found
