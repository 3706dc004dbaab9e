"""Futures: the scenarios that may come true, how likely each is, and what is decided before it is known which one does."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import Id, Noun

SUM_TOLERANCE = 1e-9


class Future(Noun):
    """One future: the instance under a scenario of its own, or as it stands."""

    id: Id
    scenario: Id | None = None
    """Of the document (default: none, the instance as it stands)."""
    probability: Annotated[float, Field(gt=0, le=1)]


class Futures(Noun):
    """What may come, whatever is signed now being signed in all of it.

    Contracts that are decided are signed now, before it is known which future comes true; everything else, and the contracts
    ``decided_later``, is decided in each future for itself.
    """

    cases: Annotated[tuple[Future, ...], Field(min_length=2, max_length=100, strict=False)]
    """Their probabilities sum to 1."""
    decided_later: Annotated[tuple[Id, ...], Field(strict=False)] = ()
    """Contracts that may wait until it is known which future comes true (default none)."""
    tail_share: Annotated[float, Field(gt=0, le=1)] | None = None
    """The worst part of probability whose mean net cost, the conditional value at risk, is weighed; with ``tail_weight``."""
    tail_weight: Annotated[float, Field(ge=0, le=0.99)] | None = None
    """Of the mean cost of the tail, that of all futures having the rest (default: only the latter counts)."""

    @model_validator(mode="after")
    def _consistent(self) -> Futures:
        for field, values in (("id", [case.id for case in self.cases]), ("scenario", [case.scenario for case in self.cases])):
            if len(set(values)) < len(values):
                raise PydanticCustomError("futures_repeat", "no two futures have the same {field}", {"field": field})
        if len({case.id.casefold() for case in self.cases}) < len(self.cases):
            raise PydanticCustomError("futures_case", "ids of futures differ in more than upper and lower case: each names a file")
        if len(set(self.decided_later)) < len(self.decided_later):
            raise PydanticCustomError("later_repeats", "decided_later names each contract once")
        total = sum(case.probability for case in self.cases)
        if abs(total - 1) > SUM_TOLERANCE:
            raise PydanticCustomError("probabilities", "probabilities must sum to 1, not {total}", {"total": f"{total:.9g}"})
        if (self.tail_share is None) != (self.tail_weight is None):
            raise PydanticCustomError("tail", "tail_share and tail_weight are stated together or not at all")
        return self
