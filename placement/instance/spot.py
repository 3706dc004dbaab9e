"""Spot capacity: cheap, and taken back without asking."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from placement.instance.base import Noun


class Spot(Noun):
    """Interruptions come at random while it is there, and take all that is under the contract; then it is gone for a while."""

    mean_hours_between_interruptions: Annotated[float, Field(gt=0, le=1e6)]
    """That it is there without one."""
    outage_hours: Annotated[float, Field(ge=0, le=1e5)]
    """From an interruption until it is there again, on average."""
    notice_hours: Annotated[float, Field(ge=0, le=1e4)] = 0.0
    """From the warning to the interruption (default 0); enough for a checkpoint, no work is lost."""

    @property
    def availability(self) -> float:
        """Share of the time that it is there."""
        return self.mean_hours_between_interruptions / (self.mean_hours_between_interruptions + self.outage_hours)
