"""From Instance to Program, and from a Solution back to a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities import Activities, Columns
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan
from placement.program import CostRow, Floats, Grid, Ints, Program
from placement.rules import RULES
from placement.rules.reading import gang_units, online_units, overrun_units, units_down


@dataclass(frozen=True)
class Formulation:
    """A Program together with what its options mean."""

    instance: Instance
    program: Program
    activities: Activities

    @property
    def exact(self) -> bool:
        """Whether a plan always does all that its columns say; else it may leave out gangs that found no island."""
        return not self.activities.gangs.by_pool

    def decode(self, option: Ints, start: Ints, value: Floats) -> Plan:
        """The plan that a choice of columns (explicit ids) stands for; islands of pool-wide replicas are named here."""
        order = np.lexsort((start, option))
        row, copy = self.program.split(option[order])
        columns = Columns(row, start[order], value[order], copy)
        tables: dict[str, Any] = {}
        for activity in self.activities.all():
            tables |= activity.decode(self.instance, columns)
        row, period, units = tables.pop("replicas_by_pool")
        none = np.empty(0, dtype=np.int64)
        replicas = self.activities.replicas
        gangs_only = Plan(replicas=replicas.named(self.instance, _no_units(self.instance), none, none, none), **tables)
        held = gang_units(self.instance, gangs_only) + units_down(self.instance, gangs_only)[1]
        there = online_units(self.instance, gangs_only) + overrun_units(self.instance, gangs_only)
        free = there - held.astype(np.int64)
        return Plan(replicas=replicas.named(self.instance, free, row, period, units), **tables)

    def encode(self, plan: Plan, *, strict: bool = True) -> tuple[Ints, Ints, Floats]:
        """Columns (explicit id, start, value) that stand for a plan. What no option offers is a ValueError, or left out."""
        columns = Columns.joined([activity.encode(self.instance, plan, strict=strict) for activity in self.activities.all()])
        columns = self.activities.settled(self.program, columns)
        return self.program.joined(columns.option, columns.copy), columns.start, columns.value


def formulate(instance: Instance, *, by_pool: bool | None = None) -> Formulation:
    """Write all activities, then all laws, into one Program.

    ``by_pool``: gangs have one option per pool instead of one per island; None: where islands would be too many. See ``Gangs``.
    ValueError where it is asked for and the instance needs to tell islands apart.
    """
    levels = instance.levels
    builder = Builder(Grid(instance.calendar.hours, instance.calendar.band_count), levels.names, levels.terms, levels.weights)
    activities = Activities(instance, builder, by_pool)
    for rule in RULES:
        rule.formulate(instance, builder, activities)
    for n, most in enumerate(levels.most):
        if most is not None:
            builder.add_cost_row(CostRow(f"most of {levels.names[n]}", n, most))
    return Formulation(instance, builder.build(), activities)


def _no_units(instance: Instance) -> Ints:
    return np.zeros((len(instance.island_pool), instance.calendar.period_count), dtype=np.int64)
