"""Credits: where less of the demand of a slot was served than was agreed, the step that this calls for is granted.

    served volume + volume that found its product closed  >=  least share of the step granted x volume of demand
    steps granted  <=  1                                                        for every slot of what is agreed
    cost = credit of the step granted: USD, or a share of what the slot's demand pays when all of it is served

The least share of no step is the first threshold, of a step that of the next, of the last step 0. A plan states what it grants, and
may grant more than it must.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import FEASIBILITY_TOLERANCE, Floats
from placement.rules.reading import broken, level_and_term, slot_sums, times_closed
from placement.rules.sla import SECONDS_PER_HOUR, TOKENS_PER_MILLION, million_tokens_per_rate

NAME = "credits"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """For each agreement: the volume to serve in each slot, what each step forgives of it, and what it costs."""
    serve, options, mean = activities.serve, activities.credits, instance.mean_tokens_per_s
    per_rate = instance.mean_per_demand * SECONDS_PER_HOUR / TOKENS_PER_MILLION
    by_period = mean * instance.calendar.hours * SECONDS_PER_HOUR / TOKENS_PER_MILLION
    closed, of_stream = activities.closed
    for k, case in enumerate(instance.credit_cases):
        slot, agreed = instance.calendar.slots(case.credits.per), case.credits
        volume = slot_sums(by_period[case.streams].sum(axis=0)[None], slot)
        due = agreed.least_share(-1) * volume
        row = builder.add_budgets([f"served of {case.name}"], "million tokens", -due, slot)
        once = builder.add_budgets([f"credit of {case.name}"], "steps", 1.0, slot)
        for t in case.streams.tolist():
            builder.add_rates(serve.option[serve.stream == t], row[0], -1.0, profile=builder.profile(per_rate[t]))
            found_closed = mean[t] * SECONDS_PER_HOUR / TOKENS_PER_MILLION
            builder.add_rates(closed[of_stream == t], row[0], -1.0, profile=builder.profile(found_closed))
        mine = np.flatnonzero(options.case == k)
        forgiven = agreed.least_share(-1) - np.array([agreed.least_share(step) for step in range(len(agreed.steps))])
        amount = forgiven[options.step[mine]] * volume[0, options.slot[mine]]
        builder.add_rates(options.option[mine], row[0], -amount, lump=True)
        builder.add_rates(options.option[mine], once[0], 1.0, lump=True)
        revenue = np.array([stream.revenue_usd_per_million_tokens for stream in instance.streams.values()])[case.streams]
        fee = slot_sums((revenue @ by_period[case.streams] * instance.discount)[None], slot)[0]
        worth = instance.discount[options.end[mine] * instance.calendar.band_count - 1]
        in_usd = agreed.steps[0].credit_usd is not None
        stated = np.array([step.amount for step in agreed.steps])[options.step[mine]]
        usd = stated * (worth if in_usd else fee[options.slot[mine]])
        builder.add_charges(options.option[mine], *level_and_term("credits"), usd)


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Slots in which more of the demand is missing than the credit granted allows, and credits that were not agreed."""
    found: list[Violation] = []
    table, calendar = plan.credits, instance.calendar
    millions, closed = _served_millions(instance, plan), times_closed(instance, plan)
    asked = instance.mean_tokens_per_s * calendar.hours * SECONDS_PER_HOUR / TOKENS_PER_MILLION
    for k, case in enumerate(instance.credit_cases):
        mine = np.flatnonzero(table.case == k).tolist()
        granted = [(int(table.start_block[r]), int(table.end_block[r]), int(table.step[r])) for r in mine]
        slots = calendar.slots(case.credits.per).reshape(calendar.blocks, -1)[:, 0]
        steps, due = case.credits.steps, case.credits.steps[0].below_share
        for s in range(int(slots[-1]) + 1):
            blocks = np.flatnonzero(slots == s)
            start, end = int(blocks[0]), int(blocks[-1]) + 1
            here = [step for first, last, step in granted if (first, last) == (start, end) and 0 <= step < len(steps)]
            granted = [row for row in granted if not (row[:2] == (start, end) and 0 <= row[2] < len(steps))]
            when = slice(start * calendar.band_count, end * calendar.band_count)
            volume = float(asked[case.streams, when].sum())
            met = float((millions + closed * asked)[case.streams, when].sum())
            day = calendar.block_starts[start].isoformat()
            if len(here) > 1:
                found.append(broken(NAME, case.name, f"is granted {len(here)} steps at once", float(len(here) - 1), "steps", day))
            forgiven = sum(due - (steps[step + 1].below_share if step + 1 < len(steps) else 0.0) for step in here)
            missing = (due - forgiven) * volume - met
            if missing > FEASIBILITY_TOLERANCE * max(1.0, due * volume, met + forgiven * volume):
                text = f"{met:,.6g} of {volume:,.6g} million tokens are served, which calls for another credit"
                found.append(broken(NAME, case.name, text, missing, "million tokens", day))
        found += [broken(NAME, case.name, f"is credited from block {a} to {b} by step {step + 1}, which was not agreed")
                  for a, b, step in granted]  # fmt: skip
    return found


def _served_millions(instance: Instance, plan: Plan) -> Floats:
    """Volume served of each stream in each period, in millions of tokens, [S, P]."""
    rate = np.zeros(instance.demand_tokens_per_s.shape)
    np.add.at(rate, (plan.serving.stream, plan.serving.period), plan.serving.tokens_per_s)
    return rate * million_tokens_per_rate(instance)


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """credits that are granted."""
    total, table, calendar = 0.0, plan.credits, instance.calendar
    streams = list(instance.streams.values())
    for k, start, end, n in zip(*(c.tolist() for c in (table.case, table.start_block, table.end_block, table.step)), strict=True):
        case = instance.credit_cases[k]
        step = case.credits.steps[n] if 0 <= n < len(case.credits.steps) else None
        if step is None or not 0 <= start < end <= calendar.blocks:
            continue
        if step.credit_usd is not None:
            total += step.credit_usd * float(instance.discount_at[end - 1])
            continue
        for t in case.streams.tolist():
            when = slice(start * calendar.band_count, end * calendar.band_count)
            tokens = float(instance.mean_tokens_per_s[t, when] @ instance.present_hours[when]) * SECONDS_PER_HOUR
            fee = tokens / TOKENS_PER_MILLION * streams[t].revenue_usd_per_million_tokens
            total += float(step.credit_share or 0.0) * fee
    return {"credits": total}
