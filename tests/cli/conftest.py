"""What the tests of the commands share: tiny instances, edited copies of them, and solvers that misbehave on purpose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "instances" / "tiny"

MISBEHAVING = '''
"""Solvers that misbehave on purpose."""
import sys, threading, time
from dataclasses import replace
import numpy as np
from placement.program import LevelResult, Limit, Solution, Status
from solvers import SOLVERS, load

highs = load("highs")

def waits(program, *, limits, start=None, on_progress=None):
    """Has a plan at once and returns it when it is interrupted."""
    found = highs(program, limits=replace(limits, interrupt=None), start=start, on_progress=on_progress)
    print("READY", file=sys.stderr, flush=True)
    if limits.interrupt.wait(20):
        return replace(found, status=Status.FEASIBLE, limit=Limit.INTERRUPT)
    return found

def deaf(program, *, limits, start=None, on_progress=None):
    """Never returns."""
    print("READY", file=sys.stderr, flush=True)
    time.sleep(60)

def empty(program, *, limits, start=None, on_progress=None):
    """Finds nothing."""
    levels = tuple(LevelResult(name, None, None) for name in program.levels)
    return Solution(Status.NO_PLAN, Limit.TIME, None, None, None, levels, 0.0, "empty")

def wrong(program, *, limits, start=None, on_progress=None):
    """Chooses everything it can."""
    program = program.unfolded()
    option, begin = program.columns()
    value = program.upper(option, begin)
    levels = tuple(LevelResult(name, 0.0, 0.0) for name in program.levels)
    return Solution(Status.OPTIMAL, None, option, begin, value, levels, 0.0, "wrong")

def liar(program, *, limits, start=None, on_progress=None):
    """Has a good plan and says that it costs nothing."""
    found = highs(program, limits=limits, start=start, on_progress=on_progress)
    return replace(found, levels=tuple(LevelResult(level.name, level.value - 1e6, level.bound) for level in found.levels))

def raises(program, *, limits, start=None, on_progress=None):
    """Has a bug."""
    raise RuntimeError("a bug on purpose")

for solver in (waits, deaf, empty, wrong, liar, raises):
    module = type(sys)(f"misbehaving_{solver.__name__}")
    module.solve = solver
    sys.modules[module.__name__] = module
    SOLVERS[solver.__name__] = module.__name__
'''

START = "import sys, misbehaving; from placement.cli import main; main(prog_name='placement')"


@pytest.fixture
def tiny() -> Callable[[str], str]:
    """Path of a tiny instance."""
    return lambda name: str(TINY / f"{name}.yaml")


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., str]:
    """A copy of a tiny instance after an edit of its document."""

    def copy(name: str, edit: Callable[[dict[str, Any]], object]) -> str:
        document = yaml.safe_load((TINY / f"{name}.yaml").read_text(encoding="utf-8"))
        edit(document)
        path = tmp_path / f"edited-{name}.json"
        path.write_text(json.dumps(document, default=str), encoding="utf-8")
        return str(path)

    return copy


@pytest.fixture
def run() -> Callable[..., Result]:
    """A command run in this process."""
    from placement.cli import main

    return lambda *arguments: CliRunner().invoke(main, [str(a) for a in arguments], prog_name="placement")


@pytest.fixture
def spawn(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """A command in a process of its own, where the misbehaving solvers exist too."""
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "misbehaving.py").write_text(MISBEHAVING, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(modules)]), "TMPDIR": str(tmp_path)}

    def start(*arguments: object, **options: Any) -> subprocess.Popen[str]:
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment}
        return subprocess.Popen([sys.executable, "-c", START, *map(str, arguments)], **pipes | options)

    return start
