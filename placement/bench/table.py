"""A comparison as plain text: what is worse, by how much, how much is allowed, and since which baseline."""

from __future__ import annotations

from placement.bench.case import Row
from placement.bench.compare import Comparison, Figure, Finding, Kind
from placement.bench.results import Document
from placement.report.text import clean, elided, plural, section, shortened, table

MOST_SHOWN = 40
"""Improvements and notes beyond are counted; a regression is never left out."""

LONGEST = 100
"""Characters of a case's name that are shown; results and JUnit XML have all of it, as of the other texts."""

LONGEST_FIGURE = 60
LONGEST_TEXT = 200


def header(kind: Kind) -> tuple[str, ...]:
    """What the cells of findings of a kind are."""
    by = {Kind.REGRESSION: "worse by", Kind.BETTER: "better by", Kind.NOTE: "by"}[kind]
    return ("case", "figure", "baseline", "now", by, "allowed", "")


TITLES = {Kind.REGRESSION: "Regressions", Kind.BETTER: "Better: accept it", Kind.NOTE: "Notes"}
"""Of the findings of each kind, in the order in which they are told."""


def figure(value: Figure) -> str:
    """A figure with as many digits as tell two runs apart; a dash where there is none."""
    if value is None or value == "":
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, int) or abs(value) >= 1e6:
        return f"{value:,.0f}" if abs(value) < 1e15 else f"{value:.6g}"
    return f"{value:.6g}"


def cells(finding: Finding) -> tuple[str, ...]:
    """A finding as the cells below ``header``."""
    by, allowed = figure(finding.by), figure(finding.allowed)
    before, after = (elided(figure(value), LONGEST_FIGURE) for value in (finding.before, finding.after))
    case, metric = elided(finding.case, LONGEST), elided(finding.metric, LONGEST_FIGURE)
    return (case, metric, before, after, by, allowed, elided(finding.why, LONGEST_TEXT))


def provenance(document: Document) -> str:
    """Which document it is: when it was made or accepted and why, of which suite, with what."""
    versions = ", ".join(f"{name} {version}" for name, version in sorted(document.versions.items()))
    suite = f"suite {document.suite.name} ({document.suite.digest.removeprefix('sha256:')[:12]})"
    at = "" if document.commit is None else f", commit {document.commit[:12]}{'+' if document.commit.endswith('+') else ''}"
    if not document.history:
        return f"run of {document.created}, {suite}{at}; {versions}"
    last = document.history[-1]
    return f"accepted {last.date}: {elided(last.reason, LONGEST_TEXT)}; run of {document.created}, {suite}{at}; {versions}"


def verdict(comparison: Comparison) -> str:
    """The outcome in one line."""
    cases = plural(len(comparison.result.rows), "case")
    worse = comparison.of(Kind.REGRESSION)
    if not worse:
        better = len(comparison.of(Kind.BETTER))
        more = f"; {plural(better, 'figure')} better: accept it, so that it stays" if better else ""
        return f"no regression in {cases}{more}"
    return f"{plural(len(worse), 'regression')} in {len({finding.case for finding in worse})} of {cases}"


def comparison_text(comparison: Comparison) -> str:
    """The comparison as it is printed."""
    parts = []
    for kind, title in TITLES.items():
        found = [cells(one) for one in comparison.of(kind)]
        rows, more = shortened(found, len(found) if kind is Kind.REGRESSION else MOST_SHOWN, "figures")
        names = header(kind)
        parts.append(section(title, table(names, rows, left=len(names)) + more if rows else ""))
    parts.append(f"baseline: {clean(provenance(comparison.baseline))}")
    parts.append(f"result:   {clean(provenance(comparison.result))}")
    parts.append(clean(verdict(comparison)))
    return "\n".join(part for part in parts if part) + "\n"


def row_line(row: Row) -> str:
    """A row in one line, as it is shown while a suite runs."""
    levels = ", ".join(
        f"{level.name} {figure(level.objective)} ({'no bound' if level.gap is None else f'gap {level.gap:.4%}'})"
        for level in row.quality.levels
        if level.objective is not None
    )
    took = row.information
    facts = [
        row.quality.status,
        levels,
        "" if row.quality.work is None else f"work {row.quality.work:.6g}",
        "" if took.seconds is None else f"{took.seconds:.1f} s",
        "" if took.peak_mb is None else f"{took.peak_mb:.0f} MB",
        "" if row.error is None else f"ERROR {elided(row.error, LONGEST_TEXT)}",
    ]
    return clean(f"{elided(row.case, LONGEST)}: {', '.join(fact for fact in facts if fact)}")
