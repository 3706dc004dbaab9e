"""Batch work: accelerators given to a batch job, one divisible option per (job, accelerator and mode, pool), each period by itself.

Beside it what is left unfinished, and, for jobs that work on so many accelerators or none, whether they work in a period. That last
is not stated in a plan: it is what the rest leaves it to be, so ``settled`` finds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.activities.serving import match
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.batch import BatchJob
from placement.plan import Batch, Plan, Unfinished
from placement.program import FEASIBILITY_TOLERANCE, Floats, Ints, Program


@dataclass(frozen=True)
class BatchOptions:
    """Columns [n], ascending by option; one count is one allocation unit. Units may be shared: x need not be whole."""

    option: Ints
    case: Ints
    """Position in ``Instance.batch_cases``."""
    job: Ints
    """Position in ``Instance.batch_jobs``."""
    tenant: Ints
    pool: Ints
    gpus: Floats
    """Of one unit."""
    serving_kw: Floats
    """IT kW of one accelerator that works."""
    gpu_hours: Floats
    """That all of the job takes so."""
    pace: Floats
    """Of its progress, [n, P]: the availability of spot capacity, and less where events slow it down."""
    unfinished_option: Ints
    """Of the jobs that may be left unfinished, [u]; x is a share."""
    unfinished_job: Ints
    active_option: Ints
    """Of the jobs that state a least number of accelerators, [a]; 1 in periods in which they work."""
    active_job: Ints

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> BatchOptions:
        """Write one option per way to work and pool that may carry it, in the blocks of the job's window."""
        jobs, pools, bands = list(instance.batch_jobs.values()), list(instance.pools.values()), instance.calendar.band_count
        tenants = {name: t for t, name in enumerate(instance.tenants)}
        owner = [tenants[job.tenant] for job in jobs]
        windows = [job.blocks(instance.calendar) for job in jobs]
        rows = [
            (n, case.job, owner[case.job], q, windows[case.job][0] * bands, (windows[case.job][-1] + 1) * bands - 1)
            for n, case in enumerate(instance.batch_cases)
            for q, pool in enumerate(pools)
            if case.accelerator == pool.accelerator
            and _eligible(jobs[case.job], pool.id)
            and instance.may_run_at[owner[case.job], instance.pool_site[q]]
        ]
        case, job, tenant, pool, first, last = np.array(rows, dtype=np.int64).reshape(len(rows), 6).T
        unit = instance.unit_gpus[pool].astype(np.float64)
        most = np.zeros((len(pools), instance.calendar.period_count))
        there = instance.island_online_gpus // instance.unit_gpus[instance.island_pool][:, None] + instance.excess_units
        np.add.at(most, instance.island_pool, there)
        at_once = np.array([np.inf if isinstance(j.max_gpus, str) else j.max_gpus for j in jobs], dtype=np.float64)
        upper = [builder.profile(np.minimum(most[q], at_once[j] / instance.unit_gpus[q])) for j, q in zip(job, pool, strict=True)]
        share = [tenant.flexibility_share for tenant in instance.tenants.values()]
        limited = _hours_of_events(instance) / instance.calendar.hours
        pace = [instance.availability[q] * (1 - share[t] * limited[q]) for t, q in zip(tenant, pool, strict=True)]
        option = builder.add_per_period(first=first, last=last, upper=1.0, upper_profile=np.array(upper, dtype=np.int64))

        may = np.array([j for j, noun in enumerate(jobs) if noun.commitment != "must"], dtype=np.int64)
        zero = np.zeros(len(may), dtype=np.int64)
        unfinished = builder.add_per_period(first=zero, last=zero, upper=1.0)
        least = np.array([j for j, noun in enumerate(jobs) if noun.min_gpus is not None], dtype=np.int64)
        first, last = (np.array([windows[j][end] for j in least], dtype=np.int64) for end in (0, -1))
        active = builder.add_per_period(first=first * bands, last=(last + 1) * bands - 1, upper=1.0, whole=True)
        ways = instance.batch_cases
        return cls(
            option, case, job, tenant, pool, unit, np.array([ways[n].mode.serving_kw for n in case], dtype=np.float64),
            np.array([ways[n].gpu_hours for n in case], dtype=np.float64),
            np.array(pace).reshape(len(rows), instance.calendar.period_count), unfinished, may, active, least,
        )  # fmt: skip

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Tables ``batch`` and ``unfinished``."""
        chosen, row = columns.of(self.option)
        keep = np.flatnonzero(chosen.value > 0)
        keep = keep[np.lexsort((row[keep], chosen.start[keep]))]
        row = row[keep]
        left, of = columns.of(self.unfinished_option)
        some = np.flatnonzero(left.value > 0)
        return {
            "batch": Batch(self.case[row], self.pool[row], chosen.start[keep], chosen.value[keep] * self.gpus[row]),
            "unfinished": Unfinished(self.unfinished_job[of[some]], left.value[some]),
        }

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of the batch work of a plan, and of what it leaves; see ``Activity``."""
        table, left = plan.batch, plan.unfinished
        row, of = match((self.case, self.pool), (table.case, table.pool)), match((self.unfinished_job,), (left.job,))
        first, last = self._windows(instance)
        known = (row >= 0) & (table.period >= first[row]) & (table.period <= last[row]) if len(row) else row >= 0
        if strict and not (known.all() and np.all(of >= 0)):
            raise ValueError("a batch job works, or is left unfinished, in a way that is not offered")
        row, some = row[known], of >= 0
        units = Columns.single(self.option[row], table.period[known], table.gpus[known] / self.gpus[row])
        shares = Columns.single(self.unfinished_option[of[some]], np.zeros(int(some.sum()), dtype=np.int64), left.share[some])
        return Columns.joined([units, shares])

    def _windows(self, instance: Instance) -> tuple[Ints, Ints]:
        """First and last period of each option, and one that is never (for rows that match none), [n + 1]."""
        bands = instance.calendar.band_count
        blocks = [job.blocks(instance.calendar) for job in instance.batch_jobs.values()]
        first = np.array([blocks[j][0] * bands for j in self.job] + [1], dtype=np.int64)
        last = np.array([(blocks[j][-1] + 1) * bands - 1 for j in self.job] + [0], dtype=np.int64)
        return first, last

    def settled(self, program: Program, columns: Columns) -> Columns:
        """The columns, with each job that states a least number working in the periods in which it does."""
        if not len(self.active_option):
            return columns
        chosen, row = columns.of(self.option)
        option, period = [], []
        for active, job in zip(self.active_option.tolist(), self.active_job.tolist(), strict=True):
            mine = self.job[row] == job
            gpus = np.bincount(chosen.start[mine], chosen.value[mine] * self.gpus[row[mine]], program.grid.periods)
            worked = np.flatnonzero(gpus > FEASIBILITY_TOLERANCE)
            option += [active] * len(worked)
            period += worked.tolist()
        found = Columns.single(np.array(option, dtype=np.int64), np.array(period, dtype=np.int64), np.ones(len(period)))
        return Columns.joined([columns, found])


def _eligible(job: BatchJob, pool: str) -> bool:
    return job.pools is None or pool in job.pools


def _hours_of_events(instance: Instance) -> Floats:
    """Hours of each period in which events last above each pool, [Q, P]: what is flexible gives way then, needed or not."""
    hours, shape = instance.calendar.hours, (len(instance.pools), instance.calendar.period_count)
    limited = sum((np.outer(case.below, case.hours) for case in instance.grid_events), np.zeros(shape))
    return np.asarray(np.minimum(limited, hours), dtype=np.float64)
