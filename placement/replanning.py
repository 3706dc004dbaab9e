"""Re-planning: a plan that is in force, taken as today's plan of an instance, and what a new plan changes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from placement.check import check
from placement.earlier import moved_jobs
from placement.instance import Instance
from placement.instance.today import Planned, Today
from placement.plan import Plan, Result
from placement.program import LevelResult, Status
from placement.rules.changes import changed, moved_or_stopped


def with_today(instance: Instance, plan: Plan, *, change_usd: float = 0.0, most_changes: int | None = None) -> Instance:
    """The instance with a plan in the place of its today's plan. Jobs that run today stand where their own place says."""
    runs, planned = plan.runs, []
    for n, job in enumerate(runs.job.tolist()):
        if job not in instance.jobs.running:
            islands = tuple(sorted(plan.places.island[plan.places.run == n].tolist()))
            links = tuple(sorted(plan.paths.link[plan.paths.run == n].tolist()))
            planned.append(Planned(job, int(runs.shape[n]), int(runs.start_block[n]), islands, links))
    return replace(instance, today=Today(tuple(planned), change_usd, most_changes))


def stated_for(instance: Instance, result: Result, today: Plan) -> Result:
    """An answer to ``with_today(instance, today)`` as a plan of the instance itself: what changes cost is no cost of the plan.

    Its bounds are left out: they are of what is near today's plan. Facts say how many changes there are, and how many jobs run
    otherwise, new ones among them.
    """
    if result.plan is None:
        return result
    judged = check(instance, result.plan)
    facts = result.facts | {
        "changes": float(len(changes(with_today(instance, today), result.plan))),
        "runs_otherwise": float(moved_jobs(today, result.plan)),
    }
    facts |= {"change_costs_usd": result.terms["changes"]} if result.terms and result.terms.get("changes") else {}
    facts.pop("moves_from_start", None)
    return replace(
        result,
        status=Status.FEASIBLE,
        terms=judged.terms,
        levels=tuple(LevelResult(name, value, None) for name, value in judged.levels.items()),
        instance_name=instance.name,
        instance_digest=instance.digest,
        facts=facts,
        prices=None,
    )


def changes(instance: Instance, plan: Plan) -> tuple[int, ...]:
    """Jobs that do not run as today's plan of the instance has it."""
    return tuple(sorted((*changed(instance, plan), *moved_or_stopped(instance, plan))))


def rows_of_changes(instance: Instance, today: Plan, plan: Plan) -> list[tuple[int, str, str]]:
    """Jobs that run otherwise than in today's plan, or in one of the two only: (job, what it was to do, what it does)."""
    before, now = ways(instance, today), ways(instance, plan)
    jobs = [job for job in sorted(before.keys() | now.keys()) if before.get(job) != now.get(job)]
    return [(job, before.get(job, "does not run"), now.get(job, "does not run")) for job in jobs]


def ways(instance: Instance, plan: Plan) -> Mapping[int, str]:
    """What each job does, in words: of one that moves, where it goes."""
    days, shapes, found = instance.calendar.block_starts, instance.jobs.shapes, {}
    for n, job in enumerate(plan.runs.job.tolist()):
        islands = np.sort(plan.places.island[plan.places.run == n]).tolist()
        where = ", ".join(instance.island_names[island] for island in islands[:3])
        more = f" and {len(islands) - 3} more" if len(islands) > 3 else ""
        shape = int(plan.runs.shape[n])
        mode = list(instance.accelerators.values())[int(shapes.accelerator[shape])].modes[int(shapes.mode[shape])].id
        found[job] = f"{int(shapes.gpus[shape]):,} GPUs ({mode}) on {where}{more} from {days[int(plan.runs.start_block[n])]}"
    return found
