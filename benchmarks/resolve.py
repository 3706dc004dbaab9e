"""Solving again after a change: from the earlier plan and its prices against from nothing, on the same changed instance.

    python -m benchmarks resolve --family M --seeds 5 --change 0.05

For each seed an instance is solved and its plan saved. Then a share of the inputs changes, by a seeded law: of the jobs, a quarter
each get another value (x 0.7 to 1.3), other durations (x 0.8 to 1.25), dates up to 4 blocks later or earlier, or are replaced by a
new job; as many demand rows change (x 0.8 to 1.2), and the power limit of as many feeds, at least one (x 0.93 to 1.07). The
changed instance is solved cold with the whole time and warm (``start=load_plan(..., changed=True)``) with a part of it. Reported:
the gap that the cold solve ends with, when it and the warm one first reached it, and how many jobs each plan moves against the
earlier plan. Seconds count from the call of ``solve``: formulating and the start are in, reading files is not.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from benchmarks.families import FAMILIES, write

if TYPE_CHECKING:
    from placement.instance import Instance
    from placement.plan import Result
    from solvers.solver import Progress

VALUE, HOURS, DEMAND, POWER = (0.7, 1.3), (0.8, 1.25), (0.8, 1.2), (0.93, 1.07)
SHIFT_BLOCKS = 4
WARM_SHARE = 0.25
"""Of the time limit that the warm solve gets: enough to see by how much it misses."""


@dataclass(frozen=True)
class Row:
    """One seed. Gaps are fractions; a time is None where the gap was not reached. ``moves`` count jobs against the earlier plan."""

    family: str
    seed: int
    gap: float
    """That the cold solve of the changed instance ended with."""
    cold_s: float
    """When it first reached that gap."""
    cold_limit_s: float
    warm_s: float | None
    """When the warm solve first reached it."""
    warm_first_gap: float | None
    warm_first_s: float | None
    """The first answer of the warm solve."""
    warm_gap: float
    """That it ended with, in ``WARM_SHARE`` of the time."""
    cold_moves: float
    warm_moves: float
    runs: int

    @property
    def ratio(self) -> float | None:
        """How many times sooner the warm solve reached the gap; None where it did not."""
        return None if self.warm_s is None else self.cold_s / self.warm_s


# ------------------------------------------------------------ the change


def change(folder: Path, share: float, seed: int) -> None:
    """Changes a share of an instance folder's jobs, demand rows and power limits in place, by the law above."""
    rng = np.random.default_rng([seed, 1])
    document = json.loads((folder / "fleet.json").read_text())
    for feed in _some(document["feeds"], share, rng):
        feed["limit_kw"] = round(feed["limit_kw"] * rng.uniform(*POWER), 3)
    (folder / "fleet.json").write_text(json.dumps(document, indent=1) + "\n")
    demand = _read(folder / "demand.csv")
    for row in _some(demand, share, rng):
        row["demand_tokens_per_s"] = f"{float(row['demand_tokens_per_s']) * rng.uniform(*DEMAND):.3f}"
    _write(folder / "demand.csv", demand)
    _change_jobs(folder, document["calendar"], share, rng)


def _change_jobs(folder: Path, calendar: dict[str, Any], share: float, rng: np.random.Generator) -> None:
    jobs, shapes, eligibility = (_read(folder / f"{name}.csv") for name in ("jobs", "shapes", "eligibility"))
    shapes_of: dict[str, list[dict[str, str]]] = {}
    for row in shapes:
        shapes_of.setdefault(row["job"], []).append(row)
    new_id: dict[str, str] = {}
    first = date.fromisoformat(calendar["start"])
    for n, job in enumerate(_some(jobs, share, rng)):
        kind, hours = n % 4, rng.uniform(*HOURS)
        if kind in (0, 3):
            factor = rng.uniform(*VALUE)
            for name in ("value_usd", "lateness_usd_per_day"):
                job[name] = f"{float(job[name]) * factor:.4f}"
        if kind in (1, 3):
            for row in shapes_of[job["id"]]:
                row["duration_hours"] = f"{float(row['duration_hours']) * hours:.4f}"
        if kind in (2, 3):
            _shift(job, first, calendar["blocks"], int(rng.integers(-SHIFT_BLOCKS, SHIFT_BLOCKS + 1)))
        if kind == 3:
            new_id[job["id"]] = f"{job['id']}new"
    for rows, name in ((jobs, "id"), (shapes, "job"), (eligibility, "workload")):
        for row in rows:
            row[name] = new_id.get(row[name], row[name])
    for rows, file in ((jobs, "jobs"), (shapes, "shapes"), (eligibility, "eligibility")):
        _write(folder / f"{file}.csv", rows)


def _shift(job: dict[str, str], first: date, blocks: int, by: int) -> None:
    """Release, due and deadline of a job, so many blocks later, as far as the horizon allows."""
    names = ("release_date", "due_date", "deadline_date")
    at = [(date.fromisoformat(job[name]) - first).days // 7 for name in names]
    by = max(-at[0], min(by, blocks - at[1]))
    for name, block in zip(names, at, strict=True):
        job[name] = (first + timedelta(weeks=min(block + by, blocks))).isoformat()


def _some(rows: list[Any], share: float, rng: np.random.Generator) -> list[Any]:
    """A share of the rows at random, at least one."""
    return [rows[n] for n in rng.permutation(len(rows))[: max(1, round(share * len(rows)))]]


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)


# ------------------------------------------------------------ the solves


def run_case(family: str, seed: int, share: float, solver: str, limit_s: float, workers: int) -> Row:
    """Solve, change, solve again both ways."""
    from placement import load, load_plan, save_plan
    from placement.earlier import moved_jobs

    with tempfile.TemporaryDirectory() as name:
        folder, plan = Path(name) / "instance", Path(name) / "plan.json"
        before = load(write(FAMILIES[family], seed, folder, family))
        save_plan(_solved(before, solver, limit_s, workers)[0], before, plan)
        change(folder, share, seed)
        after = load(folder)
        earlier = load_plan(plan, after, changed=True)
    assert earlier.plan is not None
    cold, cold_trace = _solved(after, solver, limit_s, workers)
    warm, warm_trace = _solved(after, solver, WARM_SHARE * limit_s, workers, start=earlier)
    assert cold.plan is not None, "a time limit too short for any plan"
    assert warm.plan is not None, "a time limit too short for any plan"
    gap = cold_trace[-1][1]
    cold_s = _reached(cold_trace, gap)
    assert cold_s is not None
    return Row(
        family, seed, gap, cold_s, limit_s, _reached(warm_trace, gap), warm_trace[0][1], warm_trace[0][0], warm_trace[-1][1],
        float(moved_jobs(earlier.plan, cold.plan)), float(warm.facts["moves_from_start"]), len(earlier.plan.runs.job),
    )  # fmt: skip


def _solved(
    instance: Instance, solver: str, limit_s: float, workers: int, **start: Any
) -> tuple[Result, list[tuple[float, float]]]:
    """The answer and the (seconds, gap) at which the gap fell."""
    from placement import solve

    trace: list[tuple[float, float]] = []
    began = time.monotonic()

    def heard(event: Progress) -> None:
        if event.gap is not None and event.level == instance_level and (not trace or event.gap < trace[-1][1]):
            trace.append((time.monotonic() - began, event.gap))

    from placement.plan import LEVELS

    instance_level = LEVELS[-1]
    result = solve(instance, solver=solver, time_limit_s=limit_s, gap=1e-6, workers=workers, on_progress=heard, **start)
    return result, trace


def _reached(trace: list[tuple[float, float]], gap: float) -> float | None:
    return next((seconds for seconds, got in trace if got <= gap * (1 + 1e-9)), None)


# ------------------------------------------------------------ the table

HEADER = "family seed  cold gap  at s   warm first gap  at s   same gap at s   ratio   moved cold  moved warm   of runs"


def line(row: Row) -> str:
    """One seed as a line of the table."""

    def figure(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    return (
        f"{row.family:6} {row.seed:>4} {row.gap:>9.3%} {row.cold_s:>5.1f} {figure(row.warm_first_gap, '.3%'):>16} "
        f"{figure(row.warm_first_s, '.1f'):>5} {figure(row.warm_s, '.1f'):>15} {figure(row.ratio, '.1f'):>7} "
        f"{row.cold_moves:>12,.0f} {row.warm_moves:>11,.0f} {row.runs:>9,}"
    )


def summary(rows: list[Row]) -> str:
    """Medians; a gap that was not reached counts as the ratio that it stayed below."""
    ratios = [row.ratio if row.ratio is not None else row.cold_s / (WARM_SHARE * row.cold_limit_s) for row in rows]
    missed = sum(row.ratio is None for row in rows)
    moves = [statistics.median(values) for values in ([r.cold_moves for r in rows], [r.warm_moves for r in rows])]
    return (
        f"median ratio {statistics.median(ratios):.1f} (least {min(ratios):.1f}; {missed} of {len(rows)} did not reach the gap); "
        f"median jobs moved {moves[0]:,.0f} cold, {moves[1]:,.0f} warm"
    )


@click.command()
@click.option("--family", type=click.Choice(list(FAMILIES)), required=True)
@click.option("--seeds", default=5, show_default=True, help="Seeds 0 to N - 1.")
@click.option("--first-seed", default=0, show_default=True)
@click.option("--change", "share", default=0.05, show_default=True, help="Share of jobs, demand rows and feeds that change.")
@click.option("--solver", default="auto", show_default=True)
@click.option("--time-limit", default=60.0, show_default=True, help="Seconds of each cold solve.")
@click.option("--workers", default=2, show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the rows there.")
def main(
    *, family: str, seeds: int, first_seed: int, share: float, solver: str, time_limit: float, workers: int, json_path: Path | None
) -> None:  # fmt: skip
    """Solve, change a share of the inputs, and solve again from nothing and from the earlier plan and prices."""
    rows: list[Row] = []
    click.echo(HEADER)
    for seed in range(first_seed, first_seed + seeds):
        with multiprocessing.get_context("spawn").Pool(1) as own:
            rows.append(own.apply(run_case, (family, seed, share, solver, time_limit, workers)))
        click.echo(line(rows[-1]))
    click.echo(summary(rows))
    if json_path is not None:
        json_path.write_text(json.dumps([asdict(row) | {"ratio": row.ratio} for row in rows], indent=1) + "\n")
