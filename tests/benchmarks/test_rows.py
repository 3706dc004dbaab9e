"""Rows: what the primal integral is against, and files that are whole or not there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.rows import Row, read_rows, write_rows
from benchmarks.run import integrated
from placement.bench.traces import Trace

ROW = Row("S", 3, "auto", objective=-90.0, bound=-100.0, gap=0.1, seconds=7.5, peak_mb=120.0, violations=0)
EXACT_FIELDS = ["family", "seed", "solver", "objective", "bound", "gap", "seconds", "peak_mb", "violations"]


def test_integral_is_against_the_best_bound_of_the_case_and_not_against_a_peers() -> None:
    trace: Trace = [[0.0, -80.0, None]]
    ours = replace(ROW, time_limit_s=10.0, trace=trace, level="net_cost")
    worse = replace(ours, solver="highs", bound=-120.0)
    peer = replace(ours, solver="monolith_cpsat", bound=-81.0)
    for row in integrated([worse, ours, peer]):
        assert row.best_bound == -100.0
        assert row.primal_integral == pytest.approx(0.25)


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
