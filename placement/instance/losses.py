"""Losses that a plan is to survive: what goes at once, and what must still be covered then."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import Id, Label, Noun, Share, UsdPerMillionTokens

_Ids = Annotated[tuple[Id, ...], Field(min_length=1, strict=False)]


class Loss(Noun):
    """All pools of some providers, sites, contracts or feeds, and links, are lost at once; or, with ``each``, one after another."""

    id: Id
    name: Label | None = None
    providers: _Ids | None = None
    sites: _Ids | None = None
    feeds: _Ids | None = None
    contracts: _Ids | None = None
    links: _Ids | None = None
    """Cut: what remains is served over the others."""
    each: Literal["provider", "site", "feed", "contract", "link"] | None = None
    """One loss for every link, or provider, site, feed or contract that has a pool, in place of those named."""
    covered_share: Share | Literal["promised"]
    """Of the demand of every stream that what remains must be able to serve; ``promised``: the floor of its ladder."""
    tenants: _Ids | None = None
    """Whose streams are covered; default: all."""
    uncovered_usd_per_million_tokens: UsdPerMillionTokens | None = None
    """What falls short costs this; default: nothing may."""

    @model_validator(mode="after")
    def _says_what(self) -> Loss:
        named = [field for field in ("providers", "sites", "feeds", "contracts", "links") if getattr(self, field) is not None]
        if bool(named) == (self.each is not None):
            raise PydanticCustomError("loss", "a loss names providers, sites, feeds, contracts or links, or says each, not both")
        return self
