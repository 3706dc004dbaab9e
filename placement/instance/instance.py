"""The instance: a document as written, and the same resolved, with what has fleet size in arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from placement.instance.base import Label, Noun
from placement.instance.batch import BatchCase, BatchJob, batch_cases
from placement.instance.calendar import Calendar
from placement.instance.credits import CreditCase, credit_cases
from placement.instance.demand import SPANS, DailyProfile, Growth, LatencyClass, Service, Stream, Tenant, TrainingJob
from placement.instance.digest import digest
from placement.instance.fairness import FairnessCase, fairness_cases
from placement.instance.flows import Flows, flows
from placement.instance.futures import Futures
from placement.instance.grid import EventCase, ResponseCase
from placement.instance.jobs import Jobs
from placement.instance.levers import Lever
from placement.instance.loss_cases import LossCase, loss_cases
from placement.instance.losses import Loss
from placement.instance.objective import Level, Levels, levels_of
from placement.instance.overruns import Excess, excess_of_today, limit_names
from placement.instance.policy import Policy, Scenario
from placement.instance.quotas import QuotaCase, quota_cases
from placement.instance.settings import Settings, Tables
from placement.instance.supply import Accelerator, Contract, Feed, Link, Pool, Provider, Region, Site
from placement.instance.today import RunningPlan, Today
from placement.instance.upkeep import FeedTask, MaintenanceTask
from placement.instance.wan import Wan
from placement.program import Bools, Floats, Ints

FORMAT = "fleet-placement/1"
DAYS_PER_YEAR = 365.25


class Document(Noun):
    """An instance as written in ``fleet.yaml``; tables hold the rest."""

    format: Literal["fleet-placement/1"]
    name: Label
    description: Annotated[str, Field(max_length=10_000)] | None = None
    calendar: Calendar
    settings: Settings = Settings()
    accelerators: Annotated[tuple[Accelerator, ...], Field(strict=False)] = ()
    """Added to the catalogue, or replacing its entries."""
    providers: Annotated[tuple[Provider, ...], Field(strict=False)]
    regions: Annotated[tuple[Region, ...], Field(strict=False)]
    sites: Annotated[tuple[Site, ...], Field(strict=False)]
    feeds: Annotated[tuple[Feed, ...], Field(strict=False)]
    contracts: Annotated[tuple[Contract, ...], Field(strict=False)]
    pools: Annotated[tuple[Pool, ...], Field(strict=False)]
    links: Annotated[tuple[Link, ...], Field(strict=False)] = ()
    tenants: Annotated[tuple[Tenant, ...], Field(strict=False)]
    latency_classes: Annotated[tuple[LatencyClass, ...], Field(strict=False)] = ()
    services: Annotated[tuple[Service, ...], Field(strict=False)] = ()
    growths: Annotated[tuple[Growth, ...], Field(strict=False)] = ()
    daily_profiles: Annotated[tuple[DailyProfile, ...], Field(strict=False)] = ()
    streams: Annotated[tuple[Stream, ...], Field(strict=False)] = ()
    jobs: Annotated[tuple[TrainingJob, ...], Field(strict=False)] = ()
    batch_jobs: Annotated[tuple[BatchJob, ...], Field(strict=False)] = ()
    losses: Annotated[tuple[Loss, ...], Field(strict=False)] = ()
    tables: Tables = Tables()
    policies: Annotated[tuple[Policy, ...], Field(strict=False)] = ()
    levers: Annotated[tuple[Lever, ...], Field(strict=False)] = ()
    objective: Annotated[tuple[Level, ...], Field(strict=False)] = ()
    """Levels, minimised in this order (default: promises, then those of fairness policies, then net_cost)."""
    scenarios: Annotated[tuple[Scenario, ...], Field(strict=False)] = ()
    futures: Futures | None = None
    """Scenarios by their probability, for plans that hold in all of them (default: none are told apart)."""
    running_plan: RunningPlan | None = None
    """Today's plan, to depart from as little as pays (default: there is none)."""


@dataclass(frozen=True)
class Instance:
    """A validated instance. Mappings keep the order of the files; positions in them are the indices used in arrays.

    Q pools, S streams, P periods, F feeds. Construct with ``placement.files.load``.
    """

    name: str
    calendar: Calendar
    settings: Settings
    accelerators: Mapping[str, Accelerator]
    providers: Mapping[str, Provider]
    regions: Mapping[str, Region]
    sites: Mapping[str, Site]
    feeds: Mapping[str, Feed]
    contracts: Mapping[str, Contract]
    pools: Mapping[str, Pool]
    links: Mapping[str, Link]
    tenants: Mapping[str, Tenant]
    latency_classes: Mapping[str, LatencyClass]
    services: Mapping[str, Service]
    streams: Mapping[str, Stream]
    losses: Mapping[str, Loss]
    policies: Mapping[str, Policy]
    levers: Mapping[str, Lever]
    objective: Mapping[str, Level]
    """Empty: the default. See ``levels``."""
    batch_jobs: Mapping[str, BatchJob]
    jobs: Jobs
    service_pools: tuple[Ints, ...]
    """Pools that may carry each service, ascending."""
    pool_ramp_gpus: Floats
    """GPUs delivered in each pool in each period, before the contract is looked at, [Q, P]."""
    demand_tokens_per_s: Floats
    """[S, P]; what capacity must sustain."""
    mean_tokens_per_s: Floats
    """[S, P]; what volumes count with."""
    spot_times_longer: Floats
    """Hours of a gang on each contract of spot capacity, in their order, per hour elsewhere, [shapes, spot contracts]."""
    planned_tokens_per_s: Floats | None = None
    """Demand as it was planned for, [S, P]; None where no stream's growth says. It changes nothing in a plan."""
    futures: Futures | None = None
    """What may come. It changes nothing in a plan of this instance alone."""
    today: Today | None = None
    """Today's plan, to depart from as little as pays."""

    @cached_property
    def digest(self) -> str:
        """Identity of what the instance means: equal for YAML and tables, untouched by comments, sources and scenarios."""
        return digest(self)

    # ------------------------------------------------------------ supply in each period

    @cached_property
    def pool_online_gpus(self) -> Ints:
        """GPUs that are delivered and inside their contract throughout each period, [Q, P]."""
        rows = np.zeros((len(self.pools), self.calendar.period_count), dtype=np.int64)
        for q, pool in enumerate(self.pools.values()):
            contract = self.contracts[pool.contract]
            end = None if contract.to_date == "open" else contract.to_date
            inside = self.calendar.covered(contract.from_date, end)
            rows[q] = np.minimum(np.floor(self.pool_ramp_gpus[q]), pool.gpus) * inside
        return rows

    @cached_property
    def island_pool(self) -> Ints:
        """Pool of each island; islands are numbered through all pools in order, [I]."""
        return np.repeat(np.arange(len(self.pools), dtype=np.int64), [len(pool.island_gpus) for pool in self.pools.values()])

    @cached_property
    def equal_islands(self) -> Ints:
        """First island of the pool that a gang cannot tell from each, [I]: as many GPUs online in every period, none spanned."""
        first: dict[tuple[int, bytes], int] = {}
        told_apart = [pool.spanning is not None for pool in self.pools.values()]
        equal = np.arange(len(self.island_pool), dtype=np.int64)
        for island, q in enumerate(self.island_pool.tolist()):
            if not told_apart[q]:
                equal[island] = first.setdefault((q, self.island_online_gpus[island].tobytes()), island)
        return equal

    @cached_property
    def island_names(self) -> tuple[str, ...]:
        """``pool/number`` of each island, numbers from 1."""
        return tuple(f"{name}/{n + 1}" for name, pool in self.pools.items() for n in range(len(pool.island_gpus)))

    @cached_property
    def pool_island(self) -> Ints:
        """First island of each pool, [Q + 1]."""
        return np.searchsorted(self.island_pool, np.arange(len(self.pools) + 1)).astype(np.int64)

    @cached_property
    def island_online_gpus(self) -> Ints:
        """GPUs online in each island: a pool's islands come online one after another, [I, P]."""
        rows = []
        for q, pool in enumerate(self.pools.values()):
            size = np.array(pool.island_gpus, dtype=np.int64)
            before = np.cumsum(size) - size
            rows.append(np.clip(self.pool_online_gpus[q] - before[:, None], 0, size[:, None]))
        return np.concatenate(rows) if rows else np.zeros((0, self.calendar.period_count), dtype=np.int64)

    @cached_property
    def maintenance(self) -> tuple[tuple[int, MaintenanceTask], ...]:
        """Every task of maintenance with its pool, in the order of the pools."""
        return tuple((q, task) for q, pool in enumerate(self.pools.values()) for task in pool.maintenance)

    @cached_property
    def feed_work(self) -> tuple[tuple[int, FeedTask], ...]:
        """Every task of maintenance of feeds with its feed, in the order of the feeds."""
        return tuple((f, task) for f, feed in enumerate(self.feeds.values()) for task in feed.maintenance)

    @cached_property
    def unit_gpus(self) -> Ints:
        """Accelerators per allocation unit of each pool, [Q]."""
        return np.array([self.accelerators[pool.accelerator].allocation_unit_gpus for pool in self.pools.values()], dtype=np.int64)

    @cached_property
    def pool_accelerator(self) -> Ints:
        """Index of the accelerator of each pool, [Q]."""
        index = {name: a for a, name in enumerate(self.accelerators)}
        return np.array([index[pool.accelerator] for pool in self.pools.values()], dtype=np.int64)

    @cached_property
    def pool_site(self) -> Ints:
        """Index of the site of each pool, [Q]."""
        index = {name: s for s, name in enumerate(self.sites)}
        return np.array([index[pool.site] for pool in self.pools.values()], dtype=np.int64)

    @cached_property
    def job_progress(self) -> Floats:
        """Hours of progress before each block boundary by row of ``jobs.paces``, [paces, B + 1]."""
        jobs, calendar = self.jobs, self.calendar
        worked = np.maximum(calendar.hours - jobs.hours_switching(calendar), 0.0) * np.tile(jobs.paces, calendar.blocks)
        per_block: Floats = worked.reshape(len(worked), calendar.blocks, -1).sum(axis=2)
        return np.concatenate([np.zeros((len(per_block), 1)), np.cumsum(per_block, axis=1)], axis=1)

    # ------------------------------------------------------------ spot capacity

    @cached_property
    def pool_spot(self) -> Ints:
        """Which of the contracts of spot capacity each pool is under, -1 for none, [Q]."""
        spots = [name for name, contract in self.contracts.items() if contract.spot is not None]
        under = [pool.contract for pool in self.pools.values()]
        return np.array([spots.index(name) if name in spots else -1 for name in under], dtype=np.int64)

    @cached_property
    def availability(self) -> Floats:
        """Share of the time that each pool is there while its contract is in force, [Q]; 1 but for spot capacity."""
        spots = [self.contracts[pool.contract].spot for pool in self.pools.values()]
        return np.array([1.0 if spot is None else spot.availability for spot in spots], dtype=np.float64)

    # ------------------------------------------------------------ demand

    @cached_property
    def mean_per_demand(self) -> Floats:
        """Mean rate for each token/s of demand, [S, P]; without demand that of all the stream, or of what degrades to it, or 1."""
        demand, mean, hours = self.demand_tokens_per_s, self.mean_tokens_per_s, self.calendar.hours
        whole, asked = mean @ hours, demand @ hours
        for t, name in enumerate(self.streams):
            if asked[t] == 0:
                near = [s for s, other in enumerate(self.streams.values()) if other.degrade_to and other.degrade_to.stream == name]
                whole[t], asked[t] = (rate[near] @ hours @ np.ones(len(near)) for rate in (mean, demand))
        of_stream = np.divide(whole, asked, out=np.ones_like(whole), where=asked > 0)
        shape = np.broadcast_to(of_stream[:, None], demand.shape).copy()
        return np.asarray(np.divide(mean, demand, out=shape, where=demand > 0), dtype=np.float64)

    @cached_property
    def flows(self) -> Flows:
        """Ways for demand to move."""
        return flows(self)

    # ------------------------------------------------------------ money over time

    def discount_after(self, days: Floats) -> Floats:
        """What a dollar so many days after the calendar's start is worth at its start; 1 without a rate."""
        return np.asarray((1.0 + self.settings.discount_rate_per_year) ** (-days / DAYS_PER_YEAR), dtype=np.float64)

    @cached_property
    def discount_at(self) -> Floats:
        """The same at each block boundary, [B + 1]."""
        return self.discount_after(self.calendar.block_edges_days)

    @cached_property
    def discount(self) -> Floats:
        """The same in each period, by the day on which its block starts, [P]."""
        return np.repeat(self.discount_at[:-1], self.calendar.band_count)

    @cached_property
    def present_hours(self) -> Floats:
        """Hours of each period as money by the hour counts with them, [P]."""
        return self.calendar.hours * self.discount

    @cached_property
    def wan(self) -> Wan:
        """Round-trip times and paths over the links."""
        return Wan(self.sites, self.regions, self.links, self.settings.wan_paths_per_pair)

    @cached_property
    def may_run_at(self) -> Bools:
        """Whether the residency of a tenant admits a site, [tenants, sites]."""
        rows = [
            [tenant.residency is None or site.jurisdiction in tenant.residency for site in self.sites.values()]
            for tenant in self.tenants.values()
        ]
        return np.array(rows, dtype=np.bool_).reshape(len(self.tenants), len(self.sites))

    @cached_property
    def loss_cases(self) -> tuple[LossCase, ...]:
        """What may be lost at once: every loss, those that say ``each`` written out. Nobody counts on spot capacity then."""
        return loss_cases(self)

    @cached_property
    def levels(self) -> Levels:
        """Levels and terms of the objective, stated or by default."""
        return levels_of(self)

    @cached_property
    def fairness_cases(self) -> tuple[FairnessCase, ...]:
        """Whom each policy of fairness compares, in the order of the policies."""
        return fairness_cases(self)

    @cached_property
    def credit_cases(self) -> tuple[CreditCase, ...]:
        """Whom credits were agreed with: tenants, then streams."""
        return credit_cases(self)

    @cached_property
    def batch_cases(self) -> tuple[BatchCase, ...]:
        """Every way to do the work of every batch job, by accelerator and mode."""
        return tuple(batch_cases(self.batch_jobs, self.accelerators))

    @cached_property
    def quota_cases(self) -> tuple[QuotaCase, ...]:
        """Every quota, by tenant: that on all accelerators, then those by type."""
        return quota_cases(self)

    @cached_property
    def limit_names(self) -> tuple[str, ...]:
        """What today's plan can break and law overrun excuses: ``island NAME``, ``pool NAME`` and ``feed NAME``, in this order."""
        return limit_names(self)

    @cached_property
    def excess(self) -> Excess:
        """By how much today's plan breaks which of these limits."""
        return excess_of_today(self)

    @cached_property
    def excess_units(self) -> Ints:
        """Units that today's plan holds in each island beyond those online, [I, P]."""
        units = np.zeros((len(self.island_pool), self.calendar.period_count), dtype=np.int64)
        mine = self.excess.limit < len(units)
        units[self.excess.limit[mine]] = np.round(self.excess.amount[mine])
        return units

    @cached_property
    def reclaim_left_units(self) -> Ints:
        """Units of each pool once its landlord has taken back what it may by then; all that are online elsewhere, [Q, P]."""
        units = np.zeros((len(self.pools), self.calendar.period_count), dtype=np.int64)
        np.add.at(units, self.island_pool, self.island_online_gpus // self.unit_gpus[self.island_pool][:, None])
        for q, pool in enumerate(self.pools.values()):
            reclaim = self.contracts[pool.contract].reclaim
            if reclaim is not None:
                first = reclaim.first_block(self.calendar) * self.calendar.band_count
                units[q, first:] -= np.ceil(reclaim.share * units[q, first:] - 1e-9).astype(np.int64)
        return units

    @cached_property
    def domain_units(self) -> Ints:
        """Allocation units per scale-up domain of each pool, [Q]."""
        domain = [self.accelerators[pool.accelerator].scale_up_domain_gpus for pool in self.pools.values()]
        return np.array(domain, dtype=np.int64) // np.maximum(self.unit_gpus, 1)

    @cached_property
    def counts_domains(self) -> Bools:
        """Pools in which whole scale-up domains are counted, [Q].

        True where islands hold several domains of several units, and a replica or a job of span ``domain`` needs more than
        one unit of one.
        """
        largest = np.array([max(pool.island_gpus) for pool in self.pools.values()], dtype=np.int64)
        several = (self.domain_units > 1) & (largest > self.domain_units * self.unit_gpus)
        needed = np.zeros(len(self.pools), dtype=np.bool_)
        names = [pool.accelerator for pool in self.pools.values()]
        for service, pools in zip(self.services.values(), self.service_pools, strict=True):
            for q in pools.tolist():
                needed[q] |= any(p.accelerator == names[q] and p.gpus_per_replica > self.unit_gpus[q] for p in service.profiles)
        shapes, inside = self.jobs.shapes, self.jobs.span == SPANS.index("domain")
        for q in range(len(self.pools)):
            mine = (shapes.accelerator == self.pool_accelerator[q]) & inside[shapes.job]
            needed[q] |= bool(np.any(shapes.gpus[mine] > self.unit_gpus[q]))
        return np.asarray(several & needed, dtype=np.bool_)

    def feeds_above(self, pool: Pool) -> tuple[str, ...]:
        """Feeds that carry a pool's power, from its own up to the root."""
        return self._upwards(pool.feed or self.sites[pool.site].feed)

    def _upwards(self, feed: str | None) -> tuple[str, ...]:
        path = []
        while feed is not None:
            path.append(feed)
            feed = self.feeds[feed].parent
        return tuple(path)

    def feeds_without(self, pool: Pool, lost: Collection[str]) -> tuple[str, ...] | None:
        """Feeds that carry a pool once some are lost, by the second feed that is nearest to it; None where none does."""
        path = self.feeds_above(pool)
        if not set(path) & set(lost):
            return path
        for n, name in enumerate(path):
            if name in lost:
                return None
            second = self.feeds[name].second_feed
            if second is not None:
                other = self._upwards(second)
                if not set(other) & set(lost):
                    return (*path[: n + 1], *other)
        return None

    # ------------------------------------------------------------ what the grid asks for

    @cached_property
    def grid_events(self) -> tuple[EventCase, ...]:
        """Events of all feeds, in order."""
        found = []
        for name, feed in self.feeds.items():
            for event in feed.events or ():
                hours = np.where(event.periods(self.calendar), event.hours, 0.0)
                found.append(EventCase(f"{name}/{event.id}", event, hours, self._below(name)))
        return tuple(found)

    @cached_property
    def responses(self) -> tuple[ResponseCase, ...]:
        """Demand response of all feeds, in order."""
        return tuple(
            ResponseCase(f"{name}/{response.id}", f, response, response.periods(self.calendar), self._below(name))
            for f, (name, feed) in enumerate(self.feeds.items())
            for response in feed.demand_response or ()
        )

    def _below(self, feed: str) -> Bools:
        """Pools that a feed carries, [Q]."""
        return np.array([feed in self.feeds_above(pool) for pool in self.pools.values()], dtype=np.bool_)


def frozen(nouns: Mapping[str, Any]) -> Mapping[str, Any]:
    """A read-only copy of a mapping."""
    return MappingProxyType(dict(nouns))
