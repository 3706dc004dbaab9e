"""Admission: a tenant whose admission is decided may be refused, as a whole and for good.

    jobs of it that are excused  =  number of its jobs x refused                for every such tenant
    cost = refusal_usd for each that is refused

An excused job does not run, and is neither missed nor dropped though it must or was promised to run (law assignment). The streams
of a refused tenant have no demand (law sla), no floor, and are not to be covered after a loss.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.rules.reading import broken, level_and_term

NAME = "admission"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """All jobs of a tenant are excused with it, or none."""
    refusals, tenants = activities.refusals, list(instance.tenants.values())
    owner = instance.jobs.tenant[refusals.excused_job]
    for option, t in zip(refusals.option.tolist(), refusals.tenant.tolist(), strict=True):
        mine, this = refusals.excused_option[owner == t], np.array([option], dtype=np.int64)
        if len(mine):
            row = builder.add_budgets([f"jobs of {tenants[t].id} that are excused"], "jobs", 0.0, equality=True)
            builder.add_rates(mine, row[0], 1.0, lump=True)
            builder.add_rates(this, row[0], -float(len(mine)), lump=True)
        builder.add_charges(this, *level_and_term("refusals"), float(tenants[t].refusal_usd or 0.0))


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Tenants that are refused though nothing says so, or twice, and jobs of refused ones that run."""
    found, tenants, runs = [], list(instance.tenants.values()), plan.runs
    count = np.bincount(plan.refusals.tenant, minlength=len(tenants))
    for t in np.flatnonzero(count).tolist():
        if tenants[t].admission != "decided":
            found.append(broken(NAME, tenants[t].id, "is refused, which is not for the plan to decide"))
        if count[t] > 1:
            found.append(broken(NAME, tenants[t].id, f"is refused {count[t]} times", float(count[t] - 1), "times"))
        for j in runs.job[instance.jobs.tenant[runs.job] == t].tolist():
            found.append(broken(NAME, instance.jobs.id[j], f"runs, though its tenant {tenants[t].id} is refused"))
    return found


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """refusals."""
    tenants = list(instance.tenants.values())
    return {"refusals": float(sum(tenants[t].refusal_usd or 0.0 for t in plan.refusals.tenant.tolist()))}
