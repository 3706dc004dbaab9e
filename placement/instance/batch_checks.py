"""Batch jobs against the accelerators, pools and calendar that they name."""

from __future__ import annotations

from collections.abc import Iterator

from placement.instance.findings import Draft, Finding, Path


def batch(draft: Draft) -> Iterator[Finding]:
    """Every batch job has a pool for its work and a whole block in its window; it states each way to work once."""
    pools, calendar = draft["pools"], draft.calendar
    whole = len(pools.valid) == len(pools.ids)
    offered = {pool.accelerator for pool in pools.valid.values()}
    for n, job in draft["batch_jobs"].valid.items():
        where: Path = ("batch_jobs", n)
        named = [work.accelerator for work in job.work]
        for k, name in enumerate(named):
            if name in named[:k]:
                yield Finding((*where, "work", k, "accelerator"), name, "each accelerator once", "join the two, with all modes")
        if job.pools is None and whole and pools.readable and not offered & set(named) and set(named) <= set(draft.accelerators):
            expected = f"a pool of {' or '.join(sorted(set(named)))}"
            yield Finding(where, job.id, expected, "add work on an accelerator that a pool has, add a pool, or remove the job")
        for k, name in enumerate(job.pools or ()):
            pool = pools.by_id.get(name)
            if pool is not None and pool.accelerator not in named:
                expected = f"a pool of {' or '.join(sorted(set(named)))}, not of {pool.accelerator}"
                yield Finding((*where, "pools", k), name, expected, "remove the pool, or add work on its accelerator")
        if calendar is None:
            continue
        if job.release_date is not None and job.release_date >= calendar.end:
            expected = f"a day before the calendar's end, {calendar.end}"
            yield Finding((*where, "release_date"), job.release_date, expected, "correct the date or remove the job")
        elif job.deadline_date is not None and not job.blocks(calendar):
            expected = f"a day by which a whole {calendar.block} of the calendar has passed since its release"
            yield Finding((*where, "deadline_date"), job.deadline_date, expected, "correct the dates or remove the job")
        elif not job.blocks(calendar):
            expected = f"a day on or before which a {calendar.block} of the calendar starts"
            yield Finding((*where, "release_date"), job.release_date, expected, "correct the date or remove the job")
