"""``placement show``: supply against demand before any solve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from placement.cli.inputs import instance_argument, json_option, read_instance, scenario_option
from placement.cli.output import print_json

if TYPE_CHECKING:
    from placement.report.show import By


@click.command()
@instance_argument
@scenario_option
@click.option("--by", type=click.Choice(["block", "period"]), default="block", show_default=True, help="block: its worst band.")
@json_option
def show(instance: Path, scenario: str | None, by: By, as_json: bool) -> None:
    """Show supply against demand of INSTANCE per period, and where it will be short."""
    from placement.report.show import show_data, show_report

    fleet = read_instance(instance, scenario)
    if as_json:
        print_json(show_data(fleet))
    else:
        click.echo(show_report(fleet, by), nl=False)
