"""Demand that moves, broken by hand on plans of tiny instances: each breach is found, with its amount."""

# ruff: noqa: E501 -- one breach, one line

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from placement.check import check
from placement.instance.calendar import Band, BandHours, Calendar
from placement.instance.flows import within_delay
from placement.instance.levers import ClosingLever, LimitLever
from placement.instance.losses import Loss
from placement.plan import Plan
from placement.rules.shifting import longest_wait
from tests.laws.deciding import allowed_by_program
from tests.laws.test_lever_violations import solved
from tests.laws.test_supply_violations import scaled, with_row, without
from tests.laws.test_tenancy_violations import moved


def rerated(plan: Plan, table: str, row: int, more: float) -> Plan:
    """The plan with so many tokens/s more in a row."""
    rows = getattr(plan, table)
    rate = rows.tokens_per_s.copy()
    rate[row] += more
    return replace(plan, **{table: replace(rows, tokens_per_s=rate)})


# tiny/shifting: 8 of 20 go from period 0 to 1, 4 from 2 to 3; 0.225 of each arrive. tiny/shifting-deadline: ten of 40 go from day 0 to 1, ten to 2.
BREACHES: dict[str, tuple[str, Any, str, str, float]] = {
    "more than may be": ("shifting", lambda p: rerated(p, "shifts", 0, 1.0), "shifting", "d: moves to other periods 9 tokens/s against a limit of 8", 1.0),
    "less than nothing": ("shifting", lambda p: scaled(p, "shifts", -1.0), "shifting", "d: moves less than nothing", 8.0),
    "to the next day": ("shifting", lambda p: moved(p, "shifts", "to_period", 0, 3), "shifting", "d: waits 32 hours for 2026-01-02 rest, 8 at most", 24.0),
    "from the rest": ("shifting", lambda p: with_row(p, "shifts", 0, 1, 2, 0.5), "shifting", "d: waits 16 hours for 2026-01-02 peak", 8.0),
    "backwards": ("shifting", lambda p: with_row(p, "shifts", 0, 2, 1, 0.5), "shifting", "d: is moved to 2026-01-01 rest, which is not later", 0.5),
    "to the peak of its day": ("shifting", lambda p: with_row(p, "shifts", 0, 1, 0, 0.5), "shifting", "d: is moved to 2026-01-01 peak, which is not later", 0.5),
    "not moved": ("shifting", lambda p: without(p, "shifts"), "sla", "d: leaves demand without an answer; -(served + shed) is -12 tokens/s", 8.0),
    "arrives in full": ("shifting", lambda p: rerated(p, "serving", 1, 0.2), "sla", "d: serves and sheds together 4.2 tokens/s against a limit of 4", 0.2),
    "too late for its deadline": ("shifting-deadline", lambda p: with_row(p, "shifts", 0, 0, 3, 10.0), "shifting", "d: waits 72 hours for 2026-01-04, 48 at most", 24.0),
    "what arrives is shed": ("shifting-deadline", lambda p: with_row(p, "shedding", 0, 0, 0, 1, 10.0), "arrivals", "d: sheds and moves on 10 tokens/s against a limit of 0", 10.0),
    "what arrives moves on": ("shifting-deadline", lambda p: with_row(p, "shifts", 0, 1, 2, 10.0), "arrivals", "d: sheds and moves on 10 tokens/s against a limit of 0", 10.0),
    "more degraded than may be": ("degrading", lambda p: rerated(p, "degraded", 0, 2.0), "degrading", "chat: is degraded by 14 tokens/s against a limit of 12", 2.0),
    "degraded by less than nothing": ("degrading", lambda p: scaled(p, "degraded", -1.0), "degrading", "chat: degrades less than nothing", 12.0),
    "degraded to nothing": ("degrading", lambda p: without(p, "degraded"), "sla", "chat-small: serves and sheds together 14 tokens/s against a limit of 8", 6.0),
    "not degraded": ("degrading", lambda p: without(p, "degraded"), "sla", "chat: leaves demand without an answer; -(served + shed) is -8 tokens/s", 12.0),
    "degraded from where nothing is": ("degrading", lambda p: with_row(p, "degraded", 1, 0, 1.0), "degrading", "chat-small: is degraded by 1 tokens/s against a limit of 0", 1.0),
    "what is degraded is shed": ("degrading", lambda p: with_row(p, "shedding", 1, 0, 0, 0, 9.0), "arrivals", "chat-small: sheds and moves on 9 tokens/s against a limit of 8", 1.0),
}  # fmt: skip


@pytest.mark.parametrize("name", BREACHES)
def test_each_breach_is_found(name: str) -> None:
    case, breach, law, message, amount = BREACHES[name]
    instance, plan = solved(case)
    found = check(instance, breach(plan)).violations
    mine = [violation for violation in found if violation.law == law and message in violation.message]
    assert mine, [v.message for v in found]
    assert mine[0].amount == pytest.approx(amount)


def test_nothing_may_be_moved_where_nothing_says_so() -> None:
    instance, plan = solved("sla")
    found = check(instance, with_row(plan, "shifts", 0, 0, 0, 1.0)).violations
    assert any(v.law == "shifting" and "moves to other periods 1 tokens/s against a limit of 0" in v.message for v in found)


def test_bands_that_may_not_be_moved_into() -> None:
    instance, plan = solved("shifting")
    stream = instance.streams["d"]
    assert stream.shifting is not None
    streams = {"d": stream.model_copy(update={"shifting": stream.shifting.model_copy(update={"into_bands": ("peak",)})})}
    found = check(replace(instance, streams=streams), plan).violations
    assert next(v.message for v in found if v.law == "shifting") == "d: is moved to 2026-01-01 rest, a band that is none of into_bands"


def test_nothing_arrives_at_what_is_closed() -> None:
    instance, plan = solved("shifting-deadline")
    lever = ClosingLever(id="shut", kind="closing", tenant="pro", closing_usd=0.0, blocks=1)
    closed = with_row(plan, "closings", 0, 1, 2)
    found = check(replace(instance, levers={"shut": lever}), closed).violations
    assert [(v.law, v.message) for v in found] == [("arrivals", "d: takes in while closed 10 tokens/s against a limit of 0 tokens/s")]


def test_money_of_what_moves() -> None:
    instance, plan = solved("shifting")
    assert check(instance, plan).terms["shifting"] == pytest.approx(12 * 50 * 0.0144)


def week(hours: tuple[int, int], block: str = "week", days: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri")) -> Calendar:
    row = BandHours(days=days, from_hour=hours[0], to_hour=hours[1])  # type: ignore[arg-type]
    bands = (Band(id="peak", hours=(row,)), Band(id="rest", rest=True))
    return Calendar.model_validate({"start": "2026-03-02", "block": block, "blocks": 3, "bands": bands})


def test_waits() -> None:
    """From each hour of a period to the next of another, and the longest of these."""
    calendar = week((5, 11))
    assert longest_wait(calendar, 0, 1) == 6
    assert longest_wait(calendar, 1, 0) == 5 + 24 + 24 + 13  # Friday at 11, to Monday, when the band comes again.
    assert longest_wait(calendar, 0, 3) == 7 * 24 - 5  # Monday at 5, to the next Monday.
    assert {d: p.tolist() for d, p in within_delay(calendar, 6.0, None).items()} == {1: [0, 2, 4]}
    assert within_delay(calendar, 5.75, None) == {}
    until_midnight = week((8, 24), days=("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    assert longest_wait(until_midnight, 0, 1) == 16  # Sunday's is the next week's, and counts as this one's.
    daily = week((8, 24), "day", ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    assert not np.isfinite(longest_wait(daily, 0, 1))
    assert longest_wait(daily, 0, 3) == 16
    assert {d: p.tolist() for d, p in within_delay(daily, 16.0, ("rest",)).items()} == {3: [0, 2]}


def test_means_where_nothing_is_asked() -> None:
    """Those of the whole stream, or of what degrades to one that never asks for anything."""
    instance, _ = solved("shifting")
    demand, mean = np.array([[20.0, 0.0, 20.0, 5.0]]), np.array([[10.0, 0.0, 10.0, 5.0]])
    some = replace(instance, demand_tokens_per_s=demand, mean_tokens_per_s=mean)
    assert some.mean_per_demand[0] == pytest.approx([0.5, (10 * 8 * 2 + 5 * 16) / (20 * 8 * 2 + 5 * 16), 0.5, 1.0])
    instance, _ = solved("degrading")
    bursty = replace(instance, demand_tokens_per_s=np.array([[20.0], [0.0]]), mean_tokens_per_s=np.array([[5.0], [0.0]]))
    assert bursty.mean_per_demand[:, 0] == pytest.approx([0.25, 0.25])


def test_money_of_what_is_degraded_and_of_what_is_lost() -> None:
    instance, plan = solved("degrading")
    assert check(instance, plan).terms["degrading"] == pytest.approx(12 * 0.0864 * 50)
    instance, plan = solved("churn")
    assert check(instance, plan).terms["churn"] == pytest.approx(3 * 43.2)
    dear = replace(instance, settings=instance.settings.model_copy(update={"discount_rate_per_year": 1.0}))
    worth = [2 ** (-day / 365.25) for day in range(3)]
    assert check(dear, plan).terms["churn"] == pytest.approx(43.2 * (worth[1] + 2 * worth[2]))


def test_what_may_be_moved_is_shared_by_all_ways() -> None:
    """With 40 hours to wait, peak 1 moves 8 to its own rest, which is all that it may, and 2 of what it sheds to the rest of day 2."""
    instance, plan = solved("shifting")
    stream = instance.streams["d"]
    assert stream.shifting is not None
    patient = stream.model_copy(update={"shifting": stream.shifting.model_copy(update={"most_delay_hours": 40.0})})
    longer = replace(instance, streams={"d": patient})
    assert allowed_by_program(longer, plan) and not check(longer, plan).violations

    def rates(table: str, column: str, *of_periods: float) -> Any:
        rows = getattr(plan, table)
        return replace(rows, tokens_per_s=np.array(of_periods)[getattr(rows, column)])

    shifts = replace(plan.shifts, period=plan.shifts.period * 0, tokens_per_s=np.where(plan.shifts.period == 0, 8.0, 2.0))
    serving = rates("serving", "period", 10, 5.8, 10, 9.55)
    moved = replace(plan, shifts=shifts, serving=serving, shedding=rates("shedding", "period", 0, 0, 10, 0))
    found = check(longer, moved).violations
    assert [(v.law, v.message) for v in found] == [("shifting", "d: moves to other periods 10 tokens/s against a limit of 8 tokens/s")]
    assert not allowed_by_program(longer, moved)


def test_levers_beside_what_moves() -> None:
    """A limit above 1 leaves room for what others shift there, one of 1 does not; floors are not broken by moving."""
    instance, plan = solved("shifting")
    limit = LimitLever(id="cap", kind="limit", tenant="pro", bands=("rest",), multipliers=(1.0, 1.5), per="horizon")
    limited = replace(instance, levers={"cap": limit})
    roomy = check(limited, with_row(plan, "limits", 0, 0, 2, 1.5)).violations
    assert roomy == ()
    tight = check(limited, with_row(plan, "limits", 0, 0, 2, 1.0)).violations
    assert {v.law for v in tight} == {"limit"}
    assert max(v.amount for v in tight) == pytest.approx(1.8)


def test_after_a_loss_demand_counts_as_it_arises() -> None:
    """With all that serves lost, what is to be covered is a share of demand, moved or not."""
    instance, plan = solved("shifting")
    found = check(replace(instance, losses={"s": Loss(id="s", sites=("s",), covered_share=0.5)}), plan).violations
    assert sorted(v.amount for v in found if v.law == "resilience") == pytest.approx([2.0, 4.55, 10.0, 10.0])
