"""What commands write: one JSON object, or a file that is complete or not there."""

from __future__ import annotations

import errno
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import click

from placement.cli.errors import BadInput


def print_json(value: dict[str, Any]) -> None:
    """One object on stdout. What is not a number has been turned into null before: NaN and infinity are errors here."""
    click.echo(json.dumps(value, indent=2, allow_nan=False))


def print_schema(schema: dict[str, Any], output: Path | None) -> None:
    """A JSON Schema in a file or on stdout."""
    text = json.dumps(schema, indent=2)
    if output is None:
        click.echo(text)
    else:
        write_text(output, f"{text}\n")


PLAN_HEAD_BYTES = 256
HEAD_BYTES = 65_536
RANDOM = 8
"""Letters that ``tempfile`` adds to a prefix."""
_FORMAT = re.compile(rb"""(?:^|[{,]|\xef\xbb\xbf)\s*["']?format["']?\s*:\s*["']?(fleet-placement[a-z-]*)/""", re.MULTILINE)


def require_writable(path: Path, *, replaces: str | None = None, longest: str = "") -> None:
    """Raises ``BadInput`` if a file cannot be written there: better said before hours of work than after.

    A document of ours is replaced only by one of the format that it ``replaces`` (as in ``placement.files``, without a version): an
    instance, a suite or a plan is the user's. ``longest`` is the longest ending that is written beside it, after its stem.
    """
    from placement.files import behind_links

    try:
        place = behind_links(path)
        _require_place(place, path)
        if place.exists() and not place.is_file():
            raise BadInput(f"cannot write {path}: it is not a regular file; name one")
        with tempfile.NamedTemporaryFile(prefix=f"{place.stem}{longest[:-RANDOM]}" if longest else None, dir=place.parent):
            pass
        there = _format_of(place) if place.exists() else None
        if there is not None and there != replaces:
            raise BadInput(f"cannot write {path}: it is a {there} file, which would be lost; name another file")
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}; name a file in a folder that can be written to") from None


def require_appendable(path: Path) -> None:
    """Raises ``BadInput`` if nothing can be added to a file, pipe or device there; nothing is opened or created."""
    try:
        _require_place(path, path)
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}; name a file that can be written to") from None


def _format_of(place: Path) -> str | None:
    """The format that a document of ours states near its beginning, without its version."""
    with place.open("rb") as file:
        found = _FORMAT.search(file.read(HEAD_BYTES))
    return None if found is None else found[1].decode()


def _require_place(place: Path, said: Path) -> None:
    if place.is_dir():
        raise BadInput(f"cannot write {said}: it is a directory; name a file in it")
    if not place.parent.is_dir():
        raise BadInput(f"cannot write {said}: there is no folder {place.parent}; create it first")


def require_place_for_plan(path: Path) -> None:
    """As ``require_writable``; besides, only an earlier plan or an empty file may be replaced: anything else is the user's."""
    from placement.files.plans import LONGEST_ENDING, PLAN_FORMAT

    if not path.is_file():
        return require_writable(path, longest=LONGEST_ENDING)
    with path.open("rb") as file:
        start = file.read(PLAN_HEAD_BYTES)
    if start.strip() and PLAN_FORMAT.encode() not in start:
        raise BadInput(f"cannot write {path}: it exists and is not a plan; name another file, or remove it first")
    return require_writable(path, replaces=PLAN_FORMAT.partition("/")[0], longest=LONGEST_ENDING)


def write_text(path: Path, text: str) -> None:
    """Writes a file; one that exists is replaced only by a complete one. Raises ``BadInput`` if it cannot be written."""
    from placement.files import write_atomically

    require_writable(path)
    write_atomically(path, text.encode())
