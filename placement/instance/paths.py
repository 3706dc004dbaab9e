"""Demand over time from a base, a path of growth and a daily profile.

    demand(t) = base x exp(integral of ln(annual factor) / 365 days) x profile(hour of t in its zone)

at every quarter hour t; growth is 1 at the calendar's start and moves by the hour. Over each period the percentile of
``settings`` sizes capacity and the mean counts volumes, both to six significant digits.
"""

from __future__ import annotations

import numpy as np

from placement.instance.calendar import TICKS_PER_HOUR, Calendar
from placement.instance.demand import DailyProfile, Growth
from placement.program import Floats

SATURDAY_MINUTE = 5 * 1440
DEMAND_DIGITS = 6


class DemandPaths:
    """Factors on a stream's base per period; each pair of growth and profile is worked out once."""

    def __init__(self, calendar: Calendar, percentile: float) -> None:
        self._calendar = calendar
        self._percentile = percentile
        self._known: dict[tuple[str | None, str | None], tuple[Floats, Floats]] = {}

    def factors(self, growth: Growth | None, profile: DailyProfile | None) -> tuple[Floats, Floats]:
        """Percentile and mean over each period, [P] each; either part is 1 where it is not given."""
        key = (None if growth is None else growth.id, None if profile is None else profile.id)
        if key not in self._known:
            path = np.ones(len(self._calendar.tick_block))
            if growth is not None:
                path *= growth_path(self._calendar, growth)
            if profile is not None:
                path *= profile_path(self._calendar, profile)
            total = np.bincount(self._calendar.tick_period, path, self._calendar.period_count)
            mean: Floats = total / (self._calendar.hours * TICKS_PER_HOUR)
            self._known[key] = (period_percentile(self._calendar, path, self._percentile), mean)
        return self._known[key]


def growth_path(calendar: Calendar, growth: Growth) -> Floats:
    """Growth since the calendar's start at each quarter hour, [ticks]; inf where it exceeds what a float holds."""
    steps = sorted(growth.steps, key=lambda step: step.from_date)
    hours = np.arange(len(calendar.tick_block) // TICKS_PER_HOUR)
    index = np.searchsorted([calendar.day_number(step.from_date) * 24 for step in steps], hours, side="right")
    rates = np.array([0.0] + [np.log(step.annual_factor) / (365 * 24) for step in steps])
    log = np.concatenate([[0.0], np.cumsum(rates[index])[:-1]])
    with np.errstate(over="ignore"):
        return np.repeat(np.exp(log), TICKS_PER_HOUR)


def profile_path(calendar: Calendar, profile: DailyProfile) -> Floats:
    """The profile at each quarter hour, in its zone, [ticks]."""
    minute = calendar.local_minute(profile.zone)
    table = np.array([profile.weekday, profile.weekend])
    values: Floats = table[(minute >= SATURDAY_MINUTE).astype(np.int64), minute % 1440 // 60]
    return values


def significant(values: Floats) -> Floats:
    """Rounded to ``DEMAND_DIGITS``: a forecast has no more, and every machine then reads the same instance."""
    return np.array([float(f"{value:.{DEMAND_DIGITS}g}") for value in values.tolist()])


def period_percentile(calendar: Calendar, path: Floats, percentile: float) -> Floats:
    """Percentile over the quarter hours of each period, interpolated linearly, [P]."""
    order = np.lexsort((path, calendar.tick_period))
    ordered = path[order]
    count = np.bincount(calendar.tick_period, minlength=calendar.period_count)
    at = (count - 1) * (percentile / 100)
    first = np.cumsum(count) - count
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, count - 1)
    part = at - low
    values: Floats = ordered[first + low] * (1 - part) + ordered[first + high] * part
    return values
