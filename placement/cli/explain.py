"""``placement explain``: what stands behind an answer; so far, what it costs to survive losses."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from placement.cli.errors import ExitCode
from placement.cli.inputs import instance_argument, json_option, read_instance, scenario_option
from placement.cli.output import print_json
from placement.cli.signals import Interrupts, in_thread
from placement.cli.solve import ABOVE_ZERO, Number, explaining
from solvers import SOLVERS

if TYPE_CHECKING:
    from placement.explain.promises import LossPrice
    from placement.instance import Instance
    from placement.plan import Result


@click.group()
def explain() -> None:
    """Say what stands behind an answer."""


@explain.command()
@instance_argument
@scenario_option
@click.option("--solver", type=click.Choice(sorted(SOLVERS)), default="auto", show_default=True, help="auto picks by size.")
@click.option("--time-limit", metavar="S", type=ABOVE_ZERO, default=60.0, show_default=True, help="Seconds for each solve.")
@click.option(
    "--gap", metavar="G", type=Number(0, 1, max_open=True), default=1e-4, show_default=True,
    help="Stop each solve when proven this close to the best; a fraction.",
)  # fmt: skip
@click.option("--workers", metavar="N", type=click.IntRange(1, 1024), help="Threads; default: every usable core.")
@json_option
@click.pass_context
def losses(ctx: click.Context, /, *, instance: Path, scenario: str | None, time_limit: float, as_json: bool, **tuning: Any) -> None:
    """Price the losses that plans of INSTANCE are to survive: solve with all of them, without each, and without any."""
    fleet = read_instance(instance, scenario)
    with Interrupts(announce=not as_json) as interrupts:

        def solve(one: Instance) -> Result:
            from placement.cli.solving import solve as solve_instance

            return solve_instance(one, time_limit_s=time_limit, interrupt=interrupts.event, **tuning)

        def search() -> list[LossPrice]:
            from placement.explain.promises import price_of_losses

            return list(price_of_losses(fleet, solve))

        prices = explaining(lambda: in_thread(search), fleet)
    if as_json:
        print_json({"losses": [asdict(price) for price in prices], "instance": {"name": fleet.name, "digest": fleet.digest}})
    else:
        click.echo(_report(prices), nl=False)
    ctx.exit(ExitCode.OK if interrupts.exit_code is None else interrupts.exit_code)


def _report(prices: list[LossPrice]) -> str:
    from placement.report.text import count, section, table

    if not prices:
        return "the instance names no losses to survive\n"

    def usd(value: float | None) -> str:
        return "-" if value is None else count(value)

    rows = [
        (price.loss, usd(price.with_usd), usd(price.without_usd), usd(price.least_usd), usd(price.most_usd), price.note)
        for price in prices
    ]
    header = ("loss", "net cost with", "without", "price at least", "at most", "")
    return section("What it costs to survive each loss, USD", table(header, rows))
