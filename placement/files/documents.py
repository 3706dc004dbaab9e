"""From a file or folder to an Instance: read, patch, validate noun by noun, check between nouns, resolve."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from placement.catalogue import load_catalogue
from placement.files.errors import Problems
from placement.files.limits import PERIODS
from placement.files.nouns import Source, read_families, read_head
from placement.files.reading import document_path, read_tree
from placement.files.resolve import demand_findings, resolve, too_large
from placement.instance import Instance, Settings
from placement.instance.calendar import Calendar
from placement.instance.consistency import check
from placement.instance.findings import Draft, Family, ShapeRow


def load(path: str | os.PathLike[str], *, scenario: str | None = None) -> Instance:
    """The instance in a YAML or JSON file, or in a folder with ``fleet.yaml`` or ``fleet.json``.

    ``scenario`` is the id of one of the document's scenarios; its changes are applied before anything is validated.
    Raises InputErrors with everything that is wrong; nothing else, whatever the files hold.
    """
    place = document_path(Path(path))
    root, repeated = read_tree(place, place.name)
    problems = Problems()
    for problem in repeated:
        problems.add(problem)
    source = Source(place.name, root)
    if scenario is not None:
        from placement.scenario import apply

        for finding in apply(root, scenario):
            problems.add(source.problem(finding.path, finding.value, finding.expected, finding.remedy))
        problems.raise_if_any()
    head = read_head(source, problems)
    families = read_families(source, problems)
    calendar = _calendar(head, source, problems)
    draft = _draft(calendar, families)
    table = None
    settings = head.get("settings", Settings())
    for finding in [*check(draft), *too_large(draft)]:
        problems.add(source.problem(finding.path, finding.value, finding.expected, finding.remedy))
    problems.raise_if_any()
    name = head["name"] if scenario is None else f"{head['name']} + {scenario}"
    instance = resolve(draft, name, settings, table)
    for finding in demand_findings(draft, instance.demand_tokens_per_s, instance.mean_tokens_per_s):
        problems.add(source.problem(finding.path, finding.value, finding.expected, finding.remedy))
    problems.raise_if_any()
    return instance


def _calendar(head: Any, source: Source, problems: Problems) -> Calendar | None:
    calendar: Calendar | None = head.get("calendar")
    if calendar is not None and calendar.period_count > PERIODS:
        found = f"{calendar.blocks} blocks x {calendar.band_count} bands"
        problems.add(source.problem(("calendar", "blocks"), found, f"at most {PERIODS} periods", "use longer blocks or fewer bands"))
        return None
    return calendar


def _draft(calendar: Calendar | None, families: dict[str, Family[Any]]) -> Draft:
    """The document's own part of the draft; tables add theirs."""
    own = {noun.id: noun for noun in families["accelerators"].valid.values()}
    catalogue = {name: part for name, part in load_catalogue().items() if name not in families["accelerators"].position}
    ordered = {name: own.get(name, load_catalogue()[name]) for name in load_catalogue() if name in own or name in catalogue}
    shapes = tuple(
        ShapeRow(n, shape.accelerator, shape.gpus, shape.duration_hours, shape.modes, ("jobs", n, "shapes", k))
        for n, job in families["jobs"].valid.items()
        for k, shape in enumerate(job.shapes or ())
    )
    online = {n: pool.online_gpus for n, pool in families["pools"].valid.items() if pool.online_gpus is not None}
    return Draft(calendar, {**ordered, **own}, families, online=online, shapes=shapes)


