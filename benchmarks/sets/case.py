"""What every public set offers: cases with a known value, the Program of each, and a score that trusts no solver.

A set is a module with ``cases(data) -> list[Case]`` and the constants ``GAP`` and ``TIME_LIMIT_S`` (defaults of the command). It
reads the folder ``data`` only; files are opened when a case's Program is built. ``benchmarks.sets.SETS`` names the modules.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import PEERS, solutions
from placement.program import Program, Solution
from solvers import load
from solvers.solver import Limits


class Absent(Exception):
    """The data are not in the folder given; the message names what was looked for."""


class Malformed(Exception):
    """A file does not follow its format; the message names file, line and what was expected."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}, line {line}: {problem}")


@dataclass(frozen=True)
class Score:
    """What a solution is worth, computed from the file's own numbers.

    ``value`` and ``bound`` are in the set's own sense (a set that maximises has its bound above); ``violations`` says in words what
    is broken. ``facts`` are figures of the set's own, printed and written beside the row.
    """

    value: float | None
    bound: float | None
    violations: tuple[str, ...] = ()
    facts: tuple[tuple[str, float | str], ...] = ()


@dataclass(frozen=True)
class Case(ABC):
    """One instance. Must be picklable: each case is solved in a process of its own.

    ``known`` is the best value known, in the file's own unit and sense (``maximise`` or not); ``proven`` whether it is the optimum.
    """

    name: str
    known: float | None
    proven: bool

    maximise = False

    @abstractmethod
    def program(self) -> Program:
        """The Program to solve; it minimises, so a set that maximises negates. Raises ``Malformed``."""

    @abstractmethod
    def score(self, program: Program, solution: Solution) -> Score:
        """The solution's worth and what it breaks, from the file's numbers and ``Program.infeasibility``."""

    def solve(self, program: Program, solver: str, limits: Limits) -> Solution:
        """The answer of a solver or peer by name. A set with a rule of its own for how it is solved overrides this."""
        if solver in PEERS:
            return solutions.solve(solver, program, limits)
        return load(solver)(program, limits=limits)

    def excess(self, value: float | None) -> float | None:
        """By which fraction ``value`` is worse than the known one; below zero where it is better."""
        if value is None or self.known is None:
            return None
        worse = self.known - value if self.maximise else value - self.known
        return worse / max(1.0, abs(self.known))


def cost(solution: Solution) -> tuple[float | None, float | None]:
    """Value and bound of the first level, as the solver states them."""
    level = solution.levels[0]
    return level.value, level.bound


def violations(program: Program, solution: Solution) -> list[str]:
    """What the Program finds broken in a solution's plan; nothing where there is no plan."""
    if solution.option is None or solution.start is None or solution.value is None:
        return []
    return program.infeasibility(solution.option, solution.start, solution.value)


class Numbers:
    """The numbers of a text file one after another, each with its line, for formats that ignore line breaks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 1
        self._words = self._read()

    def _read(self) -> Iterator[tuple[int, str]]:
        with self.path.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, start=1):
                for word in line.split():
                    yield number, word

    def whole(self, what: str, *, least: int = 0) -> int:
        """The next number, which is whole and at least ``least``; ``what`` is its name in an error."""
        found = next(self._words, None)
        if found is None:
            raise Malformed(self.path, self.line, f"the file ends where {what} was expected")
        self.line, word = found
        try:
            value = int(word)
        except ValueError:
            raise Malformed(self.path, self.line, f"{what} must be a whole number, not {word!r}") from None
        if value < least:
            raise Malformed(self.path, self.line, f"{what} must be at least {least}, not {value}")
        return value

    def wholes(self, count: int, what: str, *, least: int = 0) -> list[int]:
        """The next ``count`` numbers."""
        return [self.whole(f"{what} {k + 1} of {count}", least=least) for k in range(count)]

    def end(self) -> None:
        """Nothing may follow."""
        found = next(self._words, None)
        if found is not None:
            raise Malformed(self.path, found[0], f"nothing was expected here, found {found[1]!r}")
