"""Quotas and borrowing: Program and check agree on random instances, breaches are found, plans come back from their files."""

# ruff: noqa: E501 -- one breach, one line

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement import check_plan, load, solve
from placement.check import check
from placement.files import InputErrors, load_plan, save_plan
from placement.formulate import Formulation, formulate
from placement.instance import Instance
from placement.plan import Plan
from placement.program import Floats, Ints
from tests.laws.random_batch import batched
from tests.laws.random_instances import random_document, write_instance
from tests.laws.random_levers import powered
from tests.laws.random_quotas import on_quotas
from tests.laws.seeds import seeds
from tests.laws.test_agreement import agreed, cheapest_choice, nudged
from tests.laws.test_supply_violations import with_row, without
from tests.laws.test_tenancy_violations import moved, run_of

TINY = Path("instances/tiny")
PROD, LAB, ART = range(3)
LONG, SWEEP, PROBE = range(3)


@lru_cache
def solved() -> tuple[Instance, Plan]:
    instance = load(TINY / "quota.yaml")
    plan = solve(instance, solver="cpsat", gap=0.0).plan
    assert plan is not None and not check(instance, plan).violations
    return instance, plan


def instance_of(folder: Path, seed: int) -> Instance:
    rng = np.random.default_rng(seed)
    document = on_quotas(powered(random_document(8000 + seed)), rng)
    if seed % 4 == 3:
        for job in batched(document, rng)["batch_jobs"]:
            job["commitment"] = "promised" if job["commitment"] == "must" else job["commitment"]
    return write_instance(folder, document)


def borrowed_more(
    formulation: Formulation, choice: tuple[Ints, Ints, Floats], rng: np.random.Generator
) -> tuple[Ints, Ints, Floats]:
    """The choice with more, less or nothing borrowed by one of another in one period."""
    options = formulation.activities.borrowing.option
    if not len(options):
        return choice
    program = formulation.program
    option, period = int(program.first_copy[int(rng.choice(options))]), int(rng.integers(program.grid.periods))
    same = (choice[0] == option) & (choice[1] == period)
    value = max(float(choice[2][same].sum()) + float(rng.choice([-1.0, 1.0, -100.0])), 0.0)
    more = [(option, period, value)] if value > 0 else []
    columns = [np.append(column[~same], [one[n] for one in more]) for n, column in enumerate(choice)]
    return columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2].astype(np.float64)


@pytest.mark.parametrize("seed", seeds(8))
def test_random_instances_with_quotas_agree(seed: int, tmp_path: Path) -> None:
    formulation = formulate(instance_of(tmp_path, seed))
    rng = np.random.default_rng(seed)
    for _ in range(4):
        choice = cheapest_choice(formulation, rng)
        assert choice is not None
        agreed(formulation, choice, seed)
        for _ in range(3):
            agreed(formulation, borrowed_more(formulation, choice, rng), seed)
            agreed(formulation, nudged(formulation, choice, rng), seed)


def test_quotas_decide_in_random_instances(tmp_path: Path) -> None:
    """Some allowed choices borrow; without quotas some break the law: hold too much, or what could be taken back."""
    borrowed, said = 0, set()
    for seed in range(12):
        instance = instance_of(tmp_path, seed)
        rng = np.random.default_rng(seed)
        nothing = {"quota_gpus": None, "accelerator_quota_gpus": None, "cohort": None}
        free = replace(instance, tenants={name: t.model_copy(update=nothing) for name, t in instance.tenants.items()})
        bound, unbound = formulate(instance), formulate(free)
        for _ in range(3):
            choice, freer = cheapest_choice(bound, rng), cheapest_choice(unbound, rng)
            assert choice is not None and freer is not None
            borrowed += len(bound.decode(*choice).borrowing.gpus)
            found = check(instance, unbound.decode(*freer)).violations
            said |= {"back" if "cannot give back" in v.message else "much" for v in found if v.law == "quota"}
    assert borrowed > 0 and said == {"back", "much"}, (borrowed, said)


def with_borrowed(plan: Plan, *rows: tuple[int, int, int, float]) -> Plan:
    """The plan with just these (quota, lender, period, GPUs)."""
    plan = without(plan, "borrowing")
    for row in rows:
        plan = with_row(plan, "borrowing", *row)
    return plan


def of_long(plan: Plan) -> Plan:
    """Long in place of sweep and probe, on what the others lend on both days."""
    run = run_of(plan, SWEEP)
    runs = replace(plan.runs, job=np.array([LONG]), shape=np.array([LONG]), start_block=np.array([0]), end_block=np.array([2]))
    mine = plan.places.run == run
    places = replace(plan.places, run=plan.places.run[mine] * 0, island=plan.places.island[mine], units=plan.places.units[mine])
    return with_borrowed(replace(plan, runs=runs, places=places), (LAB, ART, 0, 8), (LAB, ART, 1, 8))


def together(plan: Plan) -> Plan:
    """Sweep and probe on the day on which prod uses both of its units."""
    for job in (SWEEP, PROBE):
        plan = moved(moved(plan, "runs", "start_block", run_of(plan, job), 1), "runs", "end_block", run_of(plan, job), 2)
    return plan


BREACHES: dict[str, tuple[Callable[[Plan], Plan], str, float, str]] = {
    "nothing borrowed": (lambda p: without(p, "borrowing"), "lab", 8.0, "lab: holds and lends, less what it borrows, 16 GPUs against a limit of 8 GPUs"),
    "lent though it is used": (lambda p: with_borrowed(together(p), (LAB, PROD, 1, 8), (ART, PROD, 1, 8)), "prod", 16.0, "prod: holds and lends, less what it borrows, 32 GPUs against a limit of 16 GPUs"),
    "more than it lends": (lambda p: with_borrowed(p, (LAB, PROD, 0, 8), (ART, PROD, 0, 8)), "prod", 8.0, "prod: lends 16 GPUs against a limit of 8 GPUs"),
    "more than it borrows": (lambda p: with_borrowed(p, (LAB, PROD, 0, 8), (LAB, ART, 0, 8)), "lab", 8.0, "lab: borrows 16 GPUs against a limit of 8 GPUs"),
    "what can be taken back": (of_long, "lab", 8.0, "lab: cannot give back, of gangs that go on from the block before, 16 GPUs against a limit of 8 GPUs"),
    "from itself": (lambda p: with_row(p, "borrowing", LAB, LAB, 0, 8), "lab", 8.0, "lab: borrows from lab, which is not of its cohort"),
    "less than nothing": (lambda p: with_row(p, "borrowing", ART, PROD, 0, -8), "art", 8.0, "art: borrows less than nothing"),
}  # fmt: skip


@pytest.mark.parametrize("name", BREACHES)
def test_each_breach_is_found(name: str) -> None:
    breach, subject, amount, message = BREACHES[name]
    instance, plan = solved()
    found = [violation for violation in check(instance, breach(plan)).violations if violation.law == "quota"]
    assert any((v.subject, v.amount, v.unit) == (subject, amount, "GPUs") and message in v.message for v in found), [v.message for v in found]


def test_what_may_be_stopped_may_be_taken_back() -> None:
    instance, plan = solved()
    stopped = replace(instance, jobs=replace(instance.jobs, reclaimable=np.ones(3, dtype=np.bool_)))
    judged = check(stopped, of_long(plan))
    assert not judged.violations
    assert judged.terms["borrowing"] == pytest.approx(2 * 192)


def test_who_is_of_another_cohort_does_not_lend() -> None:
    instance, plan = solved()
    apart = dict(instance.tenants)
    apart["lab"] = apart["lab"].model_copy(update={"cohort": "other"})
    found = check(replace(instance, tenants=apart), plan).violations
    assert any("which is not of its cohort" in violation.message for violation in found)


def test_borrowing_comes_back_as_it_was(tmp_path: Path) -> None:
    instance = load(TINY / "quota.yaml")
    result = solve(instance, solver="cpsat")
    assert result.plan is not None and len(result.plan.borrowing.gpus) == 2
    save_plan(result, instance, tmp_path / "plan.json")
    again = load_plan(tmp_path / "plan.json", instance).plan
    assert again is not None and not check_plan(instance, again).violations
    assert np.array_equal(again.borrowing.gpus, result.plan.borrowing.gpus) and np.array_equal(again.borrowing.lender, result.plan.borrowing.lender)
    (path,) = tmp_path.glob("plan.borrowing.*.csv")
    text = path.read_text()
    for old, new, says in (("lab,", "lob,", "a tenant with a quota"), (",*,", ",x8,", "a tenant with a quota"), ("2026-01-01", "2026-02-01", "the first day of a")):
        assert old in text
        path.write_text(text.replace(old, new))
        with pytest.raises(InputErrors) as caught:
            load_plan(tmp_path / "plan.json", instance)
        assert any(says in str(problem) for problem in caught.value.problems)


def test_digest_knows_whose_quota_and_what_may_be_stopped() -> None:
    instance, _ = solved()
    changes: list[dict[str, Any]] = [{"quota": np.zeros(3, dtype=np.int64)}, {"reclaimable": np.ones(3, dtype=np.bool_)}]
    digests = {instance.digest} | {replace(instance, jobs=replace(instance.jobs, **change)).digest for change in changes}
    assert len(digests) == 3
