"""The bill where levels, policies and what runs today are in the way."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import yaml

from placement import load, solve
from placement.explain.bill import bill
from placement.explain.shortfall import Shortfall

TINY = Path("instances/tiny")


def tiny(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((TINY / f"{name}.yaml").read_text())
    return copy.deepcopy(document)


def billed(document: dict[str, Any], folder: Path) -> list[Shortfall]:
    (folder / "fleet.json").write_text(json.dumps(document, default=str))
    instance = load(folder)
    assert solve(instance, solver="highs").status == "infeasible"
    return bill(instance, lambda softened: solve(softened, solver="highs", gap=0.0).plan)


def test_a_level_that_is_never_worth_so_little(tmp_path: Path) -> None:
    """One unit serves pro for 100 USD a million tokens or api for 1000: 10 tokens/s for a day earn 864 USD at most,
    of which what pro is not served takes 43.2."""
    document = tiny("objective-order")
    document["objective"][0]["most"] = -1000.0
    (line,) = billed(document, tmp_path)
    assert (line.law, line.subject, line.unit) == ("objective", "net_cost", "of the level")
    assert abs(line.amount - 179.2) < 1e-3
    assert "at most -1,000 is allowed, and the least found is -820.8" in line.message and "raise its most by 179.2" in line.remedy


def test_levels_that_are_only_worth_so_little_one_by_one(tmp_path: Path) -> None:
    """Without a breach pro is served, which earns 86.4 USD."""
    document = tiny("objective-order")
    document["objective"][0]["most"] = -800.0
    document["objective"][1]["most"] = 0.0
    lines = billed(document, tmp_path)
    assert [(line.law, line.subject) for line in lines] == [("objective", "net_cost"), ("objective", "promises")]
    assert all("not beside those of others" in line.message for line in lines)


def test_levels_that_put_promises_last_are_no_reason_to_drop_must_jobs(tmp_path: Path) -> None:
    """Of two must jobs on one unit one is missing, not both, though each costs energy and net cost comes first."""
    document = tiny("training-share")
    document["policies"], document["pools"][0]["islands"], document["pools"][0]["online_gpus"] = [], [{"gpus": 8}], 8
    document["jobs"] = [{**job, "commitment": "must", "value_usd": 0} for job in document["jobs"][:2]]
    document["feeds"][0]["price_usd_per_kwh"] = 0.1
    document["objective"] = [{"id": level, "terms": [{"term": level}]} for level in ("net_cost", "promises")]
    lines = billed(document, tmp_path)
    assert [line.law for line in lines] == ["assignment"]


def test_shares_served_that_may_not_differ_by_so_little(tmp_path: Path) -> None:
    """Max must have 0.8 of 10 tokens/s, so pro, of whom 1 in 9 is left, has at most a tenth: shares differ by 70 points, not 20."""
    document = tiny("fairness-proportional")
    document["tenants"][1]["ladder"].update(hard=True, floor_share=0.8)
    lines = billed(document, tmp_path)
    assert [(line.law, line.subject) for line in lines] == [("fairness", "equal"), ("sla", "b")]
    assert lines[0].message.startswith("policy equal: without it 1 of the 1") and "raise most_points" in lines[0].remedy


def test_a_share_of_training_keeps_a_must_job_out(tmp_path: Path) -> None:
    """Two units of product and one of research: less than half of it is research's."""
    document = tiny("training-share")
    for job in document["jobs"][2:]:
        job["commitment"] = "must"
    lines = billed(document, tmp_path)
    assert [line.law for line in lines] == ["training_share", "assignment"]
    assert (lines[0].subject, lines[0].amount) == ("mix", 1.0)


def frozen(until: str) -> dict[str, Any]:
    """k stands at b, whose contract ends on a day; it has three days of work left and must run."""
    document = tiny("movement")
    document["contracts"][0]["to_date"] = until
    document["jobs"] = [document["jobs"][1] | {"commitment": "must"}]
    document["jobs"][0]["current_place"]["remaining_hours"] = 72
    return document


def test_a_running_must_job_whose_place_ends(tmp_path: Path) -> None:
    (line, job) = billed(frozen("2026-01-03"), tmp_path)
    assert (line.law, line.subject) == ("movement", "k") and "frozen and pin of job k: without it 1 of the 1" in line.message
    assert (job.law, job.subject, job.amount) == ("movement", "k", 8.0)
    assert job.message == "must job k: it cannot stay at q/1, where it runs today, until it ends, and it is frozen"
    assert job.remedy == "state move_usd in place of frozen, or keep its place online until it ends"


def test_a_running_must_job_with_more_left_than_time(tmp_path: Path) -> None:
    document = frozen("open")
    document["jobs"][0]["current_place"]["remaining_hours"] = 100
    (line,) = billed(document, tmp_path)
    assert line.law == "movement" and "100 h of it are left" in line.message and "there are 96 h" in line.message
    assert "later by 4 h" in line.remedy


def test_a_running_must_job_with_nowhere_to_go(tmp_path: Path) -> None:
    document = frozen("2026-01-03")
    document["jobs"][0]["pools"] = ["q"]
    (line,) = billed(document, tmp_path)
    assert line.message.endswith("and no other place takes it in time") and "admit more pools" in line.remedy
