"""Law 4, demand response: what a feed gives up in a period it may not draw, and is paid for.

    facility kW of the feed + kW given up by all its responses  <=  limit - reserve + non-firm kW       in every period asked for
    kW given up                                                 <=  most_kw, all of it where it is whole
    earnings = kW given up x hours of the period x USD per kWh

It is given up for whole periods, and whether it would have been drawn or not: ``most_kw`` is what the buyer accepts. Nothing gives
way for it by itself; what would draw more stays off, runs in another mode, elsewhere, or at another time.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import FEASIBILITY_TOLERANCE, Floats
from placement.rules.pool_use import charge, charge_standing, drawn_kw, standing_kw
from placement.rules.power import bring_power, facility_kw, feed_limits_kw, feed_limits_under
from placement.rules.reading import broken, excess, level_and_term, overrun_kw

NAME = "demand_response"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """One resource per feed that is asked, in these periods: its limit, what it draws, and what it gives up."""
    options, cases, limit = activities.responses, instance.responses, feed_limits_kw(instance)
    for feed in sorted({case.feed for case in cases if np.isfinite(limit[case.feed]).all()}):
        mine = np.array([n for n, case in enumerate(cases) if case.feed == feed], dtype=np.int64)
        asked = np.any([cases[n].periods for n in mine], axis=0)
        weight = np.outer(cases[mine[0]].below, asked).astype(np.float64)
        room = limit[feed] * asked - (standing_kw(instance) * weight).sum(axis=0)
        row = int(builder.add_resources([f"responses of {list(instance.feeds)[feed]}"], "kW", room)[0])
        charge(instance, builder, activities, row, drawn_kw(instance, activities), weight)
        charge_standing(instance, builder, activities, row, weight)
        bring_power(instance, builder, activities, feed, row, asked)
        activities.overruns.raise_feed(builder, feed, row, asked)
        builder.add_rates(options.option[mine], row, options.kw_each[mine])
    price = np.array([case.response.usd_per_kwh for case in cases])
    builder.add_charges(
        options.option, *level_and_term("demand_response"), -options.kw_each * price, table=builder.profile(instance.present_hours)
    )


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Feeds that draw what they gave up, and responses that nobody asked for."""
    found, names, by_case = [], list(instance.feeds), _given_kw(instance, plan)
    given = np.zeros((len(names), instance.calendar.period_count))
    for n, p in np.argwhere(by_case).tolist():
        case, kw, when = instance.responses[n], float(by_case[n, p]), instance.calendar.period_name(p)
        given[case.feed, p] += kw
        most = case.response.most_kw if case.response.periods(instance.calendar)[p] else 0.0
        slack = FEASIBILITY_TOLERANCE * max(1.0, most)
        if kw > most + slack or kw < -slack:
            text = f"gives up {kw:,.6g} kW, of which 0 to {most:,.6g} kW are asked for"
            found.append(broken(NAME, case.name, text, max(kw - most, -kw), "kW", when))
        elif case.response.whole and slack < kw < most - slack:
            text = f"gives up {kw:,.6g} kW, which is a part of what is asked for as a whole, {most:,.6g} kW"
            found.append(broken(NAME, case.name, text, most - kw, "kW", when))
    drawn = np.zeros(given.shape)
    for kw, pool in zip(facility_kw(instance, plan), instance.pools.values(), strict=True):
        for feed in instance.feeds_above(pool):
            drawn[names.index(feed)] += kw
    gives, limit = given > 0, feed_limits_under(instance, plan) + overrun_kw(instance, plan)
    use = np.where(gives, drawn + given, 0.0)
    return found + excess(NAME, "kW", names, use, np.where(gives, limit, 0.0), instance, "draws and gives up together")


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """demand_response: earnings of what is given up."""
    prices = [case.response.usd_per_kwh for case in instance.responses]
    kwh = _given_kw(instance, plan) @ instance.present_hours
    return {"demand_response": -float(kwh @ np.array(prices)) if prices else 0.0}


def _given_kw(instance: Instance, plan: Plan) -> Floats:
    """What a plan gives up, [responses, P]."""
    given = np.zeros((len(instance.responses), instance.calendar.period_count))
    np.add.at(given, (plan.responses.response, plan.responses.period), plan.responses.kw)
    return given
