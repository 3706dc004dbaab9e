"""Columns dropped by a start's prices are in no plan as good as the start, at any level, and answers stay those of all columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import solvers
from placement.program import Floats
from solvers.columns import expand
from solvers.filtering import surviving
from solvers.highs_process import HighsProcess, Tuning
from solvers.linear import Linear
from solvers.search import capped
from solvers.solver import Limits, Start
from tests.prices.assorted import assorted_program
from tests.solvers.programs import random_program

LIMITS = Limits(time_limit_s=20, gap=1e-6, workers=1)


@pytest.fixture(scope="module")
def process() -> Iterator[HighsProcess]:
    with HighsProcess() as running:
        yield running


def best(model: Linear, process: HighsProcess) -> Floats | None:
    x = process.solve(model, Tuning(relative_gap=0.0)).x
    return None if x is None else np.where(model.whole, np.round(x), x)


def test_no_plan_as_good_uses_what_is_dropped(process: HighsProcess) -> None:
    dropped = dropped_later = 0
    for seed in range(80):
        program = random_program(seed) if seed % 4 == 3 else assorted_program(seed)
        rng = np.random.default_rng(seed)
        columns = expand(program)
        first = columns.linear(0)
        x = best(first, process)
        if x is None or not first.feasible(x):
            continue
        second = replace(first, cost=columns.costs[:, 1], constant=float(columns.constants[1]))
        held = replace(capped(first, first.objective(x), x), cost=second.cost, constant=second.constant)
        for model in (first, held, second):
            optimum = best(model, process)
            other = best(replace(model, cost=model.cost * rng.uniform(0.5, 1.5, model.columns)), process)
            lp = process.solve(model.relaxed(), Tuning())
            if optimum is None or other is None or lp.prices is None:
                continue
            exact = columns.slot_prices(lp.prices)
            for start in (optimum, other):
                if model.objective(optimum) > model.objective(start):
                    continue  # beyond HiGHS's tolerance
                for prices in (exact, exact * rng.uniform(0.8, 1.2, len(exact)), rng.normal(0, 3, len(exact)), exact * np.nan):
                    kept = surviving(columns, model, start, prices)
                    assert not optimum[~kept].any(), f"program {seed}"
                    dropped += int((~kept).sum())
                    dropped_later += int((~kept).sum()) if model is held else 0
    assert dropped > 500
    assert dropped_later > 100


@pytest.mark.parametrize("name", ["highs", "cpsat"])
def test_answers_with_and_without_prices_are_equal(name: str) -> None:
    solve, dropped = solvers.load(name), 0.0
    for seed in range(6):
        program = random_program(seed) if seed % 3 == 2 else assorted_program(seed)
        plain = solve(program, limits=LIMITS)
        if plain.option is None or plain.start is None or plain.value is None:
            continue
        prices = plain.prices if plain.prices is not None else np.zeros(len(program.resources.limit))
        again = solve(program, limits=LIMITS, start=Start(plain.option, plain.start, plain.value, prices))
        assert again.status is plain.status
        for one, other in zip(plain.levels, again.levels, strict=True):
            assert one.value == pytest.approx(other.value, rel=1e-6, abs=1e-6)
            assert one.value is not None
            assert other.bound is not None
            assert other.bound <= one.value + 1e-6 * max(1.0, abs(one.value))
        facts = dict(again.facts)
        assert float(facts["columns_dropped"]) <= float(facts["columns_considered"])
        dropped += float(facts["columns_dropped"])
    assert dropped > 0


def test_a_start_that_is_no_plan_does_no_harm() -> None:
    program = assorted_program(3)
    wrong = Start(np.array([0, 0, 0]), np.array([0, 1, 2]), np.ones(3), np.full(len(program.resources.limit), 5.0))
    assert program.infeasibility(wrong.option, wrong.start, wrong.value)
    plain = solvers.load("highs")(program, limits=LIMITS)
    answer = solvers.load("highs")(program, limits=LIMITS, start=wrong)
    assert [level.value for level in answer.levels] == pytest.approx([level.value for level in plain.levels])
