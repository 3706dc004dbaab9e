"""How services stand: what is the least of them, how they are spread, and what of them runs today."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import Id, Noun

SPREADS = ("site", "provider")


class RunningReplicas(Noun):
    """Replicas of a service that run today, of one class in one pool."""

    pool: Id
    latency_class: Id
    replicas: Annotated[int, Field(ge=0, le=100_000_000)]


class Spread(Noun):
    """Replicas of a service stand in several places: at so many at least where there are any, or with so much at most in one."""

    by: Literal["site", "provider"]
    least: Annotated[int, Field(ge=2, le=1000)] | None = None
    """Where it has replicas at all, they stand at so many sites, or of so many providers, at least."""
    most_share: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Of its throughput at most so much stands at one site, or of one provider."""

    @model_validator(mode="after")
    def _something(self) -> Spread:
        if self.least is None and self.most_share is None:
            raise PydanticCustomError("spread", "state least, most_share, or both")
        return self
