"""Programs with groups that are alike, made of any Program: its groups repeated, with options and rates in another order."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from placement.program import Charges, Groups, Ints, Options, Program, Rates


def repeated(program: Program, times: Ints, rng: np.random.Generator) -> tuple[Program, Ints]:
    """The Program with each group ``times`` [G] over, all groups and their options shuffled; and which each was, [groups]."""
    was = rng.permutation(np.repeat(np.arange(len(times)), times))
    free = np.flatnonzero(program.options.group < 0)
    rows = [(o, -1) for o in free.tolist()]
    rows += [(o, g) for g in range(len(was)) for o in rng.permutation(np.flatnonzero(program.options.group == was[g])).tolist()]
    moved = np.arange(len(free), len(rows))
    order = np.concatenate([np.arange(len(free)), rng.permutation(moved)]).astype(np.int64)
    option, group = (np.array([rows[k][n] for k in order], dtype=np.int64) for n in (0, 1))
    said: dict[str, Any] = {f.name: getattr(program.options, f.name)[option] for f in fields(Options)}
    out = replace(
        program,
        options=Options(**said | {"group": group}),
        rates=Rates(**_taken(program.rates, option, rng)),
        charges=Charges(**_taken(program.charges, option, rng)),
        groups=Groups(tuple(f"{program.groups.name[g]} {k}" for k, g in enumerate(was)), program.groups.must[was]),
        cost_rows=tuple(
            row if row.options is None else replace(row, options=np.flatnonzero(np.isin(option, row.options)))
            for row in program.cost_rows
        ),
    )
    return out, was


def _taken(table: Rates | Charges, option: Ints, rng: np.random.Generator) -> dict[str, Any]:
    rows = [rng.permutation(np.arange(table.offset[o], table.offset[o + 1])) for o in option]
    offset = np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64)
    row = np.concatenate([np.zeros(0, dtype=np.int64), *rows])
    return {"offset": offset} | {f.name: getattr(table, f.name)[row] for f in fields(table) if f.name != "offset"}
