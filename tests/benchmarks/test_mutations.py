"""Mutations: the list fits the code as it is, and the harness tells what is caught from what survives."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.mutations import MUTATIONS, command, gate, harness
from benchmarks.mutations.harness import ROOT, Ended, Outcome, tracked
from benchmarks.mutations.mutation import CATCHERS, GATE, TESTS, Mutation, Stale, mutated
from benchmarks.suite import BASELINES
from placement.rules import RULES

LEAST, LEAST_BY_GATE = 30, 10

DEADLINE = next(m for m in MUTATIONS if m.name == "assignment must")
EQUIVALENT = Mutation(
    "equivalent", "none", "law", "placement/rules/power.py", "if not isinstance(feed.limit_kw, str):",
    "if isinstance(feed.limit_kw, str) is False:", ("quick",),
)  # fmt: skip


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catcher of a few choices of two tiny instances."""
    tests = ("assignment", "power")
    nodes = tuple(f"tests/laws/test_agreement.py::test_tiny_instances_agree[{name}]" for name in tests)
    monkeypatch.setitem(TESTS, "quick", nodes)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_fits_the_code_and_leaves_it_python(mutation: Mutation) -> None:
    compile(mutated(mutation, ROOT), mutation.file, "exec")
    assert mutation.catchers
    assert set(mutation.catchers) <= set(CATCHERS)


def test_there_are_many_of_different_names_and_in_every_law() -> None:
    names = [mutation.name for mutation in MUTATIONS]
    assert len(set(names)) == len(names) >= LEAST
    for rule in RULES:
        assert sum(name.replace(" ", "_").startswith(rule.NAME) for name in names) >= 2, rule.NAME
    assert sum(mutation.catchers == (GATE,) for mutation in MUTATIONS) >= LEAST_BY_GATE


def test_catchers_name_tests_that_there_are() -> None:
    for node in {node for nodes in TESTS.values() for node in nodes}:
        assert (ROOT / node.partition("::")[0]).exists(), node


def test_cases_of_the_gate_are_in_its_baseline() -> None:
    known = [row["case"] for row in json.loads((BASELINES / f"{gate.SUITE}.json").read_text())["rows"]]
    for mutation in MUTATIONS:
        for pattern in mutation.cases if GATE in mutation.catchers else ():
            assert any(gate.fnmatchcase(name, pattern) for name in known), f"{mutation.name}: {pattern}"


def test_a_stale_mutation_is_named() -> None:
    with pytest.raises(Stale, match=r"mutation 'equivalent': .* 0 times, not once"):
        mutated(replace(EQUIVALENT, find="what is not there"), ROOT)
    with pytest.raises(Stale, match=r"\d+ times, not once"):
        mutated(replace(EQUIVALENT, find="import"), ROOT)
    with pytest.raises(Stale, match="does not exist"):
        mutated(replace(EQUIVALENT, file="placement/rules/powre.py"), ROOT)


def test_a_wrong_law_is_caught(quick: None, tmp_path: Path) -> None:
    outcome = harness.run(replace(DEADLINE, catchers=("quick",)), tracked(), tmp_path)
    assert (outcome.fate, outcome.catcher, outcome.complaint) == ("caught", "quick", None)
    assert outcome.finding.startswith("laws/test_agreement.py::test_tiny_instances_agree[assignment]: ")
    assert "must run and does not" in outcome.finding
    explained = replace(outcome, mutation=replace(DEADLINE, survives="for no reason"))
    assert explained.complaint is not None
    assert "take the explanation out" in explained.complaint


def test_an_equivalent_mutation_survives(quick: None, tmp_path: Path) -> None:
    outcome = harness.run(EQUIVALENT, tracked(), tmp_path)
    assert (outcome.fate, outcome.catcher) == ("survived", None)
    assert outcome.complaint is not None
    assert "strengthen a test" in outcome.complaint
    assert replace(outcome, mutation=replace(EQUIVALENT, survives="the same condition")).complaint is None


def test_a_mutant_that_does_not_start_is_no_mutant(tmp_path: Path) -> None:
    broken = replace(EQUIVALENT, find='NAME = "power"', replace="NAME = pwoer")
    outcome = harness.run(broken, tracked(), tmp_path)
    assert outcome.fate == "invalid"
    assert outcome.complaint is not None
    assert "NameError: name 'pwoer' is not defined" in outcome.complaint


def test_a_catcher_that_does_not_end_has_caught(tmp_path: Path) -> None:
    ended = harness._ended(["sleep", "60"], tmp_path, {}, 0.2)
    assert ended == Ended(None, "")


def test_a_regression_is_told_with_its_amount() -> None:
    found = {"case": "s/0", "metric": "net_cost objective", "before": -10.0, "after": -9.0, "by": 1.0, "allowed": 0.01, "why": ""}
    said = harness._gate_finding(Ended(1, f"progress\n{json.dumps(found)}\n"))
    assert said == "s/0 net_cost objective: -10 -> -9, by 1, allowed 0.01"
    assert harness._gate_finding(Ended(0, "")) is None
    with pytest.raises(RuntimeError, match="no baseline"):
        harness._gate_finding(Ended(2, "Error: no baseline"))


def test_the_command_fails_where_one_survives_and_tells_the_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    by: set[tuple[str, ...]] = set()

    def run(mutation: Mutation, *_: object) -> Outcome:
        by.add(mutation.catchers)
        fate = "survived" if mutation.name == EQUIVALENT.name else "caught"
        return Outcome(mutation, fate, None if mutation.name == EQUIVALENT.name else GATE, "a | b", 1.0)  # type: ignore[arg-type]

    monkeypatch.setattr(command, "run", run)
    monkeypatch.setattr(command, "MUTATIONS", (DEADLINE, EQUIVALENT))
    path = tmp_path / "outcomes.json"
    ended = CliRunner().invoke(command.main, ["--jobs", "2", "--json", str(path)])
    assert ended.exit_code == 1
    assert "| assignment must | a dropped condition | law | gate | a \\| b | 1 |" in ended.output
    assert "1 of 2 caught, 1 survived" in ended.output
    assert "'equivalent' survives" in ended.output
    assert [row["fate"] for row in json.loads(path.read_text())] == ["caught", "survived"]
    assert CliRunner().invoke(command.main, ["--only", "assignment *"]).exit_code == 0
    assert CliRunner().invoke(command.main, ["--by", "quota", "--by", "tests/laws/test_quota.py::test_x"]).exit_code == 1
    assert ("quota", "tests/laws/test_quota.py::test_x") in by
    assert "is no catcher (agreement, " in CliRunner().invoke(command.main, ["--by", "nobody"]).output
    assert "no mutation matches" in CliRunner().invoke(command.main, ["--only", "nothing"]).output
