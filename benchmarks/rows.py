"""Rows of measurements: what one solver reached on one case, over time and at its end, and how rows are written and read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from placement.bench.traces import Trace
from placement.files import write_atomically


@dataclass(frozen=True)
class Row:
    """One case of one solver. Costs are those of ``level``, the first level left open (the last one when all are closed).

    ``seconds`` count from an instance in memory to a checked plan: formulating, solving, decoding and checking. ``objective`` is
    recomputed from the plan, by the laws where there is an instance, else by the Program; ``violations`` counts what that check
    found. ``peak_mb`` is the peak of the whole process tree, and ``memory`` how it was counted: see ``placement.bench.processes``.
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


def write_rows(rows: Iterable[Any], path: Path) -> None:
    """Rows (dataclasses) as a JSON list; an existing file is replaced only by a complete one."""
    text = json.dumps([asdict(row) for row in rows], indent=1, allow_nan=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.encode())


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
