"""A plan with a bound for an instance of one period, with pairs of job and pool kept implicit: no Program is built.

    python -m benchmarks one-period --seed 0

At prices on units of pools and kW of feeds, what a job costs in a pool depends on the job only through its units, its value and
its *class* (draw per unit): the cheapest pool of a class is found once, not once per job. The dual over all pairs is then

    L(prices) = owed - prices . limits + sum over jobs of min(0, units x cheapest(class) - value)

with prefix sums over the jobs of a class by value per unit: a bound on every plan, since places only restrict pools further. Good
prices, and how much of each class to put where, come from a small linear program over classes and pools, in which the jobs of a
class are cut into segments of like value per unit. The plan gives each class its shares, the most valuable jobs first, fills what
is left by gain, and packs the pools' places; ``placement.check`` judges and prices it.

Expects what the one-period family has: one block and band, optional jobs of one shape, one accelerator, one feed per pool, no
services. ValueError otherwise.
"""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from benchmarks.families import FAMILIES, write
from benchmarks.options import SEED
from placement import load
from placement.activities.packing import NOWHERE, packed
from placement.check import Check, check
from placement.instance import Instance
from placement.plan import Paths, Places, Plan, Replicas, Runs, Serving, Shedding, empty
from placement.rules.capacity import most_units, usage_prices
from placement.rules.contract import dated_fees
from placement.rules.power import feed_limits_kw, idle_kw
from placement.rules.reading import kwh_prices, pue_of_pools

SEGMENTS = 400
"""Of the jobs of a class, by value per unit."""


@dataclass(frozen=True)
class Answer:
    """A checked plan and the bound on any plan's net cost, both in USD."""

    plan: Plan
    check: Check
    bound: float

    @property
    def value(self) -> float:
        return self.check.levels["net_cost"]

    @property
    def gap(self) -> float:
        return max(0.0, self.value - self.bound) / max(1.0, abs(self.value))


@dataclass(frozen=True)
class _Market:
    """J jobs in C classes, Q pools. Money is USD for the period; prices are [2, Q]: per unit, per kW."""

    units: Any
    value: Any
    kind: Any
    """Class of each job."""
    draw: Any
    """kW of a unit more than idle in each pool, [C, Q]."""
    cost: Any
    """Usage and energy of a unit, [C, Q]."""
    limit: Any
    """Units and kW of each pool, [2, Q]."""
    owed: float
    by_ratio: tuple[tuple[Any, Any, Any], ...]
    """Of each class by falling value per unit: minus that ratio, and sums of units and value before each job."""

    def unit_costs(self, prices: Any) -> Any:
        """Of each class in each pool, [C, Q]."""
        return self.cost + prices[0] + self.draw * prices[1]

    def bound(self, prices: Any) -> float:
        """L(prices): nothing costs less; for prices >= 0."""
        return self.owed - float(np.sum(prices * self.limit)) + sum(
            wanted * least - value for least, wanted, value in self._taken(self.unit_costs(prices).min(axis=1))
        )  # fmt: skip

    def _taken(self, least: Any) -> list[tuple[float, float, float]]:
        """Cost of a unit, and units and value of the jobs worth it, by class."""
        found = []
        for cost, (ratio, units, value) in zip(least, self.by_ratio, strict=True):
            n = int(np.searchsorted(ratio, -cost))
            found.append((float(cost), float(units[n]), float(value[n])))
        return found


def solve_one_period(instance: Instance) -> Answer:
    """Prices, bound, plan and check."""
    market = _market(instance)
    share, prices = _shares(market)
    return _answer(instance, market, share, prices)


def _market(instance: Instance) -> _Market:
    jobs, shapes = instance.jobs, instance.jobs.shapes
    paths = [instance.feeds_above(pool) for pool in instance.pools.values()]
    plain = instance.calendar.period_count == 1 and len(instance.accelerators) > 0 and not instance.services
    plain &= len(shapes.job) == len(jobs) and bool(jobs.is_commitment("optional").all())
    plain &= len(np.unique(instance.pool_accelerator)) == 1 and bool(np.all(shapes.accelerator == instance.pool_accelerator[0]))
    plain &= all(len(path) == 1 for path in paths) and len({path[0] for path in paths}) == len(paths)
    plain &= bool(np.all(np.diff(jobs.pool_offset) == len(instance.pools)))
    plain &= bool(
        np.all(shapes.gpus % instance.unit_gpus[0] == 0) and np.all(shapes.hours <= instance.calendar.hours[0] * (1 + 1e-9))
    )
    if not plain:
        raise ValueError("not an instance of one period with alike jobs, pools and feeds: use placement solve")
    hours = float(instance.calendar.hours[0])
    accelerator = list(instance.accelerators.values())[int(instance.pool_accelerator[0])]
    unit = accelerator.allocation_unit_gpus
    kw = np.array([(mode.training_kw - accelerator.idle_kw) * unit for mode in accelerator.modes])
    draw = kw[:, None] * pue_of_pools(instance)
    energy = kwh_prices(instance)[:, 0] * hours
    feeds = {name: f for f, name in enumerate(instance.feeds)}
    feed = np.array([feeds[path[0]] for path in paths])
    idle = idle_kw(instance)[:, 0]
    limit = np.stack([np.bincount(instance.island_pool, most_units(instance)[:, 0]), feed_limits_kw(instance)[feed, 0] - idle])
    units, value = shapes.gpus / unit, jobs.value_usd
    by_ratio = []
    for c in range(len(kw)):
        mine = np.flatnonzero(shapes.mode == c)
        mine = mine[np.argsort(-value[mine] / units[mine], kind="stable")]
        sums = (np.concatenate([[0.0], np.cumsum(figures[mine])]) for figures in (units, value))
        by_ratio.append((-value[mine] / units[mine], *sums))
    return _Market(
        units=units, value=value, kind=shapes.mode, draw=draw,
        cost=usage_prices(instance)[:, 0] * unit * hours + draw * energy, limit=limit,
        owed=float(dated_fees(instance).sum()) + float(np.sum(idle * energy)), by_ratio=tuple(by_ratio),
    )  # fmt: skip


def _shares(market: _Market) -> tuple[Any, Any]:
    """Units of each class in each pool [C, Q], and prices [2, Q], of the linear program over classes and segments."""
    classes, pools = market.cost.shape
    widths, values = [], []
    for _, units, value in market.by_ratio:
        cut = np.unique(np.linspace(0, len(units) - 1, SEGMENTS + 1).astype(int))
        widths.append(np.diff(units[cut]))
        values.append(np.diff(value[cut]) / np.maximum(widths[-1], 1e-9))
    owner = np.repeat(np.arange(classes), [len(w) for w in widths])
    of_class, of_pool = np.divmod(np.arange(classes * pools), pools)
    at = np.arange(classes * pools)
    placed = sparse.csr_array((np.ones(len(at)), (of_class, at)), shape=(classes, len(at)))
    wanted = sparse.csr_array((-np.ones(len(owner)), (owner, np.arange(len(owner)))), shape=(classes, len(owner)))
    used = sparse.csr_array(
        (np.concatenate([np.ones(len(at)), market.draw.reshape(-1)]), (np.concatenate([of_pool, of_pool + pools]), np.tile(at, 2))),
        shape=(2 * pools, len(at)),
    )
    found = linprog(
        np.concatenate([market.cost.reshape(-1), -np.concatenate(values)]),
        A_ub=sparse.hstack([used, sparse.csr_array((2 * pools, len(owner)))]),
        b_ub=market.limit.reshape(-1),
        A_eq=sparse.hstack([placed, wanted]),
        b_eq=np.zeros(classes),
        bounds=np.stack([np.zeros(len(at) + len(owner)), np.concatenate([np.full(len(at), np.inf), *widths])], axis=1),
        method="highs",
    )
    if found.status != 0:
        raise RuntimeError(f"the linear program over classes ended with: {found.message}")
    return found.x[: len(at)].reshape(classes, pools), np.maximum(-found.ineqlin.marginals.reshape(2, pools), 0.0)


def _answer(instance: Instance, market: _Market, share: Any, prices: Any) -> Answer:
    costs = market.unit_costs(prices)
    gain = market.value / market.units - costs.min(axis=1)[market.kind]
    left_units, left_kw = market.limit.copy()
    left_share = share.copy()
    pool = np.full(len(market.units), -1)
    for j in np.argsort(-gain, kind="stable").tolist():
        c, units = int(market.kind[j]), float(market.units[j])
        room = (left_units >= units) & (left_kw >= units * market.draw[c]) & (market.cost[c] * units < market.value[j])
        if not room.any():
            continue
        # First to where the class has most of its share left, then to where it is cheapest at the prices.
        q = int(np.argmax(np.where(room, left_share[c], -np.inf)))
        if left_share[c, q] < units:
            q = int(np.argmin(np.where(room, costs[c], np.inf)))
        pool[j] = q
        left_units[q] -= units
        left_kw[q] -= units * market.draw[c, q]
        left_share[c, q] -= units
    job = np.flatnonzero(pool >= 0)
    zero = np.zeros(len(job), dtype=np.int64)
    island = packed(instance, pool[job], market.units[job].astype(np.int64), zero, zero + 1)
    kept = island != NOWHERE
    job, island = job[kept], island[kept]
    zero = np.zeros(len(job), dtype=np.int64)
    plan = Plan(
        Runs(job, instance.jobs.shape_offset[job], zero, zero + 1),
        Places(np.arange(len(job)), island, market.units[job].astype(np.int64)),
        *(empty(table) for table in (Paths, Replicas, Serving, Shedding)),
    )
    return Answer(plan, check(instance, plan), market.bound(prices))


@click.command()
@click.option("--family", type=click.Choice([name for name in FAMILIES if name.startswith("one-period")]), default="one-period")
@click.option("--seed", type=SEED, default=0, show_default=True)
def main(family: str, seed: int) -> None:
    """Plan an instance of one period, with its bound."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(FAMILIES[family], seed, Path(folder), family)
        began = time.monotonic()
        instance = load(path)
    loaded = time.monotonic()
    answer = solve_one_period(instance)
    done = time.monotonic()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    click.echo(
        f"objective {answer.value:,.0f} USD, bound {answer.bound:,.0f}, gap {answer.gap:.4%}, {len(answer.plan.runs.job):,} of "
        f"{len(instance.jobs):,} placed, {len(answer.check.violations)} violations; load {loaded - began:.1f} s, "
        f"solve and check {done - loaded:.1f} s, {peak:,.0f} MB"
    )
