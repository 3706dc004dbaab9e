"""LPs that begin from the basis of another end at the same optimum, sooner; rounding down keeps to what it may lose."""

from __future__ import annotations

import numpy as np
import pytest

from solvers.highs_process import Basis, HighsProcess, Tuning
from solvers.prices import dual
from solvers.prices.construct import place
from solvers.prices.footing import Footing
from solvers.prices.layout import Tables, lay_out
from solvers.prices.plan import Draft, empty, fill, model_of
from solvers.prices.pricing import best_columns
from solvers.prices.prove import by_lp
from solvers.prices.restricted import Part, first_copies, tied
from solvers.solver import ENDLESS
from tests.prices.tiny import fleet_program

ONLY_LAST = np.array([0.0, 1.0])


def filled(process: HighsProcess, seed: int) -> tuple[dual.Dual, Draft]:
    state = dual.begin(lay_out(fleet_program(seed), ONLY_LAST))
    dual.smooth(state, 0.01, 60)
    dual.raise_bound(state)
    assert state.best_prices is not None
    draft = empty(state.layout, state.rest)
    place(draft, state.best_prices)
    assert fill(draft, process, ENDLESS) is not None
    return state, draft


@pytest.mark.parametrize("seed", range(2))
def test_an_lp_from_a_footing_ends_at_the_same_optimum_and_again_at_once(seed: int) -> None:
    spent: list[float] = []
    with HighsProcess(spent.append) as process:
        state, draft = filled(process, seed)
        layout, prices = state.layout, state.best_prices
        assert prices is not None
        columns = first_copies(layout, *best_columns(layout, Tables.of(layout, prices), 6).flat())
        part = Part.joined([columns, state.rest])
        model, touched = model_of(layout, *tied(layout, part), np.zeros(len(part), dtype=bool), by_class=True)
        cold = process.solve(model, Tuning())
        footing = Footing.of_draft(draft)
        assert footing is not None
        spent.clear()
        warm = process.solve(model, Tuning(), basis=footing.basis(layout, columns, touched))
        first = sum(spent)
        assert cold.x is not None
        assert warm.x is not None
        assert warm.basis is not None
        assert model.objective(warm.x) == pytest.approx(model.objective(cold.x), rel=1e-7)
        again = Footing.of_basis(layout, columns, touched, warm.basis).basis(layout, columns, touched)
        assert (again.columns == warm.basis.columns).all()
        assert (again.rows == warm.basis.rows).all()
        spent.clear()
        same = process.solve(model, Tuning(), basis=again)
        assert same.status == "optimal"
        assert sum(spent) < first


def test_any_signs_at_all_are_a_start() -> None:
    with HighsProcess() as process:
        _, draft = filled(process, 0)
        layout = draft.layout
        model, _ = model_of(layout, draft.rest, layout.limit - draft.group_use(), np.zeros(len(draft.rest), dtype=bool))
        known = process.solve(model, Tuning())
        assert known.x is not None
        rng = np.random.default_rng(0)
        for _ in range(3):
            signs = [rng.integers(-1, 2, n).astype(np.int8) for n in (model.columns, model.rows)]
            found = process.solve(model, Tuning(), basis=Basis(*signs))
            assert found.x is not None
            assert model.objective(found.x) == pytest.approx(model.objective(known.x), rel=1e-7)


def test_the_bound_is_that_of_the_cold_lp_and_its_rounds_end_when_it_is_enough() -> None:
    bounds: dict[bool, float] = {}
    for warm in (False, True):
        with HighsProcess() as process:
            state, draft = filled(process, 1)
            footing = Footing.of_draft(draft) if warm else None
            by_lp(state, process, allow=lambda: ENDLESS, stopped=lambda: False, heard=lambda _: None, footing=footing)
            assert state.best is not None
            bounds[warm] = state.best.value
            assert state.best.value <= draft.cost() + 1e-9 * abs(draft.cost())
    assert bounds[True] == pytest.approx(bounds[False], rel=3e-4)
    with HighsProcess() as process:
        state, _ = filled(process, 1)
        assert by_lp(state, process, allow=lambda: ENDLESS, stopped=lambda: False, heard=pytest.fail, enough=lambda: True)
