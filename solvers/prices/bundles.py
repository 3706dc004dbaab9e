"""Rates of an option that hold over the same window, taken as one: an amount times a *bundle* of resources in fixed proportion.

Options that use the same resources in the same proportion share a bundle, so that its price, summed over time, is found once and a
column costs two lookups however many resources it uses. Gangs of one island, say, all hold units of island and pool and kW of the
feed, in the proportion of the accelerator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from placement.program import Bools, Floats, Ints

if TYPE_CHECKING:
    from placement.program import Rates

TOLERANCE = 1e-14
"""Amounts are in proportion when they are off by no more than this, relatively: the rounding of a few multiplications."""


@dataclass(frozen=True)
class Bundles:
    """Merged rates [m] of the wanted options: rows ``offset[o]:offset[o + 1]``; ``rate`` is the first one merged.

    Bundle b holds ``ratio`` of each ``pair`` in rows ``parts[b]:parts[b + 1]``.
    """

    offset: Ints
    rate: Ints
    amount: Floats
    bundle: Ints
    parts: Ints
    pair: Ints
    ratio: Floats
    windows: tuple[Ints, Ints, Ints, Ints, Bools]
    """Anchors and offsets of both edges, from, from, to, to, and lump, of merged rates, [m] each."""

    def summed(self, table: Floats) -> Floats:
        """Rows of ``table`` [pairs, n] added up by bundle, [bundles, n]."""
        from scipy.sparse import csr_matrix

        return np.asarray(csr_matrix((self.ratio, self.pair, self.parts), shape=(len(self.parts) - 1, len(table))) @ table)

    def spread(self, table: Floats, pairs: int) -> Floats:
        """The transpose of ``summed``: amounts by bundle [bundles, n] dealt out to pairs, [pairs, n]."""
        from scipy.sparse import csr_matrix

        matrix = csr_matrix((self.ratio, self.pair, self.parts), shape=(len(self.parts) - 1, pairs))
        return np.asarray(matrix.T @ table, dtype=np.float64)


def bundled(rates: Rates, pair: Ints, wanted: Bools) -> Bundles:
    """Merges the rates of every ``wanted`` option whose window is that of its first; ``pair`` [rates] is what each is priced by."""
    count = np.diff(rates.offset)
    first = np.repeat(rates.offset[:-1], count)
    owner = np.repeat(np.arange(len(count), dtype=np.int64), count)
    mine = np.repeat(wanted, count)
    same = np.ones(len(rates), dtype=bool)
    for column in (rates.from_anchor, rates.from_offset, rates.to_anchor, rates.to_offset, rates.lump):
        same &= column == column[first]
    same &= (rates.amount[first] != 0) & ~rates.lump
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(same, rates.amount / rates.amount[first], 1.0)

    # A sum of random marks tells bundles apart; the comparison below makes sure.
    mark = np.random.default_rng(0).random(int(pair.max(initial=0)) + 1) + 1.0
    merged = np.flatnonzero(same & mine)
    heads = np.flatnonzero(np.diff(owner[merged], prepend=-1)) if len(merged) else merged
    signature = np.add.reduceat(mark[pair[merged]] * ratio[merged], heads) if len(merged) else np.empty(0)
    size = np.diff(np.append(heads, len(merged)))
    _, model, of_head = np.unique(np.round(signature, 9), return_index=True, return_inverse=True)
    like = model[of_head.reshape(-1)]
    alike = size == size[like]
    row = np.repeat(np.arange(len(heads)), size)
    step = np.arange(len(merged)) - np.repeat(heads, size)
    other = merged[np.minimum(heads[like[row]] + step, max(0, len(merged) - 1))]
    off = np.abs(rates.amount[merged] - rates.amount[merged[heads[row]]] * ratio[other])
    wrong = (pair[merged] != pair[other]) | (off > TOLERANCE * np.abs(rates.amount[merged]))
    alike[row[wrong]] = False

    # What is not in proportion to its model stays as it is, each rate a bundle of its own pair.
    single = mine
    single[merged[alike[row]]] = False
    singles = np.flatnonzero(single)
    used = np.unique(like[alike]) if len(heads) else np.empty(0, dtype=np.int64)
    number = np.full(len(heads), -1, dtype=np.int64)
    number[used] = np.arange(len(used))
    inside = np.isin(row, used)
    pairs_alone, of_single = np.unique(pair[singles], return_inverse=True)
    rate = np.concatenate([merged[heads[alike]], singles])
    bundle = np.concatenate([number[like[alike]], len(used) + of_single.reshape(-1)])
    order = np.argsort(rate, kind="stable")
    rate = rate[order]
    option = np.searchsorted(rates.offset, rate, side="right") - 1
    return Bundles(
        offset=np.searchsorted(option, np.arange(len(count) + 1)).astype(np.int64),
        rate=rate,
        amount=rates.amount[rate],
        bundle=bundle[order],
        parts=np.concatenate([[0], np.cumsum(np.concatenate([size[used], np.ones(len(pairs_alone), dtype=np.int64)]))]),
        pair=np.concatenate([pair[merged[inside]], pairs_alone]),
        ratio=np.concatenate([ratio[merged[inside]], np.ones(len(pairs_alone))]),
        windows=(
            rates.from_anchor[rate], rates.from_offset[rate], rates.to_anchor[rate], rates.to_offset[rate], rates.lump[rate]
        ),
    )  # fmt: skip
