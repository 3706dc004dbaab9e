"""Run the project's own suites against their baselines.

    python -m benchmarks suite ci --jobs 2
    python -m benchmarks suite s m l --data FOLDER          # and the public sets, where their files are
    python -m benchmarks suite ci --accept "why the figures are right"

Suites are ``benchmarks/suites/NAME.yaml``, baselines ``benchmarks/baselines/NAME.json``. Instances of families are not kept but
written where they are missing, into ``benchmarks/suites/families/FAMILY/SEED``, and anew where the law has changed since.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from benchmarks.families import FAMILIES, write
from benchmarks.options import Target
from benchmarks.sets import SETS, runner
from placement.bench.suite import LoadedSuite
from placement.bench.suite import read_suite as read
from placement.cli.bench import accept as accept_result
from placement.cli.bench import compare, run
from placement.files import InputErrors

HERE = Path(__file__).resolve().parent
SUITES = HERE / "suites"
BASELINES = HERE / "baselines"
STAMP = ".law"
MOST_SEEDS = 1000


def law_digest() -> str:
    """Tells the law that families are written by from any other: its source."""
    total = hashlib.sha256()
    for path in sorted((HERE / "families").glob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()


def family_instances(loaded: LoadedSuite) -> Iterator[tuple[str, int, Path]]:
    """Families, seeds and folders that a suite's paths ``families/FAMILY/SEED`` mean; a pattern means the seeds that it matches."""
    for entry in loaded.suite.cases:
        for path in entry.instances:
            folder, _, seeds = path.rpartition("/")
            family = folder.removeprefix("families/")
            if folder == f"families/{family}" and family in FAMILIES:
                for seed in range(MOST_SEEDS):
                    if fnmatch.fnmatchcase(str(seed), seeds):
                        yield family, seed, loaded.folder / folder / str(seed)


def write_missing(wanted: Iterable[tuple[str, int, Path]]) -> list[Path]:
    """Writes the families' instances that are not there, or were written by another law; returns their folders."""
    law = law_digest()
    written = []
    for family, seed, folder in wanted:
        stamp = folder / STAMP
        if stamp.exists() and stamp.read_text() == law:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        write(FAMILIES[family], seed, folder, family)
        stamp.write_text(law)  # Last: a folder without it is not whole.
        written.append(folder)
    return written


def _exit_code(ctx: click.Context, command: click.Command, **arguments: Any) -> int:
    try:
        ctx.invoke(command, **arguments)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    return 0


def run_one(ctx: click.Context, name: str, results: Path, jobs: int, accept: str | None, outputs: dict[str, Path | None]) -> int:
    """Runs a suite and compares it with its baseline, or makes the result the baseline; the exit code."""
    suite, result, baseline = SUITES / f"{name}.yaml", results / f"{name}.json", BASELINES / f"{name}.json"
    try:
        write_missing(family_instances(read(suite)))
    except InputErrors as errors:
        raise click.ClickException(str(errors)) from None
    results.mkdir(parents=True, exist_ok=True)
    code = _exit_code(ctx, run, suite=suite, output=result, jobs=jobs, quiet=False)
    if code:
        return code
    if accept is not None:
        BASELINES.mkdir(exist_ok=True)
        return _exit_code(ctx, accept_result, result=result, baseline=baseline, reason=accept)
    if not baseline.exists():
        raise click.ClickException(f"suite {name} has no baseline: look at {result}, then run this again with --accept REASON")
    return _exit_code(ctx, compare, baseline=baseline, result=result, **outputs)


@click.command()
@click.argument(
    "names", metavar="NAME...", nargs=-1, required=True, type=click.Choice(sorted(path.stem for path in SUITES.glob("*.yaml")))
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Cases at a time.")
@click.option("--accept", metavar="REASON", help="Make the result the baseline instead of comparing them.")
@click.option("--results", type=Target(folder=True), default=SUITES / "results", help="Folder of the results.")
@click.option("--data", type=click.Path(path_type=Path), help=f"Run the public sets too. [default: {runner.DATA}]")
@click.option("--junit", type=click.Path(path_type=Path))
@click.option("--markdown", type=click.Path(path_type=Path))
@click.option("--html", type=click.Path(path_type=Path))
@click.pass_context
def main(
    ctx: click.Context, /, *, names: tuple[str, ...], jobs: int, accept: str | None, results: Path, data: Path | None,
    **outputs: Path | None,
) -> None:  # fmt: skip
    """Run the project's suites against their baselines; exit 1 where something is worse."""
    codes = [run_one(ctx, name, results, jobs, accept, outputs) for name in names]
    if data is not None or os.environ.get(runner.DATA):
        codes += [runner.run(name, data=data, json_path=results / f"public-{name}.json") for name in SETS]
    sys.exit(max(codes))
