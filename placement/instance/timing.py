"""Figures over time and dates against the calendar: steps in order, bands complete, nothing outside the horizon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from placement.instance.calendar import Calendar, Steps
from placement.instance.findings import Draft, Finding, Path
from placement.instance.supply import Contract
from placement.instance.terms import start_blocks, ways

# Figures over time that must not be negative (prices may be).
_NOT_NEGATIVE = {
    "limit_kw",
    "non_firm_kw",
    "cooling_kw",
    "carbon_g_per_kwh",
    "usd_per_tonne",
    "demand_tokens_per_s",
    "mean_tokens_per_s",
    "online_gpus",
    "fee_usd_per_month",
    "sublet_usd_per_gpu_hour",
    "min_replicas",
    "quota_gpus",
    "accelerator_quota_gpus",
    "lend_gpus",
    "borrow_gpus",
}
_PRICES = ("price_usd_per_", "sublet_usd_per_")
_POSITIVE = {"throughput_factor", "tokens_factor"}
MOST_FACTOR = 1e4
MOST_USD_PER_UNIT = 1e6
"""Of prices per GPU-hour and kWh, either sign."""

_STEPS: tuple[tuple[str, str], ...] = (
    ("sites", "cooling_kw"),
    ("feeds", "limit_kw"),
    ("feeds", "cooling_kw"),
    ("feeds", "non_firm_kw"),
    ("feeds", "price_usd_per_kwh"),
    ("feeds", "carbon_g_per_kwh"),
    ("policies", "usd_per_tonne"),
    ("contracts", "price_usd_per_gpu_hour"),
    ("contracts", "price_usd_per_kwh"),
    ("contracts", "fee_usd_per_month"),
    ("contracts", "sublet_usd_per_gpu_hour"),
    ("streams", "demand_tokens_per_s"),
    ("streams", "mean_tokens_per_s"),
    ("streams", "tokens_factor"),
    ("services", "min_replicas"),
    ("services", "throughput_factor"),
    ("tenants", "quota_gpus"),
    ("tenants", "lend_gpus"),
    ("tenants", "borrow_gpus"),
)


def timing(draft: Draft) -> Iterator[Finding]:
    """All that has a date or changes over time; silent where the calendar itself is invalid."""
    calendar = draft.calendar
    if calendar is None:
        return
    for family, field in _STEPS:
        for n, noun in draft[family].valid.items():
            value = getattr(noun, field, None)  # Nouns of one family may be of several kinds.
            if value is not None and not isinstance(value, str):
                yield from _steps(calendar, (family, n, field), value, field, from_start=True)
    for n, service in draft["services"].valid.items():
        for site, least in (service.min_replicas_at or {}).items():
            yield from _steps(calendar, ("services", n, "min_replicas_at", site), least, "min_replicas", from_start=True)
    for n, tenant in draft["tenants"].valid.items():
        for name, steps in (tenant.accelerator_quota_gpus or {}).items():
            path = ("tenants", n, "accelerator_quota_gpus", name)
            yield from _steps(calendar, path, steps, "accelerator_quota_gpus", from_start=True)
    for n, steps in draft.online.items():
        yield from _steps(calendar, ("pools", n, "online_gpus"), steps, "online_gpus", from_start=False)
    for n, growth in draft["growths"].valid.items():
        yield from _dates(calendar, ("growths", n, "steps"), growth.steps)
        yield from _dates(calendar, ("growths", n, "planned"), growth.planned or ())
    yield from _contracts(draft, calendar)
    yield from _jobs(draft, calendar)


def values_of(steps: Steps) -> Iterator[tuple[Path, float]]:
    """Every number of a figure over time, with its place within it."""
    if isinstance(steps, tuple):
        for k, step in enumerate(steps):
            for path, value in values_of(step.value):
                yield (k, "value", *path), value
    elif isinstance(steps, Mapping):
        for band, value in steps.items():
            yield (band,), value
    else:
        yield (), steps


def _steps(calendar: Calendar, path: Path, steps: Steps, field: str, *, from_start: bool) -> Iterator[Finding]:
    if isinstance(steps, tuple):
        yield from _dates(calendar, path, steps)
        first = min(range(len(steps)), key=lambda k: steps[k].from_date)
        if from_start and steps[first].from_date > calendar.start:
            where = (*path, first, "from_date")
            expected = f"a first step on or before the calendar's start, {calendar.start}: missing is never zero"
            yield Finding(where, steps[first].from_date, expected, "add a step that holds from the start")
        for k, step in enumerate(steps):
            yield from _bands(calendar, (*path, k, "value"), step.value)
    else:
        yield from _bands(calendar, path, steps)
    for place, value in values_of(steps):
        if field in _NOT_NEGATIVE and value < 0:
            yield Finding((*path, *place), value, "at least 0", "correct the figure")
        elif field in _POSITIVE and not 0 < value <= MOST_FACTOR:
            yield Finding((*path, *place), value, f"more than 0 and at most {MOST_FACTOR:g}", "correct the factor")
        elif field.startswith(_PRICES) and abs(value) > MOST_USD_PER_UNIT:
            expected = f"a price within {MOST_USD_PER_UNIT:,.0f} USD: costs beyond cannot be told apart from what rounding adds"
            yield Finding((*path, *place), value, expected, "correct the figure or its unit")


def _dates(calendar: Calendar, path: Path, steps: Any) -> Iterator[Finding]:
    days = [step.from_date for step in steps]
    for k, day in enumerate(days):
        where = (*path, k, "from_date")
        if day in days[:k]:
            yield Finding(where, day, "each date once", "remove one of the two steps")
        if day >= calendar.end:
            expected = f"a day before the calendar's end, {calendar.end}"
            yield Finding(where, day, expected, "remove the step, correct its date, or give the calendar more blocks")


def _bands(calendar: Calendar, path: Path, value: Any) -> Iterator[Finding]:
    if not isinstance(value, Mapping):
        return
    known = [band.id for band in calendar.bands]
    for band in value:
        if band not in known:
            yield Finding(
                (*path, band), value[band], f"bands of the calendar only: {', '.join(known)}", "correct or remove this band"
            )
    missing = [band for band in known if band not in value]
    if missing:
        yield Finding(path, value, f"a figure for every band; missing: {', '.join(missing)}", "add the bands that are missing")


def _contracts(draft: Draft, calendar: Calendar) -> Iterator[Finding]:
    for n, contract in draft["contracts"].valid.items():
        yield from _terms(calendar, n, contract)
        remedy = "correct the date, move the calendar, or remove the contract and its pools"
        if contract.to_date != "open" and contract.to_date <= calendar.start:
            yield Finding(
                ("contracts", n, "to_date"), contract.to_date, f"an end after the calendar's start, {calendar.start}", remedy
            )
        if contract.from_date >= calendar.end:
            yield Finding(
                ("contracts", n, "from_date"), contract.from_date, f"a start before the calendar's end, {calendar.end}", remedy
            )


def _terms(calendar: Calendar, n: int, contract: Contract) -> Iterator[Finding]:
    """A contract that is decided can be signed for some term, and what is owed for use has a price that can be owed."""
    if contract.purchase is not None and contract.start_window is None and contract.from_date < calendar.start:
        expected = f"a day of the order from the calendar's start, {calendar.start}, on: an earlier one is no decision"
        remedy = "state a start_window, or what was bought as a contract that is owned, from the day on which it is there"
        yield Finding(("contracts", n, "from_date"), contract.from_date, expected, remedy)
    if contract.decided and not any(ways(calendar, contract)):
        if contract.purchase is not None and start_blocks(calendar, contract):
            lead: Path = ("contracts", n, "purchase", "lead_time_days")
            expected = "an order that is there for a block of the horizon at least: none in the window is"
            remedy = "shorten the lead time or the blocks, lengthen its life, or give the calendar more blocks"
            yield Finding(lead, contract.purchase.lead_time_days, expected, remedy)
            return
        where = ("from_date",) if contract.start_window is None else ("start_window", "last_date")
        if start_blocks(calendar, contract):
            expected = f"a term that ends by to_date, {contract.to_date}: none of those stated does"
            yield Finding(
                ("contracts", n, "to_date"), contract.to_date, expected, "shorten term_blocks, begin sooner, or extend it"
            )
        else:
            day = contract.from_date if contract.start_window is None else contract.start_window.last_date
            expected = "a day on which a block starts, from from_date on: contracts that are decided begin where a block does"
            yield Finding(("contracts", n, *where), day, expected, "widen the window, or give the calendar more blocks")
    if contract.take_or_pay is not None:
        for path, value in values_of(contract.price_usd_per_gpu_hour):
            if value < 0:
                place = ("contracts", n, "price_usd_per_gpu_hour", *path)
                yield Finding(
                    place, value, "at least 0 where take_or_pay is owed at it", "correct the price, or remove take_or_pay"
                )


def _jobs(draft: Draft, calendar: Calendar) -> Iterator[Finding]:
    known = {band.id for band in calendar.bands}
    for n, job in draft["jobs"].valid.items():
        if job.release_date is not None and job.release_date >= calendar.end:
            expected = f"a day before the calendar's end, {calendar.end}"
            yield Finding(("jobs", n, "release_date"), job.release_date, expected, "correct the date or remove the job")
        if job.deadline_date is not None and job.deadline_date <= calendar.start:
            expected = f"a day after the calendar's start, {calendar.start}"
            yield Finding(("jobs", n, "deadline_date"), job.deadline_date, expected, "correct the date or remove the job")
        if job.pace is not None and set(job.pace) != known:
            yield from _bands(calendar, ("jobs", n, "pace"), job.pace)
        elif job.pace is not None and job.switch_hours:
            resumed = calendar.resumptions(np.array([job.pace[band.id] > 0 for band in calendar.bands]))
            room = np.divide(calendar.hours, resumed, out=np.full(len(resumed), np.inf), where=resumed > 0)
            if job.switch_hours > room.min():
                p = int(np.argmin(room))
                expected = f"at most {room[p]:.6g}, for which it works after each pause in {calendar.period_name(p)}"
                yield Finding(("jobs", n, "switch_hours"), job.switch_hours, expected, "correct the figure, or let it work longer")
