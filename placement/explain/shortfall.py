"""A line of the bill of infeasibility."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shortfall:
    """One line of a bill: ``amount`` in ``unit`` is missing in ``periods`` (None: no single ones)."""

    law: str
    subject: str
    periods: str | None
    amount: float
    unit: str
    message: str
    remedy: str
