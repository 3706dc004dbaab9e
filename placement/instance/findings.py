"""What the checks between nouns work on (a draft) and what they report (findings)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np

from placement.instance.base import Noun
from placement.instance.calendar import Calendar, Steps
from placement.instance.futures import Futures
from placement.instance.supply import Accelerator
from placement.instance.today import RunningPlan
from placement.program import Ints

Path = tuple[str | int, ...]
N = TypeVar("N", bound=Noun)


@dataclass(frozen=True)
class Finding:
    """Something wrong between nouns, at a place in the document."""

    path: Path
    value: Any
    expected: str
    remedy: str


@dataclass(frozen=True)
class Family(Generic[N]):
    """The nouns of a family: the valid ones by position, and the ids of all, so that an invalid one is not taken as missing."""

    name: str
    valid: Mapping[int, N]
    ids: tuple[str | None, ...]
    readable: bool = True

    @cached_property
    def by_id(self) -> dict[str, N]:
        """Valid nouns by id; of repeated ids the first."""
        found: dict[str, N] = {}
        for n, noun in self.valid.items():
            found.setdefault(str(self.ids[n]), noun)
        return found

    @cached_property
    def position(self) -> dict[str, int]:
        """Position by id, valid or not; of repeated ids the first."""
        return {name: n for n, name in reversed(list(enumerate(self.ids))) if name is not None}


@dataclass(frozen=True)
class ShapeRow:
    """A shape of a training job, from the document or from a table; ``path`` is where it stands."""

    job: int
    accelerator: str
    gpus: int
    duration_hours: float
    modes: tuple[str, ...] | None
    path: Path


@dataclass(frozen=True)
class Pairs:
    """Which pools may carry which workloads, one row per (workload, pool): positions in their families [n]."""

    workload: Ints
    pool: Ints


def no_pairs() -> Pairs:
    """No rows."""
    return Pairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


@dataclass(frozen=True)
class Draft:
    """A document whose nouns are valid one by one, before they are checked against each other."""

    calendar: Calendar | None
    accelerators: Mapping[str, Accelerator]
    """The catalogue with the document's own laid over it; only valid ones."""
    families: Mapping[str, Family[Any]]
    online: Mapping[int, Steps] = field(default_factory=dict)
    """Deliveries by position of the pool, from the document or the ramps table."""
    ramped: frozenset[int] = frozenset()
    """Pools with rows in the ramps table."""
    shapes: tuple[ShapeRow, ...] = ()
    shaped: frozenset[int] = frozenset()
    """Jobs with rows in the shapes table."""
    job_pairs: Pairs = field(default_factory=no_pairs)
    service_pairs: Pairs = field(default_factory=no_pairs)
    tabled_streams: frozenset[int] = frozenset()
    """Streams with rows in the demand table."""
    unread: frozenset[str] = frozenset()
    """Tables with faults of their own: that a row is missing from them is no news."""
    futures: Futures | None = None
    running_plan: RunningPlan | None = None

    def __getitem__(self, family: str) -> Family[Any]:
        return self.families[family]


def did_you_mean(name: Any, known: Iterable[str], what: str) -> str:
    """The remedy for a reference to something that does not exist."""
    names = list(known)
    close = difflib.get_close_matches(str(name)[:100], names, 1, 0.6) if len(names) <= 20_000 else []
    if close:
        return f"did you mean '{close[0]}'?"
    if not names:
        return f"state {what} of this id; there are none"
    if len(names) <= 8:
        return f"use one of {', '.join(names)}, or state {what} of this id"
    return f"state {what} of this id, or correct the reference"
