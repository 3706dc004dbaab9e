"""What the report of a solve says of batch jobs, and what the bill says where one must be finished and cannot be."""

from __future__ import annotations

from dataclasses import replace

from placement import solve
from placement.explain.bill import bill
from placement.instance import Instance
from placement.plan import Plan
from placement.report.batch import batch_work
from tests.laws.test_lever_violations import solved
from tests.laws.test_supply_violations import with_row, without


def test_what_is_left_of_each_comes_first() -> None:
    instance, plan = solved("batch")
    head, *rows = [line.split() for line in batch_work(instance, plan).splitlines()]
    assert head[:2] == ["batch", "job"]
    assert rows == [
        ["rollouts", "lab", "optional", "2026-01-01", "2026-01-02", "40.0", "%", "36", "3"],
        ["evals", "lab", "optional", "2026-01-01", "2026-01-03", "100.0", "%", "120", "5"],
    ]


def test_whoever_is_refused_finishes_nothing() -> None:
    instance, plan = solved("batch")
    refused = with_row(without(without(plan, "batch"), "unfinished"), "refusals", 1)
    assert batch_work(instance, refused).count("refused") == 2
    assert batch_work(replace(instance, batch_jobs={}), without(without(plan, "batch"), "unfinished")) == ""


def test_the_bill_names_what_finds_no_room() -> None:
    """The first night has 96 GPU-hours and the first day as many: 192 of 300 find room before the deadline."""
    instance, _ = solved("batch")
    job = instance.batch_jobs["rollouts"]
    work = (job.work[0].model_copy(update={"gpu_hours": 300.0}),)
    must = job.model_copy(update={"commitment": "must", "unfinished_usd": 0.0, "work": work})
    hard = replace(instance, batch_jobs={**instance.batch_jobs, "rollouts": must})
    assert solve(hard, solver="highs").status == "infeasible"

    def plan_of(softened: Instance) -> Plan | None:
        return solve(softened, solver="highs", gap=0.0).plan

    (line,) = bill(hard, plan_of)
    assert (line.law, line.subject, round(line.amount, 3), line.unit) == ("batch", "rollouts", 108.0, "GPU-hours")
    assert "108 of its 300 GPU-hours of x8" in line.message and "deadline_date" in line.remedy
