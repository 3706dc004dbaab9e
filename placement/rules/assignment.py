"""Law 1, assignment: each training job runs at most once, in one shape and mode, without pause, inside its window.

The window is [release, deadline]; a must job runs.

sum over places, shapes, modes, starts of x(job, ...)  <= 1   (= 1 for must; + dropped = 1 for promised; or excused, law admission)
cost = -value x share done within the horizon + lateness price x days from due date to the end of its last block
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.goodput import MOST_TIMES_LONGER
from placement.plan import Plan, Violation
from placement.program import Anchor, Bools, Floats, Ints
from placement.rules.interconnect import run_hours, spot_times_longer
from placement.rules.reading import broken, events_above, level_and_term

NAME = "assignment"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """Groups of jobs; value, lateness and dropped promises as charges."""
    jobs, gangs, calendar = instance.jobs, activities.gangs, instance.calendar
    must, promised = jobs.is_commitment("must"), jobs.is_commitment("promised")
    group = builder.add_groups(jobs.id, must | promised)
    starting = slice(0, gangs.leaves_from)
    builder.join(gangs.option[starting], group[gangs.job[starting]])
    builder.join(gangs.drop_option, group[gangs.drop_job])
    builder.join(activities.refusals.excused_option, group[activities.refusals.excused_job])
    builder.add_charges(gangs.drop_option, *level_and_term("promised_jobs"), jobs.breach_usd[gangs.drop_job])

    starts = np.arange(len(gangs.option)) < gangs.leaves_from
    done, value = gangs.finishes & starts, jobs.value_usd[gangs.job]
    worth = instance.discount_at
    builder.add_charges(
        gangs.option[done], *level_and_term("training_value"), -value[done], anchor=Anchor.END, table=builder.curve(worth)
    )
    ahead = np.array([builder.curve((row[-1] - row) * worth[-1]) for row in gangs.paces.progress], dtype=np.int64)
    rest = starts & ~done & ~gangs.moves  # Of moves law 11, movement, says what is done.
    builder.add_charges(
        gangs.option[rest], *level_and_term("training_value"), -value[rest] / gangs.hours[rest],
        table=ahead[gangs.pace(rest)],
    )  # fmt: skip

    late = np.flatnonzero((jobs.lateness_usd_per_day > 0) & np.isfinite(jobs.due_day))
    curve = np.zeros(len(jobs), dtype=np.int64)
    for day in np.unique(jobs.due_day[late]):
        curve[late[jobs.due_day[late] == day]] = builder.curve(np.maximum(calendar.block_edges_days - day, 0.0) * worth)
    is_late = np.zeros(len(jobs), dtype=np.bool_)
    is_late[late] = True
    may_be_late = is_late[gangs.job] & starts
    mine = gangs.job[may_be_late]
    builder.add_charges(
        gangs.option[may_be_late],
        *level_and_term("lateness"),
        jobs.lateness_usd_per_day[mine],
        anchor=Anchor.END,
        table=curve[mine],
    )


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Jobs that run twice, too early, too late, too short or too long, where they may not, or not at all though they must.

    When and for how long those run that run today, law 11, movement, says.
    """
    jobs, runs, calendar = instance.jobs, plan.runs, instance.calendar
    found = []
    count = np.bincount(runs.job, minlength=len(jobs))
    for j in np.flatnonzero((count > 1) & ~jobs.runs_today):
        found.append(broken(NAME, jobs.id[j], f"runs {count[j]} times, at most once is allowed", float(count[j] - 1), "runs"))
    refused = np.isin(jobs.tenant, plan.refusals.tenant)
    for j in np.flatnonzero(jobs.is_commitment("must") & (count == 0) & ~refused):
        found.append(broken(NAME, jobs.id[j], "must run and does not", 1.0, "runs"))

    above = events_above(instance, plan.places.run, instance.island_pool[plan.places.island], len(runs.job))
    needed = needed_end(instance, runs.job, run_hours(instance, plan), runs.start_block, above)
    for r in np.flatnonzero(_suspect(instance, plan, needed) & ~jobs.runs_today[runs.job]).tolist():
        j = runs.job[r]
        name, start, end = jobs.id[j], int(runs.start_block[r]), int(runs.end_block[r])
        if jobs.shapes.job[runs.shape[r]] != j:
            found.append(broken(NAME, name, "runs in a shape of another job"))
            continue
        if not 0 <= start < calendar.blocks:
            found.append(broken(NAME, name, f"starts in block {start}, outside the calendar"))
            continue
        if start < jobs.release_block[j]:
            early = float(jobs.release_block[j] - start)
            found.append(broken(NAME, name, f"starts {calendar.block_starts[start]}, before its release", early, "blocks"))
        if needed[r] > calendar.blocks and not (jobs.continues_after[j] and jobs.deadline_block[j] == calendar.blocks):
            found.append(broken(NAME, name, "does not end within the horizon", float(needed[r] - calendar.blocks), "blocks"))
        elif min(needed[r], calendar.blocks) > jobs.deadline_block[j]:
            late = float(needed[r] - jobs.deadline_block[j])
            found.append(broken(NAME, name, f"ends {calendar.block_starts[int(needed[r])]}, after its deadline", late, "blocks"))
        if end != min(needed[r], calendar.blocks):
            text = f"holds its place until block {end}, its hours take it to block {min(needed[r], calendar.blocks)}"
            found.append(broken(NAME, name, text, float(abs(end - min(needed[r], calendar.blocks))), "blocks"))
    return found + _wrong_pools(instance, plan) + _never_done(instance, plan)


def _never_done(instance: Instance, plan: Plan) -> list[Violation]:
    text = "hardly gets on between the interruptions of the spot capacity that it stands on"
    hardly = (spot_times_longer(instance, plan) > MOST_TIMES_LONGER) & ~instance.jobs.runs_today[plan.runs.job]
    endless = np.flatnonzero(hardly)
    return [broken(NAME, instance.jobs.id[plan.runs.job[r]], text) for r in endless]


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """training_value, lateness and promised_jobs of the runs of a plan; the first two not of jobs that run today."""
    jobs, runs, calendar = instance.jobs, plan.runs, instance.calendar
    hours = run_hours(instance, plan)
    made, row = progress_of_runs(instance, plan)
    ahead = made[row, -1] - made[row, np.clip(runs.start_block, 0, calendar.blocks)]
    end = np.clip(runs.end_block, 0, calendar.blocks)
    late_days = np.maximum(calendar.block_edges_days[end] - jobs.due_day[runs.job], 0.0)
    worth = instance.discount_at[end] * ~jobs.runs_today[runs.job]
    dropped = jobs.is_commitment("promised")
    dropped[runs.job] = False
    dropped[np.isin(jobs.tenant, plan.refusals.tenant)] = False
    return {
        "training_value": -float(np.sum(jobs.value_usd[runs.job] * np.minimum(1.0, ahead / hours) * worth)) if len(hours) else 0.0,
        "lateness": float(np.sum(jobs.lateness_usd_per_day[runs.job] * late_days * worth)),
        "promised_jobs": float(np.sum(jobs.breach_usd[dropped])),
    }


def progress_of_runs(instance: Instance, plan: Plan) -> tuple[Floats, Ints]:
    """The progress of the runs of a plan where they stand."""
    places = plan.places
    above = events_above(instance, places.run, instance.island_pool[places.island], len(plan.runs.job))
    return progress(instance, plan.runs.job, above)


def progress(instance: Instance, job: Ints, events: Bools) -> tuple[Floats, Ints]:
    """Hours of progress made before each block boundary, [rows, B + 1], and which of these rows is that of each work of a job, [n].

    While any of ``events`` [n, E], those above its islands, lasts, it is slower by its tenant's flexibility.
    """
    jobs, calendar = instance.jobs, instance.calendar
    if not instance.grid_events:
        by_block = np.array([_worked(instance, pace, calendar.hours) for pace in range(len(jobs.paces))])
        return np.concatenate([np.zeros((len(by_block), 1)), np.cumsum(by_block, axis=1)], axis=1), jobs.pace[job]
    flexible = np.array([tenant.flexibility_share for tenant in instance.tenants.values()])[jobs.tenant[job]]
    flexible = flexible * events.any(axis=1)
    kinds, row = np.unique(np.column_stack([jobs.pace[job], flexible, events]), axis=0, return_inverse=True)
    made = np.zeros((len(kinds), calendar.blocks + 1))
    for n, (pace, share, *above) in enumerate(kinds.tolist()):
        limited = sum((case.hours for case, on in zip(instance.grid_events, above, strict=True) if on), np.zeros(1))
        worked = calendar.hours - share * np.minimum(limited, calendar.hours)
        made[n, 1:] = np.cumsum(_worked(instance, int(pace), worked))
    return made, row.reshape(-1)


def _worked(instance: Instance, pace: int, hours: Floats) -> Floats:
    """Progress in each block of what works so many hours of each period [P], its switches not taken off, at a row of paces, [B]."""
    jobs, calendar = instance.jobs, instance.calendar
    lost = jobs.switch_hours[pace] * calendar.resumptions(jobs.paces[pace] > 0)
    return np.asarray(np.maximum(hours - lost, 0.0).reshape(calendar.blocks, -1) @ jobs.paces[pace], dtype=np.float64)


def needed_end(instance: Instance, job: Ints, hours: Floats, start_block: Ints, events: Bools) -> Ints:
    """Block after the last one that work of a job needs from its start; B + 1 where the horizon is too short, [n] each.

    ``events`` says which of the grid's events lie above each, [n, E].
    """
    start = np.clip(start_block, 0, instance.calendar.blocks)
    made, row_of = progress(instance, job, events)
    needed = np.empty(len(hours), dtype=np.int64)
    for row in range(len(made)):
        mine = row_of == row
        enough = made[row, start[mine]] + hours[mine] - 1e-9 * np.maximum(1.0, hours[mine])
        needed[mine] = np.searchsorted(made[row], enough, side="left")
    return needed


def _suspect(instance: Instance, plan: Plan, needed: Ints) -> Bools:
    """Runs that break something of when and in which shape they run, [runs]: only these are looked at one by one."""
    jobs, job, start, blocks = instance.jobs, plan.runs.job, plan.runs.start_block, instance.calendar.blocks
    end = np.minimum(needed, blocks)
    fine = (jobs.shapes.job[plan.runs.shape] == job) & (start >= 0) & (start < blocks) & (start >= jobs.release_block[job])
    continues = jobs.continues_after[job] & (jobs.deadline_block[job] == blocks)
    fine &= np.where(needed > blocks, continues, end <= jobs.deadline_block[job]) & (plan.runs.end_block == end)
    return np.asarray(~fine, dtype=np.bool_)


def _wrong_pools(instance: Instance, plan: Plan) -> list[Violation]:
    """Runs on pools of another accelerator, that are not eligible, or in a jurisdiction that their tenant excludes."""
    jobs, found = instance.jobs, []
    pools = list(instance.pools)
    held = np.unique(plan.places.run * len(pools) + instance.island_pool[plan.places.island])
    run, q = held // len(pools), held % len(pools)
    job, shape = plan.runs.job[run], plan.runs.shape[run]
    other_type = instance.pool_accelerator[q] != jobs.shapes.accelerator[shape]
    eligible = np.repeat(np.arange(len(jobs)), np.diff(jobs.pool_offset)) * len(pools) + jobs.pools
    not_eligible = ~np.isin(job * len(pools) + q, eligible)
    excluded = ~instance.may_run_at[jobs.tenant[job], instance.pool_site[q]]
    for n in np.flatnonzero(other_type | not_eligible | excluded).tolist():
        name, pool = jobs.id[job[n]], pools[q[n]]
        if other_type[n]:
            found.append(broken(NAME, name, f"its shape is for another accelerator than that of pool {pool}"))
        if not_eligible[n]:
            found.append(broken(NAME, name, f"pool {pool} is not eligible"))
        if excluded[n]:
            found.append(broken(NAME, name, f"pool {pool} lies in a jurisdiction that its tenant excludes"))
    return found
