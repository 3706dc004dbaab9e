"""The bound holds at any prices, the closed form is exact, and what is dropped with proof is in no better plan."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

import numpy as np
import pytest

import solvers
from placement.program import Program, Solution
from solvers.prices import kernels
from solvers.prices.blocks import cheapest_cover
from solvers.prices.dual import begin, raise_bound, smooth
from solvers.prices.filter import surviving
from solvers.prices.layout import Tables, lay_out
from solvers.prices.pricing import best_columns, bound, screened
from solvers.solver import Limits
from tests.prices.tiny import copied_program, fleet_program, tiny_program

CASES = 40
ONLY_LAST = np.array([0.0, 1.0])


@lru_cache
def case(seed: int) -> tuple[Program, Solution]:
    program = tiny_program(seed)
    return program, solvers.load("enumerate")(program, limits=Limits())


def test_the_bound_holds_at_any_prices() -> None:
    with_blocks = 0
    for seed in range(CASES):
        program, truth = case(seed)
        layout = lay_out(program, ONLY_LAST)
        with_blocks += len(layout.blocks)
        best = truth.levels[1].value
        if best is None:
            continue
        rng = np.random.default_rng(seed)
        for size in (0.0, 0.01, 0.3, 10.0):
            value = bound(layout, size * rng.normal(0, 1, layout.rows)).value
            assert value <= best + 1e-6 * max(1.0, abs(value)), f"tiny_program({seed}) at prices of size {size}"
    assert with_blocks > CASES / 10


def test_smooth_prices_come_near_the_relaxation() -> None:
    layout = lay_out(fleet_program(0), ONLY_LAST)
    state = begin(layout)
    at_zero = raise_bound(state).value
    for theta in (0.1, 0.01, 0.001):
        smooth(state, theta, 150)
        raise_bound(state)
    answer = solvers.load("highs")(layout.program, limits=Limits(time_limit_s=2, gap=0.5))
    relaxed = answer.levels[1].bound
    assert state.best is not None
    assert relaxed is not None
    assert at_zero < state.best.value <= relaxed + 1e-6 * abs(relaxed)
    assert state.best.value >= relaxed - 0.02 * abs(relaxed)


def test_what_is_dropped_is_in_no_better_plan() -> None:
    for seed in range(0, CASES, 2):
        program, truth = case(seed)
        best = truth.levels[1].value
        if best is None or truth.option is None or truth.start is None:
            continue
        layout = lay_out(program, ONLY_LAST)
        rng = np.random.default_rng(seed)
        grouped = program.options.group[truth.option] >= 0
        wanted = set(zip(truth.option[grouped].tolist(), truth.start[grouped].tolist(), strict=True))
        for size in (0.0, 0.3, 3.0):
            kept = surviving(layout, size * rng.random(layout.rows), best)
            assert kept is not None
            assert wanted <= set(zip(kept.option.tolist(), kept.start.tolist(), strict=True)), f"tiny_program({seed})"


def test_a_uniform_block_in_closed_form_is_its_linear_program() -> None:
    from scipy.optimize import linprog

    rng = np.random.default_rng(0)
    for _ in range(40):
        nodes, streams = int(rng.integers(1, 4)), int(rng.integers(1, 4))
        cost, width = rng.normal(1, 2, nodes), rng.uniform(0, 4, nodes)
        demand = rng.uniform(0, 3, streams)
        shed_cost, share = rng.uniform(0, 5, (streams, 2)), np.array([0.7, 0.3])
        items = np.concatenate([cost, shed_cost.reshape(-1)])[:, None]
        widths = np.concatenate([width, (demand[:, None] * share).reshape(-1)])[:, None]
        value, _taken = cheapest_cover(items, widths, demand.sum(keepdims=True))
        # Variables: supply by node, serving by stream and node, shedding by stream and rung.
        count = nodes + streams * nodes + 2 * streams
        balance, node_rows = np.zeros((streams, count)), np.zeros((nodes, count))
        for d in range(streams):
            balance[d, nodes + d * nodes : nodes + (d + 1) * nodes] = 1
            balance[d, nodes + streams * nodes + 2 * d : nodes + streams * nodes + 2 * d + 2] = 1
        for n in range(nodes):
            node_rows[n, n] = -1
            node_rows[n, nodes + n : nodes + streams * nodes : nodes] = 1
        objective = np.concatenate([cost, np.zeros(streams * nodes), shed_cost.reshape(-1)])
        upper = np.concatenate([width, np.full(streams * nodes, np.inf), (demand[:, None] * share).reshape(-1)])
        truth = linprog(objective, node_rows, np.zeros(nodes), balance, demand, np.stack([np.zeros(count), upper], axis=1))
        assert value[0] == pytest.approx(truth.fun, abs=1e-7)


def test_blocks_that_are_not_uniform_are_priced_row_by_row() -> None:
    assert len(lay_out(fleet_program(0), ONLY_LAST).blocks) == 2
    assert len(lay_out(fleet_program(0, uniform=False), ONLY_LAST).blocks) == 0


@pytest.mark.skipif(not kernels.AVAILABLE, reason="numba is not installed")
@pytest.mark.parametrize("seed", range(6))
def test_compiled_pricing_equals_numpy(seed: int) -> None:
    program = tiny_program(seed) if seed < 4 else fleet_program(seed)
    layout = lay_out(program, ONLY_LAST)
    tables = Tables.of(layout, np.random.default_rng(seed).random(layout.rows))
    one, other = (best_columns(layout, tables, 5, compiled=way) for way in (True, False))
    np.testing.assert_allclose(one.cost, other.cost, rtol=1e-9, atol=1e-9)
    there = np.isfinite(one.cost)
    np.testing.assert_allclose(tables.costs(layout, one.option[there], one.start[there]), one.cost[there], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("compiled", [False, True] if kernels.AVAILABLE else [False])
@pytest.mark.parametrize("seed", range(6))
def test_screening_keeps_just_the_starts_between_those_within_reach(seed: int, compiled: bool) -> None:
    program = tiny_program(seed) if seed < 4 else fleet_program(seed)
    layout = lay_out(program, ONLY_LAST)
    rng = np.random.default_rng(seed)
    tables = Tables.of(layout, rng.random(layout.rows))
    reach = 2.0 * rng.random(len(program.groups))
    option, start = layout.columns(layout.member)
    cost, group = tables.costs(layout, option, start), program.options.group[option]
    least = np.where(program.groups.must, np.inf, 0.0)
    np.minimum.at(least, group, cost)
    near = cost <= (least + reach)[group]
    kept = screened(layout, tables, reach, compiled=compiled)
    assert sorted(kept.member) == sorted(set(option[near]))
    for o in kept.member:
        assert (kept.first[o], kept.last[o]) == (start[near & (option == o)].min(), start[near & (option == o)].max())
    for g in range(len(program.groups)):
        mine = kept.member[kept.member_offset[g] : kept.member_offset[g + 1]]
        assert (program.options.group[mine] == g).all()
    everything = screened(layout, tables, np.full(len(program.groups), np.inf), compiled=compiled)
    assert bound(everything, tables.prices).value == bound(layout, tables.prices).value


def test_folded_options_are_priced_like_those_written_out() -> None:
    for seed in range(4):
        program = copied_program(seed)
        folded, plain = lay_out(program, ONLY_LAST), lay_out(program.unfolded(), ONLY_LAST)
        assert program.folded
        rng = np.random.default_rng(seed)
        for size in (0.0, 0.05, 1.0):
            prices = folded.evened(size * rng.random(folded.rows))
            one, other = bound(folded, prices), bound(plain, prices)
            assert one.value == pytest.approx(other.value, rel=1e-9)
            np.testing.assert_allclose(one.least, other.least, rtol=1e-9, atol=1e-9)
        state = begin(folded)
        for theta in (0.1, 0.01, 0.001):
            smooth(state, theta, 100)
            raise_bound(state)
        assert state.best is not None
        relaxed = solvers.load("highs")(program, limits=Limits(time_limit_s=2, gap=0.5)).levels[1].bound
        assert relaxed is not None
        assert state.best.value <= relaxed + 1e-6 * abs(relaxed)


@pytest.mark.parametrize("seed", range(2))
def test_plans_of_folded_programs_name_the_copy(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("solvers.prices.solve"), "SMALL", 0)
    program = copied_program(seed)
    answer = solvers.load("prices")(program, limits=Limits(time_limit_s=2, workers=1, gap=1e-3))
    assert answer.option is not None and answer.start is not None and answer.value is not None
    assert program.infeasibility(answer.option, answer.start, answer.value) == []
    copies = program.split(answer.option)[1]
    assert (copies > 0).any(), "one place is not enough for what pays"
    exact = solvers.load("highs")(program, limits=Limits(time_limit_s=4, gap=1e-3)).levels[1]
    assert exact.value is not None
    bounds = answer.levels[1].bound
    assert bounds is not None
    assert bounds <= exact.value + 1e-6 * abs(exact.value)
