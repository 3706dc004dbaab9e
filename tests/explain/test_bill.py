"""The bill of infeasibility names what is in the way, by how much, and a remedy."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from placement import load, solve
from placement.explain.bill import bill
from placement.explain.shortfall import Shortfall
from placement.instance import Instance
from placement.plan import Plan
from tests.laws.random_instances import write_instance
from tests.laws.test_violations import DOCUMENT


def billed(folder: Path, change: Callable[[dict[str, Any]], None]) -> list[Shortfall]:
    document = copy.deepcopy(DOCUMENT)
    change(document)
    instance = write_instance(folder, document)
    assert solve(instance, time_limit_s=30).status == "infeasible"

    def plan_of(softened: Instance) -> Plan | None:
        return solve(softened, time_limit_s=30).plan

    return bill(instance, plan_of)


def test_job_that_fits_nowhere(tmp_path: Path) -> None:
    (line,) = billed(tmp_path, lambda d: d["jobs"][0]["shapes"][0].update(gpus=20))
    assert (line.law, line.subject, line.amount, line.unit) == ("assignment", "island", 20.0, "GPUs")
    assert "needs 20 GPUs" in line.message and "a 16" in line.message and "widen its span" in line.remedy


def test_job_whose_window_is_too_short(tmp_path: Path) -> None:
    (line,) = billed(tmp_path, lambda d: d["jobs"][0]["shapes"][0].update(duration_hours=100.0))
    assert "needs 100 h" in line.message and "holds 72 h" in line.message and "28 h" in line.remedy


def test_job_that_gives_way_for_too_long(tmp_path: Path) -> None:
    def slow(d: dict[str, Any]) -> None:
        d["feeds"][0]["events"] = [{"id": "heat", "hours": 12.0, "limit_kw": 1000.0}]
        for tenant in d["tenants"]:
            tenant["flexibility_share"] = 0.5
        d["jobs"][0]["shapes"][0].update(duration_hours=70.0)

    (line,) = billed(tmp_path, slow)
    assert "needs 70 h of the 72 h" in line.message and "up to 18 h" in line.message and "flexibility_share" in line.remedy


def test_events_that_follow_each_other_last_no_longer_than_the_day(tmp_path: Path) -> None:
    def slow(d: dict[str, Any]) -> None:
        d["feeds"][0]["events"] = [{"id": f"heat-{n}", "hours": 20.0, "limit_kw": 1000.0} for n in range(3)]
        for tenant in d["tenants"]:
            tenant["flexibility_share"] = 0.5
        d["jobs"][0]["shapes"][0].update(duration_hours=40.0)

    (line,) = billed(tmp_path, slow)
    assert "needs 40 h of the 72 h" in line.message and "up to 36 h" in line.message


def test_events_are_no_reason_for_a_job_that_fits_no_island(tmp_path: Path) -> None:
    def large(d: dict[str, Any]) -> None:
        d["feeds"][0]["events"] = [{"id": "heat", "hours": 24.0, "limit_kw": 1000.0}]
        for tenant in d["tenants"]:
            tenant["flexibility_share"] = 0.5
        d["jobs"][0]["shapes"][0].update(gpus=4000, duration_hours=70.0)

    (line,) = billed(tmp_path, large)
    assert "4,000" in line.message and "events" not in line.message


def test_replicas_that_have_no_room_to_stand(tmp_path: Path) -> None:
    (line,) = billed(tmp_path, lambda d: d["services"][0].update(min_replicas=1000))
    assert (line.law, line.subject, line.unit) == ("standing", d_service(), "replicas")
    assert "more have to stand than there is room for" in line.message and "lower min_replicas" in line.remedy


def d_service() -> str:
    return str(DOCUMENT["services"][0]["id"])


@pytest.mark.parametrize(
    ("name", "law", "subject", "says"),
    [
        ("isolation", "isolation", "a", "isolation of tenant a: without it 1 of the 1"),
        ("power-second-feed", "second_feed", "hall-a", "second_feed of feed hall-a: without it 1 of the 1"),
        ("reclaim", "reclaim", "lease", "reclaim of contract lease: without it 1 of the 1"),
    ],
)
def test_laws_that_keep_must_jobs_out(name: str, law: str, subject: str, says: str, tmp_path: Path) -> None:
    """All that these instances leave out because of their law alone must run: the law is named before the job."""
    document = yaml.safe_load(Path(f"instances/tiny/{name}.yaml").read_text())
    owed = "promised" if name == "reclaim" else "optional"
    for job in document["jobs"]:
        if job["commitment"] == owed:
            job["commitment"] = "must"
            job.pop("breach_usd", None)
    (tmp_path / "fleet.json").write_text(json.dumps(document, default=str))
    instance = load(tmp_path)
    assert solve(instance, time_limit_s=30).status == "infeasible"
    lines = bill(instance, lambda softened: solve(softened, time_limit_s=30).plan)
    assert [line.law for line in lines] == [law, "assignment"]
    assert (lines[0].subject, lines[0].amount, lines[0].unit) == (subject, 1.0, "jobs and floors")
    assert lines[0].message.startswith(says) and lines[0].remedy


def test_a_law_that_keeps_nothing_out_is_no_reason(tmp_path: Path) -> None:
    def apart(d: dict[str, Any]) -> None:
        d["jobs"][0]["shapes"][0].update(gpus=20)
        d["tenants"].append({"id": "guest", "isolation": "pool"})

    (line,) = billed(tmp_path, apart)
    assert line.law == "assignment"


def test_jobs_that_crowd_each_other(tmp_path: Path) -> None:
    def crowd(d: dict[str, Any]) -> None:
        for n in range(3):
            d["jobs"].append(copy.deepcopy(d["jobs"][0]) | {"id": f"twin{n}", "deadline_date": "2026-03-05"})
            d["jobs"][-1]["shapes"] = [{"accelerator": "a", "gpus": 16, "duration_hours": 48.0}]

    lines = billed(tmp_path, crowd)
    assert lines and all("fits alone" in line.message for line in lines)


def test_hard_floor_without_supply(tmp_path: Path) -> None:
    (line,) = billed(tmp_path, lambda d: d["tenants"][0]["ladder"].update(hard=True))
    # Before its contract starts, the only pool in reach holds nothing: a floor of 0.2 x 20 tokens/s is missed for two days.
    assert (line.law, line.subject, line.unit) == ("sla", "d", "tokens/s")
    assert line.amount == pytest.approx(4.0)
    assert line.periods == "2026-03-02 to 2026-03-03 (2 periods)"


def test_limit_whose_least_multiplier_is_out_of_reach(tmp_path: Path) -> None:
    """Before its contract starts, the only pool in reach holds nothing, and the limit wants a quarter of 20 tokens/s."""

    def limit(d: dict[str, Any]) -> None:
        d["levers"] = [{"id": "cap", "kind": "limit", "tenant": "t", "multipliers": [0.25, 1], "per": "block"}]

    (line,) = billed(tmp_path, limit)
    assert (line.law, line.subject, line.unit) == ("limit", "cap", "tokens/s")
    assert line.amount == pytest.approx(5.0)
    assert line.periods == "2026-03-02 to 2026-03-03 (2 periods)"
    assert "smaller multiplier" in line.remedy


def test_limit_that_holds_for_each_stream_but_not_for_all(tmp_path: Path) -> None:
    """A unit serves one latency class or the other, so the two streams are never served the same share."""

    def limit(d: dict[str, Any]) -> None:
        d["pools"] = [pool | {"contract": "c", "online_gpus": 4, "islands": [{"gpus": 4}]} for pool in d["pools"][2:]]
        d["jobs"] = []
        d["services"].append(copy.deepcopy(d["services"][0]) | {"id": "n"})
        for service in d["services"]:
            service["profiles"] = service["profiles"][:2]
        d["streams"].append(d["streams"][0] | {"id": "e", "service": "n"})
        d["tenants"][0]["ladder"]["floor_share"] = 0.0
        d["levers"] = [{"id": "cap", "kind": "limit", "tenant": "t", "multipliers": [0.25, 0.5], "per": "block"}]

    lines = billed(tmp_path, limit)
    assert lines and {(line.law, line.subject) for line in lines} == {("limit", "cap")}


def test_feed_that_idle_power_overloads(tmp_path: Path) -> None:
    (line,) = billed(tmp_path, lambda d: d["feeds"][1].update(limit_kw=5.0))
    # 48 GPUs idle at 0.1 kW with PUE 1.25: 6 kW against 5.
    assert (line.law, line.subject, line.unit) == ("power", "f0", "kW")
    assert line.amount == pytest.approx(1.0)


def test_budget_below_what_idles(tmp_path: Path) -> None:
    def starve(d: dict[str, Any]) -> None:
        d["policies"] = [{"id": "energy", "kind": "budget", "per": "block", "most_kwh": 100.0, "sites": ["s0"]}]
        d["jobs"][0]["commitment"] = "optional"

    # 48 accelerators at 0.1 kW and a PUE of 1.25 draw 6 kW: 144 kWh a day.
    (line,) = billed(tmp_path, starve)
    assert (line.law, line.subject, line.unit) == ("budget", "energy", "kWh")
    assert line.amount == pytest.approx(44.0)
    assert line.periods == "2026-03-02 to 2026-03-07 (6 periods)"


def test_cooling_below_what_idles(tmp_path: Path) -> None:
    """48 accelerators at 0.1 kW give off 4.8 kW."""
    lines = billed(tmp_path, lambda d: d["sites"][0].update(cooling_kw=4.0))
    assert (lines[0].law, lines[0].subject, lines[0].unit) == ("cooling", "s0", "kW")
    assert lines[0].amount == pytest.approx(0.8)


def test_cooling_of_a_hall_below_what_idles(tmp_path: Path) -> None:
    """48 accelerators at 0.1 kW give off 4.8 kW, whatever the site cools."""
    lines = billed(tmp_path, lambda d: d["feeds"][1].update(cooling_kw=4.5))
    assert (lines[0].law, lines[0].subject, lines[0].unit) == ("cooling", "feed f0", "kW")
    assert lines[0].amount == pytest.approx(0.3)
    assert lines[0].message.startswith("feed f0: what is online gives off 0.3 kW more")


def test_maintenance_of_more_than_is_online(tmp_path: Path) -> None:
    """Eight of twelve units are to be down, while six are kept spare."""

    def overdo(d: dict[str, Any]) -> None:
        task = {"id": "m", "from_date": "2026-03-02", "to_date": "2026-03-08", "blocks": 2, "islands": [1, 2]}
        d["pools"][0] |= {"maintenance": [task], "spare_share": 0.5}

    (line,) = billed(tmp_path, overdo)
    assert (line.law, line.subject, line.amount, line.unit) == ("maintenance", "p0/m", 2.0, "units")


def test_maintenance_in_the_way_of_a_must_job(tmp_path: Path) -> None:
    def close(d: dict[str, Any]) -> None:
        task = {"id": "m", "from_date": "2026-03-02", "to_date": "2026-03-08", "blocks": 6, "share": 1.0}
        d["pools"][0]["maintenance"] = [task]

    (line,) = billed(tmp_path, close)
    assert (line.law, line.subject) == ("maintenance", "p0/m")
    assert "all must jobs and hard floors fit" in line.message


def test_a_must_job_with_nowhere_to_go_after_a_loss(tmp_path: Path) -> None:
    """It may run in one pool only."""
    loss = {"id": "l", "sites": ["s0"], "covered_share": 0.0, "jobs": "must"}
    (line,) = billed(tmp_path, lambda d: d.update(losses=[loss]))
    assert (line.law, line.subject, line.amount, line.unit) == ("backups", "island", 8.0, "GPUs")
    assert "no island that l leaves" in line.message


def test_a_loss_that_leaves_too_little(tmp_path: Path) -> None:
    (line,) = billed(tmp_path, lambda d: d.update(losses=[{"id": "l", "sites": ["s2"], "covered_share": 0.5}]))
    assert (line.law, line.subject) == ("resilience", "l")
