"""Accepting: the history of a baseline, what is refused, and best known values that only checked plans replace."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from placement.bench.accept import Unsound, accept
from placement.bench.best import BY_HAND, Entry, best_entry, better, disagreement, fingerprint, updated
from placement.bench.case import Information, Quality
from placement.bench.compare import compare
from placement.bench.results import Changed, SuiteName, read_document, write_document
from placement.bench.runner import measured
from placement.cli.searching import search
from placement.files import InputErrors
from tests.bench.searches import case, document
from tests.bench.test_compare import LEVELS, QUALITY, ROW, level


def test_a_first_result_becomes_a_baseline_without_its_traces() -> None:
    traced = replace(ROW, information=Information(seconds=3.0, trace=[[1.0, 5.0, None]]))
    baseline = accept(document(traced), None, "first run")
    assert [(one.reason, one.changed) for one in baseline.history] == [("first run", ())]
    assert baseline.rows[0].information == Information(seconds=3.0)
    assert compare(baseline, document(traced)).findings == ()


def test_history_grows_and_says_what_changed() -> None:
    first = accept(document(ROW, replace(ROW, case="old/highs/0")), None, "first run")
    second = accept(document(level(1, objective=-900.0), replace(ROW, case="new/highs/0")), first, "  prices rose  ")
    assert [one.reason for one in second.history] == ["first run", "prices rose"]
    assert second.history[0] == first.history[0]
    assert second.history[1].changed == (
        Changed("a/highs/0", "net_cost objective", -1000.0, -900.0),
        Changed("old/highs/0", "case", "there", None),
        Changed("new/highs/0", "case", None, "there"),
    )


@pytest.mark.parametrize(
    ("result", "reason", "words"),
    [
        (document(ROW), " ", "wants a reason"),
        (document(ROW, complete=False), "x", "interrupted"),
        (document(ROW, suite=SuiteName("other", "sha256:0")), "x", "of the suite other and the baseline of made"),
        (document(replace(ROW, error="died", quality=Quality("error"))), "x", "a/highs/0 ended in errors"),
        (document(replace(ROW, quality=replace(QUALITY, violations=1))), "x", "break laws"),
    ],
)
def test_what_is_not_sound_is_refused(result: Any, reason: str, words: str) -> None:
    with pytest.raises(Unsound, match=words):
        accept(result, document(ROW), reason)


def test_errors_are_accepted_when_told_to_and_interrupted_runs_never() -> None:
    failed = document(replace(ROW, error="died", quality=Quality("error")))
    assert accept(failed, None, "known", unsound=True).history
    with pytest.raises(Unsound):
        accept(replace(failed, complete=False), None, "known", unsound=True)


def test_documents_are_read_back_as_written_and_equal_ones_are_equal_bytes(tmp_path: Path) -> None:
    odd = replace(
        ROW, case="b\u00e9\u2028/highs/0", quality=replace(QUALITY, work=0.1 + 0.2, levels=(replace(LEVELS[0], bound=None),))
    )
    made = accept(document(ROW, odd), None, "first run")
    write_document(made, tmp_path / "a.json")
    again = read_document(tmp_path / "a.json")
    assert again == made
    write_document(replace(again, rows=tuple(reversed(again.rows))), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda found: found.pop("rows"),
        lambda found: found.update(format="fleet-placement-plan/1"),
        lambda found: found["rows"][0]["quality"].update(work="much"),
        lambda found: found["rows"].append(found["rows"][0]),
        lambda found: found.update(gates={"work": "sometimes"}),
        lambda found: found["rows"][0]["quality"].update(work=-1),
        lambda found: found["rows"][0]["information"].update(seconds=1e300),
        lambda found: found["rows"][0]["information"].update(trace=[[1.0, 2.0]]),
        lambda found: found["rows"][0]["information"].update(trace=[[1e300, 2.0, 3.0]]),
    ],
)
def test_what_is_no_result_is_refused_with_its_place(tmp_path: Path, damage: Any) -> None:
    path = tmp_path / "result.json"
    write_document(document(ROW), path)
    found = json.loads(path.read_text())
    damage(found)
    path.write_text(json.dumps(found))
    with pytest.raises(InputErrors, match=r"result\.json: .*(not a result|stands there twice)") as raised:
        read_document(path)
    assert "placement bench run" in str(raised.value)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "\x00", '{"rows": NaN}'])
def test_what_is_no_document_at_all_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "result.json"
    path.write_text(text)
    with pytest.raises(InputErrors):
        read_document(path)


# ------------------------------------------------------------------ best known values


def entry(objective: float, bound: float, promises: float = 0.0, **changes: Any) -> Entry:
    levels = {"promises": {"objective": promises, "bound": 0.0}, "net_cost": {"objective": objective, "bound": bound}}
    return {"sha256": "s", "levels": levels, "from": "auto, 1 s"} | changes


def test_the_better_plan_is_kept_with_the_higher_bound() -> None:
    kept = better(entry(-10.0, -12.0), entry(-11.0, -13.0))
    assert kept["levels"]["net_cost"] == {"objective": -11.0, "bound": -12.0}
    assert better(entry(-11.0, -13.0), entry(-10.0, -12.0))["levels"]["net_cost"]["objective"] == -11.0


@pytest.mark.parametrize(
    ("found", "where"),
    [
        (entry(-12.5, -12.5), "net_cost"),
        (entry(-9.0, -9.5), "net_cost"),
        (entry(-11.0, -11.5), None),
        (entry(-99.0, -99.0, promises=1.0), None),
        (entry(-99.0, -99.0, promises=-1.0), "promises"),
        (entry(-99.0, -99.0, sha256="other"), None),
    ],
)
def test_a_plan_that_was_proven_impossible_contradicts_what_is_known(found: Entry, where: str | None) -> None:
    assert disagreement(entry(-10.0, -12.0), found) == where
    assert disagreement(entry(-10.0, -12.0, **{"from": BY_HAND}), found) == where
    assert disagreement(None, found) is None


def test_entries_of_other_levels_begin_anew() -> None:
    other = {"sha256": "s", "levels": {"net_cost": {"objective": 1.0, "bound": 1.0}}, "from": "auto, 1 s"}
    assert better(other, entry(-10.0, -12.0)) == entry(-10.0, -12.0)
    assert disagreement(entry(-10.0, -12.0), other) is None


def test_promises_come_before_costs() -> None:
    assert better(entry(-10.0, -12.0, promises=0.0), entry(-99.0, -99.0, promises=5.0)) == entry(-10.0, -12.0, promises=0.0)


def test_what_was_worked_out_by_hand_stays_and_changed_documents_begin_anew() -> None:
    by_hand = entry(-10.0, -10.0, **{"from": BY_HAND})
    assert better(by_hand, entry(-11.0, -11.0)) == by_hand
    assert better(by_hand, entry(-1.0, -2.0, sha256="other")) == entry(-1.0, -2.0, sha256="other")


def test_only_checked_plans_with_bounds_are_kept() -> None:
    assert best_entry(ROW, "s") is not None
    for bad in (
        replace(ROW, error="claims too much"),
        replace(ROW, quality=replace(QUALITY, violations=1)),
        replace(ROW, quality=replace(QUALITY, violations=None)),
        replace(ROW, quality=replace(QUALITY, status="no_plan")),
        level(1, bound=None),
        level(1, objective=-2000.0),
    ):
        assert best_entry(bad, "s") is None


def test_best_known_values_are_updated_from_rows_of_the_instances_as_they_are() -> None:
    one = case("power")
    row = measured(one, search)
    folder = one.path.parents[1]
    worse = entry(-900.0, -1000.0, sha256=fingerprint(one.path))
    kept, news = updated({"tiny/power": worse}, document(row), [one], folder)
    assert kept["tiny/power"]["levels"]["net_cost"]["objective"] == pytest.approx(-952.0)
    assert len(news) == 1 and news[0].startswith("tiny/power: ")
    assert updated(kept, document(row), [one], folder) == (kept, [])
    assert updated({}, document(replace(row, digest="sha256:before")), [one], folder)[0] == {}
    doubtful = {"tiny/power": entry(-2000.0, -2000.0, sha256=fingerprint(one.path))}
    same, told = updated(doubtful, document(row), [one], folder)
    assert same == doubtful and "contradict each other at net_cost" in told[0]
    gone = replace(one, path=one.path.with_name("gone.yaml"))
    assert "has changed since" in updated({}, document(row), [gone], folder)[1][0]
    assert updated({}, document(row), [one], folder / "frontier-2026")[0] == {}, "instances elsewhere are not its own"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_document_holds_finite_numbers_only(tmp_path: Path, number: str) -> None:
    place = tmp_path / "result.json"
    write_document(document(ROW), place)
    place.write_text(place.read_text().replace('"seconds": 10.0', f'"seconds": {number}'))
    assert number in place.read_text()
    with pytest.raises(InputErrors, match="not a result"):
        read_document(place)


def test_nothing_and_what_no_file_can_hold_are_not_accepted() -> None:
    with pytest.raises(Unsound, match="no cases"):
        accept(document(), None, "why")
    with pytest.raises(Unsound, match="UTF-8"):
        accept(document(ROW), None, "x\udcff")
