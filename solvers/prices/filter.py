"""Dropping columns with proof: what prices and a plan's value show that no better plan can use.

L(prices) + rc(o, s) - (least rc of its group, or 0 where not choosing is cheaper) > value   =>   (o, s) is in no better plan

That is for whole columns: x = 1 takes all of its group. Of a divisible one a part may still be in a better plan, so it is kept.
Of groups that are alike the columns of one are looked at: what it cannot use, none of its class can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placement.program import Floats, Ints
from solvers.highs_process import Stopped, never
from solvers.prices.layout import Layout, Tables
from solvers.prices.pricing import bound, runs_of_groups


@dataclass(frozen=True)
class Filtered:
    """Columns (explicit ids) of groups that stand for their class, as far as they may be in a plan better than ``value``.

    Options outside groups are all kept.
    """

    option: Ints
    start: Ints
    considered: int
    bound: float


def surviving(
    layout: Layout, prices: Floats, value: float, *, most: int | None = None, stopped: Stopped = never
) -> Filtered | None:
    """Columns of groups that a plan cheaper than ``value`` (weighted, constants included) may use; None where over ``most``,
    or where ``stopped`` before all were seen."""
    proven = bound(layout, prices)
    tables = Tables.of(layout, layout.evened(np.where(layout.equality, prices, np.maximum(prices, 0.0))))
    room = value - proven.value + 1e-9 * max(1.0, abs(value))
    starts_of = np.maximum(layout.last[layout.member] - layout.first[layout.member] + 1, 0)
    considered = int(starts_of @ layout.program.options.copies[layout.member].astype(np.int64))
    options, starts, total = [], [], 0
    for lo, hi in runs_of_groups(layout):
        option, start = layout.columns(layout.member[layout.member_offset[lo] : layout.member_offset[hi]])
        kept = tables.costs(layout, option, start) <= (proven.least + room)[layout.program.options.group[option]]
        kept |= ~layout.program.options.whole[option]
        option, start = layout.every_copy(option[kept], start[kept])
        options.append(option)
        starts.append(start)
        total += len(option)
        if (most is not None and total > most) or stopped():
            return None
    none = np.empty(0, dtype=np.int64)
    return Filtered(np.concatenate([none, *options]), np.concatenate([none, *starts]), considered, proven.value)
