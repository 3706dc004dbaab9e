"""How many jobs a plan moves against an earlier one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from placement.earlier import moved_jobs
from placement.plan import Paths, Places, Plan, Replicas, Runs, Serving, Shedding

NONE, NO_FLOWS = np.empty(0, dtype=np.int64), np.empty(0)

Run = tuple[int, int, int, dict[int, int]]
"""Job, shape, first block, and the units held on each island."""

EARLIER: list[Run] = [(0, 0, 3, {0: 2}), (1, 1, 0, {1: 1, 2: 4}), (4, 2, 5, {2: 8})]


def plan_of(runs: list[Run]) -> Plan:
    job, shape, start = (np.array([run[k] for run in runs], dtype=np.int64) for k in range(3))
    held = np.array([(n, i, units) for n, run in enumerate(runs) for i, units in run[3].items()], dtype=np.int64).reshape(-1, 3)
    return Plan(
        Runs(job, shape, start, start + 1), Places(*held.T), Paths(NONE, NONE), Replicas(NONE, NONE, NONE, NONE, NONE),
        Serving(NONE, NONE, NONE, NONE, NO_FLOWS), Shedding(NONE, NONE, NONE.astype(bool), NONE, NO_FLOWS),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("now", "moved"),
    [
        (EARLIER, 0),
        ([], 3),
        ([(0, 1, 3, {0: 2}), *EARLIER[1:]], 1),
        ([(0, 0, 4, {0: 2}), *EARLIER[1:]], 1),
        ([(0, 0, 3, {1: 2}), *EARLIER[1:]], 1),
        ([EARLIER[0], (1, 1, 0, {1: 4, 2: 1}), EARLIER[2]], 1),
        ([EARLIER[0], (1, 1, 0, {2: 4}), EARLIER[2]], 1),
        ([*EARLIER, (7, 0, 0, {0: 1})], 1),
        ([*EARLIER[:2], (5, 2, 5, {2: 8})], 2),
    ],
    ids=[
        "the same",
        "none runs",
        "other shape",
        "later",
        "elsewhere",
        "units split otherwise",
        "fewer islands",
        "one more",
        "another",
    ],
)
def test_jobs_that_run_otherwise_are_counted_once(now: list[Run], moved: int) -> None:
    assert moved_jobs(plan_of(EARLIER), plan_of(now)) == moved
    assert moved_jobs(plan_of(now), plan_of(EARLIER)) == moved


def test_the_order_of_rows_is_no_move() -> None:
    plan = plan_of([EARLIER[2], (1, 1, 0, {2: 4, 1: 1}), EARLIER[0]])
    rows = np.random.default_rng(0).permutation(len(plan.places.run))
    places = Places(plan.places.run[rows], plan.places.island[rows], plan.places.units[rows])
    assert moved_jobs(plan_of(EARLIER), replace(plan, places=places)) == 0
