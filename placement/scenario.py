"""Scenarios: named patches of the plain document, applied before anything is validated.

A path is dotted; ids, or positions from 0, stand in brackets: ``contracts[lease].to_date``, ``feeds[hall].limit_kw``.
It walks mappings and lists of the document only, never attributes, so that a hostile path finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

from pydantic import ValidationError

from placement.instance.findings import Finding, did_you_mean
from placement.instance.policy import Change, Scenario

_STEP = re.compile(r"(?:\.|^)([A-Za-z_][A-Za-z0-9_:+-]*)|\[([A-Za-z0-9][A-Za-z0-9._:+-]*)\]")
_PROTECTED = ("scenarios", "format")


def apply(document: MutableMapping[str, Any], scenario: str) -> Iterator[Finding]:
    """Change the document in place as the scenario says; findings tell what could not be applied."""
    stated = document.get("scenarios")
    rows = stated if isinstance(stated, list) else []
    names = [row["id"] for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]
    if scenario not in names:
        yield Finding(
            ("scenarios",), scenario, "the id of a scenario of this document", did_you_mean(scenario, names, "a scenario")
        )
        return
    position = next(n for n, row in enumerate(rows) if isinstance(row, dict) and row.get("id") == scenario)
    try:
        changes = Scenario.model_validate(rows[position]).changes
    except ValidationError:
        return  # The document's own validation reports it, with its line.
    for n, change in enumerate(changes):
        place = ("scenarios", position, "changes", n)
        problem = _apply(document, change, _line(rows[position], n))
        if problem is not None:
            expected, remedy = problem
            field = "value" if expected.startswith("a figure") else "path"
            yield Finding((*place, field), change.path if field == "path" else change.value, expected, remedy)


def apply_changes(document: MutableMapping[str, Any], changes: Sequence[Change]) -> Iterator[tuple[int, Finding]]:
    """Change the document in place by changes that it does not state itself; each that could not be applied, by its position.

    They have no lines of their own: what they set stands at the line of what it replaces.
    """
    for n, change in enumerate(changes):
        own = change.model_copy(deep=True)  # What is set may be scaled by a later change.
        problem = _apply(document, own, None)
        if problem is not None:
            expected, remedy = problem
            yield n, Finding((), f"the change of {change.path}", expected, remedy)


def _line(scenario: Any, n: int) -> int:
    lines = getattr(scenario.get("changes"), "lines", None)
    return int(lines[n]) if lines is not None else 0


def steps_of(path: str) -> list[str | int] | None:
    """A path's steps: names, and ids or positions of list elements as ``[...]`` text; None where it is not a path."""
    found: list[str | int] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None or (at == 0 and match.group(1) is None):
            return None
        found.append(match.group(1) or f"[{match.group(2)}]")
        at = match.end()
    return found or None


def _apply(document: Any, change: Change, line: int | None) -> tuple[str, str] | None:
    steps = steps_of(change.path)
    if steps is None:
        return "a path such as contracts[lease].to_date", "write names with dots, and ids or positions in brackets"
    if steps[0] in _PROTECTED:
        return "a path outside of the scenarios and the format", "change a noun"
    node, walked = document, ""
    for step in steps[:-1]:
        found = _find(node, str(step))
        if found is None:
            return _nothing(node, str(step), walked)
        node = node[found]
        walked += str(step) if str(step).startswith("[") else f".{step}"
    last = str(steps[-1])
    key = _find(node, last)
    if key is None and (change.action != "set" or not isinstance(node, Mapping) or last.startswith("[")):
        return _nothing(node, last, walked)
    if change.action == "remove":
        _remove(node, key, line)
    elif change.action == "set":
        _put(node, last if key is None else key, change.value, line)
    else:
        scaled = _scaled(node[key], float(change.value), line)
        if scaled is None:
            return "a figure, or steps or bands of figures, at this path", "scale numbers only; use action set for anything else"
        _put(node, key, scaled, line)
    return None


def _find(node: Any, step: str) -> Any:
    """The key or position that a step names in a node; None where there is none."""
    if isinstance(node, Mapping):
        name = step[1:-1] if step.startswith("[") else step
        return name if name in node else None
    if isinstance(node, MutableSequence) and step.startswith("["):
        name = step[1:-1]
        for n, element in enumerate(node):
            if isinstance(element, Mapping) and element.get("id") == name:
                return n
        if name.isascii() and name.isdigit() and len(name) < 10 and int(name) < len(node):
            return int(name)
    return None


def _nothing(node: Any, step: str, walked: str) -> tuple[str, str]:
    where = walked.lstrip(".") or "the document"
    if isinstance(node, Mapping):
        known = [str(key) for key in node]
    elif isinstance(node, MutableSequence):
        known = [str(e["id"]) for e in node if isinstance(e, Mapping) and "id" in e]
    else:
        return f"a mapping or a list at {where}", "shorten the path"
    return f"something that exists: {where} has no {step}", did_you_mean(step.strip("[]"), known, "one")


def _put(node: Any, key: Any, value: Any, line: int | None) -> None:
    node[key] = value
    lines = getattr(node, "lines", None)
    if lines is not None and line is not None:
        lines[key] = line


def _remove(node: Any, key: Any, line: int | None) -> None:
    lines = getattr(node, "lines", None)
    del node[key]
    if isinstance(lines, list):
        del lines[key]
    elif lines is not None and line is not None:
        lines[key] = line  # So that a field missed later is reported where it was removed.


def _scaled(value: Any, factor: float, line: int | None) -> Any:
    """Every figure of a number, of bands or of steps times a factor; None where there is anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        product = value * factor
        return int(product) if isinstance(value, int) and product == product // 1 and abs(product) < 1e15 else product
    if isinstance(value, MutableMapping):
        parts = {k: v if k in ("from_date", "source", "assumption") else _scaled(v, factor, line) for k, v in value.items()}
    elif isinstance(value, MutableSequence):
        parts = {n: _scaled(v, factor, line) for n, v in enumerate(value)}
    else:
        return None
    if any(part is None for part in parts.values()):
        return None
    for key, part in parts.items():
        _put(value, key, part, line)
    return value
