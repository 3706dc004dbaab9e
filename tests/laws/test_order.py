"""Jobs in order: Program and check agree on random instances, breaches are found, and what is alike is not taken for one."""

# ruff: noqa: E501 -- one breach, one line

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from placement import load, solve
from placement.check import check
from placement.explain.bill import bill
from placement.files import InputErrors
from placement.formulate import formulate
from placement.instance import Instance
from placement.plan import Plan
from placement.program import Bools
from solvers.classes import classes_of
from tests.laws.random_instances import random_document, write_instance
from tests.laws.random_levers import powered
from tests.laws.random_orders import ordered
from tests.laws.seeds import seeds
from tests.laws.test_agreement import agreed, assert_agreement_at_limits, cheapest_choice, gang_choices, random_choice
from tests.laws.test_tenancy_violations import moved, run_of

TINY = Path("instances/tiny")
CLEAN, TRAIN, TUNE, SCRUB = range(4)
CHOICES = 30


@lru_cache
def solved() -> tuple[Instance, Plan]:
    instance = load(TINY / "order.yaml")
    plan = solve(instance, solver="enumerate").plan
    assert plan is not None and not check(instance, plan).violations
    return instance, plan


def random_instance(folder: Path, seed: int) -> Instance | None:
    """An instance with jobs in order; None where loading finds that a job can never be in time."""
    rng = np.random.default_rng(seed)
    try:
        return write_instance(folder, ordered(powered(random_document(7000 + seed)), rng))
    except InputErrors as error:
        assert all("in time for this one to run" in str(problem) for problem in error.problems), str(error)
        return None


@pytest.mark.parametrize("seed", seeds(5))
def test_random_instances_in_order_agree(seed: int, tmp_path: Path) -> None:
    instance = random_instance(tmp_path, seed)
    if instance is None:
        pytest.skip("a job can never be in time")
    formulation, rng = formulate(instance), np.random.default_rng(seed)
    gangs = gang_choices(formulation, rng)
    for n in rng.choice(len(gangs), min(CHOICES, len(gangs)), replace=False).tolist():
        agreed(formulation, random_choice(formulation, gangs[n], rng), seed)
    assert_agreement_at_limits(formulation, rng, seed, edges=3, nudges=1)


def test_order_decides_in_random_instances(tmp_path: Path) -> None:
    """Some choices run a job after one that it waits for; with all order dropped some break it."""
    waited, forbidden = 0, 0
    for seed in range(4):
        instance = random_instance(tmp_path, seed)
        if instance is None:
            continue
        rng = np.random.default_rng(seed)
        bound = formulate(instance)
        free = formulate(replace(instance, jobs=replace(instance.jobs, waits=instance.jobs.waits[:0])))
        for _ in range(4):
            choice, freer = cheapest_choice(bound, rng), cheapest_choice(free, rng)
            assert choice is not None and freer is not None
            running = set(bound.decode(*choice).runs.job.tolist())
            waited += any(job in running and other in running for job, other in instance.jobs.waits.tolist())
            forbidden += any(violation.law == "order" for violation in check(instance, free.decode(*freer)).violations)
    assert waited > 0 and forbidden > 0, (waited, forbidden)


def dropped(plan: Plan, job: int) -> Plan:
    """The plan without the run of a job."""
    run = run_of(plan, job)

    def kept(column: np.ndarray) -> Bools:
        return np.asarray(column != run, dtype=np.bool_)

    runs, places = plan.runs, plan.places
    rows, keep = kept(np.arange(len(runs.job))), kept(places.run)
    new = np.cumsum(rows) - 1
    return replace(
        plan,
        runs=replace(runs, job=runs.job[rows], shape=runs.shape[rows], start_block=runs.start_block[rows], end_block=runs.end_block[rows]),
        places=replace(places, run=new[places.run[keep]], island=places.island[keep], units=places.units[keep]),
    )


def shifted(plan: Plan, job: int, start: int) -> Plan:
    run = run_of(plan, job)
    return moved(moved(plan, "runs", "start_block", run, start), "runs", "end_block", run, start + 1)


BREACHES: dict[str, tuple[Callable[[Plan], Plan], str, float, str]] = {
    "one that does not run": (lambda p: dropped(p, SCRUB), "tune", 1.0, "tune: runs, though scrub, which it waits for, does not"),
    "two blocks too early": (lambda p: shifted(p, TUNE, 0), "tune", 3.0, "starts 2026-01-01, before train, which it waits for, has ended: that ends 2026-01-04"),
    "in the same block": (lambda p: shifted(p, TUNE, 2), "tune", 1.0, "starts 2026-01-03, before train, which it waits for, has ended: that ends 2026-01-04"),
    "once it has started": (lambda p: shifted(p, TRAIN, 1), "train", 1.0, "train: starts 2026-01-02, before clean"),
    "one that goes on": (lambda p: moved(p, "runs", "end_block", run_of(p, TRAIN), 4), "tune", 1.0, "that goes on until the end"),
}  # fmt: skip


@pytest.mark.parametrize("name", BREACHES)
def test_each_breach_is_found(name: str) -> None:
    breach, subject, amount, message = BREACHES[name]
    instance, plan = solved()
    found = [violation for violation in check(instance, breach(plan)).violations if violation.law == "order"]
    assert any((v.subject, v.amount) == (subject, amount) and message in v.message for v in found), [v.message for v in found]


def test_jobs_that_wait_for_different_ones_are_not_alike() -> None:
    """Four jobs that differ in nothing but whom they wait for; without that they are one class."""
    instance = load(TINY / "order.yaml")
    jobs = instance.jobs
    alike = replace(
        jobs,
        value_usd=np.full(4, 5.0),
        release_block=np.zeros(4, dtype=np.int64),
        commitment=np.zeros(4, dtype=np.int64),
        due_day=np.full(4, np.inf),
        shapes=replace(jobs.shapes, gpus=np.full(4, 8)),
    )
    waits = np.array([[TUNE, CLEAN], [SCRUB, TRAIN]])
    free = formulate(replace(instance, jobs=replace(alike, waits=waits[:0]))).program
    bound = formulate(replace(instance, jobs=replace(alike, waits=waits))).program
    assert classes_of(free).times.tolist() == [4, 0, 0, 0]
    assert classes_of(bound).times.tolist() == [1, 1, 1, 1]


def test_gangs_by_pool_leave_out_whoever_waits_for_one_that_found_no_island() -> None:
    """Train and scrub cannot both have the island on day 3: one of them finds none, and tune, for which there is one, runs no more."""
    instance, plan = solved()
    by_pool = formulate(instance, by_pool=True)
    crowded = by_pool.decode(*by_pool.encode(shifted(plan, SCRUB, 2)))
    assert len(crowded.runs.job) == 2 and TUNE not in crowded.runs.job.tolist()
    assert TUNE in by_pool.decode(*by_pool.encode(plan)).runs.job.tolist()


def late(instance: Instance, **changes: np.ndarray) -> Instance:
    return replace(instance, jobs=replace(instance.jobs, **changes))


def solve_plan(instance: Instance) -> Plan | None:
    return solve(instance, solver="highs", gap=0.0).plan


def test_the_bill_names_who_is_waited_for() -> None:
    """All must run. Tune has to start by day 3, when train has just begun; or train takes longer than there is."""
    instance = load(TINY / "order.yaml")
    must = np.full(4, 2, dtype=np.int64)
    deadline = instance.jobs.deadline_block.copy()
    deadline[TUNE] = 3
    (found,) = [s for s in bill(late(instance, commitment=must, deadline_block=deadline), solve_plan) if s.subject == "tune"]
    assert (found.law, found.amount) == ("order", 8.0)
    assert "has to start by 2026-01-03, and waits for train, which ends 2026-01-04 at the earliest" in found.message
    crowded = late(instance, commitment=must, release_block=np.array([1, 0, 0, 1]))
    assert any(s.law == "order" and "there is no room" in s.message for s in bill(crowded, solve_plan))
