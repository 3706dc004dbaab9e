"""A deterministic solve is the same whatever the clock says: plan, levels, work, events. Work ends it, seconds are a net."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from programs import PROGRAMS

import solvers
from placement import load
from placement.formulate import formulate
from placement.program import Limit, Program, Solution, Status
from solvers.solver import Clock, Limits, OnProgress, Progress, Start
from tests.prices.tiny import fleet_program
from tests.solvers.test_limits import hard

Run = tuple[Solution, list[Progress]]


def run(name: str, program: Program, work: float) -> Run:
    events: list[Progress] = []
    limits = Limits(time_limit_s=2000, work_limit=work, gap=1e-5, workers=1, seed=3, deterministic=True)
    return solvers.load(name)(program, limits=limits, on_progress=events.append), events


def said(outcome: Run) -> list[Any]:
    """Everything but seconds, arrays as bytes."""
    answer, events = outcome
    fields = {f.name: getattr(answer, f.name) for f in dataclasses.fields(answer) if f.name != "seconds"}
    arrays = ("option", "start", "value", "prices")
    fields |= {name: None if fields[name] is None else fields[name].tobytes() for name in arrays}
    return [fields, *(dataclasses.replace(event, seconds=0.0) for event in events)]


@contextmanager
def hurried(monkeypatch: pytest.MonkeyPatch, factor: float = 10.0) -> Iterator[None]:
    """Seconds pass so much faster."""
    real = time.monotonic
    began = real()
    with monkeypatch.context() as patched:
        patched.setattr(time, "monotonic", lambda: began + factor * (real() - began))
        yield


CASES: dict[str, tuple[str, Callable[[], Program], float]] = {
    "highs": ("highs", lambda: hard(20, 8), 2.0),
    "cpsat": ("cpsat", lambda: hard(20, 8), 1.0),
    "auto": ("auto", lambda: hard(20, 8), 1.0),
    "enumerate": ("enumerate", PROGRAMS["choices and counts and divisibles"], 0.02),
    "prices by annealing": ("prices", lambda: fleet_program(3, 60, 16), 1.5),
    "prices by parts": ("prices", lambda: fleet_program(8, 40, 12, uniform=False), 2.0),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_no_clock_changes_a_deterministic_solve(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, program, work = CASES[case]
    if name == "prices":
        solvers.load("prices")
        monkeypatch.setattr(sys.modules["solvers.prices.solve"], "SMALL", 0)
    calm = run(name, program(), work)
    with hurried(monkeypatch):
        rushed = run(name, program(), work)
    assert said(calm) == said(rushed)
    assert calm[1]
    works = [event.work for event in calm[1] if event.work is not None]
    assert len(works) == len(calm[1])
    assert works == sorted(works)
    assert calm[0].work is not None
    assert calm[0].work >= works[-1]


@pytest.mark.parametrize(("name", "work"), [("highs", 0.5), ("cpsat", 0.5), ("prices", 0.5), ("auto", 0.5)])
def test_work_ends_a_solve_and_says_so(name: str, work: float, monkeypatch: pytest.MonkeyPatch) -> None:
    solvers.load("prices")
    monkeypatch.setattr(sys.modules["solvers.prices.solve"], "SMALL", 0)
    answer, _ = run(name, hard(60), work)
    assert answer.limit is Limit.WORK
    assert answer.work is not None
    assert work * 0.9 <= answer.work <= work + 2.0


@pytest.mark.parametrize("name", ["highs", "cpsat", "prices"])
def test_seconds_are_the_net(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    solvers.load("prices")
    monkeypatch.setattr(sys.modules["solvers.prices.solve"], "SMALL", 0)
    limits = Limits(time_limit_s=1, work_limit=1e6, gap=0.0, workers=1, deterministic=True)
    answer = solvers.load(name)(hard(60), limits=limits)
    assert answer.status is Status.FEASIBLE
    assert answer.limit is Limit.TIME


def test_choices_that_each_cost_a_unit_less_come_to_an_end() -> None:
    """CP-SAT finds them by the thousand here, in no deterministic time."""
    program = formulate(load("instances/tiny/interconnect-domains.yaml")).program
    answer, _ = run("cpsat", program, 5.0)
    assert answer.status is Status.OPTIMAL


def test_enumerate_keeps_to_its_work() -> None:
    program = PROGRAMS["choices alone"]()
    whole = solvers.load("enumerate")(program, limits=Limits())
    assert whole.status is Status.OPTIMAL
    assert whole.work is not None
    half = solvers.load("enumerate")(program, limits=Limits(work_limit=whole.work / 2))
    assert half.limit is Limit.WORK
    assert half.work is not None
    assert half.work < whole.work


def test_auto_hands_on_only_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work and seconds of the first solver count for the second, in its limits and in its events."""
    real = solvers.load
    handed: list[float] = []

    def idle(program: Program, *, limits: Limits, clock: Clock, **_: object) -> Solution:
        clock.spend(6.0)
        return Solution(Status.NO_PLAN, Limit.WORK, None, None, None, (), clock.seconds, "idle", work=clock.work)

    def second(
        program: Program, *, limits: Limits, clock: Clock, start: Start | None = None, on_progress: OnProgress | None = None
    ) -> Solution:
        handed.append(clock.work_left)
        return real("cpsat")(program, limits=limits, clock=clock, start=start, on_progress=on_progress)

    monkeypatch.setattr(solvers, "load", lambda name: {"highs": idle, "cpsat": second}[name])
    events: list[Progress] = []
    limits = Limits(work_limit=10.0, deterministic=True)
    answer = real("auto")(PROGRAMS["choices alone"](), limits=limits, on_progress=events.append)
    assert handed == [4.0]
    assert answer.status is Status.OPTIMAL
    assert answer.work is not None
    assert answer.work > 6.0
    assert all(event.work is not None and event.work >= 6.0 for event in events)
