"""Supply against demand as text and as plain data: where an instance is short, before any solve."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from placement.instance import Instance
from placement.instance.demand import COMMITMENTS
from placement.notes import instance_notes
from placement.program import Floats, Ints
from placement.report.levers import offered
from placement.report.outlook import Outlook
from placement.report.plan_figures import tightest
from placement.report.planned import planned, short_of_planned
from placement.report.text import brief, clean, count, lines, percent, plural, section, shortened, table

By = Literal["block", "period"]
MOST_ROWS = 60
MOST_FINDINGS = 10
LEAST_SHORT_GPUS = 0.5
"""Below half an accelerator it is rounding."""


def show_report(instance: Instance, by: By) -> str:
    """Everything about supply and demand that fits a terminal; ``by`` block shows the worst band of each."""
    view = Outlook(instance)
    calendar = instance.calendar
    head = (
        f"{clean(instance.name)}: {plural(calendar.blocks, calendar.block)} from {calendar.start}, "
        f"{plural(calendar.band_count, 'band')} each; {plural(len(instance.pools), 'pool')}, "
        f"{plural(len(instance.streams), 'stream')}, {plural(len(instance.jobs), 'training job')}\n"
    )
    found = findings(view)
    more = len(found) - MOST_FINDINGS
    parts = [
        head,
        "\n".join(found[:MOST_FINDINGS]) + (f"\n... and {more} more feeds" if more > 0 else "") + "\n",
        section("Notes", lines(instance_notes(instance))),
        section(_title(by), _by_type(view, by)),
        section("Feeds, facility kW: idle and with all that is online at work, against the limit", _feeds(view)),
        section("Demand, tokens/s, and the accelerators it would take on the type that is best for it", _tenants(view)),
        section("Demand as planned against what comes, tokens/s", planned(instance)),
        section("Levers of rationing", offered(instance)),
        section("Training, GPU-hours on the lightest shape of each job, against those online over the horizon", _training(view)),
    ]
    return "\n".join(part for part in parts if part)


def findings(view: Outlook) -> list[str]:
    """What is short, from when, and by how much at worst; one sentence each."""
    name, found = view.instance.calendar.period_name, []
    short = np.flatnonzero(view.short_gpus > LEAST_SHORT_GPUS)
    if len(short):
        worst = int(np.argmax(view.short_gpus))
        found.append(
            f"Demand is short from {name(short[0])} on, whatever the plan: by {count(view.short_gpus[short[0]])} accelerators of "
            f"the best type then, at worst by {count(view.short_gpus[worst])} in {name(worst)}, in {len(short)} of "
            f"{view.instance.calendar.period_count} periods."
        )
    else:
        found.append("No demand is short for want of accelerators alone; training, power and whole units aside.")
    loose = (view.instance.demand_tokens_per_s - view.firm_tokens_per_s).sum(axis=0)
    if np.any(loose > 0):
        at = int(np.argmax(loose))
        most = f"up to {count(loose[at])} tokens/s in {name(at)}"
        found.append(f"Not counted as short: demand that may be moved, degraded, closed or refused, {most}.")
    waits = np.flatnonzero(view.waiting_gpus.sum(axis=0) > LEAST_SHORT_GPUS)
    if len(waits):
        found.append(f"Training begun at its release does not fit beside demand in {plural(len(waits), 'period')}: some must wait.")
    nowhere = view.unreachable_tokens_per_s.max(initial=0.0)
    if nowhere > 0:
        found.append(f"Up to {brief(nowhere)} tokens/s have no pool with a profile in reach and are never served.")
    return found + _short_feeds(view)


def _short_feeds(view: Outlook) -> list[str]:
    """Feeds that cannot carry all that is online at work, the worst first."""
    feeds, excess, found = list(view.instance.feeds), view.feed_full_kw - view.feed_limit_kw, []
    over = excess > 1e-9 * view.feed_full_kw
    for f in np.argsort(-excess.max(axis=1), kind="stable"):
        if over[f].any():
            first = view.instance.calendar.period_name(int(np.argmax(over[f])))
            found.append(f"Feed {feeds[f]} cannot carry all at work from {first} on, at worst by {count(excess[f].max())} kW.")
    return found


def _title(by: By) -> str:
    which = "the worst band of each block" if by == "block" else "each period"
    return f"Accelerators in {which}: needed by demand and by training begun at its release / online"


def _periods(view: Outlook, by: By) -> Ints:
    """Periods to show: all, or of each block the one with the most short, then with the fullest fleet."""
    calendar = view.instance.calendar
    if by == "period":
        return np.arange(calendar.period_count, dtype=np.int64)
    wanted = view.serving_gpus.sum(axis=0) + view.short_gpus * 1e3
    worst: Ints = wanted.reshape(calendar.blocks, -1).argmax(axis=1)
    return np.arange(calendar.blocks, dtype=np.int64) * calendar.band_count + worst


def _by_type(view: Outlook, by: By) -> str:
    periods, needed = _periods(view, by), np.round(view.serving_gpus + view.released_gpus)
    rows = [
        (
            view.instance.calendar.period_name(p),
            *(f"{brief(n)}/{brief(o)}" for n, o in zip(needed[:, p], view.online_gpus[:, p], strict=True)),
            _plus(view.short_gpus[p]), _plus(view.waiting_gpus[:, p].sum()),
        )
        for p in periods
    ]  # fmt: skip
    return table(("period", *view.type_names, "demand short", "training waits"), rows)


def _plus(value: float) -> str:
    return f"+{brief(round(value))}" if value > LEAST_SHORT_GPUS else ""


def _feeds(view: Outlook) -> str:
    """Feeds, each in the period in which full load comes nearest to its limit."""
    rows = []
    for f, name in enumerate(view.instance.feeds):
        limit, full = view.feed_limit_kw[f], view.feed_full_kw[f]
        p = tightest(full, limit)
        over = int(np.count_nonzero(full > limit * (1 + 1e-9)))
        rows.append(
            (
                name, view.instance.calendar.period_name(p), count(view.feed_idle_kw[f, p]), count(full[p]), count(limit[p]),
                f"over in {plural(over, 'period')}" if over else "",
            )
        )  # fmt: skip
    kept, more = shortened(rows, MOST_ROWS, "feeds")
    return table(("feed", "tightest in", "idle", "all at work", "limit", ""), kept, left=2) + more


def _tenants(view: Outlook) -> str:
    """Each tenant's demand in its busiest period of the first and the last block, and at its peak."""
    bands = view.instance.calendar.band_count
    rows = []
    for name, rate, gpus in zip(view.instance.tenants, view.tenant_tokens_per_s, view.tenant_gpus, strict=True):
        if rate.any():
            p = int(np.argmax(rate))
            first, last = rate[:bands].max(), rate[-bands:].max()
            when = view.instance.calendar.period_name(p)
            rows.append((name, brief(first), brief(last), brief(rate[p]), count(gpus[p]), when))
    return table(("tenant", "first block", "last block", "peak", "accelerators then", "in"), rows) if rows else ""


def _training(view: Outlook) -> str:
    hours = view.instance.calendar.hours
    rows = []
    for name, asked, online in zip(view.type_names, view.training_gpu_hours, view.online_gpus @ hours, strict=True):
        if asked:
            rows.append((name, brief(asked), brief(online), percent(asked / online if online else None)))
    if not rows:
        return ""
    jobs = view.instance.jobs
    kinds = ", ".join(f"{np.count_nonzero(jobs.is_commitment(kind))} {kind}" for kind in reversed(COMMITMENTS))
    return table(("accelerator", "asked", "online", ""), rows) + f"\n  {plural(len(jobs), 'job')}: {kinds}"


# ------------------------------------------------------------ plain data


def show_data(instance: Instance) -> dict[str, Any]:
    """The same per period; null where nothing limits."""
    view, calendar = Outlook(instance), instance.calendar
    starts, bands = calendar.block_starts, calendar.bands
    periods = [
        {"block_start": str(starts[p // len(bands)]), "band": bands[p % len(bands)].id, "hours": hours}
        for p, hours in enumerate(calendar.hours.tolist())
    ]
    return {
        "instance": {"name": instance.name, "digest": instance.digest},
        "findings": findings(view),
        "notes": instance_notes(instance),
        "periods": periods,
        "accelerators": {
            name: {
                "online_gpus": view.online_gpus[a].tolist(),
                "serving_gpus": _rounded(view.serving_gpus[a]),
                "training_released_gpus": view.released_gpus[a].tolist(),
                "training_waiting_gpus": _rounded(view.waiting_gpus[a]),
            }
            for a, name in enumerate(view.type_names)
        },
        "demand_short_gpus": _rounded(view.short_gpus),
        "planned_against_actual": None if instance.planned_tokens_per_s is None else {
            what: {"planned_short_gpus": round(before, 3), "actual_short_gpus": round(now, 3)}
            for what, (before, now) in short_of_planned(instance).items()
        },
        "feeds": {
            name: {
                "idle_kw": _rounded(view.feed_idle_kw[f]),
                "full_kw": _rounded(view.feed_full_kw[f]),
                "limit_kw": [x if np.isfinite(x) else None for x in view.feed_limit_kw[f].tolist()],
            }
            for f, name in enumerate(instance.feeds)
        },
        "tenants": {
            name: {"demand_tokens_per_s": _rounded(view.tenant_tokens_per_s[t])} for t, name in enumerate(instance.tenants)
        },
    }  # fmt: skip


def _rounded(values: Floats) -> list[float]:
    """To three digits after the point: what a linear program leaves behind them is noise."""
    return [round(value, 3) + 0.0 for value in values.tolist()]
