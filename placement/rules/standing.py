"""Standing replicas: of a service so many stand at least, at single sites too, and they are spread over several places.

    sum of replicas, of all pools or of those at a site    >=  the least number                  for every period
    throughput at a place  <=  most share x throughput of all                                    for every place and period
    replicas at a place    >=  1 at ``least`` places at least, where there are any at all        for every period

A place is a site or a provider. Throughput is what replicas sustain over the period, before what warm spares and starts take.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.activities.spreads import ANYWHERE, place_of_pools
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import FEASIBILITY_TOLERANCE, Floats
from placement.rules.reading import broken, excess, no_costs, replica_counts, replica_throughput

NAME = "standing"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """Least numbers, shares of places, and which places count as stood at."""
    replicas, calendar = activities.replicas, instance.calendar
    site, count = instance.pool_site[replicas.pool], replicas.replicas.astype(np.float64)
    for s, (name, service) in enumerate(instance.services.items()):
        mine = replicas.service == s
        least = [(f"least {name}", mine, service.min_replicas)]
        least += [(f"least {name} at {x}", mine & (site == list(instance.sites).index(x)), figure)
                  for x, figure in (service.min_replicas_at or {}).items()]  # fmt: skip
        for label, which, figure in least:
            if figure is not None:
                row = builder.add_resources([label], "replicas", -calendar.least(figure))
                builder.add_rates(replicas.option[which], row[0], -count[which])
        if service.spread is not None and service.spread.most_share is not None:
            place = place_of_pools(instance, service.spread.by)[replicas.pool]
            for x in np.unique(place[mine]).tolist():
                row = builder.add_resources([f"share of {name} at {_places(instance, service.spread.by)[x]}"], "tokens/s", 0.0)
                share = replicas.tokens_per_s * ((place == x) - service.spread.most_share)
                builder.add_rates(replicas.option[mine], row[0], share[mine], profile=replicas.pace[mine])
    _spread(instance, builder, activities)


def _spread(instance: Instance, builder: Builder, activities: Activities) -> None:
    """A place counts while replicas stand there, so many have to count while any stand."""
    replicas, spreads = activities.replicas, activities.spreads
    online = np.zeros((len(instance.pools), instance.calendar.period_count))
    np.add.at(online, instance.island_pool, instance.island_online_gpus.astype(np.float64))
    for s in np.unique(spreads.service).tolist():
        name, service = list(instance.services.items())[s]
        assert service.spread is not None and service.spread.least is not None, "offered only where it is"
        enough = builder.add_resources([f"places of {name}"], "places", 0.0)
        for n in np.flatnonzero(spreads.service == s).tolist():
            this, members = spreads.option[n : n + 1], spreads.members[n]
            if spreads.place[n] == ANYWHERE:
                # As many as there can be: whatever stands, one count of this allows.
                each = min(profile.gpus_per_replica for profile in service.profiles)
                most = np.ceil(online[np.unique(replicas.pool[members])].sum(axis=0) / each)
                row = builder.add_resources([f"{name} stands"], "replicas", 0.0)
                builder.add_rates(replicas.option[members], row[0], replicas.replicas[members].astype(np.float64))
                builder.add_rates(this, row[0], -1.0, profile=builder.profile(most))
                builder.add_rates(this, enough[0], float(service.spread.least))
            else:
                where = _places(instance, service.spread.by)[int(spreads.place[n])]
                row = builder.add_resources([f"{name} stands at {where}"], "replicas", 0.0)
                builder.add_rates(this, row[0], 1.0)
                builder.add_rates(replicas.option[members], row[0], -replicas.replicas[members].astype(np.float64))
                builder.add_rates(this, enough[0], -1.0)


def _places(instance: Instance, by: str) -> list[str]:
    return list(instance.sites if by == "site" else instance.providers)


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Too few replicas, too much in one place, and too few places."""
    found: list[Violation] = []
    table, sites = plan.replicas, list(instance.sites.values())
    count, throughput = replica_counts(instance, plan)[0], replica_throughput(instance, plan)
    periods = instance.calendar.period_count
    site = instance.pool_site[instance.island_pool[table.island]]
    for s, (name, service) in enumerate(instance.services.items()):
        if service.min_replicas is None and service.min_replicas_at is None and service.spread is None:
            continue
        standing, sustained = np.zeros((len(sites), periods)), np.zeros((len(sites), periods))
        mine = table.service == s
        np.add.at(standing, (site[mine], table.period[mine]), count[mine])
        np.add.at(sustained, (site[mine], table.period[mine]), throughput[mine])
        if service.min_replicas is not None:
            found += _too_few(instance, name, standing.sum(axis=0), instance.calendar.least(service.min_replicas))
        for x, least in (service.min_replicas_at or {}).items():
            at = [noun.id for noun in sites].index(x)
            found += _too_few(instance, f"{name} at {x}", standing[at], instance.calendar.least(least))
        if service.spread is None:
            continue
        places = [noun.id if service.spread.by == "site" else noun.provider for noun in sites]
        names = sorted(set(places))
        among = np.array([[place == other for place in places] for other in names], dtype=np.float64)
        if service.spread.most_share is not None:
            part, whole = among @ sustained, sustained.sum(axis=0)
            limit = service.spread.most_share * whole + 0 * part
            labels = [f"{name} at {other}" for other in names]
            found += excess(NAME, "tokens/s", labels, part, limit, instance, "may sustain", part + whole)
        if service.spread.least is not None:
            stood_at = np.count_nonzero(among @ standing > 0, axis=0)
            for period in np.flatnonzero((stood_at > 0) & (stood_at < service.spread.least)).tolist():
                text = f"stands at {stood_at[period]} {service.spread.by}s in place of {service.spread.least}"
                missing = float(service.spread.least - stood_at[period])
                found.append(broken(NAME, name, text, missing, "places", instance.calendar.period_name(period)))
    return found


def _too_few(instance: Instance, name: str, standing: Floats, least: Floats) -> list[Violation]:
    found = []
    for period in np.flatnonzero(least - standing > FEASIBILITY_TOLERANCE * np.maximum(1.0, least + standing)).tolist():
        text = f"{standing[period]:,.6g} replicas stand in place of {least[period]:,.6g}"
        missing = float(least[period] - standing[period])
        found.append(broken(NAME, name, text, missing, "replicas", instance.calendar.period_name(period)))
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None."""
    return no_costs()
