"""Letting idle accelerators: whole units of a pool, one option per pool whose contract allows it, each period by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Sublets
from placement.program import Ints


@dataclass(frozen=True)
class SubletOptions:
    """Columns [n], ascending by option; one count lets one unit of the pool."""

    option: Ints
    pool: Ints

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> SubletOptions:
        """Write one option per pool that can be let."""
        pools = [
            q
            for q, pool in enumerate(instance.pools.values())
            if instance.contracts[pool.contract].sublet_usd_per_gpu_hour is not None
        ]
        pool = np.array(pools, dtype=np.int64)
        units = instance.island_online_gpus // instance.unit_gpus[instance.island_pool][:, None] + instance.excess_units
        most = [builder.profile(units[instance.island_pool == q].sum(axis=0)) for q in pools]
        zero = np.zeros(len(pool), dtype=np.int64)
        option = builder.add_per_period(
            first=zero,
            last=zero + instance.calendar.period_count - 1,
            upper=1.0,
            upper_profile=np.array(most, dtype=np.int64),
            whole=True,
        )
        return cls(option, pool)

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``sublets``."""
        chosen, row = columns.of(self.option)
        units = np.round(chosen.value).astype(np.int64)
        order = np.lexsort((self.pool[row], chosen.start))
        order = order[units[order] > 0]
        return {"sublets": Sublets(self.pool[row[order]], chosen.start[order], units[order])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of what a plan lets; see ``Activity``."""
        table, row_of = plan.sublets, np.full(len(instance.pools) + 1, -1, dtype=np.int64)
        row_of[self.pool] = np.arange(len(self.pool))
        row = row_of[table.pool]
        if strict and np.any(row < 0):
            raise ValueError(f"pool '{list(instance.pools)[int(table.pool[np.argmax(row < 0)])]}' cannot be let")
        kept = row >= 0
        pairs, at = np.unique(np.stack([row[kept], table.period[kept]]), axis=1, return_inverse=True)
        count = np.bincount(at.reshape(-1), table.units[kept], pairs.shape[1])
        return Columns.single(self.option[pairs[0]], pairs[1], count.astype(np.float64))
