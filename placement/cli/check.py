"""``placement check``: every violation of a plan, by laws that no solver had a hand in, and what it says wrongly of itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from placement.cli.errors import ExitCode
from placement.cli.inputs import instance_argument, json_option, levels_option, read_instance, read_plan, scenario_option
from placement.cli.output import print_json
from placement.report.text import brief, clean, count, plural, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from placement.instance import Instance
    from placement.move import Moves
    from placement.plan import Plan, Violation
    from placement.program import LevelResult

TOLERANCE = 1e-6
"""Stated costs may differ from the plan's by this times max(1, |USD|)."""


@click.command()
@instance_argument
@click.argument("plan", metavar="PLAN", type=click.Path(path_type=Path))
@scenario_option
@levels_option
@click.option(
    "--today", metavar="PLAN", type=click.Path(path_type=Path),
    help="The plan that was in force: judge every step from it to PLAN, as PLAN lists them.",
)  # fmt: skip
@json_option
@click.pass_context
def check(
    ctx: click.Context, instance: Path, plan: Path, scenario: str | None, levels: str | None, today: Path | None, as_json: bool
) -> None:
    """Check PLAN against every law of INSTANCE; exit 1 if it breaks one."""
    from placement.check import check as check_plan
    from placement.replanning import judging

    fleet = read_instance(instance, scenario, levels)
    before, begun = (None, None) if today is None else read_plan(today, fleet, changed=True)
    decided, stated = read_plan(plan, fleet)
    checked = check_plan(fleet if before is None else judging(fleet, decided, before), decided)
    values = {level.name: level.value for level in stated.levels if level.value is not None}
    totals = {} if stated.objective is None else {"objective": stated.objective}
    found = [
        *checked.violations,
        *_misstated(stated.terms or {}, checked.terms),
        *_misstated(values, checked.levels),
        *_bounds_above(stated.levels),
        *_misstated(totals, {"objective": list(checked.levels.values())[-1]}),
    ]
    steps = None if before is None else _replayed(fleet, before, decided, stated.moves)
    if steps is not None:
        found += steps.violations
    elif stated.moves:
        click.echo(f"note: its {plural(len(stated.moves), 'step')} are not judged; give the plan before them, --today", err=True)
    left_out = sum(begun.lost.values()) if begun is not None else 0
    if left_out:
        told = f"{today} is of another instance, {begun.instance_name}" if begun is not None else ""
        click.echo(clean(f"note: {told}: {plural(left_out, 'row')} of it mean nothing here and are left out"), err=True)
    if stated.edited:
        click.echo(f"note: edited since they were written: {', '.join(stated.edited)}", err=True)
    if as_json:
        from placement.report.data import check_data

        data = check_data(fleet, found, checked.terms)
        if steps is not None:
            data |= {"steps": steps.count, "steps_listed": steps.listed, "steps_broken": steps.broken}
        print_json(data)
    elif found:
        click.echo(_listed(found))
        if steps is not None:
            click.echo(f"{steps.told} judged")
    else:
        unit = " USD" if fleet.levels.in_usd else ""
        costs = ", ".join(f"{name} {brief(value) if not unit else count(value)}{unit}" for name, value in checked.levels.items())
        click.echo(f"valid: {clean(plan)} breaks no law of {clean(fleet.name)}; {costs}")
        if steps is not None:
            click.echo(f"{steps.told} from {clean(today)}: none breaks a limit, or breaks it by more than before the first")
    if found:
        ctx.exit(ExitCode.VIOLATIONS)


@dataclass(frozen=True)
class _Steps:
    """The steps from today's plan, replayed."""

    count: int
    listed: bool
    """Whether the plan's file lists them; otherwise an order was looked for."""
    violations: list[Violation]
    broken: list[dict[str, Any]]
    """For ``--json``: what each step breaks, by its number and its jobs."""

    @property
    def told(self) -> str:
        """How many there are, and whose."""
        return plural(self.count, "step") + (" as listed" if self.listed else " in an order found now, as the plan lists none,")


def _replayed(fleet: Instance, today: Plan, plan: Plan, listed: tuple[Moves, ...] | None) -> _Steps:
    """What a plan's own list of moves breaks on the way from today's plan, or where it does not lead to this one."""
    from placement.move_order import ordered
    from placement.moves import faults, replayed

    order = tuple(step.moves for step in ordered(fleet, today, plan)) if listed is None else listed
    found, broken = faults(fleet, today, plan, order), []
    for n, step in enumerate(replayed(fleet, today, plan, order), 1):
        jobs = [fleet.jobs.id[move.job] for move in step.moves]
        found += [replace(v, message=f"after step {n} ({', '.join(jobs)}): {v.message}") for v in step.broken]
        broken += [{"step": n, "jobs": jobs, **asdict(v)} for v in step.broken]
    return _Steps(len(order), listed is not None, found, broken)


def _misstated(stated: Mapping[str, float], counted: Mapping[str, float]) -> list[Violation]:
    """Costs that the plan's file states and its tables do not bear out."""
    from placement.plan import Violation

    found = []
    for term in sorted({*stated, *counted}):
        said, is_worth = stated.get(term), counted.get(term, 0.0)
        if abs((said or 0.0) - is_worth) > TOLERANCE * max(1.0, abs(is_worth)):
            states = "does not state it" if said is None else f"states {said:,.2f} USD"
            text = f"the file {states}, its tables cost {is_worth:,.2f} USD"
            found.append(Violation("stated costs", term, None, abs((said or 0.0) - is_worth), "USD", text))
    return found


def _bounds_above(levels: Sequence[LevelResult]) -> list[Violation]:
    """Levels whose bound the file states above their value: no plan is better than a bound."""
    from placement.plan import Violation

    found = []
    for level in levels:
        value, bound = level.value, level.bound
        if value is not None and bound is not None and bound - value > TOLERANCE * max(1.0, abs(value)):
            text = f"the file states a bound of {bound:,.6g}, above the value of {value:,.6g}"
            found.append(Violation("stated costs", level.name, None, bound - value, "of the level", text))
    return found


def _listed(violations: Sequence[Violation]) -> str:
    rows = [(v.law, v.subject, v.period or "-", f"{v.amount:.6g} {v.unit}", v.message) for v in violations]
    return f"{plural(len(rows), 'violation')}\n{table(('law', 'subject', 'period', 'by', ''), rows, left=5)}"
