"""Re-planning: a plan that is in force, taken as today's plan of an instance, and what a new plan changes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from placement.check import check
from placement.earlier import moved_jobs
from placement.instance import Instance
from placement.instance.today import Planned, Today
from placement.move import Moves
from placement.plan import Plan, Result
from placement.program import LevelResult, Status
from placement.rules.changes import changed, moved_or_stopped

IDLE = "does not run"


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
    judged = check(judging(instance, result.plan, today), result.plan)
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


def judging(instance: Instance, plan: Plan, today: Plan) -> Instance:
    """The instance by which a plan that was made near today's is judged: what it goes on breaking, today's plan has to break."""
    return with_today(instance, today) if len(plan.overruns.limit) else instance


def changes(instance: Instance, plan: Plan) -> tuple[int, ...]:
    """Jobs that do not run as today's plan of the instance has it."""
    return tuple(sorted((*changed(instance, plan), *moved_or_stopped(instance, plan))))


def rows_of_moves(instance: Instance, plan: Plan, listed: Iterable[Moves], today: Plan) -> list[tuple[int, str, str, str]]:
    """Every move of a list, in words: (step, job, what it was to do, what it does)."""
    booked, now = dict(ways(instance, today)), ways(instance, plan)
    rows = []
    for step, moves in enumerate(listed, 1):
        for move in moves:
            was, does = booked.get(move.job, IDLE), now.get(move.job, IDLE)
            if move.detour is not None:
                does = f"for the time being on {instance.island_names[move.detour]}"
            rows.append((step, instance.jobs.id[move.job], was, does))
            booked[move.job] = does
    return rows


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
