"""``placement catalogue``: the accelerators that come with the package."""

from __future__ import annotations

import click

from placement.cli.inputs import json_option
from placement.cli.output import print_json
from placement.report.text import table

COLUMNS = {
    "accelerator": "accelerator",
    "mode": "mode",
    "certainty": "certainty",
    "hbm_gb": "HBM GB",
    "scale_up_domain_gpus": "domain",
    "allocation_unit_gpus": "unit",
    "scale_out_gbit_s": "Gbit/s",
    "idle_kw": "idle kW",
    "training_kw": "training kW",
    "serving_kw": "serving kW",
    "training_speed": "training speed",
    "serving_speed": "serving speed",
}
"""Field of the catalogue -> heading."""


@click.command()
@json_option
def catalogue(as_json: bool) -> None:
    """List the built-in accelerators and their power modes."""
    from placement.catalogue import catalogue_rows

    rows = catalogue_rows()
    if as_json:
        print_json({"accelerators": rows})
        return
    click.echo(table(tuple(COLUMNS.values()), ([_cell(row[field]) for field in COLUMNS] for row in rows), left=3))
    click.echo("\nkW are IT kW per accelerator, with its share of the host; speeds are against the first mode. Sources: --json.")


def _cell(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"
