"""A document noun by noun: each is validated on its own, so that one that is invalid hides no other."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import ValidationError

from placement.files.errors import ABSENT, Problem, Problems, shown
from placement.files.tree import Fields, Items, Path, line_of, path_name
from placement.files.validation import REQUIRED, Fault, faults
from placement.instance import Document
from placement.instance.base import Noun
from placement.instance.findings import Family


@dataclass
class Source:
    """The document's tree, and which parts of it come from tables: from a place to (file, line), columns named after fields."""

    file: str
    root: Fields
    tabled: dict[Path, tuple[str, int]] = field(default_factory=dict)
    names: dict[Path, str] = field(default_factory=dict)
    """Names of the nouns that come from tables, as ``jobs[a]``."""

    def problem(self, path: Path, value: Any, expected: str, remedy: str) -> Problem:
        """A problem at a place of the document or of the table that this part comes from."""
        for n in range(len(path), 0, -1):
            if path[:n] in self.tabled:
                file, line = self.tabled[path[:n]]
                name = self.names.get(path[:2], "")
                column = next((str(key) for key in reversed(path[2:]) if isinstance(key, str)), "")
                column = _COLUMNS.get(column, column)
                return Problem(
                    file, line, f"{name}.{column}" if name and column else name or column, shown(value), expected, remedy
                )
        return Problem(self.file, line_of(self.root, path), path_name(self.root, path), shown(value), expected, remedy)

    def fault(self, prefix: Path, fault: Fault) -> Problem:
        """A fault within the noun at ``prefix``."""
        return self.problem(prefix + fault.path, fault.value, fault.expected, fault.remedy)


_COLUMNS = {"modes": "mode", "value": "online_gpus"}
"""Columns of tables that are named unlike the field of the document."""


@cache
def family_models() -> dict[str, Any]:
    """The families of the document: fields that hold a list of nouns; some are of several kinds (a union)."""
    found = {}
    for name, info in Document.model_fields.items():
        args = typing.get_args(info.annotation)
        if typing.get_origin(info.annotation) is tuple and args:
            found[name] = args[0]
    return found


def read_head(source: Source, problems: Problems) -> Mapping[str, Any]:
    """The document without its families, field by field; only fields that are valid."""
    families = family_models()
    data = {key: ([] if key in families and isinstance(value, list) else value) for key, value in source.root.items()}
    try:
        document = Document.model_validate(data)
    except ValidationError as error:
        wrong = faults(error, Document, data)
        for fault in wrong:
            problems.add(source.fault((), fault))
        broken = {fault.path[0] for fault in wrong if fault.path}
        return {key: _alone(key, value) for key, value in data.items() if key in Document.model_fields and key not in broken}
    return {key: getattr(document, key) for key in Document.model_fields}


def _alone(key: str, value: Any) -> Any:
    """One valid field of a head whose others are not."""
    stated = Document.model_fields[key].annotation
    for kind in typing.get_args(stated) or (stated,):
        if isinstance(kind, type) and issubclass(kind, Noun) and isinstance(value, dict):
            return kind.model_validate(value)
    return value


def read_families(source: Source, problems: Problems) -> dict[str, Family[Any]]:
    """Every family of nouns, with those that are valid and the ids of all."""
    found = {}
    for name, model in family_models().items():
        elements = source.root.get(name, [])
        readable = isinstance(elements, list)
        found[name] = read_family(name, model, elements if readable else Items(0), source, problems, readable=readable)
    return found


def read_family(
    name: str, model: Any, elements: list[Any], source: Source, problems: Problems, *, readable: bool = True, first: int = 0
) -> Family[Any]:
    """The nouns of one family, of which the first stands at position ``first``."""
    valid: dict[int, Noun] = {}
    ids: list[str | None] = []
    for n, element in enumerate(elements, first):
        ids.append(_id(element))
        noun = _meant(model, element)
        if noun is None:
            stated = element.get("kind", ABSENT)
            expected = " or ".join(repr(kind) for kind in _kinds(model))
            remedy = REQUIRED if stated is ABSENT else "write one of these"
            problems.add(source.problem((name, n, "kind"), stated, expected, remedy))
            continue
        try:
            valid[n] = noun.model_validate(element)
        except ValidationError as error:
            for fault in faults(error, noun, element):
                problems.add(source.fault((name, n), fault))
    return Family(name, valid, tuple(ids), readable)


def _meant(model: Any, element: Any) -> type[Noun] | None:
    """The noun that an element is to be: of several, that of the ``kind`` that it states; None where there is no such."""
    if isinstance(model, type):
        return model
    kinds = _kinds(model)
    return kinds.get(str(element.get("kind"))) if isinstance(element, dict) else next(iter(kinds.values()))


@cache
def _kinds(model: Any) -> dict[str, type[Noun]]:
    """The nouns of a union by their ``kind``."""
    nouns = typing.get_args(typing.get_args(model)[0])
    return {typing.get_args(noun.model_fields["kind"].annotation)[0]: noun for noun in nouns}


def _id(element: Any) -> str | None:
    name = element.get("id") if isinstance(element, dict) else None
    return name if isinstance(name, str) else None
