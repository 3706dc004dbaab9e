"""Expected hours of a gang that fails, repeats what it had not saved, and saves now and then.

Of failures that come at random, on average every M hours, with checkpoints that take d hours after every t hours of work, and
R hours from a failure until work goes on, work of T hours is expected to take (J. T. Daly, A higher order estimate of the optimum
checkpoint interval for restart dumps, Future Generation Computer Systems 22(3), 2006)

    M e^(R / M) (e^((t + d) / M) - 1) T / t

least near t = sqrt(2 d M) (1 + sqrt(d / 2M) / 3 + d / 18M) - d for d < 2M, else t = M (ibid.; the first term is that of
J. W. Young, Communications of the ACM 17(9), 1974). A gang of n accelerators that each fail every m hours fails every M = m / n.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, inf, sqrt

from placement.instance.demand import TrainingJob
from placement.instance.findings import Draft, Finding
from placement.instance.supply import Accelerator

MOST_TIMES_LONGER = 10.0
"""Beyond this a gang hardly gets on between failures: its size or its checkpoints are a mistake."""


def times_longer(job: TrainingJob, gpus: int, accelerator: Accelerator) -> float:
    """Expected hours of a gang per hour that it would take without failures and checkpoints; 1 where the job states neither."""
    if job.checkpoint_hours is None or job.restart_hours is None or accelerator.mtbf_hours is None:
        return 1.0
    between = accelerator.mtbf_hours / gpus
    every = job.checkpoint_every_hours or best_interval(job.checkpoint_hours, between)
    exponent = (every + job.checkpoint_hours) / between
    if exponent + job.restart_hours / between > 100:
        return inf
    return between * exp(job.restart_hours / between) * (exp(exponent) - 1) / every


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
