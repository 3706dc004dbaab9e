"""Limits that a plan goes on breaking because today's plan does, as text."""

from __future__ import annotations

import numpy as np

from placement.instance import Instance
from placement.plan import Plan
from placement.report.text import count, shortened, table

MOST_ROWS = 60


def overruns(instance: Instance, plan: Plan) -> str:
    """A row for each limit: in how many periods, until when, and by how much at most and in all; "" where it keeps them all."""
    stated, calendar, rows = plan.overruns, instance.calendar, list[tuple[object, ...]]()
    feeds = len(instance.island_pool) + len(instance.pools)
    for limit in np.unique(stated.limit).tolist():
        mine = stated.limit == limit
        period, amount, unit = stated.period[mine], stated.amount[mine], "units" if limit < feeds else "kW"
        by, hours = f"{float(amount.max()):,.6g} {unit}", f"{count(float(amount @ calendar.hours[period]))} {unit} x h"
        rows.append((instance.limit_names[limit], count(len(period)), calendar.period_name(int(period.max())), by, hours))
    kept, more = shortened(rows, MOST_ROWS, "limits in the plan's table of overruns")
    return table(("limit", "periods", "last one", "by at most", "in all"), kept, left=1) + more if rows else ""
