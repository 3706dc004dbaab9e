"""HiGHS in its own process, as a handle: submit a model, receive events, offer incumbents, stop; limits hold by killing it.

Most models are solved sooner than a process starts, so one that has nothing left to do waits for the next handle.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from placement.program import Floats
from solvers.linear import Linear
from solvers.solver import ENDLESS, Allowance, Spend, uncounted

Signs = NDArray[np.int8]

Stopped = Callable[[], bool]
"""Whether the caller wants a solve to end."""

OnEvent = Callable[[Floats | None, float | None], None]
"""Hears incumbents and bounds of a solve; either may be None."""

GRACE_S = 0.5
"""Seconds past its deadline after which the process is killed; it is told to stop at the deadline."""


IDLE_PROCESSES = 2
"""Most that wait: more than one where searches race."""

IDLE_ENTRIES = 1_000_000
"""A process that had a larger matrix than this does not wait: it may hold memory that nobody needs."""


def never() -> bool:
    return False


def unheard(x: Floats | None, bound: float | None) -> None:
    pass


@dataclass(frozen=True)
class Basis:
    """Where an LP's columns [C] and rows [M] stand: -1 at their lower side, 1 at their upper one, 0 between (basic).

    As a start it is a hint, of any model of that shape: HiGHS makes a basis of it.
    """

    columns: Signs
    rows: Signs


@dataclass(frozen=True)
class Outcome:
    """What a backend found for a model: ``status`` is optimal, infeasible, target, time, work, interrupted, memory or the solver's
    own word."""

    status: str
    x: Floats | None
    bound: float | None
    prices: Floats | None = None
    nodes: float = 0.0
    basis: Basis | None = None
    """Of an LP solved to its optimum."""

    @property
    def conclusive(self) -> bool:
        """Whether nothing more can be learnt by searching on."""
        return self.status in ("optimal", "infeasible")


@dataclass(frozen=True)
class Tuning:
    """Options handed to HiGHS; gaps as it defines them, absolute ones in the model's cost."""

    relative_gap: float = 1e-4
    absolute_gap: float = 1e-6
    threads: int = 1
    seed: int = 0
    allowance: Allowance = ENDLESS
    node_limit: int | None = None
    target: float | None = None
    """Cost at which a plan is good enough."""
    method: str | None = None
    """LP method: simplex or ipm."""
    crossover: bool = True
    presolve: bool = True

    def options(self) -> dict[str, Any]:
        options: dict[str, Any] = {
            "mip_rel_gap": self.relative_gap,
            "mip_abs_gap": self.absolute_gap,
            "threads": self.threads,
            "parallel": "on" if self.threads > 1 else "off",
            "random_seed": self.seed,
        }
        if np.isfinite(self.allowance.seconds) and not np.isfinite(self.allowance.work):
            # Told of a limit, HiGHS gives parts of its presolve shares of it in seconds; where work is to end it, nobody tells it.
            options["time_limit"] = self.allowance.seconds
        if self.node_limit is not None:
            options["mip_max_nodes"] = self.node_limit
        if self.target is not None:
            options["objective_target"] = self.target
        if self.method is not None:
            options["solver"] = self.method
        if not self.presolve:
            options["presolve"] = "off"
        if not self.crossover:
            options["run_crossover"] = "off"
        return options


@dataclass
class _Child:
    """The process and the ends of its pipes."""

    process: subprocess.Popen[bytes]
    inbox: Connection
    outbox: Connection
    jobs: int = 0
    """That it was given so far: each has a number of its own, by which late messages of earlier ones are known."""
    entries: int = 0
    """Of the largest matrix that it was given."""

    @staticmethod
    def start() -> _Child:
        child_in, parent_out = os.pipe()
        parent_in, child_out = os.pipe()
        code = f"import sys; sys.path[:] = {sys.path!r}; from solvers.highs_child import main; main({child_in}, {child_out})"
        process = subprocess.Popen(
            [sys.executable, "-c", code], pass_fds=(child_in, child_out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        os.close(child_in)
        os.close(child_out)
        return _Child(process, Connection(parent_in, writable=False), Connection(parent_out, readable=False))

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.inbox.close()
        self.outbox.close()


_idle: list[_Child] = []


def _idle_or_new() -> _Child:
    while _idle:
        child = _idle.pop()
        if child.process.poll() is None:
            return child
        child.end()
    return _Child.start()


@atexit.register
def _end_idle() -> None:
    while _idle:
        _idle.pop().end()


os.register_at_fork(after_in_child=_idle.clear)  # they are the parent's


class HighsProcess:
    """A running child; use as a context manager. One that had to be killed is replaced when the next model is submitted."""

    def __init__(self, spend: Spend = uncounted) -> None:
        self._spend = spend
        self._spent = 0.0
        self._job = 0
        self._told_to_stop = False
        self._deadline = float("inf")
        self.x: Floats | None = None
        self.bound: float | None = None
        self.outcome: Outcome | None = None
        self._child = _idle_or_new()
        self.dead = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Lets the child wait for the next handle where it is at rest."""
        child, rests = self._child, self._job == 0 or self.outcome is not None
        if self.dead or not rests or len(_idle) >= IDLE_PROCESSES or child.entries > IDLE_ENTRIES:
            self.kill()
        else:
            self.dead = True
            _idle.append(child)

    def kill(self) -> None:
        if not self.dead:
            self.dead = True
            self._child.end()

    @property
    def running(self) -> bool:
        return self.outcome is None and not self.dead

    def _send(self, *message: Any) -> None:
        with contextlib.suppress(BrokenPipeError, OSError):
            self._child.outbox.send(message)

    def submit(self, model: Linear, tuning: Tuning, start: Floats | None = None, basis: Basis | None = None) -> None:
        """Begins to solve ``model``, an LP from ``basis``; the limit in ``tuning`` counts from here."""
        self._deadline = time.monotonic() + tuning.allowance.seconds
        if self.dead:
            self._child, self.dead = _idle_or_new(), False
        self._child.jobs += 1
        self._child.entries = max(self._child.entries, len(model.row))
        self._job = self._child.jobs
        self.x, self.bound, self.outcome = None, None, None
        self._told_to_stop = False
        self._spent = 0.0
        names = ("cost", "constant", "lower", "upper", "whole", "offset", "row", "value", "row_lower", "row_upper")
        payload = {name: getattr(model, name) for name in names}
        payload["offset"] = payload["offset"].astype(np.int32)
        known = None if basis is None else (basis.columns, basis.rows)
        self._send("solve", self._job, payload, tuning.options(), start, tuning.allowance.work, known)

    def offer(self, x: Floats) -> None:
        """Hands a solution to the running search."""
        self._send("offer", self._job, x)

    def stop(self) -> None:
        if not self._told_to_stop:
            self._told_to_stop = True
            self._deadline = min(self._deadline, time.monotonic())
            self._send("stop", self._job)

    def poll(self, wait_s: float, on_event: OnEvent = unheard) -> None:
        """Takes in what arrived within ``wait_s``, returning at the first events; ``on_event`` hears of each in turn."""
        now = time.monotonic()
        if now > self._deadline + GRACE_S and self.running:
            self._end("interrupted" if self._told_to_stop else "time")
            return
        if now > self._deadline:
            self.stop()
        try:
            if self._child.inbox.poll(wait_s):
                while self.running and self._child.inbox.poll(0):
                    self._take(self._child.inbox.recv(), on_event)
        except (EOFError, OSError):
            self._end("memory")

    def _take(self, message: Any, on_event: OnEvent) -> None:
        kind, job, work, content = message
        if job != self._job:
            return
        self._spend(max(0.0, work - self._spent))
        self._spent = max(work, self._spent)
        if kind == "incumbent":
            self.x = content
            on_event(content, self.bound)
        elif kind == "bound":
            self._raise_bound(content)
            on_event(None, self.bound)
        else:
            self._raise_bound(content.get("bound"))
            x = content.get("x")
            self.x = self.x if x is None else x
            basis = None if content.get("basis") is None else Basis(*content["basis"])
            prices, nodes = content.get("prices"), content.get("nodes", 0.0)
            self.outcome = Outcome(content["status"], self.x, self.bound, prices, nodes, basis)

    def _raise_bound(self, bound: float | None) -> None:
        if bound is not None and np.isfinite(bound) and (self.bound is None or bound > self.bound):
            self.bound = float(bound)

    def _end(self, status: str) -> None:
        self.kill()
        self.outcome = Outcome(status, self.x, self.bound)

    def solve(
        self,
        model: Linear,
        tuning: Tuning,
        start: Floats | None = None,
        *,
        basis: Basis | None = None,
        stopped: Stopped = never,
        on_event: OnEvent = unheard,
    ) -> Outcome:
        """Solves ``model`` to its end or limit; ``on_event`` hears every incumbent and bound."""
        self.submit(model, tuning, start, basis)
        while self.outcome is None:
            self.poll(0.1, on_event)
            if stopped():
                self.stop()
        return self.outcome
