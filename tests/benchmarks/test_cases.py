"""Cases: rows of tiny instances, crashes and cases that hang, and the memory of a process tree."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import benchmarks.cases
import placement.bench.processes
from benchmarks.cases import Case, InstanceSource, Source, run_case
from benchmarks.families import write
from benchmarks.families.law import OnePeriod
from benchmarks.peers import Answer
from benchmarks.run import main, measured
from benchmarks.table import line, summaries
from placement.bench.judge import judge
from placement.bench.processes import in_own_process
from placement.formulate import formulate
from placement.program import LevelResult
from tests.benchmarks.cases import TINY, Broken, Crash, ProgramOf, hang, hold

BEST = json.loads((TINY.parent / "best.json").read_text())


def case(source: Source, solver: str = "highs") -> Case:
    return Case("tiny", 0, solver, source, time_limit_s=20.0, gap=0.0, workers=1)


@pytest.mark.parametrize("bare", [False, True], ids=["instance", "program"])
def test_a_row_holds_the_optimum_its_trace_and_its_memory(bare: bool) -> None:
    path = TINY / "sla.yaml"
    row = measured(case(ProgramOf(path) if bare else InstanceSource(path)))
    best = BEST["tiny/sla"]["levels"]["net_cost"]["objective"]
    assert row.error is None
    assert (row.status, row.violations, row.level) == ("optimal", 0, "net_cost")
    assert row.objective == pytest.approx(best)
    assert row.bound == pytest.approx(best)
    assert row.gap == pytest.approx(0.0, abs=1e-6)
    assert row.trace is not None
    assert row.trace[-1][1:] == [row.objective, row.bound]
    assert [event[0] for event in row.trace] == sorted(event[0] or 0.0 for event in row.trace)
    assert row.first_plan_seconds is not None
    assert 0 < row.first_plan_seconds <= row.seconds
    assert row.peak_mb is not None
    assert 20 < row.peak_mb < 2000
    assert row.memory in ("pss", "rss")
    assert line(row).count("\n") == 0


def test_a_process_that_dies_is_a_row_with_its_exit_code() -> None:
    row = measured(case(Crash()))
    assert row.status == "error"
    assert row.error == "process ended with 3"
    assert (row.family, row.solver, row.objective) == ("tiny", "highs", None)


def test_an_error_is_a_row_with_its_message() -> None:
    assert measured(case(Broken())).error == "ValueError: fleet.yaml: no jobs"


def test_a_case_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement.bench.processes, "GRACE_SECONDS", 0.2)
    outcome = in_own_process(hang, 60.0, 0.1)
    assert outcome.result is None
    assert outcome.error is not None
    assert "time limit" in outcome.error


def test_memory_is_that_of_the_process_and_its_children() -> None:
    outcome = in_own_process(hold, 150, 20.0)
    assert (outcome.result, outcome.error) == (150 << 20, None)
    assert outcome.peak_mb is not None
    assert 300 < outcome.peak_mb < 600


def test_a_plan_that_breaks_a_law_is_counted_and_said() -> None:
    instance = InstanceSource(TINY / "capacity-units.yaml")().instance
    assert instance is not None
    formulation = formulate(instance)
    program = formulation.program
    option, start = program.columns()
    keep = np.flatnonzero(program.upper(option, start) > 0)
    everything = Answer("feasible", option[keep], start[keep], program.upper(option, start)[keep], ())
    for behind in (formulation, None):
        found = judge(behind, program, everything)
        assert found.violations is not None
        assert found.violations > 0
        assert found.complaint is not None
        assert found.complaint.startswith(f"breaks {found.violations}, first: ")


def test_a_bound_above_the_plan_is_an_error() -> None:
    row_of = run_case(case(InstanceSource(TINY / "power.yaml")))
    assert row_of.error is None
    instance = InstanceSource(TINY / "power.yaml")().instance
    assert instance is not None
    formulation = formulate(instance)
    empty = np.empty(0, dtype=np.int64)
    levels = (LevelResult("promises", 0.0, 0.0), LevelResult("net_cost", 0.0, 1e9))
    complaint = judge(formulation, formulation.program, Answer("optimal", empty, empty, np.empty(0), levels)).complaint
    assert complaint is not None
    assert "claims the bound" in complaint or "breaks" in complaint


def test_a_family_of_one_period_is_planned_without_a_program_and_peers_are_spared_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = OnePeriod(objects=40, sites=3, places_per_site=2)
    source = InstanceSource(write(small, 0, tmp_path / "one", "one"))
    row = run_case(case(source, "one-period"))
    exact = run_case(case(source))
    assert (row.error, row.violations) == (None, 0)
    assert row.objective is not None and row.bound is not None and exact.objective is not None
    assert row.bound <= exact.objective <= row.objective
    monkeypatch.setattr(benchmarks.cases, "MOST_PLACES", 100)
    refused = run_case(replace(case(source, "monolith_highs"), peer=True))
    assert refused.status == "refused"
    assert "240 places" in str((refused.facts or {})["refused"])


def test_summaries_are_by_solver_and_count_only_valid_plans() -> None:
    good = measured(case(InstanceSource(TINY / "power.yaml")))
    texts = summaries([good, case(Broken(), "cpsat").row("lost")], 0.001)
    assert "tiny highs: 1 of 1 with a valid plan, 1 proven" in texts[0]
    assert "tiny cpsat: 0 of 1 with a valid plan, 0 proven" in texts[1]


def test_the_command_writes_every_row_and_fails_when_one_failed(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    arguments = ["--family", "S", "--seeds", "1", "--solver", "nobody", "--time-limit", "5", "--json", str(path)]
    answer = CliRunner().invoke(main, arguments)
    assert answer.exit_code == 1
    (row,) = json.loads(path.read_text())
    assert "no solver named 'nobody'" in row["error"]
    assert row["status"] == "error"
