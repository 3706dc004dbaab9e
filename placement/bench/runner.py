"""Runs the cases of a suite, each in a process of its own, some at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime

from placement.bench.case import Case, Row, Search, Task, failed, run_case
from placement.bench.machine import commit, machine
from placement.bench.processes import in_own_process
from placement.bench.results import RESULT_FORMAT, Document, SuiteName
from placement.bench.suite import Gated, LoadedSuite
from placement.files import versions

OnRow = Callable[[Row], None]


def measured(case: Case, search: Search, stop: threading.Event | None = None) -> Row:
    """The case's row from a process of its own: a crash, a case that does not end or holds too much memory is a row as well."""
    limits = case.limits
    outcome = in_own_process(
        run_case,
        Task(case, search),
        limits.time_limit_s or 0.0,
        grace_s=limits.safety_s,
        memory_limit_mb=limits.memory_limit_mb,
        stop=stop,
    )
    row: Row = outcome.result or failed(case, outcome.error or "")
    return replace(row, information=replace(row.information, peak_mb=outcome.peak_mb, memory=outcome.memory))


def run_cases(
    cases: Sequence[Case], search: Search, *, jobs: int = 1, stop: threading.Event, on_row: OnRow, known: Sequence[Row] = ()
) -> list[Row]:
    """Rows of all cases, in their order; once ``stop`` is set, only those that had ended by then. ``on_row`` sees each as it comes.

    ``jobs`` cases run at a time: seconds of such a run say little, its qualities are the same. Cases that a row is ``known`` of are
    not run again.
    """
    rows = {row.case: row for row in known}
    waiting = [case for case in reversed(cases) if case.name not in rows]
    running: set[Future[Row]] = set()
    with ThreadPoolExecutor(jobs, thread_name_prefix="case") as pool:
        try:
            while running or (waiting and not stop.is_set()):
                while waiting and len(running) < jobs and not stop.is_set():
                    running.add(pool.submit(measured, waiting.pop(), search, stop))
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    row = future.result()
                    if row.error is None or not stop.is_set():  # What the interruption ended is no row.
                        rows[row.case] = row
                        on_row(row)
        except BaseException:
            stop.set()  # Nobody is left to want what still runs.
            raise
    return [rows[case.name] for case in cases if case.name in rows]


def run_suite(
    loaded: LoadedSuite, cases: Sequence[Gated], search: Search, *, jobs: int = 1, stop: threading.Event, on_row: OnRow,
    known: Sequence[Row] = (),
) -> Document:  # fmt: skip
    """The result of a suite."""
    began = datetime.now(UTC)
    rows = run_cases([gated.case for gated in cases], search, jobs=jobs, stop=stop, on_row=on_row, known=known)
    suite = loaded.suite
    return Document(
        format=RESULT_FORMAT,
        suite=SuiteName(suite.name, suite.digest),
        created=began.isoformat(timespec="seconds"),
        complete=len(rows) == len(cases),
        versions=versions(),
        machine=machine(),
        commit=commit(loaded.folder),
        rows=tuple(rows),
        gates=suite.gates,
        case_gates={gated.case.name: gated.gates for gated in cases if gated.gates != suite.gates},
    )
