"""Jobs that run today where quotas lend what they hold: every stay and move is judged alike by Program and check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from placement import load
from placement.check import check
from placement.formulate import formulate
from tests.laws.test_agreement import agreed, settled


@pytest.mark.parametrize("quota_gpus", [0, 7, 8, 15, 16])
def test_what_moves_is_given_back_where_it_stands(quota_gpus: int, tmp_path: Path) -> None:
    """A move holds two places over its overlap, and from the second day on both find the tenant's own quota."""
    text = Path("instances/tiny/movement.yaml").read_text()
    assert text.count("overlap_blocks: 1") == 1
    (tmp_path / "fleet.yaml").write_text(text.replace("overlap_blocks: 1", "overlap_blocks: 2"))
    instance = load(tmp_path / "fleet.yaml")
    (owner,) = instance.tenants.values()
    lends = {"cohort": "house", "quota_gpus": 64}
    tenants = {
        "t": owner.model_copy(update={"cohort": "house", "quota_gpus": quota_gpus}),
        "lender": owner.model_copy(update={"id": "lender", **lends}),
    }
    formulation = formulate(replace(instance, tenants=tenants))
    gangs, program, borrow = formulation.activities.gangs, formulation.program, formulation.activities.borrowing
    row = np.flatnonzero(gangs.begin[: gangs.leaves_from] >= 0)
    (mine,) = (program.first_copy[[option]] for option in borrow.option[borrow.quota == 0])
    every = np.arange(program.grid.periods)
    said, verdicts = set(), []
    for n in row.tolist():
        option = np.concatenate([program.first_copy[[gangs.option[n]]], np.repeat(mine, len(every))])
        start = np.concatenate([np.maximum(gangs.begin[[n]], 0), every])
        choice = settled(formulation, option, start, np.concatenate([[1.0], np.full(len(every), 16.0)]))
        verdicts.append(agreed(formulation, choice, quota_gpus))
        said |= {violation.law for violation in check(formulation.instance, formulation.decode(*choice)).violations}
    assert gangs.moves[row].any() and said <= {"quota"}
    # k, which ends on the first day; j, which stays; j, which moves on the second day, and holds both on the third.
    assert verdicts.count(True) == 1 + (quota_gpus >= 8) + (len(verdicts) - 2) * (quota_gpus >= 16), verdicts


@pytest.mark.parametrize("pool", ["p", "q"])
def test_spot_capacity_keeps_nobody_from_going_on_there(pool: str, tmp_path: Path) -> None:
    """What is left of a job is stated as it gets on where it stands; only to move there it may not."""
    document = yaml.safe_load(Path("instances/tiny/movement.yaml").read_text())
    contract = {"p": "lease", "q": "owned"}[pool]
    spot = {"mean_hours_between_interruptions": 1.0, "outage_hours": 1.0}
    next(noun for noun in document["contracts"] if noun["id"] == contract)["spot"] = spot
    document["accelerators"][0]["mtbf_hours"] = 1e6
    for job in document["jobs"]:
        job |= {"restart_hours": 20.0, "checkpoint_hours": 0.1}
    (tmp_path / "fleet.yaml").write_text(yaml.safe_dump(document))
    formulation = formulate(load(tmp_path / "fleet.yaml"))
    gangs, program = formulation.activities.gangs, formulation.program
    row = np.flatnonzero(gangs.begin[: gangs.leaves_from] >= 0)
    none = np.empty(0, dtype=np.int64)
    assert agreed(formulation, settled(formulation, none, none, np.empty(0)), 0)
    for n in row.tolist():
        option, start = program.first_copy[[gangs.option[n]]], np.maximum(gangs.begin[[n]], 0)
        assert agreed(formulation, settled(formulation, option, start, np.ones(1)), n)
    assert np.flatnonzero(~gangs.moves[row]).size == 2 and gangs.moves[row].any() == (pool == "p")
