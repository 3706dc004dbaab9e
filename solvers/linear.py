"""A mixed-integer linear model as sparse arrays, with what every backend does to one: evaluate, restrict, bound.

minimise constant + cost x   subject to   row_lower <= A x <= row_upper,  lower <= x <= upper,  x whole where marked
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.program import FEASIBILITY_TOLERANCE, Bools, Floats, Ints

Rows32 = NDArray[np.int32]

COUNTS_FROM = 4
"""A whole column whose upper bound is at least this is a count; below, a choice."""


@dataclass(frozen=True)
class Linear:
    """C columns by M rows; A by columns: entries ``offset[c]:offset[c + 1]`` of ``row`` and ``value`` are column c."""

    cost: Floats
    constant: float
    lower: Floats
    upper: Floats
    whole: Bools
    offset: Ints
    row: Rows32
    value: Floats
    row_lower: Floats
    row_upper: Floats
    chooses: Bools | None = None
    """Columns [C] that choose however large their bound, because they stand for several groups; None: there are none."""

    @property
    def columns(self) -> int:
        return len(self.cost)

    @property
    def rows(self) -> int:
        return len(self.row_lower)

    @property
    def counts(self) -> Bools:
        """Columns that count rather than choose, [C]."""
        many = self.whole & (self.upper - self.lower >= COUNTS_FROM)
        return many if self.chooses is None else many & ~self.chooses

    @cached_property
    def column(self) -> Ints:
        """Column of every entry."""
        return np.repeat(np.arange(self.columns, dtype=np.int64), np.diff(self.offset))

    @cached_property
    def matrix(self) -> Any:
        """A as scipy's CSR matrix, [M, C]."""
        from scipy.sparse import csc_matrix

        return csc_matrix((self.value, self.row, self.offset), shape=(self.rows, self.columns)).tocsr()

    def objective(self, x: Floats) -> float:
        return self.constant + float(self.cost @ x)

    def activity(self, x: Floats) -> Floats:
        """A x, [M]."""
        return np.bincount(self.row, self.value * x[self.column], self.rows).astype(np.float64)

    def feasible(self, x: Floats, tolerance: float = FEASIBILITY_TOLERANCE) -> bool:
        """Whether x keeps every row, bound and integer, rows by ``tolerance`` times max(1, |side|, sum of |a x|)."""
        use = self.activity(x)
        size = np.maximum(1.0, np.bincount(self.row, np.abs(self.value * x[self.column]), self.rows))
        with np.errstate(invalid="ignore"):
            low = np.where(np.isfinite(self.row_lower), self.row_lower - use, -np.inf)
            high = np.where(np.isfinite(self.row_upper), use - self.row_upper, -np.inf)
            size = np.maximum(size, np.where(np.isfinite(self.row_upper), np.abs(self.row_upper), 1.0))
        if np.any(np.maximum(low, high) > tolerance * size):
            return False
        slack = tolerance * np.maximum(1.0, np.abs(x))
        if np.any(x < self.lower - slack) or np.any(x > self.upper + slack):
            return False
        return not np.any(np.abs(x - np.round(x))[self.whole] > tolerance)

    def parts(self) -> list[tuple[Ints, Linear]]:
        """Independent models into which this one falls apart once its fixed columns are taken out, each with its columns.

        Without gangs to decide, periods have nothing to do with each other; many small searches are quicker than one.
        """
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        fixed = self.lower == self.upper
        used = self.activity(np.where(fixed, self.lower, 0.0))
        free = ~fixed[self.column] & (self.value != 0)
        column, row, value = self.column[free], self.row[free].astype(np.int64), self.value[free]
        size = self.columns + self.rows
        edges = coo_matrix((np.ones(len(row)), (column, self.columns + row)), shape=(size, size))
        label = connected_components(edges, directed=False)[1]
        columns = np.flatnonzero(~fixed)
        columns = columns[np.argsort(label[columns], kind="stable")]
        entries = np.lexsort((column, label[column]))
        column, row, value = column[entries], row[entries], value[entries]
        found = []
        for mine in np.split(columns, np.flatnonzero(np.diff(label[columns])) + 1) if len(columns) else []:
            first, last = np.searchsorted(label[column], [label[mine[0]], label[mine[0]] + 1])
            rows, local = np.unique(row[first:last], return_inverse=True)
            part = Linear(
                cost=self.cost[mine],
                constant=0.0,
                lower=self.lower[mine],
                upper=self.upper[mine],
                whole=self.whole[mine],
                offset=np.searchsorted(column[first:last], np.append(mine, mine[-1] + 1)).astype(np.int64),
                row=local.astype(np.int32),
                value=value[first:last],
                row_lower=self.row_lower[rows] - used[rows],
                row_upper=self.row_upper[rows] - used[rows],
            )
            found.append((mine, part))
        return found

    def with_bounds(self, lower: Floats, upper: Floats) -> Linear:
        return replace(self, lower=lower, upper=upper)

    def take(self, kept: Bools) -> Linear:
        """The same with the columns of ``kept`` [C] alone; the others must be 0 in every x."""
        inside = kept[self.column]
        return replace(
            self,
            cost=self.cost[kept],
            lower=self.lower[kept],
            upper=self.upper[kept],
            whole=self.whole[kept],
            offset=np.concatenate([[0], np.cumsum(np.diff(self.offset)[kept])]).astype(np.int64),
            row=self.row[inside],
            value=self.value[inside],
            chooses=None if self.chooses is None else self.chooses[kept],
        )

    def relaxed(self) -> Linear:
        """The same without integers."""
        return replace(self, whole=np.zeros(self.columns, dtype=bool))

    def within(self, value: float, prices: Floats | None = None) -> Linear:
        """The same without what no plan of cost ``value`` or less can use, by reduced costs at row duals (default: none).

        For x that keeps the rows, objective(x) >= L + sum of |reduced_c| x (distance of x_c from the side of its box that its
        reduced cost prefers), L being ``lagrangian(prices)``; so that distance is at most (value - L) / |reduced_c|. Besides
        dropping columns this takes out costs that dwarf all others, as soon as a plan is known that does without them.
        """
        prices = np.zeros(self.rows) if prices is None else self.valid_prices(prices)
        reduced, least = self.reduced_costs(prices), self.lagrangian(prices)
        # What L and the reduced costs are uncertain by in floating point, at most, taken as 1e-9 of the largest figures in them.
        slack = 1e-9 * max(1.0, abs(value), abs(least), float(np.abs(prices * self._side(prices)).max(initial=0.0)))
        room = value - least + slack
        if not math.isfinite(room) or room < 0:
            return self
        with np.errstate(divide="ignore", over="ignore"):
            most = np.where(reduced != 0, room / np.abs(reduced), np.inf)
        most = np.where(self.whole, np.floor(most + FEASIBILITY_TOLERANCE), most)
        upper = np.where(reduced > 0, np.minimum(self.upper, self.lower + most), self.upper)
        lower = np.where(reduced < 0, np.maximum(self.lower, self.upper - most), self.lower)
        return self.with_bounds(lower, upper)

    def _side(self, prices: Floats) -> Floats:
        """The side of each row that its dual counts, 0 where it is 0, [M]."""
        return np.where(prices == 0, 0.0, np.where(prices > 0, self.row_lower, self.row_upper))

    def with_row(self, coefficients: Floats, upper: float) -> Linear:
        """The same with one more row ``coefficients x <= upper``, scaled so that its largest coefficient is 1."""
        scale = float(np.abs(coefficients).max(initial=0.0)) or 1.0
        used = np.flatnonzero(coefficients)
        return replace(
            self,
            row=np.insert(self.row, self.offset[used + 1], np.int32(self.rows)),
            value=np.insert(self.value, self.offset[used + 1], coefficients[used] / scale),
            offset=self.offset + np.concatenate([[0], np.cumsum(coefficients != 0)]),
            row_lower=np.append(self.row_lower, -np.inf),
            row_upper=np.append(self.row_upper, upper / scale),
        )

    def reduced_costs(self, prices: Floats) -> Floats:
        """cost - A' y for row duals y, [C]."""
        return self.cost - np.bincount(self.column, self.value * prices[self.row], self.columns)

    def lagrangian(self, prices: Floats) -> float:
        """A lower bound on the objective, valid for any row duals y: y is cut to the signs that the rows allow."""
        prices = self.valid_prices(prices)
        reduced = self.reduced_costs(prices)
        box = np.where(reduced > 0, reduced * self.lower, reduced * self.upper)
        return float(self.constant + (prices * self._side(prices)).sum() + box.sum())

    def valid_prices(self, prices: Floats) -> Floats:
        """Row duals with those of the wrong sign set to 0: above 0 needs a lower side, below 0 an upper one."""
        wrong = ((prices > 0) & ~np.isfinite(self.row_lower)) | ((prices < 0) & ~np.isfinite(self.row_upper))
        return np.where(wrong, 0.0, prices)
