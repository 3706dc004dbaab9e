# mypy: disable-error-code="no-untyped-def, untyped-decorator"
# ruff: noqa: NPY002, PLR0915
# numba knows numpy's legacy generator only, and one long function compiles to far faster code than many.
"""Compiled local search: gangs are taken out of one corner of the plan and put back elsewhere, thousands of times a second.

A move is judged by what the plan then costs: its gangs, plus the cheapest shedding and supply of every period that it touched,
found by a greedy that gives the dearest demand the cheapest supply at prices. Worse plans are accepted with a falling
probability (simulated annealing); the best is kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solvers.prices.kernels import njit


@njit(cache=True, nogil=True)
def fill_cost(
    t, room, blocks, row_offset, rows, piece_offset, piece_block, piece_cost, piece_width,
    supply_offset, supply_cost, supply_tokens, supply_upper, use_offset, use_row, use_amount, scratch, pointer, left,
) -> Any:  # fmt: skip
    """Least cost, greedily, of covering all demand of period t with ``room``."""
    for i in range(row_offset[t], row_offset[t + 1]):
        scratch[rows[i]] = room[rows[i]]
    for b in range(blocks):
        pointer[b] = supply_offset[t * blocks + b]
        left[b] = -1.0
    total = 0.0
    for i in range(piece_offset[t], piece_offset[t + 1]):
        b = piece_block[i]
        need = piece_width[i]
        end = supply_offset[t * blocks + b + 1]
        while need > 0.0 and pointer[b] < end:
            s = pointer[b]
            if supply_cost[s] >= piece_cost[i] * supply_tokens[s]:
                break
            if left[b] < 0.0:
                left[b] = supply_upper[s]
            many = min(left[b], need / supply_tokens[s])
            for u in range(use_offset[s], use_offset[s + 1]):
                r = scratch[use_row[u]]
                if r < many * use_amount[u]:
                    many = max(0.0, r / use_amount[u])
                    left[b] = many
            if many > 0.0:
                for u in range(use_offset[s], use_offset[s + 1]):
                    scratch[use_row[u]] -= many * use_amount[u]
                total += many * supply_cost[s]
                need -= many * supply_tokens[s]
                left[b] -= many
            if left[b] <= 1e-9 * supply_upper[s]:
                pointer[b] += 1
                left[b] = -1.0
            elif need <= 1e-9 * piece_width[i]:
                need = 0.0
        if need > 0.0:
            total += need * piece_cost[i]
    return total


@njit(cache=True, nogil=True)
def _remove(c, c_offset, c_row, c_amount, c_group, room, occupant, occupied, at) -> None:
    g = c_group[c]
    for i in range(c_offset[c], c_offset[c + 1]):
        r = c_row[i]
        room[r] += c_amount[i]
        for k in range(occupied[r]):
            if occupant[r, k] == g:
                occupied[r] -= 1
                occupant[r, k] = occupant[r, occupied[r]]
                break
    at[g] = -1


@njit(cache=True, nogil=True)
def _insert(c, c_offset, c_row, c_amount, c_group, room, occupant, occupied, at) -> None:
    g = c_group[c]
    for i in range(c_offset[c], c_offset[c + 1]):
        r = c_row[i]
        room[r] -= c_amount[i]
        occupant[r, occupied[r]] = g
        occupied[r] += 1
    at[g] = c


@njit(cache=True, nogil=True)
def _fits(c, c_offset, c_row, c_amount, room, slack, occupied, width) -> bool:
    for i in range(c_offset[c], c_offset[c + 1]):
        r = c_row[i]
        if c_amount[i] > room[r] + slack[r] or occupied[r] >= width:
            return False
    return True


@njit(cache=True, nogil=True)
def anneal(
    seed, iterations, heat, doubt, biggest, extra, noise,
    g_offset, must, c_offset, c_row, c_amount, c_cost, c_rc, c_group, c_first, c_last, size, by_row_offset, by_row,
    room, slack, occupant, occupied, at, best_at, fill, value, movable,
    blocks, row_offset, rows, piece_offset, piece_block, piece_cost, piece_width,
    supply_offset, supply_cost, supply_tokens, supply_upper, use_offset, use_row, use_amount,
) -> Any:  # fmt: skip
    """Runs moves from ``at`` [G] (column of each group, -1 none), which ends as the last plan; ``best_at`` as the best.

    ``value``: [now, best], worse plans are accepted at temperature ``heat``. Returns how many moves were accepted.
    """
    np.random.seed(seed)
    width = occupant.shape[1]
    periods = len(row_offset) - 1
    scratch = np.zeros(len(room))
    pointer = np.zeros(max(1, blocks), dtype=np.int64)
    left = np.zeros(max(1, blocks))
    touched = np.zeros(periods, dtype=np.bool_)
    new_fill = fill.copy()
    out = np.zeros(4 * biggest + 64, dtype=np.int64)
    old = np.zeros(4 * biggest + 64, dtype=np.int64)
    key = np.zeros(4 * biggest + 64)
    known = np.zeros(len(at), dtype=np.bool_)
    accepted = 0
    n_movable = len(movable)
    for _ in range(iterations):
        n = 0
        g = movable[np.random.randint(n_movable)]
        if np.random.random() < 0.5:
            # A group goes where it wants to be; whoever is in its way leaves.
            span = g_offset[g + 1] - g_offset[g]
            c = g_offset[g] + int(span * np.random.random() ** 2)
            if c == at[g] or (c_rc[c] > 0 and not must[g]):
                continue
            out[n] = g
            old[n] = at[g]
            known[g] = True
            n += 1
            if at[g] >= 0:
                _remove(at[g], c_offset, c_row, c_amount, c_group, room, occupant, occupied, at)
            ok = True
            for i in range(c_offset[c], c_offset[c + 1]):
                r = c_row[i]
                while c_amount[i] > room[r] + slack[r] and ok:
                    if occupied[r] == 0 or n >= biggest:
                        ok = False
                        break
                    h = occupant[r, np.random.randint(occupied[r])]
                    out[n] = h
                    old[n] = at[h]
                    known[h] = True
                    n += 1
                    _remove(at[h], c_offset, c_row, c_amount, c_group, room, occupant, occupied, at)
                if occupied[r] >= width:
                    ok = False
            if ok:
                _insert(c, c_offset, c_row, c_amount, c_group, room, occupant, occupied, at)
        else:
            # A corner is emptied: groups that share a row with one of them, near its time.
            c = at[g] if at[g] >= 0 else g_offset[g] + int((g_offset[g + 1] - g_offset[g]) * np.random.random() ** 2)
            wanted = 1 + np.random.randint(biggest - 1)
            tries = 0
            while n < wanted and tries < 3 * wanted:
                tries += 1
                if c_offset[c + 1] == c_offset[c]:
                    break
                r = c_row[c_offset[c] + np.random.randint(c_offset[c + 1] - c_offset[c])]
                if occupied[r] == 0:
                    continue
                h = occupant[r, np.random.randint(occupied[r])]
                out[n] = h
                old[n] = at[h]
                known[h] = True
                n += 1
                if np.random.random() < 0.3:
                    c = at[h]
                _remove(at[h], c_offset, c_row, c_amount, c_group, room, occupant, occupied, at)
        # Others that could use the same rows try as well: such that do not run, and a few that run elsewhere.
        if c_offset[c + 1] > c_offset[c]:
            for _ in range(extra + np.random.randint(extra)):
                r = c_row[c_offset[c] + np.random.randint(c_offset[c + 1] - c_offset[c])]
                h = c_group[by_row[by_row_offset[r] + np.random.randint(by_row_offset[r + 1] - by_row_offset[r])]]
                if known[h] or n >= len(out) or (at[h] >= 0 and np.random.random() < 0.8):
                    continue
                out[n] = h
                old[n] = at[h]
                known[h] = True
                n += 1
                if at[h] >= 0:
                    _remove(at[h], c_offset, c_row, c_amount, c_group, room, occupant, occupied, at)
        rule = np.random.randint(3)
        for i in range(n):
            h = out[i]
            key[i] = -size[h] * (0.5 + np.random.random()) if rule < 2 else np.random.random()
            if must[h]:
                key[i] -= 1e18
        order = np.argsort(key[:n])
        for j in range(n):
            h = out[order[j]]
            if at[h] >= 0:
                continue
            best_c, best_score = -1, 0.0 if not must[h] else 1e300
            for c in range(g_offset[h], g_offset[h + 1]):
                if (c_rc[c] >= best_score and best_c >= 0) or (c_rc[c] > 0 and not must[h]):
                    break
                score = c_rc[c] * (1.0 + noise * (np.random.random() - 0.5))
                if score < best_score and _fits(c, c_offset, c_row, c_amount, room, slack, occupied, width):
                    best_c, best_score = c, score
                    if np.random.random() < 0.7:
                        break
            if best_c >= 0:
                _insert(best_c, c_offset, c_row, c_amount, c_group, room, occupant, occupied, at)
        # What it costs.
        touched[:] = False
        change, priced = 0.0, 0.0
        legal = True
        for i in range(n):
            h = out[i]
            known[h] = False
            if at[h] == old[i]:
                continue
            if must[h] and at[h] < 0:
                legal = False
            if old[i] >= 0:
                change -= c_cost[old[i]]
                priced -= c_rc[old[i]]
                for t in range(c_first[old[i]], c_last[old[i]] + 1):
                    touched[t] = True
            if at[h] >= 0:
                change += c_cost[at[h]]
                priced += c_rc[at[h]]
                for t in range(c_first[at[h]], c_last[at[h]] + 1):
                    touched[t] = True
        threshold = -heat * np.log(max(1e-300, np.random.random()))
        if legal and priced <= threshold + doubt:
            for t in range(periods):
                if touched[t]:
                    new_fill[t] = fill_cost(
                        t, room, blocks, row_offset, rows, piece_offset, piece_block, piece_cost, piece_width, supply_offset,
                        supply_cost, supply_tokens, supply_upper, use_offset, use_row, use_amount, scratch, pointer, left,
                    )  # fmt: skip
                    change += new_fill[t] - fill[t]
        if legal and priced <= threshold + doubt and change <= threshold:
            for t in range(periods):
                if touched[t]:
                    fill[t] = new_fill[t]
            value[0] += change
            accepted += change != 0.0
            if value[0] < value[1] - 1e-9 * abs(value[1]):
                value[1] = value[0]
                best_at[:] = at
        else:
            for i in range(n):
                if at[out[i]] != old[i] and at[out[i]] >= 0:
                    _remove(at[out[i]], c_offset, c_row, c_amount, c_group, room, occupant, occupied, at)
            for i in range(n):
                if at[out[i]] != old[i] and old[i] >= 0:
                    _insert(old[i], c_offset, c_row, c_amount, c_group, room, occupant, occupied, at)
    return accepted
