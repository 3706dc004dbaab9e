"""Suites: which instances are solved by which solvers within which limits, and how much worse each figure may become.

A suite is a YAML or JSON file, ``fleet-placement-suite/1``. Paths in it are relative to the file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from placement.bench.case import Case, CaseLimits
from placement.bench.gates import Gates, GatesPatch
from placement.files.errors import ABSENT, Problem, Problems, shown
from placement.files.reading import read_tree
from placement.files.tree import Path as Place
from placement.files.tree import line_of, path_name, value_at
from placement.files.validation import faults

SUITE_FORMAT = "fleet-placement-suite/1"
DOCUMENTS = (".yaml", ".yml", ".json")
GLOB = frozenset("*?[")
DEEP = "**"
ALL: Literal["all"] = "all"
MOST_CASES = 100_000


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:+-]{0,99}$")]
InstancePath = Annotated[str, Field(min_length=1, max_length=1000)]
Seeds = Annotated[tuple[Annotated[int, Field(ge=0, lt=2**31)], ...], Field(min_length=1, max_length=10_000, strict=False)]
Solvers = Annotated[tuple[str, ...], Field(min_length=1, max_length=100, strict=False)] | Literal["all"]
Scenarios = Annotated[tuple[str | None, ...], Field(min_length=1, max_length=1000, strict=False)]


class Settings(_Strict):
    """How cases are run; a case states what differs from the suite's ``defaults``."""

    scenarios: Scenarios | None = None
    """Ids of scenarios; null is the instance as it stands. Default: [null]."""
    solvers: Solvers | None = None
    """Names of solvers, or all. Default: [auto]."""
    seeds: Seeds | None = None
    """Default: [0]."""
    work_limit: Annotated[float, Field(gt=0, le=1e12)] | None = None
    """Work, in units of about a second of one core, but counted: on one worker and the same versions, results repeat."""
    time_limit_s: Annotated[float, Field(gt=0, le=1e7)] | None = None
    """Seconds for the search, instead of work: results then differ from run to run."""
    workers: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Threads; only beside time_limit_s. Default: 1."""
    gap: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Fraction at which a case is closed. Default: 0.0001."""
    safety_s: Annotated[float, Field(gt=0, le=1e7)] | None = None
    """Seconds after which a case is ended as an error, beyond time_limit_s where there is one. Default: 600."""
    memory_limit_mb: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """MB of all processes of a case together, beyond which it is ended as an error. Default: none."""


class CaseEntry(Settings):
    """One entry of the suite: as many cases as it has instances, scenarios, solvers and seeds."""

    instances: Annotated[tuple[InstancePath, ...], Field(min_length=1, max_length=10_000, strict=False)]
    """Files or folders, relative to the suite; * ? and ** stand for what they match, so that new instances join by themselves."""
    name: Name | None = None
    """What the cases are called instead of the instance's path; only with one instance."""
    gates: GatesPatch | None = None
    """What differs from the suite's gates."""


class Suite(_Strict):
    """A suite file."""

    format: Literal["fleet-placement-suite/1"]
    name: Name
    description: Annotated[str, Field(max_length=10_000)] | None = None
    defaults: Settings = Settings()
    gates: Gates = Gates()
    cases: Annotated[tuple[CaseEntry, ...], Field(min_length=1, max_length=10_000, strict=False)]

    @property
    def digest(self) -> str:
        """Tells suites apart that state something else; comments and order of fields do not count."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, allow_nan=False)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass(frozen=True)
class Gated:
    """A case and its gates."""

    case: Case
    gates: Gates


@dataclass(frozen=True)
class LoadedSuite:
    """A suite from its file, not yet expanded: instances need not exist."""

    suite: Suite
    path: Path
    tree: Any

    @property
    def folder(self) -> Path:
        return self.path.parent

    def problem(self, where: Place, value: Any, expected: str, remedy: str) -> Problem:
        """A problem at a place of the file."""
        return Problem(self.path.name, line_of(self.tree, where), path_name(self.tree, where), shown(value), expected, remedy)


def read_suite(path: str | os.PathLike[str]) -> LoadedSuite:
    """A suite file. Raises InputErrors with everything that is wrong in it."""
    place = Path(path)
    tree, repeated = read_tree(place, place.name, SUITE_FORMAT)
    problems = Problems()
    for problem in repeated:
        problems.add(problem)
    try:
        suite = Suite.model_validate(tree)
    except ValidationError as error:
        for fault in faults(error, Suite, tree):
            where = path_name(tree, fault.path)
            problems.add(Problem(place.name, line_of(tree, fault.path), where, shown(fault.value), fault.expected, fault.remedy))
        problems.raise_if_any()
        raise
    problems.raise_if_any()
    return LoadedSuite(suite, place, tree)


def expand(loaded: LoadedSuite, solvers: Collection[str]) -> list[Gated]:
    """Every case of a suite, in its order; ``solvers`` are the names that there are. Raises InputErrors."""
    problems = Problems()
    found: dict[str, Gated] = {}
    for n, entry in enumerate(loaded.suite.cases):
        for gated in _cases(loaded, n, entry, solvers, problems):
            name = gated.case.name
            if name in found:
                expected = f"cases of different names; there is another {name}"
                remedy = "take one of the two out, or give one of them a `name`"
                k = next(k for k, path in enumerate(entry.instances) if gated.case.instance in _found(loaded, path))
                problems.add(loaded.problem(("cases", n, "instances", k), entry.instances[k], expected, remedy))
                break
            found[name] = gated
        if len(found) > MOST_CASES:
            problems.add(loaded.problem(("cases",), loaded.suite.cases, f"at most {MOST_CASES} cases", "split the suite"))
            break
    problems.raise_if_any()
    return list(found.values())


def _cases(loaded: LoadedSuite, n: int, entry: CaseEntry, solvers: Collection[str], problems: Problems) -> Iterator[Gated]:
    where: Place = ("cases", n)
    stated = _merged(loaded.suite.defaults, entry)
    limits = _limits(loaded, where, stated, problems)
    named = stated.get("solvers", ("auto",))
    chosen = tuple(sorted(solvers)) if named == ALL else named
    for unknown in [name for name in chosen if name not in solvers]:
        at = _stated_at(loaded, where, "solvers")
        expected = f"of {', '.join(sorted(solvers))}; or `solvers: all`"
        problems.add(loaded.problem(at, unknown, expected, "correct the name"))
    for part in ("scenarios", "solvers", "seeds"):
        values = stated.get(part, ())
        if values != ALL and len(set(values)) < len(values):
            at = _stated_at(loaded, where, part)
            problems.add(loaded.problem(at, list(values), "each of them once", "take out what is repeated"))
            return
    instances = _instances(loaded, where, entry, problems)
    if limits is None:
        return
    gates = loaded.suite.gates if entry.gates is None else entry.gates.applied(loaded.suite.gates)
    for instance in instances:
        for scenario in stated.get("scenarios", (None,)):
            for solver in chosen:
                for seed in stated.get("seeds", (0,)):
                    base = entry.name or _plain(instance)
                    name = f"{base}{'' if scenario is None else f'+{scenario}'}/{solver}/{seed}"
                    case = Case(name, instance, loaded.folder / instance, scenario, solver, seed, limits)
                    yield Gated(case, gates)


def _merged(defaults: Settings, entry: CaseEntry) -> dict[str, Any]:
    """What an entry states, and the defaults where it states nothing; one kind of limit takes the place of the other."""
    merged = {name: value for name in Settings.model_fields if (value := getattr(defaults, name)) is not None}
    own = {name: value for name in Settings.model_fields if (value := getattr(entry, name)) is not None}
    if "work_limit" in own:
        merged.pop("time_limit_s", None)
        merged.pop("workers", None)
    if "time_limit_s" in own:
        merged.pop("work_limit", None)
    return merged | own


def _stated_at(loaded: LoadedSuite, where: Place, name: str) -> Place:
    """Where a setting of an entry is stated: by itself or by the defaults."""
    own = (*where, name)
    return own if value_at(loaded.tree, own) is not ABSENT else ("defaults", name)


def _limits(loaded: LoadedSuite, where: Place, stated: dict[str, Any], problems: Problems) -> CaseLimits | None:
    work, seconds, workers = stated.get("work_limit"), stated.get("time_limit_s"), stated.get("workers")
    if work is None and seconds is None:
        remedy = "state work_limit for results that repeat, or time_limit_s for results that do not, here or in defaults"
        problems.add(loaded.problem((*where, "work_limit"), ABSENT, "a limit", remedy))
        return None
    if work is not None and seconds is not None:
        at = _stated_at(loaded, where, "time_limit_s")
        problems.add(loaded.problem(at, seconds, "work_limit or time_limit_s, not both", "take one of them out"))
        return None
    if work is not None and workers not in (None, 1):
        at = _stated_at(loaded, where, "workers")
        remedy = "take it out, or state time_limit_s instead of work_limit"
        problems.add(loaded.problem(at, workers, "1 beside work_limit: only one worker repeats", remedy))
        return None
    names = ("gap", "work_limit", "time_limit_s", "workers", "safety_s", "memory_limit_mb")
    return CaseLimits(**{"gap": 1e-4} | {name: stated[name] for name in names if name in stated})


def _instances(loaded: LoadedSuite, where: Place, entry: CaseEntry, problems: Problems) -> list[str]:
    """Paths that an entry means, relative to the suite, in order."""
    found: list[str] = []
    for k, stated in enumerate(entry.instances):
        at = (*where, "instances", k)
        if "\\" in stated or PurePosixPath(stated).is_absolute():
            expected = "a path relative to the suite file, with / between its parts"
            problems.add(loaded.problem(at, stated, expected, "write it so, that the suite works on other machines too"))
            continue
        if any(DEEP in part and part != DEEP for part in PurePosixPath(stated).parts):
            expected = "** alone between two /, where it stands for folders of any depth"
            problems.add(loaded.problem(at, stated, expected, "write * for a part of a name"))
            continue
        mine = _found(loaded, stated)
        if not mine:
            expected = "a pattern that matches an instance" if _is_pattern(stated) else "a file or folder that exists"
            problems.add(loaded.problem(at, stated, expected, "correct it; it is relative to the suite file"))
        if entry.name is None and any(not _plain(name) for name in mine):
            expected = "a path that says what the instance is called"
            problems.add(loaded.problem(at, stated, expected, "give the entry a `name`"))
        for name in [name for name in mine if not name.isprintable()]:
            expected = "files whose names are UTF-8 text without control characters"
            problems.add(loaded.problem(at, name, expected, "rename the file"))
        found += mine
    if entry.name is not None and (len(entry.instances) > 1 or _is_pattern(entry.instances[0])):
        remedy = "leave the name out: each instance is named after its path"
        problems.add(loaded.problem((*where, "name"), entry.name, "no name beside several instances", remedy))
    return found


def _is_pattern(stated: str) -> bool:
    return bool(GLOB.intersection(stated))


def _found(loaded: LoadedSuite, stated: str) -> list[str]:
    """Paths that one path or pattern means; none where there is nothing, or nothing that a name can mean."""
    try:
        if _is_pattern(stated):
            return sorted(_matches(loaded.folder, stated))
        return [stated] if (loaded.folder / stated).exists() else []
    except (OSError, ValueError):  # Too long, not allowed, a null character.
        return []


def _matches(folder: Path, pattern: str) -> Iterator[str]:
    """Instances that a pattern matches: documents, and folders that hold one."""
    # Path.glob does not go up, so what goes up is taken off first.
    parts = PurePosixPath(pattern).parts
    up = next(n for n, part in enumerate(parts) if part != "..")
    base = folder.joinpath(*parts[:up])
    for path in base.glob("/".join(parts[up:])):
        document = path.is_file() and path.suffix in DOCUMENTS
        if document or (path.is_dir() and any((path / f"fleet{suffix}").exists() for suffix in DOCUMENTS)):
            yield PurePosixPath(*parts[:up], path.relative_to(base).as_posix()).as_posix()


def _plain(instance: str) -> str:
    """An instance's path without its ending and without what leads up."""
    path = PurePosixPath(instance)
    path = path.with_suffix("") if path.suffix in DOCUMENTS else path
    return "/".join(part for part in path.parts if part != "..")
