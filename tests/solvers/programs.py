"""Tiny Programs, one per feature, by name: what every solver must agree on with the oracle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from placement.builder import Builder
from placement.program import Anchor, CostRow, Grid, Program

LEVELS = ("first", "second")
PROGRAMS: dict[str, Callable[[], Program]] = {}
INFEASIBLE = {"must without room", "equality out of reach", "must without columns", "budget too small"}


def named(function: Callable[[], Program]) -> Callable[[], Program]:
    PROGRAMS[function.__name__.replace("_", " ")] = function
    return function


def builder(blocks: int = 4, bands: int = 1, hours: float = 24.0) -> Builder:
    return Builder(Grid(np.full(blocks * bands, hours), bands), LEVELS, ("own", "use"))


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def jobs(b: Builder, gpus: tuple[float, ...], values: tuple[float, ...], must: bool = False, hours: float = 48.0) -> np.ndarray:
    """One group per job, startable in every block from which it still ends in time; worth ``values`` at level 1."""
    groups = b.add_groups([f"job {k}" for k in range(len(gpus))], must)
    blocks = int(np.ceil(hours / b.grid.block_hours[0]))
    count = len(gpus)
    option = b.add_running(
        first=np.zeros(count, dtype=np.int64), last=np.full(count, b.grid.blocks - blocks), hours=hours, group=groups
    )
    b.add_charges(option, 1, 0, -np.asarray(values))
    return option


def demand(b: Builder, pool: np.ndarray, amount: float, penalty: float = 7.0, upper: float = 5.0, whole: bool = True) -> np.ndarray:
    """Replicas that supply a throughput, a stream served from it, and shedding at a price."""
    last = b.grid.periods - 1
    throughput = b.add_resources(["throughput"], "tokens/s", 0.0)
    balance = b.add_resources(["demand"], "tokens/s", amount, equality=True)
    replicas = b.add_per_period(first=ints(0), last=ints(last), upper=upper, whole=whole)
    b.add_rates(replicas, pool, 1.0)
    b.add_rates(replicas, throughput, -3.0)
    serve = b.add_per_period(first=ints(0), last=ints(last), upper=amount)
    b.add_rates(serve, throughput, 1.0)
    b.add_rates(serve, balance, 1.0)
    shed = b.add_per_period(first=ints(0), last=ints(last), upper=amount)
    b.add_rates(shed, balance, 1.0)
    b.add_charges(shed, 1, 0, penalty)
    return replicas


@named
def choices_alone() -> Program:
    b = builder()
    option = jobs(b, (4, 3, 2), (10.0, 8.0, 7.0))
    b.add_rates(option, b.add_resources(["pool"], "gpu", 5.0)[0], np.array([4.0, 3.0, 2.0]))
    return b.build()


@named
def choices_and_counts_and_divisibles() -> Program:
    b = builder(3)
    option = jobs(b, (4, 3), (40.0, 33.0))
    pool = b.add_resources(["pool"], "gpu", 5.0, price=0.01, level=1, term=1)
    b.add_rates(option, pool[0], np.array([4.0, 3.0]))
    demand(b, pool, 10.0, upper=3.0)
    return b.build()


@named
def must_group() -> Program:
    b = builder()
    option = jobs(b, (4, 3), (-5.0, 20.0), must=np.array([True, False]))  # type: ignore[arg-type]
    b.add_rates(option, b.add_resources(["pool"], "gpu", 5.0)[0], np.array([4.0, 3.0]))
    return b.build()


@named
def must_without_room() -> Program:
    b = builder()
    option = jobs(b, (4, 3, 3), (1.0, 1.0, 1.0), must=True)
    b.add_rates(option, b.add_resources(["pool"], "gpu", 5.0)[0], np.array([4.0, 3.0, 3.0]))
    return b.build()


@named
def must_without_columns() -> Program:
    b = builder()
    b.add_groups(["job"], True)
    return b.build()


@named
def equality_row() -> Program:
    b = builder(2)
    pool = b.add_resources(["pool"], "gpu", 2.0, price=1.0, level=1, term=1)
    demand(b, pool, 7.0, upper=4.0)
    return b.build()


@named
def equality_out_of_reach() -> Program:
    b = builder(2)
    row = b.add_resources(["balance"], "unit", 5.0, equality=True)
    option = b.add_per_period(first=ints(0), last=ints(1), upper=4.0)
    b.add_rates(option, row, 1.0)
    return b.build()


@named
def equality_over_wholes() -> Program:
    b = builder(2)
    row = b.add_resources(["balance"], "unit", 7.0, equality=True)
    option = b.add_per_period(first=ints(0, 0), last=ints(1, 1), upper=3.0, whole=True)
    b.add_rates(option, row[0], np.array([2.0, 3.0]))
    b.add_charges(option, 1, 0, np.array([1.0, 2.0]))
    return b.build()


@named
def lump() -> Program:
    b = builder()
    option = jobs(b, (1, 1), (5.0, 4.0))
    b.add_rates(option, b.add_resources(["moves"], "TB", 1.0)[0], 1.0, lump=True)
    return b.build()


@named
def long_slot() -> Program:
    b = builder()
    option = jobs(b, (2, 3, 1), (5.0, 6.0, 2.0))
    budget = b.add_budgets(["budget"], "gpu-hours", 250.0)
    b.add_rates(option, budget[0], np.array([2.0, 3.0, 1.0]))
    return b.build()


@named
def lump_in_long_slot() -> Program:
    b = builder()
    option = jobs(b, (1, 1), (5.0, 4.0))
    budget = b.add_budgets(["budget"], "moves", np.array([[1.0, 1.0]]), np.array([0, 0, 1, 1]))
    b.add_rates(option, budget[0], 1.0, lump=True)
    return b.build()


@named
def profile() -> Program:
    b = builder()
    option = jobs(b, (2, 2), (5.0, 4.0))
    pool = b.add_resources(["pool"], "gpu", np.array([[2.0, 4.0, 3.0, 1.0]]))
    b.add_rates(option, pool[0], 2.0, profile=b.profile([1.0, 1.0, 0.5, 0.5]))
    return b.build()


@named
def pace() -> Program:
    b = builder(4, bands=2, hours=12.0)
    groups = b.add_groups(["night", "day"], False)
    night = b.pace(np.tile([0.0, 1.0], 4))
    option = b.add_running(first=ints(0, 0), last=ints(2, 3), hours=24.0, pace=np.array([night, 0]), group=groups)
    pool = b.add_resources(["pool"], "gpu", 3.0)
    b.add_rates(option, pool[0], 2.0, profile=np.array([b.profile(np.tile([0.0, 1.0], 4)), 0]))
    b.add_charges(option, 1, 0, np.array([-6.0, -5.0]))
    late = b.curve([0, 0, 1, 2, 3])
    b.add_charges(option, 1, 0, 1.0, anchor=Anchor.END, table=late)
    return b.build()


@named
def anchored_window() -> Program:
    """The second job waits for the first: tokens supplied from one's end, used by the other until it ends."""
    b = builder()
    option = jobs(b, (1, 1), (5.0, 9.0), hours=24.0)
    after = b.add_resources(["after"], "token", 0.0)
    b.add_rates(option[:1], after, -1.0, start=(Anchor.END, 0), end=(Anchor.LAST, 0))
    b.add_rates(option[1:], after, 1.0, start=(Anchor.START, 0), end=(Anchor.LAST, 0))
    b.add_rates(option, b.add_resources(["pool"], "gpu", 1.0)[0], 1.0)
    return b.build()


@named
def offset_window() -> Program:
    b = builder()
    option = jobs(b, (1, 1), (5.0, 4.0), hours=24.0)
    b.add_rates(option, b.add_resources(["pool"], "gpu", 1.0)[0], 1.0, start=(Anchor.START, 0), end=(Anchor.END, 0))
    warm = b.add_resources(["warm"], "gpu", np.array([[0.0, 1.0, 1.0, 1.0]]))
    b.add_rates(option[:1], warm, 1.0, start=(Anchor.FIRST, 0), end=(Anchor.FIRST, 1))
    return b.build()


@named
def supply() -> Program:
    """A lease brings the GPUs that a gang beyond the limit needs: dropping that gang's columns would be wrong."""
    b = builder()
    option = jobs(b, (6, 2), (30.0, 9.0))
    pool = b.add_resources(["pool"], "gpu", 4.0)
    b.add_rates(option, pool[0], np.array([6.0, 2.0]))
    lease = b.add_running(first=ints(0), last=ints(2), hours=48.0)
    b.add_rates(lease, pool, -4.0)
    b.add_charges(lease, 1, 0, 12.0)
    return b.build()


@named
def cost_row() -> Program:
    b = builder()
    option = jobs(b, (4, 3, 2), (10.0, 8.0, 7.0))
    b.add_rates(option, b.add_resources(["pool"], "gpu", 9.0)[0], np.array([4.0, 3.0, 2.0]))
    b.add_charges(option, 0, 0, np.array([4.0, 3.0, 3.0]))
    b.add_charges(option, 0, 0, -5.0)
    b.add_cost_row(CostRow("spend", 1, -9.0))
    b.add_cost_row(CostRow("of some", 0, -2.5, option[1:]))
    return b.build()


@named
def budget_too_small() -> Program:
    b = builder()
    option = jobs(b, (1,), (-5.0,), must=True)
    b.add_rates(option, b.add_resources(["pool"], "gpu", 1.0), 1.0)
    b.add_cost_row(CostRow("spend", 1, 4.0))
    return b.build()


@named
def levels() -> Program:
    """The first level wants what the second finds dear."""
    b = builder(3)
    option = jobs(b, (4, 3), (3.0, 8.0))
    pool = b.add_resources(["pool"], "gpu", 5.0)
    b.add_rates(option, pool[0], np.array([4.0, 3.0]))
    b.add_charges(option, 0, 0, np.array([-2.0, -1.0]))
    replicas = demand(b, pool, 6.0, upper=2.0)
    b.add_charges(replicas, 0, 0, -0.25)
    b.add_constant(0, 0, 4.0)
    b.add_constant(1, 1, -17.0)
    return b.build()


@named
def divisible_alone() -> Program:
    b = builder(3)
    pool = b.add_resources(["pool"], "gpu", np.array([[1.0, 2.0, 3.0]]), price=0.1, level=1, term=1)
    demand(b, pool, 7.0, whole=False)
    return b.build()


@named
def divisible_running() -> Program:
    b = builder()
    option = b.add_running(first=ints(0, 1), last=ints(2, 2), hours=48.0, upper=0.7, whole=False)
    b.add_rates(option, b.add_resources(["pool"], "gpu", 1.0)[0], 1.0)
    b.add_charges(option, 1, 0, np.array([-3.0, -2.0]))
    return b.build()


@named
def divisible_group() -> Program:
    b = builder()
    group = b.add_groups(["either"], False)
    option = b.add_running(first=ints(0, 0), last=ints(1, 1), hours=48.0, whole=False, group=group)
    b.add_rates(option, b.add_resources(["pool"], "gpu", np.array([[1.0, 1.0, 2.0, 2.0]]))[0], np.array([2.0, 1.0]))
    b.add_charges(option, 1, 0, np.array([-5.0, -3.0]))
    return b.build()


@named
def upper_with_profile() -> Program:
    b = builder(3)
    option = b.add_per_period(first=ints(0), last=ints(2), upper=4.0, upper_profile=b.profile([0.5, 0.9, 0.1]), whole=True)
    b.add_rates(option, b.add_resources(["pool"], "gpu", 3.0), 1.0)
    b.add_charges(option, 1, 0, -1.0)
    return b.build()


@named
def zero_costs() -> Program:
    b = builder()
    option = b.add_running(first=ints(0), last=ints(2), hours=48.0, group=b.add_groups(["job"], True))
    b.add_rates(option, b.add_resources(["pool"], "gpu", np.array([[1.0, 0.0, 1.0, 1.0]])), 1.0)
    return b.build()


@named
def no_options() -> Program:
    b = builder()
    b.add_resources(["pool"], "gpu", 1.0)
    b.add_constant(1, 0, 3.0)
    return b.build()


@named
def no_columns() -> Program:
    b = builder()
    option = b.add_running(first=ints(2), last=ints(1), hours=24.0, group=b.add_groups(["job"], False))
    b.add_rates(option, b.add_resources(["pool"], "gpu", 1.0), 1.0)
    return b.build()


@named
def copies() -> Program:
    """Two equal islands as copies, a third of another size, a pool that all use at a price, and a limit on some of the cost."""
    b = builder(3)
    pool = b.add_resources(["pool"], "gpu", np.array([[7.0, 6.0, 7.0]]), price=0.25, level=1, term=1)
    islands = b.add_resources(
        ["island 1", "island 2", "island 3"], "gpu", np.array([[4.0], [4.0], [3.0]]), price=0.5, level=1, term=1
    )
    groups = b.add_groups(["a", "b", "c"], np.array([True, False, False]))
    zero = np.zeros(3, dtype=np.int64)
    option = b.add_running(first=zero, last=zero + 1, hours=48.0, group=groups, copies=ints(3, 2, 3))
    gpus = np.array([3.0, 4.0, 2.0])
    b.add_rates(option, islands[0], gpus, step=True)
    b.add_rates(option, pool[0], gpus)
    b.add_charges(option, 1, 0, np.array([-100.0, -500.0, -300.0]))
    b.add_charges(option, 0, 0, np.array([1.0, 2.0, -1.0]))
    b.add_cost_row(CostRow("of some", 1, -100.0, option[1:]))
    return b.build()


def random_program(seed: int) -> Program:
    """A few jobs on two pools, replicas and a stream, sometimes a lease, a budget, a must job, a cost at the first level."""
    rng = np.random.default_rng(seed)
    b = builder(int(rng.integers(2, 4)))
    count = int(rng.integers(1, 4))
    pools = b.add_resources(["a", "b"], "gpu", rng.integers(2, 8, (2, 1)).astype(float), price=0.01, level=1, term=1)
    groups = b.add_groups([f"job {k}" for k in range(count)], rng.random(count) < 0.15)
    for pool in pools:
        hours = rng.choice([24.0, 36.0, 48.0], count)
        last = b.grid.blocks - np.ceil(hours / 24.0).astype(np.int64)
        option = b.add_running(first=np.zeros(count, dtype=np.int64), last=last, hours=hours, group=groups)
        b.add_rates(option, pool, rng.integers(1, 6, count).astype(float))
        b.add_charges(option, 1, 0, -rng.uniform(-2, 30, count))
        b.add_charges(option, 1, 0, rng.uniform(0, 3, count), anchor=Anchor.END, table=b.curve(np.arange(b.grid.blocks + 1)))
        if rng.random() < 0.3:
            b.add_charges(option, 0, 0, -rng.integers(0, 3, count).astype(float))
    if rng.random() < 0.8:
        demand(b, pools[:1], float(rng.uniform(1, 12)), penalty=float(rng.uniform(0.5, 6)), upper=float(rng.integers(1, 3)))
    if rng.random() < 0.3:
        lease = b.add_running(first=ints(0), last=ints(0), hours=48.0)
        b.add_rates(lease, pools[1:], -2.5)
        b.add_charges(lease, 1, 0, float(rng.uniform(1, 10)))
    return b.build()
