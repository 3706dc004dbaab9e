"""Cases in processes of their own, and the memory of a whole process tree at its peak.

Memory is sampled in a thread beside the case. On Linux a sample is the sum over the case's process and all its descendants of their
proportional set size (PSS: a page that n processes share counts 1/n in each, so nothing counts twice), and the peak is never less
than the largest resident set that the kernel recorded of any one of them, which catches a peak between two samples of a case of one
process. Elsewhere it is the sum of resident sets by psutil, where shared pages count in every process that maps them. Rows say
which: ``pss`` or ``rss``.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path
from types import TracebackType
from typing import Any, Self

SAMPLE_SECONDS = 0.2
SAMPLE_SHARE = 0.05
"""Most of the time that is spent on sampling: large processes are sampled less often."""

LOADING_SECONDS = 1800.0
"""A case that has not begun to solve by then is ended."""

GRACE_SECONDS = 60.0
GRACE_SHARE = 0.5
"""A case is ended when it takes longer than its time limit by more than this share of it and these seconds."""

POLL_SECONDS = 0.1
"""How soon a case is ended that is to be ended."""

BEGUN = "begun"

OURS = ("placement", "solvers", "benchmarks")
IMPORTED_LATE = ("networkx", "scipy.optimize", "scipy.sparse.linalg", "threadpoolctl")
"""What cases import where they need it, each some tenths of a second: the process that they are forked from has it too."""


def descendants(pid: int) -> list[int]:
    """Process ids of a process and all its descendants; empty when it is gone."""
    if not Path("/proc").is_dir():
        return _descendants_by_psutil(pid)
    found, frontier = [], [pid]
    while frontier:
        parent = frontier.pop()
        with contextlib.suppress(OSError):
            tasks = list(Path(f"/proc/{parent}/task").iterdir())
            found.append(parent)
            for task in tasks:
                frontier += [int(child) for child in (task / "children").read_text().split()]
    return found


def _descendants_by_psutil(pid: int) -> list[int]:
    try:
        import psutil
    except ImportError:
        return [pid]
    with contextlib.suppress(psutil.Error):
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    return []


def _kilobytes(path: str, field: str) -> float:
    """A field of a file of /proc; 0 for a process that ended or is about to."""
    with contextlib.suppress(OSError), Path(path).open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            if line.startswith(field):
                return float(line.split()[1])
    return 0.0


def tree_pss(pid: int) -> tuple[float, float]:
    """MB of the tree now, shared pages counted once, and the most that any one process of it ever held."""
    family = descendants(pid)
    shared_out = sum(_kilobytes(f"/proc/{member}/smaps_rollup", "Pss:") for member in family)
    largest = max((_kilobytes(f"/proc/{member}/status", "VmHWM:") for member in family), default=0.0)
    return shared_out / 1024, largest / 1024


def tree_rss(pid: int) -> tuple[float, float]:
    """MB of the tree now by psutil, shared pages counted in each process; twice. ImportError without psutil."""
    import psutil

    total = 0.0
    for member in descendants(pid):
        with contextlib.suppress(psutil.Error):
            total += psutil.Process(member).memory_info().rss / 2**20
    return total, total


class MemorySampler:
    """Samples a process tree in a thread while it is open; ``peak_mb`` is None where nothing could be measured.

    ``over`` is set once the tree holds more than ``limit_mb``.
    """

    def __init__(self, pid: int, limit_mb: float | None = None) -> None:
        self.pid = pid
        self.limit_mb = limit_mb
        self.over = threading.Event()
        self.peak_mb: float | None = None
        self.kind: str | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._closed.set()
        self._thread.join()

    def _measure(self) -> Callable[[int], tuple[float, float]] | None:
        if Path("/proc/self/smaps_rollup").exists():
            self.kind = "pss"
            return tree_pss
        try:
            import psutil  # noqa: F401
        except ImportError:
            print("memory is not measured here: pip install psutil", file=sys.stderr)
            return None
        self.kind = "rss"
        return tree_rss

    def _run(self) -> None:
        measure = self._measure()
        pause = 0.0
        while measure is not None and not self._closed.wait(pause):
            began = time.monotonic()
            peak = max(measure(self.pid))
            if peak > 0:
                self.peak_mb = max(peak, self.peak_mb or 0.0)
            if self.limit_mb is not None and peak > self.limit_mb:
                self.over.set()
            pause = max(SAMPLE_SECONDS, (time.monotonic() - began) / SAMPLE_SHARE)


Work = Callable[[Any, Callable[[], None]], Any]
"""Takes a task and a call to make when solving begins; returns what is sent back. It and the task must pickle."""


@dataclass(frozen=True)
class Outcome:
    """What came of a task in a process of its own: a result or an error, the peak in MB and how it was counted."""

    result: Any | None
    error: str | None
    peak_mb: float | None
    memory: str | None


def _child(outbox: Connection, lifeline: Connection, work: Work, task: Any) -> None:
    def begun() -> None:
        outbox.send((BEGUN, None))

    os.setsid()  # Its own process group, so that whatever it leaves behind can be ended.
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
    try:
        outbox.send(("done", work(task, begun)))
    except Exception as error:  # A failed case is a row, not the end of the run.
        outbox.send(("failed", f"{type(error).__name__}: {error}"))


def _end_with_parent(lifeline: Connection) -> None:
    """Ends this process group when the parent is gone, however it went: in a session of its own no signal would reach it."""
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv()
    os.killpg(0, signal.SIGKILL)


def _context() -> SpawnContext | ForkServerContext:
    """Fresh processes; where the system can, forked from one that has imported what this one has of ours, which else takes most of
    the time of a small case. Environment variables are then those of the first case."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*IMPORTED_LATE, *(name for name in sys.modules if name.partition(".")[0] in OURS)])
    return context


def in_own_process(
    work: Work,
    task: Any,
    time_limit_s: float,
    *,
    grace_s: float | None = None,
    memory_limit_mb: float | None = None,
    stop: threading.Event | None = None,
) -> Outcome:
    """Does ``work`` in a fresh process. One that dies is an error with its exit code.

    One that runs beyond ``time_limit_s`` by more than ``grace_s`` (default: see ``GRACE_SECONDS``), holds more than
    ``memory_limit_mb`` with all its descendants, or is still at it when ``stop`` is set is ended, which is an error too.
    """
    grace = time_limit_s * GRACE_SHARE + GRACE_SECONDS if grace_s is None else grace_s
    context = _context()
    inbox, outbox = context.Pipe(duplex=False)
    lifeline, held = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(outbox, lifeline, work, task))
    process.start()
    outbox.close()
    lifeline.close()
    assert process.pid is not None
    pid = process.pid
    deadline = time.monotonic() + LOADING_SECONDS
    result: Any = None
    error: str | None = None
    try:
        with MemorySampler(pid, memory_limit_mb) as memory:
            while error is None:
                if not inbox.poll(POLL_SECONDS):
                    error = _overdue(deadline, memory, stop)
                    continue
                try:
                    kind, content = inbox.recv()
                except EOFError:
                    process.join()
                    error = f"process ended with {process.exitcode}"
                    break
                if kind == BEGUN:
                    deadline = time.monotonic() + time_limit_s + grace
                    continue
                result, error = (content, None) if kind == "done" else (None, content)
                break
    finally:
        process.join(10.0 if error is None and result is not None else 0.0)
        process.kill()
        process.join()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        inbox.close()
        held.close()
    return Outcome(result, error, memory.peak_mb, memory.kind)


def _overdue(deadline: float, memory: MemorySampler, stop: threading.Event | None) -> str | None:
    """Why a process that is still at it is to be ended, if it is."""
    if stop is not None and stop.is_set():
        return "ended: the run was interrupted"
    if memory.over.is_set():
        return f"ended: it held {memory.peak_mb:,.0f} MB, more than its limit of {memory.limit_mb:,.0f} MB"
    return "ended: it had not finished long after its time limit" if time.monotonic() >= deadline else None
