"""The Program: options that use resources over time, as arrays; it knows no GPUs.

    minimise   sum of cost(o, s) x(o, s), by levels
    subject to sum of rates active in slot k of r   <= or =  limit(r, k)    for every resource and slot
               sum_{o in g, s} x(o, s)              <= 1  (= 1 for must)    for every group
               0 <= x(o, s) <= upper(o, s), whole where marked

Time is a grid of *blocks*, each cut into the same number of *bands*; period p is band p % K of block p // K.
An option is one row of arrays; its starts are implicit. *Running* options start at a block and hold their resources until
their hours are done at their pace; *per-period* options live in one period. A start is therefore a block index for
the former and a period index for the latter ("step" below means that unit).

An option may stand for several *copies* that are equal but for the resources that they use: copy m of n uses resource r + m where
copy 0 uses r, for rates that move with the copy (``Rates.step``). Two languages number options:

- *rows* of ``Options``, in all tables, groups and cost rows, and in the methods that describe options: ``columns``, ``ends``,
  ``upper``, ``entries`` (which takes copies beside them), ``costs`` and ``level_costs`` (equal for all copies of a row);
- *explicit ids*, in all choices of columns: ``Solution``, ``Start``, and the methods that judge a choice (``use``, ``objective``,
  ``infeasibility``, ``row_cost``). Copy m of row o has the explicit id ``first_copy[o] + m``; ``split`` and ``joined`` translate.

They are the same where no option has copies: ``unfolded`` is such a Program.

Shapes: P periods, B blocks, K bands, R resources, O options, C columns (pairs of option and start).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.program.solution import LevelResult as LevelResult
from placement.program.solution import Limit as Limit
from placement.program.solution import Solution as Solution
from placement.program.solution import Status as Status

Ints = NDArray[np.signedinteger[Any]]
"""Whole numbers of any width. Columns of ``Options``, ``Rates`` and ``Charges`` come from the Builder as int32, or int8 for
anchors, levels and terms, since large Programs have tens of millions of rows: widen before multiplying them. Other arrays are
int64."""
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FEASIBILITY_TOLERANCE = 1e-6
"""Rows may be missed by this times max(1, |limit|, sum of |amount x|)."""


class Anchor(enum.IntEnum):
    """Where a window's edge is fixed; an offset in steps is added."""

    FIRST = 0
    """The first step of the calendar."""
    START = 1
    """The step in which the option starts."""
    END = 2
    """The step after the last one in which it runs."""
    LAST = 3
    """The step after the last one of the calendar."""


@dataclass(frozen=True)
class Grid:
    """The time axis: ``hours`` [P] of each period, ``bands`` periods to a block."""

    hours: Floats
    bands: int

    @property
    def periods(self) -> int:
        return len(self.hours)

    @property
    def blocks(self) -> int:
        return len(self.hours) // self.bands

    @property
    def block_hours(self) -> Floats:
        """Hours of each block, [B]."""
        return np.asarray(self.hours.reshape(-1, self.bands).sum(axis=1), dtype=np.float64)


@dataclass(frozen=True)
class Resources:
    """What can run out. Slots of all resources lie one after another in ``limit``; resource r owns
    ``limit[offset[r]:offset[r + 1]]``.

    ``partition[r]`` names the row of ``Program.partitions`` that maps a period to a slot of r (row 0: a slot is a period).
    ``hourly[r]``: use is amount x hours (budgets), else the amount itself (rates such as GPUs or kW).
    ``price[r]`` per unit-hour times ``Program.profiles[price_profile[r]]`` is charged to ``price_level`` and ``price_term``.
    """

    name: tuple[str, ...]
    unit: tuple[str, ...]
    equality: Bools
    partition: Ints
    offset: Ints
    limit: Floats
    hourly: Bools
    price: Floats
    price_profile: Ints
    price_level: Ints
    price_term: Ints
    private: Ints
    """Block of options that alone touches this resource (-1: shared). Solvers may keep it inside the block's sub-problem."""

    def __len__(self) -> int:
        return len(self.name)

    @cached_property
    def of_slot(self) -> Ints:
        """Resource of every slot."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.offset))


@dataclass(frozen=True)
class Options:
    """What a plan can do; one row each, all arrays [O].

    Starts run from ``first`` to ``last`` inclusive (none if last < first). A running option ends ``hours`` later by
    ``Program.paces[pace]``, clipped to the horizon. ``upper`` times ``Program.profiles[upper_profile]`` at the start bounds x.
    ``group`` is -1 where free. A row stands for ``copies`` options.
    """

    running: Bools
    first: Ints
    last: Ints
    hours: Floats
    pace: Ints
    upper: Floats
    upper_profile: Ints
    whole: Bools
    group: Ints
    copies: Ints

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True)
class Rates:
    """Use of resources, sorted by option: rows ``offset[o]:offset[o + 1]`` belong to option o.

    ``amount`` (negative supplies) holds from step ``from_anchor + from_offset`` up to, not including, ``to_anchor + to_offset``,
    times ``Program.profiles[profile]`` per period. A ``lump`` is charged once, without hours, in the first period of its window.
    Copy m of the option uses ``resource + m`` where ``step``, else ``resource`` like every other copy.
    """

    offset: Ints
    resource: Ints
    amount: Floats
    from_anchor: Ints
    from_offset: Ints
    to_anchor: Ints
    to_offset: Ints
    profile: Ints
    lump: Bools
    step: Bools

    def __len__(self) -> int:
        return len(self.resource)


@dataclass(frozen=True)
class Charges:
    """An option's own cost per unit of x, sorted by option like ``Rates``.

    Worth ``amount`` times the table value at the anchor: for a running option ``Program.curves[table]`` at its start or end
    block; for a per-period option ``Program.profiles[table]`` at its period. Table 0 is constant 1 in both.
    """

    offset: Ints
    level: Ints
    term: Ints
    amount: Floats
    anchor: Ints
    table: Ints

    def __len__(self) -> int:
        return len(self.amount)


@dataclass(frozen=True)
class Groups:
    """Options of which at most one is chosen; exactly one where ``must`` [G]."""

    name: tuple[str, ...]
    must: Bools

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True)
class CostRow:
    """A limit on the total cost of one level, constants included.

    ``options`` (sorted rows) narrows it to some; constants then do not count.
    """

    name: str
    level: int
    limit: float
    options: Ints | None = None


@dataclass(frozen=True)
class Entries:
    """A sparse matrix in coordinates: ``value`` of column ``column`` in row ``row`` (a slot). Duplicates add up."""

    row: Ints
    column: Ints
    value: Floats


@dataclass(frozen=True)
class Program:
    """The whole problem. See the module's formula."""

    grid: Grid
    resources: Resources
    options: Options
    rates: Rates
    charges: Charges
    groups: Groups
    levels: tuple[str, ...]
    terms: tuple[str, ...]
    constants: Floats
    """Cost that is owed whatever is decided, [levels, terms]."""
    profiles: Floats
    """Factors per period, [n, P]; row 0 is all ones."""
    curves: Floats
    """Factors per block boundary, [n, B + 1]; row 0 is all ones."""
    paces: Floats
    """Hours of progress per hour in each period, [n, P]; row 0 is all ones."""
    partitions: Ints
    """Slot of each period, [n, P]; row 0 is the period itself."""
    cost_rows: tuple[CostRow, ...] = field(default=())

    # ------------------------------------------------------------------ copies

    @cached_property
    def first_copy(self) -> Ints:
        """Explicit id of each option's copy 0, and after the last option the number of all copies, [O + 1]."""
        first = np.zeros(len(self.options) + 1, dtype=np.int64)
        np.cumsum(self.options.copies, out=first[1:])
        return first

    @cached_property
    def folded(self) -> bool:
        """Whether some option has copies."""
        return bool(np.any(self.options.copies != 1))

    def split(self, explicit: Ints) -> tuple[Ints, Ints]:
        """Option (row) and copy of explicit ids, [n] each."""
        explicit = np.asarray(explicit, dtype=np.int64)
        if not self.folded:
            return explicit, np.zeros_like(explicit)
        option = np.searchsorted(self.first_copy, explicit, side="right") - 1
        return option, explicit - self.first_copy[option]

    def joined(self, option: Ints, copy: Ints) -> Ints:
        """Explicit ids of copies of options (rows), [n]."""
        return self.first_copy[option] + copy

    def unfolded(self) -> Program:
        """The same Program with one row for every copy, in the order of explicit ids; itself where no option has copies."""
        return self._unfolded if self.folded else self

    @cached_property
    def _unfolded(self) -> Program:
        from placement.program.copies import unfold

        return unfold(self)

    # ------------------------------------------------------------------ time

    @cached_property
    def progress(self) -> Floats:
        """Hours of progress made before each block boundary by pace, [n, B + 1]."""
        bands = self.grid.bands
        per_block = (self.paces * self.grid.hours).reshape(len(self.paces), -1, bands).sum(axis=2)
        return np.concatenate([np.zeros((len(self.paces), 1)), np.cumsum(per_block, axis=1)], axis=1)

    def ends(self, option: Ints, start: Ints) -> Ints:
        """Step after the last one in which each column runs, [C]; clipped to the horizon."""
        end = np.asarray(start, dtype=np.int64) + 1
        running = self.options.running[option]
        pace = self.options.pace[option]
        for k in np.unique(pace[running]):
            mine = np.flatnonzero(running & (pace == k))
            end[mine] = end_blocks(self.progress[k], start[mine], self.options.hours[option[mine]])
        return end

    def columns(self, options: Ints | None = None) -> tuple[Ints, Ints]:
        """Every (option, start) of ``options`` (default all), as two arrays [C] ordered by option, then start."""
        ids = np.arange(len(self.options), dtype=np.int64) if options is None else np.asarray(options, dtype=np.int64)
        count = np.maximum(self.options.last[ids] - self.options.first[ids] + 1, 0)
        option = np.repeat(ids, count)
        start = np.arange(int(count.sum()), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)
        return option, start + self.options.first[option]

    def upper(self, option: Ints, start: Ints) -> Floats:
        """Upper bound of x for each column, [C]."""
        period = np.where(self.options.running[option], start * self.grid.bands, start)
        return self.options.upper[option] * self.profiles[self.options.upper_profile[option], period]

    # ------------------------------------------------------- rates and costs

    def _windows(self, option: Ints, start: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """Column, rate, first period and period after the last, one row per (column, rate)."""
        rates, bands = self.rates, self.grid.bands
        count = rates.offset[option + 1] - rates.offset[option]
        column = np.repeat(np.arange(len(option), dtype=np.int64), count)
        rate = np.arange(len(column), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)
        rate += np.repeat(rates.offset[option], count)
        end = self.ends(option, start)
        scale = np.where(self.options.running[option], bands, 1)
        anchors = np.stack([np.zeros_like(start), start, end, self.grid.periods // scale])
        lo = anchors[rates.from_anchor[rate], column] + rates.from_offset[rate]
        hi = anchors[rates.to_anchor[rate], column] + rates.to_offset[rate]
        return column, rate, lo * scale[column], np.maximum(hi, lo) * scale[column]

    def entries(self, option: Ints, start: Ints, copy: Ints | None = None) -> Entries:
        """Use of slots by columns (of copy 0 unless told) per unit of x: rows are slots, columns index the arrays; no zeros."""
        column, rate, lo, hi = self._windows(option, start)
        lump = self.rates.lump[rate]
        length = np.where(lump, np.minimum(hi - lo, 1), hi - lo)
        which = np.repeat(np.arange(len(rate), dtype=np.int64), length)
        period = np.arange(len(which), dtype=np.int64) - np.repeat(np.cumsum(length) - length, length) + lo[which]
        rate, column = rate[which], column[which]
        resource = self.rates.resource[rate]
        if copy is not None:
            resource = resource + np.where(self.rates.step[rate], copy[column], 0)
        value = self.rates.amount[rate] * self.profiles[self.rates.profile[rate], period]
        hourly = self.resources.hourly[resource] & ~self.rates.lump[rate]
        value = np.where(hourly, value * self.grid.hours[period], value)
        row = self.resources.offset[resource] + self.partitions[self.resources.partition[resource], period]
        keep = value != 0
        return Entries(row[keep], column[keep], value[keep])

    def costs(self, option: Ints, start: Ints) -> Floats:
        """Cost of each column per unit of x, by level and term, [C, levels, terms]; the same for every copy."""
        shape = (len(option), len(self.levels), len(self.terms))
        total = np.zeros(shape)
        self._add_charges(total, option, start)
        self._add_prices(total, option, start)
        return total

    def level_costs(self, option: Ints, start: Ints) -> Floats:
        """Cost of each column per unit of x by level, [C, levels]; in chunks, since terms side by side would take much memory."""
        step = 1 << 18
        parts = [self.costs(option[i : i + step], start[i : i + step]).sum(axis=2) for i in range(0, len(option), step)]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.levels)))

    def _add_charges(self, total: Floats, option: Ints, start: Ints) -> None:
        charges = self.charges
        count = charges.offset[option + 1] - charges.offset[option]
        column = np.repeat(np.arange(len(option), dtype=np.int64), count)
        charge = np.arange(len(column), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)
        charge += np.repeat(charges.offset[option], count)
        at = np.where(charges.anchor[charge] == Anchor.END, self.ends(option, start)[column], start[column])
        running = self.options.running[option[column]]
        value = np.empty(len(charge))
        value[running] = self.curves[charges.table[charge[running]], at[running]]
        value[~running] = self.profiles[charges.table[charge[~running]], at[~running]]
        np.add.at(total, (column, charges.level[charge], charges.term[charge]), charges.amount[charge] * value)

    def _add_prices(self, total: Floats, option: Ints, start: Ints) -> None:
        column, rate, lo, hi = self._windows(option, start)
        resource = self.rates.resource[rate]
        priced = self.resources.price[resource] != 0
        column, rate, lo, hi, resource = (a[priced] for a in (column, rate, lo, hi, resource))
        lump = self.rates.lump[rate]
        # Price x profile x hours is summed once per (resource, profile) pair; a window's cost is then a difference.
        pair, index = np.unique(np.stack([resource, self.rates.profile[rate]]), axis=1, return_inverse=True)
        unit = self.resources.price[pair[0], None] * self.profiles[self.resources.price_profile[pair[0]]] * self.profiles[pair[1]]
        summed = np.concatenate([np.zeros((pair.shape[1], 1)), np.cumsum(unit * self.grid.hours, axis=1)], axis=1)
        index = index.reshape(-1)
        cost = summed[index, hi] - summed[index, lo]
        cost[lump] = unit[index[lump], lo[lump]] * (hi[lump] > lo[lump])
        where = (column, self.resources.price_level[resource], self.resources.price_term[resource])
        np.add.at(total, where, self.rates.amount[rate] * cost)

    # ------------------------------------------------------------ evaluation

    def use(self, option: Ints, start: Ints, value: Floats) -> tuple[Floats, Floats]:
        """Use of every slot by a choice of columns, and the same with every amount taken as positive, both [slots]."""
        row, copy = self.split(option)
        entries = self.entries(row, start, copy)
        amount = entries.value * value[entries.column]
        slots = len(self.resources.limit)
        use, size = (np.bincount(entries.row, a, slots).astype(np.float64) for a in (amount, np.abs(amount)))
        return use, size

    def objective(self, option: Ints, start: Ints, value: Floats) -> Floats:
        """Cost of a choice of columns by level and term, constants included, [levels, terms]."""
        return self.constants + np.tensordot(value, self.costs(self.split(option)[0], start), axes=1)

    def infeasibility(self, option: Ints, start: Ints, value: Floats) -> list[str]:
        """Every row, bound or group that a choice of columns breaks beyond the tolerance, in words; empty when feasible."""
        found: list[str] = []
        use, size = self.use(option, start, value)
        limit = self.resources.limit
        over = use - limit
        over = np.where(self.resources.equality[self.resources.of_slot], np.abs(over), over)
        allowed = FEASIBILITY_TOLERANCE * np.maximum(1.0, np.maximum(np.abs(limit), size))
        for slot in np.flatnonzero(over > allowed):
            r = int(self.resources.of_slot[slot])
            found.append(
                f"{self.resources.name[r]} slot {slot - self.resources.offset[r]}: {use[slot]:.9g} against {limit[slot]:.9g}"
            )
        row, _ = self.split(option)
        slack = FEASIBILITY_TOLERANCE * np.maximum(1.0, np.abs(value))
        upper = self.upper(row, start)
        outside = (start < self.options.first[row]) | (start > self.options.last[row])
        broken = self.options.whole[row] & (np.abs(value - np.round(value)) > FEASIBILITY_TOLERANCE)
        for c in np.flatnonzero((value < -slack) | (value > upper + slack) | outside | broken):
            found.append(f"option {option[c]} start {start[c]}: {value[c]:.9g} of at most {upper[c]:.9g}")
        member = self.options.group[row]
        chosen = np.bincount(member[member >= 0], value[member >= 0], len(self.groups))
        wrong = (chosen > 1 + FEASIBILITY_TOLERANCE) | (self.groups.must & (chosen < 1 - FEASIBILITY_TOLERANCE))
        found += [f"group {self.groups.name[g]}: {chosen[g]:.9g} chosen" for g in np.flatnonzero(wrong)]
        for cost_row in self.cost_rows:
            spent = self.row_cost(cost_row, option, start, value)
            if spent > cost_row.limit + FEASIBILITY_TOLERANCE * max(1.0, abs(cost_row.limit)):
                found.append(f"cost row {cost_row.name}: {spent:.9g} against {cost_row.limit:.9g}")
        return found

    def row_cost(self, row: CostRow, option: Ints, start: Ints, value: Floats) -> float:
        """What a choice of columns costs in the sense of a cost row."""
        option, _ = self.split(option)
        cost = self.level_costs(option, start)[:, row.level] * value
        if row.options is not None:
            return float(cost[np.isin(option, row.options)].sum())
        return float(cost.sum() + self.constants[row.level].sum())


def end_blocks(progress: Floats, start: Ints, hours: Floats) -> Ints:
    """Block after the last one that work of ``hours`` started at ``start`` runs in, by progress [B + 1]; at most B."""
    target = progress[start] + hours - 1e-9 * np.maximum(1.0, hours)
    return np.minimum(np.searchsorted(progress, target, side="left"), len(progress) - 1)
