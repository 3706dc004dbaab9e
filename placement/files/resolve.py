"""From a draft in which everything holds to the Instance: indices, arrays, and figures per period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from placement.files.limits import CELLS
from placement.instance import Instance, Settings
from placement.instance.calendar import Calendar
from placement.instance.demand import Service, Stream
from placement.instance.findings import Draft, Finding, Pairs
from placement.instance.goodput import times_longer, times_longer_on_spot
from placement.instance.instance import frozen
from placement.instance.jobs import Jobs, job_columns, offsets, shape_columns
from placement.instance.paths import DemandPaths, significant
from placement.instance.running import CurrentPlace, Running
from placement.instance.running_checks import Standing, shared, standing
from placement.instance.today import Planned, Today
from placement.program import Floats, Ints

_KEPT = (
    "providers", "regions", "sites", "feeds", "contracts", "pools", "links", "tenants", "latency_classes", "services", "streams",
    "losses", "policies", "levers", "objective", "batch_jobs",
)  # fmt: skip
MOST_TOKENS_PER_S = 1e14
NEVER_DONE = 1e6
DemandTable = tuple[Mapping[int, int], Floats, Floats]
"""Row by position of the stream; demand and mean [rows, P]."""


def too_large(draft: Draft) -> Iterator[Finding]:
    """What would not fit into memory once it is spread over the periods."""
    calendar = draft.calendar
    if calendar is None:
        return
    islands = sum(group.count for pool in draft["pools"].valid.values() for group in pool.islands)
    for what, count in (("streams", len(draft["streams"].ids)), ("pools", len(draft["pools"].ids)), ("islands", islands)):
        if count * calendar.period_count > CELLS:
            where: tuple[str, ...] = ("pools" if what == "islands" else what,)
            found = f"{count} {what} x {calendar.period_count} periods"
            yield Finding(where, found, f"at most {CELLS} {what} x periods", f"use longer blocks, fewer bands or fewer {what}")


def resolve(draft: Draft, name: str, settings: Settings, table: DemandTable | None) -> Instance:
    """The instance of a draft that has passed every check; what shows in the figures only is found by ``demand_findings``."""
    calendar = draft.calendar
    assert calendar is not None
    nouns = {family: {noun.id: noun for noun in draft[family].valid.values()} for family in draft.families}
    demand, mean = _demand(draft, calendar, settings, table, planned=settings.growth == "planned")
    told = {growth.id for growth in draft["growths"].valid.values() if growth.planned is not None}
    apart = any(stream.growth in told for stream in draft["streams"].valid.values())
    planned = _demand(draft, calendar, settings, table, planned=True)[0] if apart else None
    pools = nouns["pools"]
    ramps = [calendar.least(draft.online[n], before=0.0) for n in draft["pools"].valid]
    jobs = _jobs(draft, calendar)
    return Instance(
        name=name,
        calendar=calendar,
        settings=settings,
        accelerators=frozen(draft.accelerators),
        **{family: frozen(nouns[family]) for family in _KEPT},
        jobs=jobs,
        service_pools=tuple(_service_pools(draft, n, service) for n, service in draft["services"].valid.items()),
        pool_ramp_gpus=np.array(ramps, dtype=np.float64).reshape(len(pools), calendar.period_count),
        demand_tokens_per_s=demand,
        mean_tokens_per_s=mean,
        spot_times_longer=_spot_times_longer(draft, jobs),
        planned_tokens_per_s=planned,
        futures=draft.futures,
        today=None if draft.running_plan is None else _today(draft, jobs, calendar),
    )


def demand_findings(draft: Draft, demand: Floats, mean: Floats) -> Iterator[Finding]:
    """What shows only once demand is spread over the periods: more than can be meant, or a mean above the demand."""
    calendar = draft.calendar
    assert calendar is not None
    for row, (n, stream) in enumerate(draft["streams"].valid.items()):
        field = "demand_tokens_per_s" if stream.base_tokens_per_s is None else "base_tokens_per_s"
        absurd = np.flatnonzero(~(demand[row] <= MOST_TOKENS_PER_S))
        over = np.flatnonzero(mean[row] > demand[row] * (1 + 1e-9))
        if len(absurd):
            expected = f"at most {MOST_TOKENS_PER_S:g} in every period; exceeded in {calendar.period_name(absurd[0])}"
            yield Finding(
                ("streams", n, field), f"{demand[row][absurd[0]]:g}", expected, "correct the base, the growth or its dates"
            )
        elif len(over) and stream.mean_tokens_per_s is not None:
            expected = f"a mean of at most the demand; {demand[row][over[0]]:g} in {calendar.period_name(over[0])}"
            where = ("streams", n, "mean_tokens_per_s")
            yield Finding(where, f"{mean[row][over[0]]:g}", expected, "lower the mean or raise the demand")


def _demand(
    draft: Draft, calendar: Calendar, settings: Settings, table: DemandTable | None, *, planned: bool
) -> tuple[Floats, Floats]:
    streams = draft["streams"].valid
    demand = np.zeros((len(streams), calendar.period_count))
    mean = np.zeros_like(demand)
    paths = DemandPaths(calendar, settings.demand_percentile)
    for row, (n, stream) in enumerate(streams.items()):
        if table is not None and n in table[0]:
            demand[row], mean[row] = table[1][table[0][n]], table[2][table[0][n]]
        else:
            demand[row], mean[row] = _stream_demand(draft, calendar, paths, stream, planned)
        if stream.tokens_factor is not None:
            factor = calendar.mean(stream.tokens_factor)
            demand[row], mean[row] = demand[row] * factor, mean[row] * factor
    return demand, mean


def _stream_demand(
    draft: Draft, calendar: Calendar, paths: DemandPaths, stream: Stream, planned: bool
) -> tuple[Floats, Floats]:
    if stream.demand_tokens_per_s is not None:
        demand = calendar.mean(stream.demand_tokens_per_s)
        return demand, demand if stream.mean_tokens_per_s is None else calendar.mean(stream.mean_tokens_per_s)
    growth = None if stream.growth is None else draft["growths"].by_id[stream.growth]
    profile = None if stream.daily_profile is None else draft["daily_profiles"].by_id[stream.daily_profile]
    if planned and growth is not None and growth.planned is not None:
        growth = growth.model_copy(update={"id": f"{growth.id} as planned", "steps": growth.planned})
    demand, mean = paths.factors(growth, profile)
    base = stream.base_tokens_per_s or 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        return significant(base * demand), significant(base * mean)


def _jobs(draft: Draft, calendar: Calendar) -> Jobs:
    valid = draft["jobs"].valid
    rows = list(valid.values())
    longer = [times_longer(valid[s.job], s.gpus, draft.accelerators[s.accelerator]) for s in draft.shapes]
    shapes = shape_columns(
        [(s.job, s.accelerator, s.gpus, s.duration_hours * n, s.modes) for s, n in zip(draft.shapes, longer, strict=True)],
        draft.accelerators,
    )
    pools, offset = _job_pools(draft)
    tenants, sites = ({name: n for n, name in enumerate(draft[family].by_id)} for family in ("tenants", "sites"))
    jobs = job_columns(rows, shapes, pools, offset, calendar=calendar, tenants=tenants, sites=sites)
    running = {j: _running(draft, jobs, j, row.current_place) for j, row in enumerate(rows) if row.current_place is not None}
    return replace(jobs, running=running)


def _running(draft: Draft, jobs: Jobs, job: int, place: CurrentPlace) -> Running:
    """A current place, which has passed its check, in indices."""
    shape, islands, units, links = _stands(draft, jobs, job, place)
    return Running(
        shape=shape,
        islands=islands,
        units=units,
        links=links,
        remaining_hours=place.remaining_hours,
        move_usd=place.move_usd,
        pin=place.pin,
        overlap_blocks=place.overlap_blocks,
        lost_hours=place.lost_hours,
        move_tb=float(jobs.load_tb[job].sum()) if place.move_tb is None else place.move_tb,
    )


def _today(draft: Draft, jobs: Jobs, calendar: Calendar) -> Today:
    """Today's plan, which has passed its check, in indices."""
    plan, found = draft.running_plan, []
    assert plan is not None
    for run in plan.runs:
        job = draft["jobs"].position[run.job]
        shape, islands, _, links = _stands(draft, jobs, job, run)
        found.append(Planned(job, shape, calendar.block_starts.index(run.start_date), tuple(sorted(islands)), links))
    return Today(tuple(found), plan.change_usd, plan.most_changes)


def _stands(draft: Draft, jobs: Jobs, job: int, place: Standing) -> tuple[int, tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Shape, islands, units on each and links of where a job stands."""
    pools, accelerators = list(draft["pools"].valid.values()), list(draft.accelerators.values())
    held = standing(pools, place.islands)
    assert held is not None
    kind = pools[next(iter(held))].accelerator
    known = draft.accelerators[kind]
    shapes, modes = jobs.shapes, [mode.id for mode in known.modes]
    mode = 0 if place.mode is None else modes.index(place.mode)
    rows = range(int(jobs.shape_offset[job]), int(jobs.shape_offset[job + 1]))
    wanted = (accelerators.index(known), place.gpus, mode)
    shape = next(n for n in rows if (shapes.accelerator[n], shapes.gpus[n], shapes.mode[n]) == wanted)
    first = np.cumsum([0, *(len(pool.island_gpus) for pool in pools)])
    units = shared(place.gpus, known.allocation_unit_gpus, held, pools)
    links = tuple(sorted(draft["links"].position[name] for name in place.links or ()))
    return shape, tuple(int(first[q]) + k for q, k in units), tuple(units.values()), links


def _spot_times_longer(draft: Draft, jobs: Jobs) -> Floats:
    """See ``Instance.spot_times_longer``."""
    spots = [contract.spot for contract in draft["contracts"].valid.values() if contract.spot is not None]
    nouns, accelerators, shapes = list(draft["jobs"].valid.values()), list(draft.accelerators.values()), jobs.shapes
    rows = list(zip(shapes.job.tolist(), shapes.gpus.tolist(), shapes.accelerator.tolist(), shapes.hours.tolist(), strict=True))
    columns = [[times_longer_on_spot(nouns[j], n, accelerators[a], hours, spot) for j, n, a, hours in rows] for spot in spots]
    # Finite, for sums; what takes so long does not run there.
    return np.minimum(np.array(columns, dtype=np.float64).reshape(len(spots), len(rows)).T, NEVER_DONE)


def _job_pools(draft: Draft) -> tuple[Ints, Ints]:
    """Pools of each job: those of the eligibility table, those that it names, or all of its shapes' accelerators."""
    jobs, pools = draft["jobs"].valid, draft["pools"]
    by_accelerator: dict[str, list[int]] = {}
    for n, pool in pools.valid.items():
        by_accelerator.setdefault(pool.accelerator, []).append(n)
    wanted: dict[int, set[str]] = {}
    for row in draft.shapes:
        wanted.setdefault(row.job, set()).add(row.accelerator)
    tabled = set(np.unique(draft.job_pairs.workload).tolist())
    known: dict[tuple[str, ...], Ints] = {}
    untabled: list[int] = []
    lists: list[Ints] = []
    for n, noun in jobs.items():
        if n in tabled:
            continue
        if noun.pools is not None:
            mine = np.array([pools.position[name] for name in noun.pools], dtype=np.int64)
        else:
            key = tuple(sorted(wanted[n]))
            if key not in known:  # One list for all jobs alike: a fleet's worth of them share a few.
                known[key] = np.array([q for name in key for q in by_accelerator.get(name, [])], dtype=np.int64)
            mine = known[key]
        untabled.append(n)
        lists.append(mine)
    owner = np.concatenate([draft.job_pairs.workload, np.repeat(np.array(untabled, dtype=np.int64), [len(one) for one in lists])])
    pool_index = np.concatenate([draft.job_pairs.pool, *lists])
    order = np.lexsort((pool_index, owner))
    return pool_index[order], offsets(owner[order], len(jobs))


def _service_pools(draft: Draft, n: int, service: Service) -> Ints:
    pairs: Pairs = draft.service_pairs
    pools = draft["pools"]
    tabled = np.unique(pairs.pool[pairs.workload == n])
    if len(tabled):
        return tabled
    if service.pools is not None:
        return np.array(sorted(pools.position[name] for name in service.pools), dtype=np.int64)
    able: set[Any] = {profile.accelerator for profile in service.profiles}
    return np.array([q for q, pool in pools.valid.items() if pool.accelerator in able], dtype=np.int64)
