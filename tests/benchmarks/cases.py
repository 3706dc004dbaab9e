"""Sources of problems for the tests of the harness; they live in a module because other processes import them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.cases import InstanceSource, Problem
from placement.builder import END, FIRST, LAST, START, Builder
from placement.program import Grid

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


@dataclass(frozen=True)
class Knapsacks:
    """Objects with a cost and GPUs for each of three places; power of two sites, of which the last holds one place."""

    seed: int
    objects: int = 12
    must: bool = True

    def __call__(self) -> Problem:
        rng = np.random.default_rng(self.seed)
        b = Builder(Grid(np.ones(1), 1), ("promises", "net_cost"), ("cost",))
        gpus = rng.integers(2, 9, self.objects).astype(float)
        places = b.add_resources(["p0", "p1", "p2"], "gpu", np.array([[0.5], [0.4], [0.3]]) * gpus.sum())
        sites = b.add_resources(["near", "far"], "kW", np.array([[2.0], [0.8]]) * gpus.sum())
        groups = b.add_groups([f"object {k}" for k in range(self.objects)], self.must)
        for k, (place, site) in enumerate(zip(places, sites[[0, 0, 1]], strict=True)):
            may = np.flatnonzero((rng.random(self.objects) < 0.9) | (k == 0))
            zero = np.zeros(len(may), dtype=np.int64)
            option = b.add_running(first=zero, last=zero, hours=np.ones(len(may)), group=groups[may])
            b.add_rates(option, place, gpus[may])
            b.add_rates(option, site, gpus[may] * rng.uniform(1, 2, len(may)).round(2))
            b.add_charges(option, 1, 0, rng.integers(1, 60, len(may)) - (0.0 if self.must else 30.0))
        return Problem(program=b.build())


@dataclass(frozen=True)
class Project:
    """Three jobs in two modes each, 0 before 2, on one renewable and one non-renewable resource, in ``horizon`` periods."""

    horizon: int = 5

    def __call__(self) -> Problem:
        b = Builder(Grid(np.ones(self.horizon), 1), ("jobs not placed",), ("jobs",))
        groups = b.add_groups(["job 0", "job 1", "job 2"], False)
        job = np.array([0, 0, 1, 1, 2, 2])
        hours = np.array([2, 4, 2, 3, 1, 2])
        modes = b.add_running(first=np.zeros(6, dtype=np.int64), last=self.horizon - hours, hours=hours, group=groups[job])
        b.add_constant(0, 0, 3.0)
        b.add_charges(modes, 0, 0, -1.0)
        b.add_rates(modes, b.add_resources(["crew"], "unit", 4.0), np.array([3.0, 1, 3, 2, 3, 2]))
        b.add_rates(modes, b.add_budgets(["stock"], "unit", 5.0), np.array([2.0, 1, 3, 1, 2, 1]), lump=True)
        order = b.add_resources(["0 before 2"], "job", 1.0)
        b.add_rates(modes[job == 0], order, 1.0, start=FIRST, end=END)
        b.add_rates(modes[job == 2], order, 1.0, start=START, end=LAST)
        return Problem(program=b.build())


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


def say_and_hang(task: object, begun: object) -> None:
    """Says which process it is, and never ends."""
    print(os.getpid(), flush=True)
    time.sleep(600)


def modules(task: None, begun: Callable[[], None]) -> list[str]:
    """What is imported when a case begins."""
    return sorted(sys.modules)
