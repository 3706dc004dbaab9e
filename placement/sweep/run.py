"""Runs the cases of a sweep: parents before children, some at a time, each in a process of its own, none twice.

A case is ready once its parent has ended. Where the parent has no plan (it crashed, or is infeasible), the nearest ancestor's is
taken.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from placement.bench.processes import in_own_process
from placement.sweep.case import Files, Row, Solve, Task, failed, run_case
from placement.sweep.expand import Expanded, SweepCase
from placement.sweep.store import TOUCH_SECONDS, Store

POLL_SECONDS = 0.5
DIED = "process ended with"
"""How the error of a case begins whose process died, in the words of ``placement.bench.processes``."""


class Engine(Protocol):
    """Where cases are run. ``submit`` returns at once; the future's row is the case's, whatever came of it."""

    slots: int

    def submit(self, task: Task, stop: threading.Event) -> Future[tuple[Row, Files]]: ...
    def close(self) -> None: ...


class Local:
    """``slots`` cases at a time on this machine, each with an equal share of its cores."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._pool = ThreadPoolExecutor(slots, thread_name_prefix="case")

    def submit(self, task: Task, stop: threading.Event) -> Future[tuple[Row, Files]]:
        return self._pool.submit(contained, task, stop)

    def close(self) -> None:
        self._pool.shutdown()


def contained(task: Task, stop: threading.Event | None = None) -> tuple[Row, Files]:
    """The row of a case from a process of its own: one that crashes, takes too long or too much memory is a row as well."""
    limits = task.case.limits
    outcome = in_own_process(
        run_case, task, limits.wall_limit_s, grace_s=0.0, memory_limit_mb=limits.memory_limit_mb, stop=stop,
    )  # fmt: skip
    row, files = outcome.result or (failed(task.case, outcome.error or ""), {})
    took = replace(row.information, peak_mb=outcome.peak_mb, ended=datetime.now(UTC).isoformat(timespec="seconds"))
    return replace(row, information=took), files


@dataclass(frozen=True)
class Progress:
    """How far a run is: cases of this run (or shard) that have ended, of how many, and seconds left by the pace so far."""

    done: int
    total: int
    seconds_left: float | None
    row: Row


def shard_of(expanded: Expanded, shard: tuple[int, int]) -> list[int]:
    """The cases of a shard i of n, from 1: runs of neighbours of equal length along the tree, so that few parents lie in others."""
    children: dict[int | None, list[int]] = {}
    for case in expanded.cases:
        children.setdefault(case.parent, []).append(case.index)
    walk: list[int] = []
    left = list(reversed(children.get(None, [])))
    while left:
        at = left.pop()
        walk.append(at)
        left += reversed(children.get(at, []))
    number, count = shard
    mine = set(walk[len(walk) * (number - 1) // count : len(walk) * number // count])
    return [n for n in expanded.order if n in mine]


def run_sweep(
    expanded: Expanded, store: Store, solve: Solve, engine: Engine, *, shard: tuple[int, int] = (1, 1), stop: threading.Event,
    on_row: Callable[[Progress], None] = lambda progress: None,
) -> None:  # fmt: skip
    """Runs what is not yet in the store; ends once all cases of the shard are there, or soon after ``stop`` is set.

    A case that another run holds is waited for. A parent in another shard that nobody runs is run here.
    """
    mine = shard_of(expanded, shard)
    runner = _Runner(expanded, store, solve, engine, stop)
    total = len(mine)
    began, fresh = time.monotonic(), 0
    running: dict[Future[tuple[Row, Files]], SweepCase] = {}
    beat = threading.Event()
    toucher = threading.Thread(target=_touch, args=(store, running, beat), daemon=True)
    toucher.start()
    try:
        waiting = [n for n in mine if not store.has(expanded.cases[n].digest)]
        while waiting or running:
            waiting = [n for n in waiting if not store.has(expanded.cases[n].digest)]
            if stop.is_set() and not running:
                return
            for case in runner.ready(waiting, {case.index for case in running.values()}):
                if stop.is_set() or len(running) >= engine.slots:
                    break
                future = runner.begin(case)
                if future is not None:
                    running[future] = case
            if not running:
                if waiting:
                    stop.wait(POLL_SECONDS)
                continue
            ended, _ = wait(list(running), timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
            for future in ended:
                case = running.pop(future)
                row = runner.finish(case, future)
                if row is None:
                    continue
                fresh += 1
                left = sum(not store.has(expanded.cases[n].digest) for n in mine)
                pace = (time.monotonic() - began) / fresh
                on_row(Progress(total - left, total, pace * left, row))
    except BaseException:
        stop.set()  # Nobody is left to want what still runs.
        raise
    finally:
        beat.set()
        for case in list(running.values()):
            store.release(case.digest)
        engine.close()


def _touch(store: Store, running: Mapping[Future[tuple[Row, Files]], SweepCase], over: threading.Event) -> None:
    """Keeps the claims of what runs alive."""
    while not over.wait(TOUCH_SECONDS):
        for case in list(running.values()):
            store.touch(case.digest)


class _Runner:
    """What is ready, and how it is begun and ended."""

    def __init__(self, expanded: Expanded, store: Store, solve: Solve, engine: Engine, stop: threading.Event) -> None:
        self.expanded, self.store, self.solve, self.engine, self.stop = expanded, store, solve, engine, stop
        self.starts: dict[str, str | None] = {}

    def ready(self, waiting: list[int], running: set[int]) -> list[SweepCase]:
        """Cases that can begin, those with ended parents first; then ancestors that others were to run and nobody does."""
        cases = self.expanded.cases
        able, missing = [], []
        for n in waiting:
            if n in running:
                continue
            blocker = self._blocker(n)
            if blocker is None:
                able.append(cases[n])
            elif blocker not in running and cases[blocker] not in missing:
                missing.append(cases[blocker])
        own = set(waiting)
        return able + [case for case in missing if case.index not in own]

    def _blocker(self, n: int) -> int | None:
        """The first ancestor, from the root, that has not ended."""
        found, at = None, self.expanded.cases[n].parent
        while at is not None and not self.store.has(self.expanded.cases[at].digest):
            found, at = at, self.expanded.cases[at].parent
        return found

    def begin(self, case: SweepCase) -> Future[tuple[Row, Files]] | None:
        """Starts a case; None where another run holds it or has just ended it."""
        if not self.store.claim(case.digest):
            return None
        if self.store.has(case.digest):
            self.store.release(case.digest)
            return None
        start, at = None, case.parent
        self.starts[case.digest] = None
        while at is not None and start is None:
            start = self.store.plan(self.expanded.cases[at].digest)
            if start is not None:
                self.starts[case.digest] = self.expanded.cases[at].digest
            at = self.expanded.cases[at].parent
        instance = self.expanded.sweep.instance.resolve()
        return self.engine.submit(Task(case, self.solve, instance, start), self.stop)

    def finish(self, case: SweepCase, future: Future[tuple[Row, Files]]) -> Row | None:
        """Keeps a row, unless the interruption made it."""
        try:
            row, files = future.result()
            if row.error is not None and self.stop.is_set():
                return None
            row = replace(row, start=self.starts[case.digest])
            self.store.put(row, files)
            return row
        finally:
            self.store.release(case.digest)
