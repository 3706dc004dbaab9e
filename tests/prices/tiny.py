"""Random Programs with what the price solver treats specially: private blocks, must groups, leases, budgets, lumps, windows."""

from __future__ import annotations

import numpy as np

from placement.builder import Builder
from placement.program import Anchor, Grid, Ints, Program


def ints(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


def add_service(b: Builder, pools: Ints, rng: np.random.Generator, block: int, *, streams: int = 2, uniform: bool = True) -> None:
    """Replicas on each pool, streams served from them (from the first pool only where not uniform), shedding on two rungs."""
    last = b.grid.periods - 1
    nodes = b.add_resources([f"node {block} {k}" for k in range(len(pools))], "tokens/s", 0.0, private=block)
    amounts = rng.uniform(1, 8, (streams, b.grid.periods)).round(1)
    balance = b.add_resources([f"stream {block} {k}" for k in range(streams)], "tokens/s", amounts, equality=True, private=block)
    for k, pool in enumerate(pools):
        replicas = b.add_per_period(first=ints(0), last=ints(last), upper=float(rng.integers(1, 3)), whole=True)
        b.add_rates(replicas, pool, 1.0)
        b.add_rates(replicas, nodes[k], -float(rng.integers(2, 5)))
        b.add_charges(replicas, 1, 0, float(rng.uniform(0, 2)))
    for d in range(streams):
        demand = b.profile(amounts[d])
        for k in range(len(pools) if uniform else 1):
            serve = b.add_per_period(first=ints(0), last=ints(last), upper=1.0, upper_profile=demand)
            b.add_rates(serve, nodes[k], 1.0)
            b.add_rates(serve, balance[d], 1.0)
            b.add_charges(serve, 1, 0, -float(d) * 0.2)
        for share, price in ((0.6, 1.0), (0.4, 3.0)):
            shed = b.add_per_period(first=ints(0), last=ints(last), upper=share, upper_profile=demand)
            b.add_rates(shed, balance[d], 1.0)
            b.add_charges(shed, 1, 0, price + 0.5 * d)


def tiny_program(seed: int) -> Program:
    """Costs at the second level only; few enough choices for the oracle."""
    rng = np.random.default_rng(seed)
    bands = 1 if rng.random() < 0.8 else 2
    b = Builder(Grid(np.full(3 * bands, 24.0 / bands), bands), ("first", "second"), ("own", "use"))
    periods = b.grid.periods
    pools = b.add_resources(["a", "b"], "gpu", rng.integers(2, 8, (2, periods)).astype(float), price=0.02, level=1, term=1)
    count = int(rng.integers(1, 3))
    groups = b.add_groups([f"job {k}" for k in range(count)], rng.random(count) < 0.15)
    budget = b.add_budgets(["budget"], "gpu-hours", float(rng.uniform(50, 400))) if rng.random() < 0.4 else None
    moves = b.add_resources(["moves"], "TB", 1.0) if rng.random() < 0.3 else None
    for pool in pools:
        hours = rng.choice([24.0, 36.0, 48.0], count)
        last = b.grid.blocks - np.ceil(hours / 24.0).astype(np.int64)
        option = b.add_running(first=np.zeros(count, dtype=np.int64), last=last, hours=hours, group=groups)
        gpus = rng.integers(1, 6, count).astype(float)
        b.add_rates(option, pool, gpus)
        b.add_charges(option, 1, 0, -rng.uniform(-2, 30, count))
        b.add_charges(option, 1, 0, rng.uniform(0, 3, count), anchor=Anchor.END, table=b.curve(np.arange(b.grid.blocks + 1)))
        if budget is not None:
            b.add_rates(option, budget[0], gpus)
        if moves is not None:
            b.add_rates(option, moves[0], 1.0, lump=True)
    if rng.random() < 0.3 and count > 1:
        after = b.add_resources(["after"], "token", 0.0)
        b.add_rates(option[:1], after, -1.0, start=(Anchor.END, 0), end=(Anchor.LAST, 0))
        b.add_rates(option[1:2], after, 1.0, start=(Anchor.START, 0), end=(Anchor.LAST, 0))
    if bands == 1 and rng.random() < 0.7:
        add_service(b, pools[:1], rng, 0)
    if rng.random() < 0.3:
        lease = b.add_running(first=ints(0), last=ints(0), hours=48.0)
        b.add_rates(lease, pools[1:], -2.5)
        b.add_charges(lease, 1, 0, float(rng.uniform(1, 10)))
    b.add_constant(1, 0, 3.0)
    return b.build()


def fleet_program(seed: int, jobs: int = 60, blocks: int = 16, *, uniform: bool = True) -> Program:
    """Gangs near the size of three pools over many blocks, with two services beside: too much to prove in a test."""
    rng = np.random.default_rng(seed)
    b = Builder(Grid(np.full(blocks, 24.0), 1), ("first", "second"), ("own", "use"))
    pools = b.add_resources(["a", "b", "c"], "gpu", np.array([[97.0], [61.0], [40.0]]), price=0.002, level=1, term=1)
    groups = b.add_groups([f"job {k}" for k in range(jobs)], False)
    gpus = rng.integers(11, 50, jobs).astype(float)
    value = rng.uniform(0.6, 1.4, jobs)
    for pool in pools:
        hours = 24.0 * rng.integers(2, 6, jobs)
        last = blocks - (hours / 24).astype(np.int64)
        option = b.add_running(first=np.zeros(jobs, dtype=np.int64), last=last, hours=hours, group=groups)
        b.add_rates(option, pool, gpus)
        b.add_charges(option, 1, 0, -gpus * hours * value)
    periods = b.grid.periods
    for block in range(2):
        nodes = b.add_resources([f"node {block} {k}" for k in range(3)], "tokens/s", 0.0, private=block)
        amounts = rng.uniform(30, 90, (2, periods))
        balance = b.add_resources([f"stream {block} {k}" for k in range(2)], "tokens/s", amounts, equality=True, private=block)
        replicas = b.add_per_period(first=ints(0, 0, 0), last=ints(*[periods - 1] * 3), upper=60.0, whole=True)
        b.add_rates(replicas, pools, 1.0)
        b.add_rates(replicas, nodes, -np.array([2.0, 1.0, 3.0]))
        for d in range(2):
            demand = b.profile(amounts[d])
            reach = nodes if uniform else nodes[: 2 + d]
            serve = b.add_per_period(
                first=np.zeros(len(reach), dtype=np.int64), last=np.full(len(reach), periods - 1), upper=1.0, upper_profile=demand
            )
            b.add_rates(serve, reach, 1.0)
            b.add_rates(serve, balance[d], 1.0)
            for share, price in ((0.5, 8.0), (0.5, 20.0)):
                shed = b.add_per_period(first=ints(0), last=ints(periods - 1), upper=share, upper_profile=demand)
                b.add_rates(shed, balance[d], 1.0)
                b.add_charges(shed, 1, 0, price)
    return b.build()


def copied_program(seed: int, jobs: int = 12, blocks: int = 6) -> Program:
    """Gangs on any of three equal places or on one of another size, under a power limit over all, beside a service."""
    rng = np.random.default_rng(seed)
    b = Builder(Grid(np.full(blocks, 24.0), 1), ("first", "second"), ("own", "use"))
    alike = b.add_resources(["a 0", "a 1", "a 2"], "gpu", np.full((3, blocks), 8.0))
    other = b.add_resources(["b"], "gpu", rng.integers(6, 12, (1, blocks)).astype(float))
    power = b.add_resources(["power"], "kW", np.full((1, blocks), 30.0), price=0.01, level=1, term=1)
    groups = b.add_groups([f"job {k}" for k in range(jobs)], np.zeros(jobs, dtype=bool))
    gpus = rng.integers(3, 8, jobs).astype(float)
    for place, copies in ((alike[0], 3), (other[0], 1)):
        hours = rng.choice([24.0, 48.0, 72.0], jobs)
        last = blocks - np.ceil(hours / 24.0).astype(np.int64)
        option = b.add_running(first=np.zeros(jobs, dtype=np.int64), last=last, hours=hours, group=groups, copies=copies)
        b.add_rates(option, place, gpus, step=copies > 1)
        b.add_rates(option, power[0], 1.2 * gpus)
        b.add_charges(option, 1, 0, -gpus * hours * rng.uniform(0.05, 0.2, jobs))
    add_service(b, power, rng, 0)
    return b.build()
