"""Peers called like a solver, for those who want a ``Solution``: the public sets."""

from __future__ import annotations

import sys

from benchmarks.cases import Problem
from benchmarks.peers import Refused, load_peer
from placement.program import LevelResult, Program, Solution, Status
from solvers.solver import Clock, Limits


def solve(name: str, program: Program, limits: Limits) -> Solution:
    """A peer's plan with the values that the Program gives it; what it refuses is no plan, and said in a line."""
    clock = Clock(limits)
    assert limits.time_limit_s is not None, "peers want a time limit"
    none = tuple(LevelResult(level, None, None) for level in program.levels)
    try:
        answer = load_peer(name).solve(Problem(program=program), program, limits.time_limit_s, limits.workers, lambda event: None)
    except Refused as reason:
        print(f"{name} is left out: {reason}", file=sys.stderr)
        facts = (("refused", str(reason)),)
        return Solution(Status.NO_PLAN, None, None, None, None, none, clock.seconds, name, facts=facts)
    levels = answer.levels
    if answer.option is not None and answer.start is not None and answer.value is not None:
        worth = program.objective(answer.option, answer.start, answer.value).sum(axis=1)
        levels = tuple(LevelResult(level.name, float(value), level.bound) for level, value in zip(levels, worth, strict=True))
    return Solution(
        Status(answer.status), None, answer.option, answer.start, answer.value, levels, clock.seconds, name, facts=answer.facts
    )  # fmt: skip
