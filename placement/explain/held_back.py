"""What of a bill is missing for want of quotas alone: it is not where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from placement.explain.shortfall import Shortfall
from placement.instance import Instance
from placement.rules.quota import service_quotas


def without_quotas(instance: Instance) -> Instance:
    """The instance in which every tenant may hold what there is."""
    none = {"quota_gpus": None, "accelerator_quota_gpus": None, "cohort": None}
    return replace(instance, tenants={name: tenant.model_copy(update=none) for name, tenant in instance.tenants.items()})


def held_back(instance: Instance, missing: Sequence[Shortfall], without: Sequence[Shortfall]) -> list[Shortfall]:
    """What is missing, with quotas named where it is not missing ``without`` them."""
    still = {(shortfall.unit, shortfall.subject) for shortfall in without}
    return [
        shortfall if (shortfall.unit, shortfall.subject) in still else _for_want_of_quota(instance, shortfall)
        for shortfall in missing
    ]


def _for_want_of_quota(instance: Instance, shortfall: Shortfall) -> Shortfall:
    names, tenants = instance.jobs.id, list(instance.tenants)
    if shortfall.subject in names and shortfall.unit == "GPUs":
        tenant = tenants[instance.jobs.quota[names.index(shortfall.subject)]]
        text = (
            f"must job {shortfall.subject}: it would run without quotas, but not within that of {tenant} "
            "and what may be borrowed"
        )
        remedy = f"raise the quota of {tenant}, let it borrow more, or set reclaimable: true if it may be stopped"
        return replace(shortfall, law="quota", message=text, remedy=remedy)
    text = f"{shortfall.message}, and would not be without quotas"
    owners = sorted({tenants[t] for t in service_quotas(instance).tolist() if t >= 0}) or tenants
    return replace(shortfall, law="quota", message=text, remedy=f"raise the quota of {' or '.join(owners)}, or let it borrow more")
