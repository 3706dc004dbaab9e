"""Keep instances/best.json: the best objective and bound known for each instance, level by level; see ``placement.bench.best``.

    python -m benchmarks.best frontier-2026 "frontier-2026 + no-lease" --time-limit 600

Names are those of the file. ``placement bench accept --best`` does the same from the rows of a suite.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from benchmarks.options import GAP, SECONDS
from placement import load, solve
from placement.bench.best import better, entry, fingerprint, read_best, write_best

INSTANCES = Path(__file__).resolve().parents[1] / "instances"
BEST = INSTANCES / "best.json"


def locate(name: str) -> tuple[Path, str | None]:
    """File or folder, and scenario, of a name."""
    path, _, scenario = (part.strip() for part in name.partition("+"))
    folder = INSTANCES / path
    return folder if folder.is_dir() else folder.with_suffix(".yaml"), scenario or None


@click.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--solver", default="auto", show_default=True)
@click.option("--time-limit", type=SECONDS, default=600.0, show_default=True, help="Seconds for each instance.")
@click.option("--gap", type=GAP, default=1e-4, show_default=True)
def main(names: tuple[str, ...], solver: str, time_limit: float, gap: float) -> None:
    """Solve instances and keep what is better than known."""
    best = read_best(BEST)
    for name in names:
        path, scenario = locate(name)
        result = solve(load(path, scenario=scenario), solver=solver, time_limit_s=time_limit, gap=gap)
        if result.plan is None or any(level.bound is None for level in result.levels):
            click.echo(f"{name}: no plan with a bound")
            continue
        levels = {level.name: {"objective": level.value, "bound": level.bound} for level in result.levels}
        best[name] = better(best.get(name), entry(fingerprint(path), levels, result.solver, result.seconds))
        click.echo(f"{name}: {json.dumps(best[name]['levels'])}")
        write_best(best, BEST)


if __name__ == "__main__":
    main()
