"""The trade-off between two levels as a table, as CSV and as plain data."""

from __future__ import annotations

from typing import Any

from placement.explain.tradeoff import Tradeoff
from placement.report.data import number
from placement.report.text import percent, section, table


def tradeoff_table(curve: Tradeoff) -> str:
    """Points by rising value of the first level."""
    if not curve.points:
        return "no plan was found, so there is nothing to trade\n"
    first, second = curve.levels
    rows = [(_shown(p.most), _shown(p.first), _shown(p.second), _shown(p.bound), percent(p.gap, 3)) for p in curve.points]
    note = "" if curve.monotone else f"\n{second} rises somewhere where {first} may be worth more: give the solves more time\n"
    title = f"What of {second} more of {first} is worth"
    return section(title, table((f"{first} at most", first, second, f"bound of {second}", "gap"), rows)) + note


def tradeoff_csv(curve: Tradeoff) -> str:
    """One line for each point; what is not known is empty."""
    lines = ["most,first,second,second_bound,gap"]
    for p in curve.points:
        lines.append(",".join("" if value is None else repr(float(value)) for value in (p.most, p.first, p.second, p.bound, p.gap)))
    return "\n".join(lines) + "\n"


def tradeoff_data(curve: Tradeoff) -> dict[str, Any]:
    """What is not known is null."""
    points = [
        {"most": p.most, "first": number(p.first), "second": number(p.second), "bound": number(p.bound), "gap": number(p.gap)}
        for p in curve.points
    ]
    return {"levels": list(curve.levels), "monotone": curve.monotone, "points": points}


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:,.6g}"
