"""Churn: what is not served costs a part of the demand that would come later, as money.

    cost = sum over blocks of  lost share per point x 100 x (volume shed / volume demanded) x revenue of all later blocks

for every stream with an elasticity, within the horizon, at present value. It is linear: losses of several blocks add up, and demand
itself stays as it is stated. So it is the price of a first loss, not a forecast of demand.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.rules.reading import level_and_term, slot_sums
from placement.rules.sla import SECONDS_PER_HOUR, TOKENS_PER_MILLION, million_tokens_per_rate

NAME = "churn"

POINTS = 100.0


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """A price of all that is shed, by stream and block."""
    shed, calendar = activities.shed, instance.calendar
    volume = instance.mean_tokens_per_s * calendar.hours
    by_block = slot_sums(volume, calendar.slots("block"))
    worth = slot_sums(volume * instance.discount, calendar.slots("block"))
    later = np.cumsum(worth[:, ::-1], axis=1)[:, ::-1] - worth
    for s, stream in enumerate(instance.streams.values()):
        if stream.elasticity is None:
            continue
        times = np.divide(later[s], by_block[s], out=np.zeros_like(later[s]), where=by_block[s] > 0)
        table = builder.profile(million_tokens_per_rate(instance)[s] * np.repeat(times, calendar.band_count))
        usd = POINTS * stream.elasticity.lost_share_per_point * stream.revenue_usd_per_million_tokens
        builder.add_charges(shed.option[shed.stream == s], *level_and_term("churn"), usd, table=table)


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """None: it is a price."""
    return []


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """churn: block by block, the share of its demand that is shed."""
    total, table, calendar = 0.0, plan.shedding, instance.calendar
    hours, bands = calendar.hours, calendar.band_count
    for s, stream in enumerate(instance.streams.values()):
        if stream.elasticity is None:
            continue
        mean = instance.mean_tokens_per_s[s]
        for block in range(calendar.blocks - 1):
            here, after = slice(block * bands, (block + 1) * bands), slice((block + 1) * bands, None)
            asked = float(mean[here] @ hours[here])
            rows = (table.stream == s) & (table.period // bands == block)
            period = table.period[rows]
            missed = float(np.sum(table.tokens_per_s[rows] * instance.mean_per_demand[s, period] * hours[period]))
            if asked > 0:
                lost = stream.elasticity.lost_share_per_point * POINTS * missed / asked
                millions = float(mean[after] @ instance.present_hours[after]) * SECONDS_PER_HOUR / TOKENS_PER_MILLION
                total += lost * millions * stream.revenue_usd_per_million_tokens
    return {"churn": total}
