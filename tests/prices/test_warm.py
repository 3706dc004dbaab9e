"""Solving again: an earlier plan and its prices are taken up, whatever became of the Program, and never taken on trust."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

import solvers
from placement.program import Floats, Program, Solution
from solvers.prices import dual, warm
from solvers.prices.layout import Tables, lay_out
from solvers.prices.pricing import bound
from solvers.solver import Limits, Progress, Start
from tests.prices.tiny import fleet_program, tiny_program

ONLY_LAST = np.array([0.0, 1.0])
prices = solvers.load("prices")


@pytest.fixture(autouse=True)
def always_by_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small Programs too go through prices."""
    monkeypatch.setattr(sys.modules["solvers.prices.solve"], "SMALL", 0)


@lru_cache
def earlier(seed: int) -> tuple[Program, Solution, Start]:
    program = fleet_program(seed, 60, 16)
    found = prices(program, limits=Limits(time_limit_s=2.5, workers=1, gap=1e-4))
    assert found.option is not None
    assert found.start is not None
    assert found.value is not None
    assert found.prices is not None
    return program, found, Start(found.option, found.start, found.value, found.prices)


def tighter(program: Program, factor: float) -> Program:
    """With less of everything that is shared."""
    shared = program.resources.private[program.resources.of_slot] < 0
    limit = np.where(shared & (program.resources.limit > 0), program.resources.limit * factor, program.resources.limit)
    return replace(program, resources=replace(program.resources, limit=limit))


def test_the_same_program_is_answered_as_well_at_once() -> None:
    program, found, start = earlier(0)
    events: list[Progress] = []
    limits = Limits(work_limit=8, workers=1, deterministic=True, gap=1e-4)
    again = prices(program, limits=limits, start=start, on_progress=events.append)
    value, before = again.levels[1].value, found.levels[1].value
    assert value is not None
    assert before is not None
    assert value <= before + 1e-9 * abs(before)
    first = next(event for event in events if event.bound is not None)
    layout = lay_out(program, ONLY_LAST)
    rows = warm.prices_of(layout, start)
    assert rows is not None
    proven = bound(layout, rows).value
    assert first.bound is not None
    assert first.bound >= proven - 1e-9 * abs(proven), "earlier prices prove at once what they proved"


def test_earlier_prices_prove_no_more_than_is_true() -> None:
    tried = 0
    for seed in range(6):
        program = tiny_program(seed)
        truth = solvers.load("enumerate")(program, limits=Limits()).levels[1].value
        if truth is None:
            continue
        rng = np.random.default_rng(seed)
        none = np.empty(0, dtype=np.int64)
        for size in (0.1, 1.0, 30.0):
            start = Start(none, none, np.empty(0), size * rng.normal(0, 1, len(program.resources.limit)))
            layout = lay_out(program, ONLY_LAST)
            rows = warm.prices_of(layout, start)
            if rows is None:
                continue
            tried += 1
            assert bound(layout, rows).value <= truth + 1e-6 * max(1.0, abs(truth)), f"tiny_program({seed})"
    assert tried > 6


def bad_prices(program: Program) -> dict[str, Floats]:
    slots = len(program.resources.limit)
    return {
        "NaN": np.full(slots, np.nan),
        "infinite": np.full(slots, np.inf),
        "negative": np.full(slots, -1e6),
        "beyond sense": np.full(slots, 1e300),
        "short": np.ones(slots - 1),
        "square": np.ones((slots, 2)),
        "none": np.empty(0),
    }


@pytest.mark.parametrize("kind", sorted(bad_prices(fleet_program(1, 8, 6))))
def test_bad_prices_do_no_harm(kind: str) -> None:
    program = fleet_program(5)
    none = np.empty(0, dtype=np.int64)
    start = Start(none, none, np.empty(0), bad_prices(program)[kind])
    layout = lay_out(program, ONLY_LAST)
    rows = warm.prices_of(layout, start)
    assert rows is None
    answer = prices(program, limits=Limits(time_limit_s=1, workers=1), start=start)
    assert answer.option is not None
    assert answer.start is not None
    assert answer.value is not None
    assert program.infeasibility(answer.option, answer.start, answer.value) == []


def test_what_no_longer_fits_is_taken_out_and_little_else() -> None:
    program, _found, start = earlier(2)
    smaller = tighter(program, 0.9)
    state = dual.begin(lay_out(smaller, ONLY_LAST))
    rows = warm.prices_of(state.layout, start)
    assert rows is not None
    state.prices = rows
    dual.raise_bound(state)
    whole = warm.standing(state, start)
    kept = whole.copy()
    warm.take_out(kept, rows)
    shared = slice(0, len(state.layout.slot_of_row))
    assert np.any(whole.group_use()[shared] > state.layout.limit[shared] + 1e-6), "the case is one in which something must go"
    assert np.all(kept.group_use()[shared] <= state.layout.limit[shared] * (1 + 1e-8) + 1e-8)
    stay = np.flatnonzero(kept.option >= 0)
    np.testing.assert_array_equal(kept.option[stay], whole.option[stay])
    np.testing.assert_array_equal(kept.start[stay], whole.start[stay])
    assert len(stay) >= 0.5 * len(whole.placed), "a tenth less room does not cost half of the plan"
    gone = np.setdiff1d(whole.placed, stay)
    filled = warm.repaired(state, whole, rows)
    tables = Tables.of(state.layout, rows)
    for group in gone[filled.option[gone] < 0].tolist():
        back = filled.copy()
        back.option[group], back.start[group] = whole.option[group], whole.start[group]
        over = back.group_use()[shared] - state.layout.limit[shared]
        cost = tables.costs(state.layout, whole.option[[group]], whole.start[[group]])
        assert (over > 1e-6).any() or cost[0] >= 0, "what fits and pays is put back"
    again = prices(smaller, limits=Limits(time_limit_s=1.5, workers=1), start=start)
    assert again.option is not None
    assert again.start is not None
    assert again.value is not None
    assert smaller.infeasibility(again.option, again.start, again.value) == []


def test_columns_that_are_gone_are_left_out() -> None:
    program, _found, start = earlier(0)
    options = program.options
    used = start.option[options.group[start.option] >= 0][:5]
    last = options.last.copy()
    last[used] = options.first[used] - 1
    changed = replace(program, options=replace(options, last=last))
    state = dual.begin(lay_out(changed, ONLY_LAST))
    draft = warm.standing(
        state,
        replace(
            start,
            option=np.append(start.option, [len(options) + 7, -1]),
            start=np.append(start.start, [0, 0]),
            value=np.append(start.value, [1.0, 1.0]),
        ),
    )
    assert not np.isin(draft.option[draft.placed], used).any()
    assert len(draft.placed) == np.count_nonzero(options.group[start.option] >= 0) - len(used)
