"""Policies of a plan as text: who carries how much of what is capped, and what is taken of budgets."""

from __future__ import annotations

import numpy as np

from placement.instance import Budget, Concentration, Instance
from placement.instance.policy import of_kind
from placement.plan import Plan
from placement.report.text import count, percent, table
from placement.rules import budget
from placement.rules.concentration import UNITS, carried, members
from placement.rules.reading import slot_name


def policies(instance: Instance, plan: Plan) -> str:
    """Every member that a policy caps, in the slot in which it carries the largest share; and every budget, where least is left."""
    rows = [row for policy in of_kind(instance.policies, Concentration) for row in _shares(instance, plan, policy)]
    rows += [_budget(instance, plan, policy) for policy in of_kind(instance.policies, Budget)]
    return table(("policy", "of", "slot", "used", "limit", ""), rows, left=3) if rows else ""


def _shares(instance: Instance, plan: Plan, policy: Concentration) -> list[tuple[object, ...]]:
    amount = carried(instance, plan, policy)
    rows: list[tuple[object, ...]] = []
    every = amount.sum(axis=0)
    share = np.divide(amount, every, out=np.zeros_like(amount), where=every > 0)
    slot = instance.calendar.slots(policy.per)
    for m, name in enumerate(members(instance, policy)):
        if policy.members is None or name in policy.members:
            k = int(np.argmax(share[m]))
            used, limit = f"{count(amount[m, k])} {UNITS[policy.of]}", count(policy.most_share * every[k])
            rows.append((policy.id, name, slot_name(instance, slot, k), used, limit, percent(float(share[m, k]))))
    return rows


def _budget(instance: Instance, plan: Plan, policy: Budget) -> tuple[object, ...]:
    amount, slot = budget.used(instance, plan, policy), instance.calendar.slots(policy.per)
    k = int(np.argmax(amount))
    part = percent(float(amount[k]) / policy.limit) if policy.limit else None
    what = ", ".join(policy.terms) if policy.terms else ", ".join(policy.tenants or ())
    return policy.id, what or "all", slot_name(instance, slot, k), f"{count(amount[k])} {policy.unit}", count(policy.limit), part
