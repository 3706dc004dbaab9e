"""Law 11, overrun: what today's plan breaks, a plan may go on breaking, never by more, and that weighs as broken promises do.

    use of a limit in a period       <=  limit + overrun          units of islands and pools, facility kW of feeds (capacity, power)
    overrun in a period              <=  today's excess there     0 where today's plan keeps the limit; units are whole
    weight, at the level of promises  =  GPUs of the units, or kW, beyond the limit x hours x 1 USD
    cost                              =  as of all that is held and drawn: usage fees and energy

Today's plan (``Instance.excess``) is the jobs that run today and the runs that are planned. Where some of it is frozen, or a move
has to wait, no plan may keep the limit at once; it is then mended as far as the first level goes, and as cheaply as possible. What
may go beyond is the limit, not a job: whoever uses it counts alike. Outside its contract a pool is not ours to exceed.

Beyond an island's units its pool's are exceeded as well, which counts once; a pool's own overrun is what is taken of its spares.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.overruns import Booked, booked, limit_weights
from placement.plan import Paths, Places, Plan, Replicas, Runs, Serving, Shedding, Violation, empty
from placement.program import FEASIBILITY_TOLERANCE, Floats
from placement.rules.assignment import needed_end
from placement.rules.capacity import paid_by_use
from placement.rules.interconnect import run_hours
from placement.rules.power import facility_kw, feed_limits_under
from placement.rules.reading import (
    broken,
    by_pool,
    events_above,
    gang_units,
    in_force_by_pool,
    level_and_term,
    overruns_by_limit,
)

NAME = "overrun"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """What each option weighs; the rows that it raises, capacity and power have written."""
    options, excess, hours = activities.overruns, instance.excess, instance.present_hours
    if not len(options.option):
        return
    term = instance.levels.terms.index(NAME)
    builder.add_charges(options.option, 0, term, excess.usd_per_hour, table=builder.profile(instance.calendar.hours))
    # What raises a priced row would earn its price: it pays that back.
    islands, pools = len(instance.island_pool), len(instance.pools)
    by_use = paid_by_use(instance) * instance.unit_gpus[:, None] * hours
    prices = [instance.calendar.mean(feed.price_usd_per_kwh) * hours for feed in instance.feeds.values()]
    for option, limit in zip(options.option, options.limit.tolist(), strict=True):
        q = int(instance.island_pool[limit]) if limit < islands else limit - islands
        name, usd = ("usage_fees", by_use[q]) if q < pools else ("energy", prices[limit - islands - pools])
        builder.add_charges(np.array([option]), *level_and_term(name), 1.0, table=builder.profile(usd))


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Amounts beyond what today's plan exceeds, below nothing, or of a part of a unit."""
    if not len(plan.overruns.limit):
        return []
    stated, most, found = overruns_by_limit(instance, plan), todays_excess(instance), []
    feeds = len(stated) - len(instance.feeds)
    for row, period in np.argwhere(stated).tolist():
        amount, allowed = float(stated[row, period]), float(most[row, period])
        name, unit, when = instance.limit_names[row], "units" if row < feeds else "kW", instance.calendar.period_name(period)
        tolerance = FEASIBILITY_TOLERANCE * max(1.0, allowed)
        if amount < -tolerance:
            found.append(broken(NAME, name, f"an overrun of {amount:,.6g} {unit}, below 0", -amount, unit, when))
        elif amount > allowed + tolerance:
            text = f"goes on beyond it by {amount:,.6g} {unit}, today's plan does by {allowed:,.6g} {unit}"
            found.append(broken(NAME, name, text, amount - allowed, unit, when))
        elif row < feeds and abs(amount - round(amount)) > tolerance:
            text = f"goes on beyond it by {amount:,.6g} units, which are not whole"
            found.append(broken(NAME, name, text, abs(amount - round(amount)), unit, when))
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """overrun: what is held and drawn beyond limits, by the hour; it counts where promises do."""
    if NAME not in instance.levels.terms:
        return {}
    hours = overruns_by_limit(instance, plan) @ instance.calendar.hours
    return {NAME: float(limit_weights(instance) @ hours)}


def todays_excess(instance: Instance) -> Floats:
    """By how much today's plan, read as a plan, breaks each of ``Instance.limit_names``, [limits, P]."""
    rows = list(booked(instance))
    if not rows:
        return np.zeros((len(instance.limit_names), instance.calendar.period_count))
    today = as_plan(instance, rows)
    held = gang_units(instance, today)
    online = (instance.island_online_gpus // instance.unit_gpus[instance.island_pool][:, None]).astype(np.float64)
    over = np.maximum(held - online, 0.0)
    spare = np.array([pool.spare_share for pool in instance.pools.values()])[:, None]
    usable = by_pool(instance, online) - np.ceil(spare * by_pool(instance, online) - 1e-9)
    of_pools = np.maximum(by_pool(instance, held - over) - usable, 0.0)
    drawn = np.zeros((len(instance.feeds), instance.calendar.period_count))
    for kw, pool in zip(facility_kw(instance, today), instance.pools.values(), strict=True):
        drawn[[list(instance.feeds).index(feed) for feed in instance.feeds_above(pool)]] += kw
    limit = feed_limits_under(instance, today)
    slack = FEASIBILITY_TOLERANCE * np.maximum(1.0, np.where(np.isfinite(limit), np.abs(limit), 0.0))
    of_feeds = np.where(drawn - limit > slack, drawn - limit, 0.0)
    ours = in_force_by_pool(instance, today)
    return np.concatenate([over * ours[instance.island_pool], of_pools * ours, of_feeds])


def as_plan(instance: Instance, rows: list[Booked]) -> Plan:
    """A plan of these jobs alone, each until its work ends."""
    job, shape, start = (np.array([getattr(row, name) for row in rows]) for name in ("job", "shape", "start_block"))
    run = np.repeat(np.arange(len(rows)), [len(row.islands) for row in rows])
    island, units = (np.array([n for row in rows for n in getattr(row, name)]) for name in ("islands", "units"))
    crossed = np.array([(n, link) for n, row in enumerate(rows) for link in row.links], dtype=np.int64).reshape(-1, 2)
    paths = Paths(crossed[:, 0], crossed[:, 1])
    runs, places = Runs(job, shape, start, start + 1), Places(run, island, units)
    plan = Plan(runs, places, paths, empty(Replicas), empty(Serving), empty(Shedding))
    needed = run_hours(instance, plan)
    for n, row in enumerate(rows):
        needed[n] = needed[n] if row.remaining_hours is None else row.remaining_hours
    end = needed_end(instance, job, needed, start, events_above(instance, run, instance.island_pool[island], len(rows)))
    return replace(plan, runs=replace(runs, end_block=np.minimum(end, instance.calendar.blocks)))
