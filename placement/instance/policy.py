"""Rules over the whole fleet, and named patches of an instance."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import Id, Label, Noun


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
