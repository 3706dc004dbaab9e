"""Several Programs as one: what is decided before it is known which of them comes true stands once, all else once for each.

    minimise  sum over cases of p x cost                                              at the levels before the last
              (1 - w) x sum over cases of p x cost + w x tail                         at the last one

Shared options use the resources of every case. Probability weighs charges and prices of resources, so that costs of the joint
Program are expected costs. See ``tail`` for the mean cost of the worst share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from placement.program import Bools, Charges, Floats, Groups, Ints, Options, Program, Rates, Resources
from placement.program.copies import validate
from placement.program.stacked import by_option, columns_of, owners, stacked
from placement.program.tail import Tail, value_at_risk, with_tail

Columns = tuple[Ints, Ints, Floats]
"""Explicit ids, starts and values."""


@dataclass(frozen=True)
class Joint:
    """The one Program of several ``cases``; ``rows[s]`` [O of case s] are the rows of its options in it."""

    program: Program
    cases: tuple[Program, ...]
    rows: tuple[Ints, ...]
    probability: Floats
    tail: Tail | None
    base_usd: float
    """y = ``base_usd`` + ``unit_usd`` x its option, the last but one for each case."""
    unit_usd: float

    def split(self, option: Ints, start: Ints, value: Floats) -> tuple[Columns, ...]:
        """What a choice of columns decides in each case."""
        row, copy = self.program.split(option)
        parts = []
        for case, rows in zip(self.cases, self.rows, strict=True):
            mine = np.full(len(self.program.options), -1, dtype=np.int64)
            mine[rows] = np.arange(len(rows))
            known = np.flatnonzero(mine[row] >= 0)
            parts.append((case.joined(mine[row[known]], copy[known]), start[known], value[known]))
        return tuple(parts)

    def joined(self, parts: Sequence[Columns]) -> Columns:
        """One choice of columns from one for each case; where they differ in what is shared, the first case's counts."""
        taken: list[Columns] = []
        shared = np.zeros(len(self.program.options), dtype=np.bool_)
        for (option, start, value), case, rows in zip(parts, self.cases, self.rows, strict=True):
            row, copy = case.split(option)
            new = np.flatnonzero(~shared[rows[row]])
            taken.append((self.program.joined(rows[row[new]], copy[new]), start[new], value[new]))
            shared[rows] = True
        if self.tail is not None:
            cost = np.array([case.objective(*part)[-1].sum() for case, part in zip(self.cases, parts, strict=True)])
            y = value_at_risk(cost, self.probability, self.tail.share)
            above = np.concatenate([[y - self.base_usd], np.maximum(cost - y, 0.0)]) / self.unit_usd
            first = self.program.first_copy[-1] - len(above)
            taken.append((first + np.arange(len(above)), np.zeros(len(above), dtype=np.int64), above))
        option, start, value = (np.concatenate([part[k] for part in taken]) for k in range(3))
        return option, start, value


def join(
    cases: Sequence[Program], names: Sequence[str], probability: Floats, shared: Sequence[Ints], *,
    left_out: Sequence[Ints] | None = None, tail: Tail | None = None,
) -> Joint:  # fmt: skip
    """``shared[s]`` [n] are rows of case s, in the same order in every case; ``left_out[s]`` are rows that nobody may choose.

    ValueError where cases differ in time, levels or terms, or shared options in more than their rates and charges.
    """
    _comparable(cases, shared)
    tail = None if tail is None or tail.weight == 0 else tail
    rows, count = _rows(cases, shared)
    factors = {name: _Stack([getattr(case, name) for case in cases]) for name in ("profiles", "curves", "paces", "partitions")}
    group_of, groups = _groups(cases, names, shared)
    weight = np.repeat(probability[:, None], len(cases[0].levels), axis=1)
    if tail is not None:
        weight[:, -1] *= 1.0 - tail.weight
    out = left_out or [np.empty(0, dtype=np.int64) for _ in cases]
    options = _options(cases, rows, count, group_of, factors, out)
    resources, first_resource = _resources(cases, names, weight, factors)
    program = Program(
        grid=cases[0].grid,
        resources=resources,
        options=options,
        rates=_rates(cases, rows, count, first_resource, factors),
        charges=_charges(cases, rows, count, weight, factors),
        groups=groups,
        levels=cases[0].levels,
        terms=cases[0].terms,
        constants=sum((w[:, None] * case.constants for w, case in zip(weight, cases, strict=True)), np.zeros(1)),
        profiles=factors["profiles"].all,
        curves=factors["curves"].all,
        paces=factors["paces"].all,
        partitions=factors["partitions"].all,
    )
    base, unit = 0.0, 1.0
    if tail is not None:
        program, base, unit = with_tail(program, cases, names, rows, probability, tail)
    validate(program)
    return Joint(program, tuple(cases), tuple(rows), probability, tail, base, unit)


def _comparable(cases: Sequence[Program], shared: Sequence[Ints]) -> None:
    first = cases[0]
    for case, rows in zip(cases, shared, strict=True):
        if case.grid.bands != first.grid.bands or not np.array_equal(case.grid.hours, first.grid.hours):
            raise ValueError("cases of one joint Program have the same time axis")
        if case.levels != first.levels or case.terms != first.terms:
            raise ValueError("cases of one joint Program have the same levels and terms")
        if case.cost_rows:
            raise ValueError("a Program with cost rows cannot be a case of a joint one: write them as resources")
        for field in ("running", "first", "last", "hours", "upper", "whole", "copies"):
            mine, theirs = getattr(case.options, field)[rows], getattr(first.options, field)[shared[0]]
            if len(rows) != len(shared[0]) or not np.array_equal(mine, theirs):
                raise ValueError(f"shared options differ in {field}")


class _Stack:
    """Tables of factors one below another; row 0, which all have in common, stands once."""

    def __init__(self, tables: Sequence[Any]) -> None:
        self.all = np.concatenate([tables[0][:1], *(table[1:] for table in tables)])
        length = [len(table) - 1 for table in tables]
        self._before = np.cumsum([0, *length])

    def of(self, case: int, row: Ints) -> Ints:
        return np.asarray(np.where(row == 0, 0, row.astype(np.int64) + self._before[case]), dtype=np.int64)


def _rows(cases: Sequence[Program], shared: Sequence[Ints]) -> tuple[list[Ints], int]:
    """Row in the joint Program of every option of each case, and how many there are."""
    count, found = len(shared[0]), []
    for case, rows in zip(cases, shared, strict=True):
        mine = np.full(len(case.options), -1, dtype=np.int64)
        mine[rows] = np.arange(len(rows))
        alone = np.flatnonzero(mine < 0)
        mine[alone] = count + np.arange(len(alone))
        count += len(alone)
        found.append(mine)
    return found, count


def _groups(cases: Sequence[Program], names: Sequence[str], shared: Sequence[Ints]) -> tuple[list[Ints], Groups]:
    """Group in the joint Program of every group of each case: those of shared options are one."""
    found: list[Ints] = []
    labels: list[str] = []
    must: list[Bools] = []
    count = 0
    for case, name, rows in zip(cases, names, shared, strict=True):
        mine = np.full(len(case.groups), -1, dtype=np.int64)
        if found:
            old, theirs = case.options.group[rows], cases[0].options.group[shared[0]]
            mine[old[old >= 0]] = found[0][theirs[old >= 0]]
        new = np.flatnonzero(mine < 0)
        mine[new] = count + np.arange(len(new))
        count += len(new)
        labels += [f"{case.groups.name[g]} in {name}" for g in new.tolist()]
        must.append(case.groups.must[new])
        found.append(mine)
    return found, Groups(tuple(labels), np.concatenate(must))


def _options(
    cases: Sequence[Program], rows: Sequence[Ints], count: int, group_of: Sequence[Ints], factors: dict[str, _Stack],
    left_out: Sequence[Ints],
) -> Options:  # fmt: skip
    table: dict[str, Any] = {f.name: np.zeros(count, dtype=getattr(cases[0].options, f.name).dtype) for f in fields(Options)}
    for s in reversed(range(len(cases))):  # What is shared is written last by the first case, whose tables it refers to.
        options = cases[s].options
        for name, column in table.items():
            column[rows[s]] = getattr(options, name)
        table["group"][rows[s]] = np.where(options.group >= 0, np.append(group_of[s], -1)[options.group], -1)
        table["pace"][rows[s]] = factors["paces"].of(s, options.pace)
        table["upper_profile"][rows[s]] = factors["profiles"].of(s, options.upper_profile)
    for mine, gone in zip(rows, left_out, strict=True):
        table["last"][mine[gone]] = table["first"][mine[gone]] - 1
    return Options(**table)


def _resources(
    cases: Sequence[Program], names: Sequence[str], weight: Floats, factors: dict[str, _Stack]
) -> tuple[Resources, Ints]:
    parts, blocks = [], 0
    for s, (case, name) in enumerate(zip(cases, names, strict=True)):
        r = case.resources
        parts.append(
            replace(
                r,
                name=tuple(f"{label} in {name}" for label in r.name),
                partition=factors["partitions"].of(s, r.partition),
                price=r.price * weight[s, r.price_level],
                price_profile=factors["profiles"].of(s, r.price_profile),
                private=np.where(r.private >= 0, r.private + blocks, -1),
            )
        )
        blocks += int(r.private.max(initial=-1)) + 1
    first = np.cumsum([0, *(len(part) for part in parts)])
    return stacked(parts), first


def _rates(
    cases: Sequence[Program], rows: Sequence[Ints], count: int, first_resource: Ints, factors: dict[str, _Stack]
) -> Rates:
    owner, parts = [], []
    for s, case in enumerate(cases):
        owner.append(owners(case.rates.offset, rows[s]))
        parts.append(
            columns_of(case.rates)
            | {
                "resource": case.rates.resource.astype(np.int64) + first_resource[s],
                "profile": factors["profiles"].of(s, case.rates.profile),
            }
        )
    return Rates(**by_option(owner, count, parts))


def _charges(cases: Sequence[Program], rows: Sequence[Ints], count: int, weight: Floats, factors: dict[str, _Stack]) -> Charges:
    owner, parts = [], []
    for s, case in enumerate(cases):
        charges, of = case.charges, np.repeat(np.arange(len(case.options)), np.diff(case.charges.offset))
        table = np.where(
            case.options.running[of], factors["curves"].of(s, charges.table), factors["profiles"].of(s, charges.table)
        )
        owner.append(rows[s][of])
        parts.append(columns_of(charges) | {"amount": charges.amount * weight[s, charges.level], "table": table})
    return Charges(**by_option(owner, count, parts))
