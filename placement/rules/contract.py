"""Law 6, contract: capacity exists only inside its contract, and what is signed is paid for while it runs, used or not.

    units held in a pool in period p = 0      unless [from_date, to_date) covers all of p's block, and a term that is signed does
    cost = fee per month / 730 h x hours inside [from_date, to_date)                              where dated
         = signing fee + the same over the blocks of the term x fee_factor per renewal + exit fee     where decided
    earnings = price x GPU-hours let

A decided contract is signed at most once (exactly once where not optional), for one of the terms on offer; what is ordered is there
from the first block after its lead time on, for its life. Of alternatives one at most is signed, and what requires another contract
lies inside that one's term.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from placement.activities import Activities
from placement.activities.terms import contract_of_pools
from placement.builder import Builder
from placement.instance import Contract, Instance
from placement.instance.terms import HOURS_PER_MONTH
from placement.plan import Plan, Violation
from placement.program import Floats
from placement.rules.reading import (
    broken,
    excess,
    first_in_force,
    held_units,
    in_force,
    in_force_by_pool,
    level_and_term,
    sublet_units,
)

NAME = "contract"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """Fees of dated contracts are owed whatever is decided; terms charge theirs; required contracts supply a place to lie in."""
    terms, let = activities.terms, activities.sublets
    level, term = level_and_term("fixed_fees")
    builder.add_constant(level, term, float(dated_fees(instance, instance.discount).sum()))
    builder.add_charges(terms.option, level, term, terms.present_fees_usd)
    level, term = level_and_term("sublets")
    price = let_prices(instance) * instance.unit_gpus[:, None] * instance.present_hours
    tables = np.array([builder.profile(price[q]) for q in let.pool.tolist()], dtype=np.int64)
    builder.add_charges(let.option, level, term, -1.0, table=tables)

    position = {name: c for c, name in enumerate(instance.contracts)}
    for name in sorted({c.requires for c in instance.contracts.values() if c.requires is not None}, key=position.__getitem__):
        parent, c = instance.contracts[name], position[name]
        inside = _dated(instance, parent).astype(np.float64)
        children = [position[child.id] for child in instance.contracts.values() if child.requires == name]
        limit = np.zeros_like(inside) if parent.decided else inside * len(children)
        within = builder.add_resources([f"inside {name}"], "contracts", limit)
        terms.supply(builder, within, np.array([c]), inside[None, :] * len(children))
        for child in children:
            mine = np.flatnonzero(terms.contract == child)
            builder.add_rates(terms.option[mine], within[0], 1.0, start=terms.begin(mine))


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Pools that are used outside their contract, terms that nobody offers, and contracts signed against each other."""
    use, inside = held_units(instance, plan), in_force_by_pool(instance, plan)
    names = [f"{name} under {pool.contract}" for name, pool in instance.pools.items()]
    found = excess(NAME, "units", names, np.where(inside, 0, use), np.zeros(use.shape), instance, "holds outside its contract")
    contracts, signed = list(instance.contracts.values()), plan.contracts
    count = np.bincount(signed.contract, minlength=len(contracts))
    for c, contract in enumerate(contracts):
        if count[c] and not contract.decided:
            found.append(broken(NAME, contract.id, "is signed, though it is in force as dated"))
        elif count[c] > 1:
            found.append(broken(NAME, contract.id, f"is signed {count[c]} times", float(count[c] - 1)))
        elif contract.decided and not contract.optional and not count[c]:
            found.append(broken(NAME, contract.id, "is in force whatever is decided, but has no term"))
    for row, c in enumerate(signed.contract.tolist()):
        contract, start, end = contracts[c], int(signed.start_block[row]), int(signed.end_block[row])
        if contract.decided and _owed(instance, contract, start, end) is None:
            text = f"is signed from {_day(instance, start)} until {_day(instance, end)}, which is not on offer"
            found.append(broken(NAME, contract.id, text))
    return found + _against_each_other(instance, plan) + _not_to_let(instance, plan)


def _against_each_other(instance: Instance, plan: Plan) -> list[Violation]:
    contracts, found = list(instance.contracts.values()), []
    chosen: dict[str, list[str]] = {}
    for c in plan.contracts.contract.tolist():
        label = contracts[c].alternatives
        if label is not None:
            chosen.setdefault(label, []).append(contracts[c].id)
    for label, ids in chosen.items():
        if len(ids) > 1:
            text = f"of these alternatives at most one is signed, not {', '.join(ids)}"
            found.append(broken(NAME, label, text, float(len(ids) - 1)))
    position, covered = {contract.id: c for c, contract in enumerate(contracts)}, in_force(instance, plan)
    bands = instance.calendar.band_count
    for row, c in enumerate(plan.contracts.contract.tolist()):
        parent = contracts[c].requires
        if parent is None:
            continue
        first = first_in_force(instance, contracts[c], int(plan.contracts.start_block[row]))
        mine = slice(first * bands, int(plan.contracts.end_block[row]) * bands)
        outside = int(np.sum(~covered[position[parent], mine]) // bands)
        if outside:
            text = f"is in force for {outside} blocks in which {parent}, which it requires, is not"
            found.append(broken(NAME, contracts[c].id, text, float(outside), "blocks"))
    return found


def _not_to_let(instance: Instance, plan: Plan) -> list[Violation]:
    let = sublet_units(instance, plan)
    return [
        broken(NAME, pool.id, f"lets units, which contract {pool.contract} does not allow")
        for q, pool in enumerate(instance.pools.values())
        if let[q].any() and instance.contracts[pool.contract].sublet_usd_per_gpu_hour is None
    ]


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """fixed_fees of all contracts within the horizon, and what sublets earn."""
    gpus = sublet_units(instance, plan) * instance.unit_gpus[:, None]
    sublets = -float(np.sum(gpus * let_prices(instance) * instance.present_hours))
    return {"fixed_fees": float(fees_of_contracts(instance, plan, present=True).sum()), "sublets": sublets}


def fees_of_contracts(instance: Instance, plan: Plan, *, present: bool = False) -> Floats:
    """USD of fixed fees of each contract within the horizon, dated or as the plan signs it, [C]; or their present value."""
    contracts, signed = list(instance.contracts.values()), plan.contracts
    fees = dated_fees(instance, instance.discount if present else None)
    for row, c in enumerate(signed.contract.tolist()):
        owed = _owed(instance, contracts[c], int(signed.start_block[row]), int(signed.end_block[row]))
        if owed is not None:
            fees[c] += owed[0 if present else 1]
    return fees


def _owed(instance: Instance, contract: Contract, start: int, end: int) -> tuple[float, float] | None:
    """Present value and USD of a term within the horizon, by the way to be in force for just these blocks that is cheapest today.

    None: it is not on offer.
    """
    calendar, day = instance.calendar, instance.calendar.block_starts
    blocks = calendar.blocks
    if not 0 <= start < end <= blocks:
        return None
    if contract.start_window is None:
        begins = day[start] >= contract.from_date and (start == 0 or day[start - 1] < contract.from_date)
    else:
        begins = (
            contract.start_window.first_date <= day[start] <= contract.start_window.last_date and day[start] >= contract.from_date
        )
    if not begins or (contract.to_date != "open" and day[end] > contract.to_date):
        return None
    fee = (calendar.mean(contract.fee_usd_per_month) * calendar.hours / HOURS_PER_MONTH).reshape(blocks, -1).sum(axis=1)
    limit = blocks if contract.to_date == "open" else sum(1 for b in range(blocks) if day[b + 1] <= contract.to_date)
    in_force_since = contract.from_date if contract.start_window is None and start == 0 else day[start]
    if contract.purchase is not None and end != _end_of_life(instance, contract, start):
        return None
    ways: list[tuple[float, float]] = []
    worth = instance.discount_at
    for term in contract.term_blocks or (None,):
        renewals = [0] if contract.renewal is None else range(contract.renewal.most + 1)
        full = [
            limit if term is None else start + term + n * (contract.renewal.blocks if contract.renewal else 0) for n in renewals
        ]
        if contract.to_date != "open":
            full = [stop for stop in full if calendar.day_of_block(stop) <= contract.to_date]
        usd, present = contract.signing_fee_usd, contract.signing_fee_usd * float(worth[start])
        for b in range(first_in_force(instance, contract, start), end):
            times = 0
            if term is not None and contract.renewal is not None and b >= start + term:
                times = 1 + (b - start - term) // contract.renewal.blocks
            of_block = float(fee[b]) * (contract.renewal.fee_factor**times if contract.renewal else 1.0)
            usd, present = usd + of_block, present + of_block * float(worth[b])
        if contract.purchase is not None or any(min(stop, blocks) == end for stop in full):
            ways.append((present, usd))
        elif contract.exit is not None and any(stop > end for stop in full):
            told = day[end] >= day[start] + timedelta(days=contract.exit.notice_days)
            if told and day[end] >= in_force_since + timedelta(days=contract.exit.minimum_days):
                ways.append((present + contract.exit.fee_usd * float(worth[end]), usd + contract.exit.fee_usd))
    return min(ways, default=None)


def _end_of_life(instance: Instance, contract: Contract, ordered: int) -> int | None:
    """The block after the last one of what is ordered at a block; None where it does not cover any."""
    day, first = instance.calendar.block_starts, first_in_force(instance, contract, ordered)
    assert contract.purchase is not None
    covered = [
        b + 1
        for b in range(first, instance.calendar.blocks)
        if day[b + 1] <= day[first] + timedelta(days=contract.purchase.life_days)
        and (contract.to_date == "open" or day[b + 1] <= contract.to_date)
    ]
    return max(covered, default=None)


def dated_fees(instance: Instance, worth: Floats | None = None) -> Floats:
    """USD of each contract that is not decided, within the horizon, by the day, [C]; 0 where it is decided.

    ``worth`` [P] is what a dollar counts in each period (default 1).
    """
    calendar, fees = instance.calendar, np.zeros(len(instance.contracts))
    hours = calendar.hours if worth is None else calendar.hours * worth
    for c, contract in enumerate(instance.contracts.values()):
        if not contract.decided:
            inside = calendar.share_inside(contract.from_date, None if contract.to_date == "open" else contract.to_date)
            fees[c] = float(np.sum(calendar.mean(contract.fee_usd_per_month) * inside * hours)) / HOURS_PER_MONTH
    return fees


def let_prices(instance: Instance) -> Floats:
    """USD that a GPU-hour let earns in each pool, [Q, P]; 0 where it may not be let."""
    prices = [contract.sublet_usd_per_gpu_hour for contract in instance.contracts.values()]
    rows = np.array([instance.calendar.mean(0.0 if price is None else price) for price in prices])
    return rows.reshape(len(prices), instance.calendar.period_count)[contract_of_pools(instance)]


def _dated(instance: Instance, contract: Contract) -> Floats:
    """1 where a contract's dates cover a period, [P]."""
    return instance.calendar.covered(contract.from_date, None if contract.to_date == "open" else contract.to_date).astype(
        np.float64
    )


def _day(instance: Instance, block: int) -> str:
    days = instance.calendar.block_starts
    return days[block].isoformat() if 0 <= block < len(days) else f"block {block}"
