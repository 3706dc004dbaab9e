"""Result and baseline files: a head that says where, when and with what, then a row for each case; canonical JSON.

A baseline is a result without traces and with a history of why it was accepted. Rows are sorted by the names of their cases, keys
by name, and floats written so that they read back equal: the same qualities make the same bytes.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from placement.bench.case import Quality, Row
from placement.bench.gates import Gates
from placement.files import write_atomically
from placement.files.errors import refuse
from placement.files.limits import FILE_BYTES
from placement.files.reading import decode, read_bytes
from placement.program import Status

RESULT_FORMAT: Literal["fleet-placement-bench/1"] = "fleet-placement-bench/1"

LONGEST_NUMBER = 30

MOST = 1e15
"""Of seconds, MB and work."""

EVENT = 3
"""Figures of an event of a trace."""


@dataclass(frozen=True)
class SuiteName:
    """Which suite was run."""

    name: str
    digest: str


@dataclass(frozen=True)
class Changed:
    """One figure of one case that a baseline took over."""

    case: str
    metric: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Accepted:
    """Why a baseline became what it is; ``date`` in UTC."""

    date: str
    reason: str
    suite_digest: str
    versions: dict[str, str]
    changed: tuple[Changed, ...]


@dataclass(frozen=True)
class Document:
    """A result or, with a history, a baseline. ``complete`` is false where the run was interrupted: cases are then missing.

    ``gates`` are the suite's when it was run, ``case_gates`` those of cases that differ.
    """

    format: Literal["fleet-placement-bench/1"]
    suite: SuiteName
    created: str
    complete: bool
    versions: dict[str, str]
    machine: dict[str, str | int | None]
    commit: str | None
    rows: tuple[Row, ...]
    gates: Gates = field(default_factory=Gates)
    case_gates: dict[str, Gates] = field(default_factory=dict)
    history: tuple[Accepted, ...] = ()

    @property
    def by_case(self) -> dict[str, Row]:
        return {row.case: row for row in self.rows}

    def gates_of(self, case: str) -> Gates:
        """Gates of a case."""
        return self.case_gates.get(case, self.gates)


_ADAPTER: TypeAdapter[Document] = TypeAdapter(Document)


def canonical(value: Any) -> str:
    """JSON with sorted keys and without what is no number."""
    return json.dumps(value, sort_keys=True, indent=1, allow_nan=False)


def quality_text(quality: Quality) -> str:
    """A quality byte for byte."""
    return canonical(asdict(quality))


def plain(document: Document) -> dict[str, Any]:
    """A document as plain data, its rows by name, with what is stated of gates only."""
    rows = sorted(document.rows, key=lambda row: row.case)
    return {
        **asdict(replace(document, rows=(), gates=Gates(), case_gates={})),
        "rows": [asdict(row) for row in rows],
        "gates": _stated(document.gates),
        "case_gates": {name: _stated(gates) for name, gates in document.case_gates.items()},
    }


def _stated(gates: Gates) -> dict[str, Any]:
    return gates.model_dump(mode="json", exclude_defaults=True)


def document_bytes(document: Document) -> bytes:
    """A document as it stands in its file."""
    return (canonical(plain(document)) + "\n").encode()


def write_document(document: Document, path: Path) -> None:
    """Writes a document; one that stands there is replaced only by a complete one. Raises OSError."""
    write_atomically(path, document_bytes(document))


class NotFinite(ValueError):
    """A number that no result has."""


def finite_only(text: str) -> None:
    """Raises ``NotFinite`` where JSON holds a number that no float is, and ValueError or RecursionError where it is none."""
    json.loads(text, parse_constant=_finite, parse_float=_finite, parse_int=_finite)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NotFinite(text if len(text) <= LONGEST_NUMBER else f"{text[:LONGEST_NUMBER]}...")
    return value


def read_document(path: str | os.PathLike[str]) -> Document:
    """A result or a baseline from its file. Raises InputErrors: unlike a suite it is no one's own writing, so all is one fault."""
    place = Path(path)
    text = decode(read_bytes(place, place.name, FILE_BYTES), place.name)
    remedy = "give a file as `placement bench run` or `placement bench accept` wrote it"
    try:
        finite_only(text)
        document = _ADAPTER.validate_json(text)
    except NotFinite as error:
        raise refuse(
            place.name, None, f"not a result: the number {error}", f"a document of the format {RESULT_FORMAT}", remedy
        ) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(key) for key in first["loc"])
        found = f"not a result: {where}: {first['msg']}" if where else f"not a result: {first['msg']}"
        raise refuse(place.name, None, found, f"a document of the format {RESULT_FORMAT}", remedy) from None
    except (ValueError, RecursionError):
        raise refuse(place.name, None, "not a result: no JSON", f"a document of the format {RESULT_FORMAT}", remedy) from None
    names = [row.case for row in document.rows]
    if len(set(names)) < len(names):
        raise refuse(place.name, None, "a case that stands there twice", "each case once", remedy)
    for row in document.rows:
        if row.quality.status in (Status.OPTIMAL, Status.FEASIBLE) and not row.quality.levels:
            raise refuse(place.name, None, f"not a result: {row.case!a} has a plan and no levels", "what a plan is worth", remedy)
        if not possible(row):
            raise refuse(place.name, None, f"not a result: what {row.case!a} took", f"0 to {MOST:g}, events of three", remedy)
    return document


def possible(row: Row) -> bool:
    """Whether a row's amounts are some that a run can have taken, and its trace is one: charts are drawn of them."""
    took = row.information
    trace = took.trace or []
    if any(len(event) != EVENT for event in trace):
        return False
    amounts = [row.quality.work, row.quality.primal_integral, took.seconds, took.peak_mb, *(event[0] for event in trace)]
    return all(amount is None or 0 <= amount <= MOST for amount in amounts)
