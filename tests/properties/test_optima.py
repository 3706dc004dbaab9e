"""Properties of optima that hold for every instance, on random small ones solved to the end."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placement.check import check
from placement.files import load
from placement.formulate import formulate
from placement.program import Solution, Status
from solvers import load as solver
from solvers.solver import Limits
from tests.laws.random_instances import random_document, write_instance

EXACT = Limits(time_limit_s=60, gap=0.0, workers=1)
slow = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
seeds = st.integers(0, 10_000)


def optimum(folder: Path, document: dict[str, Any], name: str = "highs") -> Solution:
    """The document's optimum, its plan checked."""
    instance = write_instance(folder, document)
    formulation = formulate(instance)
    solution = solver(name)(formulation.program, limits=EXACT)
    if solution.option is not None and solution.start is not None and solution.value is not None:
        judged = check(instance, formulation.decode(solution.option, solution.start, solution.value))
        assert judged.violations == ()
        for level, value in zip(solution.levels, judged.levels.values(), strict=True):
            assert value == pytest.approx(level.value, rel=1e-9, abs=1e-6)
    return solution


def values(solution: Solution) -> list[float]:
    return [level.value if level.value is not None else float("inf") for level in solution.levels]


@slow
@given(seeds)
def test_bound_below_value(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    solution = optimum(tmp_path_factory.mktemp("bound"), random_document(seed))
    for level in solution.levels:
        if level.value is not None and level.bound is not None:
            assert level.bound <= level.value + 1e-6 * max(1.0, abs(level.value))


@slow
@given(seeds, st.sampled_from(["power", "wan", "release", "promise"]))
def test_relaxing_a_limit_never_worsens(tmp_path_factory: pytest.TempPathFactory, seed: int, what: str) -> None:
    tight = random_document(seed)
    loose = copy.deepcopy(tight)
    if what == "power":
        for feed in loose["feeds"]:
            feed["limit_kw"] = "unlimited"
    elif what == "wan":
        for link in loose["links"]:
            link["gbit_s"] = "unlimited"
    elif what == "release":
        for job in loose["jobs"]:
            job["commitment"] = "optional"
    else:
        for tenant in loose["tenants"]:
            if "ladder" in tenant:
                tenant["ladder"] |= {"floor_share": 0.0, "hard": False}
    before = optimum(tmp_path_factory.mktemp("tight"), tight)
    after = optimum(tmp_path_factory.mktemp("loose"), loose)
    if before.status is Status.INFEASIBLE:
        return
    first = [values(after)[0] - values(before)[0], values(after)[1] - values(before)[1]]
    tolerance = 1e-6 * max(1.0, *(abs(v) for v in values(before)))
    assert first[0] < -tolerance or (first[0] <= tolerance and first[1] <= tolerance)


@slow
@given(seeds, st.sampled_from([0.5, 4.0]))
def test_scaling_money_scales_the_optimum(tmp_path_factory: pytest.TempPathFactory, seed: int, factor: float) -> None:
    document = random_document(seed)
    for tenant in document["tenants"]:
        # A promise without a price weighs a fixed 1 USD, which does not scale.
        if "ladder" in tenant:
            tenant["ladder"] |= {"floor_share": 0.0, "hard": False}
    for job in document["jobs"]:
        job["commitment"] = "optional"
    scaled = scale_money(copy.deepcopy(document), factor)
    before = optimum(tmp_path_factory.mktemp("once"), document)
    after = optimum(tmp_path_factory.mktemp("scaled"), scaled)
    assert values(after) == pytest.approx([factor * v for v in values(before)], rel=1e-6, abs=1e-4)


def scale_money(node: Any, factor: float, money: bool = False) -> Any:
    """Every figure under a key that says USD, times the factor."""
    if isinstance(node, dict):
        for key, value in node.items():
            node[key] = scale_money(value, factor, money or "usd" in key)
    elif isinstance(node, list):
        return [scale_money(value, factor, money) for value in node]
    elif money and isinstance(node, int | float) and not isinstance(node, bool):
        return node * factor
    return node


@pytest.mark.parametrize("path", sorted(Path("instances/tiny").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_order_of_listing_gives_the_same_optimum(path: Path, tmp_path: Path) -> None:
    """Reversing jobs and pools in a file changes nothing but the digest."""
    instance = load(path)
    solution = solver("highs")(formulate(instance).program, limits=EXACT)
    text = path.read_text()
    document = yaml.safe_load(text)
    for family in ("jobs", "streams", "tenants", "pools", "sites"):
        if family in document:
            document[family] = document[family][::-1]
    turned = tmp_path / "fleet.json"
    turned.write_text(json.dumps(document, default=str))
    again = solver("highs")(formulate(load(turned)).program, limits=EXACT)
    assert values(again) == pytest.approx(values(solution), rel=1e-6, abs=1e-4)
