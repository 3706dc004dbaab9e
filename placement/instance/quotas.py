"""Quotas: how many GPUs a tenant's work may hold, and what tenants of one cohort lend each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from placement.instance.findings import Draft, Finding, did_you_mean
from placement.program import Bools, Floats

if TYPE_CHECKING:
    from placement.instance.instance import Instance

EVERY = "*"
"""In names: accelerators of all types together."""


@dataclass(frozen=True)
class QuotaCase:
    """One quota: of a tenant, on all accelerators together or on those of one type."""

    tenant: int
    accelerator: str
    """An id, or ``EVERY``."""
    cohort: str | None
    """With whom it lends and borrows; None: with nobody."""
    gpus: Floats
    """[P]."""
    lend_gpus: Floats
    """Most that it lends, [P]."""
    borrow_gpus: Floats
    """Most that it borrows, [P]; inf where not stated."""
    usd_per_gpu_hour: float
    """Of each GPU-hour that it borrows, its priority taken into account."""
    pools: Bools
    """Pools whose GPUs count, [Q]."""


def quota_cases(instance: Instance) -> tuple[QuotaCase, ...]:
    """See ``Instance.quota_cases``."""
    least, found = instance.calendar.least, []
    for t, tenant in enumerate(instance.tenants.values()):
        stated = {EVERY: tenant.quota_gpus, **(tenant.accelerator_quota_gpus or {})}
        for accelerator, steps in stated.items():
            if steps is None:
                continue
            gpus = least(steps)
            lend = gpus if tenant.lend_gpus is None else np.minimum(least(tenant.lend_gpus), gpus)
            borrow = np.full_like(gpus, np.inf) if tenant.borrow_gpus is None else least(tenant.borrow_gpus)
            pools = [accelerator in (EVERY, pool.accelerator) for pool in instance.pools.values()]
            usd = (tenant.borrow_usd_per_gpu_hour or 0.0) / (tenant.priority or 1.0)
            found.append(QuotaCase(t, accelerator, tenant.cohort, gpus, lend, borrow, usd, np.array(pools, dtype=np.bool_)))
    return tuple(found)


def may_borrow(borrower: QuotaCase, lender: QuotaCase) -> bool:
    """Whether a quota can borrow from another: that of another tenant of its cohort, on the same accelerators."""
    alike = borrower.cohort is not None and borrower.cohort == lender.cohort and borrower.accelerator == lender.accelerator
    return alike and borrower.tenant != lender.tenant


def quotas(draft: Draft) -> Iterator[Finding]:
    """Quotas on accelerators that there are, cohorts of several tenants that have quotas, and what only these can lend."""
    tenants, known = draft["tenants"], draft.accelerators
    whole = len(tenants.valid) == len(tenants.ids)
    cohorts = [tenant.cohort for tenant in tenants.valid.values()]
    for n, tenant in tenants.valid.items():
        for name in tenant.accelerator_quota_gpus or {}:
            if name not in known and name not in draft["accelerators"].position:
                where = ("tenants", n, "accelerator_quota_gpus", name)
                expected = "the id of an accelerator of the catalogue or of this document"
                yield Finding(where, name, expected, did_you_mean(name, known, "an accelerator"))
        if tenant.cohort is not None and whole and cohorts.count(tenant.cohort) < 2:
            expected = "a cohort of two tenants or more; this one is alone in it"
            remedy = "name the cohort of those that it lends to or borrows from"
            yield Finding(("tenants", n, "cohort"), tenant.cohort, expected, remedy)
