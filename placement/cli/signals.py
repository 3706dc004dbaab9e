"""Ctrl-C and SIGTERM: the first asks the solver to stop with its best plan, the second ends the process at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self, TypeVar

T = TypeVar("T")

STOPPING = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """While entered, ``event`` is set by the first signal to stop, said so if ``announce``; ``exit_code`` then tells which it was.

    Python runs signal handlers in the main thread, between two of its own instructions. A solver must therefore work in
    another thread while the main one waits: inside a long call into a solver's library no handler would ever run.
    """

    def __init__(self, announce: bool) -> None:
        self.announce = announce
        self.event = threading.Event()
        self.exit_code: int | None = None

    def __enter__(self) -> Self:
        self._previous = {number: signal.signal(number, self._stop) for number in STOPPING}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _stop(self, number: int, _: FrameType | None) -> None:
        if self.exit_code is not None:
            os._exit(128 + number)
        self.exit_code = 128 + number
        self.event.set()
        if self.announce:
            # Not through sys.stderr: its buffer cannot be entered again if this interrupts a write to it.
            os.write(2, b"stopping with the best plan so far; once more to quit at once\n")


def in_thread(work: Callable[[], T]) -> T:
    """Does the work in another thread, so that this one, the main one, hears signals; raises what it raises."""
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="solve")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]
