"""Losses, limits and maintenance that make an instance infeasible though all else fits: the bill's end, found without a solve."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placement.activities.backups import BackupOptions, gangs_hit, jobs_to_survive
from placement.activities.gangs import Gangs
from placement.activities.maintenance import units_down
from placement.activities.recourse import covered_tokens_per_s
from placement.activities.replicas import per_count
from placement.builder import Builder
from placement.explain.shortfall import Shortfall
from placement.instance import Instance
from placement.instance.levers import LimitLever
from placement.plan import LEVELS, TERMS
from placement.program import Grid
from placement.rules.capacity import usable_units


def left_out(instance: Instance) -> list[Shortfall]:
    """What certainly cannot be; where there is no such thing, all that is asked for and can be no more than together in the way."""
    certain = [*_too_much_down(instance), *_nowhere_to_go(instance), *_no_room_to_stand(instance)]
    return certain or list(_suspects(instance))


def _too_much_down(instance: Instance) -> Iterator[Shortfall]:
    """Tasks that take down more than is usable, wherever in their window they are done."""
    usable, down, bands = usable_units(instance), units_down(instance), instance.calendar.band_count
    for n, (q, task) in enumerate(instance.maintenance):
        beyond = [
            float((down[n] - usable[q])[start * bands : (start + task.blocks) * bands].max())
            for start in task.starts(instance.calendar)
        ]
        if min(beyond) > 0:
            name = f"{list(instance.pools)[q]}/{task.id}"
            yield Shortfall(
                "maintenance", name, None, min(beyond), "units",
                f"maintenance {name}: takes down {min(beyond):,.6g} units more than are online, spares aside, in all of its window",
                "take down less, keep fewer spares, or move its window",
            )  # fmt: skip


def _nowhere_to_go(instance: Instance) -> Iterator[Shortfall]:
    """Must jobs that stand on what is lost wherever they run, and have no island to go to."""
    builder = Builder(Grid(instance.calendar.hours, instance.calendar.band_count), LEVELS, TERMS)
    gangs = Gangs.offer(instance, builder)
    backups, jobs = BackupOptions.offer(instance, builder, gangs), instance.jobs
    for k, case in enumerate(instance.loss_cases):
        hit = np.zeros(len(gangs.job), dtype=np.bool_)
        hit[gangs_hit(instance, gangs, k)] = True
        safe = np.concatenate([gangs.job[~hit], backups.job[backups.case == k]])
        for j in np.setdiff1d(np.flatnonzero(jobs_to_survive(instance, k)), safe).tolist():
            gpus = int(jobs.shapes.gpus[jobs.shape_offset[j] : jobs.shape_offset[j + 1]].min())
            yield Shortfall(
                "backups", jobs.id[j], None, float(gpus), "GPUs",
                f"must job {jobs.id[j]}: no island that {case.name} leaves can run it in any of its shapes",
                "add a smaller shape, admit more pools, or set jobs: none for this loss",
            )  # fmt: skip


def _no_room_to_stand(instance: Instance) -> Iterator[Shortfall]:
    """Services of which more replicas have to stand than there is room for, if they had all of it."""
    usable, calendar = usable_units(instance), instance.calendar
    for (name, service), pools in zip(instance.services.items(), instance.service_pools, strict=True):
        room = np.zeros(usable.shape)
        for q in pools.tolist():
            accelerator = instance.accelerators[list(instance.pools.values())[q].accelerator]
            counts = [per_count(profile, accelerator) for profile in service.profiles if profile.accelerator == accelerator.id]
            room[q] = usable[q] * max(replicas / units for units, replicas in counts)
        sites = {x: instance.pool_site == s for s, x in enumerate(instance.sites)}
        least = [(name, np.ones(len(room), dtype=np.bool_), service.min_replicas)]
        least += [(f"{name} at {x}", sites[x], figure) for x, figure in (service.min_replicas_at or {}).items()]
        for subject, where, figure in least:
            short = (0.0 if figure is None else calendar.least(figure)) - np.floor(room[where].sum(axis=0) + 1e-9)
            if short.max() > 0:
                period = calendar.period_name(int(np.argmax(short)))
                yield Shortfall(
                    "standing", subject, period, float(short.max()), "replicas",
                    f"service {subject}: {short.max():,.6g} replicas more have to stand than there is room for",
                    "lower min_replicas, let them rise as capacity comes, or let more pools carry it",
                )  # fmt: skip


def _suspects(instance: Instance) -> Iterator[Shortfall]:
    """Every loss, limit, task and number of replicas that leaves no choice."""
    need = covered_tokens_per_s(instance)
    for k, case in enumerate(instance.loss_cases):
        forbids = case.loss.uncovered_usd_per_million_tokens is None and need[k].max(initial=0.0) > 0
        if forbids or jobs_to_survive(instance, k).any():
            yield Shortfall(
                "resilience", case.name, None, 1.0, "losses",
                f"loss {case.name}: all must jobs and hard floors fit, but not with everything that losses and maintenance ask for",
                "price what is left uncovered, lower covered_share, set jobs: none, or add capacity elsewhere",
            )  # fmt: skip
    for lever in instance.levers.values():
        if isinstance(lever, LimitLever):
            yield Shortfall(
                "limit", lever.id, None, 1.0, "limits",
                f"limit {lever.id}: all must jobs and hard floors fit, but not with every stream of it at the same multiplier",
                "offer a smaller multiplier (0 closes it), a shorter span, or limit fewer products together",
            )  # fmt: skip
    if instance.today is not None and instance.today.most_changes is not None:
        yield Shortfall(
            "changes", "today's plan", None, 1.0, "plans",
            f"today's plan: all must jobs and hard floors fit, but not with at most {instance.today.most_changes} changes of it",
            "allow more changes, or price them",
        )  # fmt: skip
    for name, service in instance.services.items():
        if service.min_replicas is not None or service.min_replicas_at is not None:
            yield Shortfall(
                "standing", name, None, 1.0, "services",
                f"service {name}: all must jobs and hard floors fit, but not beside the replicas that have to stand",
                "lower min_replicas, or add capacity where they may stand",
            )  # fmt: skip
    names = [f"{list(instance.pools)[q]}/{task.id}" for q, task in instance.maintenance]
    for name in [*names, *(f"{list(instance.feeds)[f]}/{task.id}" for f, task in instance.feed_work)]:
        yield Shortfall(
            "maintenance", name, None, 1.0, "tasks",
            f"maintenance {name}: all must jobs and hard floors fit, but not with everything that losses and maintenance ask for",
            "widen its window, take down less, or give must jobs more time",
        )  # fmt: skip
