"""Quotas as operators read them: who borrowed from whom, when; and what the bill says where quotas are in the way."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from placement import solve
from placement.explain.bill import bill
from placement.instance import Instance
from placement.plan import Plan
from placement.report.borrowing import borrowing, quotas
from placement.report.plan_report import plan_report
from tests.laws.test_quota import LONG, solved


def solve_plan(instance: Instance) -> Plan | None:
    return solve(instance, solver="highs", gap=0.0).plan


def test_who_borrowed_from_whom_and_when() -> None:
    instance, plan = solved()
    said = borrowing(instance, plan)
    for tenant in ("lab", "art"):
        row = rf"{tenant}\s+(prod|lab|art)\s+\*\s+2026-01-0(1\s+2026-01-02|2\s+2026-01-03)\s+8\s+192\n"
        assert len(re.findall(row, said + "\n")) == 1, said
    assert re.search(r"prod\s+\*\s+2026-01-02\s+16\s+16\s+0\s+0", quotas(instance, plan)), quotas(instance, plan)
    whole = plan_report(instance, solve(instance, solver="cpsat"))
    assert "Borrowed of quotas" in whole and "Quotas, in their tightest period" in whole


def test_what_is_borrowed_for_days_in_a_row_is_one_row() -> None:
    instance, plan = solved()
    lent = replace(
        plan.borrowing, quota=np.array([1, 1]), lender=np.array([2, 2]), period=np.array([0, 1]), gpus=np.array([8.0, 4.0])
    )
    said = borrowing(instance, replace(plan, borrowing=lent))
    assert re.search(r"lab\s+art\s+\*\s+2026-01-01\s+2026-01-03\s+8\s+288$", said), said


def test_the_bill_names_the_quota_of_a_must_job() -> None:
    instance, _ = solved()
    must = instance.jobs.commitment.copy()
    must[LONG] = 2
    asked = replace(instance, jobs=replace(instance.jobs, commitment=must))
    (found,) = bill(asked, solve_plan)
    assert (found.law, found.subject, found.amount, found.unit) == ("quota", "long", 16.0, "GPUs")
    assert "would run without quotas, but not within that of lab" in found.message and "reclaimable: true" in found.remedy


def test_the_bill_names_the_quota_of_a_service() -> None:
    """On day 2 all 20 tokens/s must be served, by two units; prod may hold one, and the others have none to lend."""
    instance, _ = solved()
    tenants = {name: tenant.model_copy(update={"quota_gpus": 8.0 * (name == "prod")}) for name, tenant in instance.tenants.items()}
    ladder = tenants["prod"].ladder
    assert ladder is not None
    tenants["prod"] = tenants["prod"].model_copy(update={"ladder": ladder.model_copy(update={"hard": True, "floor_share": 1.0})})
    (found,) = bill(replace(instance, tenants=tenants), solve_plan)
    assert (found.law, found.subject, found.unit) == ("quota", "d", "tokens/s")
    assert abs(found.amount - 10) < 1e-6 and "raise the quota of prod" in found.remedy
