"""``placement replan``: a new plan that departs from the one in force as little as pays."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from placement.cli.errors import BadInput, ending
from placement.cli.inputs import instance_argument, json_option, read_instance, read_plan, scenario_option
from placement.cli.output import print_json, require_place_for_plan
from placement.cli.progress import LogFormat, reporter
from placement.cli.signals import Interrupts, in_thread
from placement.cli.solve import ABOVE_ZERO, Number, _save, explaining
from placement.report.text import clean, count, plural, section
from solvers import SOLVERS

if TYPE_CHECKING:
    from placement.instance import Instance
    from placement.moves import Step
    from placement.plan import Plan, Result

USD = Number(min=0, max=1e14)


@click.command()
@instance_argument
@click.option("--today", metavar="PLAN", required=True, type=click.Path(path_type=Path), help="The plan in force.")
@click.option("--change-usd", metavar="USD", type=USD, default=0.0, help="For each job that does not run as PLAN has it.")
@click.option(
    "--most-changes", metavar="N", type=click.IntRange(0, 1_000_000),
    help="At most so many of them, and of jobs running today (current_place) that move or stop.",
)  # fmt: skip
@click.option("--compare-cold", is_flag=True, help="Solve without PLAN too, and say what that would change.")
@scenario_option
@click.option("--solver", type=click.Choice(sorted(SOLVERS)), default="auto", show_default=True, help="auto picks by size.")
@click.option("--time-limit", metavar="S", type=ABOVE_ZERO, help="Seconds for each solve.")
@click.option("--gap", metavar="G", type=Number(0, 1, max_open=True), default=1e-4, show_default=True, help="As of solve.")
@click.option("--workers", metavar="N", type=click.IntRange(1, 1024), help="Threads; default: every usable core.")
@click.option("--seed", metavar="N", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Save the plan there, its tables beside it.")
@json_option
@click.option(
    "--log-format", type=click.Choice(["text", "json", "none"]), default="text", show_default=True,
    help="How progress is shown on stderr.",
)  # fmt: skip
@click.pass_context
def replan(
    ctx: click.Context, /, *, instance: Path, today: Path, change_usd: float, most_changes: int | None, compare_cold: bool,
    scenario: str | None, time_limit: float | None, output: Path | None, as_json: bool, log_format: LogFormat, **tuning: Any,
) -> None:  # fmt: skip
    """Plan INSTANCE anew, near the plan in force, which may be of an earlier state of it and may break its limits."""
    from placement.cli.solving import solve
    from placement.move_order import ordered
    from placement.replanning import stated_for, with_today

    began = time.monotonic()
    if output is not None:
        require_place_for_plan(output)
        if output.exists() and today.exists() and output.samefile(today):
            raise BadInput(f"cannot write {output}: it is the plan in force, from which the steps begin; name another file")
    fleet = read_instance(instance, scenario)
    if fleet.today is not None:
        told = f"{instance} states a running_plan of its own, near which `placement solve` plans"
        raise BadInput(f"{told}; remove it to plan near {today}")
    old, loaded = read_plan(today, fleet, changed=True)
    near = with_today(fleet, old, change_usd=change_usd, most_changes=most_changes)

    def search(interrupt: threading.Event, on_progress: Any) -> tuple[Result, Result | None]:
        options = {"time_limit_s": time_limit, "interrupt": interrupt, "on_progress": on_progress, **tuning}
        found = solve(near, start=loaded, **options)
        return found, solve(fleet, **options) if compare_cold else None

    with Interrupts(announce=log_format == "text") as interrupts:
        with reporter(log_format) as on_progress:
            found, cold = explaining(lambda: in_thread(lambda: search(interrupts.event, on_progress)), near)
        result = replace(stated_for(fleet, found, old), seconds=time.monotonic() - began)
        if output is not None and result.plan is not None:
            _save(result, fleet, output)  # And again with its moves: whoever stops their search has the plan at least.
    steps: list[Step] = []
    if result.plan is not None:
        steps = ordered(fleet, old, result.plan)
        result = replace(result, moves=tuple(step.moves for step in steps))
        if output is not None:
            _save(result, fleet, output)
    beside = None if cold is None or cold.plan is None else stated_for(fleet, cold, old)
    _show(fleet, old, result, steps, beside, output if result.plan is not None else None, as_json=as_json)
    if result.plan is None and not as_json:
        allowed = "" if most_changes is None else f" with at most {plural(most_changes, 'change')} of {clean(today)}"
        click.echo(f"{clean(fleet.name)}: no plan{allowed}: {result.status}")
    ctx.exit(ending(result.status, result.plan is not None, interrupts.exit_code))


def _show(
    fleet: Instance, today: Plan, result: Result, steps: list[Step], cold: Result | None, output: Path | None, *, as_json: bool
) -> None:
    """The new plan beside today's: what it costs and changes, what it mends, and the report of a plan."""
    from placement.moves import mended
    from placement.replanning import rows_of_moves
    from placement.report.data import result_data
    from placement.report.moves import by_limit, mending
    from placement.report.plan_report import plan_report

    plan, listed = result.plan, result.moves or ()
    saved = None if output is None else str(output)
    limits = [] if plan is None else by_limit(mended(fleet, today, plan, listed))
    if as_json:
        data = result_data(result, [], saved)
        rows = [] if plan is None else rows_of_moves(fleet, plan, listed, today)
        data["changes"] = [dict(zip(("step", "job", "was", "is"), row, strict=True)) for row in rows]
        data["steps_broken"] = [{"step": n, "message": v.message} for n, step in enumerate(steps, 1) for v in step.broken]
        data["today_breaks"] = [asdict(limit) for limit in limits]
        data["cold"] = None if cold is None else result_data(cold, [], None)
        print_json(data)
        return
    if plan is None:
        return
    click.echo(_headline("re-planned", result))
    if cold is not None:
        click.echo(_headline("planned from nothing", cold))
    for n, step in enumerate(steps, 1):
        for violation in step.broken:
            click.echo(f"after step {n}: {clean(violation.message)}")
    click.echo(section("\nLimits that today's plan breaks", mending(limits, len(steps))), nl=False)
    click.echo(f"\n{plan_report(fleet, result, today=today)}", nl=False)
    if saved is not None:
        click.echo(f"\nplan saved in {clean(saved)}")


def _headline(how: str, result: Result) -> str:
    levels = ", ".join(f"{level.name} {count(level.value or 0.0)}" for level in result.levels)
    kept = plural(int(result.facts["changes"]), "change")
    return f"{how}: {levels}; {kept} of today's plan, {plural(int(result.facts['runs_otherwise']), 'job')} run otherwise in all"
