"""Plots are written, small and equal for equal rows; without matplotlib there is advice."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.plots import gaps_at, main, slope
from benchmarks.rows import Row, write_rows

ROW = Row(
    "L", 0, "prices", objective=-100.0, bound=-101.0, best_bound=-101.0, peak_mb=300.0, violations=0, status="feasible",
    seconds=20.0, time_limit_s=20.0, seconds_formulate=0.5, first_plan_seconds=2.0, first_bound_seconds=1.0, pair_blocks=1000,
    trace=[[1.0, None, -150.0], [2.0, -80.0, -110.0], [10.0, -100.0, -101.0]],
)  # fmt: skip


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.json"
    larger = replace(ROW, family="XL", pair_blocks=10_000, peak_mb=3000.0, seconds_formulate=5.0, first_plan_seconds=20.0)
    lost = Row("L", 2, "monolith_highs", error="process ended with -9", time_limit_s=20.0)
    write_rows([ROW, replace(ROW, seed=1), replace(ROW, solver="monolith_highs"), lost, larger], path)
    return path


def test_gap_is_one_before_the_first_plan_and_falls_with_incumbents() -> None:
    gaps = gaps_at(ROW, np.array([0.5, 1.5, 2.0, 9.0, 10.0, 20.0]))
    assert gaps == pytest.approx([1.0, 1.0, 21 / 80, 21 / 80, 0.01, 0.01])


def test_slope_is_the_exponent() -> None:
    size = np.array([10.0, 100.0, 1000.0])
    assert slope(size, 3 * size**1.5) == pytest.approx(1.5)
    assert slope(size[:1], size[:1]) is None


def test_plots_are_written_small_and_the_same_each_time(rows: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    out = [tmp_path / "a", tmp_path / "b"]
    for folder in out:
        answer = CliRunner().invoke(main, [str(rows), "-o", str(folder)])
        assert answer.exit_code == 0, answer.output
    names = sorted(path.name for path in out[0].iterdir())
    assert names == ["gap-L.svg", "gap-XL.svg", "growth.svg"]
    for name in names:
        assert (out[0] / name).read_bytes() == (out[1] / name).read_bytes()
        assert (out[0] / name).stat().st_size < 100_000
    gap, growth = ((out[0] / name).read_text() for name in ("gap-L.svg", "growth.svg"))
    for text in ("time (s)", "gap to the best bound (%)", "median and range of 2 seeds", "monolith_highs"):
        assert text in gap
    for text in ("eligible pairs x blocks", "prices, slope 1.00", "MB (median over seeds)"):
        assert text in growth


def test_without_matplotlib_there_is_advice(rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    answer = CliRunner().invoke(main, [str(rows), "-o", str(tmp_path)])
    assert answer.exit_code == 1
    assert "pip install 'fleet-placement[bench]'" in answer.output
    assert "Traceback" not in answer.output
