"""Multiple-choice multidimensional knapsack: one item of every class, within m capacities, at most value.

Files of Hiremath and Hill: per problem ``index n l m`` (n classes of l items, m resources), the m capacities, then per class its
index and l rows ``value w1 .. wm``; ``verified_optima.csv`` holds the optima. A class is a must group, an item an option, value a
negative cost, and there is one period.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.sets.case import Absent, Case, Malformed, Numbers, Score, cost, violations
from placement.builder import Builder
from placement.program import Floats, Grid, Program, Solution

GAP = 1e-5
"""Values are whole and totals below 100,000: this proves an optimum."""

TIME_LIMIT_S = 10.0


@dataclass(frozen=True)
class Knapsack:
    """``value`` [classes, items], ``weight`` [classes, items, m], ``capacity`` [m]."""

    value: Floats
    weight: Floats
    capacity: Floats


def read(path: Path, index: int) -> Knapsack:
    """Problem ``index`` of a file; those before it are checked as well. Raises ``Malformed``."""
    numbers = Numbers(path)
    for expected in range(1, index + 1):
        found = numbers.whole("the index of a problem")
        if found != expected:
            raise Malformed(path, numbers.line, f"problem {expected} was expected, found {found}")
        classes, items, m = (numbers.whole(what, least=1) for what in ("the number of classes", "of items", "of resources"))
        capacity = numbers.wholes(m, "capacity")
        rows = []
        for expected_class in range(1, classes + 1):
            found = numbers.whole("the index of a class")
            if found != expected_class:
                raise Malformed(path, numbers.line, f"class {expected_class} of {classes} was expected, found {found}")
            rows.append([numbers.wholes(1 + m, f"class {found}, item {item + 1}: number") for item in range(items)])
    table = np.array(rows, dtype=np.float64)
    return Knapsack(table[:, :, 0], table[:, :, 1:], np.array(capacity, dtype=np.float64))


def formulate(problem: Knapsack) -> Program:
    """The problem as a Program; option ``class * items + item`` takes an item."""
    classes, items = problem.value.shape
    m = len(problem.capacity)
    builder = Builder(Grid(np.ones(1), 1), ["cost"], ["value"])
    resources = builder.add_resources([f"resource {r + 1}" for r in range(m)], "unit", problem.capacity[:, None])
    groups = builder.add_groups([f"class {c + 1}" for c in range(classes)], True)
    first = np.zeros(classes * items, dtype=np.int64)
    options = builder.add_running(first=first, last=first, hours=1.0, group=np.repeat(groups, items))
    builder.add_rates(np.repeat(options, m), np.tile(resources, len(options)), problem.weight.reshape(-1))
    builder.add_charges(options, 0, 0, -problem.value.reshape(-1))
    return builder.build()


@dataclass(frozen=True)
class MmkpCase(Case):
    """One problem of a file."""

    path: Path
    index: int

    maximise = True

    def program(self) -> Program:
        return formulate(read(self.path, self.index))

    def score(self, program: Program, solution: Solution) -> Score:
        value, bound = cost(solution)
        upper = None if bound is None else -bound
        broken = violations(program, solution)
        if solution.option is None or solution.value is None:
            return Score(None, upper, tuple(broken))
        problem = read(self.path, self.index)
        classes, items = problem.value.shape
        chosen = solution.option[solution.value > 0.5]
        of_class, item = chosen // items, chosen % items
        if len(chosen) != classes or len(np.unique(of_class)) != classes:
            broken.append(f"{len(np.unique(of_class))} of {classes} classes have an item, by {len(chosen)} items")
        use = problem.weight[of_class, item].sum(axis=0)
        broken += [f"resource {r + 1}: {use[r]:g} of {problem.capacity[r]:g}" for r in np.flatnonzero(use > problem.capacity)]
        own = float(problem.value[of_class, item].sum())
        if value is not None and abs(own + value) > 1e-6 * max(1.0, abs(own)):
            broken.append(f"the solver's value {-value:.9g} is {own:.9g} by the file")
        return Score(own, upper, tuple(broken))


def cases(data: Path) -> list[Case]:
    """Every problem of ``verified_optima.csv``. Raises ``Absent`` and ``Malformed``."""
    table = data / "mmkp" / "verified_optima.csv"
    if not table.is_file():
        raise Absent(f"no file {table}")
    files = {path.name.removesuffix(".txt").split(".", 1)[1]: path for path in sorted(table.parent.glob("TestSet*.*.txt"))}
    found: list[Case] = []
    with table.open(encoding="utf-8", errors="replace", newline="") as lines:
        rows = csv.DictReader(lines)
        for row in rows:
            try:
                name, index = row["set"], int(row["idx"])
                known, proven = float(row["highs"]), row["status"] == "Optimal"
            except (KeyError, TypeError, ValueError) as error:
                problem = f"columns set, idx (whole), highs (a number) and status are needed: {error}"
                raise Malformed(table, rows.line_num, problem) from None
            if name not in files:
                raise Malformed(table, rows.line_num, f"set {name}: no file TestSet*.{name}.txt in {table.parent}")
            found.append(MmkpCase(f"{files[name].stem}/{index}", known, proven, files[name], index))
    return found
