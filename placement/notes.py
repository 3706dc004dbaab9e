"""What a planner should know that is neither an error nor a violation: rounding that costs, and commitments beyond the horizon."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from placement.instance import Instance
from placement.instance.running import leaving
from placement.plan import Plan
from placement.program import Floats, Ints, end_blocks

WORTH_A_NOTE = 0.25
"""Held hours above those needed, as a share, from which rounding to whole blocks is noted."""

LONGEST_LIST = 3


def instance_notes(instance: Instance) -> list[str]:
    """Notes that need no plan."""
    return _rounding(instance) + _contracts_beyond(instance)


def plan_notes(instance: Instance, plan: Plan) -> list[str]:
    """Notes on what a plan commits to after the horizon."""
    jobs, runs, calendar = instance.jobs, plan.runs, instance.calendar
    progress = instance.job_progress
    needed = jobs.shapes.hours[runs.shape]
    done = (
        progress[jobs.pace[runs.job], calendar.blocks]
        - progress[jobs.pace[runs.job], np.clip(runs.start_block, 0, calendar.blocks)]
        - _given_way_hours(instance, plan)
    )
    gone = leaving(runs.job)
    for job, today in jobs.running.items():  # Of what a job works where it moves to only this is known here.
        needed = np.where(runs.job == job, np.where(gone, 0.0, today.remaining_hours), needed)
    open_runs = np.flatnonzero((runs.end_block == calendar.blocks) & (done < needed * (1 - 1e-9)))
    return _terms_beyond(instance, plan) + _payments_beyond(instance, plan) + [
        f"job {jobs.id[runs.job[r]]} runs on after {calendar.end}: at least {needed[r] - done[r]:,.0f} h of "
        f"{jobs.shapes.gpus[runs.shape[r]]:,} accelerators"
        for r in open_runs
    ]


def _given_way_hours(instance: Instance, plan: Plan) -> Floats:
    """Hours of progress that each run loses to events above it until the calendar's end, [runs].

    Events in one period follow each other, and together last no longer than it does.
    """
    jobs, runs, places, calendar, cases = instance.jobs, plan.runs, plan.places, instance.calendar, instance.grid_events
    if not cases:
        return np.zeros(len(runs.job))
    above = np.zeros((len(runs.job), len(cases)))
    for e, case in enumerate(cases):
        above[places.run[case.below[instance.island_pool[places.island]]], e] = 1
    kinds, kind = np.unique(above, axis=0, return_inverse=True)
    limited = np.minimum(kinds @ np.array([case.hours for case in cases]), calendar.hours)
    by_block = limited.reshape(len(kinds), calendar.blocks, -1) @ jobs.paces.T
    ahead = np.cumsum(by_block[:, ::-1], axis=1)[:, ::-1]
    share = np.array([tenant.flexibility_share for tenant in instance.tenants.values()])[jobs.tenant[runs.job]]
    start = np.clip(runs.start_block, 0, calendar.blocks - 1)
    return np.asarray(share * ahead[kind.reshape(-1), start, jobs.pace[runs.job]], dtype=np.float64)


def _terms_beyond(instance: Instance, plan: Plan) -> list[str]:
    """Terms signed that go on, or may, after the horizon."""
    calendar, contracts, found = instance.calendar, list(instance.contracts.values()), []
    signed = plan.contracts
    for row in np.flatnonzero(signed.end_block == calendar.blocks).tolist():
        contract, start = contracts[int(signed.contract[row])], int(signed.start_block[row])
        if contract.purchase is not None:
            continue
        terms = [start + term for term in contract.term_blocks or ()]
        if calendar.blocks in terms or (not terms and contract.to_date == calendar.end):
            continue
        fee = float(calendar.mean(contract.fee_usd_per_month)[-1])
        found.append(
            f"contract {contract.id}, signed from {calendar.block_starts[start]}, goes on after {calendar.end}, "
            f"at {fee:,.0f} USD per month"
        )
    return found


def _payments_beyond(instance: Instance, plan: Plan) -> list[str]:
    """Orders of which a part falls due after the horizon."""
    calendar, contracts, found = instance.calendar, list(instance.contracts.values()), []
    for c, ordered in zip(plan.contracts.contract.tolist(), plan.contracts.start_block.tolist(), strict=True):
        purchase, day = contracts[c].purchase, calendar.day_of_block(ordered)
        paid = () if purchase is None else purchase.paid
        late = sum(part.share for part in paid if day + timedelta(days=part.days_after_order) >= calendar.end)
        if late:
            found.append(f"contract {contracts[c].id}, ordered on {day}: {late:.0%} of its capex falls due from {calendar.end} on")
    return found


def _rounding(instance: Instance) -> list[str]:
    """Jobs that hold their place over 25 % longer than they need, because gangs run on whole blocks."""
    jobs, shapes, calendar = instance.jobs, instance.jobs.shapes, instance.calendar
    progress = instance.job_progress
    held = np.full(len(shapes.job), np.inf)
    start = np.minimum(jobs.release_block[shapes.job], calendar.blocks - 1)
    for pace in range(len(progress)):
        mine = np.flatnonzero(jobs.pace[shapes.job] == pace)
        end: Ints = end_blocks(progress[pace], start[mine], shapes.hours[mine])
        held[mine] = progress[pace][end] - progress[pace][start[mine]]
    excess = held / shapes.hours - 1
    least = np.full(len(jobs), np.inf)
    np.minimum.at(least, shapes.job, excess)
    worst = [int(j) for j in np.argsort(-np.where(np.isfinite(least), least, 0), kind="stable") if np.isfinite(least[j])]
    worst = [j for j in worst if least[j] > WORTH_A_NOTE]
    if not worst:
        return []
    named = ", ".join(f"{jobs.id[j]} +{least[j]:.0%}" for j in worst[:LONGEST_LIST])
    more = f" and {len(worst) - LONGEST_LIST} more" if len(worst) > LONGEST_LIST else ""
    return [
        f"whole {calendar.block}s add over {WORTH_A_NOTE:.0%} to the hours held by {len(worst)} jobs, all billed: {named}{more}"
    ]


def _contracts_beyond(instance: Instance) -> list[str]:
    """Fees that go on after the horizon."""
    calendar, found = instance.calendar, []
    for contract in instance.contracts.values():
        if contract.decided:
            continue
        fee = float(calendar.mean(contract.fee_usd_per_month)[-1])
        if fee > 0 and (contract.to_date == "open" or contract.to_date > calendar.end):
            until = "with no end stated" if contract.to_date == "open" else f"until {contract.to_date}"
            found.append(f"contract {contract.id} goes on after {calendar.end} {until}, at {fee:,.0f} USD per month")
    return found
