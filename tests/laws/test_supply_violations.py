"""Terms, sublets and losses broken by hand, on plans of tiny instances: each breach is found, under its law, with its amount."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement import load, solve
from placement.check import check
from placement.formulate import formulate
from placement.instance import Instance
from placement.notes import plan_notes
from placement.plan import TERMS, Places, Plan, Runs

TINY = Path("instances/tiny")


@lru_cache
def solved(name: str) -> tuple[Instance, Plan]:
    instance = load(TINY / f"{name}.yaml")
    plan = solve(instance, solver="enumerate").plan
    assert plan is not None and not check(instance, plan).violations
    return instance, plan


def with_row(plan: Plan, table: str, *values: float) -> Plan:
    """The plan with one row more."""
    rows = getattr(plan, table)
    columns = {f.name: np.append(getattr(rows, f.name), value) for f, value in zip(fields(rows), values, strict=True)}
    return replace(plan, **{table: replace(rows, **{n: c.astype(getattr(rows, n).dtype) for n, c in columns.items()})})


def without(plan: Plan, table: str) -> Plan:
    """The plan with an empty table."""
    rows = getattr(plan, table)
    return replace(plan, **{table: replace(rows, **{f.name: getattr(rows, f.name)[:0] for f in fields(rows)})})


def signed(plan: Plan, *rows: tuple[int, int, int]) -> Plan:
    """The plan with just these (contract, first block, end)."""
    plan = without(plan, "contracts")
    for row in rows:
        plan = with_row(plan, "contracts", *row)
    return plan


def scaled(plan: Plan, table: str, factor: float) -> Plan:
    rows = getattr(plan, table)
    return replace(plan, **{table: replace(rows, tokens_per_s=rows.tokens_per_s * factor)})


def exchanged(plan: Plan) -> Plan:
    """The first run stands where the last does, and so on."""
    return replace(plan, places=replace(plan.places, island=plan.places.island[::-1]))


BREACHES: dict[str, tuple[str, Any, str, str]] = {
    "unsigned": ("contract-lease", signed, "capacity", "holds 1 units against a limit of 0"),
    "too early": ("contract-lease", lambda p: signed(p, (1, 0, 2)), "contract", "holds outside its contract"),
    "too late to sign": ("contract-lease", lambda p: signed(p, (1, 3, 4)), "contract", "is not on offer"),
    "longer than offered": ("contract-lease", lambda p: signed(p, (1, 1, 4)), "contract", "is not on offer"),
    "twice": ("contract-lease", lambda p: signed(p, (1, 1, 3), (1, 0, 2)), "contract", "is signed 2 times"),
    "what is in force": ("contract-lease", lambda p: signed(p, (1, 1, 3), (0, 0, 4)), "contract", "in force as dated"),
    "renewed too often": ("contract-renewal", lambda p: signed(p, (0, 1, 3)), "contract", "is not on offer"),
    "ordered too late": ("purchase", lambda p: signed(p, (0, 3, 4)), "contract", "is not on offer"),
    "gone before its life is": ("purchase", lambda p: signed(p, (0, 1, 3)), "contract", "is not on offer"),
    "used before it is delivered": ("purchase", lambda p: signed(p, (0, 2, 4)), "contract", "holds outside its contract"),
    "power that is not signed for": ("power-expansion", signed, "power", "draws 16 kW against a limit of 10 kW"),
    "too little power signed for": ("power-expansion", lambda p: signed(p, (2, 0, 2)), "power", "against a limit of 15 kW"),
    "too long on spot": ("contract-spot", exchanged, "assignment", "does not end within the horizon"),
    "more than spot gives": ("contract-spot", lambda p: scaled(p, "serving", 1.2), "sla", "serves 120 tokens/s against a limit"),
    "no term": ("contract-exit", signed, "contract", "has no term"),
    "before the notice": ("contract-exit", lambda p: signed(p, (0, 0, 1)), "contract", "is not on offer"),
    "begun late": ("contract-exit", lambda p: signed(p, (0, 1, 4)), "contract", "is not on offer"),
    "both alternatives": ("contract-expansion", lambda p: with_row(p, "contracts", 1, 0, 2), "contract", "at most one is signed"),
    "expansion alone": ("contract-expansion", lambda p: signed(p, (1, 0, 2), (2, 0, 2)), "contract", "which it requires, is not"),
    "let twice": ("contract-sublet", lambda p: with_row(p, "sublets", 0, 0, 2), "capacity", "lets"),
    "let nothing": ("contract-sublet", lambda p: with_row(p, "sublets", 0, 0, -1), "capacity", "no units or fewer"),
    "may not be let": ("contract-lease", lambda p: with_row(p, "sublets", 0, 0, 1), "contract", "does not allow"),
    "not covered": ("resilience", lambda p: without(p, "recourse"), "resilience", "falls short by 40"),
    "covered by what is lost": ("resilience", lambda p: with_row(p, "recourse", 0, 0, 0, 0, 0, 40.0), "resilience", "would serve"),
    "covered too often": ("resilience", lambda p: scaled(p, "recourse", 3.0), "resilience", "would serve 120"),
    "negative recourse": ("resilience", lambda p: with_row(p, "recourse", 0, 0, 1, 0, 0, -1.0), "resilience", "a negative rate"),
    "served over a cut link": ("wan-cut", lambda p: with_row(p, "recourse", 0, 0, 0, 0, 0, 1.0), "resilience", "its terms exclude"),
    "too much over what remains": ("wan-cut", lambda p: scaled(p, "recourse", 1.25), "resilience", "cut/rb: would carry 0.25"),
    "negative shortfall": ("resilience", lambda p: with_row(p, "uncovered", 0, 0, 0, -1.0), "resilience", "a negative rate"),
}  # fmt: skip


@pytest.mark.parametrize("name", BREACHES)
def test_each_breach_is_found(name: str) -> None:
    case, breach, law, message = BREACHES[name]
    instance, plan = solved(case)
    found = [violation for violation in check(instance, breach(plan)).violations if violation.law == law]
    assert any(message in violation.message for violation in found), [violation.message for violation in found]
    assert all(violation.amount > 0 for violation in found)


def test_shortfall_without_a_price_is_forbidden() -> None:
    instance, plan = solved("resilience")
    losses = {name: loss.model_copy(update={"uncovered_usd_per_million_tokens": None}) for name, loss in instance.losses.items()}
    strict = replace(instance, losses=losses)
    assert not check(strict, plan).violations
    assert any("leaves uncovered" in v.message for v in check(strict, with_row(plan, "uncovered", 0, 0, 0, 5.0)).violations)


def test_take_or_pay_is_owed_slot_by_slot() -> None:
    instance, plan = solved("contract-take-or-pay")
    idle = without(without(plan, "runs"), "places")
    assert check(instance, idle).terms["take_or_pay"] == pytest.approx(384.0)
    terms = {name: c.model_copy(update={"take_or_pay": c.take_or_pay.model_copy(update={"per": "block"})})
             for name, c in instance.contracts.items() if c.take_or_pay is not None}  # fmt: skip
    daily = replace(instance, contracts=terms)
    # b runs for two of four days: 192 for each of them, half of that for each of the others.
    assert check(daily, plan).terms["take_or_pay"] == pytest.approx(2 * 192.0 + 2 * 96.0)


def test_spot_capacity_covers_nothing_after_a_loss(tmp_path: Path) -> None:
    _, plan = solved("contract-spot")
    loss = "losses:\n  - {id: l, contracts: [on-demand], covered_share: 0.5}\n"
    (tmp_path / "fleet.yaml").write_text((TINY / "contract-spot.yaml").read_text() + loss)
    for period in (0, 1):
        plan = with_row(plan, "recourse", 0, 0, 0, 0, period, 60.0)
    found = check(load(tmp_path), plan).violations
    assert {violation.law for violation in found} == {"resilience"}
    assert all("would serve 60 tokens/s against a limit of 0" in violation.message for violation in found)


def test_a_gang_that_hardly_gets_on_does_not_run_on_spot(tmp_path: Path) -> None:
    _, plan = solved("contract-spot")
    text, often = (TINY / "contract-spot.yaml").read_text(), "interruptions: 4, outage_hours: 0}"
    (tmp_path / "fleet.yaml").write_text(text.replace("interruptions: 40, outage_hours: 8, notice_hours: 0.5}", often))
    found = [violation.message for violation in check(load(tmp_path), plan).violations if violation.law == "assignment"]
    assert any(message.startswith("a: hardly gets on") for message in found), found
    # Its place on demand is still offered, none on spot is.
    gangs = formulate(load(tmp_path)).activities.gangs
    assert sorted(zip(gangs.job.tolist(), gangs.pool.tolist(), strict=True)) == [(0, 0), (1, 0)]


def test_capex_is_paid_when_it_falls_due_and_worth_less_later() -> None:
    instance, plan = solved("purchase")
    dear = replace(instance, settings=instance.settings.model_copy(update={"discount_rate_per_year": 1.0}))
    terms = check(dear, signed(plan, (0, 2, 4))).terms
    assert terms["capex"] == pytest.approx(4000 * 2 ** (-2 / 365.25) + 4000 * 2 ** (-3 / 365.25))
    assert terms["residual_value"] == pytest.approx(-7000 * 2 ** (-4 / 365.25))
    bought = instance.contracts["build"]
    assert bought.purchase is not None
    lost = bought.model_copy(update={"purchase": bought.purchase.model_copy(update={"residual": "none"})})
    assert check(replace(instance, contracts={"build": lost}), plan).terms["residual_value"] == 0
    ends = bought.model_copy(update={"to_date": date(2026, 1, 7)})
    # In force from the third day on, and by its dates for four days of its eight: half of them are left.
    assert check(replace(instance, contracts={"build": ends}), plan).terms["residual_value"] == pytest.approx(-4000.0)


def test_what_falls_due_after_the_horizon_is_noted() -> None:
    instance, plan = solved("purchase")
    assert not any("falls due" in note for note in plan_notes(instance, plan))
    late = plan_notes(instance, signed(plan, (0, 3, 4)))
    assert any("contract build, ordered on 2026-01-04: 50% of its capex falls due from 2026-01-05 on" in note for note in late)


def test_take_or_pay_beyond_is_settled_at_the_end_of_its_slot() -> None:
    """96 are committed to on each of four days; a on day 1 beside b takes 192 more than that, which count on day 4."""
    instance, plan = solved("contract-take-or-pay")
    dear = replace(instance, settings=instance.settings.model_copy(update={"discount_rate_per_year": 1.0}))
    both = replace(
        plan,
        runs=Runs(np.array([0, 1]), np.array([0, 1]), np.array([0, 1]), np.array([1, 3])),
        places=Places(np.array([0, 1]), np.array([0, 0]), np.array([1, 1])),
    )
    worth = [2 ** (-day / 365.25) for day in range(4)]
    assert check(dear, both).terms["take_or_pay"] == pytest.approx(96 * sum(worth) + 192 * worth[3])
    formulation = formulate(dear)
    usd = formulation.program.objective(*formulation.encode(both)).sum(axis=0)[TERMS.index("take_or_pay")]
    assert usd == pytest.approx(check(dear, both).terms["take_or_pay"])


def test_fees_are_those_of_the_cheapest_way_to_be_in_force() -> None:
    instance, plan = solved("contract-renewal")
    assert [check(instance, signed(plan, (0, 0, end))).terms["fixed_fees"] for end in (1, 2, 3)] == pytest.approx(
        [2400.0, 6000.0, 11400.0]
    )
    longer = {name: c.model_copy(update={"term_blocks": (1, 2)}) for name, c in instance.contracts.items()}
    assert check(replace(instance, contracts=longer), signed(plan, (0, 0, 2))).terms["fixed_fees"] == pytest.approx(4800.0)
