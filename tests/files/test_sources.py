"""What YAML and JSON mean, and what is refused before it is read."""

# ruff: noqa: E501 -- one case, one line

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from placement.files import InputErrors, limits, load
from placement.files.json_source import read_json
from placement.files.tree import line_of
from placement.files.yaml_source import read_yaml, scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("y", "y"), ("NO", "NO"), ("true", True), ("False", False), ("TRUE", True),
        ("null", None), ("~", None), ("", None), ("NuLL", "NuLL"), ("0", 0), ("-12", -12), ("+3", 3), ("0777", "0777"), ("1_000", "1_000"),
        ("12:30:45", "12:30:45"), ("0o17", "0o17"), ("0b1", "0b1"), ("1e3", 1000.0), ("1.5E-3", 0.0015), (".5", 0.5), ("5.", 5.0), ("1.", 1.0),
        ("1e", "1e"), ("2026-03-02", "2026-03-02"), ("=", "="), ("<<", "<<"), ("١", "١"), ("1e999", float("inf")),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


def test_whole_numbers_too_long_to_be_meant_are_no_whole_numbers() -> None:
    assert isinstance(scalar("9" * 18), int)
    assert isinstance(scalar("9" * 5000), float)


def test_quoted_scalars_are_text() -> None:
    assert read_yaml("a: '8'\nb: \"true\"\nc: |\n  8\n", "f")[0] == {"a": "8", "b": "true", "c": "8\n"}


def test_dates_are_text_where_text_is_wanted(tmp_path: Path, small_text: str) -> None:
    (tmp_path / "fleet.yaml").write_text(small_text.replace("name: small\n", "name: 2026-03-02\n"))
    assert load(tmp_path).name == "2026-03-02"


def test_yaml_and_json_are_the_same(tmp_path: Path, document: dict[str, Any], small: Any) -> None:
    (tmp_path / "fleet.json").write_text(json.dumps(document))
    assert load(tmp_path).digest == small.digest
    assert load(tmp_path / "fleet.json").digest == small.digest


def test_json_knows_its_lines() -> None:
    tree, _ = read_json('{\n "a": [\n  1,\n  {"b":\n   "x\\ny"}\n ]\n}', "f")
    assert tree == {"a": [1, {"b": "x\ny"}]}
    assert [line_of(tree, p) for p in ((), ("a",), ("a", 0), ("a", 1), ("a", 1, "b"))] == [1, 2, 3, 4, 4]


@pytest.mark.parametrize(
    "text", ["0", "-0", "1.5e3", '"\\u00e9\\ud83d\\ude00"', "[]", "{}", '[[],{"a":{}}]', " [1 , 2 ] ", "true", "null", "1E400"]
)
def test_json_agrees_with_python(text: str) -> None:
    assert read_json(text, "f")[0] == json.loads(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1), ("{", 1), ('{"a": 1,\n}', 2), ("[1,\n2,]", 2), ('{"a"\n 1}', 2), ("[1 2]", 1), ("{}\n{}", 2), ("[01]", 1), ("[1.]", 1), ("[.5]", 1),
        ("[+1]", 1), ("[NaN]", 1), ("[\n-Infinity]", 2), ("['a']", 1), ('["\\x"]', 1), ('["\\ud800"]', 1), ("[tru]", 1), ("[truex]", 1), ("]", 1),
        ("[}", 1), ("{]", 1), ('{"a": }', 1), ("{1: 2}", 1), ('["a\nb"]', 1), ("// x", 1), ("[1,,2]", 1), ("[,]", 1), (":", 1), ('{"a":1 "b":2}', 1),
    ],
)  # fmt: skip
def test_json_that_is_none(text: str, line: int) -> None:
    with pytest.raises(InputErrors) as caught:
        read_json(text, "f.json")
    (problem,) = caught.value.problems
    assert (problem.line, problem.value.startswith("not JSON")) == (line, True)


def test_json_with_repeated_keys(tmp_path: Path) -> None:
    (tmp_path / "fleet.json").write_text('{"format": "fleet-placement/1",\n "name": "a",\n "name": "b"}')
    with pytest.raises(InputErrors, match="'name' stands in line 2 and in line 3"):
        load(tmp_path)


BOMBS = {
    "aliases": "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n",
    "merge key": "a: {<<: {b: 1}}\n",
    "depth, flow": "[" * 100_000,
    "depth, block": "".join(f"{' ' * n}a:\n" for n in range(200)),
    "complex key": "? [a]\n: b\n",
    "tag": "a: !!binary aGk=\n",
    "python tag": "a: !!python/object/apply:os.system [echo]\n",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_bombs(tmp_path: Path, text: str) -> None:
    (tmp_path / "fleet.yaml").write_text(text)
    before = time.process_time()
    with pytest.raises(InputErrors):
        load(tmp_path)
    assert time.process_time() - before < 5


def test_depth_of_json(tmp_path: Path) -> None:
    (tmp_path / "fleet.json").write_text("[" * 100_000)
    with pytest.raises(InputErrors, match="nested deeper"):
        load(tmp_path)


def test_too_many_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("placement.files.tree.VALUES", 1000)
    (tmp_path / "fleet.yaml").write_text("a: [" + "1," * 2000 + "]")
    with pytest.raises(InputErrors, match="more than 1000 values"):
        load(tmp_path)


def test_too_large_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "fleet.yaml").open("wb") as file:
        file.truncate(limits.FILE_BYTES + 1)  # Sparse: it takes no room.
    with pytest.raises(InputErrors, match="at most 67108864 bytes"):
        load(tmp_path)


CONTENTS = {
    "empty": (b"", "an empty file"),
    "blank": (b" \n\n", "an empty file"),
    "comment only": (b"# nothing\n", "not a mapping"),
    "a list": (b"- a\n", "not a mapping"),
    "a text": (b"hello\n", "not a mapping"),
    "not UTF-8": (b"format: x\nname: \xff\n", "fleet.yaml:2: the byte 0xff, which is not UTF-8"),
    "UTF-16": ("format: x\n".encode("utf-16"), "UTF-16"),
    "NUL": (b"format: x\nname: a\x00b\n", "fleet.yaml:2: the control character"),
}


@pytest.mark.parametrize(("content", "says"), CONTENTS.values(), ids=CONTENTS)
def test_contents_that_are_refused(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "fleet.yaml").write_bytes(content)
    with pytest.raises(InputErrors) as caught:
        load(tmp_path)
    assert says in str(caught.value)


def test_byte_order_mark_is_harmless(tmp_path: Path, small_text: str, small: Any) -> None:
    (tmp_path / "fleet.yaml").write_bytes(b"\xef\xbb\xbf" + small_text.replace("\n", "\r\n").encode())
    assert load(tmp_path).digest == small.digest


def test_places_that_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "empty").mkdir()
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    for place, says in (
        ("pipe.yaml", "not a regular file"),
        ("empty", "without a document"),
        ("none.yaml", "does not exist"),
        ("loop.yaml", "open"),
    ):
        with pytest.raises(InputErrors, match=says):
            load(tmp_path / place)
    with pytest.raises(InputErrors, match="not a regular file"):
        load("/dev/null")


def test_two_documents_in_a_folder(tmp_path: Path, small_text: str) -> None:
    (tmp_path / "fleet.yaml").write_text(small_text)
    (tmp_path / "fleet.json").write_text("{}")
    with pytest.raises(InputErrors, match="one document in a folder"):
        load(tmp_path)
