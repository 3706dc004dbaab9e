"""Rows as a table of fixed width, one line each, and their medians by solver."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from benchmarks.rows import Row

HEADER = (
    f"{'family':10} {'seed':>4} {'solver':15} {'status':10} {'objective':>18} {'bound':>18} {'gap':>9} {'seconds':>8} "
    f"{'1st plan':>8} {'integral':>8} {'MB':>7} {'broken':>6}"
)


def figure(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def line(row: Row) -> str:
    """One case as a line of the table."""
    note = row.error or (row.facts or {}).get("refused")
    return (
        f"{row.family:10} {row.seed:>4} {row.solver:15} {row.status:10} "
        f"{figure(row.objective, ',.0f'):>18} {figure(row.bound, ',.0f'):>18} {figure(row.gap, '.4%'):>9} {row.seconds:>8.1f} "
        f"{figure(row.first_plan_seconds, '.1f'):>8} {figure(row.primal_integral, '.4f'):>8} "
        f"{figure(row.peak_mb, '.0f'):>7} {figure(row.violations, 'd'):>6}{'' if note is None else f'  {note}'}"
    )


def median(rows: Sequence[Row], of: Callable[[Row], float | None]) -> float | None:
    """Middle of what there is; None where there is nothing."""
    found = [value for value in map(of, rows) if value is not None]
    return statistics.median(found) if found else None


def summary(rows: Sequence[Row], gap: float) -> str:
    """One line for the rows of one solver: how many are proven and valid, and medians over seeds."""
    proven = sum(row.gap is not None and row.gap <= gap and not row.violations for row in rows)
    planned = sum(row.objective is not None and not row.violations for row in rows)
    ended = [row for row in rows if row.error is None]
    worst = max((row.gap for row in rows if row.gap is not None), default=None)
    longest = max((row.seconds for row in ended), default=None)
    return (
        f"{rows[0].family} {rows[0].solver}: {planned} of {len(rows)} with a valid plan, {proven} proven to {gap:.2%}; medians: "
        f"gap {figure(median(rows, lambda row: row.gap), '.3%')} (worst {figure(worst, '.3%')}), "
        f"{figure(median(ended, lambda row: row.seconds), '.1f')} s (longest {figure(longest, '.1f')}), "
        f"first plan {figure(median(rows, lambda row: row.first_plan_seconds), '.1f')} s, "
        f"integral {figure(median(rows, lambda row: row.primal_integral), '.4f')}, "
        f"{figure(median(rows, lambda row: row.peak_mb), '.0f')} MB"
    )


def summaries(rows: Sequence[Row], gap: float) -> list[str]:
    """A summary for each family and solver, in order of first appearance."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.family, row.solver), []).append(row)
    return [summary(mine, gap) for mine in groups.values()]
