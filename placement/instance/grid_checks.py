"""Events, demand response and second feeds against the calendar and the tree of feeds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placement.instance.calendar import Calendar
from placement.instance.findings import Draft, Finding, Path, did_you_mean
from placement.instance.grid import Times
from placement.instance.supply import Feed


def grid(draft: Draft) -> Iterator[Finding]:
    """What the grid asks for lies within the calendar, and a second feed is another way to the grid."""
    for n, feed in draft["feeds"].valid.items():
        yield from _second(draft, n, feed)
        if draft.calendar is None:
            continue
        for k, event in enumerate(feed.events or ()):
            path: Path = ("feeds", n, "events", k)
            wrong = list(_times(draft.calendar, path, event))
            yield from wrong
            least = draft.calendar.hours[event.periods(draft.calendar)].min(initial=np.inf)
            if not wrong and event.hours > least:
                expected = f"at most the hours of the shortest of its periods, {least:g}"
                yield Finding((*path, "hours"), event.hours, expected, "shorten it, or name more bands")
        for k, response in enumerate(feed.demand_response or ()):
            yield from _times(draft.calendar, ("feeds", n, "demand_response", k), response)


def _times(calendar: Calendar, path: Path, times: Times) -> Iterator[Finding]:
    known = [band.id for band in calendar.bands]
    for k, band in enumerate(times.bands or ()):
        if band not in known:
            yield Finding((*path, "bands", k), band, "a band of the calendar", did_you_mean(band, known, "a band"))
        elif band in (times.bands or ())[:k]:
            yield Finding((*path, "bands", k), band, "each band once", "remove it")
    if times.from_date is not None and times.from_date >= calendar.end:
        expected = f"a day before the calendar's end, {calendar.end}"
        yield Finding((*path, "from_date"), times.from_date, expected, "correct the date, or remove what is not in the calendar")
    if times.to_date is not None and times.to_date <= calendar.start:
        expected = f"a day after the calendar's start, {calendar.start}"
        yield Finding((*path, "to_date"), times.to_date, expected, "correct the date, or remove what is not in the calendar")


def _second(draft: Draft, n: int, feed: Feed) -> Iterator[Finding]:
    """A second feed lies neither above the feed, which it is to replace, nor below it."""
    feeds = draft["feeds"].by_id
    if feed.second_feed is None or feed.second_feed not in feeds:
        return
    for first, other in ((feed.id, feed.second_feed), (feed.second_feed, feed.id)):
        above: list[str] = []
        at: str | None = first
        while at in feeds and at not in above:
            above.append(at)
            at = feeds[at].parent
        if other in above:
            expected = f"a feed that is neither above nor below '{feed.id}'"
            yield Finding(("feeds", n, "second_feed"), feed.second_feed, expected, "name the other feed, or remove it")
            return
