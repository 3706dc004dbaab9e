"""What runs today against the nouns that it names: it stands where a gang of its job may stand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from placement.instance.demand import SPANS, TrainingJob
from placement.instance.findings import Draft, Finding, Path, ShapeRow, did_you_mean
from placement.instance.running import CurrentPlace
from placement.instance.supply import Pool
from placement.instance.today import PlannedRun

Standing = CurrentPlace | PlannedRun


def running(draft: Draft) -> Iterator[Finding]:
    """Every current place is one that the job's shapes, span and pools allow; where must jobs have backups, none runs yet."""
    if not draft["pools"].readable or len(draft["pools"].valid) < len(draft["pools"].ids):
        return
    placed = {n: job for n, job in draft["jobs"].valid.items() if job.current_place is not None}
    if not placed and draft.running_plan is None:
        return
    shapes: dict[int, list[ShapeRow]] = {}
    for row in draft.shapes:
        shapes.setdefault(row.job, []).append(row)
    allowed: dict[int, set[int]] = {}
    for n, q in zip(draft.job_pairs.workload.tolist(), draft.job_pairs.pool.tolist(), strict=True):
        allowed.setdefault(n, set()).add(q)
    backed = [loss.id for loss in draft["losses"].valid.values() if loss.jobs == "must"]
    for n, job in placed.items():
        place = job.current_place
        assert place is not None
        yield from _place(draft, ("jobs", n, "current_place"), job, place, shapes.get(n, []), allowed.get(n))
        if backed and job.commitment == "must":
            expected = f"a must job that does not run yet: loss '{backed[0]}' wants backups, which running jobs have none of"
            yield Finding(("jobs", n, "current_place"), job.id, expected, "let the loss say jobs: none, or make the job promised")
    seen: set[str] = set()
    for k, run in enumerate(() if draft.running_plan is None else draft.running_plan.runs):
        at: Path = ("running_plan", "runs", k)
        number = draft["jobs"].position.get(run.job)
        planned = None if number is None else draft["jobs"].valid.get(number)
        if number is None:
            yield Finding((*at, "job"), run.job, "the id of a job", did_you_mean(run.job, draft["jobs"].position, "a job"))
        elif planned is not None:
            yield from _planned(draft, at, planned, run, seen)
            yield from _place(draft, at, planned, run, shapes.get(number, []), allowed.get(number))
        seen.add(run.job)


def _planned(draft: Draft, at: Path, job: TrainingJob, run: PlannedRun, seen: set[str]) -> Iterator[Finding]:
    calendar = draft.calendar
    if run.job in seen:
        yield Finding((*at, "job"), run.job, "each job once", "remove it")
    if job.current_place is not None:
        expected = "a job that does not run yet: its current_place says where this one is"
        yield Finding((*at, "job"), run.job, expected, "remove it, or the current_place")
    if calendar is not None and run.start_date not in calendar.block_starts[:-1]:
        expected = f"a day on which a {calendar.block} of the calendar starts, {calendar.start} to {calendar.end}"
        yield Finding((*at, "start_date"), run.start_date, expected, "correct the day")


def standing(pools: list[Pool], islands: tuple[str, ...]) -> dict[int, list[int]] | None:
    """Numbers (from 0) of islands by position of their pool; None where one does not exist."""
    position = {pool.id: q for q, pool in enumerate(pools)}
    found: dict[int, list[int]] = {}
    for name in islands:
        pool, _, number = name.rpartition("/")
        q = position.get(pool, -1)
        if q < 0 or int(number) > len(pools[q].island_gpus):
            return None
        found.setdefault(q, []).append(int(number) - 1)
    return found


def _place(
    draft: Draft, at: Path, job: TrainingJob, place: Standing, shapes: list[ShapeRow], allowed: set[int] | None
) -> Iterator[Finding]:
    pools = list(draft["pools"].valid.values())
    names = [f"{pool.id}/{k + 1}" for pool in pools for k in range(len(pool.island_gpus))]
    for k, name in enumerate(place.islands):
        if standing(pools, (name,)) is None:
            yield Finding((*at, "islands", k), name, "an island, as pool/number from 1", did_you_mean(name, names, "an island"))
            return
        if name in place.islands[:k]:
            yield Finding((*at, "islands", k), name, "each island once", "remove it")
            return
    held = standing(pools, place.islands)
    assert held is not None
    islands: Path = (*at, "islands")
    on = [pools[q] for q in held]
    kinds, sites = {pool.accelerator for pool in on}, {pool.site for pool in on}
    if len(kinds) > 1 or len(sites) < len(on) or len(on) > 2:
        yield Finding(islands, list(place.islands), "islands of one pool, or of one pool at each of two sites", "correct the list")
        return
    for q, pool in zip(held, on, strict=True):
        if (job.pools is not None and pool.id not in job.pools) or (allowed is not None and q not in allowed):
            yield Finding(islands, list(place.islands), f"pools that may carry the job, which '{pool.id}' may not", "add the pool")
    (kind,) = kinds
    known = draft.accelerators.get(kind)
    mine = [row for row in shapes if row.accelerator == kind and row.gpus == place.gpus]
    if known is None:
        return
    if not mine:
        yield Finding((*at, "gpus"), place.gpus, f"the GPUs of one of the job's shapes on {kind}", "correct it, or add the shape")
        return
    modes = [mode for row in mine for mode in (row.modes or (known.modes[0].id,))]
    if (place.mode or known.modes[0].id) not in modes:
        expected = f"a mode of the job's shape of {place.gpus} {kind}"
        yield Finding((*at, "mode"), place.mode or known.modes[0].id, expected, did_you_mean(place.mode, modes, "a mode"))
    yield from _spans(job, place, islands, list(held.items()), on)
    units = shared(place.gpus, known.allocation_unit_gpus, held, pools)
    for (q, k), wanted in units.items():
        if not 0 < wanted <= pools[q].island_gpus[k] // known.allocation_unit_gpus:
            size = f"islands that hold the job evenly: {wanted} units of {known.allocation_unit_gpus} GPUs on {pools[q].id}/{k + 1}"
            yield Finding(islands, list(place.islands), size, "correct the islands or the GPUs")
            return
    yield from _links(draft, job, place, at, [pool.site for pool in on])


def shared(gpus: int, unit: int, held: dict[int, list[int]], pools: list[Pool]) -> dict[tuple[int, int], int]:
    """Units on each (pool, island): halves at two sites, the first the odd one, and islands evenly, the larger the odd ones."""
    total = -(-gpus // unit)
    halves = [total] if len(held) == 1 else [total - total // 2, total // 2]
    found: dict[tuple[int, int], int] = {}
    for (q, islands), half in zip(held.items(), halves, strict=True):
        sizes = pools[q].island_gpus
        for rank, k in enumerate(sorted(islands, key=lambda k: (-sizes[k], k))):
            found[q, k] = half // len(islands) + (rank < half % len(islands))
    return found


def _spans(
    job: TrainingJob, place: Standing, at: Path, held: list[tuple[int, list[int]]], on: list[Pool]
) -> Iterator[Finding]:
    widest = "sites" if len(held) == 2 else "pool" if len(held[0][1]) > 1 else "domain"
    if SPANS.index(widest) > SPANS.index(job.span):
        yield Finding(at, list(place.islands), f"a place within the job's span, '{job.span}'", "correct the islands or the span")
    for (_, islands), pool in zip(held, on, strict=True):
        rule = pool.spanning
        apart = any(b - a != 1 for a, b in pairwise(sorted(islands)))
        if len(islands) > 1 and (rule is None or len(islands) > rule.max_islands or (rule.sets == "consecutive" and apart)):
            yield Finding(at, list(place.islands), f"islands that a gang may span by the rule of pool '{pool.id}'", "correct them")


def _links(draft: Draft, job: TrainingJob, place: Standing, at: Path, sites: list[str]) -> Iterator[Finding]:
    links = draft["links"]
    for k, name in enumerate(place.links or ()):
        if name not in links.position:
            yield Finding((*at, "links", k), name, "the id of a link", did_you_mean(name, links.position, "a link"))
            return
    if len(sites) == 1:
        if place.links is not None:
            yield Finding((*at, "links"), list(place.links), "no links: it stands at one site", "remove them")
        return
    here, rtt, left = sites[0], 0.0, [links.by_id[name] for name in place.links or () if name in links.by_id]
    while left:
        step = next((link for link in left if here in (link.a, link.b)), None)
        if step is None:
            break
        left.remove(step)
        here, rtt = (step.b if step.a == here else step.a), rtt + step.rtt_ms
    if left or here != sites[1] or rtt > (job.max_rtt_ms or 0.0) + 1e-6:
        expected = f"links that lead from {sites[0]} to {sites[1]} within max_rtt_ms"
        yield Finding((*at, "links"), list(place.links or ()), expected, "state the links of its path")
