"""Traffic and data on the WAN broken by hand, on plans of tiny instances: each breach is found, and what crosses is paid for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from placement import load, solve
from placement.check import check
from placement.explain.bill import bill
from placement.formulate import formulate
from placement.instance import Instance
from placement.moves import Stage
from placement.plan import Plan, Violation
from placement.rules.wan import link_gbit_s
from tests.laws.test_supply_violations import scaled, solved, with_row, without


def found(instance: Instance, plan: Plan) -> list[Violation]:
    """What the law of the WAN finds."""
    return [violation for violation in check(instance, plan).violations if violation.law == "wan"]


def rerun(plan: Plan, *, start_block: list[int], end_block: list[int]) -> Plan:
    """The plan with its runs at other blocks."""
    return replace(plan, runs=replace(plan.runs, start_block=np.array(start_block), end_block=np.array(end_block)))


def with_link(instance: Instance, name: str, **figures: float | str) -> Instance:
    """The instance with other figures of a link."""
    return replace(instance, links={**instance.links, name: instance.links[name].model_copy(update=figures)})


def test_served_traffic_fills_links() -> None:
    instance, plan = solved("wan-serving")
    over = found(instance, scaled(plan, "serving", 1.5))
    assert [(v.subject, v.amount, v.unit) for v in over] == [("ra", pytest.approx(1.0), "Gbit/s")]


def test_split_gangs_fill_links() -> None:
    instance, plan = solved("wan-gangs")
    narrow = with_link(instance, "half-1", gbit_s=4.0)
    assert [(v.subject, v.amount) for v in found(narrow, plan)] == [("half-1", pytest.approx(6.0))]


def test_data_fill_links_in_the_blocks_before_the_start() -> None:
    instance, plan = solved("wan-moves")
    both = with_row(with_row(plan, "runs", 0, 0, 1, 2), "places", 2, 1, 1)
    # j on day 2 and k on day 3: 8 TB of each on day 1.
    assert [(v.subject, v.amount, v.period) for v in found(instance, both)] == [
        ("ab", pytest.approx(2 * 64_000 / 86_400 - 1), instance.calendar.period_name(0))
    ]


def test_what_crosses_is_worth_less_later() -> None:
    """k's 16 TB count by the day of its start, the third; a split gang's gigabytes by the day on which it runs."""
    settings = {"discount_rate_per_year": 1.0}
    instance, plan = solved("wan-moves")
    dear = replace(instance, settings=instance.settings.model_copy(update=settings))
    assert check(instance, plan).terms["wan"] == pytest.approx(160)
    assert check(dear, plan).terms["wan"] == pytest.approx(160 * 2 ** (-2 / 365.25))
    instance, plan = solved("wan-gangs")
    dear = replace(instance, settings=instance.settings.model_copy(update=settings))
    assert check(dear, rerun(plan, start_block=[1], end_block=[2])).terms["wan"] == pytest.approx(1080 * 2 ** (-1 / 365.25))


def test_a_start_before_the_data_is_there() -> None:
    instance, plan = solved("wan-moves")
    early = found(instance, rerun(plan, start_block=[1, 0], end_block=[2, 1]))
    assert [(v.subject, v.amount, v.unit) for v in early] == [("k", 1.0, "blocks")]
    assert "1 blocks before its data can be there" in early[0].message


def test_a_start_where_no_path_brings_the_data() -> None:
    instance, plan = solved("wan-moves")
    narrow = with_link(instance, "ab", gbit_s=0.7)
    assert any("no path brings its data to b in time" in v.message for v in found(narrow, plan))


def test_every_gigabyte_is_paid_on_every_link() -> None:
    instance, plan = solved("wan-serving")
    assert check(instance, plan).terms["wan"] == pytest.approx(15.12)
    assert check(with_link(instance, "ra", price_usd_per_gb=0.01), plan).terms["wan"] == pytest.approx(15.12 + 108.0)
    instance, plan = solved("wan-moves")
    # A checkpoint of 2 TB to a and data of 8 TB to b are j's alone: it takes the place of k, whose 16 TB then stay.
    job = without(without(plan, "runs"), "places")
    for site_island, usd in ((0, 20.0), (1, 80.0)):
        only = with_row(with_row(job, "runs", 0, 0, 1, 2), "places", 0, site_island, 1)
        assert check(instance, only).terms["wan"] == pytest.approx(usd)


def test_a_split_gang_needs_its_data_at_both_sites() -> None:
    instance, plan = solved("wan-gangs")
    jobs = instance.jobs
    tb, site = jobs.load_tb.copy(), jobs.load_site.copy()
    tb[0], site[0] = (1.0, 2.0), (0, 1)
    moved = replace(instance, jobs=replace(jobs, load_tb=tb, load_site=site))
    late = rerun(plan, start_block=[1], end_block=[2])
    # 1 TB from a to b and 2 TB from b to a, over the cheap link: data tolerate its round trip.
    assert check(moved, late).terms["wan"] == pytest.approx(1080.0 + 3.0)
    assert {v.subject for v in found(moved, plan)} == {"j"}


def test_a_stream_takes_another_path_only_within_its_round_trip() -> None:
    instance, plan = solved("wan-serving")
    wider = {name: each.model_copy(update={"max_rtt_ms": 20.0}) for name, each in instance.latency_classes.items()}
    assert check(replace(instance, latency_classes=wider), plan).terms["wan"] == pytest.approx(15.12 / 2)


def test_the_bill_says_that_data_come_too_late(tmp_path: Path) -> None:
    text = Path("instances/tiny/wan-moves.yaml").read_text()
    text = text.replace("commitment: optional", "commitment: must", 1)
    text = text.replace("    data_tb: 8\n", "    pools: [q]\n    data_tb: 80\n", 1)
    (tmp_path / "fleet.yaml").write_text(text)
    instance = load(tmp_path)
    assert solve(instance, solver="highs").status == "infeasible"
    lines = bill(instance, lambda soft: solve(soft, solver="highs").plan)
    assert [line.subject for line in lines] == ["j"]
    assert "what it needs lies at a and b, and cannot be where it fits in time" in lines[0].message


def test_scenarios_change_what_crosses(tmp_path: Path) -> None:
    text = Path("instances/tiny/wan-moves.yaml").read_text()
    changes = [
        '{path: "links[ab].price_usd_per_gb", action: scale, value: 2}',
        '{path: "jobs[k].data_tb", value: 8}',
        '{path: "jobs[k].move_blocks", value: 1}',
    ]
    (tmp_path / "fleet.yaml").write_text(f"{text}scenarios:\n  - id: dear\n    changes: [{', '.join(changes)}]\n")
    dear = solve(load(tmp_path, scenario="dear"), solver="enumerate")
    # 8 TB at 0.02 USD each: those of j on day 1, for day 2, a day late; those of k on day 2, for day 3, two days late.
    assert dear.terms is not None
    assert dear.terms["wan"] == pytest.approx(160.0 + 160.0)
    assert dear.objective == pytest.approx(-1000 + 160 + 100 - 2000 + 160 + 100 - 250)


def test_other_ways_carry_what_is_rerouted_and_no_more() -> None:
    """Tiny wan-ways: of 75 tokens/s 25 take the dear way."""
    instance, plan = solved("wan-ways")
    assert check(instance, plan).terms["wan"] == pytest.approx(16.2 + 32.4)
    told = {(v.subject, v.unit): v.amount for v in found(instance, scaled(plan, "reroutes", 4))}
    assert told == {("d from a", "tokens/s"): pytest.approx(25), ("dear", "Gbit/s"): pytest.approx(3)}
    told = {(v.subject, v.unit): v.amount for v in found(instance, scaled(plan, "reroutes", 0))}
    assert told == {("narrow", "Gbit/s"): pytest.approx(1)}
    negative = found(instance, scaled(plan, "reroutes", -0.4))
    assert [v.amount for v in negative if "a negative rate" in v.message] == [pytest.approx(10)]


def test_ways_that_there_are_not() -> None:
    """The third link is beyond the class: two ways remain, and the cheapest takes no row."""
    instance, plan = solved("wan-ways")
    for way in (2, 0, -1):
        elsewhere = replace(plan, reroutes=replace(plan.reroutes, way=np.array([way])))
        told = found(instance, elsewhere)
        assert [v.message for v in told if "may be used" in v.message] == [
            f"d from a: is served over way {way + 1} of 2 that may be used"
        ]
        assert ("narrow", pytest.approx(1)) in [(v.subject, v.amount) for v in told]


def test_only_what_may_help_is_offered() -> None:
    """Another way is no option where nothing limits the cheapest, or where what limits that limits the other as well."""
    instance = load(Path("instances/tiny/wan-ways.yaml"))
    assert len(formulate(instance).activities.reroutes.option) == 1
    assert len(formulate(with_link(instance, "narrow", gbit_s="unlimited")).activities.reroutes.option) == 0
    alone = instance.settings.model_copy(update={"wan_paths_per_stream": None})
    assert len(formulate(replace(instance, settings=alone)).activities.reroutes.option) == 0


def test_between_plans_each_way_carries_what_both_send_over_it() -> None:
    """Replicas may be of other classes in the new plan; what neither plan sends over the cheapest way is not booked there."""
    instance, plan = solved("wan-ways")
    step = Stage.first(instance, plan, plan)
    assert (step.plan.serving.tokens_per_s.tolist(), step.plan.reroutes.tokens_per_s.tolist()) == ([75.0], [25.0])
    more = scaled(plan, "reroutes", 3)  # All of it over the dear way, so nothing over the narrow one.
    step = Stage.first(instance, plan, more)
    assert (step.plan.serving.tokens_per_s.tolist(), step.plan.reroutes.tokens_per_s.tolist()) == ([25.0], [25.0])
    assert link_gbit_s(instance, step.plan)[:, 0].tolist() == pytest.approx([0.0, 1.0, 0.0])
    none = scaled(plan, "reroutes", 0)
    step = Stage.first(instance, more, none)
    assert not len(step.plan.serving.stream) and not len(step.plan.reroutes.stream)
