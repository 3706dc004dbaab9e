"""Families: equal for equal seeds, true to their table, every knob reaches the instance; and the one-period family by pool."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import sparse
from scipy.optimize import linprog

from benchmarks.families import FAMILIES, main, with_knobs, write
from benchmarks.families.law import OnePeriod
from benchmarks.one_period import solve_one_period
from placement import load, solve
from placement.activities import gangs
from placement.check import check
from placement.formulate import formulate
from placement.plan import Plan
from placement.program import Status
from placement.rules.reading import gang_units
from solvers.classes import classes_of

S_SEED_3 = "b3cfc0dcc3f8130a"


def _digest(folder: Path) -> str:
    total = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        total.update(file.name.encode() + file.read_bytes())
    return total.hexdigest()


def _figures(tmp_path: Path, family: str, **knobs: Any) -> dict[str, float]:
    instance = load(write(with_knobs(FAMILIES[family], knobs), 1, tmp_path / f"{family}-{len(knobs)}-{list(knobs.values())}"))
    jobs = instance.jobs
    gpus = np.zeros(len(jobs))
    gpus[jobs.shapes.job] = jobs.shapes.gpus
    return {
        "jobs": len(jobs),
        "largest": float(gpus.max()) / max(max(pool.island_gpus) for pool in instance.pools.values()),
        "demand": float(instance.demand_tokens_per_s.sum()),
        "online": float(instance.pool_online_gpus[:, 0].sum() / max(1, instance.pool_online_gpus[:, -1].sum())),
        "pools": float(np.diff(jobs.pool_offset).mean()) / len(instance.pools),
        "power": float(sum(feed.limit_kw for feed in instance.feeds.values())),  # type: ignore[misc]
        "kinds": len(np.unique(jobs.value_usd)),
        "window": float((jobs.deadline_block - jobs.release_block).mean()),
    }


def test_a_seed_is_an_instance(tmp_path: Path) -> None:
    first, again, other = (write(FAMILIES["S"], seed, tmp_path / str(n)) for n, seed in enumerate((3, 3, 4)))
    assert _digest(first) == _digest(again) != _digest(other)


def test_s_has_not_changed(tmp_path: Path) -> None:
    """Figures measured on a seed stay comparable: a change of the law is a new family."""
    assert _digest(write(FAMILIES["S"], 3, tmp_path / "s", "S")).startswith(S_SEED_3)


@pytest.mark.parametrize(
    ("knobs", "figure", "grows"),
    [
        ({"largest_gang": 0.3}, "largest", False),
        ({"divisible_share": 0.8}, "demand", True),
        ({"load": 2.0}, "demand", True),
        ({"ramping": 0.8}, "online", False),
        ({"eligible": 0.3}, "pools", False),
        ({"power": (0.5, 0.6)}, "power", False),
        ({"late_blocks": 1}, "window", False),
        ({"slack": (1.0, 1.1), "late_blocks": 0}, "window", False),
        ({"jobs": 80}, "jobs", True),
        ({"kinds": 4}, "kinds", False),
    ],
)
def test_a_knob_reaches_the_instance(tmp_path: Path, knobs: dict[str, Any], figure: str, grows: bool) -> None:
    before, after = _figures(tmp_path, "S")[figure], _figures(tmp_path, "S", **knobs)[figure]
    assert after > before if grows else after < before


def test_the_command_takes_knobs_and_refuses_those_without_meaning(tmp_path: Path) -> None:
    runner = CliRunner()
    done = runner.invoke(main, ["S", "--power", "0.6", "0.7", "--out", str(tmp_path / "s")])
    assert done.exit_code == 0 and (tmp_path / "s" / "fleet.json").exists()
    refused = runner.invoke(main, ["one-period-small", "--ramping", "0.5", "--out", str(tmp_path / "o")])
    assert refused.exit_code == 2 and "no ramping" in refused.output
    refused = runner.invoke(main, ["S", "--power", "0.9", "0.7", "--out", str(tmp_path / "s")])
    assert refused.exit_code == 2 and "power = 0.9 0.7" in refused.output


def test_jobs_of_a_kind_are_groups_alike(tmp_path: Path) -> None:
    formulation = formulate(load(write(with_knobs(FAMILIES["S"], {"kinds": 7}), 1, tmp_path)))
    classes = classes_of(formulation.program)
    assert sorted(classes.times[classes.times > 0]) == [5, 5, 6, 6, 6, 6, 6]
    assert np.array_equal(classes.first, np.arange(40) % 7)


# ------------------------------------------------------------ one period


@pytest.fixture(scope="module")
def one_period(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load(write(FAMILIES["one-period-small"], 2, tmp_path_factory.mktemp("one-period")))


def test_one_period_wants_more_than_is_there(one_period: Any) -> None:
    jobs = one_period.jobs
    assert len(jobs) == 2_000 and one_period.calendar.blocks == 1 and len(one_period.island_pool) == 60
    assert np.all(np.diff(jobs.pool_offset) == 6)
    assert jobs.shapes.gpus.sum() / one_period.pool_online_gpus.sum() == pytest.approx(1.15, rel=0.02)


def test_by_pool_there_is_one_option_per_pool(one_period: Any) -> None:
    coarse, full = formulate(one_period, by_pool=True), formulate(one_period, by_pool=False)
    assert len(coarse.program.options) == 2_000 * 6
    assert len(full.program.options) == 2_000 * 6  # The ten islands of a pool are equal: copies of one option.
    assert full.program.first_copy[-1] == 2_000 * 60
    assert not any(name.startswith("island") for name in coarse.program.resources.name)
    assert full.exact and not coarse.exact
    assert formulate(one_period).exact  # Small enough for islands.


def _greedy(formulation: Any, take: float) -> Plan:
    """Options in random order as long as their pool has room for a share of it."""
    gangs, instance = formulation.activities.gangs, formulation.instance
    left = instance.pool_online_gpus[:, 0] // instance.unit_gpus * take
    done: set[int] = set()
    rows = []
    for row in np.random.default_rng(1).permutation(len(gangs.option)).tolist():
        job, pool, units = int(gangs.job[row]), int(gangs.pool[row]), int(gangs.units[row])
        if job not in done and units <= left[pool]:
            left[pool] -= units
            done.add(job)
            rows.append(row)
    option = np.sort(gangs.option[np.array(rows)]).astype(np.int64)
    return formulation.decode(option, np.zeros(len(option), dtype=np.int64), np.ones(len(option)))


def test_pools_are_packed_into_places(one_period: Any) -> None:
    coarse = formulate(one_period, by_pool=True)
    plan = _greedy(coarse, 0.5)
    assert [v for v in check(one_period, plan).violations if v.law != "power"] == []
    units = one_period.jobs.shapes.gpus[plan.runs.shape].sum() // 8
    assert gang_units(one_period, plan).sum() == units
    option, start, value = coarse.encode(plan)
    again = coarse.decode(option, start, value)
    assert np.array_equal(again.runs.job, plan.runs.job)


def test_what_finds_no_place_does_not_run(one_period: Any) -> None:
    coarse = formulate(one_period, by_pool=True)
    plan = _greedy(coarse, 1.2)
    assert [v for v in check(one_period, plan).violations if v.law != "power"] == []
    held, room = gang_units(one_period, plan)[:, 0], one_period.island_online_gpus[:, 0] // 8
    assert held.sum() >= 0.98 * room.sum()


def test_implicit_pairs_give_a_checked_plan_near_a_bound_below_it(one_period: Any) -> None:
    answer = solve_one_period(one_period)
    assert answer.check.violations == ()
    assert answer.bound <= answer.value
    assert answer.gap < 0.002
    # Nothing beats the bound: not the relaxation over all pairs, solved exactly.
    columns = explicit_relaxation(formulate(one_period, by_pool=True))
    assert answer.bound <= columns + 1e-6 * abs(columns)
    assert answer.bound == pytest.approx(columns, rel=1e-5)


def explicit_relaxation(formulation: Any) -> float:
    """Optimum over all columns, divisible, USD of net cost."""
    program = formulation.program
    option, start = program.columns()
    cost = program.level_costs(option, start)[:, 1]
    entries = program.entries(option, start)
    shape = (len(program.resources.limit), len(option))
    rows = sparse.csr_array((entries.value, (entries.row, entries.column)), shape=shape)
    group = program.options.group[option]
    jobs = sparse.csr_array((np.ones(len(option)), (group, np.arange(len(option)))), shape=(len(program.groups), len(option)))
    limit = np.concatenate([program.resources.limit, np.ones(len(program.groups))])
    found = linprog(cost, A_ub=sparse.vstack([rows, jobs]), b_ub=limit, bounds=(0, None), method="highs")
    assert found.status == 0
    return float(found.fun + program.constants[1].sum())


def test_an_instance_with_a_time_axis_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one period"):
        solve_one_period(load(write(FAMILIES["S"], 0, tmp_path / "s")))


def test_what_is_left_out_of_places_costs_the_answer_its_optimality(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family = OnePeriod(objects=18, sites=2, places_per_site=3, largest_gang=0.9, load=1.5, power=(2.0, 2.1))
    instance = load(write(family, 3, tmp_path))
    exact = solve(instance, solver="highs", time_limit_s=20, workers=1)
    monkeypatch.setattr(gangs, "MOST_ISLAND_OPTIONS", 0)
    coarse = solve(instance, solver="highs", time_limit_s=20, workers=1)
    assert coarse.plan is not None and exact.plan is not None
    value, bound = coarse.levels[-1].value, coarse.levels[-1].bound
    assert value is not None and bound is not None and exact.levels[-1].value is not None
    assert exact.status is Status.OPTIMAL and bound < exact.levels[-1].value < value
    assert coarse.status is Status.FEASIBLE
