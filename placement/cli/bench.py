"""``placement bench``: run a suite of cases, compare the result with a baseline, accept it as the new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from placement.cli.errors import BadInput, ExitCode
from placement.cli.output import print_schema, require_appendable, require_writable, write_text
from placement.cli.signals import Interrupts
from placement.report.text import clean, plural

if TYPE_CHECKING:
    from placement.bench.case import Row
    from placement.bench.partial import Partial
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
    that have ended; the result then says that it is not complete. What has ended stands in RESULT.partial until the result is
    whole: the same command goes on from there, however the run before it ended.
    """
    from placement.bench.partial import place_beside
    from placement.bench.results import RESULT_FORMAT, write_document
    from placement.bench.runner import run_suite
    from placement.bench.table import row_line
    from placement.cli.searching import search
    from solvers import load_ahead

    loaded, cases = read_suite(suite)
    require_writable(output, replaces=RESULT_FORMAT.partition("/")[0])
    partial = _partial(place_beside(output), loaded, cases)
    done = len(partial.rows)
    if done:
        told = f"{plural(done, 'case')} of an earlier run taken up from {place_beside(output)}; without that file all are run again"
        click.echo(clean(told), err=True)

    def on_row(row: Row) -> None:
        nonlocal done
        done += 1
        partial.keep(row)
        if not quiet:
            click.echo(f"{done}/{len(cases)} {row_line(row)}", err=True)

    load_ahead(gated.case.solver for gated in cases)
    with Interrupts(announce=False) as interrupts:
        document = run_suite(loaded, cases, search, jobs=jobs, stop=interrupts.event, on_row=on_row, known=partial.rows)
        write_document(document, output)
    if document.complete:
        partial.remove()
    errors = sum(row.error is not None for row in document.rows)
    state = "" if document.complete else f"interrupted: {len(document.rows)} of {plural(len(cases), 'case')} are kept; "
    click.echo(clean(f"{state}{plural(len(document.rows), 'case')}, {plural(errors, 'error')}; result in {output}"))
    ctx.exit(interrupts.exit_code or ExitCode.OK)


def _partial(path: Path, loaded: LoadedSuite, cases: list[Gated]) -> Partial:
    import solvers
    from placement.bench.partial import PARTIAL_FORMAT, Partial, head_of
    from placement.files import InputErrors

    require_writable(path, replaces=PARTIAL_FORMAT.partition("/")[0])
    packages = [Path(__file__).parents[1], *map(Path, solvers.__path__)]
    try:
        return Partial(path, head_of(loaded.suite, packages), [gated.case for gated in cases])
    except InputErrors as errors:
        raise BadInput(str(errors)) from None


@bench.command()
@click.argument("baseline", metavar="BASELINE", type=FILE)
@click.argument("result", metavar="RESULT", type=FILE)
@click.option("--suite", metavar="SUITE", type=FILE, help="Take the gates from there instead of from RESULT.")
@click.option(
    "--time-reference", "reference", metavar="FILE", type=FILE, help="A result of the same machine, for gates on time and memory."
)
@click.option("--exact", is_flag=True, help="Any difference of a quality is a regression.")
@click.option("--junit", metavar="FILE", type=FILE, help="Write JUnit XML there.")
@click.option("--markdown", metavar="FILE", type=FILE, help="Add Markdown to it: a step summary.")
@click.option("--action-json", metavar="FILE", type=FILE, help="Write JSON for github-action-benchmark there.")
@click.option("--html", metavar="FILE", type=FILE, help="Write a page with profiles and gaps over time there.")
@click.pass_context
def compare(
    ctx: click.Context, /, *, baseline: Path, result: Path, suite: Path | None, reference: Path | None, exact: bool,
    junit: Path | None, markdown: Path | None, action_json: Path | None, html: Path | None,
) -> None:  # fmt: skip
    """Say where RESULT is worse than BASELINE; exit 1 if it is."""
    from placement.bench import outputs
    from placement.bench.compare import compare as compare_documents
    from placement.bench.page import page
    from placement.bench.table import comparison_text

    _require_apart([baseline, result, suite, reference], [junit, markdown, action_json, html])
    for place in filter(None, (junit, action_json, html)):
        require_writable(place)
    if markdown is not None:
        require_appendable(markdown)
    before, after = read_result(baseline), read_result(result)
    if not before.rows:
        raise BadInput(f"{baseline} has no cases: everything would pass; give one of a run that ended")
    gates = None
    if suite is not None:
        loaded, cases = read_suite(suite)
        if loaded.suite.name != after.suite.name:
            raise BadInput(
                f"{suite} is the suite {loaded.suite.name}, {result} is of {after.suite.name}: give the suite of the result"
            )
        gates = {gated.case.name: gated.gates for gated in cases}
    if before.suite.name != after.suite.name:
        raise BadInput(f"{baseline} is of the suite {before.suite.name}, {result} of {after.suite.name}: give two of one suite")
    beside = None if reference is None else read_result(reference)
    if beside is not None and beside.suite.name != after.suite.name:
        raise BadInput(
            f"{reference} is of the suite {beside.suite.name}, {result} of {after.suite.name}: give a reference run of that suite"
        )
    if beside is not None and beside.machine != after.machine:
        raise BadInput(f"{reference} is of another machine than {result}: make both on the same one, or leave the reference away")
    comparison = compare_documents(before, after, gates=gates, reference=beside, exact=exact)
    click.echo(comparison_text(comparison), nl=False)
    for path, text in ((junit, outputs.junit_xml), (action_json, outputs.action_json), (html, page)):
        if path is not None:
            write_text(path, text(comparison))
    if markdown is not None:
        with markdown.open("a", encoding="utf-8") as summary:  # GitHub hands every step the same file to add to.
            summary.write(outputs.markdown(comparison))
    ctx.exit(ExitCode.OK if comparison.passed else ExitCode.VIOLATIONS)


@bench.command()
@click.argument("result", metavar="RESULT", type=FILE)
@click.argument("baseline", metavar="BASELINE", type=FILE)
@click.option("--reason", metavar="TEXT", required=True, help="Why these figures are right; kept in the baseline's history.")
@click.option("--unsound", is_flag=True, help="Accept errors and plans that break laws as well.")
@click.option("--best", metavar="FILE", type=FILE, help="Keep there what is better than known; needs --suite.")
@click.option("--suite", metavar="SUITE", type=FILE, help="The suite that RESULT is of: it knows where the instances lie.")
def accept(*, result: Path, baseline: Path, reason: str, unsound: bool, best: Path | None, suite: Path | None) -> None:
    """Make RESULT the BASELINE to compare with, for a reason."""
    from placement.bench.accept import Unsound
    from placement.bench.accept import accept as accept_document
    from placement.bench.results import RESULT_FORMAT, document_bytes
    from placement.files import write_together

    if (best is None) != (suite is None):
        raise click.UsageError("--best and --suite go together")
    _require_apart([result, suite], [baseline, best])
    found = read_result(result)
    known = read_result(baseline) if baseline.exists() else None
    try:
        accepted = accept_document(found, known, reason, unsound=unsound)
    except Unsound as error:
        raise BadInput(f"{result} is not accepted: {error}") from None
    require_writable(baseline, replaces=RESULT_FORMAT.partition("/")[0])
    news: list[str] = []
    contents: dict[Path, bytes] = {}
    if best is not None and suite is not None:
        require_writable(best)
        news, contents = _better(found, best, suite)
    # The baseline last: should the machine stop in between, accepting once more does the rest.
    write_together({**contents, baseline: document_bytes(accepted)})
    for line in news:
        click.echo(clean(line))
    changed = accepted.history[-1].changed
    click.echo(clean(f"{baseline}: {plural(len(accepted.rows), 'case')} accepted, {plural(len(changed), 'figure')} changed"))


def _better(result: Document, best: Path, suite: Path) -> tuple[list[str], dict[Path, bytes]]:
    """In words, what a result has that is better than known, and what the file is to hold; nothing where it stays as it is."""
    from placement.bench.best import best_bytes, read_best, updated

    loaded, cases = read_suite(suite)
    if loaded.suite.digest != result.suite.digest:
        raise BadInput(f"{suite} is another suite than the result is of, or has changed since: run it again")
    try:
        known = read_best(best)
    except ValueError as error:
        raise BadInput(f"{best} cannot be used: {error}; name the file of best known values") from None
    kept, news = updated(known, result, [gated.case for gated in cases], best.parent)
    return news, {} if kept == known else {best: best_bytes(kept)}


def _require_apart(read: list[Path | None], written: list[Path | None]) -> None:
    """Raises ``BadInput`` where a file that is read would be written over, or two outputs would be one file."""
    taken = {place.resolve() for place in read if place is not None}
    for place in filter(None, written):
        if place.resolve() in taken:
            raise BadInput(f"{place} is read here, or written twice: name another file for each")
        taken.add(place.resolve())


@bench.command()
@click.option("-o", "--output", metavar="FILE", type=FILE, help="Write it there instead of to stdout.")
def schema(output: Path | None) -> None:
    """Print the JSON Schema of suite files, for editors."""
    from placement.bench.suite import Suite
    from placement.files import schema as schema_of

    print_schema(schema_of(Suite), output)


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
