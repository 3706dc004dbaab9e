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
    reclaims: _Ids | None = None
    """Contracts whose landlord takes back its share, in periods in which that may have taken effect."""
    each: Literal["provider", "site", "feed", "contract", "link", "reclaim"] | None = None
    """One loss for each that has a pool, for each link, or for each contract that may be reclaimed, in place of those named."""
    covered_share: Share | Literal["promised"]
    """Of the demand of every stream that what remains must be able to serve; ``promised``: the floor of its ladder."""
    tenants: _Ids | None = None
    """Whose streams, and jobs, are covered; default: all."""
    uncovered_usd_per_million_tokens: UsdPerMillionTokens | None = None
    """What falls short costs this; default: nothing may."""
    jobs: Literal["none", "must"] = "none"
    """must: every must job that it would hit has another place reserved among what remains (default none)."""

    @model_validator(mode="after")
    def _says_what(self) -> Loss:
        fields = ("providers", "sites", "feeds", "contracts", "links", "reclaims")
        named = [field for field in fields if getattr(self, field) is not None]
        if bool(named) == (self.each is not None):
            raise PydanticCustomError(
                "loss", "a loss names providers, sites, feeds, contracts, links or reclaims, or says each, not both"
            )  # fmt: skip
        if self.reclaims is not None and len(named) > 1:
            raise PydanticCustomError("loss_reclaims", "reclaims come with notice: name them in a loss of their own")
        if self.jobs == "must" and (self.reclaims is not None or self.each == "reclaim"):
            raise PydanticCustomError("loss_jobs", "jobs: must is not for reclaims: their contracts say which jobs may stand there")
        return self
