"""Pods on the GPU nodes of a production cluster: as they arrive beside published policies, and all known beside a bound.

Files of the openb trace (Weng et al., Beware of Fragmentation, USENIX ATC 2023): nodes ``sn,cpu_milli,memory_mib,gpu,model``,
pods ``cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec``, and ``published_alloc_percent.csv``, the share of GPUs that six policies
allocate.
Arrivals are made as there: the trace in random order, then pods drawn from it with replacement until all ask for 130 % of the GPUs.

In the Program a node's devices are the periods: a pod that shares a GPU starts at its device, one that takes k whole GPUs runs over
k devices in a row (devices of a node are alike, so any set can be numbered so). Pods of the same demand are one option per node.
The known value holds for cases in arrival order only; the policy knows the mix of the trace, as the best published one does.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.sets.case import Absent, Case, Malformed, Score, violations
from benchmarks.sets.online import WHOLE, Cluster, Demand, Placed, place_all
from benchmarks.sets.openb_offline import Offline
from placement.builder import Builder
from placement.program import Floats, Grid, Ints, LevelResult, Program, Solution, Status
from solvers.solver import Limits

GAP = 1e-3
TIME_LIMIT_S = 60.0

SEEDS = (1, 2, 3, 4, 5)
"""Arrivals of the cases; the policy was made looking at others."""

ARRIVING = 1.3
"""GPUs asked for by all arrivals, as a share of those there are."""

NODES, PODS, PUBLISHED = "openb_node_list_gpu_node.csv", "openb_pod_list_default.csv", "published_alloc_percent.csv"


@dataclass(frozen=True)
class Trace:
    """The cluster, its kinds of node ``model`` [N], the types of demand, and the type of every pod of the trace."""

    cluster: Cluster
    model: tuple[str, ...]
    demand: Demand
    pods: Ints

    @cached_property
    def mix(self) -> Floats:
        """Frequency of each type, [T]."""
        return np.bincount(self.pods, minlength=len(self.demand.count)) / len(self.pods)

    def arrivals(self, seed: int) -> Ints:
        """Types in order of arrival."""
        rng = np.random.default_rng(seed)
        size, most = self.demand.size, ARRIVING * self.cluster.capacity
        found = rng.permutation(self.pods).tolist()
        asked = int(size[found].sum())
        while True:
            kind = int(rng.choice(self.pods))
            asked += int(size[kind])
            if asked > most:
                return np.array(found, dtype=np.int64)
            found.append(kind)


def _rows(path: Path, columns: Iterable[str], words: Iterable[str]) -> Iterable[tuple[list[int], list[str], int]]:
    """Whole numbers of ``columns``, texts of ``words`` and line of every row. Raises ``Absent`` and ``Malformed``."""
    if not path.is_file():
        raise Absent(f"no file {path}")
    with path.open(encoding="utf-8", errors="replace", newline="") as lines:
        rows = csv.DictReader(lines)
        for row in rows:
            numbers, texts = [], []
            for name in columns:
                value = row.get(name)
                if value is None or not value.isdigit():
                    raise Malformed(path, rows.line_num, f"column {name} must be a whole number of at least 0, not {value!r}")
                numbers.append(int(value))
            for name in words:
                if row.get(name) is None:
                    raise Malformed(path, rows.line_num, f"column {name} is missing")
                texts.append(row[name])
            yield numbers, texts, rows.line_num


def read(folder: Path) -> Trace:
    """The nodes and pods of a folder. Raises ``Absent`` and ``Malformed``."""
    nodes, models = [], []
    for numbers, (model,), _ in _rows(folder / NODES, ("cpu_milli", "memory_mib", "gpu"), ("model",)):
        nodes.append(numbers)
        models.append(model)
    types: dict[tuple[int, int, int, int, str], int] = {}
    pods = []
    for numbers, (spec,), line in _rows(folder / PODS, ("cpu_milli", "memory_mib", "num_gpu", "gpu_milli"), ("gpu_spec",)):
        cpu, memory, count, share = numbers
        if share > WHOLE or (count == 0) != (share == 0) or (count > 1 and share != WHOLE):
            problem = f"num_gpu {count} with gpu_milli {share}: expected 0 with 0, 1 with at most {WHOLE}, or more with {WHOLE}"
            raise Malformed(folder / PODS, line, problem)
        pods.append(types.setdefault((cpu, memory, count, share, spec), len(types)))
    for path, found in ((folder / NODES, nodes), (folder / PODS, pods)):
        if not found:
            raise Malformed(path, 1, "the file has no rows")
    table = np.array(nodes, dtype=np.int64)
    kinds = np.array([key[:4] for key in types], dtype=np.int64)
    specs = [key[4] for key in types]
    allowed = np.array([[not spec or model in spec.split("|") for model in models] for spec in specs], dtype=bool)
    return Trace(
        Cluster(table[:, 2], table[:, :2].astype(np.float64)),
        tuple(models),
        Demand(kinds[:, :2].astype(np.float64), kinds[:, 2], kinds[:, 3], allowed),
        np.array(pods, dtype=np.int64),
    )


@dataclass(frozen=True)
class Places:
    """The Program of a trace's arrivals: option o puts pods of type ``kind[o]`` on ``node[o]``.

    ``option`` [T, N] is the reverse, -1 where a type cannot go.
    """

    program: Program
    kind: Ints
    node: Ints
    option: Ints

    def solution(self, placed: Iterable[tuple[int, Placed]], answer: Solution | None = None) -> Solution:
        """Types and where each went, as a plan; what is proven is taken from ``answer``."""
        at: dict[int, list[tuple[int, tuple[int, ...]]]] = {}
        for kind, where in placed:
            at.setdefault(where.node, []).append((kind, where.devices))
        taken: dict[tuple[int, int], float] = {}
        for node, here in at.items():
            number: dict[int, int] = {}
            for _, devices in sorted(here, key=lambda pod: -len(pod[1])):  # sets of whole GPUs first, each in a row
                for device in devices:
                    number.setdefault(device, len(number))
            for kind, devices in here:
                key = (int(self.option[kind, node]), min((number[d] for d in devices), default=0))
                taken[key] = taken.get(key, 0.0) + 1.0
        keys = sorted(taken)
        option, start = np.array(keys, dtype=np.int64).reshape(-1, 2).T
        value = np.array([taken[key] for key in keys])
        level = float(self.program.objective(option, start, value).sum())
        if answer is None:
            result = LevelResult(self.program.levels[0], level, None)
            return Solution(Status.FEASIBLE, None, option, start, value, (result,), 0.0, "online")
        result = LevelResult(self.program.levels[0], level, answer.levels[0].bound)
        return replace(answer, option=option, start=start, value=value, levels=(result,))


def formulate(trace: Trace, arrivals: Ints) -> Places:
    """Every arrival on every node that its type may use; minimises GPUs that are not allocated."""
    cluster, demand = trace.cluster, trace.demand
    nodes, most = len(cluster.devices), max(1, int(cluster.devices.max()))
    arriving = np.bincount(arrivals, minlength=len(demand.count))
    kind, node = np.nonzero(demand.allowed & (cluster.devices >= demand.count[:, None]) & (arriving[:, None] > 0))
    count, share = demand.count[kind], demand.share[kind]
    builder = Builder(Grid(np.ones(most), 1), ["GPUs not allocated"], ["GPUs"])
    builder.add_constant(0, 0, cluster.capacity / WHOLE)
    there = np.arange(most) < cluster.devices[:, None]
    gpus = builder.add_resources([f"GPUs of node {n}" for n in range(nodes)], "thousandth", np.where(there, WHOLE, 0))
    cpu = builder.add_budgets([f"cores of node {n}" for n in range(nodes)], "milli", cluster.side[:, :1])
    memory = builder.add_budgets([f"memory of node {n}" for n in range(nodes)], "MiB", cluster.side[:, 1:])
    pods = builder.add_budgets([f"pods of type {t}" for t in range(len(arriving))], "pod", arriving[:, None].astype(float))
    options = builder.add_running(
        first=np.zeros(len(kind), dtype=np.int64),
        last=np.where(count > 0, cluster.devices[node] - count, 0),
        hours=np.maximum(count, 1).astype(np.float64),
        upper=np.where((count == 1) & (share > 0), WHOLE // np.maximum(share, 1), np.where(count > 1, 1, arriving[kind])),
    )
    using = np.flatnonzero(count > 0)
    builder.add_rates(options[using], gpus[node[using]], share[using])
    builder.add_rates(options, cpu[node], demand.side[kind, 0], lump=True)
    builder.add_rates(options, memory[node], demand.side[kind, 1], lump=True)
    builder.add_rates(options, pods[kind], 1.0, lump=True)
    builder.add_charges(options[using], 0, 0, -demand.size[kind[using]] / WHOLE)
    option = np.full((len(arriving), nodes), -1, dtype=np.int64)
    option[kind, node] = options
    return Places(builder.build(), kind, node, option)


def broken_rules(trace: Trace, arrivals: Ints, kind: Ints, node: Ints, first: Ints, times: Ints) -> list[str]:
    """What pods of ``kind`` on devices ``first`` and following of ``node`` break, by the file's own numbers."""
    cluster, demand = trace.cluster, trace.demand
    free = np.where(np.arange(int(cluster.devices.max())) < cluster.devices[:, None], WHOLE, 0)
    side = cluster.side.copy()
    left = np.bincount(arrivals, minlength=len(demand.count))
    broken = []
    for k, n, device, number in zip(kind.tolist(), node.tolist(), first.tolist(), times.tolist(), strict=True):
        if not demand.allowed[k, n]:
            broken.append(f"node {n} has {trace.model[n]}, which pods of type {k} do not allow")
        free[n, device : device + int(demand.count[k])] -= number * int(demand.share[k])
        if device + int(demand.count[k]) > cluster.devices[n]:
            broken.append(f"node {n} has {cluster.devices[n]} GPUs, a pod of type {k} uses {demand.count[k]} from {device}")
        side[n] -= number * demand.side[k]
        left[k] -= number
    broken += [f"node {n} GPU {d}: {WHOLE - free[n, d]} of {WHOLE}" for n, d in zip(*np.nonzero(free < 0), strict=True)]
    broken += [
        f"node {n}: {('cores', 'memory')[r]} exceeded by {-side[n, r]:g}" for n, r in zip(*np.nonzero(side < 0), strict=True)
    ]
    broken += [f"type {k}: {-left[k]} pods more than arrived" for k in np.flatnonzero(left < 0)]
    return broken


@dataclass(frozen=True)
class OpenbCase(Case):
    """Arrivals of one seed."""

    folder: Path
    seed: int

    maximise = True

    @cached_property
    def trace(self) -> Trace:
        return read(self.folder)

    @cached_property
    def arrivals(self) -> Ints:
        return self.trace.arrivals(self.seed)

    @cached_property
    def places(self) -> Places:
        return formulate(self.trace, self.arrivals)

    def program(self) -> Program:
        return self.places.program

    def score(self, program: Program, solution: Solution) -> Score:
        gpus = self.trace.cluster.capacity / WHOLE
        level = solution.levels[0]
        bound = None if level.bound is None else 100 * (1 - level.bound / gpus)
        broken = violations(program, solution)
        if solution.option is None or solution.start is None or solution.value is None:
            return Score(None, bound, tuple(broken))
        kind, node = self.places.kind[solution.option], self.places.node[solution.option]
        times = np.round(solution.value).astype(np.int64)
        broken += broken_rules(self.trace, self.arrivals, kind, node, solution.start, times)
        used = float((times * self.trace.demand.size[kind]).sum()) / WHOLE
        if level.value is not None and abs(gpus - used - level.value) > 1e-6 * gpus:
            broken.append(f"the solver's value {level.value:.9g} is {gpus - used:.9g} by the file")
        facts = (("arrivals", float(len(self.arrivals))), ("placed", float(times.sum())))
        return Score(100 * used / gpus, bound, tuple(broken), facts)


@dataclass(frozen=True)
class OnlineCase(OpenbCase):
    """Placed one after another as they arrive; the known value is the best published share of GPUs allocated, in percent."""

    def solve(self, program: Program, solver: str, limits: Limits) -> Solution:
        trace = self.trace
        placed = place_all(trace.cluster, trace.demand, trace.mix, self.arrivals)
        return self.places.solution((int(k), where) for k, where in zip(self.arrivals, placed, strict=True) if where is not None)


@dataclass(frozen=True)
class OfflineCase(OpenbCase):
    """All arrivals known; nothing published to compare with but the bound."""

    def solve(self, program: Program, solver: str, limits: Limits) -> Solution:
        trace = self.trace
        placed, answer = Offline(trace.cluster, trace.demand, trace.mix, self.arrivals).solve(solver, limits)
        return self.places.solution(placed, answer)


def cases(data: Path) -> list[Case]:
    """Each seed in arrival order, then with all arrivals known. Raises ``Absent`` and ``Malformed``."""
    folder = data / "alibaba_openb"
    table = folder / PUBLISHED
    if not table.is_file():
        raise Absent(f"no file {table}")
    with table.open(encoding="utf-8", errors="replace", newline="") as lines:
        rows = csv.DictReader(lines)
        try:
            best = max(float(row["130"]) for row in rows if row["workload"] == "openb_pod_list_default")
        except (KeyError, TypeError, ValueError) as error:
            problem = f"column 130 must be numbers, with rows of workload openb_pod_list_default: {error}"
            raise Malformed(table, rows.line_num, problem) from None
    online: list[Case] = [OnlineCase(f"arriving/{seed}", best, False, folder, seed) for seed in SEEDS]
    return online + [OfflineCase(f"all known/{seed}", None, False, folder, seed) for seed in SEEDS]
