"""Law 7, training share: of the GPU-hours of training in every slot, the tenants named take at least, and at most, a share.

    least share x hours of all jobs  <=  hours of the jobs of the tenants named  <=  most share x hours of all jobs

Hours are those of the GPUs of the units that gangs hold. A slot in which nothing trains keeps every share.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.policy import TrainingShare, of_kind
from placement.plan import Plan, Violation
from placement.program import FEASIBILITY_TOLERANCE, Bools, Floats
from placement.rules.pool_use import charge, held_gpus
from placement.rules.reading import by_pool, during_runs, no_costs, slot_name, slot_sums

NAME = "training_share"


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """A row for each bound: what is beyond the share is used, what is short of it supplied."""
    held, gangs = held_gpus(instance, activities), activities.gangs
    job = gangs.job[gangs.share_row]
    for policy in of_kind(instance.policies, TrainingShare):
        named = theirs(instance, policy)[job].astype(np.float64)
        slot = instance.calendar.slots(policy.per)
        bounds = (("most", policy.most_share, 1.0), ("least", policy.least_share, -1.0))
        for what, share, sign in bounds:
            if share is not None:
                row = int(builder.add_budgets([f"{what} of training {policy.id}"], "GPU-hours", 0.0, slot)[0])
                beyond = held.gangs * sign * (named - share)
                nothing = {"replicas": np.zeros_like(held.replicas), "let": np.zeros_like(held.let)}
                mine = replace(held, gangs=beyond, **nothing, batch=np.zeros_like(held.batch))
                charge(instance, builder, activities, row, mine, 1.0)


def theirs(instance: Instance, policy: TrainingShare) -> Bools:
    """Jobs of the tenants named, [J]."""
    named = np.array([name in policy.tenants for name in instance.tenants], dtype=np.bool_)
    return np.asarray(named[instance.jobs.tenant], dtype=np.bool_)


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Slots in which tenants train more, or less, than their share."""
    found = []
    every = trained(instance, plan, None)
    for policy in of_kind(instance.policies, TrainingShare):
        slot = instance.calendar.slots(policy.per)
        mine, all_of_it = (slot_sums(hours[None], slot)[0] for hours in (trained(instance, plan, policy), every))
        for word, share, sign in (("most", policy.most_share, 1.0), ("least", policy.least_share, -1.0)):
            if share is None:
                continue
            beyond = sign * (mine - share * all_of_it)
            for k in np.flatnonzero(beyond > FEASIBILITY_TOLERANCE * np.maximum(1.0, all_of_it)).tolist():
                when, amount = slot_name(instance, slot, k), float(beyond[k])
                text = (
                    f"{policy.id}: {', '.join(policy.tenants)} train for {mine[k]:,.6g} of {all_of_it[k]:,.6g} GPU-hours, "
                    f"at {word} {share:.4g} of them may be theirs"
                )
                found.append(Violation(NAME, policy.id, when, amount, "GPU-hours", text))
    return found


def trained(instance: Instance, plan: Plan, policy: TrainingShare | None) -> Floats:
    """GPU-hours that gangs hold in each period, of the tenants of a policy or of all, [P]."""
    runs, places, tenants = plan.runs, plan.places, list(instance.tenants)
    counted = [policy is None or tenants[t] in policy.tenants for t in instance.jobs.tenant.tolist()]
    counts = np.array(counted, dtype=np.float64)[runs.job[places.run]]
    units = during_runs(instance, plan, places.run, places.island, places.units * counts, len(instance.island_pool))
    return np.asarray((by_pool(instance, units) * instance.unit_gpus[:, None]).sum(axis=0) * instance.calendar.hours)


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """None: it forbids, and costs nothing itself."""
    return no_costs()
