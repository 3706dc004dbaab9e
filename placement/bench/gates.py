"""Gates: how much worse each figure of a case may become before that is a regression."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

LEAST_RELATIVE = 1e-6
"""What an objective or a bound may always move by, of max(1, its size): solvers state them in floats."""

OFF: Literal["off"] = "off"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Gate(_Strict):
    """A figure may become worse by the larger of ``absolute``, in its own unit, and ``relative`` times its size in the baseline."""

    relative: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    absolute: Annotated[float, Field(ge=0, le=1e18)] = 0.0
    either: bool = False
    """Whether a change for the better beyond that counts as well: for figures that no change is meant to move."""


class Ratio(_Strict):
    """Against a reference run on the same machine: at most ``ratio`` times as much, once it is more than ``floor`` beyond it."""

    ratio: Annotated[float, Field(ge=1, le=1e6)]
    floor: Annotated[float, Field(ge=0, le=1e9)] = 0.0
    """Seconds, or MB: what is small is noise."""


class Gates(_Strict):
    """Of a suite; a figure whose gate is off is only shown. Violations, errors and what is lost are never let through."""

    status: Literal["on", "off"] = "on"
    """Off: optimal may become feasible; a plan may still not get lost."""
    objective: Gate | Literal["off"] | None = None
    """Default: relative, the gap that the case asks for and at least 1e-6: solvers may stop anywhere within it."""
    bound: Gate | Literal["off"] | None = None
    """Default: as the objective."""
    gap: Gate | Literal["off"] = Gate(absolute=1e-6)
    """A gap within the one that the case asks for is no regression."""
    sizes: Gate | Literal["off"] = Gate(relative=0.1)
    """Of the Program: options, rates, slots and columns, each."""
    work: Gate | Literal["off"] = Gate(relative=0.25)
    primal_integral: Gate | Literal["off"] = Gate(relative=0.25, absolute=0.001)
    seconds: Ratio | Literal["off"] = OFF
    """Only with a reference run."""
    peak_mb: Ratio | Literal["off"] = OFF
    """Only with a reference run."""


class GatesPatch(_Strict):
    """Gates of one entry that differ from the suite's."""

    status: Literal["on", "off"] | None = None
    objective: Gate | Literal["off"] | None = None
    bound: Gate | Literal["off"] | None = None
    gap: Gate | Literal["off"] | None = None
    sizes: Gate | Literal["off"] | None = None
    work: Gate | Literal["off"] | None = None
    primal_integral: Gate | Literal["off"] | None = None
    seconds: Ratio | Literal["off"] | None = None
    peak_mb: Ratio | Literal["off"] | None = None

    def applied(self, gates: Gates) -> Gates:
        """The gates with what is stated here in their place."""
        stated = {name: value for name in GatesPatch.model_fields if (value := getattr(self, name)) is not None}
        return gates.model_copy(update=stated)
