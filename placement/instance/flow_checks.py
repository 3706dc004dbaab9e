"""Demand that moves against the calendar and the nouns that it names."""

from __future__ import annotations

from collections.abc import Iterator

from placement.instance.findings import Draft, Finding, did_you_mean
from placement.instance.flows import within_delay


def shifting(draft: Draft) -> Iterator[Finding]:
    """Bands are those of the calendar, each once, and some period can be reached in time."""
    calendar = draft.calendar
    if calendar is None:
        return
    known = [band.id for band in calendar.bands]
    for n, stream in draft["streams"].valid.items():
        if stream.shifting is None:
            continue
        into, wrong = stream.shifting.into_bands or (), False
        for k, band in enumerate(into):
            path = ("streams", n, "shifting", "into_bands", k)
            if band not in known:
                yield Finding(path, band, "a band of the calendar", did_you_mean(band, known, "a band"))
            elif band in into[:k]:
                yield Finding(path, band, "each band once", "remove it")
            wrong |= band not in known
        hours = stream.shifting.most_delay_hours
        if not wrong and not within_delay(calendar, hours, stream.shifting.into_bands):
            expected = "a delay within which every hour of some period finds one of another that it may be moved to"
            remedy = "allow a longer delay, or state shorter bands"
            yield Finding(("streams", n, "shifting", "most_delay_hours"), hours, expected, remedy)
