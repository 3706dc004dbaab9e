"""Files that are replaced only by complete ones: written beside their place, flushed, then renamed. Links stay links."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file so that at any moment either the old or the new content stands there, whole.

    Where ``path`` is a link, the file that it leads to is written. Raises OSError; then the old content stands.
    """
    write_together({Path(path): data})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write several files, each as ``write_atomically`` does, in their order: all of them or none.

    Raises OSError; then all the old contents stand. Only if the machine, or this process, stops dead between two renames do the
    first ones stand and the others not.
    """
    staged: list[tuple[Path, Path]] = []
    undo: list[tuple[Path, Path | None]] = []
    try:
        for path, data in contents.items():
            place = behind_links(path)
            staged.append((_staged(place, data), place))
        for n, (new, place) in enumerate(staged):
            if n + 1 < len(staged):  # Nothing can fail after the last one.
                undo.append((place, _copied(place)))
            new.replace(place)
    except BaseException:
        for place, old in reversed(undo):
            if old is None:
                place.unlink(missing_ok=True)
            else:
                old.replace(place)
        raise
    finally:
        for left in (*(new for new, _ in staged), *(old for _, old in undo if old is not None)):
            left.unlink(missing_ok=True)
    for folder in {place.parent for _, place in staged}:
        _flush_folder(folder)


def behind_links(path: str | os.PathLike[str]) -> Path:
    """The file that a path means, behind any links; it need not exist. Raises OSError where links lead in a circle."""
    place = Path(os.path.realpath(path))
    if place.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return place


def _staged(place: Path, data: bytes) -> Path:
    """A file beside a place that holds what is to stand there."""
    handle, name = tempfile.mkstemp(prefix=f".{place.name[:60]}.", suffix=".part", dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(_mode(place))
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _copied(place: Path) -> Path | None:
    """A copy of what stands at a place, beside it; None where there is nothing."""
    if not place.exists():
        return None
    handle, name = tempfile.mkstemp(prefix=f".{place.name[:60]}.", suffix=".old", dir=place.parent)
    os.close(handle)
    try:
        shutil.copy2(place, name)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _mode(place: Path) -> int:
    """Permissions of the file that is replaced, or those that a new file gets."""
    with suppress(OSError):
        return place.stat().st_mode & 0o777
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


def _flush_folder(folder: Path) -> None:
    """Make a rename last; not every system lets folders be flushed."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
