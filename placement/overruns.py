"""By how much a plan goes on breaking what today's plan breaks, a table like those of ``placement.plan``."""

from __future__ import annotations

from dataclasses import dataclass

from placement.program import Floats, Ints


@dataclass(frozen=True)
class Overruns:
    """Use of limits beyond what they allow, one row per (limit, period)."""

    limit: Ints
    """Position in ``Instance.limit_names``."""
    period: Ints
    amount: Floats
    """Allocation units of islands and pools, whole; facility kW of feeds."""
