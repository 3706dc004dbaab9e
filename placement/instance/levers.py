"""Levers of rationing: what operators do to demand as a whole, in place of shedding it stream by stream."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import Day, Id, Label, Noun, Usd, UsdPerMillionTokens
from placement.instance.calendar import Calendar

Ids = Annotated[tuple[Id, ...], Field(min_length=1, strict=False)]
LeverSpan = Literal["block", "month", "quarter", "year", "horizon"]
Multiplier = Annotated[float, Field(ge=0, le=100)]


class LimitLever(Noun):
    """A limit on what a tenant, or some of its products, are served: one multiplier of demand in each span, the same for all."""

    id: Id
    kind: Literal["limit"]
    name: Label | None = None
    tenant: Id
    services: Ids | None = None
    """Whose streams it limits; default: all of the tenant's."""
    bands: Annotated[tuple[Id, ...], Field(min_length=1, strict=False)] | None = None
    """In which it holds; default: all."""
    multipliers: Annotated[tuple[Multiplier, ...], Field(min_length=1, max_length=20, strict=False)]
    """Of which the plan chooses one for each span; ascending. At most 1: just this share of demand is served. Above 1: all of it
    is, and beyond it what other periods shift there, up to the multiplier."""
    per: LeverSpan
    """The span over which a multiplier stays the same."""
    change_usd: Usd = 0.0
    """Paid when a span has another multiplier than the one before (default 0)."""

    @model_validator(mode="after")
    def _ascending(self) -> LimitLever:
        if any(a >= b for a, b in pairwise(self.multipliers)):
            raise PydanticCustomError("multipliers", "multipliers must ascend, each once")
        return self


class ClosingLever(Noun):
    """A product that may be closed to a tenant, once, for some blocks in a row: nothing of its demand is served or owed then."""

    id: Id
    kind: Literal["closing"]
    name: Label | None = None
    tenant: Id
    services: Ids | None = None
    """What is closed; default: all that the tenant uses."""
    from_date: Day | None = None
    """It is closed only inside [from_date, to_date); default: the calendar's start and end."""
    to_date: Day | None = None
    blocks: Annotated[int, Field(ge=1, le=3660)] | None = None
    """How long, after which it is open again; default: until to_date."""
    closing_usd: Usd
    """Goodwill lost by closing it."""
    usd_per_million_tokens: UsdPerMillionTokens = 0.0
    """Of the demand that finds it closed, in place of what its ladder would cost (default 0)."""

    @model_validator(mode="after")
    def _ordered(self) -> ClosingLever:
        if self.from_date is not None and self.to_date is not None and self.to_date <= self.from_date:
            raise PydanticCustomError("closing_order", "to_date must be after from_date")
        return self

    def spans(self, calendar: Calendar) -> list[tuple[int, int]]:
        """First block, and the block after the last, of every way to close it."""
        first = 0 if self.from_date is None else calendar.first_block_from(self.from_date)
        end = calendar.blocks if self.to_date is None else calendar.last_block_until(self.to_date)
        if self.blocks is None:
            return [(start, end) for start in range(first, end)]
        return [(start, start + self.blocks) for start in range(first, end - self.blocks + 1)]


Lever = Annotated[LimitLever | ClosingLever, Field(discriminator="kind")]


def in_bands(calendar: Calendar, bands: Collection[str] | None) -> list[bool]:
    """Whether each band of the calendar is one of those named; None names all."""
    return [bands is None or band.id in bands for band in calendar.bands]
