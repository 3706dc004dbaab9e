"""Gangs that pause by day and take time to go on: Program and check agree, and what is short of progress is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement import load, solve
from placement.check import check
from placement.formulate import formulate
from placement.instance import Calendar
from tests.laws.random_grid import asked
from tests.laws.random_instances import decided, random_document, write_instance
from tests.laws.seeds import seeds
from tests.laws.test_agreement import assert_agreement_at_limits
from tests.laws.test_lever_violations import solved

TINY = Path("instances/tiny/assignment-switch.yaml")


def switching(seed: int) -> dict[str, Any]:
    """A random document with two bands and jobs that pause in one of them; events above some of them."""
    rng = np.random.default_rng(seed)
    document = random_document(8000 + seed)
    week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    document["calendar"]["bands"] = [
        {"id": "day", "hours": [{"days": week, "from_hour": 6, "to_hour": 18}]}, {"id": "night", "rest": True}
    ]  # fmt: skip
    for contract in document["contracts"]:
        if isinstance(contract["price_usd_per_gpu_hour"], dict):
            contract["price_usd_per_gpu_hour"] = 0.6
    for job in document["jobs"]:
        job["pace"] = [{"day": 0, "night": 1}, {"day": 0.5, "night": 0}, {"day": 0, "night": 0.8}][int(rng.integers(3))]
        job["switch_hours"] = float(rng.choice([0.0, 1.0, 2.5, 6.0]))
    if seed % 3 == 0:
        document = asked(document, rng)
    elif seed % 3 == 1:
        document = decided(document, rng)
    for feed in document["feeds"]:
        if not {"events", "demand_response", "non_firm_kw"} & set(feed):
            feed["limit_kw"] = 200.0
    return document


@pytest.mark.parametrize("seed", seeds(8))
def test_choices_at_the_limits_agree(seed: int, tmp_path: Path) -> None:
    formulation = formulate(write_instance(tmp_path, switching(seed)))
    assert_agreement_at_limits(formulation, np.random.default_rng(seed), seed, 6, 2)


def test_a_longer_switch_does_not_pay() -> None:
    instance = load(TINY, scenario="slow-switch")
    for solver in ("highs", "cpsat"):
        result = solve(instance, solver=solver, gap=0.0)
        assert result.plan is not None and not len(result.plan.runs.job)
        assert result.objective == pytest.approx(-648)


def test_what_pauses_longer_ends_later() -> None:
    """The plan for 2 h of switching ends a block too early where it takes 3."""
    instance, plan = solved("assignment-switch")
    assert plan.runs.end_block[0] - plan.runs.start_block[0] == 2
    slow = replace(instance, jobs=replace(instance.jobs, switch_hours=(0.0, 3.0)))
    (found,) = check(slow, plan).violations
    assert (found.law, found.amount) == ("assignment", 1.0) or "does not end within the horizon" in found.message


def test_a_day_of_the_calendar_is_counted_by_the_hour() -> None:
    """The night band begins each evening, so each day has one resumption: 12 h of night less 2; weeks have seven."""
    instance, _ = solved("assignment-switch")
    assert instance.job_progress[instance.jobs.pace[0]].tolist() == [0.0, 10.0, 20.0, 30.0]
    weeks = Calendar(start=instance.calendar.start, block="week", blocks=2, bands=instance.calendar.bands)
    assert weeks.resumptions(np.array([False, True])).tolist() == [0, 7, 0, 7]
    assert weeks.resumptions(np.array([True, True])).tolist() == [0, 0, 0, 0]
