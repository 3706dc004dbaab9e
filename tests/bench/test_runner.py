"""Cases in processes of their own: what is measured, what repeats, and that no failure is the end of a run."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from pathlib import Path

import pytest

from placement.bench.case import Case, Row, Search, Task, run_case
from placement.bench.results import quality_text
from placement.bench.runner import measured, run_cases
from placement.cli.searching import search
from tests.bench import searches
from tests.bench.searches import TINY, case

BEST = json.loads((TINY.parent / "best.json").read_text())
REPEATING = ("auto", "enumerate", "highs", "prices")


@pytest.mark.parametrize("solver", REPEATING)
@pytest.mark.parametrize("name", ["power", "sla-promises", "interconnect-islands"])
def test_quality_repeats_byte_for_byte_and_is_that_of_the_optimum(name: str, solver: str) -> None:
    first, second = (measured(case(name, solver), search) for _ in range(2))
    assert first.error is None
    assert quality_text(first.quality) == quality_text(second.quality)
    for level in first.quality.levels:
        assert level.objective == pytest.approx(BEST[f"tiny/{name}"]["levels"][level.name]["objective"], abs=1e-4)
    assert first.quality.violations == 0
    assert first.quality.work is not None
    assert first.quality.sizes["columns"] > 0


def test_information_is_measured_and_no_part_of_quality() -> None:
    row = measured(case(), search)
    took = row.information
    assert took.seconds is not None and took.seconds > 0
    assert took.first_plan_seconds is not None and took.first_plan_seconds <= took.seconds
    assert took.peak_mb is not None and 20 < took.peak_mb < 2000
    assert took.trace is not None and took.trace[-1][1] == pytest.approx(-952.0)
    assert "seconds" not in json.dumps(asdict(row.quality))


@pytest.mark.parametrize(
    ("bad", "limits", "words"),
    [
        (searches.raises, {}, "RuntimeError: a bug on purpose"),
        (searches.dies, {}, "process ended with -9"),
        (searches.grows, {"memory_limit_mb": 300.0}, "more than its limit of 300 MB"),
        (searches.sleeps, {"safety_s": 0.5}, "had not finished long after its time limit"),
    ],
)
def test_what_goes_wrong_is_a_row_with_its_error(bad: Search, limits: dict[str, float], words: str) -> None:
    row = measured(case(**limits), bad)
    assert row.error is not None and words in row.error
    assert row.quality.status == "error"
    assert row.quality.levels == ()


def test_a_plan_that_breaks_laws_or_costs_something_else_is_an_error_with_its_figures() -> None:
    broken = measured(case(), searches.breaks)
    assert broken.quality.violations is not None and broken.quality.violations > 0
    assert broken.error is not None and broken.error.startswith(f"breaks {broken.quality.violations}, first: ")
    flattered = measured(case(), searches.flatters)
    assert flattered.error is not None and "by the plan and" in flattered.error
    overclaimed = measured(case(), searches.overclaims)
    assert overclaimed.error is not None and "claims the bound 1.0 above its own plan's 0.0 for promises" in overclaimed.error


def test_a_program_that_a_solver_does_not_take_is_refused_and_no_error() -> None:
    row = measured(case(), searches.refuses)
    assert (row.quality.status, row.error) == ("refused", None)
    assert row.information.facts["refused"] == "17 columns; at most 0"


def test_an_instance_that_cannot_be_read_is_an_error() -> None:
    row = measured(Case("x/highs/0", "x.yaml", TINY / "x.yaml", None, "highs", 0, case().limits), search)
    assert row.error is not None and "does not exist" in row.error
    assert "\n" not in row.error


def test_a_row_knows_its_instance_by_data_and_by_files(tmp_path: Path) -> None:
    text = (TINY / "power.yaml").read_text()

    def row_of(text: str) -> Row:
        (tmp_path / "fleet.yaml").write_text(text)
        return run_case(Task(Case("x/highs/0", "x", tmp_path, None, "highs", 0, case().limits), search))

    first, again, commented = row_of(text), row_of(text), row_of(text + "# a comment\n")
    dearer = row_of(text.replace("value_usd: 700", "value_usd: 600"))
    assert (first.digest, first.sources) == (again.digest, again.sources)
    assert commented.digest == first.digest != dearer.digest
    assert len({first.sources, commented.sources, dearer.sources}) == 3


def test_one_case_that_dies_leaves_the_others_alone() -> None:
    cases = [case(name) for name in ("power", "sla", "assignment")]
    seen: list[str] = []

    def on_row(row: Row) -> None:
        seen.append(row.case)

    rows = run_cases(cases, searches.fails_on_sla, jobs=2, stop=threading.Event(), on_row=on_row)
    assert [row.case for row in rows] == [one.name for one in cases]
    assert sorted(seen) == sorted(one.name for one in cases)
    assert [row.error is None for row in rows] == [True, False, True]


def test_an_interrupted_run_keeps_what_has_ended_and_ends_what_has_not() -> None:
    stop = threading.Event()
    cases = [case("power"), case("sla"), case("assignment")]
    rows = run_cases(cases, searches.sleeps_on_sla, jobs=2, stop=stop, on_row=lambda row: stop.set() if row else None)
    assert [row.case for row in rows] == ["power/highs/0"]
