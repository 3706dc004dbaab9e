"""Reads a table file by its ending."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from placement.files.csv_table import read_csv
from placement.files.errors import Problems, refuse
from placement.files.tables import Column, Table


def read_table(
    path: Path, file: str, columns: Sequence[Column], problems: Problems, unknown: Callable[[str], tuple[str, str]]
) -> Table | None:
    """A table with these columns; None (and problems) where its header is wrong. ``unknown`` explains an unknown column.

    Raises InputErrors where it cannot be read at all.
    """
    if path.suffix.lower() == ".parquet":
        from placement.files.parquet import read_parquet

        return read_parquet(path, file, columns, problems, unknown)
    if path.suffix.lower() != ".csv":
        raise refuse(
            file, None, f"a name ending in '{path.suffix}'", "a name ending in .csv or .parquet", "rename or convert the table"
        )
    return read_csv(path, file, columns, problems, unknown)
