"""From a file or folder to an Instance: read, patch, validate noun by noun, check between nouns, resolve."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from placement.catalogue import load_catalogue
from placement.files import long_tables as lt
from placement.files.errors import InputErrors, Problems
from placement.files.limits import PERIODS, TABLE_BYTES
from placement.files.nouns import Source, read_families, read_head
from placement.files.reading import content_digest, document_path, read_tree
from placement.files.resolve import demand_findings, resolve, too_large
from placement.files.tables import Column, Table
from placement.instance import Instance, Settings
from placement.instance.calendar import Calendar, Steps
from placement.instance.consistency import check
from placement.instance.findings import Draft, Family, ShapeRow
from placement.instance.policy import Change


def load(path: str | os.PathLike[str], *, scenario: str | None = None, changes: Sequence[Change] = ()) -> Instance:
    """The instance in a YAML or JSON file, or in a folder with ``fleet.yaml`` or ``fleet.json``.

    ``scenario`` is the id of one of the document's scenarios; its changes are applied before anything is validated,
    and after them ``changes``, edits of the same kind that the document does not state.
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
    if changes:
        from placement.scenario import apply_changes

        for _, finding in apply_changes(root, changes):
            problems.add(source.problem(finding.path, finding.value, finding.expected, finding.remedy))
        problems.raise_if_any()
    head = read_head(source, problems)
    families = read_families(source, problems)
    calendar = _calendar(head, source, problems)
    read = _Tables(place.parent, source, problems)
    if (jobs := read("jobs", lt.job_table())) is not None:
        families["jobs"] = lt.read_jobs(jobs, families["jobs"], source, problems)
    draft = _draft(calendar, families, head.get("settings", Settings()))
    draft = replace(draft, futures=head.get("futures"), running_plan=head.get("running_plan"))
    if (shapes := read("shapes", lt.SHAPES)) is not None:
        rows = lt.read_shapes(shapes, families["jobs"], source, problems)
        draft = replace(draft, shapes=(*draft.shapes, *rows), shaped=frozenset(row.job for row in rows))
    if (ramps := read("ramps", lt.RAMPS)) is not None:
        steps = lt.read_ramps(ramps, families["pools"], source, problems)
        draft = replace(draft, online={**steps, **draft.online}, ramped=frozenset(steps))
    eligibility = None
    if (pairs := read("eligibility", lt.ELIGIBILITY)) is not None:
        eligibility = lt.read_eligibility(pairs, families, problems)
        draft = replace(draft, job_pairs=eligibility.jobs, service_pairs=eligibility.services)
    demand = None
    if (stated := read("demand", lt.DEMAND)) is not None:
        demand = lt.read_demand(stated, families["streams"], calendar, problems)
        tabled = frozenset(demand[0]) if demand is not None else frozenset()
        draft = replace(draft, tabled_streams=tabled)
    draft = replace(draft, unread=frozenset(read.failed))
    if eligibility is not None:
        eligibility.check(draft, problems)
    for finding in [*check(draft), *too_large(draft)]:
        problems.add(source.problem(finding.path, finding.value, finding.expected, finding.remedy))
    problems.raise_if_any()
    name = head["name"] if scenario is None else f"{head['name']} + {scenario}"
    instance = resolve(draft, name, head["settings"], demand)
    for finding in demand_findings(draft, instance.demand_tokens_per_s, instance.mean_tokens_per_s):
        problems.add(source.problem(finding.path, finding.value, finding.expected, finding.remedy))
    problems.raise_if_any()
    return instance


def sources_digest(path: str | os.PathLike[str]) -> str:
    """sha256 over an instance's document and the tables that it names, as they lie on disk. Raises InputErrors."""
    place = document_path(Path(path))
    root, _ = read_tree(place, place.name)
    stated = root.get("tables")
    tables = [name for name in stated.values() if isinstance(name, str)] if isinstance(stated, dict) else []
    total = hashlib.sha256()
    for name in [place.name, *sorted(tables)]:
        total.update(content_digest(place.parent / name, name, TABLE_BYTES).encode())
    return f"sha256:{total.hexdigest()}"


class _Tables:
    """Opens the tables that a document names; one that cannot be read does not keep the others from being read."""

    def __init__(self, folder: Path, source: Source, problems: Problems) -> None:
        self._folder, self._source, self._problems = folder, source, problems
        self.failed: set[str] = set()

    def __call__(self, name: str, columns: tuple[Column, ...]) -> Table | None:
        before = len(self._problems)
        table = None
        try:
            table = lt.open_table(name, self._folder, self._source, columns, self._problems)
        except InputErrors as error:
            for problem in error.problems:
                self._problems.add(problem)
        if len(self._problems) > before:
            self.failed.add(name)
        return table


def _calendar(head: Any, source: Source, problems: Problems) -> Calendar | None:
    calendar: Calendar | None = head.get("calendar")
    if calendar is not None and calendar.period_count > PERIODS:
        found = f"{calendar.blocks} blocks x {calendar.band_count} bands"
        problems.add(
            source.problem(("calendar", "blocks"), found, f"at most {PERIODS} periods", "use longer blocks or fewer bands")
        )
        return None
    return calendar


def _draft(calendar: Calendar | None, families: dict[str, Family[Any]], settings: Settings) -> Draft:
    """The document's own part of the draft; tables add theirs."""
    own = {noun.id: noun for noun in families["accelerators"].valid.values()}
    catalogue = {name: part for name, part in load_catalogue().items() if name not in families["accelerators"].position}
    ordered = {name: own.get(name, load_catalogue()[name]) for name in load_catalogue() if name in own or name in catalogue}
    shapes = tuple(
        ShapeRow(n, shape.accelerator, shape.gpus, shape.duration_hours, shape.modes, ("jobs", n, "shapes", k))
        for n, job in families["jobs"].valid.items()
        for k, shape in enumerate(job.shapes or ())
    )
    online: dict[int, Steps] = {}
    for n, pool in families["pools"].valid.items():
        if pool.online_gpus is not None:
            online[n] = pool.online_gpus
        elif pool.tranches is not None:
            steps = pool.delivered(settings.delivery_date, settings.delivery_state)
            # A delivery after the calendar is no mistake: it is not there within it.
            online[n] = tuple(step for step in steps if calendar is None or step.from_date < calendar.end) or 0.0
    return Draft(calendar, {**ordered, **own}, families, online=online, shapes=shapes)
