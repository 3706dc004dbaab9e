"""What commands write: one JSON object, or a file that is complete or not there."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import click

from placement.cli.errors import BadInput


def print_json(value: dict[str, Any]) -> None:
    """One object on stdout. What is not a number has been turned into null before: NaN and infinity are errors here."""
    click.echo(json.dumps(value, indent=2, allow_nan=False))


def require_writable(path: Path) -> None:
    """Raises ``BadInput`` if a file cannot be written there: better said before hours of work than after."""
    folder = path.parent
    if path.is_dir():
        raise BadInput(f"cannot write {path}: it is a directory; name a file in it")
    if not folder.is_dir():
        raise BadInput(f"cannot write {path}: there is no folder {folder}; create it first")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}; choose a folder that can be written to") from None


def write_text(path: Path, text: str) -> None:
    """Writes a file beside its destination and moves it there, so that an existing one is replaced only by a complete one."""
    require_writable(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
