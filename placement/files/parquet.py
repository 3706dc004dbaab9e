"""Parquet tables, where the optional pyarrow is installed; the same checks as for CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from placement.files.errors import Problems, refuse
from placement.files.limits import ROWS, TABLE_BYTES
from placement.files.reading import open_regular
from placement.files.tables import Column, Reader, Table, present


def read_parquet(
    path: Path, file: str, columns: Sequence[Column], problems: Problems, unknown: Callable[[str], tuple[str, str]]
) -> Table | None:
    """As ``table_files.read_table``; lines are numbers of rows, from 1."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        remedy = "pip install 'fleet-placement[parquet]', or convert the table to CSV"
        raise refuse(file, None, "a Parquet table", "the package pyarrow, which is not installed", remedy) from None
    with open_regular(path, file, TABLE_BYTES) as raw:
        try:
            source = pq.ParquetFile(raw)
            if source.metadata.num_rows > ROWS:
                found = f"{source.metadata.num_rows} rows"
                raise refuse(file, None, found, f"at most {ROWS} rows", "use longer blocks or split the instance")
            header = list(source.schema_arrow.names)
            found_columns = present(file, header, columns, problems, unknown)
            if found_columns is None:
                return None
            gather = Reader(file, found_columns, problems)
            content = source.read()
            gather.add_lines(np.arange(1, content.num_rows + 1, dtype=np.int64))
            fine = [_column(pa, gather, column, content.column(column.name)) for column in found_columns]
            return gather.table() if all(fine) else None
        except (pa.ArrowException, OSError, ValueError) as error:
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise refuse(file, None, f"not Parquet: {reason}", "a Parquet file", "write the table again") from None


def _column(pa: Any, gather: Reader, column: Column, values: Any) -> bool:
    """One column of the whole table; False where its type is wrong."""
    kind = values.type
    if column.kind == "number":
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            gather.problems.add_cells(gather.file, column.name, [(1, str(kind))], "a column of numbers", "convert the column")
            return False
        figures = values.cast(pa.float64(), safe=False).to_numpy().astype(np.float64)
        empty = np.flatnonzero(np.isnan(figures))
        if not column.blank:
            gather.mark(
                column, empty, lambda row: "nothing or NaN", "a figure: missing is never zero", "fill the cell or remove the row"
            )
        gather.parts[column.name].append(gather.bounded(column, figures))
        return True
    if pa.types.is_timestamp(kind):
        values, kind = values.cast(pa.date32()), pa.date32()  # An error where a time of day would be lost.
    textual = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_date(kind) or pa.types.is_dictionary(kind)
    if not textual and not column.blank:
        gather.problems.add_cells(gather.file, column.name, [(1, str(kind))], "a column of text or days", "convert the column")
        return False
    if pa.types.is_boolean(kind):
        values = pa.chunked_array([["true" if v else "false" if v is not None else "" for v in values.to_pylist()]], pa.string())
    coded = values.cast(pa.string()).fill_null("").dictionary_encode().combine_chunks()
    words = gather.words[column.name]
    table = np.array([words[word] for word in coded.dictionary.to_pylist()] or [0], dtype=np.int32)
    codes = table[coded.indices.to_numpy(zero_copy_only=False)] if len(coded) else np.empty(0, dtype=np.int32)
    gather.parts[column.name].append(codes)
    if not column.blank and "" in words:
        gather.mark(column, np.flatnonzero(codes == words[""]), lambda row: "", "a text", "fill the cell or remove the row")
    return True
