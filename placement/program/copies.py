"""Options with copies written out one by one, and what makes copies well-formed. See the module ``program`` for what copies are."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from placement.program import Charges, CostRow, Ints, Options, Program, Rates, Resources

ALIKE = ("equality", "partition", "hourly", "price", "price_profile", "price_level", "price_term", "private")
"""What resources used by copies of one option have in common: everything but limit and name."""


def unfold(program: Program) -> Program:
    """The Program with a row for every copy, in the order of explicit ids."""
    copies = program.options.copies
    option, copy = _expand(copies)
    columns: dict[str, Any] = {f.name: getattr(program.options, f.name)[option] for f in fields(Options)}
    columns["copies"] = np.ones(len(option), dtype=copies.dtype)
    offset, owner, rate = _rows_of(program.rates.offset, option)
    rates: dict[str, Any] = {f.name: getattr(program.rates, f.name)[rate] for f in fields(Rates) if f.name != "offset"}
    rates["resource"] = rates["resource"] + np.where(rates["step"], copy[owner], 0).astype(rates["resource"].dtype)
    rates["step"] = np.zeros(len(rate), dtype=np.bool_)
    charge_offset, _, charge = _rows_of(program.charges.offset, option)
    charges: dict[str, Any] = {f.name: getattr(program.charges, f.name)[charge] for f in fields(Charges) if f.name != "offset"}
    return replace(
        program,
        options=Options(**columns),
        rates=Rates(offset=offset, **rates),
        charges=Charges(offset=charge_offset, **charges),
        cost_rows=tuple(_unfold_row(program, row) for row in program.cost_rows),
    )


def validate(program: Program) -> None:
    """ValueError where an option has no copy, or copies use what does not exist or differs in more than its limits."""
    copies, rates, resources = program.options.copies, program.rates, program.resources
    if np.any(copies < 1):
        o = int(np.argmax(copies < 1))
        raise ValueError(f"option {o} has {copies[o]} copies; give at least one")
    if not np.any(rates.step):
        return
    stepping = np.flatnonzero(rates.step)
    first = rates.resource[stepping]
    last = first + np.repeat(copies, np.diff(rates.offset))[stepping] - 1

    def option_of(n: int) -> int:
        return int(np.searchsorted(rates.offset, stepping[n], side="right") - 1)

    beyond = last >= len(resources)
    if np.any(beyond):
        n = int(np.argmax(beyond))
        raise ValueError(f"option {option_of(n)}: a copy uses resource {last[n]}, there are {len(resources)}; give it fewer copies")
    run = _alike(resources)
    unlike = run[first] != run[last]
    if np.any(unlike):
        n = int(np.argmax(unlike))
        names = f"{resources.name[first[n]]} to {resources.name[last[n]]}"
        raise ValueError(
            f"option {option_of(n)}: its copies use {names}, which differ in more than limits; give these options of their own"
        )


def _alike(resources: Resources) -> Ints:
    """Number of the run of consecutive resources that differ in limits only, by resource."""
    differs = np.zeros(len(resources), dtype=np.bool_)
    for name in ALIKE:
        column = getattr(resources, name)
        differs[1:] |= column[1:] != column[:-1]
    return np.cumsum(differs)


def _expand(count: Ints) -> tuple[Ints, Ints]:
    """For rows with ``count`` members each: the row of every member, and its number within the row."""
    count = count.astype(np.int64)
    owner = np.repeat(np.arange(len(count), dtype=np.int64), count)
    return owner, np.arange(len(owner), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)


def _rows_of(offset: Ints, option: Ints) -> tuple[Ints, Ints, Ints]:
    """Rows of a table sorted by option, repeated for every copy: new offsets, and of each new row the copy's id and the old row."""
    count = np.diff(offset)[option]
    owner, number = _expand(count)
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(count)]), owner, offset[option][owner] + number


def _unfold_row(program: Program, row: CostRow) -> CostRow:
    if row.options is None:
        return row
    owner, copy = _expand(program.options.copies[row.options])
    return replace(row, options=program.joined(row.options[owner], copy))
