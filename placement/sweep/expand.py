"""From a sweep to its cases: designs, the changes of each, its parent, and the hash that names it.

A case's hash covers all that its row depends on: files of the instance, changes, solver and limits, versions and code, and the hash
of the case that it starts from. Equal hashes mean equal rows but for time and host, wherever and whenever they were run.
"""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from placement.files import InputErrors, sources_digest, versions
from placement.files.errors import Problems
from placement.files.reading import document_path, read_tree
from placement.instance.findings import did_you_mean
from placement.instance.policy import Change, Scenario
from placement.scenario import apply, apply_changes
from placement.sweep.document import MOST_CASES, Level, Limits, LoadedSweep, Parameter, Sweep, Value
from placement.sweep.parents import parents_of

Settings = dict[str, Value | None]
"""The setting of each parameter, by its id; None is the instance as it stands."""
OFF, ON = "off", "on"


@dataclass(frozen=True)
class SweepCase:
    """One case. ``parent`` is the position of the case whose plan and prices it starts from, always an earlier one in ``order``."""

    index: int
    settings: Settings
    changes: tuple[Change, ...]
    limits: Limits
    scenario: str | None = None
    parent: int | None = None
    digest: str = ""

    @property
    def name(self) -> str:
        """Its settings in words."""
        return " ".join(f"{name}={word(value)}" for name, value in self.settings.items()) or "as it stands"


@dataclass(frozen=True)
class Expanded:
    """A sweep's cases in order of their indices; ``order`` has every parent before its children, nearest to the root first."""

    sweep: LoadedSweep
    parameters: tuple[Parameter, ...]
    cases: tuple[SweepCase, ...]
    order: tuple[int, ...]
    sources: str


def word(value: Value | None) -> str:
    """A setting as text."""
    if value is None:
        return "-"
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)


def expand(loaded: LoadedSweep, code: str, solvers: Mapping[str, str]) -> Expanded:
    """All cases of a sweep; ``code`` is the digest of the code that runs them. Raises InputErrors with everything that is wrong."""
    sweep = loaded.sweep
    problems = Problems()
    if sweep.limits.solver not in solvers:
        expected = f"of {', '.join(sorted(solvers))}"
        problems.add(loaded.problem(("limits", "solver"), sweep.limits.solver, expected, "correct the name"))
    try:
        place = document_path(loaded.instance)
        document, _ = read_tree(place, place.name)
    except (InputErrors, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        problems.add(loaded.problem(("instance",), sweep.instance, f"an instance that can be read: {reason}", "correct the path"))
        problems.raise_if_any()
        raise
    scenarios = _scenarios(document)
    parameters = sweep.parameters or tuple(_switch(name) for name in sweep.pairs or ())
    _check(loaded, parameters, document, scenarios, problems)
    settings = list(_settings(loaded, parameters, problems))
    problems.raise_if_any()
    sources = sources_digest(loaded.instance)
    cases = [
        SweepCase(n, one, _changes(parameters, one, scenarios), sweep.limits, sweep.scenario) for n, one in enumerate(settings)
    ]
    parents, order = parents_of([case.settings for case in cases], parameters)
    if not sweep.limits.starts:
        parents = [None] * len(cases)
    return Expanded(loaded, parameters, _named(cases, parents, order, sources, code), tuple(order), sources)


def _named(
    cases: list[SweepCase], parents: list[int | None], order: list[int], sources: str, code: str
) -> tuple[SweepCase, ...]:
    """The cases with their parents and hashes."""
    digests: dict[int, str] = {}
    found = dict(versions())
    for n in order:
        case, parent = cases[n], parents[n]
        # What is left out ends a case as an error, or changes nothing.
        limits = case.limits.model_dump(mode="json", exclude={"wall_limit_s", "memory_limit_mb"})
        content = {
            "sources": sources,
            "scenario": case.scenario,
            "changes": [change.model_dump(mode="json") for change in case.changes],
            "limits": limits,
            "versions": found,
            "code": code,
            "start": None if parent is None else digests[parent],
        }
        text = json.dumps(content, sort_keys=True, allow_nan=False, default=str)
        digests[n] = hashlib.sha256(text.encode()).hexdigest()
    return tuple(replace(case, parent=parents[case.index], digest=digests[case.index]) for case in cases)


# ------------------------------------------------------------------ designs


def _settings(loaded: LoadedSweep, parameters: tuple[Parameter, ...], problems: Problems) -> Iterator[Settings]:
    """The settings of each case; every case differs from the others."""
    designs: dict[str, Callable[[], Iterator[Settings]]] = {
        "grid": lambda: _grid(loaded, parameters, problems),
        "list": lambda: _listed(loaded, parameters, problems),
        "random": lambda: _sampled(loaded.sweep, parameters, even=False),
        "latin_hypercube": lambda: _sampled(loaded.sweep, parameters, even=True),
        "scenario_pairs": lambda: _pairs(loaded.sweep),
    }
    seen: set[str] = set()
    for settings in designs[loaded.sweep.design]():
        key = json.dumps(settings, sort_keys=True)
        if key not in seen:
            seen.add(key)
            yield settings
        elif loaded.sweep.design == "list":
            where = ("cases", len(seen))
            problems.add(loaded.problem(where, settings, "cases that differ from each other", "take one of them out"))


def _grid(loaded: LoadedSweep, parameters: tuple[Parameter, ...], problems: Problems) -> Iterator[Settings]:
    count = int(np.prod([len(parameter.settings) for parameter in parameters], dtype=float))
    if count > MOST_CASES:
        found = f"{count} combinations"
        problems.add(loaded.problem(("parameters",), found, f"at most {MOST_CASES}", "use samples instead of a grid"))
        return
    names = [parameter.id for parameter in parameters]
    for combination in itertools.product(*(parameter.settings for parameter in parameters)):
        yield dict(zip(names, combination, strict=True))


def _listed(loaded: LoadedSweep, parameters: tuple[Parameter, ...], problems: Problems) -> Iterator[Settings]:
    first: Settings = {parameter.id: parameter.settings[0] for parameter in parameters}
    known = {parameter.id: parameter for parameter in parameters}
    for n, stated in enumerate(loaded.sweep.cases or ()):
        for name, value in stated.items():
            if name not in known:
                remedy = did_you_mean(name, list(known), "a parameter")
                problems.add(loaded.problem(("cases", n, name), value, "the id of a parameter", remedy))
            elif known[name].values is None and value not in known[name].settings:
                of = ", ".join(map(word, known[name].settings))
                problems.add(loaded.problem(("cases", n, name), value, f"of {of}", "correct it, or add it to the parameter"))
        yield first | stated


def _pairs(sweep: Sweep) -> Iterator[Settings]:
    names = sweep.pairs or ()
    for count in (0, 1, 2):
        for chosen in itertools.combinations(names, count):
            yield {name: ON if name in chosen else OFF for name in names}


def _switch(scenario: str) -> Parameter:
    """A scenario that is on or off."""
    return Parameter(id=scenario, levels=(Level(id=OFF), Level(id=ON, scenario=scenario)))


def _sampled(sweep: Sweep, parameters: tuple[Parameter, ...], *, even: bool) -> Iterator[Settings]:
    """Samples of the unit cube by parameter, ``even``: one in each of as many equal parts as there are samples."""
    count = sweep.samples or 0
    random = np.random.default_rng(sweep.sample_seed)
    unit = random.random((len(parameters), count))
    if even:
        unit = np.stack([(random.permutation(count) + row) / count for row in unit])
    for k in range(count):
        yield {parameter.id: _drawn(parameter, float(unit[n, k])) for n, parameter in enumerate(parameters)}


def _drawn(parameter: Parameter, share: float) -> Value | None:
    """The setting that lies at a share of the way through a parameter's range or settings."""
    low, high = parameter.low, parameter.high
    if low is None or high is None:
        return parameter.settings[min(int(share * len(parameter.settings)), len(parameter.settings) - 1)]
    if parameter.integer:
        first, last = int(np.ceil(low)), int(np.floor(high))
        return min(first + int(share * (last - first + 1)), last)
    value = low * (high / low) ** share if parameter.log else low + (high - low) * share
    return float(f"{value:.6g}")


# ------------------------------------------------------------------ changes


def _scenarios(document: Any) -> dict[str, tuple[Change, ...]]:
    """Changes of each scenario that the document states and that is well-formed."""
    found: dict[str, tuple[Change, ...]] = {}
    rows = document.get("scenarios")
    for row in rows if isinstance(rows, list) else []:
        try:
            scenario = Scenario.model_validate(row)
        except ValidationError:
            continue  # Whoever names it is told so.
        found[scenario.id] = scenario.changes
    return found


def _changes(parameters: tuple[Parameter, ...], settings: Settings, scenarios: dict[str, tuple[Change, ...]]) -> tuple[Change, ...]:
    """What a case changes, parameter by parameter."""
    found: list[Change] = []
    for parameter in parameters:
        found += changes_of(parameter, settings[parameter.id], scenarios)
    return tuple(found)


def changes_of(parameter: Parameter, setting: Value | None, scenarios: Mapping[str, tuple[Change, ...]]) -> list[Change]:
    """What one setting of a parameter changes."""
    if parameter.levels is not None:
        level = next(level for level in parameter.levels if level.id == setting)
        return [*(scenarios[level.scenario] if level.scenario is not None else ()), *level.changes]
    if parameter.scenarios is not None:
        return [] if setting is None else list(scenarios[str(setting)])
    if setting is None:
        return []
    return [Change(path=path, action=parameter.action, value=setting) for path in parameter.fields]


def _check(
    loaded: LoadedSweep, parameters: tuple[Parameter, ...], document: Any, scenarios: dict[str, tuple[Change, ...]],
    problems: Problems,
) -> None:  # fmt: skip
    """Every scenario that is named exists, and every change finds something to change."""
    base = copy.deepcopy(document)
    if loaded.sweep.scenario is not None:
        if loaded.sweep.scenario not in scenarios:
            problems.add(_no_scenario(loaded, ("scenario",), loaded.sweep.scenario, scenarios))
            return
        for finding in apply(base, loaded.sweep.scenario):
            problems.add(loaded.problem(("scenario",), loaded.sweep.scenario, finding.expected, finding.remedy))
    for n, parameter in enumerate(parameters):
        where: tuple[str | int, ...] = ("parameters", n)
        if loaded.sweep.pairs is not None:
            where = ("pairs", n)
        settings = parameter.settings or (parameter.low, parameter.high)
        for k, setting in enumerate(settings):
            named, at = None, where
            if parameter.levels is not None:
                named, at = parameter.levels[k].scenario, (*where, "levels", k)
            elif parameter.scenarios is not None and setting is not None:
                named, at = str(setting), (*where, "scenarios", k)
            at = where if loaded.sweep.pairs is not None else at
            if named is not None and named not in scenarios:
                problems.add(_no_scenario(loaded, at, named, scenarios))
                continue
            trial = copy.deepcopy(base)
            changes = changes_of(parameter, setting, scenarios)
            for m, finding in apply_changes(trial, changes):
                if parameter.fields:
                    at = (*where, "path") if parameter.path is not None else (*where, "paths", m)
                problems.add(loaded.problem(at, changes[m].path, finding.expected, finding.remedy))
            if len(problems) and parameter.fields:
                break  # The same at every value.


def _no_scenario(loaded: LoadedSweep, where: tuple[str | int, ...], name: str, scenarios: dict[str, tuple[Change, ...]]) -> Any:
    return loaded.problem(where, name, "the id of a scenario of the instance", did_you_mean(name, list(scenarios), "a scenario"))
