"""Public sets of scheduling and placement: files written here by hand, the Program against the files' own rules, the policy."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.sets import multimode, openb
from benchmarks.sets.case import Absent, Case, Malformed
from benchmarks.sets.online import WHOLE, Cluster, Demand, PricedPlacement, place_all
from benchmarks.sets.openb_offline import Offline
from solvers import load
from solvers.solver import Limits

PROJECT = """****
jobs (incl. supersource/sink ):  5
RESOURCES
  - renewable                 :  1   R
  - nonrenewable              :  1   N
  - doubly constrained        :  0   D
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          2           2   3
   2        2          1           4
   3        2          1           5
   4        2          1           5
   5        1          0
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  N 1
----
  1      1     0       0    0
  2      1     1       2    3
         2     2       1    1
  3      1     2       1    2
         2     3       1    0
  4      1     1       2    2
         2     2       1    1
  5      1     0       0    0
RESOURCEAVAILABILITIES:
  R 1  N 1
    2    5
"""
"""Job 2 before 4. In 3 periods: 2 slowly beside 3, then 4 fast, which uses 5 of 5. In 2 periods one job has no room."""

NODES = "sn,cpu_milli,memory_mib,gpu,model\na,10,100,2,A\nb,4,100,1,B\n"
PODS = (
    "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\np0,4,10,1,500,\np1,2,10,2,1000,\np2,1,10,0,0,\np3,1,10,1,600,B|C\n"
    "p4,1,10,1,400,\n"
)
PUBLISHED = "workload,sc_policy,90,130\nopenb_pod_list_default,one,80,81.5\nopenb_pod_list_default,two,70,82.5\nother,two,90,99\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "psplib_mm" / "j10").mkdir(parents=True)
    (tmp_path / "psplib_mm" / "j10" / "tiny.mm").write_text(PROJECT)
    (tmp_path / "psplib_mm" / "best_known_j10.csv").write_text("instance,status,makespan_or_obj\ntiny.mm,optimal,3\n")
    folder = tmp_path / "alibaba_openb"
    folder.mkdir()
    (folder / openb.NODES).write_text(NODES)
    (folder / openb.PODS).write_text(PODS)
    (folder / openb.PUBLISHED).write_text(PUBLISHED)
    return tmp_path


@pytest.mark.parametrize(("horizon", "missing"), [(3, 0.0), (2, 1.0)])
@pytest.mark.parametrize("solver", ["enumerate", "cpsat"])
def test_jobs_left_are_those_worked_out_by_hand(solver: str, horizon: int, missing: float, data: Path) -> None:
    case = replace(multimode.cases(data)[0], horizon=horizon)  # type: ignore[call-arg]
    program = case.program()
    score = case.score(program, case.solve(program, solver, Limits(time_limit_s=10, gap=0.0)))
    assert score.value == missing == score.bound and score.violations == ()


def test_the_program_and_the_files_rules_agree_on_every_choice(data: Path) -> None:
    """All choices of a mode and a start, or neither, for each job, within the windows."""
    project = multimode.read(data / "psplib_mm" / "j10" / "tiny.mm")
    horizon = 4
    program = multimode.formulate(project, horizon)
    option, start = program.columns()
    choices = [[None, *np.flatnonzero(project.job[option] == j)] for j in range(project.jobs)]
    kept = 0
    for picked in itertools.product(*choices):
        column = np.array([c for c in picked if c is not None], dtype=np.int64)
        mode, at = option[column], start[column]
        broken = multimode.broken_rules(project, horizon, mode, at)
        assert bool(broken) == bool(program.infeasibility(mode, at, np.ones(len(mode)))), (mode, at, broken)
        kept += not broken
    assert 0 < kept < np.prod([len(c) for c in choices])


def test_windows_follow_the_chain_of_shortest_modes(data: Path) -> None:
    earliest, latest = multimode.read(data / "psplib_mm" / "j10" / "tiny.mm").windows(6)
    assert earliest.tolist() == [0, 0, 1] and latest.tolist() == [5, 6, 6]


def test_jobs_that_the_files_rules_reject_are_found_out(data: Path) -> None:
    project = multimode.read(data / "psplib_mm" / "j10" / "tiny.mm")
    case = multimode.cases(data)[0]
    program = case.program()
    right = load("enumerate")(program, limits=Limits(gap=0.0))
    assert right.value is not None and len(right.value) == 3
    lied = replace(right, levels=(replace(right.levels[0], value=1.0),))
    assert any("by the file" in words for words in case.score(program, lied).violations)
    early = multimode.broken_rules(project, 3, np.array([1, 4]), np.array([0, 1]))
    assert early == ["job 4 starts at 1, job 2 ends at 2", "renewable 1 in period 1: 3 of 2"]
    assert "non-renewable 1: 7 of 5" in multimode.broken_rules(project, 9, np.array([0, 2, 4]), np.array([0, 2, 5]))
    assert multimode.broken_rules(project, 3, np.array([0, 1]), np.array([0, 2]))[0] == "job 2 is placed 2 times"
    assert multimode.broken_rules(project, 3, np.array([3]), np.array([1])) == ["job 3 runs from 1 to 4"]


def openb_case(data: Path, seed: int = 1) -> openb.OpenbCase:
    return next(c for c in openb.cases(data) if isinstance(c, openb.OnlineCase) and c.seed == seed)


def test_nodes_of_the_program_are_those_of_the_file(data: Path) -> None:
    """Random pods on random devices: the Program breaks where the file's rules do, and only there."""
    trace = openb.read(data / "alibaba_openb")
    arrivals = np.repeat(np.arange(5), 2)
    places = openb.formulate(trace, arrivals)
    option, start = places.program.columns()
    rng = np.random.default_rng(0)
    seen = {True: 0, False: 0}
    for _ in range(600):
        pick = rng.choice(len(option), size=int(rng.integers(1, 6)), replace=False)
        value = rng.integers(1, 3, len(pick)).astype(float)
        kind, node = places.kind[option[pick]], places.node[option[pick]]
        broken = openb.broken_rules(trace, arrivals, kind, node, start[pick], value.astype(int))
        assert bool(broken) == bool(places.program.infeasibility(option[pick], start[pick], value)), (kind, node, broken)
        seen[bool(broken)] += 1
    assert min(seen.values()) > 50


def test_a_type_goes_to_the_models_that_it_names(data: Path) -> None:
    trace = openb.read(data / "alibaba_openb")
    assert trace.demand.allowed.tolist() == [[True, True], [True, True], [True, True], [False, True], [True, True]]
    wrong = openb.broken_rules(trace, np.arange(5), np.array([3]), np.array([0]), np.array([0]), np.array([1]))
    assert wrong == ["node 0 has A, which pods of type 3 do not allow"]
    wide = openb.broken_rules(trace, np.arange(5), np.array([1]), np.array([1]), np.array([0]), np.array([1]))
    assert wide[0] == "node 1 has 1 GPUs, a pod of type 1 uses 2 from 0"


def test_arrivals_are_the_trace_and_then_drawn_from_it(data: Path) -> None:
    trace = replace(openb.read(data / "alibaba_openb"), pods=np.array([0, 2, 3, 4]))
    arrivals = trace.arrivals(7)
    asked = trace.demand.size[arrivals].sum()
    assert sorted(arrivals[:4].tolist()) == [0, 2, 3, 4] and set(arrivals) <= {0, 2, 3, 4} and len(arrivals) > 4
    assert openb.ARRIVING * 3 * WHOLE - 600 < asked <= openb.ARRIVING * 3 * WHOLE
    assert trace.arrivals(7).tolist() == arrivals.tolist() != trace.arrivals(8).tolist()


def random_cluster(seed: int) -> tuple[Cluster, Demand, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    cluster = Cluster(rng.integers(1, 5, 12), rng.integers(10, 60, (12, 2)).astype(float))
    share = np.array([1000, 1000, 800, 470, 320, 190, 0])
    demand = Demand(rng.integers(1, 12, (7, 2)).astype(float), np.array([2, 1, 1, 1, 1, 1, 0]), share, rng.random((7, 12)) < 0.8)
    mix = np.full(7, 1 / 7)
    return cluster, demand, mix, rng.integers(0, 7, 150)


@pytest.mark.parametrize("seed", range(5))
def test_the_policy_fills_no_node_beyond_its_size_and_turns_away_nothing_that_fits(seed: int) -> None:
    cluster, demand, mix, arrivals = random_cluster(seed)
    free = np.where(np.arange(4) < cluster.devices[:, None], WHOLE, 0)
    side = cluster.side.copy()
    refused = 0
    for kind, where in zip(arrivals, place_all(cluster, demand, mix, arrivals), strict=True):
        room = demand.allowed[kind] & (side >= demand.side[kind]).all(axis=1)
        room &= (free >= demand.share[kind]).sum(axis=1) >= demand.count[kind]
        if where is None:
            refused += 1
            assert not room.any()
            continue
        assert room[where.node] and len(set(where.devices)) == demand.count[kind]
        free[where.node, list(where.devices)] -= demand.share[kind]
        side[where.node] -= demand.side[kind]
        assert free.min() >= 0 and side.min() >= 0
    assert 0 < refused < len(arrivals)


def test_the_policy_knows_nothing_of_later_arrivals() -> None:
    cluster, demand, mix, arrivals = random_cluster(0)
    whole = place_all(cluster, demand, mix, arrivals)
    for n in (1, 40, 90):
        assert place_all(cluster, demand, mix, arrivals[:n]) == whole[:n]


def test_the_policy_leaves_whole_devices_whole_and_cores_where_devices_are() -> None:
    """A half goes beside a half; demand without devices goes where cores are not what devices need."""
    cluster = Cluster(np.array([2, 2]), np.array([[20.0, 9.0], [90.0, 9.0]]))
    demand = Demand(
        np.array([[10.0, 1.0], [10.0, 1.0], [10.0, 1.0]]), np.array([1, 1, 0]), np.array([1000, 500, 0]), np.ones((3, 2), bool)
    )
    policy = PricedPlacement(cluster, demand, np.array([0.5, 0.4, 0.1]))
    apart = policy.place(2)
    assert apart is not None and apart.node == 1
    first, second = policy.place(1), policy.place(1)
    assert first == second
    assert policy.place(0) is not None and policy.place(0) is not None and policy.place(0) is not None
    assert policy.place(1) is None


@pytest.mark.parametrize("seed", range(3))
def test_offline_keeps_the_rules_and_its_bound_holds_for_the_policy(seed: int) -> None:
    cluster, demand, mix, arrivals = random_cluster(seed)
    trace = openb.Trace(cluster, ("A",) * 12, demand, arrivals)
    places = openb.formulate(trace, arrivals)
    online = [(int(k), w) for k, w in zip(arrivals, place_all(cluster, demand, mix, arrivals), strict=True) if w is not None]
    arriving = places.solution(online)
    placed, answer = Offline(cluster, demand, mix, arrivals).solve("cpsat", Limits(time_limit_s=5, workers=1))
    known = places.solution(placed, answer)
    for solution in (arriving, known):
        assert solution.option is not None and solution.start is not None and solution.value is not None
        assert places.program.infeasibility(solution.option, solution.start, solution.value) == []
        times = np.round(solution.value).astype(int)
        kind, node = places.kind[solution.option], places.node[solution.option]
        assert openb.broken_rules(trace, arrivals, kind, node, solution.start, times) == []
    value, bound = known.levels[0].value, known.levels[0].bound
    assert value is not None and bound is not None and arriving.levels[0].value is not None
    assert bound - 1e-6 <= value <= arriving.levels[0].value + 1e-9
    assert value == pytest.approx(answer.levels[0].value)


def test_cases_score_in_percent_and_find_a_wrong_answer_out(data: Path) -> None:
    case = openb_case(data)
    assert case.known == 82.5 and not case.proven
    program = case.program()
    answer = case.solve(program, "auto", Limits())
    score = case.score(program, answer)
    assert score.violations == () and score.value is not None and 30 < score.value <= 100
    assert answer.value is not None
    twice = case.score(program, replace(answer, value=answer.value * 2)).violations
    assert any("more than arrived" in words for words in twice) and any("by the file" in words for words in twice)


READERS: dict[str, Callable[[Path], list[Case]]] = {"multimode": multimode.cases, "openb": openb.cases}

MM, OB = "psplib_mm/j10/tiny.mm", "alibaba_openb/"


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "line", "words"),
    [
        ("multimode", MM, "PRECEDENCE", "ORDER", 27, "'PRECEDENCE RELATIONS'"),
        ("multimode", MM, "sink ):  5", "sink ):  five", 2, "a whole number"),
        (
            "multimode",
            MM,
            "   2        2          1           4",
            "   2        2          2           4",
            10,
            "its number of modes",
        ),
        ("multimode", MM, "   2        2          1           4", "   2        2          1           1", 10, "between 3 and 5"),
        ("multimode", MM, "         2     3       1    0", "         2     3       1", 21, "4 numbers were expected, found 3"),
        ("multimode", MM, "         2     3       1    0", "         3     3       1    0", 21, "job 3, mode 2 was expected"),
        ("multimode", MM, "         2     3       1    0", "         2     x       1    0", 21, "whole numbers"),
        ("multimode", MM, ":  0   D", ":  1   D", 6, "doubly"),
        ("multimode", MM, "    2    5\n", "", 26, "availabilities"),
        ("openb", OB + openb.NODES, "10,100", "-1,100", 2, "cpu_milli must be a whole number of at least 0, not '-1'"),
        ("openb", OB + openb.PODS, "2,1000", "2,500", 3, "num_gpu 2 with gpu_milli 500"),
        ("openb", OB + openb.PODS, "gpu_spec", "spec", 2, "gpu_spec is missing"),
        ("openb", OB + openb.NODES, "a,10,100,2,A\nb,4,100,1,B\n", "", 1, "no rows"),
    ],
)
def test_a_malformed_file_is_named_with_its_line(
    name: str, file: str, old: str, new: str, line: int, words: str, data: Path
) -> None:
    text = (data / file).read_text()
    assert old in text
    (data / file).write_text(text.replace(old, new))
    with pytest.raises(Malformed) as error:
        READERS[name](data)[0].program()
    assert f"{Path(file).name}, line {line}: " in str(error.value) and words in str(error.value)


@pytest.mark.parametrize(
    ("name", "table", "old", "new"),
    [
        ("multimode", "psplib_mm/best_known_j10.csv", ",3", ",three"),
        ("multimode", "psplib_mm/best_known_j10.csv", "tiny.mm", "other.mm"),
        ("openb", OB + openb.PUBLISHED, "82.5", "many"),
        ("openb", OB + openb.PUBLISHED, "openb_pod_list_default", "pods"),
    ],
)
def test_a_malformed_table_is_named(name: str, table: str, old: str, new: str, data: Path) -> None:
    text = (data / table).read_text()
    assert old in text
    (data / table).write_text(text.replace(old, new))
    with pytest.raises(Malformed, match=Path(table).name):
        READERS[name](data)


@pytest.mark.parametrize("name", READERS)
def test_absent_data_are_said_to_be_absent(name: str, tmp_path: Path) -> None:
    with pytest.raises(Absent):
        READERS[name](tmp_path)
