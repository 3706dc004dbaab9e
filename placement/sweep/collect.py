"""All rows of a sweep as one table: CSV, Parquet, or a pandas frame."""

from __future__ import annotations

import csv
import io
from typing import Any

from placement.report.text import clean
from placement.sweep.case import Row
from placement.sweep.expand import word
from placement.sweep.store import Store

FIRST = ("index", "case", "digest")
QUALITY = ("status", "limit", "objective_usd", "bound_usd", "gap", "peak_kw", "mean_kw", "jobs_run", "work", "start", "error")
RUN = ("seconds", "peak_mb", "host", "ended")
"""Columns that differ from run to run; all others are equal wherever and whenever a sweep is run."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""

Table = dict[str, list[Any]]
"""Columns by name, all of one length; None where nothing is known."""


class NotInstalled(ImportError):
    """An optional package is missing; the message says which and how to get it."""


def collected(store: Store) -> Table:
    """The table: a row for each case that has ended, in order of cases."""
    rows = store.rows()
    names = {case["digest"]: case["name"] for case in store.cases}
    table: Table = {
        "index": [row.index for row in rows],
        "case": [names[row.digest] for row in rows],
        "digest": [row.digest for row in rows],
    }
    for parameter in store.parameters:
        name = parameter["id"]
        values = [row.settings.get(name) for row in rows]
        mixed = len({type(value) for value in values if value is not None}) > 1
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values if value is not None)
        if mixed:
            values = [None if value is None else float(value) if numbers else word(value) for value in values]
        table[f"parameter.{name}"] = values
        if parameter["figures"] is not None and not numbers:
            at = dict(zip(parameter["settings"], parameter["figures"], strict=True))
            table[f"figure.{name}"] = [at.get(row.settings.get(name)) for row in rows]
    for name in QUALITY:
        table[name] = [_quality(row, name) for row in rows]
    for prefix, suffix in (("levels", "_usd"), ("terms", "_usd"), ("served_share", ""), ("signed", "")):
        parts = [getattr(row.outcome, prefix) or {} for row in rows]
        for name in dict.fromkeys(name for part in parts for name in part):
            table[f"{prefix.removesuffix('s')}.{name}{suffix}"] = [part.get(name) for part in parts]
    for name in RUN:
        table[name] = [getattr(row.information, name) for row in rows]
    return table


def _quality(row: Row, name: str) -> Any:
    if name in ("start", "error"):
        return getattr(row, name)
    return getattr(row.outcome, name.removesuffix("_usd"))


def csv_text(table: Table) -> str:
    """As CSV; what is not known is an empty cell, and truth is true or false. No spreadsheet runs a text, no terminal obeys it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table)
    for line in zip(*table.values(), strict=True):
        writer.writerow([_cell(value) for value in line])
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return f"'{clean(value)}" if value.startswith(FORMULA) else clean(value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value


def parquet_bytes(table: Table) -> bytes:
    """As Parquet. Raises NotInstalled without pyarrow."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise NotInstalled("Parquet needs pyarrow: pip install 'fleet-placement[parquet]', or name a .csv") from None
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(table), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def frame(store: Store) -> Any:
    """As a pandas frame, indexed by case. Raises NotInstalled without pandas."""
    try:
        import pandas as pd
    except ImportError:
        raise NotInstalled("frames need pandas: pip install 'fleet-placement[pandas]'") from None
    return pd.DataFrame(collected(store)).set_index("index")
