"""Terms that a decided contract can be signed for: from which block, until which, and what is owed for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from placement.instance.calendar import Calendar
from placement.instance.supply import Contract
from placement.program import Floats

HOURS_PER_MONTH = 730.0


class Owed(NamedTuple):
    """What a term costs: ordered by its present value, the sum that is paid beside it."""

    present_usd: float
    usd: float


def terms_of(calendar: Calendar, contract: Contract, discount_at: Floats) -> dict[tuple[int, int], Owed]:
    """What is owed for each (first block, end) for which a decided contract can be signed, by the cheapest of its terms that do.

    ``discount_at`` is the worth of a dollar at each block boundary, [B + 1].
    """
    found: dict[tuple[int, int], Owed] = {}
    fee = calendar.mean(contract.fee_usd_per_month) * calendar.hours / HOURS_PER_MONTH
    by_block = fee.reshape(calendar.blocks, -1).sum(axis=1)
    nominal = np.ones(len(discount_at))
    for start, end, term, leaving in ways(calendar, contract):
        fees = by_block[start:end] * fee_factors(contract, term, end - start)
        present, paid = (
            contract.signing_fee_usd * float(worth[start]) + float(fees @ worth[start:end]) + leaving * float(worth[end])
            for worth in (discount_at, nominal)
        )
        found[start, end] = min(Owed(present, paid), found.get((start, end), Owed(present, paid)))
    return found


def ways(calendar: Calendar, contract: Contract) -> Iterator[tuple[int, int, int | None, float]]:
    """(first block, end within the horizon, term, USD for leaving early) of every way in which a contract can be in force."""
    within = calendar.blocks if contract.to_date == "open" else calendar.last_block_until(contract.to_date)
    for start in start_blocks(calendar, contract):
        for term in contract.term_blocks or (None,):
            ends = [within] if term is None else full_ends(calendar, contract, start, term)
            offers = {min(end, calendar.blocks): 0.0 for end in ends}
            if contract.exit is not None and ends:
                for end in range(first_exit(calendar, contract, start), min(max(ends), calendar.blocks)):
                    offers.setdefault(end, contract.exit.fee_usd)
            yield from ((start, end, term, leaving) for end, leaving in offers.items() if end > start)


def start_blocks(calendar: Calendar, contract: Contract) -> list[int]:
    """Blocks at which a contract may begin."""
    window = contract.start_window
    first = calendar.first_block_from(contract.from_date)
    if window is None:
        return [first] if first < calendar.blocks else []
    return [
        block
        for block, day in enumerate(calendar.block_starts[:-1])
        if window.first_date <= day <= window.last_date and block >= first
    ]


def full_ends(calendar: Calendar, contract: Contract, start: int, term: int) -> list[int]:
    """Ends of a term from block ``start`` and of its renewals, none after to_date; some may lie after the horizon."""
    renewal = contract.renewal
    ends = [start + term + k * (renewal.blocks if renewal else 0) for k in range((renewal.most if renewal else 0) + 1)]
    return [end for end in ends if contract.to_date == "open" or calendar.day_of_block(end) <= contract.to_date]


def first_exit(calendar: Calendar, contract: Contract, start: int) -> int:
    """First block at which a contract that began at ``start`` can have been left, notice and minimum kept."""
    assert contract.exit is not None
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
