"""``placement sweep flip``: the cases of one decision after another, each kept as a small sweep of its own."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from pathlib import Path

from placement.cli.sweeping import run_sweep, sweep_cases
from placement.sweep.answers import answers
from placement.sweep.document import LoadedSweep, Sweep, read_sweep
from placement.sweep.expand import Settings, word
from placement.sweep.flip import FlipPoint, bisect, bisectable, decided, probe


def find_flip(
    source: Path, folder: Path, name: str, between: tuple[float, float] | None, fixed: Sequence[str], steps: int,
    jobs: int | None, stop: threading.Event,
) -> FlipPoint:  # fmt: skip
    """The interval in which the decision flips. Raises InputErrors, ValueError, and InterruptedError once ``stop`` is set."""
    loaded = read_sweep(source)
    parameter = bisectable(loaded.sweep, name)
    values = [float(value) for value in parameter.values or () if isinstance(value, int | float) and not isinstance(value, bool)]
    if between is None and len(values) < 2:
        raise ValueError(f"{name} has fewer than two figures: say --between LOW HIGH")
    low, high = between or (min(values), max(values))
    if not (math.isfinite(low) and math.isfinite(high)) or low >= high:
        raise ValueError(f"--between {low:g} {high:g}: write LOW HIGH, two figures of which the second is higher")
    at = _fixed(loaded.sweep, fixed)
    whole = all(isinstance(value, int) for value in parameter.values or ())

    def decide(value: float) -> str:
        figure = int(value) if whole and value == int(value) else value
        asked = probe(loaded.sweep, name, figure, at)
        cases = sweep_cases(LoadedSweep(asked, loaded.path, loaded.tree))
        place = folder / f"{name}={figure:.10g}-{cases.cases[0].digest[:8]}"
        place.mkdir(parents=True, exist_ok=True)
        store = run_sweep(cases, place, jobs=jobs, stop=stop)
        if stop.is_set():
            raise InterruptedError
        return decided(answers(store))

    return bisect(decide, low, high, steps=steps, whole=whole)


def _fixed(sweep: Sweep, stated: Sequence[str]) -> Settings:
    """Settings by parameter, as the sweep itself writes them. Raises ValueError."""
    known = {parameter.id: {word(setting): setting for setting in parameter.settings} for parameter in sweep.parameters}
    found: Settings = {}
    for text in stated:
        name, _, setting = text.partition("=")
        if setting not in known.get(name, {}):
            raise ValueError(f"--at {text}: write NAME=SETTING with a setting that the sweep states")
        found[name] = known[name][setting]
    return found
