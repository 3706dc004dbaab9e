"""Classes of groups that are alike: one group stands for all of its class, and what is chosen for it is dealt out in the end.

Groups are alike where both must run or neither, and their options agree, in some order, in all that a Program says of them: window,
hours, pace, bound, copies, part in cost rows, charges and rates (each in some order). Exchanging the columns of two such groups
changes no row and no cost. So for a class of n groups

    x(o, s) in {0, 1}, sum over (o, s) <= 1   for each   becomes   x(o, s) in {0 .. n}, sum over (o, s) <= n   (= n where must)

with the options of its first group, and nothing is lost either way: whole numbers that keep the sum can be dealt out one by one.
Parts could not (x = 0.5 + 0.5 of columns bounded by 0.5 is two groups or one), so a group with a divisible option stays alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.program import Bools, Charges, Ints, Program, Rates
from solvers.rows import members

Marks = NDArray[np.uint64]
Columns = Sequence[NDArray[Any]]


@dataclass(frozen=True)
class Classes:
    """``first`` [G]: the first group of each group's class; ``times`` [G]: how many its first group stands for, 0 for the others.

    The options of a group g that is not alone are ``option[offset[g]:offset[g + 1]]``, in an order in which those of its class
    correspond; ``place`` [O] is where an option stands in it. ``group`` [O] is that of the Program.
    """

    group: Ints
    first: Ints
    times: Ints
    offset: Ints
    option: Ints
    place: Ints

    @property
    def alike(self) -> bool:
        """Whether some group stands for others."""
        return bool((self.times > 1).any())

    def counted(self, group: Ints) -> Ints:
        """How many groups each one [n] stands for; 1 for no group (-1)."""
        return np.asarray(np.append(self.times, 1)[group], dtype=np.int64)

    def of(self, option: Ints, group: Ints) -> Ints:
        """The options of ``group`` [n] that correspond to ``option`` [n], each of a group of the same class."""
        out = np.array(option, dtype=np.int64)
        other = np.flatnonzero(self.group[out] != group)
        out[other] = self.option[self.offset[group[other]] + self.place[out[other]]]
        return out

    def at_first(self, option: Ints) -> Ints:
        """What corresponds to each option [n] in the first group of its class; options of no group as they are."""
        group = self.group[option]
        return self.of(option, np.where(group >= 0, self.first[group], -1)) if self.alike else option

    def every_member(self, option: Ints) -> tuple[Ints, Ints]:
        """(position in ``option``, option) for all that correspond to options [n] of groups that stand for their class."""
        member = np.argsort(self.first, kind="stable")  # by class, and within one in order
        begin = np.searchsorted(self.first[member], self.group[option])
        count = self.times[self.group[option]]
        at = np.repeat(np.arange(len(option), dtype=np.int64), count)
        number = np.arange(len(at), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)
        return at, self.of(option[at], member[begin[at] + number])

    def dealt(self, group: Ints, count: Ints, had: Ints) -> tuple[Ints, Ints]:
        """(column, member) for columns [n] of classes (``group``: the first) that are chosen ``count`` [n] times each.

        ``had`` [G] is the column that each group had before, or -1: it keeps it if that is still chosen often enough. Raises
        ``ValueError`` where more are chosen than there are.
        """
        stays = np.flatnonzero(had >= 0)
        stays = stays[np.argsort(had[stays], kind="stable")]
        stays = stays[_rank(had[stays]) < count[had[stays]]]
        left = count - np.bincount(had[stays], minlength=len(count))
        column = np.repeat(np.arange(len(count), dtype=np.int64), left)
        column = column[np.argsort(group[column], kind="stable")]
        idle = np.ones(len(self.first), dtype=bool)
        idle[stays] = False
        member = np.flatnonzero(idle)
        member = member[np.argsort(self.first[member], kind="stable")]
        wanted, there = group[column], np.append(self.first[member], -1)
        at = np.minimum(np.searchsorted(there[:-1], wanted) + _rank(wanted), len(member))
        if (there[at] != wanted).any():
            raise ValueError("more columns of a class are chosen than it has groups")
        return np.concatenate([had[stays], column]), np.concatenate([stays, member[at]])


def _rank(key: Ints) -> Ints:
    """Which of its equals each is, of keys in order."""
    return np.arange(len(key), dtype=np.int64) - np.searchsorted(key, key)


def alone(program: Program) -> Classes:
    """Every group by itself."""
    groups, none = np.arange(len(program.groups), dtype=np.int64), np.zeros(0, dtype=np.int64)
    return Classes(program.options.group, groups, np.ones(len(groups), dtype=np.int64), none, none, none)


def classes_of(program: Program) -> Classes:
    """The classes of a Program's groups, in time linear in its tables; less where windows and charges tell groups apart already.

    Sums of marks, one for each row of a table, find groups that may be alike; what counts is that they are then equal row by row.
    """
    group, must = program.options.group, program.groups.must
    scalars, charges, rates = _options(program), _table(program.charges), _table(program.rates)
    marks = np.zeros(len(group), dtype=np.uint64)
    may = np.bincount(group[group >= 0], minlength=len(must)) > 0
    may[group[(group >= 0) & ~program.options.whole]] = False
    mine = _options_of(may, group)
    like = np.arange(len(must), dtype=np.int64)
    for table, offset in ((scalars, None), (charges, program.charges.offset), (rates, program.rates.offset)):
        marks[mine] = _mixed(marks[mine] + (_marks(table, mine) if offset is None else _sums(table, offset, mine)))
        total = must.astype(np.uint64)
        np.add.at(total, group[mine], marks[mine])
        like = _first_like(total, may)
        may &= np.bincount(like[may], minlength=len(must))[like] > 1
        mine = _options_of(may, group)
        if not len(mine):
            return alone(program)
    order = mine[np.lexsort((marks[mine], group[mine]))]
    offset = np.searchsorted(group[order], np.arange(len(must) + 1)).astype(np.int64)
    place = np.zeros(len(group), dtype=np.int64)
    place[order] = np.arange(len(order)) - offset[group[order]]
    same = (np.diff(offset) == np.diff(offset)[like]) & (must == must[like])
    position = np.flatnonzero(same[group[order]])
    twin = offset[like[group[order[position]]]] + place[order[position]]
    wrong = ~_equal(scalars, order[position], order[twin])
    for table, rows in ((charges, program.charges.offset), (rates, program.rates.offset)):
        wrong |= ~_equal_rows(table, rows, order, position, twin)
    same[group[order[position[wrong]]]] = False
    first = np.where(same & may, like, np.arange(len(must)))
    return Classes(group, first, np.bincount(first, minlength=len(must)), offset, order, place)


def _options_of(may: Bools, group: Ints) -> Ints:
    return np.flatnonzero(np.append(may, False)[group])


def _first_like(total: Marks, may: Bools) -> Ints:
    """The first of the groups of equal marks, for every group that may be alike to another; the others are their own."""
    like = np.arange(len(total), dtype=np.int64)
    mine = np.flatnonzero(may)
    _, first, at = np.unique(total[mine], return_index=True, return_inverse=True)
    like[mine] = mine[first[at.reshape(-1)]]
    return like


# ------------------------------------------------------------ tables as columns


def _options(program: Program) -> Columns:
    """All that options say themselves, but their group; and in which cost rows they are."""
    said = [getattr(program.options, f.name) for f in fields(program.options) if f.name != "group"]
    for row in program.cost_rows:
        if row.options is not None:
            counts = np.zeros(len(program.options), dtype=bool)
            counts[row.options] = True
            said.append(counts)
    return said


def _table(table: Rates | Charges) -> Columns:
    return [getattr(table, f.name) for f in fields(table) if f.name != "offset"]


def _mixed(marks: Marks) -> Marks:
    """Marks of which sums tell apart what they are of (the finaliser of splitmix64)."""
    marks = (marks ^ (marks >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    marks = (marks ^ (marks >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return marks ^ (marks >> np.uint64(31))


def _marks(columns: Columns, row: Ints) -> Marks:
    """A mark for what each row [n] holds, [n]."""
    marks = np.full(len(row), 0x9E3779B97F4A7C15, dtype=np.uint64)
    for column in columns:
        values = column[row]
        bits = (values + 0.0).view(np.uint64) if values.dtype == np.float64 else values.astype(np.int64).view(np.uint64)
        marks = _mixed(marks + bits)  # adding 0.0 makes one zero of two
    return marks


def _sums(columns: Columns, offset: Ints, option: Ints) -> Marks:
    """The marks of each option's rows added up, whatever their order, [n]."""
    column, row = members(offset, option)
    upto = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(_marks(columns, row), dtype=np.uint64)])
    edge = np.searchsorted(column, np.arange(len(option) + 1))
    return np.asarray(upto[edge[1:]] - upto[edge[:-1]])


def _equal(columns: Columns, one: Ints, other: Ints) -> Bools:
    """Whether rows [n] hold the same, [n]."""
    same = np.ones(len(one), dtype=np.bool_)
    for column in columns:
        same &= column[one] == column[other]
    return same


def _equal_rows(columns: Columns, offset: Ints, order: Ints, position: Ints, twin: Ints) -> Bools:
    """Whether options at two positions [n] of ``order`` have the same rows, up to their order, [n]."""
    column, row = members(offset, order)
    row = row[np.lexsort((_marks(columns, row), column))]
    begin = np.searchsorted(column, np.arange(len(order) + 1))
    size = np.diff(begin)
    same = np.asarray(size[position] == size[twin])
    at, mine = members(begin, position[same])
    other = mine - begin[position[same]][at] + begin[twin[same]][at]
    wrong = ~_equal(columns, row[mine], row[other])
    same[np.flatnonzero(same)[at[wrong]]] = False
    return same
