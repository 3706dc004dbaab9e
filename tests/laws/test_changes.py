"""Law 11, changes: Program and check agree on random instances with a plan in force; breaches and bad input are named."""

# ruff: noqa: E501 -- one case, one line

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from placement.check import check
from placement.explain.left_out import left_out
from placement.files import InputErrors, load
from placement.formulate import formulate
from placement.instance import Instance
from placement.replanning import changes, with_today
from tests.laws.random_instances import decided, over_wan, random_document, write_instance
from tests.laws.random_movement import in_place, standing
from tests.laws.seeds import seeds
from tests.laws.test_agreement import agreed, cheapest_choice, gang_choices, nudged, random_choice
from tests.laws.test_movement_violations import plan

TINY = Path("instances/tiny/changes.yaml")


def planned(document: dict[str, Any], rng: np.random.Generator, folder: Path) -> dict[str, Any]:
    """Most jobs that do not run yet are planned somewhere; few of them may be changed, at a price or not."""
    instance = write_instance(folder, document)
    gangs = formulate(instance).activities.gangs
    runs = []
    for j, job in enumerate(document["jobs"]):
        rows = np.flatnonzero((gangs.job == j) & (gangs.begin < 0))
        if not len(rows) or rng.random() < 0.2:
            continue
        row, block = int(rng.choice(rows)), int(rng.integers(instance.calendar.blocks))
        place = standing(instance, gangs, row, int(rng.integers(gangs.copies[row])))
        runs.append({"job": job["id"], "start_date": str(instance.calendar.block_starts[block]), **place})
    found: dict[str, Any] = {"runs": runs, "change_usd": float(rng.choice([0.0, 40.0, 900.0]))}
    if rng.random() < 0.8:
        found["most_changes"] = int(rng.integers(0, len(document["jobs"])))
    return {**document, "running_plan": found}


def instance_of(folder: Path, seed: int) -> Instance:
    rng = np.random.default_rng(seed)
    document = random_document(12_000 + seed)
    for job in document["jobs"]:
        job["commitment"] = str(rng.choice(["optional", "promised"]))
    document = [decided, over_wan, lambda document, _: document][seed % 3](document, rng)
    if seed % 4 == 1:
        document = in_place(document, rng, folder, 0.5)
    return write_instance(folder, planned(document, rng, folder))


@pytest.mark.parametrize("seed", seeds(5))
def test_random_instances_with_a_plan_in_force_agree(seed: int, tmp_path: Path) -> None:
    formulation = formulate(instance_of(tmp_path, seed))
    rng = np.random.default_rng(seed)
    choices = gang_choices(formulation, rng)
    for n in rng.permutation(len(choices))[:5].tolist():
        agreed(formulation, random_choice(formulation, choices[n], rng), seed)
    for _ in range(2):
        choice = cheapest_choice(formulation, rng)
        if choice is None:
            return
        agreed(formulation, choice, seed)
        agreed(formulation, nudged(formulation, choice, rng), seed)


def test_the_sample_keeps_and_changes(tmp_path: Path) -> None:
    """The sample is worth something only if what is allowed keeps some of today's plan and changes some, and limits bind."""
    kept, departed, bound = 0, 0, 0
    for seed in range(12):
        instance = instance_of(tmp_path, seed)
        assert instance.today is not None
        choice = cheapest_choice(formulation := formulate(instance), np.random.default_rng(seed))
        if choice is None:
            continue
        found = len(changes(instance, formulation.decode(*choice)))
        departed += found
        kept += len(instance.today.planned) + len(instance.jobs.running) - found
        bound += found == instance.today.most_changes
    assert min(kept, departed) >= 4 and bound >= 2, (kept, departed, bound)


def edited(folder: Path, run: dict[str, Any] | None = None, jobs: dict[str, Any] | None = None, **fields: Any) -> Path:
    """The tiny instance with the first run of its plan, its first job or the plan's fields edited; None removes a field."""
    document = yaml.safe_load(TINY.read_text())
    document["jobs"][0] |= jobs or {}
    found = document["running_plan"]
    found["runs"][0] = {k: v for k, v in (found["runs"][0] | (run or {})).items() if v is not None}
    document["running_plan"] = {k: v for k, v in (found | fields).items() if v is not None}
    path = folder / "fleet.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


AS_PLANNED = ((0, 0, 1, 0), (1, 1, 2, 0), (2, 2, 3, 0))
PLANS: dict[str, tuple[tuple[tuple[int, int, int, int], ...], int]] = {
    "as planned": (AS_PLANNED, 0),
    "without what is new": (AS_PLANNED[:2], 0),
    "one later": (((0, 0, 1, 0), (1, 2, 3, 0)), 1),
    "one left out": (AS_PLANNED[1:], 1),
    "the other way round": (((0, 1, 2, 0), (1, 0, 1, 0)), 2),
    "none": ((), 2),
}


@pytest.mark.parametrize("name", PLANS)
def test_changes_are_counted_and_paid_for(name: str) -> None:
    rows, number = PLANS[name]
    judged = check(instance := load(TINY), plan(*rows))
    assert len(changes(instance, plan(*rows))) == number
    assert judged.terms["changes"] == 20.0 * number
    found = [(v.law, v.message, v.amount) for v in judged.violations]
    assert found == ([] if number < 2 else [("changes", "today's plan: 2 changes of it, at most 1 are allowed", 1.0)])


def test_a_job_that_runs_today_and_moves_is_a_change_and_pays_its_own_price(tmp_path: Path) -> None:
    document = yaml.safe_load(Path("instances/tiny/movement.yaml").read_text())
    document["running_plan"] = {"change_usd": 7, "most_changes": 0}
    path = tmp_path / "fleet.yaml"
    path.write_text(yaml.safe_dump(document))
    moves = plan((0, 0, 2, 0), (0, 1, 4, 1), (1, 0, 1, 1))
    judged = check(load(path), moves)
    assert [v.amount for v in judged.violations if v.law == "changes"] == [1.0]
    assert judged.terms["changes"] == 0.0 and judged.terms["moves"] == 500.0


def test_which_of_equal_islands_it_is_is_no_change(tmp_path: Path) -> None:
    document = yaml.safe_load(TINY.read_text())
    document["pools"][0] |= {"islands": [{"gpus": 8, "count": 2}, {"gpus": 16}], "online_gpus": 32}
    path = tmp_path / "fleet.yaml"
    path.write_text(yaml.safe_dump(document))
    instance = load(path)
    assert [len(changes(instance, plan((0, 0, 1, island), (1, 1, 2, 0)))) for island in range(3)] == [0, 0, 1]


def test_a_plan_in_force_takes_the_place_of_the_one_that_is_stated() -> None:
    instance = with_today(load(TINY), plan((0, 2, 3, 0), (2, 0, 1, 0)), change_usd=5, most_changes=2)
    judged = check(instance, plan(*AS_PLANNED))
    assert judged.terms["changes"] == 10.0 and judged.violations == ()
    assert instance.digest != load(TINY).digest


def test_the_bill_names_the_changes_that_are_allowed() -> None:
    instance = load(TINY)
    assert instance.today is not None
    instance = replace(instance, today=replace(instance.today, most_changes=0))
    assert [one.message for one in left_out(instance)] == [
        "today's plan: all must jobs and hard floors fit, but not with at most 0 changes of it"
    ]


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "job": ({"run": {"job": "aa"}}, r"running_plan.runs\[0\].job = 'aa'(.|\n)*the id of a job(.|\n)*remedy"),
    "no job": ({"run": {"job": None}}, r"running_plan.runs\[0\].job"),
    "twice": ({"run": {"job": "b"}}, r"running_plan.runs\[1\].job = 'b'(.|\n)*each job once"),
    "runs": ({"jobs": {"current_place": {"islands": ["p/1"], "gpus": 8, "remaining_hours": 5, "move_usd": 1}}}, r"running_plan.runs\[0\].job = 'a'(.|\n)*a job that does not run yet"),
    "day": ({"run": {"start_date": "2026-01-04"}}, r"runs\[0\].start_date = 2026-01-04(.|\n)*a day on which a day of the calendar starts, 2026-01-01 to 2026-01-04"),
    "no day": ({"run": {"start_date": "soon"}}, r"runs\[0\].start_date = 'soon'"),
    "island": ({"run": {"islands": ["p/2"]}}, r"runs\[0\].islands\[0\] = 'p/2'(.|\n)*an island"),
    "no island": ({"run": {"islands": []}}, r"runs\[0\].islands"),
    "gpus": ({"run": {"gpus": 16}}, r"runs\[0\].gpus = 16(.|\n)*one of the job's shapes on x8"),
    "mode": ({"run": {"mode": "fast"}}, r"runs\[0\].mode = 'fast'(.|\n)*a mode of the job's shape"),
    "links": ({"run": {"links": ["ab"]}}, r"runs\[0\].links\[0\] = 'ab'(.|\n)*the id of a link"),
    "price": ({"change_usd": -1}, r"running_plan.change_usd = -1(.|\n)*at least 0"),
    "number": ({"most_changes": -1}, r"running_plan.most_changes = -1(.|\n)*at least 0"),
    "part": ({"most_changes": 0.5}, r"running_plan.most_changes = 0.5"),
    "unknown": ({"moves": 3}, r"running_plan.moves = 3"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_with_its_place(name: str, tmp_path: Path) -> None:
    edit, said = BAD[name]
    with pytest.raises(InputErrors, match=said):
        load(edited(tmp_path, **edit))
