"""Long tables from CSV, with the line of every cell."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from placement.files.errors import InputErrors, Problems, refuse
from placement.files.limits import TABLE_BYTES
from placement.files.reading import open_regular
from placement.files.tables import Column, Reader, Table, present

CHUNK = 65_536
BLOCK = 1 << 22


def read_csv(
    path: Path, file: str, columns: Sequence[Column], problems: Problems, unknown: Callable[[str], tuple[str, str]]
) -> Table | None:
    """A CSV table with these columns; see ``table_files.read_table``."""
    with open_regular(path, file, TABLE_BYTES) as raw:
        stream = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="\n")
        line = 0
        try:
            header, line = _header(stream, file)
            found = present(file, header, columns, problems, unknown)
            if found is None:
                return None
            gather = Reader(file, found, problems)
            while block := stream.read(BLOCK) + stream.readline():
                block = block.replace("\r\n", "\n")
                if '"' in block:  # A quoted cell may reach into the next block: the rest is read as one.
                    line = _quoted(gather, itertools.chain(block.splitlines(keepends=True), stream), line)
                    break
                if not _plain(gather, block, line):
                    _quoted(gather, block.split("\n"), line)
                line += block.count("\n")
            return gather.table()
        except UnicodeDecodeError:
            raise _not_utf8(path, file) from None
        except csv.Error as error:
            expected, remedy = 'comma-separated values, quoted with "', "check quotes and line ends from this line on"
            raise refuse(file, line + 1, f"not CSV: {error}", expected, remedy) from None


def _header(stream: io.TextIOWrapper, file: str) -> tuple[list[str], int]:
    """Names of the columns, and how many lines they take."""
    reader = csv.reader(stream.readline() for _ in range(1))
    header = next(reader, None)
    if not header:
        raise refuse(file, 1, "an empty first line", "a header with the names of the columns", "add the header")
    return header, 1


def _plain(gather: Reader, block: str, before: int) -> bool:
    """Read whole lines without quotes by splitting them at once; False, and nothing read, where rows are ragged or blank."""
    width = len(gather.columns)
    cells = block.removesuffix("\n").replace("\n", ",\n,").split(",")
    rows = (len(cells) + 1) // (width + 1)
    if (len(cells) + 1) % (width + 1) or cells[width :: width + 1].count("\n") != rows - 1 or "\r" in block:
        return False
    if block.count("\n") - block.endswith("\n") != rows - 1:
        return False
    gather.add_lines(np.arange(before + 1, before + rows + 1, dtype=np.int64))
    for k, column in enumerate(gather.columns):
        gather.add(column, cells[k :: width + 1])
    return True


def _quoted(gather: Reader, lines: Iterable[str], before: int) -> int:
    """Read lines that may hold quoted cells; the number of the last line."""
    reader = csv.reader(lines, strict=True)
    done = before
    while rows := list(itertools.islice(reader, CHUNK)):
        _chunk(gather, rows, done, before + reader.line_num)
        done = before + reader.line_num
    return done


def _not_utf8(path: Path, file: str) -> InputErrors:
    """Which line is not UTF-8; sought only once decoding has failed."""
    with open_regular(path, file, TABLE_BYTES) as raw:
        for number, line in enumerate(raw, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                found = f"the byte 0x{line[error.start]:02x}, which is not UTF-8"
                return refuse(file, number, found, "UTF-8 text", "save the file as UTF-8")
    return refuse(file, None, "text that is not UTF-8", "UTF-8 text", "save the file as UTF-8")


def _chunk(gather: Reader, rows: list[list[str]], before: int, after: int) -> None:
    if after - before == len(rows):
        lines = np.arange(before + 1, after + 1, dtype=np.int64)
    else:  # Some cells hold line breaks: a row then ends as many lines further down.
        height = [1 + sum(cell.count("\n") for cell in row) for row in rows]
        lines = before + np.cumsum(height) - np.array(height) + 1
    width = len(gather.columns)
    if set(map(len, rows)) != {width}:
        ragged = [(int(lines[n]), f"{len(row)} cells") for n, row in enumerate(rows) if row and len(row) != width]
        gather.problems.add_cells(gather.file, "row", ragged, f"{width} cells, as in the header", "add or remove cells")
        keep = [n for n, row in enumerate(rows) if len(row) == width]
        rows, lines = [rows[n] for n in keep], lines[keep]
    gather.add_lines(lines)
    for column, cells in zip(gather.columns, zip(*rows, strict=True), strict=False):
        gather.add(column, cells)
