"""Closing: a product is closed to a tenant at most once, for a span that its lever allows.

    sum over spans of x(span)  <=  1            for every closing
    cost = closing_usd + demand that finds it closed x its price

While it is closed there is no demand (law sla), so nothing of it is served, shed or promised, nor to be covered after a loss.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.levers import ClosingLever
from placement.plan import Plan, Violation
from placement.rules.reading import broken, level_and_term
from placement.rules.sla import SECONDS_PER_HOUR, TOKENS_PER_MILLION

NAME = "closing"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """A group for each closing, and what each of its spans costs."""
    closings, levers = activities.closings, list(instance.levers.values())
    used = np.unique(closings.lever)
    group = np.full(len(levers), -1, dtype=np.int64)
    group[used] = builder.add_groups([f"closing {levers[n].id}" for n in used], must=False)
    builder.join(closings.option, group[closings.lever])
    usd = np.zeros(len(closings.option))
    by_period = instance.mean_tokens_per_s * instance.present_hours * SECONDS_PER_HOUR / TOKENS_PER_MILLION
    before = np.concatenate([np.zeros((len(by_period), 1)), np.cumsum(by_period, axis=1)], axis=1)
    row, stream, bands = closings.closed_row, closings.closed_stream, instance.calendar.band_count
    np.add.at(usd, row, before[stream, closings.end[row] * bands] - before[stream, closings.start[row] * bands])
    for n in used.tolist():
        mine, lever = closings.lever == n, levers[n]
        assert isinstance(lever, ClosingLever)
        usd[mine] = usd[mine] * lever.usd_per_million_tokens + lever.closing_usd * instance.discount_at[closings.start[mine]]
    builder.add_charges(closings.option, *level_and_term("closings"), usd)


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Products that are closed twice, or in a span that is not allowed."""
    found, table, calendar = [], plan.closings, instance.calendar
    for n, lever in enumerate(instance.levers.values()):
        rows = np.flatnonzero(table.lever == n).tolist()
        if len(rows) > 1:
            text = f"is used {len(rows)} times, at most once is allowed"
            found.append(broken(NAME, lever.id, text, float(len(rows) - 1), "times"))
        for row in rows:
            start, end = int(table.start_block[row]), int(table.end_block[row])
            if not isinstance(lever, ClosingLever):
                found.append(broken(NAME, lever.id, "closes, which is not what it is for"))
                continue
            opens = calendar.end if lever.to_date is None else min(lever.to_date, calendar.end)
            if not 0 <= start < end <= calendar.blocks:
                found.append(broken(NAME, lever.id, f"closes from block {start} to block {end}, which are none"))
                continue
            if lever.from_date is not None and calendar.block_starts[start] < lever.from_date:
                found.append(broken(NAME, lever.id, f"closes on {calendar.block_starts[start]}, before {lever.from_date}"))
            if calendar.block_starts[end] > opens:
                found.append(broken(NAME, lever.id, f"is closed until {calendar.block_starts[end]}, after {opens}"))
            needed = calendar.last_block_until(opens) - start if lever.blocks is None else lever.blocks
            if end - start != needed:
                text = f"is closed for {end - start} blocks in place of {needed}"
                found.append(broken(NAME, lever.id, text, float(abs(end - start - needed)), "blocks"))
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """closings: goodwill, and the volume of demand that finds a product closed."""
    total, table, hours = 0.0, plan.closings, instance.calendar.hours
    for n, start, end in zip(table.lever.tolist(), table.start_block.tolist(), table.end_block.tolist(), strict=True):
        lever = list(instance.levers.values())[n]
        if not isinstance(lever, ClosingLever):
            continue
        total += lever.closing_usd * float(instance.discount_at[start])
        for t, stream in enumerate(instance.streams.values()):
            if stream.tenant == lever.tenant and stream.service in (lever.services or (stream.service,)):
                when = slice(start * instance.calendar.band_count, end * instance.calendar.band_count)
                rate = instance.mean_tokens_per_s[t, when] * instance.discount[when]
                total += lever.usd_per_million_tokens * float(rate @ hours[when]) * SECONDS_PER_HOUR / TOKENS_PER_MILLION
    return {"closings": total}
