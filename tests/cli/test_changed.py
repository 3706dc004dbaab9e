"""``placement solve --start`` where the instance has changed since the plan was made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]
Tiny = Callable[[str], str]
Edited = Callable[..., str]


def no_promise(document: dict[str, Any]) -> None:
    """Job c may be left out, so a, worth more, takes its day."""
    document["jobs"][2]["commitment"] = "optional"


def dropped(document: dict[str, Any]) -> None:
    """Job c is gone."""
    del document["jobs"][2]


def dearer(document: dict[str, Any]) -> None:
    """Job b is worth more, which moves nothing."""
    document["jobs"][1]["value_usd"] = 1600


@pytest.mark.parametrize(
    ("change", "net_cost", "moves", "left_out"),
    [(no_promise, -2300.0, 2.0, None), (dropped, -2300.0, 1.0, 2.0), (dearer, -1900.0, 0.0, None)],
    ids=["a takes the day of c", "c is gone", "nothing moves"],
)
def test_moves_are_counted_against_the_plan_before_the_change(
    run: Run, tiny: Tiny, edited: Edited, tmp_path: Path, *,
    change: Callable[[dict[str, Any]], None], net_cost: float, moves: float, left_out: float | None,
) -> None:  # fmt: skip
    plan = tmp_path / "plan.json"
    first = run("solve", tiny("assignment"), "-o", plan, "--log-format", "none", "--json")
    assert first.exit_code == 0, first.output
    assert "moves_from_start" not in json.loads(first.stdout)["facts"]
    again = run("solve", edited("assignment", change), "--start", plan, "--log-format", "none", "--json")
    assert again.exit_code == 0, again.output
    answer = json.loads(again.stdout)
    assert answer["objective"] == pytest.approx(net_cost)
    assert answer["facts"]["moves_from_start"] == moves
    assert answer["facts"].get("start_rows_left_out") == left_out


def test_the_report_says_what_moved(run: Run, tiny: Tiny, edited: Edited, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    run("solve", tiny("assignment"), "-o", plan, "-q")
    report = run("solve", edited("assignment", no_promise), "--start", plan, "--log-format", "none").stdout
    assert "2 jobs run otherwise" in report
