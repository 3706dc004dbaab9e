"""Imports point down only: the directions of the architecture, read from the source of every module."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {"placement", "instances", "solvers", "tests", "benchmarks", "docs"}
LONGEST_MODULE = 450

BASE = {"placement.program"}
NOUNS = BASE | {"placement.instance", "placement.lending", "placement.move", "placement.overruns", "placement.plan",
    "placement.reroutes", "placement.scenario", "placement.shares",
}  # fmt: skip
LAWS = NOUNS | {"placement.builder", "placement.activities"}
VERBS = LAWS | {
    "placement.rules", "placement.check", "placement.formulate", "placement.futures", "placement.notes", "placement.earlier",
    "placement.replanning", "placement.moves", "placement.move_order",
}  # fmt: skip
VIEWS = {"placement.explain", "placement.sweep", "placement.report", "placement.export"}

MAY_IMPORT: dict[str, set[str]] = {
    "placement.program": set(),
    "placement.violation": set(),
    "placement.lending": BASE,
    "placement.move": set(),
    "placement.overruns": BASE,
    "placement.reroutes": BASE,
    "placement.shares": BASE,
    "placement.plan": BASE | {
        "placement.lending", "placement.move", "placement.overruns", "placement.reroutes", "placement.shares",
        "placement.violation",
    },
    "placement.builder": BASE,
    "placement.instance": BASE | {"placement.plan"},  # The names of terms.
    "placement.scenario": BASE | {"placement.instance"},
    "placement.catalogue": BASE | {"placement.instance"},
    "placement.files": NOUNS | {"placement.catalogue"},
    "placement.activities": NOUNS | {"placement.builder"},
    "placement.rules": LAWS,
    "placement.check": NOUNS | {"placement.rules"},
    "placement.notes": NOUNS,
    "placement.earlier": NOUNS,
    "placement.formulate": LAWS | {"placement.rules"},
    "placement.replanning": LAWS | {"placement.rules", "placement.check", "placement.earlier"},
    "placement.moves": LAWS | {"placement.rules", "placement.earlier"},
    "placement.move_order": NOUNS | {"placement.moves"},
    "placement.futures": LAWS | {"placement.check", "placement.formulate"},
    **dict.fromkeys(VIEWS, VERBS | VIEWS),
    "placement.sweep": VERBS | {"placement.files", "placement.report", "placement.bench"},
    "placement.bench": VERBS | {"placement.files", "placement.report"},
    "placement.cli": VERBS | VIEWS | {"placement.bench", "placement.catalogue", "placement.files", "solvers"},
    "solvers": BASE,
}
"""Part of the code -> the other parts that it may import. A part may always import itself."""

SOURCES = sorted(path for folder in ("placement", "solvers") for path in (ROOT / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part_of(module: str) -> str:
    """The part of the code that a module belongs to: ``solvers``, ``placement`` itself or one level below it."""
    return "solvers" if module.startswith("solvers") else ".".join(module.split(".")[:2])


def imported(path: Path) -> Iterator[str]:
    """Modules of this project that a file imports, wherever in the file, for types only or not."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.relative_to(ROOT)}:{node.lineno}: import by the full name, not relatively"
            names = [node.module or ""]
            if node.module == "placement":
                names = [f"placement.{alias.name}" for alias in node.names]
        yield from (name for name in names if name.split(".")[0] in ("placement", "solvers"))


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_imports_point_down(path: Path) -> None:
    part = part_of(module_name(path))
    if part == "placement":
        return  # the public names; see test_the_public_names_are_lazy
    assert part in MAY_IMPORT, f"{part} is new: give it its place in MAY_IMPORT"
    wrong = {name for name in imported(path) if part_of(name) not in MAY_IMPORT[part] | {part}}
    assert not wrong, f"{module_name(path)} must not import {', '.join(sorted(wrong))}"


def test_only_the_command_line_imports_solvers() -> None:
    users = {part_of(module_name(p)) for p in SOURCES if any(part_of(name) == "solvers" for name in imported(p))}
    assert users <= {"placement.cli", "solvers"}


def test_the_public_names_are_lazy() -> None:
    """``import placement`` imports nothing else, solvers least of all."""
    code = "import sys, placement; print([m for m in sys.modules if m.startswith(('solvers', 'numpy', 'placement.'))])"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_top_level_folders_are_the_agreed_ones() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\n")
    found = {name.split("/")[0] for name in tracked if "/" in name and not name.startswith(".")}
    if not found:
        pytest.skip("not a git checkout")
    assert found <= FOLDERS


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_modules_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_MODULE, "split it"
    assert not text.strip() or ast.get_docstring(ast.parse(text)), "open the module with one sentence"
