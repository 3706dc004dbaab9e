"""The project's own suites: what they hold, the families' instances that they need, and the command that runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import benchmarks.suite
from benchmarks.suite import SUITES, family_instances, main, write_missing
from placement.bench.suite import expand, read_suite
from solvers import SOLVERS

TINY = sorted((SUITES.parents[1] / "instances" / "tiny").glob("*.yaml"))
NAMES = sorted(path.stem for path in SUITES.glob("*.yaml"))


def test_the_gate_of_the_checks_takes_every_tiny_instance_by_every_solver() -> None:
    loaded = read_suite(SUITES / "ci.yaml")
    wanted = list(family_instances(loaded))
    write_missing(wanted)
    names = {gated.case.name for gated in expand(loaded, SOLVERS)}
    assert {f"instances/tiny/{path.stem}/{solver}/0" for path in TINY for solver in SOLVERS} <= names
    assert {family for family, _, _ in wanted} == {"S", "M"}
    for solver in ("auto", "cpsat", "highs", "prices"):
        assert any(name.startswith("families/S/") and f"/{solver}/" in name for name in names)


@pytest.mark.parametrize("name", NAMES)
def test_every_suite_is_deterministic_and_its_families_can_be_written(name: str) -> None:
    loaded = read_suite(SUITES / f"{name}.yaml")
    settings = [loaded.suite.defaults, *loaded.suite.cases]
    assert all(one.time_limit_s is None for one in settings)
    paths = [path for entry in loaded.suite.cases for path in entry.instances if path.startswith("families/")]
    assert len({folder.parent for _, _, folder in family_instances(loaded)}) == len({path.rpartition("/")[0] for path in paths})


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of suites with one that needs a family."""
    (tmp_path / "ci.yaml").write_text(
        "format: fleet-placement-suite/1\nname: little\ndefaults: {solvers: [highs], gap: 0.5, work_limit: 1}\n"
        "cases: [{instances: ['families/S/[37]']}]\n"
    )
    monkeypatch.setattr(benchmarks.suite, "SUITES", tmp_path)
    monkeypatch.setattr(benchmarks.suite, "BASELINES", tmp_path / "baselines")
    return tmp_path


def suite(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["ci", "--results", str(folder / "results"), *arguments])


def test_families_are_written_where_they_are_missing_or_of_another_law(own: Path) -> None:
    wanted = list(family_instances(read_suite(own / "ci.yaml")))
    assert [(family, seed) for family, seed, _ in wanted] == [("S", 3), ("S", 7)]
    assert write_missing(wanted) == [folder for _, _, folder in wanted]
    assert write_missing(wanted) == []
    (wanted[0][2] / benchmarks.suite.STAMP).write_text("another law")
    (wanted[0][2] / "left.csv").write_text("over")
    assert write_missing(wanted) == [wanted[0][2]]
    assert not (wanted[0][2] / "left.csv").exists()


def test_a_suite_without_a_baseline_says_how_to_accept_one_and_then_gates(own: Path) -> None:
    first = suite(own)
    assert first.exit_code == 1
    assert "--accept" in first.output
    assert suite(own, "--accept", "first").exit_code == 0
    again = suite(own, "--junit", str(own / "junit.xml"))
    assert again.exit_code == 0, again.output
    assert "no regression in 2 cases" in again.output
    assert (own / "junit.xml").exists()


def test_a_deliberate_regression_fails_with_what_and_by_how_much(own: Path) -> None:
    """The baseline is made better than what is reached."""
    suite(own, "--accept", "first")
    path = own / "baselines" / "ci.json"
    baseline = json.loads(path.read_text())
    level = baseline["rows"][0]["quality"]["levels"][-1]
    assert level["objective"] < 0
    level["objective"] *= 3
    path.write_text(json.dumps(baseline))
    worse = suite(own)
    assert worse.exit_code == 1
    assert "Regressions" in worse.output
    assert "families/S/3/highs/0  net_cost objective" in worse.output
