"""What takes capacity away: work on a pool in a window, and landlords that may want theirs back."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import Day, Gpus, Id, Kw, Noun
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


class FeedTask(Noun):
    """Work on a feed: for some blocks in a row, from whichever block of its window the plan chooses, less may be drawn below it."""

    id: Id
    from_date: Day
    """All of it lies inside [from_date, to_date)."""
    to_date: Day
    blocks: Annotated[int, Field(ge=1, le=3660)]
    limit_kw: Kw
    """Facility kW that what runs below the feed may draw meanwhile; what stands idle is turned off (0: all below it is down)."""

    @model_validator(mode="after")
    def _ordered(self) -> FeedTask:
        if self.to_date <= self.from_date:
            raise PydanticCustomError("maintenance_order", "to_date must be after from_date")
        return self

    def starts(self, calendar: Calendar) -> range:
        """Blocks at which it may begin."""
        return range(calendar.first_block_from(self.from_date), calendar.last_block_until(self.to_date) - self.blocks + 1)


class Reclaim(Noun):
    """The landlord may take back a share of every pool under the contract: ``notice_days`` after notice, from a day on."""

    earliest_date: Day
    """Notice can be given from here on."""
    notice_days: Annotated[int, Field(ge=0, le=36_600)]
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Of the units online, rounded up (default all)."""
    jobs: Literal["within_notice", "any"] = "within_notice"
    """within_notice (default): must and promised jobs that work longer than the notice hold only what would be left."""

    def first_block(self, calendar: Calendar) -> int:
        """First block in which it may have taken effect; B if none."""
        return calendar.last_block_until(self.earliest_date + timedelta(days=self.notice_days))
