"""Terms of contracts that are decided: one option per contract, first block and end, of which at most one is signed.

Every option runs over just the blocks that it covers; what it brings is written by the laws whose limits it raises (``supply``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from placement.activities.columns import Columns
from placement.builder import Builder
from placement.instance import Contract, Instance
from placement.plan import Contracts, Plan
from placement.program import Bools, Floats, Ints

HOURS_PER_MONTH = 730.0


@dataclass(frozen=True)
class Terms:
    """Columns [n], ascending by option."""

    option: Ints
    contract: Ints
    start: Ints
    """First block."""
    end: Ints
    """The block after the last; B also where the term goes on after the horizon."""
    blocks: int
    """Of the calendar."""
    fees_usd: Floats
    """All that is owed within the horizon whatever is used: signing, fees by the month, leaving early."""

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> Terms:
        """Write one option per decided contract and pair of blocks, and a group for each contract or set of alternatives."""
        calendar, contracts = instance.calendar, list(instance.contracts.values())
        rows = [
            (c, start, end, usd)
            for c, contract in enumerate(contracts)
            if contract.decided
            for (start, end), usd in sorted(terms_of(instance, contract).items())
        ]
        contract_of, start_of, end_of = np.array([row[:3] for row in rows], dtype=np.int64).reshape(len(rows), 3).T
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
        option = builder.add_running(first=start_of, last=start_of, hours=before[end_of] - before[start_of])
        builder.join(option, groups[group[contract_of]])
        return cls(option, contract_of, start_of, end_of, calendar.blocks, np.array([row[3] for row in rows], dtype=np.float64))

    def supply(self, builder: Builder, resource: Ints, contract: Ints, amount: Floats, *, sign: float = -1.0) -> None:
        """Rows of resources (``resource`` and ``contract`` [n], ``amount`` [n, P]) that are there only while their contract is."""
        for r, c, row in zip(resource.tolist(), contract.tolist(), amount, strict=True):
            mine = self.option[self.contract == c]
            if len(mine) and row.any():
                builder.add_rates(mine, r, sign, profile=builder.profile(row))

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
        return {"contracts": Contracts(self.contract[row], self.start[row], self.end[row])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of the terms that a plan signs; see ``Activity``."""
        signed = plan.contracts
        keys = zip(self.contract.tolist(), self.start.tolist(), self.end.tolist(), strict=True)
        row_of = {key: n for n, key in enumerate(keys)}
        wanted = zip(signed.contract.tolist(), signed.start_block.tolist(), signed.end_block.tolist(), strict=True)
        rows = [row_of.get(key, -1) for key in wanted]
        if strict and -1 in rows:
            name = list(instance.contracts)[int(signed.contract[rows.index(-1)])]
            raise ValueError(f"contract '{name}' is signed for a term that is not offered")
        row = np.array([n for n in rows if n >= 0], dtype=np.int64)
        return Columns.single(self.option[row], self.start[row], np.ones(len(row)))


def terms_of(instance: Instance, contract: Contract) -> dict[tuple[int, int], float]:
    """USD owed for each (first block, end) for which a decided contract can be signed, by the cheapest of its terms that do."""
    calendar, found = instance.calendar, dict[tuple[int, int], float]()
    within = calendar.blocks if contract.to_date == "open" else calendar.last_block_until(contract.to_date)
    beyond = contract.to_date == "open" or contract.to_date > calendar.end
    fee = calendar.mean(contract.fee_usd_per_month) * calendar.hours / HOURS_PER_MONTH
    by_block = fee.reshape(calendar.blocks, -1).sum(axis=1)
    for start in start_blocks(instance, contract):
        for term in contract.term_blocks or (None,):
            owed = np.cumsum(by_block[start:] * fee_factors(contract, term, calendar.blocks - start)) + contract.signing_fee_usd
            ends = [within] if term is None else full_ends(contract, start, term, None if beyond else within)
            offers = {min(end, calendar.blocks): 0.0 for end in ends}
            if contract.exit is not None and ends:
                for end in range(first_exit(instance, contract, start), min(max(ends), calendar.blocks)):
                    offers.setdefault(end, contract.exit.fee_usd)
            for end, leaving in offers.items():
                if end > start:
                    usd = float(owed[end - start - 1]) + leaving
                    found[start, end] = min(usd, found.get((start, end), usd))
    return found


def start_blocks(instance: Instance, contract: Contract) -> list[int]:
    """Blocks at which a contract may begin."""
    calendar, window = instance.calendar, contract.start_window
    first = calendar.first_block_from(contract.from_date)
    if window is None:
        return [first] if first < calendar.blocks else []
    return [
        block
        for block, day in enumerate(calendar.block_starts[:-1])
        if window.first_date <= day <= window.last_date and block >= first
    ]


def full_ends(contract: Contract, start: int, term: int, last: int | None) -> list[int]:
    """Ends of a term from block ``start`` and of its renewals, none after block ``last``; some may lie after the horizon."""
    renewal = contract.renewal
    ends = [start + term + k * (renewal.blocks if renewal else 0) for k in range((renewal.most if renewal else 0) + 1)]
    return [end for end in ends if last is None or end <= last]


def first_exit(instance: Instance, contract: Contract, start: int) -> int:
    """First block at which a contract that began at ``start`` can have been left, notice and minimum kept."""
    assert contract.exit is not None
    calendar = instance.calendar
    begins = calendar.block_starts[start]
    # One that is in force when the calendar begins has run since its from_date.
    since = contract.from_date if contract.start_window is None and start == 0 else begins
    notice, minimum = timedelta(days=contract.exit.notice_days), timedelta(days=contract.exit.minimum_days)
    return max(start + 1, calendar.first_block_from(max(begins + notice, since + minimum)))


def fee_factors(contract: Contract, term: int | None, blocks: int) -> Floats:
    """What the fee is multiplied by in each block from the first on, [blocks]: once more with every renewal."""
    if term is None or contract.renewal is None:
        return np.ones(blocks)
    begun = np.maximum(0, 1 + (np.arange(blocks) - term) // contract.renewal.blocks)
    return np.asarray(contract.renewal.fee_factor**begun, dtype=np.float64)


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
