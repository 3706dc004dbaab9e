"""Arrivals: what is moved to a period is served there.

    shed + moved on + demand that finds it closed  <=  demand               for every stream and period to which any may be moved
    what arrives  <=  the most that can  x (1 - closed)

So of what arrives nothing is shed, and nothing but a period's own demand is moved on: no request waits twice. While a product is
closed, or its tenant refused, nothing arrives.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import END, START, Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.rules.reading import arriving, excess, leaving, no_costs, times_closed

NAME = "arrivals"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """What each period may shed and move on of its own, and that nothing arrives where it finds a product closed."""
    ways, shifts, shed, (closed, of) = instance.flows, activities.shifts, activities.shed, activities.closed
    streams, demand = list(instance.streams), instance.demand_tokens_per_s
    into = np.unique(ways.to_stream)
    row = np.full(len(streams), -1, dtype=np.int64)
    row[into] = builder.add_resources([f"own demand of {streams[s]}" for s in into], "tokens/s", demand[into])
    of_way, at = ways.stream[shifts.way], row[shed.stream] >= 0
    leaves = row[of_way] >= 0
    builder.add_rates(shed.option[at], row[shed.stream[at]], 1.0)
    builder.add_rates(shifts.option[leaves], row[of_way[leaves]], 1.0)
    for s in into.tolist():
        if not np.any(of == s):
            continue
        builder.add_rates(closed[of == s], row[s], 1.0, profile=builder.profile(demand[s]))
        mine = np.flatnonzero(ways.to_stream[shifts.way] == s)
        most = ways.most_arriving[shifts.way[mine]].sum(axis=0)
        open_ = builder.add_resources([f"arrivals at {streams[s]}"], "tokens/s", most[None])
        builder.add_rates(closed[of == s], open_[0], 1.0, profile=builder.profile(most))
        for n in mine.tolist():
            d, arrives = int(shifts.offset[n]), builder.profile(ways.arrives[shifts.way[n]])
            start, end = (START[0], d), (END[0], d)
            builder.add_rates(shifts.option[n : n + 1], open_[0], 1.0, profile=arrives, start=start, end=end)


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Arrivals that are shed, moved on, or find the product closed."""
    names, demand, closed = list(instance.streams), instance.demand_tokens_per_s, times_closed(instance, plan)
    arrives, leaves, shed = arriving(instance, plan), leaving(instance, plan), np.zeros(demand.shape)
    np.add.at(shed, (plan.shedding.stream, plan.shedding.period), plan.shedding.tokens_per_s)
    use = np.where((arrives > 0) & (closed == 0), shed + leaves, 0.0)
    found = excess(NAME, "tokens/s", names, use, demand, instance, "sheds and moves on", shed + leaves + demand)
    meets = np.where(closed > 0, arrives, 0.0)
    return found + excess(NAME, "tokens/s", names, meets, np.zeros(demand.shape), instance, "takes in while closed", arrives)


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None."""
    return no_costs()
