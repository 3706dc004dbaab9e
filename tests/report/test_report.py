"""Figures of reports against instances small enough to work out by hand, and against what plans really do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from placement import load, solve
from placement.move import Move
from placement.plan import Violation
from placement.report.moves import by_limit, mending, moves
from placement.report.outlook import Outlook, carried
from placement.report.plan_figures import PlanFigures, tightest
from placement.report.plan_report import plan_report
from placement.report.text import brief, count, percent, table
from tests.laws.test_movement_violations import plan

TINY = Path(__file__).resolve().parents[2] / "instances" / "tiny"


def test_what_two_types_carry() -> None:
    """One period; a kind that runs on both types, twice as well on the second, and one that needs the second."""
    gpus_per_token = np.array([[2.0, 1.0], [np.inf, 1.0]])
    demand, online, training = np.array([[10.0], [8.0]]), np.array([[6.0], [9.0]]), np.array([[0.0], [3.0]])
    room = np.broadcast_to(online, (2, 2, 1))
    serving, short, waiting = carried(gpus_per_token, demand, room, online, training)
    # All 9 of the second type carry 9 tokens/s, the 6 of the first 3: of 18 asked 6 are short, and training waits for its 3.
    assert serving[:, 0] == pytest.approx([6, 9])
    assert short.sum() == pytest.approx(6)
    assert waiting[:, 0] == pytest.approx([0, 3])


def test_nothing_asked_and_nothing_online() -> None:
    serving, short, waiting = carried(np.zeros((0, 1)), np.zeros((0, 2)), np.zeros((0, 1, 2)), np.zeros((1, 2)), np.zeros((1, 2)))
    assert (serving.sum(), short.size, waiting.sum()) == (0, 0, 0)


@pytest.mark.parametrize("path", sorted(TINY.glob("*.yaml")), ids=lambda path: path.stem)
def test_what_is_short_for_certain_is_shed_by_every_plan(path: Path) -> None:
    instance = load(path)
    view, result = Outlook(instance), solve(instance)
    assert result.plan is not None
    shed = view.least_gpus_per_token @ PlanFigures(instance, result.plan).shed_tokens_per_s
    assert np.all(view.short_gpus <= shed + 1e-6)
    assert plan_report(instance, result)


def test_figures_of_a_plan_worked_out_by_hand() -> None:
    """Tiny power at its optimum: the gang at a; one unit serves at b by day, two by night."""
    instance = load(TINY / "power.yaml")
    result = solve(instance)
    assert result.plan is not None
    figures = PlanFigures(instance, result.plan)
    assert figures.training_gpus.tolist() == [[16, 16], [0, 0]]
    assert figures.serving_gpus.tolist() == [[0, 0], [8, 16]]
    assert figures.feed_kw[0] == pytest.approx([17.6 + 16 + 4.8, 17.6 + 16 + 9.6])
    assert figures.served_share(np.array([0, 1]), 2)[0] == pytest.approx([0.25, 0.5])


def test_moves_are_told_from_today_s_plan_on() -> None:
    """a goes from day 1 to day 2 by way of p/1, b from day 2 to day 1, c stops."""
    instance = load(TINY / "changes.yaml")
    result = solve(instance)
    today, new = plan((0, 0, 1, 0), (1, 1, 2, 0), (2, 2, 3, 0)), plan((0, 1, 2, 0), (1, 0, 1, 0))
    listed = ((Move(2),), (Move(0, 0),), (Move(1),), (Move(0),))
    text = plan_report(instance, replace(result, plan=new, moves=listed), today=today)
    rows = [line.split() for line in text.split("Moves from today's plan, step by step\n")[1].split("\n\n")[0].splitlines()]
    where = ["8", "GPUs", "(full)", "on", "p/1", "from"]
    assert rows[1:] == [
        ["1", "c", *where, "2026-01-03", "does", "not", "run"],
        ["2", "a", *where, "2026-01-01", *["for", "the", "time", "being", "on", "p/1"]],
        ["3", "b", *where, "2026-01-02", *where, "2026-01-01"],
        ["4", "a", *["for", "the", "time", "being", "on", "p/1"], *where, "2026-01-02"],
    ]
    assert "Moves" not in plan_report(instance, result)


def test_names_in_moves_cannot_move_the_cursor() -> None:
    instance = load(TINY / "changes.yaml")
    hostile = replace(instance, jobs=replace(instance.jobs, id=("\x1b[2J", "b", "c")))
    today, new = plan((0, 0, 1, 0)), plan((0, 1, 2, 0))
    assert "\x1b" not in moves(hostile, new, [(Move(0),)], today)
    broken = Violation("capacity", "\x1b]0;p", None, 1.0, "units", "")
    assert "\x1b" not in mending(by_limit([(broken, 1)]), 1)


def test_what_is_given_up_is_reported() -> None:
    instance = load(TINY / "power-response.yaml")
    text = plan_report(instance, solve(instance))
    assert [line.split() for line in text.splitlines() if line.strip().startswith("f/")] == [
        ["f/part", "2", "8", "8"],
        ["f/all", "4", "16", "32"],
    ]


def test_the_tightest_period() -> None:
    assert tightest(np.array([1.0, 5.0, 3.0]), np.array([np.inf] * 3)) == 1
    assert tightest(np.array([1.0, 5.0, 3.0]), np.array([10.0, 50.0, 4.0])) == 2
    assert tightest(np.array([0.0, 1.0]), np.array([0.0, 9.0])) == 1


def test_figures_for_people() -> None:
    assert [brief(x) for x in (0, 999.6, 1234, -2.5e6, 7e12, np.inf)] == ["0", "1k", "1.23k", "-2.5M", "7T", "-"]
    assert [count(x) for x in (-0.2, 1234.5, np.nan)] == ["0", "1,234", "-"]
    assert [percent(x) for x in (0.5, None, np.nan)] == ["50.0 %", "-", "-"]
    assert table(("a", "b"), [("x", 1), ("long", 22)]) == "  a      b\n  x      1\n  long  22"


def test_links_are_shown_where_they_are_tightest_with_what_they_cost() -> None:
    """Tiny wan-serving at its optimum: the free link is full, and 15,120 GB go over the dear one."""
    instance = load(TINY / "wan-serving.yaml")
    text = plan_report(instance, solve(instance))
    rows = [line.split() for line in text[text.index("Links that anything crosses") :].splitlines()]
    free, dear = (next(row for row in rows if row[:1] == [name]) for name in ("ra", "rb"))
    assert "2" in free and "100" in " ".join(free) and free[-1] == "0"
    assert "2.8" in dear and dear[-1] == "15"
