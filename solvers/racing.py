"""HiGHS processes that race on one model: branch and bound keeps one core busy, so the second searches another tree.

Each has its own seed, every other one no presolve, which often needs far fewer nodes. Plans found by one are offered to
the others; the highest bound counts, and the first to end ends all.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Self

from placement.program import Floats
from solvers.highs_process import HighsProcess, OnEvent, Outcome, Stopped, Tuning, never, unheard
from solvers.linear import Linear
from solvers.solver import Spend

POLL_S = 0.05


class Racers:
    """One or more HiGHS processes behind the ``solve`` of one; relaxations go to the first alone."""

    def __init__(self, count: int, spend: Spend) -> None:
        self._count = count
        self._spend = spend
        self._stack = ExitStack()
        self._processes: list[HighsProcess] = []

    def __enter__(self) -> Self:
        self._processes = [self._stack.enter_context(HighsProcess(self._spend))]
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def solve(
        self,
        model: Linear,
        tuning: Tuning,
        start: Floats | None = None,
        *,
        stopped: Stopped = never,
        on_event: OnEvent = unheard,
        race: bool = False,
    ) -> Outcome:
        """Solves ``model`` to its end or limit, with all processes where a ``race`` is asked for."""
        if not race or self._count == 1 or not model.whole.any():
            return self._processes[0].solve(model, tuning, start, stopped=stopped, on_event=on_event)
        while len(self._processes) < self._count:
            self._processes.append(self._stack.enter_context(HighsProcess(self._spend)))
        for n, process in enumerate(self._processes):
            process.submit(model, replace(tuning, seed=tuning.seed + n, presolve=n % 2 == 0), start)
        best: float = float("inf")
        x: Floats | None = None
        finder = self._processes[0]

        def heard(found: Floats | None, _: float | None) -> None:
            nonlocal best, x
            if found is not None and model.objective(found) < best:
                best, x = model.objective(found), found
                self._share(finder, found)
                on_event(found, self._bound())

        while not any(process.outcome is not None and process.outcome.conclusive for process in self._processes):
            for finder in self._processes:
                if finder.running:
                    finder.poll(POLL_S, heard)
            on_event(None, self._bound())
            if stopped():
                break
            if not any(process.running for process in self._processes):
                break
        return self._merged(model, x)

    def _share(self, finder: HighsProcess, x: Floats) -> None:
        for process in self._processes:
            if process is not finder and process.running:
                process.offer(x)

    def _bound(self) -> float | None:
        return max((process.bound for process in self._processes if process.bound is not None), default=None)

    def _merged(self, model: Linear, x: Floats | None) -> Outcome:
        """Stops whoever still runs and makes one outcome of all."""
        for process in self._processes:
            if process.running:
                process.stop()
        while any(process.running for process in self._processes):
            for process in self._processes:
                if process.running:
                    process.poll(POLL_S)
        outcomes = [process.outcome for process in self._processes if process.outcome is not None]
        for outcome in outcomes:
            if outcome.x is not None and (x is None or model.objective(outcome.x) < model.objective(x)):
                x = outcome.x
        ended = next((outcome for outcome in outcomes if outcome.conclusive), outcomes[0])
        return Outcome(ended.status, x, self._bound(), ended.prices, sum(outcome.nodes for outcome in outcomes))
