"""A violation: one way in which a plan breaks a law."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """One way in which a plan breaks a law: ``amount`` in ``unit`` beyond what is allowed."""

    law: str
    subject: str
    """The job, island, feed, stream ... concerned."""
    period: str | None
    """Name of the period, or None where it concerns no single one."""
    amount: float
    unit: str
    message: str
