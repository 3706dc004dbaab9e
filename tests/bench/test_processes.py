"""Processes of cases end with the process that started them, however that one ends, and begin with what it has imported."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from placement.bench.processes import IMPORTED_LATE

ROOT = Path(__file__).resolve().parents[2]

PARENT = """
import sys
from placement.bench.processes import in_own_process
from tests.benchmarks.cases import say_and_hang
if __name__ == "__main__":
    in_own_process(say_and_hang, None, 600.0)
"""


KNOWS = """
import solvers
from placement.bench.processes import in_own_process
from tests.benchmarks.cases import modules
if __name__ == "__main__":
    solvers.load_ahead(["prices"])
    print(*in_own_process(modules, None, 60.0).result)
"""


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_case_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.send_signal(signal.SIGKILL)
        assert parent.stdout.read() == "", "the pipe closes once the child is gone too"
    while alive(child):
        time.sleep(0.05)


@pytest.mark.skipif("forkserver" not in multiprocessing.get_all_start_methods(), reason="processes are not forked here")
def test_cases_have_what_takes_long_to_import(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(KNOWS)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    told = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, env=environment)
    assert {*IMPORTED_LATE, "solvers.prices.loaded"} <= set(told.stdout.split())
    assert "solvers.cpsat" not in told.stdout.split()
