"""Quotas as operators read them: how far each is used, and who borrowed from whom, when."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placement.instance import Instance
from placement.plan import Plan
from placement.program import Bools, Floats
from placement.report.text import count, shortened, table
from placement.rules.quota import used_gpus

MOST_ROWS = 60


def quotas(instance: Instance, plan: Plan) -> str:
    """Every quota in the period in which least of it is left, and most held, with what was lent and borrowed in that period."""
    tenants, rows = list(instance.tenants), []
    for n, case in enumerate(instance.quota_cases):
        lent, into = (_by_period(instance, plan, column == n) for column in (plan.borrowing.lender, plan.borrowing.quota))
        held = used_gpus(instance, plan, case)
        left = np.round(case.gpus + into - lent - held, 6)
        p = int(np.lexsort((-held, left))[0])
        figures = [count(float(values[p])) for values in (held, case.gpus, lent, into)]
        rows.append((tenants[case.tenant], case.accelerator, instance.calendar.period_name(p), *figures))
    kept, more = shortened(rows, MOST_ROWS, "quotas")
    return table(("tenant", "accelerator", "period", "held", "quota", "lent", "borrowed"), kept, left=3) + more if rows else ""


def borrowing(instance: Instance, plan: Plan) -> str:
    """Who borrowed from whom: a row for each spell of blocks in a row."""
    rows = list(_spells(instance, plan))
    kept, more = shortened(rows, MOST_ROWS, "spells in the plan's table of borrowing")
    header = ("tenant", "from whom", "accelerator", "from", "until", "most GPUs", "GPU-hours")
    return table(header, kept, left=5) + more if rows else ""


def _spells(instance: Instance, plan: Plan) -> Iterator[tuple[str, str, str, object, object, str, str]]:
    lent, tenants, cases = plan.borrowing, list(instance.tenants), instance.quota_cases
    days, bands = instance.calendar.block_starts, instance.calendar.band_count
    for quota, lender in sorted(set(zip(lent.quota.tolist(), lent.lender.tolist(), strict=True))):
        mine = (lent.quota == quota) & (lent.lender == lender)
        gpus = _by_period(instance, plan, mine)
        held = (gpus.reshape(-1, bands) > 0).any(axis=1)
        edges = np.flatnonzero(np.diff(held, prepend=False, append=False))
        for start, end in edges.reshape(-1, 2).tolist():
            span = slice(start * bands, end * bands)
            hours = float(gpus[span] @ instance.calendar.hours[span])
            who = (tenants[cases[quota].tenant], tenants[cases[lender].tenant], cases[quota].accelerator)
            yield (*who, days[start], days[end], count(float(gpus[span].max())), count(hours))


def _by_period(instance: Instance, plan: Plan, which: Bools) -> Floats:
    """GPUs of some rows of the table of borrowing in each period, [P]."""
    table_ = plan.borrowing
    return np.asarray(np.bincount(table_.period[which], table_.gpus[which], instance.calendar.period_count), dtype=np.float64)
