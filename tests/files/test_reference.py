"""The reference of the format names every field, every limit and every column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from placement.files import limits
from placement.files.long_tables import DEMAND, ELIGIBILITY, RAMPS, SHAPES
from placement.files.plan_tables import COLUMNS
from placement.files.schema import schema

REFERENCE = (Path(__file__).parents[2] / "instances" / "README.md").read_text()
WORDS = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", REFERENCE))
FOUND = schema()
NOUNS = {"Document": FOUND, **FOUND["$defs"]}


@pytest.mark.parametrize("noun", NOUNS)
def test_every_field_is_described(noun: str) -> None:
    assert set(NOUNS[noun].get("properties", {})) <= WORDS


def test_every_column_is_described() -> None:
    for columns in (SHAPES, ELIGIBILITY, DEMAND, RAMPS, *COLUMNS.values()):
        assert {column.name for column in columns} <= WORDS


@pytest.mark.parametrize("limit", [limits.VALUES, limits.ROWS, limits.PERIODS, limits.CELLS])
def test_every_limit_is_stated(limit: int) -> None:
    assert f"{limit:,}" in REFERENCE


def test_sizes_are_stated() -> None:
    assert f"{limits.FILE_BYTES // 2**20} MiB" in REFERENCE
    assert f"{limits.TABLE_BYTES // 2**30} GiB" in REFERENCE
    assert f"nested {limits.DEPTH} deep" in REFERENCE
    assert f"{limits.INTEGER_DIGITS} digits" in REFERENCE
    assert f"the first {limits.ERRORS_PER_KIND} are shown" in REFERENCE
