"""Peers that live in an interpreter of their own, because they need another Python or other versions of what we use.

The interpreter is named by an environment variable; without it this one is used if it has the package. A peer's script runs there
with nothing of this project on its path: it reads a task from a pickle file and writes its result to another, both plain data.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.peers import Refused

SCRIPTS = Path(__file__).with_name("scripts")

START_S = 60.0
"""What a script may take beyond its time limit, to start and to build its model."""


def interpreter(variable: str) -> str:
    return os.environ.get(variable) or sys.executable


@cache
def missing(package: str, variable: str) -> str | None:
    """Why ``package`` cannot be used: neither in the interpreter that ``variable`` names nor in this one; None where it can."""
    python = interpreter(variable)
    try:
        done = subprocess.run([python, "-c", f"import {package}"], capture_output=True, text=True, timeout=START_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{variable} names {python}, which does not run ({type(error).__name__})"
    if done.returncode == 0:
        return None
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    return f"{package} cannot be imported ({last}); name an interpreter that has it with {variable}"


def call(script: str, variable: str, task: dict[str, Any], time_limit_s: float) -> dict[str, Any]:
    """The result of a script of ``SCRIPTS`` for a task; ``Refused`` with its last words where it fails or does not end in time.

    The script holds to ``task["time_limit_s"]`` by itself. It is called with two paths, of the task and of the result.
    """
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "task"), Path(folder, "result")
        asked.write_bytes(pickle.dumps({**task, "time_limit_s": time_limit_s}))
        command = [interpreter(variable), "-I", str(SCRIPTS / f"{script}.py"), str(asked), str(answered)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=time_limit_s * 1.5 + START_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise Refused(f"{script} did not end in its time limit of {time_limit_s:.0f} s") from error
        if done.returncode != 0 or not answered.exists():
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise Refused(f"{script} ended with {done.returncode}: {last}")
        result: dict[str, Any] = pickle.loads(answered.read_bytes())
        return result
