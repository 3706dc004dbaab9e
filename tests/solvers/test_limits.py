"""Limits hold, starts are never worsened, interrupts return the best plan so far, deterministic runs repeat."""

from __future__ import annotations

import sys
import threading
import time

import numpy as np
import pytest
from programs import PROGRAMS, builder, demand

import solvers
from placement.program import LevelResult, Limit, Program, Solution, Status
from solvers import columns
from solvers.auto import choices
from solvers.auto import solve as auto
from solvers.solver import Limits, Progress, Start, TooLarge

EXACT = ["auto", "cpsat", "highs"]


def hard(jobs: int = 60, blocks: int = 12) -> Program:
    """Gangs near the size of two pools over several blocks, with replicas beside: not proven in a few seconds."""
    rng = np.random.default_rng(5)
    b = builder(blocks)
    pools = b.add_resources(["a", "b"], "gpu", np.array([[97.0], [61.0]]), price=0.002, level=1, term=1)
    groups = b.add_groups([f"job {k}" for k in range(jobs)], False)
    gpus = rng.integers(11, 60, jobs).astype(float)
    for pool in pools:
        hours = 24.0 * rng.integers(2, 6, jobs)
        last = blocks - (hours / 24).astype(np.int64)
        option = b.add_running(first=np.zeros(jobs, dtype=np.int64), last=last, hours=hours, group=groups)
        b.add_rates(option, pool, gpus)
        b.add_charges(option, 1, 0, -gpus * hours * rng.uniform(0.9, 1.1, jobs))
    demand(b, pools[:1], 100.0, penalty=60.0, upper=97.0)
    return b.build()


@pytest.mark.parametrize("name", EXACT)
def test_time_limit_holds_and_a_plan_comes_back(name: str) -> None:
    began = time.monotonic()
    answer = solvers.load(name)(hard(), limits=Limits(time_limit_s=3, gap=0.0))
    assert time.monotonic() - began <= 3 * 1.1 + 2
    assert answer.status in (Status.FEASIBLE, Status.OPTIMAL)
    if answer.status is Status.FEASIBLE:
        assert answer.limit is Limit.TIME


@pytest.mark.parametrize("name", EXACT)
def test_interrupt_returns_the_best_so_far(name: str) -> None:
    interrupt = threading.Event()
    timer = threading.Timer(2.0, interrupt.set)
    timer.start()
    began = time.monotonic()
    answer = solvers.load(name)(hard(), limits=Limits(time_limit_s=60, gap=0.0, interrupt=interrupt))
    timer.cancel()
    assert time.monotonic() - began < 10
    assert answer.option is not None
    if answer.status is Status.FEASIBLE:
        assert answer.limit is Limit.INTERRUPT


@pytest.mark.parametrize("name", EXACT)
def test_a_feasible_start_is_never_worsened(name: str) -> None:
    program = hard(30)
    good = solvers.load("highs")(program, limits=Limits(time_limit_s=4, gap=0.01))
    assert good.option is not None
    assert good.start is not None
    assert good.value is not None
    start = Start(good.option, good.start, good.value)
    answer = solvers.load(name)(program, limits=Limits(time_limit_s=1, gap=0.0), start=start)
    for got, before in zip(answer.levels, good.levels, strict=True):
        assert got.value is not None
        assert before.value is not None
        assert got.value <= before.value + 1e-6 * max(1.0, abs(before.value))


@pytest.mark.parametrize("name", EXACT)
def test_an_unusable_start_does_no_harm(name: str) -> None:
    program = PROGRAMS["choices alone"]()
    start = Start(np.array([0, 1, 99]), np.array([0, 0, -3]), np.array([1.0, 1.0, 2.5]))
    assert solvers.load(name)(program, limits=Limits(time_limit_s=20), start=start).status is Status.OPTIMAL


@pytest.mark.parametrize(("name", "work"), [("cpsat", 2.0), ("highs", 20.0)])
def test_deterministic_runs_repeat(name: str, work: float) -> None:
    limits = Limits(time_limit_s=60, work_limit=work, gap=1e-5, workers=1, seed=3, deterministic=True)
    first, second = (solvers.load(name)(hard(20, 8), limits=limits) for _ in range(2))
    for one, other in ((first.option, second.option), (first.start, second.start), (first.value, second.value)):
        assert one is not None
        assert other is not None
        assert one.tobytes() == other.tobytes()
    assert first.levels == second.levels
    assert first.status == second.status
    assert first.work == second.work


@pytest.mark.parametrize("name", EXACT)
def test_progress_is_told(name: str) -> None:
    events: list[Progress] = []
    answer = solvers.load(name)(hard(20, 8), limits=Limits(time_limit_s=5, gap=0.001), on_progress=events.append)
    assert events
    works = [e.work for e in events if e.work is not None]
    assert len(works) == len(events)
    assert works == sorted(works)
    assert answer.work is not None
    assert answer.work >= works[-1]
    assert {e.level for e in events} <= {"first", "second"}
    assert all(e.gap is None or e.gap >= 0 for e in events)
    assert any(e.incumbent is not None and e.bound is not None for e in events)


WRONG = [{"time_limit_s": 0.0}, {"work_limit": -1.0}, {"gap": float("nan")}, {"gap": -1e-4}, {"workers": 0}]


@pytest.mark.parametrize("values", WRONG)
def test_limits_are_checked(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must be|is a fraction"):
        Limits(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["highs", "cpsat"])
def test_what_does_not_fit_is_refused_with_a_remedy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "MOST_COLUMNS", 1)
    with pytest.raises(TooLarge, match="columns, of which it holds at most 1; 'prices' holds none"):
        solvers.load(name)(hard(), limits=Limits(time_limit_s=5))


@pytest.mark.parametrize("name", ["highs", "cpsat"])
def test_copies_are_counted_before_they_are_written_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    b = builder(2)
    places = b.add_resources([f"place {k}" for k in range(50)], "gpu", 4.0)
    option = b.add_running(first=np.zeros(1, dtype=np.int64), last=np.zeros(1, dtype=np.int64), hours=24.0, copies=50)
    b.add_rates(option, places[0], 4.0, step=True)
    program = b.build()
    monkeypatch.setattr(columns, "MOST_COLUMNS", 49)
    monkeypatch.setattr(Program, "unfolded", lambda self: pytest.fail("written out although too many"))
    with pytest.raises(TooLarge, match="50 columns"):
        solvers.load(name)(program, limits=Limits(time_limit_s=5))


def test_auto_leaves_to_prices_what_does_not_fit_be_it_few_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns of divisible options count as well: HiGHS and CP-SAT hold them all."""
    program = PROGRAMS["divisible alone"]()
    prices = solvers.load("prices")
    for module in ("auto", "columns"):
        monkeypatch.setattr(sys.modules[f"solvers.{module}"], "MOST_COLUMNS", 1)
    monkeypatch.setattr(sys.modules[prices.__module__], "SMALL", 0)
    assert choices(program) <= 1
    assert dict(solvers.load("auto")(program, limits=Limits(time_limit_s=5)).facts)["chosen"] == "prices"


def test_auto_keeps_an_answer_where_the_next_solver_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    program = PROGRAMS["choices alone"]()
    levels = tuple(LevelResult(name, None, None) for name in program.levels)

    def nothing(program: Program, **_: object) -> Solution:
        return Solution(Status.NO_PLAN, Limit.TIME, None, None, None, levels, 0.0, "highs")

    def refuses(program: Program, **_: object) -> Solution:
        raise TooLarge("a model beyond 64 bits")

    monkeypatch.setattr(solvers, "load", {"highs": nothing, "cpsat": refuses}.__getitem__)
    answer = auto(program, limits=Limits(time_limit_s=10))
    assert answer.status is Status.NO_PLAN
    assert answer.solver == "auto"
