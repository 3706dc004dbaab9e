"""Parts of pictures as SVG, written by hand: they need nothing from elsewhere, and the same figures make the same bytes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from placement.report.text import brief, clean

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Told apart with any colour vision (Okabe and Ito); lines differ in their dashes as well."""

PALE = "#cfe3f1"
"""Of areas beneath lines."""

DASHES = ("", "6 3", "2 2", "8 3 2 3", "10 4", "4 1", "1 3")

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 76, 24, 30, 44
"""Of a picture with a frame, and what lies around that, in pixels."""

Point = tuple[float, float]


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


def opening(title: str, width: int, height: int) -> list[str]:
    """The beginning of a picture, which ``</svg>`` ends."""
    text = escape(clean(title))
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        'font-family="sans-serif" font-size="11">',
        f"<title>{text}</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="12" y="18" font-size="13">{text}</text>',
    ]


def words(x: float, y: float, text: str, anchor: str = "middle", more: str = "") -> str:
    """A text whose ``anchor`` lies there; ``more`` is attributes of it."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(clean(text))}</text>'


def span(values: Sequence[float]) -> tuple[float, float]:
    """Ends of an axis a little beyond the values."""
    low, high = min(values), max(values)
    margin = 0.06 * (high - low) or max(1.0, 0.01 * abs(high))
    return low - margin, high + margin


def across(axis: Axis, value: float) -> float:
    """Pixels from the left."""
    return LEFT + (WIDTH - LEFT - RIGHT) * axis.at(value)


def down(axis: Axis, value: float) -> float:
    """Pixels from the top."""
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - axis.at(value))


def labels(ticks: Sequence[float]) -> list[str]:
    """What ticks are called: in short, with more than three digits only where some would be called alike."""
    named = ([brief(value, digits) for value in ticks] for digits in range(3, 18))
    return next(names for names in named if len(set(names)) == len(names))


def frame(x: Axis, y: Axis) -> list[str]:
    """Grid, ticks and labels."""
    parts = []
    for value, label in zip(x.ticks(), labels(x.ticks()), strict=True):
        at = across(x, value)
        parts.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        parts.append(words(at, HEIGHT - BOTTOM + 14, label))
    for value, label in zip(y.ticks(), labels(y.ticks()), strict=True):
        at = down(y, value)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>')
        parts.append(words(LEFT - 5, at + 4, label, "end"))
    parts.append(words(LEFT + (WIDTH - LEFT - RIGHT) / 2, HEIGHT - 8, x.label))
    middle = TOP + (HEIGHT - TOP - BOTTOM) / 2
    parts.append(f'<text transform="translate(14 {middle:.0f}) rotate(-90)" text-anchor="middle">{escape(clean(y.label))}</text>')
    return parts


def steps(points: Sequence[Point], place: Callable[[Point], tuple[str, str]], end: float) -> str:
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
