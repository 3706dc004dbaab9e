# mypy: disable-error-code="no-untyped-def, untyped-decorator"
# ruff: noqa: NPY002, PLR0915
# numba knows numpy's legacy generator only, and one long function compiles to far faster code than many.
"""Compiled moves of the local search on choices: a group changes its column, and whoever is then in the way changes too.

A plan is the column ``at`` [G] of every group. Columns lie sorted by group (``g_offset``) and, within it, by reduced cost; column c
has entries ``c_offset[c]:c_offset[c + 1]`` of ``e_row``, ``e_amount`` and ``e_group``. ``crowd`` lists the chosen entries of each
row, ``place`` where in its row's list an entry stands.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solvers.compiled import njit


@njit(cache=True, nogil=True)
def take_out(c, c_offset, e_row, e_amount, use, crowd_offset, crowd, crowded, place) -> None:
    """Column c leaves the plan."""
    for i in range(c_offset[c], c_offset[c + 1]):
        r = e_row[i]
        use[r] -= e_amount[i]
        crowded[r] -= 1
        last = crowd[crowd_offset[r] + crowded[r]]
        crowd[crowd_offset[r] + place[i]] = last
        place[last] = place[i]


@njit(cache=True, nogil=True)
def put_in(c, c_offset, e_row, e_amount, use, crowd_offset, crowd, crowded, place) -> None:
    """Column c joins the plan."""
    for i in range(c_offset[c], c_offset[c + 1]):
        r = e_row[i]
        use[r] += e_amount[i]
        crowd[crowd_offset[r] + crowded[r]] = i
        place[i] = crowded[r]
        crowded[r] += 1


@njit(cache=True, nogil=True)
def priced(c, sign, c_offset, e_row, e_amount, use, limit, penalty, credit) -> Any:
    """What it costs in rows that column c comes (``sign`` 1) or goes (-1): a penalty above the limit, a credit for room below."""
    total = 0.0
    for i in range(c_offset[c], c_offset[c + 1]):
        r = e_row[i]
        now = use[r] - limit[r]
        then = now + sign * e_amount[i]
        total += penalty[r] * (max(then, 0.0) - max(now, 0.0)) + credit[r] * (min(then, 0.0) - min(now, 0.0))
    return total


@njit(cache=True, nogil=True)
def walk(
    seed, moves, heat, cooling, depth, tries, bias, every, g_offset, c_offset, e_row, e_amount, e_group, c_cost,
    limit, slack, penalty, credit, at, use, crowd_offset, crowd, crowded, place, best_at, best_cost,
) -> None:  # fmt: skip
    """Makes ``moves`` moves from ``at``, which ends as the last plan; feasible plans below ``best_cost[0]`` go to ``best_at``.

    Temperature begins at ``heat`` and is multiplied by ``cooling`` after each move. After the first group up to ``depth`` others
    change, each the best of ``tries`` in the fullest row. After ``every`` moves penalties of broken rows rise; all fall where
    none is broken.
    """
    np.random.seed(seed)
    groups = len(at)
    changed = np.empty(depth + 1, np.int64)
    before = np.empty(depth + 1, np.int64)
    cost = 0.0
    for g in range(groups):
        cost += c_cost[at[g]]
    for move in range(moves):
        heat *= cooling
        if move % every == every - 1:
            kept = True
            for r in range(len(limit)):
                if use[r] > limit[r] + slack[r]:
                    penalty[r] *= 1.1
                    kept = False
            if kept:
                penalty *= 0.95
        g = np.random.randint(groups)
        c = g_offset[g] + int((g_offset[g + 1] - g_offset[g]) * np.random.random() ** bias)
        old = at[g]
        if c == old:
            continue
        gain = c_cost[c] - c_cost[old] + priced(old, -1.0, c_offset, e_row, e_amount, use, limit, penalty, credit)
        change = c_cost[c] - c_cost[old]
        take_out(old, c_offset, e_row, e_amount, use, crowd_offset, crowd, crowded, place)
        gain += priced(c, 1.0, c_offset, e_row, e_amount, use, limit, penalty, credit)
        put_in(c, c_offset, e_row, e_amount, use, crowd_offset, crowd, crowded, place)
        at[g] = c
        changed[0], before[0] = g, old
        n = 1
        allowed = -heat * np.log(max(1e-300, np.random.random()))
        while gain > allowed and n <= depth:
            worst, row = 0.0, -1
            for i in range(c_offset[c], c_offset[c + 1]):
                over = penalty[e_row[i]] * (use[e_row[i]] - limit[e_row[i]])
                if over > worst:
                    worst, row = over, e_row[i]
            if row < 0:
                break
            best, best_c, best_g = np.inf, -1, -1
            for _ in range(tries):
                h = e_group[crowd[crowd_offset[row] + np.random.randint(crowded[row])]]
                known = False
                for k in range(n):
                    known = known or changed[k] == h
                if known:
                    continue
                old = at[h]
                gone = priced(old, -1.0, c_offset, e_row, e_amount, use, limit, penalty, credit) - c_cost[old]
                for i in range(c_offset[old], c_offset[old + 1]):
                    use[e_row[i]] -= e_amount[i]
                for other in range(g_offset[h], g_offset[h + 1]):
                    if other != old and gone + c_cost[other] < best:
                        value = gone + c_cost[other]
                        value += priced(other, 1.0, c_offset, e_row, e_amount, use, limit, penalty, credit)
                        if value < best:
                            best, best_c, best_g = value, other, h
                for i in range(c_offset[old], c_offset[old + 1]):
                    use[e_row[i]] += e_amount[i]
            if best_g < 0:
                break
            old = at[best_g]
            take_out(old, c_offset, e_row, e_amount, use, crowd_offset, crowd, crowded, place)
            put_in(best_c, c_offset, e_row, e_amount, use, crowd_offset, crowd, crowded, place)
            at[best_g] = best_c
            changed[n], before[n] = best_g, old
            n += 1
            change += c_cost[best_c] - c_cost[old]
            gain += best
            c = best_c
        if gain <= allowed:
            cost += change
            if cost < best_cost[0] - 1e-9 * max(1.0, abs(cost)):
                kept = True
                for r in range(len(limit)):
                    kept = kept and use[r] <= limit[r] + slack[r]
                if kept:
                    best_cost[0] = cost
                    best_at[:] = at
        else:
            for k in range(n - 1, -1, -1):
                h = changed[k]
                take_out(at[h], c_offset, e_row, e_amount, use, crowd_offset, crowd, crowded, place)
                put_in(before[k], c_offset, e_row, e_amount, use, crowd_offset, crowd, crowded, place)
                at[h] = before[k]
