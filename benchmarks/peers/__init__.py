"""Other ways to solve the same Programs, for comparison in one run: same instance, time and cores, every plan judged by our check.

Adding a peer: a module with ``available() -> str | None`` (why it cannot run here, or None) and a ``solve`` that follows ``Peer``,
and one line below. A peer refuses what it cannot express, or what would not fit in memory, by raising ``Refused`` with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from placement.program import Floats, Ints, LevelResult, Program

if TYPE_CHECKING:
    from benchmarks.cases import Problem
    from solvers.solver import OnProgress

PEERS = {
    "monolith_cpsat": "benchmarks.peers.monolith_cpsat",
    "monolith_highs": "benchmarks.peers.monolith_highs",
    "pyjobshop": "benchmarks.peers.pyjobshop",
    "rebalancer": "benchmarks.peers.rebalancer",
}
"""Module of each peer."""


class Refused(ValueError):
    """The peer does not solve this Program; the message says why, in one line."""


@dataclass(frozen=True)
class Answer:
    """What a solver or peer answered: columns (``option``, ``start``, ``value``; None when there is no plan) and bounds by level.

    ``status`` and ``limit`` are those of ``placement.program``, or a peer's own word. The values in ``levels`` are not used: what a
    plan is worth is what the check finds.
    """

    status: str
    option: Ints | None
    start: Ints | None
    value: Floats | None
    levels: tuple[LevelResult, ...]
    limit: str | None = None
    facts: tuple[tuple[str, float | str], ...] = ()


class Peer(Protocol):
    """A module of this package."""

    def available(self) -> str | None: ...

    def solve(self, problem: Problem, program: Program, time_limit_s: float, workers: int, on_progress: OnProgress) -> Answer: ...


def load_peer(name: str) -> Peer:
    """The peer of that name. Raises ``ValueError`` naming the ones there are."""
    if name not in PEERS:
        raise ValueError(f"no peer named {name!r}; there are {', '.join(sorted(PEERS))}")
    peer: Peer = import_module(PEERS[name])  # type: ignore[assignment]
    return peer
