"""One case in its own process: read, patch, solve, check, and what of the answer a row keeps."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import ConfigDict, TypeAdapter

from placement.files import InputErrors, WrongInstance, load, load_plan, save_plan
from placement.instance import Instance
from placement.plan import Plan, Result
from placement.report.plan_figures import PlanFigures
from placement.sweep.expand import SweepCase

PLAN = "plan.json"
ERROR = "error"
"""Status of a case that came to nothing: a crash, a limit of time or memory, an instance that cannot be read."""

LONGEST_ERROR = 1000

Files = dict[str, bytes]
"""Content of files by name: a plan and its tables, or an instance."""

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)

Solve = Callable[..., Result]
"""``placement.solve``, handed in because only the command line knows solvers. It must pickle."""


@dataclass(frozen=True)
class Task:
    """What a case's process is handed. ``instance`` is a path, or the files of one where none is shared."""

    case: SweepCase
    solve: Solve
    instance: Path | Files
    start: Files | None = None
    threads: int = 1


@dataclass(frozen=True)
class Outcome:
    """What a case reached: equal wherever and whenever it is run. USD, kW, shares; None is not known."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    status: str
    limit: str | None = None
    objective: float | None = None
    """Value of the last level."""
    unit: str = "USD"
    """Of the objective, and of its bound."""
    bound: float | None = None
    gap: float | None = None
    levels: dict[str, float | None] = field(default_factory=dict)
    terms: dict[str, float] | None = None
    served_share: dict[str, float | None] = field(default_factory=dict)
    """By tenant, of all tokens asked for."""
    peak_kw: float | None = None
    mean_kw: float | None = None
    jobs_run: int | None = None
    signed: dict[str, bool] = field(default_factory=dict)
    """By contract that may be left unsigned."""
    work: float | None = None
    instance_digest: str | None = None


@dataclass(frozen=True)
class Information:
    """What a run took, and where: no two runs agree on it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    seconds: float | None = None
    host: str | None = None
    peak_mb: float | None = None
    ended: str | None = None


@dataclass(frozen=True)
class Row:
    """A case and what came of it. ``start`` is the hash of the case that it started from, None where it started from nothing."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    digest: str
    index: int
    settings: dict[str, Any]
    outcome: Outcome
    information: Information = Information()
    start: str | None = None
    error: str | None = None

    def data(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


@cache
def _reader() -> TypeAdapter[Row]:
    return TypeAdapter(Row)


def row_of(data: bytes) -> Row:
    """A row from its JSON. ValueError where it is none: files may have been edited."""
    return _reader().validate_json(data, strict=True)


def failed(case: SweepCase, error: str, start: str | None = None) -> Row:
    """The row of a case of which nothing is known but an error."""
    return Row(case.digest, case.index, case.settings, Outcome(ERROR), start=start, error=error[:LONGEST_ERROR])


def run_case(task: Task, begun: Callable[[], None] = lambda: None) -> tuple[Row, Files]:
    """The row of a case and the files of its plan; ``begun`` is called when the time starts to count."""
    began = time.monotonic()
    begun()
    case = task.case
    with tempfile.TemporaryDirectory(prefix="placement-case-") as name:
        folder = Path(name)
        try:
            instance = load(_unpacked(task.instance, folder / "instance"), scenario=case.scenario, changes=case.changes)
        except InputErrors as errors:
            return failed(case, f"the instance cannot be used: {' '.join(str(errors).split())}"), {}
        start = None
        if task.start is not None:
            try:
                start = load_plan(_unpacked(task.start, folder / "start") / PLAN, instance, changed=True)
            except WrongInstance:
                start = None  # Nothing of it is left: the case differs in all that it ran.
            except InputErrors as errors:
                told = "the plan of the case that it starts from cannot be read; restore it, or remove its folder"
                return failed(case, f"{told}: {' '.join(str(errors).split())}"), {}
        limits = case.limits
        result = task.solve(
            instance, solver=limits.solver, gap=limits.gap, seed=limits.seed, work_limit=limits.work_limit, deterministic=True,
            start=start,
        )  # fmt: skip
        place = folder / "answer"
        place.mkdir()
        if result.plan is not None:
            save_plan(result, instance, place / PLAN)
        row = Row(
            digest=case.digest,
            index=case.index,
            settings=case.settings,
            outcome=outcome_of(instance, result),
            information=Information(seconds=round(time.monotonic() - began, 3), host=platform.node()),
        )
        return row, packed(place)


def packed(folder: Path) -> Files:
    """The files of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def _unpacked(files: Path | Files, folder: Path) -> Path:
    """A path, or the folder that files were written to."""
    if isinstance(files, Path):
        return files
    folder.mkdir()
    for name, data in files.items():
        (folder / os.path.basename(name)).write_bytes(data)  # noqa: PTH119 - a name, never a path
    return folder


def outcome_of(instance: Instance, result: Result) -> Outcome:
    """What a row keeps of a checked answer."""
    known: dict[str, Any] = {
        "status": str(result.status),
        "limit": None if result.limit is None else str(result.limit),
        "objective": _finite(result.objective),
        "unit": instance.levels.units[instance.levels.names[-1]],
        "bound": _finite(result.levels[-1].bound) if result.levels else None,
        "levels": {level.name: _finite(level.value) for level in result.levels},
        "work": _finite(result.work),
        "instance_digest": instance.digest,
    }
    if result.plan is None:
        return Outcome(**known)
    return Outcome(**known, **_figures(instance, result.plan), gap=_finite(result.open_level.gap), terms=result.terms)


def _figures(instance: Instance, plan: Plan) -> dict[str, Any]:
    """What a plan serves, draws, runs and signs."""
    figures = PlanFigures(instance, plan)
    periods = instance.calendar.period_count
    share = figures.served_share(np.zeros(periods, dtype=np.int64), 1)[:, 0]
    roots = [n for n, feed in enumerate(instance.feeds.values()) if feed.parent is None]
    drawn = figures.feed_kw[roots].sum(axis=0)
    hours = instance.calendar.hours
    signed = set(plan.contracts.contract.tolist())
    return {
        "served_share": {name: _finite(value) for name, value in zip(instance.tenants, share.tolist(), strict=True)},
        "peak_kw": float(drawn.max(initial=0.0)),
        "mean_kw": float((drawn * hours).sum() / hours.sum()),
        "jobs_run": len(plan.runs.job),
        "signed": {name: n in signed for n, (name, one) in enumerate(instance.contracts.items()) if one.optional},
    }


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
