"""The instances of all futures of a document, which decide the same contracts on the same calendar."""

from __future__ import annotations

import os
from pathlib import Path

from placement.files.documents import load
from placement.files.errors import InputErrors, Problem, Problems, shown
from placement.files.reading import document_path
from placement.instance import Futures, Instance


def load_futures(path: str | os.PathLike[str]) -> tuple[Futures, tuple[Instance, ...]]:
    """What may come, and the instance of each case, in order. Raises InputErrors where nothing is stated or cases do not match."""
    base = load(path)
    file = document_path(Path(path)).name
    if base.futures is None:
        expected = "cases with their scenarios and probabilities"
        raise InputErrors(_one(Problem(file, None, "futures", "absent", expected, "state futures, or solve one scenario")))
    problems = Problems()
    found: list[Instance] = []
    for case in base.futures.cases:
        where = f"futures.cases[{case.id}]"
        try:
            instance = base if case.scenario is None else load(path, scenario=case.scenario)
        except InputErrors as errors:
            for problem in errors.problems:
                problems.add(problem)
            continue
        if instance.calendar.model_dump() != base.calendar.model_dump():
            expected = "a scenario that leaves the calendar as it is: what is signed now runs over the same blocks in all futures"
            problems.add(Problem(file, None, where, shown(case.scenario), expected, "change dates of nouns instead"))
        for name, contract in base.contracts.items():
            other = instance.contracts.get(name)
            if name not in base.futures.decided_later and (other is None or other.decided != contract.decided):
                expected = f"contract '{name}' as in the instance, decided or not: it is signed now for all futures"
                remedy = "change its figures only, or name it under decided_later"
                problems.add(Problem(file, None, where, shown(case.scenario), expected, remedy))
        found.append(instance)
    problems.raise_if_any()
    return base.futures, tuple(found)


def _one(problem: Problem) -> Problems:
    problems = Problems()
    problems.add(problem)
    return problems
