"""The Program's builder: what activities and laws are handed to write options, resources, rates and charges, array by array.

Every method takes whole arrays; numbers are broadcast. ``build`` sorts and freezes. Nothing here knows GPUs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placement.program import (
    Anchor,
    Bools,
    Charges,
    CostRow,
    Floats,
    Grid,
    Groups,
    Ints,
    Options,
    Program,
    Rates,
    Resources,
)
from placement.program.copies import validate

Edge = tuple[ArrayLike, ArrayLike]
"""Where a window begins or ends: an offset from an ``Anchor``, each one for all options or one for each."""
START: Edge = (Anchor.START, 0)
END: Edge = (Anchor.END, 0)
FIRST: Edge = (Anchor.FIRST, 0)
LAST: Edge = (Anchor.LAST, 0)


class _Table:
    """Columns that grow by chunks of rows. Numbers given for a whole chunk are held once; a column is released as it is taken."""

    def __init__(self, **dtypes: type[np.generic]) -> None:
        self._dtypes = dtypes
        self._chunks: dict[str, list[NDArray[np.generic]]] = {name: [] for name in dtypes}
        self.rows = 0

    def add(self, count: int, **values: ArrayLike) -> Ints:
        for name, dtype in self._dtypes.items():
            self._chunks[name].append(np.broadcast_to(_fitted(name, values[name], dtype), (count,)))
        ids = np.arange(self.rows, self.rows + count, dtype=np.int64)
        self.rows += count
        return ids

    def take(self) -> dict[str, NDArray[np.generic]]:
        """All columns, in the order in which rows were added."""
        return {name: self._joined(name) for name in self._dtypes}

    def take_by_option(self, options: int) -> tuple[Ints, dict[str, NDArray[np.generic]]]:
        """Offsets [options + 1] and all columns but ``option``, sorted by it; rows of one option stay in order."""
        chunks = self._chunks.pop("option")
        offset = np.zeros(options + 1, dtype=np.int64)
        for option in chunks:
            np.add.at(offset[1:], np.asarray(option, dtype=np.int64), 1)
        np.cumsum(offset, out=offset)
        # Chunks come sorted by option as a rule: each row's place is then its option's next free row, without sorting them all.
        free, places = offset[:-1].copy(), []
        while chunks:
            option = np.asarray(chunks.pop(0), dtype=np.int64)
            order = None if np.all(np.diff(option) >= 0) else np.argsort(option, kind="stable")
            ranked = option if order is None else option[order]
            begin = np.flatnonzero(np.diff(ranked, prepend=-1))
            length = np.diff(begin, append=len(ranked))
            place = np.arange(len(ranked), dtype=np.int64) + np.repeat(free[ranked[begin]] - begin, length)
            free[ranked[begin]] += length
            if order is not None:
                place[order] = place.copy()
            places.append(place.astype(_width(self.rows)))
        columns = {}
        for name in [name for name in self._dtypes if name != "option"]:
            columns[name] = np.empty(self.rows, dtype=self._dtypes[name])
            for place, chunk in zip(places, self._chunks.pop(name), strict=True):
                columns[name][place] = chunk
        return offset, columns

    def _joined(self, name: str) -> NDArray[np.generic]:
        chunks = self._chunks.pop(name)
        return np.concatenate(chunks) if chunks else np.empty(0, dtype=self._dtypes[name])


def _width(most: int) -> type[np.signedinteger[Any]]:
    """The narrowest type that tables use for numbers up to ``most``."""
    return np.int32 if most <= np.iinfo(np.int32).max else np.int64


def _fitted(name: str, values: ArrayLike, dtype: type[np.generic]) -> NDArray[np.generic]:
    """Values in the table's type; OverflowError where whole numbers are too large for it."""
    array = np.asarray(values)
    if issubclass(dtype, np.integer) and array.size and not np.can_cast(array.dtype, dtype):
        range_ = np.iinfo(dtype)
        if array.min() < range_.min or array.max() > range_.max:
            raise OverflowError(f"{name} of an option or rate is beyond {range_.max:,}: split the Program, or name fewer resources")
    return array.astype(dtype, copy=False)


class _Rows:
    """Distinct rows of factors, deduplicated by content; row 0 is given."""

    def __init__(self, first: NDArray[np.generic]) -> None:
        self._rows = [first]
        self._ids = {first.tobytes(): 0}

    def add(self, row: ArrayLike) -> int:
        array = np.ascontiguousarray(np.broadcast_to(np.asarray(row, dtype=self._rows[0].dtype), self._rows[0].shape))
        key = array.tobytes()
        if key not in self._ids:
            self._ids[key] = len(self._rows)
            self._rows.append(array)
        return self._ids[key]

    def stack(self) -> NDArray[np.generic]:
        return np.stack(self._rows)


class Builder:
    """Collects a Program. Ids returned are int64, in the order of the rows given."""

    def __init__(self, grid: Grid, levels: Sequence[str], terms: Sequence[str], weights: Floats | None = None) -> None:
        """``weights`` [levels, terms]: what is charged to a term counts by its weight at every level, not at the one named."""
        self.grid = grid
        self._weights = weights
        self._twins: list[tuple[int, int, int]] = []
        self.levels = tuple(levels)
        self.terms = tuple(terms)
        self._options = _Table(
            running=np.bool_, first=np.int32, last=np.int32, hours=np.float64, pace=np.int32, upper=np.float64,
            upper_profile=np.int32, whole=np.bool_, group=np.int32, copies=np.int32,
        )  # fmt: skip
        self._rates = _Table(
            option=np.int32, resource=np.int32, amount=np.float64, from_anchor=np.int8, from_offset=np.int32,
            to_anchor=np.int8, to_offset=np.int32, profile=np.int32, lump=np.bool_, step=np.bool_,
        )  # fmt: skip
        self._charges = _Table(option=np.int32, level=np.int8, term=np.int8, amount=np.float64, anchor=np.int8, table=np.int32)
        self._resources = _Table(
            equality=np.bool_, partition=np.int64, slots=np.int64, hourly=np.bool_, price=np.float64,
            price_profile=np.int64, price_level=np.int64, price_term=np.int64, private=np.int64,
        )  # fmt: skip
        self._resource_names: list[str] = []
        self._resource_units: list[str] = []
        self._limits: list[Floats] = []
        self._members: list[tuple[Ints, Ints]] = []
        self._group_names: list[str] = []
        self._group_must: list[bool] = []
        self._profiles = _Rows(np.ones(grid.periods))
        self._curves = _Rows(np.ones(grid.blocks + 1))
        self._paces = _Rows(np.ones(grid.periods))
        self._partitions = _Rows(np.arange(grid.periods, dtype=np.int64))
        self._constants = np.zeros((len(self.levels), len(self.terms)))
        self._cost_rows: list[CostRow] = []

    # ------------------------------------------------------------ tables of factors

    def profile(self, factors: ArrayLike) -> int:
        """Id of a row of factors per period, [P]."""
        return self._profiles.add(factors)

    def profile_of_paces(self, paces: Floats) -> Ints:
        """Ids of profiles that are 1 in the bands in which a pace [n, K] makes progress, else 0, [n]."""
        return np.array([self.profile(np.tile(row > 0, self.grid.blocks)) for row in paces], dtype=np.int64)

    def curve(self, factors: ArrayLike) -> int:
        """Id of a row of factors per block boundary, [B + 1]."""
        return self._curves.add(factors)

    def pace(self, factors: ArrayLike) -> int:
        """Id of a row of progress per hour in each period, [P]."""
        return self._paces.add(factors)

    # ------------------------------------------------------------ options and groups

    def add_groups(self, names: Sequence[str], must: ArrayLike) -> Ints:
        """Groups of which at most one option is chosen (exactly one where ``must``)."""
        first = len(self._group_names)
        self._group_names += names
        self._group_must += np.broadcast_to(np.asarray(must, dtype=bool), (len(names),)).tolist()
        return np.arange(first, len(self._group_names), dtype=np.int64)

    def join(self, option: Ints, group: Ints) -> None:
        """Put options into groups, row by row; an option is in one group at most."""
        self._members.append((option, group))

    def add_running(
        self, *, first: Ints, last: Ints, hours: ArrayLike, pace: ArrayLike = 0, upper: ArrayLike = 1.0, whole: ArrayLike = True,
        group: ArrayLike = -1, copies: ArrayLike = 1,
    ) -> Ints:  # fmt: skip
        """Options that start at a block in [first, last] and run for ``hours`` at their pace; each stands for so many copies.

        Raises ``ValueError`` where ``upper`` is not finite: without end, an option has no bound and no scale.
        """
        return self._options.add(
            len(first), running=True, first=first, last=last, hours=hours, pace=pace, upper=_finite(upper), upper_profile=0,
            whole=whole, group=group, copies=copies,
        )  # fmt: skip

    def add_per_period(
        self, *, first: Ints, last: Ints, upper: ArrayLike, upper_profile: ArrayLike = 0, whole: ArrayLike = False,
        group: ArrayLike = -1,
    ) -> Ints:  # fmt: skip
        """Options that live in one period of [first, last]; each period has its own x, at most upper x profile.

        Raises ``ValueError`` where ``upper`` is not finite, as ``add_running`` does.
        """
        return self._options.add(
            len(first), running=False, first=first, last=last, hours=0.0, pace=0, upper=_finite(upper), upper_profile=upper_profile,
            whole=whole, group=group, copies=1,
        )  # fmt: skip

    # ------------------------------------------------------------ resources

    def add_resources(
        self, names: Sequence[str], unit: str, limit: ArrayLike, *, equality: bool = False, price: ArrayLike = 0.0,
        price_profile: ArrayLike = 0, level: int = 0, term: int = 0, private: ArrayLike = -1,
    ) -> Ints:  # fmt: skip
        """Resources with a slot per period; ``limit`` broadcasts to [n, P]."""
        limits = np.broadcast_to(np.asarray(limit, dtype=np.float64), (len(names), self.grid.periods))
        return self._add_resources(names, unit, limits, 0, False, equality, price, price_profile, level, term, private)

    def add_budgets(
        self, names: Sequence[str], unit: str, limit: ArrayLike, slot_of_period: ArrayLike | None = None, *, equality: bool = False,
        price: ArrayLike = 0.0, price_profile: ArrayLike = 0, level: int = 0, term: int = 0, private: ArrayLike = -1,
    ) -> Ints:  # fmt: skip
        """Resources whose slots span periods (default: one slot, the horizon); use counts by hours. ``limit``: [n, slots]."""
        slots = (
            np.zeros(self.grid.periods, dtype=np.int64) if slot_of_period is None else np.asarray(slot_of_period, dtype=np.int64)
        )
        count = int(slots.max()) + 1
        limits = np.broadcast_to(np.asarray(limit, dtype=np.float64), (len(names), count))
        partition = self._partitions.add(slots)
        return self._add_resources(names, unit, limits, partition, True, equality, price, price_profile, level, term, private)

    def _add_resources(
        self, names: Sequence[str], unit: str, limits: Floats, partition: int, hourly: bool, equality: bool, price: ArrayLike,
        price_profile: ArrayLike, level: int, term: int, private: ArrayLike,
    ) -> Ints:  # fmt: skip
        charged = self._charged(level, term) if np.any(np.asarray(price)) else [(level, 1.0)]
        known: Ints | None = None
        # A resource is priced at one level; where its term counts at several, each further one has a twin that is used alike.
        for n, (at, weight) in enumerate(charged or [(level, 0.0)]):
            self._resource_names += [name if n == 0 else f"{name} at level {self.levels[at]}" for name in names]
            self._resource_units += [unit] * len(names)
            self._limits.append(limits.reshape(-1))
            ids = self._resources.add(
                len(names), equality=equality, partition=partition, slots=limits.shape[1], hourly=hourly,
                price=np.asarray(price) * weight, price_profile=price_profile, price_level=at, price_term=term,
                private=private if n == 0 else -1,
            )  # fmt: skip
            if known is None:
                known = ids
            elif len(ids):
                self._twins.append((int(known[0]), len(ids), int(ids[0])))
        assert known is not None
        return known

    def _charged(self, level: int, term: int) -> list[tuple[int, float]]:
        """Levels at which a term counts, each with its weight."""
        if self._weights is None:
            return [(level, 1.0)]
        return [(int(at), float(self._weights[at, term])) for at in np.flatnonzero(self._weights[:, term])]

    # ------------------------------------------------------------ what options do

    def add_rates(
        self, option: Ints, resource: ArrayLike, amount: ArrayLike, *, start: Edge = START, end: Edge = END,
        profile: ArrayLike = 0, lump: ArrayLike = False, step: ArrayLike = False,
    ) -> None:  # fmt: skip
        """Use (or, negative, supply) of resources by options while they run, or over another window.

        Copy m of an option uses ``resource + m`` where ``step``.
        """
        self._rates.add(
            len(option), option=option, resource=resource, amount=amount, from_anchor=start[0], from_offset=start[1],
            to_anchor=end[0], to_offset=end[1], profile=profile, lump=lump, step=step,
        )  # fmt: skip
        for first, count, twin in self._twins:
            at = np.broadcast_to(np.asarray(resource), (len(option),))
            mine = np.flatnonzero((at >= first) & (at < first + count))
            if len(mine):
                given = (option, amount, *start, *end, profile, lump, step)
                rows = [np.broadcast_to(np.asarray(column), (len(option),))[mine] for column in given]
                self._rates.add(
                    len(mine), option=rows[0], resource=at[mine] - first + twin, amount=rows[1], from_anchor=rows[2],
                    from_offset=rows[3], to_anchor=rows[4], to_offset=rows[5], profile=rows[6], lump=rows[7], step=rows[8],
                )  # fmt: skip

    def add_charges(
        self, option: Ints, level: int, term: int, amount: ArrayLike, *, anchor: Anchor = Anchor.START, table: ArrayLike = 0
    ) -> None:
        """Own cost of options; ``table`` is a curve (running) or profile (per period), see ``Charges``."""
        for at, weight in self._charged(level, term):
            amounts = np.asarray(amount) * weight
            self._charges.add(len(option), option=option, level=at, term=term, amount=amounts, anchor=anchor, table=table)

    def add_constant(self, level: int, term: int, amount: float) -> None:
        """Cost that is owed whatever is decided."""
        for at, weight in self._charged(level, term):
            self._constants[at, term] += weight * amount

    def add_cost_row(self, row: CostRow) -> None:
        self._cost_rows.append(row)

    # ------------------------------------------------------------ the result

    def build(self) -> Program:
        """The Program; once, since it takes the builder's tables over. ValueError where copies are misplaced."""
        table: dict[str, Any] = self._options.take()
        for option, group in self._members:
            table["group"][option] = group
        options = Options(**table)
        rate_offset, rates = self._rates.take_by_option(len(options))
        charge_offset, charges = self._charges.take_by_option(len(options))
        columns = self._resources.take()
        slots = columns.pop("slots").astype(np.int64)
        program = Program(
            grid=self.grid,
            resources=Resources(
                name=tuple(self._resource_names),
                unit=tuple(self._resource_units),
                offset=np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(slots)]),
                limit=np.concatenate(self._limits) if self._limits else np.empty(0),
                **columns,  # type: ignore[arg-type]
            ),
            options=options,
            rates=Rates(offset=rate_offset, **rates),  # type: ignore[arg-type]
            charges=Charges(offset=charge_offset, **charges),  # type: ignore[arg-type]
            groups=Groups(tuple(self._group_names), _bools(self._group_must)),
            levels=self.levels,
            terms=self.terms,
            constants=self._constants,
            profiles=self._profiles.stack().astype(np.float64),
            curves=self._curves.stack().astype(np.float64),
            paces=self._paces.stack().astype(np.float64),
            partitions=self._partitions.stack().astype(np.int64),
            cost_rows=tuple(self._cost_rows),
        )
        validate(program)
        return program


def _bools(values: list[bool]) -> Bools:
    return np.asarray(values, dtype=np.bool_)


def _finite(upper: ArrayLike) -> ArrayLike:
    if not np.isfinite(upper).all():
        raise ValueError("upper of an option must be finite; state the most of it that its resources allow")
    return upper
