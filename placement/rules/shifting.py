"""Shifting: part of a stream's demand can wait, and is then served in another period.

    moved out of a period  <=  most share x demand                              for every stream and period
    r tokens/s that leave a period arrive in another as  r h m / (h' m') x (1 - loss);  h: its hours, m: its mean per token/s
    cost = volume moved x its price

A period is moved to only if every hour of the one that is left finds an hour of it within the longest delay. What arrives, and
what is moved out, stands in the balance (law sla).
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.calendar import TICKS_PER_HOUR, Calendar
from placement.instance.flows import EXACT_HOURS
from placement.instance.levers import in_bands
from placement.plan import Plan, Violation
from placement.rules.reading import broken, excess, level_and_term
from placement.rules.sla import SECONDS_PER_HOUR, TOKENS_PER_MILLION, million_tokens_per_rate

NAME = "shifting"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """What may leave each period, by all ways together, and what it costs."""
    shifts, streams = activities.shifts, list(instance.streams.values())
    waits = np.flatnonzero(~shifts.degrades)
    option, stream = shifts.option[waits], shifts.stream[waits]
    used = np.unique(stream)
    share = np.array([noun.shifting.most_share if noun.shifting else 0.0 for noun in streams], dtype=np.float64)
    most = share[used, None] * instance.demand_tokens_per_s[used]
    row = builder.add_resources([f"shifted out of {streams[s].id}" for s in used], "tokens/s", most)
    builder.add_rates(option, row[np.searchsorted(used, stream)], 1.0)
    worth = million_tokens_per_rate(instance) * instance.discount
    table = np.array([builder.profile(worth[s]) for s in stream.tolist()], dtype=np.int64)
    price = np.array([noun.shifting.usd_per_million_tokens if noun.shifting else 0.0 for noun in streams], dtype=np.float64)
    builder.add_charges(option, *level_and_term("shifting"), price[stream], table=table)


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """More moved than may be, less than nothing, too late, or where it may not go."""
    found, table, calendar = [], plan.shifts, instance.calendar
    names, out = list(instance.streams), np.zeros(instance.demand_tokens_per_s.shape)
    np.add.at(out, (table.stream, table.period), table.tokens_per_s)
    share = [stream.shifting.most_share if stream.shifting else 0.0 for stream in instance.streams.values()]
    limit = instance.demand_tokens_per_s * np.array(share, dtype=np.float64).reshape(-1, 1)
    found += excess(NAME, "tokens/s", names, out, limit, instance, "moves to other periods")
    for row in range(len(table.stream)):
        name, leaves, to = names[table.stream[row]], int(table.period[row]), int(table.to_period[row])
        rate, shifting = float(table.tokens_per_s[row]), instance.streams[name].shifting
        if rate < 0:
            found.append(broken(NAME, name, "moves less than nothing", -rate, "tokens/s", calendar.period_name(leaves)))
        if shifting is not None:  # Else its share is none.
            wait, target = longest_wait(calendar, leaves, to), calendar.period_name(to)
            if not in_bands(calendar, shifting.into_bands)[to % calendar.band_count]:
                text = f"is moved to {target}, a band that is none of into_bands"
                found.append(broken(NAME, name, text, rate, "tokens/s", calendar.period_name(leaves)))
            if not np.isfinite(wait):
                text = f"is moved to {target}, which is not later"
                found.append(broken(NAME, name, text, rate, "tokens/s", calendar.period_name(leaves)))
            elif wait > shifting.most_delay_hours + EXACT_HOURS:
                text = f"waits {wait:g} hours for {target}, {shifting.most_delay_hours:g} at most"
                found.append(broken(NAME, name, text, wait - shifting.most_delay_hours, "hours", calendar.period_name(leaves)))
    return found


def longest_wait(calendar: Calendar, leaves: int, to: int) -> float:
    """Most hours that a quarter of a period waits for the next of another; bands recur in a block. Infinite if none comes."""
    of_tick, block = calendar.tick_period, np.array([leaves, to]) // calendar.band_count
    mine, theirs = np.flatnonzero(of_tick == leaves), np.flatnonzero(of_tick == to)
    if leaves == to or block[1] < block[0]:
        return float("inf")
    last = theirs[-1]
    if block[0] == block[1]:
        if np.mean(mine >= last) > 0.5:
            return float("inf")
        theirs = np.append(theirs, theirs[0] + np.count_nonzero(calendar.tick_block == block[0]))
    elif mine[-1] >= last:
        return float("inf")
    return max(float(theirs[theirs > tick].min() - tick) for tick in mine.tolist()) / TICKS_PER_HOUR


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """shifting: by the volume that leaves its period."""
    total, table, hours = 0.0, plan.shifts, instance.present_hours
    for s, stream in enumerate(instance.streams.values()):
        if stream.shifting is not None:
            mine = table.stream == s
            rate = table.tokens_per_s[mine] * instance.mean_per_demand[s, table.period[mine]]
            millions = float(rate @ hours[table.period[mine]]) * SECONDS_PER_HOUR / TOKENS_PER_MILLION
            total += millions * stream.shifting.usd_per_million_tokens
    return {"shifting": total}
