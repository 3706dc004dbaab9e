"""What is served over another way than the cheapest, a table like those of ``placement.plan``."""

from __future__ import annotations

from dataclasses import dataclass

from placement.program import Floats, Ints


@dataclass(frozen=True)
class Reroutes:
    """Part of what is served, one row per (stream, site, way, period)."""

    stream: Ints
    site: Ints
    way: Ints
    """Position in ``Wan.ways`` between the stream's region and the site, at least 1: what is in no row takes the cheapest, 0."""
    period: Ints
    tokens_per_s: Floats
