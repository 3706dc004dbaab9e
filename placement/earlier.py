"""An earlier plan beside a new one: which jobs run otherwise."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from placement.plan import Plan


def moved_jobs(earlier: Plan, plan: Plan) -> int:
    """How many jobs run otherwise than before."""
    return len(jobs_otherwise(earlier, plan))


def jobs_otherwise(earlier: Plan, plan: Plan) -> list[int]:
    """Jobs that run otherwise than before (shape, start, units on islands or links), or in one of the two plans only."""
    before, now = _ways(earlier), _ways(plan)
    return sorted(job for job in before.keys() | now.keys() if before.get(job) != now.get(job))


def _ways(plan: Plan) -> dict[int, Hashable]:
    """How each job runs; of one that moves, where it goes."""
    runs, count = plan.runs, len(plan.runs.job)
    order = np.lexsort((plan.places.island, plan.places.run))
    cuts = np.searchsorted(plan.places.run[order], np.arange(count + 1)).tolist()
    held = list(zip(plan.places.island[order].tolist(), plan.places.units[order].tolist(), strict=True))
    paths = np.lexsort((plan.paths.link, plan.paths.run))
    steps = np.searchsorted(plan.paths.run[paths], np.arange(count + 1)).tolist()
    crossed = plan.paths.link[paths].tolist()
    rows = enumerate(zip(runs.job.tolist(), runs.shape.tolist(), runs.start_block.tolist(), strict=True))
    return {
        job: (shape, start, tuple(held[cuts[n] : cuts[n + 1]]), tuple(crossed[steps[n] : steps[n + 1]]))
        for n, (job, shape, start) in rows
    }
