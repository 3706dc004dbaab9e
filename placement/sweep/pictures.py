"""Pictures of a sweep as SVG, written by hand: the same rows make the same bytes."""

from __future__ import annotations

from collections.abc import Sequence

from placement.report.drawing import (
    BOTTOM,
    COLOURS,
    DASHES,
    HEIGHT,
    PALE,
    RIGHT,
    TOP,
    WIDTH,
    Axis,
    across,
    down,
    frame,
    opening,
    span,
    words,
)
from placement.report.text import brief

BAR, NAMES = 26, 190
GOOD, BAD, LINE = COLOURS[2], COLOURS[1], COLOURS[0]
COOL, WARM = (0x2B, 0x6C, 0xB0), (0xC0, 0x56, 0x21)


def tornado_picture(title: str, cost: str, bars: Sequence[tuple[str, str, str, float, float]], base: float | None) -> str:
    """A bar for each (name, word at the low end, word at the high end, low, high), and a line at the base."""
    height = TOP + BAR * len(bars) + BOTTOM
    parts = opening(title, WIDTH, height)
    x = Axis("", *span([value for bar in bars for value in bar[3:]] + ([] if base is None else [base])), form=brief)
    wide = WIDTH - NAMES - RIGHT

    def at(value: float) -> float:
        return NAMES + wide * x.at(value)

    for value in x.ticks():
        parts.append(f'<line x1="{at(value):.1f}" x2="{at(value):.1f}" y1="{TOP}" y2="{height - BOTTOM}" stroke="#ddd"/>')
        parts.append(words(at(value), height - BOTTOM + 14, brief(value)))
    for n, (name, first, last, low, high) in enumerate(bars):
        y = TOP + BAR * n + 4
        middle = min(max(base if base is not None else (low + high) / 2, low), high)
        for a, b, colour in ((low, middle, GOOD), (middle, high, BAD)):
            parts.append(f'<rect x="{at(a):.1f}" y="{y}" width="{at(b) - at(a):.1f}" height="{BAR - 8}" fill="{colour}"/>')
        parts.append(words(NAMES - 8, y + 13, f"{name}: {first} to {last}", "end"))
    if base is not None:
        parts.append(f'<line x1="{at(base):.1f}" x2="{at(base):.1f}" y1="{TOP}" y2="{height - BOTTOM}" stroke="#000"/>')
    parts.append(words(NAMES + wide / 2, height - 10, cost))
    return "\n".join([*parts, "</svg>"])


def curve_picture(
    title: str, cost: str, label: str, figures: Sequence[float], lines: Sequence[tuple[str, Sequence[float | None]]],
    band: tuple[Sequence[float | None], Sequence[float | None]],
) -> str:  # fmt: skip
    """Lines over the figures of a parameter and a band from the least to the most."""
    known = [value for values in (*band, *(values for _, values in lines)) for value in values if value is not None]
    x = Axis(label, *span(figures))
    y = Axis(cost, *span(known), form=brief)
    parts = opening(title, WIDTH, HEIGHT)
    parts += frame(x, y)
    edge = [(f, v) for f, v in zip(figures, band[0], strict=True) if v is not None]
    edge += [(f, v) for f, v in reversed(list(zip(figures, band[1], strict=True))) if v is not None]
    points = " ".join(f"{across(x, f):.1f},{down(y, v):.1f}" for f, v in edge)
    parts.append(f'<polygon points="{points}" fill="{PALE}"/>')
    for k, (name, values) in enumerate(lines):
        style = f'stroke="{COLOURS[k % 7]}" stroke-width="1.8" stroke-dasharray="{DASHES[k % 7]}"'
        line = [(across(x, f), down(y, v)) for f, v in zip(figures, values, strict=True) if v is not None]
        parts.append(f'<polyline fill="none" {style} points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in line)}"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{COLOURS[k % 7]}"/>' for a, b in line]
        parts.append(words(WIDTH - RIGHT - 4, TOP + 14 + 14 * k, name, "end", f' fill="{COLOURS[k % 7]}"'))
    return "\n".join([*parts, "</svg>"])


def heat_picture(
    title: str, cost: str, x: tuple[str, Sequence[str]], y: tuple[str, Sequence[str]], cells: Sequence[Sequence[float | None]]
) -> str:
    """A cell for each pair of settings, cheap blue and dear orange, with its figure."""
    known = [value for row in cells for value in row if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    wide, high_px = (WIDTH - NAMES - RIGHT) / len(x[1]), 34
    height = TOP + high_px * len(y[1]) + BOTTOM
    parts = opening(title, WIDTH, height)
    for r, (name, row) in enumerate(zip(y[1], cells, strict=True)):
        top = TOP + high_px * r
        parts.append(words(NAMES - 8, top + 21, f"{y[0]} {name}", "end"))
        for c, value in enumerate(row):
            left = NAMES + wide * c
            colour, ink, word = "#eee", "#111", "-"
            if value is not None:
                share = (value - low) / (high - low) if high > low else 0.0
                mixed = (round(a + (b - a) * share) for a, b in zip(COOL, WARM, strict=True))
                colour, ink, word = "#" + "".join(f"{part:02x}" for part in mixed), "#fff", brief(value)
            parts.append(f'<rect x="{left:.1f}" y="{top}" width="{wide - 1:.1f}" height="{high_px - 1}" fill="{colour}"/>')
            parts.append(words(left + wide / 2, top + 21, word, more=f' fill="{ink}"'))
    for c, name in enumerate(x[1]):
        parts.append(words(NAMES + wide * (c + 0.5), height - BOTTOM + 15, name))
    parts.append(words(NAMES + wide * len(x[1]) / 2, height - 10, f"{x[0]}; cells: mean of {cost}"))
    return "\n".join([*parts, "</svg>"])


def front_picture(title: str, x_label: str, y_label: str, points: Sequence[tuple[float, float]], front: Sequence[int]) -> str:
    """Cases as dots, those that none beats joined."""
    x, y = Axis(x_label, *span([a for a, _ in points]), form=brief), Axis(y_label, *span([b for _, b in points]), form=brief)
    parts = opening(title, WIDTH, HEIGHT) + frame(x, y)
    best = set(front)
    line = " ".join(f"{across(x, points[n][0]):.1f},{down(y, points[n][1]):.1f}" for n in front)
    parts.append(f'<polyline fill="none" stroke="{BAD}" points="{line}"/>')
    for n, (a, b) in enumerate(points):
        colour = BAD if n in best else LINE
        parts.append(f'<circle cx="{across(x, a):.1f}" cy="{down(y, b):.1f}" r="{4 if n in best else 3}" fill="{colour}"/>')
    return "\n".join([*parts, "</svg>"])
