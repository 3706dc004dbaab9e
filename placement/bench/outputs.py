"""A comparison for the tools around a CI: JUnit XML, Markdown for a step summary, and the JSON of github-action-benchmark."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as Xml

from placement.bench.case import Row
from placement.bench.compare import Comparison, Finding, Kind
from placement.bench.table import TITLES, cells, figure, header, provenance, verdict
from placement.report.text import clean, plural

MOST_ROWS = 200
"""Rows of one table of a step summary, which GitHub cuts at 1 MiB; the rest is counted."""

MOST_BYTES = 1_000_000


def junit_xml(comparison: Comparison) -> str:
    """One test case for each case, failed where it has a regression; notes and improvements are its output."""
    by_case: dict[str, list[Finding]] = {name: [] for name in comparison.result.by_case}
    for finding in comparison.findings:
        by_case.setdefault(finding.case, []).append(finding)
    rows = comparison.result.by_case
    failures = {finding.case for finding in comparison.of(Kind.REGRESSION)}
    suite = comparison.result.suite.name
    counts = {"tests": str(len(by_case)), "failures": str(len(failures)), "errors": "0"}
    root = Xml.Element("testsuites", counts)
    inner = Xml.SubElement(root, "testsuite", {"name": _xml(suite), **counts, "timestamp": _xml(comparison.result.created)})
    facts = Xml.SubElement(inner, "properties")
    for name, value in (("baseline", provenance(comparison.baseline)), ("result", provenance(comparison.result))):
        Xml.SubElement(facts, "property", {"name": name, "value": _xml(value)})
    for name, findings in by_case.items():
        seconds = rows[name].information.seconds if name in rows else None
        attributes = {"classname": _xml(suite), "name": _xml(name)} | ({} if seconds is None else {"time": f"{seconds:.3f}"})
        case = Xml.SubElement(inner, "testcase", attributes)
        worse = [finding for finding in findings if finding.kind is Kind.REGRESSION]
        if worse:
            message = _xml(f"{plural(len(worse), 'regression')}: {', '.join(finding.metric for finding in worse)}")
            failure = Xml.SubElement(case, "failure", {"message": message, "type": "regression"})
            failure.text = _xml("\n".join([*map(sentence, worse), f"baseline: {provenance(comparison.baseline)}"]))
        others = [f"{finding.kind}: {sentence(finding)}" for finding in findings if finding.kind is not Kind.REGRESSION]
        if others:
            Xml.SubElement(case, "system-out").text = _xml("\n".join(others))
    return f"<?xml version='1.0' encoding='utf-8'?>\n{Xml.tostring(root, encoding='unicode')}\n"


def _xml(text: str) -> str:
    """Whole, but for what XML 1.0 has no way to write, escaped or not, and for what moves the cursor of who reads it raw."""
    return "\n".join(clean(line) for line in text.split("\n"))


def sentence(finding: Finding) -> str:
    """A finding in one line."""
    text = finding.metric
    if finding.before is not None or finding.after is not None:
        text += f" {figure(finding.before)} -> {figure(finding.after)}"
    if finding.by is not None:
        text += f", {'worse' if finding.kind is Kind.REGRESSION else 'changed'} by {figure(finding.by)}"
    if finding.allowed is not None:
        text += f", allowed {figure(finding.allowed)}"
    return text + (f" ({finding.why})" if finding.why else "")


def markdown(comparison: Comparison) -> str:
    """The comparison as a step summary, with whatever comes from files made harmless."""
    parts = [f"## {_md(comparison.result.suite.name)}: {_md(verdict(comparison))}"]
    for kind, title in TITLES.items():
        found = comparison.of(kind)
        if found:
            parts.append(f"### {title}\n\n{_md_table(header(kind), [cells(one) for one in found])}")
    parts.append(f"Baseline: {_md(provenance(comparison.baseline))}\n\nResult: {_md(provenance(comparison.result))}")
    text = "\n\n".join(parts) + "\n"
    if len(text.encode()) <= MOST_BYTES:
        return text
    return f"{parts[0]}\n\nThe tables are larger than a step summary may be: see the other outputs.\n\n{parts[-1]}\n"


def _md_table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *(tuple(_md(cell) for cell in row) for row in rows[:MOST_ROWS])]
    more = f"\n\n... and {len(rows) - MOST_ROWS:,} more" if len(rows) > MOST_ROWS else ""
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + more


def _md(text: str) -> str:
    """One line of plain text: nothing in it is a tag, a link, emphasis, code, or the end of a cell."""
    marked = re.sub(r"([\\`*_\[\]|~#@!])", r"\\\1", html.escape(clean(text), quote=False))
    return re.sub(r"(?i)(?=://)|(?<=www)(?=\.)", r"\\", marked)  # GitHub makes links of bare addresses.


def action_json(comparison: Comparison) -> str:
    """For github-action-benchmark's ``customSmallerIsBetter``: what is missing is left out, never 0.

    It alarms on ratios, which say nothing of costs that may be negative or 0: use its charts, and this program's exit code.
    """
    entries: list[dict[str, Any]] = []
    for row in comparison.result.rows:
        extra = f"{row.quality.status}, solver {row.solver}, seed {row.seed}"
        for name, unit, value in _smaller_is_better(row):
            entries.append({"name": f"{row.case} {name}", "unit": unit, "value": value, "extra": extra})
    return json.dumps(entries, indent=1, allow_nan=False) + "\n"


def _smaller_is_better(row: Row) -> list[tuple[str, str, float]]:
    took = row.information
    named = [(f"{level.name} objective", "USD", level.objective) for level in row.quality.levels]
    named += [(f"{level.name} gap", "%", None if level.gap is None else 100 * level.gap) for level in row.quality.levels]
    named += [("work", "work", row.quality.work), ("primal integral", "mean gap", row.quality.primal_integral)]
    named += [("seconds", "s", took.seconds), ("peak memory", "MB", took.peak_mb)]
    return [(name, unit, value) for name, unit, value in named if value is not None]
