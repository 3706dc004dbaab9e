"""What Program and check say of a plan, and whether a law decides in a sample of them: the cheapest choices at random costs, and
some a step from each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from placement.check import check
from placement.formulate import Formulation, formulate
from placement.instance import Instance
from placement.plan import Plan
from placement.program import Floats, Ints
from tests.laws.random_instances import write_instance
from tests.laws.test_agreement import cheapest_choice

Choice = tuple[Ints, Ints, Floats]
Step = Callable[[Formulation, Choice, np.random.Generator], Choice]
SAMPLE = range(8)


def allowed_by_program(instance: Instance, plan: Plan) -> bool:
    """Whether the Program allows what of the plan it offers."""
    formulation = formulate(instance)
    return not formulation.program.infeasibility(*formulation.encode(plan, strict=False))


@dataclass(frozen=True)
class Judged:
    """A plan, the laws that it breaks, and whether it is a step from a choice that the Program allows, or that choice itself."""

    plan: Plan
    laws: frozenset[str]
    stepped: bool


def judged(document: Callable[[int], dict[str, Any]], folder: Path, step: Step, *, choices: int, steps: int) -> Iterator[Judged]:
    """For each seed of ``SAMPLE`` so many choices, as long as there are any, and after each so many steps from it."""
    for seed in SAMPLE:
        formulation, rng = formulate(write_instance(folder, document(seed))), np.random.default_rng(seed)
        for _ in range(choices):
            choice = cheapest_choice(formulation, rng)
            if choice is None:
                break
            for changed in (choice, *(step(formulation, choice, rng) for _ in range(steps))):
                plan = formulation.decode(*changed)
                found = check(formulation.instance, plan).violations
                yield Judged(plan, frozenset(violation.law for violation in found), changed is not choice)
