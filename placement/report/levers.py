"""What a plan does with the levers of rationing, as operators say it: limits by band and spell, closings, refusals, credits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placement.instance import Instance
from placement.instance.credits import CreditStep
from placement.instance.levers import Lever, LimitLever
from placement.plan import Plan
from placement.report.text import count, percent, plural, shortened, table
from placement.rules.reading import arriving, leaving
from placement.rules.sla import SECONDS_PER_HOUR
from placement.rules.swings import POINTS

MOST_ROWS = 60

Row = tuple[str, str, str, object, object]


def levers(instance: Instance, plan: Plan) -> str:
    """Every lever that the instance offers, with what became of it; a limit has a row for each spell of one multiplier."""
    families = (_limits, _shifts, _degraded, _closings, _refusals, _credits, _swings)
    rows = [row for family in families for row in family(instance, plan)]
    kept, more = shortened(rows, MOST_ROWS, "decisions in the plan's tables")
    return table(("lever", "of", "decision", "from", "until"), kept, left=5) + more if rows else ""


def _limits(instance: Instance, plan: Plan) -> Iterator[Row]:
    days, limits = instance.calendar.block_starts, plan.limits
    for n, lever in enumerate(instance.levers.values()):
        if not isinstance(lever, LimitLever):
            continue
        mine = np.flatnonzero(limits.lever == n)
        mine = mine[np.argsort(limits.start_block[mine], kind="stable")]
        spells = np.flatnonzero(np.diff(limits.multiplier[mine], prepend=-1.0))
        for first, end in zip(spells, np.append(spells[1:], len(mine)), strict=True):
            start, last = mine[first], mine[end - 1]
            share = percent(float(limits.multiplier[start]))
            yield lever.id, _of(lever), share, days[limits.start_block[start]], days[limits.end_block[last]]


def _shifts(instance: Instance, plan: Plan) -> Iterator[Row]:
    """What peaks gave to other bands, and what of it these took in, as shares of what each band asks for."""
    calendar, shifts = instance.calendar, plan.shifts
    days, bands, volume = calendar.block_starts, calendar.band_count, instance.mean_tokens_per_s * calendar.hours
    out, into = (rate * instance.mean_per_demand * calendar.hours for rate in (leaving(instance, plan), arriving(instance, plan)))
    for s, (name, stream) in enumerate(instance.streams.items()):
        if stream.shifting is None:
            continue
        if not np.any(shifts.tokens_per_s[shifts.stream == s] > 0):
            yield "shifting", name, "nothing moved", "-", "-"
        for k, band in enumerate(calendar.bands):
            asked, of = volume[s, k::bands], [name] if bands == 1 else [name, band.id]
            for moved, words in ((out[s, k::bands], "moved on"), (into[s, k::bands], "taken in")):
                block = np.flatnonzero(moved > 0)
                if len(block):
                    span = slice(block[0], block[-1] + 1)
                    demand, tokens = float(asked[span].sum()), float(moved[span].sum())
                    share = percent(tokens / demand) if demand > 0 else f"{count(tokens * SECONDS_PER_HOUR)} tokens"
                    yield "shifting", ", ".join(of), f"{share} {words}", days[block[0]], days[block[-1] + 1]


def _degraded(instance: Instance, plan: Plan) -> Iterator[Row]:
    calendar, table = instance.calendar, plan.degraded
    for s, (name, stream) in enumerate(instance.streams.items()):
        if stream.degrade_to is None:
            continue
        mine = (table.stream == s) & (table.tokens_per_s > 0)
        block = table.period[mine] // calendar.band_count
        if not len(block):
            yield "degrading", name, f"nothing goes to {stream.degrade_to.stream}", "-", "-"
            continue
        first, end = int(block.min()), int(block.max()) + 1
        hours = calendar.hours[table.period[mine]]
        tokens = float(np.sum(table.tokens_per_s[mine] * instance.mean_per_demand[s, table.period[mine]] * hours))
        span = slice(first * calendar.band_count, end * calendar.band_count)
        share = tokens / float(instance.mean_tokens_per_s[s, span] @ calendar.hours[span])
        days = calendar.block_starts
        yield "degrading", name, f"{percent(share)} answered by {stream.degrade_to.stream}", days[first], days[end]


def _closings(instance: Instance, plan: Plan) -> Iterator[Row]:
    days, closings = instance.calendar.block_starts, plan.closings
    for n, lever in enumerate(instance.levers.values()):
        if lever.kind == "closing":
            mine = np.flatnonzero(closings.lever == n).tolist()
            if not mine:
                yield lever.id, _of(lever), "stays open", "-", "-"
            for row in mine:
                yield lever.id, _of(lever), "closed", days[closings.start_block[row]], days[closings.end_block[row]]


def _refusals(instance: Instance, plan: Plan) -> Iterator[Row]:
    refused = set(plan.refusals.tenant.tolist())
    for t, tenant in enumerate(instance.tenants.values()):
        if tenant.admission is not None:
            span = (instance.calendar.start, instance.calendar.end) if t in refused else ("-", "-")
            yield "admission", tenant.id, "refused" if t in refused else "admitted", *span


def _credits(instance: Instance, plan: Plan) -> Iterator[Row]:
    days, granted = instance.calendar.block_starts, plan.credits
    for k, start, end, n in zip(
        *(column.tolist() for column in (granted.case, granted.start_block, granted.end_block, granted.step)), strict=True
    ):
        step = instance.credit_cases[k].credits.steps[n]
        what = f"{_credit(step)} (below {percent(step.below_share)})"
        yield "credit", instance.credit_cases[k].name, what, days[start], days[end]


def _swings(instance: Instance, plan: Plan) -> Iterator[Row]:
    days, bands, swings = instance.calendar.block_starts, instance.calendar.band_count, plan.swings
    for t, (name, tenant) in enumerate(instance.tenants.items()):
        if tenant.swing_usd_per_point is None:
            continue
        block = swings.period[(swings.tenant == t) & (swings.share > 0)] // bands
        span = (days[block.min()], days[block.max() + 1]) if len(block) else ("-", "-")
        points = POINTS * float(swings.share[swings.tenant == t].sum())
        yield "swings", name, f"{points:,.1f} points in all", *span


def offered(instance: Instance) -> str:
    """Every lever that a plan of the instance may use."""
    rows: list[tuple[str, str, str]] = []
    for lever in instance.levers.values():
        if isinstance(lever, LimitLever):
            shares = ", ".join(percent(multiplier) for multiplier in lever.multipliers)
            rows.append((lever.id, _of(lever), f"limited to {shares} by {lever.per}"))
        else:
            span = "until its window ends" if lever.blocks is None else f"for {plural(lever.blocks, instance.calendar.block)}"
            rows.append((lever.id, _of(lever), f"closed once {span}, at {count(lever.closing_usd)} USD"))
    for stream in instance.streams.values():
        if stream.shifting is not None:
            into = "" if stream.shifting.into_bands is None else f" into {', '.join(stream.shifting.into_bands)}"
            price, lost = stream.shifting.usd_per_million_tokens, stream.shifting.loss_share
            cost = (f", {percent(lost)} lost" if lost else "") + (f", at {count(price)} USD per million tokens" if price else "")
            share, hours = percent(stream.shifting.most_share), stream.shifting.most_delay_hours
            rows.append(("shifting", stream.id, f"up to {share} moved{into}, up to {hours:g} hours{cost}"))
        if (to := stream.degrade_to) is not None:
            share, price = percent(to.most_share), to.usd_per_million_tokens
            cost = f", at {count(price)} USD per million tokens" if price else ""
            text = f"up to {share} answered by {to.stream}, {to.tokens_per_token:g} tokens each{cost}"
            rows.append(("degrading", stream.id, text))
    for tenant in instance.tenants.values():
        if tenant.refusal_usd is not None:
            rows.append(("admission", tenant.id, f"refused at {count(tenant.refusal_usd)} USD"))
        if tenant.swing_usd_per_point is not None:
            rows.append(("swings", tenant.id, f"{count(tenant.swing_usd_per_point)} USD a percentage point"))
    for case in instance.credit_cases:
        steps = "; ".join(f"below {percent(step.below_share)}: {_credit(step)}" for step in case.credits.steps)
        rows.append(("credit", case.name, f"{steps}, by {case.credits.per}"))
    kept, more = shortened(rows, MOST_ROWS, "levers")
    return table(("lever", "of", "on offer"), kept, left=3) + more if rows else ""


def _credit(step: CreditStep) -> str:
    return f"{count(step.credit_usd)} USD" if step.credit_usd is not None else percent(step.credit_share)


def _of(lever: Lever) -> str:
    """Whom and what a lever is for."""
    bands = lever.bands if isinstance(lever, LimitLever) else None
    return ", ".join([lever.tenant, *(lever.services or ()), *(bands or ())])
