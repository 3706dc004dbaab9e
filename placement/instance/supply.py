"""What there is to run on: accelerators, providers, sites, feeds, pools, contracts and links."""

from __future__ import annotations

from datetime import date as Date
from functools import cached_property
from math import comb
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import (
    Day,
    Factor,
    Gbits,
    Gpus,
    Id,
    Kw,
    Label,
    Ms,
    Noun,
    OpenEnd,
    Share,
    Unlimited,
    Usd,
)
from placement.instance.calendar import Step, Steps
from placement.instance.grid import DemandResponse, GridEvent
from placement.instance.purchases import BroughtPower, Purchase
from placement.instance.spot import Spot
from placement.instance.upkeep import FeedTask, MaintenanceTask, Reclaim


class Mode(Noun):
    """A power cap of an accelerator: IT kW per accelerator and speed against the uncapped part, by kind of work."""

    id: Id
    training_kw: Annotated[float, Field(gt=0, le=100)]
    serving_kw: Annotated[float, Field(gt=0, le=100)]
    training_speed: Annotated[float, Field(gt=0, le=10)]
    serving_speed: Annotated[float, Field(gt=0, le=10)]


class Accelerator(Noun):
    """A type of accelerator. IT kW are per accelerator and include its share of host, network and fans."""

    id: Id
    vendor: Label
    name: Label
    hbm_gb: Annotated[float, Field(gt=0, le=1e5)]
    scale_up_domain_gpus: Gpus
    """Accelerators joined by the scale-up fabric (node, rack, slice)."""
    allocation_unit_gpus: Gpus
    """Least that is given to a workload; whole units only."""
    scale_out_gbit_s: Gbits
    """Network bandwidth of one accelerator out of its scale-up domain."""
    idle_kw: Annotated[float, Field(ge=0, le=100)]
    modes: Annotated[tuple[Mode, ...], Field(min_length=1, strict=False)]
    """The first is the default."""
    mtbf_hours: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """Mean hours between the failures of one (with its share of host and network) that stop a gang; for jobs with checkpoints."""
    certainty: Label | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Accelerator:
        if self.scale_up_domain_gpus % self.allocation_unit_gpus:
            raise PydanticCustomError("unit", "scale_up_domain_gpus must be a multiple of allocation_unit_gpus")
        if len({mode.id for mode in self.modes}) < len(self.modes):
            raise PydanticCustomError("mode_ids", "mode ids must differ")
        for mode in self.modes:
            if min(mode.training_kw, mode.serving_kw) < self.idle_kw:
                raise PydanticCustomError("idle", "mode '{mode}' draws less than idle_kw", {"mode": mode.id})
        return self

    def mode(self, mode: str | None) -> Mode:
        """The mode of that id; the first for None. KeyError if unknown."""
        if mode is None:
            return self.modes[0]
        return {m.id: m for m in self.modes}[mode]


class Provider(Noun):
    """Who controls sites: ourselves, a landlord, a cloud."""

    id: Id
    kind: Literal["self", "landlord", "cloud"]
    name: Label | None = None


class Region(Noun):
    """Where demand comes from; a node of the WAN."""

    id: Id
    jurisdiction: Id
    name: Label | None = None


class Site(Noun):
    """A campus with a feed; a node of the WAN. ``pue``: facility kW per IT kW."""

    id: Id
    provider: Id
    region: Id
    jurisdiction: Id
    feed: Id
    pue: Annotated[float, Field(ge=1, le=5)]
    name: Label | None = None
    cooling_kw: Steps | Unlimited = "unlimited"
    """Heat that is cooled: IT kW of all that is drawn there (default unlimited: power is what limits it)."""


class Feed(Noun):
    """A node of the power tree. Limit and price count facility kW; prices add up along the path to the root."""

    id: Id
    parent: Id | None
    """The feed above; null for a root."""
    limit_kw: Steps | Unlimited
    price_usd_per_kwh: Steps
    reserve_kw: Kw = 0.0
    """Kept free below the limit (default 0)."""
    cooling_kw: Steps | Unlimited = "unlimited"
    """Heat that is cooled in its halls: IT kW of all that is drawn below it (default unlimited)."""
    carbon_g_per_kwh: Steps | None = None
    """Emitted for each facility kWh of the pools below, unless a feed nearer to them states its own; needed only by policies."""
    non_firm_kw: Steps | None = None
    """Above the limit, interrupted at any time: used as far as what runs below can give way (default: none)."""
    second_feed: Id | None = None
    """A feed that carries it, and all below it, where any feed above it is lost (default: none does)."""
    events: Annotated[tuple[GridEvent, ...], Field(min_length=1, strict=False)] | None = None
    demand_response: Annotated[tuple[DemandResponse, ...], Field(min_length=1, strict=False)] | None = None
    maintenance: Annotated[tuple[FeedTask, ...], Field(max_length=1000, strict=False)] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Feed:
        if self.second_feed is not None and self.parent is None:
            raise PydanticCustomError("second_feed", "second_feed is for a feed with a parent: it takes over where that is lost")
        if self.limit_kw == "unlimited" and (self.non_firm_kw is not None or self.demand_response is not None):
            raise PydanticCustomError("firm", "non_firm_kw and demand_response need a limit_kw that is a figure")
        for field, rows in (("events", self.events), ("demand_response", self.demand_response)):
            if len({row.id for row in rows or ()}) < len(rows or ()):
                raise PydanticCustomError("grid_ids", "ids of {field} must differ", {"field": field})
        return self


class StartWindow(Noun):
    """Days on which a contract may begin: at any boundary of blocks from the first to the last."""

    first_date: Day
    last_date: Day

    @model_validator(mode="after")
    def _ordered(self) -> StartWindow:
        if self.last_date < self.first_date:
            raise PydanticCustomError("window_order", "last_date must not be before first_date")
        return self


class Renewal(Noun):
    """At the end of its term a contract may go on for ``blocks`` more, up to ``most`` times; the fee changes each time."""

    blocks: Annotated[int, Field(ge=1, le=3660)]
    most: Annotated[int, Field(ge=1, le=100)]
    fee_factor: Factor = 1.0
    """Of the fee per month, once more with every renewal (default 1)."""


class Exit(Noun):
    """A contract may end before its term does, at a boundary of blocks."""

    minimum_days: Annotated[int, Field(ge=0, le=36_600)]
    """Least days from the contract's start to such an end."""
    notice_days: Annotated[int, Field(ge=0, le=36_600)]
    """Days from when notice can be given, which is the calendar's start or a later start of the contract, to such an end."""
    fee_usd: Usd


class TakeOrPay(Noun):
    """Usage that is owed whether used or not: of every slot at least ``share`` of what is online, at the price per GPU-hour."""

    share: Annotated[float, Field(gt=0, le=1)]
    per: Literal["block", "month", "quarter", "year", "horizon"]
    """Use counts together over such a slot; a block belongs to the month (quarter, year) in which it starts."""


class Contract(Noun):
    """Terms under which pools are ours; capacity exists only inside [from_date, to_date).

    With ``optional``, ``start_window``, ``term_blocks``, ``renewal``, ``exit`` or ``purchase`` it is a decision: whether to sign
    it, from when, and until when. It then begins and ends at boundaries of blocks, still inside [from_date, to_date).
    """

    id: Id
    kind: Literal["owned", "leased", "future"]
    provider: Id
    from_date: Day
    to_date: Day | OpenEnd
    price_usd_per_gpu_hour: Steps
    """Paid for every GPU-hour held by a workload."""
    price_usd_per_kwh: Steps | None = None
    """What its provider bills for every facility kWh of its pools, idle draw included (default: nothing)."""
    feed_prices: Literal["paid", "included"] = "paid"
    """Whether its pools pay the prices of their feeds as well, or have them included in its own (default paid)."""
    fee_usd_per_month: Steps = 0.0
    """Paid while the contract runs, used or not; a month is 730 hours (default 0)."""
    optional: bool = False
    """True: it may be left unsigned (default false: it is in force, whatever else is decided)."""
    start_window: StartWindow | None = None
    """Default: it begins at from_date."""
    term_blocks: Annotated[tuple[Annotated[int, Field(ge=1, le=3660)], ...], Field(min_length=1, strict=False)] | None = None
    """Terms on offer, in blocks (default: until to_date)."""
    renewal: Renewal | None = None
    exit: Exit | None = None
    signing_fee_usd: Usd = 0.0
    """Paid once where it is signed (default 0); only for an optional contract."""
    requires: Id | None = None
    """A contract inside whose term its own must lie: what it expands."""
    alternatives: Label | None = None
    """Of the optional contracts with the same label at most one is signed."""
    take_or_pay: TakeOrPay | None = None
    purchase: Purchase | None = None
    """It is bought or built: ordered, not leased; its start is the order's."""
    brings_kw: Annotated[tuple[BroughtPower, ...], Field(min_length=1, max_length=100, strict=False)] | None = None
    """Power that it brings to feeds while it is in force, beside or without pools."""
    spot: Spot | None = None
    """Its capacity may vanish (default: it does not)."""
    sublet_usd_per_gpu_hour: Steps | None = None
    """What idle accelerators earn, in whole allocation units and for whole periods (default: they cannot be let)."""
    reclaim: Reclaim | None = None
    """Default: the landlord keeps to the dates."""

    @property
    def decided(self) -> bool:
        """Whether the plan decides if, from when or until when it is in force."""
        stated = (self.start_window, self.term_blocks, self.renewal, self.exit, self.purchase)
        return self.optional or any(value is not None for value in stated)

    @model_validator(mode="after")
    def _consistent(self) -> Contract:
        if self.to_date != "open" and self.to_date <= self.from_date:
            raise PydanticCustomError("contract_order", "to_date must be after from_date")
        if self.feed_prices == "included" and self.price_usd_per_kwh is None:
            raise PydanticCustomError("feed_prices", "feed_prices: included needs price_usd_per_kwh: what includes them")
        if self.renewal is not None and self.term_blocks is None:
            raise PydanticCustomError("renewal_term", "renewal needs term_blocks: what is renewed is a term")
        if self.term_blocks is not None and len(set(self.term_blocks)) < len(self.term_blocks):
            raise PydanticCustomError("terms", "term_blocks must differ from each other")
        for field in ("take_or_pay", "sublet_usd_per_gpu_hour", "reclaim"):
            if self.spot is not None and getattr(self, field) is not None:
                raise PydanticCustomError("spot", "{field} is not for spot capacity, which may vanish", {"field": field})
        if self.purchase is not None:
            for field in ("term_blocks", "renewal", "exit"):
                if getattr(self, field) is not None:
                    raise PydanticCustomError(
                        "purchase", "{field} is for leases: what is bought is there for its life", {"field": field}
                    )
            if self.purchase.capex_usd_per_kw is not None and self.brings_kw is None:
                raise PydanticCustomError("capex_kw", "capex_usd_per_kw needs brings_kw: it pays for these")
        if self.requires is not None and not self.decided:
            raise PydanticCustomError("requires", "requires is for contracts that are decided: this one is in force as dated")
        if not self.optional:
            for field, stated in (("signing_fee_usd", self.signing_fee_usd > 0), ("alternatives", self.alternatives is not None)):
                if stated:
                    raise PydanticCustomError(
                        "signed", "{field} is for contracts that may be left unsigned: state optional: true", {"field": field}
                    )
        return self


class IslandGroup(Noun):
    """``count`` islands of ``gpus`` each: domains of full bandwidth."""

    gpus: Gpus
    count: Annotated[int, Field(ge=1, le=100_000)] = 1


class Spanning(Noun):
    """How one gang may span islands of this pool. Over k islands its speed is 1 - loss (1 - 1/k)."""

    max_islands: Annotated[int, Field(ge=2, le=64)]
    sets: Literal["consecutive", "all"]
    """Which sets of k islands are offered: neighbours in the order of the pool, or every one (small pools only)."""
    loss: Share
    oversubscription: Annotated[float, Field(ge=1, le=1000)]
    """An island's uplink is its GPUs x scale_out_gbit_s / this."""


MOST_ISLAND_SETS = 5_000
"""Sets of islands that one pool may offer: each is an option of every gang that may span them."""


DeliveryState = Literal["announced", "contracted", "energised", "usable"]
DELIVERY_STATES: tuple[DeliveryState, ...] = ("announced", "contracted", "energised", "usable")
"""How sure a delivery is, least first: said in public; signed; with power at the racks; in use or ready for it."""
DeliveryDate = Literal["p50", "p90"]


class Tranche(Noun):
    """Accelerators that come online together, with the days by which they do so with probability 50 and 90 %."""

    gpus: Gpus
    state: DeliveryState
    p50_date: Day
    p90_date: Day

    @model_validator(mode="after")
    def _ordered(self) -> Tranche:
        if self.p90_date < self.p50_date:
            raise PydanticCustomError("tranche_order", "p90_date must not be before p50_date")
        return self


class Pool(Noun):
    """Accelerators of one type at one site, cut into islands that come online in order."""

    id: Id
    site: Id
    accelerator: Id
    contract: Id
    islands: Annotated[tuple[IslandGroup, ...], Field(min_length=1, strict=False)]
    online_gpus: Steps | None = None
    """GPUs online from dates on; 0 before the first step. Give this, tranches, or rows in the ramps table."""
    tranches: Annotated[tuple[Tranche, ...], Field(min_length=1, strict=False)] | None = None
    """Deliveries one by one; ``settings`` say which of their dates count, and from which state on they do."""
    feed: Id | None = None
    """The feed that supplies it (a hall); default: the site's."""
    spanning: Spanning | None = None
    """Default: no gang spans islands of this pool."""
    spare_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Part of the units online, rounded up, that nothing holds, so that what fails is replaced at once (default 0)."""
    maintenance: Annotated[tuple[MaintenanceTask, ...], Field(max_length=1000, strict=False)] = ()
    """Work that has to be done on it; the plan says when."""

    @cached_property
    def island_gpus(self) -> tuple[int, ...]:
        """GPUs of each island, in order."""
        return tuple(group.gpus for group in self.islands for _ in range(group.count))

    def delivered(self, date: DeliveryDate, least_state: DeliveryState) -> tuple[Step, ...]:
        """GPUs online from days on, by one of the dates of the tranches that are at least in a state; empty without any."""
        found = dict[Date, int]()
        for tranche in self.tranches or ():
            if DELIVERY_STATES.index(tranche.state) >= DELIVERY_STATES.index(least_state):
                day = tranche.p50_date if date == "p50" else tranche.p90_date
                found[day] = found.get(day, 0) + tranche.gpus
        total, steps = 0, []
        for day in sorted(found):
            total += found[day]
            steps.append(Step(from_date=day, value=float(total)))
        return tuple(steps)

    @property
    def set_count(self) -> int:
        """How many sets of two or more islands its rule offers to a gang."""
        if self.spanning is None:
            return 0
        islands = sum(group.count for group in self.islands)
        sizes = range(2, min(self.spanning.max_islands, islands) + 1)
        if self.spanning.sets == "consecutive":
            return sum(islands - k + 1 for k in sizes)
        return sum(comb(islands, k) for k in sizes)

    @property
    def gpus(self) -> int:
        """GPUs of all islands, online or not."""
        return sum(group.gpus * group.count for group in self.islands)


class Link(Noun):
    """A WAN edge between two sites or regions, either way; ``gbit_s`` is shared by all that cross, which all pay its price."""

    id: Id
    a: Id
    b: Id
    gbit_s: Gbits | Unlimited
    rtt_ms: Ms
    price_usd_per_gb: Annotated[float, Field(ge=0, le=1e4)] = 0.0
    """For every gigabyte that crosses, either way (default 0: fibre at a flat fee)."""
