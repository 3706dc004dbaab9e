"""A comparison as one HTML page: what differs, every case, performance profiles of the solvers, and gaps over time.

Nothing is loaded from elsewhere and nothing is a script. Profiles are those of Dolan and More, "Benchmarking optimization software
with performance profiles", 2002: the share of problems that a solver closes within so many times the effort of the best one.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from placement.bench.case import Row
from placement.bench.charts import Line, chart
from placement.bench.compare import Comparison
from placement.bench.judge import VALUE_TOLERANCE
from placement.bench.table import TITLES, cells, figure, header, provenance, verdict
from placement.bench.traces import gap_between
from placement.report.drawing import Axis, Point
from placement.report.text import clean

LEAST_GAP = 1e-5
"""A gap below is drawn here, since the axis is logarithmic."""

LEAST_WORK = 0.01
"""Work, or seconds, below are as good as none."""

MOST_CHARTS = 400
"""Charts of gap over time, one for each problem; beyond, the page says how many it leaves out."""

Problem = tuple[str, str | None, int]
"""Instance, scenario and seed: what solvers are compared on."""

STYLE = """
:root { color-scheme: light; }
body { font: 14px/1.45 sans-serif; margin: 2em auto; max-width: 1180px; padding: 0 1em; color: #111; background: #fff; }
table { border-collapse: collapse; margin: .5em 0 1.5em; font-size: 13px; }
th, td { border-bottom: 1px solid #ddd; padding: .2em .7em .2em 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.bad { color: #a00; font-weight: bold; } .good { color: #060; font-weight: bold; }
.charts { display: flex; flex-wrap: wrap; gap: 1em; }
""".strip()


def page(comparison: Comparison) -> str:
    """The page."""
    result = comparison.result
    tone = "good" if comparison.passed else "bad"
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{_text(result.suite.name)}</title><style>{STYLE}</style></head><body>",
        f'<h1>{_text(result.suite.name)}</h1><p class="{tone}">{_text(verdict(comparison))}</p>',
        f"<p>Baseline: {_text(provenance(comparison.baseline))}<br>Result: {_text(provenance(result))}</p>",
    ]
    for kind, title in TITLES.items():
        found = comparison.of(kind)
        if found:
            parts.append(f"<h2>{title}</h2>{_table(header(kind), [cells(one) for one in found])}")
    profiles = [svg for svg in (effort_profile(result.rows), gap_profile(result.rows)) if svg]
    if profiles:
        parts.append(f'<h2>Solvers</h2><div class="charts">{"".join(profiles)}</div>')
    parts.append(f"<h2>Cases</h2>{_table(CASE_HEADER, [_case_cells(row) for row in result.rows])}")
    drawn = gap_charts(result.rows)
    if drawn:
        more = f"<p>{len(drawn) - MOST_CHARTS} more are left out.</p>" if len(drawn) > MOST_CHARTS else ""
        parts.append(f'<h2>Gap over time</h2><div class="charts">{"".join(drawn[:MOST_CHARTS])}</div>{more}')
    if comparison.baseline.history:
        told = [(one.date, one.reason, str(len(one.changed))) for one in reversed(comparison.baseline.history)]
        parts.append(f"<h2>History of the baseline</h2>{_table(('accepted', 'reason', 'figures changed'), told)}")
    return "\n".join([*parts, "</body></html>"]) + "\n"


CASE_HEADER = ("case", "status", "levels", "gap", "work", "primal integral", "seconds", "MB", "error")


def _case_cells(row: Row) -> tuple[str, ...]:
    quality, took = row.quality, row.information
    levels = ", ".join(f"{level.name} {figure(level.objective)}" for level in quality.levels)
    gap = _gap(row)
    return (
        row.case, quality.status, levels, "-" if gap is None else f"{gap:.4%}", figure(quality.work),
        figure(quality.primal_integral), figure(took.seconds), figure(took.peak_mb), row.error or "",
    )  # fmt: skip


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{_text(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(text: str) -> str:
    return escape(clean(text))


def _problems(rows: Sequence[Row]) -> dict[Problem, list[Row]]:
    found: dict[Problem, list[Row]] = {}
    for row in rows:
        found.setdefault((row.instance, row.scenario, row.seed), []).append(row)
    return found


def _gap(row: Row) -> float | None:
    """Gap of the first level that is not closed, 0 where all are; None without a plan and a bound for every level before it."""
    if row.error is not None or row.quality.violations or not row.quality.levels:
        return None
    for level in row.quality.levels:
        if level.gap is None or level.gap > VALUE_TOLERANCE:
            return level.gap
    return 0.0


def _closed(row: Row) -> bool:
    gap = _gap(row)
    return gap is not None and gap <= max(row.limits.gap, VALUE_TOLERANCE)


def _names(rows: Sequence[Row]) -> list[str]:
    return sorted({row.solver for row in rows})


def by_work(rows: Sequence[Row]) -> bool:
    """Whether effort is told by work, which repeats: where every case that is closed counts it."""
    return all(row.quality.work is not None and row.limits.deterministic for row in rows if _closed(row))


def _effort(row: Row, counted: bool) -> float | None:
    """Work or seconds; what took next to none took as much as the least that tells anything."""
    effort = row.quality.work if counted else row.information.seconds
    return None if effort is None else max(effort, LEAST_WORK)


def effort_ratios(rows: Sequence[Row]) -> dict[str, list[float]]:
    """For each solver, work or seconds over the least of any on each problem that it closes, ascending."""
    counted = by_work(rows)
    ratios: dict[str, list[float]] = {name: [] for name in _names(rows)}
    for members in _problems(rows).values():
        efforts = {row.solver: effort for row in members if _closed(row) and (effort := _effort(row, counted))}
        for solver, effort in efforts.items():
            ratios[solver].append(effort / min(efforts.values()))
    return {name: sorted(found) for name, found in ratios.items()}


def effort_profile(rows: Sequence[Row]) -> str:
    """Performance profile by work or seconds; empty where no problem is closed."""
    ratios, problems = effort_ratios(rows), len(_problems(rows))
    largest = max((found[-1] for found in ratios.values() if found), default=None)
    if largest is None:
        return ""
    lines = [Line(name, [(1.0, 0.0), *_shares(found, problems)]) for name, found in ratios.items()]
    x = Axis(f"{'work' if by_work(rows) else 'time'} over the least of any solver", 1.0, max(2.0, largest * 1.1), log=True)
    return chart(f"problems closed, of {problems}", lines, x, Axis("share of problems", 0.0, 1.0))


def gap_profile(rows: Sequence[Row]) -> str:
    """Share of problems on which each solver's gap is at most so large; empty where there is no gap at all."""
    problems = len(_problems(rows))
    gaps = {name: sorted(gap for row in rows if row.solver == name and (gap := _gap(row)) is not None) for name in _names(rows)}
    if not any(gaps.values()):
        return ""
    lines = [Line(name, [(LEAST_GAP, 0.0), *_shares(found, problems)]) for name, found in gaps.items()]
    return chart(
        f"gaps at the end, of {problems}", lines, Axis("gap", LEAST_GAP, 1.0, log=True, form=_per_cent),
        Axis("share of problems", 0.0, 1.0),
    )  # fmt: skip


def _shares(values: Sequence[float], total: int) -> list[Point]:
    return [(value, (k + 1) / total) for k, value in enumerate(values)]


def _per_cent(value: float) -> str:
    return f"{100 * value:g} %"


def gap_charts(rows: Sequence[Row]) -> list[str]:
    """For each problem and open level, the incumbents' gaps to the best bound any solver ended with, 100 % without a plan."""
    charts = []
    drawn: dict[tuple[Problem, str], list[Row]] = {}
    for problem, members in _problems(rows).items():
        for row in members:
            if row.error is None and row.information.trace and row.information.level is not None:
                drawn.setdefault((problem, row.information.level), []).append(row)
    for ((instance, scenario, seed), level), members in drawn.items():
        bounds = [row.information.bound for row in members if row.information.bound is not None]
        lines = [Line(row.solver, _gap_points(row, max(bounds))) for row in members if bounds]
        times = [point[0] for line in lines for point in line.points if point[0] > 0]
        if not times:
            continue
        low, high = min(times) / 1.5, max(times) * 1.1
        title = f"{clean(instance)}{'' if scenario is None else f' + {clean(scenario)}'}, seed {seed}: {clean(level)}"
        x = Axis("seconds", low, max(high, 2 * low), log=True, form="{:.2g}".format)
        charts.append(chart(title, lines, x, Axis("gap", LEAST_GAP, 1.0, log=True, form=_per_cent)))
    return charts


def _gap_points(row: Row, bound: float) -> list[Point]:
    points: list[Point] = [(0.0, 1.0)]
    for at, incumbent, _ in row.information.trace or ():
        if at is not None and incumbent is not None:
            points.append((at, min(1.0, gap_between(incumbent, bound) or 0.0)))
    return points
