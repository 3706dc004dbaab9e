"""From the basis of one LP to a start of the next one, which has other columns of groups and other rows of the same layout."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placement.program import Ints
from solvers.highs_process import Basis, Signs
from solvers.prices.layout import Layout
from solvers.prices.plan import Draft
from solvers.prices.restricted import Part


@dataclass(frozen=True)
class Footing:
    """-1, 0 or 1 as in ``Basis``, of rows [rows], groups [groups], the ungrouped columns [n], and columns of groups by ``key``."""

    rows: Signs
    groups: Signs
    rest: Signs
    key: Ints
    """Ascending."""
    columns: Signs

    @staticmethod
    def of_draft(draft: Draft) -> Footing | None:
        """Where its filling stands, with the columns of its groups at their upper sides; None where it was not filled."""
        if draft.basis is None:
            return None
        layout, chosen = draft.layout, draft.chosen()
        rows = np.zeros(layout.rows, dtype=np.int8)
        rows[np.unique(draft.rest.matrix.indices)] = draft.basis.rows
        groups = np.zeros(len(draft.option), dtype=np.int8)
        key = np.sort(_key(layout, chosen))
        return Footing(rows, groups, draft.basis.columns, key, np.ones(len(key), dtype=np.int8))

    @staticmethod
    def of_basis(layout: Layout, columns: Part, touched: Ints, basis: Basis) -> Footing:
        """Where the LP over ``columns`` and the ungrouped ones stands; its rows are those ``touched`` and then the groups'."""
        names = np.unique(columns.group)
        rows, groups = np.zeros(layout.rows, dtype=np.int8), np.zeros(len(layout.program.groups), dtype=np.int8)
        rows[touched], groups[names] = basis.rows[: len(touched)], basis.rows[len(touched) :]
        key = _key(layout, columns)
        order = np.argsort(key)
        return Footing(rows, groups, basis.columns[len(columns) :], key[order], basis.columns[: len(columns)][order])

    def basis(self, layout: Layout, columns: Part, touched: Ints) -> Basis:
        """A start of such an LP: columns that are new are at their lower sides, and new rows basic."""
        signs = np.full(len(columns), -1, dtype=np.int8)
        if len(self.key):
            key = _key(layout, columns)
            at = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
            signs = np.where(self.key[at] == key, self.columns[at], signs)
        rows = np.concatenate([self.rows[touched], self.groups[np.unique(columns.group)]])
        return Basis(np.concatenate([signs, self.rest]), rows)


def _key(layout: Layout, columns: Part) -> Ints:
    """Copies of an option are one: in a relaxation the first stands for all."""
    return layout.program.split(columns.option)[0] * layout.program.grid.periods + columns.start
