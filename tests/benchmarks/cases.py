"""Sources of problems for the tests of the harness; they live in a module because other processes import them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cases import InstanceSource, Problem

TINY = Path(__file__).resolve().parents[2] / "instances" / "tiny"


@dataclass(frozen=True)
class Crash:
    """Ends its process at once, as running out of memory would."""

    def __call__(self) -> Problem:
        os._exit(3)


@dataclass(frozen=True)
class Broken:
    """Raises what a malformed instance would."""

    def __call__(self) -> Problem:
        raise ValueError("fleet.yaml: no jobs")


@dataclass(frozen=True)
class ProgramOf:
    """The Program of an instance with nothing behind it."""

    path: Path

    def __call__(self) -> Problem:
        from placement.formulate import formulate

        instance = InstanceSource(self.path)().instance
        assert instance is not None
        return Problem(program=formulate(instance).program)


def hang(task: float, begun: object) -> None:
    """Work that never ends in time."""
    begun()  # type: ignore[operator]
    time.sleep(task)


def hold(megabytes: int, begun: object) -> int:
    """Holds memory in a child of its own process, while both are measured."""
    import subprocess
    import sys

    code = f"import time; held = bytearray({megabytes} << 20); held[::4096] = b'1' * len(held[::4096]); time.sleep(1.2)"
    held = bytearray(megabytes << 20)
    held[::4096] = b"1" * len(held[::4096])
    subprocess.run([sys.executable, "-c", code], check=True)
    return len(held)
