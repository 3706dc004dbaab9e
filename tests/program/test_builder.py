"""The Builder's tables: rows of one option stay together and in order, in narrow columns that refuse what they cannot hold."""

from __future__ import annotations

import numpy as np
import pytest

from placement.builder import Builder
from placement.program import Grid, Program


def _builder(options: int) -> tuple[Builder, np.ndarray, np.ndarray]:
    builder = Builder(Grid(np.full(4, 24.0), 1), ("cost",), ("a", "b"))
    zero = np.zeros(options, dtype=np.int64)
    option = builder.add_running(first=zero, last=zero + 3, hours=24.0)
    resource = builder.add_resources([f"r{n}" for n in range(6)], "units", 10.0)
    return builder, option, resource


def _rows(program: Program) -> list[tuple[int, int, float]]:
    owner = np.repeat(np.arange(len(program.options)), np.diff(program.rates.offset))
    return list(zip(owner.tolist(), program.rates.resource.tolist(), program.rates.amount.tolist(), strict=True))


def test_rows_of_an_option_keep_the_order_in_which_they_were_added() -> None:
    rng = np.random.default_rng(5)
    builder, option, resource = _builder(20)
    expected: list[tuple[int, int, int, float]] = []
    for chunk in range(8):
        rows = rng.integers(0, 20, rng.integers(0, 30))
        rows = np.sort(rows) if chunk % 2 else rows
        used, amount = rng.integers(0, 6, len(rows)), rng.random(len(rows))
        builder.add_rates(option[rows], resource[used], amount)
        expected += [
            (int(o), len(expected) + n, int(r), float(a)) for n, (o, r, a) in enumerate(zip(rows, used, amount, strict=True))
        ]
    assert _rows(builder.build()) == [(o, r, a) for o, _, r, a in sorted(expected)]


def test_a_number_for_a_whole_chunk_reaches_every_row() -> None:
    builder, option, resource = _builder(3)
    builder.add_rates(option, int(resource[2]), 1.5)
    builder.add_charges(option[1:], 0, 1, -2.0)
    program = builder.build()
    assert _rows(program) == [(o, 2, 1.5) for o in range(3)]
    assert program.charges.offset.tolist() == [0, 0, 1, 2]
    assert program.charges.term.tolist() == [1, 1]


def test_tables_are_narrow() -> None:
    builder, option, resource = _builder(3)
    builder.add_rates(option, resource[:3], 1)
    program = builder.build()
    assert program.rates.resource.dtype == np.int32
    assert program.rates.from_anchor.dtype == np.int8
    assert program.options.first.dtype == np.int32
    assert program.rates.offset.dtype == np.int64


@pytest.mark.parametrize("upper", [np.inf, np.nan])
def test_an_option_without_end_is_refused(upper: float) -> None:
    builder, _, _ = _builder(1)
    nothing = np.zeros(2, dtype=np.int64)
    with pytest.raises(ValueError, match="must be finite"):
        builder.add_per_period(first=nothing, last=nothing, upper=np.array([1.0, upper]))
    with pytest.raises(ValueError, match="must be finite"):
        builder.add_running(first=nothing, last=nothing, hours=24.0, upper=upper)


def test_what_a_column_cannot_hold_is_refused_by_name() -> None:
    builder, option, resource = _builder(1)
    with pytest.raises(OverflowError, match="resource"):
        builder.add_rates(option, resource[:1] + 2**31, 1.0)
    with pytest.raises(OverflowError, match="level"):
        builder.add_charges(option, 128, 0, 1.0)
