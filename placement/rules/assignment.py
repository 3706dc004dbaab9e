"""Law 1, assignment: each training job runs at most once, in one shape and mode, without pause, inside its window.

The window is [release, deadline]; a must job runs.

sum over places, shapes, modes, starts of x(job, ...)  <= 1   (= 1 for must; + dropped = 1 for promised)
cost = -value x share done within the horizon + lateness price x days from due date to the end of its last block
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import Anchor, Floats, Ints
from placement.rules.interconnect import run_hours
from placement.rules.reading import broken, level_and_term

NAME = "assignment"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """Groups of jobs; value, lateness and dropped promises as charges."""
    jobs, gangs, calendar = instance.jobs, activities.gangs, instance.calendar
    must, promised = jobs.is_commitment("must"), jobs.is_commitment("promised")
    group = builder.add_groups(jobs.id, must | promised)
    builder.join(gangs.option, group[gangs.job])
    builder.join(gangs.drop_option, group[gangs.drop_job])
    builder.add_charges(gangs.drop_option, *level_and_term("promised_jobs"), jobs.breach_usd[gangs.drop_job])

    done, value = gangs.finishes, jobs.value_usd[gangs.job]
    builder.add_charges(gangs.option[done], *level_and_term("training_value"), -value[done])
    ahead = np.array([builder.curve(row[-1] - row) for row in instance.job_progress], dtype=np.int64)
    rest = ~done
    builder.add_charges(
        gangs.option[rest], *level_and_term("training_value"), -value[rest] / gangs.hours[rest],
        table=ahead[jobs.pace[gangs.job[rest]]],
    )  # fmt: skip

    late = np.flatnonzero((jobs.lateness_usd_per_day > 0) & np.isfinite(jobs.due_day))
    curve = np.zeros(len(jobs), dtype=np.int64)
    for day in np.unique(jobs.due_day[late]):
        curve[late[jobs.due_day[late] == day]] = builder.curve(np.maximum(calendar.block_edges_days - day, 0.0))
    is_late = np.zeros(len(jobs), dtype=np.bool_)
    is_late[late] = True
    may_be_late = is_late[gangs.job]
    mine = gangs.job[may_be_late]
    builder.add_charges(
        gangs.option[may_be_late],
        *level_and_term("lateness"),
        jobs.lateness_usd_per_day[mine],
        anchor=Anchor.END,
        table=curve[mine],
    )


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Jobs that run twice, too early, too late, too short or too long, where they may not, or not at all though they must."""
    jobs, runs, calendar = instance.jobs, plan.runs, instance.calendar
    found = []
    count = np.bincount(runs.job, minlength=len(jobs))
    for j in np.flatnonzero(count > 1):
        found.append(broken(NAME, jobs.id[j], f"runs {count[j]} times, at most once is allowed", float(count[j] - 1), "runs"))
    for j in np.flatnonzero(jobs.is_commitment("must") & (count == 0)):
        found.append(broken(NAME, jobs.id[j], "must run and does not", 1.0, "runs"))

    needed = _needed_end(instance, plan)
    for r, j in enumerate(runs.job):
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
    return found + _wrong_pools(instance, plan)


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """training_value, lateness and promised_jobs of the runs of a plan."""
    jobs, runs, calendar = instance.jobs, plan.runs, instance.calendar
    hours = run_hours(instance, plan)
    ahead = np.array(
        [_progress(instance, int(j), calendar.blocks - int(s)) for j, s in zip(runs.job, runs.start_block, strict=True)]
    )
    late_days = np.maximum(calendar.block_edges_days[np.clip(runs.end_block, 0, calendar.blocks)] - jobs.due_day[runs.job], 0.0)
    dropped = jobs.is_commitment("promised")
    dropped[runs.job] = False
    return {
        "training_value": -float(np.sum(jobs.value_usd[runs.job] * np.minimum(1.0, ahead / hours))) if len(hours) else 0.0,
        "lateness": float(np.sum(jobs.lateness_usd_per_day[runs.job] * late_days)),
        "promised_jobs": float(np.sum(jobs.breach_usd[dropped])),
    }


def _progress(instance: Instance, job: int, blocks: int) -> float:
    """Hours of progress that a job makes in the last so many blocks of the calendar."""
    hours = instance.calendar.hours.reshape(instance.calendar.blocks, -1)
    return (
        float(np.sum(hours[instance.calendar.blocks - blocks :] * instance.jobs.paces[instance.jobs.pace[job]]))
        if blocks > 0
        else 0.0
    )


def _needed_end(instance: Instance, plan: Plan) -> Ints:
    """Block after the last one that each run needs from its start; B + 1 where the horizon is too short, [runs]."""
    blocks = instance.calendar.blocks
    hours_left: Floats = run_hours(instance, plan)
    by_block = instance.calendar.hours.reshape(blocks, -1)
    needed = np.full(len(plan.runs.job), blocks + 1, dtype=np.int64)
    for r, (job, start) in enumerate(zip(plan.runs.job, plan.runs.start_block, strict=True)):
        pace = instance.jobs.paces[instance.jobs.pace[job]]
        left, nothing = hours_left[r], 1e-9 * max(1.0, hours_left[r])
        for block in range(max(int(start), 0), blocks):
            left -= float(by_block[block] @ pace)
            if left <= nothing:
                needed[r] = block + 1
                break
    return needed


def _wrong_pools(instance: Instance, plan: Plan) -> list[Violation]:
    """Runs on pools of another accelerator, that are not eligible, or in a jurisdiction that their tenant excludes."""
    jobs, found = instance.jobs, []
    pools = list(instance.pools)
    pairs = np.unique(np.stack([plan.places.run, instance.island_pool[plan.places.island]]), axis=1)
    for run, q in pairs.T:
        job, shape = int(plan.runs.job[run]), int(plan.runs.shape[run])
        if instance.pool_accelerator[q] != jobs.shapes.accelerator[shape]:
            found.append(broken(NAME, jobs.id[job], f"its shape is for another accelerator than that of pool {pools[q]}"))
        if q not in jobs.pools[jobs.pool_offset[job] : jobs.pool_offset[job + 1]]:
            found.append(broken(NAME, jobs.id[job], f"pool {pools[q]} is not eligible"))
        if not instance.may_run_at[jobs.tenant[job], instance.pool_site[q]]:
            found.append(broken(NAME, jobs.id[job], f"pool {pools[q]} lies in a jurisdiction that its tenant excludes"))
    return found
