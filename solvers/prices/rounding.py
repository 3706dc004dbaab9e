"""From a draft to columns of the Program: counts made whole, uniform blocks dealt out to their streams and nodes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement.program import Floats, Ints
from solvers.highs_process import HighsProcess, Tuning
from solvers.linear import Linear
from solvers.prices.blocks import Block, cheapest_cover, lay_flows
from solvers.prices.plan import Draft, model_of
from solvers.solver import Allowance

WHOLE = 1e-6

CHOICES_GAP, COUNTS_GAP, COUNTS_NODES = 5e-4, 2e-4, 50
"""Relative gaps to which MIPs round: of choices with counts fractional, then of counts in each part, in so many nodes at most."""


def rounded(draft: Draft, process: HighsProcess, allowance: Allowance, loss: float = 0.0) -> Draft | None:
    """The draft with whole counts: rounded down, then units added where they fit and pay; None where nothing whole was found.

    Where it takes MIPs, they are spared if counts rounded down cost at most ``loss`` more.
    """
    whole = draft.rest.whole
    out = draft.copy()
    supply = np.zeros(len(whole), dtype=bool)
    for block in draft.layout.blocks:
        supply |= np.isin(draft.rest.option, draft.layout.program.first_copy[block.supply])
    if (whole & ~supply).any() or (draft.rest.option[~supply] >= 0).any():
        return _by_mip(out, process, allowance, loss)
    out.x = np.where(whole, np.floor(draft.x + WHOLE), draft.x)
    _add_units(out)
    _cover(out)
    return out


def _by_mip(draft: Draft, process: HighsProcess, allowance: Allowance, loss: float) -> Draft | None:
    """Choices first, counts fractional; then the counts, part by part: mostly it is choices that hold periods together."""
    layout, rest = draft.layout, draft.rest
    model, _ = model_of(layout, rest, layout.limit - draft.group_use(), rest.whole)
    chooses = rest.whole & ~model.counts
    x = draft.x
    if chooses.any():
        outcome = process.solve(replace(model, whole=chooses), Tuning(relative_gap=CHOICES_GAP, allowance=allowance))
        if outcome.x is None:
            return None
        x = np.clip(np.where(chooses, np.round(outcome.x), outcome.x), 0.0, rest.upper)
    if loss > 0:
        down = _down(draft, process, allowance, model, x)
        if down is not None and float(rest.cost @ (down - draft.x)) <= loss:
            draft.x = down
            return draft
    settled = model.with_bounds(np.where(chooses, x, model.lower), np.where(chooses, x, model.upper))
    out = settled.lower.copy()
    for columns, part in settled.parts():
        outcome = process.solve(part, Tuning(relative_gap=COUNTS_GAP, node_limit=COUNTS_NODES, allowance=allowance))
        if outcome.x is None:
            return None
        out[columns] = outcome.x
    draft.x = np.clip(np.where(rest.whole, np.round(out), out), 0.0, rest.upper)
    return draft


def _down(draft: Draft, process: HighsProcess, allowance: Allowance, model: Linear, x: Floats) -> Floats | None:
    """The best x with counts rounded down and choices as they are; None where that leaves none."""
    whole = draft.rest.whole
    x = np.where(whole, np.floor(x + WHOLE), x)
    held = model.with_bounds(np.where(whole, x, model.lower), np.where(whole, x, model.upper)).relaxed()
    outcome = process.solve(held, Tuning(allowance=allowance), basis=draft.basis)
    if outcome.status != "optimal" or outcome.x is None:
        return None
    return np.clip(np.where(whole, x, outcome.x), 0.0, draft.rest.upper)


def _cover(draft: Draft) -> None:
    """Sets shedding to the cheapest that the supply leaves to cover."""
    layout, rest = draft.layout, draft.rest
    shared = len(layout.slot_of_row)
    pieces = np.flatnonzero(rest.option < 0)
    draft.x[pieces] = 0.0
    short = np.maximum(-layout.limit[shared:] + (rest.matrix @ draft.x)[shared:], 0.0)
    row = rest.matrix[:, pieces].indices - shared
    order = pieces[np.lexsort((rest.cost[pieces], row))]
    row = np.sort(row)
    upper = rest.upper[order]
    begin = np.searchsorted(row, row)
    upto = np.cumsum(upper)
    before = upto - upper - (upto - upper)[begin]
    draft.x[order] = np.where(rest.cost[order] < 0, upper, np.clip(short[row] - before, 0.0, upper))


def _add_units(draft: Draft) -> None:
    """Adds one unit each of counts that were rounded down, where it fits and the shedding that it saves pays for it."""
    layout, rest = draft.layout, draft.rest
    shared = len(layout.slot_of_row)
    use = draft.group_use() + rest.matrix @ np.where(rest.option < 0, 0.0, draft.x)
    room = layout.limit - use
    room[:shared] += 1e-9 * np.maximum(1.0, np.abs(layout.limit[:shared]))
    matrix = rest.matrix
    supplies = np.flatnonzero(rest.whole & (draft.x + 1 <= rest.upper + WHOLE))
    pieces = np.flatnonzero(rest.option < 0)
    piece_row = matrix[:, pieces].indices
    order = np.lexsort((rest.cost[pieces], piece_row))
    pieces, piece_row = pieces[order], piece_row[order]
    edges = np.searchsorted(piece_row, np.arange(layout.rows + 1))
    cover = np.zeros(len(rest), dtype=np.int64)
    across = matrix.tocoo()
    of_cover = across.row >= shared
    cover[across.col[of_cover]] = across.row[of_cover]
    # only columns whose every shared row has room, cheapest per unit of demand first
    tight = np.zeros(len(rest), dtype=bool)
    over = (across.row < shared) & (across.data > room[across.row])
    tight[across.col[over]] = True
    supplies = supplies[~tight[supplies] & (room[cover[supplies]] < 0)]
    each = -np.asarray(matrix[cover[supplies], supplies]).reshape(-1) if len(supplies) else np.empty(0)
    for c, tokens in zip(
        *(a[np.argsort(rest.cost[supplies] / each, kind="stable")].tolist() for a in (supplies, each)), strict=True
    ):
        rows, amount = matrix.indices[matrix.indptr[c] : matrix.indptr[c + 1]], matrix.data[matrix.indptr[c] : matrix.indptr[c + 1]]
        row = cover[c]
        many = rest.upper[c] - draft.x[c]
        inside = rows < shared
        many = min(many, *(room[r] // a for r, a in zip(rows[inside], amount[inside], strict=True) if a > 0))
        # The dearest shedding is saved first: what the shortfall reaches in the order of cost.
        for _ in range(2):
            if many < 1 or room[row] >= 0:
                break
            short = -room[row]
            mine = slice(edges[row], edges[row + 1])
            reach = np.cumsum(rest.upper[pieces[mine]])
            k = int(np.searchsorted(reach, short - 1e-9 * short))
            if k >= len(reach):
                k = len(reach) - 1
            level = reach[k - 1] if k else 0.0
            units = min(many, max(1.0, np.floor((short - level) / tokens)))
            saved = min(units * tokens, short - level) * rest.cost[pieces[mine]][k] if k >= 0 else 0.0
            if saved <= units * rest.cost[c]:
                break
            draft.x[c] += units
            room[rows] -= units * amount
            many -= units


def columns_of(draft: Draft) -> tuple[Ints, Ints, Floats]:
    """Options (explicit ids), starts and values that a draft with whole counts stands for."""
    layout, rest = draft.layout, draft.rest
    placed = draft.placed
    real = rest.option >= 0
    options = [draft.option[placed], rest.option[real]]
    starts = [draft.start[placed], rest.start[real]]
    values = [np.ones(len(placed)), draft.x[real]]
    for block in layout.blocks:
        for option, start, value in _dealt(draft, block):
            options.append(layout.program.first_copy[option])
            starts.append(start)
            values.append(value)
    option, start, value = np.concatenate(options), np.concatenate(starts), np.concatenate(values)
    used = value > 0
    option, start, value = option[used], start[used], value[used]
    order = np.lexsort((start, option))
    return option[order], start[order], value[order]


def _dealt(draft: Draft, block: Block) -> list[tuple[Ints, Ints, Floats]]:
    """Serving and shedding (rows of options) of a block's streams from the supply that the draft gives it."""
    rest, periods = draft.rest, draft.layout.program.grid.periods
    mine = draft.layout.program.first_copy[block.supply]
    nodes, node_of = np.unique(block.node, return_inverse=True)
    offer = np.zeros((len(nodes), periods))
    at = np.flatnonzero(np.isin(rest.option, mine))
    which = np.searchsorted(mine, rest.option[at])
    np.add.at(offer, (node_of[which], rest.start[at]), draft.x[at] * block.throughput[which])
    short = np.maximum(block.demand - offer.sum(axis=0), 0.0)
    _, shed = cheapest_cover(block.piece_cost(draft.layout.weight), block.width, short)
    need = block.stream_demand.copy()
    np.subtract.at(need, block.piece_stream, shed)
    need = np.maximum(need, 0.0)
    flows = lay_flows(need, offer)
    where = np.full((len(nodes), len(need)), -1, dtype=np.int64)
    where[np.searchsorted(nodes, block.serve_node), block.serve_stream] = block.serve
    n, d, p = np.nonzero(flows)
    j, q = np.nonzero(shed)
    return [(where[n, d], p, flows[n, d, p]), (block.piece[j], q, shed[j, q])]
