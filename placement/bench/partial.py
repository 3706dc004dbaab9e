"""What a run of a suite has finished so far, line by line in a file beside its result, so that a run that dies is taken up again.

    RESULT.partial = head, row, row, ...        each a line of JSON

The head says what rows of two runs must share to stand in one result: suite, versions, code and machine. A row is taken up where
head, case, limits and the files of its instance are still the same, and run again where not; so is a case that ended in an error,
since what ended the run may have ended the case. The file goes once the result is whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from placement.bench.case import Case, Row
from placement.bench.machine import machine
from placement.bench.results import SuiteName, finite_only, possible
from placement.bench.suite import Suite
from placement.files import InputErrors, sources_digest, versions, write_atomically
from placement.files.errors import refuse
from placement.files.limits import FILE_BYTES
from placement.files.reading import read_bytes

PARTIAL_FORMAT: Literal["fleet-placement-bench-partial/1"] = "fleet-placement-bench-partial/1"
ENDING = ".partial"


@dataclass(frozen=True)
class Head:
    """What a run is of. ``code`` tells sources apart that call themselves the same version."""

    format: Literal["fleet-placement-bench-partial/1"]
    suite: SuiteName
    versions: dict[str, str]
    code: str
    machine: dict[str, str | int | None]


Part = TypeVar("Part", Head, Row)
_HEAD: TypeAdapter[Head] = TypeAdapter(Head)
_ROW: TypeAdapter[Row] = TypeAdapter(Row)


def head_of(suite: Suite, packages: Iterable[Path]) -> Head:
    """The head of a run here and now; ``packages`` are the folders of the code that it runs."""
    return Head(PARTIAL_FORMAT, SuiteName(suite.name, suite.digest), versions(), code_digest(packages), machine())


def code_digest(packages: Iterable[Path]) -> str:
    """sha256 over all files of folders of code."""
    total = hashlib.sha256()
    for folder in packages:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                total.update(f"{path.relative_to(folder).as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return f"sha256:{total.hexdigest()}"


def place_beside(result: Path) -> Path:
    """Where what has finished is kept while a result is made."""
    return result.with_name(result.name + ENDING)


class Partial:
    """Rows that an earlier run of the same left (``rows``), and those of this one as they come (``keep``)."""

    def __init__(self, path: Path, head: Head, cases: Sequence[Case]) -> None:
        """Begins the file anew with the rows of an earlier run that still hold.

        Raises InputErrors where something else stands there, and OSError where it cannot be written.
        """
        self.rows = _rows_of(path, head, cases)
        self._path = path
        write_atomically(path, "".join([_line(head), *map(_line, self.rows)]).encode())

    def keep(self, row: Row) -> None:
        """Adds a row that has ended. Raises OSError."""
        if row.error is None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(_line(row))

    def remove(self) -> None:
        """The result is whole."""
        self._path.unlink(missing_ok=True)


def _line(part: Head | Row) -> str:
    return json.dumps(asdict(part), sort_keys=True, allow_nan=False) + "\n"


def _rows_of(path: Path, head: Head, cases: Sequence[Case]) -> tuple[Row, ...]:
    if not path.exists():
        return ()
    first, *lines = read_bytes(path, path.name, FILE_BYTES).split(b"\n")
    if first and PARTIAL_FORMAT.encode() not in first:
        remedy = "remove it, or name another result"
        raise refuse(path.name, None, "what is no part of a result", "nothing, or what an earlier run left there", remedy)
    if _read(first, _HEAD) != head:
        return ()
    known = {case.name: case for case in cases}
    found: dict[str, Row] = {}
    for line in lines:
        row = _read(line, _ROW)  # The last line of a run that died may lack its end.
        if row is not None and possible(row) and row.case in known and _holds(row, known[row.case]):
            found[row.case] = row
    return tuple(found.values())


def _read(line: bytes, adapter: TypeAdapter[Part]) -> Part | None:
    try:
        finite_only(line.decode())
        return adapter.validate_json(line)
    except (ValidationError, ValueError, RecursionError):
        return None


def _holds(row: Row, case: Case) -> bool:
    same = (row.instance, row.scenario, row.solver, row.seed, row.limits) == (
        case.instance, case.scenario, case.solver, case.seed, case.limits,
    )  # fmt: skip
    try:
        return same and row.error is None and row.sources is not None and row.sources == sources_digest(case.path)
    except InputErrors:
        return False
