"""Plans of running jobs that are edited to break law 11, movement, and what the check says of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from placement.check import check
from placement.files import InputErrors, load, load_plan, save_plan
from placement.instance import Instance
from placement.plan import Paths, Places, Plan, Replicas, Result, Runs, Serving, Shedding, empty
from placement.program import Status

TINY = Path("instances/tiny/movement.yaml")
P, Q = 0, 1
"""Islands p/1 and q/1. Jobs j, k and l are 0, 1 and 2, as are their shapes."""


def plan(*rows: tuple[int, int, int, int]) -> Plan:
    """Runs as (job, start, end, island)."""
    job, start, end, island = np.array(rows, dtype=np.int64).reshape(len(rows), 4).T
    places = Places(np.arange(len(rows)), island, np.ones(len(rows), dtype=np.int64))
    return Plan(Runs(job, job, start, end), places, empty(Paths), empty(Replicas), empty(Serving), empty(Shedding))


def edited(folder: Path, edit: dict[str, Any], policies: list[dict[str, Any]] | None = None, **job: Any) -> Path:
    """The tiny instance with j's current place edited; None removes a field."""
    document = yaml.safe_load(TINY.read_text())
    document["jobs"][0] |= job
    place = document["jobs"][0]["current_place"] | edit
    document["jobs"][0]["current_place"] = {k: v for k, v in place.items() if v is not None}
    document["policies"] = policies or []
    path = folder / "fleet.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


BEST = ((0, 0, 2, P), (0, 1, 4, Q), (1, 0, 1, Q))
BREACHES: dict[str, tuple[tuple[tuple[int, int, int, int], ...], str, float]] = {
    "leaves too soon": (((0, 0, 1, P), *BEST[1:]), "j: holds its old place in blocks (0, 1), not in (0, 2)", 1.0),
    "leaves nothing": (BEST[1:], "j: does not hold its old place until block 2", 2.0),
    "loses no work": ((BEST[0], (0, 1, 3, Q), BEST[2]), "j: holds its place until block 3, what is left of its", 1.0),
    "stays too long": (((0, 0, 4, P),), "j: holds its place until block 4, what is left of its work", 1.0),
    "pauses": (((0, 1, 4, P),), "j: pauses until block 1", 1.0),
    "frozen": (((1, 0, 1, P),), "k: moves though it is frozen", 1.0),
    "twice": (((0, 0, 1, P), (0, 1, 2, Q), (0, 2, 4, P)), "j: runs in 3 places, one move is allowed", 1.0),
    "in place": (((0, 0, 2, P), (0, 1, 4, P)), "j: moves to where it stands", 1.0),
    "other": (((0, 0, 2, Q), (0, 1, 4, Q)), "j: leaves another place than it stands on today", 1.0),
    "at once": (((0, 0, 1, P), (0, 0, 4, Q)), "j: starts at b in block 1, 1 blocks before its data", 1.0),
    "ended": (((0, 0, 4, P), (0, 3, 4, Q)), "j: moves in block 3, when it has ended", 1.0),
}


@pytest.mark.parametrize("name", BREACHES)
def test_breaches_are_found(name: str) -> None:
    rows, said, amount = BREACHES[name]
    found = [v for v in check(load(TINY), plan(*rows)).violations if v.message.startswith(said)]
    assert [v.amount for v in found] == [amount]
    assert found[0].law in ("movement", "wan")


def test_the_best_plan_breaks_nothing_and_its_terms_are_the_ones_worked_out() -> None:
    judged = check(load(TINY), plan(*BEST))
    assert judged.violations == ()
    terms = {term: usd for term, usd in judged.terms.items() if usd}
    assert terms == {"usage_fees": 3840.0, "wan": 100.0, "moves": 500.0, "training_value": -7100.0}
    stopped = check(load(TINY), plan((2, 0, 1, Q)))
    assert stopped.violations == () and stopped.levels["net_cost"] == -1000.0


def test_a_move_keeps_to_the_deadline_and_the_horizon(tmp_path: Path) -> None:
    (found,) = check(load(edited(tmp_path, {}, deadline_date="2026-01-04")), plan(*BEST)).violations
    assert (found.message, found.amount) == ("j: ends 2026-01-05, after its deadline", 1.0)
    (found,) = check(load(edited(tmp_path, {"lost_hours": 48})), plan(*BEST)).violations
    assert (found.message, found.amount) == ("j: does not end within the horizon", 1.0)


def test_freeze_and_pin_keep_a_job_where_it_is(tmp_path: Path) -> None:
    freeze = [{"id": "quiet", "kind": "freeze", "until_date": "2026-01-03", "tenants": ["t"]}]
    (found,) = check(load(edited(tmp_path, {}, freeze)), plan(*BEST)).violations
    assert found.message == "j: moves on 2026-01-02, which policy quiet excludes until 2026-01-03" and found.amount == 1
    for pin in ("pool", "site"):
        (found,) = check(load(edited(tmp_path, {"pin": pin})), plan(*BEST)).violations
        assert found.message == f"j: moves to another {pin}, out of which its pin keeps it"


def test_what_continues_is_worth_the_share_of_what_was_left(tmp_path: Path) -> None:
    """Of 144 hours 24 are made at a; the rest takes 120 + 24 at b, of which the horizon has half: 1 - 120 / 144 / 2 = 7/12."""
    instance = load(edited(tmp_path, {"remaining_hours": 144}, continues_after=True, shapes=[_shape(240)]))
    judged = check(instance, plan(*BEST))
    assert judged.violations == ()
    assert judged.terms["training_value"] == pytest.approx(-6000 * 7 / 12 - 1100)


def test_what_is_left_scales_with_the_shape_of_the_new_place(tmp_path: Path) -> None:
    """A shape of half the hours: 48 of 72 hours left at the move are 24 there, and 24 lost."""
    shapes = [_shape(120), {"accelerator": "x8", "gpus": 4, "duration_hours": 60}]
    instance = load(edited(tmp_path, {}, shapes=shapes))
    rows = plan((0, 0, 2, P), (0, 1, 3, Q))
    halved = Plan(Runs(rows.runs.job, np.array([0, 1]), rows.runs.start_block, rows.runs.end_block), *list(vars(rows).values())[1:])
    assert check(instance, halved).violations == ()


def _shape(hours: float) -> dict[str, Any]:
    return {"accelerator": "x8", "gpus": 8, "duration_hours": hours}


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "islands": ({"islands": ["p/2"]}, r"islands\[0\] = 'p/2'(.|\n)*expected: an island(.|\n)*remedy"),
    "repeated": ({"islands": ["p/1", "p/1"]}, r"islands\[1\] = 'p/1'(.|\n)*each island once"),
    "name": ({"islands": ["p"]}, r"islands\[0\] = 'p'"),
    "sites": ({"islands": ["p/1", "q/1"], "gpus": 8}, "within the job's span, 'island'"),
    "gpus": ({"gpus": 16}, r"current_place.gpus = 16(.|\n)*one of the job's shapes on x8"),
    "mode": ({"mode": "fast"}, r"current_place.mode = 'fast'(.|\n)*a mode of the job's shape"),
    "links": ({"links": ["ab"]}, r"current_place.links(.|\n)*it stands at one site"),
    "link": ({"links": ["ba"]}, r"current_place.links\[0\] = 'ba'(.|\n)*the id of a link"),
    "remaining": ({"remaining_hours": 0}, r"current_place.remaining_hours = 0"),
    "no remaining": ({"remaining_hours": None}, "remaining_hours"),
    "move": ({"move_usd": None}, "state move_usd or frozen: true"),
    "negative": ({"move_usd": -1}, r"move_usd = -1"),
    "frozen": ({"frozen": True, "move_usd": None}, "frozen: true excludes move_tb, overlap_blocks, lost_hours"),
    "pin": ({"pin": "rack"}, r"pin = 'rack'"),
    "overlap": ({"overlap_blocks": -1}, r"overlap_blocks = -1"),
    "lost": ({"lost_hours": -1}, r"lost_hours = -1"),
    "tb": ({"move_tb": 0}, r"move_tb = 0"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_with_its_place(name: str, tmp_path: Path) -> None:
    edit, said = BAD[name]
    with pytest.raises(InputErrors, match=said):
        load(edited(tmp_path, edit))


def test_a_place_that_the_job_may_not_have_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputErrors, match="pools that may carry the job, which 'p' may not"):
        load(edited(tmp_path, {}, pools=["q"]))
    loss = "losses: [{id: l, sites: [a], jobs: must, covered_share: 0}]\n"
    path = edited(tmp_path, {}, commitment="must")
    path.write_text(path.read_text() + loss)
    with pytest.raises(InputErrors, match="loss 'l' wants backups"):
        load(path)
    with pytest.raises(InputErrors, match="until_date"):
        load(edited(tmp_path, {}, [{"id": "quiet", "kind": "freeze"}]))


def saved(instance: Instance, folder: Path) -> Path:
    terms = check(instance, plan(*BEST)).terms
    result = Result(Status.FEASIBLE, None, plan(*BEST), terms, (), 1.0, "none", 0, instance.name, instance.digest)
    save_plan(result, instance, folder / "plan.json")
    (table,) = folder.glob("plan.runs.*.csv")
    return table


def test_moves_come_back_from_a_file(tmp_path: Path) -> None:
    instance = load(TINY)
    table = saved(instance, tmp_path)
    assert table.read_text().splitlines()[1:3] == ["j/leaving,x8,full,8,2026-01-01,2026-01-03", "j,x8,full,8,2026-01-02,2026-01-05"]
    again = load_plan(tmp_path / "plan.json", instance).plan
    assert again is not None
    for name in ("runs", "places"):
        for column, value in vars(getattr(plan(*BEST), name)).items():
            assert np.array_equal(getattr(getattr(again, name), column), value), column
    lines = table.read_text().splitlines()
    table.write_text("\n".join([lines[0], lines[2], lines[1], lines[3]]) + "\n")
    with pytest.raises(InputErrors, match="the row of where it goes below that of what it leaves"):
        load_plan(tmp_path / "plan.json", instance)
