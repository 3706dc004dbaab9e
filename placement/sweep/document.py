"""Sweep files: an instance, the parameters in which its cases differ, and the limits of each case.

A sweep is a YAML or JSON file, ``fleet-placement-sweep/1``. Paths in it are relative to the file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from placement.files.errors import Problem, Problems, shown
from placement.files.reading import read_tree
from placement.files.tree import Path as Place
from placement.files.tree import line_of, path_name
from placement.files.validation import faults
from placement.instance.policy import Change

SWEEP_FORMAT = "fleet-placement-sweep/1"
MOST_CASES = 100_000
Value = float | int | bool | str


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:+-]{0,99}$")]
FieldPath = Annotated[str, Field(min_length=1, max_length=500)]
Figure = Annotated[float, Field(allow_inf_nan=False)]


class Level(_Strict):
    """One setting of a parameter that changes more than one figure."""

    id: Name
    value: Figure | None = None
    """Where it stands on the parameter's axis; default: levels have no order."""
    scenario: Name | None = None
    """A scenario of the instance whose changes it makes."""
    changes: Annotated[tuple[Change, ...], Field(strict=False)] = ()
    """Changes of its own, after those of the scenario. Neither: the instance as it stands."""


class Parameter(_Strict):
    """One thing in which cases differ: a figure by its path, named scenarios, or levels of several changes."""

    id: Name
    unit: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    """Of its values, for reports."""
    decision: bool = False
    """Whether it is ours to choose; others are what may come. Regret is that of choices."""
    path: FieldPath | None = None
    """The field that it changes; or ``paths``, several that change together."""
    paths: Annotated[tuple[FieldPath, ...], Field(min_length=1, max_length=1000, strict=False)] | None = None
    action: Literal["set", "scale"] = "set"
    """Whether values take the place of what stands at the path, or multiply it."""
    values: Annotated[tuple[Value, ...], Field(min_length=1, max_length=10_000, strict=False)] | None = None
    """For grids and lists, and for samples from just these."""
    low: Figure | None = None
    """The range that samples are drawn from, with ``high``."""
    high: Figure | None = None
    log: bool = False
    """Whether samples are even in the logarithm."""
    integer: bool = False
    """Whether samples are whole numbers."""
    scenarios: Annotated[tuple[Name | None, ...], Field(min_length=1, max_length=1000, strict=False)] | None = None
    """Scenarios of the instance, one a case; null is the instance as it stands."""
    levels: Annotated[tuple[Level, ...], Field(min_length=1, max_length=1000, strict=False)] | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """Paths that it changes."""
        return self.paths or (() if self.path is None else (self.path,))

    @property
    def ranged(self) -> bool:
        return self.low is not None

    @model_validator(mode="after")
    def _consistent(self) -> Parameter:
        ranged = self.low is not None or self.high is not None
        kinds = [self.values is not None, ranged, self.scenarios is not None, self.levels is not None]
        if sum(kinds) != 1:
            raise PydanticCustomError("settings", "a parameter states one of values, low and high, scenarios, levels")
        if (self.path is not None) + (self.paths is not None) != int(kinds[0] or ranged):
            raise PydanticCustomError("path", "values and ranges need path or paths, one of the two; others have none")
        if ranged and (self.low is None or self.high is None or not self.low < self.high):
            raise PydanticCustomError("range", "a range states low and a higher high")
        if self.log and not (self.low is not None and self.low > 0):
            raise PydanticCustomError("log", "log is for ranges above 0")
        if self.integer and not (ranged and self.action == "set"):
            raise PydanticCustomError("integer", "integer is for ranges that are set")
        if self.action == "scale" and any(isinstance(value, bool | str) for value in self.values or ()):
            raise PydanticCustomError("scale", "action scale takes numbers")
        if len(set(map(repr, self.settings))) < len(self.settings):
            raise PydanticCustomError("repeats", "settings of a parameter must differ from each other")
        return self

    @property
    def settings(self) -> tuple[Value | None, ...]:
        """Its settings as cases name them; none where it is a range."""
        if self.levels is not None:
            return tuple(level.id for level in self.levels)
        return self.scenarios if self.scenarios is not None else self.values or ()


class Limits(_Strict):
    """When a case ends."""

    solver: Name = "auto"
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    gap: Annotated[float, Field(ge=0, lt=1)] = 1e-3
    """Fraction at which a case is closed."""
    work_limit: Annotated[float, Field(gt=0, le=1e12)]
    """Work of a case, in units of about a second of one core, but counted: rows do not depend on the machine."""
    wall_limit_s: Annotated[float, Field(gt=0, le=1e7)] = 3600.0
    """Seconds after which a case is ended as an error, with all its processes."""
    memory_limit_mb: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """MB of all processes of a case together, beyond which it is ended as an error. Default: none."""
    starts: bool = True
    """Whether each case starts from the plan and prices of its nearest neighbour. Which one is fixed before the run."""


class Sweep(_Strict):
    """A sweep file."""

    format: Literal["fleet-placement-sweep/1"]
    name: Name
    description: Annotated[str, Field(max_length=10_000)] | None = None
    instance: Annotated[str, Field(min_length=1, max_length=1000)]
    """File or folder, relative to the sweep."""
    scenario: Name | None = None
    """A scenario that all cases begin with."""
    limits: Limits
    design: Literal["grid", "list", "random", "latin_hypercube", "scenario_pairs"] = "grid"
    """Every combination; the ``cases`` listed; ``samples`` drawn, or in a Latin hypercube; each and every two scenarios."""
    parameters: Annotated[tuple[Parameter, ...], Field(max_length=100, strict=False)] = ()
    cases: Annotated[tuple[dict[str, Value | None], ...], Field(min_length=1, max_length=MOST_CASES, strict=False)] | None = None
    """Of design list: a setting for each parameter that differs from its first one."""
    samples: Annotated[int, Field(ge=1, le=MOST_CASES)] | None = None
    """Of designs random and latin_hypercube."""
    sample_seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    pairs: Annotated[tuple[Name, ...], Field(min_length=2, max_length=400, strict=False)] | None = None
    """Of design scenario_pairs: the scenarios; none, each and every two of them are a case each, patched in this order."""

    @model_validator(mode="after")
    def _consistent(self) -> Sweep:
        sampled = self.design in ("random", "latin_hypercube")
        needed = {"cases": self.design == "list", "samples": sampled, "pairs": self.design == "scenario_pairs"}
        for field, wanted in needed.items():
            if (getattr(self, field) is not None) != wanted:
                state = "needs" if wanted else "takes no"
                told = {"design": self.design, "state": state, "field": field}
                raise PydanticCustomError("design", "design {design} {state} {field}", told)
        if bool(self.parameters) == (self.design == "scenario_pairs"):
            raise PydanticCustomError("parameters", "a sweep states parameters, but one of scenario_pairs states none")
        names = [parameter.id for parameter in self.parameters]
        if len(set(names)) < len(names):
            raise PydanticCustomError("repeats", "parameters must have different ids")
        if not sampled and any(parameter.ranged for parameter in self.parameters):
            raise PydanticCustomError("ranges", "low and high are for designs random and latin_hypercube: state values")
        return self


@dataclass(frozen=True)
class LoadedSweep:
    """A sweep, where its paths begin, and the tree of its file (empty where it came from the command line)."""

    sweep: Sweep
    path: Path
    tree: Any

    @property
    def instance(self) -> Path:
        return self.path.parent / self.sweep.instance

    def problem(self, where: Place, value: Any, expected: str, remedy: str) -> Problem:
        """A problem at a place of the file."""
        return Problem(self.path.name, line_of(self.tree, where), path_name(self.tree, where), shown(value), expected, remedy)


def read_sweep(path: str | os.PathLike[str]) -> LoadedSweep:
    """A sweep file. Raises InputErrors with everything that is wrong in it."""
    place = Path(path)
    tree, repeated = read_tree(place, place.name, SWEEP_FORMAT)
    return sweep_of(tree, place, repeated)


def sweep_of(tree: Any, place: Path, repeated: list[Problem] | None = None) -> LoadedSweep:
    """A sweep from the tree of its file. Raises InputErrors."""
    problems = Problems()
    for problem in repeated or ():
        problems.add(problem)
    try:
        sweep = Sweep.model_validate(tree)
    except ValidationError as error:
        for fault in faults(error, Sweep, tree):
            where = path_name(tree, fault.path)
            problems.add(Problem(place.name, line_of(tree, fault.path), where, shown(fault.value), fault.expected, fault.remedy))
        problems.raise_if_any()
        raise
    problems.raise_if_any()
    return LoadedSweep(sweep, place, tree)
