"""Explicit sparse columns (option, start) of a Program, for solvers that need the whole of it.

A column is left out only where no plan can use it: a whole option whose own use of a slot exceeds the slot's limit plus the most
that all options could supply there. Rows are left out only where no plan can break them. Where groups are alike, columns may be
those of one for all of its class, see ``classes``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from placement.program import FEASIBILITY_TOLERANCE, Bools, Floats, Ints, Program
from solvers.classes import Classes, alone, classes_of
from solvers.linear import Linear, Rows32
from solvers.solver import Start, TooLarge

CHUNK_ENTRIES = 4_000_000
"""Entries expanded at once; bounds the memory of the expansion beside its result."""


class Stopped(Exception):
    """The expansion was asked to end before it was complete."""


@dataclass(frozen=True)
class Columns:
    """Columns [C] of a Program with their constraint matrix (by columns, see ``Linear``) and costs by level [C, levels].

    Rows are slots (``row_slot`` names them), then groups (``row_group`` does), then cost rows; both are -1 elsewhere. ``dropped``
    counts columns that fit nowhere.
    """

    program: Program
    classes: Classes
    option: Ints
    start: Ints
    upper: Floats
    whole: Bools
    costs: Floats
    constants: Floats
    offset: Ints
    row: Rows32
    value: Floats
    row_lower: Floats
    row_upper: Floats
    row_slot: Ints
    row_group: Ints
    dropped: int

    def __len__(self) -> int:
        return len(self.option)

    def linear(self, level: int) -> Linear:
        """The model whose cost is that of one level."""
        group = self.program.options.group[self.option]
        return Linear(
            cost=self.costs[:, level],
            constant=float(self.constants[level]),
            lower=np.zeros(len(self)),
            upper=self.upper,
            whole=self.whole,
            offset=self.offset,
            row=self.row,
            value=self.value,
            row_lower=self.row_lower,
            row_upper=self.row_upper,
            chooses=self.classes.counted(group) > 1 if self.classes.alike else None,
        )

    def vector(self, start: Start) -> Floats:
        """x [C] of a start; what it holds of columns that are not here is left out."""
        hit, at = self._columns_of(start)
        x = np.zeros(len(self))
        np.add.at(x, at, np.asarray(start.value, dtype=np.float64)[hit])
        return x

    def _columns_of(self, start: Start) -> tuple[Ints, Ints]:
        """(position in the start, column) of all that it holds of columns that are here."""
        option, begin = np.asarray(start.option, dtype=np.int64), np.asarray(start.start, dtype=np.int64)
        steps = int(self.start.max(initial=0)) + 1
        hit = np.flatnonzero((begin >= 0) & (begin < steps) & (option >= 0) & (option < len(self.program.options)))
        known = self.option * steps + self.start
        wanted = self.classes.at_first(option[hit]) * steps + begin[hit]
        at = np.searchsorted(known, wanted)
        here = at < len(known)
        here[here] = known[at[here]] == wanted[here]
        return hit[here], at[here]

    def choice(self, x: Floats, near: Start | None = None) -> tuple[Ints, Ints, Floats]:
        """Options, starts and values that x [C] uses. Groups that are alike keep what they have in ``near`` as far as x allows."""
        used = np.flatnonzero(x)
        option, start, value = self.option[used], self.start[used], x[used]
        if not self.classes.alike:
            return option, start, value
        group = self.program.options.group
        dealt = self.classes.counted(group[option]) > 1
        had = np.full(len(self.program.groups), -1, dtype=np.int64)
        if near is not None:
            number = np.full(len(self), -1, dtype=np.int64)
            number[used[dealt]] = np.arange(int(dealt.sum()))
            hit, at = self._columns_of(near)
            mine = np.flatnonzero((number[at] >= 0) & (np.asarray(near.value)[hit] > 0.5))
            had[group[np.asarray(near.option)[hit[mine]]]] = number[at[mine]]
        count = np.round(value[dealt]).astype(np.int64)
        column, member = self.classes.dealt(group[option[dealt]], count, had)
        option = np.concatenate([option[~dealt], self.classes.of(option[dealt][column], member)])
        start = np.concatenate([start[~dealt], start[dealt][column]])
        value = np.concatenate([value[~dealt], np.ones(len(column))])
        order = np.lexsort((start, option))
        return option[order], start[order], value[order]

    def slot_prices(self, prices: Floats) -> Floats:
        """What one more unit used of each slot costs, [slots], from duals of these rows [>= M]."""
        out = np.zeros(len(self.program.resources.limit))
        slots = np.flatnonzero(self.row_slot >= 0)
        out[self.row_slot[slots]] = -prices[slots]
        return out


MOST_COLUMNS = 12_000_000
"""Columns that are held explicitly; each takes a few hundred bytes here and several times that in a solver."""


def expand(program: Program, *, by_class: bool = False, stopped: Callable[[], bool] = lambda: False) -> Columns:
    """Every column that some plan can use, of every copy; ``by_class``: of groups that are alike, those of the first for all.

    Raises ``Stopped`` when ``stopped()`` turns true meanwhile, ``TooLarge`` above ``MOST_COLUMNS``.
    """
    starts = np.maximum(program.options.last - program.options.first + 1, 0)
    count = int(starts @ program.options.copies.astype(np.int64))
    if count > MOST_COLUMNS:  # asked before copies are written out, which may already be more than there is room for
        raise TooLarge(f"{count:,} columns, of which it holds at most {MOST_COLUMNS:,}; 'prices' holds none")
    program = program.unfolded()
    classes = classes_of(program) if by_class else alone(program)
    slots = len(program.resources.limit)
    supply = _most_supplied(program)
    room = program.resources.limit + supply
    parts: list[_Part] = []
    dropped = 0
    for options in _chunks(program, classes.counted(program.options.group) > 0):
        if stopped():
            raise Stopped
        part, lost = _expand_chunk(program, options, room)
        parts.append(part)
        dropped += lost
    part = _Part.joined(parts)
    member = program.options.group[part.option]
    upper = np.where(member >= 0, np.minimum(part.upper, 1.0) * classes.counted(member), part.upper)

    equality = program.resources.equality[program.resources.of_slot]
    most = np.bincount(part.row, np.maximum(part.value, 0.0) * upper[part.column], slots)
    tolerance = FEASIBILITY_TOLERANCE * np.maximum(1.0, np.abs(program.resources.limit))
    touched = np.bincount(part.row, minlength=slots) > 0
    idle = ~touched & (np.abs(program.resources.limit) <= tolerance)
    kept = np.flatnonzero(np.where(equality, ~idle, most > program.resources.limit + np.where(touched, 0.0, tolerance)))
    number = np.full(slots, -1, dtype=np.int64)
    number[kept] = np.arange(len(kept))

    grouped = np.flatnonzero(member >= 0)
    size = np.bincount(member[grouped], minlength=len(program.groups))
    group_kept = np.flatnonzero((classes.times > 0) & (program.groups.must | (size > 1)))
    group_number = np.full(len(program.groups), -1, dtype=np.int64)
    group_number[group_kept] = len(kept) + np.arange(len(group_kept))
    grouped = grouped[group_number[member[grouped]] >= 0]

    cost_rows, cost_columns, cost_values, cost_limits = _cost_rows(program, part, len(kept) + len(group_kept))
    inside = number[part.row] >= 0
    row = np.concatenate([number[part.row[inside]], group_number[member[grouped]], cost_rows])
    column = np.concatenate([part.column[inside], grouped, cost_columns])
    value = np.concatenate([part.value[inside], np.ones(len(grouped)), cost_values])
    offset, row32, value = _by_column(row, column, value, len(part.option))
    limit, times = program.resources.limit[kept], classes.times[group_kept].astype(np.float64)
    return Columns(
        program=program,
        classes=classes,
        option=part.option,
        start=part.start,
        upper=upper,
        whole=program.options.whole[part.option],
        costs=part.costs,
        constants=program.constants.sum(axis=1),
        offset=offset,
        row=row32,
        value=value,
        row_lower=np.concatenate(
            [
                np.where(equality[kept], limit, -np.inf),
                np.where(program.groups.must[group_kept], times, -np.inf),
                np.full(len(cost_limits), -np.inf),
            ]
        ),
        row_upper=np.concatenate([limit, times, cost_limits]),
        row_slot=np.concatenate([kept, np.full(len(group_kept) + len(cost_limits), -1, dtype=np.int64)]),
        row_group=np.concatenate(
            [np.full(len(kept), -1, dtype=np.int64), group_kept, np.full(len(cost_limits), -1, dtype=np.int64)]
        ),
        dropped=dropped,
    )


@dataclass(frozen=True)
class _Part:
    """Columns of some options with entries in coordinates, ``column`` counted from 0 within the part."""

    option: Ints
    start: Ints
    upper: Floats
    costs: Floats
    row: Rows32
    column: Rows32
    value: Floats

    @staticmethod
    def joined(parts: list[_Part]) -> _Part:
        first = np.cumsum([0] + [len(p.option) for p in parts])
        return _Part(
            option=np.concatenate([p.option for p in parts]),
            start=np.concatenate([p.start for p in parts]),
            upper=np.concatenate([p.upper for p in parts]),
            costs=np.concatenate([p.costs for p in parts]),
            row=np.concatenate([p.row for p in parts]),
            column=np.concatenate([p.column + np.int32(k) for p, k in zip(parts, first, strict=False)]),
            value=np.concatenate([p.value for p in parts]),
        )


def _chunks(program: Program, wanted: Bools) -> list[Ints]:
    """The options ``wanted`` [O] in runs of about ``CHUNK_ENTRIES`` entries, at least one run."""
    columns = np.maximum(program.options.last - program.options.first + 1, 0)
    rates = np.diff(program.rates.offset)
    hours = program.options.hours / max(float(program.grid.block_hours.mean()), 1e-9) if program.grid.blocks else columns * 0.0
    length = np.where(program.options.running, np.minimum(hours + 1, program.grid.blocks) * program.grid.bands, 1)
    entries = np.cumsum((columns * np.maximum(rates * length, 1))[wanted])
    cuts = np.searchsorted(entries, np.arange(CHUNK_ENTRIES, float(entries[-1]) if len(entries) else 0.0, CHUNK_ENTRIES))
    return list(np.split(np.flatnonzero(wanted), np.unique(cuts)))


def _expand_chunk(program: Program, options: Ints, room: Floats) -> tuple[_Part, int]:
    """Columns of ``options`` that fit, and how many did not."""
    option, start = program.columns(options)
    upper = program.upper(option, start)
    whole = program.options.whole[option]
    upper = np.where(whole, np.floor(upper + FEASIBILITY_TOLERANCE), upper)
    entries = program.entries(option, start)
    row, column, value = _summed(entries.row, entries.column, entries.value, len(room))
    tolerance = FEASIBILITY_TOLERANCE * np.maximum(1.0, np.maximum(np.abs(room[row]), np.abs(value)))
    misfit = np.zeros(len(option), dtype=bool)
    misfit[column[value > room[row] + tolerance]] = True
    keep = (upper > 0) & ~(misfit & whole)
    renumber = np.cumsum(keep) - 1
    inside = keep[column]
    kept = np.flatnonzero(keep)
    part = _Part(
        option=option[kept],
        start=start[kept],
        upper=upper[kept],
        costs=program.level_costs(option[kept], start[kept]),
        row=row[inside].astype(np.int32),
        column=renumber[column[inside]].astype(np.int32),
        value=value[inside],
    )
    return part, len(option) - len(kept)


def _most_supplied(program: Program) -> Floats:
    """The most that all options together could supply to each slot, [slots]."""
    slots = len(program.resources.limit)
    owner = np.repeat(np.arange(len(program.options), dtype=np.int64), np.diff(program.rates.offset))
    factor = np.minimum(program.profiles.min(axis=1), 0.0)[program.rates.profile] < 0
    suppliers = np.unique(owner[(program.rates.amount < 0) | factor])
    option, start = program.columns(suppliers)
    entries = program.entries(option, start)
    row, column, value = _summed(entries.row, entries.column, entries.value, slots)
    return np.bincount(row, np.maximum(-value, 0.0) * program.upper(option, start)[column], slots).astype(np.float64)


def _summed(row: Ints, column: Ints, value: Floats, slots: int) -> tuple[Ints, Ints, Floats]:
    """Coordinates with duplicates added up, ordered by column, then row."""
    key = column * max(slots, 1) + row
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.empty(0, dtype=np.int64)
    total = np.add.reduceat(value[order], first) if len(first) else np.empty(0)
    return row[order][first], column[order][first], total


def _cost_rows(program: Program, part: _Part, first: int) -> tuple[Ints, Ints, Floats, Floats]:
    """Rows, columns, values and limits of the Program's cost rows, each scaled so that its largest coefficient is 1."""
    rows, columns, values, limits = [], [], [], []
    for k, wanted in enumerate(program.cost_rows):
        cost = part.costs[:, wanted.level]
        limit = wanted.limit
        if wanted.options is None:
            limit -= float(program.constants[wanted.level].sum())
        else:
            cost = np.where(np.isin(part.option, wanted.options), cost, 0.0)
        used = np.flatnonzero(cost)
        scale = float(np.abs(cost[used]).max(initial=0.0)) or 1.0
        rows.append(np.full(len(used), first + k, dtype=np.int64))
        columns.append(used)
        values.append(cost[used] / scale)
        limits.append(limit / scale)
    empty = np.empty(0, dtype=np.int64)
    return (
        np.concatenate([empty, *rows]),
        np.concatenate([empty, *columns]),
        np.concatenate([np.empty(0), *values]),
        np.asarray(limits, dtype=np.float64),
    )


def _by_column(row: Ints, column: Ints, value: Floats, columns: int) -> tuple[Ints, Rows32, Floats]:
    """Coordinates as compressed columns."""
    from scipy.sparse import coo_matrix

    rows = int(row.max(initial=-1)) + 1
    matrix = coo_matrix((value, (row, column)), shape=(rows, columns)).tocsc()
    matrix.sort_indices()
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data
