"""Draw rows: gap over time for each family, and growth of time and memory with size.

    python -m benchmarks plot rows-m.json rows-l.json -o benchmarks/plots

Gaps are the incumbent's against the best bound of the case at its end (see
``placement.bench.traces.primal_integral``), 100 % before the first plan. Files are SVG with text as text, equal for equal rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.options import Target
from benchmarks.rows import Row, read_rows
from placement.bench.traces import gap_between
from placement.program import Floats

HOW_TO_INSTALL = "plots need matplotlib: pip install 'fleet-placement[bench]'"

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Told apart with any colour vision (Okabe and Ito); lines differ in their dashes as well."""

DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
MARKERS = "osD^vPX"

POINTS = 150
EARLIEST_S = 0.1
LEAST_GAP = 1e-5
"""A gap below is drawn here, since the axis is logarithmic."""

STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "fleet-placement",
    "font.size": 10,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
}


class Missing(click.ClickException):
    """matplotlib is not installed."""


def _pyplot() -> Any:
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise Missing(HOW_TO_INSTALL) from error
    mpl.use("svg")
    from matplotlib import pyplot

    return pyplot


def gaps_at(row: Row, seconds: Floats) -> Floats:
    """Gap of the incumbent against ``best_bound`` at each time, at most 1 and 1 where there is no plan, [n]."""
    events = [
        (event[0], min(1.0, gap_between(event[1], row.best_bound) or 0.0))
        for event in row.trace or []
        if event[0] is not None and event[1] is not None
    ]
    if row.best_bound is None:
        return np.ones(len(seconds))
    when = np.array([seconds for seconds, _ in events])
    gap = np.array([1.0] + [value for _, value in events])
    return np.asarray(gap[np.searchsorted(when, seconds, side="right")], dtype=np.float64)


def grouped(rows: Sequence[Row], key: Callable[[Row], str]) -> dict[str, list[Row]]:
    """Rows by key, in order of first appearance."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def slope(size: Floats, figure: Floats) -> float | None:
    """Exponent b of the least-squares fit figure = a size^b; None where sizes do not differ."""
    if len(np.unique(size)) < 2:
        return None
    return float(np.polyfit(np.log(size), np.log(figure), 1)[0])


def _styles(names: Sequence[str]) -> dict[str, tuple[str, Any, str]]:
    return {name: (COLOURS[k % 7], DASHES[k % 7], MARKERS[k % 7]) for k, name in enumerate(names)}


def plot_gap(family: str, rows: Sequence[Row], path: Path) -> None:
    """One line for each solver: the median over seeds, with the range from the best to the worst seed shaded."""
    plt = _pyplot()
    solvers = grouped(rows, lambda row: row.solver)
    horizon = max(row.time_limit_s or row.seconds for row in rows)
    seconds = np.geomspace(min(EARLIEST_S, horizon / 10), horizon, POINTS)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(6.4, 4.0))
        for name, (colour, dash, _) in _styles(list(solvers)).items():
            gaps = 100 * np.maximum(LEAST_GAP, np.array([gaps_at(row, seconds) for row in solvers[name]]))
            middle = np.median(gaps, axis=0)
            axes.plot(seconds, middle, color=colour, linestyle=dash, label=name, drawstyle="steps-post")
            axes.fill_between(seconds, gaps.min(axis=0), gaps.max(axis=0), color=colour, alpha=0.15, linewidth=0, step="post")
        seeds = len({row.seed for row in rows})
        axes.set(xscale="log", yscale="log", xlabel="time (s)", ylabel="gap to the best bound (%)", ylim=(None, 130.0))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.set_title(f"{family}: gap over time, median and range of {seeds} seed{'s' if seeds > 1 else ''}")
        axes.legend(frameon=False)
        _save(plt, figure, path)


def _both_found(row: Row) -> float | None:
    if row.first_plan_seconds is None or row.first_bound_seconds is None:
        return None
    return max(row.first_plan_seconds, row.first_bound_seconds)


GROWTH: tuple[tuple[str, str, Callable[[Row], float | None]], ...] = (
    ("Formulation", "seconds", lambda row: row.seconds_formulate),
    ("First plan with a bound", "seconds", _both_found),
    ("Peak memory, whole process tree", "MB", lambda row: row.peak_mb),
)
"""Panels: title, unit of the axis, and figure of a row. The whole time is left out: it is the limit."""


def plot_growth(rows: Sequence[Row], path: Path) -> None:
    """Formulation, first plan with a bound, and memory against pairs x blocks, medians over seeds, with their slopes."""
    plt = _pyplot()
    solvers = grouped([row for row in rows if row.error is None and row.pair_blocks], lambda row: row.solver)
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(1, len(GROWTH), figsize=(10.5, 3.8))
        for axes, (title, unit, of) in zip(panels, GROWTH, strict=True):
            for name, (colour, dash, marker) in _styles(list(solvers)).items():
                points = []
                for family, members in grouped(solvers[name], lambda row: row.family).items():
                    found = [(row.pair_blocks, of(row)) for row in members if of(row)]
                    if found:
                        points.append((*np.median(np.array(found, dtype=np.float64), axis=0), family))
                if not points:
                    continue
                points.sort()
                size, value = (np.array([point[k] for point in points]) for k in (0, 1))
                exponent = slope(size, value)
                label = name if exponent is None else f"{name}, slope {exponent:.2f}"
                axes.plot(size, value, color=colour, linestyle=dash, marker=marker, markersize=5, label=label)
                for x, y, family in points:
                    axes.annotate(family, (x, y), textcoords="offset points", xytext=(4, -10), fontsize=8)
            axes.set(xscale="log", yscale="log", xlabel="eligible pairs x blocks", ylabel=f"{unit} (median over seeds)")
            axes.set_title(title, fontsize=10)
            axes.margins(0.15)
            if axes.has_data():
                axes.legend(frameon=False, fontsize=8)
        _save(plt, figure, path)


def _save(plt: Any, figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-o", "--out", type=Target(folder=True), required=True, help="Folder for the SVG files.")
def main(*, files: tuple[Path, ...], out: Path) -> None:
    """Draw gap over time for each family, and growth where there is more than one size."""
    try:
        rows = read_rows(files)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    drawn = []
    for family, mine in grouped([row for row in rows if row.trace], lambda row: row.family).items():
        drawn.append(out / f"gap-{family}.svg")
        plot_gap(family, mine, drawn[-1])
    if len({row.pair_blocks for row in rows if row.pair_blocks}) > 1 and len({row.family for row in rows}) > 1:
        drawn.append(out / "growth.svg")
        plot_growth(rows, drawn[-1])
    for path in drawn:
        click.echo(f"{path} ({path.stat().st_size / 1024:.0f} kB)")
    if not drawn:
        raise click.ClickException("no row has a trace to draw")
