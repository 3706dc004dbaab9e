"""``placement check``: every violation of a plan, by laws that no solver had a hand in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from placement.cli.errors import ExitCode
from placement.cli.inputs import instance_argument, json_option, read_instance, read_plan, scenario_option
from placement.cli.output import print_json
from placement.report.text import clean, plural, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from placement.plan import Violation


@click.command()
@instance_argument
@click.argument("plan", metavar="PLAN", type=click.Path(path_type=Path))
@scenario_option
@json_option
@click.pass_context
def check(ctx: click.Context, instance: Path, plan: Path, scenario: str | None, as_json: bool) -> None:
    """Check PLAN against every law of INSTANCE; exit 1 if it breaks one."""
    from placement.check import check as check_plan

    fleet = read_instance(instance, scenario)
    result = read_plan(plan, fleet)
    if result.plan is None:
        raise click.UsageError(f"{plan} holds no plan: its status is {result.status}")
    checked = check_plan(fleet, result.plan)
    if as_json:
        from placement.report.data import check_data

        print_json(check_data(fleet, checked.violations, checked.terms))
    elif checked.violations:
        click.echo(_listed(checked.violations))
    else:
        click.echo(f"valid: {clean(plan)} breaks no law of {clean(fleet.name)}")
    if checked.violations:
        ctx.exit(ExitCode.VIOLATIONS)


def _listed(violations: Sequence[Violation]) -> str:
    rows = [(v.law, v.subject, v.period or "-", f"{v.amount:.6g} {v.unit}", v.message) for v in violations]
    return f"{plural(len(rows), 'violation')}\n{table(('law', 'subject', 'period', 'by', ''), rows, left=5)}"
