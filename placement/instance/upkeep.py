"""What takes capacity away: work on a pool in a window, and landlords that may want theirs back."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import Day, Gpus, Id, Noun
from placement.instance.calendar import Calendar

AMOUNTS = ("gpus", "share", "islands")


class MaintenanceTask(Noun):
    """Work on a pool: a part of it is down for some blocks in a row, from whichever block of its window the plan chooses."""

    id: Id
    from_date: Day
    """All of it lies inside [from_date, to_date)."""
    to_date: Day
    blocks: Annotated[int, Field(ge=1, le=3660)]
    gpus: Gpus | None = None
    """So many are down, in whole units, wherever nothing runs; state this or one of the next two."""
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Of the units online, rounded up."""
    islands: Annotated[tuple[Annotated[int, Field(ge=1, le=100_000)], ...], Field(min_length=1, strict=False)] | None = None
    """Just these islands of the pool, numbered from 1, as a whole."""

    @model_validator(mode="after")
    def _consistent(self) -> MaintenanceTask:
        if sum(getattr(self, field) is not None for field in AMOUNTS) != 1:
            raise PydanticCustomError("maintenance", "maintenance takes down one of {fields}", {"fields": ", ".join(AMOUNTS)})
        if self.to_date <= self.from_date:
            raise PydanticCustomError("maintenance_order", "to_date must be after from_date")
        if self.islands is not None and len(set(self.islands)) < len(self.islands):
            raise PydanticCustomError("maintenance_islands", "islands must differ from each other")
        return self

    def starts(self, calendar: Calendar) -> range:
        """Blocks at which it may begin."""
        return range(calendar.first_block_from(self.from_date), calendar.last_block_until(self.to_date) - self.blocks + 1)
