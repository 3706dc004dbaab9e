"""Local search on choices: which models it takes, that its plans are feasible, and that small ones end at the optimum."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from placement.program import Floats
from solvers import compiled
from solvers.choices import Beside, Choices
from solvers.linear import Linear

compiled_only = pytest.mark.skipif(not compiled.AVAILABLE, reason="numba is not installed")


def model_of(dense: Floats, row_lower: Floats, row_upper: Floats, cost: Floats) -> Linear:
    columns = [np.flatnonzero(dense[:, c]) for c in range(dense.shape[1])]
    return Linear(
        cost=cost,
        constant=0.0,
        lower=np.zeros(len(cost)),
        upper=np.ones(len(cost)),
        whole=np.ones(len(cost), dtype=bool),
        offset=np.concatenate([[0], np.cumsum([len(rows) for rows in columns])]).astype(np.int64),
        row=np.concatenate(columns).astype(np.int32),
        value=np.concatenate([dense[rows, c] for c, rows in enumerate(columns)]),
        row_lower=row_lower,
        row_upper=row_upper,
    )


def random_model(seed: int, must: bool) -> Linear:
    """Four groups of three columns and a free one under three limits, the last one from below."""
    rng = np.random.default_rng(seed)
    groups = np.kron(np.eye(4), np.ones(3))
    groups = np.hstack([groups, np.zeros((4, 1))])
    use = rng.integers(1, 20, (2, 13)).astype(float)
    cover = rng.integers(0, 3, (1, 13)).astype(float)
    dense = np.vstack([groups, use, cover])
    low = np.concatenate([np.full(4, 1.0 if must else -np.inf), [-np.inf, -np.inf], [3.0]])
    high = np.concatenate([np.ones(4), np.floor(use[:, :12].reshape(2, 4, 3).mean(axis=2).sum(axis=1)), [np.inf]])
    return model_of(dense, low, high, rng.integers(-20, 20, 13).astype(float))


def optimum(model: Linear) -> float:
    """By trying every choice."""
    best = np.inf
    for picks in itertools.product([-1, 0, 1, 2], repeat=4):
        for free in (0.0, 1.0):
            x = np.zeros(13)
            x[[3 * g + pick for g, pick in enumerate(picks) if pick >= 0]] = 1.0
            x[12] = free
            if model.feasible(x):
                best = min(best, model.objective(x))
    return best


@compiled_only
@pytest.mark.parametrize("must", [True, False])
def test_small_models_end_at_the_optimum_by_feasible_plans_that_get_better(must: bool) -> None:
    for seed in range(6):
        model = random_model(seed, must)
        search = Choices.of(model, np.zeros(model.rows))
        assert search is not None and len(search.g_offset) == 6  # four groups and the free column
        heard: list[Floats] = []
        looks = itertools.count()
        search.rounds(seed, lambda looks=looks: next(looks) > 20, heard.append)
        best = optimum(model)
        values = [model.objective(x) for x in heard]
        assert all(model.feasible(x) for x in heard)
        assert all(later < earlier for earlier, later in itertools.pairwise(values))
        assert (values[-1] if values else np.inf) == best
        assert search.x is None if np.isinf(best) else model.objective(search.x) == best


def test_models_with_more_than_choices_are_declined() -> None:
    model, prices = random_model(0, True), np.zeros(7)
    one = np.arange(13) == 5
    assert Choices.of(model, prices) is not None
    assert Choices.of(replace(model, whole=~one), prices) is None
    assert Choices.of(replace(model, upper=np.where(one, 3.0, 1.0)), prices) is None
    assert Choices.of(replace(model, lower=np.where(one, 1.0, 0.0)), prices) is None


def test_columns_that_are_out_stay_out_and_overlapping_groups_become_limits() -> None:
    model = random_model(1, True)
    out = np.arange(13) == 4
    search = Choices.of(model.with_bounds(model.lower, np.where(out, 0.0, 1.0)), np.zeros(model.rows))
    assert search is not None and 4 not in search.columns
    overlapping = model_of(
        np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]), np.full(2, -np.inf), np.ones(2), -np.ones(3)
    )  # fmt: skip
    search = Choices.of(overlapping, np.zeros(2))
    assert search is not None and len(search.limit) == 1 and len(search.g_offset) == 3  # one group and a column on its own


@compiled_only
def test_a_search_beside_a_proof_gives_plans_and_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HEAD_START_S": 0.0, "MOST_MOVES": 50_000, "PATIENCE": 1}.items():
        monkeypatch.setattr(f"solvers.choices.{name}", value)
    model = random_model(0, True)
    with Beside(model, np.zeros(model.rows), 0, wanted=True) as beside:
        beside._thread.join()  # a model this small is searched to the end of its patience
    x = beside()
    assert x is not None and model.objective(x) == optimum(model)
    assert beside() is None


def test_a_search_that_is_not_wanted_or_has_no_prices_gives_nothing() -> None:
    model = random_model(0, True)
    for prices, wanted in ((None, True), (np.zeros(model.rows), False)):
        with Beside(model, prices, 0, wanted=wanted) as beside:
            assert beside() is None
