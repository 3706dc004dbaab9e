"""Best known values: the best objective and bound known for each instance, level by level, in one file beside the instances.

Names are paths below the file's folder without ending, and a scenario after ``+``. What is better replaces what is known; optima
worked out by hand are never replaced, and what contradicts the known is not taken up. An instance whose document has changed
begins anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from placement.bench.case import Case, Level, Row
from placement.bench.compare import PLANS, contradiction
from placement.bench.results import Document, finite_only
from placement.files import InputErrors, load, sources_digest, write_atomically

BY_HAND = "by hand"

TOLERANCE = 1e-6
"""A level counts as equal within this times max(1, |value|)."""

Entry = dict[str, Any]
"""A best known value: ``sha256`` of the instance's document, ``levels`` with objective and bound, and where it is ``from``."""


def best_entry(row: Row, sha256: str) -> Entry | None:
    """What a row adds to the best known values; None unless it holds a plan that was checked and a bound for each level."""
    quality = row.quality
    sound = row.error is None and quality.violations == 0 and quality.status in PLANS
    if not sound or any(level.objective is None or level.bound is None for level in quality.levels):
        return None
    if any(contradiction(level, level) is not None for level in quality.levels):
        return None
    levels = {level.name: {"objective": level.objective, "bound": level.bound} for level in quality.levels}
    return entry(sha256, levels, row.solver, row.information.seconds or 0.0)


def entry(sha256: str, levels: dict[str, dict[str, float | None]], solver: str, seconds: float) -> Entry:
    """An entry as it stands in the file."""
    return {"sha256": sha256, "levels": levels, "from": f"{solver}, {seconds:.0f} s"}


def fingerprint(path: Path) -> str:
    """sha256 over an instance's document and the tables that it names, as they lie on disk. Raises InputErrors."""
    return sources_digest(path).removeprefix("sha256:")


def name_below(path: Path, folder: Path, scenario: str | None) -> str | None:
    """What an instance is called in the file of a folder: its path below it without ending, and the scenario; None elsewhere."""
    path, folder = path.resolve(), folder.resolve()
    if not path.is_relative_to(folder):
        return None
    name = path.relative_to(folder)
    plain = (name.with_suffix("") if path.is_file() else name).as_posix()
    return plain if scenario is None else f"{plain} + {scenario}"


def updated(known: dict[str, Entry], result: Document, cases: Iterable[Case], folder: Path) -> tuple[dict[str, Entry], list[str]]:
    """The entries with what a result has that is better, of instances below ``folder``; and in words what that is."""
    rows = result.by_case
    best, news = dict(known), []
    for case in cases:
        row, name = rows.get(case.name), name_below(case.path, folder, case.scenario)
        if row is None or name is None:
            continue
        try:
            changed = row.digest is not None and load(case.path, scenario=case.scenario).digest != row.digest
            found = None if changed else best_entry(row, fingerprint(case.path))
        except InputErrors:
            changed, found = True, None
        if changed:
            news.append(f"{name}: not kept, the instance has changed since the run")
        if found is None:
            continue
        wrong = disagreement(best.get(name), found)
        if wrong is not None:
            news.append(f"{name}: not kept, {row.case} and what is known contradict each other at {wrong}: find out which is wrong")
            continue
        entry = better(best.get(name), found)
        if entry != best.get(name):
            best[name] = entry
            news.append(f"{name}: {json.dumps(entry['levels'])} by {row.case}")
    return best, news


def read_best(path: Path) -> dict[str, Entry]:
    """The file's entries, none where there is no file yet. Raises ValueError where it holds something else."""
    if not path.exists():
        return {}
    text = path.read_text(encoding="utf-8")
    try:
        finite_only(text)
        found = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(found, dict) or not all(map(_is_entry, found.values())):
        raise ValueError("it does not hold best known values by the names of instances")
    return found


def _is_entry(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("levels"), dict):
        return False
    figures = [level.get(name) for level in value["levels"].values() if isinstance(level, dict) for name in ("objective", "bound")]
    whole = len(figures) == 2 * len(value["levels"]) and all(isinstance(figure, int | float) for figure in figures)
    return whole and isinstance(value.get("sha256"), str) and isinstance(value.get("from"), str)


def best_bytes(best: dict[str, Entry]) -> bytes:
    """The entries by name as they stand in the file."""
    return (json.dumps(dict(sorted(best.items())), indent=2, allow_nan=False) + "\n").encode()


def write_best(best: dict[str, Entry], path: Path) -> None:
    """Writes the entries by name, the file whole or not at all."""
    write_atomically(path, best_bytes(best))


def disagreement(known: Entry | None, found: Entry) -> str | None:
    """The level at which a plan of one is better than the bound of the other, for the same instance; None where there is none."""
    if known is None or known["sha256"] != found["sha256"]:
        return None
    for name, level in known["levels"].items():
        if name not in found["levels"]:
            return None
        other = found["levels"][name]
        old, new = (Level(name, one["objective"], one["bound"], None) for one in (level, other))
        if contradiction(old, new) is not None:
            return str(name)
        if abs(other["objective"] - level["objective"]) > TOLERANCE * max(1.0, abs(level["objective"])):
            return None  # Bounds of later levels hold for other plans.
    return None


def better(known: Entry | None, found: Entry) -> Entry:
    """The better plan of the two, with the higher bound at each level whose earlier levels are equal."""
    if known is None or known["sha256"] != found["sha256"]:
        return found
    if known["from"] == BY_HAND:
        return known
    if known["levels"].keys() != found["levels"].keys():  # The objective is another one since.
        return found
    first, second = found, known
    for name, level in known["levels"].items():
        step = found["levels"][name]["objective"] - level["objective"]
        if abs(step) > TOLERANCE * max(1.0, abs(level["objective"])):
            first, second = (found, known) if step < 0 else (known, found)
            break
    merged = json.loads(json.dumps(first))
    for name, level in merged["levels"].items():
        other = second["levels"][name]
        level["bound"] = max(level["bound"], other["bound"])
        if abs(level["objective"] - other["objective"]) > TOLERANCE * max(1.0, abs(level["objective"])):
            break
    return merged  # type: ignore[no-any-return]
