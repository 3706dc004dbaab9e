"""Run the mutants and say what caught each.

    python -m benchmarks mutations
    python -m benchmarks mutations --only 'power *' --only 'sla revenue' --jobs 2 --json mutants.json
    python -m benchmarks mutations --only 'quota *' --by tests/laws/test_quota.py --by 'tiny optima'

Exits with 1 where one survives that no one has explained, does not start, or is explained as one that survives and does not.
"""

from __future__ import annotations

import json
import queue
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from fnmatch import fnmatchcase
from pathlib import Path

import click

from benchmarks.mutations import MUTATIONS
from benchmarks.mutations.harness import WALL_SECONDS, Outcome, copy, run, tracked
from benchmarks.mutations.mutation import CATCHERS, Mutation, Stale, mutated
from benchmarks.options import SECONDS, Target

HERE = Path(__file__).resolve().parents[2]
HEADER = "| mutation | kind | room | caught by | first failing test or metric | s |\n|---|---|---|---|---|---|"


def chosen(patterns: tuple[str, ...]) -> list[Mutation]:
    """Mutations whose names match. Raises ``click.UsageError`` where a pattern matches none."""
    for pattern in patterns:
        if not any(fnmatchcase(mutation.name, pattern) for mutation in MUTATIONS):
            raise click.UsageError(f"no mutation matches '{pattern}'; `--list` names them all")
    return [m for m in MUTATIONS if not patterns or any(fnmatchcase(m.name, pattern) for pattern in patterns)]


def narrowed(mutations: list[Mutation], by: tuple[str, ...]) -> list[Mutation]:
    """The mutations with these catchers alone, or these tests. Raises ``click.UsageError`` where one is neither."""
    for catcher in by:
        if catcher not in CATCHERS and not (HERE / catcher.partition("::")[0]).exists():
            raise click.UsageError(f"'{catcher}' is no catcher ({', '.join(CATCHERS)}) and no file of tests")
    return [replace(mutation, catchers=by) for mutation in mutations] if by else mutations


def row(outcome: Outcome) -> str:
    """An outcome as a row of a Markdown table."""
    mutation = outcome.mutation
    by = outcome.catcher or {"survived": "nothing", "invalid": "does not start"}.get(outcome.fate, "")
    finding = outcome.finding.replace("|", "\\|")
    return f"| {mutation.name} | {mutation.kind} | {mutation.room} | {by} | {finding} | {outcome.seconds:.0f} |"


def run_all(mutations: list[Mutation], jobs: int, wall_s: float) -> list[Outcome]:
    """Outcomes in the order of the list; each is told on stderr as it comes."""
    names = tracked()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        source = Path(folder) / "source"
        copy(names, source)  # Once, so that all mutants are of one state, whoever edits the checkout meanwhile.
        free: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for n in range(jobs):
            free.put(Path(folder) / str(n))

        def one(mutation: Mutation) -> Outcome:
            mine = free.get()
            try:
                outcome = run(mutation, names, mine, wall_s, source)
            finally:
                free.put(mine)
            click.echo(row(outcome), err=True)
            return outcome

        with ThreadPoolExecutor(jobs) as pool:
            return list(pool.map(one, mutations))


@click.command()
@click.option("--only", metavar="NAME", multiple=True, help="Mutations of this name, or pattern; may be given several times.")
@click.option("--by", metavar="CATCHER", multiple=True, help="Only this catcher, or these tests; may be given several times.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Mutants at a time.")
@click.option("--json", "json_path", type=Target(), help="Write the outcomes there.")
@click.option("--wall", "wall_s", type=SECONDS, default=WALL_SECONDS, show_default=True, help="Seconds that a catcher may take.")
@click.option("--list", "listing", is_flag=True, help="Name the mutations and end.")
def main(only: tuple[str, ...], by: tuple[str, ...], jobs: int, json_path: Path | None, wall_s: float, listing: bool) -> None:
    """Run mutants of laws and solvers, and say which test or gate catches each."""
    mutations = narrowed(chosen(only), by)
    if listing:
        for mutation in mutations:
            click.echo(f"{mutation.name}: {mutation.kind}, {mutation.room}, {mutation.file}")
        return
    try:
        for mutation in mutations:
            mutated(mutation, HERE)
        outcomes = run_all(mutations, jobs, wall_s)
    except (Stale, RuntimeError) as error:
        raise click.ClickException(str(error)) from None
    click.echo("\n".join([HEADER, *map(row, outcomes)]))
    if json_path is not None:
        json_path.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1) + "\n", encoding="utf-8")
    caught = sum(outcome.fate == "caught" for outcome in outcomes)
    complaints = [outcome.complaint for outcome in outcomes if outcome.complaint is not None]
    click.echo(f"\n{caught} of {len(outcomes)} caught, {sum(o.fate == 'survived' for o in outcomes)} survived")
    for complaint in complaints:
        click.echo(complaint, err=True)
    sys.exit(1 if complaints else 0)
