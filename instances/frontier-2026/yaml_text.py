"""YAML, as much of it as fleet.yaml needs: blocks, and values on one line where they are marked as such."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

Noun = dict[str, Any]

PLAIN = set(" .,/()_%+$>~<=;*'-")


class Flow:
    """A value to be written on one line."""

    def __init__(self, value: Any) -> None:
        self.value = value


def scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | date):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, Flow):
        return flow(value.value)
    plain = value[:1].isalpha() and value == value.strip() and all(c.isalnum() or c in PLAIN for c in value)
    return value if plain and value not in ("null", "true", "false") else json.dumps(value, ensure_ascii=False)


def flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) and "," in value else scalar(value)


def block(value: Any, indent: int) -> str:
    pad = "  " * indent
    if isinstance(value, dict):
        return "".join(f"{pad}{key}:{after(item, indent)}" for key, item in value.items())
    entries = (block(item, indent + 1).lstrip() if isinstance(item, dict) else scalar(item) + "\n" for item in value)
    return "".join(f"{pad}- {entry}" for entry in entries)


def after(value: Any, indent: int) -> str:
    if isinstance(value, dict | list) and value:
        return "\n" + block(value, indent + 1)
    return f" {flow(value) if isinstance(value, dict | list | tuple) else scalar(value)}\n"
