"""A plan comes back from its file as it went in; a crash leaves the old plan whole; what was edited is told."""

from __future__ import annotations

import json
import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement import solve
from placement.check import check
from placement.files import InputErrors, WrongInstance, load, load_plan, save_plan, write_atomically
from placement.files.plan_tables import OCCASIONAL
from placement.instance import Instance
from placement.move import Move
from placement.plan import TABLES, Result, Status, empty

TINY = Path(__file__).resolve().parents[2] / "instances" / "tiny"


def same(a: Any, b: Any) -> bool:
    return all(
        np.array_equal(getattr(getattr(a, t), f.name), getattr(getattr(b, t), f.name))
        and getattr(getattr(a, t), f.name).dtype == getattr(getattr(b, t), f.name).dtype
        for t, kind in TABLES.items()
        for f in fields(kind)
    )


def table(folder: Path, name: str) -> Path:
    (found,) = folder.glob(f"plan.{name}.*.csv")
    return found


def test_round_trip(tmp_path: Path, result: Result, small: Instance) -> None:
    save_plan(result, small, tmp_path / "plan.json")
    loaded = load_plan(tmp_path / "plan.json", small)
    assert loaded.plan is not None
    assert same(loaded.plan, result.plan)
    assert (loaded.status, loaded.limit, loaded.seed, loaded.solver) == (result.status, result.limit, 7, "highs")
    assert loaded.terms == result.terms
    assert [level.value for level in loaded.levels] == [0.0, 1 / 3]
    assert loaded.levels[1].bound is None
    assert loaded.edited == ()
    assert {"python", "numpy"} <= set(loaded.versions)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    save_plan(result, small, tmp_path / "plan.json")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


def test_moves_come_back_step_by_step(tmp_path: Path, result: Result, small: Instance, small_text: str) -> None:
    moves = ((Move(1, 0),), (Move(0), Move(2)), (Move(1),))
    save_plan(replace(result, moves=moves), small, tmp_path / "plan.json")
    assert load_plan(tmp_path / "plan.json", small).moves == moves
    (tmp_path / "fleet.yaml").write_text(small_text.replace("pue: 1.2", "pue: 1.25"))
    assert load_plan(tmp_path / "plan.json", load(tmp_path), changed=True).moves is None
    save_plan(replace(result, moves=()), small, tmp_path / "plan.json")
    assert load_plan(tmp_path / "plan.json", small).moves == ()
    save_plan(result, small, tmp_path / "plan.json")
    assert load_plan(tmp_path / "plan.json", small).moves is None
    assert not list(tmp_path.glob("plan.moves.*"))


def test_no_plan_and_empty_plan(tmp_path: Path, result: Result, small: Instance) -> None:
    save_plan(replace(result, plan=None, terms=None, status=Status.INFEASIBLE), small, tmp_path / "plan.json")
    assert load_plan(tmp_path / "plan.json", small).plan is None
    nothing = type(result.plan)(**{name: empty(kind) for name, kind in TABLES.items()})  # type: ignore[misc]
    save_plan(replace(result, plan=nothing), small, tmp_path / "plan.json")
    assert same(load_plan(tmp_path / "plan.json", small).plan, nothing)


def test_another_instance_is_refused(tmp_path: Path, result: Result, small: Instance, small_text: str) -> None:
    save_plan(result, small, tmp_path / "plan.json")
    (tmp_path / "fleet.yaml").write_text(small_text.replace("pue: 1.2", "pue: 1.25"))
    with pytest.raises(WrongInstance, match="a plan of another instance"):
        load_plan(tmp_path / "plan.json", load(tmp_path))


def test_only_tables_of_this_plan_are_removed(tmp_path: Path, result: Result, small: Instance) -> None:
    others = [tmp_path / name for name in ("plan.runs.00000000.csv", "other.runs.11111111.csv", "notes.csv")]
    for path in others:
        path.write_text("mine")
    save_plan(result, small, tmp_path / "plan.json")
    before = table(tmp_path, "shedding")
    document = json.loads((tmp_path / "plan.json").read_text())
    document["tables"]["paths"]["file"] = "notes.csv"
    (tmp_path / "plan.json").write_text(json.dumps(document))
    assert result.plan is not None
    save_plan(replace(result, plan=replace(result.plan, shedding=empty(TABLES["shedding"]))), small, tmp_path / "plan.json")
    assert not before.exists()
    assert all(path.read_text() == "mine" for path in others)


@pytest.mark.parametrize("writes", range(7))
def test_a_crash_leaves_the_old_plan_whole(
    tmp_path: Path, result: Result, small: Instance, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    save_plan(result, small, tmp_path / "plan.json")
    assert result.plan is not None
    changed = replace(result, seed=8, plan=replace(result.plan, **{name: empty(kind) for name, kind in TABLES.items()}))
    left = writes

    def crash(path: Any, data: bytes) -> None:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        write_atomically(path, data)

    monkeypatch.setattr("placement.files.plans.write_atomically", crash)
    with pytest.raises(KeyboardInterrupt):
        save_plan(changed, small, tmp_path / "plan.json")
    loaded = load_plan(tmp_path / "plan.json", small)
    assert loaded.seed == 7
    assert loaded.edited == ()
    assert same(loaded.plan, result.plan)


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"old")

    def fail(handle: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(tmp_path / "a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_behind_a_link_the_plan_and_its_tables_stand_together(tmp_path: Path, result: Result, small: Instance) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "link.json").symlink_to("kept/plan.json")
    save_plan(result, small, tmp_path / "link.json")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["link.json"]
    assert (tmp_path / "link.json").is_symlink()
    for place in ("link.json", "kept/plan.json"):
        assert same(load_plan(tmp_path / place, small).plan, result.plan)


def test_edited_tables_are_named(tmp_path: Path, result: Result, small: Instance) -> None:
    save_plan(result, small, tmp_path / "plan.json")
    replicas = table(tmp_path, "replicas")
    replicas.write_text(replicas.read_text().replace(",3\n", ",2\n"))
    loaded = load_plan(tmp_path / "plan.json", small)
    assert loaded.edited == ("replicas",)
    assert loaded.plan is not None
    assert loaded.plan.replicas.units.tolist() == [2, 4]


CASES = [
    ("runs", "pretrain", "pretrian", "job = 'pretrian'", "did you mean 'pretrain'?"),
    ("runs", "cap80,384", "cap70,384", "accelerator = 'h100-sxm'", "a shape of the job"),
    ("runs", "2026-03-02", "2026-03-03", "start_date = '2026-03-03'", "the first day of a block"),
    ("runs", "2026-04-27", "2026-03-02", "end_date = '2026-03-02'", "the first day of a block"),
    ("runs", "night,toy,full,8,", "pretrain,h100-sxm,full,384,", "job = 'pretrain'", "each job once"),
    ("places", "north-h100/2", "north-h100/3", "island = 'north-h100/3'", "did you mean"),
    ("places", "night", "tune", "job = 'tune'", "a job in the table of runs"),
    ("places", ",16", ",-16", "units = '-16'", "from 0"),
    ("places", ",16", ",1.5", "units = '1.5'", "a whole number"),
    ("paths", "wan", "lan", "link = 'lan'", "did you mean 'wan'?"),
    ("replicas", "cap80", "cap70", "accelerator = 'h100-sxm'", "a profile of the service"),
    ("replicas", "rest", "night", "band = 'night'", "a band"),
    ("serving", "0.30000000000000004", "nan", "tokens_per_s = 'nan'", "a number"),
    ("serving", "memphis", "mars", "site = 'mars'", "a site"),
    ("shedding", ",2,", ",3,", "rung = 3", "a rung of the stream's ladder"),
    ("shedding", "true", "yes", "promised = 'yes'", "true or false"),
    ("shedding", "stream,rung", "stream,rnug", "header = 'rnug'", "did you mean rung?"),
]


@pytest.mark.parametrize(("name", "old", "new", "place", "says"), CASES, ids=[f"{row[0]} {row[3]}" for row in CASES])
def test_malformed_tables(
    tmp_path: Path, result: Result, small: Instance, name: str, old: str, new: str, place: str, says: str
) -> None:
    save_plan(result, small, tmp_path / "plan.json")
    path = table(tmp_path, name)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InputErrors) as caught:
        load_plan(tmp_path / "plan.json", small)
    found = [str(problem) for problem in caught.value.problems]
    assert any(text.startswith(path.name) and place in text and says in text for text in found), "\n".join(found)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"fleet-placement-plan/1"', '"fleet-placement-plan/2"', "'fleet-placement-plan/1'"),
        ('"seed": 7', '"seed": "7"', "a whole number"),
        ('"seed": 7', '"sed": 7', "did you mean seed?"),
        ('"status": "feasible"', '"status": "fine"', "'feasible'"),
        ('"status"', '"status": "optimal", "status"', "each field once"),
        ('"file": "plan.runs.', '"file": "../plan.runs.', "a plain file name"),
        ('"file": "plan.runs.', '"file": "lost.plan.runs.', "it does not exist"),
        ('"terms": {', '"terms": {"net": NaN,', "not JSON"),
    ],
)
def test_malformed_documents(tmp_path: Path, result: Result, small: Instance, old: str, new: str, says: str) -> None:
    save_plan(result, small, tmp_path / "plan.json")
    text = (tmp_path / "plan.json").read_text()
    assert old in text
    (tmp_path / "plan.json").write_text(text.replace(old, new, 1))
    with pytest.raises(InputErrors) as caught:
        load_plan(tmp_path / "plan.json", small)
    assert says in str(caught.value)


def test_no_cell_runs_in_a_spreadsheet(tmp_path: Path, result: Result, small: Instance) -> None:
    save_plan(result, small, tmp_path / "plan.json")
    for name in set(TABLES) - OCCASIONAL:
        for row in table(tmp_path, name).read_text().splitlines():
            assert all(cell[0] not in "=+-@\t" for cell in row.split(","))


def test_reroutes_come_back_and_ways_are_counted_from_the_cheapest(tmp_path: Path) -> None:
    instance = load(TINY / "wan-ways.yaml")
    save_plan(solve(instance), instance, tmp_path / "plan.json")
    rows = table(tmp_path, "reroutes")
    assert rows.read_text().splitlines()[1:] == ["d,a,2,2026-01-01,all,25.0"]
    plan = load_plan(tmp_path / "plan.json", instance).plan
    assert plan is not None and plan.reroutes.way.tolist() == [1] and not check(instance, plan).violations
    for cell in ("1", "2.5", "9"):
        rows.write_text(rows.read_text().replace("d,a,2", f"d,a,{cell}"))
        with pytest.raises(InputErrors, match="way"):
            load_plan(tmp_path / "plan.json", instance)
        rows.write_text(rows.read_text().replace(f"d,a,{cell}", "d,a,2"))
