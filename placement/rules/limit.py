"""Limits: in every span of a limit one of its multipliers holds, and all its streams are served just that share of their demand.

    sum over multipliers of x(m)  =  1                                          for every limit and span
    sum of min(m, 1) x(m) demand  <=  served  <=  sum of m x(m) demand          for every stream of it and period in its bands
    cost = change_usd for each span whose multiplier is not that of the span before

So all that it limits are treated alike. What is not served is shed by the ladders. A multiplier above 1 leaves room for what other
periods shift there. While a product is closed, or its tenant refused, nothing need be served. After a loss nobody is owed more than
the limit lets through (law resilience).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from placement.activities import Activities
from placement.activities.closings import streams_under
from placement.activities.limits import FREE, LimitOptions
from placement.builder import START, Builder
from placement.instance import Instance
from placement.instance.levers import LimitLever, in_bands
from placement.plan import Plan, Violation
from placement.program import Anchor, Floats, Ints
from placement.rules.reading import broken, excess, level_and_term, times_closed

NAME = "limit"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """One multiplier for each span, what it lets through, and what changing it costs."""
    for n, lever in enumerate(instance.levers.values()):
        if isinstance(lever, LimitLever):
            mine = np.flatnonzero(activities.limits.lever == n)
            span = instance.calendar.slots(lever.per)
            one = builder.add_budgets([f"limit {lever.id}"], "multipliers", 1.0, span, equality=True)
            builder.add_rates(activities.limits.option[mine], one[0], 1.0, lump=True)
            _served(instance, builder, activities, lever, mine)
            if lever.change_usd > 0:
                _changes(instance, builder, activities.limits, lever, mine)


def _served(instance: Instance, builder: Builder, activities: Activities, lever: LimitLever, mine: Ints) -> None:
    serve, limits = activities.serve, activities.limits
    streams = streams_under(instance, lever)
    inside = periods_inside(instance, lever)
    names = [list(instance.streams)[t] for t in streams]
    most = builder.add_resources([f"most of {name} by {lever.id}" for name in names], "tokens/s", 0.0)
    least = builder.add_resources([f"least of {name} by {lever.id}" for name in names], "tokens/s", 0.0)
    at = np.searchsorted(streams, serve.stream)
    under = np.flatnonzero(np.isin(serve.stream, streams))
    for row, sign in ((most, 1.0), (least, -1.0)):
        builder.add_rates(serve.option[under], row[at[under]], sign, profile=builder.profile(inside))
    multiplier, (closed, of) = limits.multiplier[mine], activities.closed
    for k, t in enumerate(streams.tolist()):
        demand = builder.profile(instance.demand_tokens_per_s[t] * inside)
        builder.add_rates(limits.option[mine], most[k], -multiplier, profile=demand)
        builder.add_rates(limits.option[mine], least[k], np.minimum(multiplier, 1.0), profile=demand)
        builder.add_rates(closed[of == t], least[k], -1.0, profile=demand)


def _changes(instance: Instance, builder: Builder, limits: LimitOptions, lever: LimitLever, mine: Ints) -> None:
    """What each span says of the one before is so; it pays where the two differ."""
    span = instance.calendar.slots(lever.per)
    names = [f"{lever.id} at {multiplier:g} before" for multiplier in lever.multipliers]
    row = builder.add_budgets(names, "multipliers", 0.0, span, equality=True)
    followed = mine[limits.end[mine] < instance.calendar.blocks]
    follows = mine[limits.before[mine] != FREE]
    after = {"start": (Anchor.END, 0), "end": (Anchor.END, 1)}
    builder.add_rates(limits.option[followed], row[limits.choice[followed]], 1.0, lump=True, **after)
    builder.add_rates(limits.option[follows], row[limits.before[follows]], -1.0, start=START, lump=True)
    changes = follows[limits.before[follows] != limits.choice[follows]]
    worth = builder.curve(instance.discount_at)
    builder.add_charges(limits.option[changes], *level_and_term("limit_changes"), lever.change_usd, table=worth)


def periods_inside(instance: Instance, lever: LimitLever) -> Floats:
    """1 in the periods of a limit's bands, else 0, [P]."""
    return np.tile(np.array(in_bands(instance.calendar, lever.bands), dtype=np.float64), instance.calendar.blocks)


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Spans without a multiplier, or with several or none that is offered; streams that are served more or less than it says."""
    found: list[Violation] = []
    demand, closed = instance.demand_tokens_per_s, times_closed(instance, plan) > 0
    served = np.zeros(demand.shape)
    np.add.at(served, (plan.serving.stream, plan.serving.period), plan.serving.tokens_per_s)
    for n, lever in enumerate(instance.levers.values()):
        mine = np.flatnonzero(plan.limits.lever == n)
        if not isinstance(lever, LimitLever):
            found += [broken(NAME, lever.id, "limits, which is not what it is for") for _ in mine]
            continue
        found += _spans(instance, plan, lever, mine)
        through, inside = share_let_through(instance, plan, n), periods_inside(instance, lever) > 0
        for t, (name, stream) in enumerate(instance.streams.items()):
            if stream.tenant != lever.tenant or stream.service not in (lever.services or (stream.service,)):
                continue
            limit, use = np.where(inside, through * demand[t], 0.0), np.where(inside, served[t], 0.0)
            least = np.where(inside & ~closed[t], np.minimum(through, 1.0) * demand[t], 0.0)
            label, size = [f"{name} under {lever.id}"], (use + limit)[None]
            found += excess(NAME, "tokens/s", label, use[None], limit[None], instance, "is served", size)
            found += excess(NAME, "tokens/s", label, least[None], use[None], instance, "is owed what it is not served:", size)
    return found


def share_let_through(instance: Instance, plan: Plan, lever: int) -> Floats:
    """Multiplier that a plan sets for each period of a limit, all of them together where it sets several, [P]."""
    through, table = np.zeros((instance.calendar.blocks, instance.calendar.band_count)), plan.limits
    for row in np.flatnonzero(table.lever == lever).tolist():
        through[max(int(table.start_block[row]), 0) : max(int(table.end_block[row]), 0)] += table.multiplier[row]
    return through.reshape(-1)


def beyond_limits(instance: Instance, plan: Plan, need: Floats) -> Floats:
    """What a plan's limits do not let through of a need [S, P], the same shape."""
    beyond, streams = np.zeros(need.shape), list(instance.streams.values())
    for n, lever in enumerate(instance.levers.values()):
        if isinstance(lever, LimitLever):
            through, inside = share_let_through(instance, plan, n), periods_inside(instance, lever) > 0
            for t, stream in enumerate(streams):
                if stream.tenant == lever.tenant and stream.service in (lever.services or (stream.service,)):
                    beyond[t] += np.where(inside, np.maximum(need[t] - through * instance.demand_tokens_per_s[t], 0.0), 0.0)
    return beyond


def _spans(instance: Instance, plan: Plan, lever: LimitLever, rows: Ints) -> list[Violation]:
    found, table = [], plan.limits
    slot = instance.calendar.slots(lever.per).reshape(instance.calendar.blocks, -1)[:, 0]
    days = instance.calendar.block_starts
    stated = [(int(table.start_block[r]), int(table.end_block[r])) for r in rows.tolist()]
    for k in range(int(slot[-1]) + 1):
        blocks = np.flatnonzero(slot == k)
        span = (int(blocks[0]), int(blocks[-1]) + 1)
        times = stated.count(span)
        if times != 1:
            text = f"has {times} multipliers from {days[span[0]]} on, in place of one"
            found.append(broken(NAME, lever.id, text, float(abs(times - 1)), "multipliers"))
        stated = [other for other in stated if other != span]
    found += [broken(NAME, lever.id, f"holds from block {start} to block {end}, which is no span of it") for start, end in stated]
    for row in rows.tolist():
        if float(table.multiplier[row]) not in lever.multipliers:
            found.append(broken(NAME, lever.id, f"multiplier {table.multiplier[row]:g} is not offered"))
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """limit_changes: between one span and the next."""
    total, table = 0.0, plan.limits
    for n, lever in enumerate(instance.levers.values()):
        if isinstance(lever, LimitLever):
            rows = np.flatnonzero(table.lever == n)
            rows = rows[np.argsort(table.start_block[rows], kind="stable")].tolist()
            for row, after in pairwise(rows):
                if table.multiplier[row] != table.multiplier[after]:
                    total += lever.change_usd * float(instance.discount_at[table.start_block[after]])
    return {"limit_changes": total}
