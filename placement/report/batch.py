"""What becomes of batch jobs: how much of each is finished, when, and on how many accelerators."""

from __future__ import annotations

import numpy as np

from placement.instance import Instance
from placement.plan import Plan
from placement.report.text import count, percent, shortened, table
from placement.rules.reading import batch_gpus_by_job

MOST_ROWS = 60
LEAST_GPUS = 1e-6
"""Below it is rounding."""


def batch_work(instance: Instance, plan: Plan) -> str:
    """Every batch job with the share of it that is finished, those first of which most is left."""
    gpus, days, bands = batch_gpus_by_job(instance, plan), instance.calendar.block_starts, instance.calendar.band_count
    left = np.bincount(plan.unfinished.job, plan.unfinished.share, len(instance.batch_jobs))
    refused = [list(instance.tenants)[t] for t in plan.refusals.tenant.tolist()]
    jobs, rows = list(instance.batch_jobs.values()), list[tuple[object, ...]]()
    for j in np.argsort(-left, kind="stable").tolist():
        worked = np.flatnonzero(gpus[j] > LEAST_GPUS) // bands
        span = (days[worked.min()], days[worked.max() + 1]) if len(worked) else ("-", "-")
        done = "refused" if jobs[j].tenant in refused else percent(1.0 - float(left[j]))
        hours = float(gpus[j] @ instance.calendar.hours)
        rows.append((jobs[j].id, jobs[j].tenant, jobs[j].commitment, *span, done, count(hours), count(gpus[j].max(initial=0.0))))
    kept, more = shortened(rows, MOST_ROWS, "batch jobs in the plan's tables")
    names = ("batch job", "tenant", "commitment", "from", "until", "finished", "GPU-hours", "most GPUs")
    return table(names, kept, left=5) + more if rows else ""
