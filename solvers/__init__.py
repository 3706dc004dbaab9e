"""Ways to solve a Program, by name; each module is imported when its solver is first used.

Adding a solver: one module with a ``solve`` that follows ``solvers.solver.Solver``, and one line below.
"""

from __future__ import annotations

from collections.abc import Iterable
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

LOADED_LATE = {"prices": "solvers.prices.loaded"}
"""What takes long to load at a solver's first use, as a module that does so."""


def load(name: str) -> Solver:
    """The solver of that name. Raises ``ValueError`` naming the ones there are."""
    if name not in SOLVERS:
        raise ValueError(f"no solver named {name!r}; there are {', '.join(sorted(SOLVERS))}")
    solver: Solver = import_module(SOLVERS[name]).solve
    return solver


def load_ahead(names: Iterable[str]) -> None:
    """Imports these solvers, for ``auto`` all it may choose, and what they load late: processes forked afterwards have them."""
    wanted = set(names)
    for name in SOLVERS if "auto" in wanted else wanted & set(SOLVERS):
        import_module(LOADED_LATE.get(name, SOLVERS[name]))
