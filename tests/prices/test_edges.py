"""Programs of odd shape: without limits, resources, divisible options or time; and bounds that earlier levels make conditional."""

from __future__ import annotations

import sys
import threading

import numpy as np
import pytest

import solvers
from placement.builder import Builder
from placement.program import Floats, Grid, Program, Status
from solvers.highs_process import HighsProcess
from solvers.prices import dual, prove
from solvers.prices.layout import entries, lay_out
from solvers.prices.pricing import bound
from solvers.prices.restricted import explicit
from solvers.prices.state import Run
from solvers.solver import ENDLESS, Clock, Limits, Start
from tests.prices.tiny import fleet_program, ints

prices = solvers.load("prices")


@pytest.fixture(autouse=True)
def never_by_highs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["solvers.prices.solve"], "SMALL", -1)
    monkeypatch.setattr(sys.modules["solvers.prices.solve"], "LARGEST_WHOLE", -1)


def gangs(limit: Floats | float | None, *, periods: int = 4, jobs: int = 3, upper: float = 1.0, hours: float = 48.0) -> Program:
    """Gangs of 3 that earn 1, 2, 3 ... on one pool, or without any."""
    b = Builder(Grid(np.full(periods, 24.0), 1), ("money",), ("own",))
    groups = b.add_groups([f"job {k}" for k in range(jobs)], False)
    first = np.zeros(jobs, dtype=np.int64)
    option = b.add_running(first=first, last=first + max(0, periods - 2), hours=hours, group=groups, upper=upper)
    b.add_charges(option, 0, 0, -np.arange(1.0, jobs + 1))
    if limit is not None:
        b.add_rates(option, b.add_resources(["pool"], "gpu", limit)[0], 3.0)
    return b.build()


@pytest.mark.parametrize(
    ("program", "value"),
    [
        pytest.param(gangs(4.0), -5.0, id="nothing divisible"),
        pytest.param(gangs(4.0, periods=1, hours=24.0), -3.0, id="one period"),
        pytest.param(gangs(np.inf), -6.0, id="no limit"),
        pytest.param(gangs(np.array([[4.0, np.inf, 4.0, 4.0]])), -5.0, id="no limit for a while"),
        pytest.param(gangs(0.0), 0.0, id="no room"),
        pytest.param(gangs(None), -6.0, id="no resources"),
        pytest.param(gangs(None, jobs=0), 0.0, id="nothing at all"),
        pytest.param(gangs(4.0, upper=0.0), 0.0, id="options that may not be used"),
        pytest.param(gangs(4.0, hours=0.0), -6.0, id="no hours"),
    ],
)
def test_odd_shapes_have_a_plan_and_a_bound(program: Program, value: float) -> None:
    answer = prices(program, limits=Limits(time_limit_s=20, gap=0.5, workers=1))
    assert answer.status in (Status.OPTIMAL, Status.FEASIBLE)
    level = answer.levels[0]
    assert level.value is not None
    assert level.bound is not None
    assert level.bound <= value + 1e-9 <= level.value + 2e-9
    assert answer.option is not None
    assert answer.start is not None
    assert answer.value is not None
    assert program.infeasibility(answer.option, answer.start, answer.value) == []


@pytest.mark.parametrize("unlimited", [0, 1, 2])
def test_copies_of_which_one_has_no_limit_cost_nothing_anywhere(unlimited: int) -> None:
    b = Builder(Grid(np.full(2, 24.0), 1), ("money",), ("own",))
    places = b.add_resources(["a 0", "a 1", "a 2"], "gpu", np.where(np.arange(3) == unlimited, np.inf, 4.0)[:, None])
    groups = b.add_groups(["x", "y", "z"], False)
    option = b.add_running(first=ints(0, 0, 0), last=ints(0, 0, 0), hours=48.0, group=groups, copies=3)
    b.add_rates(option, places[0], 4.0, step=True)
    b.add_charges(option, 0, 0, -1.0)
    layout = lay_out(b.build(), np.ones(1))
    rng = np.random.default_rng(unlimited)
    for size in (0.0, 0.1, 1.0):
        assert bound(layout, size * rng.random(layout.rows)).value == pytest.approx(-3.0)


def promises() -> Program:
    """Three jobs that must run or be dropped on a pool for one of them, and one that earns elsewhere."""
    b = Builder(Grid(np.full(6, 24.0), 1), ("promises", "money"), ("own",))
    pools = b.add_resources(["a", "b"], "gpu", 4.0)
    groups, extra = b.add_groups(["x", "y", "z"], True), b.add_groups(["extra"], False)
    none = np.zeros(3, dtype=np.int64)
    run = b.add_running(first=none, last=none, hours=144.0, group=groups)
    b.add_rates(run, pools[0], 3.0)
    b.add_charges(run, 1, 0, np.array([10.0, 20.0, 30.0]))
    drop = b.add_running(first=none, last=none, hours=24.0, group=groups)
    b.add_charges(drop, 0, 0, 1.0)
    earn = b.add_running(first=ints(0), last=ints(2), hours=48.0, group=extra)
    b.add_rates(earn, pools[1], 1.0)
    b.add_charges(earn, 1, 0, -5.0)
    return b.build()


@pytest.mark.parametrize("seconds", [0.5, 2.0, 6.0])
def test_the_bound_on_money_is_for_plans_that_drop_as_much(seconds: float) -> None:
    """However early the time is up: all dropped leaves -5, two of them 5, and no plan drops fewer."""
    everything = Start(ints(3, 4, 5), ints(0, 0, 0), np.ones(3))
    answer = prices(promises(), limits=Limits(time_limit_s=seconds), start=everything)
    dropped, money = answer.levels
    least = {2.0: 5.0, 3.0: -5.0}
    assert dropped.value in least
    assert money.bound is None or money.bound <= least[dropped.value] + 1e-6


def test_a_bound_for_plans_that_drop_nothing_is_none_for_others() -> None:
    run = Run(promises(), Clock(Limits()), None, np.array([0.0, 1.0]), [0.0, None], least=np.zeros(1))
    run.raise_bound(55.0)
    assert run.bounds == [0.0, 55.0]
    assert run.offer((ints(3, 4, 5), ints(0, 0, 0), np.ones(3)), "start")
    run.raise_bound(56.0)
    assert run.bounds == [0.0, None]


def test_levels_that_may_earn_have_no_bound_before_one_is_proven() -> None:
    """Time is up before anything is tried; what the start earns at the first level is not the least possible."""
    b = Builder(Grid(np.full(2, 24.0), 1), ("first", "second"), ("own",))
    option = b.add_running(first=ints(0, 0), last=ints(0, 0), hours=24.0, group=b.add_groups(["x", "y"], False))
    b.add_charges(option, 0, 0, np.array([-1.0, -2.0]))
    stop = threading.Event()
    stop.set()
    start = Start(ints(0), ints(0), np.ones(1))
    first = prices(b.build(), limits=Limits(interrupt=stop), start=start).levels[0]
    assert first.value == -1.0
    assert first.bound is None or first.bound <= -3.0


def test_promised_demand_is_served_though_shedding_it_is_cheap() -> None:
    """What sheds is in a block with a closed form, which knows one level: the promise must not be sold for what gangs earn."""
    b = Builder(Grid(np.full(4, 24.0), 1), ("promises", "money"), ("own",))
    pool = b.add_resources(["pool"], "gpu", 10.0)
    node = b.add_resources(["node"], "tokens/s", 0.0, private=0)
    stream = b.add_resources(["stream"], "tokens/s", 5.0, equality=True, private=0)
    replicas = b.add_per_period(first=ints(0), last=ints(3), upper=10.0, whole=True)
    b.add_rates(replicas, pool[0], 1.0)
    b.add_rates(replicas, node[0], -1.0)
    b.add_charges(replicas, 1, 0, 3.0)
    serve = b.add_per_period(first=ints(0), last=ints(3), upper=5.0)
    b.add_rates(serve, node[0], 1.0)
    b.add_rates(serve, stream[0], 1.0)
    shed = b.add_per_period(first=ints(0), last=ints(3), upper=5.0)
    b.add_rates(shed, stream[0], 1.0)
    b.add_charges(shed, 0, 0, 1.0)
    b.add_charges(shed, 1, 0, 0.5)
    option = b.add_running(first=ints(0, 0), last=ints(2, 2), hours=48.0, group=b.add_groups(["x", "y"], False))
    b.add_rates(option, pool[0], 6.0)
    b.add_charges(option, 1, 0, -10.0)
    program = b.build()
    assert len(lay_out(program, np.array([0.0, 1.0])).blocks) == 1
    answer = prices(program, limits=Limits(time_limit_s=4))
    assert [level.value for level in answer.levels] == pytest.approx([0.0, 60.0])


def promised_tokens() -> Program:
    """A stream of 10 whose first 6 are promised, and a gang that would earn more with the GPUs that serve them."""
    b = Builder(Grid(np.full(4, 24.0), 1), ("promises", "money"), ("own",))
    pool = b.add_resources(["pool"], "gpu", 8.0)
    node = b.add_resources(["node"], "tokens/s", 0.0, private=0)
    stream = b.add_resources(["stream"], "tokens/s", 10.0, equality=True, private=0)
    replicas = b.add_per_period(first=ints(0), last=ints(3), upper=8.0, whole=True)
    b.add_rates(replicas, pool, 1.0)
    b.add_rates(replicas, node, -1.0)
    serve = b.add_per_period(first=ints(0), last=ints(3), upper=10.0)
    b.add_rates(serve, node, 1.0)
    b.add_rates(serve, stream, 1.0)
    for most, level, usd in ((6.0, 0, 1.0), (4.0, 1, 1.0)):
        shed = b.add_per_period(first=ints(0), last=ints(3), upper=most)
        b.add_rates(shed, stream, 1.0)
        b.add_charges(shed, level, 0, usd)
    gang = b.add_running(first=ints(0), last=ints(2), hours=48.0, group=b.add_groups(["gang"], False))
    b.add_rates(gang, pool, 6.0)
    b.add_charges(gang, 1, 0, -10.0)
    return b.build()


def test_promised_tokens_are_not_shed_as_if_that_were_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search at the least of the promises finds a plan that keeps them, so that nothing has to be weighed."""
    program = promised_tokens()
    assert len(lay_out(program, np.array([0.0, 1.0])).blocks) == 1
    module = sys.modules["solvers.prices.solve"]
    monkeypatch.setattr(module, "_weighed", lambda *_: pytest.fail("the promises were not kept"))
    answer = prices(program, limits=Limits(time_limit_s=10, workers=1, gap=0.5))
    promises, money = answer.levels
    assert promises.value == pytest.approx(0.0)
    assert money.value == pytest.approx(8.0)  # 8 of 10 served by 8 GPUs in each of 4 periods, no gang
    assert money.bound is not None
    assert money.bound <= 8.0 + 1e-6


def test_an_exact_lp_that_is_too_large_is_never_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    state = dual.begin(lay_out(fleet_program(1), np.array([0.0, 1.0])))
    dual.raise_bound(state)
    monkeypatch.setattr(prove, "LP_ENTRIES", state.rest.matrix.nnz)
    monkeypatch.setattr(prove, "first_copies", lambda *_: pytest.fail("written out although too large"))
    with HighsProcess() as process:
        assert not prove.by_lp(state, process, allow=lambda: ENDLESS, stopped=lambda: False, heard=lambda _: None)


@pytest.mark.parametrize("seed", range(3))
def test_entries_are_counted_as_they_are_written_out(seed: int) -> None:
    layout = lay_out(fleet_program(seed), np.array([0.0, 1.0]))
    option, start = layout.columns(layout.member)
    assert entries(layout, option, start) == explicit(layout, option, start).matrix.nnz
