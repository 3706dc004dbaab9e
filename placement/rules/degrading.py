"""Degrading: part of a stream's demand is answered by another stream, with fewer tokens: a smaller model, or shorter answers.

    degraded  <=  most share x demand                                           for every stream and period
    r tokens/s that leave the stream arrive at the other as  r x tokens per token,  in the same period
    cost = volume degraded x its price

What leaves and what arrives stands in the balance (law sla), and what arrives is served (law arrivals): it earns, and is counted,
as the other stream's.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.rules.reading import broken, excess, level_and_term
from placement.rules.sla import SECONDS_PER_HOUR, TOKENS_PER_MILLION, million_tokens_per_rate

NAME = "degrading"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """What it costs; how much may be degraded is the upper bound of its option, of which each stream has one."""
    ways = activities.shifts
    worth = million_tokens_per_rate(instance) * instance.discount
    streams = list(instance.streams.values())
    for option, s in zip(ways.option[ways.degrades], ways.stream[ways.degrades].tolist(), strict=True):
        to = streams[s].degrade_to
        price = to.usd_per_million_tokens if to else 0.0
        builder.add_charges(np.array([option]), *level_and_term("degrading"), price, table=builder.profile(worth[s]))


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """More degraded than may be, or less than nothing."""
    found, table, names = [], plan.degraded, list(instance.streams)
    share = [stream.degrade_to.most_share if stream.degrade_to else 0.0 for stream in instance.streams.values()]
    use = np.zeros(instance.demand_tokens_per_s.shape)
    np.add.at(use, (table.stream, table.period), table.tokens_per_s)
    limit = instance.demand_tokens_per_s * np.array(share, dtype=np.float64).reshape(-1, 1)
    found += excess(NAME, "tokens/s", names, use, limit, instance, "is degraded by")
    for row in np.flatnonzero(table.tokens_per_s < 0).tolist():
        when = instance.calendar.period_name(int(table.period[row]))
        rate = -float(table.tokens_per_s[row])
        found.append(broken(NAME, names[table.stream[row]], "degrades less than nothing", rate, "tokens/s", when))
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """degrading: by the volume that leaves its stream."""
    total, table, hours = 0.0, plan.degraded, instance.present_hours
    for s, stream in enumerate(instance.streams.values()):
        if stream.degrade_to is not None:
            mine = table.stream == s
            rate = table.tokens_per_s[mine] * instance.mean_per_demand[s, table.period[mine]]
            millions = float(rate @ hours[table.period[mine]]) * SECONDS_PER_HOUR / TOKENS_PER_MILLION
            total += millions * stream.degrade_to.usd_per_million_tokens
    return {"degrading": total}
