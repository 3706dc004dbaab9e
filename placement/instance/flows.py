"""Demand that moves: to a later period of its stream (shifting), or to a stream that answers with less (degrading)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from placement.instance.base import Id, Noun, UsdPerMillionTokens
from placement.instance.calendar import TICKS_PER_HOUR, Calendar
from placement.instance.levers import in_bands
from placement.program import Bools, Floats, Ints

if TYPE_CHECKING:
    from placement.instance.instance import Instance

EXACT_HOURS = 1e-9
"""Waits are whole quarters of an hour; a stated delay may differ from one by float noise."""


class Shifting(Noun):
    """Which part of a stream's demand can wait, for how long, and what that costs."""

    most_share: Annotated[float, Field(gt=0, le=1)]
    """Of the demand of each period, at most this share is moved to others."""
    most_delay_hours: Annotated[float, Field(ge=0.25, le=1e5)]
    """It waits no longer than this for the hour in which it is served."""
    loss_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Of what is moved so much is given up while it waits (default 0)."""
    usd_per_million_tokens: UsdPerMillionTokens = 0.0
    """Of what is moved, what is lost included (default 0)."""
    into_bands: Annotated[tuple[Id, ...], Field(min_length=1, strict=False)] | None = None
    """Bands that it may be moved into (default: all)."""


class Elasticity(Noun):
    """Which part of a stream's later demand is lost for good where it is not served."""

    lost_share_per_point: Annotated[float, Field(gt=0, le=0.01)]
    """Share of all later demand that is lost for each percentage point of a block's demand that is not served."""


class Degrading(Noun):
    """Which other stream may answer in place of this one, with how many tokens, and what that costs."""

    stream: Id
    """Of the same tenant and region, on another service as a rule; it may ask for nothing of its own."""
    tokens_per_token: Annotated[float, Field(gt=0, le=100)]
    """Tokens with which it answers for each that is asked for here."""
    most_share: Annotated[float, Field(gt=0, le=1)]
    """Of the demand of each period, at most this share is degraded."""
    usd_per_million_tokens: UsdPerMillionTokens = 0.0
    """Of what is degraded, in tokens asked for (default 0)."""


@dataclass(frozen=True)
class Flows:
    """Ways for demand to move, one row each, all arrays [n] or [n, P]."""

    stream: Ints
    to_stream: Ints
    offset: Ints
    """Periods from the one that it leaves to the one in which it arrives; may be negative inside a block, whose bands recur."""
    most: Floats
    """Tokens/s that may leave each period, [n, P]; 0 where there is no way."""
    arrives: Floats
    """Tokens/s that arrive for each that leaves, by the period of arrival, [n, P]."""

    @property
    def degrades(self) -> Bools:
        """Ways to another stream, [n]; the others lead to another period."""
        return np.asarray(self.stream != self.to_stream, dtype=np.bool_)

    @property
    def most_arriving(self) -> Floats:
        """Tokens/s that each way can bring at most, by the period of arrival, [n, P]."""
        rolled = [np.roll(row, d) for row, d in zip(self.most, self.offset.tolist(), strict=True)]
        return np.array(rolled, dtype=np.float64).reshape(self.most.shape) * self.arrives


def flows(instance: Instance) -> Flows:
    """All ways of an instance, by stream: to later periods by offset, then to another stream.

    Volumes of what waits are kept: r tokens/s that leave a period of h hours arrive in one of h' as r h m / (h' m') x (1 - loss),
    where m and m' are the means per token/s of demand in both. What is degraded arrives as so many tokens/s for each.
    """
    calendar, periods = instance.calendar, instance.calendar.period_count
    volume = instance.mean_per_demand * calendar.hours
    rows: list[tuple[int, int, int]] = []
    most, arrives = [], []
    degraded: list[tuple[int, int, int]] = []
    most_degraded, answered = [], []
    position = {name: s for s, name in enumerate(instance.streams)}
    reached: dict[tuple[float, tuple[str, ...] | None], dict[int, Ints]] = {}
    for s, stream in enumerate(instance.streams.values()):
        if stream.degrade_to is not None:
            degraded.append((s, position[stream.degrade_to.stream], 0))
            most_degraded.append(stream.degrade_to.most_share * instance.demand_tokens_per_s[s])
            answered.append(np.full(periods, stream.degrade_to.tokens_per_token))
        if stream.shifting is None:
            continue
        key = (stream.shifting.most_delay_hours, stream.shifting.into_bands)
        if key not in reached:
            reached[key] = within_delay(calendar, *key)
        for d, near in sorted(reached[key].items()):
            leaves = near[(volume[s, near] > 0) & (volume[s, near + d] > 0)]
            if not len(leaves):
                continue
            rows.append((s, s, d))
            most.append(np.zeros(periods))
            most[-1][leaves] = stream.shifting.most_share * instance.demand_tokens_per_s[s, leaves]
            arrives.append(np.zeros(periods))
            arrives[-1][leaves + d] = (1 - stream.shifting.loss_share) * volume[s, leaves] / volume[s, leaves + d]
    rows, most, arrives = rows + degraded, most + most_degraded, arrives + answered
    table = np.array(rows, dtype=np.int64).reshape(len(rows), 3)
    return Flows(*table.T, *(np.array(a, dtype=np.float64).reshape(len(rows), periods) for a in (most, arrives)))


def within_delay(calendar: Calendar, most_hours: float, into_bands: tuple[str, ...] | None) -> dict[int, Ints]:
    """Periods that demand can leave, by the number of periods that it moves on so as to wait ``most_hours`` at most."""
    found: dict[int, list[int]] = {}
    ticks = ticks_by_period(calendar)
    bands, edges = calendar.band_count, calendar.block_edges_days * 24.0
    into = [k for k, may in enumerate(in_bands(calendar, into_bands)) if may]
    for block in range(calendar.blocks):
        later = block
        # What leaves last waits from the end of its block at least.
        while later < calendar.blocks and edges[later] - edges[block + 1] < most_hours:
            recurs = int(edges[block + 1] - edges[block]) * TICKS_PER_HOUR if later == block else None
            for k in range(bands):
                for other in into:
                    leaves, to = block * bands + k, later * bands + other
                    if leaves != to and wait_hours(ticks[leaves], ticks[to], recurs) <= most_hours + EXACT_HOURS:
                        found.setdefault(to - leaves, []).append(leaves)
            later += 1
    return {offset: np.array(leaves, dtype=np.int64) for offset, leaves in found.items()}


def ticks_by_period(calendar: Calendar) -> list[Ints]:
    """Quarter hours of each period, counted from the calendar's start, ascending."""
    order = np.argsort(calendar.tick_period, kind="stable")
    edges = np.searchsorted(calendar.tick_period[order], np.arange(calendar.period_count + 1)).tolist()
    return [order[a:b] for a, b in pairwise(edges)]


def wait_hours(leaves: Ints, arrives: Ints, recurs: int | None = None) -> float:
    """The longest that a quarter hour of ``leaves`` waits for the next of ``arrives``; infinite where none comes for one of them.

    In one block, whose bands recur, the first of ``arrives`` comes again ``recurs`` quarters later; if most of ``leaves`` wait for
    that one, it is rather the next block's, and nothing of this block can be served in this one.
    """
    following = np.searchsorted(arrives, leaves, side="right")
    if recurs is not None:
        if np.count_nonzero(following == len(arrives)) * 2 > len(leaves):
            return np.inf
        arrives = np.append(arrives, arrives[0] + recurs)
    if following[-1] == len(arrives):
        return np.inf
    return float(np.max(arrives[following] - leaves)) / TICKS_PER_HOUR
