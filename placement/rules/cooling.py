"""Law 4, cooling: the heat of sites, and of halls by their feeds, all IT kW drawn there, stays under what is cooled.

    sum over the pools of a site, or below a feed, of facility kW / PUE  <=  cooling kW

Heat stays where it is drawn: a hall that another feed carries after a loss is cooled as before.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Feed, Instance, Site
from placement.plan import Plan, Violation
from placement.program import Floats
from placement.rules.pool_use import charge, charge_standing, drawn_kw, standing_kw
from placement.rules.power import facility_kw, pools_below
from placement.rules.reading import excess, no_costs, pue_of_pools

NAME = "cooling"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """One resource per site and feed that states a limit: what idles there is taken from it, all else charges it."""
    places, limit, standing, inside = cooled_places(instance), cooled_kw(instance), idle_heat_kw(instance), pools_inside(instance)
    for n in np.flatnonzero(np.isfinite(limit).all(axis=1)).tolist():
        weight = np.broadcast_to((inside[n] / pue_of_pools(instance))[:, None], instance.pool_online_gpus.shape)
        row = int(builder.add_resources([f"cooling {places[n]}"], "kW", limit[n] - standing[n])[0])
        charge(instance, builder, activities, row, drawn_kw(instance, activities), weight)
        charge_standing(instance, builder, activities, row, weight)


def cooled_places(instance: Instance) -> list[str]:
    """Names of what may state a limit: sites, then feeds, [N]."""
    return [*instance.sites, *(f"feed {name}" for name in instance.feeds)]


def idle_heat_kw(instance: Instance) -> Floats:
    """IT kW drawn in each of ``cooled_places`` with nothing running, decided contracts left out, [N, P]."""
    return np.asarray(pools_inside(instance) @ (standing_kw(instance) / pue_of_pools(instance)[:, None]))


def cooled_kw(instance: Instance) -> Floats:
    """Limit of each of ``cooled_places``, [N, P]; inf where said to be unlimited."""
    stated: list[Site | Feed] = [*instance.sites.values(), *instance.feeds.values()]
    rows = np.full((len(stated), instance.calendar.period_count), np.inf)
    for n, place in enumerate(stated):
        if not isinstance(place.cooling_kw, str):
            rows[n] = instance.calendar.least(place.cooling_kw)
    return rows


def pools_inside(instance: Instance) -> Floats:
    """1 where a site, or a feed, holds a pool, [N, Q]."""
    at_site = instance.pool_site == np.arange(len(instance.sites))[:, None]
    return np.concatenate([at_site.astype(np.float64), pools_below(instance).astype(np.float64)])


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Sites and halls that give off more heat than is cooled."""
    names = cooled_places(instance)
    rows = {name: n for n, name in enumerate(names)}
    heat, limit = np.zeros((len(names), instance.calendar.period_count)), cooled_kw(instance)
    for kw, pool in zip(facility_kw(instance, plan), instance.pools.values(), strict=True):
        for name in (pool.site, *(f"feed {feed}" for feed in instance.feeds_above(pool))):
            heat[rows[name]] += kw / instance.sites[pool.site].pue
    finite = np.isfinite(limit)
    return excess(NAME, "kW", names, np.where(finite, heat, 0), np.where(finite, limit, 0), instance, "gives off")


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None."""
    return no_costs()
