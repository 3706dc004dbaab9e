"""Columns of a Program: which option is started when, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from placement.program import Bools, Floats, Ints


@dataclass(frozen=True)
class Columns:
    """Parallel arrays [n]: option (row), start step, value, copy of the option."""

    option: Ints
    start: Ints
    value: Floats
    copy: Ints

    @classmethod
    def single(cls, option: Ints, start: Ints, value: Floats) -> Columns:
        """Columns of options without copies."""
        return cls(option, start, value, np.zeros(len(option), dtype=np.int64))

    @classmethod
    def empty(cls) -> Columns:
        none = np.empty(0, dtype=np.int64)
        return cls(none, none, np.empty(0), none)

    @classmethod
    def joined(cls, parts: Sequence[Columns]) -> Columns:
        """One after another, without zeros."""
        whole = cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))
        return whole._rows(whole.value != 0)

    def of(self, options: Ints) -> tuple[Columns, Ints]:
        """The columns of some options (ascending ids) and, for each, the position of its option among them."""
        if not len(options):
            return Columns.empty(), np.empty(0, dtype=np.int64)
        at = np.minimum(np.searchsorted(options, self.option), len(options) - 1)
        mine = options[at] == self.option
        return self._rows(mine), at[mine]

    def _rows(self, which: Bools) -> Columns:
        return Columns(self.option[which], self.start[which], self.value[which], self.copy[which])


def expand(count: Ints) -> tuple[Ints, Ints]:
    """For rows with ``count`` members each: the row of every member, and its number within the row."""
    owner = np.repeat(np.arange(len(count), dtype=np.int64), count)
    return owner, np.arange(len(owner), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)


def narrow(values: Ints) -> Ints:
    """As int32 where every value fits: columns with a row per option have tens of millions of rows."""
    limits = np.iinfo(np.int32)
    fits = not values.size or (values.min() >= limits.min and values.max() <= limits.max)
    return values.astype(np.int32) if fits else values


def rows_by_run(run: Ints, runs: int) -> tuple[Ints, Ints]:
    """Rows of a table in the order of their runs, and where each run's rows begin in it: ``order[offset[r]:offset[r + 1]]``."""
    order = np.argsort(run, kind="stable")
    return order, np.searchsorted(run[order], np.arange(runs + 1))
