"""Rows of measurements: what one solver reached on one case, over time and at its end, and how rows are written and read."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

Trace = list[list[float | None]]
"""Events [seconds, incumbent, bound] in order of time; None where there was none yet."""

LONGEST_TRACE = 400
"""Events kept of a trace; of the others only every so many, the first and the last always."""


@dataclass(frozen=True)
class Row:
    """One case of one solver. Costs are those of ``level``, the first level left open (the last one when all are closed).

    ``seconds`` count from an instance in memory to a checked plan: formulating, solving, decoding and checking. ``objective`` is
    recomputed from the plan, by the laws where there is an instance, else by the Program; ``violations`` counts what that check
    found. ``peak_mb`` is the peak of the whole process tree, and ``memory`` how it was counted: see ``benchmarks.processes``.
    """

    family: str
    seed: int
    solver: str
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    seconds: float = 0.0
    peak_mb: float | None = None
    violations: int | None = None
    """None where there is no plan."""
    status: str = "error"
    limit: str | None = None
    """Which limit ended the search: time, work, gap, interrupt or memory."""
    error: str | None = None
    level: str | None = None
    memory: str | None = None
    time_limit_s: float | None = None
    workers: int | None = None
    known: float | None = None
    """Best value known of a public instance, in the sense of ``objective``."""
    seconds_formulate: float | None = None
    first_plan_seconds: float | None = None
    first_bound_seconds: float | None = None
    primal_integral: float | None = None
    best_bound: float | None = None
    """What ``primal_integral`` was measured against: the best bound that any solver proved for this case in the same run."""
    columns: int | None = None
    """Pairs of option and start in the Program."""
    pair_blocks: int | None = None
    """Eligible pairs of job and place, times blocks: the size against which growth is measured."""
    facts: dict[str, float | str] | None = None
    trace: Trace | None = None


def gap_between(value: float | None, bound: float | None) -> float | None:
    """(value - bound) / max(1, |value|), never below 0, as solvers report it."""
    if value is None or bound is None:
        return None
    return max(0.0, value - bound) / max(1.0, abs(value))


def thinned(trace: Trace) -> Trace:
    """A trace in which something changes at every event, with at most ``LONGEST_TRACE`` of them."""
    kept: Trace = []
    for event in trace:
        if not kept or event[1:] != kept[-1][1:]:
            kept.append(event)
    if len(kept) <= LONGEST_TRACE:
        return kept
    step = (len(kept) - 1) / (LONGEST_TRACE - 1)
    return [kept[round(k * step)] for k in range(LONGEST_TRACE)]


def primal_integral(trace: Trace, bound: float | None, horizon_s: float) -> float | None:
    """Mean over [0, ``horizon_s``] of the incumbent's gap to ``bound``: 1 while there is no plan, and at most 1.

    An incumbent counts from its event to the next one, the last one to the horizon; what comes after the horizon does not count.
    The bound is that of the end, so only plans move the figure. None without a bound or a horizon. After Berthold, "Measuring
    the impact of primal heuristics", 2013, divided by the horizon.
    """
    if bound is None or not horizon_s > 0:
        return None
    area, since, gap = 0.0, 0.0, 1.0
    for seconds, incumbent, _ in trace:
        if seconds is None or incumbent is None:
            continue
        until = min(max(seconds, since), horizon_s)
        area += gap * (until - since)
        since = until
        gap = min(1.0, gap_between(incumbent, bound) or 0.0)
    return (area + gap * (horizon_s - since)) / horizon_s


def write_rows(rows: Iterable[Any], path: Path) -> None:
    """Rows (dataclasses) as a JSON list; the file is whole or is not there, since it is moved into place when complete."""
    text = json.dumps([asdict(row) for row in rows], indent=1, allow_nan=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that only their owner may read; rows are for everyone, as far as the umask allows.
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_rows(paths: Sequence[Path]) -> list[Row]:
    """Rows of one or more files, in their order. ValueError names the file that holds something else."""
    known = {field.name for field in fields(Row)}
    rows: list[Row] = []
    for path in paths:
        try:
            found: Any = json.loads(path.read_text(encoding="utf-8"))
            rows += [Row(**{name: value for name, value in entry.items() if name in known}) for entry in found]
        except (json.JSONDecodeError, AttributeError, TypeError) as error:
            raise ValueError(f"{path}: not rows as written by `python -m benchmarks run --json` ({error})") from error
    return rows
