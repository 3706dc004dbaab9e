"""Terms of contracts that are decided: one option per contract, first block and end, of which at most one is signed.

Every option runs from when it is signed until it ends; what it brings is written by the laws whose limits it raises (``supply``),
from when it is in force.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from placement.activities.columns import Columns
from placement.builder import Builder, Edge
from placement.instance import Instance
from placement.instance.terms import terms_of
from placement.plan import Contracts, Plan
from placement.program import Anchor, Bools, Floats, Ints


@dataclass(frozen=True)
class Terms:
    """Columns [n], ascending by option."""

    option: Ints
    contract: Ints
    signed: Ints
    """Block in which it is signed: that in which it begins, but for what is ordered."""
    start: Ints
    """First block in force."""
    end: Ints
    """The block after the last; B also where the term goes on after the horizon."""
    blocks: int
    """Of the calendar."""
    fees_usd: Floats
    """All that is owed within the horizon whatever is used: signing, fees by the month, leaving early."""
    present_fees_usd: Floats
    """The same as it is worth at the calendar's start."""

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> Terms:
        """Write one option per decided contract and pair of blocks, and a group for each contract or set of alternatives."""
        calendar, contracts = instance.calendar, list(instance.contracts.values())
        rows = [
            (c, *term, owed)
            for c, contract in enumerate(contracts)
            if contract.decided
            for term, owed in sorted(terms_of(calendar, contract, instance.discount_at).items())
        ]
        contract_of, signed_of, start_of, end_of = np.array([row[:4] for row in rows], dtype=np.int64).reshape(len(rows), 4).T
        before = np.concatenate([[0.0], np.cumsum(calendar.hours.reshape(calendar.blocks, -1).sum(axis=1))])
        names: dict[str, int] = {}
        must: list[bool] = []
        group = np.full(len(contracts), -1, dtype=np.int64)
        for c, contract in enumerate(contracts):
            if contract.decided:
                # Labels of alternatives and ids of contracts are kept apart by their first word.
                name = f"contract {contract.id}" if contract.alternatives is None else f"alternatives {contract.alternatives}"
                group[c] = names.setdefault(name, len(names))
                must += [not contract.optional] * (len(names) - len(must))
        groups = builder.add_groups(list(names), must)
        option = builder.add_running(first=signed_of, last=signed_of, hours=before[end_of] - before[signed_of])
        builder.join(option, groups[group[contract_of]])
        present, fees = np.array([row[4] for row in rows], dtype=np.float64).reshape(len(rows), 2).T
        return cls(option, contract_of, signed_of, start_of, end_of, calendar.blocks, fees, present)

    def supply(self, builder: Builder, resource: Ints, contract: Ints, amount: Floats, *, sign: float = -1.0) -> None:
        """Rows of resources (``resource`` and ``contract`` [n], ``amount`` [n, P]) that are there only while their contract is."""
        for r, c, row in zip(resource.tolist(), contract.tolist(), amount, strict=True):
            mine = np.flatnonzero(self.contract == c)
            if len(mine) and row.any():
                builder.add_rates(self.option[mine], r, sign, start=self.begin(mine), profile=builder.profile(row))

    def begin(self, rows: Ints) -> Edge:
        """When some terms [n] are in force from: later than signed where a lead time lies between."""
        return Anchor.START, (self.start - self.signed)[rows]

    def totals(self, by_period: Floats) -> Floats:
        """Sums of rows by contract [C, P] over the periods of each term, [n]."""
        bands = by_period.shape[1] // self.blocks
        before = np.concatenate([np.zeros((len(by_period), 1)), np.cumsum(by_period, axis=1)], axis=1)
        return np.asarray(before[self.contract, self.end * bands] - before[self.contract, self.start * bands])

    # ------------------------------------------------------------ plan and back

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``contracts``."""
        chosen, row = columns.of(self.option)
        row = row[chosen.value > 0.5]
        row = row[np.argsort(self.contract[row], kind="stable")]
        return {"contracts": Contracts(self.contract[row], self.signed[row], self.end[row])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of the terms that a plan signs; see ``Activity``."""
        signed = plan.contracts
        keys = zip(self.contract.tolist(), self.signed.tolist(), self.end.tolist(), strict=True)
        row_of = {key: n for n, key in enumerate(keys)}
        wanted = zip(signed.contract.tolist(), signed.start_block.tolist(), signed.end_block.tolist(), strict=True)
        rows = [row_of.get(key, -1) for key in wanted]
        if strict and -1 in rows:
            name = list(instance.contracts)[int(signed.contract[rows.index(-1)])]
            raise ValueError(f"contract '{name}' is signed for a term that is not offered")
        row = np.array([n for n in rows if n >= 0], dtype=np.int64)
        return Columns.single(self.option[row], self.signed[row], np.ones(len(row)))


def decided_pools(instance: Instance) -> Bools:
    """Pools that are there only if the plan says so, [Q]."""
    return np.array([instance.contracts[pool.contract].decided for pool in instance.pools.values()], dtype=np.bool_)


def contract_of_pools(instance: Instance) -> Ints:
    """Position of each pool's contract, [Q]."""
    position = {name: c for c, name in enumerate(instance.contracts)}
    return np.array([position[pool.contract] for pool in instance.pools.values()], dtype=np.int64)


def firm(instance: Instance, amount: ArrayLike, pool: Ints) -> Floats:
    """Amounts [n, P] of pools [n], nothing where the pool's contract is decided: terms then supply them."""
    return np.where(decided_pools(instance)[pool][:, None], 0.0, np.asarray(amount, dtype=np.float64))
