"""A Program laid out for pricing: which rows carry prices, what a column costs at them, and which starts can never fit.

    rc(o, s) = charges(o, s) + sum over rates of amount x (T[pair, to] - T[pair, from])

T sums a resource's money price and slot prices over time, times a profile, once for each *pair* of resource and profile; the
price of holding something from one step to another is then a difference, whatever the number of starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from placement.program import FEASIBILITY_TOLERANCE, Anchor, Bools, Floats, Ints, Program
from solvers.classes import Classes, classes_of
from solvers.prices.blocks import Block, uniform_blocks
from solvers.prices.bundles import Bundles, bundled
from solvers.rows import members

COLUMNS_AT_ONCE = 1 << 19
"""Columns expanded together; bounds memory."""


@dataclass(frozen=True)
class Pairs:
    """Distinct (resource, profile, lump) of rates, [n], and the pair of every rate."""

    resource: Ints
    profile: Ints
    lump: Bools
    of_rate: Ints


@dataclass(frozen=True)
class Layout:
    """``weight`` [levels] makes one cost out of the levels. ``first`` and ``last`` [O] are starts without those that never fit.

    Rows are slots that carry a price, then one cover row for every uniform block and period (see ``blocks``).
    """

    program: Program
    weight: Floats
    classes: Classes
    first: Ints
    last: Ints
    blocks: tuple[Block, ...]
    row_of_slot: Ints
    """-1 for slots that uniform blocks keep to themselves, and for those without limit."""
    slot_of_row: Ints
    limit: Floats
    """Right-hand sides of all rows, [rows]; cover rows are minus the demand."""
    equality: Bools
    pairs: Pairs
    bundles: Bundles
    member: Ints
    """Options that are in a group which stands for its class; group g owns ``member[member_offset[g]:member_offset[g + 1]]``."""
    member_offset: Ints
    loose: Ints
    """Options in no group and no uniform block."""

    @property
    def rows(self) -> int:
        return len(self.limit)

    def cover_row(self, block: int, period: Ints) -> Ints:
        """Row in which a block's supply and shedding cover its demand."""
        return np.asarray(len(self.slot_of_row) + block * self.program.grid.periods + period, dtype=np.int64)

    @cached_property
    def tied(self) -> Ints:
        """First of the rows that share a price with each row because copies of options move over them, [rows]."""
        return np.concatenate([_tied(self.program, self.row_of_slot), np.arange(len(self.slot_of_row), self.rows)])

    def evened(self, prices: Floats) -> Floats:
        """Prices [rows] with tied rows at their mean: all copies of an option then cost the same."""
        if not self.program.folded:
            return prices
        mean = np.bincount(self.tied, prices, self.rows) / np.maximum(np.bincount(self.tied, minlength=self.rows), 1)
        return np.where(self._unlimited_elsewhere, 0.0, mean[self.tied])

    @cached_property
    def _unlimited_elsewhere(self) -> Bools:
        """Rows tied to a slot without limit: copies that use one cost what those that use the other do, nothing, [rows]."""
        free = np.isinf(most_of_tied(self.program, self.program.resources.limit))[self.slot_of_row]
        return np.concatenate([free, np.zeros(self.rows - len(free), dtype=bool)])

    def every_copy(self, option: Ints, start: Ints) -> tuple[Ints, Ints]:
        """Columns of options (rows) written out for every copy: explicit ids and starts."""
        copies = self.program.options.copies[option].astype(np.int64)
        first = np.repeat(self.program.first_copy[option], copies)
        copy = np.arange(len(first), dtype=np.int64) - np.repeat(np.cumsum(copies) - copies, copies)
        return first + copy, np.repeat(start, copies)

    @cached_property
    def columns_upto(self) -> Ints:
        """How many columns the members before each position have, [members + 1]."""
        count = np.maximum(self.last[self.member] - self.first[self.member] + 1, 0)
        return np.concatenate([[0], np.cumsum(count, dtype=np.int64)])

    @cached_property
    def usual_limit(self) -> Floats:
        """Largest limit of the resource, or the block, of each row, [rows]; what is not yet there counts like what will be."""
        periods = self.program.grid.periods
        resource = self.program.resources.of_slot[self.slot_of_row]
        most = np.zeros(len(self.program.resources) + len(self.blocks))
        owner = np.concatenate([resource, len(self.program.resources) + np.repeat(np.arange(len(self.blocks)), periods)])
        np.maximum.at(most, owner, np.abs(self.limit))
        return np.asarray(most[owner], dtype=np.float64)

    @cached_property
    def charged_at_end(self) -> Bools:
        return np.asarray(self.program.charges.anchor == Anchor.END)

    @cached_property
    def charge_amount(self) -> Floats:
        """Weighted amount of every charge."""
        return np.asarray(self.program.charges.amount * self.weight[self.program.charges.level], dtype=np.float64)

    @cached_property
    def money(self) -> Floats:
        """Weighted price of a unit of each resource in each period, before hours, [R, P]."""
        resources = self.program.resources
        return np.asarray(
            (resources.price * self.weight[resources.price_level])[:, None] * self.program.profiles[resources.price_profile],
            dtype=np.float64,
        )

    @cached_property
    def constant_value(self) -> float:
        return float(self.program.constants.sum(axis=1) @ self.weight) + sum(
            float(b.served_cost(self.weight).sum()) for b in self.blocks
        )

    @cached_property
    def _slot_of_pair(self) -> Ints:
        """[pairs, P]."""
        resources, pairs = self.program.resources, self.pairs
        return np.asarray(resources.offset[pairs.resource, None] + self.program.partitions[resources.partition[pairs.resource]])

    @cached_property
    def _factor_of_pair(self) -> Floats:
        """What a unit held of each pair takes from its slot, [pairs, P]."""
        program, pairs = self.program, self.pairs
        hourly = (program.resources.hourly[pairs.resource] & ~pairs.lump)[:, None]
        return np.asarray(program.profiles[pairs.profile] * np.where(hourly, program.grid.hours, 1.0), dtype=np.float64)

    def rows_of_use(self, by_block: Floats, by_period: Floats) -> Floats:
        """Use of rows by amounts of pairs held in each block [pairs, B] by running options and each period [pairs, P] by others."""
        bands = self.program.grid.bands
        held = np.repeat(by_block, bands, axis=1)
        held[self.pairs.lump] *= np.arange(held.shape[1]) % bands == 0
        row = self.row_of_slot[self._slot_of_pair]
        use = (held + by_period) * self._factor_of_pair
        return np.bincount(row[row >= 0], use[row >= 0], self.rows).astype(np.float64)

    def columns(self, options: Ints) -> tuple[Ints, Ints]:
        """Every (option, start) of ``options`` that may fit, ordered as given, then by start."""
        count = np.maximum(self.last[options] - self.first[options] + 1, 0)
        option = np.repeat(options, count)
        start = np.arange(int(count.sum()), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)
        return option, start + self.first[option]


@dataclass(frozen=True)
class Tables:
    """Prices [rows] summed over time for each pair: by blocks for running options, [n, B + 1], else by periods, [n, P + 1]."""

    prices: Floats
    by_block: Floats
    by_period: Floats

    @staticmethod
    def of(layout: Layout, prices: Floats) -> Tables:
        program, pairs = layout.program, layout.pairs
        bands = program.grid.bands
        slots = np.zeros(len(program.resources.limit))
        slots[layout.slot_of_row] = prices[: len(layout.slot_of_row)]
        hours = np.where(pairs.lump[:, None], 1.0, program.grid.hours)
        owed = program.profiles[pairs.profile] * layout.money[pairs.resource] * hours
        unit = owed + slots[layout._slot_of_pair] * layout._factor_of_pair
        at_block = unit.reshape(len(unit), program.grid.blocks, bands)
        per_block = np.where(pairs.lump[:, None], at_block[:, :, 0], at_block.sum(axis=2))
        return Tables(prices, _summed(per_block), _summed(unit))

    def costs(self, layout: Layout, option: Ints, start: Ints) -> Floats:
        """rc of columns, [C]."""
        program = layout.program
        end = program.ends(option, start)
        running = program.options.running[option]
        column, charge = members(program.charges.offset, option)
        at = np.where(program.charges.anchor[charge] == Anchor.END, end[column], start[column])
        table = program.charges.table[charge]
        value = np.empty(len(charge))
        run = running[column]
        value[run] = program.curves[table[run], at[run]]
        value[~run] = program.profiles[table[~run], at[~run]]
        total = np.bincount(column, layout.charge_amount[charge] * value, len(option))
        column, rate = members(program.rates.offset, option)
        lo, hi = window(layout, option, start, end, column, rate)
        run = running[column]
        pair = layout.pairs.of_rate[rate]
        held = np.empty(len(rate))
        held[run] = self.by_block[pair[run], hi[run]] - self.by_block[pair[run], lo[run]]
        held[~run] = self.by_period[pair[~run], hi[~run]] - self.by_period[pair[~run], lo[~run]]
        return np.asarray(total + np.bincount(column, program.rates.amount[rate] * held, len(option)), dtype=np.float64)


def lay_out(program: Program, weight: Floats, *, fixed_out: Bools | None = None) -> Layout:
    """``fixed_out`` [O]: options that may not be used; they lose all their starts, and in uniform blocks they are dear."""
    rates, resources, options = program.rates, program.resources, program.options
    blocks = uniform_blocks(program)
    if fixed_out is not None:
        blocks = tuple(block.avoiding(fixed_out, weight) for block in blocks)
    kept = np.zeros(len(resources), dtype=bool)
    taken = np.zeros(len(options), dtype=bool)
    for block in blocks:
        kept[block.resources] = True
        taken[block.options] = True
    # What is unlimited has no price; a row for it would make the bound infinite times nothing.
    slot_of_row = np.flatnonzero(~kept[resources.of_slot] & (np.isfinite(resources.limit) | resources.equality[resources.of_slot]))
    row_of_slot = np.full(len(resources.limit), -1, dtype=np.int64)
    row_of_slot[slot_of_row] = np.arange(len(slot_of_row))
    profiles = max(1, len(program.profiles))
    key = (rates.resource.astype(np.int64) * profiles + rates.profile) * 2 + rates.lump
    distinct, of_rate = np.unique(key, return_inverse=True)
    pairs = Pairs(distinct // 2 // profiles, distinct // 2 % profiles, distinct % 2 == 1, of_rate.astype(np.int64))
    first, last = options.first.copy(), options.last.copy()
    if fixed_out is not None:
        last[fixed_out] = first[fixed_out] - 1
    never = options.whole & (options.group >= 0) & (options.upper_profile == 0) & (options.upper < 1 - FEASIBILITY_TOLERANCE)
    last[never] = first[never] - 1
    _trim(program, pairs, first, last)
    classes = classes_of(program)
    grouped = np.flatnonzero((options.group >= 0) & (classes.counted(options.group) > 0))
    member = grouped[np.argsort(options.group[grouped], kind="stable")]
    offset = np.searchsorted(options.group[member], np.arange(len(program.groups) + 1))
    return Layout(
        program=program,
        weight=weight,
        classes=classes,
        first=first,
        last=last,
        blocks=blocks,
        row_of_slot=row_of_slot,
        slot_of_row=slot_of_row,
        limit=np.concatenate([resources.limit[slot_of_row], *(-b.demand for b in blocks)]),
        equality=np.concatenate(
            [resources.equality[resources.of_slot][slot_of_row], *(np.zeros(len(b.demand), dtype=bool) for b in blocks)]
        ),
        pairs=pairs,
        bundles=bundled(rates, pairs.of_rate, options.group >= 0),
        member=member,
        member_offset=offset.astype(np.int64),
        loose=np.flatnonzero((options.group < 0) & ~taken),
    )


def most_supplied(program: Program) -> Floats:
    """The most that all options together could supply to each slot, [slots]."""
    slots = len(program.resources.limit)
    owner = np.repeat(np.arange(len(program.options), dtype=np.int64), np.diff(program.rates.offset))
    negative = (program.rates.amount < 0) | (program.profiles.min(axis=1) < 0)[program.rates.profile]
    suppliers = np.unique(owner[negative])
    total = np.zeros(slots)
    for chunk in np.array_split(suppliers, max(1, len(suppliers) // 20_000)):
        option, start = program.columns(chunk)
        for copy in range(int(program.options.copies[chunk].max(initial=0))):
            there = program.options.copies[option] > copy
            option, start = option[there], start[there]
            entries = program.entries(option, start, np.full(len(option), copy))
            total += np.bincount(entries.row, np.maximum(-entries.value, 0.0) * program.upper(option, start)[entries.column], slots)
    return total


def _tied(program: Program, row_of_slot: Ints) -> Ints:
    """First of the rows over which copies move together, for every row that carries a price."""
    rates, resources = program.rates, program.resources
    owner = np.repeat(program.options.copies, np.diff(rates.offset))
    moving = np.flatnonzero(rates.step & (owner > 1))
    last = np.arange(len(resources))
    np.maximum.at(last, rates.resource[moving], rates.resource[moving] + owner[moving] - 1)
    # Ranges that overlap are one: a resource begins a new one where no earlier range reaches it.
    reach = np.maximum.accumulate(last)
    begins = np.concatenate([[True], reach[:-1] < np.arange(1, len(resources))]) if len(resources) else np.zeros(0, dtype=bool)
    first = np.flatnonzero(begins)[np.cumsum(begins) - 1]
    slot = np.arange(len(resources.limit)) - (resources.offset[:-1] - resources.offset[first])[resources.of_slot]
    row = row_of_slot[slot]
    return np.asarray(np.where(row >= 0, row, row_of_slot)[row_of_slot >= 0], dtype=np.int64)


def most_of_tied(program: Program, slots: Floats) -> Floats:
    """The most of any of the slots over which copies move together, [slots]."""
    if not program.folded:
        return slots
    tied = _tied(program, np.arange(len(slots)))
    most = np.full(len(slots), -np.inf)
    np.maximum.at(most, tied, slots)
    return np.asarray(most[tied], dtype=np.float64)


def _trim(program: Program, pairs: Pairs, first: Ints, last: Ints) -> None:
    """Moves ``first`` up and ``last`` down past starts at which a whole option's own use exceeds what a slot could ever offer.

    Starts that do not fit further inside stay; a bound that allows them is a bound all the same.
    """
    rates, resources, bands = program.rates, program.resources, program.grid.bands
    room = program.resources.limit + most_supplied(program)
    room = most_of_tied(program, room + FEASIBILITY_TOLERANCE * np.maximum(1.0, np.abs(room)) * 2)
    slot = resources.offset[pairs.resource, None] + program.partitions[resources.partition[pairs.resource]]
    factor = program.profiles[pairs.profile]
    with np.errstate(divide="ignore", invalid="ignore"):
        most = np.where(factor > 0, room[slot] / factor, np.inf)
    most[resources.hourly[pairs.resource] | pairs.lump] = np.inf
    by_block = range_minima(most.reshape(len(most), program.grid.blocks, bands).min(axis=2))
    plain = (rates.amount > 0) & (rates.from_anchor == Anchor.START) & (rates.to_anchor == Anchor.END)
    plain &= (rates.from_offset == 0) & (rates.to_offset == 0)
    if len(rates):
        plain &= np.asarray(np.isfinite(most).any(axis=1))[pairs.of_rate]
    count = (
        np.add.reduceat(np.append(plain, False).astype(np.int64), program.rates.offset[:-1])
        if len(program.options)
        else np.zeros(0)
    )
    count = np.where(np.diff(rates.offset) > 0, count, 0)
    for edge, step in ((first, 1), (last, -1)):
        active = np.flatnonzero(program.options.running & program.options.whole & (count > 0) & (last >= first))
        while len(active):
            misfit = []
            for part in np.array_split(active, max(1, len(active) // COLUMNS_AT_ONCE)):
                end = program.ends(part, edge[part])
                column, rate = members(rates.offset, part)
                keep = plain[rate]
                column, rate = column[keep], rate[keep]
                least = least_in(by_block, pairs.of_rate[rate], edge[part][column], end[column])
                bad = np.zeros(len(part), dtype=bool)
                bad[column[rates.amount[rate] > least]] = True
                misfit.append(part[bad])
            active = np.concatenate(misfit)
            edge[active] += step
            active = active[last[active] >= first[active]]


def range_minima(values: Floats) -> Floats:
    """Minima of ``values`` [n, B] over runs of 1, 2, 4 ... steps beginning at each, [log B, n, B]."""
    out, length = [values], 1
    while 2 * length <= values.shape[1]:
        shifted = np.full_like(values, np.inf)
        shifted[:, : values.shape[1] - length] = out[-1][:, length:]
        out.append(np.minimum(out[-1], shifted))
        length *= 2
    return np.stack(out)


def least_in(ranges: Floats, row: Ints, lo: Ints, hi: Ints) -> Floats:
    """Minimum over [lo, hi) of a row; infinite where empty."""
    length = np.maximum(hi - lo, 1)
    power = np.floor(np.log2(length)).astype(np.int64)
    at = np.minimum(lo, ranges.shape[2] - 1), np.maximum(hi - (1 << power), 0)
    least = np.minimum(ranges[power, row, at[0]], ranges[power, row, at[1]])
    return np.where(hi > lo, least, np.inf)


def _summed(values: Floats) -> Floats:
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)


def entries(layout: Layout, option: Ints, start: Ints) -> int:
    """Entries of columns on rows that carry a price, at most, without writing them out."""
    program, rates = layout.program, layout.program.rates
    column, rate = members(rates.offset, option)
    priced = np.zeros(len(program.resources), dtype=bool)
    priced[program.resources.of_slot[layout.slot_of_row]] = True
    column, rate = column[priced[rates.resource[rate]]], rate[priced[rates.resource[rate]]]
    lo, hi = window(layout, option, start, program.ends(option, start), column, rate)
    each = np.where(program.options.running[option[column]] & ~rates.lump[rate], program.grid.bands, 1)
    return int(((hi - lo) * each).sum())


def window(layout: Layout, option: Ints, start: Ints, end: Ints, column: Ints, rate: Ints) -> tuple[Ints, Ints]:
    """First step of a rate's window and the one after its last, in the option's own steps."""
    program, rates = layout.program, layout.program.rates
    steps = np.where(program.options.running[option], program.grid.blocks, program.grid.periods)
    anchors = np.stack([np.zeros_like(start), start, end, steps])
    lo = anchors[rates.from_anchor[rate], column] + rates.from_offset[rate]
    hi = np.maximum(anchors[rates.to_anchor[rate], column] + rates.to_offset[rate], lo)
    return lo, np.where(rates.lump[rate], np.minimum(hi, lo + 1), hi)
