"""Tables of Programs, one below another: sorted by option where rows belong to options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from placement.program import Ints, Resources


def stacked(parts: Sequence[Resources]) -> Resources:
    slots = np.concatenate([np.diff(part.offset) for part in parts])
    columns: dict[str, Any] = {
        f.name: np.concatenate([getattr(part, f.name) for part in parts])
        for f in fields(Resources)
        if f.name not in ("name", "unit", "offset")
    }
    return Resources(
        name=tuple(name for part in parts for name in part.name),
        unit=tuple(unit for part in parts for unit in part.unit),
        offset=np.concatenate([[0], np.cumsum(slots)]).astype(np.int64),
        **columns,
    )


def by_option(owner: Sequence[Ints], count: int, parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Rows of several tables as one, sorted by option, with its offsets."""
    of = np.concatenate(owner)
    order = np.argsort(of, kind="stable")
    offset = np.concatenate([[0], np.cumsum(np.bincount(of, minlength=count))]).astype(np.int64)
    return {"offset": offset} | {name: np.concatenate([part[name] for part in parts])[order] for name in parts[0]}


def owners(offset: Ints, rows: Ints) -> Ints:
    return np.repeat(rows, np.diff(offset))


def columns_of(table: Any) -> dict[str, Any]:
    return {f.name: getattr(table, f.name) for f in fields(table) if f.name != "offset"}
