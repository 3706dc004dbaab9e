"""Whatever is done to a valid document, the answer is an instance or a list of what is wrong with it: never another exception."""

from __future__ import annotations

import copy
import json
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placement.files import InputErrors, load
from placement.files.yaml_source import read_yaml
from placement.instance import Instance

TEXT = (Path(__file__).parent / "data" / "small.yaml").read_text()
DOCUMENT: dict[str, Any] = json.loads(json.dumps(read_yaml(TEXT, "small.yaml")[0]))


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


PLACES = [path for path in places(DOCUMENT) if path]
IDS = sorted({noun["id"] for family in DOCUMENT.values() if isinstance(family, list) for noun in family if "id" in noun})
NAMES = sorted({key for path in PLACES for key in path if isinstance(key, str)} | {"tables", "after", "source", "limit_mw"})

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-10, 10**20), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=12),
    st.sampled_from(IDS), st.sampled_from(["unlimited", "open", "2026-03-09", "9999-12-31", "8", "=1+1", "month", "sites"]),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
mutations = st.lists(
    st.tuples(st.sampled_from(["set", "drop", "copy", "add"]), st.sampled_from(PLACES), st.sampled_from(PLACES), values), max_size=4
)


def mutate(document: dict[str, Any], changes: list[tuple[str, tuple[Any, ...], tuple[Any, ...], Any]]) -> None:
    for action, path, other, value in changes:
        try:
            node = document
            for key in path[:-1]:
                node = node[key]
            if action == "drop":
                del node[path[-1]]
            elif action == "copy":
                source = DOCUMENT
                for key in other:
                    source = source[key]
                node[path[-1]] = copy.deepcopy(source)
            elif action == "add" and isinstance(node[path[-1]], dict):
                node[path[-1]]["limit_kw"] = value
            elif action == "add" and isinstance(node[path[-1]], list):
                node[path[-1]].append(value)
            else:
                node[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            pass  # An earlier change took this place away.


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(mutations, st.sampled_from([None, None, "slower", "no-lease"]))
def test_instance_or_errors(changes: list[tuple[str, tuple[Any, ...], tuple[Any, ...], Any]], scenario: str | None) -> None:
    document = copy.deepcopy(DOCUMENT)
    mutate(document, changes)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fleet.json"
        file.write_text(json.dumps(document))
        try:
            instance = load(file, scenario=scenario)
        except InputErrors as error:
            assert error.problems
            assert all(problem.expected and problem.remedy and problem.file == "fleet.json" for problem in error.problems)
            assert str(error).encode()
        else:
            assert isinstance(instance, Instance)
            assert instance.digest.startswith("sha256:")
            assert (instance.pool_online_gpus >= 0).all()


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, len(TEXT)),
    st.integers(0, 30),
    st.text(max_size=8) | st.sampled_from(["{", "[", "- ", ": ", "&a ", "*a", "!!x ", '"', "'", "\n", "\t"]),
)
def test_broken_text(at: int, cut: int, insert: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fleet.yaml"
        file.write_text(TEXT[:at] + insert + TEXT[at + cut :])
        try:
            load(file)
        except InputErrors as error:
            assert error.problems


NAMED = ["demand.csv", "eligibility.csv", "jobs.csv", "ramps.csv", "shapes.csv"]
cells = st.sampled_from(
    ["", "nan", "-1", "1e999", "tune", "north-h100", "2026-03-09", ",", "\n", '"', '""', "\r", "\r\n", "\x00", "é", "0", "x" * 9]
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(NAMED),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 12), st.text(max_size=6) | cells), min_size=1, max_size=3),
    st.sampled_from([{}, {"streams": []}, {"jobs": []}, {"services": []}, {"pools": []}, {"calendar": None}]),
)
def test_broken_tables(table_texts: dict[str, str], table: str, edits: list[tuple[int, int, str]], changes: dict[str, Any]) -> None:
    text = table_texts[table]
    for at, cut, insert in edits:
        text = text[: at % (len(text) + 1)] + insert + text[at % (len(text) + 1) + cut :]
    with tempfile.TemporaryDirectory() as folder:
        for name, content in table_texts.items():
            (Path(folder) / name).write_text(content)
        (Path(folder) / table).write_bytes(text.encode(errors="surrogatepass"))
        if changes:
            (Path(folder) / "fleet.json").write_text(json.dumps(json.loads(table_texts["fleet.json"]) | changes))
        try:
            assert isinstance(load(folder), Instance)
        except InputErrors as error:
            assert error.problems
            assert str(error).encode()


@pytest.mark.parametrize("table", NAMED)
def test_tables_without_rows(tmp_path: Path, table_texts: dict[str, str], table: str) -> None:
    for name, content in table_texts.items():
        (tmp_path / name).write_text(content.split("\n")[0] + "\n" if name == table else content)
    with pytest.raises(InputErrors) if table != "eligibility.csv" else nullcontext():
        load(tmp_path)
