"""Fairness broken by hand on plans of tiny instances, and what levels of the objective are worth for a plan."""

# ruff: noqa: E501 -- one breach, one line

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from placement import load, solve
from placement.check import check
from placement.plan import Plan
from tests.laws.test_lever_violations import solved
from tests.laws.test_supply_violations import TINY, with_row, without
from tests.laws.test_tenancy_violations import moved


def stating(plan: Plan, row: int, share: float) -> Plan:
    """The plan with another least share."""
    shares = plan.least_shares.share.copy()
    shares[row] = share
    return replace(plan, least_shares=replace(plan.least_shares, share=shares))


def adding(plan: Plan, row: int, share: float) -> Plan:
    """The plan with another sum of least shares."""
    shares = plan.least_sums.share.copy()
    shares[row] = share
    return replace(plan, least_sums=replace(plan.least_sums, share=shares))


LEXIMIN = "fairness-leximin"
# tiny/fairness-leximin: shares 0.3, 0.4, 0.6 and 0.6 on the first day, so sums of 0.7 and 1.3, and 0.75 alone on the second.
# tiny/fairness: policy 0, shares 0.6 and 0.9 on two days. tiny/fairness-proportional: policy 0 over a day, pro 0.35, max 0.55.
BREACHES: dict[str, tuple[str, Any, str, float]] = {
    "more than is served": ("fairness", lambda p: stating(p, 0, 0.65), "a is served 60.0000% where 65.0000% is stated as the least share", 5.0),
    "a share below nothing": ("fairness", lambda p: stating(p, 0, -0.1), "states a least share of -10.0000%", 10.0),
    "a share beyond all": ("fairness", lambda p: stating(p, 1, 1.2), "states a least share of 120.0000%", 20.0),
    "twice": ("fairness", lambda p: with_row(p, "least_shares", 0, 0, 0.1), "a is served 60.0000% where 70.0000% is stated", 10.0),
    "on another day": ("fairness", lambda p: moved(p, "least_shares", "period", 0, 1), "a is served 90.0000% where 150.0000% is stated", 60.0),
    "nothing stated where shares must be near": ("fairness-proportional", lambda p: without(p, "least_shares"), "max is served 55.0000% where nobody may have more than 20.0000%", 35.0),
    "too low a share stated": ("fairness-proportional", lambda p: stating(p, 0, 0.3), "max is served 55.0000% where nobody may have more than 50.0000%", 5.0),
    "more than two come to": (LEXIMIN, lambda p: adding(p, 0, 0.8), "the 2 least shares served come to 70.0000% where 80.0000% is stated", 10.0),
    "more than three come to": (LEXIMIN, lambda p: adding(p, 2, 1.35), "the 3 least shares served come to 130.0000% where 135.0000% is stated", 5.0),
    "more than one alone comes to": (LEXIMIN, lambda p: adding(p, 3, 1.0), "the 3 least shares served come to 75.0000% where 100.0000% is stated", 25.0),
    "a sum below nothing": (LEXIMIN, lambda p: adding(p, 1, -0.2), "states -20.0000% as the sum of 2 least shares", 20.0),
    "a sum stated twice": (LEXIMIN, lambda p: with_row(p, "least_sums", 0, 3, 0, 0.1), "come to 130.0000% where 140.0000% is stated", 10.0),
    "a sum of one": (LEXIMIN, lambda p: moved(p, "least_sums", "minima", 0, 1), "states a sum of 1 least shares where it adds up none", 70.0),
    "a sum of more than asked for": (LEXIMIN, lambda p: moved(p, "least_sums", "minima", 2, 4), "states a sum of 4 least shares where it adds up none", 130.0),
    "a sum of a policy without": ("fairness", lambda p: with_row(p, "least_sums", 0, 2, 0, 0.3), "states a sum of 2 least shares where it adds up none", 30.0),
}  # fmt: skip


@pytest.mark.parametrize("name", BREACHES)
def test_each_breach_is_found(name: str) -> None:
    case, breach, message, amount = BREACHES[name]
    instance, plan = solved(case)
    found = [violation for violation in check(instance, breach(plan)).violations if message in violation.message]
    assert [(violation.law, violation.unit) for violation in found] == [("fairness", "points")]
    assert found[0].amount == pytest.approx(amount, abs=1e-4)


def test_a_share_in_the_middle_of_a_slot_is_none() -> None:
    instance, plan = solved("fairness")
    (policy,) = instance.policies.values()
    whole = replace(instance, policies={"fair": policy.model_copy(update={"per": "horizon"})})
    found = check(whole, plan).violations
    assert any("begins no slot in which anyone asks for anything" in violation.message for violation in found)


def test_equals_are_treated_equally(tmp_path: Any) -> None:
    """Two tenants that ask for the same, of which one pays more: without points between them both get half."""
    text = (TINY / "fairness-proportional.yaml").read_text().replace("most_points: 20", "most_points: 0")
    (tmp_path / "fleet.yaml").write_text(text)
    instance = load(tmp_path / "fleet.yaml")
    result = solve(instance, solver="highs", gap=0.0)
    assert result.plan is not None and result.objective == pytest.approx(-9 / 2 * (43.2 + 86.4))
    served = np.bincount(result.plan.serving.stream, result.plan.serving.tokens_per_s)
    assert served == pytest.approx([4.5, 4.5])


def test_a_plan_that_states_less_is_allowed_and_worth_less() -> None:
    instance, plan = solved("fairness")
    judged = check(instance, stating(plan, 0, 0.4))
    assert judged.violations == ()
    assert judged.levels["fair"] == pytest.approx(0.35)
    assert check(instance, without(plan, "least_shares")).levels["fair"] == pytest.approx(1.0)


def test_sums_are_worth_what_is_stated_of_them() -> None:
    """Less than they come to is allowed and worth less; of nothing stated, all that could be: 2 and 3 on one day, 1 on the other."""
    instance, plan = solved(LEXIMIN)
    assert check(instance, plan).levels == pytest.approx({"promises": 0.0, "fair": 0.475, "fair-2": 0.775, "fair-3": 0.975, "net_cost": -2073.6})
    judged = check(instance, adding(plan, 2, 0.9))
    assert judged.violations == () and judged.levels["fair-3"] == pytest.approx(1.175)
    bare = check(instance, without(plan, "least_sums"))
    assert (bare.levels["fair-2"], bare.levels["fair-3"]) == pytest.approx((1.5, 2.0)) and bare.levels["fair"] == pytest.approx(0.475)


# Of c, who pays half of what d does: by how many of the least shares count.
@pytest.mark.parametrize(("minima", "of_c", "net_cost"), [(1, 3.0, -2203.2), (2, 4.0, -2160.0), (3, 6.0, -2073.6), (4, 6.0, -2073.6)])
def test_each_of_the_minima_helps_one_more(minima: int, of_c: float, net_cost: float, tmp_path: Any) -> None:
    (tmp_path / "fleet.yaml").write_text((TINY / f"{LEXIMIN}.yaml").read_text().replace("minima: 3", f"minima: {minima}"))
    result = solve(load(tmp_path / "fleet.yaml"), solver="highs", gap=0.0)
    assert result.plan is not None and result.objective == pytest.approx(net_cost)
    first = result.plan.serving.period == 0
    served = np.bincount(result.plan.serving.stream[first], result.plan.serving.tokens_per_s[first])
    assert served == pytest.approx([3.0, 3.0, of_c, 12.0 - of_c], abs=1e-5)


def test_shares_above_all_that_is_asked_for_count_as_all(tmp_path: Any) -> None:
    """c asks for 1 on the second day, too: it and d are served 12 of 17. Were c served 2, the two least would be d's share and 1."""
    text = (TINY / f"{LEXIMIN}.yaml").read_text().replace("{from_date: 2026-01-02, value: 0}]\n    revenue_usd_per_million_tokens: 500\n  - id: d", "{from_date: 2026-01-02, value: 1}]\n    revenue_usd_per_million_tokens: 500\n  - id: d")
    (tmp_path / "fleet.yaml").write_text(text)
    instance = load(tmp_path / "fleet.yaml")
    plan = solve(instance, solver="highs", gap=0.0).plan
    assert plan is not None
    c = [s for s, name in enumerate(instance.streams) if name == "c"]
    rows = np.flatnonzero(np.isin(plan.serving.stream, c) & (plan.serving.period == 1))
    more = plan.serving.tokens_per_s.copy()
    more[rows] *= 2 / more[rows].sum()
    moved_on = replace(plan, serving=replace(plan.serving, tokens_per_s=more))
    row = int(np.flatnonzero((moved_on.least_sums.minima == 2) & (moved_on.least_sums.period == 1))[0])
    found = [v for v in check(instance, adding(moved_on, row, 1.8)).violations if "least shares served" in v.message]
    assert len(found) == 1 and "come to 170.5882% where 180.0000% is stated" in found[0].message, found


def test_terms_of_a_plan_by_level() -> None:
    """tiny/objective-carbon served from the dirty site: 192 kWh x 0.5 kg, at a fourth of the price."""
    instance, plan = solved("objective-carbon")
    dirty = replace(plan, replicas=replace(plan.replicas, island=plan.replicas.island * 0 + 1), serving=replace(plan.serving, site=plan.serving.site * 0 + 1))
    judged = check(instance, dirty)
    assert judged.violations == ()
    assert judged.levels == pytest.approx({"unserved": 0.0, "carbon": 0.096, "promises": 0.0, "energy": 9.6, "net_cost": 9.6 - 864})
    shed = replace(plan, serving=replace(plan.serving, tokens_per_s=plan.serving.tokens_per_s / 4))
    assert check(instance, shed).levels["unserved"] == pytest.approx(0.75)


@pytest.mark.parametrize(("tenant", "net_cost", "promises"), [("pro", -86.4, 0.0), ("api", -820.8, 43.2)])
def test_what_others_are_served_counts_in_no_measure_of_a_tenant(tenant: str, net_cost: float, promises: float, tmp_path: Any) -> None:
    """tiny/objective-order, with what a tenant is not served before all else: of two streams that ask for all there is, its own is served."""
    measure = f"objective:\n  - {{id: unserved, terms: [{{term: unserved_share, tenants: [{tenant}]}}]}}\n"
    (tmp_path / "fleet.yaml").write_text((TINY / "objective-order.yaml").read_text().replace("objective:\n", measure))
    instance = load(tmp_path / "fleet.yaml")
    plan = solve(instance, solver="enumerate").plan
    assert plan is not None
    assert check(instance, plan).levels == pytest.approx({"unserved": 0.0, "net_cost": net_cost, "promises": promises}, abs=1e-6)
