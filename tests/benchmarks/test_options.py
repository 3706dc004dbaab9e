"""Options of the commands that cannot work are refused in one line before anything runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.__main__ import main
from benchmarks.rows import Row
from benchmarks.run import failed
from placement.bench.processes import descendants

ROW = Row("S", 0, "auto", objective=-90.0, bound=-100.0, violations=0)
USAGE = 2
ROOT = Path(__file__).resolve().parents[2]

BAD = {
    "a negative seed": (["family", "S", "--seed", "-1", "--out", "{folder}/x"], "-1 is not in the range x>=0"),
    "a load that is no number": (["family", "S", "--load", "nan", "--out", "{folder}/x"], "nan is not a finite number"),
    "power that is no number": (["family", "S", "--power", "0.5", "inf", "--out", "{folder}/x"], "inf is not a finite number"),
    "an instance inside a file": (["family", "S", "--out", "{folder}/file/x"], "cannot be written"),
    "a time limit that never ends": (["run", "--family", "S", "--time-limit", "nan"], "nan is not a finite number"),
    "a gap that is never reached": (["run", "--family", "S", "--gap", "nan"], "nan is not a finite number"),
    "rows inside a file": (["run", "--family", "S", "--json", "{folder}/file/rows.json"], "cannot be written"),
    "rows of a set inside a file": (["run", "--set", "gap", "--json", "{folder}/file/rows.json"], "cannot be written"),
    "no seeds to resolve": (["resolve", "--family", "S", "--seeds", "0"], "0 is not in the range x>=1"),
    "no time to resolve": (["resolve", "--family", "S", "--time-limit", "0"], "0.0 is not in the range x>0"),
    "a share of twice all": (["resolve", "--family", "S", "--change", "2"], "2.0 is not in the range 0<=x<=1"),
    "one period has no demand to change": (["resolve", "--family", "one-period-small"], "is not one of"),
    "a negative seed of one period": (["one-period", "--seed", "-1"], "-1 is not in the range x>=0"),
    "plots inside a file": (["plot", "{folder}/file", "-o", "{folder}/file/plots"], "cannot be written"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_work_is_a_usage_error_before_anything_runs(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("[]")
    arguments, words = BAD[name]
    answer = CliRunner().invoke(main, [argument.format(folder=tmp_path) for argument in arguments])
    assert answer.exit_code == USAGE, answer.output
    assert words in " ".join(answer.output.split())
    assert not (tmp_path / "x").exists()


def test_a_broken_plan_of_a_solver_fails_the_run_and_a_peers_does_not() -> None:
    assert not failed([ROW])
    assert failed([ROW, replace(ROW, violations=1)])
    assert not failed([ROW, replace(ROW, solver="monolith_highs", violations=1)])
    assert failed([replace(ROW, solver="monolith_highs", error="it died")])


def leads_a_session(pid: int) -> bool:
    """Whether this is a case that has begun: the signal must not meet it half started."""
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_case_as_well(number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-m", "benchmarks", "run", "--family", "S", "--seeds", "1", "--time-limit", "60", "--workers", "1"]
    # A job in the background of a shell starts with Ctrl-C ignored, and its children with it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 30
    cases: list[int] = []
    while not any(map(leads_a_session, cases)) and time.monotonic() < deadline:
        time.sleep(0.05)
        cases = descendants(process.pid)[1:]
    assert any(map(leads_a_session, cases))
    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == code, stderr
    assert "Traceback" not in stderr
    while any(Path(f"/proc/{case}/exe").exists() for case in cases) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [case for case in cases if Path(f"/proc/{case}/exe").exists()]
