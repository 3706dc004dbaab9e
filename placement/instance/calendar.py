"""Time: consecutive blocks, each cut into bands that recur within it; period p is band p % K of block p // K.

Blocks start at midnight UTC. Bands are stated in the hours of a zone, so daylight saving moves them against UTC;
their hours are counted in quarter-hour ticks, which every zone in use today divides.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from pydantic import Field, PrivateAttr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import Day, Id, Noun
from placement.program import Bools, Floats, Ints

TICK_MINUTES = 15
TICKS_PER_HOUR = 60 // TICK_MINUTES
TICKS_PER_DAY = 24 * TICKS_PER_HOUR
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class BandHours(Noun):
    """Hours of some weekdays, from ``from_hour`` up to, not including, ``to_hour``, in the band's zone."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1, strict=False)]
    from_hour: Annotated[int, Field(ge=0, le=23)]
    to_hour: Annotated[int, Field(ge=1, le=24)]

    @model_validator(mode="after")
    def _ordered(self) -> BandHours:
        if self.to_hour <= self.from_hour:
            raise PydanticCustomError(
                "hours_order", "to_hour must be greater than from_hour; state a band over midnight as two rows"
            )
        return self


class Band(Noun):
    """A recurring part of every block; ``rest: true`` takes all hours that no other band names."""

    id: Id
    zone: str = "UTC"
    hours: Annotated[tuple[BandHours, ...], Field(strict=False)] = ()
    rest: bool = False

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return known_zone(value)

    @model_validator(mode="after")
    def _hours_or_rest(self) -> Band:
        if bool(self.hours) == self.rest:
            raise PydanticCustomError("band_hours", "a band has either hours or rest: true")
        return self


class Step(Noun):
    """A value from a day on, until the next step."""

    from_date: Day
    value: Annotated[float, Field(ge=-1e14, le=1e14)] | dict[str, Annotated[float, Field(ge=-1e14, le=1e14)]]


Steps = Annotated[
    Annotated[float, Field(ge=-1e14, le=1e14)]
    | dict[str, Annotated[float, Field(ge=-1e14, le=1e14)]]
    | Annotated[tuple[Step, ...], Field(min_length=1, strict=False)],
    Field(description="A number; or a number per band; or steps from dates on, each with a number or a number per band."),
]
"""A figure over time. The first step must not be later than the calendar's start, unless the field says otherwise."""


class Calendar(Noun):
    """The horizon: ``blocks`` days, weeks or months from ``start`` (midnight UTC), each cut into ``bands``."""

    start: Day
    block: Literal["day", "week", "month"]
    blocks: Annotated[int, Field(ge=1, le=3660)]
    bands: Annotated[tuple[Band, ...], Field(min_length=1, max_length=168, strict=False)] = (Band(id="all", rest=True),)

    _cache: dict[str, Ints] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> Calendar:
        if not 1970 <= self.start.year <= 2200:
            raise PydanticCustomError("start_year", "the calendar starts between the years 1970 and 2200")
        if self.block == "month" and self.start.day > 28:
            raise PydanticCustomError("month_start", "monthly blocks start on day 1 to 28")
        if self.end.year > 2200:
            raise PydanticCustomError("horizon", "the horizon ends after the year 2200")
        if len({band.id for band in self.bands}) < len(self.bands):
            raise PydanticCustomError("band_ids", "band ids must differ")
        if sum(band.rest for band in self.bands) > 1:
            raise PydanticCustomError("band_rest", "at most one band takes the rest")
        missing = np.flatnonzero(self.hours <= 0)
        if len(missing):
            block, band = divmod(int(missing[0]), len(self.bands))
            raise PydanticCustomError(
                "band_empty", "band '{band}' has no hours in the block that starts {day}",
                {"band": self.bands[band].id, "day": str(self.block_starts[block])},
            )  # fmt: skip
        return self

    # ------------------------------------------------------------ shape

    @property
    def band_count(self) -> int:
        return len(self.bands)

    @property
    def period_count(self) -> int:
        return self.blocks * len(self.bands)

    @cached_property
    def block_starts(self) -> tuple[date, ...]:
        """First day of each block and the day after the last block, [B + 1]."""
        if self.block == "month":
            months = [self.start.year * 12 + self.start.month - 1 + b for b in range(self.blocks + 1)]
            return tuple(date(m // 12, m % 12 + 1, self.start.day) for m in months)
        days = 7 if self.block == "week" else 1
        return tuple(self.start + timedelta(days=days * b) for b in range(self.blocks + 1))

    def day_of_block(self, block: int) -> date:
        """First day of a block, also of those that would follow after the horizon; the last day of all where dates end."""
        if self.block == "month":
            month = self.start.year * 12 + self.start.month - 1 + block
            return date(month // 12, month % 12 + 1, self.start.day) if month // 12 <= date.max.year else date.max
        days = self.start.toordinal() + block * (7 if self.block == "week" else 1)
        return date.fromordinal(min(days, date.max.toordinal()))

    @property
    def end(self) -> date:
        """The day after the last block."""
        return self.block_starts[-1]

    @cached_property
    def block_edges_days(self) -> Floats:
        """Days from the calendar's start to each block boundary, [B + 1]."""
        return np.array([(day - self.start).days for day in self.block_starts], dtype=np.float64)

    @cached_property
    def hours(self) -> Floats:
        """Hours of each period, [P]."""
        return np.bincount(self.tick_period, minlength=self.period_count) / TICKS_PER_HOUR

    def period_name(self, period: int) -> str:
        """For people: the day a block starts and the band."""
        block, band = divmod(int(period), len(self.bands))
        day = self.block_starts[block].isoformat()
        return day if len(self.bands) == 1 else f"{day} {self.bands[band].id}"

    # ------------------------------------------------------------ ticks

    @cached_property
    def tick_block(self) -> Ints:
        """Block of each quarter hour of the horizon, [ticks]."""
        return np.repeat(np.arange(self.blocks), np.diff(self.block_edges_days).astype(np.int64) * TICKS_PER_DAY)

    @cached_property
    def tick_period(self) -> Ints:
        """Period of each quarter hour of the horizon, [ticks]."""
        owner = np.full(len(self.tick_block), -1, dtype=np.int64)
        for index, band in enumerate(self.bands):
            if band.rest:
                continue
            minute = self.local_minute(band.zone)
            mine = np.zeros(len(owner), dtype=np.bool_)
            for row in band.hours:
                days = np.isin(minute // 1440, [WEEKDAYS.index(day) for day in row.days])
                mine |= days & (minute % 1440 >= row.from_hour * 60) & (minute % 1440 < row.to_hour * 60)
            if np.any(mine & (owner >= 0)):
                other = self.bands[int(owner[mine & (owner >= 0)][0])].id
                raise PydanticCustomError("band_overlap", "bands '{a}' and '{b}' claim the same hours", {"a": other, "b": band.id})
            owner[mine] = index
        rest = [i for i, band in enumerate(self.bands) if band.rest]
        if rest:
            owner[owner < 0] = rest[0]
        if np.any(owner < 0):
            raise PydanticCustomError("band_gap", "some hours belong to no band; give one band rest: true")
        return self.tick_block * len(self.bands) + owner

    def resumptions(self, active: Bools) -> Ints:
        """How often in each period hours of active bands [K] follow hours of others, [P]; the first of all follow none."""
        on = active[self.tick_period % len(self.bands)]
        resumed = np.flatnonzero(on[1:] & ~on[:-1]) + 1
        return np.bincount(self.tick_period[resumed], minlength=self.period_count).astype(np.int64)

    @cached_property
    def recurrences(self) -> Ints:
        """How often each period's band begins inside its block, [P]; at least once."""
        band = self.tick_period % len(self.bands)
        begins = np.diff(band, prepend=band[-1:]) != 0
        return np.maximum(np.bincount(self.tick_period[begins], minlength=self.period_count), 1)

    def local_minute(self, zone: str) -> Ints:
        """Minute of the week (Monday 00:00 is 0) in a zone at the start of each quarter hour, [ticks]."""
        if zone not in self._cache:
            ticks = np.arange(len(self.tick_block), dtype=np.int64) * TICK_MINUTES
            self._cache[zone] = (ticks + self.start.weekday() * 1440 + self._offset_minutes(zone)) % (7 * 1440)
        return self._cache[zone]

    def _offset_minutes(self, zone: str) -> Ints:
        """UTC offset of a zone at each quarter hour; by the tick only on days over which it changes: none changes twice in one."""
        if zone == "UTC":
            return np.zeros(len(self.tick_block), dtype=np.int64)
        info = ZoneInfo(zone)
        origin = datetime.combine(self.start, time(), UTC)

        def offset(minutes: int) -> int:
            delta = (origin + timedelta(minutes=minutes)).astimezone(info).utcoffset()
            return int(delta.total_seconds() // 60) if delta is not None else 0

        days = len(self.tick_block) // TICKS_PER_DAY
        by_day = np.array([offset(1440 * day) for day in range(days + 1)], dtype=np.int64)
        ticks = np.repeat(by_day[:-1], TICKS_PER_DAY)
        for day in np.flatnonzero(np.diff(by_day)).tolist():
            first = day * TICKS_PER_DAY
            ticks[first : first + TICKS_PER_DAY] = [offset(TICK_MINUTES * (first + tick)) for tick in range(TICKS_PER_DAY)]
        return ticks

    # ------------------------------------------------------------ dates and figures over time

    def day_number(self, day: date) -> int:
        """Days from the calendar's start; negative before it."""
        return (day - self.start).days

    def block_containing(self, day: date) -> int:
        """Block in which a day of the horizon lies; B for the day after the last."""
        return int(np.searchsorted(self.block_edges_days, self.day_number(day), side="right")) - 1

    def first_block_from(self, day: date) -> int:
        """First block that starts on the day or later; B if none does. A day before the calendar gives 0."""
        return int(np.searchsorted(self.block_edges_days, self.day_number(day), side="left"))

    def last_block_until(self, day: date) -> int:
        """Number of blocks that have ended when the day begins; a day after the calendar gives B."""
        return max(0, min(self.blocks, int(np.searchsorted(self.block_edges_days, self.day_number(day), side="right")) - 1))

    def slots(self, per: str) -> Ints:
        """Slot of each period, [P], without gaps.

        ``per`` period, block, month, quarter, year (that in which a block starts) or horizon.
        """
        if per == "period":
            return np.arange(self.period_count, dtype=np.int64)
        starts = self.block_starts[:-1]
        months = {"month": 1, "quarter": 3, "year": 12}
        if per in months:
            keys = [(day.year * 12 + day.month - 1) // months[per] for day in starts]
        else:
            keys = {"horizon": [0] * self.blocks, "block": list(range(self.blocks))}[per]
        return np.repeat(np.unique(keys, return_inverse=True)[1].reshape(-1), len(self.bands)).astype(np.int64)

    def covered(self, first: date, end: date | None) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Periods that lie wholly inside [first, end), [P]; ``end`` None means for ever."""
        blocks = np.zeros(self.blocks, dtype=np.bool_)
        blocks[self.first_block_from(first) : self.blocks if end is None else self.last_block_until(end)] = True
        return np.repeat(blocks, len(self.bands))

    def share_inside(self, first: date, end: date | None) -> Floats:
        """Share of the days of each period's block that lie in [first, end), [P]; ``end`` None means for ever."""
        edges = np.clip(self.block_edges_days, self.day_number(first), np.inf if end is None else self.day_number(end))
        return np.repeat(np.diff(edges) / np.diff(self.block_edges_days), len(self.bands))

    def least(self, steps: Steps, before: float | None = None) -> Floats:
        """Least value in force during each period, [P]: what capacity counts with."""
        return self._resolve(steps, before, least=True)

    def mean(self, steps: Steps, before: float | None = None) -> Floats:
        """Mean value over each block's days for each band, [P]: what prices count with."""
        return self._resolve(steps, before, least=False)

    def _resolve(self, steps: Steps, before: float | None, *, least: bool) -> Floats:
        if not isinstance(steps, tuple):
            return np.tile(self._by_band(steps), self.blocks)
        ordered = sorted(steps, key=lambda step: step.from_date)
        values = np.stack([self._by_band(step.value) for step in ordered])
        days = np.arange(int(self.block_edges_days[-1]))
        index = np.searchsorted([self.day_number(step.from_date) for step in ordered], days, side="right") - 1
        if before is None:
            index = np.maximum(index, 0)
        daily = np.where(index[:, None] >= 0, values[np.maximum(index, 0)], before if before is not None else 0.0)
        edges = self.block_edges_days.astype(np.int64)
        blocks = np.minimum.reduceat(daily, edges[:-1], axis=0)
        if not least:
            # A block without a step keeps its value to the last bit.
            even = blocks == np.maximum.reduceat(daily, edges[:-1], axis=0)
            blocks = np.where(even, blocks, np.add.reduceat(daily, edges[:-1], axis=0) / np.diff(edges)[:, None])
        return blocks.reshape(-1)

    def _by_band(self, value: float | Mapping[str, float]) -> Floats:
        if isinstance(value, Mapping):
            return np.array([value[band.id] for band in self.bands], dtype=np.float64)
        return np.full(len(self.bands), float(value))


@cache
def _zones() -> frozenset[str]:
    """Names of all zones; finding them means walking folders, so it is done once."""
    return frozenset(available_timezones())


def known_zone(value: str) -> str:
    """Check that a name is an IANA zone; raise the validation error that says so otherwise."""
    if value not in _zones():
        raise PydanticCustomError("zone", "not an IANA time zone such as America/Los_Angeles")
    return value
