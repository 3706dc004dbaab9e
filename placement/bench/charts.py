"""Line charts as SVG, written by hand: the page needs nothing from elsewhere, and the same figures make the same bytes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Told apart with any colour vision (Okabe and Ito); lines differ in their dashes as well."""

DASHES = ("", "6 3", "2 2", "8 3 2 3", "10 4", "4 1", "1 3")

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 76, 150, 26, 42

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A named line that keeps each value until the next point."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Axis:
    """``low`` < ``high``; both above 0 where the axis is logarithmic."""

    label: str
    low: float
    high: float
    log: bool = False
    form: Callable[[float], str] = "{:g}".format

    def at(self, value: float) -> float:
        """Where a value lies between the ends, 0 to 1; what lies outside lies at the end."""
        value = min(max(value, self.low), self.high)
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Round values to mark."""
        if self.log:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            digits = (1, 2, 5) if self.high < 1000 * self.low else (1,)
            found = [digit * 10.0**k for k in range(first, last + 1) for digit in digits]
            return [value for value in found if self.low * (1 - 1e-9) <= value <= self.high * (1 + 1e-9)]
        step = 10 ** math.floor(math.log10(self.high - self.low))
        step *= next(share for share in (0.1, 0.2, 0.5, 1.0) if (self.high - self.low) / (step * share) <= 10)
        first = math.ceil(self.low / step - 1e-9)
        return [k * step for k in range(first, math.floor(self.high / step + 1e-9) + 1)]


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
        parts.append(f'<path fill="none" {style} d="{_steps(line.points, place, x.high)}"/>')
        row = TOP + 8 + 15 * k
        parts.append(f'<line x1="{WIDTH - RIGHT + 8}" x2="{WIDTH - RIGHT + 32}" y1="{row}" y2="{row}" {style}/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 37}" y="{row}" dy="4">{escape(line.name)}</text>')
    return "\n".join([*parts, "</svg>"])


def _steps(points: Sequence[Point], place: Callable[[Point], tuple[str, str]], end: float) -> str:
    """Path data: each value holds until the next point, the last one to the end of the axis."""
    if not points:
        return ""
    horizontal, vertical = place(points[0])
    path = f"M{horizontal} {vertical}"
    for point in points[1:]:
        horizontal, vertical = place(point)
        path += f"H{horizontal}V{vertical}"
    horizontal, _ = place((end, points[-1][1]))
    return f"{path}H{horizontal}"
