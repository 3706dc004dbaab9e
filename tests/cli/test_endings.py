"""How a solve ends that does not end well: exit codes, signals, broken pipes, and files left as they were."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Spawn = Callable[..., subprocess.Popen[str]]
Tiny = Callable[[str], str]


def wait_until_ready(process: subprocess.Popen[str]) -> None:
    """Until the solver says that it is at work."""
    assert process.stderr is not None
    for line in process.stderr:
        if "READY" in line:
            return
    pytest.fail("ended before it was ready")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_the_best_plan(spawn: Spawn, tiny: Tiny, tmp_path: Path, number: signal.Signals, code: int) -> None:
    plan = tmp_path / "plan.json"
    process = spawn("solve", tiny("power"), "--solver", "waits", "--json", "-o", plan)
    wait_until_ready(process)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == code, stderr
    assert json.loads(stdout)["limit"] == "interrupt"
    assert "once more to quit" in stderr
    assert "Traceback" not in stderr
    assert spawn("check", tiny("power"), plan).wait(timeout=20) == 0


def test_a_second_signal_ends_at_once(spawn: Spawn, tiny: Tiny, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    process = spawn("solve", tiny("power"), "--solver", "deaf", "-o", plan)
    wait_until_ready(process)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=5)
    assert process.returncode == 130
    assert not plan.exists()


def test_no_plan_leaves_the_old_one(spawn: Spawn, tiny: Tiny, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    earlier = '{"format": "fleet-placement-plan/1"}'
    plan.write_text(earlier, encoding="utf-8")
    process = spawn("solve", tiny("power"), "--solver", "empty", "--json", "-o", plan)
    stdout, _ = process.communicate(timeout=20)
    assert process.returncode == 4
    assert json.loads(stdout)["status"] == "no_plan"
    assert json.loads(stdout)["plan"] is None
    assert plan.read_text(encoding="utf-8") == earlier


def test_a_file_that_is_no_plan_is_never_replaced(spawn: Spawn, tiny: Tiny, tmp_path: Path) -> None:
    mine = tmp_path / "fleet.yaml"
    mine.write_bytes(Path(tiny("power")).read_bytes())
    process = spawn("solve", mine, "-o", mine)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "not a plan" in stderr
    assert mine.read_bytes() == Path(tiny("power")).read_bytes()


@pytest.mark.parametrize("solver", ["wrong", "liar"])
def test_a_plan_that_fails_its_check_is_never_shown(spawn: Spawn, tiny: Tiny, tmp_path: Path, solver: str) -> None:
    plan = tmp_path / "plan.json"
    process = spawn("solve", tiny("power"), "--solver", solver, "--json", "-o", plan)
    stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 70, stderr
    assert stdout == ""
    assert "internal error" in stderr
    assert not plan.exists()
    kept = list(tmp_path.glob("placement-rejected-*/violations.json"))
    assert len(kept) == 1
    assert json.loads(kept[0].read_text(encoding="utf-8"))["error"]


def test_a_bug_is_called_one(spawn: Spawn, tiny: Tiny) -> None:
    process = spawn("solve", tiny("power"), "--solver", "raises", "--json")
    stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 70
    assert stdout == ""
    assert "internal error" in stderr
    assert "a bug on purpose" in stderr


def test_a_broken_pipe_is_no_news(spawn: Spawn, tiny: Tiny) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = spawn("show", tiny("power"), "--json", stdout=writing)
    os.close(writing)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 141
    assert stderr == ""


@pytest.mark.parametrize("no_color", [False, True])
def test_live_on_a_terminal(spawn: Spawn, tiny: Tiny, monkeypatch: pytest.MonkeyPatch, no_color: bool) -> None:
    ours, theirs = pty.openpty()
    process = spawn("solve", tiny("power"), "--json", stderr=theirs)
    os.close(theirs)
    stdout, _ = process.communicate(timeout=20)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert process.returncode == 0
    assert json.loads(stdout)["status"] == "optimal"
    assert "net_cost" in shown
    assert "bound" in shown
    assert not any(f"\x1b[{colour}m" in shown for colour in range(31, 38))


@pytest.mark.parametrize("field", ["objective", "value"])
def test_check_refuses_a_total_that_was_edited(spawn: Spawn, tiny: Tiny, tmp_path: Path, field: str) -> None:
    plan = tmp_path / "plan.json"
    assert spawn("solve", tiny("sla"), "-q", "-o", plan).wait(timeout=30) == 0
    document = json.loads(plan.read_text(encoding="utf-8"))
    if field == "objective":
        document["objective"] = -99999.0
    else:
        document["levels"][-1]["value"] = -99999.0
    plan.write_text(json.dumps(document), encoding="utf-8")
    process = spawn("check", tiny("sla"), plan)
    stdout, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "stated costs" in stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_no_internal_error(spawn: Spawn, tiny: Tiny) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        process = spawn("show", tiny("power"), stdout=full)
        _, stderr = process.communicate(timeout=20)
    assert process.returncode == 2, stderr
    assert "free some room" in stderr
    assert "Traceback" not in stderr
