"""Rows that follow from whole numbers: of gangs that need more than 1/(k + 1) of a resource at most k run at once.

    sum over x with amount > C / (k + 1), active in the slot   <= k        where a slot offers at most C, for k = 1, 2, 3

The relaxation that prices are a bound of would run 1.6 gangs of 0.6 of an island each; these rows, written as further resources
of the Program and priced like all others, take that away.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement.program import Anchor, Ints, Program
from solvers.prices.layout import most_supplied

DEEPEST = 3
"""Largest k."""


def strengthened(program: Program) -> Program:
    """The Program with these rows; all its plans are kept, slots and options keep their numbers."""
    rates, resources, options = program.rates, program.resources, program.options
    owner = np.repeat(np.arange(len(options), dtype=np.int64), np.diff(rates.offset))
    binary = ((program.profiles == 0) | (program.profiles == 1)).all(axis=1)
    plain = (rates.amount > 0) & ~rates.lump & binary[rates.profile] & options.whole[owner] & (options.group[owner] >= 0)
    plain &= (rates.from_anchor == Anchor.START) & (rates.to_anchor == Anchor.END)
    supplied = np.zeros(len(resources), dtype=bool)
    np.logical_or.at(supplied, resources.of_slot, most_supplied(program) > 0)
    fit = ~resources.equality & ~resources.hourly & (resources.partition == 0) & ~supplied & (resources.private < 0)
    rows = np.flatnonzero(plain & fit[rates.resource])
    rows = rows[np.argsort(rates.resource[rows], kind="stable")]
    cuts = np.searchsorted(rates.resource[rows], np.arange(len(resources) + 1))
    new_rates: list[Ints] = []
    new_resource: list[Ints] = []
    limits, seen, periods = [], set(), program.grid.periods
    for r in range(len(resources)):
        mine = rows[cuts[r] : cuts[r + 1]]
        limit = resources.limit[resources.offset[r] : resources.offset[r + 1]]
        if not len(mine) or not (limit > 0).any():
            continue
        room = float(np.median(limit[limit > 0]))
        for k in range(1, DEEPEST + 1):
            big = mine[rates.amount[mine] > room * (1 + 1e-6) / (k + 1)]
            key = hash((k, owner[big].tobytes()))
            if len(np.unique(options.group[owner[big]])) <= k or key in seen:
                continue
            seen.add(key)
            new_rates.append(big)
            new_resource.append(np.full(len(big), len(resources) + len(limits)))
            limits.append(np.where(limit <= room * (1 + 1e-9), float(k), float(len(program.groups) + 1)))
    if not limits:
        return program
    return _with_rows(program, owner, np.concatenate(new_rates), np.concatenate(new_resource), np.array(limits), periods)


def _with_rows(program: Program, owner: Ints, rows: Ints, resource: Ints, limits: np.ndarray, periods: int) -> Program:  # type: ignore[type-arg]
    """Further resources, each used once by the options of ``rows`` over the same windows."""
    rates, old = program.rates, program.resources
    n = len(limits)
    order = np.argsort(np.concatenate([owner, owner[rows]]), kind="stable")
    count = np.diff(rates.offset) + np.bincount(owner[rows], minlength=len(program.options))

    def joined(field: str, new: object) -> np.ndarray:  # type: ignore[type-arg]
        before = getattr(rates, field)
        return np.concatenate([before, np.broadcast_to(np.asarray(new, dtype=before.dtype), (len(rows),))])[order]

    zero = np.zeros(n, dtype=np.int64)
    return replace(
        program,
        rates=replace(
            rates,
            offset=np.concatenate([[0], np.cumsum(count)]),
            resource=joined("resource", resource),
            amount=joined("amount", 1.0),
            **{f: joined(f, getattr(rates, f)[rows]) for f in ("from_anchor", "from_offset", "to_anchor", "to_offset", "profile")},
            lump=joined("lump", False),
        ),
        resources=replace(
            old,
            name=old.name + ("at once",) * n,
            unit=old.unit + ("gangs",) * n,
            equality=np.concatenate([old.equality, zero.astype(bool)]),
            partition=np.concatenate([old.partition, zero]),
            offset=np.concatenate([old.offset, old.offset[-1] + periods * np.arange(1, n + 1)]),
            limit=np.concatenate([old.limit, limits.reshape(-1)]),
            hourly=np.concatenate([old.hourly, zero.astype(bool)]),
            price=np.concatenate([old.price, np.zeros(n)]),
            price_profile=np.concatenate([old.price_profile, zero]),
            price_level=np.concatenate([old.price_level, zero]),
            price_term=np.concatenate([old.price_term, zero]),
            private=np.concatenate([old.private, zero - 1]),
        ),
    )
