"""Opening files with care: regular files of a stated size only, UTF-8 text only, tables only from the document's own folder."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path
from typing import Any, BinaryIO

from placement.files.errors import Problem, refuse
from placement.files.json_source import read_json
from placement.files.limits import FILE_BYTES
from placement.files.tree import Fields
from placement.files.yaml_source import read_yaml

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_NAME = re.compile(r"[^./\\:\x00-\x1f][^/\\:\x00-\x1f]{0,254}")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def open_regular(path: Path, file: str, limit: int) -> BinaryIO:
    """A regular file of at most ``limit`` bytes, opened; InputErrors otherwise. Never waits on a pipe or a device."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        reason = "it does not exist" if isinstance(error, FileNotFoundError) else str(getattr(error, "strerror", error)).lower()
        raise refuse(
            file, None, f"cannot be opened: {reason}", "a file that can be read", "correct the path or its permissions"
        ) from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise refuse(file, None, "not a regular file", "a regular file", "give a file, not a folder, pipe or device")
    if status.st_size > limit:
        os.close(handle)
        raise refuse(
            file, None, f"{status.st_size} bytes", f"at most {limit} bytes", "move long lists to tables, or split the input"
        )
    return os.fdopen(handle, "rb")


def read_bytes(path: Path, file: str, limit: int) -> bytes:
    """Content of a regular file of at most ``limit`` bytes."""
    with open_regular(path, file, limit) as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise refuse(file, None, f"more than {limit} bytes", f"at most {limit} bytes", "the file grew while it was read; try again")
    return data


def content_digest(path: Path, file: str, limit: int) -> str:
    """sha256 of a regular file of at most ``limit`` bytes, as it stands."""
    total = hashlib.sha256()
    with open_regular(path, file, limit) as stream:
        while block := stream.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def decode(data: bytes, file: str) -> str:
    """UTF-8 text, without a byte order mark and without control characters."""
    if data[:2] in _UTF16:
        raise refuse(file, 1, "UTF-16 text", "UTF-8 text", "save the file as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"the byte 0x{data[error.start]:02x}, which is not UTF-8"
        raise refuse(file, line, found, "UTF-8 text", "save the file as UTF-8") from None
    control = _CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        raise refuse(file, line, f"the control character {control.group()!a}", "text without control characters", "remove it")
    return text


def read_tree(path: Path, file: str, format_name: str = "fleet-placement/1") -> tuple[Fields, list[Problem]]:
    """The tree of a YAML or JSON file (told apart by its ending) and its repeated keys; ``format_name`` is what it should state."""
    text = decode(read_bytes(path, file, FILE_BYTES), file)
    if not text.strip():
        raise refuse(file, None, "an empty file", "a document", f"start with `format: {format_name}`")
    tree: Any
    tree, problems = (read_json if path.suffix.lower() == ".json" else read_yaml)(text, file)
    if not isinstance(tree, Fields):
        raise refuse(file, 1, "not a mapping", "a document of named fields", f"start with `format: {format_name}`")
    return tree, problems


def sibling(folder: Path, name: str) -> Path | str:
    """Path of a file that a document names beside itself; in words, what is wrong with the name."""
    if not _NAME.fullmatch(name):
        return "a plain file name, without folders, not starting with a dot"
    try:
        path = (folder / name).resolve()
        inside = path.parent == folder.resolve()
    except (OSError, RuntimeError, ValueError):
        return "a file in the same folder"
    return path if inside else "a file in the same folder, not a link that leaves it"


def document_path(path: Path) -> Path:
    """The document itself, where a folder is given."""
    if not path.is_dir():
        return path
    found = [path / name for name in ("fleet.yaml", "fleet.yml", "fleet.json") if (path / name).exists()]
    if not found:
        raise refuse(
            str(path), None, "a folder without a document", "fleet.yaml or fleet.json in it", "give the folder of an instance"
        )
    if len(found) > 1:
        names = " and ".join(p.name for p in found)
        raise refuse(str(path), None, names, "one document in a folder", "keep one of them, or give the file itself")
    return found[0]
