"""``placement schema``: the JSON Schema of the instance format, for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click

from placement.cli.output import write_text


@click.command()
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write it there instead of to stdout.")
def schema(output: Path | None) -> None:
    """Print the JSON Schema of the instance format."""
    from placement.files import schema as instance_schema

    text = json.dumps(instance_schema(), indent=2)
    if output is None:
        click.echo(text)
    else:
        write_text(output, f"{text}\n")
