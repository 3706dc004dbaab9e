"""Joint Programs cost what their cases cost, and their optimum is that of trying every shared decision case by case."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import product

import numpy as np
import pytest
from programs import random_program

import solvers
from placement.program import Floats, Ints, Program, Status
from placement.program.joint import Joint, join
from placement.program.tail import Tail, cost_as_rates, tail_cost, value_at_risk
from solvers.solver import Limits

PROBABILITY = np.array([0.5, 0.3, 0.2])
TAILS = (None, Tail(0.2, 0.5), Tail(0.45, 0.9))
SEEDS = (1, 3, 5, 6, 8, 9)
"""Small enough to try every choice of every case."""
EXACT = sorted(set(solvers.SOLVERS) - {"enumerate"})


def cases_of(seed: int) -> list[Program]:
    """Three Programs of one level that matters, unlike in costs, limits and money prices, alike in what options there are."""
    rng, base = np.random.default_rng(seed), random_program(seed)
    out = []
    for _ in PROBABILITY:
        charges = base.charges
        amount = np.where(charges.level == 1, charges.amount * rng.uniform(0.5, 1.5, len(charges.amount)), 0.0)
        resources = base.resources
        limit = np.where(resources.equality[resources.of_slot], resources.limit, resources.limit + rng.integers(0, 3))
        price = resources.price * rng.uniform(0.5, 5.0)
        out.append(replace(base, charges=replace(charges, amount=amount), resources=replace(resources, limit=limit, price=price)))
    return out


def shared_of(program: Program) -> Ints:
    """The options of the first job."""
    return np.flatnonzero(program.options.group == 0)


def joint_of(programs: list[Program], tail: Tail | None) -> Joint:
    return join(programs, ["a", "b", "c"], PROBABILITY, [shared_of(p) for p in programs], tail=tail)


def held(program: Program, option: int | None, start: int) -> Program:
    """The Program in which just this column of the first job runs, or none."""
    options, first, last = program.options, program.options.first.copy(), program.options.last.copy()
    mine = shared_of(program)
    last[mine] = first[mine] - 1
    must = program.groups.must.copy()
    if option is not None:
        first[option] = last[option] = start
        must[0] = True
    return replace(program, options=replace(options, first=first, last=last), groups=replace(program.groups, must=must))


def cost(program: Program) -> float | None:
    answer = solvers.load("enumerate")(program, limits=Limits())
    return None if answer.status is Status.INFEASIBLE else answer.levels[-1].value


@lru_cache
def costs_by_decision(seed: int) -> list[list[float | None]]:
    """Least cost in each case for every way to run the first job, or not to where that is allowed."""
    programs = cases_of(seed)
    option, start = programs[0].columns(shared_of(programs[0]))
    ways = [*zip(option.tolist(), start.tolist(), strict=True)]
    none = [] if programs[0].groups.must[0] else [(None, 0)]
    return [[cost(held(program, o, s)) for program in programs] for o, s in [*none, *ways]]


def truth(seed: int, tail: Tail | None) -> float | None:
    best: float | None = None
    for costs in costs_by_decision(seed):
        known = [c for c in costs if c is not None]
        if len(known) == len(costs):
            value = mixed(np.array(known), tail)
            best = value if best is None else min(best, value)
    return best


def mixed(costs: Floats, tail: Tail | None) -> float:
    """Mean cost, the mean of the tail weighed beside it."""
    expected = float(PROBABILITY @ costs)
    return expected if tail is None else (1 - tail.weight) * expected + tail.weight * tail_cost(costs, PROBABILITY, tail.share)


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("tail", TAILS, ids=str)
def test_optimum_is_that_of_every_shared_decision(name: str, tail: Tail | None) -> None:
    for seed in SEEDS:
        best = truth(seed, tail)
        joint = joint_of(cases_of(seed), tail)
        answer = solvers.load(name)(joint.program, limits=Limits(time_limit_s=20, gap=1e-6, workers=1))
        assert best is not None
        assert answer.option is not None and answer.start is not None and answer.value is not None
        level = answer.levels[-1]
        assert level.value == pytest.approx(best, rel=1e-5, abs=1e-4), seed
        assert level.bound is not None and level.bound <= best + 1e-5 * max(1.0, abs(best)), seed
        parts = joint.split(answer.option, answer.start, answer.value)
        decided = [decisions(joint.cases[s], *part) for s, part in enumerate(parts)]
        assert decided[0] == decided[1] == decided[2]


def decisions(program: Program, option: Ints, start: Ints, value: Floats) -> set[tuple[int, int]]:
    mine = np.isin(program.split(option)[0], shared_of(program)) & (value > 0.5)
    return set(zip(option[mine].tolist(), start[mine].tolist(), strict=True))


@pytest.mark.parametrize("tail", TAILS, ids=str)
def test_any_choice_costs_what_its_parts_do(tail: Tail | None) -> None:
    """Joined and split again it is the same, feasible where its parts are, and costs their mean and their tail."""
    rng = np.random.default_rng(0)
    for seed in range(20):
        programs = cases_of(seed)
        joint = joint_of(programs, tail)
        option, start = programs[0].columns()
        value = np.where(rng.random(len(option)) < 0.4, programs[0].upper(option, start), 0.0)
        chosen = [value * (rng.random(len(value)) < 0.8) for _ in programs]
        first = np.isin(option, shared_of(programs[0]))
        parts = [(option, start, np.where(first, value, own)) for own in chosen]
        whole = joint.joined(parts)
        for s, (part, again) in enumerate(zip(parts, joint.split(*whole), strict=True)):
            assert np.array_equal(joint.cases[s].use(*part)[0], joint.cases[s].use(*again)[0])
        costs = np.array([case.objective(*part)[-1].sum() for case, part in zip(programs, parts, strict=True)])
        assert joint.program.objective(*whole)[-1].sum() == pytest.approx(mixed(costs, tail), rel=1e-9, abs=1e-7)
        rows = joint.program.resources.of_slot >= sum(len(p.resources) for p in programs)
        over = joint.program.use(*whole)[0][rows] - joint.program.resources.limit[rows]
        assert np.all(over <= 1e-9 * np.maximum(1.0, np.abs(joint.program.resources.limit[rows])))


def test_costs_as_rates_are_the_costs() -> None:
    for seed in range(30):
        program = random_program(seed)
        option, start = program.columns()
        owner, rates, profiles = cost_as_rates(program, 1)
        own = replace(program, profiles=profiles)
        table = {name: column[np.argsort(owner, kind="stable")] for name, column in rates.items() if name != "resource"}
        offset = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(program.options)))])
        one = replace(program.resources, partition=np.array([len(program.partitions)]), offset=np.array([0, 1]), limit=np.zeros(1),
                      hourly=np.ones(1, dtype=bool), price=np.zeros(1), name=("usd",), unit=("USD",))  # fmt: skip
        own = replace(
            own,
            resources=one,
            partitions=np.vstack([program.partitions, np.zeros((1, program.grid.periods), dtype=np.int64)]),
            rates=type(program.rates)(offset=offset, resource=np.zeros(len(owner), dtype=np.int64), **table),
        )
        entries = own.entries(option, start)
        as_rates = np.bincount(entries.column, entries.value, len(option))
        assert as_rates == pytest.approx(program.level_costs(option, start)[:, 1], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("share", "at_risk", "tail"), [(0.2, 3.0, 9.0), (0.5, 2.0, 5.4), (1.0, 2.0, 3.7)])
def test_value_at_risk(share: float, at_risk: float, tail: float) -> None:
    """Costs 2, 3 and 9 with probability 0.5, 0.3 and 0.2; the tail is worked out by hand."""
    costs = np.array([2.0, 3.0, 9.0])
    assert value_at_risk(costs, PROBABILITY, share) == at_risk
    assert tail_cost(costs, PROBABILITY, share) == pytest.approx(tail)


@pytest.mark.parametrize(("blocks", "upper"), list(product((3, 4), (1.0, 2.0))))
def test_unlike_cases_are_refused(blocks: int, upper: float) -> None:
    programs = cases_of(0)
    other = programs[1]
    if blocks != programs[0].grid.blocks:
        grid = replace(other.grid, hours=other.grid.hours * 2)
        other = replace(other, grid=grid)
        with pytest.raises(ValueError, match="same time axis"):
            join([programs[0], other], ["a", "b"], PROBABILITY[:2], [shared_of(programs[0])] * 2)
    elif upper != 1.0:
        options = replace(other.options, upper=other.options.upper * upper)
        with pytest.raises(ValueError, match="differ in upper"):
            join([programs[0], replace(other, options=options)], ["a", "b"], PROBABILITY[:2], [shared_of(programs[0])] * 2)
