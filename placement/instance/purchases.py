"""What is bought or built, and the power that contracts bring: nouns of a contract."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import Id, Noun, Usd

Days = Annotated[int, Field(ge=0, le=36_600)]


class Payment(Noun):
    """A part of the capex, paid so many days after the order."""

    share: Annotated[float, Field(gt=0, le=1)]
    days_after_order: Days


AT_ORDER = (Payment(share=1.0, days_after_order=0),)


class Purchase(Noun):
    """What is ordered where a block starts is in force from the first block after its lead time on, and then for its life."""

    lead_time_days: Days
    """From the order until it can be used."""
    life_days: Annotated[int, Field(ge=1, le=36_600)]
    """From then until it is worth nothing, and gone."""
    capex_usd: Usd | None = None
    """State one of these three or more; they add up."""
    capex_usd_per_gpu: Usd | None = None
    """For all GPUs of the islands of the contract's pools."""
    capex_usd_per_kw: Usd | None = None
    """For all kW that the contract brings to feeds."""
    paid: Annotated[tuple[Payment, ...], Field(min_length=1, max_length=100, strict=False)] = AT_ORDER
    """Default: all of it at the order. All is owed, also what falls due after the horizon."""
    residual: Literal["straight_line", "none"] = "straight_line"
    """What is left at the end of the horizon counts as value: capex x the share of its life that is left (default), or none."""

    @model_validator(mode="after")
    def _consistent(self) -> Purchase:
        if self.capex_usd is None and self.capex_usd_per_gpu is None and self.capex_usd_per_kw is None:
            raise PydanticCustomError("capex", "a purchase states capex_usd, capex_usd_per_gpu or capex_usd_per_kw")
        if abs(sum(part.share for part in self.paid) - 1) > 1e-9:
            raise PydanticCustomError("paid", "the shares of what is paid must sum to 1")
        return self

    def capex(self, gpus: int, kw: float) -> float:
        """USD for so many GPUs and kW."""
        return (self.capex_usd or 0.0) + (self.capex_usd_per_gpu or 0.0) * gpus + (self.capex_usd_per_kw or 0.0) * kw


class BroughtPower(Noun):
    """Facility kW by which the limit of a feed is higher while a contract is in force."""

    feed: Id
    kw: Annotated[float, Field(gt=0, le=1e9)]
