"""Orders of moves: every step fits, what mends comes first, swaps take a detour or are one step; and wrong orders are found out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from placement import load
from placement.instance import Instance
from placement.move import Move, Moves
from placement.move_order import ordered
from placement.moves import Step, faults, mended, replayed
from placement.plan import Sublets
from tests.laws.test_movement_violations import plan

TINY = Path("instances/tiny/changes.yaml")
A, B, C, D = range(4)
"""One unit, three days: today a is on day 1 and b on day 2."""
TODAY = plan((A, 0, 1, 0), (B, 1, 2, 0))
CHAIN = plan((A, 1, 2, 0), (B, 2, 3, 0), (C, 0, 1, 0))
"""b makes room for a, and a for c."""


def jobs(found: list[Step]) -> list[tuple[int, ...]]:
    return [tuple(move.job for move in step.moves) for step in found]


def alone(*order: int) -> list[Moves]:
    """Steps of one job each, which goes where the new plan has it."""
    return [(Move(job),) for job in order]


def test_each_makes_room_for_the_next() -> None:
    found = ordered(load(TINY), TODAY, CHAIN)
    assert jobs(found) == [(B,), (A,), (C,)]
    assert not any(step.broken for step in found)


def test_jobs_that_swap_places_are_one_step() -> None:
    found = ordered(load(TINY), TODAY, plan((A, 1, 2, 0), (B, 0, 1, 0), (C, 2, 3, 0)))
    assert [set(step) for step in jobs(found)] == [{C}, {A, B}]
    assert not any(step.broken for step in found)


def test_what_stops_goes_first() -> None:
    found = ordered(load(TINY), TODAY, plan((A, 1, 2, 0)))
    assert jobs(found) == [(B,), (A,)]


def test_an_order_that_does_not_fit_is_found_out() -> None:
    found = replayed(load(TINY), TODAY, CHAIN, alone(A, B, C))
    assert [len(step.broken) for step in found] == [1, 0, 0]
    assert found[0].broken[0].law == "capacity" and found[0].broken[0].amount == 1.0


def test_what_today_s_plan_breaks_already_stops_nothing_and_does_not_get_worse() -> None:
    """Today two jobs hold the one unit on day 1; a third may not join them before one has gone."""
    crowded = plan((A, 0, 1, 0), (B, 0, 1, 0))
    found = ordered(load(TINY), crowded, plan((A, 0, 1, 0), (B, 1, 2, 0), (C, 2, 3, 0)))
    assert jobs(found) == [(B,), (C,)] and not any(step.broken for step in found)
    worse = replayed(load(TINY), crowded, plan((A, 0, 1, 0), (C, 0, 1, 0)), alone(C, B))
    assert [len(step.broken) for step in worse] == [1, 0]


def fleet(
    folder: Path, *, islands: int = 1, elsewhere: int = 0, jobs: int = 3, pools: tuple[str, ...] = (), **feed: Any
) -> Instance:
    """The tiny instance with so many islands of one unit in pools p and q, perhaps a job more, and what jobs and the feed state."""
    document = yaml.safe_load(TINY.read_text())
    del document["running_plan"]
    document["pools"][0] |= {"islands": [{"gpus": 8}] * islands, "online_gpus": 8 * islands}
    if elsewhere:
        more = {"id": "q", "islands": [{"gpus": 8}] * elsewhere, "online_gpus": 8 * elsewhere}
        document["pools"].append(document["pools"][0] | more)
    document["feeds"][0] |= feed
    document["jobs"] += [document["jobs"][2] | {"id": "d"}] * (jobs - 3)
    for job in document["jobs"]:
        job.update({"pools": pools} if pools else {})
    (folder / "fleet.json").write_text(json.dumps(document, default=str))
    return load(folder / "fleet.json")


SWAP = plan((A, 0, 1, 0), (B, 0, 1, 1)), plan((A, 0, 1, 1), (B, 0, 1, 0))
"""a and b change islands on day 1."""


@pytest.mark.parametrize(("islands", "elsewhere"), [(3, 0), (2, 1)], ids=["in the pool", "in another pool"])
def test_jobs_that_swap_places_take_a_detour_over_a_free_one(tmp_path: Path, islands: int, elsewhere: int) -> None:
    instance = fleet(tmp_path, islands=islands, elsewhere=elsewhere)
    found = ordered(instance, *SWAP)
    assert [step.moves for step in found] == [(Move(A, 2),), (Move(B),), (Move(A),)]
    assert not any(step.broken for step in found)
    listed = [step.moves for step in found]
    assert replayed(instance, *SWAP, listed) == found and faults(instance, *SWAP, listed) == []


def test_three_in_a_circle_need_one_detour(tmp_path: Path) -> None:
    """a goes where b is, b where c is, c where a is."""
    today, new = plan((A, 0, 1, 0), (B, 0, 1, 1), (C, 0, 1, 2)), plan((A, 0, 1, 1), (B, 0, 1, 2), (C, 0, 1, 0))
    found = ordered(fleet(tmp_path, islands=4), today, new)
    assert [step.moves for step in found] == [(Move(A, 3),), (Move(C),), (Move(B),), (Move(A),)]
    assert not any(step.broken for step in found)


@pytest.mark.parametrize(
    ("stated", "runs"),
    [
        ({"islands": 2}, ()),
        ({"islands": 3}, ((C, 0, 1, 2),)),
        ({"islands": 2, "elsewhere": 1, "pools": ("p",)}, ()),
    ],
    ids=["there is no third", "the third is taken", "they may not go there"],
)
def test_where_no_place_is_free_a_swap_is_one_step(tmp_path: Path, stated: dict[str, Any], runs: Any) -> None:
    today, new = plan((A, 0, 1, 0), (B, 0, 1, 1), *runs), plan((A, 0, 1, 1), (B, 0, 1, 0), *runs)
    found = ordered(fleet(tmp_path, **stated), today, new)
    assert jobs(found) == [(A, B)] and not found[0].broken


def test_a_detour_over_a_place_that_is_taken_is_found_out(tmp_path: Path) -> None:
    today, new = plan((A, 0, 1, 0), (B, 0, 1, 1), (C, 0, 1, 2)), plan((A, 0, 1, 1), (B, 0, 1, 0), (C, 0, 1, 2))
    found = replayed(fleet(tmp_path, islands=3), today, new, [(Move(A, 2),), (Move(B),), (Move(A),)])
    taken = [("capacity", "p/3", 1.0)]
    assert [[(v.law, v.subject, v.amount) for v in step.broken] for step in found] == [taken, taken, []]


CROWDED = plan((A, 0, 1, 3), (B, 0, 1, 0), (C, 0, 1, 0), (D, 0, 1, 1))
SPREAD = plan((A, 0, 1, 4), (B, 0, 1, 0), (C, 0, 1, 1), (D, 0, 1, 2))
"""Today b and c hold p/1 on day 1. c goes to p/2 once d has gone from there; a goes from p/4 to p/5 and is in nobody's way."""


def test_what_mends_comes_first_with_what_it_waits_for(tmp_path: Path) -> None:
    instance = fleet(tmp_path, islands=5, jobs=4)
    found = ordered(instance, CROWDED, SPREAD)
    assert jobs(found) == [(D,), (C,), (A,)] and not any(step.broken for step in found)
    holds = mended(instance, CROWDED, SPREAD, [step.moves for step in found])
    assert [(v.law, v.subject, v.amount, step) for v, step in holds] == [("capacity", "p/1", 1.0, 2)]


def test_a_step_may_not_break_what_today_s_plan_breaks_by_more(tmp_path: Path) -> None:
    """On day 1 three units draw 24 kW, and 8 are allowed: a fourth may not join them, only follow one that has gone."""
    instance = fleet(tmp_path, islands=4, jobs=4, limit_kw=8)
    today, new = plan((A, 0, 1, 0), (B, 0, 1, 1), (C, 0, 1, 2)), plan((A, 0, 1, 0), (D, 1, 2, 3))
    drawn = replayed(instance, today, plan((A, 0, 1, 0), (D, 0, 1, 3)), [(Move(D),), (Move(B),), (Move(C),)])
    assert [[(v.law, v.amount) for v in step.broken] for step in drawn] == [[("power", 24.0)], [], []]
    found = ordered(instance, today, new)
    assert jobs(found) == [(B,), (C,), (D,)] and not any(step.broken for step in found)
    ((violation, step),) = mended(instance, today, new, [step.moves for step in found])
    assert (violation.law, violation.amount, step) == ("power", 16.0, 2)


def test_what_gives_way_mends_before_the_first_step(tmp_path: Path) -> None:
    """Today the unit is let on day 1 and a stands on it."""
    let = replace(TODAY, sublets=Sublets(np.array([0]), np.array([0]), np.array([1])))
    ((violation, step),) = mended(load(TINY), let, CHAIN, alone(B, A, C))
    assert (violation.law, violation.subject, step) == ("capacity", "p", 0)


def test_what_is_never_mended_is_said(tmp_path: Path) -> None:
    instance = fleet(tmp_path, islands=5, jobs=4)
    assert [step for _, step in mended(instance, CROWDED, SPREAD, alone(A))] == [None]


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (alone(B, A), "c: it runs otherwise than in today's plan, and no step moves it"),
        (alone(B, A, C, D), "d: step 4 moves it, though it runs as in today's plan"),
        (alone(B, A, C, B), "b: step 4 moves it once more after it has gone where the plan has it"),
        ([*alone(B, C), (Move(A, 0),)], "a: no step brings it back from its detour"),
    ],
    ids=["one is missing", "one stays", "one moves twice", "one does not come back"],
)
def test_a_list_that_does_not_lead_to_the_plan_is_found_out(tmp_path: Path, listed: list[Moves], said: str) -> None:
    (fault,) = faults(fleet(tmp_path, jobs=4), TODAY, CHAIN, listed)
    assert (fault.law, fault.message) == ("moves", said)


def test_a_job_that_stops_takes_no_detour() -> None:
    (fault,) = faults(load(TINY), TODAY, plan((A, 0, 1, 0)), [(Move(B, 0),), (Move(B),)])
    assert fault.message == "b: step 1 sends it on a detour, which only a job that is to run on one island can take"


def test_a_job_that_runs_today_moves_with_both_its_places() -> None:
    """j leaves p/1, which it holds for a day more, for q/1, where l was to run on day 2."""
    instance = load(Path("instances/tiny/movement.yaml"))
    today, new = plan((0, 0, 3, 0), (1, 0, 1, 1), (2, 1, 2, 1)), plan((0, 0, 2, 0), (0, 1, 4, 1), (1, 0, 1, 1))
    found = ordered(instance, today, new)
    assert jobs(found) == [(2,), (0,)] and not any(step.broken for step in found)
    wrong = replayed(instance, today, new, alone(0, 2))
    assert [[(v.law, v.subject, v.amount) for v in step.broken] for step in wrong] == [[("capacity", "q/1", 1.0)], []]


def test_a_step_that_overloads_a_link_is_found_out(tmp_path: Path) -> None:
    """Data of the one still cross the link when those of the other come to: 10 TB a day are 0.93 Gbit/s each, and it carries 1."""
    document = yaml.safe_load(Path("instances/tiny/movement.yaml").read_text())
    document["pools"][1] |= {"islands": [{"gpus": 8}] * 2, "online_gpus": 16}
    document["jobs"][2] |= {"data_tb": 10, "data_at": "a", "move_blocks": 1}
    (tmp_path / "fleet.json").write_text(json.dumps(document, default=str))
    instance = load(tmp_path / "fleet.json")
    today, new = plan((0, 0, 3, 0), (1, 0, 1, 1), (2, 1, 2, 2)), plan((0, 0, 2, 0), (0, 1, 4, 1), (1, 0, 1, 1), (2, 2, 3, 2))
    found = ordered(instance, today, new)
    assert jobs(found) == [(2,), (0,)] and not any(step.broken for step in found)
    (first, last) = replayed(instance, today, new, alone(0, 2))
    assert [v.law for v in first.broken] == ["wan"] and not last.broken
