"""On 500 random Programs the bound of every phase lies below the exact optimum: prices, exact LP, and branch and cut.

The exact optimum is HiGHS's on all columns as one model, and the oracle's on some. Phases are called one by one, because the solver
itself leaves Programs as small as these to HiGHS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import solvers
from placement.program import Floats, Ints, Program, Status
from solvers.columns import Columns, expand
from solvers.highs_process import HighsProcess, Tuning
from solvers.prices import dual
from solvers.prices.filter import surviving
from solvers.prices.layout import Layout, lay_out
from solvers.prices.plan import Draft, empty, fill
from solvers.prices.pricing import bound
from solvers.prices.prove import by_lp, by_search
from solvers.solver import ENDLESS, Limits, TooLarge
from tests.prices.assorted import FEATURES, assorted_program, features
from tests.solvers.programs import random_program

CASES = 500
PARTS = 10
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
    for prices in (state.best_prices, rng.random(layout.rows)):
        kept = surviving(layout, prices, best)
        assert kept is not None
        wanted = set(zip(option[grouped].tolist(), start[grouped].tolist(), strict=True))
        assert wanted <= set(zip(kept.option.tolist(), kept.start.tolist(), strict=True)), "a column of the optimum was dropped"
    draft = drafted(state, option, start, value, process)
    if draft is not None:
        heard = [-np.inf]
        by_search(
            state, draft, process, value=draft.cost(), gap=1e-5, seed=0, left=lambda: 10.0, allow=lambda left: ENDLESS,
            stopped=lambda: False, bounded=heard.append, found=lambda better: None,
        )  # fmt: skip
        found["search"] = max(heard)
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
