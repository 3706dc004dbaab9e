"""Swings: where they cost, a plan states by how much the share served of a tenant's demand changes from block to block.

    | share served in a band of a block - share served in that band of the block before |  <=  swing
    cost = swing in percentage points x its price                               for every tenant and period, where both ask for any

Shares are of the volume of all streams of the tenant. What is closed is not served. The rows of block pairs that begin with an even
block and of those that begin with an odd one are resources of their own: a slot is a pair.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import FEASIBILITY_TOLERANCE
from placement.rules.reading import broken, level_and_term
from placement.rules.sla import million_tokens_per_rate

NAME = "swings"

POINTS = 100.0
"""Percentage points in a share of 1."""


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """For each tenant, rise and fall over pairs of blocks."""
    options, serve, calendar = activities.swings, activities.serve, instance.calendar
    bands, blocks = calendar.band_count, calendar.blocks
    block, band = np.divmod(np.arange(calendar.period_count), bands)
    per_rate = instance.mean_per_demand
    volume = instance.mean_tokens_per_s * calendar.hours
    worth = builder.profile(instance.discount)
    for n, t in enumerate(options.tenant.tolist()):
        name, tenant = list(instance.tenants.items())[t]
        streams = [s for s, stream in enumerate(instance.streams.values()) if stream.tenant == name]
        this, asked = options.option[n : n + 1], volume[streams].sum(axis=0)
        builder.add_charges(this, *level_and_term("swings"), POINTS * float(tenant.swing_usd_per_point or 0.0), table=worth)
        for begin in range(min(2, blocks - 1)):  # Pairs that begin with an even block, then with an odd one.
            pair, second = (block - begin) // 2, (block - begin) % 2 == 1
            slot = (pair - pair[0]) * bands + band
            both = np.bincount(slot, asked > 0)[slot] == 2
            names = [f"{way} of {name} from block {begin}" for way in ("rise", "fall")]
            rise, fall = builder.add_budgets(names, "shares", 0.0, slot).tolist()
            for row, sign in ((rise, 1.0), (fall, -1.0)):
                builder.add_rates(this, row, -1.0, lump=True, profile=builder.profile(second * both))
                for s in streams:
                    share = np.divide(per_rate[s], asked, out=np.zeros_like(asked), where=both)
                    mine = serve.option[serve.stream == s]
                    builder.add_rates(mine, row, sign, profile=builder.profile(np.where(second, share, -share)))


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Changes of a share that are larger than the swing stated, and swings that are none."""
    found, table, calendar = [], plan.swings, instance.calendar
    rate = np.zeros(instance.demand_tokens_per_s.shape)
    np.add.at(rate, (plan.serving.stream, plan.serving.period), plan.serving.tokens_per_s)
    volume = rate * million_tokens_per_rate(instance)
    by_volume = million_tokens_per_rate(instance) * instance.demand_tokens_per_s
    stated = np.zeros((len(instance.tenants), calendar.period_count))
    np.add.at(stated, (table.tenant, table.period), table.share)
    for row in np.flatnonzero(table.share < 0).tolist():
        name = list(instance.tenants)[table.tenant[row]]
        found.append(broken(NAME, name, "swings by less than nothing", POINTS * -float(table.share[row]), "points"))
    for t, (name, tenant) in enumerate(instance.tenants.items()):
        if tenant.swing_usd_per_point is None:
            continue
        mine = [s for s, stream in enumerate(instance.streams.values()) if stream.tenant == name]
        served, demanded = volume[mine].sum(axis=0), by_volume[mine].sum(axis=0)
        for period in range(calendar.band_count, calendar.period_count):
            before = period - calendar.band_count
            if demanded[period] > 0 and demanded[before] > 0:
                now, then = served[period] / demanded[period], served[before] / demanded[before]
                beyond = float(abs(now - then) - stated[t, period])
                if beyond > FEASIBILITY_TOLERANCE * max(1.0, now + then + stated[t, period]):
                    text = f"is served {now:.4%}, a block before {then:.4%}; a swing of {stated[t, period]:.4%} is stated"
                    found.append(broken(NAME, name, text, POINTS * beyond, "points", calendar.period_name(period)))
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """swings that are stated."""
    prices = np.array([tenant.swing_usd_per_point or 0.0 for tenant in instance.tenants.values()], dtype=np.float64)
    table = plan.swings
    return {"swings": float(np.sum(POINTS * prices[table.tenant] * table.share * instance.discount[table.period]))}
