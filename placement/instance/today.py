"""Today's plan: what each job was to do, and what it costs and how much of it may be changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from placement.instance.base import Day, Gpus, Id, Noun, Usd
from placement.instance.running import IslandName


class PlannedRun(Noun):
    """A job that today's plan starts. What runs already is stated by jobs, as ``current_place``."""

    job: Id
    start_date: Day
    """The first day of a block."""
    islands: Annotated[tuple[IslandName, ...], Field(min_length=1, max_length=128, strict=False)]
    """``pool/number`` of each island that it is to hold, numbers from 1; of one pool, or of one pool at each of two sites."""
    gpus: Gpus
    """With the islands' accelerator and the mode, one of the job's shapes."""
    mode: Id | None = None
    """Default: the accelerator's first."""
    links: Annotated[tuple[Id, ...], Field(min_length=1, strict=False)] | None = None
    """Over which the halves at two sites are joined; required there."""


class RunningPlan(Noun):
    """Today's plan, and what changing it takes."""

    runs: Annotated[tuple[PlannedRun, ...], Field(strict=False)] = ()
    change_usd: Usd = 0.0
    """For each of these runs that is not kept (default 0)."""
    most_changes: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """Of runs that are not kept and jobs running today that move or stop (default: any number)."""


@dataclass(frozen=True)
class Planned:
    """A planned run, in indices."""

    job: int
    shape: int
    """Row of ``Jobs.shapes``."""
    start_block: int
    islands: tuple[int, ...]
    links: tuple[int, ...]


@dataclass(frozen=True)
class Today:
    """Today's plan, in indices."""

    planned: tuple[Planned, ...]
    change_usd: float = 0.0
    most_changes: int | None = None
