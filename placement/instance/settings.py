"""How the figures of an instance are read, and the long tables beside its document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from placement.instance.base import Noun
from placement.instance.supply import DeliveryDate, DeliveryState

TableName = Annotated[str, Field(max_length=255)]


Paths = Annotated[Annotated[int, Field(ge=1, le=8)] | None, AfterValidator(lambda count: None if count == 1 else count)]
"""1 is the default, and means the same where it is stated."""


class Settings(Noun):
    """How figures are read."""

    demand_percentile: Annotated[float, Field(ge=0, le=100)] = 95.0
    """Percentile over a period that sizes capacity where demand comes from a daily profile."""
    wan_paths_per_pair: Annotated[int, Field(ge=1, le=8)] = 1
    """How many of the shortest paths between two sites a gang may use, beside the cheapest."""
    wan_paths_per_stream: Paths = None
    """Over how many of the cheapest paths within its round trip a stream may be served from a site; default: one."""
    delivery_date: DeliveryDate = "p50"
    """The day by which tranches count as delivered: that of probability 50 or 90 %."""
    delivery_state: DeliveryState = "contracted"
    """Tranches in an earlier state than this do not count."""
    growth: Literal["planned"] | None = None
    """``planned``: growths follow what was planned for, where they say so, in place of what comes."""
    discount_rate_per_year: Annotated[float, Field(ge=0, le=10)] = 0.0
    """What money loses in worth: a dollar t days from the calendar's start counts as (1 + rate)^(-t / 365.25)."""


class Tables(Noun):
    """Long tables beside the file: CSV or Parquet files in the same folder."""

    jobs: TableName | None = None
    shapes: TableName | None = None
    eligibility: TableName | None = None
    demand: TableName | None = None
    ramps: TableName | None = None
