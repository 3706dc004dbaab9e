"""A plan in figures: what is served, held and drawn, per period, in the instance's own units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from placement.instance import Instance
from placement.plan import Plan
from placement.program import Floats, Ints
from placement.rules.power import facility_kw, pools_below
from placement.rules.reading import batch_units, by_pool, gang_units, online_gpus, replica_units, sublet_units


@dataclass(frozen=True)
class PlanFigures:
    """Figures of one plan. T tenants, S streams, Q pools, F feeds, P periods."""

    instance: Instance
    plan: Plan

    @cached_property
    def shed_tokens_per_s(self) -> Floats:
        """Demand not served, by stream, [S, P]."""
        shed = np.zeros_like(self.instance.demand_tokens_per_s)
        table = self.plan.shedding
        np.add.at(shed, (table.stream, table.period), table.tokens_per_s)
        return shed

    def served_share(self, group_of_period: Ints, groups: int) -> Floats:
        """Share of each tenant's demand that is served over groups of periods, [T, groups]; nan where it demands nothing."""
        hours = self.instance.calendar.hours
        asked, shed = (
            _grouped(by_tenant(self.instance, figure) * hours, group_of_period, groups)
            for figure in (self.instance.demand_tokens_per_s, self.shed_tokens_per_s)
        )
        share: Floats = np.divide(asked - shed, asked, out=np.full(asked.shape, np.nan), where=asked > 0)
        return share

    @cached_property
    def training_gpus(self) -> Floats:
        """Accelerators that gangs hold in each pool, [Q, P]."""
        return by_pool(self.instance, gang_units(self.instance, self.plan)) * self.instance.unit_gpus[:, None]

    @cached_property
    def serving_gpus(self) -> Floats:
        """Accelerators that replicas hold in each pool, [Q, P]."""
        return by_pool(self.instance, replica_units(self.instance, self.plan)) * self.instance.unit_gpus[:, None]

    @cached_property
    def batch_gpus(self) -> Floats:
        """Accelerators that work on batch jobs in each pool, [Q, P]."""
        return batch_units(self.instance, self.plan) * self.instance.unit_gpus[:, None]

    @cached_property
    def let_gpus(self) -> Floats:
        """Accelerators let to others in each pool, [Q, P]."""
        return sublet_units(self.instance, self.plan) * self.instance.unit_gpus[:, None]

    @cached_property
    def online_gpus(self) -> Floats:
        """Accelerators online in each pool under the contracts in force, [Q, P]."""
        return by_pool(self.instance, online_gpus(self.instance, self.plan).astype(np.float64))

    @cached_property
    def feed_kw(self) -> Floats:
        """Facility kW at each feed, idle draw included, [F, P]."""
        return pools_below(self.instance).astype(np.float64) @ facility_kw(self.instance, self.plan)


def by_tenant(instance: Instance, of_stream: Floats) -> Floats:
    """Sums of a figure of streams, [S, P], over each tenant's, [T, P]."""
    index = {name: t for t, name in enumerate(instance.tenants)}
    total = np.zeros((len(index), instance.calendar.period_count))
    for row, stream in zip(of_stream, instance.streams.values(), strict=True):
        total[index[stream.tenant]] += row
    return total


def _grouped(figure: Floats, group_of_period: Ints, groups: int) -> Floats:
    """Sums over groups of periods, [n, P] to [n, groups]."""
    return np.stack([figure[:, group_of_period == group].sum(axis=1) for group in range(groups)], axis=1)


def tightest(use: Floats, limit: Floats) -> int:
    """Period in which a use comes nearest to its limit, [P] both; the one of most use where nothing limits it."""
    if not np.isfinite(limit).any():
        return int(np.argmax(use))
    return int(np.argmax(np.divide(use, limit, out=np.where(use > 0, np.inf, 0.0), where=limit > 0)))


def months(instance: Instance) -> tuple[tuple[str, ...], Ints]:
    """Names of the months in which blocks start, and the month of each period, [P]."""
    names = [day.strftime("%Y-%m") for day in instance.calendar.block_starts[:-1]]
    distinct = sorted(set(names))
    of_block = np.array([distinct.index(name) for name in names], dtype=np.int64)
    return tuple(distinct), np.repeat(of_block, instance.calendar.band_count)
