"""Going on beyond a limit that today's plan breaks: one option per such limit, each period by itself, up to today's excess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.builder import Builder
from placement.instance import Instance
from placement.overruns import Overruns
from placement.plan import Plan
from placement.program import Bools, Floats, Ints


@dataclass(frozen=True)
class OverrunOptions:
    """Columns [n], ascending by option, one for each of ``Instance.excess``; one count is one unit, or one kW."""

    option: Ints
    limit: Ints
    """Position in ``Instance.limit_names``, ascending."""
    whole: Bools
    islands: int
    pools: int

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> OverrunOptions:
        """Write one option per limit that today's plan breaks; none where it breaks none, or there is none."""
        excess, islands, pools = instance.excess, len(instance.island_pool), len(instance.pools)
        whole, zero = excess.limit < islands + pools, np.zeros(len(excess.limit), dtype=np.int64)
        option = builder.add_per_period(
            first=zero, last=zero + instance.calendar.period_count - 1, upper=1.0, whole=whole,
            upper_profile=np.array([builder.profile(row) for row in excess.amount], dtype=np.int64),
        )  # fmt: skip
        return cls(option, excess.limit, whole, islands, pools)

    def raise_units(self, builder: Builder, instance: Instance, pool: Ints, island: Ints | None, which: Bools) -> None:
        """Write on rows of units of pools [Q] and islands [I], for some pools [Q], what is held beyond them.

        What an island holds too much its pool holds as well.
        """
        mine = np.flatnonzero(self.limit < self.islands)
        mine = mine[which[instance.island_pool[self.limit[mine]]]]
        if island is not None:
            builder.add_rates(self.option[mine], island[self.limit[mine]], -1.0)
        builder.add_rates(self.option[mine], pool[instance.island_pool[self.limit[mine]]], -1.0)
        mine = np.flatnonzero((self.limit >= self.islands) & (self.limit < self.islands + self.pools))
        mine = mine[which[self.limit[mine] - self.islands]]
        builder.add_rates(self.option[mine], pool[self.limit[mine] - self.islands], -1.0)

    def raise_feed(self, builder: Builder, feed: int, row: int, during: Bools | None = None) -> None:
        """Write on a row of kW of a feed what is drawn beyond its limit, in all periods or in some [P]."""
        mine = self.limit == self.islands + self.pools + feed
        if mine.any():
            builder.add_rates(self.option[mine], row, -1.0, profile=0 if during is None else builder.profile(during))

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``overruns``, by limit."""
        chosen, row = columns.of(self.option)
        amount: Floats = np.where(self.whole[row], np.round(chosen.value), chosen.value)
        order = np.lexsort((chosen.start, row))
        order = order[amount[order] > 0]
        return {"overruns": Overruns(self.limit[row[order]], chosen.start[order], amount[order])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of what a plan states; see ``Activity``."""
        table = plan.overruns
        row_of = np.full(len(instance.limit_names), -1, dtype=np.int64)
        row_of[self.limit] = np.arange(len(self.limit))
        row = row_of[table.limit]
        if strict and np.any(row < 0):
            name = instance.limit_names[int(table.limit[np.argmax(row < 0)])]
            raise ValueError(f"{name} is not broken by today's plan, so that nothing may go on beyond it")
        known = row >= 0
        return Columns.single(self.option[row[known]], table.period[known], table.amount[known])
