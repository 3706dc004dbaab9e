"""Line charts with a legend, for pages of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from placement.report.drawing import COLOURS, DASHES, Axis, Point, steps

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 76, 150, 26, 42


@dataclass(frozen=True)
class Line:
    """A named line that keeps each value until the next point."""

    name: str
    points: Sequence[Point]


def chart(title: str, lines: Sequence[Line], x: Axis, y: Axis) -> str:
    """An SVG element with a line for each entry, in steps, and a legend."""
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(point: Point) -> tuple[str, str]:
        return f"{LEFT + wide * x.at(point[0]):.1f}", f"{TOP + high * (1 - y.at(point[1])):.1f}"

    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" font-family="sans-serif" font-size="11">',
        f"<title>{escape(title)}</title>",
        f'<text x="{LEFT}" y="16" font-size="13">{escape(title)}</text>',
    ]
    for value in x.ticks():
        at, _ = place((value, y.low))
        parts.append(f'<line x1="{at}" x2="{at}" y1="{TOP}" y2="{TOP + high}" stroke="#ddd"/>')
        parts.append(f'<text x="{at}" y="{TOP + high + 15}" text-anchor="middle">{escape(x.form(value))}</text>')
    for value in y.ticks():
        _, at = place((x.low, value))
        parts.append(f'<line x1="{LEFT}" x2="{LEFT + wide}" y1="{at}" y2="{at}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{at}" dy="4" text-anchor="end">{escape(y.form(value))}</text>')
    parts.append(f'<text x="{LEFT + wide / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x.label)}</text>')
    middle = TOP + high / 2
    parts.append(f'<text transform="translate(14 {middle:.0f}) rotate(-90)" text-anchor="middle">{escape(y.label)}</text>')
    for k, line in enumerate(lines):
        style = f'stroke="{COLOURS[k % 7]}" stroke-width="1.8" stroke-dasharray="{DASHES[k % 7]}"'
        parts.append(f'<path fill="none" {style} d="{steps(line.points, place, x.high)}"/>')
        row = TOP + 8 + 15 * k
        parts.append(f'<line x1="{WIDTH - RIGHT + 8}" x2="{WIDTH - RIGHT + 32}" y1="{row}" y2="{row}" {style}/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 37}" y="{row}" dy="4">{escape(line.name)}</text>')
    return "\n".join([*parts, "</svg>"])
