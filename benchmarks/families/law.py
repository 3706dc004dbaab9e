"""What the law fixes, and the knobs that it leaves: how large a family is and what makes it hard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

START = date(2026, 3, 2)
HOURS_PER_WEEK = 168.0
UNIT_GPUS = 8
TOKENS_PER_UNIT = 1000.0
IDLE_SHARE = 0.2
TYPES = ("ref", "refplus", "big", "small")
TRAINING_SPEED = np.array([1.0, 1.15, 2.4, 0.7])
SERVING_SPEED = np.array([1.0, 1.5, 3.2, 0.8])
KW = np.array([1.4, 1.4, 2.1, 0.9])
RUNGS = ((0.10, 3.0), (0.20, 5.0), (0.30, 8.0), (0.40, 12.0))
"""Share of demand and USD per unit-hour unserved, in the order of shedding."""


@dataclass(frozen=True)
class Family:
    """Size and hardness knobs of a family with a time axis; each knob says which way is harder."""

    jobs: int
    sites: int
    islands: int
    blocks: int
    services: int
    streams: int
    eligible: float = 0.8
    """Share of sites that a job or service may use: more are more options; few make capacity hard to reach."""
    load: float = 1.15
    """Demand against capacity: above 1 something must be left, and which is the hard choice."""
    divisible_share: float = 0.5
    """Of demand, in services: less leaves more to whole gangs, and fewer small pieces to fill gaps with."""
    largest_gang: float = 0.9
    """Against the largest island: gangs over half an island exclude each other, which linear bounds do not see."""
    power: tuple[float, float] = (0.75, 1.05)
    """Limit against full draw, lowest and highest over sites: below 1 power binds before GPUs do."""
    ramping: float = 0.35
    """Share of sites that come online within the horizon: more leave less room early."""
    slack: tuple[float, float] = (1.0, 2.5)
    """Due date after release, in lengths, least and most: less puts lateness at stake."""
    late_blocks: int = 8
    """Blocks from due date to deadline, each at 5 % of value: fewer make windows narrower, more are more starts."""
    kinds: int | None = None
    """Distinct jobs, the others being equal to each of them in turn (none: all are distinct): fewer leave more symmetry, in which
    branch and bound tries the same plan again and again."""

    def __post_init__(self) -> None:
        check_knobs(self)


@dataclass(frozen=True)
class OnePeriod:
    """Objects onto places in one period: GPUs per place and kW per site, every place eligible for every object."""

    objects: int
    sites: int
    places_per_site: int
    load: float = 1.15
    """GPUs wanted against GPUs there: above 1 some objects stay out."""
    largest_gang: float = 0.1
    """Largest object against the smallest place: large ones leave gaps in places."""
    power: tuple[float, float] = (0.75, 1.05)
    """Limit against what a site full of middling objects draws, lowest and highest over sites: below 1 power binds first."""

    def __post_init__(self) -> None:
        check_knobs(self)


def check_knobs(family: Family | OnePeriod) -> None:
    """ValueError, with what is expected, where a knob has no meaning."""
    for name in ("eligible", "divisible_share", "ramping", "largest_gang"):
        value = getattr(family, name, 0.5)
        if not 0 <= value <= 1 or (name in ("eligible", "largest_gang") and value == 0):
            raise ValueError(f"{name} = {value:g}: expected a share from 0 to 1")
    for name in ("power", "slack"):
        low, high = getattr(family, name, (1.0, 1.0))
        if not 0 < low <= high:
            raise ValueError(f"{name} = {low:g} {high:g}: expected two figures above 0, the lower first")
    if family.load <= 0:
        raise ValueError(f"load = {family.load:g}: expected a figure above 0")
    if getattr(family, "late_blocks", 0) < 0:
        raise ValueError("late_blocks: expected 0 or more")
    if (getattr(family, "kinds", None) or 1) < 1:
        raise ValueError(f"kinds = {getattr(family, 'kinds', None)}: expected 1 or more")


def share_of(count: int, share: float, rng: np.random.Generator) -> Any:
    """Marks a share of so many, rounded, at random, [count]."""
    return rng.permutation(count) < round(share * count)
