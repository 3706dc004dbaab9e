# mypy: disable-error-code="no-untyped-def, untyped-decorator"
# The arguments of compiled functions are arrays by the dozen; numba infers their types.
"""Compiled inner loops; ``AVAILABLE`` is false where numba cannot be imported, and callers then use numpy."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

try:
    numba: Any = import_module("numba")
except ImportError:  # not there, or not made for the numpy that is
    numba = None
AVAILABLE = numba is not None


def njit(**options: Any) -> Any:
    """Compiles a function where numba is installed, else leaves it as it is."""
    return (lambda function: function) if numba is None else numba.njit(**options)


@njit(cache=True, nogil=True, inline="always")
def _charged(o, s, e, run, charge_offset, charge_amount, charge_end, charge_table, curves, profiles) -> Any:
    """Own cost of a column that starts at s and ends at e."""
    cost = 0.0
    for c in range(charge_offset[o], charge_offset[o + 1]):
        at = e if charge_end[c] else s
        cost += charge_amount[c] * (curves[charge_table[c], at] if run else profiles[charge_table[c], at])
    return cost


@njit(cache=True, nogil=True, inline="always")
def _edge(anchor, offset, s, e, steps) -> Any:
    return offset + (s if anchor == 1 else e if anchor == 2 else steps if anchor == 3 else 0)


@njit(cache=True, nogil=True, inline="always")
def _held(
    o, s, e, run, steps, rate_offset, rate_amount, from_anchor, from_offset, to_anchor, to_offset, lump, bundle, table
) -> Any:  # fmt: skip
    """What prices, summed over time in ``table`` [bundles, steps + 1], make of a column's use."""
    cost = 0.0
    for r in range(rate_offset[o], rate_offset[o + 1]):
        lo = _edge(from_anchor[r], from_offset[r], s, e, steps)
        hi = max(lo, _edge(to_anchor[r], to_offset[r], s, e, steps))
        if lump[r]:
            hi = min(hi, lo + 1)
        cost += rate_amount[r] * (table[bundle[r], hi] - table[bundle[r], lo])
    return cost


@njit(cache=True, nogil=True, inline="always")
def _end(o, s, e, run, hours, pace, progress, blocks) -> Any:
    """Where a column that starts at s ends; ``e``: where one that starts no later does, or the option's first start."""
    if not run:
        return s + 1
    target = progress[pace[o], s] + hours[o] - 1e-9 * max(1.0, hours[o])
    end = max(e, s)
    while end < blocks and progress[pace[o], end] < target:
        end += 1
    return end


@njit(cache=True, nogil=True)
def best_of_groups(
    member, member_offset, first, last, running, hours, pace, progress, periods,
    charge_offset, charge_amount, charge_end, charge_table, curves, profiles,
    rate_offset, rate_amount, from_anchor, from_offset, to_anchor, to_offset, lump, bundle, by_block, by_period,
    begin, end, most, best_cost, best_option, best_start,
) -> None:  # fmt: skip
    """Writes the ``most`` cheapest columns of the groups from ``begin`` to ``end``, cheapest first."""
    blocks = progress.shape[1] - 1
    for g in range(begin, end):
        held = 0
        for i in range(member_offset[g], member_offset[g + 1]):
            o = member[i]
            run = running[o]
            e = first[o]
            for s in range(first[o], last[o] + 1):
                e = _end(o, s, e, run, hours, pace, progress, blocks)
                cost = _charged(o, s, e, run, charge_offset, charge_amount, charge_end, charge_table, curves, profiles)
                cost += _held(
                    o, s, e, run, blocks if run else periods, rate_offset, rate_amount, from_anchor, from_offset, to_anchor,
                    to_offset, lump, bundle, by_block if run else by_period,
                )  # fmt: skip
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


@njit(cache=True, nogil=True)
def soft_groups(
    member, member_offset, first, last, running, hours, pace, progress, periods,
    charge_offset, charge_amount, charge_end, charge_table, curves, profiles,
    rate_offset, rate_amount, from_anchor, from_offset, to_anchor, to_offset, lump, bundle, by_block, by_period,
    begin, end, heat, must, times, block_slope, period_slope, near,
) -> Any:  # fmt: skip
    """Smooth minima of the groups from ``begin`` to ``end``, added up; the use of bundles that they choose goes to the slopes.

    Each counts ``times`` [groups] over.

    ``block_slope`` and ``period_slope`` [bundles, steps + 1] take differences: +use where a window begins, -use where it ends.
    Columns dearer than the least by ``near`` times ``heat`` [groups] weigh nothing.
    """
    blocks = progress.shape[1] - 1
    widest = 1
    for g in range(begin, end):
        count = 0
        for i in range(member_offset[g], member_offset[g + 1]):
            count += max(0, last[member[i]] - first[member[i]] + 1)
        widest = max(widest, count)
    costs = np.empty(widest)
    options = np.empty(widest, dtype=np.int64)
    starts = np.empty(widest, dtype=np.int32)
    ends = np.empty(widest, dtype=np.int32)
    total = 0.0
    for g in range(begin, end):
        least = 1e300 if must[g] else 0.0
        cut = near * heat[g]
        n = 0
        for i in range(member_offset[g], member_offset[g + 1]):
            o = member[i]
            run = running[o]
            e = first[o]
            for s in range(first[o], last[o] + 1):
                e = _end(o, s, e, run, hours, pace, progress, blocks)
                cost = _charged(o, s, e, run, charge_offset, charge_amount, charge_end, charge_table, curves, profiles)
                cost += _held(
                    o, s, e, run, blocks if run else periods, rate_offset, rate_amount, from_anchor, from_offset, to_anchor,
                    to_offset, lump, bundle, by_block if run else by_period,
                )  # fmt: skip
                if cost <= least + cut:
                    costs[n], options[n], starts[n], ends[n] = cost, o, s, e
                    n += 1
                    least = min(least, cost)
        if n == 0:
            continue
        weight = 0.0 if must[g] else np.exp(least / heat[g])
        for k in range(n):
            costs[k] = np.exp((least - costs[k]) / heat[g]) if costs[k] <= least + cut else 0.0
            weight += costs[k]
        total += times[g] * (least - heat[g] * np.log(weight))
        for k in range(n):
            share = costs[k] / weight
            if share < 1e-12:
                continue
            o, s, e = options[k], starts[k], ends[k]
            run = running[o]
            steps = blocks if run else periods
            for r in range(rate_offset[o], rate_offset[o + 1]):
                lo = _edge(from_anchor[r], from_offset[r], s, e, steps)
                hi = max(lo, _edge(to_anchor[r], to_offset[r], s, e, steps))
                if lump[r]:
                    hi = min(hi, lo + 1)
                use = times[g] * share * rate_amount[r]
                if run:
                    block_slope[bundle[r], lo] += use
                    block_slope[bundle[r], hi] -= use
                else:
                    period_slope[bundle[r], lo] += use
                    period_slope[bundle[r], hi] -= use
    return total


@njit(cache=True, nogil=True)
def near_starts(
    member, member_offset, first, last, running, hours, pace, progress, periods,
    charge_offset, charge_amount, charge_end, charge_table, curves, profiles,
    rate_offset, rate_amount, from_anchor, from_offset, to_anchor, to_offset, lump, bundle, by_block, by_period,
    begin, end, reach, must, near_first, near_last,
) -> None:  # fmt: skip
    """Writes, for the options of groups from ``begin`` to ``end``, their first and last start within ``reach`` [groups].

    What a start costs is compared with the least of its group, or with nothing, which is what not running costs.
    """
    blocks = progress.shape[1] - 1
    for g in range(begin, end):
        least = 1e300 if must[g] else 0.0
        for again in range(2):
            for i in range(member_offset[g], member_offset[g + 1]):
                o = member[i]
                run = running[o]
                e = first[o]
                from_, to = last[o] + 1, first[o] - 1
                for s in range(first[o], last[o] + 1):
                    e = _end(o, s, e, run, hours, pace, progress, blocks)
                    cost = _charged(o, s, e, run, charge_offset, charge_amount, charge_end, charge_table, curves, profiles)
                    cost += _held(
                        o, s, e, run, blocks if run else periods, rate_offset, rate_amount, from_anchor, from_offset, to_anchor,
                        to_offset, lump, bundle, by_block if run else by_period,
                    )  # fmt: skip
                    if again == 0:
                        least = min(least, cost)
                    elif cost <= least + reach[g]:
                        from_, to = min(from_, s), s
                if again == 1:
                    near_first[o], near_last[o] = from_, to


@njit(cache=True, nogil=True)
def soft_covers(offset, price, heat, width, demand, cover_price, share) -> Any:
    """Smooth costs of covering each ``demand`` [covers] by items [offset[k]:offset[k + 1]] at ``price`` and ``heat``, added up.

    ``cover_price`` [covers], a guess at first, becomes the price at which items just cover the demand (0 where they do for
    nothing), ``share`` [items] what part of each item's ``width`` is then taken.
    """
    total = 0.0
    for k in range(len(demand)):
        lo, hi, most = 0.0, 0.0, 0.0
        for i in range(offset[k], offset[k + 1]):
            hi = max(hi, price[i] + 40.0 * heat[i])
            most += width[i]
        mu = min(max(cover_price[k], lo), hi)
        if most <= demand[k]:
            mu = hi
        for _ in range(60):
            excess, slope = -demand[k], 0.0
            for i in range(offset[k], offset[k + 1]):
                v = (mu - price[i]) / heat[i]
                share[i] = 1.0 / (1.0 + np.exp(-v)) if v > -40.0 else 0.0
                excess += width[i] * share[i]
                slope += width[i] * share[i] * (1.0 - share[i]) / heat[i]
            if abs(excess) <= 1e-10 * demand[k] or hi - lo <= 1e-13 * hi or most <= demand[k]:
                break
            if excess > 0.0:
                hi = mu
            else:
                lo = mu
            if mu == 0.0 and excess > 0.0:
                break
            mu = mu - excess / slope if slope > 0.0 else -1.0
            if not lo < mu < hi:
                mu = 0.5 * (lo + hi) if hi > 1e-300 else 0.0
        cover_price[k] = mu
        total += mu * demand[k]
        for i in range(offset[k], offset[k + 1]):
            v = (mu - price[i]) / heat[i]
            if v > -40.0:
                total -= width[i] * heat[i] * (np.log1p(np.exp(-abs(v))) + max(v, 0.0))
    return total


@njit(cache=True, nogil=True)
def take_what_fits(order, group, offset, row, amount, room, slack, chosen) -> None:
    """Goes through columns in ``order`` and takes the first of each group that fits ``room``; ``chosen`` [groups], -1 before."""
    for c in order:
        if chosen[group[c]] >= 0:
            continue
        fits = True
        for i in range(offset[c], offset[c + 1]):
            if amount[i] > room[row[i]] + slack[row[i]]:
                fits = False
                break
        if fits:
            for i in range(offset[c], offset[c + 1]):
                room[row[i]] -= amount[i]
            chosen[group[c]] = c


def empty_best(groups: int, most: int) -> tuple[np.ndarray[Any, Any], ...]:
    """Arrays that ``best_of_groups`` fills."""
    return (
        np.full((groups, most), np.inf),
        np.zeros((groups, most), dtype=np.int64),
        np.zeros((groups, most), dtype=np.int64),
    )
