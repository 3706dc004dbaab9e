"""Rules over the whole fleet, and named patches of an instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import Id, Label, Noun, Share

Ids = Annotated[tuple[Id, ...], Field(min_length=1, strict=False)]


class Concentration(Noun):
    """No provider (jurisdiction, vendor) carries more than a share of what all of them carry together, in every slot."""

    id: Id
    kind: Literal["concentration"]
    by: Literal["provider", "jurisdiction", "vendor"]
    """What is capped: providers of sites, jurisdictions of sites, or vendors of accelerators."""
    of: Literal["gpus", "kw", "spend", "served_tokens"]
    """Shares of GPU-hours held by gangs and replicas; of the facility kWh that these draw; of fixed fees and usage at its price;
    of tokens served."""
    most_share: Share
    members: Annotated[tuple[Label, ...], Field(min_length=1, strict=False)] | None = None
    """Whom it caps, each by itself; default: everyone."""
    tenants: Ids | None = None
    """Whose streams count, for served_tokens; default: all."""
    per: Literal["period", "block", "month", "quarter", "year", "horizon"] = "period"
    """What counts together (default period)."""

    @model_validator(mode="after")
    def _consistent(self) -> Concentration:
        if self.of == "spend" and (self.by != "provider" or self.per != "horizon"):
            raise PydanticCustomError("spend", "of spend needs by: provider and per: horizon, since fees are owed to providers")
        if self.of == "served_tokens" and self.by == "vendor":
            raise PydanticCustomError("served", "of served_tokens needs by: provider or jurisdiction, since sites serve tokens")
        if self.tenants is not None and self.of != "served_tokens":
            raise PydanticCustomError("tenants", "tenants are for served_tokens only")
        return self


Policy = Concentration
P = TypeVar("P", bound=Noun)


def of_kind(policies: Mapping[str, Noun], kind: type[P]) -> list[P]:
    """The policies of one kind, in order."""
    return [policy for policy in policies.values() if isinstance(policy, kind)]


class Change(Noun):
    """One edit: ``path`` is dotted, with ids in brackets, as in ``contracts[colossus-1].to_date`` or ``growths[base].steps``."""

    path: Annotated[str, Field(min_length=1, max_length=500)]
    action: Literal["set", "scale", "remove"] = "set"
    value: Any = None

    @model_validator(mode="after")
    def _has_value(self) -> Change:
        if self.action == "remove" and self.value is not None:
            raise PydanticCustomError("change_remove", "action remove takes no value")
        if self.action == "scale" and (isinstance(self.value, bool) or not isinstance(self.value, int | float)):
            raise PydanticCustomError("change_scale", "action scale takes a number")
        if self.action == "set" and self.value is None:
            raise PydanticCustomError("change_set", "action set takes a value; to delete, use action remove")
        return self


class Scenario(Noun):
    """What is different in one future."""

    id: Id
    name: Label | None = None
    changes: Annotated[tuple[Change, ...], Field(min_length=1, strict=False)]
