# mypy: disable-error-code="no-untyped-def, untyped-decorator"
# The arguments of compiled functions are arrays by the dozen; numba infers their types.
"""Compiled inner loops; ``AVAILABLE`` is false where numba is not installed, and callers then use numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from solvers import compiled

AVAILABLE = compiled.AVAILABLE
njit = compiled.njit


@njit(cache=True, nogil=True)
def best_of_groups(
    member, member_offset, first, last, running, hours, pace, progress, periods,
    charge_offset, charge_amount, charge_end, charge_table, curves, profiles,
    rate_offset, rate_amount, from_anchor, from_offset, to_anchor, to_offset, lump, pair, by_block, by_period,
    most, best_cost, best_option, best_start, count,
) -> None:  # fmt: skip
    """Writes the ``most`` cheapest columns of every group, cheapest first, and how many there are."""
    blocks = progress.shape[1] - 1
    for g in range(len(member_offset) - 1):
        held = 0
        for i in range(member_offset[g], member_offset[g + 1]):
            o = member[i]
            run = running[o]
            steps = blocks if run else periods
            e = first[o]
            for s in range(first[o], last[o] + 1):
                if run:
                    target = progress[pace[o], s] + hours[o] - 1e-9 * max(1.0, hours[o])
                    e = max(e, s)
                    while e < blocks and progress[pace[o], e] < target:
                        e += 1
                else:
                    e = s + 1
                cost = 0.0
                for c in range(charge_offset[o], charge_offset[o + 1]):
                    at = e if charge_end[c] else s
                    if run:
                        cost += charge_amount[c] * curves[charge_table[c], at]
                    else:
                        cost += charge_amount[c] * profiles[charge_table[c], at]
                for r in range(rate_offset[o], rate_offset[o + 1]):
                    a = from_anchor[r]
                    lo = from_offset[r] + (s if a == 1 else e if a == 2 else steps if a == 3 else 0)
                    a = to_anchor[r]
                    hi = to_offset[r] + (s if a == 1 else e if a == 2 else steps if a == 3 else 0)
                    hi = max(lo, hi)
                    if lump[r]:
                        hi = min(hi, lo + 1)
                    if run:
                        cost += rate_amount[r] * (by_block[pair[r], hi] - by_block[pair[r], lo])
                    else:
                        cost += rate_amount[r] * (by_period[pair[r], hi] - by_period[pair[r], lo])
                if held == most and cost >= best_cost[g, held - 1]:
                    continue
                k = held if held < most else most - 1
                while k > 0 and best_cost[g, k - 1] > cost:
                    best_cost[g, k] = best_cost[g, k - 1]
                    best_option[g, k] = best_option[g, k - 1]
                    best_start[g, k] = best_start[g, k - 1]
                    k -= 1
                best_cost[g, k] = cost
                best_option[g, k] = o
                best_start[g, k] = s
                if held < most:
                    held += 1
        count[g] = held


def empty_best(groups: int, most: int) -> tuple[np.ndarray[Any, Any], ...]:
    """Arrays that ``best_of_groups`` fills."""
    return (
        np.full((groups, most), np.inf),
        np.zeros((groups, most), dtype=np.int64),
        np.zeros((groups, most), dtype=np.int64),
        np.zeros(groups, dtype=np.int64),
    )
