"""What all nouns share: strictness, identifiers, bounded quantities, and fields whose law is not yet in force."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Noun(BaseModel):
    """Base of all nouns: frozen, unknown fields rejected, no NaN, no silent conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, populate_by_name=True)

    source: Annotated[str, Field(max_length=2000)] | None = None
    """Where the figures come from."""
    assumption: Annotated[str, Field(max_length=2000)] | None = None
    """What is assumed rather than sourced."""


ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:+-]{0,99}$"
Id = Annotated[str, Field(pattern=ID_PATTERN, description="letters, digits and . _ : + -, starting with a letter or digit")]
Label = Annotated[str, Field(max_length=200)]

Share = Annotated[float, Field(ge=0, le=1)]
Gpus = Annotated[int, Field(ge=1, le=100_000_000)]
OnlineGpus = Annotated[int, Field(ge=0, le=100_000_000)]
Kw = Annotated[float, Field(ge=0, le=1e9)]
Hours = Annotated[float, Field(ge=1e-6, le=1e6)]
"""At least what long tables take: work within the rounding of block boundaries has no block to run in."""
Usd = Annotated[float, Field(ge=0, le=1e14)]
UsdPerMillionTokens = Annotated[float, Field(ge=0, le=1e7)]
TokensPerS = Annotated[float, Field(ge=0, le=1e14)]
Gbits = Annotated[float, Field(ge=0, le=1e9)]
Terabytes = Annotated[float, Field(gt=0, le=1e6)]
Ms = Annotated[float, Field(ge=0, le=1e5)]
Factor = Annotated[float, Field(gt=0, le=1e6)]

UNLIMITED: Literal["unlimited"] = "unlimited"
Unlimited = Literal["unlimited"]
"""Said in words: an absent limit is an error, never unlimited."""
OPEN: Literal["open"] = "open"
OpenEnd = Literal["open"]
"""A contract without an end in sight, said in words."""


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _date(value: Any) -> Any:
    """Files give text; days are in UTC. Only YYYY-MM-DD: Python itself would also take week dates."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


Day = Annotated[date, BeforeValidator(_date)]
