"""Ways to solve a Program, by name; each module is imported when its solver is first used.

Adding a solver: one module with a ``solve`` that follows ``solvers.solver.Solver``, and one line below.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solvers.solver import Solver

SOLVERS = {
    "auto": "solvers.auto",
    "cpsat": "solvers.cpsat",
    "enumerate": "solvers.enumerate",
    "highs": "solvers.highs",
    "prices": "solvers.prices",
}
"""Module of each solver."""


def load(name: str) -> Solver:
    """The solver of that name. Raises ``ValueError`` naming the ones there are."""
    if name not in SOLVERS:
        raise ValueError(f"no solver named {name!r}; there are {', '.join(sorted(SOLVERS))}")
    solver: Solver = import_module(SOLVERS[name]).solve
    return solver
