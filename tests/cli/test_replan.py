"""``placement replan``: today's plan is kept where that pays, within the number of changes that is allowed."""

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


def alone(document: dict[str, Any]) -> None:
    """Nothing is planned, and c is not there: a on day 1, b on day 2."""
    del document["running_plan"]
    document["jobs"][0]["lateness_usd_per_day"] = 160
    del document["jobs"][2]


def as_it_is_now(document: dict[str, Any]) -> None:
    """b is dearer to delay than a, by 50 USD a day."""
    del document["running_plan"]


@pytest.mark.parametrize(
    ("options", "net_cost", "changes"),
    [((), -2400.0, 2), (("--change-usd", 20), -2400.0, 2), (("--change-usd", 30), -2350.0, 0), (("--most-changes", 1), -2350.0, 0)],
    ids=["changes are free", "they pay", "they do not", "two are too many"],
)
def test_today_s_plan_is_kept_where_that_pays(
    run: Run, edited: Edited, tmp_path: Path, options: tuple[Any, ...], net_cost: float, changes: int
) -> None:
    today, new = tmp_path / "today.json", tmp_path / "new.json"
    assert run("solve", edited("changes", alone), "-o", today, "-q").exit_code == 0
    now = edited("changes", as_it_is_now)
    ran = run("replan", now, "--today", today, *options, "-o", new, "--json", "--log-format", "none")
    assert ran.exit_code == 0, ran.output
    answer = json.loads(ran.stdout)
    assert answer["objective"] == pytest.approx(net_cost)
    assert answer["facts"]["changes"] == changes
    assert answer["facts"]["runs_otherwise"] == changes + 1  # c is new.
    assert answer["bound"] is None
    assert {row["job"] for row in answer["changes"]} == ({"a", "b", "c"} if changes else {"c"})
    assert [row["step"] for row in answer["changes"]] == ([1, 2, 2] if changes else [1]) and answer["steps_broken"] == []
    assert run("check", now, new).exit_code == 0


def test_a_cold_plan_stands_beside_it(run: Run, edited: Edited, tmp_path: Path) -> None:
    today = tmp_path / "today.json"
    run("solve", edited("changes", alone), "-o", today, "-q")
    now = edited("changes", as_it_is_now)
    ran = run("replan", now, "--today", today, "--most-changes", 0, "--compare-cold", "--log-format", "none")
    assert ran.exit_code == 0, ran.output
    assert "re-planned: promises 0, net_cost -2,350; 0 changes" in ran.stdout
    assert "planned from nothing: promises 0, net_cost -2,400; 2 changes" in ran.stdout
    assert "8 GPUs (full) on p/1 from 2026-01-03" in ran.stdout


def must(document: dict[str, Any]) -> None:
    """a has to run on day 2."""
    del document["running_plan"]
    document["jobs"][0] |= {"commitment": "must", "release_date": "2026-01-02", "deadline_date": "2026-01-03"}


def test_too_few_changes_are_infeasible(run: Run, edited: Edited, tmp_path: Path) -> None:
    today = tmp_path / "today.json"
    run("solve", edited("changes", alone), "-o", today, "-q")
    now = edited("changes", must)
    ran = run("replan", now, "--today", today, "--most-changes", 1, "--log-format", "none")
    assert ran.exit_code == 3, ran.output
    assert "no plan with at most 1 change of" in ran.stdout
    assert run("replan", now, "--today", today, "--most-changes", 2, "--log-format", "none").exit_code == 0
