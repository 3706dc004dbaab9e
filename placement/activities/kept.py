"""Kept replicas: which stay where a landlord takes back a share of a pool, one option per (loss, profile, pool), by period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.activities.replicas import ReplicaOptions
from placement.activities.serving import match
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Kept, Plan
from placement.program import Ints


@dataclass(frozen=True)
class KeptOptions:
    """Columns [n], ascending by option; a count is one of the replicas' option."""

    option: Ints
    case: Ints
    """Position in ``Instance.loss_cases``."""
    row: Ints
    """Row of ``replicas``; the first where the profile has one for each island."""
    replicas: ReplicaOptions

    @classmethod
    def offer(cls, instance: Instance, builder: Builder, replicas: ReplicaOptions) -> KeptOptions:
        """Write one option for whatever may stand in a pool of which a share is taken back, and something be left."""
        _, first = np.unique(np.stack([replicas.service, replicas.profile, replicas.pool]), axis=1, return_index=True)
        rows, most = [], []
        for k, case in enumerate(instance.loss_cases):
            for n in np.sort(first[case.reclaimed[replicas.pool[first]]]).tolist():
                left = instance.reclaim_left_units[replicas.pool[n]] // replicas.units[n] * case.periods
                if left.any():
                    rows.append((k, n))
                    most.append(builder.profile(left))
        case_of, row = np.array(rows, dtype=np.int64).reshape(len(rows), 2).T
        zero = np.zeros(len(rows), dtype=np.int64)
        option = builder.add_per_period(
            first=zero, last=zero + instance.calendar.period_count - 1, upper=1.0, upper_profile=np.array(most, dtype=np.int64),
            whole=True,
        )  # fmt: skip
        return cls(option, case_of, row, replicas)

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``kept``, by loss, then period."""
        chosen, at = columns.of(self.option)
        count = np.round(chosen.value).astype(np.int64)
        order = np.lexsort((self.row[at], chosen.start, self.case[at]))
        order = order[count[order] > 0]
        at, row, replicas = at[order], self.row[at[order]], self.replicas
        of_row = (replicas.service[row], replicas.profile[row], replicas.pool[row])
        return {"kept": Kept(self.case[at], *of_row, chosen.start[order], count[order] * replicas.units[row])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of what a plan keeps; see ``Activity``."""
        table, replicas = plan.kept, self.replicas
        keys = (self.case, replicas.service[self.row], replicas.profile[self.row], replicas.pool[self.row])
        at = match(keys, (table.case, table.service, table.profile, table.pool))
        known = at >= 0
        if strict and not known.all():
            raise ValueError("after a loss replicas are kept in a way that is not offered")
        at = at[known]
        return Columns.single(self.option[at], table.period[known], table.units[known] / replicas.units[self.row[at]])
