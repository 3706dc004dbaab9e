"""Plans are feasible, never worse than the start, the same for the same seed; limits hold; features are handed on."""

from __future__ import annotations

import sys
import threading
import time

import numpy as np
import pytest

import solvers
from placement.program import Program, Status
from solvers.highs_process import HighsProcess
from solvers.prices import dual, kernels
from solvers.prices.anneal import Annealer
from solvers.prices.construct import place
from solvers.prices.layout import lay_out
from solvers.prices.plan import Draft, empty, fill
from solvers.prices.restricted import Part, columns_at, explicit
from solvers.prices.rounding import columns_of, rounded
from solvers.solver import ENDLESS, Limits, Progress, Start
from tests.prices.tiny import fleet_program, tiny_program
from tests.solvers.programs import INFEASIBLE, PROGRAMS

ONLY_LAST = np.array([0.0, 1.0])
prices = solvers.load("prices")


@pytest.fixture(autouse=True)
def always_by_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small Programs too go through prices."""
    monkeypatch.setattr(sys.modules["solvers.prices.solve"], "SMALL", 0)


def constructed(program: Program) -> tuple[dual.Dual, Draft]:
    state = dual.begin(lay_out(program, ONLY_LAST))
    dual.raise_bound(state)
    dual.smooth(state, 0.01, 100)
    dual.raise_bound(state)
    assert state.best_prices is not None
    draft = empty(state.layout, state.rest)
    place(draft, state.best_prices)
    return state, draft


@pytest.mark.parametrize("seed", range(4))
def test_construction_is_feasible_and_rounds_to_a_plan(seed: int) -> None:
    program = fleet_program(seed)
    _state, draft = constructed(program)
    assert len(draft.placed) > 10
    with HighsProcess() as process:
        assert fill(draft, process, ENDLESS) is not None
        assert draft.feasible()
        whole = rounded(draft, process, ENDLESS)
    assert whole is not None
    choice = columns_of(whole)
    assert program.infeasibility(*choice) == []
    assert program.objective(*choice)[1].sum() == pytest.approx(whole.cost(), rel=1e-9)
    assert whole.cost() <= draft.cost() + 0.02 * abs(draft.cost())


@pytest.mark.skipif(not kernels.AVAILABLE, reason="numba is not installed")
def test_annealing_keeps_its_books() -> None:
    """Values kept from move to move equal those from scratch, and no row is overdrawn."""
    state, draft = constructed(fleet_program(2))
    assert state.best_prices is not None
    columns = Part.joined([columns_at(state.layout, state.best_prices, 32), draft.chosen()]).distinct()
    annealer = Annealer.of(state.layout, columns, state.rest, state.best_prices, timed=False)
    assert annealer is not None
    walk = annealer.begin(annealer.positions(draft))
    first = walk.value[1]
    for seed in range(5):
        walk.run(seed, 400, 0.02 * annealer.heat)
        again = annealer.begin(walk.at)
        assert walk.value[0] == pytest.approx(again.value[0], rel=1e-9)
        np.testing.assert_allclose(walk.room, again.room, atol=1e-6)
        assert np.all(walk.room >= -1e-6)
    assert walk.value[1] < first
    assert annealer.begin(walk.best_at).value[0] == pytest.approx(walk.value[1], rel=1e-9)


@pytest.mark.parametrize("feature", sorted(PROGRAMS))
def test_features_are_never_answered_wrongly(feature: str) -> None:
    program = PROGRAMS[feature]()
    truth = solvers.load("enumerate")(program, limits=Limits())
    answer = prices(program, limits=Limits(time_limit_s=2, workers=1, gap=1e-6))
    if feature in INFEASIBLE:
        assert answer.option is None
        return
    assert answer.option is not None
    assert answer.start is not None
    assert answer.value is not None
    assert program.infeasibility(answer.option, answer.start, answer.value) == []
    got, best = ([level.value for level in solution.levels] for solution in (answer, truth))
    assert got[0] == pytest.approx(best[0], abs=1e-6)
    for level, value in zip(answer.levels, best, strict=True):
        assert value is not None
        assert level.bound is None or level.bound <= value + 1e-6 * max(1.0, abs(value))


def test_tiny_programs_come_out_right() -> None:
    optimal = 0
    for seed in range(10):
        program = tiny_program(seed)
        truth = solvers.load("enumerate")(program, limits=Limits())
        answer = prices(program, limits=Limits(time_limit_s=1, workers=1, gap=1e-6))
        best, got = truth.levels[1].value, answer.levels[1]
        if best is None:
            assert answer.option is None
            continue
        assert got.value is not None
        assert got.bound is None or got.bound <= best + 1e-6 * max(1.0, abs(best))
        optimal += got.value <= best + 1e-5 * max(1.0, abs(best))
    assert optimal >= 7


def test_small_programs_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["solvers.prices.solve"], "SMALL", 3_000)
    for seed in range(5):
        answer = prices(tiny_program(seed), limits=Limits(time_limit_s=20, gap=1e-6))
        assert answer.status in (Status.OPTIMAL, Status.INFEASIBLE)


@pytest.mark.parametrize("compiled", [True, False])
def test_deterministic_runs_repeat(compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not compiled:
        monkeypatch.setattr(kernels, "AVAILABLE", False)
    limits = Limits(work_limit=8 if compiled else 3, gap=1e-5, workers=1, seed=3, deterministic=True)
    first, second = (prices(fleet_program(3, 30, 10), limits=limits) for _ in range(2))
    assert first.option is not None
    for one, other in ((first.option, second.option), (first.start, second.start), (first.value, second.value)):
        assert one is not None
        assert other is not None
        assert one.tobytes() == other.tobytes()
    assert first.levels == second.levels
    assert first.work == second.work


def test_a_start_is_used_and_never_worsened() -> None:
    program = fleet_program(4)
    good = prices(program, limits=Limits(time_limit_s=5, gap=1e-3))
    assert good.option is not None
    assert good.start is not None
    assert good.value is not None
    start = Start(good.option, good.start, good.value)
    again = prices(program, limits=Limits(time_limit_s=1, workers=1, gap=1e-3), start=start)
    assert again.levels[1].value is not None
    assert good.levels[1].value is not None
    assert again.levels[1].value <= good.levels[1].value + 1e-6 * abs(good.levels[1].value)


def test_an_unusable_start_does_no_harm() -> None:
    start = Start(np.array([0, 1, 10_000]), np.array([0, 0, -3]), np.array([1.0, 1.0, 2.5]))
    assert prices(fleet_program(5), limits=Limits(time_limit_s=2, workers=1), start=start).option is not None


def test_limits_hold_and_progress_is_told() -> None:
    events: list[Progress] = []
    began = time.monotonic()
    answer = prices(fleet_program(6, 90, 20), limits=Limits(time_limit_s=4, gap=0.0), on_progress=events.append)
    assert time.monotonic() - began <= 4 * 1.1 + 2
    assert answer.status is Status.FEASIBLE
    assert any(e.incumbent is not None and e.bound is not None for e in events)
    assert all(e.gap is None or e.gap >= 0 for e in events)


def test_an_interrupt_returns_the_best_so_far() -> None:
    interrupt = threading.Event()
    timer = threading.Timer(3.0, interrupt.set)
    timer.start()
    began = time.monotonic()
    answer = prices(fleet_program(7, 90, 20), limits=Limits(time_limit_s=60, gap=0.0, interrupt=interrupt))
    timer.cancel()
    assert time.monotonic() - began < 8
    assert answer.option is not None


def test_blocks_that_are_not_uniform_are_solved_too() -> None:
    program = fleet_program(8, 40, 12, uniform=False)
    answer = prices(program, limits=Limits(time_limit_s=6, gap=1e-3))
    assert answer.option is not None
    assert answer.start is not None
    assert answer.value is not None
    assert program.infeasibility(answer.option, answer.start, answer.value) == []
    assert answer.levels[1].bound is not None


def test_explicit_columns_of_none_are_none() -> None:
    layout = lay_out(fleet_program(0), ONLY_LAST)
    none = np.empty(0, dtype=np.int64)
    assert len(explicit(layout, none, none)) == 0
