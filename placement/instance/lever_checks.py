"""Levers of rationing against the nouns that they name."""

from __future__ import annotations

from collections.abc import Iterator

from placement.instance.demand import Stream
from placement.instance.findings import Draft, Finding, did_you_mean
from placement.instance.levers import ClosingLever, LimitLever


def credits(draft: Draft) -> Iterator[Finding]:
    """Credits are of some demand, and of what it pays where they are a share of that."""
    streams = draft["streams"]
    if len(streams.valid) < len(streams.ids):
        return
    for family, name in (("tenants", "tenant"), ("streams", "id")):
        for n, noun in draft[family].valid.items():
            if noun.credits is None:
                continue
            mine: list[Stream] = [stream for stream in streams.valid.values() if getattr(stream, name) == noun.id]
            if not mine:
                yield Finding((family, n, "credits"), noun.id, "streams of the tenant that is credited", "remove credits")
            elif noun.credits.steps[0].credit_share is not None and not any(s.revenue_usd_per_million_tokens for s in mine):
                expected = "a price for what is credited a share of: revenue_usd_per_million_tokens above 0"
                yield Finding((family, n, "credits"), noun.id, expected, "state it, or state credit_usd")


def levers(draft: Draft) -> Iterator[Finding]:
    """Every lever has a stream to act on, which no other of its kind acts on at the same time, and bands and a span for it."""
    streams, calendar = draft["streams"], draft.calendar
    whole = len(streams.valid) == len(streams.ids) and "demand" not in draft.unread
    taken: dict[tuple[str, str, str], str] = {}
    for n, lever in draft["levers"].valid.items():
        under = [
            stream
            for stream in streams.valid.values()
            if stream.tenant == lever.tenant and (lever.services is None or stream.service in lever.services)
        ]
        named = lever.tenant in draft["tenants"].position
        if whole and named and not under:
            field, value = ("tenant", lever.tenant) if lever.services is None else ("services", list(lever.services))
            yield Finding(("levers", n, field), value, "a tenant, and services, that some stream has", "correct it or remove it")
        bands = [""]
        if isinstance(lever, LimitLever) and calendar is not None:
            known = [band.id for band in calendar.bands]
            bands = [band for band in known if band in (lever.bands or known)]
            for k, band in enumerate(lever.bands or ()):
                if band not in known:
                    yield Finding(("levers", n, "bands", k), band, "a band of the calendar", did_you_mean(band, known, "a band"))
                elif band in (lever.bands or ())[:k]:
                    yield Finding(("levers", n, "bands", k), band, "each band once", "remove it")
        if isinstance(lever, ClosingLever) and calendar is not None and not lever.spans(calendar):
            field = "from_date" if lever.to_date is None and lever.from_date is not None else "to_date"
            expected = f"a window that holds {lever.blocks or 1} whole {calendar.block}s of the calendar"
            value = getattr(lever, field) if getattr(lever, field) is not None else lever.blocks
            yield Finding(("levers", n, field), value, expected, "widen the window, or close it for fewer blocks")
        for stream in under:
            for band in bands:
                other = taken.setdefault((lever.kind, stream.id, band), lever.id)
                if other != lever.id:
                    where = f" in band '{band}'" if band else ""
                    expected = f"streams that no other {lever.kind} acts on{where}; '{other}' acts on '{stream.id}'"
                    yield Finding(("levers", n, "tenant"), lever.tenant, expected, "narrow one of the two to other services")
                    break
            else:
                continue
            break
