"""The JSON Schema is valid itself, accepts what loads, and refuses what does not."""

# ruff: noqa: E501 -- one case, one line

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from placement.files import schema
from placement.files.yaml_source import read_yaml

SHIPPED = sorted(Path(__file__).parents[2].glob("instances/**/*.yaml"))


def test_schema_is_valid() -> None:
    found = schema()
    Draft202012Validator.check_schema(found)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "title" not in found
    assert "$id" not in found
    assert found["$defs"]["Feed"]["properties"]["limit_kw"]
    assert "whole units only" in found["$defs"]["Accelerator"]["properties"]["allocation_unit_gpus"]["description"]
    assert json.loads(json.dumps(found)) == found


def test_small_instance_validates(document: dict[str, Any]) -> None:
    Draft202012Validator(schema()).validate(document)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name + "/" + path.name)
def test_shipped_instances_validate(path: Path) -> None:
    tree = read_yaml(path.read_text(), path.name)[0]
    if str(tree.get("format", "")).startswith("fleet-placement/"):
        Draft202012Validator(schema()).validate(json.loads(json.dumps(tree)))


@pytest.mark.parametrize("path", [("name",), ("calendar", "start"), ("sites", 0, "pue"), ("jobs", 0, "shapes", 0, "gpus")])
def test_missing_fields_are_refused(document: dict[str, Any], path: tuple[Any, ...]) -> None:
    node: Any = document
    for key in path[:-1]:
        node = node[key]
    del node[path[-1]]
    assert not Draft202012Validator(schema()).is_valid(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("colour",), "red"), (("running_plan",), []), (("sites", 0, "pue"), "1.2"), (("sites", 0, "pue"), 0.5), (("feeds", 0, "limit_kw"), "infinite"),
        (("jobs", 0, "after"), "tune"), (("feeds", 0, "non_firm_kw"), "300"), (("tenants", 1, "id"), "=1+1"),
    ],
)  # fmt: skip
def test_wrong_values_are_refused(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    node: Any = document
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    assert not Draft202012Validator(schema()).is_valid(document)
