"""Rules over the whole fleet, and named patches of an instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import Day, Id, Label, Noun, Share, Usd
from placement.instance.calendar import Steps

Amount = Annotated[float, Field(ge=0, le=1e15)]
Ids = Annotated[tuple[Id, ...], Field(min_length=1, strict=False)]


class Concentration(Noun):
    """No provider (jurisdiction, vendor) carries more than a share of what all of them carry together, in every slot."""

    id: Id
    kind: Literal["concentration"]
    by: Literal["provider", "jurisdiction", "vendor"]
    """What is capped: providers of sites, jurisdictions of sites, or vendors of accelerators."""
    of: Literal["gpus", "kw", "spend", "served_tokens"]
    """Shares of GPU-hours held by gangs and replicas; of the facility kWh that these draw; of fixed fees, and GPU-hours and kWh
    at the contract's prices; of tokens served."""
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


MoneyTerm = Literal["energy", "carbon", "usage_fees", "take_or_pay", "fixed_fees", "capex", "sublets"]
LIMITS = {"most_usd": "USD", "most_carbon_kg": "kg", "most_kwh": "kWh", "most_gpu_hours": "GPU-hours"}
"""Fields of a budget of which one is stated, and their units."""


class Budget(Noun):
    """Money, carbon, energy or GPU-hours stay under a limit in every slot."""

    id: Id
    kind: Literal["budget"]
    per: Literal["block", "month", "quarter", "year", "horizon"]
    """What counts together; what of a slot lies outside of the horizon does not count, and its whole limit holds for the rest."""
    most_usd: Usd | None = None
    """Of the terms named, sublets being earnings; state this or one of the next three."""
    most_carbon_kg: Amount | None = None
    """Emitted for the facility energy drawn."""
    most_kwh: Amount | None = None
    """Of facility energy drawn."""
    most_gpu_hours: Amount | None = None
    """That gangs and replicas hold."""
    terms: Annotated[tuple[MoneyTerm, ...], Field(min_length=1, strict=False)] | None = None
    """What most_usd counts, by the names that costs have in answers."""
    pools: Ids | None = None
    """Only what pools in all of the pools, sites and feeds that are named hold and draw counts; default: all."""
    sites: Ids | None = None
    feeds: Ids | None = None
    """With everything below them."""
    tenants: Ids | None = None
    """Whose jobs and services count for most_gpu_hours; default: all."""

    @property
    def limit(self) -> float:
        """What is stated, in ``unit``."""
        stated = (self.most_usd, self.most_carbon_kg, self.most_kwh, self.most_gpu_hours)
        return next(value for value in stated if value is not None)

    @property
    def unit(self) -> str:
        return next(unit for field, unit in LIMITS.items() if getattr(self, field) is not None)

    @model_validator(mode="after")
    def _consistent(self) -> Budget:
        stated = [field for field in LIMITS if getattr(self, field) is not None]
        if len(stated) != 1:
            raise PydanticCustomError("budget", "a budget states one of {fields}", {"fields": ", ".join(LIMITS)})
        if (self.terms is not None) != (stated == ["most_usd"]):
            raise PydanticCustomError("budget_terms", "most_usd needs terms, and only it has them")
        if self.tenants is not None and stated != ["most_gpu_hours"]:
            raise PydanticCustomError("budget_tenants", "tenants are for most_gpu_hours only")
        if self.terms is not None and len(set(self.terms)) < len(self.terms):
            raise PydanticCustomError("budget_repeats", "terms must differ from each other")
        of_contracts = {"take_or_pay", "fixed_fees"} & set(self.terms or ())
        narrowed = any(value is not None for value in (self.pools, self.sites, self.feeds))
        if of_contracts and (self.per != "horizon" or narrowed):
            raise PydanticCustomError(
                "budget_fees", "{terms} are owed for whole contracts: they need per: horizon, and no pools, sites or feeds",
                {"terms": " and ".join(sorted(of_contracts))},
            )  # fmt: skip
        if "capex" in (self.terms or ()) and narrowed:
            raise PydanticCustomError("budget_capex", "capex is paid for whole contracts: it needs no pools, sites or feeds")
        return self


class TrainingShare(Noun):
    """Of the GPU-hours of training the tenants named take at least, and at most, a share in every slot."""

    id: Id
    kind: Literal["training_share"]
    tenants: Ids
    per: Literal["block", "month", "quarter", "year", "horizon"]
    least_share: Share | None = None
    """State this, or the next, or both."""
    most_share: Share | None = None

    @model_validator(mode="after")
    def _bounds(self) -> TrainingShare:
        if self.least_share is None and self.most_share is None:
            raise PydanticCustomError("training_share", "a training_share states least_share, most_share or both")
        if self.least_share is not None and self.most_share is not None and self.least_share > self.most_share:
            raise PydanticCustomError("training_shares", "least_share must not be above most_share")
        return self


class CarbonPrice(Noun):
    """What emissions cost: every tonne that the facility energy drawn emits."""

    id: Id
    kind: Literal["carbon_price"]
    usd_per_tonne: Steps


class Freeze(Noun):
    """No running job moves before a day."""

    id: Id
    kind: Literal["freeze"]
    until_date: Day
    """From the first block that starts then on, jobs may move."""
    tenants: Ids | None = None
    """Whose jobs stay; default: all."""


MOST_MINIMA = 8
"""Levels that one policy of fairness may ask for."""

Minima = Annotated[Annotated[int, Field(ge=1, le=MOST_MINIMA)] | None, AfterValidator(lambda count: None if count == 1 else count)]
"""1 is the default, and means the same where it is stated."""


class Fairness(Noun):
    """Those who ask for the same are treated alike: shares served of their demand, in every slot."""

    id: Id
    kind: Literal["fairness"]
    rule: Literal["max_min", "proportional"]
    """max_min: a level of the objective makes the least share as large as it can be. proportional: shares differ by most_points."""
    tenants: Ids
    among: Literal["tenants", "streams"] = "tenants"
    """Who is compared: these tenants, each with all its streams, or every stream of them (default tenants)."""
    per: Literal["period", "block", "month", "quarter", "year", "horizon"]
    """Over what shares are taken; what of a slot lies outside of the horizon does not count."""
    most_points: Annotated[float, Field(ge=0, le=100)] | None = None
    """Percentage points by which shares may differ; for proportional."""
    minima: Minima = None
    """Levels, for max_min (default 1): after the least share of each slot the sum of the two least is made large, and so on."""

    @property
    def counts(self) -> int:
        """``minima``, 1 where it is not stated."""
        return self.minima or 1

    @model_validator(mode="after")
    def _consistent(self) -> Fairness:
        if self.minima is not None and self.rule != "max_min":
            raise PydanticCustomError("fairness_minima", "minima are for max_min only")
        if (self.most_points is not None) != (self.rule == "proportional"):
            raise PydanticCustomError("fairness_points", "proportional needs most_points, and only it has them")
        if len(set(self.tenants)) < len(self.tenants):
            raise PydanticCustomError("fairness_repeats", "tenants must differ from each other")
        return self


Policy = Annotated[Concentration | Budget | CarbonPrice | Fairness | Freeze | TrainingShare, Field(discriminator="kind")]
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
