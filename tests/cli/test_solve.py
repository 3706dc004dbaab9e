"""``placement solve``: what it prints, saves, refuses and ends with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]
Tiny = Callable[[str], str]
Edited = Callable[..., str]

FIELDS = {"status", "limit", "objective", "bound", "gap", "seconds", "solver", "terms", "plan", "levels"}


def test_json_is_one_object_and_nothing_else(run: Run, tiny: Tiny) -> None:
    done = run("solve", tiny("power"), "--json")
    answer = json.loads(done.stdout)
    assert done.exit_code == 0
    assert answer.keys() >= FIELDS
    assert answer["status"] == "optimal"
    assert answer["plan"] is None
    assert sum(answer["terms"].values()) == pytest.approx(sum(level["value"] for level in answer["levels"]))
    assert answer["objective"] == pytest.approx(answer["levels"][-1]["value"])


def test_progress_as_json_lines(run: Run, tiny: Tiny) -> None:
    done = run("solve", tiny("power"), "--json", "--log-format", "json")
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert events
    assert all(event["event"] == "progress" and event.keys() >= {"seconds", "incumbent", "bound", "gap"} for event in events)
    json.loads(done.stdout)


@pytest.mark.parametrize("flag", [("-q",), ("--log-format", "none", "--json")])
def test_silence(run: Run, tiny: Tiny, flag: tuple[str, ...]) -> None:
    done = run("solve", tiny("power"), *flag)
    assert done.exit_code == 0
    assert done.stderr == ""
    assert bool(done.stdout) == ("--json" in flag)


def test_the_report_names_what_is_served_run_and_left(run: Run, tiny: Tiny) -> None:
    served = run("solve", tiny("sla"), "--log-format", "none").stdout
    ran = run("solve", tiny("assignment"), "--log-format", "none").stdout
    assert "Share of demand served" in served
    assert "Most demand not served" in served
    assert "Training that runs" in ran
    assert "USD" in ran


def test_a_saved_plan_is_valid_and_a_start(run: Run, tiny: Tiny, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    first = run("solve", tiny("power"), "-o", plan, "--json")
    assert json.loads(first.stdout)["plan"] == str(plan)
    assert run("check", tiny("power"), plan).exit_code == 0
    again = run("solve", tiny("power"), "--start", plan, "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["objective"] == pytest.approx(json.loads(first.stdout)["objective"])


def test_the_plan_of_another_instance_is_refused(run: Run, tiny: Tiny, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    run("solve", tiny("power"), "-o", plan, "-q")
    for command in (("check", tiny("sla"), plan), ("solve", tiny("sla"), "--start", plan)):
        done = run(*command)
        assert done.exit_code == 2, done.output
        assert done.stdout == ""


def test_infeasible(run: Run, edited: Edited) -> None:
    def too_large(document: dict[str, Any]) -> None:
        job = next(job for job in document["jobs"] if job["commitment"] == "must")
        job["shapes"][0]["gpus"] = 800_000

    done = run("solve", edited("assignment", too_large), "--json")
    assert done.exit_code == 3, done.output
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["objective"], answer["gap"], answer["terms"]) == ("infeasible", None, None, None)
    assert answer["bill"][0]["law"] == "assignment"
    assert answer["bill"][0]["remedy"]
    assert "remedy" in run("solve", edited("assignment", too_large), "--log-format", "none").stdout


@pytest.mark.parametrize(
    "options",
    [
        ("--time-limit", "0"), ("--time-limit", "-1"), ("--time-limit", "inf"), ("--time-limit", "nan"), ("--time-limit", "soon"),
        ("--gap", "1"), ("--gap", "-0.1"), ("--gap", "nan"), ("--gap", "2%"), ("--workers", "0"), ("--seed", "-1"),
        ("--solver", "abacus"), ("--deterministic",), ("--deterministic", "--work-limit", "9", "--workers", "2"),
        ("--work-limit", "0"), ("--log-format", "xml"), ("--scenario", "no-such"), ("--start", "no-such-plan.json"),
    ],
)  # fmt: skip
def test_options_that_make_no_sense(run: Run, tiny: Tiny, options: tuple[str, ...]) -> None:
    done = run("solve", tiny("power"), *options)
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_an_output_that_cannot_be_written_is_refused_before_anything_else(run: Run, tmp_path: Path) -> None:
    refused = {tmp_path: "directory", tmp_path / "no" / "plan.json": "no folder", Path("/proc/plan.json"): "cannot write"}
    refused[Path("/dev/null")] = "regular file"
    for output, why in refused.items():
        done = run("solve", "no-such-instance", "-o", output)
        assert done.exit_code == 2
        assert why in done.stderr
        assert "no-such-instance" not in done.stderr


def test_an_instance_that_is_not_there(run: Run, tmp_path: Path) -> None:
    done = run("solve", tmp_path / "nowhere", "-o", tmp_path / "plan.json")
    assert done.exit_code == 2
    assert "nowhere" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_same_plan_on_every_deterministic_run(run: Run, tiny: Tiny, tmp_path: Path) -> None:
    tables = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        done = run("solve", tiny("sla"), "--deterministic", "--work-limit", "1000", "--seed", "7", "-q", "-o", folder / "plan.json")
        assert done.exit_code == 0, done.output
        tables.append({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.csv")})
    assert tables[0]
    assert tables[0] == tables[1]
