"""``placement check``: every violation of a plan, by laws that no solver had a hand in, and what it says wrongly of itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from placement.cli.errors import ExitCode
from placement.cli.inputs import instance_argument, json_option, levels_option, read_instance, read_plan, scenario_option
from placement.cli.output import print_json
from placement.report.text import brief, clean, count, plural, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from placement.plan import Violation

TOLERANCE = 1e-6
"""Stated costs may differ from the plan's by this times max(1, |USD|)."""


@click.command()
@instance_argument
@click.argument("plan", metavar="PLAN", type=click.Path(path_type=Path))
@scenario_option
@levels_option
@json_option
@click.pass_context
def check(ctx: click.Context, instance: Path, plan: Path, scenario: str | None, levels: str | None, as_json: bool) -> None:
    """Check PLAN against every law of INSTANCE; exit 1 if it breaks one."""
    from placement.check import check as check_plan

    fleet = read_instance(instance, scenario, levels)
    decided, stated = read_plan(plan, fleet)
    checked = check_plan(fleet, decided)
    values = {level.name: level.value for level in stated.levels if level.value is not None}
    totals = {} if stated.objective is None else {"objective": stated.objective}
    found = [
        *checked.violations,
        *_misstated(stated.terms or {}, checked.terms),
        *_misstated(values, checked.levels),
        *_misstated(totals, {"objective": list(checked.levels.values())[-1]}),
    ]
    if stated.edited:
        click.echo(f"note: edited since they were written: {', '.join(stated.edited)}", err=True)
    if as_json:
        from placement.report.data import check_data

        print_json(check_data(fleet, found, checked.terms))
    elif found:
        click.echo(_listed(found))
    else:
        unit = " USD" if fleet.levels.in_usd else ""
        costs = ", ".join(f"{name} {brief(value) if not unit else count(value)}{unit}" for name, value in checked.levels.items())
        click.echo(f"valid: {clean(plan)} breaks no law of {clean(fleet.name)}; {costs}")
    if found:
        ctx.exit(ExitCode.VIOLATIONS)


def _misstated(stated: Mapping[str, float], counted: Mapping[str, float]) -> list[Violation]:
    """Costs that the plan's file states and its tables do not bear out."""
    from placement.plan import Violation

    found = []
    for term in sorted({*stated, *counted}):
        said, is_worth = stated.get(term, 0.0), counted.get(term, 0.0)
        if abs(said - is_worth) > TOLERANCE * max(1.0, abs(is_worth)):
            text = f"the file states {said:,.2f} USD, its tables cost {is_worth:,.2f} USD"
            found.append(Violation("stated costs", term, None, abs(said - is_worth), "USD", text))
    return found


def _listed(violations: Sequence[Violation]) -> str:
    rows = [(v.law, v.subject, v.period or "-", f"{v.amount:.6g} {v.unit}", v.message) for v in violations]
    return f"{plural(len(rows), 'violation')}\n{table(('law', 'subject', 'period', 'by', ''), rows, left=5)}"
