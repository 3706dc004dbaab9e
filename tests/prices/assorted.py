"""Random Programs small enough to solve exactly, each with some of everything that a Program can say, and blocks of both kinds."""

from __future__ import annotations

import numpy as np

from placement.builder import Builder
from placement.program import Anchor, CostRow, Floats, Grid, Ints, Program
from tests.prices.tiny import add_service, ints

FEATURES = (
    "must", "long slot", "lump", "lump in long slot", "equality", "first level", "priced", "pace", "profile", "lease", "waits",
    "from first", "until last", "offset", "divisible", "counts", "service", "uneven service", "cost row", "divisible group",
)  # fmt: skip
"""What a Program may contain; see ``assorted_program``."""


def features(seed: int) -> set[str]:
    """Which features the Program of a seed has: about a third of all."""
    return {name for name, on in zip(FEATURES, np.random.default_rng([7, seed]).random(len(FEATURES)) < 0.35, strict=True) if on}


def assorted_program(seed: int) -> Program:
    """Equal for equal seeds."""
    rng, has = np.random.default_rng(seed), features(seed)
    bands = 2 if "pace" in has or rng.random() < 0.2 else 1
    b = Builder(Grid(np.full(4 * bands, 24.0 / bands), bands), ("first", "second"), ("own", "use"))
    periods = b.grid.periods
    price = 0.05 if "priced" in has else 0.0
    pools = b.add_resources(["a", "b"], "gpu", rng.integers(2, 9, (2, periods)).astype(float), price=price, level=1, term=1)
    jobs = int(rng.integers(2, 6))
    groups = b.add_groups([f"job {k}" for k in range(jobs)], (rng.random(jobs) < 0.3) & ("must" in has))
    ways = [_ways(b, rng, has, groups, pool) for pool in pools]
    _limits(b, rng, has, ways)
    _windows(b, rng, has, ways[0])
    if "counts" in has or "divisible" in has:
        last = ints(periods - 1, periods - 1)
        more = b.add_per_period(first=ints(0, 0), last=last, upper=3.0, whole=np.array(["counts" in has, "divisible" not in has]))
        b.add_rates(more, pools, np.array([1.0, 2.0]))
        b.add_charges(more, 1, 0, -rng.uniform(0, 3, 2))
        if "equality" in has:
            balance = b.add_resources(["balance"], "unit", rng.integers(2, 6, (1, periods)).astype(float), equality=True)
            slack = b.add_per_period(first=ints(0), last=ints(periods - 1), upper=9.0)
            b.add_rates(more, balance[0], 1.0)
            b.add_rates(slack, balance, 1.0)
            b.add_charges(slack, 1, 0, float(rng.uniform(-1, 3)))
    if "service" in has:
        add_service(b, pools[:1], rng, 0)
    if "uneven service" in has:
        add_service(b, pools, rng, 1, uniform=False)
    if "lease" in has:
        lease = b.add_running(first=ints(0), last=ints(2), hours=48.0)
        b.add_rates(lease, pools[:1], -3.0)
        b.add_charges(lease, 1, 0, float(rng.uniform(1, 12)))
    if "cost row" in has:
        b.add_cost_row(CostRow("spend", 1, float(rng.uniform(-30, 20))))
    b.add_constant(0, 0, 2.0)
    b.add_constant(1, 1, -5.0)
    return b.build()


def _ways(b: Builder, rng: np.random.Generator, has: set[str], groups: Ints, pool: int) -> Ints:
    """One way to run each job on a pool; worth it mostly, delay costs, some cost at the first level."""
    jobs = len(groups)
    hours = rng.choice([24.0, 36.0, 48.0, 72.0], jobs)
    last = b.grid.blocks - np.ceil(hours / 24.0).astype(np.int64)
    pace: Ints | int = 0
    if "pace" in has:
        slow = b.pace(np.where(np.arange(b.grid.periods) % 2 == 0, 1.0, 0.5))
        pace = rng.choice([0, slow], jobs)
    whole = np.ones(jobs, dtype=bool)
    if "divisible group" in has:
        whole = rng.random(jobs) < 0.6
    option = b.add_running(first=np.zeros(jobs, dtype=np.int64), last=last, hours=hours, group=groups, pace=pace, whole=whole)
    profile: Floats | int = 0
    if "profile" in has:
        profile = b.profile(rng.uniform(0.3, 1.2, b.grid.periods))
    b.add_rates(option, pool, rng.integers(1, 6, jobs).astype(float), profile=profile)
    b.add_charges(option, 1, 0, -rng.uniform(-3, 30, jobs))
    b.add_charges(option, 1, 0, rng.uniform(0, 3, jobs), anchor=Anchor.END, table=b.curve(np.arange(b.grid.blocks + 1)))
    if "first level" in has:
        b.add_charges(option, 0, 0, rng.integers(-2, 3, jobs).astype(float))
    return option


def _limits(b: Builder, rng: np.random.Generator, has: set[str], ways: list[Ints]) -> None:
    """Budgets, moves and charges per move that all jobs share."""
    halves = np.arange(b.grid.periods) * 2 // b.grid.periods
    for option in ways:
        if "long slot" in has:
            b.add_rates(option, b.add_budgets(["budget"], "gpu-hours", rng.uniform(40, 300, (1, 2)), halves), 1.0)
        if "lump in long slot" in has:
            b.add_rates(option, b.add_budgets(["moves in all"], "moves", np.array([[1.0, 2.0]]), halves), 1.0, lump=True)
    if "lump" in has:
        moves = b.add_resources(["moves"], "TB", 1.0, price=0.1, level=1, term=1)
        for option in ways:
            b.add_rates(option, moves, 1.0, lump=True)


def _windows(b: Builder, rng: np.random.Generator, has: set[str], option: Ints) -> None:
    """Rates that hold before an option begins, after it ends, or at an offset from either."""
    if "waits" in has:
        after = b.add_resources(["after"], "token", 0.0)
        b.add_rates(option[:1], after, -1.0, start=(Anchor.END, 0), end=(Anchor.LAST, 0))
        b.add_rates(option[1:2], after, 1.0, start=(Anchor.START, 0), end=(Anchor.LAST, 0))
    if "from first" in has:
        held = b.add_resources(["held"], "seat", float(rng.integers(1, 3)))
        b.add_rates(option, held, 1.0, start=(Anchor.FIRST, 0), end=(Anchor.END, 0))
    if "until last" in has:
        kept = b.add_resources(["kept"], "TB", float(rng.integers(2, 5)), price=0.02, level=1, term=1)
        b.add_rates(option, kept, rng.integers(1, 3, len(option)).astype(float), start=(Anchor.START, 0), end=(Anchor.LAST, 0))
    if "offset" in has:
        warm = b.add_resources(["warm"], "seat", 2.0)
        b.add_rates(option, warm, 1.0, start=(Anchor.START, 1), end=(Anchor.END, 0))
