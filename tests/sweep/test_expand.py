"""Cases: designs, changes, hashes and parents; and what is wrong with a sweep file."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.cli.sweeping import given_sweep, sweep_cases
from placement.files import InputErrors, load
from placement.sweep.expand import Expanded
from placement.sweep.run import shard_of

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "instances" / "tiny"
Data = Callable[..., dict[str, Any]]
FEE = {"id": "fee", "path": "contracts[lease].fee_usd_per_month"}


def settings(cases: Expanded) -> list[tuple[Any, ...]]:
    return [tuple(case.settings.values()) for case in cases.cases]


def test_a_grid_has_every_combination(sweep_data: Data) -> None:
    cases = sweep_cases(sweep_data())
    assert settings(cases) == [(73000, 8000), (73000, 2000), (120000, 8000), (120000, 2000)]
    changed = load(TINY / "contract-lease.yaml", changes=cases.cases[3].changes)
    assert changed.contracts["lease"].fee_usd_per_month == 120000
    assert changed.jobs.value_usd[1] == 2000


def test_a_list_has_what_it_states_and_first_settings_elsewhere(sweep_data: Data) -> None:
    cases = sweep_cases(sweep_data(design="list", cases=[{}, {"worth": 2000}, {"fee": 99, "worth": 1.5}]))
    assert settings(cases) == [(73000, 8000), (73000, 2000), (99, 1.5)]


def test_a_latin_hypercube_has_one_sample_in_each_part(sweep_data: Data) -> None:
    worth = {"id": "worth", "path": "jobs[b].value_usd", "low": 0, "high": 10}
    ranged = [FEE | {"low": 1000, "high": 1_000_000, "log": True}, worth]
    cases = sweep_cases(sweep_data(design="latin_hypercube", samples=10, parameters=ranged))
    fees, worths = np.array(settings(cases)).T
    assert sorted(np.floor(worths).astype(int)) == list(range(10))
    assert sorted(np.floor(10 * np.log(fees / 1000) / np.log(1000)).astype(int)) == list(range(10))


def test_random_samples_repeat_by_their_seed_and_whole_numbers_are_whole(sweep_data: Data) -> None:
    ranged = [FEE | {"low": 0.5, "high": 9.5, "integer": True}]
    once = settings(sweep_cases(sweep_data(design="random", samples=40, parameters=ranged)))
    assert once == settings(sweep_cases(sweep_data(design="random", samples=40, parameters=ranged)))
    assert once != settings(sweep_cases(sweep_data(design="random", samples=40, sample_seed=1, parameters=ranged)))
    assert all(isinstance(fee, int) and 1 <= fee <= 9 for (fee,) in once)


def test_pairs_are_none_each_and_every_two_scenarios(tmp_path: Path, sweep_data: Data) -> None:
    data = {key: value for key, value in sweep_data().items() if key != "parameters"}
    names = ["planned-10x", "no-lease", "one-quarter-slip"]
    frontier = str(ROOT / "instances" / "frontier-2026")
    cases = sweep_cases(data | {"design": "scenario_pairs", "pairs": names, "instance": frontier})
    on = [{name for name, state in case.settings.items() if state == "on"} for case in cases.cases]
    assert on == [set(), *({name} for name in names), {names[0], names[1]}, {names[0], names[2]}, {names[1], names[2]}]
    both = load(frontier, changes=cases.cases[4].changes)
    assert both.digest != load(frontier, scenario="no-lease").digest
    assert load(frontier, changes=cases.cases[2].changes).digest == load(frontier, scenario="no-lease").digest


def test_scaling_multiplies_and_leaves_the_sweep_as_it_was(sweep_data: Data) -> None:
    steps = [{"from_date": "2026-01-01", "value": 8}]
    level = {"id": "x", "changes": [{"path": "pools[q].online_gpus", "value": steps},
                                    {"path": "pools[q].online_gpus", "action": "scale", "value": 0.5}]}  # fmt: skip
    cases = sweep_cases(sweep_data(parameters=[{"id": "p", "levels": [level]}]))
    for _ in range(2):
        changed = load(TINY / "contract-lease.yaml", changes=cases.cases[0].changes)
        assert changed.pool_ramp_gpus[1].tolist() == [4.0] * 4
        assert cases.cases[0].changes[0].value[0]["value"] == 8


def test_hashes_tell_cases_apart_and_stay(sweep_data: Data) -> None:
    cases = sweep_cases(sweep_data())
    assert len({case.digest for case in cases.cases}) == 4
    assert [case.digest for case in cases.cases] == [case.digest for case in sweep_cases(sweep_data()).cases]
    limits = {"solver": "enumerate", "work_limit": 5.0, "gap": 0.0}
    for change in ({"seed": 1}, {"gap": 0.1}, {"work_limit": 6.0}, {"solver": "cpsat"}, {"starts": False}):
        other = sweep_cases(sweep_data(limits=limits | change))
        assert {case.digest for case in other.cases[1:]}.isdisjoint(case.digest for case in cases.cases)
    same = sweep_cases(sweep_data(limits=limits | {"wall_limit_s": 5.0, "memory_limit_mb": 900.0}))
    assert [case.digest for case in same.cases] == [case.digest for case in cases.cases], "what only ends cases is not in it"


def test_every_parent_is_a_nearest_neighbour_among_those_before_it(sweep_data: Data) -> None:
    parameters = [FEE | {"values": [0, 1, 2, 3]}, {"id": "worth", "path": "jobs[b].value_usd", "values": [0, 10, 20]}]
    cases = sweep_cases(sweep_data(parameters=parameters))
    before: list[int] = []
    for n in cases.order:
        case = cases.cases[n]
        assert (case.parent is None) == (not before)
        if case.parent is not None:
            assert case.parent in before
            here, there = case.settings, cases.cases[case.parent].settings
            assert abs(here["fee"] - there["fee"]) / 3 + abs(here["worth"] - there["worth"]) / 20 <= 0.5
        before.append(n)
    assert sorted(before) == list(range(12))


def test_a_small_change_is_nearer_than_a_large_one_however_far_ranges_reach(sweep_data: Data) -> None:
    parameters = [FEE | {"values": [8000, 4000, 2000, 1000]}, {"id": "worth", "path": "jobs[b].value_usd", "values": [100, 95]}]
    cases = sweep_cases(sweep_data(parameters=parameters)).cases
    halved = [cases[n].parent for n in range(2, 8, 2)]
    a_little_less = [cases[n].parent for n in range(1, 8, 2)]
    assert (halved, a_little_less) == ([0, 2, 4], [0, 2, 4, 6])


def test_shards_share_all_cases_and_none_twice(sweep_data: Data) -> None:
    cases = sweep_cases(sweep_data(parameters=[FEE | {"values": list(range(17))}]))
    parts = [shard_of(cases, (n, 5)) for n in range(1, 6)]
    assert sorted(n for part in parts for n in part) == list(range(17))
    assert {len(part) for part in parts} == {3, 4}
    assert all(a < b for part in parts for a, b in pairwise(sorted(part)))


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"format": "x"}, "format = 'x'"),
    ({"name": "a b"}, "name = 'a b'"),
    ({"instance": "nowhere.yaml"}, "instance = 'nowhere.yaml'"),
    ({"scenario": "none"}, "the id of a scenario"),
    ({"limits": {"gap": 0.0}}, "work_limit"),
    ({"limits": {"work_limit": 0.0}}, "more than 0"),
    ({"limits": {"work_limit": 1.0, "solver": "magic"}}, "of auto, cpsat"),
    ({"limits": {"work_limit": 1.0, "gap": 1.0}}, "less than 1"),
    ({"limits": {"work_limit": 1.0, "seed": -1}}, "at least 0"),
    ({"limits": {"work_limit": 1.0, "wall_limit_s": 0.0}}, "wall_limit_s"),
    ({"limits": {"work_limit": 1.0, "memory_limit_mb": -1.0}}, "memory_limit_mb"),
    ({"limits": {"work_limit": 1.0, "starts": "yes"}}, "true or false"),
    ({"design": "cube"}, "design = 'cube'"),
    ({"samples": 5}, "takes no samples"),
    ({"design": "random"}, "needs samples"),
    ({"design": "list"}, "needs cases"),
    ({"design": "list", "cases": [{"fees": 1}]}, "the id of a parameter"),
    ({"design": "list", "cases": [{}, {}]}, "differ from each other"),
    ({"design": "scenario_pairs", "pairs": ["a", "b"]}, "scenario_pairs states none"),
    ({"parameters": []}, "a sweep states parameters"),
    ({"parameters": [FEE]}, "one of values, low and high"),
    ({"parameters": [{"id": "x", "values": [1]}]}, "need path or paths"),
    ({"parameters": [FEE | {"low": 2, "high": 1}]}, "a higher high"),
    ({"parameters": [FEE | {"low": 1, "high": 2}]}, "state values"),
    ({"design": "random", "samples": 2, "parameters": [FEE | {"low": 0, "high": 2, "log": True}]}, "above 0"),
    ({"parameters": [FEE | {"values": [1], "integer": True}]}, "integer is for ranges"),
    ({"parameters": [FEE | {"values": [True], "action": "scale"}]}, "takes numbers"),
    ({"parameters": [FEE | {"values": [1, 1]}]}, "differ from each other"),
    ({"parameters": [FEE | {"values": [1]}, FEE | {"values": [2]}]}, "different ids"),
    ({"parameters": [{"id": "x", "path": "contracts[leas].fee_usd_per_month", "values": [1]}]}, "has no \\[leas\\]"),
    ({"parameters": [{"id": "x", "paths": ["jobs[b].value_usd", "jobs[z].value_usd"], "values": [1]}]}, "paths\\[1\\]"),
    ({"parameters": [{"id": "x", "scenarios": [None, "none"]}]}, "the id of a scenario"),
    ({"parameters": [{"id": "x", "levels": [{"id": "y", "scenario": "none"}]}]}, "levels\\[y\\]"),
    ({"parameters": [{"id": "x", "levels": [{"id": "y", "changes": [{"path": "zones", "action": "remove"}]}]}]}, "has no zones"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_is_wrong_is_told_with_its_line_and_a_remedy(
    change: dict[str, Any], message: str, tmp_path: Path, sweep_data: Data
) -> None:
    path = tmp_path / "sweep.json"
    path.write_text(json.dumps(sweep_data(**change), indent=1), encoding="utf-8")
    with pytest.raises(InputErrors, match=message) as found:
        sweep_cases(path)
    assert "sweep.json:" in str(found.value)
    assert "remedy:" in str(found.value)


def test_an_instance_with_options_is_a_sweep() -> None:
    vary = ["fee:contracts[lease].fee_usd_per_month=73000,90000", "worth:jobs[b].value_usd*=1,0.5"]
    loaded = given_sweep(TINY / "contract-lease.yaml", vary, [], {"work_limit": 5.0}, {})
    assert settings(sweep_cases(loaded)) == [(73000, 1), (73000, 0.5), (90000, 1), (90000, 0.5)]
    sampled = given_sweep(
        TINY / "contract-lease.yaml", ["fee:contracts[lease].fee_usd_per_month=1e4..1e5"], [], {"work_limit": 5.0},
        {"design": "latin_hypercube", "samples": 7},
    )  # fmt: skip
    assert len(sweep_cases(sampled).cases) == 7
    for wrong in (["fee"], ["fee:=1"]):
        with pytest.raises(ValueError, match="write NAME:PATH"):
            given_sweep(TINY / "contract-lease.yaml", wrong, [], {"work_limit": 5.0}, {})
    with pytest.raises(ValueError, match="work-limit"):
        given_sweep(TINY / "contract-lease.yaml", vary, [], {}, {})
    with pytest.raises(ValueError, match="say what varies"):
        given_sweep(TINY / "contract-lease.yaml", [], [], {"work_limit": 5.0}, {})
    with pytest.raises(ValueError, match="is a sweep"):
        given_sweep(ROOT / "instances" / "sweeps" / "tiny-lease.yaml", vary, [], {}, {})
