"""Cases: an instance, a scenario, a solver, a seed and limits; and what running one yields, judged by the independent check."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from placement.bench.judge import Judgement, finite, judge
from placement.bench.traces import Trace, gap_between, primal_integral, thinned
from placement.formulate import Formulation, formulate
from placement.program import Program, Solution

REFUSED = "refused"
"""Status of a case whose Program the solver does not take."""

ERROR = "error"
"""Status of a case that came to nothing: a crash, a limit of time or memory, an instance that cannot be read."""


LONGEST_ERROR = 1000
"""Characters of an instance's errors that a row keeps: ``placement check`` tells them all."""


@dataclass(frozen=True)
class CaseLimits:
    """When a case stops. With ``work_limit`` it is deterministic: one worker, and seconds end nothing but a case gone astray."""

    gap: float
    work_limit: float | None = None
    time_limit_s: float | None = None
    workers: int = 1
    safety_s: float = 600.0
    """Seconds after which the process of a case is ended, beyond ``time_limit_s`` where there is one."""
    memory_limit_mb: float | None = None

    @property
    def deterministic(self) -> bool:
        return self.work_limit is not None


@dataclass(frozen=True)
class Case:
    """``instance`` is the path as the suite states it, ``path`` where it lies."""

    name: str
    instance: str
    path: Path
    scenario: str | None
    solver: str
    seed: int
    limits: CaseLimits


class Event(Protocol):
    """Progress of a running solve: costs of a level, constants included, and the work done so far."""

    @property
    def level(self) -> str: ...
    @property
    def incumbent(self) -> float | None: ...
    @property
    def bound(self) -> float | None: ...
    @property
    def work(self) -> float | None: ...


class Refused(ValueError):
    """The solver does not take this Program; the message says why."""


Search = Callable[[Program, Case, Callable[[Event], None]], Solution]
"""Solves a Program as a case states. It must pickle, since each case has a process of its own; may raise ``Refused``."""


@dataclass(frozen=True)
class Level:
    """What one level of the objective reached."""

    name: str
    objective: float | None
    bound: float | None
    gap: float | None


@dataclass(frozen=True)
class Quality:
    """What a case reached. Of a deterministic case two runs on the same versions state it byte for byte the same.

    ``primal_integral`` is the mean gap of the incumbent to the bound of the end over the work limit, None where there is none.
    """

    status: str
    limit: str | None = None
    levels: tuple[Level, ...] = ()
    violations: int | None = None
    """None where there is no plan."""
    terms: dict[str, float] | None = None
    sizes: dict[str, int] = field(default_factory=dict)
    work: float | None = None
    primal_integral: float | None = None


@dataclass(frozen=True)
class Information:
    """What a run took: no two runs agree on it. ``seconds`` count from an instance in memory to a checked plan."""

    seconds: float | None = None
    seconds_formulate: float | None = None
    first_plan_seconds: float | None = None
    primal_integral_seconds: float | None = None
    peak_mb: float | None = None
    """Of the whole process tree; ``memory`` says how it was counted, see ``placement.bench.processes``."""
    memory: str | None = None
    facts: dict[str, float | str | None] = field(default_factory=dict)
    level: str | None = None
    """The level that ``trace`` and primal integrals are of: the first left open, the last one when all are closed."""
    bound: float | None = None
    """Bound of that level at the end."""
    trace: Trace | None = None
    """Events [seconds, incumbent, bound] of that level."""


@dataclass(frozen=True)
class Row:
    """A case and what came of it; ``digest`` is the instance's, ``sources`` that of its files, both None where it was not read.

    A later version may read the same files as an instance of another digest; the same digest may be written in other files.
    """

    case: str
    instance: str
    scenario: str | None
    solver: str
    seed: int
    limits: CaseLimits
    quality: Quality
    information: Information = Information()
    digest: str | None = None
    sources: str | None = None
    error: str | None = None


def failed(case: Case, error: str) -> Row:
    """The row of a case of which nothing is known but an error."""
    return Row(case.name, case.instance, case.scenario, case.solver, case.seed, case.limits, Quality(ERROR), error=error)


@dataclass(frozen=True)
class Task:
    """A case and how it is searched; what its process is handed."""

    case: Case
    search: Search


class _Recorder:
    """Keeps every event: seconds since ``began``, whatever clock the solver has, and work."""

    def __init__(self, began: float) -> None:
        self.began = began
        self.events: list[tuple[float, float | None, str, float | None, float | None]] = []

    def __call__(self, event: Event) -> None:
        seconds = time.monotonic() - self.began
        self.events.append((seconds, finite(event.work), event.level, finite(event.incumbent), finite(event.bound)))

    def by_seconds(self, level: str) -> Trace:
        return [[seconds, value, bound] for seconds, _, name, value, bound in self.events if name == level]

    def by_work(self, level: str) -> Trace | None:
        """None where the solver does not say at which work its plans came."""
        mine = [event for event in self.events if event[2] == level and event[3] is not None]
        if any(work is None for _, work, *_ in mine):
            return None
        return [[work, value, bound] for _, work, _, value, bound in mine]


def run_case(task: Task, begun: Callable[[], None] = lambda: None) -> Row:
    """Reads, formulates, solves and checks a case in this process; ``begun`` is called when the time starts to count."""
    from placement.files import InputErrors, load, sources_digest

    case = task.case
    try:
        instance = load(case.path, scenario=case.scenario)
    except InputErrors as errors:
        return failed(case, f"the instance cannot be used: {' '.join(str(errors).split())[:LONGEST_ERROR]}")
    begun()
    began = time.monotonic()
    formulation = formulate(instance)
    formulated = time.monotonic() - began
    row = replace(failed(case, ""), digest=instance.digest, sources=sources_digest(case.path), error=None)
    recorder = _Recorder(began)
    try:
        solution = task.search(formulation.program, case, recorder)
    except Refused as reason:
        quality = Quality(REFUSED, sizes=sizes(formulation.program))
        return replace(row, quality=quality, information=Information(facts={REFUSED: str(reason)}))
    judgement = judge(formulation, formulation.program, solution)
    complaint = judgement.complaint
    if complaint is None and judgement.checked is not None and formulation.exact:
        complaint = judgement.checked.misstated(solution.levels)
    seconds = time.monotonic() - began
    return replace(
        row,
        quality=_quality(case, formulation, solution, judgement, recorder),
        information=_information(case, solution, judgement, recorder, seconds, formulated),
        error=complaint,
    )


def _quality(case: Case, formulation: Formulation, solution: Solution, judgement: Judgement, recorder: _Recorder) -> Quality:
    checked, level = judgement.checked, judgement.open_level
    by_work = recorder.by_work(level.name)
    integral = None
    if by_work is not None and case.limits.work_limit is not None:
        if solution.work is not None and level.value is not None:
            by_work.append([solution.work, level.value, level.bound])
        integral = primal_integral(by_work, level.bound, case.limits.work_limit)
    return Quality(
        status=str(solution.status),
        limit=None if solution.limit is None else str(solution.limit),
        levels=tuple(Level(one.name, one.value, one.bound, gap_between(one.value, one.bound)) for one in judgement.levels),
        violations=judgement.violations,
        terms=None if checked is None else {name: float(usd) for name, usd in checked.terms.items()},
        sizes=sizes(formulation.program),
        work=finite(solution.work),
        primal_integral=integral,
    )


def _information(
    case: Case, solution: Solution, judgement: Judgement, recorder: _Recorder, seconds: float, formulated: float
) -> Information:
    level = judgement.open_level
    trace = recorder.by_seconds(level.name)
    if level.value is not None or level.bound is not None:
        trace.append([seconds, level.value, level.bound])
    trace = thinned(trace)
    return Information(
        seconds=seconds,
        seconds_formulate=formulated,
        first_plan_seconds=next((event[0] for event in trace if event[1] is not None), None),
        primal_integral_seconds=primal_integral(trace, level.bound, case.limits.time_limit_s or seconds),
        facts={name: fact if isinstance(fact, str) else finite(fact) for name, fact in solution.facts},
        level=level.name,
        bound=level.bound,
        trace=trace,
    )


def sizes(program: Program) -> dict[str, int]:
    """How large a Program is."""
    return {
        "options": len(program.options),
        "rates": len(program.rates.resource),
        "slots": len(program.resources.limit),
        "columns": columns(program),
    }


def columns(program: Program) -> int:
    """Pairs of option, every copy counted, and start."""
    options = program.options
    return int(np.maximum(options.last - options.first + 1, 0) @ options.copies.astype(np.int64))
