"""An earlier plan beside a new one: how many jobs have moved."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from placement.plan import Plan


def moved_jobs(earlier: Plan, plan: Plan) -> int:
    """Jobs that run otherwise than before (shape, start or units on islands), or in one of the two plans only."""
    before, now = _ways(earlier), _ways(plan)
    return sum(before.get(job) != now.get(job) for job in before.keys() | now.keys())


def _ways(plan: Plan) -> dict[int, Hashable]:
    """How each job runs."""
    order = np.lexsort((plan.places.island, plan.places.run))
    cuts = np.searchsorted(plan.places.run[order], np.arange(len(plan.runs.job) + 1)).tolist()
    held = list(zip(plan.places.island[order].tolist(), plan.places.units[order].tolist(), strict=True))
    runs = zip(plan.runs.job.tolist(), plan.runs.shape.tolist(), plan.runs.start_block.tolist(), strict=True)
    return {job: (shape, start, tuple(held[cuts[n] : cuts[n + 1]])) for n, (job, shape, start) in enumerate(runs)}
