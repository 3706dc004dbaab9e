"""Batch jobs broken by hand, on plans of tiny instances: each breach is found, with its amount."""

# ruff: noqa: E501 -- one breach, one line

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from placement.check import check
from placement.instance import Instance
from placement.instance.policy import Budget
from placement.plan import Plan
from tests.laws.test_lever_violations import solved
from tests.laws.test_supply_violations import with_row, without


def worked(plan: Plan, row: int, gpus: float) -> Plan:
    """The plan with another number of accelerators in a row of batch work."""
    changed = plan.batch.gpus.copy()
    changed[row] = gpus
    return replace(plan, batch=replace(plan.batch, gpus=changed))


def later(plan: Plan, row: int, periods: int) -> Plan:
    period = plan.batch.period.copy()
    period[row] += periods
    return replace(plan, batch=replace(plan.batch, period=period))


# tiny/batch: in the first night (period 1) evals (case 0) on 5 of 8 GPUs, rollouts (case 1) on 3; in the second (3) evals on 5.
BREACHES: dict[str, tuple[Any, str, str, float]] = {
    "more than there are": (lambda p: worked(p, 1, 4.0), "capacity", "lets, gives to batch work or has down 1.125 units against a limit of 1", 0.125),
    "done twice": (lambda p: with_row(p, "batch", 0, 0, 3, 1.0), "batch", "evals: 1.1 of its work is done and 0 said to be left", 12.0),
    "not all of it": (lambda p: worked(p, 2, 0.0), "batch", "evals: 0.5 of its work is done and 0 said to be left", 60.0),
    "left, and not said": (lambda p: without(p, "unfinished"), "batch", "rollouts: 0.4 of its work is done and 0 said to be left", 54.0),
    "too many at once": (lambda p: worked(p, 2, 7.0), "batch", "evals: works on 7 GPUs, which may be at most 6", 1.0),
    "too few at once": (lambda p: worked(p, 2, 4.0), "batch", "evals: works on 4 GPUs, which may be none or at least 5", 1.0),
    "after its deadline": (lambda p: later(p, 1, 2), "batch", "rollouts: works outside of its window", 3.0),
    "fewer than none": (lambda p: worked(p, 1, -3.0), "batch", "rollouts: works on -3 GPUs", 3.0),
    "more left than all": (lambda p: with_row(p, "unfinished", 1, 0.6), "batch", "rollouts: a share of 1.2 is said to be left", 0.2),
    "beside a replica": (lambda p: later(p, 0, -1), "capacity", "gives to batch work or has down 0.625 units against a limit of 0", 0.625),
}  # fmt: skip


@pytest.mark.parametrize("name", BREACHES)
def test_each_breach_is_found(name: str) -> None:
    breach, law, message, amount = BREACHES[name]
    instance, plan = solved("batch")
    found = check(instance, breach(plan)).violations
    matching = [violation for violation in found if violation.law == law and message in violation.message]
    assert matching, [v.message for v in found]
    assert any(violation.amount == pytest.approx(amount, abs=1e-6) for violation in matching), [v.amount for v in matching]


def changed(instance: Instance, **update: Any) -> Instance:
    """The instance with both batch jobs changed."""
    jobs = {name: job.model_copy(update=update) for name, job in instance.batch_jobs.items()}
    return replace(instance, batch_jobs=jobs)


def test_a_must_job_is_finished() -> None:
    instance, plan = solved("batch")
    found = check(changed(instance, commitment="must", unfinished_usd=0.0), plan).violations
    assert [(v.law, v.subject, round(v.amount, 6)) for v in found] == [("batch", "rollouts", 54.0)]


def test_a_promise_weighs_by_what_is_left() -> None:
    instance, plan = solved("batch")
    promised = changed(instance, commitment="promised", breach_usd=50.0)
    assert check(promised, plan).terms["promised_jobs"] == pytest.approx(0.6 * 50)


def test_a_job_keeps_to_its_pools_and_jurisdictions() -> None:
    instance, plan = solved("batch")
    found = check(changed(instance, pools=("q",)), plan).violations
    assert {v.message for v in found} == {
        "evals: its work on x8 may not be done in pool p", "rollouts: its work on x8 may not be done in pool p"
    }  # fmt: skip
    lab = instance.tenants["lab"].model_copy(update={"residency": ("y",)})
    found = check(replace(instance, tenants={**instance.tenants, "lab": lab}), plan).violations
    assert {v.message for v in found} == {
        f"{name}: pool p lies in a jurisdiction that its tenant excludes" for name in ("evals", "rollouts")
    }


def test_whoever_is_refused_has_no_work_done_and_owes_none() -> None:
    instance, plan = solved("batch")
    lab = instance.tenants["lab"].model_copy(update={"admission": "decided", "refusal_usd": 1.0})
    decided = replace(instance, tenants={**instance.tenants, "lab": lab})
    refused = with_row(plan, "refusals", 1)
    found = check(decided, refused).violations
    assert {v.subject for v in found} == {"evals", "rollouts"}
    assert all("though its tenant is refused" in v.message for v in found)
    idle = without(without(refused, "batch"), "unfinished")
    assert check(decided, idle).violations == ()


def test_batch_work_counts_in_power_budgets_and_shares() -> None:
    """At night 8 GPUs draw 8 kW in the first, 6.5 kW (3 of them idle) in the second; 156 GPU-hours are held, chat holds 192."""
    instance, plan = solved("batch")
    feed = instance.feeds["f"].model_copy(update={"limit_kw": {"day": 8.0, "night": 7.0}})
    found = check(replace(instance, feeds={"f": feed}), plan).violations
    assert [(v.law, v.subject, round(v.amount, 6)) for v in found] == [("power", "f", 1.0)]
    for tenants, held in ((None, 348.0), (("lab",), 156.0), (("users",), 192.0)):
        budget = Budget(id="b", kind="budget", per="horizon", most_gpu_hours=100.0, tenants=tenants)
        found = check(replace(instance, policies={"b": budget}), plan).violations
        assert [(v.law, round(v.amount, 6)) for v in found] == [("budget", held - 100.0)], tenants


def test_a_tenant_kept_apart_shares_with_no_batch_work() -> None:
    instance, plan = solved("batch")
    jobs = {name: job.model_copy(update={"tenant": "users"}) if name == "evals" else job for name, job in instance.batch_jobs.items()}
    lab = instance.tenants["lab"].model_copy(update={"isolation": "pool"})
    found = check(replace(instance, batch_jobs=jobs, tenants={**instance.tenants, "lab": lab}), plan).violations
    assert [(v.law, v.period) for v in found] == [("isolation", "2026-01-01 night")]


def test_what_is_earned_later_is_worth_less() -> None:
    """Half of evals is done on each day; what of rollouts is left is owed at the end of the first day."""
    instance, plan = solved("batch")
    dear = replace(instance, settings=instance.settings.model_copy(update={"discount_rate_per_year": 1.0}))
    day = 2 ** (-1 / 365.25)
    terms = check(dear, plan).terms
    assert terms["batch_value"] == pytest.approx(-300 - 300 * day - 36)
    assert terms["unfinished_work"] == pytest.approx(27 * day)
    assert np.isclose(check(instance, plan).terms["batch_value"], -636)


def test_a_capped_mode_takes_longer() -> None:
    """At half the serving speed the same GPU-hours do half of the work."""
    instance, plan = solved("batch")
    x8 = instance.accelerators["x8"]
    slow = x8.model_copy(update={"modes": (x8.modes[0].model_copy(update={"serving_speed": 0.5}),)})
    found = check(replace(instance, accelerators={**instance.accelerators, "x8": slow}), plan).violations
    assert {(v.subject, round(v.amount, 6)) for v in found} == {("evals", 60.0), ("rollouts", 18.0)}
