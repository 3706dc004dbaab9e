"""``placement sweep``: what-if cases by the thousand, run here or on a cluster, resumed, collected."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from placement.cli.errors import BadInput, ExitCode
from placement.cli.output import print_schema, require_writable, write_text
from placement.cli.signals import Interrupts, in_thread
from placement.cli.solve import ABOVE_ZERO, Number
from placement.report.text import brief, clean, percent, plural, table

if TYPE_CHECKING:
    from placement.sweep.document import LoadedSweep
    from placement.sweep.expand import Expanded
    from placement.sweep.run import Engine, Progress
    from placement.sweep.store import Store

FILE = click.Path(path_type=Path)
MOST_LISTED = 40


class Shard(click.ParamType):  # type: ignore[type-arg]
    """``i/n`` with 1 <= i <= n."""

    name = "i/n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", str(value))
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            self.fail(f"{value} is no share of cases: write 1/4 to 4/4", param, ctx)
        return int(match[1]), int(match[2])


@click.group()
def sweep() -> None:
    """Ask what if, a thousand times: expand cases, run them, resume, collect, report."""


@sweep.command()
@click.argument("source", metavar="SWEEP", type=FILE)
@click.option("-o", "--output", metavar="DIR", type=FILE, help="Where rows and plans go; an earlier run there is taken up.")
@click.option("--vary", metavar="NAME:PATH=V,V", multiple=True, help="With an instance in place of SWEEP: a field; *= scales it.")
@click.option("--scenario", "scenarios", metavar="NAME", multiple=True, help="As --vary: named scenarios; - is none.")
@click.option("--samples", metavar="N", type=click.IntRange(1), help="As --vary: so many of a Latin hypercube, not the grid.")
@click.option("--solver", metavar="NAME", help="In place of that of SWEEP.")
@click.option("--work-limit", metavar="W", type=ABOVE_ZERO, help="Of each case, in place of that of SWEEP.")
@click.option("--gap", metavar="G", type=Number(0, 1, max_open=True), help="Of each case, in place of that of SWEEP.")
@click.option("--cold", is_flag=True, help="No case starts from another's plan.")
@click.option("--jobs", metavar="N", type=click.IntRange(1, 1024), help="Cases at a time, a core each; default: every usable core.")
@click.option(
    "--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True,
    help="Where cases run: on this machine, or on a Ray cluster.",
)  # fmt: skip
@click.option("--ray-address", metavar="ADDRESS", help="Of the cluster, or auto; default: a new one on this machine.")
@click.option("--shard", metavar="i/n", type=Shard(), default="1/1", help="Only this share of the cases, on a shared folder.")
@click.option("--retry-errors", is_flag=True, help="Run cases again that ended in an error.")
@click.option("--dry-run", is_flag=True, help="List the cases and estimate how long they take; run none.")
@click.option("-q", "--quiet", is_flag=True, help="No line for each case.")
@click.pass_context
def run(
    ctx: click.Context, /, *, source: Path, output: Path | None, vary: tuple[str, ...], scenarios: tuple[str, ...],
    samples: int | None, solver: str | None, work_limit: float | None, gap: float | None, cold: bool, jobs: int | None,
    engine: str, ray_address: str | None, shard: tuple[int, int], retry_errors: bool, dry_run: bool, quiet: bool,
) -> None:  # fmt: skip
    """Run the cases of SWEEP, each in a process of its own, and keep a row and a plan of each in DIR.

    A case that crashes, takes too much memory or is infeasible is a row. The same command goes on where an earlier run ended,
    however it ended; several runs on one folder share the cases.
    """
    from placement.cli.sweeping import run_sweep as run_cases

    limits = {"solver": solver, "work_limit": work_limit, "gap": gap, "starts": False if cold else None}
    design = {"design": None if samples is None else "latin_hypercube", "samples": samples}
    cases = _expanded(source, vary, scenarios, limits, design)
    if dry_run:
        click.echo(_listing(cases, jobs, shard, output), nl=False)
        return
    if output is None:
        raise click.UsageError("-o DIR is missing: rows have to be kept somewhere")
    store = _created(output, cases)
    if retry_errors:
        for row in store.rows():
            if row.error is not None:
                store.forget(row.digest)
    earlier = len(store.rows())
    if earlier:
        click.echo(clean(f"{plural(earlier, 'case')} of an earlier run taken up from {output}"), err=True)

    def on_row(progress: Progress) -> None:
        if not quiet:
            click.echo(clean(_line(cases, progress)), err=True)

    where = _ray(ray_address, jobs) if engine == "ray" else None
    with Interrupts(announce=False) as interrupts:
        in_thread(lambda: run_cases(cases, output, jobs=jobs, engine=where, shard=shard, stop=interrupts.event, on_row=on_row))
    click.echo(clean(_summary(store)))
    ctx.exit(interrupts.exit_code or ExitCode.OK)


@sweep.command()
@click.argument("folder", metavar="DIR", type=FILE)
def status(*, folder: Path) -> None:
    """Say how far a sweep is: ended, running, waiting, by status."""
    store = opened(folder)
    rows = store.rows()
    ended = {row.digest for row in rows}
    running = [case["name"] for case in store.cases if case["digest"] not in ended and store.claimed(case["digest"])]
    click.echo(clean(_summary(store)))
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.outcome.status] = counts.get(row.outcome.status, 0) + 1
    waiting = len(store.cases) - len(rows) - len(running)
    lines = [*sorted(counts.items()), ("running", len(running)), ("waiting", waiting)]
    click.echo(table(("status", "cases"), lines))
    for row in [row for row in rows if row.error is not None][:MOST_LISTED]:
        click.echo(clean(f"  case {row.index}: {row.error}"))


@sweep.command()
@click.argument("folder", metavar="DIR", type=FILE)
@click.option("-o", "--output", metavar="FILE", type=FILE, help="A .csv or .parquet; default: CSV on stdout.")
def collect(*, folder: Path, output: Path | None) -> None:
    """Put all rows into one table: every parameter, term, served share, kW, status, gap and seconds."""
    from placement.files import write_atomically
    from placement.sweep.collect import NotInstalled, collected, csv_text, parquet_bytes

    if output is not None and output.suffix not in (".csv", ".parquet"):
        raise click.UsageError(f"-o {output}: name a .csv or a .parquet")
    rows = collected(opened(folder))
    if output is None:
        click.echo(csv_text(rows), nl=False)
    elif output.suffix == ".csv":
        write_text(output, csv_text(rows))
    else:
        require_writable(output)
        try:
            write_atomically(output, parquet_bytes(rows))
        except NotInstalled as error:
            raise BadInput(str(error)) from None


@sweep.command()
@click.argument("folder", metavar="DIR", type=FILE)
@click.option("-o", "--output", metavar="FILE", type=FILE, help="One HTML page with pictures; default: tables on stdout.")
@click.option("--pictures", "pictures_folder", metavar="FOLDER", type=FILE, help="The pictures as SVG files, too.")
@click.option(
    "--front", metavar="A,B", default="objective_usd,peak_kw", show_default=True,
    help="What the Pareto front is of: also mean_kw, shed, shed.TENANT, term.NAME_usd.",
)  # fmt: skip
def report(*, folder: Path, output: Path | None, pictures_folder: Path | None, front: str) -> None:
    """Say what moves the cost, how it responds, what is worth choosing, and where decisions flip."""
    from placement.sweep.answers import answers
    from placement.sweep.report import pictures, sweep_page, sweep_text

    first, comma, second = front.partition(",")
    if not comma:
        raise click.UsageError(f"--front {front}: name two measures, as in objective_usd,shed")
    asked, measures = answers(opened(folder)), (first.strip(), second.strip())
    try:
        text = sweep_text(asked, measures)
        if output is not None:
            write_text(output, sweep_page(asked, measures))
        if pictures_folder is not None:
            if pictures_folder.exists() and not pictures_folder.is_dir():
                raise BadInput(f"cannot write into {pictures_folder}: it is no folder; name one")
            pictures_folder.mkdir(parents=True, exist_ok=True)
            for name, svg in pictures(asked, measures).items():
                write_text(pictures_folder / f"{name}.svg", f"{svg}\n")
    except ValueError as error:
        raise BadInput(str(error)) from None
    if output is None:
        click.echo(text, nl=False)


@sweep.command()
@click.argument("source", metavar="SWEEP", type=FILE)
@click.option("-o", "--output", metavar="DIR", type=FILE, required=True, help="Where cases go; known ones are taken from there.")
@click.option("--parameter", metavar="NAME", required=True, help="Along which the decision flips.")
@click.option("--between", metavar="LOW HIGH", type=float, nargs=2, help="Default: the least and the most of its values.")
@click.option("--at", "fixed", metavar="NAME=SETTING", multiple=True, help="Another parameter; default: its first setting.")
@click.option("--steps", metavar="N", type=click.IntRange(1, 60), default=6, show_default=True, help="How often to halve.")
@click.option("--jobs", metavar="N", type=click.IntRange(1, 1024), help="Cases at a time; default: every usable core.")
@click.pass_context
def flip(
    ctx: click.Context, /, *, source: Path, output: Path, parameter: str, between: tuple[float, float] | None,
    fixed: tuple[str, ...], steps: int, jobs: int | None,
) -> None:  # fmt: skip
    """Bisect where a decision flips along one parameter: up to which fee a lease is worth it.

    The decision is the best choice of the parameters with `decision: true`; without any, the contracts that are signed.
    """
    from placement.cli.flipping import find_flip
    from placement.files import InputErrors

    with Interrupts(announce=False) as interrupts:
        try:
            found = in_thread(lambda: find_flip(source, output, parameter, between, fixed, steps, jobs, interrupts.event))
        except (InputErrors, ValueError) as error:
            raise BadInput(str(error)) from None
        except FileNotFoundError as error:
            raise BadInput(f"cannot make {output}: {error.strerror}; name another folder with -o") from None
        except InterruptedError:
            ctx.exit(interrupts.exit_code or ExitCode.INTERRUPTED)
    click.echo(clean(f"{parameter} up to {found.low:g}: {found.before}; from {found.high:g}: {found.after}"))


@sweep.command()
@click.option("-o", "--output", metavar="FILE", type=FILE, help="Write it there instead of to stdout.")
def schema(output: Path | None) -> None:
    """Print the JSON Schema of sweep files, for editors."""
    from placement.files import schema as schema_of
    from placement.sweep.document import Sweep

    print_schema(schema_of(Sweep), output)


def opened(folder: Path) -> Store:
    """The store in a folder. Raises ``BadInput``."""
    from placement.files import InputErrors
    from placement.sweep.store import Store

    try:
        return Store(folder)
    except InputErrors as errors:
        raise BadInput(str(errors)) from None


def _ray(address: str | None, jobs: int | None) -> Engine:
    from placement.sweep.collect import NotInstalled
    from placement.sweep.ray_engine import Ray

    try:
        return Ray(address, jobs)
    except (NotInstalled, ConnectionError) as error:
        raise BadInput(str(error)) from None


def _created(folder: Path, cases: Expanded) -> Store:
    from placement.files import InputErrors
    from placement.sweep.store import create

    try:
        return create(folder, cases)
    except InputErrors as errors:
        raise BadInput(str(errors)) from None
    except FileNotFoundError as error:
        raise BadInput(f"cannot make {folder}: {error.strerror}; name another folder with -o") from None


def _expanded(
    source: Path, vary: tuple[str, ...], scenarios: tuple[str, ...], limits: dict[str, Any], design: dict[str, Any]
) -> Expanded:
    from placement.cli.sweeping import given_sweep, sweep_cases
    from placement.files import InputErrors

    try:
        loaded: LoadedSweep = given_sweep(source, vary, scenarios, limits, design)
        return sweep_cases(loaded)
    except (InputErrors, ValueError) as errors:
        raise BadInput(str(errors)) from None


def _listing(cases: Expanded, jobs: int | None, shard: tuple[int, int], folder: Path | None) -> str:
    """The cases with their parents, at most how long they take, and by the pace of those that have ended in a folder."""
    from placement.cli.solving import usable_cores
    from placement.sweep.run import shard_of

    mine = shard_of(cases, shard)
    shown = sorted(mine)[:MOST_LISTED]
    rows = [
        (n, cases.cases[n].name, "-" if cases.cases[n].parent is None else cases.cases[n].parent, cases.cases[n].digest[:12])
        for n in shown
    ]
    more = f"  ... and {len(mine) - len(shown)} more\n" if len(mine) > len(shown) else ""
    work = cases.sweep.sweep.limits.work_limit
    slots = jobs or usable_cores()
    hours = len(mine) * work / slots / 3600
    text = table(("case", "settings", "starts from", "hash"), rows, left=2)
    told = f"{plural(len(mine), 'case')}; at most {hours:.2g} h at {slots} a time, at {work:g} units of work each\n"
    if folder is not None and (folder / "sweep.json").exists():
        ended = {row.digest: row.information.seconds for row in opened(folder).rows()}
        seconds = [found for found in ended.values() if found is not None]
        left = sum(cases.cases[n].digest not in ended for n in mine)
        if seconds:
            pace = sum(seconds) / len(seconds)
            hours = left * pace / slots / 3600
            told += f"{plural(left, 'case')} left: about {hours:.2g} h at the {pace:.2g} s of those that ended\n"
    return f"{text}\n{more}{told}"


def _line(cases: Expanded, progress: Progress) -> str:
    row = progress.row
    outcome = row.outcome
    reached = row.error or f"{outcome.status} {brief(outcome.objective or 0.0)} {outcome.unit}, gap {percent(outcome.gap, 2)}"
    if row.error is None and outcome.objective is None:
        reached = outcome.status
    left = "" if progress.seconds_left is None else f", about {progress.seconds_left:,.0f} s left"
    return f"{progress.done}/{progress.total} {cases.cases[row.index].name}: {reached}, {row.information.seconds or 0:.1f} s{left}"


def _summary(store: Store) -> str:
    rows = store.rows()
    errors = sum(row.error is not None for row in rows)
    return f"{store.manifest['name']}: {len(rows)} of {plural(len(store.cases), 'case')} ended, {plural(errors, 'error')}"
