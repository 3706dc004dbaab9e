"""What a plan states of those who are to be treated alike: the least share served in each slot, and sums of the least shares."""

from __future__ import annotations

from dataclasses import dataclass

from placement.program import Floats, Ints


@dataclass(frozen=True)
class LeastShares:
    """Shares that everyone whom a policy of fairness compares is served at least, one row per (policy, slot); absent: 0."""

    case: Ints
    """Position in ``Instance.fairness_cases``."""
    period: Ints
    """The first one of the slot."""
    share: Floats


@dataclass(frozen=True)
class LeastSums:
    """To what the least shares of those whom a policy compares add up at least, one row per (policy, minima, slot); absent: 0."""

    case: Ints
    """Position in ``Instance.fairness_cases``."""
    minima: Ints
    """How many of the least shares are added up: 2 or more."""
    period: Ints
    """The first one of the slot."""
    share: Floats
