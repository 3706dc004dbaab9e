"""The store of a sweep: a folder for each case, complete or absent, that many runs may share.

    DIR/sweep.json            the cases: indices, settings, hashes, parents
    DIR/cases/<hash>/         row.json, and plan.json with its tables where there is a plan
    DIR/claims/<hash>         who is running a case; it goes with its owner

A case is written beside its place, flushed and renamed. Who runs a case holds its claim, a file that only one can create, and
touches it while at work: the claim of a process that is gone, or that was not touched for long, is void.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from placement.files import InputErrors, write_atomically
from placement.files.errors import refuse
from placement.sweep.case import PLAN, Files, Row, packed, row_of
from placement.sweep.document import Name
from placement.sweep.expand import Expanded

STORE_FORMAT = "fleet-placement-sweep-store/1"
ROW = "row.json"
STALE_SECONDS = 90.0
"""A claim that was not touched for so long is void."""

TOUCH_SECONDS = 15.0
HEX = 16

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""Folders are named by it."""


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class _Case(_Part):
    index: int
    name: str
    settings: dict[str, float | int | bool | str | None]
    digest: Digest
    parent: int | None


class _Parameter(_Part):
    id: Name
    unit: str | None
    decision: bool
    settings: list[float | int | bool | str | None]
    figures: list[float] | None


class _Manifest(_Part):
    """What is read of sweep.json, which may have been edited."""

    name: str
    parameters: list[_Parameter]
    cases: list[_Case]


class Store:
    """The folder of one sweep."""

    def __init__(self, folder: Path) -> None:
        """Opens what is there; see ``create``. Raises InputErrors where there is no sweep."""
        self.folder = folder
        self._ended: set[str] = set()
        try:
            text = (folder / "sweep.json").read_bytes()
            self.manifest: dict[str, Any] = json.loads(text)
            known = self.manifest.get("format") == STORE_FORMAT
        except (OSError, ValueError, RecursionError, AttributeError):
            known = False
        if not known:
            remedy = "give the folder that `sweep run` was given with -o"
            raise refuse(str(folder), None, "no sweep", "the folder of a sweep", remedy)
        try:
            read = _Manifest.model_validate_json(text)
            if any(set(case.settings) != {one.id for one in read.parameters} for case in read.cases if read.parameters):
                raise ValueError
            if any(one.figures is not None and len(one.figures) != len(one.settings) for one in read.parameters):
                raise ValueError
        except ValueError:
            remedy = "run the sweep into another folder, or restore the file"
            raise refuse(str(folder / "sweep.json"), None, "no list of cases", "what a run wrote", remedy) from None

    @property
    def cases(self) -> list[dict[str, Any]]:
        """Index, name, settings, digest and parent of each case."""
        found: list[dict[str, Any]] = self.manifest["cases"]
        return found

    @property
    def parameters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.manifest["parameters"]
        return found

    def place(self, digest: str) -> Path:
        return self.folder / "cases" / digest[:HEX]

    def has(self, digest: str) -> bool:
        """Whether a case has ended."""
        if digest not in self._ended and (self.place(digest) / ROW).exists():
            self._ended.add(digest)
        return digest in self._ended

    def row(self, digest: str) -> Row | None:
        """The row of a case; None where it has not ended."""
        try:
            row = row_of((self.place(digest) / ROW).read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            raise self._no_row(digest) from None
        return row if row.digest == digest else None

    def _no_row(self, digest: str) -> InputErrors:
        remedy = "remove the folder of the case: it is run again"
        return refuse(str(self.place(digest) / ROW), None, "no row of a case", "what a run wrote", remedy)

    def rows(self) -> list[Row]:
        """Rows of all cases that have ended, in order of their indices."""
        rows: list[Row] = []
        for case in self.cases:
            row = self.row(case["digest"])
            if row is not None and (row.index, row.settings) != (case["index"], case["settings"]):
                raise self._no_row(case["digest"])
            rows += [] if row is None else [row]
        return rows

    def plan(self, digest: str) -> Files | None:
        """The plan of a case and its tables; None where it has none."""
        folder = self.place(digest)
        if not (folder / PLAN).exists():
            return None
        return {name: data for name, data in packed(folder).items() if name != ROW}

    def put(self, row: Row, files: Files) -> None:
        """Keeps a row and its files: all or nothing. Of two that keep the same case the first one stands. Raises OSError."""
        place = self.place(row.digest)
        staged = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent))
        try:
            contents = {**files, ROW: (json.dumps(row.data(), indent=1, allow_nan=False) + "\n").encode()}
            for name, data in contents.items():
                with (staged / name).open("wb") as stream:
                    stream.write(data)
                    stream.flush()
                    os.fsync(stream.fileno())
            staged.chmod(0o755)
            try:
                staged.rename(place)
            except OSError:
                if not self.has(row.digest):
                    raise
        finally:
            shutil.rmtree(staged, ignore_errors=True)

    def forget(self, digest: str) -> None:
        """Removes a case, so that it is run again."""
        self._ended.discard(digest)
        place = self.place(digest)
        away = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".old", dir=place.parent))
        with suppress(FileNotFoundError):
            place.rename(away / place.name)
        shutil.rmtree(away, ignore_errors=True)

    # ---------------------------------------------------------------- claims

    def _claim(self, digest: str) -> Path:
        return self.folder / "claims" / digest[:HEX]

    def claim(self, digest: str) -> bool:
        """Whether this process may run a case now. Void claims are taken over."""
        place = self._claim(digest)
        for _ in range(2):
            try:
                self._create(place, json.dumps(_self()).encode("ascii"))
                return True
            except FileExistsError:
                if not self._void(place):
                    return False
                with suppress(FileNotFoundError):  # Renamed, so that of two who find it void only one takes it away.
                    away = place.with_name(f".{place.name}.{platform.node()}.{os.getpid()}")
                    place.rename(away)
                    away.unlink()
        return False

    def _create(self, place: Path, content: bytes) -> None:
        """A claim that says at once whose it is: empty for a moment, and its owner killed then, it would have to grow stale."""
        with tempfile.NamedTemporaryFile(prefix=".claim.", dir=place.parent) as whole:
            whole.write(content)
            whole.flush()
            os.fchmod(whole.fileno(), 0o644)  # Others may run on the folder, or ask how far it is.
            try:
                os.link(whole.name, place)
            except FileExistsError:
                raise
            except OSError:  # A file system without hard links.
                with place.open("xb") as file:
                    file.write(content)

    def claimed(self, digest: str) -> bool:
        """Whether somebody is running a case."""
        place = self._claim(digest)
        return place.exists() and not self._void(place)

    def touch(self, digest: str) -> None:
        with suppress(OSError):
            os.utime(self._claim(digest))

    def release(self, digest: str) -> None:
        self._claim(digest).unlink(missing_ok=True)

    def _void(self, place: Path) -> bool:
        try:
            owner = json.loads(place.read_text(encoding="ascii"))
            age = self._now() - place.stat().st_mtime
        except FileNotFoundError:
            return True
        except ValueError:
            owner, age = None, self._now() - place.stat().st_mtime if place.exists() else 0.0
        if age > STALE_SECONDS:
            return True
        if not isinstance(owner, dict) or owner.get("host") != platform.node() or type(owner.get("pid")) is not int:
            return False
        return _began(owner["pid"]) != owner.get("began")

    def _now(self) -> float:
        """The time by the clock of the folder, which other hosts share."""
        try:
            with tempfile.NamedTemporaryFile(prefix=".now.", dir=self.folder / "claims") as probe:
                return os.fstat(probe.fileno()).st_mtime
        except OSError:  # Whoever may only read asks how far a sweep is.
            return time.time()


def _self() -> dict[str, Any]:
    return {"host": platform.node(), "pid": os.getpid(), "began": _began(os.getpid())}


def _began(pid: int) -> str | None:
    """When a process of this machine began, in its own terms; None where there is none, so that a reused id is no owner."""
    if Path("/proc/self/stat").exists():
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if state[0] == "Z" else state[19]
    try:
        os.kill(pid, 0)
    except OSError:
        return None
    return "running"


def create(folder: Path, expanded: Expanded) -> Store:
    """The store of a sweep: new, or that of an earlier run of the same. Raises InputErrors where another sweep stands there."""
    place = folder / "sweep.json"
    document = _manifest(expanded)
    for part in ("cases", "claims"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    if place.exists():
        store = Store(folder)
        same = [case["digest"] for case in store.cases] == [case["digest"] for case in document["cases"]]
        if not same:
            raise refuse(
                str(folder), None, "another sweep, or the same with another instance, version or limit",
                "a new folder, or that of an earlier run of the same", "name another folder with -o",
            )  # fmt: skip
    else:
        write_atomically(place, (json.dumps(document, indent=1, allow_nan=False) + "\n").encode())
    _sweep_up(folder)
    return Store(folder)


def _sweep_up(folder: Path) -> None:
    """Removes what runs that were killed left half written, once it is old: another run may be writing now."""
    for left in (folder / "cases").glob(".*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def _manifest(expanded: Expanded) -> Mapping[str, Any]:
    sweep = expanded.sweep.sweep
    return {
        "format": STORE_FORMAT,
        "name": sweep.name,
        "instance": sweep.instance,
        "scenario": sweep.scenario,
        "design": sweep.design,
        "limits": sweep.limits.model_dump(mode="json"),
        "sources": expanded.sources,
        "parameters": [_parameter(expanded, n) for n in range(len(expanded.parameters))],
        "order": list(expanded.order),
        "cases": [
            {"index": case.index, "name": case.name, "settings": case.settings, "digest": case.digest, "parent": case.parent}
            for case in expanded.cases
        ],
    }


def _parameter(expanded: Expanded, n: int) -> dict[str, Any]:
    """What reports need to know of a parameter: its settings and, where they lie on an axis, their figures."""
    parameter = expanded.parameters[n]
    settings = list(dict.fromkeys(case.settings[parameter.id] for case in expanded.cases))
    if parameter.levels is not None:
        stated = {level.id: level.value for level in parameter.levels}
        figures = [stated[str(setting)] for setting in settings]
    else:
        figures = [None if one is None or isinstance(one, bool | str) else float(one) for one in settings]
    axis = None if any(figure is None for figure in figures) else figures
    return {"id": parameter.id, "unit": parameter.unit, "decision": parameter.decision, "settings": settings, "figures": axis}
