"""``placement solve``: the main job, from an instance to a plan that has been checked."""

from __future__ import annotations

import json
import math
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from placement.cli.errors import BadInput, InternalError, ending
from placement.cli.inputs import instance_argument, json_option, levels_option, read_instance, read_plan, scenario_option
from placement.cli.output import print_json, require_place_for_plan, write_text
from placement.cli.progress import LogFormat, OnProgress, reporter
from placement.cli.signals import Interrupts, in_thread
from placement.report.text import clean
from solvers import SOLVERS

if TYPE_CHECKING:
    from placement.cli.solving import RejectedPlan
    from placement.explain.shortfall import Shortfall
    from placement.instance import Instance
    from placement.plan import Result

    Answer = tuple[Result, list[Shortfall]]
    """What a solve found and, where it is infeasible, the bill."""


class Number(click.FloatRange):
    """A finite number in a range: NaN would pass every comparison."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return number


T = TypeVar("T")
ABOVE_ZERO = Number(min=0, min_open=True)


@click.command()
@instance_argument
@scenario_option
@levels_option
@click.option("--solver", type=click.Choice(sorted(SOLVERS)), default="auto", show_default=True, help="auto picks by size.")
@click.option("--time-limit", metavar="S", type=ABOVE_ZERO, help="Seconds for everything, from reading to checking.")
@click.option(
    "--gap", metavar="G", type=Number(0, 1, max_open=True), default=1e-4, show_default=True,
    help="Stop when proven this close to the best; a fraction.",
)  # fmt: skip
@click.option("--workers", metavar="N", type=click.IntRange(1, 1024), help="Threads; default: every usable core.")
@click.option("--seed", metavar="N", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option("--deterministic", is_flag=True, help="The same plan on every run, on one core; needs --work-limit.")
@click.option(
    "--work-limit", metavar="W", type=ABOVE_ZERO,
    help="Stop after so much work. A unit is about a second of one core, with every solver, but the same on every run.",
)  # fmt: skip
@click.option(
    "--start", "start_path", metavar="PLAN", type=click.Path(path_type=Path),
    help="Begin from a plan and its prices, also of an earlier state of INSTANCE.",
)  # fmt: skip
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Save the plan there, its tables beside it.")
@json_option
@click.option(
    "--log-format", type=click.Choice(["text", "json", "none"]), default="text", show_default=True,
    help="How progress is shown on stderr.",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Neither progress nor report.")
@click.pass_context
def solve(
    ctx: click.Context, /, *, instance: Path, scenario: str | None, output: Path | None, start_path: Path | None,
    time_limit: float | None, as_json: bool, log_format: LogFormat, quiet: bool, levels: str | None, **tuning: Any,
) -> None:  # fmt: skip
    """Decide which workload of INSTANCE runs where, on what and when."""
    began = time.monotonic()
    if tuning["deterministic"] and tuning["work_limit"] is None:
        raise click.UsageError("--deterministic needs --work-limit: wall time would end it elsewhere each time")
    if tuning["deterministic"] and tuning["workers"] not in (None, 1):
        raise click.UsageError("--deterministic runs on one worker; leave --workers away")
    if output is not None:
        require_place_for_plan(output)
    fleet = read_instance(instance, scenario, levels)
    start = None if start_path is None else read_plan(start_path, fleet, changed=True)[1]

    def left() -> float | None:
        return None if time_limit is None else max(0.01, time_limit - (time.monotonic() - began))

    def search(interrupt: threading.Event, on_progress: OnProgress) -> Answer:
        from placement.cli.solving import shortfalls
        from placement.cli.solving import solve as solve_instance
        from placement.program import Status

        result = solve_instance(fleet, time_limit_s=left(), start=start, interrupt=interrupt, on_progress=on_progress, **tuning)
        if result.status is not Status.INFEASIBLE or interrupt.is_set():
            return result, []
        return result, shortfalls(fleet, solver=tuning["solver"], time_limit_s=left(), interrupt=interrupt)

    shown: LogFormat = "none" if quiet else log_format
    with Interrupts(announce=shown == "text") as interrupts:
        with reporter(shown) as on_progress:
            result, bill = explaining(lambda: in_thread(lambda: search(interrupts.event, on_progress)), fleet)
        result = replace(result, seconds=time.monotonic() - began)
        if output is not None and result.plan is not None:
            _save(result, fleet, output)
    _show(result, bill, fleet, output, as_json=as_json, quiet=quiet)
    ctx.exit(ending(result.status, result.plan is not None, interrupts.exit_code))


def explaining(work: Callable[[], T], fleet: Instance) -> T:
    """The work's answer, its errors in the words that users are told."""
    from placement.cli.solving import CannotSolve, RejectedPlan

    try:
        return work()
    except RejectedPlan as error:
        kept = _set_aside(error, fleet)
        raise InternalError(f"{error}; it is not shown as an answer but kept for the report in {kept}") from error
    except CannotSolve as error:
        raise BadInput(str(error)) from error


def _set_aside(rejected: RejectedPlan, fleet: Instance) -> Path:
    """Keeps a plan that failed its check where nobody takes it for an answer."""
    from placement.files import save_plan
    from placement.report.data import check_data

    folder = Path(tempfile.mkdtemp(prefix="placement-rejected-"))
    save_plan(rejected.result, fleet, folder / "plan.json")
    found = check_data(fleet, rejected.violations, rejected.result.terms or {})
    write_text(folder / "violations.json", json.dumps({"error": str(rejected), **found}, indent=2))
    return folder


def _save(result: Result, fleet: Instance, path: Path) -> None:
    from placement.files import save_plan

    try:
        save_plan(result, fleet, path)
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}; choose another place with -o") from None


def _show(result: Result, bill: list[Shortfall], fleet: Instance, output: Path | None, *, as_json: bool, quiet: bool) -> None:
    saved = None if output is None or result.plan is None else str(output)
    if as_json:
        from placement.report.data import result_data

        print_json(result_data(result, bill, saved))
    elif not quiet:
        from placement.report.plan_report import plan_report

        click.echo(plan_report(fleet, result, bill), nl=False)
        if saved is not None:
            click.echo(f"\nplan saved in {clean(saved)}")
        elif output is not None:
            click.echo(f"nothing saved in {clean(output)}")
