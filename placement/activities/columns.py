"""Columns of a Program: which option is started when, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.program import Floats, Ints


@dataclass(frozen=True)
class Columns:
    """Parallel arrays [n]: option, start step, value."""

    option: Ints
    start: Ints
    value: Floats

    @classmethod
    def empty(cls) -> Columns:
        none = np.empty(0, dtype=np.int64)
        return cls(none, none, np.empty(0))

    @classmethod
    def joined(cls, parts: Sequence[Columns]) -> Columns:
        """One after another, without zeros."""
        option, start, value = (np.concatenate([getattr(p, name) for p in parts]) for name in ("option", "start", "value"))
        keep = value != 0
        return cls(option[keep], start[keep], value[keep])

    def of(self, options: Ints) -> tuple[Columns, Ints]:
        """The columns of some options (ascending ids) and, for each, the position of its option among them."""
        if not len(options):
            return Columns.empty(), np.empty(0, dtype=np.int64)
        at = np.minimum(np.searchsorted(options, self.option), len(options) - 1)
        mine = options[at] == self.option
        return Columns(self.option[mine], self.start[mine], self.value[mine]), at[mine]


def expand(count: Ints) -> tuple[Ints, Ints]:
    """For rows with ``count`` members each: the row of every member, and its number within the row."""
    owner = np.repeat(np.arange(len(count), dtype=np.int64), count)
    return owner, np.arange(len(owner), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)


def narrow(values: Ints) -> Ints:
    """As int32 where every value fits: columns with a row per option have tens of millions of rows."""
    limits = np.iinfo(np.int32)
    fits = not values.size or (values.min() >= limits.min and values.max() <= limits.max)
    return values.astype(np.int32) if fits else values
