"""What the grid asks for, broken by hand on plans of tiny instances; and which pools the loss of a feed spares."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement import load, solve
from placement.check import check
from placement.formulate import formulate
from placement.instance.losses import Loss
from placement.instance.supply import Contract
from placement.notes import plan_notes
from placement.plan import Plan
from tests.laws.test_supply_violations import scaled, solved, with_row, without


def moved(plan: Plan, job: int, start: int, end: int) -> Plan:
    """The plan with a job in other blocks."""
    runs, mine = plan.runs, plan.runs.job == job
    blocks = {"start_block": np.where(mine, start, runs.start_block), "end_block": np.where(mine, end, runs.end_block)}
    return replace(plan, runs=replace(runs, **blocks))


def beside(plan: Plan, job: int, island: int) -> Plan:
    """The plan with a job more, in its only shape, on a unit of an island for the first block."""
    plan = with_row(plan, "places", len(plan.runs.job), island, 1)
    return with_row(plan, "runs", job, job, 0, 1)


BREACHES: dict[str, tuple[str, Any, str, str]] = {
    "a replica too many": ("event", lambda p: with_row(p, "replicas", 0, 0, 0, 1, 1), "events", "grid/heat: draws in its hours"),
    "firm work in an event": ("event", lambda p: moved(p, 1, 1, 2), "events", "18 kW against a limit of 11 kW"),
    "not slowed down": ("event", lambda p: moved(p, 0, 0, 2), "assignment", "its hours take it to block 3"),
    "slowed down elsewhere": ("event", lambda p: moved(p, 0, 2, 3), "assignment", "its hours take it to block 4"),
    "served at full speed": ("event", lambda p: scaled(p, "serving", 8 / 7), "sla", "serves 80 tokens/s against a limit of 70"),
    "more than is asked for": ("response", lambda p: with_row(p, "responses", 0, 0, 9.0), "demand_response", "of which 0 to 10 kW"),
    "when nobody asks": ("response", lambda p: with_row(p, "responses", 0, 1, 1.0), "demand_response", "of which 0 to 0 kW"),
    "less than nothing": ("response", lambda p: with_row(p, "responses", 0, 1, -1.0), "demand_response", "gives up -1 kW"),
    "a part of the whole": ("response", lambda p: with_row(p, "responses", 1, 0, -2.0), "demand_response", "as a whole, 4 kW"),
    "drawn all the same": ("response", lambda p: with_row(p, "responses", 0, 0, 2.0), "demand_response", "26 kW against"),
    "firm on what is not": ("non-firm", lambda p: beside(p, 0, 0), "non_firm", "23 kW against a limit of 16 kW"),
    "more than one feed carries": ("second-feed", lambda p: beside(p, 1, 0), "second_feed", "once west is lost, 24 kW against"),
}  # fmt: skip


@pytest.mark.parametrize("name", BREACHES)
def test_each_breach_is_found(name: str) -> None:
    case, breach, law, message = BREACHES[name]
    instance, plan = solved(f"power-{case}")
    found = check(instance, breach(plan)).violations
    assert any(message in v.message for v in found if v.law == law), [v.message for v in found]
    assert all(violation.amount > 0 for violation in found)


@pytest.mark.parametrize(("case", "job"), [("power-non-firm", 0), ("power-second-feed", 1)])
def test_only_these_laws_forbid_it(case: str, job: int) -> None:
    instance, plan = solved(case)
    assert {v.law for v in check(instance, beside(plan, job, 0)).violations} == {case.removeprefix("power-").replace("-", "_")}


@pytest.mark.parametrize("name", ["firm on what is not", "more than one feed carries", "drawn all the same"])
def test_power_that_contracts_bring_counts_against_it(name: str) -> None:
    """As many kW as are missing, of a contract in force, are enough; half of them leave half, one not signed brings none; the
    Program allows what the check does."""
    case, breach, law, _ = BREACHES[name]
    instance, plan = solved(f"power-{case}")
    plan = breach(plan)

    def missing(kw: float, signed: bool | None) -> list[float]:
        terms = {"id": "more", "kind": "leased", "provider": "own", "from_date": "2025-01-01", "to_date": "open"}
        power = [{"feed": short.subject, "kw": kw}]
        contract = Contract.model_validate(
            {**terms, "price_usd_per_gpu_hour": 0, "brings_kw": power, "optional": signed is not None}
        )
        more = replace(instance, contracts={**instance.contracts, "more": contract})
        under = with_row(plan, "contracts", len(instance.contracts), 0, instance.calendar.blocks) if signed else plan
        found, formulation = check(more, under).violations, formulate(more)
        assert bool(formulation.program.infeasibility(*formulation.encode(under, strict=False))) == bool(found)
        return [violation.amount for violation in found if violation.law == law]

    (short,) = [found for found in check(instance, plan).violations if found.law == law]
    assert missing(short.amount, None) == missing(short.amount, True) == []
    assert missing(short.amount / 2, None) == [pytest.approx(short.amount / 2)]
    assert missing(short.amount, False) == [pytest.approx(short.amount)]


def test_what_is_given_up_is_paid_for() -> None:
    instance, plan = solved("power-response")
    assert check(instance, plan).terms["demand_response"] == pytest.approx(-(4 * 2 + 2 * 1) * 4)
    assert check(instance, without(plan, "responses")).terms["demand_response"] == 0


def test_a_gang_that_gave_way_may_run_on_after_the_horizon(tmp_path: Path) -> None:
    """92 h in four days, of which the event takes 6: without it the last block would do."""
    text = Path("instances/tiny/power-event.yaml").read_text()
    (tmp_path / "fleet.yaml").write_text(text.replace("duration_hours: 48", "duration_hours: 92").replace(
        "value_usd: 2000", "value_usd: 2000\n    continues_after: true"
    ))  # fmt: skip
    instance = load(tmp_path)
    result = solve(instance)
    assert result.plan is not None and result.terms is not None
    assert result.terms["training_value"] == pytest.approx(-2000 * 90 / 92 - 500)
    assert any("pretrain runs on after 2026-01-05: at least 2 h" in note for note in plan_notes(instance, result.plan))


def test_events_at_the_same_time_take_no_more_than_their_hours(tmp_path: Path) -> None:
    """On day 2 three events of 12 h above pretrain, of 24 h together: 84 h are made in four days, and 83 h end with them."""
    text = Path("instances/tiny/power-event.yaml").read_text()
    heat = "{id: heat, from_date: 2026-01-02, to_date: 2026-01-03, hours: 12, limit_kw: 11}"
    (tmp_path / "fleet.yaml").write_text(
        text.replace(heat, ", ".join(heat.replace("id: heat", f"id: heat-{n}") for n in range(3)))
        .replace("duration_hours: 48", "duration_hours: 83")
        .replace("value_usd: 2000", "value_usd: 2000\n    continues_after: true")
    )
    instance = load(tmp_path)
    result = solve(instance)
    assert result.plan is not None and result.terms is not None
    assert result.terms["training_value"] == pytest.approx(-2500)
    assert not any("runs on after" in note for note in plan_notes(instance, result.plan))


def test_an_event_at_one_of_two_sites_slows_all_of_a_gang_down(tmp_path: Path) -> None:
    """Begun on the first day a gang gets 22 of its 24 h done, and holds the link for the second too: only one of the two runs."""
    event = "{id: e, to_date: 2026-01-02, hours: 4, limit_kw: 100}"
    feed = f"  - {{id: f2, parent: f, limit_kw: unlimited, price_usd_per_kwh: 0, events: [{event}]}}"
    text = Path("instances/tiny/interconnect-sites.yaml").read_text()
    for old, new in (
        ("contracts:\n", f"{feed}\ncontracts:\n"),
        ("s2, provider: own, region: r, jurisdiction: x, feed: f,", "s2, provider: own, region: r, jurisdiction: x, feed: f2,"),
        ("{id: t}", "{id: t, flexibility_share: 0.5}"),
    ):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "fleet.yaml").write_text(text)
    assert solve(load(tmp_path)).objective == pytest.approx(-1000 + 100)


def test_kilowatts_are_numbers() -> None:
    instance, plan = solved("power-response")
    with pytest.raises(ValueError, match="not a finite number"):
        check(instance, with_row(plan, "responses", 0, 0, float("nan")))


@pytest.mark.parametrize(
    ("feeds", "lost"),
    [
        (("west",), [False, False]),
        (("east",), [False, True]),
        (("hall-a",), [True, False]),
        (("west", "east"), [True, True]),
        (("grid",), [True, True]),
    ],
)
def test_a_second_feed_spares_what_it_carries(feeds: tuple[str, ...], lost: list[bool]) -> None:
    instance, _ = solved("power-second-feed")
    loss = Loss(id="l", feeds=feeds, covered_share=0.0)
    (case,) = replace(instance, losses={"l": loss}).loss_cases
    assert case.lost.tolist() == lost


def test_each_feed_that_is_lost_counts_if_a_pool_goes_with_it() -> None:
    instance, _ = solved("power-second-feed")
    cases = replace(instance, losses={"l": Loss(id="l", each="feed", covered_share=0.0)}).loss_cases
    assert [case.name for case in cases] == ["l/grid", "l/east", "l/hall-a"]
