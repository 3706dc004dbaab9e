"""Solving again after a change: from the earlier plan and its prices against from nothing, on the same changed instance.

    python -m benchmarks resolve --family M --seeds 5 --change 0.05

For each seed an instance is solved and its plan saved. Then a share of the inputs changes, by a seeded law: of the jobs, a quarter
each get another value (x 0.7 to 1.3), other durations (x 0.8 to 1.25), dates up to 4 blocks later or earlier, or are replaced by a
new job; as many demand rows change (x 0.8 to 1.2), and the power limit of as many feeds, at least one (x 0.93 to 1.07). The
changed instance is solved cold with the whole time and warm (``start=load_plan(..., changed=True)``) with a part of it. Reported:
the gap that the cold solve ends with and when it and the warm one first reached it; the same for twice that gap; and how many jobs
each plan moves against the earlier plan. Gaps are to the better of the two bounds known at the end, so that plans are compared;
another column compares when each solve's gap to its own bound, at the time, came down to that which the cold solve ended with; the
last when it came down to ``--gap``, to which a planner who asks for no more would solve.
A gap counts from when on it stayed: net cost may rise while promises come to be kept. Seconds count from the call of ``solve``:
formulating and the start are in, reading files is not.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from benchmarks.families import FAMILIES, write
from benchmarks.families.law import Family
from benchmarks.options import SECONDS, SEED, SHARE, Target

if TYPE_CHECKING:
    from placement.instance import Instance
    from placement.plan import Result
    from solvers.solver import Progress

VALUE, HOURS, DEMAND, POWER = (0.7, 1.3), (0.8, 1.25), (0.8, 1.2), (0.93, 1.07)
SHIFT_BLOCKS = 4
WARM_SHARE = 0.25
"""Of the time limit that the warm solve gets: enough to see by how much it misses."""


@dataclass(frozen=True)
class Reached:
    """When a gap was first reached by each solve, in seconds; None where it was not."""

    gap: float
    cold_s: float
    warm_s: float | None

    @property
    def ratio(self) -> float | None:
        """How many times sooner the warm solve was there; None where it was not."""
        return None if self.warm_s is None else self.cold_s / self.warm_s


@dataclass(frozen=True)
class Row:
    """One seed. Gaps are fractions, against the best bound known at the end. ``moves`` count jobs against the earlier plan."""

    family: str
    seed: int
    limit_s: float
    """Of the cold solve."""
    same: Reached
    """The gap that the cold solve ended with."""
    twice: Reached
    own: Reached
    """The gap that the cold solve ended with, each solve's against its own bound at the time."""
    asked: Reached | None
    """The gap that was asked for, likewise; None where the cold solve never had it."""
    first_gap: float
    first_s: float
    """The first answer of the warm solve."""
    end_gap: float
    """That it ended with, in ``WARM_SHARE`` of the time."""
    cold_promises: float
    warm_promises: float
    """Promises broken at the end, USD, which come before net cost: where the warm plan breaks more, no gap counts as reached."""
    cold_moves: float
    warm_moves: float
    runs: int


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


def run_case(family: str, seed: int, share: float, solver: str, limit_s: float, workers: int, asked_gap: float) -> Row:
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
    assert cold.plan is not None and warm.plan is not None
    bound = max(trace[-1].bound for trace in (cold_trace, warm_trace))
    promises, warm_promises = (float(answer.levels[0].value or 0.0) for answer in (cold, warm))
    comparable = warm_promises <= promises + 1e-6 * max(1.0, abs(promises))

    def to_bound(point: Point) -> float:
        return (point.value - bound) / max(1.0, abs(point.value))

    def reached(gap: float, measure: Callable[[Point], float]) -> Reached:
        def when(trace: list[Point]) -> float | None:
            since = None
            for point in trace:
                if measure(point) > gap * (1 + 1e-9):
                    since = None
                elif since is None:
                    since = point.seconds
            return since

        cold_s = when(cold_trace)
        assert cold_s is not None
        return Reached(gap, cold_s, when(warm_trace) if comparable else None)

    gap = to_bound(cold_trace[-1])
    own = reached(cold_trace[-1].gap, lambda point: point.gap)
    asked = None if cold_trace[-1].gap > asked_gap else reached(asked_gap, lambda point: point.gap)
    return Row(
        family, seed, limit_s, reached(gap, to_bound), reached(2 * gap, to_bound), own, asked,
        to_bound(warm_trace[0]), warm_trace[0].seconds, to_bound(warm_trace[-1]),
        promises, warm_promises,
        float(moved_jobs(earlier.plan, cold.plan)), float(warm.facts["moves_from_start"]), len(earlier.plan.runs.job),
    )  # fmt: skip


@dataclass(frozen=True)
class Point:
    """Plan and bound known at a time since the call."""

    seconds: float
    value: float
    bound: float
    gap: float


def _solved(instance: Instance, solver: str, limit_s: float, workers: int, **start: Any) -> tuple[Result, list[Point]]:
    """The answer, and what was known at every change of plan or bound; ValueError where there was never a plan."""
    from placement import solve
    from placement.plan import LEVELS

    trace: list[Point] = []
    began = time.monotonic()

    def heard(event: Progress) -> None:
        if event.level == LEVELS[-1] and event.incumbent is not None and event.bound is not None and event.gap is not None:
            trace.append(Point(time.monotonic() - began, event.incumbent, event.bound, event.gap))

    result = solve(instance, solver=solver, time_limit_s=limit_s, gap=1e-6, workers=workers, on_progress=heard, **start)
    if result.plan is None or not trace:
        raise ValueError(f"{solver} has no plan with a bound within {limit_s:g} s: raise --time-limit")
    return result, trace


# ------------------------------------------------------------ the table

HEADER = (
    "family seed  warm first gap  at s   cold gap  cold s  warm s  ratio   twice  cold s  warm s  ratio   own gap ratio   "
    "asked  cold s  warm s  ratio   "
    "promises broken USD cold  warm   moved cold  warm  of runs"
)


def line(row: Row) -> str:
    """One seed as a line of the table."""

    def figures(reached: Reached) -> str:
        warm_s, ratio = ("-", "-") if reached.warm_s is None else (f"{reached.warm_s:.1f}", f"{reached.ratio:.1f}")
        return f"{reached.gap:.3%} {reached.cold_s:>7.1f} {warm_s:>7} {ratio:>6}"

    own = "-" if row.own.ratio is None else f"{row.own.ratio:.1f}"
    asked = f"{'-':>28}" if row.asked is None else figures(row.asked)
    return (
        f"{row.family:6} {row.seed:>4} {row.first_gap:>15.3%} {row.first_s:>5.1f}     {figures(row.same)}  {figures(row.twice)} "
        f"{own:>15} {asked} "
        f"{row.cold_promises:>26,.0f} {row.warm_promises:>6,.0f} {row.cold_moves:>12,.0f} {row.warm_moves:>5,.0f} {row.runs:>8,}"
    )


def summary(rows: list[Row]) -> str:
    """Medians over all seeds; a gap that the warm solve never reached counts as a ratio of 0, and is named."""

    def ratios(name: str) -> str:
        all_reached: list[Reached] = [reached for row in rows if (reached := getattr(row, name)) is not None]
        if not all_reached:
            return "was never reached cold"
        ratio = [reached.ratio or 0.0 for reached in all_reached]
        missed = sum(reached.ratio is None for reached in all_reached)
        return f"{statistics.median(ratio):.1f} (least {min(ratio):.1f}; {missed} of {len(all_reached)} did not reach it)"

    moves = [statistics.median(values) for values in ([r.cold_moves for r in rows], [r.warm_moves for r in rows])]
    return (
        f"median ratio: same gap {ratios('same')}, twice that gap {ratios('twice')}, each to its own bound {ratios('own')}, "
        f"the gap asked for {ratios('asked')}; "
        f"median jobs moved {moves[0]:,.0f} cold, {moves[1]:,.0f} warm"
    )


@click.command()
@click.option(
    "--family", type=click.Choice([name for name, family in FAMILIES.items() if isinstance(family, Family)]), required=True
)
@click.option("--seeds", type=click.IntRange(min=1), default=5, show_default=True, help="Seeds 0 to N - 1.")
@click.option("--first-seed", type=SEED, default=0, show_default=True)
@click.option(
    "--change", "share", type=SHARE, default=0.05, show_default=True, help="Share of jobs, demand rows and feeds that change."
)
@click.option("--solver", default="auto", show_default=True)
@click.option("--time-limit", type=SECONDS, default=60.0, show_default=True, help="Seconds of each cold solve.")
@click.option("--gap", "asked_gap", type=SHARE, default=0.02, show_default=True, help="Gap whose first time is compared too.")
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--json", "json_path", type=Target(), help="Write the rows there.")
def main(
    *, family: str, seeds: int, first_seed: int, share: float, solver: str, time_limit: float, asked_gap: float, workers: int,
    json_path: Path | None,
) -> None:  # fmt: skip
    """Solve, change a share of the inputs, and solve again from nothing and from the earlier plan and prices."""
    rows: list[Row] = []
    click.echo(HEADER)
    for seed in range(first_seed, first_seed + seeds):
        with multiprocessing.get_context("spawn").Pool(1) as own:
            try:
                rows.append(own.apply(run_case, (family, seed, share, solver, time_limit, workers, asked_gap)))
            except ValueError as error:
                raise click.ClickException(f"{family} {seed}: {error}") from error
        click.echo(line(rows[-1]))
    click.echo(summary(rows))
    if json_path is not None:
        json_path.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
