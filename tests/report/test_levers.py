"""Levers as operators read them: what is on offer, and what a plan does with it."""

from __future__ import annotations

import pytest

from placement import load, solve
from placement.report.levers import levers, offered
from placement.report.outlook import Outlook
from placement.report.plan_report import plan_report
from placement.report.show import show_report
from tests.laws.test_lever_violations import multiplied, solved

SAID = {
    "limit": (
        ["limited to 40.0 %, 60.0 %, 100.0 % by block"],
        ["pro, peak  40.0 %    2026-01-01  2026-01-02", "pro, peak  100.0 %   2026-01-02  2026-01-03"],
    ),
    "closing": (["pro, code  closed once for 2 days, at 300 USD"], ["pro, code  closed    2026-01-01  2026-01-03"]),
    "admission": (["refused at 50 USD"], ["admission  b   refused   2026-01-01  2026-01-02"]),
    "credits": (
        ["below 90.0 %: 275 USD; below 50.0 %: 400 USD, by month"],
        ["tenant/one     275 USD (below 90.0 %)  2026-03-01  2026-04-01"],
    ),
    "shifting": (
        ["shifting  d   up to 40.0 % moved, up to 8 hours, 10.0 % lost, at 50 USD per million tokens"],
        ["d, peak  30.0 % moved on  2026-01-01  2026-01-03", "d, rest  20.6 % taken in  2026-01-01  2026-01-03"],
    ),
    "shifting-deadline": (
        ["up to 100.0 % moved, up to 48 hours"],
        ["d   50.0 % moved on            2026-01-01  2026-01-02", "d   1,728,000 tokens taken in  2026-01-02  2026-01-04"],
    ),
    "degrading": (
        ["up to 60.0 % answered by chat-small, 0.5 tokens each, at 50 USD per million tokens"],
        ["degrading  chat  60.0 % answered by chat-small  2026-01-01  2026-01-02"],
    ),
    "swings": (["6 USD a percentage point"], ["pro  50.0 points in all  2026-01-03  2026-01-04"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_what_is_on_offer_and_what_is_done(name: str) -> None:
    instance, plan = solved(name)
    on_offer, done = SAID[name]
    assert all(text in offered(instance) for text in on_offer), offered(instance)
    assert all(text in levers(instance, plan) for text in done), levers(instance, plan)


def test_reports_of_instances_without_levers_do_not_speak_of_them() -> None:
    instance = load("instances/tiny/sla.yaml")
    result = solve(instance, solver="highs")
    assert "lever" not in plan_report(instance, result).lower()
    assert "lever" not in show_report(instance, "block").lower()


def test_spells_of_one_multiplier_are_one_row() -> None:
    instance, plan = solved("limit")
    assert levers(instance, plan).count("pro-peak") == 2
    assert levers(instance, multiplied(plan, 1, 0.4)).count("pro-peak") == 1


def test_what_may_be_moved_is_not_short_whatever_the_plan() -> None:
    """Of the 20 at peak 12 have to be answered then, by one unit of ten: 1.6 accelerators short."""
    instance = load("instances/tiny/shifting.yaml")
    text = " ".join(show_report(instance, "block").split())
    assert Outlook(instance).short_gpus == pytest.approx([1.6, 0, 1.6, 0])
    assert "moved, degraded, closed or refused, up to 8 tokens/s in 2026-01-01 peak" in text, text
