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


def degrading(draft: Draft) -> Iterator[Finding]:
    """Another stream, of the same tenant and region, answers."""
    streams = draft["streams"]
    for n, stream in streams.valid.items():
        if stream.degrade_to is None:
            continue
        path, name = ("streams", n, "degrade_to", "stream"), stream.degrade_to.stream
        if streams.readable and name not in streams.position:
            yield Finding(path, name, "the id of a stream", did_you_mean(name, streams.position, "a stream"))
        elif name == stream.id:
            yield Finding(path, name, "another stream", "name the one that answers in its place")
        elif name in streams.by_id:
            other = streams.by_id[name]
            for field in ("tenant", "region"):
                if getattr(other, field) != getattr(stream, field):
                    expected = f"a stream of the same {field}, '{getattr(stream, field)}'; its is '{getattr(other, field)}'"
                    yield Finding(path, name, expected, "state a stream for it, with a demand of 0 if it has none of its own")


def elasticity(draft: Draft) -> Iterator[Finding]:
    """There is something to lose: revenue, and a later block."""
    for n, stream in draft["streams"].valid.items():
        if stream.elasticity is None:
            continue
        if stream.revenue_usd_per_million_tokens == 0:
            expected = "a price for what is lost: revenue_usd_per_million_tokens above 0"
            yield Finding(("streams", n, "elasticity"), stream.id, expected, "state it, or remove elasticity")
        if draft.calendar is not None and draft.calendar.blocks == 1:
            expected = "a calendar of several blocks, of which later ones are lost"
            yield Finding(("streams", n, "elasticity"), stream.id, expected, "use shorter blocks, or remove elasticity")
