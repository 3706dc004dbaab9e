"""Every solver on every feature of a Program agrees with the oracle; bound <= optimum <= objective; the answer is feasible."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from programs import INFEASIBLE, PROGRAMS, random_program

import solvers
from placement.program import Program, Solution, Status
from solvers.solver import Limits

SOLVERS = sorted(set(solvers.SOLVERS) - {"enumerate"})
EXCLUDED: dict[str, set[str]] = {}
"""Features that a solver declares not to close: by solver, names of PROGRAMS."""

EXACT = [name for name in SOLVERS if name not in EXCLUDED]
LIMITS = Limits(time_limit_s=20, gap=1e-6, workers=1)


def oracle(program: Program) -> Solution:
    return solvers.load("enumerate")(program, limits=Limits())


@lru_cache
def random_case(seed: int) -> tuple[Program, Solution]:
    program = random_program(seed)
    return program, oracle(program)


def agree(program: Program, answer: Solution, truth: Solution) -> None:
    if truth.status is Status.INFEASIBLE:
        assert answer.status is Status.INFEASIBLE
        assert answer.option is None
        return
    assert answer.status is Status.OPTIMAL, answer
    assert answer.option is not None
    assert answer.start is not None
    assert answer.value is not None
    assert program.infeasibility(answer.option, answer.start, answer.value) == []
    recomputed = program.objective(answer.option, answer.start, answer.value).sum(axis=1)
    for got, best, value in zip(answer.levels, truth.levels, recomputed, strict=True):
        assert best.value is not None
        assert got.value == pytest.approx(value, rel=1e-9, abs=1e-9)
        assert got.value == pytest.approx(best.value, rel=1e-5, abs=1e-5)
        assert got.bound is not None
        assert got.bound <= best.value + 1e-6 * max(1.0, abs(best.value))


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("feature", sorted(PROGRAMS))
def test_feature(name: str, feature: str) -> None:
    if feature in EXCLUDED.get(name, ()):
        pytest.skip("declared as not closed by this solver")
    program = PROGRAMS[feature]()
    truth = oracle(program)
    assert (truth.status is Status.INFEASIBLE) == (feature in INFEASIBLE)
    agree(program, solvers.load(name)(program, limits=LIMITS), truth)


@pytest.mark.parametrize("name", EXACT)
def test_random_programs(name: str) -> None:
    for seed in range(15):
        program, truth = random_case(seed)
        try:
            agree(program, solvers.load(name)(program, limits=LIMITS), truth)
        except AssertionError as error:
            raise AssertionError(f"{name} on random_program({seed})") from error


def test_oracle_refuses_what_is_large() -> None:
    from programs import builder, ints

    from solvers.solver import TooLarge

    b = builder(4)
    option = b.add_per_period(first=ints(*[0] * 12), last=ints(*[3] * 12), upper=9.0, whole=True)
    b.add_rates(option, b.add_resources(["pool"], "gpu", 1.0)[0], 1.0)
    with pytest.raises(TooLarge, match="use another solver"):
        solvers.load("enumerate")(b.build(), limits=Limits())


def test_unknown_solver_is_named() -> None:
    with pytest.raises(ValueError, match="there are"):
        solvers.load("simplex")


def test_importing_solvers_is_cheap() -> None:
    import subprocess
    import sys

    code = "import sys, solvers; print([m for m in ('ortools', 'highspy', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_prices_have_a_slot_each() -> None:
    program = PROGRAMS["divisible alone"]()
    answer = solvers.load("highs")(program, limits=LIMITS)
    assert answer.prices is not None
    assert answer.prices.shape == program.resources.limit.shape
    assert np.all(answer.prices[: program.grid.periods] >= -1e-9)
