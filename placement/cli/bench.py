"""``placement bench``: run a suite of cases, compare the result with a baseline, accept it as the new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from placement.cli.errors import BadInput, ExitCode
from placement.cli.output import require_writable
from placement.cli.signals import Interrupts
from placement.report.text import plural

if TYPE_CHECKING:
    from placement.bench.case import Row
    from placement.bench.results import Document
    from placement.bench.suite import Gated, LoadedSuite

FILE = click.Path(path_type=Path)


@click.group()
def bench() -> None:
    """Find out where plans became worse: run a suite, compare with a baseline, accept a result."""


@bench.command()
@click.argument("suite", metavar="SUITE", type=FILE)
@click.option("-o", "--output", metavar="RESULT", type=FILE, required=True, help="Where the result goes.")
@click.option(
    "--jobs", metavar="N", type=click.IntRange(1, 1024), default=1, show_default=True,
    help="Cases at a time. Qualities stay the same; seconds are then not worth comparing.",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="No line for each case.")
@click.pass_context
def run(ctx: click.Context, /, *, suite: Path, output: Path, jobs: int, quiet: bool) -> None:
    """Solve every case of SUITE, each in a process of its own, and write what came of it.

    A case that fails is a row with its error, and exit code 0: comparing tells whether that is a regression. Ctrl-C keeps the cases
    that have ended; the result then says that it is not complete.
    """
    from placement.bench.results import write_document
    from placement.bench.runner import run_suite
    from placement.bench.table import row_line
    from placement.cli.searching import search

    loaded, cases = read_suite(suite)
    require_writable(output)
    done = 0

    def on_row(row: Row) -> None:
        nonlocal done
        done += 1
        if not quiet:
            click.echo(f"{done}/{len(cases)} {row_line(row)}", err=True)

    with Interrupts(announce=False) as interrupts:
        document = run_suite(loaded, cases, search, jobs=jobs, stop=interrupts.event, on_row=on_row)
        write_document(document, output)
    errors = sum(row.error is not None for row in document.rows)
    state = "" if document.complete else f"interrupted: {len(document.rows)} of {plural(len(cases), 'case')} are kept; "
    click.echo(f"{state}{plural(len(document.rows), 'case')}, {plural(errors, 'error')}; result in {output}")
    ctx.exit(interrupts.exit_code or ExitCode.OK)


@bench.command()
@click.argument("baseline", metavar="BASELINE", type=FILE)
@click.argument("result", metavar="RESULT", type=FILE)
@click.option("--suite", metavar="SUITE", type=FILE, help="Take the gates from there instead of from RESULT.")
@click.option(
    "--time-reference", "reference", metavar="FILE", type=FILE, help="A result of the same machine, for gates on time and memory."
)
@click.option("--exact", is_flag=True, help="Any difference of a quality is a regression.")
@click.pass_context
def compare(
    ctx: click.Context, /, *, baseline: Path, result: Path, suite: Path | None, reference: Path | None, exact: bool
) -> None:
    """Say where RESULT is worse than BASELINE; exit 1 if it is."""
    from placement.bench.compare import compare as compare_documents
    from placement.bench.table import comparison_text

    gates = None if suite is None else {gated.case.name: gated.gates for gated in read_suite(suite)[1]}
    before, after = read_result(baseline), read_result(result)
    beside = None if reference is None else read_result(reference)
    if beside is not None and beside.machine != after.machine:
        raise BadInput(f"{reference} is of another machine than {result}: make both on the same one, or leave the reference away")
    comparison = compare_documents(before, after, gates=gates, reference=beside, exact=exact)
    click.echo(comparison_text(comparison), nl=False)
    ctx.exit(ExitCode.OK if comparison.passed else ExitCode.VIOLATIONS)


def read_suite(path: Path) -> tuple[LoadedSuite, list[Gated]]:
    """A suite and its cases. Raises ``BadInput`` with all errors at once."""
    from placement.bench.suite import expand
    from placement.bench.suite import read_suite as read
    from placement.files import InputErrors
    from solvers import SOLVERS

    try:
        loaded = read(path)
        return loaded, expand(loaded, SOLVERS)
    except InputErrors as errors:
        raise BadInput(str(errors)) from None


def read_result(path: Path) -> Document:
    """A result or baseline. Raises ``BadInput``."""
    from placement.bench.results import read_document
    from placement.files import InputErrors

    try:
        return read_document(path)
    except InputErrors as errors:
        raise BadInput(str(errors)) from None
