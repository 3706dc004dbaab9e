"""Run solvers over a family's seeds and print what each reached: objective, bound, gap, seconds and memory.

    python -m benchmarks run --family S --seeds 10 --solver auto --time-limit 20

Each case is its own process, so that memory is its own and a crash is a row. Quality is for gates, time for information.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from benchmarks.families import FAMILIES, write
from benchmarks.sets import SETS, runner


@dataclass(frozen=True)
class Row:
    """One case. Seconds of the whole solve, formulation and check included; memory is the largest process of the case, in MB."""

    family: str
    seed: int
    solver: str
    status: str
    limit: str | None
    objective: float | None
    bound: float | None
    gap: float | None
    seconds: float
    memory_mb: float
    runs: int
    error: str | None = None


def run_case(family: str, seed: int, solver: str, time_limit_s: float, gap: float, workers: int) -> Row:
    """Write, load, solve and check one instance in this process."""
    from placement import load, solve

    with tempfile.TemporaryDirectory() as folder:
        instance = load(write(FAMILIES[family], seed, Path(folder), family))
    began = time.monotonic()
    result = solve(instance, solver=solver, time_limit_s=time_limit_s, gap=gap, workers=workers)
    seconds = time.monotonic() - began
    peak_kb = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    last = result.open_level if result.plan is not None else result.levels[-1]
    return Row(
        family,
        seed,
        solver,
        str(result.status),
        None if result.limit is None else str(result.limit),
        last.value,
        last.bound,
        last.gap,
        seconds,
        peak_kb / 1024,
        0 if result.plan is None else len(result.plan.runs.job),
    )


def _child(queue: multiprocessing.Queue[Row], case: tuple[str, int, str, float, float, int]) -> None:
    try:
        queue.put(run_case(*case))
    except Exception as error:  # A failed case is a row, not the end of the run.
        queue.put(_failed(case, f"{type(error).__name__}: {error}"))


def _failed(case: tuple[str, int, str, float, float, int], error: str) -> Row:
    return Row(case[0], case[1], case[2], "error", None, None, None, None, 0.0, 0.0, 0, error)


def in_own_process(case: tuple[str, int, str, float, float, int]) -> Row:
    """The case in a fresh process; a process that dies is a row with its exit code."""
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[Row] = context.Queue()
    process = context.Process(target=_child, args=(queue, case))
    process.start()
    while process.is_alive() and queue.empty():
        process.join(0.1)
    if queue.empty() and process.exitcode:
        return _failed(case, f"process ended with {process.exitcode}")
    row = queue.get(timeout=5)
    process.join()
    return row


HEADER = "family seed solver    status          objective USD          bound USD       gap  seconds     MB"


def line(row: Row) -> str:
    """One case as a line of the table."""

    def figure(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    return (
        f"{row.family:6} {row.seed:>4} {row.solver:9} {row.status:10} "
        f"{figure(row.objective, ',.0f'):>18} {figure(row.bound, ',.0f'):>18} "
        f"{figure(row.gap, '.4%'):>9} {row.seconds:>8.1f} {row.memory_mb:>6.0f}{'' if row.error is None else '  ' + row.error}"
    )


def summary(rows: list[Row], gap: float) -> str:
    """How many were proven, and the medians."""
    proven = [row for row in rows if row.gap is not None and row.gap <= gap]
    seconds = [row.seconds for row in rows if row.error is None]
    middle = f"median {statistics.median(seconds):.1f} s, longest {max(seconds):.1f} s" if seconds else "no case ended well"
    return f"{len(proven)} of {len(rows)} proven to {gap:.2%}; {middle}"


@click.command()
@click.option("--family", type=click.Choice(list(FAMILIES)))
@click.option("--set", "set_name", type=click.Choice(list(SETS)), help="A public set instead of a family.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the public files. [default: PLACEMENT_DATA]")
@click.option("--match", help="Only the set's instances whose name has this in it.")
@click.option("--limit", type=click.IntRange(min=1), help="So many of the set's instances, spread evenly.")
@click.option("--seeds", default=10, show_default=True, help="Seeds 0 to N - 1.")
@click.option("--first-seed", default=0, show_default=True)
@click.option("--solver", "solvers", multiple=True, default=("auto",), show_default=True)
@click.option("--time-limit", type=float, help="Seconds per case. [default: 20, or the set's own]")
@click.option("--gap", type=float, help="Fraction at which a case is closed. [default: 0.001, or the set's own]")
@click.option("--workers", default=2, show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the rows there.")
def main(
    *,
    family: str | None,
    set_name: str | None,
    data: Path | None,
    match: str | None,
    limit: int | None,
    seeds: int,
    first_seed: int,
    solvers: tuple[str, ...],
    time_limit: float | None,
    gap: float | None,
    workers: int,
    json_path: Path | None,
) -> None:
    """Solve seeds of a family, or a public set, with each solver and print a table."""
    if (family is None) == (set_name is None):
        raise click.UsageError("name a --family or a --set")
    if set_name is not None:
        sys.exit(
            runner.run(
                set_name, data=data, solvers=solvers, time_limit_s=time_limit, gap=gap, workers=workers, match=match, limit=limit,
                json_path=json_path,
            )
        )  # fmt: skip
    assert family is not None
    time_limit, gap = time_limit or 20.0, 0.001 if gap is None else gap
    rows: list[Row] = []
    click.echo(HEADER)
    for solver in solvers:
        mine = []
        for seed in range(first_seed, first_seed + seeds):
            mine.append(in_own_process((family, seed, solver, time_limit, gap, workers)))
            click.echo(line(mine[-1]))
        click.echo(f"{solver}: {summary(mine, gap)}")
        rows += mine
    if json_path is not None:
        json_path.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    sys.exit(any(row.error is not None for row in rows))
