"""The tail of costs: the mean cost of the worst share of probability, written into a joint Program with linear rows.

    tail = least over y of  y + sum over cases of p x max(0, cost - y) / share

A row for each case, whose use is its cost at the last level, is relieved by y, which all cases have in common, and by what the
case exceeds it by (Rockafellar and Uryasev 2000, doi:10.21314/JOR.2000.038).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from placement.program import Anchor, Charges, Floats, Ints, Options, Program, Rates, Resources
from placement.program.stacked import by_option, columns_of, owners, stacked

COLUMNS_AT_ONCE = 1 << 18
UNITS = 1e3
"""The cost rows count in this part of what costs can differ by: their columns are then of ordinary size."""


@dataclass(frozen=True)
class Tail:
    """The worst ``share`` of probability, and what the mean cost in it weighs against that of all cases."""

    share: float
    weight: float


def value_at_risk(cost: Floats, probability: Floats, share: float) -> float:
    """The least cost that is exceeded with a probability of at most ``share``; it makes the tail's formula least."""
    order = np.argsort(cost, kind="stable")
    beyond = 1.0 - np.cumsum(probability[order])
    return float(cost[order][np.flatnonzero(beyond <= share + 1e-12)[0]])


def tail_cost(cost: Floats, probability: Floats, share: float) -> float:
    """Mean cost of the worst ``share`` of probability."""
    y = value_at_risk(cost, probability, share)
    return y + float(probability @ np.maximum(cost - y, 0.0)) / share


def with_tail(
    program: Program, cases: Sequence[Program], names: Sequence[str], rows: Sequence[Ints], probability: Floats, tail: Tail
) -> tuple[Program, float, float]:
    """The Program with a row for each case that its cost uses, and y and the excesses, which relieve it; y's base and unit."""
    last, constant = len(program.levels) - 1, np.array([case.constants[-1].sum() for case in cases])
    low, high = np.array([_range_of_cost(case, last) for case in cases]).T + constant
    base, unit = float(low.min()), max(1.0, float(high.max() - low.min()) / UNITS)
    count, resources, profiles = len(program.options), len(program.resources), [program.profiles]
    cost_rows = replace(
        _like(program.resources, len(cases)),
        name=tuple(f"cost in {name}" for name in names),
        unit=("USD",) * len(cases),
        partition=np.full(len(cases), len(program.partitions)),
        limit=(base - constant) / unit,
    )
    owner = [owners(program.rates.offset, np.arange(count))]
    parts = [columns_of(program.rates)]
    for s, case in enumerate(cases):
        of, rates, own = cost_as_rates(case, last)
        owner.append(rows[s][of])
        shift = sum(len(p) for p in profiles)
        profiles.append(own)
        mine = {"amount": rates["amount"] / unit, "profile": rates["profile"] + shift, "resource": np.full(len(of), resources + s)}
        parts.append(rates | mine)
    # y relieves the rows of all cases, an excess that of its own.
    relief = np.concatenate([np.full(len(cases), count), count + 1 + np.arange(len(cases))])
    owner.append(relief)
    parts.append(_lumps(np.tile(resources + np.arange(len(cases)), 2), np.full(len(relief), -1.0)))
    usd = unit * tail.weight * np.concatenate([[1.0], probability / tail.share])
    charges = columns_of(program.charges)
    own_charges = {name: np.zeros(len(usd), dtype=column.dtype) for name, column in charges.items()}
    own_charges |= {
        "level": np.full(len(usd), last),
        "term": np.full(len(usd), len(program.terms)),
        "amount": usd,
        "anchor": np.full(len(usd), int(Anchor.START)),
    }
    relieving = count + np.arange(len(usd))
    constants = np.hstack([program.constants, np.zeros((len(program.levels), 1))])
    constants[-1, -1] = tail.weight * base
    charging = [owners(program.charges.offset, np.arange(count)), relieving]
    joined = replace(
        program,
        options=_appended(program.options, len(usd), float(high.max() - low.min()) / unit, program.grid),
        resources=stacked([program.resources, cost_rows]),
        rates=Rates(**by_option(owner, count + len(usd), parts)),
        charges=Charges(**by_option(charging, count + len(usd), [charges, own_charges])),
        partitions=np.vstack([program.partitions, np.zeros((1, program.grid.periods), dtype=np.int64)]),
        profiles=np.concatenate(profiles),
        terms=(*program.terms, "tail"),
        constants=constants,
    )
    return joined, base, unit


def _appended(options: Options, count: int, upper: float, grid: Any) -> Options:
    """Options and ``count`` more: divisible, of up to ``upper``, over the whole horizon."""
    more: dict[str, Any] = {f.name: np.zeros(count, dtype=getattr(options, f.name).dtype) for f in fields(Options)}
    more["running"][:] = True
    more["hours"][:] = grid.hours.sum()
    more["upper"][:] = upper
    more["group"][:] = -1
    more["copies"][:] = 1
    return Options(**{name: np.concatenate([getattr(options, name), column]) for name, column in more.items()})


def _lumps(resource: Ints, amount: Floats) -> dict[str, Any]:
    """Rates charged once, when the option starts."""
    zero = np.zeros(len(resource), dtype=np.int64)
    return {
        "resource": resource, "amount": amount, "from_anchor": zero + int(Anchor.START), "from_offset": zero,
        "to_anchor": zero + int(Anchor.END), "to_offset": zero, "profile": zero, "lump": zero == 0, "step": zero != 0,
    }  # fmt: skip


def cost_as_rates(program: Program, level: int) -> tuple[Ints, dict[str, Any], Floats]:
    """What options cost at a level, constants aside, as rates of a resource that counts by the hour over the horizon.

    Returns the option of each rate, columns of ``Rates`` but for the resource, and the profiles [n, P] that they refer to.
    """
    charges, rates, resources, bands = program.charges, program.rates, program.resources, program.grid.bands
    of_charge = np.repeat(np.arange(len(program.options), dtype=np.int64), np.diff(charges.offset))
    mine = np.flatnonzero((charges.level == level) & (charges.amount != 0))
    of, running, at_end = of_charge[mine], program.options.running[of_charge[mine]], charges.anchor[mine] == Anchor.END
    if np.any(at_end & ~running):
        raise ValueError("a per-period option charges at its start; one that charges at its end has no period for it")
    # A curve's value at a block boundary stands in the first period of the block that starts there, or of the one that ends there.
    starts, ends = (np.repeat(program.curves[:, edge], bands, axis=1) for edge in (slice(None, -1), slice(1, None)))
    table = charges.table[mine].astype(np.int64)
    n, c = len(program.profiles), len(program.curves)
    profile = np.where(running, n + np.where(at_end, c, 0) + table, table)
    lumps = _lumps(np.zeros(len(of), dtype=np.int64), charges.amount[mine])
    lumps |= {"profile": profile, "from_anchor": np.where(at_end, int(Anchor.END), int(Anchor.START)), "from_offset": -1 * at_end}
    of_rate = np.repeat(np.arange(len(program.options), dtype=np.int64), np.diff(rates.offset))
    priced = np.flatnonzero(((resources.price != 0) & (resources.price_level == level))[rates.resource])
    pair = np.stack([rates.profile[priced].astype(np.int64), resources.price_profile[rates.resource[priced]]])
    distinct, which = np.unique(pair, axis=1, return_inverse=True)
    owed = {name: column[priced] for name, column in columns_of(rates).items()}
    owed |= {
        "amount": rates.amount[priced] * resources.price[rates.resource[priced]],
        "profile": n + 2 * c + which.reshape(-1),
        "step": np.zeros(len(priced), dtype=np.bool_),
    }
    products = program.profiles[distinct[0]] * program.profiles[distinct[1]]
    together = {name: np.concatenate([lumps[name], owed[name]]) for name in lumps}
    return np.concatenate([of, of_rate[priced]]), together, np.concatenate([program.profiles, starts, ends, products])


def _range_of_cost(program: Program, level: int) -> tuple[float, float]:
    """Between which sums all choices cost at a level, constants aside: groups at their cheapest and dearest, all else in full."""
    groups, copies = len(program.groups), program.options.copies.astype(np.float64)
    low, high, least, most = 0.0, 0.0, np.zeros(groups), np.zeros(groups)
    count = np.maximum(program.options.last - program.options.first + 1, 0)
    for options in np.array_split(np.arange(len(count)), max(1, int(count.sum()) // COLUMNS_AT_ONCE)):
        option, start = program.columns(options)
        cost = program.level_costs(option, start)[:, level] * program.upper(option, start)
        group = program.options.group[option]
        free = group < 0
        low += float((np.minimum(cost[free], 0.0) * copies[option[free]]).sum())
        high += float((np.maximum(cost[free], 0.0) * copies[option[free]]).sum())
        np.minimum.at(least, group[~free], cost[~free])
        np.maximum.at(most, group[~free], cost[~free])
    return low + float(least.sum()), high + float(most.sum())


def _like(resources: Resources, count: int) -> Resources:
    """``count`` resources of one slot each, by the hour and without a price."""
    names = [f.name for f in fields(Resources) if f.name not in ("name", "unit")]
    columns: dict[str, Any] = {name: np.zeros(count, dtype=getattr(resources, name).dtype) for name in names}
    columns |= {"hourly": np.ones(count, dtype=np.bool_), "private": np.full(count, -1), "offset": np.arange(count + 1)}
    return Resources(name=(), unit=(), **columns)
