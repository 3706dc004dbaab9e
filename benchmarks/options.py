"""Types of the commands' options, so that what cannot work is said before a run begins and not after it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from placement.cli.solve import Number

SEED = click.IntRange(min=0)
"""numpy's generators take no negative seeds."""

SECONDS = Number(min=0, min_open=True)
GAP = Number(min=0)
SHARE = Number(0, 1)
FIGURE = Number()


class Target(click.Path):
    """A file or a folder (``folder=True``) to write: refused where it cannot be made, its missing parents allowed for."""

    def __init__(self, *, folder: bool = False) -> None:
        super().__init__(path_type=Path, file_okay=not folder, dir_okay=folder)
        self.folder = folder

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(str(super().convert(value, param, ctx)))
        there = path if self.folder else path.parent
        try:
            there.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.fail(f"{path} cannot be written ({error.strerror}): name another one", param, ctx)
        if not os.access(there, os.W_OK | os.X_OK):
            self.fail(f"{path} cannot be written ({there} may not be written to): name another one", param, ctx)
        return path
