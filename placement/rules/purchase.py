"""Law 6, purchase: what is bought or built is paid in parts from its order on; what is left of it at the end is worth something.

    capex = USD + USD per GPU x GPUs of the contract's pools + USD per kW x kW brought to feeds
    cost  = sum of share x capex, each at the worth of the day on which it is paid, also after the horizon
          - capex x (days from the end of the horizon to the end of its life) / (days of its life), at the worth of that end

Its life runs from the block from which it is in force, and ends with the contract's dates at the latest. When it may be ordered,
from when it is in force and until when is the law ``contract``'s.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Contract, Instance
from placement.plan import Plan, Violation
from placement.program import Floats
from placement.rules.reading import first_in_force, level_and_term

NAME = "purchase"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """What is paid and what is left, on the term of each order."""
    terms, calendar, contracts = activities.terms, instance.calendar, list(instance.contracts.values())
    for n, c in enumerate(terms.contract.tolist()):
        contract = contracts[c]
        if contract.purchase is None:
            continue
        for days, usd in payments(instance, contract, int(terms.signed[n])):
            worth = float(instance.discount_after(np.array(float(days))))
            builder.add_charges(terms.option[[n]], *level_and_term("capex"), usd * worth)
        begins = float(calendar.block_edges_days[terms.start[n]])
        ends = begins + contract.purchase.life_days
        if contract.to_date != "open":
            ends = min(ends, float(calendar.day_number(contract.to_date)))
        left = max(0.0, (ends - float(calendar.block_edges_days[-1])) / (ends - begins))
        if contract.purchase.residual == "straight_line":
            value = capex_usd(instance, contract) * left * float(instance.discount_at[-1])
            builder.add_charges(terms.option[[n]], *level_and_term("residual_value"), -value)


def payments(instance: Instance, contract: Contract, ordered: int) -> list[tuple[int, float]]:
    """(days from the calendar's start, USD) of what is paid for an order at a block; nothing for what is not bought."""
    if contract.purchase is None:
        return []
    day, capex = instance.calendar.day_number(instance.calendar.block_starts[ordered]), capex_usd(instance, contract)
    return [(day + part.days_after_order, part.share * capex) for part in contract.purchase.paid]


def capex_usd(instance: Instance, contract: Contract) -> float:
    """USD of a purchase in all."""
    assert contract.purchase is not None
    gpus = sum(pool.gpus for pool in instance.pools.values() if pool.contract == contract.id)
    return contract.purchase.capex(gpus, sum(power.kw for power in contract.brings_kw or ()))


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """None: it costs, and forbids nothing."""
    return []


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """capex of what a plan orders, and the residual_value that is left of it."""
    end, rate = instance.calendar.end, 1.0 + instance.settings.discount_rate_per_year
    paid, left = 0.0, 0.0
    for contract, ordered in _ordered(instance, plan):
        purchase, start = contract.purchase, instance.calendar.block_starts[ordered]
        assert purchase is not None
        capex = _price(instance, contract)
        for part in purchase.paid:
            day = start + timedelta(days=part.days_after_order)
            paid += capex * part.share / rate ** ((day - instance.calendar.start).days / 365.25)
        first = first_in_force(instance, contract, ordered)
        if purchase.residual == "none" or first >= instance.calendar.blocks:
            continue
        begins = instance.calendar.block_starts[first]
        gone = begins + timedelta(days=purchase.life_days)
        gone = gone if contract.to_date == "open" else min(gone, contract.to_date)
        if gone > end:
            left += capex * (gone - end).days / (gone - begins).days / rate ** ((end - instance.calendar.start).days / 365.25)
    return {"capex": paid, "residual_value": -left}


def paid_by_block(instance: Instance, plan: Plan) -> Floats:
    """USD of capex that a plan pays in each block, not discounted; what falls due after the horizon is left out, [B]."""
    days, total = instance.calendar.block_starts, np.zeros(instance.calendar.blocks)
    for contract, ordered in _ordered(instance, plan):
        assert contract.purchase is not None
        for part in contract.purchase.paid:
            day = days[ordered] + timedelta(days=part.days_after_order)
            for block in range(instance.calendar.blocks):
                if days[block] <= day < days[block + 1]:
                    total[block] += part.share * _price(instance, contract)
    return total


def _ordered(instance: Instance, plan: Plan) -> list[tuple[Contract, int]]:
    """Purchases that a plan signs, with the block of their order."""
    contracts, signed, blocks = list(instance.contracts.values()), plan.contracts, range(instance.calendar.blocks)
    rows = [(contracts[c], block) for c, block in zip(signed.contract.tolist(), signed.start_block.tolist(), strict=True)]
    return [(contract, block) for contract, block in rows if contract.purchase is not None and block in blocks]


def _price(instance: Instance, contract: Contract) -> float:
    purchase = contract.purchase
    assert purchase is not None
    usd = purchase.capex_usd or 0.0
    for pool in instance.pools.values():
        if pool.contract == contract.id:
            usd += (purchase.capex_usd_per_gpu or 0.0) * sum(pool.island_gpus)
    for power in contract.brings_kw or ():
        usd += (purchase.capex_usd_per_kw or 0.0) * power.kw
    return usd
