"""Batch jobs: divisible work (evals, data generation, rollouts, a batch API) that may stop and go on in every period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import UNLIMITED, Day, Gpus, Id, Noun, Unlimited, Usd
from placement.instance.calendar import Calendar
from placement.instance.demand import Commitment
from placement.instance.supply import Accelerator, Mode

GpuHours = Annotated[float, Field(gt=0, le=1e12)]


class BatchWork(Noun):
    """What all of a batch job takes on one accelerator type."""

    accelerator: Id
    gpu_hours: GpuHours
    """Of accelerators that serve at full speed; in a mode of serving speed f divided by f."""
    modes: Annotated[tuple[Id, ...], Field(min_length=1, strict=False)] | None = None
    """Modes in which it may be done; default: the accelerator's first."""


class BatchJob(Noun):
    """Divisible work: any part of it in any period of its window, on any of its pools at the same time."""

    id: Id
    tenant: Id
    commitment: Commitment
    value_usd: Usd
    """Earned for all of it, and pro rata for what is finished, by when it is done."""
    work: Annotated[tuple[BatchWork, ...], Field(min_length=1, strict=False)]
    max_gpus: Gpus | Unlimited
    """It works on at most so many accelerators at a time."""
    min_gpus: Gpus | None = None
    """In a period it works on at least so many, or on none; default: any number."""
    release_date: Day | None = None
    """Default: the calendar's start."""
    deadline_date: Day | None = None
    """Default: the calendar's end."""
    unfinished_usd: Usd = 0.0
    """Owed where none of it is finished by then, and pro rata for what is not (default 0)."""
    breach_usd: Usd | None = None
    """Weight at the first level where none of a promised one is finished, and pro rata; default: its value."""
    pools: Annotated[tuple[Id, ...], Field(min_length=1, strict=False)] | None = None
    """Pools that may carry it; default: all of its accelerators."""

    @model_validator(mode="after")
    def _consistent(self) -> BatchJob:
        if self.min_gpus is not None and self.max_gpus != UNLIMITED and self.min_gpus > self.max_gpus:
            raise PydanticCustomError("batch_gpus", "min_gpus must be at most max_gpus")
        if self.release_date is not None and self.deadline_date is not None and self.release_date >= self.deadline_date:
            raise PydanticCustomError("batch_dates", "deadline_date must be after release_date")
        if self.breach_usd is not None and self.commitment != "promised":
            raise PydanticCustomError("batch_breach", "breach_usd is for promised jobs")
        if self.unfinished_usd and self.commitment == "must":
            raise PydanticCustomError("batch_must", "unfinished_usd is not for must jobs: all of these is finished")
        return self

    @property
    def weight_usd(self) -> float:
        """What leaving all of it weighs at the first level: at least 1 where it is promised, else 0."""
        if self.commitment != "promised":
            return 0.0
        return max(self.value_usd if self.breach_usd is None else self.breach_usd, 1.0)

    @property
    def gpu_hours(self) -> float:
        """All of it, in GPU-hours of the first accelerator that it names."""
        return self.work[0].gpu_hours

    def blocks(self, calendar: Calendar) -> range:
        """Blocks in which it may work."""
        first = 0 if self.release_date is None else calendar.first_block_from(self.release_date)
        return range(first, calendar.blocks if self.deadline_date is None else calendar.last_block_until(self.deadline_date))


@dataclass(frozen=True)
class BatchCase:
    """A way to do the work of a batch job: on one accelerator type in one mode."""

    job: int
    """Position in ``Instance.batch_jobs``."""
    accelerator: str
    mode: Mode
    gpu_hours: float
    """That all of it takes so."""


def batch_cases(jobs: Mapping[str, BatchJob], accelerators: Mapping[str, Accelerator]) -> Iterator[BatchCase]:
    """Every way to do the work of every batch job, in order."""
    for j, job in enumerate(jobs.values()):
        for work in job.work:
            accelerator = accelerators[work.accelerator]
            for name in work.modes or (accelerator.modes[0].id,):
                mode = accelerator.mode(name)
                yield BatchCase(j, work.accelerator, mode, work.gpu_hours / mode.serving_speed)
