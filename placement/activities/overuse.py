"""Paying for use beyond what a take-or-pay contract owes anyway: one divisible option per contract and slot of its commitment.

A plan does not state it: it is whatever use leaves it to be, so ``settled`` finds it once all else is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan
from placement.program import Ints, Program


@dataclass(frozen=True)
class Overuse:
    """Columns [n], ascending by option; one count is one USD."""

    option: Ints
    contract: Ints
    period: Ints
    """Last of the slot's: it is settled then."""

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> Overuse:
        """Write one option per slot of each commitment; at most all that is under the contract can be used."""
        contract, period, most = [], [], []
        for c, terms in enumerate(instance.contracts.values()):
            if terms.take_or_pay is None:
                continue
            slot = instance.calendar.slots(terms.take_or_pay.per)
            mine = np.array([pool.contract == terms.id for pool in instance.pools.values()], dtype=np.bool_)
            price = instance.calendar.mean(terms.price_usd_per_gpu_hour) * instance.calendar.hours
            usd = np.bincount(slot, instance.pool_online_gpus[mine].sum(axis=0) * price)
            contract += [c] * len(usd)
            period += np.flatnonzero(np.diff(slot, append=-1)).tolist()
            most += usd.tolist()
        last = np.array(period, dtype=np.int64)
        option = builder.add_per_period(first=last, last=last, upper=np.array(most, dtype=np.float64))
        return cls(option, np.array(contract, dtype=np.int64), last)

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Nothing: see ``settled``."""
        return {}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """None: see ``settled``."""
        return Columns.empty()

    def settled(self, program: Program, columns: Columns) -> Columns:
        """The columns, with as much overuse as they need."""
        if not len(self.option):
            return columns
        resources = program.resources
        use = program.use(program.joined(columns.option, columns.copy), columns.start, columns.value)[0]
        rates = program.rates
        owed = [
            int(np.flatnonzero(rates.lump[lo:hi])[0]) + lo
            for lo, hi in zip(rates.offset[self.option], rates.offset[self.option + 1], strict=True)
        ]
        resource = rates.resource[owed].astype(np.int64)
        slot = resources.offset[resource] + program.partitions[resources.partition[resource], self.period]
        beyond = np.maximum(use[slot] - resources.limit[slot], 0.0)
        return Columns.joined([columns, Columns.single(self.option, self.period, beyond)])
