"""Generalized assignment: every job to one agent, within the agents' capacities, at least cost.

Files: ``m n``, then m rows of n costs, m rows of n weights, m capacities (Cattrysse, Salomon and Van Wassenhove 1994; Chu and
Beasley 1997), and ``best_known.csv``. A job is a must group with an option per agent, an agent is a resource, and there is
one period.
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
"""Costs are whole and totals below 100,000: this proves an optimum."""

TIME_LIMIT_S = 20.0


@dataclass(frozen=True)
class Assignment:
    """``cost`` and ``weight`` [agents, jobs], ``capacity`` [agents]."""

    cost: Floats
    weight: Floats
    capacity: Floats


def read(path: Path) -> Assignment:
    """The problem in a file. Raises ``Malformed``."""
    numbers = Numbers(path)
    agents, jobs = numbers.whole("the number of agents", least=1), numbers.whole("the number of jobs", least=1)
    rows = {}
    for what in ("cost", "weight"):
        rows[what] = [numbers.wholes(jobs, f"agent {agent + 1}: {what}") for agent in range(agents)]
    capacity = numbers.wholes(agents, "capacity")
    numbers.end()
    return Assignment(np.array(rows["cost"], float), np.array(rows["weight"], float), np.array(capacity, float))


def formulate(problem: Assignment) -> Program:
    """The problem as a Program; option ``job * agents + agent`` puts a job on an agent."""
    agents, jobs = problem.cost.shape
    builder = Builder(Grid(np.ones(1), 1), ["cost"], ["assignment"])
    agent_ids = builder.add_resources([f"agent {a + 1}" for a in range(agents)], "weight", problem.capacity[:, None])
    groups = builder.add_groups([f"job {j + 1}" for j in range(jobs)], True)
    first = np.zeros(agents * jobs, dtype=np.int64)
    options = builder.add_running(first=first, last=first, hours=1.0, group=np.repeat(groups, agents))
    builder.add_rates(options, np.tile(agent_ids, jobs), problem.weight.T.reshape(-1))
    builder.add_charges(options, 0, 0, problem.cost.T.reshape(-1))
    return builder.build()


@dataclass(frozen=True)
class GapCase(Case):
    """One file."""

    path: Path

    def program(self) -> Program:
        return formulate(read(self.path))

    def score(self, program: Program, solution: Solution) -> Score:
        value, bound = cost(solution)
        broken = violations(program, solution)
        if solution.option is None or solution.value is None:
            return Score(None, bound, tuple(broken))
        problem = read(self.path)
        agents, jobs = problem.cost.shape
        chosen = solution.option[solution.value > 0.5]
        job, agent = chosen // agents, chosen % agents
        if len(job) != jobs or len(np.unique(job)) != jobs:
            broken.append(f"{len(np.unique(job))} of {jobs} jobs assigned, by {len(job)} assignments")
        load = np.bincount(agent, problem.weight[agent, job], agents)
        broken += [f"agent {a + 1}: {load[a]:g} of {problem.capacity[a]:g}" for a in np.flatnonzero(load > problem.capacity)]
        own = float(problem.cost[agent, job].sum())
        if value is not None and abs(own - value) > 1e-6 * max(1.0, own):
            broken.append(f"the solver's value {value:.9g} is {own:.9g} by the file")
        return Score(own, bound, tuple(broken))


def cases(data: Path) -> list[Case]:
    """Every instance of ``best_known.csv``. Raises ``Absent`` and ``Malformed``."""
    table = data / "gap" / "best_known.csv"
    if not table.is_file():
        raise Absent(f"no file {table}")
    found: list[Case] = []
    with table.open(encoding="utf-8", errors="replace", newline="") as lines:
        rows = csv.DictReader(lines)
        for row in rows:
            try:
                name, known, proven = row["instance"], float(row["best_value_to_use"]), row["proved_optimal"] == "1"
            except (KeyError, TypeError, ValueError) as error:
                problem = f"columns instance, best_value_to_use (a number) and proved_optimal are needed: {error}"
                raise Malformed(table, rows.line_num, problem) from None
            path = table.parent / name
            if not path.is_file():
                raise Malformed(table, rows.line_num, f"instance {name}: no file {path}")
            found.append(GapCase(name, known, proven, path))
    return found
