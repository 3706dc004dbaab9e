"""What a plan lends and borrows of quotas, a table like those of ``placement.plan``."""

from __future__ import annotations

from dataclasses import dataclass

from placement.program import Floats, Ints


@dataclass(frozen=True)
class Borrowing:
    """GPUs of quotas that others use, one row per (quota, lender, period)."""

    quota: Ints
    """Of who borrows: position in ``Instance.quota_cases``, as the next."""
    lender: Ints
    period: Ints
    gpus: Floats
