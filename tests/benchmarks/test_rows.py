"""Rows: the primal integral, thinning, and files that are whole or not there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.rows import LONGEST_TRACE, Row, Trace, gap_between, primal_integral, read_rows, thinned, write_rows
from benchmarks.run import integrated

ROW = Row("S", 3, "auto", objective=-90.0, bound=-100.0, gap=0.1, seconds=7.5, peak_mb=120.0, violations=0)
EXACT_FIELDS = ["family", "seed", "solver", "objective", "bound", "gap", "seconds", "peak_mb", "violations"]


def test_primal_integral_of_a_trace_worked_out_by_hand() -> None:
    """No plan for 2 s (1), then 125 against 100 for 3 s (0.2), then 100 for 5 s (0): (2 + 0.6) / 10."""
    trace: Trace = [[1.0, None, 50.0], [2.0, 125.0, 60.0], [4.0, 125.0, 90.0], [5.0, 100.0, 100.0]]
    assert primal_integral(trace, 100.0, 10.0) == pytest.approx(0.26)


def test_primal_integral_counts_to_the_horizon_only() -> None:
    """Of 4 s, 2 without a plan and 2 at a gap of 0.2; what came at 5 s comes too late."""
    assert primal_integral([[2.0, 125.0, None], [5.0, 100.0, 100.0]], 100.0, 4.0) == pytest.approx(0.6)


def test_primal_integral_is_capped_and_wants_a_bound() -> None:
    assert primal_integral([[1.0, 1e9, None], [3.0, -100.0, None]], -100.0, 4.0) == pytest.approx(0.75)
    assert primal_integral([], -100.0, 4.0) == 1.0
    assert primal_integral([[1.0, 5.0, None]], None, 4.0) is None


def test_gap_is_that_of_the_levels() -> None:
    assert gap_between(-90.0, -100.0) == pytest.approx(10 / 90)
    assert gap_between(0.5, 0.25) == 0.25
    assert gap_between(5.0, 6.0) == 0.0
    assert gap_between(None, 1.0) is None


def test_integral_is_against_the_best_bound_of_the_case_and_not_against_a_peers() -> None:
    trace: Trace = [[0.0, -80.0, None]]
    ours = replace(ROW, time_limit_s=10.0, trace=trace, level="net_cost")
    worse = replace(ours, solver="highs", bound=-120.0)
    peer = replace(ours, solver="monolith_cpsat", bound=-81.0)
    for row in integrated([worse, ours, peer]):
        assert row.best_bound == -100.0
        assert row.primal_integral == pytest.approx(0.25)


def test_thinned_drops_repeats_and_keeps_both_ends() -> None:
    assert thinned([[0.0, None, 1.0], [1.0, None, 1.0], [2.0, 5.0, 1.0]]) == [[0.0, None, 1.0], [2.0, 5.0, 1.0]]
    many: Trace = [[float(k), -float(k), None] for k in range(5000)]
    kept = thinned(many)
    assert len(kept) == LONGEST_TRACE
    assert (kept[0], kept[-1]) == (many[0], many[-1])


def test_rows_are_read_back_as_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows.json"
    rows = [ROW, replace(ROW, seed=4, trace=[[0.5, None, -100.0]], facts={"columns": 3.0})]
    write_rows(rows, path)
    assert read_rows([path]) == rows
    assert list(json.loads(path.read_text())[0])[: len(EXACT_FIELDS)] == EXACT_FIELDS


def test_a_row_that_cannot_be_written_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    write_rows([ROW], path)
    with pytest.raises(ValueError, match="JSON"):
        write_rows([ROW, replace(ROW, objective=float("nan"))], path)
    assert read_rows([path]) == [ROW]
    assert [entry.name for entry in tmp_path.iterdir()] == ["rows.json"]


def test_a_write_that_breaks_off_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.json"
    write_rows([ROW], path)

    def no_space(descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="no space"):
        write_rows([ROW, ROW], path)
    assert read_rows([path]) == [ROW]
    assert [entry.name for entry in tmp_path.iterdir()] == ["rows.json"]


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "best.json"
    path.write_text('{"tiny/sla": {"levels": {}}}')
    with pytest.raises(ValueError, match=r"best\.json: not rows"):
        read_rows([path])
