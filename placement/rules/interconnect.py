"""Law 3, interconnect: a gang fits its span, and what joins its parts has room for its traffic.

One scale-up domain; one island; several islands of a pool, at the pool's slow-down, each island's uplink carrying Gbit/s per GPU
x GPUs there; or two sites over links within the RTT it tolerates (what links carry: ``wan``). No replica straddles scale-up
domains: where islands hold several domains and a replica or a job of span ``domain`` takes several units of one, gangs are laid on
whole domains, and

    sum over gangs ceil(units / domain)  +  sum over large replicas 1 / (replicas per domain)   <= whole domains online
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from placement.activities import Activities
from placement.activities.columns import rows_by_run
from placement.activities.terms import contract_of_pools, firm
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.demand import SPANS
from placement.plan import Plan, Violation
from placement.program import Bools, Floats, Ints
from placement.rules.reading import (
    broken,
    during_runs,
    excess,
    gpus_on_places,
    no_costs,
    of_profiles,
    online_gpus,
    profile_rows,
    run_units,
)

NAME = "interconnect"


# ------------------------------------------------------------ into the Program


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """Uplinks of islands, and whole domains."""
    gangs = activities.gangs
    held = builder.profile_of_paces(instance.jobs.paces)[instance.jobs.pace[gangs.job]]
    row, island = gangs.share_row, gangs.share_island
    gpus = instance.jobs.shapes.gpus[gangs.shape[row]] * gangs.share_units / gangs.units[row]

    spanning = gangs.places.spanning(gangs.place[row], island)
    island_pool = instance.island_pool
    if np.any(spanning):
        uplinks = _uplinks(instance, instance.island_online_gpus)
        uplink = builder.add_resources(
            [f"uplink {name}" for name in instance.island_names], "Gbit/s", firm(instance, uplinks, island_pool)
        )
        activities.terms.supply(builder, uplink, contract_of_pools(instance)[island_pool], uplinks)
        traffic = instance.jobs.gbit_s_per_gpu[gangs.job[row]] * gpus
        start, end = gangs.window(row[spanning])
        builder.add_rates(
            gangs.option[row[spanning]], uplink[island[spanning]], traffic[spanning], start=start, end=end,
            profile=held[row[spanning]],
        )  # fmt: skip
    _formulate_domains(instance, builder, activities, held)


def _formulate_domains(instance: Instance, builder: Builder, activities: Activities, held: Ints) -> None:
    counted = np.flatnonzero(instance.counts_domains[instance.island_pool])
    if not len(counted):
        return
    gangs, replicas = activities.gangs, activities.replicas
    resource = np.full(len(instance.island_pool), -1, dtype=np.int64)
    pool, online = instance.island_pool[counted], whole_domains(instance, instance.island_online_gpus)[counted]
    resource[counted] = builder.add_resources(
        [f"domains {instance.island_names[i]}" for i in counted], "scale-up domains", firm(instance, online, pool)
    )
    activities.terms.supply(builder, resource[counted], contract_of_pools(instance)[pool], online.astype(np.float64))
    mine = resource[gangs.share_island] >= 0
    island, row = gangs.share_island[mine], gangs.share_row[mine]
    domains = -(-gangs.share_units[mine] // instance.domain_units[instance.island_pool[island]])
    start, end = gangs.window(row)
    builder.add_rates(
        gangs.option[row], resource[island], domains, start=start, end=end, profile=held[row], step=gangs.share_step[mine]
    )
    large = (replicas.units > 1) & (replicas.island >= 0)
    large &= resource[np.maximum(replicas.island, 0)] >= 0
    per_domain = instance.domain_units[replicas.pool[large]] // replicas.units[large]
    builder.add_rates(replicas.option[large], resource[replicas.island[large]], 1.0 / per_domain)


def _uplinks(instance: Instance, online_gpus: Ints) -> Floats:
    """Gbit/s out of each island with so many GPUs online [I, P], [I, P]; 0 where gangs may not span."""
    rows = np.zeros(online_gpus.shape)
    for q, pool in enumerate(instance.pools.values()):
        if pool.spanning is not None:
            per_gpu = instance.accelerators[pool.accelerator].scale_out_gbit_s / pool.spanning.oversubscription
            islands = slice(instance.pool_island[q], instance.pool_island[q + 1])
            rows[islands] = online_gpus[islands] * per_gpu
    return rows


def whole_domains(instance: Instance, online_gpus: Ints) -> Ints:
    """Scale-up domains that are online in full in each island with so many GPUs online [I, P], [I, P]."""
    size = (instance.domain_units * instance.unit_gpus)[instance.island_pool]
    return online_gpus // size[:, None]


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Gangs on places that their span or the pool's rule excludes, straddling replicas, and crowded uplinks and domains."""
    found = []
    total, standing = run_units(plan), Standing.of(plan)
    for run in np.flatnonzero(~_plainly_placed(instance, plan, standing, total)).tolist():
        found += _place_violations(instance, plan, standing, run, int(total[run]))
    return found + _traffic_violations(instance, plan) + _domain_violations(instance, plan)


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None."""
    return no_costs()


@dataclass(frozen=True)
class Standing:
    """The rows of a plan's places and paths by run: most runs stand on one island and need no look at each."""

    plan: Plan
    rows: Ints
    offset: Ints
    links: Ints
    link_offset: Ints

    @classmethod
    def of(cls, plan: Plan) -> Standing:
        runs = len(plan.runs.job)
        return cls(plan, *rows_by_run(plan.places.run, runs), *rows_by_run(plan.paths.run, runs))

    @property
    def islands(self) -> Ints:
        """Rows of places that each run has, [runs]."""
        return np.diff(self.offset)

    def places_of(self, run: int) -> Ints:
        """Rows of ``places`` of a run."""
        return self.rows[self.offset[run] : self.offset[run + 1]]

    def links_of(self, run: int) -> Ints:
        """Links that a run crosses."""
        return self.plan.paths.link[self.links[self.link_offset[run] : self.link_offset[run + 1]]]

    def sides(self, instance: Instance, run: int) -> dict[int, tuple[list[int], list[int]]]:
        """Islands and units of a run by site."""
        sides: dict[int, tuple[list[int], list[int]]] = {}
        for row in self.places_of(run).tolist():
            island = int(self.plan.places.island[row])
            islands, units = sides.setdefault(int(instance.pool_site[instance.island_pool[island]]), ([], []))
            islands.append(island)
            units.append(int(self.plan.places.units[row]))
        return sides


def run_hours(instance: Instance, plan: Plan) -> Floats:
    """Hours at pace 1 that each run needs where it stands, [runs]."""
    hours = instance.jobs.shapes.hours[plan.runs.shape].astype(np.float64)
    pools, standing = list(instance.pools.values()), Standing.of(plan)
    for run in np.flatnonzero(standing.islands > 1).tolist():
        sides = standing.sides(instance, run)
        slowest = 1.0
        for islands, _ in sides.values():
            spanning = pools[int(instance.island_pool[islands[0]])].spanning
            if len(islands) > 1 and spanning is not None:
                slowest = min(slowest, 1 - spanning.loss * (1 - 1 / len(islands)))
        if len(sides) > 1:
            slowest *= 1 - instance.jobs.wan_loss[plan.runs.job[run]]
        hours[run] /= slowest
    return hours * spot_times_longer(instance, plan)


def spot_times_longer(instance: Instance, plan: Plan) -> Floats:
    """What interruptions of spot capacity make of the hours of each run, once for each contract that it stands on, [runs]."""
    longer = np.ones(len(plan.runs.job))
    spot = instance.pool_spot[instance.island_pool[plan.places.island]]
    run, under = np.unique(np.stack([plan.places.run[spot >= 0], spot[spot >= 0]]), axis=1)
    np.multiply.at(longer, run, instance.spot_times_longer[plan.runs.shape[run], under])
    return longer


def _plainly_placed(instance: Instance, plan: Plan, standing: Standing, total: Ints) -> Bools:
    """Runs on one island and no link, of the right size and span: nothing of theirs needs a closer look, [runs]."""
    jobs, runs = instance.jobs, plan.runs
    gpus, kind = jobs.shapes.gpus[runs.shape], jobs.shapes.accelerator[runs.shape]
    accelerators = list(instance.accelerators.values())
    unit = np.array([a.allocation_unit_gpus for a in accelerators], dtype=np.int64)[kind]
    domain = np.array([a.scale_up_domain_gpus for a in accelerators], dtype=np.int64)[kind]
    plain = (standing.islands == 1) & (np.diff(standing.link_offset) == 0)
    plain &= (total == -(-gpus // unit)) & (total > 0) & (domain >= jobs.scale_up_gpus[runs.job])
    return np.asarray(plain & ((jobs.span[runs.job] != SPANS.index("domain")) | (gpus <= domain)), dtype=np.bool_)


def _place_violations(instance: Instance, plan: Plan, standing: Standing, run: int, total: int) -> list[Violation]:
    jobs, job, shape = instance.jobs, int(plan.runs.job[run]), int(plan.runs.shape[run])
    name, span, gpus = jobs.id[job], SPANS[jobs.span[job]], int(jobs.shapes.gpus[shape])
    accelerator = list(instance.accelerators.values())[int(jobs.shapes.accelerator[shape])]
    sides = standing.sides(instance, run)
    found = []
    if not sides:
        return [broken(NAME, name, "runs but holds no island")]
    needed = -(-gpus // accelerator.allocation_unit_gpus)
    if total != needed:
        found.append(
            broken(NAME, name, f"holds {total} allocation units, its {gpus} GPUs need {needed}", abs(total - needed), "units")
        )
    if accelerator.scale_up_domain_gpus < jobs.scale_up_gpus[job]:
        text = f"needs scale-up domains of {jobs.scale_up_gpus[job]}, {accelerator.id} joins {accelerator.scale_up_domain_gpus}"
        found.append(broken(NAME, name, text))
    if span == "domain" and gpus > accelerator.scale_up_domain_gpus:
        found.append(broken(NAME, name, "does not fit one scale-up domain", gpus - accelerator.scale_up_domain_gpus, "GPUs"))
    if len(sides) > (2 if span == "sites" else 1):
        found.append(broken(NAME, name, f"stands at {len(sides)} sites, which its span '{span}' excludes"))
    held = [sum(units) for _, units in sides.values()]
    if max(held) - min(held) > 1:
        found.append(broken(NAME, name, f"is not split evenly over sites: {held} units", max(held) - min(held), "units"))
    for islands, units in sides.values():
        found += _side_violations(instance, name, span, islands, units)
    if len(sides) == 2:
        found += _path_violations(instance, plan, standing, run, name, list(sides))
    elif len(standing.links_of(run)):
        found.append(broken(NAME, name, "crosses WAN links though it stands at one site"))
    return found


def _side_violations(instance: Instance, name: str, span: str, islands: list[int], units: list[int]) -> list[Violation]:
    found = []
    pools = {int(instance.island_pool[island]) for island in islands}
    if len(pools) > 1:
        return [broken(NAME, name, "stands in two pools of one site")]
    pool = list(instance.pools.values())[pools.pop()]
    if len(set(islands)) < len(islands) or min(units) <= 0:
        found.append(broken(NAME, name, "names an island twice or without units"))
    if max(units) - min(units) > 1:
        found.append(broken(NAME, name, f"is not split evenly over islands: {units} units", max(units) - min(units), "units"))
    if len(islands) > 1:
        rule = pool.spanning
        if span in ("domain", "island") or rule is None:
            found.append(broken(NAME, name, f"spans {len(islands)} islands of pool {pool.id}, which is excluded"))
        elif len(islands) > rule.max_islands:
            found.append(broken(NAME, name, f"spans {len(islands)} islands, at most {rule.max_islands} in pool {pool.id}"))
        elif rule.sets == "consecutive" and any(b - a != 1 for a, b in pairwise(sorted(islands))):
            found.append(broken(NAME, name, f"spans islands of pool {pool.id} that are not neighbours"))
    return found


def _path_violations(instance: Instance, plan: Plan, standing: Standing, run: int, name: str, sites: list[int]) -> list[Violation]:
    links = [list(instance.links.values())[n] for n in standing.links_of(run)]
    names = list(instance.sites)
    at, left, rtt = names[sites[0]], list(links), 0.0
    while left:
        step = next((link for link in left if at in (link.a, link.b)), None)
        if step is None:
            break
        left.remove(step)
        at = step.b if step.a == at else step.a
        rtt += step.rtt_ms
    if at != names[sites[1]] or left or not links:
        return [broken(NAME, name, f"its WAN links do not lead from {names[sites[0]]} to {names[sites[1]]}")]
    limit = instance.jobs.max_rtt_ms[plan.runs.job[run]]
    if rtt > limit + 1e-6:
        return [broken(NAME, name, f"round trip of {rtt:.6g} ms against {limit:.6g} ms tolerated", float(rtt - limit), "ms")]
    return []


def _traffic_violations(instance: Instance, plan: Plan) -> list[Violation]:
    places, jobs = plan.places, instance.jobs
    spanning, standing = np.zeros(len(places.run), dtype=np.bool_), Standing.of(plan)
    for run in np.flatnonzero(standing.islands > 1).tolist():
        rows = standing.places_of(run)
        for islands, _ in standing.sides(instance, run).values():
            if len(islands) > 1:
                spanning[rows[np.isin(places.island[rows], islands)]] = True
    job = plan.runs.job[places.run[spanning]]
    traffic = np.nan_to_num(jobs.gbit_s_per_gpu[job]) * gpus_on_places(instance, plan)[spanning]
    use = during_runs(instance, plan, places.run[spanning], places.island[spanning], traffic, len(instance.island_pool))
    return excess(
        NAME, "Gbit/s", instance.island_names, use, _uplinks(instance, online_gpus(instance, plan)), instance, "uplink carries"
    )


def _domain_violations(instance: Instance, plan: Plan) -> list[Violation]:
    places, table, found = plan.places, plan.replicas, []
    domain = instance.domain_units[instance.island_pool]
    counted = instance.counts_domains[instance.island_pool]
    shape = (len(instance.island_pool), instance.calendar.period_count)
    use = during_runs(
        instance, plan, places.run, places.island, -(-places.units // domain[places.island]).astype(np.float64), shape[0]
    )
    profile = profile_rows(instance, table.service, table.profile)
    sizes = of_profiles(instance, lambda p: -(-p.gpus_per_replica // instance.accelerators[p.accelerator].allocation_unit_gpus))
    large = np.flatnonzero(sizes[profile] > 1)
    size, services = sizes[profile[large]].astype(np.int64), list(instance.services.values())
    for row, wanted in zip(*(a[table.units[large] % size != 0].tolist() for a in (large, size)), strict=True):
        text = f"{table.units[row]} units on {instance.island_names[table.island[row]]} do not make whole replicas of {wanted}"
        period = instance.calendar.period_name(int(table.period[row]))
        found.append(broken(NAME, services[table.service[row]].id, text, float(table.units[row] % wanted), "units", period))
    per_domain = np.maximum(domain[table.island[large]] // size, 1)
    np.add.at(use, (table.island[large], table.period[large]), table.units[large] / size / per_domain)
    use[~counted] = 0
    return found + excess(
        NAME,
        "scale-up domains",
        instance.island_names,
        use,
        whole_domains(instance, online_gpus(instance, plan)),
        instance,
        "takes",
    )
