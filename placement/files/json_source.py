"""JSON with lines: strict (RFC 8259), without repeated keys, NaN or Infinity."""

from __future__ import annotations

import json
import re
from typing import Any

from placement.files.errors import InputErrors, Problem, refuse
from placement.files.limits import INTEGER_DIGITS
from placement.files.tree import Fields, Items, TreeBuilder

_TOKEN = re.compile(
    r"""(?P<mark>[{}\[\]:,])
      | (?P<text>"(?:[^"\\\x00-\x1f]|\\.)*")
      | (?P<number>-?(?:0|[1-9][0-9]*)(?P<fraction>(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(?![0-9A-Za-z_.]))
      | (?P<word>true|false|null)(?![0-9A-Za-z_])""",
    re.VERBOSE,
)
_SPACE = re.compile(r"[ \t\r\n]*")
_WORDS = {"true": True, "false": False, "null": None}


def read_json(text: str, file: str) -> tuple[Any, list[Problem]]:
    """The tree of a JSON document and its repeated keys; InputErrors where it cannot be read."""
    builder = TreeBuilder(file)
    state, line, counted = "value", 1, 0
    open_marks: list[str] = []
    at = _space(text, 0)
    while state != "end":
        line += text.count("\n", counted, at)
        counted = at
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unexpected(text, at, file, line, state)
        token, kind = match.group(), match.lastgroup if match.lastgroup != "fraction" else "number"
        if token in ("}", "]") and _may_close(state, token, open_marks):
            open_marks.pop()
            builder.close()
            state = "comma or end" if open_marks else "end"
        elif token in ("{", "[") and state in ("value", "value or ]"):
            builder.open(Fields(line) if token == "{" else Items(line))
            open_marks.append(token)
            state = "key or }" if token == "{" else "value or ]"
        elif kind == "mark":
            wanted = {"colon": ":", "comma or end": ","}.get(state)
            if token != wanted:
                raise _unexpected(text, at, file, line, state)
            state = "value" if token == ":" or open_marks[-1] == "[" else "key"
        elif state in ("key", "key or }") and kind == "text":
            builder.key(_text(token, file, line), line)
            state = "colon"
        elif state in ("value", "value or ]"):
            builder.value(_scalar(token, kind, match.group("fraction"), file, line), line)
            state = "comma or end" if open_marks else "end"
        else:
            raise _unexpected(text, at, file, line, state)
        at = _space(text, match.end())
    if at < len(text):
        raise _unexpected(text, at, file, line + text.count("\n", counted, at), "the end of the file")
    return builder.root, builder.problems


def _space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _may_close(state: str, token: str, open_marks: list[str]) -> bool:
    if not open_marks or {"{": "}", "[": "]"}[open_marks[-1]] != token:
        return False
    return state == "comma or end" or state.endswith(f" or {token}")


def _scalar(token: str, kind: str | None, fraction: str | None, file: str, line: int) -> Any:
    if kind == "text":
        return _text(token, file, line)
    if kind == "word":
        return _WORDS[token]
    return int(token) if not fraction and len(token) <= INTEGER_DIGITS else float(token)


def _text(token: str, file: str, line: int) -> str:
    if "\\" not in token:
        return token[1:-1]
    try:
        value = str(json.loads(token))
        value.encode()
    except ValueError:
        raise refuse(
            file, line, f"not JSON: the text {token[:60]}", "valid escapes", "correct what follows the backslash"
        ) from None
    return value


def _unexpected(text: str, at: int, file: str, line: int, state: str) -> InputErrors:
    found = "the end of the file" if at >= len(text) else ascii(text[at : at + 20].split("\n", maxsplit=1)[0])[1:-1]
    remedy = "check commas, quotes and brackets at this line"
    if re.match(r"-?(NaN|Infinity|inf|nan)", text[at : at + 9]):
        remedy = "state a number; leave the field out where there is none"
    return refuse(file, line, f"not JSON: {found}", state.replace("colon", "':'").replace("comma", "','"), remedy)
