"""On 500 random Programs the bound of every phase lies below the exact optimum: prices, exact LP, and branch and cut.

The exact optimum is HiGHS's on all columns as one model, and the oracle's on some. Phases are called one by one, because the solver
itself leaves Programs as small as these to HiGHS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

import solvers
from placement.program import Floats, Ints, Program, Status
from solvers.classes import alone
from solvers.columns import Columns, expand
from solvers.highs_process import HighsProcess, Tuning
from solvers.prices import dual, kernels
from solvers.prices.filter import surviving
from solvers.prices.layout import Layout, Tables, lay_out
from solvers.prices.plan import Draft, empty, fill
from solvers.prices.pricing import bound, soft_minima
from solvers.prices.prove import by_lp, by_search
from solvers.prices.restricted import columns_at
from solvers.solver import ENDLESS, Limits, TooLarge
from tests.prices.assorted import FEATURES, assorted_program, features
from tests.solvers.identical import repeated
from tests.solvers.programs import random_program

CASES = 500
PARTS = 10
REPEATED = 60
WEIGHTS = (np.array([0.0, 1.0]), np.array([50.0, 1.0]))
"""The last level alone, and the first one heavy: what the solver minimises."""


@pytest.fixture(scope="module")
def process() -> Iterator[HighsProcess]:
    with HighsProcess() as running:
        yield running


def program_of(seed: int) -> Program:
    return random_program(seed) if seed % 5 == 4 else assorted_program(seed)


def exact(columns: Columns, weight: Floats, process: HighsProcess) -> tuple[float, Floats] | None:
    """The least weighted cost and a plan that has it; None where there is no plan."""
    model = replace(columns.linear(0), cost=columns.costs @ weight, constant=float(columns.constants @ weight))
    outcome = process.solve(model, Tuning(relative_gap=0.0))
    assert outcome.status in ("optimal", "infeasible")
    return None if outcome.x is None else (model.objective(outcome.x), outcome.x)


def drafted(state: dual.Dual, option: Ints, start: Ints, value: Floats, process: HighsProcess) -> Draft | None:
    """The optimum's choice of groups as a draft, where it is one (whole)."""
    draft = empty(state.layout, state.rest)
    group = state.layout.program.options.group[option]
    mine = (group >= 0) & (value > 0.999)
    draft.option[group[mine]], draft.start[group[mine]] = option[mine], start[mine]
    return draft if fill(draft, process, ENDLESS) is not None and draft.feasible() else None


def bounds(
    layout: Layout, columns: Columns, x: Floats, best: float, rng: np.random.Generator, process: HighsProcess
) -> dict[str, float]:
    """The highest bound of each phase; asserts on the way that no column of the optimum is dropped."""
    state = dual.begin(layout)
    found = {"zero prices": dual.raise_bound(state).value}
    found["random prices"] = max(bound(layout, size * rng.normal(0, 1, layout.rows)).value for size in (0.05, 2.0))
    for theta in (0.03, 0.003):
        dual.smooth(state, theta, 25)
        found["smooth prices"] = dual.raise_bound(state).value
    heard: list[float] = [-np.inf]
    by_lp(state, process, allow=lambda: ENDLESS, stopped=lambda: False, heard=heard.append)
    found["lp"] = max(heard)
    assert state.best_prices is not None
    option, start, value = columns.choice(x)
    grouped = layout.program.options.group[option] >= 0
    standing = layout.classes.at_first(option)
    for prices in (state.best_prices, rng.random(layout.rows)):
        kept = surviving(layout, prices, best)
        assert kept is not None
        wanted = set(zip(standing[grouped].tolist(), start[grouped].tolist(), strict=True))
        assert wanted <= set(zip(kept.option.tolist(), kept.start.tolist(), strict=True)), "a column of the optimum was dropped"
    draft = drafted(state, option, start, value, process)
    if draft is not None:
        heard, plans = [-np.inf], list[Draft]()
        by_search(
            state, draft, process, value=draft.cost(), gap=1e-5, seed=0, left=lambda: 10.0, allow=lambda left: ENDLESS,
            stopped=lambda: False, bounded=heard.append, found=plans.append,
        )  # fmt: skip
        found["search"] = max(heard)
        for plan in plans:
            assert np.array_equal(layout.program.options.group[plan.option[plan.placed]], plan.placed)
            if plan.feasible():  # its counts may be fractional, as in the search
                assert plan.cost() >= found["search"] - 1e-6 * max(1.0, abs(best)), "a plan below the bound of its search"
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_every_bound_lies_below_the_optimum(part: int, process: HighsProcess) -> None:
    solved = searched = tight = 0
    for seed in range(part, CASES, PARTS):
        program = program_of(seed)
        columns = expand(program)
        weight = WEIGHTS[seed // PARTS % 2]
        truth = exact(columns, weight, process)
        if truth is None:
            continue
        best, x = truth
        found = bounds(lay_out(program, weight), columns, x, best, np.random.default_rng(seed), process)
        solved += 1
        searched += "search" in found
        tight += max(found.values()) > best - 1e-3 * max(1.0, abs(best))
        for phase, value in found.items():
            assert value <= best + 1e-6 * max(1.0, abs(best)), f"{phase} of program_of({seed}): {value} above {best}"
    assert solved > 0.6 * CASES / PARTS
    assert searched > 0.4 * CASES / PARTS
    assert tight > 0.2 * CASES / PARTS, "bounds far below every optimum would show nothing"


@pytest.mark.parametrize("part", range(2))
def test_bounds_by_class_lie_below_the_optimum(part: int, process: HighsProcess) -> None:
    """Groups that are alike count once in every pass, LP and search, and still for all of them."""
    solved = searched = tight = 0
    for seed in range(part, REPEATED, 2):
        program, rng = program_of(seed), np.random.default_rng(seed)
        many, _ = repeated(program, rng.integers(1, 4, len(program.groups)), rng)
        columns, weight = expand(many), WEIGHTS[seed // 2 % 2]
        layout = lay_out(many, weight)
        truth = exact(columns, weight, process) if layout.classes.alike else None
        if truth is None:
            continue
        best, x = truth
        found = bounds(layout, columns, x, best, np.random.default_rng(seed), process)
        solved += 1
        searched += "search" in found
        tight += max(found.values()) > best - 1e-3 * max(1.0, abs(best))
        for phase, value in found.items():
            assert value <= best + 1e-6 * max(1.0, abs(best)), f"{phase} of program_of({seed}), repeated: {value} above {best}"
    assert solved > 0.4 * REPEATED / 2
    assert searched > 0.3 * REPEATED / 2
    assert tight > 0.15 * REPEATED / 2


def test_passes_by_class_find_what_passes_over_all_groups_do(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    for seed in range(40):
        program, rng = program_of(seed), np.random.default_rng(seed)
        many, _ = repeated(program, rng.integers(1, 4, len(program.groups)), rng)
        weight = WEIGHTS[seed % 2]
        by_class = lay_out(many, weight)
        with monkeypatch.context() as patch:
            patch.setattr(import_module("solvers.prices.layout"), "classes_of", alone)
            every = lay_out(many, weight)
        if not by_class.classes.alike:
            continue
        assert len(by_class.member) < len(every.member)
        compared += 1
        states = dual.begin(by_class), dual.begin(every)
        np.testing.assert_allclose(states[0].worth, states[1].worth)
        for size in (0.0, 0.05, 2.0):
            prices = by_class.evened(size * rng.random(by_class.rows))
            one, other = bound(by_class, prices), bound(every, prices)
            assert one.value == pytest.approx(other.value, rel=1e-9, abs=1e-9)
            np.testing.assert_allclose(one.least, other.least, rtol=1e-9, atol=1e-9)
            columns, others = (columns_at(layout, prices, 3) for layout in (by_class, every))
            assert sorted(columns.group) == sorted(others.group)
            assert sorted(columns.cost + columns.matrix.T @ prices) == pytest.approx(sorted(others.cost + others.matrix.T @ prices))
            for compiled in (False, True) if kernels.AVAILABLE else (False,):
                tables = (Tables.of(layout, prices) for layout in (by_class, every))
                heat = 0.1 * np.maximum(states[0].worth, 1.0)
                soft, hard = (
                    soft_minima(layout, table, heat, many.groups.must, compiled=compiled)
                    for layout, table in zip((by_class, every), tables, strict=True)
                )
                assert soft[0] == pytest.approx(hard[0], rel=1e-9, abs=1e-9)
                np.testing.assert_allclose(soft[1], hard[1], rtol=1e-7, atol=1e-7)
    assert compared > 25


def test_the_optimum_is_the_oracles(process: HighsProcess) -> None:
    compared = 0
    for seed in range(30):
        program = program_of(seed)
        try:
            truth = solvers.load("enumerate")(program, limits=Limits(time_limit_s=0.5))
        except TooLarge:
            continue
        if truth.status not in (Status.OPTIMAL, Status.INFEASIBLE):
            continue
        columns = expand(program)
        answer = exact(columns, np.array([1.0, 0.0]), process)
        assert (answer is None) == (truth.status is Status.INFEASIBLE)
        if answer is not None:
            assert answer[0] == pytest.approx(truth.levels[0].value, abs=1e-5)
            compared += 1
    assert compared > 5


def test_all_features_occur_often() -> None:
    seeds = [seed for seed in range(CASES) if seed % 5 != 4]
    for name in FEATURES:
        assert sum(name in features(seed) for seed in seeds) > 100, name
