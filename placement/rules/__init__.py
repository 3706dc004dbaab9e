"""The laws, in reading order; adding one touches one new module and one line of ``RULES``.

A law states itself in words and as a formula, writes itself into the Program (``formulate``), finds what breaks it in a plan,
in the instance's own words and without the Program (``violations``), and recomputes the money that it accounts for (``costs``).
"""

from __future__ import annotations

from typing import Protocol

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.rules import (
    admission,
    arrivals,
    assignment,
    backups,
    batch,
    budget,
    capacity,
    carbon,
    changes,
    churn,
    closing,
    concentration,
    contract,
    cooling,
    credits,
    degrading,
    demand_response,
    events,
    fairness,
    interconnect,
    isolation,
    limit,
    maintenance,
    measures,
    metered_energy,
    movement,
    non_firm,
    order,
    overrun,
    power,
    purchase,
    quota,
    reclaim,
    resilience,
    second_feed,
    shifting,
    sla,
    standing,
    starting,
    swings,
    take_or_pay,
    training_share,
    wan,
)


class Rule(Protocol):
    """What a law's module offers."""

    NAME: str

    def formulate(self, instance: Instance, builder: Builder, activities: Activities) -> None:
        """Write the law into the Program."""

    def violations(self, instance: Instance, plan: Plan) -> list[Violation]:
        """What in the plan breaks the law, with amounts."""

    def costs(self, instance: Instance, plan: Plan) -> dict[str, float]:
        """USD by term that the law accounts for; {} for none."""


RULES: tuple[Rule, ...] = (
    batch,
    assignment, order, capacity, maintenance, interconnect, wan, power, non_firm, second_feed, events, demand_response, cooling,
    sla, standing, starting, shifting, degrading, arrivals, churn, limit, closing, admission, credits, swings,
    movement, changes, overrun,
    isolation, contract, purchase, metered_energy, take_or_pay, reclaim, resilience, backups, concentration,
    carbon, budget, fairness, measures,
    quota, training_share,
)  # fmt: skip
