"""The format as JSON Schema (draft 2020-12), for editors: what a document may hold, field by field."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

from pydantic import BaseModel

from placement.instance import Document

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema(model: type[BaseModel] = Document) -> dict[str, Any]:
    """JSON Schema of a document, default: of an instance. Fields whose law is not yet in force are present and allow nothing."""
    found = model.model_json_schema()
    notes = _field_notes()
    for name, definition in [(model.__name__, found), *found.get("$defs", {}).items()]:
        for field, description in notes.get(name, {}).items():
            stated = definition.get("properties", {}).get(field)
            if stated is not None and "description" not in stated:
                stated["description"] = description
    return {"$schema": DRAFT, **_untitled(found)}


def _field_notes() -> dict[str, dict[str, str]]:
    """What the nouns' sources say about their fields: the text behind each."""
    notes: dict[str, dict[str, str]] = {}
    for noun in _models(BaseModel):
        body = ast.parse(textwrap.dedent(inspect.getsource(noun))).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, text in zip(body.body, body.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
                notes.setdefault(noun.__name__, {})[field.target.id] = inspect.cleandoc(str(ast.literal_eval(text.value)))
    return notes


def _models(base: type[BaseModel]) -> list[type[BaseModel]]:
    """Models of this project that come from a base."""
    found = [part for part in base.__subclasses__() if part.__module__.startswith("placement.")]
    return [*found, *(deeper for part in found for deeper in _models(part))]


def _untitled(node: Any) -> Any:
    """Without the titles that pydantic makes up from names (a property that is called title stays)."""
    if isinstance(node, dict):
        return {
            key: {name: _untitled(value) for name, value in part.items()} if key == "properties" else _untitled(part)
            for key, part in node.items()
            if key != "title" or not isinstance(part, str)
        }
    return [_untitled(part) for part in node] if isinstance(node, list) else node
