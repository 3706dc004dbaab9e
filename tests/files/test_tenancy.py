"""Tenants kept apart and maintenance: what only shows between nouns, and how their part of a plan comes back from its file."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement import check_plan, solve
from placement.files import InputErrors, load, load_plan, save_plan
from placement.plan import TABLES

TINY = Path("instances/tiny")
FILES = {"kept": "resilience-reclaim", "limits": "limit", "closings": "closing", "refusals": "admission", "shifts": "shifting"}
FILES |= {"degraded": "degrading"}
FILES |= {"unfinished": "batch"}
FILES |= {"feed_work": "maintenance-feed"}
FILES |= {"starts": "starting"}
"""Instance whose plan has rows in a table; others are called after it."""


def complaints(folder: Path, document: dict[str, Any]) -> list[str]:
    """What loading a document says is wrong."""
    (folder / "fleet.json").write_text(json.dumps(document))
    with pytest.raises(InputErrors) as caught:
        load(folder / "fleet.json")
    return [str(problem) for problem in caught.value.problems]


def test_a_tenant_kept_apart_has_its_own_services(document: dict[str, Any], tmp_path: Path) -> None:
    document["tenants"][0]["isolation"] = "pool"
    (tmp_path / "fleet.json").write_text(json.dumps(document))
    assert load(tmp_path / "fleet.json").tenants["pro"].isolation == "pool"
    document["streams"][1] |= {"tenant": "research", "ladder": document["tenants"][0]["ladder"], "service": "chat"}
    (found,) = complaints(tmp_path, document)
    assert "tenants[pro].isolation = 'pool'" in found
    assert "'chat' also serves 'research'" in found
    assert "give it a service of its own" in found


def test_maintenance_needs_a_pool_that_is_there_whatever_is_decided(document: dict[str, Any], tmp_path: Path) -> None:
    document["contracts"][1]["optional"] = True
    document["pools"][2]["maintenance"] = [
        {"id": "m", "from_date": "2026-03-16", "to_date": "2026-04-06", "blocks": 1, "share": 0.5}
    ]
    (found,) = complaints(tmp_path, document)
    assert "pools[memphis-h100].maintenance" in found
    assert "contract 'lease' is not" in found


KEPT_TABLES = ("maintenance", "backups", "kept", "limits", "closings", "refusals", "credits", "swings", "shifts", "batch")
KEPT_TABLES = (*KEPT_TABLES, "unfinished")
KEPT_TABLES = (*KEPT_TABLES, "feed_work")
KEPT_TABLES = (*KEPT_TABLES, "starts", "degraded")


@pytest.mark.parametrize("name", KEPT_TABLES)
def test_tables_come_back_as_they_were(name: str, tmp_path: Path) -> None:
    instance = load(TINY / f"{FILES.get(name, name)}.yaml")
    result = solve(instance, solver="highs", time_limit_s=30)
    assert result.plan is not None
    save_plan(result, instance, tmp_path / "plan.json")
    loaded = load_plan(tmp_path / "plan.json", instance)
    assert loaded.plan is not None
    found, stated = getattr(loaded.plan, name), getattr(result.plan, name)
    assert all(np.array_equal(getattr(found, f.name), getattr(stated, f.name)) for f in fields(TABLES[name]))
    assert len(getattr(found, fields(found)[0].name)) > 0
    assert not check_plan(instance, loaded.plan).violations


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("maintenance", "racks", "rocks", "a task of maintenance of the pool"),
        ("maintenance", "p,racks", "q,racks", "a pool"),
        ("feed_work", "root/transformer", "f/transformer", "a task of maintenance of a feed"),
        ("feed_work", "transformer,2026-01-02", "transformer,2026-02-02", "the first day of a block"),
        ("maintenance", "p,racks,2026-01-02", "p,racks,2026-02-02", "the first day of a block"),
        ("batch", "evals", "eval", "a batch job"),
        ("batch", ",x8,", ",x9,", "a way to do the work of the job"),
        ("batch", ",full,", ",half,", "a way to do the work of the job"),
        ("batch", ",p,", ",q,", "a pool"),
        ("batch", "2026-01-02", "2026-02-02", "the first day of a"),
        ("unfinished", "rollouts", "rollout", "a batch job"),
        ("backups", "any-site/a", "any-site/c", "a loss"),
        ("backups", "crown", "clown", "a job"),
        ("backups", "x8", "x9", "a shape of the job"),
        ("backups", "q/1", "q/2", "an island"),
        ("kept", "taken-back/lease", "taken-back/owned", "a loss"),
        ("kept", ",m,", ",n,", "a service"),
        ("kept", ",full,", ",half,", "a profile of the service"),
        ("kept", ",q,", ",z,", "a pool"),
        ("kept", "2026-01-02", "2026-02-02", "the first day of a"),
    ],
)
def test_malformed_rows(name: str, old: str, new: str, says: str, tmp_path: Path) -> None:
    instance = load(TINY / f"{FILES.get(name, name)}.yaml")
    save_plan(solve(instance, solver="highs", time_limit_s=30), instance, tmp_path / "plan.json")
    (path,) = tmp_path.glob(f"plan.{name}.*.csv")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InputErrors) as caught:
        load_plan(tmp_path / "plan.json", instance)
    assert any(says in str(problem) for problem in caught.value.problems)


def test_a_plan_of_before_has_neither_table(tmp_path: Path) -> None:
    instance = load(TINY / "power.yaml")
    result = solve(instance, solver="highs", time_limit_s=30)
    save_plan(result, instance, tmp_path / "plan.json")
    document = json.loads((tmp_path / "plan.json").read_text())
    for name in ("maintenance", "backups", "kept"):
        del document["tables"][name]
    (tmp_path / "plan.json").write_text(json.dumps(document))
    assert load_plan(tmp_path / "plan.json", instance).plan is not None
