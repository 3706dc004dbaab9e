"""Public sets of assignment and knapsack: files written here by hand, read, solved, scored; malformed and absent ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.run import main
from benchmarks.sets import gap, mmkp, runner
from benchmarks.sets.case import Absent, Case, Malformed, Score
from solvers import load
from solvers.solver import Limits

GAP_FILE = """ 2 3
 1 1 1
 5 6 9
 2 3 4
 2 2 2
 5 4
"""
"""Agent 1 is cheap but holds two jobs at most, and those are 1 and 2; job 3 then costs 9 at agent 2, together 11."""

GAP_TABLE = "instance,best_value_to_use,proved_optimal\ntiny/one,11,1\n"

MMKP_FILE = (
    "1\t2\t2\t2\t\r\n\t4\t3\t\r\n1\t\t\t\r\n5\t1\t1\r\n9\t4\t1\r\n2\r\n1\t0\t0\r\n4\t1\t2\r\n"
    "2 2 2 1\r\n 5 \r\n1\r\n3 1\r\n8 4\r\n2\r\n2 1\r\n7 4\r\n"
)
"""Problem 1: 9 with 1 fits, 5 with 4 fits, 9 with 4 does not. Problem 2: 8 with 2 and 3 with 7 fit, 8 with 7 does not."""

MMKP_TABLE = "set,idx,highs,status\nTINY,1,10,Optimal\nTINY,2,10,Optimal\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "gap" / "tiny").mkdir(parents=True)
    (tmp_path / "gap" / "tiny" / "one").write_text(GAP_FILE)
    (tmp_path / "gap" / "best_known.csv").write_text(GAP_TABLE)
    (tmp_path / "mmkp").mkdir()
    (tmp_path / "mmkp" / "TestSet1.TINY.txt").write_bytes(MMKP_FILE.encode())
    (tmp_path / "mmkp" / "verified_optima.csv").write_text(MMKP_TABLE)
    return tmp_path


READERS: dict[str, Callable[[Path], list[Case]]] = {"gap": gap.cases, "mmkp": mmkp.cases}


@pytest.mark.parametrize("solver", ["enumerate", "cpsat"])
@pytest.mark.parametrize("name", READERS)
def test_optima_are_those_worked_out_by_hand(name: str, solver: str, data: Path) -> None:
    for case in READERS[name](data):
        program = case.program()
        score = case.score(program, case.solve(program, solver, Limits(time_limit_s=10, gap=0.0)))
        assert score.value == case.known == score.bound
        assert case.excess(score.value) == 0 and case.proven and score.violations == ()


def test_excess_is_above_zero_where_worse_in_either_sense(data: Path) -> None:
    assert gap.cases(data)[0].excess(12.0) == pytest.approx(1 / 11)
    assert mmkp.cases(data)[0].excess(9.0) == pytest.approx(1 / 10)


@pytest.mark.parametrize("name", READERS)
def test_a_wrong_answer_is_found_out(name: str, data: Path) -> None:
    """Score trusts neither the solver's plan nor its value."""
    case = READERS[name](data)[0]
    program = case.program()
    right = load("enumerate")(program, limits=Limits(gap=0.0))
    assert right.option is not None and right.start is not None and right.value is not None
    missing = replace(right, option=right.option[1:], start=right.start[1:], value=right.value[1:])
    assert any("of" in words for words in case.score(program, missing).violations)
    over = replace(right, option=np.array([0, 2, 4])) if name == "gap" else replace(right, option=np.array([1, 3]))
    broken = case.score(program, over).violations
    assert any(" of 5" in words or " of 4" in words for words in broken), broken
    lied = replace(right, levels=(replace(right.levels[0], value=right.levels[0].value - 1),))  # type: ignore[operator]
    assert any("by the file" in words for words in case.score(program, lied).violations)


@pytest.mark.parametrize(
    ("name", "file", "text", "line", "words"),
    [
        ("gap", "gap/tiny/one", GAP_FILE.replace("5 6 9", "5 x 9"), 3, "'x'"),
        ("gap", "gap/tiny/one", GAP_FILE.replace("5 6 9", "5 -6 9"), 3, "at least 0, not -6"),
        ("gap", "gap/tiny/one", GAP_FILE.replace(" 5 4", " 5"), 6, "the file ends where capacity 2 of 2"),
        ("gap", "gap/tiny/one", GAP_FILE + "7\n", 7, "nothing was expected"),
        ("mmkp", "mmkp/TestSet1.TINY.txt", MMKP_FILE.replace("9\t4\t1", "9\t4.5\t1"), 5, "'4.5'"),
        ("mmkp", "mmkp/TestSet1.TINY.txt", MMKP_FILE.replace("\n2\r\n1\t0", "\n3\r\n1\t0"), 6, "class 2 of 2 was expected"),
        ("mmkp", "mmkp/TestSet1.TINY.txt", MMKP_FILE.replace("2 2 2 1", "4 2 2 1"), 9, "problem 2 was expected, found 4"),
        ("mmkp", "mmkp/TestSet1.TINY.txt", MMKP_FILE.replace("7 4", ""), 15, "the file ends"),
    ],
)
def test_a_malformed_file_is_named_with_its_line(name: str, file: str, text: str, line: int, words: str, data: Path) -> None:
    (data / file).write_bytes(text.encode())
    with pytest.raises(Malformed) as error:
        for case in READERS[name](data):
            case.program()
    assert f"{Path(file).name}, line {line}: " in str(error.value) and words in str(error.value)


@pytest.mark.parametrize(
    ("name", "table", "text", "line"),
    [
        ("gap", "gap/best_known.csv", GAP_TABLE.replace(",11,", ",eleven,"), 2),
        ("gap", "gap/best_known.csv", GAP_TABLE.replace("tiny/one", "tiny/two"), 2),
        ("gap", "gap/best_known.csv", GAP_TABLE.replace("proved_optimal", "proved"), 2),
        ("gap", "gap/best_known.csv", GAP_TABLE.replace(",11,", ",\udcff,"), 2),
        ("mmkp", "mmkp/verified_optima.csv", MMKP_TABLE.replace("TINY,2,10", "TINY,2,"), 3),
        ("mmkp", "mmkp/verified_optima.csv", MMKP_TABLE.replace("TINY,2", "HUGE,2"), 3),
    ],
)
def test_a_malformed_table_is_named_with_its_line(name: str, table: str, text: str, line: int, data: Path) -> None:
    (data / table).write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(Malformed, match=f"line {line}: "):
        READERS[name](data)


@pytest.mark.parametrize("name", READERS)
def test_absent_data_are_skipped(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Absent):
        READERS[name](tmp_path)
    monkeypatch.delenv("PLACEMENT_DATA", raising=False)
    for arguments in (["--set", name], ["--set", name, "--data", str(tmp_path / "none")]):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0 and "skipped" in result.output and result.exception is None


def test_the_command_prints_a_table_and_writes_rows(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    arguments = ["--set", "mmkp", "--data", str(data), "--solver", "enumerate", "--match", "TINY/2", "--json", str(path)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "1 cases; mean excess over known +0.0000%" in result.output
    (row,) = json.loads(path.read_text())
    assert (row["family"], row["seed"], row["solver"]) == ("mmkp", "TestSet1.TINY/2", "enumerate")
    assert (row["objective"], row["known"], row["excess"], row["gap"], row["violations"]) == (10, 10, 0, 0, 0)
    assert row["peak_mb"] > 0


def test_a_bound_that_a_plan_contradicts_is_an_error(data: Path) -> None:
    lower, upper = gap.cases(data)[0], mmkp.cases(data)[0]  # known: 11 to minimise, 10 to maximise
    assert runner.wrong_bound(lower, Score(12.0, 11.0)) is None and runner.wrong_bound(upper, Score(9.0, 10.0)) is None
    assert "the known 11" in str(runner.wrong_bound(lower, Score(None, 11.5)))
    assert "the known 10" in str(runner.wrong_bound(upper, Score(9.0, 9.5)))
    assert "its own plan's 10.5" in str(runner.wrong_bound(lower, Score(10.5, 10.8)))
    assert runner.wrong_bound(lower, Score(10.5, 10.8, ("broken",))) is None


def test_means_are_told_by_part_and_over_all() -> None:
    rows = [
        runner.Row("set", name, "x", 100.0, True, value, 90.0, gap, excess, 1.0, 50.0, 0, "feasible")
        for name, value, gap, excess in (("a/1", 101.0, 0.1, 0.01), ("a/2", 103.0, 0.1, 0.03), ("b/1", 100.0, 0.0, 0.0))
    ]
    rows.append(replace(rows[0], seed="b/2", objective=None, excess=None, gap=None))
    parts = runner.by_part(rows)
    assert {part: len(members) for part, members in parts.items()} == {"a": 2, "b": 2, "set": 4}
    assert "mean excess over known +2.0000%, largest +3.0000%; 0 reach the known; own proof on 0" in runner.summary(
        parts["a"], 1e-4
    )
    assert not runner.proves(replace(rows[2], violations=1), 1e-4) and not runner.proves(replace(rows[2], error="claims"), 1e-4)
    assert "1 reach the known; own proof on 1" in runner.summary(rows, 1e-4) and "1 without a plan" in runner.summary(rows, 1e-4)


def test_a_malformed_case_is_a_row_and_an_exit_code(data: Path) -> None:
    (data / "gap" / "tiny" / "one").write_text("2 3\n1 1 z\n")
    result = CliRunner().invoke(main, ["--set", "gap", "--data", str(data)])
    assert result.exit_code == 1 and "line 2" in result.output and "1 failed" in result.output
