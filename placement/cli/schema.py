"""``placement schema``: the JSON Schema of the instance format, for editors."""

from __future__ import annotations

from pathlib import Path

import click

from placement.cli.output import print_schema


@click.command()
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write it there instead of to stdout.")
def schema(output: Path | None) -> None:
    """Print the JSON Schema of the instance format."""
    from placement.files import schema as instance_schema

    print_schema(instance_schema(), output)
