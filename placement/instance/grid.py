"""What the grid asks of a feed at times: events that limit it for some hours, and demand response that it may sell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import Day, Id, Kw, Noun
from placement.instance.calendar import Calendar
from placement.program import Bools, Floats


class Times(Noun):
    """Periods: some bands of every block that has days in [from_date, to_date)."""

    from_date: Day | None = None
    """Default: the calendar's start."""
    to_date: Day | None = None
    """Default: the calendar's end."""
    bands: Annotated[tuple[Id, ...], Field(min_length=1, strict=False)] | None = None
    """Default: all."""

    @model_validator(mode="after")
    def _ordered(self) -> Times:
        if self.from_date is not None and self.to_date is not None and self.to_date <= self.from_date:
            raise PydanticCustomError("times_order", "to_date must be after from_date")
        return self

    def periods(self, calendar: Calendar) -> Bools:
        """Which periods are meant, [P]."""
        edges = calendar.block_edges_days
        first, end = calendar.day_number(self.from_date or calendar.start), calendar.day_number(self.to_date or calendar.end)
        blocks = (edges[1:] > first) & (edges[:-1] < end)
        bands = np.array([self.bands is None or band.id in self.bands for band in calendar.bands], dtype=np.bool_)
        return np.asarray((blocks[:, None] & bands).reshape(-1))


class GridEvent(Times):
    """For some hours of every period meant, less may be drawn: what runs gives way as far as its tenant is flexible."""

    id: Id
    hours: Annotated[float, Field(gt=0, le=8784)]
    """Of every period meant."""
    limit_kw: Kw
    """Facility kW in these hours."""


class DemandResponse(Times):
    """What a feed may draw is lowered, if the plan decides so, for whole periods and against payment."""

    id: Id
    most_kw: Annotated[float, Field(gt=0, le=1e9)]
    """Given up at most, in each period."""
    usd_per_kwh: Annotated[float, Field(ge=0, le=1e6)]
    whole: bool = False
    """True: all of most_kw or nothing (default false: any part of it)."""


@dataclass(frozen=True)
class EventCase:
    """An event of a feed, named ``feed/event``."""

    name: str
    event: GridEvent
    hours: Floats
    """Of each period, [P]."""
    below: Bools
    """Pools that the feed carries, [Q]."""


@dataclass(frozen=True)
class ResponseCase:
    """Demand response of a feed, named ``feed/response``."""

    name: str
    feed: int
    response: DemandResponse
    periods: Bools
    """In which it is asked for, [P]."""
    below: Bools
    """Pools that the feed carries, [Q]."""
