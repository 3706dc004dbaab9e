"""Runs mutants: a copy of the checkout for each, one mutation in it, and catchers one after another until one fails."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.mutations.mutation import GATE, TESTS, Mutation, apply

ROOT = Path(__file__).resolve().parents[2]
WALL_SECONDS = 1200.0
"""After which a catcher counts as failed: a mutant may never end."""

STARTS = """
import importlib, pkgutil
from pathlib import Path
import placement, solvers
assert Path(placement.__file__).is_relative_to(Path.cwd()), placement.__file__
for package in (placement, solvers):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
"""
"""Imports everything, from the copy and nowhere else."""

LONGEST_FINDING = 160

Fate = Literal["caught", "survived", "invalid"]


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant; ``finding`` is the first failing test or metric with its amount."""

    mutation: Mutation
    fate: Fate
    catcher: str | None
    finding: str
    seconds: float

    @property
    def complaint(self) -> str | None:
        """What is wrong with the outcome, if anything."""
        name = self.mutation.name
        if self.fate == "invalid":
            return f"'{name}' does not start: {self.finding}; correct the mutation"
        if self.fate == "survived" and self.mutation.survives is None:
            return f"'{name}' survives: strengthen a test or a gate, or say in `survives` why nothing can catch it"
        if self.fate == "caught" and self.mutation.survives is not None:
            return f"'{name}' is explained as one that survives, but {self.catcher} catches it: take the explanation out"
        return None


@dataclass(frozen=True)
class Ended:
    """How a command ended; ``code`` None: it did not within the time."""

    code: int | None
    output: str


def tracked(root: Path = ROOT) -> list[str]:
    """Files of the checkout, as they lie there now."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (root / name).exists()]


def copy(names: Sequence[str], target: Path, root: Path = ROOT) -> None:
    """A fresh copy of the checkout."""
    shutil.rmtree(target, ignore_errors=True)
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, target / name)  # With its time, by which compiled code is known to be of this source.


def run(mutation: Mutation, names: Sequence[str], folder: Path, wall_s: float = WALL_SECONDS, root: Path = ROOT) -> Outcome:
    """Copies, mutates and runs the catchers in ``folder``. Raises ``Stale``, and RuntimeError where a catcher cannot run."""
    began = time.monotonic()
    target = folder / "copy"
    copy(names, target, root)
    apply(mutation, target)

    def outcome(fate: Fate, catcher: str | None, finding: str) -> Outcome:
        return Outcome(mutation, fate, catcher, finding, time.monotonic() - began)

    environment = _environment(mutation, folder)
    started = _ended([sys.executable, "-c", STARTS], target, environment, wall_s)
    if started.code != 0:
        return outcome("invalid", None, _last_line(started.output))
    for catcher in mutation.catchers:
        ended = _ended([sys.executable, *_command(mutation, catcher)], target, environment, wall_s)
        if ended.code is None:
            return outcome("caught", catcher, f"did not end in {wall_s:g} s")
        found = _gate_finding(ended) if catcher == GATE else _test_finding(ended)
        if found is not None:
            return outcome("caught", catcher, found if len(found) <= LONGEST_FINDING else f"{found[:LONGEST_FINDING]}...")
    return outcome("survived", None, mutation.survives or "")


def _command(mutation: Mutation, catcher: str) -> list[str]:
    if catcher == GATE:
        return ["-m", "benchmarks.mutations.gate", *mutation.cases]
    options = ["-p", "no:cacheprovider", "-p", "no:xdist", "-x", "-q", "-rfE", "--tb=short", "--color=no"]
    return ["-m", "pytest", *options, *TESTS.get(catcher, (catcher,))]


def _environment(mutation: Mutation, folder: Path) -> dict[str, str]:
    # Compiled code is kept from mutant to mutant, but for one whose own compiled code differs.
    compiled = folder / "compiled"
    if "njit" in (folder / "copy" / mutation.file).read_text(encoding="utf-8"):
        compiled = folder / "copy" / "compiled"
    return os.environ | {"PYTHONPATH": str(folder / "copy"), "NUMBA_CACHE_DIR": str(compiled), "COLUMNS": "1000"}


def _ended(command: list[str], cwd: Path, environment: dict[str, str], wall_s: float) -> Ended:
    process = subprocess.Popen(
        command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = process.communicate(timeout=wall_s)
        return Ended(process.returncode, output)
    except subprocess.TimeoutExpired:
        return Ended(None, "")
    finally:  # Ctrl-C as well: nothing of a mutant is left running.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _test_finding(ended: Ended) -> str | None:
    """The first failing test and what it says; None where all passed."""
    if ended.code == 0:
        return None
    failed = re.search(r"^(?:FAILED|ERROR) (?:tests/)?(.+)$", ended.output, re.MULTILINE)
    if failed is None:
        raise RuntimeError(f"pytest ended with {ended.code} and names no test: {_last_line(ended.output)}")
    said = re.findall(r"^E +(.+)$", ended.output, re.MULTILINE)
    test, _, reason = failed.group(1).partition(" - ")
    return f"{test}: {reason or (said[0] if said else '')}"


def _gate_finding(ended: Ended) -> str | None:
    """The first figure that is worse, by how much; None where none is."""
    if ended.code == 0:
        return None
    lines = ended.output.strip().splitlines()
    try:
        found = json.loads(lines[-1])
    except (IndexError, ValueError):
        raise RuntimeError(f"the gate ended with {ended.code}: {_last_line(ended.output)}") from None
    change = f"{_figure(found['before'])} -> {_figure(found['after'])}"
    allowed = "" if found["allowed"] is None else f", by {_figure(found['by'])}, allowed {_figure(found['allowed'])}"
    why = f" ({found['why']})" if found["why"] else ""
    return f"{found['case']} {found['metric']}: {change}{allowed}{why}"


def _figure(value: float | str | None) -> str:
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)


def _last_line(output: str) -> str:
    return (output.strip().splitlines() or ["no output"])[-1][:LONGEST_FINDING]
