"""Expected hours of a gang that fails, repeats what it had not saved, and saves now and then.

Of failures that come at random, on average every M hours, with checkpoints that take d hours after every t hours of work, and
R hours from a failure until work goes on, work of T hours is expected to take (J. T. Daly, A higher order estimate of the optimum
checkpoint interval for restart dumps, Future Generation Computer Systems 22(3), 2006)

    M e^(R / M) (e^((t + d) / M) - 1) T / t

least near t = sqrt(2 d M) (1 + sqrt(d / 2M) / 3 + d / 18M) - d for d < 2M, else t = M (ibid.; the first term is that of
J. W. Young, Communications of the ACM 17(9), 1974). A gang of n accelerators that each fail every m hours fails every M = m / n.

On spot capacity that is taken back every S hours on average while it is there, then gone for O, and so there for a share of
A = S / (S + O) of the time, work of T hours is expected to take

    the same with 1 / M = n / m + 1 / S, divided by A
    T g (e^(R / S) / A + d / S)         where notice is enough for a checkpoint: then no work is lost. g is what failures make of T
    S (e^(T / S) - 1) / A               where the job states no checkpoints: it begins anew

Interruptions do not depend on the size of the gang. With notice, failures between an interruption and its restart are neglected.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, expm1, inf, sqrt

from placement.instance.demand import TrainingJob
from placement.instance.findings import Draft, Finding
from placement.instance.spot import Spot
from placement.instance.supply import Accelerator

MOST_TIMES_LONGER = 10.0
"""Beyond this a gang hardly gets on: its size or its checkpoints are a mistake, and on spot capacity it does not run."""
MOST_EXPONENT = 100.0
"""Beyond e to this a gang never ends."""


def times_longer(job: TrainingJob, gpus: int, accelerator: Accelerator) -> float:
    """Expected hours of a gang per hour that it would take without failures and checkpoints; 1 where the job states neither."""
    if job.checkpoint_hours is None or job.restart_hours is None or accelerator.mtbf_hours is None:
        return 1.0
    return _between_failures(job.checkpoint_hours, job.restart_hours, job.checkpoint_every_hours, accelerator.mtbf_hours / gpus)


def _between_failures(checkpoint_hours: float, restart_hours: float, every_hours: float | None, between: float) -> float:
    every = every_hours or best_interval(checkpoint_hours, between)
    exponent = (every + checkpoint_hours) / between
    if exponent + restart_hours / between > MOST_EXPONENT:
        return inf
    return between * exp(restart_hours / between) * (exp(exponent) - 1) / every


def times_longer_on_spot(job: TrainingJob, gpus: int, accelerator: Accelerator, hours: float, spot: Spot) -> float:
    """Expected hours of a gang on spot capacity per hour elsewhere, where it takes ``hours``, failures and checkpoints included."""
    apart, there, alone = spot.mean_hours_between_interruptions, spot.availability, times_longer(job, gpus, accelerator)
    if job.checkpoint_hours is None or job.restart_hours is None or accelerator.mtbf_hours is None:
        return expm1(hours / apart) / (hours / apart) / there if hours / apart <= MOST_EXPONENT else inf
    if spot.notice_hours >= job.checkpoint_hours:
        lost = job.restart_hours / apart
        return exp(lost) / there + job.checkpoint_hours / apart if lost <= MOST_EXPONENT else inf
    between = 1 / (gpus / accelerator.mtbf_hours + 1 / apart)
    both = _between_failures(job.checkpoint_hours, job.restart_hours, job.checkpoint_every_hours, between)
    return both / alone / there


def best_interval(checkpoint_hours: float, between_failures_hours: float) -> float:
    """Hours of work between checkpoints for which the expected hours are least."""
    if checkpoint_hours >= 2 * between_failures_hours:
        return between_failures_hours
    ratio = checkpoint_hours / (2 * between_failures_hours)
    return sqrt(2 * checkpoint_hours * between_failures_hours) * (1 + sqrt(ratio) / 3 + ratio / 9) - checkpoint_hours


def goodput(draft: Draft) -> Iterator[Finding]:
    """Accelerators of jobs that count with failures say how often they fail, and gangs get on between failures."""
    jobs = draft["jobs"].valid
    for row in draft.shapes:
        job, accelerator = jobs.get(row.job), draft.accelerators.get(row.accelerator)
        if job is None or accelerator is None or job.checkpoint_hours is None:
            continue
        if accelerator.mtbf_hours is None:
            expected = f"an accelerator with mtbf_hours, since '{job.id}' states checkpoint_hours"
            remedy = "state mtbf_hours of it under `accelerators`, or remove the job's checkpoint_hours and restart_hours"
            yield Finding((*row.path, "accelerator"), row.accelerator, expected, remedy)
        elif (longer := times_longer(job, row.gpus, accelerator)) > MOST_TIMES_LONGER:
            expected = f"a gang that failures and checkpoints make at most {MOST_TIMES_LONGER:g} times longer, not {longer:.3g}"
            remedy = f"correct the job's checkpoint_hours and restart_hours, or mtbf_hours of {accelerator.id}"
            yield Finding((*row.path, "gpus"), row.gpus, expected, remedy)
