"""A better bound than prices alone: the exact LP on the columns that matter, then branch and cut on those that reduced costs leave.

Columns whose reduced cost excludes them from any plan better than the best one are gone with proof, so what HiGHS proves of the
others, up to that plan's value, holds for all. Of groups that are alike one stands for its class in both, see ``solvers.classes``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from placement.program import Floats, Ints
from solvers.highs_process import HighsProcess, Tuning
from solvers.prices import dual
from solvers.prices.filter import surviving
from solvers.prices.footing import Footing
from solvers.prices.layout import Layout, Tables, entries
from solvers.prices.plan import Draft, empty, model_of
from solvers.prices.pricing import Best, best_columns
from solvers.prices.restricted import Part, explicit, first_copies, tied
from solvers.solver import Allowance

LP_ENTRIES = 1_200_000
"""Largest LP, in entries of its matrix."""

MIP_COLUMNS = 150_000
"""Most columns that are searched by branch and cut."""

LP_ROUNDS = 10
LP_PER_GROUP = 12
LP_NEW = 4
"""Columns of a group in the first LP, and those that a round adds at each of its prices."""

SIMPLEX_COLUMNS = 15_000
"""Larger LPs are solved by interior points and crossed over."""

LP_CLOSED = 1e-4
"""The rounds end when the bound is this close, relatively, to the LP's value."""

NEAR = 0.2
"""The LP begins with columns whose excess is below this times what a column is worth."""


def by_lp(
    state: dual.Dual, process: HighsProcess, *, allow: Callable[[], Allowance], stopped: Callable[[], bool],
    heard: Callable[[float], None], footing: Footing | None = None, enough: Callable[[], bool] = lambda: False,
) -> bool:  # fmt: skip
    """Prices from exact LPs on columns that grow round by round; false where they are too large or nothing is left for them.

    Each begins where the one before ended, the first at ``footing``, without which it is of interior points where it is large.
    """
    layout = state.layout
    assert state.best is not None and state.best_prices is not None
    option, start = _near(layout, best_columns(layout, Tables.of(layout, state.best_prices), LP_PER_GROUP))
    if state.rest.matrix.nnz + entries(layout, option, start) > LP_ENTRIES:  # known before there is room for them
        return False
    columns = first_copies(layout, option, start)
    for _ in range(LP_ROUNDS):
        if enough():
            return True
        part = Part.joined([columns, state.rest])
        if part.matrix.nnz > LP_ENTRIES:
            return False
        model, touched = model_of(layout, *tied(layout, part), np.zeros(len(part), dtype=bool), by_class=True)
        basis = None if footing is None else footing.basis(layout, columns, touched)
        method = "ipm" if len(part) > SIMPLEX_COLUMNS and basis is None else None
        outcome = process.solve(model, Tuning(allowance=allow(), method=method), basis=basis, stopped=stopped)
        if outcome.status != "optimal" or outcome.prices is None or outcome.x is None:
            return False
        if footing is not None and outcome.basis is not None:
            footing = Footing.of_basis(layout, columns, touched, outcome.basis)
        value = layout.constant_value + model.objective(outcome.x)
        exact = np.zeros(layout.rows)
        exact[touched] = -outcome.prices[: len(touched)]
        exact = np.where(layout.equality, exact, np.maximum(exact, 0.0))[layout.tied]
        new = [columns]
        # Between the best prices and the LP's the bound is often better than at either, and wants other columns.
        for share in (1.0, 0.6, 0.3):
            state.prices = share * exact + (1 - share) * state.best_prices
            found = dual.raise_bound(state, LP_NEW)
            new.append(first_copies(layout, *found.best.flat()))
            heard(state.best.value)
        if value - state.best.value <= LP_CLOSED * max(1.0, abs(value)):
            return True
        columns = _cheapest(layout, Part.joined(new).distinct(), exact, LP_PER_GROUP + LP_NEW)
    return True


def _near(layout: Layout, best: Best) -> tuple[Ints, Ints]:
    """Those of the cheapest columns that are not far from the best of their group."""
    option, start = best.flat()
    group = layout.program.options.group[option]
    least = np.where(layout.program.groups.must, np.inf, 0.0)
    least = np.minimum(least, best.cost.min(axis=1, initial=np.inf))
    own = np.abs(Tables.of(layout, np.zeros(layout.rows)).costs(layout, option, start))
    worth = np.zeros(len(least))
    np.maximum.at(worth, group, own)
    near = best.cost[np.isfinite(best.cost)] - least[group] <= NEAR * worth[group]
    return option[near], start[near]


def _cheapest(layout: Layout, columns: Part, prices: Floats, most: int) -> Part:
    """The ``most`` cheapest columns of each group, none that are far from the best."""
    rc = columns.cost + columns.matrix.T @ prices
    least = np.where(layout.program.groups.must, np.inf, 0.0)
    np.minimum.at(least, columns.group, rc)
    worth = np.zeros(len(least))
    np.maximum.at(worth, columns.group, columns.own)
    excess = rc - least[columns.group]
    near = np.flatnonzero(excess <= NEAR * worth[columns.group])
    near = near[np.lexsort((excess[near], columns.group[near]))]
    group = columns.group[near]
    return columns.take(near[np.arange(len(group)) - np.searchsorted(group, group) < most])


@dataclass(frozen=True)
class Proof:
    """How many columns were left to search, and the nodes it took."""

    columns: int
    considered: int
    nodes: float


def by_search(
    state: dual.Dual, draft: Draft, process: HighsProcess, *, value: float, gap: float, seed: int, left: Callable[[], float],
    allow: Callable[[float], Allowance], stopped: Callable[[], bool], bounded: Callable[[float], None],
    found: Callable[[Draft], None],
) -> Proof | None:  # fmt: skip
    """Branch and cut over the columns that may be in a plan cheaper than ``value``; None where they are too many.

    Ends at ``gap``, relatively, and with all that is ``left``.
    """
    layout = state.layout
    assert state.best_prices is not None
    kept = surviving(layout, state.best_prices, value, most=MIP_COLUMNS, stopped=lambda: stopped() or left() <= 0)
    if kept is None or left() <= 0:
        return None
    columns = explicit(layout, kept.option, kept.start)
    part = Part.joined([columns, state.rest])
    whole = part.whole & (part.group >= 0)
    model, _ = model_of(layout, part, layout.limit, whole, by_class=True)
    held = _held(draft, columns)
    now = np.bincount(held[held >= 0], minlength=len(columns)).astype(np.float64)

    def heard(x: Floats | None, proven: float | None) -> None:
        if proven is not None:
            bounded(min(proven + layout.constant_value, value))
        if x is not None:
            found(_draft(draft, columns, held, x))

    tuning = Tuning(relative_gap=0.0, absolute_gap=gap * max(1.0, abs(value)), allowance=allow(left()), seed=seed)
    outcome = process.solve(model, tuning, np.concatenate([now, draft.x]), stopped=stopped, on_event=heard)
    if outcome.status == "infeasible":
        bounded(value)
    elif outcome.bound is not None and math.isfinite(outcome.bound):
        bounded(min(outcome.bound + layout.constant_value, value))
    if outcome.x is not None:
        found(_draft(draft, columns, held, outcome.x))
    return Proof(len(columns), kept.considered, outcome.nodes)


def _held(draft: Draft, columns: Part) -> Ints:
    """The column of its class that each group has in the draft, -1 for none, [groups]."""
    placed = draft.placed
    steps = draft.layout.program.grid.periods
    key = columns.option * steps + columns.start
    order = np.argsort(key)
    wanted = _of_groups(draft.layout, draft.option[placed], draft.layout.classes.first[placed]) * steps + draft.start[placed]
    at = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
    held = np.full(len(draft.option), -1, dtype=np.int64)
    if len(key):
        held[placed] = np.where(key[order[at]] == wanted, order[at], -1)
    return held


def _draft(before: Draft, columns: Part, held: Ints, x: Floats) -> Draft:
    """The draft that x is, ``columns`` dealt out to the groups of their classes; who ``held`` one before keeps it if it can."""
    layout, out = before.layout, empty(before.layout, before.rest)
    count = np.round(x[: len(columns)]).astype(np.int64)
    column, group = layout.classes.dealt(columns.group, count, held)
    out.option[group], out.start[group] = _of_groups(layout, columns.option[column], group), columns.start[column]
    out.x = np.clip(x[len(columns) :], 0.0, before.rest.upper)
    return out


def _of_groups(layout: Layout, option: Ints, group: Ints) -> Ints:
    """What corresponds to options (explicit ids) in other groups of their class."""
    program = layout.program
    row, copy = program.split(option)
    return program.joined(layout.classes.of(row, group), copy)
