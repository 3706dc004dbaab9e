"""What is wrong with an input, all of it at once: file, line, field, value, what was expected and the remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from placement.files.limits import ERRORS_PER_KIND, ERRORS_SHOWN

ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "(nothing)"})()
"""Stands for a value that is not there."""


def shown(value: Any, width: int = 80) -> str:
    """A value in at most ``width`` characters, printable whatever it holds."""
    if value is ABSENT:
        return "(nothing)"
    if isinstance(value, Mapping):
        return f"a mapping of {len(value)} field{'' if len(value) == 1 else 's'}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    text = ascii(value[:width]) if isinstance(value, str) else str(value)
    return text if len(text) <= width else text[: width - 3] + "..."


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. ``line`` counts from 1; None where no line is to blame. ``path`` is dotted, with ids in brackets."""

    file: str
    line: int | None
    path: str
    value: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        head = f"{place}: {self.path} = {self.value}" if self.path else f"{place}: {self.value}"
        text = f"{head}\n    expected: {self.expected}\n    remedy:   {self.remedy}"
        return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


class InputErrors(Exception):
    """An input that cannot be used; ``problems`` holds everything that was found, in the order of the files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line or 0)))
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [str(problem) for problem in self.problems[:ERRORS_SHOWN]]
        more = len(self.problems) - ERRORS_SHOWN
        if more > 0:
            parts.append(f"... and {more} more")
        return "\n\n".join(parts)


class WrongInstance(Exception):
    """A plan file that was made for another instance."""


def refuse(file: str, line: int | None, found: str, expected: str, remedy: str) -> InputErrors:
    """A single problem after which reading cannot go on, ready to be raised; ``found`` says in words what stands there."""
    return InputErrors([Problem(file, line, "", found[:300], expected, remedy)])


class Problems:
    """Collects problems."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, problem: Problem) -> None:
        """Keep one problem."""
        self._found.append(problem)

    def add_cells(
        self, file: str, column: str, cells: Sequence[tuple[int, Any]], expected: str, remedy: str, *, count: int | None = None
    ) -> None:
        """Keep one problem for each cell (line, value) of a table, of many alike the first; ``count`` when not all are given."""
        total = len(cells) if count is None else count
        for line, value in cells[:ERRORS_PER_KIND]:
            self._found.append(Problem(file, line, column, shown(value), expected, remedy))
        if total > ERRORS_PER_KIND:
            line = cells[:ERRORS_PER_KIND][-1][0]
            self._found.append(Problem(file, line, column, f"{total - ERRORS_PER_KIND} more cells like this", expected, remedy))

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def raise_if_any(self) -> None:
        """Raise InputErrors when there is something to report."""
        if self._found:
            raise InputErrors(self._found)
