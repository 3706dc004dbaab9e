"""Law 4, cooling: the heat of every site, which is all IT kW drawn there, stays under what is cooled in every period.

    sum over the pools of a site of facility kW / PUE  <=  cooling kW
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import Bools, Floats
from placement.rules.pool_use import charge, charge_standing, drawn_kw, standing_kw
from placement.rules.power import facility_kw
from placement.rules.reading import excess, no_costs, pue_of_pools

NAME = "cooling"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """One resource per site that states a limit: what idles there is taken from it, all else charges it."""
    names, limit, standing = list(instance.sites), cooled_kw(instance), idle_heat_kw(instance)
    for site in np.flatnonzero(np.isfinite(limit).all(axis=1)).tolist():
        weight = np.broadcast_to((_pools_at(instance, site) / pue_of_pools(instance))[:, None], instance.pool_online_gpus.shape)
        row = int(builder.add_resources([f"cooling {names[site]}"], "kW", limit[site] - standing[site])[0])
        charge(instance, builder, activities, row, drawn_kw(instance, activities), weight)
        charge_standing(instance, builder, activities, row, weight)


def idle_heat_kw(instance: Instance) -> Floats:
    """IT kW drawn at each site with nothing running, decided contracts left out, [sites, P]."""
    it_kw = standing_kw(instance) / pue_of_pools(instance)[:, None]
    return np.array([it_kw[_pools_at(instance, site)].sum(axis=0) for site in range(len(instance.sites))])


def cooled_kw(instance: Instance) -> Floats:
    """Limit of each site, [sites, P]; inf where said to be unlimited."""
    rows = np.full((len(instance.sites), instance.calendar.period_count), np.inf)
    for s, site in enumerate(instance.sites.values()):
        if not isinstance(site.cooling_kw, str):
            rows[s] = instance.calendar.least(site.cooling_kw)
    return rows


def _pools_at(instance: Instance, site: int) -> Bools:
    return np.asarray(instance.pool_site == site)


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Sites that give off more heat than is cooled."""
    sites = {name: s for s, name in enumerate(instance.sites)}
    heat, limit = np.zeros((len(sites), instance.calendar.period_count)), cooled_kw(instance)
    for kw, pool in zip(facility_kw(instance, plan), instance.pools.values(), strict=True):
        heat[sites[pool.site]] += kw / instance.sites[pool.site].pue
    finite = np.isfinite(limit)
    return excess(NAME, "kW", list(sites), np.where(finite, heat, 0), np.where(finite, limit, 0), instance, "gives off")


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None."""
    return no_costs()
