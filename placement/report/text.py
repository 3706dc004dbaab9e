"""Plain text for terminals: aligned tables, figures with units, and labels that cannot move the cursor."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def clean(text: object) -> str:
    """Text without control, format and other invisible characters: labels come from files and end up on terminals."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))


def elided(text: str, most: int) -> str:
    """A text of at most ``most`` characters: of a longer one, its beginning and its end."""
    if len(text) <= most:
        return text
    head = most // 2
    return f"{text[:head]}\N{HORIZONTAL ELLIPSIS}{text[len(text) - (most - head - 1) :]}"


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, left: int = 1) -> str:
    """Columns side by side, the first ``left`` aligned to the left and the others, figures, to the right."""
    lines = [tuple(header), *(tuple(clean(cell) for cell in row) for row in rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(header))]

    def aligned(line: tuple[str, ...]) -> str:
        cells = (cell.ljust(w) if k < left else cell.rjust(w) for k, (cell, w) in enumerate(zip(line, widths, strict=True)))
        return "  ".join(cells).rstrip()

    return "\n".join(f"  {aligned(line)}" for line in lines)


def section(title: str, body: str) -> str:
    """A titled part of a report; nothing at all where there is nothing to say."""
    return f"{title}\n{body}\n" if body else ""


def lines(texts: Sequence[str]) -> str:
    """Sentences, one to a line."""
    return "\n".join(f"  {clean(text)}" for text in texts)


def count(value: float) -> str:
    """A quantity to the whole number, thousands apart; never a negative zero."""
    return f"{round(value) + 0:,}" if math.isfinite(value) else "-"


def brief(value: float, digits: int = 3) -> str:
    """A quantity to three digits, or so many, with k, M, G or T."""
    if not math.isfinite(value):
        return "-"
    for scale, suffix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.9995 * scale:
            return f"{value / scale:.{digits}g}{suffix}"
    return f"{value:.{digits}g}"


def percent(share: float | None, digits: int = 1) -> str:
    """A share as per cent; a dash where there is nothing to share."""
    return "-" if share is None or not math.isfinite(share) else f"{100 * share:.{digits}f} %"


def plural(number: int, noun: str) -> str:
    """A number with its noun: 1 pool, 2 pools."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def shortened(rows: Sequence[Sequence[object]], most: int, what: str) -> tuple[list[Sequence[object]], str]:
    """The first rows and, where some were left out, a line that says how many."""
    left_out = len(rows) - most
    return list(rows[:most]), f"\n  ... and {left_out:,} more {what}" if left_out > 0 else ""
