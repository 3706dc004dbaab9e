"""The bill of infeasibility: what makes an instance impossible, by how much, and what would mend it.

Whatever is hard is softened (must jobs become promised, hard floors soft, the least that limits let through a floor; feeds that
idle power alone overloads are freed; losses, maintenance and standing replicas are left out) and the instance is solved again: what
that plan still misses is the bill, with the laws without which it would miss less. Where it misses nothing, what was left out is in
the way. Solving is handed in, since laws know no solver.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np

from placement.activities.closings import streams_under
from placement.activities.gangs import Gangs
from placement.activities.terms import firm
from placement.builder import Builder
from placement.explain.held_back import held_back, without_quotas
from placement.explain.left_out import left_out
from placement.explain.most import most_out_of_reach
from placement.explain.reasons import reasons
from placement.explain.shortfall import Shortfall
from placement.explain.stuck import may_go_on, stuck
from placement.explain.waiting import waiting
from placement.instance import Budget, Instance, Ladder
from placement.instance.demand import COMMITMENTS
from placement.instance.levers import LimitLever
from placement.instance.policy import of_kind
from placement.plan import LEVELS, TERMS, Plan
from placement.program import FEASIBILITY_TOLERANCE, Bools, Floats, Grid
from placement.rules.budget import owed_anyway
from placement.rules.cooling import cooled_kw, cooled_places, idle_heat_kw
from placement.rules.limit import periods_inside
from placement.rules.power import feed_limits_kw, idle_kw, pools_below


def bill(instance: Instance, solve: Callable[[Instance], Plan | None]) -> list[Shortfall]:
    """What stands in the way of any plan; empty if the softened instance finds nothing missing within the solver's limits.

    ``solve`` returns the best plan that it finds for an instance, or None.
    """
    idle, overloaded = _idle_overloads(instance)
    overdrawn = _budgets_overdrawn(instance)
    without = softened(instance, overloaded, [shortfall.subject for shortfall in overdrawn])
    plan = solve(without)
    idle += _sites_overheated(instance) + overdrawn
    if plan is None:
        return idle

    def missing_in(found: Plan) -> list[Shortfall]:
        jobs = _jobs_left_out(instance, found) + _batch_left_out(instance, found)
        return jobs + _floors_missed(instance, found) + _limits_missed(instance, found)

    missing = missing_in(plan)
    free = solve(without_quotas(without)) if missing and instance.quota_cases else None
    if free is not None:
        missing = held_back(instance, missing, missing_in(free))
    if missing:
        return [*idle, *reasons(without, missing, missing_in, solve), *missing]
    return idle + (most_out_of_reach(instance, solve) or left_out(instance))


def softened(instance: Instance, overloaded: Bools, overdrawn: Collection[str] = ()) -> Instance:
    """The instance with must jobs promised, hard floors soft, limits as floors, and without the limits that cannot hold.

    Those are of the feeds marked in ``overloaded`` [F], the cooling that idle draw alone exceeds, and the policies in
    ``overdrawn``. It has no losses to survive, no maintenance to do, no replicas that have to stand, and no limit to changes;
    promises come first, and no level is limited.
    """
    jobs = instance.jobs
    must = jobs.is_commitment("must")
    weight = np.where(must, np.maximum(jobs.value_usd, 1.0), jobs.breach_usd)
    commitment = np.where(must, COMMITMENTS.index("promised"), jobs.commitment)

    def soft(ladder: Ladder | None, least: float = 0.0) -> Ladder | None:
        if ladder is None:
            return None
        return ladder.model_copy(update={"hard": False, "floor_share": max(ladder.floor_share, least)})

    hot = dict(zip(cooled_places(instance), np.any(idle_heat_kw(instance) > cooled_kw(instance), axis=1), strict=True))
    least = dict.fromkeys(instance.streams, 0.0)
    for lever, t in _limited(instance):
        name = list(instance.streams)[t]
        least[name] = max(least[name], min(lever.multipliers[0], 1.0))

    return replace(
        instance,
        jobs=replace(jobs, commitment=commitment, breach_usd=weight),
        batch_jobs={
            name: job.model_copy(update={"commitment": "promised"}) if job.commitment == "must" else job
            for name, job in instance.batch_jobs.items()
        },
        tenants={name: t.model_copy(update={"ladder": soft(t.ladder)}) for name, t in instance.tenants.items()},
        streams={
            name: s.model_copy(update={"ladder": soft(s.ladder or instance.tenants[s.tenant].ladder, least[name])})
            for name, s in instance.streams.items()
        },
        levers={name: lever for name, lever in instance.levers.items() if not isinstance(lever, LimitLever)},
        feeds={
            name: feed.model_copy(
                update={"maintenance": ()}
                | ({"limit_kw": "unlimited"} if over else {}) | ({"cooling_kw": "unlimited"} if hot[f"feed {name}"] else {})
            )
            for (name, feed), over in zip(instance.feeds.items(), overloaded, strict=True)
        },
        sites={
            name: site.model_copy(update={"cooling_kw": "unlimited"}) if hot[name] else site
            for name, site in instance.sites.items()
        },
        services={
            name: service.model_copy(update=dict.fromkeys(("min_replicas", "min_replicas_at", "spread", "scale_up_replicas")))
            for name, service in instance.services.items()
        },
        losses={},
        objective={},
        today=None if instance.today is None else replace(instance.today, most_changes=None),
        pools={name: pool.model_copy(update={"maintenance": ()}) for name, pool in instance.pools.items()},
        policies={name: policy for name, policy in instance.policies.items() if name not in overdrawn},
    )


def _idle_overloads(instance: Instance) -> tuple[list[Shortfall], Bools]:
    """Feeds whose limit is below what the accelerators online draw while idle, and which they are, [F]."""
    excess = pools_below(instance).astype(np.float64) @ firm(
        instance, idle_kw(instance), np.arange(len(instance.pools))
    ) - feed_limits_kw(instance, decided=True)
    over = np.any(excess > 1e-6 * np.maximum(1.0, np.abs(excess)), axis=1)
    found = []
    for f in np.flatnonzero(over):
        name, worst = list(instance.feeds)[f], float(excess[f].max())
        found.append(
            Shortfall(
                "power", name, _spell(instance, excess[f] > 0), worst, "kW",
                f"feed {name}: what is online below it draws {worst:,.6g} kW more than its limit while idle",
                f"raise limit_kw by {worst:,.6g}, or bring fewer accelerators online below {name}",
            )
        )  # fmt: skip
    return found, np.asarray(over, dtype=np.bool_)


def _sites_overheated(instance: Instance) -> list[Shortfall]:
    """Sites and halls where what is online gives off more heat while idle than is cooled."""
    found = []
    for name, excess in zip(cooled_places(instance), idle_heat_kw(instance) - cooled_kw(instance), strict=True):
        if excess.max() > 0:
            worst, place = float(excess.max()), f"site {name}" if name in instance.sites else name
            found.append(
                Shortfall(
                    "cooling", name, _spell(instance, excess > 0), worst, "kW",
                    f"{place}: what is online gives off {worst:,.6g} kW more than is cooled while idle",
                    f"raise cooling_kw by {worst:,.6g}, or bring fewer accelerators online there",
                )
            )  # fmt: skip
    return found


def _budgets_overdrawn(instance: Instance) -> list[Shortfall]:
    """Budgets of which more is owed whatever is decided than they allow."""
    found = []
    for policy in of_kind(instance.policies, Budget):
        excess, slot = owed_anyway(instance, policy) - policy.limit, instance.calendar.slots(policy.per)
        over = excess > 1e-6 * np.maximum(1.0, np.abs(excess))
        if not over.any():
            continue
        worst = float(excess.max())
        found.append(
            Shortfall(
                "budget", policy.id, _spell(instance, over[slot]), worst, policy.unit,
                f"budget {policy.id}: idle draw and dated contracts take {worst:,.6g} {policy.unit} more than it allows",
                f"raise it by {worst:,.6g} {policy.unit}, or bring fewer accelerators online",
            )
        )  # fmt: skip
    return found


def _jobs_left_out(instance: Instance, plan: Plan) -> list[Shortfall]:
    jobs = instance.jobs
    missing = jobs.is_commitment("must")
    missing[plan.runs.job] = False
    missing &= ~np.isin(jobs.tenant, plan.refusals.tenant)
    offered = Gangs.offer(instance, Builder(Grid(instance.calendar.hours, instance.calendar.band_count), LEVELS, TERMS))
    found = []
    for j in np.flatnonzero(missing):
        name = jobs.id[j]
        gpus = int(jobs.shapes.gpus[jobs.shape_offset[j] : jobs.shape_offset[j + 1]].min())
        law, waits = "assignment", waiting(instance, offered, int(j)) if np.any(offered.job == j) else None
        if waits is not None:
            law, (text, remedy) = "order", waits
        elif j in jobs.running and not may_go_on(instance, offered, int(j)):
            law, (text, remedy) = "movement", stuck(instance, int(j))
        elif np.any(offered.job == j):
            text = f"must job {name}: it fits alone, but not beside the other must jobs, hard floors and policies"
            remedy = "make it or one of them promised, give it a later deadline, or add capacity or power where it may run"
        else:
            text, remedy = _nowhere(instance, int(j))
        found.append(Shortfall(law, name, None, float(gpus), "GPUs", text, remedy))
    return found


def _batch_left_out(instance: Instance, plan: Plan) -> list[Shortfall]:
    """Must batch jobs of which something is left."""
    found = []
    for j, share in zip(plan.unfinished.job.tolist(), plan.unfinished.share.tolist(), strict=True):
        name, job = list(instance.batch_jobs.items())[j]
        short = share * job.gpu_hours
        if job.commitment == "must" and share > FEASIBILITY_TOLERANCE:
            found.append(
                Shortfall(
                    "batch", name, None, short, "GPU-hours",
                    f"must batch job {name}: {short:,.6g} of its {job.gpu_hours:,.6g} GPU-hours of {job.work[0].accelerator} find "
                    "no room in its window beside all else that must be",
                    "make it promised, raise max_gpus, give it a later deadline_date, admit more pools, or add capacity or power",
                )
            )  # fmt: skip
    return found


def _nowhere(instance: Instance, job: int) -> tuple[str, str]:
    """Why a job has no option at all, and what would give it one."""
    jobs, name = instance.jobs, instance.jobs.id[job]
    rows = slice(jobs.shape_offset[job], jobs.shape_offset[job + 1])
    hours = float(jobs.shapes.hours[rows].min())
    progress = instance.job_progress[jobs.pace[job]]
    window = progress[jobs.deadline_block[job]] - progress[min(jobs.release_block[job], instance.calendar.blocks)]
    if hours > window * (1 + 1e-9) and not jobs.continues_after[job]:
        return (
            f"must job {name}: needs {hours:,.6g} h at its pace, its window holds {max(window, 0.0):,.6g} h",
            f"release it earlier, or set its deadline or the calendar's end later by {hours - max(window, 0.0):,.6g} h",
        )
    nothing = np.where(np.arange(len(jobs))[:, None] == job, -1, jobs.load_site)
    if np.any(jobs.load_site[job] >= 0) and _has_room(replace(instance, jobs=replace(jobs, load_site=nothing)), job):
        lies = sorted({list(instance.sites)[site] for site in jobs.load_site[job].tolist() if site >= 0})
        return (
            f"must job {name}: what it needs lies at {' and '.join(lies)}, and cannot be where it fits in time for it to end",
            "name the site where it runs as data_at or checkpoint_at, lower move_blocks, add a link that carries it, or give it a "
            "later deadline",
        )
    rigid = {tenant: stated.model_copy(update={"flexibility_share": 0.0}) for tenant, stated in instance.tenants.items()}
    if instance.grid_events and _has_room(replace(instance, tenants=rigid), job):
        return (
            f"must job {name}: needs {hours:,.6g} h of the {window:,.6g} h of its window, and gives way at grid events for up to "
            f"{_given_way_hours(instance, job):,.6g} h",
            "release it earlier, set its deadline or the calendar's end later, or lower its tenant's flexibility_share",
        )
    largest = dict.fromkeys(np.unique(jobs.shapes.accelerator[rows]).tolist(), 0)
    for island, q in enumerate(instance.island_pool.tolist()):
        kind = int(instance.pool_accelerator[q])
        if kind in largest and q in jobs.pools[jobs.pool_offset[job] : jobs.pool_offset[job + 1]]:
            largest[kind] = max(largest[kind], int(instance.island_online_gpus[island].max()))
    names = list(instance.accelerators)
    sizes = ", ".join(f"{names[kind]} {size:,}" for kind, size in largest.items())
    needs = ", ".join(f"{int(g):,}" for g in jobs.shapes.gpus[rows])
    return (
        f"must job {name}: no place that its span, residency and shapes allow holds it; "
        f"it needs {needs} GPUs, the largest eligible islands ever online hold {sizes}",
        "widen its span, allow spanning in the pool, add a smaller shape, or admit more pools",
    )


def _has_room(instance: Instance, job: int) -> bool:
    """Whether a job has an option, whatever else there is."""
    offered = Gangs.offer(instance, Builder(Grid(instance.calendar.hours, instance.calendar.band_count), LEVELS, TERMS))
    return bool(np.any(offered.job == job))


def _given_way_hours(instance: Instance, job: int) -> float:
    """Hours of progress that a job loses in its window where all events lie above it."""
    jobs, hours = instance.jobs, instance.calendar.hours
    limited = np.minimum(sum((case.hours for case in instance.grid_events), np.zeros(len(hours))), hours)
    by_block = limited.reshape(instance.calendar.blocks, -1) @ jobs.paces[jobs.pace[job]]
    share = list(instance.tenants.values())[jobs.tenant[job]].flexibility_share
    return float(share * by_block[jobs.release_block[job] : jobs.deadline_block[job]].sum())


def _floors_missed(instance: Instance, plan: Plan) -> list[Shortfall]:
    found = []
    for n, (name, stream) in enumerate(instance.streams.items()):
        ladder = stream.ladder or instance.tenants[stream.tenant].ladder
        if ladder is None or not ladder.hard:
            continue
        short = _short_of(instance, plan, n, ladder.floor_share)
        worst = float(short.max())
        if worst == 0:
            continue
        found.append(
            Shortfall(
                "sla", name, _spell(instance, short > 0), worst, "tokens/s",
                f"stream {name}: its hard floor is missed by up to {worst:,.6g} tokens/s",
                "lower floor_share, set hard: false, or add capacity within its reach",
            )
        )  # fmt: skip
    return found


def _limits_missed(instance: Instance, plan: Plan) -> list[Shortfall]:
    """Limits of which even the least multiplier is out of reach."""
    found = []
    for lever, t in _limited(instance):
        least, name = min(lever.multipliers[0], 1.0), list(instance.streams)[t]
        short = _short_of(instance, plan, t, least) * periods_inside(instance, lever)
        worst = float(short.max())
        if worst > 0:
            found.append(
                Shortfall(
                    "limit", lever.id, _spell(instance, short > 0), worst, "tokens/s",
                    f"limit {lever.id}: its least multiplier {least:g} is missed for stream {name} by up to {worst:,.6g} tokens/s",
                    "offer a smaller multiplier (0 closes it), or add capacity within reach of the stream",
                )
            )  # fmt: skip
    return found


def _limited(instance: Instance) -> list[tuple[LimitLever, int]]:
    """Limits and the streams under them."""
    limits = [lever for lever in instance.levers.values() if isinstance(lever, LimitLever)]
    return [(lever, t) for lever in limits for t in streams_under(instance, lever).tolist()]


def _short_of(instance: Instance, plan: Plan, stream: int, share: float) -> Floats:
    """What is not served of a share of a stream's demand, [P]; rounding aside."""
    demand, shed = instance.demand_tokens_per_s[stream], plan.shedding
    mine = shed.stream == stream
    unserved = np.bincount(shed.period[mine], shed.tokens_per_s[mine], len(demand))
    short = unserved - (1.0 - share) * demand
    return np.asarray(np.where(short > 1e-6 * np.maximum(1.0, demand), short, 0.0), dtype=np.float64)


def _spell(instance: Instance, marked: Bools) -> str:
    """First and last of the marked periods, and how many there are."""
    periods = np.flatnonzero(marked)
    first, last = instance.calendar.period_name(int(periods[0])), instance.calendar.period_name(int(periods[-1]))
    return first if len(periods) == 1 else f"{first} to {last} ({len(periods)} periods)"
