"""Options with copies: the same Program as one with a row for every copy, in fewer rows."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from placement.builder import Builder
from placement.program import Anchor, CostRow, Grid, Program

COPIES = (3, 1, 2)
FIRST_ISLAND = (0, 3, 1)


def _program(folded: bool) -> Program:
    """Three running options on islands of one pool and a per-period one; folded, or each copy as an option by hand."""
    b = Builder(Grid(np.full(4, 24.0), 1), ("first", "second"), ("own", "use"))
    pool = b.add_resources(["pool"], "gpu", 9.0, price=0.2, level=1, term=1)
    islands = b.add_resources([f"island {n}" for n in range(4)], "gpu", np.arange(4.0, 8.0)[:, None], price=0.1, level=1, term=1)
    groups = b.add_groups(["x", "y", "z"], np.array([False, True, False]))
    copies = np.array(COPIES if folded else (1,) * sum(COPIES))
    row = np.arange(3) if folded else np.repeat(np.arange(3), COPIES)
    island = islands[FIRST_ISLAND[0]] + np.array([0, 3, 1] if folded else [0, 1, 2, 3, 1, 2])
    first, last = np.array([0, 1, 0])[row], np.array([2, 2, 1])[row]
    option = b.add_running(first=first, last=last, hours=np.array([24.0, 30.0, 48.0])[row], group=groups[row], copies=copies)
    gpus = np.array([2.0, 4.0, 3.0])[row]
    b.add_rates(option, island, gpus, step=copies > 1)
    b.add_rates(option, pool[0], gpus)
    b.add_rates(option, island, 0.5, lump=True, step=copies > 1)
    b.add_charges(option, 1, 0, np.array([-9.0, -7.0, -8.0])[row])
    b.add_charges(option, 0, 0, 1.0, anchor=Anchor.END, table=b.curve([0, 0, 1, 2, 3]))
    b.add_per_period(first=np.zeros(1, dtype=np.int64), last=np.array([3]), upper=2.0)
    b.add_cost_row(CostRow("of some", 1, 50.0, option[:1] if folded else option[:3]))
    return b.build()


def _equal(one: Program, other: Program) -> None:
    for table in ("resources", "options", "rates", "charges"):
        for f in fields(getattr(one, table)):
            a, b = getattr(getattr(one, table), f.name), getattr(getattr(other, table), f.name)
            if f.name == "step":
                continue  # says nothing without copies
            assert np.array_equal(a, b), (table, f.name, a, b)
    for row, same in zip(one.cost_rows, other.cost_rows, strict=True):
        assert row.options is not None
        assert same.options is not None
        assert np.array_equal(row.options, same.options)


def test_unfolded_is_the_program_written_out_by_hand() -> None:
    _equal(_program(True).unfolded(), _program(False))


def test_a_program_without_copies_is_its_own_unfolding() -> None:
    program = _program(False)
    assert program.unfolded() is program
    assert program.unfolded().folded is False


def test_explicit_ids_split_and_join() -> None:
    program = _program(True)
    explicit = np.arange(7)
    option, copy = program.split(explicit)
    assert option.tolist() == [0, 0, 0, 1, 2, 2, 3]
    assert copy.tolist() == [0, 1, 2, 0, 0, 1, 0]
    assert program.joined(option, copy).tolist() == explicit.tolist()


def test_a_choice_is_judged_the_same_folded_or_not() -> None:
    folded, plain = _program(True), _program(False)
    rng = np.random.default_rng(3)
    option, start = plain.columns()
    seen = set()
    for _ in range(60):
        chosen = np.flatnonzero(rng.random(len(option)) < 0.2)
        choice = option[chosen], start[chosen], rng.choice([1.0, 1.0, 2.0], len(chosen))
        for mine, other in zip(folded.use(*choice), plain.use(*choice), strict=True):
            assert mine.tolist() == other.tolist()
        assert folded.objective(*choice) == pytest.approx(plain.objective(*choice))
        assert folded.infeasibility(*choice) == plain.infeasibility(*choice)
        seen.add(bool(plain.infeasibility(*choice)))
    assert seen == {True, False}


def test_entries_of_copies_are_those_of_explicit_options() -> None:
    folded, plain = _program(True), _program(False)
    option, start = plain.columns()
    row, copy = folded.split(option)
    mine, other = folded.entries(row, start, copy), plain.entries(option, start)
    for name in ("row", "column", "value"):
        assert getattr(mine, name).tolist() == getattr(other, name).tolist()
    assert folded.costs(row, start) == pytest.approx(plain.costs(option, start))


def test_copies_stay_inside_resources_that_differ_in_limits_only() -> None:
    def build(copies: int, first: int) -> Program:
        b = Builder(Grid(np.full(2, 24.0), 1), ("cost",), ("all",))
        b.add_resources(["dear"], "gpu", 1.0, price=1.0)
        b.add_resources(["one", "two"], "gpu", np.array([[1.0], [2.0]]))
        option = b.add_running(first=np.zeros(1, dtype=np.int64), last=np.zeros(1, dtype=np.int64), hours=24.0, copies=copies)
        b.add_rates(option, first, 1.0, step=True)
        return b.build()

    assert build(2, 1).folded
    with pytest.raises(ValueError, match="resource 3, there are 3; give it fewer copies"):
        build(2, 2)
    with pytest.raises(ValueError, match="dear to one, which differ in more than limits"):
        build(2, 0)
    with pytest.raises(ValueError, match="0 copies; give at least one"):
        build(0, 1)
