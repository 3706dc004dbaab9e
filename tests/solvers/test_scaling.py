"""Scaling changes no answer, brings far-apart figures together, and what a known plan rules out is in no plan as good."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from solvers.highs_process import HighsProcess, Tuning
from solvers.linear import Linear
from solvers.scaling import Scaling

FIELDS = ("cost", "constant", "lower", "upper", "whole", "offset", "row", "value", "row_lower", "row_upper")


def covering(seed: int, *, spread: float) -> Linear:
    """Ten columns, some whole, that cover two rows and share a third; units of divisible columns differ by up to ``spread``."""
    rng = np.random.default_rng(seed)
    whole = np.arange(10) % 3 == 0
    unit = np.where(whole, 1.0, spread ** rng.uniform(-0.5, 0.5, 10))
    matrix = rng.uniform(1, 3, (3, 10)) * (rng.random((3, 10)) < 0.7) / unit
    rows = [np.flatnonzero(matrix[:, c]) for c in range(10)]
    need = matrix[:2] @ (0.4 * unit)
    return Linear(
        cost=rng.uniform(1, 5, 10) / unit,
        constant=7.0,
        lower=np.zeros(10),
        upper=np.where(whole, 2.0, unit),
        whole=whole,
        offset=np.cumsum([0] + [len(r) for r in rows]),
        row=np.concatenate(rows).astype(np.int32),
        value=np.concatenate([matrix[r, c] for c, r in enumerate(rows)]),
        row_lower=np.append(need, -np.inf),
        row_upper=np.array([np.inf, np.inf, matrix[2] @ (0.6 * unit)]),
    )


@pytest.fixture(scope="module")
def process() -> HighsProcess:
    with HighsProcess() as running:
        yield running  # type: ignore[misc]


@pytest.mark.parametrize("spread", [1.0, 1e6, 1e12])
def test_solutions_and_prices_come_back_in_the_models_own_units(process: HighsProcess, spread: float) -> None:
    for seed in range(8):
        plain, stretched = covering(seed, spread=1.0), covering(seed, spread=spread)
        whole, same = (process.solve(model, Tuning(relative_gap=0.0)) for model in (plain, stretched))
        assert whole.x is not None
        assert same.x is not None
        assert stretched.feasible(same.x)
        assert stretched.objective(same.x) == pytest.approx(plain.objective(whole.x), rel=1e-6)
        assert same.bound is not None
        assert same.bound <= stretched.objective(same.x)
        assert same.bound == pytest.approx(stretched.objective(same.x), rel=1e-6)
        relaxed = stretched.relaxed()
        lp = process.solve(relaxed, Tuning())
        assert lp.x is not None
        assert lp.prices is not None
        assert relaxed.lagrangian(lp.prices) == pytest.approx(relaxed.objective(lp.x), rel=1e-6)


def test_a_start_in_the_models_own_units_is_used(process: HighsProcess) -> None:
    model = covering(1, spread=1e9)
    best = process.solve(model, Tuning(relative_gap=0.0)).x
    assert best is not None
    heard: list[float] = []
    process.solve(
        model, Tuning(relative_gap=0.0), best, on_event=lambda x, _: heard.append(np.inf if x is None else model.objective(x))
    )
    assert min(heard) == pytest.approx(model.objective(best), rel=1e-9)


def test_ranges_shrink() -> None:
    model = covering(3, spread=1e12)
    fields = {name: getattr(model, name) for name in FIELDS}
    scaled = Scaling.of(fields).apply(fields)

    def span(values: np.ndarray) -> float:
        size = np.abs(values[values != 0])
        return float(size.max() / size.min())

    assert span(model.cost) > 1e7
    assert span(scaled["cost"]) < 50
    assert span(model.value) > 1e7
    assert span(scaled["value"]) < 50
    assert np.all(scaled["upper"] <= 2.0)


def test_bounds_by_reduced_costs_keep_every_plan_as_good() -> None:
    tightened = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        model = covering(seed, spread=1.0)
        model = Linear(**{name: getattr(model, name) for name in FIELDS} | {"whole": np.ones(10, dtype=bool)})
        model = model.with_bounds(model.lower, np.where(np.arange(10) < 6, model.upper.round(), 0.0))
        plans = [np.array([*x, 0, 0, 0, 0], dtype=float) for x in itertools.product(*(range(int(u) + 1) for u in model.upper[:6]))]
        plans = [x for x in plans if model.feasible(x, 1e-9)]
        if not plans:
            continue
        values = np.array([model.objective(x) for x in plans])
        value = float(np.sort(values)[min(3, len(values) - 1)])
        for prices in (None, rng.uniform(-1, 2, 3), np.array([1.0, 1.0, 0.0])):
            less = model.within(value, prices)
            tightened += int((less.upper < model.upper).sum() + (less.lower > model.lower).sum())
            for x, v in zip(plans, values, strict=True):
                assert v > value or (np.all(x >= less.lower) and np.all(x <= less.upper)), f"covering({seed}) at {prices}"
    assert tightened > 20
