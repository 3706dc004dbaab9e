"""Run solvers and peers over a family's seeds, or solvers over a public set, and print what each reached.

    python -m benchmarks run --family S --seeds 10 --solver auto --time-limit 20 --peers --json rows.json

Each case is its own process, so that memory is its own and a crash is a row. Quality is for gates, time for information.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import click

from benchmarks.cases import ONE_PERIOD, Case, InstanceSource, run_case
from benchmarks.families import FAMILIES, write
from benchmarks.families.law import OnePeriod
from benchmarks.options import GAP, SECONDS, SEED, Target
from benchmarks.peers import PEERS, load_peer
from benchmarks.rows import Row, write_rows
from benchmarks.sets import SETS, runner
from benchmarks.table import HEADER, line, summaries
from placement.bench.processes import in_own_process
from placement.bench.traces import primal_integral


def measured(case: Case) -> Row:
    """The case's row from a process of its own; a crash or a case that does not end is a row as well."""
    outcome = in_own_process(run_case, case, case.time_limit_s)
    return replace(outcome.result or case.row(outcome.error), peak_mb=outcome.peak_mb, memory=outcome.memory)


def integrated(rows: Sequence[Row]) -> list[Row]:
    """Rows of one instance with their primal integrals, against the best bound that any solver (peers aside) proved for it.

    A peer's bound counts for its own row's gap only: nobody has checked how it came about. It serves where there is no other.
    """
    ours = [row for row in rows if row.solver not in PEERS] or list(rows)
    done = []
    for row in rows:
        bounds = [other.bound for other in ours if other.bound is not None and other.level == row.level and other.error is None]
        best = max(bounds, default=row.bound)
        value = primal_integral(row.trace or [], best, row.time_limit_s or 0.0) if row.error is None else None
        done.append(replace(row, best_bound=best, primal_integral=value))
    return done


def run_instances(instances: Iterable[Sequence[Case]]) -> list[Row]:
    """All cases, instance by instance, printed as they come."""
    rows: list[Row] = []
    click.echo(HEADER)
    for cases in instances:
        mine = integrated([measured(case) for case in cases])
        for row in mine:
            click.echo(line(row))
        rows += mine
    return rows


def failed(rows: Iterable[Row]) -> bool:
    """Whether a case ended in an error or a solver's plan breaks a law; a peer's broken plan is its own affair."""
    return any(row.error is not None or (row.violations and row.solver not in PEERS) for row in rows)


def present(peers: Iterable[str]) -> list[str]:
    """The peers that can run here; of every other one a line says why not."""
    found = []
    for name in peers:
        reason = load_peer(name).available()
        if reason is None:
            found.append(name)
        else:
            click.echo(f"{name} is left out: {reason}")
    return found


@click.command()
@click.option("--family", type=click.Choice(list(FAMILIES)))
@click.option("--set", "set_name", type=click.Choice(list(SETS)), help="A public set instead of a family.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the public files. [default: PLACEMENT_DATA]")
@click.option("--match", help="Only the set's instances whose name has this in it.")
@click.option("--limit", type=click.IntRange(min=1), help="So many of the set's instances, spread evenly.")
@click.option("--seeds", type=click.IntRange(min=1), default=5, show_default=True, help="How many seeds of the family.")
@click.option("--first-seed", type=SEED, default=0, show_default=True)
@click.option(
    "--solver",
    "solvers",
    multiple=True,
    default=("auto",),
    show_default=True,
    help="May be given more than once; families of one period have their own, one-period.",
)
@click.option("--time-limit", type=SECONDS, help="Seconds per case. [default: 20, or the set's own]")
@click.option(
    "--gap", type=GAP,
    help="Fraction at which a case is closed; with 0 solvers run to the limit. [default: 0.001, or the set's own]",
)  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--peers", is_flag=True, help="Peers on the same instances, at the same time limit and cores.")
@click.option("--peer", "only", type=click.Choice(sorted(PEERS)), multiple=True, help="Only these peers.")
@click.option("--json", "json_path", type=Target(), help="Write the rows there.")
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
    peers: bool,
    only: tuple[str, ...],
    json_path: Path | None,
) -> None:
    """Solve seeds of a family, or a public set, with each solver and print a table."""
    if (family is None) == (set_name is None):
        raise click.UsageError("name a --family or a --set")
    beside = present(only or (PEERS if peers else ()))
    if set_name is not None:
        sys.exit(
            runner.run(
                set_name, data=data, solvers=(*solvers, *beside), time_limit_s=time_limit, gap=gap, workers=workers, match=match,
                limit=limit, json_path=json_path,
            )
        )  # fmt: skip
    assert family is not None
    if isinstance(FAMILIES[family], OnePeriod) and solvers == ("auto",):
        solvers = (ONE_PERIOD,)
    time_limit_s, closed = time_limit or 20.0, 0.001 if gap is None else gap

    def instances() -> Iterable[list[Case]]:
        for seed in range(first_seed, first_seed + seeds):
            with tempfile.TemporaryDirectory() as folder:
                source = InstanceSource(write(FAMILIES[family], seed, Path(folder), family))
                yield [
                    Case(family, seed, name, source, time_limit_s, closed, workers, peer=name in PEERS)
                    for name in (*solvers, *beside)
                ]

    rows = run_instances(instances())
    for text in summaries(rows, closed):
        click.echo(text)
    if json_path is not None:
        write_rows(rows, json_path)
    sys.exit(failed(rows))
