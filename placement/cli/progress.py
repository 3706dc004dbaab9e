"""How a running solve is shown: live on a terminal, one line per event elsewhere, or one JSON object per line."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

import click

from placement.report.text import percent

if TYPE_CHECKING:
    from solvers.solver import Progress

LogFormat = Literal["text", "json", "none"]
OnProgress = Callable[["Progress"], None]


@contextmanager
def reporter(log_format: LogFormat) -> Iterator[OnProgress]:
    """A function that shows events on stderr until the context ends."""
    if log_format == "none":
        yield lambda event: None
    elif log_format == "json":
        yield lambda event: click.echo(json.dumps({"event": "progress", **_finite(asdict(event))}), err=True)
    elif sys.stderr.isatty():
        with _live() as show:
            yield show
    else:
        yield _changes(lambda event: click.echo(_line(event), err=True))


@contextmanager
def _live() -> Iterator[OnProgress]:
    """One line that keeps moving; what a level reached stays above it when the next one begins."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    began = time.monotonic()
    last: list[Progress] = []

    def now() -> Text:
        said = _said(last[0]) if last else "solving"
        return Text(f"{time.monotonic() - began:8.1f} s  {said}", no_wrap=True, overflow="ellipsis")

    console = Console(stderr=True, highlight=False)
    with Live(get_renderable=now, console=console, transient=True, refresh_per_second=4) as live:

        def show(event: Progress) -> None:
            if last and last[0].level != event.level:
                live.console.print(now())
            last[:] = [event]

        yield show
        if last:
            live.console.print(now())


def _changes(show: OnProgress) -> OnProgress:
    """Shows an event only if it says something new."""
    last: list[tuple[object, ...]] = [()]

    def when_new(event: Progress) -> None:
        said = (event.level, _money(event.incumbent), _money(event.bound), percent(event.gap, 3))
        if said != last[0]:
            last[0] = said
            show(event)

    return when_new


def _line(event: Progress) -> str:
    return f"{event.seconds:8.1f} s  {_said(event)}"


def _said(event: Progress) -> str:
    return (
        f"{event.level:<9}  plan {_money(event.incumbent)}  bound {_money(event.bound)}  gap {percent(event.gap, 3)}"
        f"  {event.solver} {event.phase}".rstrip()
    )


def _money(value: float | None) -> str:
    return "-" if value is None or not math.isfinite(value) else f"{value:,.0f} USD"


def _finite(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in fields.items()}
