"""Jobs that wait for others: nobody waits for itself, and whoever waits can still run once the others have ended."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placement.instance.calendar import Calendar
from placement.instance.demand import TrainingJob
from placement.instance.findings import Draft, Finding


def order(draft: Draft) -> Iterator[Finding]:
    """No circles; and, over however many jobs, a window that begins early enough for the next to be in time."""
    jobs = draft["jobs"].by_id
    before = {name: [other for other in job.after or () if other in jobs] for name, job in jobs.items()}
    sequence = _in_order(before)
    for n, job in draft["jobs"].valid.items():
        for k, other in enumerate(job.after or ()):
            if other in jobs and _leads_to(before, other, job.id):
                expected = "a job that does not itself wait for this one" if other != job.id else "another job than itself"
                yield Finding(("jobs", n, "after", k), other, expected, "remove it, or the other way round")
    if draft.calendar is not None and "shapes" not in draft.unread:
        yield from _windows(draft, draft.calendar, sequence)


def _windows(draft: Draft, calendar: Calendar, sequence: list[str]) -> Iterator[Finding]:
    """Jobs that cannot be in time, since those before them end too late even where they start and run as early as can be."""
    jobs, hours = draft["jobs"], _least_hours(draft)
    ends: dict[str, int] = {}
    for name in sequence:
        n, job = jobs.position[name], jobs.by_id[name]
        if n not in hours:
            continue
        deadline = calendar.blocks if job.deadline_date is None else calendar.last_block_until(job.deadline_date)
        release = 0 if job.release_date is None else calendar.first_block_from(job.release_date)
        begins = max([release, *(ends[other] for other in job.after or () if other in ends)])
        ends[name] = _end(calendar, job, begins, hours[n])
        late = begins >= calendar.blocks or (ends[name] > deadline and not job.continues_after)
        alone = release < calendar.blocks and (job.continues_after or _end(calendar, job, release, hours[n]) <= deadline)
        if late and alone:
            k = max(range(len(job.after or ())), key=lambda k: ends.get((job.after or ())[k], 0))
            other = (job.after or ())[k]
            after = "after the horizon" if ends[other] > calendar.blocks else f"on {calendar.block_starts[ends[other]]}"
            expected = f"a job that ends in time for this one to run: '{other}' ends {after} at the earliest"
            remedy = "release that one earlier, give this one a later deadline, or the calendar more blocks"
            yield Finding(("jobs", n, "after", k), other, expected, remedy)
            ends[name] = begins  # Those that wait for this one are no news.


def _least_hours(draft: Draft) -> dict[int, float]:
    """Hours of the quickest shape of each job in its quickest mode, by position."""
    least: dict[int, float] = {}
    for row in draft.shapes:
        if row.accelerator in draft.accelerators:
            speed = max(mode.training_speed for mode in draft.accelerators[row.accelerator].modes)
            least[row.job] = min(least.get(row.job, np.inf), row.duration_hours / max(speed, 1e-9))
    return least


def _end(calendar: Calendar, job: TrainingJob, start: int, hours: float) -> int:
    """Block after the last one that a job needs from a start; one more than there are where the horizon is too short."""
    pace = np.array([1.0 if job.pace is None else job.pace.get(band.id, 0.0) for band in calendar.bands])
    made = np.cumsum(calendar.hours.reshape(calendar.blocks, -1)[start:] @ pace)
    return start + 1 + int(np.searchsorted(made, hours * (1 - 1e-9)))


def _leads_to(before: dict[str, list[str]], start: str, target: str) -> bool:
    """Whether a job waits for another, over however many."""
    seen, stack = {start}, [start]
    while stack:
        name = stack.pop()
        if name == target:
            return True
        stack += [other for other in before[name] if other not in seen]
        seen.update(before[name])
    return False


def _in_order(before: dict[str, list[str]]) -> list[str]:
    """Jobs after all that they wait for; without those in circles, and those behind them."""
    follows: dict[str, list[str]] = {name: [] for name in before}
    for name, others in before.items():
        for other in others:
            follows[other].append(name)
    left = {name: len(others) for name, others in before.items()}
    ready = [name for name, count in left.items() if count == 0]
    for name in ready:
        for other in follows[name]:
            left[other] -= 1
            if left[other] == 0:
                ready.append(other)
    return ready
