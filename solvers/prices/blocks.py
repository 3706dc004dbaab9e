"""Uniform blocks: private rows that have a closed form, because every stream is served equally well by every replica.

    serve(d, n) + shed(d) = demand(d),   sum_d serve(d, n) <= sum_u throughput(u) x(u)    for all streams d and nodes n
    is, when serving costs the same from each node, for the block's supply u and shedding pieces j in each period
    sum_u throughput(u) x(u) + sum_j shed(j) >= sum_d demand(d)

Given prices, the cheapest cover takes supply and pieces in the order of their cost per unit of demand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from placement.program import Anchor, Bools, Floats, Ints, Program

DEARER = 100.0
"""What shedding costs that a plan should do without, against the dearest that it may use."""


@dataclass(frozen=True)
class Block:
    """A uniform block. Rows of supply [n], pieces [m] and streams [d] are by period where two-dimensional."""

    resources: Ints
    options: Ints
    supply: Ints
    """Options that supply throughput."""
    throughput: Floats
    upper: Floats
    """[n, P], whole."""
    node: Ints
    """Resource that each supplies."""
    streams: Ints
    """Demand resources."""
    stream_demand: Floats
    """[d, P]."""
    piece: Ints
    """Options that shed."""
    piece_stream: Ints
    """Position among ``streams``."""
    width: Floats
    """Most that each piece may shed, [m, P]."""
    serve: Ints
    """Options that serve, [k]."""
    serve_stream: Ints
    serve_node: Ints
    cost: Floats
    """Cost of shedding instead of serving, [levels, m, P]."""
    serving: Floats
    """Cost of serving a unit of each stream, [levels, d, P]."""

    @property
    def demand(self) -> Floats:
        """All streams together, [P]."""
        return np.asarray(self.stream_demand.sum(axis=0), dtype=np.float64)

    def avoiding(self, excluded: Bools, weight: Floats) -> Block:
        """The block with shedding by options ``excluded`` [O] dearer than all else, for plans that do without it if they can.

        What costs more changes nothing for a plan that does not use it, nor the bound of such plans.
        """
        out = excluded[self.piece]
        last = int(np.flatnonzero(weight)[-1])
        cost = self.cost.copy()
        cost[last, out] += DEARER * float(np.abs(self.piece_cost(weight)).max(initial=1.0)) / float(weight[last])
        return replace(self, cost=cost)

    def served_cost(self, weight: Floats) -> Floats:
        """What serving everything would earn or cost by itself, [P]."""
        return np.asarray(np.einsum("l,ldp,dp->p", weight, self.serving, self.stream_demand), dtype=np.float64)

    def piece_cost(self, weight: Floats) -> Floats:
        return np.asarray(np.tensordot(weight, self.cost, axes=1), dtype=np.float64)


def cheapest_cover(cost: Floats, width: Floats, demand: Floats) -> tuple[Floats, Floats]:
    """Least cost of items [n, P] that cover ``demand`` [P], and what is taken of each: value [P], taken [n, P].

    What costs less than nothing is taken in any case. Where all items together fall short of the demand, all are taken.
    """
    order = np.argsort(cost, axis=0, kind="stable")
    sorted_cost, sorted_width = np.take_along_axis(cost, order, axis=0), np.take_along_axis(width, order, axis=0)
    before = np.cumsum(sorted_width, axis=0) - sorted_width
    taken = np.where(sorted_cost < 0, sorted_width, np.clip(demand - before, 0.0, sorted_width))
    out = np.empty_like(taken)
    np.put_along_axis(out, order, taken, axis=0)
    return np.asarray((sorted_cost * taken).sum(axis=0), dtype=np.float64), out


def uniform_blocks(program: Program) -> tuple[Block, ...]:
    """The blocks whose private rows have the closed form; the rows of other blocks are to be priced like shared ones."""
    rates, resources = program.rates, program.resources
    owner = np.repeat(np.arange(len(program.options), dtype=np.int64), np.diff(rates.offset))
    private = resources.private[rates.resource]
    order = np.argsort(private, kind="stable")
    found = []
    cuts = np.searchsorted(private[order], np.arange(int(resources.private.max(initial=-1)) + 2))
    for b in range(len(cuts) - 1):
        rows = order[cuts[b] : cuts[b + 1]]
        block = _uniform(program, np.flatnonzero(resources.private == b), owner, np.sort(rows))
        if block is not None:
            found.append(block)
    return tuple(found)


def _uniform(program: Program, mine: Ints, owner: Ints, rows: Ints) -> Block | None:
    """The block of resources ``mine``, touched by the rates ``rows``, if it has the closed form."""
    rates, resources, options = program.rates, program.resources, program.options
    if not len(mine) or not len(rows):
        return None
    plain = (resources.partition[mine] == 0) & ~resources.hourly[mine] & (resources.price[mine] == 0)
    limits = resources.limit[resources.offset[mine][:, None] + np.arange(program.grid.periods)] if plain.all() else None
    if limits is None or np.any(limits < 0) or np.any(limits[~resources.equality[mine]] != 0):
        return None
    users = np.unique(owner[rows])
    period_long = (rates.from_anchor[rows] == Anchor.START) & (rates.to_anchor[rows] == Anchor.END)
    period_long &= (rates.from_offset[rows] == 0) & (rates.to_offset[rows] == 0) & ~rates.lump[rows] & (rates.profile[rows] == 0)
    whole_time = (options.first[users] == 0) & (options.last[users] == program.grid.periods - 1)
    alike = not options.running[users].any() and (options.group[users] < 0).all() and (options.copies[users] == 1).all()
    if not (period_long.all() and whole_time.all() and alike):
        return None
    demand_row, node_row = np.full(len(users), -1, dtype=np.int64), np.full(len(users), -1, dtype=np.int64)
    is_demand = resources.equality[rates.resource[rows]]
    for target, part in ((demand_row, rows[is_demand]), (node_row, rows[~is_demand])):
        if len(np.unique(owner[part])) != len(part):
            return None
        target[np.searchsorted(users, owner[part])] = part
    supplies, sheds, serves = demand_row < 0, node_row < 0, (demand_row >= 0) & (node_row >= 0)
    supply, piece, serve = users[supplies], users[sheds], users[serves]
    alone = np.diff(rates.offset)
    ok = not options.whole[np.concatenate([piece, serve])].any()
    ok &= bool((alone[piece] == 1).all() and (alone[serve] == 2).all())
    ok &= bool((rates.amount[node_row[supplies]] < 0).all() and (rates.amount[demand_row[~supplies]] == 1).all())
    ok &= bool((rates.amount[node_row[serves]] == 1).all())
    if not ok or not len(supply) or not len(serve):
        return None
    streams = mine[resources.equality[mine]]
    stream_of = np.full(len(resources), -1, dtype=np.int64)
    stream_of[streams] = np.arange(len(streams))
    node = rates.resource[node_row[supplies]]
    serve_stream, serve_node = stream_of[rates.resource[demand_row[serves]]], rates.resource[node_row[serves]]
    demand = limits[resources.equality[mine]]
    bounds = options.upper[serve][:, None] * program.profiles[options.upper_profile[serve]]
    nodes = np.unique(node)
    useful = np.isin(serve_node, nodes)
    pairs = np.unique(serve_stream[useful] * len(resources) + serve_node[useful])
    if len(pairs) != len(streams) * len(nodes) or np.any(bounds < demand[serve_stream] * (1 - 1e-12)):
        return None
    serve, serve_stream, serve_node = serve[useful], serve_stream[useful], serve_node[useful]
    serving_each = _own_cost(program, serve)
    serving = np.zeros((len(program.levels), len(streams), program.grid.periods))
    serving[:, serve_stream] = serving_each
    if np.any(np.abs(serving_each - serving[:, serve_stream]) > 1e-12 * np.abs(serving_each).max(initial=0.0)):
        return None
    piece_stream = stream_of[rates.resource[demand_row[sheds]]]
    upper = options.upper[supply][:, None] * program.profiles[options.upper_profile[supply]]
    return Block(
        resources=mine,
        options=users,
        supply=supply,
        throughput=-rates.amount[node_row[supplies]],
        upper=np.where(options.whole[supply][:, None], np.floor(upper + 1e-6), upper),
        node=node,
        streams=streams,
        stream_demand=demand,
        piece=piece,
        piece_stream=piece_stream,
        width=options.upper[piece][:, None] * program.profiles[options.upper_profile[piece]],
        serve=serve,
        serve_stream=serve_stream,
        serve_node=serve_node,
        cost=_own_cost(program, piece) - serving[:, piece_stream],
        serving=serving,
    )


def _own_cost(program: Program, options: Ints) -> Floats:
    """Charges of per-period options without priced resources, [levels, n, P]."""
    charges = program.charges
    out = np.zeros((len(program.levels), len(options), program.grid.periods))
    count = charges.offset[options + 1] - charges.offset[options]
    column = np.repeat(np.arange(len(options), dtype=np.int64), count)
    row = (
        np.arange(len(column), dtype=np.int64)
        - np.repeat(np.cumsum(count) - count, count)
        + np.repeat(charges.offset[options], count)
    )
    np.add.at(out, (charges.level[row], column), charges.amount[row][:, None] * program.profiles[charges.table[row]])
    return out


def lay_flows(need: Floats, offer: Floats) -> Floats:
    """Offers [n, P] given to needs [d, P] one after another: what goes from each to each, [n, d, P]."""
    high_n, high_o = np.cumsum(need, axis=0), np.cumsum(offer, axis=0)
    shared = np.minimum(high_o[:, None], high_n[None]) - np.maximum((high_o - offer)[:, None], (high_n - need)[None])
    return np.asarray(np.maximum(shared, 0.0), dtype=np.float64)
