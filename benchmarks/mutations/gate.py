"""The gate on a part of its cases: the suite ``ci`` against its baseline, until the first regression.

    python -m benchmarks.mutations.gate 'families/S/0/highs/*' 'instances/tiny/*'

Runs in a mutated copy of the checkout. Prints the finding as JSON and exits with 1 where a case is worse.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from fnmatch import fnmatchcase

from benchmarks.suite import BASELINES, SUITES, family_instances, write_missing
from placement.bench.compare import Finding, Kind, compare
from placement.bench.results import read_document
from placement.bench.runner import run_suite
from placement.bench.suite import Gated, expand, read_suite
from placement.cli.searching import search
from solvers import SOLVERS

SUITE = "ci"


def matching(cases: Sequence[Gated], patterns: Sequence[str]) -> Iterator[Gated]:
    """Cases whose names match, in the order of the patterns, each once."""
    seen: set[str] = set()
    for pattern in patterns:
        for gated in cases:
            name = gated.case.name
            if name not in seen and fnmatchcase(name, pattern):
                seen.add(name)
                yield gated


def first_regression(patterns: Sequence[str]) -> Finding | None:
    """The first case that is worse than the baseline, and in what; None where none is. ValueError where no case matches."""
    loaded = read_suite(SUITES / f"{SUITE}.yaml")
    write_missing(family_instances(loaded))
    cases = list(matching(expand(loaded, SOLVERS), patterns))
    if not cases:
        raise ValueError(f"no case of the suite {SUITE} matches {', '.join(patterns)}: name some that do")
    baseline = read_document(BASELINES / f"{SUITE}.json")
    known = baseline.by_case
    for gated in cases:
        before = replace(baseline, rows=tuple(row for name, row in known.items() if name == gated.case.name))
        result = run_suite(loaded, [gated], search, stop=threading.Event(), on_row=lambda _: None)
        worse = compare(before, result).of(Kind.REGRESSION)
        if worse:
            return worse[0]
    return None


if __name__ == "__main__":
    found = first_regression(sys.argv[1:])
    if found is not None:
        print(json.dumps(asdict(found)))
        sys.exit(1)
