"""YAML with lines: the 1.2 core schema, without aliases, tags, repeated keys or a second document.

PyYAML parses (in C where it can); what scalars mean is decided here, because its own rules are those of YAML 1.1, in which ``no``
is false, ``0777`` is octal and ``12:30`` is a number.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from placement.files.errors import ABSENT, Problem, refuse
from placement.files.limits import INTEGER_DIGITS
from placement.files.tree import Fields, Items, TreeBuilder

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
# A leading zero is read as text, not as a number: YAML 1.1 would make 0777 octal, 1.2 decimal, and the author's wish is unknown.
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def scalar(text: str) -> Any:
    """Value of a plain (unquoted) scalar. Whole numbers too long to be meant become floats, which integer fields refuse."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) <= INTEGER_DIGITS else float(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def read_yaml(text: str, file: str) -> tuple[Any, list[Problem]]:
    """The tree of a YAML document and its repeated keys; InputErrors where it cannot be read."""
    builder = TreeBuilder(file)
    documents = 0
    try:
        event: Any
        for event in yaml.parse(text, Loader=_LOADER):
            line = event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise refuse(file, line, "a second document", "one document per file", "remove '---' and what follows")
            elif isinstance(event, yaml.NodeEvent):
                _node(event, line, builder)
            elif isinstance(event, yaml.CollectionEndEvent):
                builder.close()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read")
        raise refuse(
            file, None if mark is None else mark.line + 1, f"not YAML: {what}", "a YAML document",
            "check indentation, quotes and brackets at this line",
        ) from None  # fmt: skip
    return (None if builder.root is ABSENT else builder.root), builder.problems


def _node(event: Any, line: int, builder: TreeBuilder) -> None:
    file = builder.file
    if isinstance(event, yaml.AliasEvent):
        raise refuse(file, line, f"the alias *{event.anchor}", "no anchors or aliases", "write the value out")
    if event.anchor is not None:
        raise refuse(file, line, f"the anchor &{event.anchor}", "no anchors or aliases", "write the value out where it is used")
    if event.tag is not None and event.tag != "!":
        raise refuse(
            file, line, f"the tag {event.tag}", "no tags", "remove the tag; put quotes around text that looks like a number"
        )
    if builder.wants_key:
        if not isinstance(event, yaml.ScalarEvent):
            raise refuse(file, line, "a key that is a mapping or a list", "keys that are text", "write the key as text")
        if event.value == "<<":
            raise refuse(file, line, "the merge key <<", "no merge keys", "write the fields out")
        builder.key(event.value, line)
    elif isinstance(event, yaml.ScalarEvent):
        builder.value(scalar(event.value) if event.implicit[0] else event.value, line)
    else:
        builder.open(Fields(line) if isinstance(event, yaml.MappingStartEvent) else Items(line))
