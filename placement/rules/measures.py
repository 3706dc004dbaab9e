"""Measures: what levels of the objective count that is no money. Nothing is written for a measure that no level names.

    carbon_tonnes            =  sum of facility kWh of each pool, idle draw included, x kg per kWh / 1000
    unserved_million_tokens  =  volume of demand less volume served, of the tenants named
    unserved_share           =  the same, as a share of their volume of demand over the horizon

What finds its product closed is not served.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.objective import CARBON, OF_TENANTS, UNSERVED_SHARE, Measure
from placement.plan import Plan, Violation
from placement.program import Bools, Floats
from placement.rules.pool_use import charge, charge_standing, drawn_kw, standing_kw
from placement.rules.power import facility_kw, most_kw
from placement.rules.reading import KG_PER_TONNE, carbon_kg_per_kwh
from placement.rules.sla import million_tokens_per_rate

NAME = "measures"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """A resource of tonnes per hour at a price of 1; what is served, taken from what is asked for."""
    for measure in instance.levels.measures:
        term = builder.terms.index(measure.key)
        if measure.term == CARBON:
            per_kwh = carbon_kg_per_kwh(instance) / KG_PER_TONNE
            most = (per_kwh * most_kw(instance)).sum(axis=0)
            row = int(builder.add_resources([measure.key], "t per hour", most, price=1.0, term=term)[0])
            charge(instance, builder, activities, row, drawn_kw(instance, activities), per_kwh)
            charge_standing(instance, builder, activities, row, per_kwh)
            builder.add_constant(0, term, float(np.sum(standing_kw(instance) * per_kwh * instance.calendar.hours)))
        elif measure.term in OF_TENANTS:
            counted, serve = _counted(instance, measure), activities.serve
            millions = million_tokens_per_rate(instance) * _scale(instance, measure)
            mine = np.flatnonzero(counted[serve.stream])
            tables = np.array([builder.profile(row) for row in millions], dtype=np.int64)
            builder.add_charges(serve.option[mine], 0, term, -1.0, table=tables[serve.stream[mine]])
            builder.add_constant(0, term, float(np.sum((millions * instance.demand_tokens_per_s)[counted])))


def _counted(instance: Instance, measure: Measure) -> Bools:
    """Streams that count, [S]."""
    named = [measure.tenants is None or stream.tenant in measure.tenants for stream in instance.streams.values()]
    return np.array(named, dtype=np.bool_)


def _scale(instance: Instance, measure: Measure) -> float:
    """What a million tokens counts: 1, or its share of all that is asked for; 0 where nothing is."""
    if measure.term != UNSERVED_SHARE:
        return 1.0
    asked = float(_asked(instance)[_counted(instance, measure)].sum())
    return 1.0 / asked if asked > 0 else 0.0


def _asked(instance: Instance) -> Floats:
    """Volume of demand in millions of tokens, [S, P]."""
    return million_tokens_per_rate(instance) * instance.demand_tokens_per_s


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """None: they count, and forbid nothing."""
    return []


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """Every measure that some level names, each in its own unit."""
    found, names = dict[str, float](), list(instance.streams.values())
    for measure in instance.levels.measures:
        if measure.term == CARBON:
            kg = facility_kw(instance, plan) * carbon_kg_per_kwh(instance) * instance.calendar.hours
            found[measure.key] = float(kg.sum()) / KG_PER_TONNE
        elif measure.term in OF_TENANTS:
            mine = [s for s, stream in enumerate(names) if stream.tenant in (measure.tenants or (stream.tenant,))]
            asked = served = 0.0
            for s in mine:
                rows = plan.serving.stream == s
                volume = million_tokens_per_rate(instance)[s]
                served += float(plan.serving.tokens_per_s[rows] @ volume[plan.serving.period[rows]])
                asked += float(volume @ instance.demand_tokens_per_s[s])
            missing = asked - served
            found[measure.key] = missing if measure.term != UNSERVED_SHARE else missing / asked if asked > 0 else 0.0
    return found
