"""Suite files: what they expand to, and what is said of every kind of mistake in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from placement.bench.case import CaseLimits
from placement.bench.gates import Gate
from placement.bench.suite import Gated, Suite, expand, read_suite
from placement.files import InputErrors, schema

NAMES = ("auto", "highs", "prices")
HEAD = "format: fleet-placement-suite/1\nname: fleet\n"

Write = Callable[[str], Path]


@pytest.fixture
def suite(tmp_path: Path) -> Write:
    """Writes a suite beside two instances and a folder with a third."""
    for name in ("north.yaml", "south.json", "notes.txt"):
        (tmp_path / name).write_text("x: 1")
    (tmp_path / "more" / "east").mkdir(parents=True)
    (tmp_path / "more" / "east" / "fleet.yaml").write_text("x: 1")
    (tmp_path / "more" / "empty").mkdir()
    (tmp_path / "suites").mkdir()

    def write(text: str) -> Path:
        path = tmp_path / "suites" / "suite.yaml"
        path.write_text(text)
        return path

    return write


def cases(path: Path) -> list[Gated]:
    return expand(read_suite(path), NAMES)


def complaint(path: Path) -> str:
    with pytest.raises(InputErrors) as raised:
        cases(path)
    return str(raised.value)


def test_an_entry_is_as_many_cases_as_it_has_instances_scenarios_solvers_and_seeds(suite: Write) -> None:
    path = suite(
        HEAD
        + "cases:\n- {instances: [../north.yaml], scenarios: [null, slip], solvers: [highs, auto], seeds: [0, 7], work_limit: 5}\n"
    )
    assert [gated.case.name for gated in cases(path)] == [
        "north/highs/0", "north/highs/7", "north/auto/0", "north/auto/7",
        "north+slip/highs/0", "north+slip/highs/7", "north+slip/auto/0", "north+slip/auto/7",
    ]  # fmt: skip
    first = cases(path)[0].case
    assert first.path.resolve() == (path.parents[1] / "north.yaml").resolve()
    assert first.limits == CaseLimits(gap=1e-4, work_limit=5.0)
    assert first.limits.deterministic


def test_defaults_hold_where_an_entry_states_nothing_and_one_kind_of_limit_replaces_the_other(suite: Write) -> None:
    path = suite(
        HEAD
        + "defaults: {solvers: [prices], work_limit: 5, gap: 0.01, memory_limit_mb: 900}\n"
        + "cases:\n- instances: [../north.yaml]\n- {instances: [../south.json], time_limit_s: 3, workers: 2, solvers: all}\n"
    )
    north, *south = [gated.case for gated in cases(path)]
    assert (north.solver, north.limits.work_limit, north.limits.gap, north.limits.memory_limit_mb) == ("prices", 5.0, 0.01, 900.0)
    assert [case.solver for case in south] == list(NAMES)
    assert (south[0].limits.work_limit, south[0].limits.time_limit_s, south[0].limits.workers) == (None, 3.0, 2)
    assert not south[0].limits.deterministic


def test_patterns_match_documents_and_folders_that_hold_one(suite: Write) -> None:
    assert [g.case.instance for g in cases(suite(HEAD + "cases: [{instances: ['../*'], work_limit: 1}]"))] == [
        "../north.yaml", "../south.json",
    ]  # fmt: skip
    assert [g.case.name for g in cases(suite(HEAD + "cases: [{instances: ['../more/*'], work_limit: 1}]"))] == ["more/east/auto/0"]


def test_gates_of_an_entry_replace_those_it_states(suite: Write) -> None:
    text = "cases:\n- {instances: [../north.yaml], work_limit: 1, gates: {gap: {absolute: 2}}}"
    (gated,) = cases(suite(HEAD + "gates: {work: off, gap: {absolute: 0.5}}\n" + text))
    assert (gated.gates.work, gated.gates.gap) == ("off", Gate(absolute=2.0))


def test_comments_and_order_do_not_change_the_digest_and_figures_do(suite: Write) -> None:
    one = read_suite(suite(HEAD + "cases: [{instances: [a.yaml], work_limit: 5}]")).suite.digest
    two = read_suite(
        suite("# why\nname: fleet\nformat: fleet-placement-suite/1\ncases:\n- work_limit: 5.0\n  instances: [a.yaml]\n")
    ).suite
    three = read_suite(suite(HEAD + "cases: [{instances: [a.yaml], work_limit: 6}]")).suite
    assert one == two.digest
    assert one != three.digest


def north(extra: str) -> str:
    """A suite of one case that states something more."""
    return f"{HEAD}cases:\n- {{instances: [../north.yaml], work_limit: 1, {extra}}}"


def gated(gates: str) -> str:
    """A suite of one case with gates."""
    return f"{HEAD}gates: {gates}\ncases: [{{instances: [../north.yaml], work_limit: 1}}]"


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("", "suite.yaml", "start with `format: fleet-placement-suite/1`"),
        ("- a", "suite.yaml:1", "a document of named fields"),
        ("name: [", "suite.yaml:2", "not YAML"),
        ("format: fleet-placement/1\nname: x\ncases: []", "suite.yaml:1: format", "fleet-placement-suite/1"),
        (HEAD, "cases = (nothing)", "state it"),
        (HEAD + "cases: []", "suite.yaml:3: cases", "at least 1"),
        (HEAD + "cases: {}", "suite.yaml:3: cases", "a list"),
        (HEAD + "cases: [north.yaml]", "suite.yaml:3: cases[0]", "a mapping of fields"),
        (HEAD + "cases:\n- {work_limit: 1}", "suite.yaml:4: cases[0].instances = (nothing)", "state it"),
        (HEAD + "cases:\n- {instances: [../north.yaml]}", "suite.yaml:4: cases[0].work_limit = (nothing)", "state work_limit"),
        (HEAD + "cases:\n- {instances: [../west.yaml], work_limit: 1}", ":4: cases[0].instances[0] = '../west.yaml'", "exists"),
        (HEAD + "cases:\n- {instances: ['../w*.yaml'], work_limit: 1}", "cases[0].instances[0]", "a pattern that matches"),
        (HEAD + "cases:\n- {instances: [/north.yaml], work_limit: 1}", "cases[0].instances[0]", "relative to the suite file"),
        (HEAD + "cases:\n- {instances: ['..\\north.yaml'], work_limit: 1}", "cases[0].instances[0]", "relative to the suite file"),
        (HEAD + "cases:\n- {instances: ['../*'], work_limit: 1, name: one}", "cases[0].name = 'one'", "leave the name out"),
        (HEAD + "cases:\n- {instances: ['../n**h.yaml'], work_limit: 1}", ":4: cases[0].instances[0] = '../n**h.yaml'", "write *"),
        (HEAD + f"cases:\n- {{instances: [{'x' * 300}.yaml], work_limit: 1}}", "cases[0].instances[0]", "exists"),
        (HEAD + f"cases:\n- {{instances: ['*/{'x' * 300}'], work_limit: 1}}", "cases[0].instances[0]", "a pattern that matches"),
        (HEAD + "cases:\n- {instances: [\"a\\0*.yaml\"], work_limit: 1}", "cases[0].instances[0]", "a pattern that matches"),
        (HEAD + "cases:\n- {instances: [\"a\\0.yaml\"], work_limit: 1}", "cases[0].instances[0]", "exists"),
        (HEAD + "cases:\n- {instances: [..], work_limit: 1}", "cases[0].instances[0] = '..'", "give the entry a `name`"),
        (north("solver: highs"), "cases[0].solver", "did you mean solvers?"),
        (north("solvers: highs"), "cases[0].solvers", "a list or 'all'"),
        (north("solvers: [simplex]"), "cases[0].solvers = 'simplex'", "auto, highs, prices"),
        (north("seeds: [-1]"), "cases[0].seeds[0] = -1", "at least 0"),
        (north("seeds: []"), "cases[0].seeds", "at least 1"),
        (north("seeds: [1, 1]"), "cases[0].seeds", "each of them once"),
        (north("scenarios: [slip, slip]"), "cases[0].scenarios", "each of them once"),
        (HEAD + "cases:\n- {instances: [../north.yaml], work_limit: 0}", "cases[0].work_limit = 0", "more than 0"),
        (HEAD + "cases:\n- {instances: [../north.yaml], work_limit: '5'}", "cases[0].work_limit = '5'", "write 5"),
        (HEAD + "cases:\n- {instances: [../north.yaml], work_limit: .inf}", "cases[0].work_limit", "finite"),
        (north("time_limit_s: 2"), "cases[0].time_limit_s = 2", "not both"),
        (north("workers: 4"), "cases[0].workers = 4", "only one worker repeats"),
        (north("gap: 1"), "cases[0].gap = 1", "less than 1"),
        (HEAD + "defaults: {workers: 2, work_limit: 1}\ncases: [{instances: [../north.yaml]}]", ":3: defaults.workers", "repeats"),
        (gated("{objective: {relative: -1}}"), "gates.objective.relative = -1", "at least 0"),
        (gated("{objective: on}"), "gates.objective = 'on'", "'off'"),
        (gated("{violations: off}"), "gates.violations", "one of"),
        (gated("{seconds: {ratio: 0.5}}"), "gates.seconds.ratio = 0.5", "at least 1"),
        (HEAD + "name: again\ncases: [{instances: [../north.yaml], work_limit: 1}]", "suite.yaml:3: name", "remove one of the two"),
        (north("") + "\n- {instances: [../north.yaml], work_limit: 2}", ":5: cases[1].instances[0]", "another north/auto/0"),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_file_line_field_value_and_remedy(suite: Write, text: str, where: str, words: str) -> None:
    said = complaint(suite(text))
    assert where in said
    assert words in said
    assert "remedy:" in said


def test_names_of_files_that_are_no_text_are_refused(suite: Write, tmp_path: Path) -> None:
    (tmp_path / "more" / "a\x1b.yaml").write_text("x: 1")
    assert "without control characters" in complaint(suite(HEAD + "cases: [{instances: ['../more/*'], work_limit: 1}]"))


def test_all_mistakes_are_told_at_once(suite: Write) -> None:
    said = complaint(
        suite(HEAD + "cases:\n- {instances: [../west.yaml], work_limit: 1}\n- {instances: [../north.yaml], solvers: [a, b]}\n")
    )
    assert [name in said for name in ("west", "'a'", "'b'", "cases[1].work_limit")] == [True] * 4


def test_the_schema_takes_what_the_reader_takes_and_says_what_fields_mean() -> None:
    found = schema(Suite)
    good: dict[str, Any] = {
        "format": "fleet-placement-suite/1",
        "name": "x",
        "defaults": {"solvers": "all", "work_limit": 5},
        "gates": {"work": "off", "gap": {"absolute": 0.1}},
        "cases": [{"instances": ["*.yaml"], "scenarios": [None, "a"], "gates": {"seconds": {"ratio": 2}}}],
    }
    jsonschema.validate(good, found)
    Suite.model_validate_json(json.dumps(good))
    for wrong in ({"format": "x"}, {"cases": []}, {"surprise": 1}, {"gates": {"work": "on"}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(good | wrong, found)
    assert "about a second" in found["$defs"]["Settings"]["properties"]["work_limit"]["description"]
