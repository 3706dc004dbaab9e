"""Limits, closings, admission, credits and swings broken by hand, on plans of tiny instances: each breach is found, with its amount."""

# ruff: noqa: E501 -- one breach, one line

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from placement import load, solve
from placement.check import check
from placement.instance import Instance
from placement.instance.losses import Loss
from placement.plan import Plan
from tests.laws.test_supply_violations import TINY, scaled, with_row, without
from tests.laws.test_tenancy_violations import moved


@lru_cache
def solved(name: str) -> tuple[Instance, Plan]:
    instance = load(TINY / f"{name}.yaml")
    plan = solve(instance, solver="highs", gap=0.0).plan
    assert plan is not None and not check(instance, plan).violations
    return instance, plan


def multiplied(plan: Plan, row: int, value: float) -> Plan:
    """The plan with another multiplier."""
    multiplier = plan.limits.multiplier.copy()
    multiplier[row] = value
    return replace(plan, limits=replace(plan.limits, multiplier=multiplier))


# tiny/limit: lever 0, 0.4 on the first day, 1 on the second. tiny/closing: lever 0 closes blocks 0 and 1 of 3. tiny/admission: tenant 1 is
# refused; its must job is job 0. tiny/credits: agreement 0 grants step 0 in March, agreement 1 step 0 in February.
# tiny/swings: half of the demand is served on two days, then all.
BREACHES: dict[str, tuple[str, Any, str, str]] = {
    "more than the limit": ("limit", lambda p: multiplied(p, 1, 0.6), "limit", "b under pro-peak: is served 10 tokens/s against a limit of 6"),
    "less than the limit": ("limit", lambda p: multiplied(p, 0, 0.6), "limit", "a under pro-peak: is owed what it is not served: 6 tokens/s against a limit of 4"),
    "nothing served": ("limit", lambda p: scaled(p, "serving", 0.0), "limit", "is owed what it is not served: 10"),
    "a multiplier of its own": ("limit", lambda p: multiplied(p, 0, 0.5), "limit", "multiplier 0.5 is not offered"),
    "no multiplier": ("limit", lambda p: without(p, "limits"), "limit", "has 0 multipliers from 2026-01-01 on"),
    "two multipliers": ("limit", lambda p: with_row(p, "limits", 0, 1, 2, 0.4), "limit", "has 2 multipliers from 2026-01-02 on"),
    "a span of its own": ("limit", lambda p: with_row(p, "limits", 0, 0, 2, 0.4), "limit", "holds from block 0 to block 2, which is no span"),
    "a closing that limits": ("closing", lambda p: with_row(p, "limits", 0, 0, 1, 0.4), "limit", "which is not what it is for"),
    "a limit that closes": ("limit", lambda p: with_row(p, "closings", 0, 0, 1), "closing", "which is not what it is for"),
    "served while closed": ("closing", lambda p: moved(p, "closings", "end_block", 0, 3), "sla", "pro-code: serves and sheds together 10 tokens/s against a limit of 0"),
    "closed too long": ("closing", lambda p: moved(p, "closings", "end_block", 0, 3), "closing", "is closed for 3 blocks in place of 2"),
    "closed not long enough": ("closing", lambda p: moved(p, "closings", "end_block", 0, 1), "closing", "is closed for 1 blocks in place of 2"),
    "closed beyond the end": ("closing", lambda p: moved(moved(p, "closings", "end_block", 0, 4), "closings", "start_block", 0, 2), "closing", "which are none"),
    "closed twice": ("closing", lambda p: with_row(p, "closings", 0, 1, 3), "closing", "is used 2 times"),
    "not closed": ("closing", lambda p: without(p, "closings"), "sla", "pro-code: leaves demand without an answer"),
    "refused by nobody's leave": ("admission", lambda p: with_row(p, "refusals", 0), "admission", "is refused, which is not for the plan to decide"),
    "refused twice": ("admission", lambda p: with_row(p, "refusals", 1), "admission", "is refused 2 times"),
    "not refused": ("admission", lambda p: without(p, "refusals"), "assignment", "must run and does not"),
    "not refused, not served": ("admission", lambda p: without(p, "refusals"), "sla", "of-b: leaves demand without an answer"),
    "a job of one who is refused": ("admission", lambda p: with_row(with_row(p, "runs", 0, 0, 0, 1), "places", 0, 0, 1), "admission", "runs, though its tenant b is refused"),
    "no credit": ("credits", lambda p: without(p, "credits"), "credits", "tenant/one: 16.0704 of 26.784 million tokens are served, which calls for another credit"),
    "two credits": ("credits", lambda p: with_row(p, "credits", 0, 1, 2, 1), "credits", "is granted 2 steps at once"),
    "a credit for no month": ("credits", lambda p: moved(p, "credits", "start_block", 0, 0), "credits", "is credited from block 0 to 2 by step 1, which was not agreed"),
    "a credit of no step": ("credits", lambda p: moved(p, "credits", "step", 1, 1), "credits", "by step 2, which was not agreed"),
    "a swing that is not stated": ("swings", lambda p: without(p, "swings"), "swings", "pro: is served 100.0000%, a block before 50.0000%; a swing of 0.0000% is stated"),
    "a swing that pays": ("swings", lambda p: with_row(p, "swings", 0, 3, -0.5), "swings", "pro: swings by less than nothing"),
    "a fall": ("swings", lambda p: without(replace(p, serving=replace(p.serving, period=p.serving.period[::-1])), "swings"), "swings", "pro: is served 50.0000%, a block before 100.0000%"),
}  # fmt: skip


@pytest.mark.parametrize("name", BREACHES)
def test_each_breach_is_found(name: str) -> None:
    case, breach, law, message = BREACHES[name]
    instance, plan = solved(case)
    found = check(instance, breach(plan)).violations
    assert any(violation.law == law and message in violation.message for violation in found), [v.message for v in found]


def test_a_closing_keeps_to_its_window() -> None:
    instance, plan = solved("closing")
    lever = instance.levers["no-code"]
    later = replace(instance, levers={"no-code": lever.model_copy(update={"from_date": date(2026, 1, 2)})})
    (found,) = check(later, plan).violations
    assert found.message == "no-code: closes on 2026-01-01, before 2026-01-02"
    sooner = replace(instance, levers={"no-code": lever.model_copy(update={"to_date": date(2026, 1, 2)})})
    (found,) = check(sooner, plan).violations
    assert found.message == "no-code: is closed until 2026-01-03, after 2026-01-02"
    for_good = replace(instance, levers={"no-code": lever.model_copy(update={"blocks": None})})
    (found,) = check(for_good, plan).violations
    assert (found.amount, found.unit) == (1.0, "blocks")


def test_a_larger_credit_than_called_for_is_only_dearer() -> None:
    instance, plan = solved("credits")
    generous = check(instance, moved(plan, "credits", "step", 0, 1))
    assert generous.violations == ()
    assert generous.terms["credits"] - check(instance, plan).terms["credits"] == pytest.approx(400 - 275)


def test_what_is_closed_counts_as_met_in_credits() -> None:
    """Pro's code is credited below half: closed for two days of three, it was there whenever it was demanded."""
    instance, plan = solved("closing")
    tenants = dict(instance.tenants)
    credits = solved("credits")[0].streams["of-two"].credits
    tenants["pro"] = tenants["pro"].model_copy(update={"credits": credits})
    credited = replace(instance, tenants=tenants)
    assert check(credited, plan).violations == ()
    found = check(credited, without(plan, "closings")).violations
    assert any(violation.law == "credits" and violation.subject == "tenant/pro" for violation in found)


@pytest.mark.parametrize(("name", "unmet"), [("limit", {4.0, 10.0}), ("closing", {10.0}), ("admission", {10.0})])
def test_nobody_is_owed_more_after_a_loss_than_levers_let_through(name: str, unmet: set[float]) -> None:
    """With all that serves lost, and all demand to be covered, what is closed, refused or limited away is not missed."""
    instance, plan = solved(name)
    loss = Loss(id="s", sites=("s",), covered_share=1.0)
    found = check(replace(instance, losses={"s": loss}), plan).violations
    assert {round(violation.amount, 6) for violation in found if violation.law == "resilience"} == unmet
    owed = {violation.subject for violation in found if violation.law == "resilience"}
    assert owed == {"limit": {"a after s", "b after s"}, "closing": {"team-chat after s", "pro-code after s"}, "admission": {"of-a after s"}}[name]


def test_changes_of_limits_are_worth_less_later() -> None:
    instance, plan = solved("limit")
    dear = replace(instance, settings=instance.settings.model_copy(update={"discount_rate_per_year": 1.0}))
    assert check(dear, plan).terms["limit_changes"] == pytest.approx(100 * 2 ** (-1 / 365.25))
    held = multiplied(plan, 1, 0.4)
    assert check(instance, held).terms["limit_changes"] == 0.0
    assert np.all(held.limits.multiplier == 0.4)
