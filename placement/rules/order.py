"""Law 10, order: a job starts only after the jobs that it waits for have ended; where one of them does not run, it does not either.

    starts of B up to block t  -  runs of A that have ended by block t  <=  0         for every B that waits for A, and every t

A job that runs today waits for none. A job that goes on after the horizon has not ended within it. Backups (law backups) do not
wait: they stand for one loss at a time.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.activities.columns import expand
from placement.builder import END, LAST, START, Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import Ints
from placement.rules.reading import broken, no_costs

NAME = "order"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """A row per pair: whoever waits uses it from its start to the horizon's end, whom it waits for supplies it from its end on."""
    gangs, names, waits = activities.gangs, instance.jobs.id, instance.jobs.waits
    waits = waits[~instance.jobs.runs_today[waits[:, 0]]]
    if not len(waits):
        return
    row = builder.add_resources([f"{names[b]} after {names[a]}" for b, a in waits.tolist()], "jobs", 0.0)
    bands = instance.calendar.band_count
    once = builder.profile(np.arange(instance.calendar.period_count) % bands == 0)  # Blocks are told apart, bands need not be.
    for side, amount, begin in ((0, 1.0, START), (1, -1.0, END)):
        option, of_pair = _options_of(gangs.job[: gangs.leaves_from], waits[:, side])
        builder.add_rates(gangs.option[option], row[of_pair], amount, start=begin, end=LAST, profile=once)


def _options_of(job: Ints, wanted: Ints) -> tuple[Ints, Ints]:
    """(option, pair) for every option of the job wanted in each pair."""
    pairs = np.argsort(wanted, kind="stable")
    first = np.searchsorted(wanted[pairs], job)
    count = np.searchsorted(wanted[pairs], job, side="right") - first
    option, number = expand(count)
    return option, pairs[first[option] + number]


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Jobs that start before one that they wait for has ended, or though it does not run."""
    runs, names, found = plan.runs, instance.jobs.id, []
    ended: dict[int, int] = {}
    for job, end in zip(runs.job.tolist(), runs.end_block.tolist(), strict=True):
        # Of a job that moves the last run counts.
        ended[job] = end if instance.jobs.runs_today[job] else min(end, ended.get(job, end))
    waits_for: dict[int, list[int]] = {}
    for job, other in instance.jobs.waits.tolist():
        if job not in instance.jobs.running:
            waits_for.setdefault(job, []).append(other)
    for job, start in zip(runs.job.tolist(), runs.start_block.tolist(), strict=True):
        for other in waits_for.get(job, ()):
            if other not in ended:
                found.append(broken(NAME, names[job], f"runs, though {names[other]}, which it waits for, does not", 1.0, "runs"))
            elif start < ended[other]:
                days = instance.calendar.block_starts
                goes_on = ended[other] >= instance.calendar.blocks
                until = "goes on until the end" if goes_on else f"ends {days[ended[other]]}"
                text = f"starts {days[max(start, 0)]}, before {names[other]}, which it waits for, has ended: that {until}"
                found.append(broken(NAME, names[job], text, float(ended[other] - start), "blocks"))
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None: waiting costs nothing itself."""
    return no_costs()
