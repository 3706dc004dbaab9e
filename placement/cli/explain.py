"""``placement explain``: what stands behind an answer, so what it costs to survive losses, and which fee a contract is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from placement.cli.errors import BadInput, ExitCode
from placement.cli.inputs import instance_argument, json_option, levels_option, read_instance, scenario_option
from placement.cli.output import print_json, require_writable, write_text
from placement.cli.signals import Interrupts, in_thread
from placement.cli.solve import ABOVE_ZERO, Number, explaining
from solvers import SOLVERS

if TYPE_CHECKING:
    from placement.explain.fee import FeeFlip
    from placement.explain.promises import LossPrice
    from placement.instance import Instance
    from placement.plan import Plan, Result

T = TypeVar("T")


@click.group()
def explain() -> None:
    """Say what stands behind an answer."""


TUNING = (
    click.option("--solver", type=click.Choice(sorted(SOLVERS)), default="auto", show_default=True, help="auto picks by size."),
    click.option("--time-limit", metavar="S", type=ABOVE_ZERO, default=60.0, show_default=True, help="Seconds for each solve."),
    click.option(
        "--gap", metavar="G", type=Number(0, 1, max_open=True), default=1e-4, show_default=True,
        help="Stop each solve when proven this close to the best; a fraction.",
    ),
    click.option("--workers", metavar="N", type=click.IntRange(1, 1024), help="Threads; default: every usable core."),
)  # fmt: skip


def tuned(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of a command that solves several times."""
    for option in reversed(TUNING):
        command = option(command)
    return command


@explain.command()
@instance_argument
@scenario_option
@tuned
@json_option
@click.pass_context
def losses(ctx: click.Context, /, *, instance: Path, scenario: str | None, as_json: bool, **tuning: Any) -> None:
    """Price the losses that plans of INSTANCE are to survive: solve with all of them, without each, and without any."""
    from placement.explain.promises import price_of_losses

    fleet = _in_net_cost(read_instance(instance, scenario))
    code, prices = _explained(fleet, lambda solve: list(price_of_losses(fleet, solve)), quiet=as_json, **tuning)
    if as_json:
        print_json({"losses": [asdict(price) for price in prices], "instance": {"name": fleet.name, "digest": fleet.digest}})
    else:
        click.echo(_report(prices), nl=False)
    ctx.exit(code)


@explain.command()
@instance_argument
@scenario_option
@click.option(
    "--contract", "contracts", metavar="ID", multiple=True,
    help="May be given more than once. [default: every optional contract that owes something fixed]",
)  # fmt: skip
@tuned
@json_option
@click.pass_context
def fee(
    ctx: click.Context, /, *, instance: Path, scenario: str | None, contracts: tuple[str, ...], as_json: bool, **tuning: Any
) -> None:
    """Find up to which fee contracts of INSTANCE are worth signing: solve with each, at several fees, and without it."""
    from placement.explain.fee import can_flip, fee_flips

    fleet = _in_net_cost(read_instance(instance, scenario))
    for name in contracts:
        if name not in fleet.contracts or not can_flip(fleet, name):
            raise click.UsageError(f"--contract {name!r} is not a contract that is optional and owes something fixed")
    asked = list(contracts) or [name for name in fleet.contracts if can_flip(fleet, name)]
    code, flips = _explained(fleet, lambda solve: list(fee_flips(fleet, asked, solve)), quiet=as_json, **tuning)
    if as_json:
        print_json({"fees": [asdict(flip) for flip in flips], "instance": {"name": fleet.name, "digest": fleet.digest}})
    else:
        click.echo(_fee_report(flips), nl=False)
    ctx.exit(code)


@explain.command()
@instance_argument
@scenario_option
@levels_option
@click.option("--between", "pair", metavar="A B", nargs=2, required=True, help="Two levels: A is capped, B minimised.")
@click.option("--points", metavar="N", type=click.IntRange(2, 1000), default=5, show_default=True, help="Values of the first.")
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path),
    help="Write the curve there: as figures, .csv, or a picture, .svg.",
)  # fmt: skip
@tuned
@json_option
@click.pass_context
def tradeoff(
    ctx: click.Context, /, *, instance: Path, scenario: str | None, levels: str | None, pair: tuple[str, str], points: int,
    output: Path | None, as_json: bool, **tuning: Any,
) -> None:  # fmt: skip
    """Trace what of one level of INSTANCE has to be given up for another: solve with the first capped at several values."""
    from placement.explain.tradeoff import tradeoff as trace
    from placement.report.tradeoff import tradeoff_csv, tradeoff_data, tradeoff_picture, tradeoff_table

    if output is not None and output.suffix.lower() not in (".csv", ".svg"):
        raise click.UsageError(f"-o {output}: name a .csv for the figures or an .svg for the picture")
    fleet = read_instance(instance, scenario, levels)
    unknown = [name for name in pair if name not in fleet.levels.names]
    if unknown or pair[0] == pair[1]:
        raise click.UsageError(f"--between takes two of the levels {', '.join(fleet.levels.names)}, which --levels states anew")
    if output is not None:
        require_writable(output)
    code, curve = _explained(fleet, lambda solve: trace(fleet, *pair, points, solve), quiet=as_json, **tuning)
    if output is not None:
        units = (fleet.levels.units[pair[0]], fleet.levels.units[pair[1]])
        picture = output.suffix.lower() == ".svg"
        write_text(output, f"{tradeoff_picture(curve, fleet.name, units)}\n" if picture else tradeoff_csv(curve))
    if as_json:
        print_json(tradeoff_data(curve) | {"instance": {"name": fleet.name, "digest": fleet.digest}})
    else:
        click.echo(tradeoff_table(curve), nl=False)
    ctx.exit(code if code or curve.points else ExitCode.NO_PLAN)


def _in_net_cost(fleet: Instance) -> Instance:
    """The instance, whose last level prices are read from."""
    if not fleet.levels.ends_in_net_cost:
        raise BadInput("prices in USD are differences of net cost: the objective must be in USD and end with net_cost alone")
    return fleet


def _explained(
    fleet: Instance, work: Callable[[Callable[..., Result]], T], *, quiet: bool, time_limit: float, **tuning: Any
) -> tuple[int, T]:
    """The exit code and the answer of work that is handed ``solve(instance, start)``."""
    with Interrupts(announce=not quiet) as interrupts:

        def solve(one: Instance, start: Plan | None = None) -> Result:
            from placement.cli.solving import solve as solve_instance

            return solve_instance(one, time_limit_s=time_limit, interrupt=interrupts.event, start=start, **tuning)

        answer = explaining(lambda: in_thread(lambda: work(solve)), fleet)
    return (ExitCode.OK if interrupts.exit_code is None else interrupts.exit_code), answer


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


def _fee_report(flips: list[FeeFlip]) -> str:
    from placement.report.text import count, section, table

    if not flips:
        return "the instance has no optional contract that owes something fixed\n"

    def usd(value: float | None) -> str:
        return "-" if value is None else count(value)

    def times(value: float | None) -> str:
        return "-" if value is None else f"{max(value, 0.0):.3f}"

    rows = [
        (
            flip.contract, usd(flip.without_usd), usd(flip.with_usd), usd(flip.owed_usd), times(flip.factor),
            times(flip.least_factor), times(flip.most_factor), flip.note,
        )
        for flip in flips
    ]  # fmt: skip
    header = ("contract", "net cost without", "with", "of it owed", "worth times", "at least", "at most", "")
    return section("Up to how many times its fees a contract is worth signing, USD", table(header, rows))
