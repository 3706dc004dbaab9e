"""Terms that a decided contract can be signed for: from which block, until which, and what is owed for them.

What is bought is signed when it is ordered, and in force from the first block after its lead time on, for the life of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from placement.instance.calendar import Calendar
from placement.instance.purchases import Purchase
from placement.instance.supply import Contract
from placement.program import Floats

HOURS_PER_MONTH = 730.0


class Term(NamedTuple):
    """Blocks: in which it is signed or ordered, the first in force, and the one after the last within the horizon."""

    signed: int
    start: int
    end: int


class Owed(NamedTuple):
    """What a term costs: ordered by its present value, the sum that is paid beside it."""

    present_usd: float
    usd: float


def terms_of(calendar: Calendar, contract: Contract, discount_at: Floats) -> dict[Term, Owed]:
    """What is owed, but for capex, for each term for which a decided contract can be signed, by the cheapest way to do so.

    ``discount_at`` is the worth of a dollar at each block boundary, [B + 1].
    """
    found: dict[Term, Owed] = {}
    fee = calendar.mean(contract.fee_usd_per_month) * calendar.hours / HOURS_PER_MONTH
    by_block = fee.reshape(calendar.blocks, -1).sum(axis=1)
    nominal = np.ones(len(discount_at))
    for term, length, leaving in ways(calendar, contract):
        during = slice(term.start, term.end)
        fees = by_block[during] * fee_factors(contract, length, term.end - term.start)
        present, paid = (
            contract.signing_fee_usd * float(worth[term.signed]) + float(fees @ worth[during]) + leaving * float(worth[term.end])
            for worth in (discount_at, nominal)
        )
        found[term] = min(Owed(present, paid), found.get(term, Owed(present, paid)))
    return found


def ways(calendar: Calendar, contract: Contract) -> Iterator[tuple[Term, int | None, float]]:
    """(term within the horizon, its length as stated, USD for leaving early) of every way in which a contract can be in force."""
    within = calendar.blocks if contract.to_date == "open" else calendar.last_block_until(contract.to_date)
    for start in start_blocks(calendar, contract):
        if contract.purchase is not None:
            bought = life_of(calendar, contract.purchase, start, within)
            if bought.end > bought.start:
                yield bought, None, 0.0
            continue
        for term in contract.term_blocks or (None,):
            ends = [within] if term is None else full_ends(calendar, contract, start, term)
            offers = {min(end, calendar.blocks): 0.0 for end in ends}
            if contract.exit is not None and ends:
                for end in range(first_exit(calendar, contract, start), min(max(ends), calendar.blocks)):
                    offers.setdefault(end, contract.exit.fee_usd)
            yield from ((Term(start, start, end), term, leaving) for end, leaving in offers.items() if end > start)


def life_of(calendar: Calendar, purchase: Purchase, ordered: int, within: int) -> Term:
    """The blocks in which what is ordered at a block is there, none after ``within``."""
    start = calendar.first_block_from(calendar.block_starts[ordered] + timedelta(days=purchase.lead_time_days))
    gone = calendar.day_of_block(start) + timedelta(days=purchase.life_days)
    return Term(ordered, start, min(within, calendar.last_block_until(gone)))


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
