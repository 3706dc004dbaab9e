"""Placing demand as it arrives, by the worth of what each placement makes impossible.

A node is worth what it may still earn from demand of a known mix. That is bounded by prices, as in a knapsack: for prices of its
other resources (cores, memory) a node earns at most what these resources cost plus what each of its devices earns net of them, and
the least over all prices is the node's worth. A device with some part of it free earns what a stopping problem says: it sees a
fixed number of chances, each brings a type of demand drawn from the mix, and it takes one where that is worth more than waiting.

Each arrival goes where worth falls least. It looks at the state of the nodes and at the mix, never at what arrives later, and
turns away nothing that fits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placement.program import Bools, Floats, Ints

WHOLE = 1000
"""A device in thousandths."""

STEP = 10
"""Free parts of a device are valued in steps of this: rounded down, what a demand takes rounded up."""

CHANCES = 10
"""Arrivals that a device sees. Measured on arrivals of other seeds: the same from 5 to 20, worse from 40 on."""

FACTORS = (
    (0.0, 0.17, 0.35, 0.5, 0.7, 0.85, 1.0, 1.4, 1.7, 2.2, 2.9, 3.8, 5.0),
    (0.0, 0.3, 0.8, 1.6),
)
"""Prices tried for the first resource beside devices and for all others, times devices per unit of it in the whole cluster."""


@dataclass(frozen=True)
class Cluster:
    """Nodes [N]: ``devices`` each, ``side`` [N, d] of other resources."""

    devices: Ints
    side: Floats

    @property
    def capacity(self) -> int:
        """Thousandths of devices in all."""
        return int(self.devices.sum()) * WHOLE


@dataclass(frozen=True)
class Demand:
    """Types of demand [T]: ``side`` [T, d], ``count`` devices of which ``share`` thousandths each, ``allowed`` [T, N] nodes.

    More than one device means whole ones; ``count`` may be 0.
    """

    side: Floats
    count: Ints
    share: Ints
    allowed: Bools

    @property
    def size(self) -> Ints:
        """Thousandths of devices that each takes, [T]."""
        return self.count * self.share


@dataclass(frozen=True)
class Placed:
    """Where one arrival went; ``devices`` are numbers within the node."""

    node: int
    devices: tuple[int, ...]


def price_grid(cluster: Cluster) -> Floats:
    """Prices of the other resources in thousandths of a device per unit, every combination, [A, d]."""
    ratio = cluster.capacity / np.maximum(cluster.side.sum(axis=0), 1.0)
    axes = [ratio[k] * np.array(FACTORS[min(k, 1)]) for k in range(len(ratio))]
    return np.stack([axis.reshape(-1) for axis in np.meshgrid(*axes, indexing="ij")], axis=1)


def device_worth(demand: Demand, mix: Floats, prices: Floats, chances: int = CHANCES) -> Floats:
    """What a device with so many steps free may still earn at each price, [WHOLE / STEP + 1, A]; ``mix`` [T] are frequencies."""
    worth = np.zeros((WHOLE // STEP + 1, len(prices)))
    types = np.flatnonzero((demand.count == 1) & (mix > 0))
    net = demand.share[types, None] - demand.side[types] @ prices.T
    steps = -(-demand.share[types] // STEP)
    for _ in range(chances):
        earned = np.zeros_like(worth)
        for k, s in enumerate(steps.tolist()):
            better = net[k] + worth[: len(worth) - s] - worth[s:]
            earned[s:] += mix[types[k]] * np.maximum(better, 0.0)
        worth = worth + earned
    return worth


class PricedPlacement:
    """The policy with the state of a cluster: ``place`` takes arrivals one after another."""

    def __init__(self, cluster: Cluster, demand: Demand, mix: Floats) -> None:
        nodes, types = len(cluster.devices), len(demand.count)
        self.demand = demand
        self.side = cluster.side.copy()
        present = np.arange(int(cluster.devices.max(initial=1))) < cluster.devices[:, None]
        self.free = np.where(present, WHOLE, 0)
        self.prices = price_grid(cluster)
        self._worth = device_worth(demand, mix, self.prices)
        self._cost = demand.side @ self.prices.T
        self._at_prices = np.zeros((nodes, len(self.prices)))
        self._now = np.zeros(nodes)
        self._changed = np.zeros(nodes, dtype=np.int64)
        self._valued = np.full(types, -1, dtype=np.int64)
        self._gain = np.full((types, nodes), -np.inf)
        self._device = np.zeros((types, nodes), dtype=np.int64)
        self._clock = 0
        self._value(np.arange(nodes))

    def _value(self, nodes: Ints) -> None:
        """Worth of nodes after they changed."""
        self._at_prices[nodes] = self.side[nodes] @ self.prices.T + self._worth[self.free[nodes] // STEP].sum(axis=1)
        self._now[nodes] = self._at_prices[nodes].min(axis=1)
        self._changed[nodes] = self._clock

    def _update(self, kind: int) -> None:
        """Change of worth by placing a type on each node that changed since it was last asked for; minus infinity: no room."""
        nodes = np.flatnonzero(self._changed > self._valued[kind])
        self._valued[kind] = self._clock
        self._gain[kind, nodes] = -np.inf
        demand = self.demand
        count, share = int(demand.count[kind]), int(demand.share[kind])
        fits = demand.allowed[kind, nodes] & (self.side[nodes] >= demand.side[kind]).all(axis=1)
        fits &= (self.free[nodes] >= share).sum(axis=1) >= count
        nodes = nodes[fits]
        if not len(nodes):
            return
        after = self._at_prices[nodes] - self._cost[kind]
        if count == 1 and share < WHOLE:
            steps = -(-share // STEP)
            lost = np.full_like(self._worth, -np.inf)
            lost[steps:] = self._worth[: len(self._worth) - steps] - self._worth[steps:]
            worth = (after[:, None, :] + lost[self.free[nodes] // STEP]).min(axis=2)
            worth[self.free[nodes] < share] = -np.inf
            self._device[kind, nodes] = worth.argmax(axis=1)
            self._gain[kind, nodes] = worth.max(axis=1) - self._now[nodes]
        else:
            left = after - count * (self._worth[-1] - self._worth[0])
            self._gain[kind, nodes] = left.min(axis=1) - self._now[nodes]

    def place(self, kind: int) -> Placed | None:
        """Puts one demand of a type where worth falls least; None if it fits nowhere."""
        self._update(kind)
        node = int(self._gain[kind].argmax())
        if self._gain[kind, node] == -np.inf:
            return None
        count, share = int(self.demand.count[kind]), int(self.demand.share[kind])
        if count == 1 and share < WHOLE:
            devices = (int(self._device[kind, node]),)
        else:
            devices = tuple(np.flatnonzero(self.free[node] == WHOLE)[:count].tolist())
        self.free[node, list(devices)] -= share
        self.side[node] -= self.demand.side[kind]
        self._clock += 1
        self._value(np.array([node]))
        return Placed(node, devices)


def place_all(cluster: Cluster, demand: Demand, mix: Floats, arrivals: Ints) -> list[Placed | None]:
    """Where each of the arrivals (types, in order) goes."""
    policy = PricedPlacement(cluster, demand, mix)
    return [policy.place(int(kind)) for kind in arrivals]
