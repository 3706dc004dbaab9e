"""Placement with all demand known: fillings of whole nodes, which the solver combines, and a bound from pooled nodes.

A filling says what a node holds. Many are collected from passes of the policy over the demand in different orders; how often each
is used is a Program with a count per filling and kind of node. Its value is that of a plan, but its bound is only that of the
fillings at hand; what holds for every plan comes from a second Program, in which all nodes of a kind are one pool.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.sets.online import WHOLE, Cluster, Demand, Placed, PricedPlacement
from placement.builder import Builder
from placement.program import Floats, Grid, Ints, Program, Solution, Status
from solvers import load
from solvers.solver import Limits, Start

PASSES = 12
"""Orders of which the last but two are by size with noise."""

NOISE = 0.15
"""Standard deviation of the logarithm of a type's size in those."""

BOUND_SHARE = 0.3
"""Share of the time that the bound may take."""

Filling = tuple[tuple[int, tuple[int, ...]], ...]
"""What a node holds: types, sorted, each with its devices."""


@dataclass(frozen=True)
class Fillings:
    """The Program of fillings: option f below ``len(of_kind)`` uses ``filling[f]`` on a node of kind ``of_kind[f]``; the others
    leave out one pod of a type each."""

    program: Program
    filling: tuple[Filling, ...]
    of_kind: Ints


class Offline:
    """All arrivals on a cluster whose nodes fall into kinds [N] that no demand can tell apart."""

    def __init__(self, cluster: Cluster, demand: Demand, mix: Floats, arrivals: Ints) -> None:
        self.cluster, self.demand, self.mix, self.arrivals = cluster, demand, mix, arrivals
        self.arriving = np.bincount(arrivals, minlength=len(demand.count))
        marks = np.column_stack([cluster.devices, cluster.side, demand.allowed.T])
        _, self.first, self.kind = np.unique(marks, axis=0, return_index=True, return_inverse=True)
        self.kind = self.kind.reshape(-1)
        self.nodes = np.bincount(self.kind)

    def orders(self, seed: int) -> Iterator[Ints]:
        """The demand as it arrives, by size, and by size with noise."""
        rng = np.random.default_rng(seed)
        size = self.demand.size
        yield self.arrivals
        for k in range(PASSES - 1):
            key = size * np.exp(NOISE * (k > 0) * rng.standard_normal(len(size)))
            yield self.arrivals[np.argsort(-key[self.arrivals], kind="stable")]

    def passes(self, seed: int) -> list[list[tuple[int, Placed]]]:
        """What the policy makes of each order: types and where they went."""
        found = []
        for order in self.orders(seed):
            policy = PricedPlacement(self.cluster, self.demand, self.mix)
            placed = [(int(kind), policy.place(int(kind))) for kind in order]
            found.append([(kind, where) for kind, where in placed if where is not None])
        return found

    def fillings_of(self, placed: list[tuple[int, Placed]]) -> list[Filling]:
        """What each node holds after a pass, [N]."""
        held: list[list[tuple[int, tuple[int, ...]]]] = [[] for _ in self.kind]
        for kind, where in placed:
            held[where.node].append((kind, where.devices))
        return [tuple(sorted(pods)) for pods in held]

    def formulate(self, passes: list[list[tuple[int, Placed]]]) -> tuple[Fillings, Start]:
        """The Program of the passes' fillings, and the best pass as its start."""
        known: dict[tuple[int, tuple[int, ...]], int] = {}
        fillings: list[Filling] = []
        kinds: list[int] = []
        used = np.zeros((len(passes), sum(len(self.kind) for _ in passes)))
        for p, placed in enumerate(passes):
            for node, filling in enumerate(self.fillings_of(placed)):
                kind = int(self.kind[node])
                key = (kind, tuple(pod for pod, _ in filling))
                if key not in known:
                    known[key] = len(fillings)
                    fillings.append(filling)
                    kinds.append(kind)
                used[p, known[key]] += 1
        of_kind = np.array(kinds, dtype=np.int64)
        size, types = self.demand.size, len(self.arriving)
        row = np.array([f for f, filling in enumerate(fillings) for _ in filling], dtype=np.int64)
        pod = np.array([kind for filling in fillings for kind, _ in filling], dtype=np.int64)
        pairs, times = np.unique(row * types + pod, return_counts=True)
        row, pod = pairs // types, pairs % types
        worth = np.bincount(row, times * size[pod], len(fillings)) / WHOLE

        builder = self._builder()
        nodes = builder.add_resources([f"nodes of kind {k}" for k in range(len(self.nodes))], "node", self.nodes[:, None])
        pods = builder.add_resources([f"pods of type {t}" for t in range(types)], "pod", self.arriving[:, None])
        zero = np.zeros(len(fillings), dtype=np.int64)
        options = builder.add_running(first=zero, last=zero, hours=1.0, upper=self.nodes[of_kind].astype(np.float64))
        builder.add_rates(options, nodes[of_kind], 1.0)
        builder.add_rates(options[row], pods[pod], times.astype(np.float64))
        builder.add_charges(options, 0, 0, -worth)
        zero = np.zeros(types, dtype=np.int64)
        out = builder.add_running(first=zero, last=zero, hours=1.0, upper=self.arriving.astype(np.float64))
        builder.add_rates(out, pods, -1.0)
        builder.add_charges(out, 0, 0, size / WHOLE)
        best = max(range(len(passes)), key=lambda p: float(used[p, : len(fillings)] @ worth))
        begin = np.flatnonzero(used[best])
        start = Start(options[begin], np.zeros(len(begin), dtype=np.int64), used[best, begin])
        return Fillings(builder.build(), tuple(fillings), of_kind), start

    def pooled(self) -> Program:
        """All nodes of a kind as one: whatever a plan places fits there too, so its bound holds for every plan."""
        demand, cluster = self.demand, self.cluster
        devices, side = cluster.devices[self.first], cluster.side[self.first]
        fits = demand.allowed[:, self.first] & (devices >= demand.count[:, None]) & (demand.size[:, None] > 0)
        fits &= (side[None] >= demand.side[:, None]).all(axis=2) & (self.arriving[:, None] > 0)
        pod, kind = np.nonzero(fits)
        builder = self._builder()
        room = np.column_stack([devices * WHOLE, side]) * self.nodes[:, None]
        need = np.column_stack([demand.size, demand.side])
        pods = builder.add_resources([f"pods of type {t}" for t in range(len(self.arriving))], "pod", self.arriving[:, None])
        zero = np.zeros(len(pod), dtype=np.int64)
        options = builder.add_running(first=zero, last=zero, hours=1.0, upper=self.arriving[pod].astype(np.float64), whole=False)
        for r, name in enumerate(("GPUs", "cores", "memory")):
            pool = builder.add_resources([f"{name} of kind {k}" for k in range(len(room))], "unit", room[:, r, None])
            builder.add_rates(options, pool[kind], need[pod, r])
        builder.add_rates(options, pods[pod], 1.0)
        builder.add_charges(options, 0, 0, -demand.size[pod] / WHOLE)
        return builder.build()

    def _builder(self) -> Builder:
        builder = Builder(Grid(np.ones(1), 1), ["GPUs not allocated"], ["GPUs"])
        builder.add_constant(0, 0, self.cluster.capacity / WHOLE)
        return builder

    def solve(self, solver: str, limits: Limits) -> tuple[list[tuple[int, Placed]], Solution]:
        """A plan, types and where they go, and the solver's answer with the bound that holds for every plan."""
        began = time.monotonic()
        limit = limits.time_limit_s
        share = None if limit is None else BOUND_SHARE * limit
        relaxed = load(solver)(self.pooled(), limits=replace(limits, time_limit_s=share))
        bound = relaxed.levels[0].bound
        fillings, start = self.formulate(self.passes(limits.seed))
        left = None if limit is None else max(1.0, limit - (time.monotonic() - began))
        answer = load(solver)(fillings.program, limits=replace(limits, time_limit_s=left), start=start)
        level = replace(answer.levels[0], bound=bound)
        closed = level.gap is not None and level.gap <= limits.gap
        status = answer.status if answer.option is None or closed else Status.FEASIBLE
        facts = (*answer.facts, ("fillings", float(len(fillings.filling))))
        seconds = time.monotonic() - began
        return self.placed(fillings, answer), replace(answer, levels=(level,), status=status, facts=facts, seconds=seconds)

    def placed(self, fillings: Fillings, answer: Solution) -> list[tuple[int, Placed]]:
        """The answer node by node, what it leaves out taken away."""
        if answer.option is None or answer.value is None:
            return []
        free = [np.flatnonzero(self.kind == k).tolist() for k in range(len(self.nodes))]
        left = self.arriving.copy()
        placed = []
        for option, value in zip(answer.option.tolist(), answer.value.tolist(), strict=True):
            if option >= len(fillings.filling):
                continue
            for _ in range(round(value)):
                node = free[int(fillings.of_kind[option])].pop()
                for kind, devices in fillings.filling[option]:
                    if left[kind] > 0:  # the rest is what the plan leaves out
                        left[kind] -= 1
                        placed.append((kind, Placed(node, devices)))
        return placed
