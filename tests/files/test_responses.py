"""What a plan gives up for demand response comes back from its file; what nobody offers is an error with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from placement import load, solve
from placement.files import InputErrors, load_plan, save_plan

RESPONSE = Path("instances/tiny/power-response.yaml")


def test_round_trip_and_unknown_names(tmp_path: Path) -> None:
    instance = load(RESPONSE)
    result = solve(instance, solver="enumerate")
    save_plan(result, instance, tmp_path / "plan.json")
    loaded = load_plan(tmp_path / "plan.json", instance)
    assert loaded.plan is not None and result.plan is not None and loaded.terms == result.terms
    for column in ("response", "period", "kw"):
        assert np.array_equal(getattr(loaded.plan.responses, column), getattr(result.plan.responses, column))
    (table,) = tmp_path.glob("plan.responses.*.csv")
    assert table.read_text().splitlines()[:2] == ["response,block,band,kw", "f/part,2026-01-01,peak,2.0"]
    table.write_text(table.read_text().replace("f/part", "f/prat"))
    with pytest.raises(InputErrors, match=r"responses.*:2: response(.|\n)*did you mean 'f/part'"):
        load_plan(tmp_path / "plan.json", instance)
