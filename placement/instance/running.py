"""What runs today: where a job stands when the calendar starts, what is left of it, and what moving it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import Gpus, Hours, Id, Noun, Terabytes, Usd
from placement.program import Bools, Ints

IslandName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:+-]{0,99}/[1-9][0-9]{0,8}$")]


class CurrentPlace(Noun):
    """Where a job runs when the calendar starts. It goes on there, moves once at a price, or is stopped and its value lost."""

    islands: Annotated[tuple[IslandName, ...], Field(min_length=1, max_length=128, strict=False)]
    """``pool/number`` of each island that it holds, numbers from 1; of one pool, or of one pool at each of two sites."""
    gpus: Gpus
    """With the islands' accelerator and the mode, one of the job's shapes."""
    mode: Id | None = None
    """Default: the accelerator's first."""
    links: Annotated[tuple[Id, ...], Field(min_length=1, strict=False)] | None = None
    """Over which the halves at two sites are joined; required there."""
    remaining_hours: Hours
    """Left of its work, as hours at pace 1 where it stands."""
    move_usd: Usd | None = None
    """Paid when it moves; this, or frozen."""
    frozen: bool = False
    """It does not move."""
    pin: Literal["pool", "site"] | None = None
    """It moves within its pools, or its sites, only."""
    overlap_blocks: Annotated[int, Field(ge=0, le=3660)] = 0
    """For so many blocks from the move on it holds its old place as well (default 0); it gets on at the new one only."""
    lost_hours: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    """Work at the new place that a move costs: to start again, and since the last checkpoint (default 0)."""
    move_tb: Terabytes | None = None
    """Crosses the WAN in the job's move_blocks before a move to another site; default: its data and checkpoint."""

    @model_validator(mode="after")
    def _consistent(self) -> CurrentPlace:
        if self.frozen == (self.move_usd is not None):
            raise PydanticCustomError("moves", "state move_usd or frozen: true, and not both")
        given = [f for f in ("pin", "move_tb") if getattr(self, f) is not None]
        given += [f for f in ("overlap_blocks", "lost_hours") if getattr(self, f)]
        if self.frozen and given:
            raise PydanticCustomError("frozen", "frozen: true excludes {fields}: it does not move", {"fields": ", ".join(given)})
        return self


@dataclass(frozen=True)
class Running:
    """A job's current place, in indices."""

    shape: int
    """Row of ``Jobs.shapes``."""
    islands: tuple[int, ...]
    units: tuple[int, ...]
    """Allocation units held on each of them: even, the first half and the larger islands taking the odd ones."""
    links: tuple[int, ...]
    remaining_hours: float
    move_usd: float | None
    """None where it does not move."""
    pin: str | None = None
    overlap_blocks: int = 0
    lost_hours: float = 0.0
    move_tb: float = 0.0


def leaving(job: Ints) -> Bools:
    """Which runs, by their jobs [runs], are of what a job leaves: a later one of the same job says where it moves."""
    found = np.zeros(len(job), dtype=np.bool_)
    order = np.argsort(job, kind="stable")
    found[order[:-1]] = job[order[1:]] == job[order[:-1]]
    return found
