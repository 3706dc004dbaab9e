"""Step credits: what a tenant gets back where too little of its demand was served over a month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import Noun, Share, Usd
from placement.program import Ints

if TYPE_CHECKING:
    from placement.instance.instance import Instance

AMOUNTS = ("credit_usd", "credit_share")


class CreditStep(Noun):
    """What is credited where less than a share of demand is served."""

    below_share: Annotated[float, Field(gt=0, le=1)]
    credit_usd: Usd | None = None
    """State this or the next."""
    credit_share: Share | None = None
    """Of what the demand of the slot pays at its price when all of it is served."""

    @property
    def amount(self) -> float:
        """What is stated, in USD or as a share."""
        return next(value for value in (self.credit_usd, self.credit_share) if value is not None)


class Credits(Noun):
    """Steps of credits: in each slot the last one whose share is missed counts, or none."""

    per: Literal["block", "month", "quarter", "year", "horizon"]
    """Over what the share served is taken; what of a slot lies outside of the horizon does not count."""
    steps: Annotated[tuple[CreditStep, ...], Field(min_length=1, max_length=20, strict=False)]

    @model_validator(mode="after")
    def _steps(self) -> Credits:
        stated = {tuple(getattr(step, field) is not None for field in AMOUNTS) for step in self.steps}
        if stated not in ({(True, False)}, {(False, True)}):
            raise PydanticCustomError("credit_amounts", "every step states credit_usd, or every step credit_share")
        if any(a.below_share <= b.below_share for a, b in pairwise(self.steps)):
            raise PydanticCustomError("credit_order", "below_share must fall from one step to the next")
        if any(a.amount > b.amount for a, b in pairwise(self.steps)):
            raise PydanticCustomError("credit_falls", "what is credited must not fall from one step to the next")
        return self

    def least_share(self, step: int) -> float:
        """Least share served with a step (from 0; -1 for none)."""
        return self.steps[step + 1].below_share if step + 1 < len(self.steps) else 0.0


@dataclass(frozen=True)
class CreditCase:
    """Whom credits are owed to: a tenant for all its streams together, or one stream."""

    credits: Credits
    name: str
    streams: Ints


def credit_cases(instance: Instance) -> tuple[CreditCase, ...]:
    """See ``Instance.credit_cases``."""
    return tuple(_cases(instance))


def _cases(instance: Instance) -> Iterator[CreditCase]:
    streams = list(instance.streams.values())
    for tenant in instance.tenants.values():
        if tenant.credits is not None:
            mine = [t for t, stream in enumerate(streams) if stream.tenant == tenant.id]
            yield CreditCase(tenant.credits, f"tenant/{tenant.id}", np.array(mine, dtype=np.int64))
    for t, stream in enumerate(streams):
        if stream.credits is not None:
            yield CreditCase(stream.credits, f"stream/{stream.id}", np.array([t], dtype=np.int64))
