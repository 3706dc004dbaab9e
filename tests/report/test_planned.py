"""Growth as planned against what comes: demand by either, and what `placement show` says of the two."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from placement import load
from placement.instance import Instance
from placement.report.planned import short_of_planned
from placement.report.show import show_data, show_report
from tests.laws.random_instances import write_instance

TEXT = Path("instances/tiny/sla-sun.yaml").read_text()
SUN = yaml.safe_load(TEXT.replace("2026-01-05", "'2026-01-05'").replace("2025-01-01", "'2025-01-01'"))


def grown(folder: Path, **settings: Any) -> Instance:
    """Demand that doubles within the day, where it was planned to stay; half of it is promised."""
    document = copy.deepcopy(SUN)
    day = {"from_date": "2026-01-01"}
    document["growths"] = [{"id": "g", "steps": [{**day, "annual_factor": 1e6}], "planned": [{**day, "annual_factor": 1.0}]}]
    document["tenants"][0]["ladder"]["floor_share"] = 0.5
    for stream in document["streams"]:
        stream |= {"growth": "g", "base_tokens_per_s": 150.0}
    return write_instance(folder, document | {"settings": settings})


def test_demand_is_as_planned_or_as_it_comes(tmp_path: Path) -> None:
    comes, planned = grown(tmp_path), grown(tmp_path, growth="planned")
    assert comes.planned_tokens_per_s is not None
    assert np.array_equal(comes.planned_tokens_per_s, planned.demand_tokens_per_s)
    assert np.array_equal(planned.demand_tokens_per_s, [[150.0, 30.0], [30.0, 150.0]])
    assert np.all(comes.demand_tokens_per_s > planned.demand_tokens_per_s)
    assert comes.digest != planned.digest


def test_show_says_what_was_planned_and_what_comes(tmp_path: Path) -> None:
    """16 accelerators serve 160 tokens/s: 180 are planned, 90 of them promised; the rest comes on top."""
    instance = grown(tmp_path)
    most = float(instance.demand_tokens_per_s.sum(axis=0).max())
    figures = short_of_planned(instance)
    assert figures["all demand"] == pytest.approx((2.0, (most - 160) / 10))
    assert figures["what is promised"] == pytest.approx((0.0, max(most / 2 - 160, 0.0) / 10))
    text = show_report(instance, "block")
    assert "Demand as planned against what comes" in text and "short of 2 accelerators at worst as planned" in text
    assert show_data(instance)["planned_against_actual"]["all demand"]["planned_short_gpus"] == 2.0


def test_without_a_plan_nothing_is_compared() -> None:
    instance = load("instances/tiny/sla-sun.yaml")
    assert instance.planned_tokens_per_s is None
    assert "as planned" not in show_report(instance, "block")
    assert show_data(instance)["planned_against_actual"] is None
