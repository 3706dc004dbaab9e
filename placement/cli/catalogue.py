"""``placement catalogue``: the accelerators that come with the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from placement.cli.inputs import json_option
from placement.cli.output import print_json
from placement.report.text import table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from placement.instance import Accelerator

HEADER = ("id", "mode", "name", "certainty", "HBM GB", "domain", "unit", "Gbit/s", "idle kW", "training kW", "serving kW", "speed")


@click.command()
@json_option
def catalogue(as_json: bool) -> None:
    """List the built-in accelerators and their power modes."""
    from placement.catalogue import load_catalogue

    accelerators = load_catalogue()
    if as_json:
        print_json({"accelerators": [entry.model_dump(mode="json", exclude_none=True) for entry in accelerators.values()]})
        return
    click.echo(table(HEADER, _rows(accelerators.values()), left=4))
    click.echo("\nkW are IT kW per accelerator with its share of the host; speed is that of training. Sources: --json.")


def _rows(accelerators: Iterable[Accelerator]) -> Iterable[tuple[object, ...]]:
    for entry in accelerators:
        for mode in entry.modes:
            yield (
                entry.id, mode.id, entry.name, entry.certainty or "-", f"{entry.hbm_gb:g}", entry.scale_up_domain_gpus,
                entry.allocation_unit_gpus, f"{entry.scale_out_gbit_s:g}", f"{entry.idle_kw:g}", f"{mode.training_kw:g}",
                f"{mode.serving_kw:g}", f"{mode.training_speed:g}",
            )  # fmt: skip
