"""The commands: exit codes, what they print and write, and what an interruption leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
import yaml
from click.testing import CliRunner, Result

from placement.bench.results import plain
from placement.cli import main
from tests.bench.searches import TINY, document
from tests.bench.test_compare import ROW

ROOT = TINY.parents[1]
EMPTY = json.dumps(plain(document(ROW)))
Run = Callable[..., Result]


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A folder with two instances and a suite of them."""
    for name in ("power", "sla"):
        (tmp_path / f"{name}.yaml").write_text((TINY / f"{name}.yaml").read_text())
    (tmp_path / "suite.yaml").write_text(
        "format: fleet-placement-suite/1\nname: fleet\ndefaults: {solvers: [highs], work_limit: 20}\n"
        "cases: [{instances: [power.yaml]}, {instances: [sla.yaml]}]\n"
    )
    return tmp_path


@pytest.fixture
def bench(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``placement bench`` in that folder."""
    monkeypatch.chdir(fleet)
    return lambda *arguments: CliRunner().invoke(main, ["bench", *map(str, arguments)], prog_name="placement")


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = yaml.safe_load(path.read_text())
    change(document)
    path.write_text(json.dumps(document, default=str))


def test_run_accept_and_compare_hold_together(bench: Run, fleet: Path) -> None:
    first = bench("run", "suite.yaml", "-o", "first.json", "--jobs", 2)
    assert first.exit_code == 0, first.output
    assert "power/highs/0: optimal" in first.stderr
    assert bench("accept", "first.json", "baseline.json", "--reason", "first").exit_code == 0
    assert bench("run", "suite.yaml", "-o", "second.json", "-q").stderr == ""
    same = bench("compare", "baseline.json", "second.json", "--exact")
    assert same.exit_code == 0, same.output
    assert "no regression in 2 cases" in same.output
    rows = [[row["quality"] for row in json.loads((fleet / name).read_text())["rows"]] for name in ("first.json", "second.json")]
    assert json.dumps(rows[0]) == json.dumps(rows[1])
    head = json.loads((fleet / "first.json").read_text())
    assert {"fleet-placement", "ortools", "highspy", "numpy", "scipy", "python"} <= head["versions"].keys()
    assert {"cpu", "cores", "memory_mb", "os"} == head["machine"].keys()


def test_data_that_make_plans_worse_fail_with_what_and_by_how_much(bench: Run, fleet: Path) -> None:
    """The grid of tiny/power gets weaker, so less is earned."""
    bench("run", "suite.yaml", "-o", "first.json")
    bench("accept", "first.json", "baseline.json", "--reason", "first")
    edit(fleet / "power.yaml", lambda fleet: fleet["feeds"][0].update(limit_kw={"day": 30, "night": 30}))
    assert bench("run", "suite.yaml", "-o", "second.json").exit_code == 0
    outputs = ["--junit", "j.xml", "--markdown", "m.md", "--action-json", "a.json", "--html", "p.html"]
    worse = bench("compare", "baseline.json", "second.json", *outputs)
    assert worse.exit_code == 1
    line = next(line for line in worse.output.splitlines() if "power/highs/0" in line and "net_cost objective" in line)
    assert "-952" in line
    assert "the instance has changed since" in worse.output
    assert "accepted" in worse.output and "first" in worse.output
    assert Xml.fromstring((fleet / "j.xml").read_text()).get("failures") == "1"
    assert "regression" in (fleet / "m.md").read_text()
    assert json.loads((fleet / "a.json").read_text())
    assert (fleet / "p.html").read_text().startswith("<!DOCTYPE html>")
    assert bench("accept", "second.json", "baseline.json", "--reason", "the grid is weaker").exit_code == 0
    assert bench("compare", "baseline.json", "second.json").exit_code == 0
    history = json.loads((fleet / "baseline.json").read_text())["history"]
    assert [entry["reason"] for entry in history] == ["first", "the grid is weaker"]
    assert any(change["metric"] == "net_cost objective" and change["before"] == -952.0 for change in history[1]["changed"])


def test_gates_may_come_from_the_suite_as_it_is_now(bench: Run, fleet: Path) -> None:
    bench("run", "suite.yaml", "-o", "first.json")
    edit(fleet / "power.yaml", lambda fleet: fleet["jobs"][0].update(value_usd=699))
    bench("run", "suite.yaml", "-o", "second.json")
    assert bench("compare", "first.json", "second.json").exit_code == 1
    edit(fleet / "suite.yaml", lambda suite: suite.update(gates={"objective": {"relative": 0.1}}))
    assert bench("compare", "first.json", "second.json", "--suite", "suite.yaml").exit_code == 0


def test_a_summary_is_added_to_and_not_replaced(bench: Run, fleet: Path) -> None:
    bench("run", "suite.yaml", "-o", "first.json")
    (fleet / "summary.md").write_text("# before\n")
    bench("compare", "first.json", "first.json", "--markdown", "summary.md")
    assert (fleet / "summary.md").read_text().startswith("# before\n## fleet: no regression in 2 cases")


def test_bad_input_is_two(bench: Run, fleet: Path) -> None:
    (fleet / "bad.yaml").write_text(
        "format: fleet-placement-suite/1\nname: x\ncases: [{instances: [nowhere.yaml], work_limit: 1}]\n"
    )
    missing = bench("run", "bad.yaml", "-o", "out.json")
    assert missing.exit_code == 2
    assert "bad.yaml:3: cases[0].instances[0] = 'nowhere.yaml'" in missing.output
    assert bench("run", "suite.yaml", "-o", "no/such/folder/out.json").exit_code == 2
    assert bench("compare", "nowhere.json", "nowhere.json").exit_code == 2
    (fleet / "plan.json").write_text('{"format": "fleet-placement-plan/1"}')
    bench("run", "suite.yaml", "-o", "first.json")
    assert bench("compare", "plan.json", "first.json").exit_code == 2
    assert bench("accept", "first.json", "plan.json", "--reason", "x").exit_code == 2
    assert (fleet / "plan.json").read_text() == '{"format": "fleet-placement-plan/1"}', "what is no baseline is not replaced"
    assert bench("accept", "first.json", "baseline.json").exit_code == 2
    assert bench("accept", "first.json", "baseline.json", "--reason", "").exit_code == 2
    assert not (fleet / "baseline.json").exists()


def test_suites_are_not_mixed_up(bench: Run, fleet: Path) -> None:
    bench("run", "suite.yaml", "-o", "first.json")
    edit(fleet / "suite.yaml", lambda suite: suite.update(name="other"))
    bench("run", "suite.yaml", "-o", "second.json")
    mixed = bench("compare", "first.json", "second.json")
    assert mixed.exit_code == 2
    assert "is of the suite fleet, second.json of other" in mixed.output


def test_a_time_reference_is_of_the_same_machine(bench: Run, fleet: Path) -> None:
    bench("run", "suite.yaml", "-o", "first.json")
    assert bench("compare", "first.json", "first.json", "--time-reference", "first.json").exit_code == 0
    found = json.loads((fleet / "first.json").read_text())
    found["machine"]["cpu"] = "another"
    (fleet / "other.json").write_text(json.dumps(found))
    refused = bench("compare", "first.json", "first.json", "--time-reference", "other.json")
    assert refused.exit_code == 2
    assert "another machine" in refused.output


def test_best_known_values_are_kept_by_accepting(bench: Run, fleet: Path) -> None:
    bench("run", "suite.yaml", "-o", "first.json")
    arguments = ["accept", "first.json", "baseline.json", "--reason", "first", "--best", "best.json"]
    assert bench(*arguments).exit_code == 2, "it needs the suite"
    assert bench(*arguments, "--suite", "suite.yaml").exit_code == 0
    best = json.loads((fleet / "best.json").read_text())
    assert best["power"]["levels"]["net_cost"]["objective"] == pytest.approx(-952.0)
    edit(fleet / "suite.yaml", lambda suite: suite["defaults"].update(work_limit=21))
    assert bench(*arguments, "--suite", "suite.yaml").exit_code == 2, "the suite is another one by now"


def test_the_schema_is_printed(bench: Run) -> None:
    assert json.loads(bench("schema").output)["properties"]["format"] == {"const": "fleet-placement-suite/1", "type": "string"}


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interruption_keeps_the_cases_that_have_ended(fleet: Path) -> None:
    many = "".join(f"- {{instances: [power.yaml], name: n{n}, work_limit: 20}}\n" for n in range(60))
    (fleet / "many.yaml").write_text(f"format: fleet-placement-suite/1\nname: many\ncases:\n{many}")
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from placement.cli import main; main()"
    command = [sys.executable, "-c", code, "bench", "run", "many.yaml", "-o", "cut.json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=fleet, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None and process.stdout is not None
        assert process.stderr.readline().startswith("1/60 ")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert "interrupted: " in process.stdout.read()
    found = json.loads((fleet / "cut.json").read_text())
    assert not found["complete"]
    assert 1 <= len(found["rows"]) < 60
    assert all(row["error"] is None for row in found["rows"])


# ------------------------------------------------------------------ what is given is wrong


def test_accepting_changes_baseline_and_best_known_values_or_neither(
    bench: Run, fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench("run", "suite.yaml", "-o", "first.json")
    arguments = ["accept", "first.json", "baseline.json", "--reason", "first", "--best", "best.json", "--suite", "suite.yaml"]
    for wrong in ("[]", '{"power": {"levels": {}, "sha256": 1}}', '{"power": NaN}', "\x00", "[" * 100_000):
        (fleet / "best.json").write_text(wrong)
        assert bench(*arguments).exit_code == 2, wrong[:40]
        assert not (fleet / "baseline.json").exists()
        assert (fleet / "best.json").read_text() == wrong
    (fleet / "best.json").unlink()
    (fleet / "best.json").mkdir()
    assert bench(*arguments).exit_code == 2
    assert not (fleet / "baseline.json").exists()
    (fleet / "best.json").rmdir()
    whole = Path.replace

    def replace(self: Path, target: Any) -> Path:
        if Path(target).name == "baseline.json":
            raise PermissionError(13, "Permission denied", str(target))
        return whole(self, target)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", replace)
        failed = bench(*arguments)
    assert failed.exit_code == 2, failed.output
    assert not (fleet / "baseline.json").exists() and not (fleet / "best.json").exists()
    assert bench(*arguments).exit_code == 0
    assert (fleet / "baseline.json").exists() and (fleet / "best.json").exists()


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_links_stay_links(bench: Run, fleet: Path) -> None:
    bench("run", "suite.yaml", "-o", "first.json")
    (fleet / "kept").mkdir()
    for name in ("baseline.json", "second.json"):
        (fleet / name).symlink_to(f"kept/{name}")
    assert bench("accept", "first.json", "baseline.json", "--reason", "first").exit_code == 0
    assert bench("accept", "first.json", "baseline.json", "--reason", "second").exit_code == 0
    assert bench("run", "suite.yaml", "-o", "second.json", "-q").exit_code == 0
    assert (fleet / "baseline.json").is_symlink() and (fleet / "second.json").is_symlink()
    history = json.loads((fleet / "kept" / "baseline.json").read_text())["history"]
    assert [entry["reason"] for entry in history] == ["first", "second"]


@pytest.mark.parametrize("option", ["--junit", "--markdown", "--action-json", "--html"])
def test_an_output_that_cannot_be_written_is_said_before_anything_is(bench: Run, fleet: Path, option: str) -> None:
    bench("run", "suite.yaml", "-o", "first.json")
    before = sorted(path.name for path in fleet.iterdir())
    (fleet / "folder").mkdir()
    for place in ("folder", "x" * 300, "nowhere/out", "first.json/out", "x" * 5000):
        refused = bench("compare", "first.json", "first.json", option, place)
        assert refused.exit_code == 2, (place[:20], refused.output)
        assert "cannot write" in refused.stderr and "Traceback" not in refused.output
        assert refused.stdout == ""
    assert sorted(path.name for path in fleet.iterdir()) == sorted([*before, "folder"])


def test_outputs_are_files_of_their_own(bench: Run) -> None:
    bench("run", "suite.yaml", "-o", "first.json")
    assert "written twice" in bench("compare", "first.json", "first.json", "--junit", "o", "--html", "./o").output
    for arguments in (["first.json", "first.json"], ["first.json", "b.json", "--best", "b.json", "--suite", "suite.yaml"]):
        assert bench("accept", *arguments, "--reason", "x").exit_code == 2


@pytest.mark.parametrize(
    "command",
    [
        ["run", "NAME", "-o", "out.json"], ["run", "suite.yaml", "-o", "NAME"], ["compare", "NAME", "NAME"],
        ["accept", "NAME", "b.json", "--reason", "x"], ["compare", "first.json", "first.json", "--suite", "NAME"],
        ["accept", "first.json", "NAME", "--reason", "x"], ["compare", "first.json", "first.json", "--time-reference", "NAME"],
        ["accept", "first.json", "b.json", "--reason", "x", "--suite", "suite.yaml", "--best", "NAME"], ["schema", "-o", "NAME"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["x" * 300, "suite.yaml/x", "."])
def test_names_that_no_file_can_have_are_bad_input(bench: Run, fleet: Path, command: list[str], name: str) -> None:
    (fleet / "first.json").write_text(EMPTY)
    refused = bench(*(name if part == "NAME" else part for part in command))
    assert refused.exit_code == 2, refused.output
    assert "internal error" not in refused.output
    assert not (fleet / "b.json").exists()


def test_a_baseline_without_cases_lets_nothing_through(bench: Run, fleet: Path) -> None:
    (fleet / "first.json").write_text(EMPTY)
    (fleet / "none.json").write_text(json.dumps(plain(document())))
    assert bench("compare", "none.json", "first.json").exit_code == 2
    assert bench("compare", "first.json", "none.json").exit_code == 1


def test_a_time_reference_of_another_suite_is_refused(bench: Run, fleet: Path) -> None:
    bench("run", "suite.yaml", "-o", "first.json")
    found = json.loads((fleet / "first.json").read_text())
    found["suite"]["name"] = "another"
    (fleet / "other.json").write_text(json.dumps(found))
    refused = bench("compare", "first.json", "first.json", "--time-reference", "other.json")
    assert refused.exit_code == 2
    assert "other.json is of the suite another, first.json of fleet" in refused.output


def test_names_that_would_move_the_cursor_are_shown_without(bench: Run, fleet: Path) -> None:
    bench("run", "suite.yaml", "-o", "first.json")
    found = json.loads((fleet / "first.json").read_text())
    for row in found["rows"]:
        row.update(case=f"\x1b[2J\u202e{row['case']}", error="died \x1b[31m")
    found["suite"]["name"] = "\x1b]0;title\x07"
    (fleet / "bad.json").write_text(json.dumps(found))
    for command in (
        ["accept", "bad.json", "b.json", "--reason", "x"], ["accept", "bad.json", "first.json", "--reason", "x"],
        ["accept", "bad.json", "b.json", "--reason", "x", "--unsound"], ["compare", "bad.json", "bad.json"],
        ["compare", "first.json", "bad.json"], ["compare", "bad.json", "bad.json", "--time-reference", "first.json"],
        ["compare", "bad.json", "bad.json", "--suite", "suite.yaml"], ["compare", "\x1b[2J.json", "first.json"],
        ["run", "suite.yaml", "-o", "\x1b[2J/x"], ["run", "suite.yaml", "-o", "\x1b[2J.json"],
    ):  # fmt: skip
        said = bench(*command)
        assert said.exit_code in (0, 1, 2), said.output
        assert not {"\x1b", "\x07", "\u202e"} & set(said.output), (command, said.output)


def test_numbers_and_texts_that_no_result_holds_are_bad_input(bench: Run, fleet: Path) -> None:
    bench("run", "suite.yaml", "-o", "first.json")
    text = (fleet / "first.json").read_text()
    work = next(line for line in text.splitlines() if '"work":' in line)
    for number in ("9" * 5000, "9" * 400, "1e999", "NaN", '"\\ud800"', "[" * 100_000):
        (fleet / "bad.json").write_text(text.replace(work, f'"work": {number},', 1))
        refused = bench("compare", "first.json", "bad.json")
        assert refused.exit_code == 2, (number[:20], refused.output)
        assert len(refused.output) < 1000
