"""The instances of all futures of a document, which decide the same contracts on the same calendar."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from placement.files.documents import load
from placement.files.errors import InputErrors, Problem, Problems, shown
from placement.files.nouns import Source
from placement.files.reading import document_path, read_tree
from placement.instance import Contract, Futures, Instance
from placement.plan import LEVELS


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
        try:
            found.append(base if case.scenario is None else load(path, scenario=case.scenario))
        except InputErrors as errors:
            for problem in errors.problems:
                problems.add(problem)
    problems.raise_if_any()
    source = Source(file, read_tree(document_path(Path(path)), file)[0])
    for n, (case, instance) in enumerate(zip(base.futures.cases, found, strict=True)):
        for expected, remedy in _unlike(base.futures, found[0], instance):
            problems.add(source.problem(("futures", "cases", n), case.scenario, expected, remedy))
    for n, name in enumerate(base.futures.decided_later):
        for expected, remedy in _not_to_decide_later(base.futures, found[0], name):
            problems.add(source.problem(("futures", "decided_later", n), name, expected, remedy))
    problems.raise_if_any()
    return base.futures, tuple(found)


def _unlike(futures: Futures, first: Instance, other: Instance) -> Iterator[tuple[str, str]]:
    """What keeps a future from sharing decisions with the first: expected, and remedy."""
    if other.calendar.model_dump() != first.calendar.model_dump():
        expected = "a scenario that leaves the calendar as it is: what is signed now runs over the same blocks in all futures"
        yield expected, "change dates of nouns instead"
    if other.levels.names != LEVELS or not other.levels.in_usd:
        yield "the default objective: futures weigh promises, then net cost", "leave objective and policies by max_min out"
    for name in {**first.contracts, **other.contracts}:
        one, two = (_choice(instance.contracts.get(name)) for instance in (first, other))
        if name not in futures.decided_later and one != two:
            expected = f"contract '{name}' as in the first future ({one}; here {two}): it is signed now for all of them"
            yield expected, "change its figures only, or name it under decided_later"


def _choice(contract: Contract | None) -> str:
    """In words, what a contract leaves to decide."""
    if contract is None or not contract.decided:
        return "not decided"
    among = "" if contract.alternatives is None else f", an alternative of {shown(contract.alternatives)}"
    return ("optional" if contract.optional else "decided, not optional") + among


def _not_to_decide_later(futures: Futures, first: Instance, name: str) -> Iterator[tuple[str, str]]:
    """What keeps a contract from waiting; alternatives are decided at one time."""
    contract = first.contracts.get(name)
    if contract is None or not contract.decided:
        yield "a contract that is decided in the futures; this one is in force as dated", "remove it, or make it optional"
        return
    for other in first.contracts.values():
        same = contract.alternatives is not None and other.alternatives == contract.alternatives
        if same and other.id not in futures.decided_later:
            yield f"all alternatives of one label; '{other.id}' is one of them", "decide all of them later, or none"
            return


def _one(problem: Problem) -> Problems:
    problems = Problems()
    problems.add(problem)
    return problems
