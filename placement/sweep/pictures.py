"""Pictures of a sweep as SVG, written by hand: the same rows make the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from placement.bench.charts import COLOURS, DASHES, Axis
from placement.report.text import brief, clean

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 76, 24, 30, 44
BAR, NAMES = 26, 190
GOOD, BAD, LINE, PALE = COLOURS[2], COLOURS[1], COLOURS[0], "#cfe3f1"
COOL, WARM = (0x2B, 0x6C, 0xB0), (0xC0, 0x56, 0x21)


def _open(title: str, width: int, height: int) -> list[str]:
    text = escape(clean(title))
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        'font-family="sans-serif" font-size="11">',
        f"<title>{text}</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="12" y="18" font-size="13">{text}</text>',
    ]


def _text(x: float, y: float, text: str, anchor: str = "middle", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(clean(text))}</text>'


def _span(values: Sequence[float]) -> tuple[float, float]:
    """Ends of an axis a little beyond the values."""
    low, high = min(values), max(values)
    margin = 0.06 * (high - low) or max(1.0, 0.01 * abs(high))
    return low - margin, high + margin


def tornado_picture(title: str, bars: Sequence[tuple[str, str, str, float, float]], base: float | None) -> str:
    """A bar for each (name, word at the low end, word at the high end, low, high), and a line at the base."""
    height = TOP + BAR * len(bars) + BOTTOM
    parts = _open(title, WIDTH, height)
    x = Axis("", *_span([value for bar in bars for value in bar[3:]] + ([] if base is None else [base])), form=brief)
    wide = WIDTH - NAMES - RIGHT

    def at(value: float) -> float:
        return NAMES + wide * x.at(value)

    for value in x.ticks():
        parts.append(f'<line x1="{at(value):.1f}" x2="{at(value):.1f}" y1="{TOP}" y2="{height - BOTTOM}" stroke="#ddd"/>')
        parts.append(_text(at(value), height - BOTTOM + 14, brief(value)))
    for n, (name, first, last, low, high) in enumerate(bars):
        y = TOP + BAR * n + 4
        middle = min(max(base if base is not None else (low + high) / 2, low), high)
        for a, b, colour in ((low, middle, GOOD), (middle, high, BAD)):
            parts.append(f'<rect x="{at(a):.1f}" y="{y}" width="{at(b) - at(a):.1f}" height="{BAR - 8}" fill="{colour}"/>')
        parts.append(_text(NAMES - 8, y + 13, f"{name}: {first} to {last}", "end"))
    if base is not None:
        parts.append(f'<line x1="{at(base):.1f}" x2="{at(base):.1f}" y1="{TOP}" y2="{height - BOTTOM}" stroke="#000"/>')
    parts.append(_text(NAMES + wide / 2, height - 10, "net cost, USD"))
    return "\n".join([*parts, "</svg>"])


def curve_picture(
    title: str, label: str, figures: Sequence[float], lines: Sequence[tuple[str, Sequence[float | None]]],
    band: tuple[Sequence[float | None], Sequence[float | None]],
) -> str:  # fmt: skip
    """Lines over the figures of a parameter and a band from the least to the most."""
    known = [value for values in (*band, *(values for _, values in lines)) for value in values if value is not None]
    x = Axis(label, *_span(figures))
    y = Axis("net cost, USD", *_span(known), form=brief)
    parts = _open(title, WIDTH, HEIGHT)
    parts += _frame(x, y)
    edge = [(f, v) for f, v in zip(figures, band[0], strict=True) if v is not None]
    edge += [(f, v) for f, v in reversed(list(zip(figures, band[1], strict=True))) if v is not None]
    points = " ".join(f"{_x(x, f):.1f},{_y(y, v):.1f}" for f, v in edge)
    parts.append(f'<polygon points="{points}" fill="{PALE}"/>')
    for k, (name, values) in enumerate(lines):
        style = f'stroke="{COLOURS[k % 7]}" stroke-width="1.8" stroke-dasharray="{DASHES[k % 7]}"'
        line = [(_x(x, f), _y(y, v)) for f, v in zip(figures, values, strict=True) if v is not None]
        parts.append(f'<polyline fill="none" {style} points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in line)}"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{COLOURS[k % 7]}"/>' for a, b in line]
        parts.append(_text(WIDTH - RIGHT - 4, TOP + 14 + 14 * k, name, "end", f' fill="{COLOURS[k % 7]}"'))
    return "\n".join([*parts, "</svg>"])


def heat_picture(
    title: str, x: tuple[str, Sequence[str]], y: tuple[str, Sequence[str]], cells: Sequence[Sequence[float | None]]
) -> str:
    """A cell for each pair of settings, cheap blue and dear orange, with its figure."""
    known = [value for row in cells for value in row if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    wide, high_px = (WIDTH - NAMES - RIGHT) / len(x[1]), 34
    height = TOP + high_px * len(y[1]) + BOTTOM
    parts = _open(title, WIDTH, height)
    for r, (name, row) in enumerate(zip(y[1], cells, strict=True)):
        top = TOP + high_px * r
        parts.append(_text(NAMES - 8, top + 21, f"{y[0]} {name}", "end"))
        for c, value in enumerate(row):
            left = NAMES + wide * c
            colour, ink, word = "#eee", "#111", "-"
            if value is not None:
                share = (value - low) / (high - low) if high > low else 0.0
                mixed = (round(a + (b - a) * share) for a, b in zip(COOL, WARM, strict=True))
                colour, ink, word = "#" + "".join(f"{part:02x}" for part in mixed), "#fff", brief(value)
            parts.append(f'<rect x="{left:.1f}" y="{top}" width="{wide - 1:.1f}" height="{high_px - 1}" fill="{colour}"/>')
            parts.append(_text(left + wide / 2, top + 21, word, more=f' fill="{ink}"'))
    for c, name in enumerate(x[1]):
        parts.append(_text(NAMES + wide * (c + 0.5), height - BOTTOM + 15, name))
    parts.append(_text(NAMES + wide * len(x[1]) / 2, height - 10, f"{x[0]}; cells: mean net cost, USD"))
    return "\n".join([*parts, "</svg>"])


def front_picture(title: str, x_label: str, y_label: str, points: Sequence[tuple[float, float]], front: Sequence[int]) -> str:
    """Cases as dots, those that none beats joined."""
    x, y = Axis(x_label, *_span([a for a, _ in points]), form=brief), Axis(y_label, *_span([b for _, b in points]), form=brief)
    parts = _open(title, WIDTH, HEIGHT) + _frame(x, y)
    best = set(front)
    line = " ".join(f"{_x(x, points[n][0]):.1f},{_y(y, points[n][1]):.1f}" for n in front)
    parts.append(f'<polyline fill="none" stroke="{BAD}" points="{line}"/>')
    for n, (a, b) in enumerate(points):
        colour = BAD if n in best else LINE
        parts.append(f'<circle cx="{_x(x, a):.1f}" cy="{_y(y, b):.1f}" r="{4 if n in best else 3}" fill="{colour}"/>')
    return "\n".join([*parts, "</svg>"])


def _x(axis: Axis, value: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * axis.at(value)


def _y(axis: Axis, value: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - axis.at(value))


def _frame(x: Axis, y: Axis) -> list[str]:
    """Grid, ticks and labels."""
    parts = []
    for value in x.ticks():
        at = _x(x, value)
        parts.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        parts.append(_text(at, HEIGHT - BOTTOM + 14, brief(value)))
    for value in y.ticks():
        at = _y(y, value)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 5, at + 4, brief(value), "end"))
    parts.append(_text(LEFT + (WIDTH - LEFT - RIGHT) / 2, HEIGHT - 8, x.label))
    middle = TOP + (HEIGHT - TOP - BOTTOM) / 2
    parts.append(f'<text transform="translate(14 {middle:.0f}) rotate(-90)" text-anchor="middle">{escape(clean(y.label))}</text>')
    return parts
