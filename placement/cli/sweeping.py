"""Sweeps put together: cases from a file or from the command line, and their run by the solvers that there are."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import solvers
from placement.bench.partial import code_digest
from placement.cli.solving import solve, usable_cores
from placement.files.reading import document_path, read_tree
from placement.sweep.document import SWEEP_FORMAT, LoadedSweep, read_sweep, sweep_of
from placement.sweep.expand import Expanded, expand
from placement.sweep.run import Engine, Local, Progress
from placement.sweep.run import run_sweep as run_all
from placement.sweep.store import Store, create

_VARY = re.compile(r"(?P<id>[A-Za-z0-9][A-Za-z0-9_-]*):(?P<path>[^=*]+)(?P<scale>\*?)=(?P<values>.+)")


def sweep_cases(sweep: str | os.PathLike[str] | Mapping[str, Any] | LoadedSweep, *, folder: Path | None = None) -> Expanded:
    """The cases of a sweep: of a file, or of a mapping that states what a file would, with paths relative to ``folder``.

    Raises InputErrors with everything that is wrong.
    """
    if isinstance(sweep, Mapping):
        sweep = sweep_of(dict(sweep), (folder or Path()) / "sweep")
    loaded = sweep if isinstance(sweep, LoadedSweep) else read_sweep(sweep)
    packages = [Path(__file__).parents[1], *map(Path, solvers.__path__)]
    return expand(loaded, code_digest(packages), solvers.SOLVERS)


def run_sweep(
    cases: Expanded,
    folder: str | os.PathLike[str],
    *,
    jobs: int | None = None,
    engine: Engine | None = None,
    shard: tuple[int, int] = (1, 1),
    stop: threading.Event | None = None,
    on_row: Callable[[Progress], None] = lambda progress: None,
) -> Store:
    """Runs what of the cases is not yet in the store in ``folder``, and returns it. ``jobs``: default one for every core.

    Each case is solved on one core, so that its row does not depend on how many run at once. Raises InputErrors where the folder
    holds another sweep.
    """
    store = create(Path(folder), cases)
    if engine is None:
        solvers.load_ahead({cases.sweep.sweep.limits.solver})
    where = engine or Local(jobs or usable_cores())
    run_all(cases, store, solve, where, shard=shard, stop=stop or threading.Event(), on_row=on_row)
    return store


def given_sweep(
    path: Path, vary: Sequence[str], scenarios: Sequence[str], limits: Mapping[str, Any], design: Mapping[str, Any]
) -> LoadedSweep:
    """A sweep file, or an instance with what the command line varies in it. Raises InputErrors, and ValueError for an option."""
    place = document_path(path)
    tree, _ = read_tree(place, place.name)
    stated = {name: value for name, value in limits.items() if value is not None}
    if str(tree.get("format", "")).startswith(SWEEP_FORMAT.rpartition("/")[0]):
        if vary or scenarios or any(value is not None for value in design.values()):
            raise ValueError(f"{path} is a sweep: state parameters and samples there, or give the instance")
        loaded = read_sweep(path)
        if not stated:
            return loaded
        changed = loaded.sweep.model_copy(update={"limits": loaded.sweep.limits.model_copy(update=stated)})
        return LoadedSweep(changed, loaded.path, loaded.tree)
    parameters = [_parameter(text) for text in vary]
    if scenarios:
        parameters.append({"id": "scenario", "scenarios": [None if name == "-" else name for name in scenarios]})
    if not parameters:
        raise ValueError(f"{path} is an instance: say what varies with --vary or --scenario, or give a sweep file")
    if "work_limit" not in stated:
        raise ValueError("--work-limit is missing: it ends each case at the same point on every machine")
    document = {
        "format": SWEEP_FORMAT, "name": re.sub(r"[^A-Za-z0-9._:+-]", "-", path.resolve().stem), "instance": str(path.resolve()),
        "limits": stated, "parameters": parameters, **{name: value for name, value in design.items() if value is not None},
    }  # fmt: skip
    return sweep_of(document, Path("command line"))


def _parameter(text: str) -> dict[str, Any]:
    """``NAME:PATH=V,V`` sets, ``NAME:PATH*=V,V`` scales, ``NAME:PATH=LOW..HIGH`` is a range."""
    match = _VARY.fullmatch(text)
    if match is None:
        raise ValueError(f"--vary {text}: write NAME:PATH=VALUE,VALUE, with *= to scale, or NAME:PATH=LOW..HIGH for samples")
    found: dict[str, Any] = {"id": match["id"], "path": match["path"].strip(), "action": "scale" if match["scale"] else "set"}
    low, dots, high = match["values"].partition("..")
    if dots:
        return found | {"low": _value(low), "high": _value(high)}
    return found | {"values": [_value(value) for value in match["values"].split(",")]}


def _value(text: str) -> float | int | bool | str:
    text = text.strip()
    if not text:
        raise ValueError("--vary: a value is missing; write NAME:PATH=VALUE,VALUE")
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float) if "_" not in text else ():  # Python reads 1_000 as a number, files do not.
        try:
            return kind(text)
        except ValueError:
            continue
    return text
