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


def chained(document: dict[str, Any]) -> None:
    """c has to run on day 1, and a, dearer to delay, on day 2: so b makes room for a, and a for c."""
    del document["running_plan"]
    document["jobs"][0]["lateness_usd_per_day"] = 160
    document["jobs"][2] |= {"commitment": "must", "deadline_date": "2026-01-02"}


@pytest.fixture
def chain(run: Run, edited: Edited, tmp_path: Path) -> tuple[str, Path, Path]:
    """An instance, the plan in force, and one that was made near it: three steps, b, a, c."""
    today, new = tmp_path / "today.json", tmp_path / "new.json"
    assert run("solve", edited("changes", alone), "-o", today, "-q").exit_code == 0
    now = edited("changes", chained)
    assert run("replan", now, "--today", today, "-o", new, "--log-format", "none").exit_code == 0
    return now, today, new


def two_islands(document: dict[str, Any]) -> None:
    """a and b stand beside each other on day 1; c is not there."""
    del document["running_plan"], document["jobs"][2]
    document["pools"][0] |= {"islands": [{"gpus": 8}, {"gpus": 8}], "online_gpus": 16}


def one_is_gone(document: dict[str, Any]) -> None:
    """The second island is gone: only one of a and b keeps day 1."""
    two_islands(document)
    document["pools"][0]["online_gpus"] = 8


def test_what_today_s_plan_breaks_is_told_and_mended(run: Run, edited: Edited, tmp_path: Path) -> None:
    today, new = tmp_path / "today.json", tmp_path / "new.json"
    assert run("solve", edited("changes", two_islands), "-o", today, "-q").exit_code == 0
    now = edited("changes", one_is_gone)
    ran = run("replan", now, "--today", today, "-o", new, "--json", "--log-format", "none")
    assert ran.exit_code == 0, ran.output
    answer = json.loads(ran.stdout)
    assert {row["law"]: (row["subject"], row["periods"], row["most"], row["unit"]) for row in answer["today_breaks"]} == {
        "capacity": ("p/2", 1, 1.0, "units")
    }
    last = max(row["step"] for row in answer["changes"])
    assert 1 <= answer["today_breaks"][0]["after_step"] <= last and answer["steps_broken"] == []
    assert run("check", now, new, "--today", today).exit_code == 0
    told = run("replan", now, "--today", today, "--log-format", "none").stdout
    assert f"1 limit; the new plan keeps them all, from step {answer['today_breaks'][0]['after_step']} of {last} on" in told
    assert "Moves from today's plan, step by step" in told


def moves_of(plan: Path) -> Path:
    (found,) = plan.parent.glob(f"{plan.stem}.moves.*.csv")
    return found


def test_the_plan_lists_its_moves_and_the_check_replays_them(run: Run, chain: tuple[str, Path, Path]) -> None:
    now, today, new = chain
    assert moves_of(new).read_text() == "step,job,detour\n1,b,\n2,a,\n3,c,\n"
    ran = run("check", now, new, "--today", today)
    assert ran.exit_code == 0, ran.output
    assert "3 steps as listed from" in ran.stdout and "none breaks a limit" in ran.stdout
    answer = json.loads(run("check", now, new, "--today", today, "--json").stdout)
    assert (answer["steps"], answer["steps_listed"], answer["steps_broken"]) == (3, True, [])
    assert "note: its 3 steps are not judged; give the plan before them, --today" in run("check", now, new).stderr


def test_an_order_that_breaks_a_limit_is_found(run: Run, chain: tuple[str, Path, Path]) -> None:
    """a goes to day 2 while b is still there: 2 units on one."""
    now, today, new = chain
    moves_of(new).write_text("step,job,detour\n2,b,\n1,a,\n3,c,\n")
    ran = run("check", now, new, "--today", today)
    assert ran.exit_code == 1, ran.output
    assert "1 violation\n" in ran.stdout and "3 steps as listed judged" in ran.stdout
    assert "capacity  p/1      2026-01-02  1 units  after step 1 (a): p/1: holds 2 units against a limit of 1" in ran.stdout
    assert "edited since they were written: moves" in ran.stderr
    (step,) = json.loads(run("check", now, new, "--today", today, "--json").stdout)["steps_broken"]
    assert (step["step"], step["jobs"], step["law"], step["amount"]) == (1, ["a"], "capacity", 1.0)
    assert run("check", now, new).exit_code == 0  # The plan itself is as good as before.


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("1,b,\n2,a,\n", "c: it runs otherwise than in today's plan, and no step moves it"),
        ("1,a,\n2,c,\n", "b: it runs otherwise than in today's plan, and no step moves it"),
        ("1,b,\n2,a,\n3,c,\n4,a,\n", "a: step 4 moves it once more after it has gone where the plan has it"),
        ("1,b,\n2,a,\n3,c,p/1\n", "c: no step brings it back from its detour"),
        ("", "a: it runs otherwise than in today's plan, and no step moves it"),
    ],
    ids=["the last is missing", "the first is missing", "twice", "never back", "all are missing"],
)
def test_a_list_that_does_not_lead_to_the_plan_is_found(run: Run, chain: tuple[str, Path, Path], rows: str, said: str) -> None:
    now, today, new = chain
    moves_of(new).write_text(f"step,job,detour\n{rows}")
    ran = run("check", now, new, "--today", today)
    assert ran.exit_code == 1, ran.output
    assert said in ran.stdout


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("1,b,\n2,a,\n3,d,\n", "csv:4: job = 'd'"),
        ("1,b,\n2,a,\n3,c,q/7\n", "csv:4: detour = 'q/7'"),
        ("1,b,\n2,a,\n4,c,\n", "csv:4: step = 4"),
        ("1,b,\n1,b,\n2,a,\n3,c,\n", "csv:3: job = 'b'"),
    ],
    ids=["unknown job", "unknown island", "a step is gone", "twice in a step"],
)
def test_a_list_that_means_nothing_is_bad_input(run: Run, chain: tuple[str, Path, Path], rows: str, said: str) -> None:
    now, today, new = chain
    moves_of(new).write_text(f"step,job,detour\n{rows}")
    ran = run("check", now, new, "--today", today)
    assert ran.exit_code == 2, ran.output
    assert said in ran.stderr


def test_two_plans_without_a_list_are_judged_by_an_order_found_now(run: Run, chain: tuple[str, Path, Path], tmp_path: Path) -> None:
    now, today, _ = chain
    cold = tmp_path / "cold.json"
    assert run("solve", now, "-o", cold, "-q").exit_code == 0
    ran = run("check", now, cold, "--today", today)
    assert ran.exit_code == 0, ran.output
    assert "3 steps in an order found now, as the plan lists none, from" in ran.stdout


def nothing_left(document: dict[str, Any]) -> None:
    """Of two islands one unit is left for a and b, which must both run on day 1."""
    two_islands(document)
    for job in document["jobs"]:
        job |= {"commitment": "must", "deadline_date": "2026-01-02"}


def one_unit(document: dict[str, Any]) -> None:
    """As above, with the second island gone."""
    nothing_left(document)
    document["pools"][0]["online_gpus"] = 8


def test_what_no_plan_can_mend_goes_on_and_is_told(run: Run, edited: Edited, tmp_path: Path) -> None:
    today, new = tmp_path / "today.json", tmp_path / "new.json"
    assert run("solve", edited("changes", nothing_left), "-o", today, "-q").exit_code == 0
    now = edited("changes", one_unit)
    assert run("solve", now, "-q").exit_code == 3
    ran = run("replan", now, "--today", today, "-o", new, "--log-format", "none")
    assert ran.exit_code == 0, ran.output
    assert "promises 192" in ran.stdout and "not up to 2026-01-01" in ran.stdout
    assert "island p/2" in ran.stdout  # In the report: the limit that it goes on breaking.
    assert run("check", now, new, "--today", today).exit_code == 0
    alone_said = run("check", now, new)
    assert alone_said.exit_code == 1 and "today's plan does by 0 units" in alone_said.output
