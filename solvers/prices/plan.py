"""A plan in the making: one column for each group that runs, and how much of every ungrouped column; counts may be fractional.

Whole numbers that only count (replicas by the thousand) are left fractional while choices are searched, because rounding them costs
next to nothing; ``rounding`` makes them whole in the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placement.program import FEASIBILITY_TOLERANCE, Bools, Floats, Ints
from solvers.highs_process import Basis, HighsProcess, Tuning
from solvers.linear import Linear
from solvers.prices.layout import Layout
from solvers.prices.restricted import Part, explicit
from solvers.solver import Allowance


@dataclass
class Draft:
    """``option`` [G] (-1: none) and ``start`` [G] of the groups; ``x`` [n] of the ungrouped columns ``rest``."""

    layout: Layout
    rest: Part
    option: Ints
    start: Ints
    x: Floats
    basis: Basis | None = None
    """Of the LP that ``x`` is the best of."""
    prices: Floats | None = None
    """Of rows [rows], from that LP."""

    def copy(self) -> Draft:
        return Draft(self.layout, self.rest, self.option.copy(), self.start.copy(), self.x.copy(), self.basis, self.prices)

    @property
    def placed(self) -> Ints:
        return np.flatnonzero(self.option >= 0)

    def chosen(self) -> Part:
        """Columns of the groups that run, by group."""
        placed = self.placed
        return explicit(self.layout, self.option[placed], self.start[placed])

    def use(self) -> Floats:
        """Of every row, [rows]."""
        return np.asarray(self.group_use() + self.rest.matrix @ self.x, dtype=np.float64)

    def group_use(self) -> Floats:
        return np.asarray(self.chosen().matrix.sum(axis=1), dtype=np.float64).reshape(-1)

    def cost(self) -> float:
        return self.layout.constant_value + float(self.chosen().cost.sum()) + float(self.rest.cost @ self.x)

    def feasible(self) -> bool:
        """Whether all rows hold within the tolerance and every must group runs."""
        matrix = self.chosen().matrix
        use = np.asarray(matrix.sum(axis=1)).reshape(-1) + self.rest.matrix @ self.x
        size = np.asarray(abs(matrix).sum(axis=1)).reshape(-1) + abs(self.rest.matrix) @ self.x
        over = use - self.layout.limit
        over = np.where(self.layout.equality, np.abs(over), over)
        allowed = FEASIBILITY_TOLERANCE * np.maximum(1.0, np.maximum(np.abs(self.layout.limit), size))
        missing = self.layout.program.groups.must & (self.option < 0)
        return not (over > allowed).any() and not missing.any()


def empty(layout: Layout, rest: Part) -> Draft:
    """Nothing runs, nothing is used; not feasible where demand must be covered."""
    groups = len(layout.program.groups)
    return Draft(layout, rest, np.full(groups, -1, dtype=np.int64), np.zeros(groups, dtype=np.int64), np.zeros(len(rest)))


def model_of(layout: Layout, part: Part, limit: Floats, whole: Bools, *, by_class: bool = False) -> tuple[Linear, Ints]:
    """The columns of ``part`` under ``limit`` [rows] as a model, and the rows that they touch, which come before their groups.

    ``by_class``: those of a group stand for all of its class.
    """
    from scipy.sparse import csr_matrix, vstack

    rows = part.matrix.tocsr()
    touched = np.flatnonzero(np.diff(rows.indptr))
    grouped = np.flatnonzero(part.group >= 0)
    names, at = np.unique(part.group[grouped], return_inverse=True)
    groups = csr_matrix((np.ones(len(grouped)), (at.reshape(-1), grouped)), shape=(len(names), len(part)))
    matrix = vstack([rows[touched], groups]).tocsc()
    matrix.sort_indices()
    must = layout.program.groups.must[names]
    times = layout.classes.counted(part.group) if by_class else np.ones(len(part), dtype=np.int64)
    most = np.ones(len(names))
    most[at.reshape(-1)] = times[grouped]
    model = Linear(
        cost=part.cost,
        constant=0.0,
        lower=np.zeros(len(part)),
        upper=part.upper * times,
        whole=whole,
        offset=matrix.indptr.astype(np.int64),
        row=matrix.indices.astype(np.int32),
        value=matrix.data,
        row_lower=np.concatenate([np.where(layout.equality[touched], limit[touched], -np.inf), np.where(must, most, -np.inf)]),
        row_upper=np.concatenate([limit[touched], most]),
    )
    return model, touched


def fill(draft: Draft, process: HighsProcess, allowance: Allowance) -> Floats | None:
    """Sets ``x`` to the best for the groups as they stand, counts fractional; returns the prices of rows, or None."""
    layout = draft.layout
    model, touched = model_of(layout, draft.rest, layout.limit - draft.group_use(), np.zeros(len(draft.rest), dtype=bool))
    outcome = process.solve(model, Tuning(allowance=allowance))
    if outcome.status != "optimal" or outcome.x is None:
        return None
    draft.x, draft.basis = np.clip(outcome.x, 0.0, draft.rest.upper), outcome.basis
    prices = np.zeros(layout.rows)
    if outcome.prices is not None:
        prices[touched] = -outcome.prices[: len(touched)]
    draft.prices = prices
    return prices
