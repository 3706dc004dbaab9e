"""Programs that are assignments: every object to one container at most, containers within capacities, at least cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.peers import Refused
from placement.program import Floats, Ints, Program


@dataclass(frozen=True)
class Assignment:
    """Pairs [n] of an object and a container that may be chosen, and where containers take capacity from.

    An object is a group, a container a set of slots that columns use together; in every *dimension* a container uses one slot at
    most, ``slot`` [containers, dimensions] (-1: none), and a pair takes ``amount`` [n, dimensions] of it. ``option`` and
    ``start`` [n] are the pairs' columns; ``limit`` [slots] what there is.
    """

    objects: int
    must: Ints
    """Objects that have to be placed."""
    object: Ints
    container: Ints
    cost: Floats
    option: Ints
    start: Ints
    amount: Floats
    slot: Ints
    limit: Floats
    level: int
    """The level that costs anything."""


def read(program: Program, most_pairs: int) -> Assignment:
    """The Program as an assignment. ``Refused`` where it is none, or where it has more than ``most_pairs`` pairs."""
    options = program.options
    if program.grid.periods != 1:
        raise Refused(f"{program.grid.periods} periods; only one can be expressed as an assignment")
    count = int(np.maximum(options.last - options.first + 1, 0) @ options.copies.astype(np.int64))
    if count > most_pairs:
        raise Refused(f"{count:,} pairs of object and place; more than {most_pairs:,} are not tried")
    program = program.unfolded()
    options = program.options
    option, start = program.columns()
    if not (options.whole[option].all() and (options.group[option] >= 0).all()):
        raise Refused("divisible options, or options outside groups, are no assignment")
    if program.cost_rows or program.resources.equality.any():
        raise Refused("limits on costs, and equalities, are no capacities")
    costs = program.level_costs(option, start)
    levels = np.flatnonzero(costs.any(axis=0))
    if len(levels) > 1:
        raise Refused("more than one level of the objective costs something")
    level = int(levels[0]) if len(levels) else len(program.levels) - 1
    entries = program.entries(option, start)
    row, column, value = (np.asarray(part) for part in (entries.row, entries.column, entries.value))
    if np.any(value < 0):
        raise Refused("options that supply capacity are no objects")
    if np.any(program.upper(option, start) < 1):
        raise Refused("an option that cannot be chosen as a whole is no object")
    dimension = _dimensions(program, row, column)
    slot = np.full((len(option), int(dimension.max(initial=0)) + 1), -1, dtype=np.int64)
    amount = np.zeros(slot.shape)
    slot[column, dimension] = row
    amount[column, dimension] = value
    containers, container = np.unique(slot, axis=0, return_inverse=True)
    group = np.asarray(options.group[option], dtype=np.int64)
    container = container.reshape(-1).astype(np.int64)
    if len(np.unique(group * len(containers) + container)) < len(group):
        raise Refused("an object has two options for one container")
    return Assignment(
        objects=len(program.groups),
        must=np.flatnonzero(program.groups.must).astype(np.int64),
        object=group,
        container=container,
        cost=costs[:, level],
        option=np.asarray(option),
        start=np.asarray(start),
        amount=amount,
        slot=containers,
        limit=np.asarray(program.resources.limit, dtype=np.float64),
        level=level,
    )


def _dimensions(program: Program, row: Ints, column: Ints) -> Ints:
    """Dimension of every entry: by unit, and within an option the first, second ... slot of that unit (a pool, an island in it).

    ``Refused`` where this puts a slot into two dimensions, since its limit is on their sum.
    """
    _, kind_of_resource = np.unique(np.array(program.resources.unit), return_inverse=True)
    kind = kind_of_resource.reshape(-1)[program.resources.of_slot[row]]
    order = np.lexsort((row, kind, column))
    key = column[order] * (int(kind.max(initial=0)) + 1) + kind[order]
    rank = np.arange(len(key)) - np.searchsorted(key, key)
    if np.any((np.diff(row[order]) == 0) & (np.diff(column[order]) == 0)):
        raise Refused("an option uses one resource twice")
    pairs = np.empty((len(row), 2), dtype=np.int64)
    pairs[order] = np.stack([kind[order], rank], axis=1)
    _, dimension = np.unique(pairs, axis=0, return_inverse=True)
    dimension = dimension.reshape(-1).astype(np.int64)
    used = np.unique(np.stack([row, dimension]), axis=1)[0]
    if len(np.unique(used)) < len(used):
        raise Refused("a resource is used in ways that are no single dimension of containers")
    return dimension
