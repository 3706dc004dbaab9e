"""Keep instances/best.json: the best objective and bound known for each instance, level by level.

    python -m benchmarks.best frontier-2026 "frontier-2026 + no-lease" --time-limit 600

Names are those of the file: a path below instances/ without its ending, and a scenario after ``+``. What is better replaces what is
known; optima worked out by hand are never replaced. An instance whose file has changed begins anew.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import click

from benchmarks.options import GAP, SECONDS
from placement import load, solve
from placement.plan import Result

INSTANCES = Path(__file__).resolve().parents[1] / "instances"
BEST = INSTANCES / "best.json"
BY_HAND = "by hand"
TOLERANCE = 1e-6
"""A level counts as equal within this times max(1, |value|)."""

Entry = dict[str, Any]


def locate(name: str) -> tuple[Path, str | None]:
    """File or folder, and scenario, of a name."""
    path, _, scenario = (part.strip() for part in name.partition("+"))
    folder = INSTANCES / path
    return folder if folder.is_dir() else folder.with_suffix(".yaml"), scenario or None


def fingerprint(name: str) -> str:
    """sha256 of the instance's document as it lies on disk."""
    path, _ = locate(name)
    document = path / "fleet.yaml" if path.is_dir() else path
    return hashlib.sha256(document.read_bytes()).hexdigest()


def entry(name: str, result: Result) -> Entry:
    """What a result adds to the file."""
    levels = {level.name: {"objective": level.value, "bound": level.bound} for level in result.levels}
    return {"sha256": fingerprint(name), "levels": levels, "from": f"{result.solver}, {result.seconds:.0f} s"}


def better(known: Entry | None, found: Entry) -> Entry:
    """The better plan of the two, with the higher bound at each level whose earlier levels are equal."""
    if known is None or known["sha256"] != found["sha256"]:
        return found
    if known["from"] == BY_HAND:
        return known
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


@click.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--solver", default="auto", show_default=True)
@click.option("--time-limit", type=SECONDS, default=600.0, show_default=True, help="Seconds for each instance.")
@click.option("--gap", type=GAP, default=1e-4, show_default=True)
def main(names: tuple[str, ...], solver: str, time_limit: float, gap: float) -> None:
    """Solve instances and keep what is better than known."""
    best: dict[str, Entry] = json.loads(BEST.read_text(encoding="utf-8")) if BEST.exists() else {}
    for name in names:
        path, scenario = locate(name)
        result = solve(load(path, scenario=scenario), solver=solver, time_limit_s=time_limit, gap=gap)
        if result.plan is None:
            click.echo(f"{name}: no plan")
            continue
        best[name] = better(best.get(name), entry(name, result))
        click.echo(f"{name}: {json.dumps(best[name]['levels'])}")
        BEST.write_text(json.dumps(dict(sorted(best.items())), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
