"""Multi-mode project scheduling: every job in one of its modes, in order and within resources, before a known makespan.

Files of PSPLIB (Kolisch and Sprecher 1997), and ``best_known_j10.csv``. The horizon is the best known makespan, so every job can be
placed where that is proven; what is minimised is the number of jobs that are not. A job is a group, a mode an option that runs for
its duration, a renewable resource has a slot per period and a non-renewable one a single slot. That job a ends before job b
starts is a resource of limit 1: a uses it from the first period to its end, b from its start to the last period.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.sets.case import Absent, Case, Malformed, Score, cost, violations
from placement.builder import END, FIRST, LAST, START, Builder
from placement.program import Floats, Grid, Ints, Program, Solution

GAP = 1e-5
"""The number of jobs is whole: this proves an optimum."""

TIME_LIMIT_S = 10.0


@dataclass(frozen=True)
class Project:
    """Jobs [J] without the two that mark begin and end; modes [M] in the order of their jobs.

    ``duration`` [M] in periods, ``renewable`` [M, R] per period and ``consumed`` [M, N] in all, against ``per_period`` [R] and
    ``total`` [N]. ``before`` [n, 2]: the first ends before the second starts.
    """

    jobs: int
    job: Ints
    duration: Ints
    renewable: Floats
    consumed: Floats
    per_period: Floats
    total: Floats
    before: Ints

    def shortest(self) -> Ints:
        """Duration of each job in its shortest mode, [J]."""
        least = np.full(self.jobs, np.iinfo(np.int64).max)
        np.minimum.at(least, self.job, self.duration)
        return least

    def windows(self, horizon: int) -> tuple[Ints, Ints]:
        """Earliest start and latest end of each job by the critical path through shortest modes, [J] each."""
        shortest = self.shortest()
        earliest, latest = np.zeros(self.jobs, dtype=np.int64), np.full(self.jobs, horizon, dtype=np.int64)
        for _ in range(self.jobs):  # as often as the longest chain has links, at most
            for a, b in self.before:
                earliest[b] = max(earliest[b], earliest[a] + shortest[a])
                latest[a] = min(latest[a], latest[b] - shortest[b])
        return earliest, latest


class _Lines:
    """The lines of a file, with what went wrong in which."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        self.at = 0

    def after(self, title: str, skip: int = 0) -> None:
        """Goes to the line ``skip`` lines below the next one that begins with ``title``."""
        for k in range(self.at, len(self.lines)):
            if self.lines[k].strip().startswith(title):
                self.at = k + 1 + skip
                return
        raise Malformed(self.path, len(self.lines), f"no line begins with {title!r} after line {self.at}")

    def named(self, title: str) -> int:
        """The first number of the next line that begins with ``title``, after a colon."""
        self.after(title)
        words = self.lines[self.at - 1].partition(":")[2].split()
        if not words or not words[0].isdigit():
            raise Malformed(self.path, self.at, f"{title!r} must be followed by a colon and a whole number")
        return int(words[0])

    def numbers(self, what: str, least: int, *, exactly: bool = True) -> list[int]:
        """The whole numbers of the next line: ``least`` of them, or at least that many."""
        if self.at >= len(self.lines):
            raise Malformed(self.path, len(self.lines), f"the file ends where {what} was expected")
        words = self.lines[self.at].split()
        self.at += 1
        if not all(word.isdigit() for word in words):
            raise Malformed(self.path, self.at, f"{what}: whole numbers were expected, not {self.lines[self.at - 1].strip()!r}")
        if len(words) < least or (exactly and len(words) != least):
            raise Malformed(self.path, self.at, f"{what}: {least} numbers were expected, found {len(words)}")
        return [int(word) for word in words]


def read(path: Path) -> Project:
    """The project in a file. Raises ``Malformed``."""
    lines = _Lines(path)
    count = lines.named("jobs")
    renewable, consumed = lines.named("- renewable"), lines.named("- nonrenewable")
    if lines.named("- doubly constrained"):
        raise Malformed(path, lines.at, "doubly constrained resources are not supported: write them as one of each kind")
    lines.after("PRECEDENCE RELATIONS", skip=1)
    modes, before = [], []
    for job in range(1, count + 1):
        row = lines.numbers(f"job {job}", 3, exactly=False)
        if row[0] != job or len(row) != 3 + row[2]:
            raise Malformed(path, lines.at, f"job {job}, its number of modes, of successors and these were expected")
        if any(not job < successor <= count for successor in row[3:]):
            raise Malformed(path, lines.at, f"successors of job {job} must lie between {job + 1} and {count}")
        modes.append(row[1])
        before += [(job, successor) for successor in row[3:]]
    lines.after("REQUESTS/DURATIONS", skip=2)
    of_job, table = [], []
    for job in range(1, count + 1):
        for mode in range(1, modes[job - 1] + 1):
            row = lines.numbers(f"job {job}, mode {mode}", 2 + renewable + consumed + (mode == 1))
            if row[: 2 if mode == 1 else 1] != ([job, mode] if mode == 1 else [mode]):
                raise Malformed(path, lines.at, f"job {job}, mode {mode} was expected")
            of_job.append(job)
            table.append(row[2 if mode == 1 else 1 :])
    lines.after("RESOURCEAVAILABILITIES", skip=1)
    limits = np.array(lines.numbers("availabilities", renewable + consumed), dtype=np.float64)
    job, use = np.array(of_job), np.array(table)
    inner = (job > 1) & (job < count)
    if use[~inner].any():
        raise Malformed(path, lines.at, "the first and the last job mark begin and end: they must need nothing")
    if (use[inner, 0] == 0).any():
        raise Malformed(path, lines.at, "a job between the first and the last must have a duration above 0")
    kept = [(a - 2, b - 2) for a, b in before if a > 1 and b < count]
    return Project(
        jobs=count - 2,
        job=job[inner] - 2,
        duration=use[inner, 0],
        renewable=use[inner, 1 : 1 + renewable].astype(np.float64),
        consumed=use[inner, 1 + renewable :].astype(np.float64),
        per_period=limits[:renewable],
        total=limits[renewable:],
        before=np.array(kept, dtype=np.int64).reshape(-1, 2),
    )


def formulate(project: Project, horizon: int) -> Program:
    """The project as a Program whose option m is mode m; a period is one unit of the files' time.

    Windows take every job to be placed: where the horizon is too short for that, plans that place some may be missing.
    """
    builder = Builder(Grid(np.ones(horizon), 1), ["jobs not placed"], ["jobs"])
    groups = builder.add_groups([f"job {j + 2}" for j in range(project.jobs)], False)
    earliest, latest = project.windows(horizon)
    modes = builder.add_running(
        first=earliest[project.job],
        last=latest[project.job] - project.duration,
        hours=project.duration.astype(np.float64),
        group=groups[project.job],
    )
    builder.add_constant(0, 0, float(project.jobs))
    builder.add_charges(modes, 0, 0, -1.0)
    for r, limit in enumerate(project.per_period):
        resource = builder.add_resources([f"renewable {r + 1}"], "unit", limit)
        used = np.flatnonzero(project.renewable[:, r])
        builder.add_rates(modes[used], resource, project.renewable[used, r])
    for n, limit in enumerate(project.total):
        resource = builder.add_budgets([f"non-renewable {n + 1}"], "unit", limit)
        used = np.flatnonzero(project.consumed[:, n])
        builder.add_rates(modes[used], resource, project.consumed[used, n], lump=True)
    for a, b in project.before:
        resource = builder.add_resources([f"job {a + 2} before job {b + 2}"], "job", 1.0)
        builder.add_rates(modes[project.job == a], resource, 1.0, start=FIRST, end=END)
        builder.add_rates(modes[project.job == b], resource, 1.0, start=START, end=LAST)
    return builder.build()


def broken_rules(project: Project, horizon: int, mode: Ints, start: Ints) -> list[str]:
    """What a choice of modes and starts breaks, by the file's own rules alone; jobs that are not placed break nothing."""
    broken = []
    job, end = project.job[mode], start + project.duration[mode]
    times = np.bincount(job, minlength=project.jobs)
    broken += [f"job {j + 2} is placed {times[j]} times" for j in np.flatnonzero(times > 1)]
    broken += [f"job {job[k] + 2} runs from {start[k]} to {end[k]}" for k in np.flatnonzero((start < 0) | (end > horizon))]
    starts, ends = np.full(project.jobs, horizon), np.zeros(project.jobs, dtype=np.int64)
    starts[job], ends[job] = start, end
    for a, b in project.before:
        if times[a] and times[b] and ends[a] > starts[b]:
            broken.append(f"job {b + 2} starts at {starts[b]}, job {a + 2} ends at {ends[a]}")
    for period in range(horizon):
        use = project.renewable[mode[(start <= period) & (period < end)]].sum(axis=0)
        for r in np.flatnonzero(use > project.per_period):
            broken.append(f"renewable {r + 1} in period {period}: {use[r]:g} of {project.per_period[r]:g}")
    use = project.consumed[mode].sum(axis=0)
    broken += [f"non-renewable {n + 1}: {use[n]:g} of {project.total[n]:g}" for n in np.flatnonzero(use > project.total)]
    return broken


@dataclass(frozen=True)
class MultiModeCase(Case):
    """One file; the known value is 0, every job placed."""

    path: Path
    horizon: int

    def program(self) -> Program:
        return formulate(read(self.path), self.horizon)

    def score(self, program: Program, solution: Solution) -> Score:
        value, bound = cost(solution)
        broken = violations(program, solution)
        if solution.option is None or solution.start is None or solution.value is None:
            return Score(None, bound, tuple(broken))
        project = read(self.path)
        chosen = solution.value > 0.5
        mode, start = solution.option[chosen], solution.start[chosen]
        broken += broken_rules(project, self.horizon, mode, start)
        missing = float(project.jobs - len(np.unique(project.job[mode])))
        if value is not None and abs(missing - value) > 1e-6:
            broken.append(f"the solver's value {value:.9g} is {missing:g} by the file")
        return Score(missing, bound, tuple(broken), (("horizon", float(self.horizon)),))


def cases(data: Path) -> list[Case]:
    """Every file of ``best_known_j10.csv``. Raises ``Absent`` and ``Malformed``."""
    table = data / "psplib_mm" / "best_known_j10.csv"
    if not table.is_file():
        raise Absent(f"no file {table}")
    found: list[Case] = []
    with table.open(encoding="utf-8", errors="replace", newline="") as lines:
        rows = csv.DictReader(lines)
        for row in rows:
            try:
                name, proven, makespan = row["instance"], row["status"] == "optimal", int(row["makespan_or_obj"])
            except (KeyError, TypeError, ValueError) as error:
                problem = f"columns instance, status and makespan_or_obj (a whole number) are needed: {error}"
                raise Malformed(table, rows.line_num, problem) from None
            path = table.parent / "j10" / name
            if not path.is_file():
                raise Malformed(table, rows.line_num, f"instance {name}: no file {path}")
            found.append(MultiModeCase(name, 0.0, proven, path, makespan))
    return found
