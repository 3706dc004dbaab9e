"""A move: what a step from today's plan to a new one changes of one job."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Move:
    """A job is booked as the new plan has it or, until a later step, as there but on another island: on a detour."""

    job: int
    detour: int | None = None
    """That island; None where it goes as the new plan has it, or stops."""


Moves = tuple[Move, ...]
"""Those of one step: they change at once; mostly one."""
