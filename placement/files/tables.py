"""Long tables by column: CSV or Parquet into codes and numbers, every cell checked, without an object per row.

Texts become codes into a vocabulary of the distinct ones, so that what they mean is looked up once per distinct text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from placement.files.errors import Problems, refuse
from placement.files.limits import ERRORS_PER_KIND, ROWS
from placement.program import Bools, Floats, Ints

_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DIGITS = b"0123456789.eE+-"


@dataclass(frozen=True)
class Column:
    """What a column holds. Numbers lie in ``[least, most]``; ``optional`` columns may be left out, ``blank`` cells be empty."""

    name: str
    kind: Literal["text", "number"]
    optional: bool = False
    blank: bool = False
    least: float = 0.0
    most: float = 1e14
    whole: bool = False


@dataclass(frozen=True)
class Table:
    """A table that was read. Bad cells are reported already: they have code 0 or nan, and ``sound`` is False in their rows."""

    file: str
    lines: Ints
    """Line (of CSV) or number (of Parquet, from 1) of each row, [n]."""
    codes: dict[str, Ints]
    words: dict[str, list[str]]
    """Distinct texts of each column, by code."""
    numbers: dict[str, Floats]
    sound: Bools
    """Rows without a bad cell, [n]."""

    def __len__(self) -> int:
        return len(self.lines)

    def decoded(self, column: str, meaning: Callable[[str], int]) -> Ints:
        """What each cell of a text column means, [n]; ``meaning`` is asked once per distinct text."""
        table = np.array([meaning(word) for word in self.words[column]] or [0], dtype=np.int64)
        return table[self.codes[column]]

    def report(self, problems: Problems, wrong: Bools, column: str, expected: str, remedy: str | Callable[[str], str]) -> None:
        """Add a problem for each row marked wrong, [n]."""
        rows = np.flatnonzero(wrong)
        if not len(rows):
            return
        few = rows[:ERRORS_PER_KIND]
        cells = [(int(self.lines[row]), self.cell(column, int(row))) for row in few]
        if isinstance(remedy, str):
            problems.add_cells(self.file, column, cells, expected, remedy, count=len(rows))
            return
        for cell in cells:
            problems.add_cells(self.file, column, [cell], expected, remedy(str(cell[1])))
        if len(rows) > len(cells):
            more = (cells[-1][0], f"{len(rows) - len(cells)} more cells like this")
            problems.add_cells(self.file, column, [more], expected, remedy(str(cells[-1][1])))

    def cell(self, column: str, row: int) -> str | float:
        """A cell as it was read."""
        if column in self.numbers:
            value = float(self.numbers[column][row])
            return int(value) if value.is_integer() else value
        return self.words[column][int(self.codes[column][row])]


class _Words(dict[str, int]):
    """Codes of texts, given out as they appear."""

    def __missing__(self, text: str) -> int:
        code = self[text] = len(self)
        return code


class Reader:
    """Gathers chunks of cells, by column, into a Table."""

    def __init__(self, file: str, columns: Sequence[Column], problems: Problems) -> None:
        self.file, self.columns, self.problems = file, columns, problems
        self.words = {c.name: _Words() for c in columns if c.kind == "text"}
        self.parts: dict[str, list[Any]] = {c.name: [] for c in columns}
        self.lines: list[Ints] = []
        self.bad: dict[tuple[str, str, str], tuple[list[tuple[int, str]], int]] = {}
        self.unsound: list[Ints] = []
        self.rows = 0

    def add_lines(self, lines: Ints) -> None:
        """Lines of the next chunk, before its columns."""
        self.lines.append(lines)
        self.rows += len(lines)
        if self.rows > ROWS:
            raise refuse(
                self.file, None, f"more than {ROWS} rows", f"at most {ROWS} rows", "use longer blocks or split the instance"
            )

    def add(self, column: Column, cells: Sequence[str]) -> None:
        """One column of the chunk, as text."""
        if column.kind == "text":
            words = self.words[column.name]
            codes = np.fromiter(map(words.__getitem__, cells), dtype=np.int32, count=len(cells))
            self.parts[column.name].append(codes)
            if not column.blank and "" in words:
                self._empty(column, np.flatnonzero(codes == words[""]))
        else:
            self.parts[column.name].append(self._numbers(column, cells))

    def _numbers(self, column: Column, cells: Sequence[str]) -> Floats:
        joined = "".join(cells)
        if joined.isascii() and not joined.encode().translate(None, _DIGITS):
            try:
                return self.bounded(column, np.fromiter(map(float, cells), dtype=np.float64, count=len(cells)))
            except ValueError:
                pass
        values = np.full(len(cells), np.nan)
        wrong, empty = [], []
        for row, cell in enumerate(cells):
            if _NUMBER.fullmatch(cell):
                values[row] = float(cell)
            elif cell == "":
                empty.append(row)
            else:
                wrong.append(row)
        if not column.blank:
            self._empty(column, np.array(empty, dtype=np.int64))
        self.mark(
            column,
            np.array(wrong, dtype=np.int64),
            lambda row: cells[row],
            "a number",
            "write digits only, without units or separators",
        )
        return self.bounded(column, values)

    def bounded(self, column: Column, values: Floats) -> Floats:
        """The values, after those out of bounds or not whole are marked."""
        rows = np.flatnonzero((values < column.least) | (values > column.most))
        expected = f"a number from {column.least:g} to {column.most:g}"
        self.mark(column, rows, lambda row: f"{values[row]:g}", expected, "correct the figure and check its unit")
        if column.whole:
            rows = np.flatnonzero((values != np.floor(values)) & ~np.isnan(values))
            self.mark(column, rows, lambda row: f"{values[row]:g}", "a whole number", "write it without a fraction")
        return values

    def _empty(self, column: Column, rows: Ints) -> None:
        expected = "a figure: missing is never zero" if column.kind == "number" else "a text"
        self.mark(column, rows, lambda row: "", expected, "fill the cell or remove the row")

    def mark(self, column: Column, rows: Ints, cell: Callable[[int], str], expected: str, remedy: str) -> None:
        """Note bad cells of the current chunk; they are reported together at the end."""
        if not len(rows):
            return
        chunk = self.lines[-1]
        self.unsound.append(rows + self.rows - len(chunk))
        cells, count = self.bad.setdefault((column.name, expected, remedy), ([], 0))
        cells += [(int(chunk[row]), cell(int(row))) for row in rows[: ERRORS_PER_KIND - len(cells)]]
        self.bad[(column.name, expected, remedy)] = (cells, count + len(rows))

    def table(self) -> Table:
        """What was gathered; bad cells become problems."""
        for (column, expected, remedy), (cells, count) in self.bad.items():
            self.problems.add_cells(self.file, column, cells, expected, remedy, count=count)

        def joined(name: str, dtype: Any) -> Any:
            return np.concatenate(self.parts[name]) if self.parts[name] else np.empty(0, dtype=dtype)

        sound = np.ones(self.rows, dtype=np.bool_)
        for rows in self.unsound:
            sound[rows] = False
        return Table(
            self.file,
            np.concatenate(self.lines) if self.lines else np.empty(0, dtype=np.int64),
            {name: joined(name, np.int32) for name in self.words},
            {name: list(words) for name, words in self.words.items()},
            {c.name: joined(c.name, np.float64) for c in self.columns if c.kind == "number"},
            sound,
        )


def present(
    file: str, header: Sequence[str], columns: Sequence[Column], problems: Problems, unknown: Callable[[str], tuple[str, str]]
) -> list[Column] | None:
    """The columns of a header, in its order; None where one is unknown, missing or repeated."""
    known = {column.name: column for column in columns}
    fine = True
    for n, name in enumerate(header):
        if name not in known:
            problems.add_cells(file, "header", [(1, name)], *unknown(name))
            fine = False
        elif name in header[:n]:
            problems.add_cells(file, "header", [(1, name)], "each column once", "remove one of the two")
            fine = False
    for column in columns:
        if not column.optional and column.name not in header:
            problems.add_cells(file, "header", [(1, ", ".join(header))], f"the column {column.name}", "add the column")
            fine = False
    return [known[name] for name in header] if fine else None
