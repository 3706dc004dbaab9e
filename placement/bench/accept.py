"""Accepting a result: it becomes the baseline, with the reason and what changed added to the baseline's history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from placement.bench.case import Row
from placement.bench.results import Accepted, Changed, Document

MOST_SHOWN = 5


class Unsound(ValueError):
    """The result is none to be measured against; the message says why."""


def accept(result: Document, baseline: Document | None, reason: str, *, unsound: bool = False) -> Document:
    """The new baseline. Raises ``Unsound`` for what is not complete or of another suite; unless told otherwise, for errors too."""
    if not reason.strip():
        raise Unsound("a baseline wants a reason: say why these figures are right")
    if any("\ud800" <= letter <= "\udfff" for letter in reason):
        raise Unsound("the reason is no text that a file can hold: write it in UTF-8")
    if not result.rows:
        raise Unsound("it has no cases: a baseline of nothing would let everything through")
    if not result.complete:
        raise Unsound("the run was interrupted and lacks cases: run the whole suite")
    if baseline is not None and baseline.suite.name != result.suite.name:
        raise Unsound(f"it is of the suite {result.suite.name} and the baseline of {baseline.suite.name}: name the right one")
    wrong = [row.case for row in result.rows if row.error is not None or row.quality.violations]
    if wrong and not unsound:
        more = f" and {len(wrong) - MOST_SHOWN} more" if len(wrong) > MOST_SHOWN else ""
        raise Unsound(f"{', '.join(wrong[:MOST_SHOWN])}{more} ended in errors or with plans that break laws")
    rows = tuple(replace(row, information=replace(row.information, trace=None)) for row in result.rows)
    changed = () if baseline is None else tuple(_changes(baseline, result))
    entry = Accepted(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        reason=reason.strip(),
        suite_digest=result.suite.digest,
        versions=result.versions,
        changed=changed,
    )
    return replace(result, rows=rows, history=(*(baseline.history if baseline is not None else ()), entry))


def _changes(baseline: Document, result: Document) -> Iterator[Changed]:
    """Every figure that differs, however little; a case that came or went is one line."""
    before, after = baseline.by_case, result.by_case
    for name in {**before, **after}:
        if name not in before or name not in after:
            yield Changed(name, "case", "there" if name in before else None, "there" if name in after else None)
            continue
        old, new = _figures(before[name]), _figures(after[name])
        for metric in {**old, **new}:
            if old.get(metric) != new.get(metric):
                yield Changed(name, metric, old.get(metric), new.get(metric))


def _figures(row: Row) -> dict[str, Any]:
    quality = row.quality
    figures: dict[str, Any] = {"instance": row.digest, "error": row.error, "status": quality.status}
    for level in quality.levels:
        figures |= {f"{level.name} objective": level.objective, f"{level.name} bound": level.bound}
    figures |= {"violations": quality.violations, "work": quality.work, "primal integral": quality.primal_integral}
    return figures | {f"{name} of the Program": size for name, size in quality.sizes.items()}
