"""The trade-off between two levels as a table, as CSV, as a picture and as plain data."""

from __future__ import annotations

from typing import Any

from placement.explain.tradeoff import Tradeoff
from placement.report.data import number
from placement.report.drawing import (
    BOTTOM,
    COLOURS,
    HEIGHT,
    LEFT,
    PALE,
    RIGHT,
    TOP,
    WIDTH,
    Axis,
    Point,
    across,
    down,
    frame,
    opening,
    span,
    steps,
    words,
)
from placement.report.text import brief, elided, percent, section, table

MOST_LETTERS = 40
"""Of a name in a picture; of a longer one its beginning and its end."""


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


def tradeoff_picture(curve: Tradeoff, name: str, units: tuple[str, str]) -> str:
    """An SVG of what is proven, of the instance called ``name``.

    Plans are points, at what they are worth. Joined in steps: whoever may have more of the first level may keep the plan. Beneath,
    shaded, lies what no plan can be worth: the bound at a value of the first level holds at all lower ones. What the curve is in
    between is not known.
    """
    first, second = (elided(level, MOST_LETTERS) for level in curve.levels)
    parts = opening(f"{elided(name, MOST_LETTERS)}: {second} against {first}", WIDTH, HEIGHT)
    plans = sorted((p.first, p.second) for p in curve.points if p.first is not None and p.second is not None)
    bounds = [(p.most, p.bound) for p in curve.points if p.bound is not None]
    if not plans:
        return "\n".join([*parts, words(WIDTH / 2, HEIGHT / 2, "no plan was found, so there is nothing to trade"), "</svg>"])
    known = plans + bounds
    x = Axis(f"{first} at most, {units[0]}", *span([a for a, _ in known]), form=brief)
    y = Axis(f"{second}, {units[1]}", *span([b for _, b in known]), form=brief)

    def place(point: Point) -> tuple[str, str]:
        return f"{across(x, point[0]):.1f}", f"{down(y, point[1]):.1f}"

    if bounds:
        ceiling = [f"H{place((most, 0.0))[0]}" for most, _ in bounds]
        for n, (_, bound) in enumerate(bounds):
            ceiling[n] = f"V{place((0.0, bound))[1]}{ceiling[n]}"
        parts.append(f'<path fill="{PALE}" d="M{LEFT} {HEIGHT - BOTTOM}{"".join(ceiling)}V{HEIGHT - BOTTOM}Z"/>')
    parts += frame(x, y)
    best = [plans[0]]
    for plan in plans[1:]:
        if plan[1] < best[-1][1]:
            best.append(plan)
    parts.append(f'<path fill="none" stroke="{COLOURS[0]}" stroke-width="1.8" d="{steps(best, place, x.high)}"/>')
    for point in plans:
        left, top = place(point)
        parts.append(f'<circle cx="{left}" cy="{top}" r="3" fill="{COLOURS[0]}"/>')
    parts.append(words(WIDTH - RIGHT - 4, TOP + 14, "plans, and what they prove possible", "end", f' fill="{COLOURS[0]}"'))
    if bounds:
        parts.append(words(WIDTH - RIGHT - 4, TOP + 28, "shaded: proven impossible", "end", ' fill="#557"'))
    return "\n".join([*parts, "</svg>"])


def tradeoff_data(curve: Tradeoff) -> dict[str, Any]:
    """What is not known is null."""
    points = [
        {"most": p.most, "first": number(p.first), "second": number(p.second), "bound": number(p.bound), "gap": number(p.gap)}
        for p in curve.points
    ]
    return {"levels": list(curve.levels), "monotone": curve.monotone, "points": points}


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:,.6g}"
