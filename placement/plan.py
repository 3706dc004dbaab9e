"""The plan: what was decided, in the instance's own indices, and what is proven about it.

Indices are positions in the instance's mappings; islands are numbered through all pools (``Instance.island_names``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from placement.lending import Borrowing
from placement.move import Moves
from placement.overruns import Overruns
from placement.program import Bools, Floats, Ints, LevelResult, Limit, Program, Status
from placement.reroutes import Reroutes
from placement.shares import LeastShares, LeastSums
from placement.violation import Violation as Violation  # noqa: PLC0414 -- read with plans

LEVELS = ("promises", "net_cost")
"""Minimised in this order unless an objective is stated, both in USD: promises broken, by their weight; then net cost."""

TERMS = (
    "promised_tokens", "promised_jobs", "unserved", "lateness", "energy", "carbon", "usage_fees", "take_or_pay", "fixed_fees",
    "capex", "residual_value", "sublets", "demand_response", "wan", "start_ups", "uncovered", "limit_changes", "closings",
    "refusals", "credits", "swings", "shifting", "degrading", "churn", "moves", "changes", "unfinished_work", "borrowing",
    "training_value", "batch_value", "revenue",
)  # fmt: skip
"""What the levels are made of, in USD; the first two belong to promises, the others to net cost. Earnings are negative."""

CLOSED_GAP = 1e-9
"""A level with at most this gap is closed: float noise is no gap."""

TERM_LEVEL = {term: int(not term.startswith("promised")) for term in TERMS}


@dataclass(frozen=True)
class Runs:
    """Gangs that run, one row each: [n]; of one that moves two, first where it stands today, then where it goes."""

    job: Ints
    shape: Ints
    """Row of ``Instance.jobs.shapes``."""
    start_block: Ints
    end_block: Ints
    """The block after the last one held; B also where the run continues after the horizon."""


@dataclass(frozen=True)
class Places:
    """Islands that runs hold, one row per (run, island)."""

    run: Ints
    """Row of ``Runs``."""
    island: Ints
    units: Ints
    """Allocation units held there."""


@dataclass(frozen=True)
class Paths:
    """WAN links that runs on two sites cross, one row per (run, link)."""

    run: Ints
    link: Ints


@dataclass(frozen=True)
class Replicas:
    """Allocation units given to services, one row per (service, profile, island, period)."""

    service: Ints
    profile: Ints
    """Position in the service's profiles."""
    island: Ints
    period: Ints
    units: Ints


@dataclass(frozen=True)
class Serving:
    """Demand served, one row per (stream, site, class of the replicas, period)."""

    stream: Ints
    site: Ints
    latency_class: Ints
    period: Ints
    tokens_per_s: Floats


@dataclass(frozen=True)
class Shedding:
    """Demand not served, one row per (stream, rung, promised or not, period)."""

    stream: Ints
    rung: Ints
    promised: Bools
    """Below the floor of the ladder: counts at the first level."""
    period: Ints
    tokens_per_s: Floats


@dataclass(frozen=True)
class Shifts:
    """Demand that is served in another period than its own, one row per (stream, period, period moved to)."""

    stream: Ints
    period: Ints
    to_period: Ints
    tokens_per_s: Floats
    """That leave ``period``; how many arrive is for the hours, the means and the loss to say."""


@dataclass(frozen=True)
class Degraded:
    """Demand that another stream answers, with less, one row per (stream, period); tokens/s are those that leave the stream."""

    stream: Ints
    period: Ints
    tokens_per_s: Floats


@dataclass(frozen=True)
class Contracts:
    """Terms signed, one row per contract that is decided and in force."""

    contract: Ints
    start_block: Ints
    """The first one covered; of what is bought that of the order."""
    end_block: Ints
    """The block after the last one covered; B also where the term goes on after the horizon."""


@dataclass(frozen=True)
class Sublets:
    """Allocation units let to others, one row per (pool, period)."""

    pool: Ints
    period: Ints
    units: Ints


@dataclass(frozen=True)
class Recourse:
    """How streams would be served after a loss, one row per (loss, stream, site, class of the replicas, period)."""

    case: Ints
    """Position in ``Instance.loss_cases``."""
    stream: Ints
    site: Ints
    latency_class: Ints
    period: Ints
    tokens_per_s: Floats


@dataclass(frozen=True)
class Uncovered:
    """What a loss would leave of that which is to be covered, one row per (loss, stream, period)."""

    case: Ints
    stream: Ints
    period: Ints
    tokens_per_s: Floats


@dataclass(frozen=True)
class Responses:
    """Power given up for demand response, one row per (response, period)."""

    response: Ints
    """Position in ``Instance.responses``."""
    period: Ints
    kw: Floats


@dataclass(frozen=True)
class Maintenance:
    """When maintenance is done, one row per task."""

    task: Ints
    """Position in ``Instance.maintenance``."""
    start_block: Ints
    end_block: Ints
    """The block after the last one in which something is down."""


@dataclass(frozen=True)
class FeedWork:
    """When maintenance of feeds is done, one row per task."""

    work: Ints
    """Position in ``Instance.feed_work``."""
    start_block: Ints
    end_block: Ints
    """The block after the last one in which less may be drawn."""


@dataclass(frozen=True)
class Backups:
    """Where must jobs that a loss hits would run instead, one row per (loss, job)."""

    case: Ints
    """Position in ``Instance.loss_cases``."""
    job: Ints
    shape: Ints
    """Row of ``Instance.jobs.shapes``."""
    island: Ints
    start_block: Ints
    end_block: Ints
    """The block after the last one held; B also where the job would run on after the horizon."""


@dataclass(frozen=True)
class Starts:
    """Replicas that start in a period, of services whose starts are counted, one row per (service, profile, pool, period)."""

    service: Ints
    profile: Ints
    pool: Ints
    period: Ints
    replicas: Floats


@dataclass(frozen=True)
class Kept:
    """Replicas that would stay in pools of which a landlord takes back a share, one row per (loss, profile, pool, period)."""

    case: Ints
    """Position in ``Instance.loss_cases``."""
    service: Ints
    profile: Ints
    """Position in the service's profiles."""
    pool: Ints
    period: Ints
    units: Ints


@dataclass(frozen=True)
class Limits:
    """Multipliers of demand that limits let through, one row per (lever, span)."""

    lever: Ints
    """Position in ``Instance.levers``."""
    start_block: Ints
    end_block: Ints
    """The block after the last one of the span."""
    multiplier: Floats


@dataclass(frozen=True)
class Closings:
    """Products that are closed to a tenant, one row per lever that is used."""

    lever: Ints
    """Position in ``Instance.levers``."""
    start_block: Ints
    end_block: Ints
    """The block after the last one in which it is closed."""


@dataclass(frozen=True)
class Refusals:
    """Tenants that are refused, one row each."""

    tenant: Ints


@dataclass(frozen=True)
class Granted:
    """Credits granted, one row per (agreement, slot)."""

    case: Ints
    """Position in ``Instance.credit_cases``."""
    start_block: Ints
    end_block: Ints
    """The block after the last one of the slot."""
    step: Ints
    """Position among the steps of the agreement."""


@dataclass(frozen=True)
class Swings:
    """Changes of the share served of a tenant's demand against the block before, one row per (tenant, period)."""

    tenant: Ints
    period: Ints
    share: Floats


@dataclass(frozen=True)
class Batch:
    """Accelerators that work on batch jobs, one row per (job, accelerator and mode, pool, period)."""

    case: Ints
    """Position in ``Instance.batch_cases``."""
    pool: Ints
    period: Ints
    gpus: Floats
    """A mean over the period where it is not whole."""


@dataclass(frozen=True)
class Unfinished:
    """Batch jobs that are not finished, one row each."""

    job: Ints
    """Position in ``Instance.batch_jobs``."""
    share: Floats
    """Of all its work."""


@dataclass(frozen=True)
class Plan:
    """Everything decided. Jobs without a run do not run, decided contracts without a row are not signed."""

    runs: Runs
    places: Places
    paths: Paths
    replicas: Replicas
    serving: Serving
    shedding: Shedding
    contracts: Contracts = field(default_factory=lambda: empty(Contracts))
    sublets: Sublets = field(default_factory=lambda: empty(Sublets))
    recourse: Recourse = field(default_factory=lambda: empty(Recourse))
    uncovered: Uncovered = field(default_factory=lambda: empty(Uncovered))
    responses: Responses = field(default_factory=lambda: empty(Responses))
    maintenance: Maintenance = field(default_factory=lambda: empty(Maintenance))
    feed_work: FeedWork = field(default_factory=lambda: empty(FeedWork))
    backups: Backups = field(default_factory=lambda: empty(Backups))
    kept: Kept = field(default_factory=lambda: empty(Kept))
    starts: Starts = field(default_factory=lambda: empty(Starts))
    limits: Limits = field(default_factory=lambda: empty(Limits))
    closings: Closings = field(default_factory=lambda: empty(Closings))
    refusals: Refusals = field(default_factory=lambda: empty(Refusals))
    credits: Granted = field(default_factory=lambda: empty(Granted))
    swings: Swings = field(default_factory=lambda: empty(Swings))
    least_shares: LeastShares = field(default_factory=lambda: empty(LeastShares))
    least_sums: LeastSums = field(default_factory=lambda: empty(LeastSums))
    batch: Batch = field(default_factory=lambda: empty(Batch))
    unfinished: Unfinished = field(default_factory=lambda: empty(Unfinished))
    shifts: Shifts = field(default_factory=lambda: empty(Shifts))
    degraded: Degraded = field(default_factory=lambda: empty(Degraded))
    borrowing: Borrowing = field(default_factory=lambda: empty(Borrowing))
    overruns: Overruns = field(default_factory=lambda: empty(Overruns))
    reroutes: Reroutes = field(default_factory=lambda: empty(Reroutes))


@dataclass(frozen=True)
class Prices:
    """What one more unit of a resource would have been worth, one row per slot where that is not nothing: [n].

    A slot is named by the first period in it, so that prices still mean something for an instance that has changed.
    """

    names: tuple[str, ...]
    resource: Ints
    """Position in ``names``."""
    period: Ints
    usd_per_unit: Floats
    """Negative only where a resource must be used exactly."""

    @classmethod
    def of_slots(cls, program: Program, usd_per_unit: Floats) -> Prices:
        """From a price for each slot, [slots]."""
        slot = np.flatnonzero(usd_per_unit)
        resource = program.resources.of_slot[slot]
        partition, period = program.resources.partition[resource], slot - program.resources.offset[resource]
        for k in np.unique(partition):
            mine = partition == k
            period[mine] = np.unique(program.partitions[k], return_index=True)[1][period[mine]]
        used, at = np.unique(resource, return_inverse=True)
        return cls(tuple(program.resources.name[r] for r in used), at.reshape(-1).astype(np.int64), period, usd_per_unit[slot])

    def of_program(self, program: Program) -> Floats:
        """The price of each slot of a program, [slots]: 0 for what is new; what no longer exists is left out."""
        resources = program.resources
        position = {name: r for r, name in enumerate(resources.name)}
        known = np.array([position.get(name, -1) for name in self.names] or [-1], dtype=np.int64)[self.resource]
        rows = np.flatnonzero((known >= 0) & (self.period >= 0) & (self.period < program.grid.periods))
        resource = known[rows]
        slot = resources.offset[resource] + program.partitions[resources.partition[resource], self.period[rows]]
        prices = np.zeros(len(resources.limit))
        prices[slot] = self.usd_per_unit[rows]
        return prices


TABLES: dict[str, type[Any]] = {
    "runs": Runs, "places": Places, "paths": Paths, "replicas": Replicas, "serving": Serving, "shedding": Shedding,
    "contracts": Contracts, "sublets": Sublets, "recourse": Recourse, "uncovered": Uncovered, "responses": Responses,
    "feed_work": FeedWork, "maintenance": Maintenance, "backups": Backups, "kept": Kept, "limits": Limits, "closings": Closings,
    "refusals": Refusals, "credits": Granted, "swings": Swings, "least_shares": LeastShares, "least_sums": LeastSums,
    "shifts": Shifts, "degraded": Degraded, "batch": Batch, "unfinished": Unfinished, "starts": Starts, "borrowing": Borrowing,
    "overruns": Overruns, "reroutes": Reroutes,
}  # fmt: skip


def empty(table: type[Any]) -> Any:
    """A plan table without rows."""
    dtypes = {"Ints": np.int64, "Floats": np.float64, "Bools": np.bool_}
    return table(*(np.empty(0, dtype=dtypes[str(f.type)]) for f in fields(table)))


@dataclass(frozen=True)
class Result:
    """A checked answer. ``plan`` is None where there is none; ``violations`` is empty for whatever a user sees."""

    status: Status
    limit: Limit | None
    plan: Plan | None
    terms: dict[str, float] | None
    """USD by term, recomputed from the plan."""
    levels: tuple[LevelResult, ...]
    seconds: float
    solver: str
    seed: int
    instance_name: str
    instance_digest: str
    facts: dict[str, float | str] = field(default_factory=dict)
    prices: Prices | None = None
    """Of the last level, to solve from again; None where the solver has none."""
    work: float | None = None
    """Deterministic work spent; None where the solver does not count it."""
    moves: tuple[Moves, ...] | None = None
    """Steps from today's plan to this one, in order; None where it was not made near one."""

    @property
    def objective(self) -> float | None:
        """Value of the last level: net cost in USD, unless an objective that is stated ends otherwise."""
        return self.levels[-1].value if self.plan is not None else None

    @property
    def open_level(self) -> LevelResult:
        """The first level not closed; the last one when all are."""
        for level in self.levels:
            if level.gap is None or level.gap > CLOSED_GAP:
                return level
        return self.levels[-1]
