"""Runs that died: what had ended is taken up again, where it still holds, and the figures are those of a run that did not die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from placement.bench.case import Case, Row
from placement.bench.partial import Head, Partial, head_of
from placement.bench.results import SuiteName
from placement.bench.suite import read_suite
from placement.cli import main
from placement.files import InputErrors, sources_digest
from tests.bench.searches import TINY, case
from tests.bench.test_compare import QUALITY

ROOT = TINY.parents[1]
HEAD = Head("fleet-placement-bench-partial/1", SuiteName("made", "sha256:0"), {"python": "3"}, "sha256:1", {"cpu": "x"})
CASE = case("power")


def row_of(one: Case = CASE, **changes: Any) -> Row:
    made = Row(one.name, one.instance, one.scenario, one.solver, one.seed, one.limits, QUALITY, digest="sha256:2")
    return replace(made, **{"sources": sources_digest(one.path)} | changes)


def left(path: Path, *rows: Row, head: Head = HEAD) -> Path:
    """What a run that died has left."""
    partial = Partial(path, head, [])
    for row in rows:
        partial.keep(row)
    return path


def test_rows_are_read_back_as_they_were_written_and_the_file_goes_at_the_end(tmp_path: Path) -> None:
    other = case("sla")
    odd = row_of(quality=replace(QUALITY, work=0.1 + 0.2, primal_integral=5e-324))
    path = left(tmp_path / "r.json.partial", odd, row_of(other))
    again = Partial(path, HEAD, [CASE, other])
    assert again.rows == (odd, row_of(other))
    again.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"suite": SuiteName("made", "sha256:9")},
        {"suite": SuiteName("other", "sha256:0")},
        {"versions": {"python": "4"}},
        {"code": "sha256:9"},
        {"machine": {"cpu": "y"}},
    ],
)
def test_rows_of_another_suite_version_code_or_machine_are_run_again(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = left(tmp_path / "r.json.partial", row_of(), head=replace(HEAD, **changes))
    assert Partial(path, HEAD, [CASE]).rows == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"limits": replace(CASE.limits, work_limit=3.0)},
        {"seed": 1},
        {"solver": "cpsat"},
        {"scenario": "slip"},
        {"instance": "elsewhere.yaml"},
        {"sources": "sha256:of other files"},
        {"sources": None},
        {"case": "no such case"},
        {"error": "process ended with -9"},
    ],
)
def test_rows_that_no_longer_hold_are_run_again(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = left(tmp_path / "r.json.partial", row_of(**changes))
    assert Partial(path, HEAD, [CASE]).rows == ()


@pytest.mark.parametrize("torn", ["{", "\x00", '{"case": 1}', "[" * 100_000, '{"seed": NaN}', "\udcff"])
def test_a_line_that_is_none_costs_that_line_only(tmp_path: Path, torn: str) -> None:
    path = left(tmp_path / "r.json.partial", row_of())
    with path.open("ab") as file:
        file.write(torn.encode(errors="surrogateescape"))
    assert Partial(path, HEAD, [CASE]).rows == (row_of(),)
    assert Partial(path, HEAD, [CASE]).rows == (row_of(),), "beginning anew leaves the torn line out"


def test_what_someone_else_wrote_there_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "r.json.partial"
    path.write_text("my notes\n")
    with pytest.raises(InputErrors, match="remove it, or name another result"):
        Partial(path, HEAD, [CASE])
    assert path.read_text() == "my notes\n"


def test_the_head_tells_code_apart(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text(
        "format: fleet-placement-suite/1\nname: x\ncases: [{instances: [a.yaml], work_limit: 1}]\n"
    )
    suite = read_suite(tmp_path / "suite.yaml").suite
    package = tmp_path / "package"
    package.mkdir()
    (package / "module.py").write_text("ONE = 1\n")
    first, again = head_of(suite, [package]), head_of(suite, [package])
    (package / "module.py").write_text("ONE = 2\n")
    assert first == again
    assert head_of(suite, [package]).code != first.code
    assert first.versions and first.machine


# ------------------------------------------------------------------ the command


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A folder with a suite of many cases of one instance."""
    (tmp_path / "power.yaml").write_text((TINY / "power.yaml").read_text())
    many = "".join(f"- {{instances: [power.yaml], name: n{n}, work_limit: 20}}\n" for n in range(12))
    (tmp_path / "suite.yaml").write_text(f"format: fleet-placement-suite/1\nname: many\ncases:\n{many}")
    return tmp_path


@pytest.fixture
def bench(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(fleet)
    return lambda *arguments: CliRunner().invoke(main, ["bench", *map(str, arguments)], prog_name="placement")


def qualities(path: Path) -> dict[str, str]:
    return {row["case"]: json.dumps(row["quality"]) for row in json.loads(path.read_text())["rows"]}


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_run_that_is_killed_is_taken_up_and_ends_as_if_it_had_not_been(fleet: Path, bench: Callable[..., Result]) -> None:
    command = [sys.executable, "-c", "from placement.cli import main; main()", "bench", "run", "suite.yaml", "-o", "cut.json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    partial = fleet / "cut.json.partial"
    with subprocess.Popen(command, cwd=fleet, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert [process.stderr.readline().split()[0] for _ in range(3)] == ["1/12", "2/12", "3/12"]
        process.send_signal(signal.SIGKILL)
        assert process.wait(60) == -9
    time.sleep(0.2)
    assert not (fleet / "cut.json").exists()
    kept = {json.loads(line)["case"]: json.loads(line)["information"] for line in partial.read_text().splitlines()[1:]}
    assert len(kept) >= 3
    resumed = bench("run", "suite.yaml", "-o", "cut.json")
    assert resumed.exit_code == 0, resumed.output
    assert f"{len(kept)} cases of an earlier run taken up from cut.json.partial" in resumed.stderr
    assert resumed.stderr.count(": optimal") == 12 - len(kept)
    assert not partial.exists()
    bench("run", "suite.yaml", "-o", "whole.json")
    assert qualities(fleet / "cut.json") == qualities(fleet / "whole.json")
    rows = {row["case"]: row["information"] for row in json.loads((fleet / "cut.json").read_text())["rows"]}
    assert {name: rows[name] for name in kept} == kept, "they are those rows, not others"
    assert bench("compare", "whole.json", "cut.json", "--exact").exit_code == 0


def test_a_changed_instance_is_run_again(fleet: Path, bench: Callable[..., Result]) -> None:
    bench("run", "suite.yaml", "-o", "r.json")
    lines = json.loads((fleet / "r.json").read_text())["rows"]
    loaded = read_suite(fleet / "suite.yaml").suite
    import placement
    import solvers

    head = head_of(loaded, [Path(package.__path__[0]) for package in (placement, solvers)])
    partial = Partial(fleet / "r.json.partial", head, [])
    with (fleet / "r.json.partial").open("a") as file:
        file.write("".join(json.dumps(line) + "\n" for line in lines))
    assert partial.rows == ()
    assert "12 cases of an earlier run" in bench("run", "suite.yaml", "-o", "r.json").stderr
    (fleet / "r.json.partial").write_text("notes")
    assert bench("run", "suite.yaml", "-o", "r.json").exit_code == 2
    assert (fleet / "r.json.partial").read_text() == "notes"
