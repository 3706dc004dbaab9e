"""Islands that are equal are one option: the Program unfolds to the one with an option for each island, and optima stay."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import solvers
from placement.activities import places
from placement.check import check
from placement.files import load
from placement.formulate import Formulation, formulate
from placement.instance import Instance
from placement.program import Program, Status
from solvers.solver import Limits
from tests.laws.random_instances import random_document, write_instance

TINY = sorted(Path("instances/tiny").glob("*.yaml"))
SEEDS = range(24)


def plain_random_instance(seed: int, folder: Path) -> Instance:
    """A random instance in which more islands are equal: no pool offers sets of them."""
    document = random_document(seed)
    for pool in document["pools"]:
        pool.pop("spanning", None)
        pool["islands"][0]["count"] = 3
        if not isinstance(pool["online_gpus"], list):
            pool["online_gpus"] = 3 * pool["islands"][0]["gpus"]
    return write_instance(folder, document)


def one_by_one(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Formulation:
    """As formulated with a place for every island."""
    with monkeypatch.context() as patch:
        patch.setattr(places, "island_classes", lambda instance: np.arange(len(instance.island_pool)))
        return formulate(instance)


def assert_equal(one: Program, other: Program) -> None:
    for f in fields(Program):
        a, b = getattr(one, f.name), getattr(other, f.name)
        if f.name in ("grid", "resources", "options", "rates", "charges", "groups"):
            for column in fields(a):
                assert np.array_equal(getattr(a, column.name), getattr(b, column.name)), (f.name, column.name)
        elif isinstance(a, np.ndarray):
            assert np.array_equal(a, b), f.name
        else:
            assert a == b, f.name


@pytest.mark.parametrize("path", TINY, ids=lambda path: path.stem)
def test_tiny_instances_unfold_to_one_option_per_island(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = load(path)
    assert_equal(formulate(instance).program.unfolded(), one_by_one(instance, monkeypatch).program)


def test_random_instances_unfold_to_one_option_per_island(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folded = 0
    for seed in SEEDS:
        for instance in (write_instance(tmp_path, random_document(seed)), plain_random_instance(seed, tmp_path)):
            program = formulate(instance).program
            folded += program.folded
            assert_equal(program.unfolded(), one_by_one(instance, monkeypatch).program)
    assert folded >= len(SEEDS) // 2


def test_ramping_islands_are_no_class(tmp_path: Path) -> None:
    document = random_document(0)
    for pool in document["pools"]:
        pool.pop("spanning", None)
        size = pool["islands"][0]["gpus"]
        pool["islands"] = [{"gpus": size, "count": 3}]
        pool["online_gpus"] = [{"from_date": "2026-03-02", "value": size}, {"from_date": "2026-03-03", "value": 3 * size}]
    instance = write_instance(tmp_path, document)
    first = places.island_classes(instance)
    assert np.diff(instance.pool_island).tolist() == [3] * len(instance.pools)
    for begin in instance.pool_island[:-1]:
        assert first[begin : begin + 3].tolist() == [begin, begin + 1, begin + 1]


@pytest.mark.parametrize("name", sorted(set(solvers.SOLVERS) - {"enumerate"}))
def test_solvers_reach_the_same_optimum(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    for seed in (1, 8, 9):
        instance = plain_random_instance(seed, tmp_path)
        folded, plain = formulate(instance), one_by_one(instance, monkeypatch)
        assert folded.program.folded
        answers: list[Any] = [solvers.load(name)(f.program, limits=Limits(time_limit_s=20, workers=1)) for f in (folded, plain)]
        assert answers[0].status is answers[1].status
        if answers[0].status is not Status.OPTIMAL:
            continue
        compared += 1
        for mine, other in zip(answers[0].levels, answers[1].levels, strict=True):
            assert mine.value == pytest.approx(other.value, rel=1e-6, abs=1e-3)
        plan = folded.decode(answers[0].option, answers[0].start, answers[0].value)
        assert check(instance, plan).violations == ()
        again = folded.encode(plan)
        assert folded.program.infeasibility(*again) == []
        assert folded.program.objective(*again).sum() == pytest.approx(sum(level.value for level in answers[0].levels), rel=1e-6)
    assert compared
