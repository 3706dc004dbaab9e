"""What wants to run: tenants, services and their streams, training jobs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import (
    Day,
    Factor,
    Gbits,
    Gpus,
    Hours,
    Id,
    Label,
    Ms,
    Noun,
    Share,
    Terabytes,
    TokensPerS,
    Unlimited,
    Usd,
    UsdPerMillionTokens,
)
from placement.instance.calendar import Steps, known_zone
from placement.instance.credits import Credits
from placement.instance.flows import Degrading, Elasticity, Shifting
from placement.instance.running import CurrentPlace
from placement.instance.services import RunningReplicas, Spread


class Rung(Noun):
    """A part of demand and what each million of its tokens costs when it is not served."""

    share: Annotated[float, Field(gt=0, le=1)]
    usd_per_million_tokens_unserved: UsdPerMillionTokens


class Ladder(Noun):
    """What shortfall costs: rungs in the order in which demand is shed, cheapest first, shares summing to 1.

    The last ``floor_share`` of demand is a promise: shedding it counts at the first level, or is forbidden where ``hard``.
    """

    rungs: Annotated[tuple[Rung, ...], Field(min_length=1, max_length=100, strict=False)]
    floor_share: Share = 0.0
    hard: bool = False

    @model_validator(mode="after")
    def _monotone(self) -> Ladder:
        if abs(sum(rung.share for rung in self.rungs) - 1) > 1e-9:
            raise PydanticCustomError("ladder_sum", "the shares of the rungs must sum to 1")
        prices = [rung.usd_per_million_tokens_unserved for rung in self.rungs]
        if prices != sorted(prices):
            raise PydanticCustomError("ladder_order", "prices must not decrease from one rung to the next")
        if self.hard and self.floor_share == 0:
            raise PydanticCustomError("ladder_hard", "hard: true needs a floor_share above 0")
        return self


class Tenant(Noun):
    """Who demands: a plan tier, a product, a research team, the landlord."""

    id: Id
    name: Label | None = None
    ladder: Ladder | None = None
    """Of its streams, unless they state their own."""
    residency: Annotated[tuple[Id, ...], Field(min_length=1, strict=False)] | None = None
    """Jurisdictions in which its work may run; default: any."""
    flexibility_share: Share = 0.0
    """By how much its work may be slowed down while the grid asks for it (default 0: not at all)."""
    quota_gpus: Steps | None = None
    """GPUs of all types that what counts on its quota may hold (default: as many as there are)."""
    accelerator_quota_gpus: Annotated[dict[Id, Steps], Field(min_length=1)] | None = None
    """The same by type of accelerator; types that are not named have no quota of their own."""
    cohort: Label | None = None
    """Tenants of one cohort lend each other what they do not use of their quotas; default: it neither lends nor borrows."""
    lend_gpus: Steps | None = None
    """Most that it lends of each of its quotas (default: all of it)."""
    borrow_gpus: Steps | None = None
    """Most that it borrows for each of its quotas (default: what the others lend)."""
    borrow_usd_per_gpu_hour: Annotated[float, Field(ge=0, le=1e6)] | None = None
    """What each GPU-hour that it borrows counts as, divided by its priority (default 0)."""
    priority: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """Of those at the same price, who has twice the priority borrows for half the gain (default 1)."""
    isolation: Literal["pool", "site"] | None = None
    """Default: what it holds may be shared. ``pool`` (``site``): where it holds anything, nobody else does in that period."""
    admission: Literal["decided"] | None = None
    """Default: it is a tenant. ``decided``: the plan may refuse it; then nothing of it is served, runs or is owed."""
    refusal_usd: Usd | None = None
    """What refusing it costs; required with admission: decided."""
    swing_usd_per_point: Usd | None = None
    """For each percentage point by which the share of its demand that is served in a band changes from one block to the next
    (default: such changes cost nothing)."""
    credits: Credits | None = None
    """Credited where too little of all its demand together is served over a month (default: none)."""

    @model_validator(mode="after")
    def _refusal(self) -> Tenant:
        if (self.admission is None) != (self.refusal_usd is None):
            raise PydanticCustomError("refusal", "admission: decided needs refusal_usd, and only it has one")
        if self.cohort is not None and self.quota_gpus is None and self.accelerator_quota_gpus is None:
            raise PydanticCustomError("cohort", "cohort needs quota_gpus or accelerator_quota_gpus: there is nothing else to lend")
        for name in ("lend_gpus", "borrow_gpus", "borrow_usd_per_gpu_hour", "priority"):
            if getattr(self, name) is not None and self.cohort is None:
                raise PydanticCustomError("lending", "{name} needs a cohort", {"name": name})
        return self


class LatencyClass(Noun):
    """How far from its users a request may be served.

    Classes are listed tightest first: a replica of one class serves that and looser ones.
    """

    id: Id
    max_rtt_ms: Ms | Unlimited


class ServiceProfile(Noun):
    """What one replica needs and sustains on one accelerator, in one mode, under one latency class."""

    accelerator: Id
    latency_class: Id
    gpus_per_replica: Gpus
    tokens_per_s: Annotated[float, Field(gt=0, le=1e9)]
    """Output tokens per second of one replica at the service's stated mix of input and output."""
    mode: Id | None = None
    """Default: the accelerator's first."""


class Service(Noun):
    """An inference model behind an endpoint."""

    id: Id
    name: Label | None = None
    input_tokens_per_output_token: Annotated[float, Field(ge=0, le=1e5)] | None = None
    """The mix at which the profiles were measured (information)."""
    wan_bytes_per_token: Annotated[float, Field(ge=0, le=1e9)] = 0.0
    """Bytes between users and site for each output token, both ways together (default 0: its traffic is not counted)."""
    profiles: Annotated[tuple[ServiceProfile, ...], Field(min_length=1, max_length=200, strict=False)]
    pools: Annotated[tuple[Id, ...], Field(min_length=1, strict=False)] | None = None
    """Pools that may carry it; default: all for which a profile exists, or rows in the eligibility table."""
    min_replicas: Steps | None = None
    """Replicas that stand at least, over all its pools (default: none need to)."""
    min_replicas_at: Annotated[dict[Id, Steps], Field(min_length=1)] | None = None
    """The same at single sites, by id."""
    spread: Spread | None = None
    """Default: all of it may stand in one place."""
    warm_spare_share: Annotated[float, Field(ge=0, le=10)] | None = None
    """Throughput kept ready beyond what is served, as a share of that (default: none)."""
    throughput_factor: Steps | None = None
    """By how much its profiles sustain more, or less, than they state, from software and new versions (default: 1)."""
    start_up_hours: Annotated[float, Field(ge=0, le=1e4)] | None = None
    """A replica that starts does not serve for so long, each time that its band begins (default: it serves at once)."""
    start_up_usd: Usd | None = None
    """For each replica that starts, each time (default: nothing)."""
    scale_up_replicas: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    """Replicas that may start in a period at most, each time that its band begins (default: all that there is room for)."""
    replicas_running: Annotated[tuple[RunningReplicas, ...], Field(strict=False)] | None = None
    """What runs before the first period; nothing else does (default: what the first period holds runs already)."""

    @property
    def starts(self) -> bool:
        """Whether starts of its replicas are counted."""
        return any(figure is not None for figure in (self.start_up_hours, self.start_up_usd, self.scale_up_replicas))
    quota: Id | None = None
    """Tenant on whose quota its replicas count; default: on nobody's."""

    @model_validator(mode="after")
    def _distinct(self) -> Service:
        if self.replicas_running is not None and not self.starts:
            raise PydanticCustomError("running", "replicas_running needs start_up_hours, start_up_usd or scale_up_replicas")
        keys = [(p.accelerator, p.latency_class, p.mode) for p in self.profiles]
        if len(set(keys)) < len(keys):
            raise PydanticCustomError("profiles", "two profiles have the same accelerator, latency class and mode")
        return self


class GrowthStep(Noun):
    """Growth by this factor per year (365 days) from a day on."""

    from_date: Day
    annual_factor: Factor


class Growth(Noun):
    """A path of growth, 1 at the calendar's start and compounding by the hour; before the first step it stays 1."""

    id: Id
    steps: Annotated[tuple[GrowthStep, ...], Field(min_length=1, strict=False)]
    planned: Annotated[tuple[GrowthStep, ...], Field(min_length=1, strict=False)] | None = None
    """What was planned for, beside what comes (default: nothing else was)."""


class DailyProfile(Noun):
    """Demand by hour of the day in a zone, relative to the stream's base."""

    id: Id
    zone: str
    weekday: Annotated[tuple[Annotated[float, Field(ge=0, le=1e4)], ...], Field(min_length=24, max_length=24, strict=False)]
    weekend: Annotated[tuple[Annotated[float, Field(ge=0, le=1e4)], ...], Field(min_length=24, max_length=24, strict=False)]

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return known_zone(value)


class Stream(Noun):
    """The demand of one tenant from one region on one service.

    Demand is stated in exactly one way: ``demand_tokens_per_s``; or ``base_tokens_per_s`` with ``growth`` and ``daily_profile``
    (then the percentile of ``settings`` over each period counts); or rows in the demand table.
    """

    id: Id
    tenant: Id
    region: Id
    service: Id
    latency_class: Id
    demand_tokens_per_s: Steps | None = None
    mean_tokens_per_s: Steps | None = None
    """What volumes count with; default: the demand, or the mean over the profile."""
    base_tokens_per_s: TokensPerS | None = None
    growth: Id | None = None
    daily_profile: Id | None = None
    tokens_factor: Steps | None = None
    """By how much its demand, and its mean, are more or less than stated, from longer sessions or requests (default: 1)."""
    revenue_usd_per_million_tokens: UsdPerMillionTokens = 0.0
    """Earned for each million tokens served (default 0)."""
    ladder: Ladder | None = None
    """Default: the tenant's."""
    shifting: Shifting | None = None
    """What of it can wait (default: nothing)."""
    degrade_to: Degrading | None = None
    """What may answer in its place (default: nothing)."""
    elasticity: Elasticity | None = None
    """What of later demand goes where it is not served (default: nothing)."""
    credits: Credits | None = None
    """Credited where too little of it is served over a month, beside those of its tenant (default: none)."""

    @model_validator(mode="after")
    def _one_way(self) -> Stream:
        if self.demand_tokens_per_s is not None and self.base_tokens_per_s is not None:
            raise PydanticCustomError("demand_ways", "state demand_tokens_per_s or base_tokens_per_s, not both")
        if self.base_tokens_per_s is None and (self.growth is not None or self.daily_profile is not None):
            raise PydanticCustomError("demand_base", "growth and daily_profile need base_tokens_per_s")
        if self.mean_tokens_per_s is not None and self.demand_tokens_per_s is None:
            raise PydanticCustomError("demand_mean", "mean_tokens_per_s needs demand_tokens_per_s")
        return self


class JobShape(Noun):
    """One way to run a gang: so many accelerators of a type for so many hours at the full speed of its mode's accelerator.

    In a mode of speed f the hours are divided by f.
    """

    accelerator: Id
    gpus: Gpus
    duration_hours: Hours
    modes: Annotated[tuple[Id, ...], Field(min_length=1, strict=False)] | None = None
    """Modes it may run in; default: the accelerator's first."""


Span = Literal["domain", "island", "pool", "sites"]
SPANS: tuple[Span, ...] = ("domain", "island", "pool", "sites")
Commitment = Literal["optional", "promised", "must"]
COMMITMENTS: tuple[Commitment, ...] = ("optional", "promised", "must")


class TrainingJob(Noun):
    """An all-or-nothing gang that runs without pause on whole blocks."""

    id: Id
    tenant: Id
    shapes: Annotated[tuple[JobShape, ...], Field(min_length=1, max_length=100, strict=False)] | None = None
    """Or rows in the shapes table."""
    commitment: Commitment
    """must: no plan without it; promised: dropping it counts at the first level; optional: runs if it pays."""
    value_usd: Usd
    """Earned when it is finished."""
    span: Span
    """Widest place allowed: one scale-up domain, one island, several islands of a pool, two sites."""
    release_date: Day | None = None
    """Default: the calendar's start."""
    due_date: Day | None = None
    """Lateness counts from here; default: never late."""
    deadline_date: Day | None = None
    """Must have ended; default: the calendar's end (or beyond it with continues_after)."""
    lateness_usd_per_day: Usd = 0.0
    continues_after: bool = False
    """May run past the horizon; its value then counts pro rata."""
    breach_usd: Usd | None = None
    """Weight of dropping a promised job at the first level; default: its value."""
    scale_up_gpus: Gpus = 1
    """Scale-up domains must join at least so many accelerators (default 1)."""
    gbit_s_per_gpu: Gbits | None = None
    """Needed out of each island while it spans islands; required for span pool and sites."""
    wan_gbit_s: Gbits | None = None
    """Needed between two sites; required for span sites."""
    max_rtt_ms: Ms | None = None
    """Tolerated between two sites; required for span sites."""
    wan_loss: Share | None = None
    """Part of its speed lost on two sites; required for span sites."""
    pace: dict[str, Share] | None = None
    """Progress per hour by band; 0 pauses and holds nothing then. Default: 1 in every band."""
    switch_hours: Annotated[float, Field(ge=0, le=1e4)] = 0.0
    """Held without progress each time that its pace goes from 0 to above, to stop what else ran and load its state (default 0)."""
    pools: Annotated[tuple[Id, ...], Field(min_length=1, strict=False)] | None = None
    """Pools that may carry it; default: all of its shapes' accelerators, or rows in the eligibility table."""
    checkpoint_hours: Annotated[float, Field(gt=0, le=1e4)] | None = None
    """Work stands still so long for each checkpoint; with it and restart_hours, expected failures make its shapes' hours longer."""
    restart_hours: Annotated[float, Field(ge=0, le=1e4)] | None = None
    """From a failure until work goes on from the last checkpoint: found, replaced or repaired, and loaded."""
    checkpoint_every_hours: Annotated[float, Field(gt=0, le=1e5)] | None = None
    """Work between checkpoints; default: what makes the expected hours least."""
    after: Annotated[tuple[Id, ...], Field(min_length=1, strict=False)] | None = None
    """Jobs that it waits for: it starts once all of them have ended, and does not run where one of them does not."""
    data_tb: Terabytes | None = None
    """Data that every site where it runs needs before the start."""
    data_at: Id | None = None
    """Site where the data lies already."""
    checkpoint_tb: Terabytes | None = None
    """A checkpoint that it starts from, needed likewise."""
    checkpoint_at: Id | None = None
    move_blocks: Annotated[int, Field(ge=1, le=3660)] | None = None
    """Blocks before the start in which data and checkpoint cross the WAN, an equal part in each; default: 1."""
    current_place: CurrentPlace | None = None
    """Where it runs when the calendar starts; default: it does not run yet."""
    quota: Id | None = None
    """Tenant on whose quota it counts; default: its own."""
    reclaimable: bool = False
    """May be stopped when a lender takes its GPUs back, so that it may hold borrowed ones for longer than a block."""

    @model_validator(mode="after")
    def _consistent(self) -> TrainingJob:
        if self.span in ("pool", "sites") and self.gbit_s_per_gpu is None:
            raise PydanticCustomError("span_pool", "span '{span}' needs gbit_s_per_gpu", {"span": self.span})
        if self.span == "sites" and (self.wan_gbit_s is None or self.max_rtt_ms is None or self.wan_loss is None):
            raise PydanticCustomError("span_sites", "span 'sites' needs wan_gbit_s, max_rtt_ms and wan_loss")
        if self.wan_loss is not None and self.wan_loss >= 1:
            raise PydanticCustomError("wan_loss", "wan_loss must be below 1")
        if self.pace is not None and not any(self.pace.values()):
            raise PydanticCustomError("pace_zero", "pace is 0 in every band: the job would never end")
        if self.switch_hours and (self.pace is None or all(self.pace.values())):
            raise PydanticCustomError("switch", "switch_hours needs a pace that is 0 in some band: else it is never interrupted")
        dates = [d for d in (self.release_date, self.due_date or self.deadline_date, self.deadline_date) if d is not None]
        if dates != sorted(dates):
            raise PydanticCustomError("job_dates", "release_date, due_date and deadline_date must be in this order")
        if self.continues_after and self.deadline_date is not None:
            raise PydanticCustomError("continues", "continues_after: true excludes a deadline_date; remove one of the two")
        if (self.checkpoint_hours is None) != (self.restart_hours is None):
            raise PydanticCustomError("goodput", "state checkpoint_hours and restart_hours, or neither")
        if self.checkpoint_every_hours is not None and self.checkpoint_hours is None:
            raise PydanticCustomError("goodput_every", "checkpoint_every_hours needs checkpoint_hours and restart_hours")
        if (self.data_tb is None) != (self.data_at is None):
            raise PydanticCustomError("data", "state data_tb and data_at, or neither")
        if (self.checkpoint_tb is None) != (self.checkpoint_at is None):
            raise PydanticCustomError("checkpoint", "state checkpoint_tb and checkpoint_at, or neither")
        moves = self.current_place is not None and self.current_place.move_tb is not None
        if self.move_blocks is not None and self.data_tb is None and self.checkpoint_tb is None and not moves:
            raise PydanticCustomError("move_blocks", "move_blocks needs data_tb or checkpoint_tb, or a current_place with move_tb")
        if self.breach_usd is not None and self.commitment != "promised":
            raise PydanticCustomError("breach", "breach_usd is for promised jobs")
        return self
