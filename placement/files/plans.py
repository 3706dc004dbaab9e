"""Plan files: a JSON document with what was decided, proven and by whom, and a CSV table beside it for each table of the plan.

Tables are named after their content, ``<stem>.<table>.<first 8 hex digits of its sha256>.csv``, and written before the document,
which is replaced in one step. So at any moment the document that stands there is complete, the old one or the new.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from placement.files.atomic import behind_links, write_atomically
from placement.files.errors import InputErrors, Problem, Problems, WrongInstance, shown
from placement.files.limits import TABLE_BYTES
from placement.files.plan_reading import moves_of, plan_of, prices_of, still_known
from placement.files.plan_tables import BESIDE, COLUMNS, OCCASIONAL, move_bytes, price_bytes, table_bytes
from placement.files.reading import content_digest, read_tree, sibling
from placement.files.table_files import read_table
from placement.files.tables import Table
from placement.files.tree import line_of, path_name
from placement.files.validation import faults, unknown_field
from placement.files.versions import versions
from placement.instance import Instance
from placement.instance.objective import OVERRUN
from placement.move import Moves
from placement.plan import Plan, Prices, Result
from placement.program import LevelResult, Limit, Status

PLAN_FORMAT = "fleet-placement-plan/1"
LONGEST_ENDING = max((f".{name}.{8 * 'f'}.csv" for name in (*COLUMNS, *BESIDE)), key=len)
"""Of the tables beside a plan, after its stem."""

MOST_PLAN_BYTES = 1 << 20
"""No plan file, whose rows are beside it, is as long as this."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class _Level(_Strict):
    name: str
    value: float | None
    bound: float | None
    gap: float | None


class _TableFile(_Strict):
    file: Annotated[str, Field(max_length=255)]
    rows: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Tables(_Strict):
    runs: _TableFile
    places: _TableFile
    paths: _TableFile
    replicas: _TableFile
    serving: _TableFile
    shedding: _TableFile
    contracts: _TableFile | None = None
    """Absent, like the next, from files written before it was decided."""
    sublets: _TableFile | None = None
    recourse: _TableFile | None = None
    uncovered: _TableFile | None = None
    responses: _TableFile | None = None
    maintenance: _TableFile | None = None
    feed_work: _TableFile | None = None
    backups: _TableFile | None = None
    kept: _TableFile | None = None
    starts: _TableFile | None = None
    limits: _TableFile | None = None
    closings: _TableFile | None = None
    refusals: _TableFile | None = None
    credits: _TableFile | None = None
    swings: _TableFile | None = None
    least_shares: _TableFile | None = None
    least_sums: _TableFile | None = None
    batch: _TableFile | None = None
    unfinished: _TableFile | None = None
    shifts: _TableFile | None = None
    degraded: _TableFile | None = None
    borrowing: _TableFile | None = None
    overruns: _TableFile | None = None
    reroutes: _TableFile | None = None
    prices: _TableFile | None = None
    moves: _TableFile | None = None


class _Named(_Strict):
    name: str
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class _PlanFile(_Strict):
    """The document of a plan file."""

    format: Literal["fleet-placement-plan/1"]
    instance: _Named
    status: Literal["optimal", "feasible", "infeasible", "no_plan"]
    limit: Literal["time", "work", "gap", "interrupt", "memory"] | None
    objective: float | None
    bound: float | None
    gap: float | None
    levels: list[_Level]
    terms: dict[str, float] | None
    solver: str
    seed: int
    seconds: float
    versions: dict[str, str]
    facts: dict[str, float | str | None]
    tables: _Tables | None


@dataclass(frozen=True)
class LoadedPlan:
    """A plan from its file, and what the file states about it. Nothing is recomputed here."""

    plan: Plan | None
    edited: tuple[str, ...]
    """Tables that are not as they were written."""
    status: Status
    limit: Limit | None
    terms: Mapping[str, float] | None
    levels: tuple[LevelResult, ...]
    objective: float | None
    solver: str
    seed: int
    seconds: float
    versions: Mapping[str, str]
    facts: Mapping[str, float | str | None]
    instance_name: str
    instance_digest: str
    prices: Prices | None = None
    lost: Mapping[str, int] = field(default_factory=dict)
    """Rows of each table that mean nothing to the instance; none unless the plan was made for another one."""
    moves: tuple[Moves, ...] | None = None
    """Steps from the plan that was in force before; None where it was not made near one, or for another instance."""


# ------------------------------------------------------------------ writing


def save_plan(result: Result, instance: Instance, path: str | os.PathLike[str]) -> None:
    """Write a plan file and its tables; an older plan file is replaced only once all is written. Raises OSError.

    Where ``path`` is a link, all of it is written where that leads to.
    """
    place = behind_links(path)
    tables: dict[str, Any] | None = None
    if result.plan is not None:
        tables = {}
        written = {name: table_bytes(name, result.plan, instance) for name in COLUMNS}
        written = {name: table for name, table in written.items() if table[1] or name not in OCCASIONAL}
        if result.prices is not None:
            written["prices"] = price_bytes(result.prices, instance)
        if result.moves is not None:
            written["moves"] = move_bytes(result.moves, instance)
        for name, (data, rows) in written.items():
            content = hashlib.sha256(data).hexdigest()
            file = f"{place.stem}.{name}.{content[:8]}.csv"
            write_atomically(place.parent / file, data)
            tables[name] = {"file": file, "rows": rows, "sha256": content}
    before = _tables_of(place)
    document = _document(result, tables)
    write_atomically(place, (json.dumps(document, indent=2, allow_nan=False) + "\n").encode())
    gone = before - {table["file"] for table in (tables or {}).values()}
    for file in gone - _named_by_others(place, gone):
        with suppress(OSError):
            (place.parent / file).unlink()


def _document(result: Result, tables: dict[str, Any] | None) -> dict[str, Any]:
    level = result.open_level if result.levels else None
    return {
        "format": PLAN_FORMAT,
        "instance": {"name": result.instance_name, "digest": result.instance_digest},
        "status": str(result.status),
        "limit": None if result.limit is None else str(result.limit),
        "objective": _finite(result.objective) if result.levels else None,
        "bound": _finite(result.levels[-1].bound) if result.levels else None,
        "gap": None if level is None else _finite(level.gap),
        "levels": [
            {"name": one.name, "value": _finite(one.value), "bound": _finite(one.bound), "gap": _finite(one.gap)}
            for one in result.levels
        ],
        "terms": None if result.terms is None else _terms(result.terms),
        "solver": result.solver,
        "seed": int(result.seed),
        "seconds": float(result.seconds),
        "versions": versions(),
        "facts": {name: value if isinstance(value, str) else _finite(value) for name, value in result.facts.items()},
        "tables": tables,
    }


def _terms(terms: Mapping[str, float]) -> dict[str, float]:
    """As they are; what goes on of what today's plan broke only where something does."""
    return {name: float(value) for name, value in terms.items() if value or name != OVERRUN}


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _named_by_others(place: Path, files: set[str]) -> set[str]:
    """Those tables that other files in the folder name: copies of a plan, and plans that share its stem. Never too few."""
    named = set[str]()
    for other in place.parent.iterdir() if files else ():
        if other == place or other.suffix == ".csv" or not other.is_file():
            continue
        try:
            text = b"" if other.stat().st_size > MOST_PLAN_BYTES else other.read_bytes()
        except OSError:  # Whoever may not be asked may name them all.
            return files
        named |= {file for file in files if file.encode() in text}
    return named


def _tables_of(place: Path) -> set[str]:
    """Tables that only the plan file that stands at this place can have written; empty where there is none that can be read."""
    named = re.compile(rf"{re.escape(place.stem)}\.({'|'.join([*COLUMNS, *BESIDE])})\.[0-9a-f]{{8}}\.csv")
    try:
        tables, _ = read_tree(place, place.name)
    except InputErrors:
        return set()
    stated = tables.get("tables")
    files = [table.get("file") for table in stated.values() if isinstance(table, dict)] if isinstance(stated, dict) else []
    return {file for file in files if isinstance(file, str) and named.fullmatch(file)}


# ------------------------------------------------------------------ reading


def load_plan(path: str | os.PathLike[str], instance: Instance, *, changed: bool = False) -> LoadedPlan:
    """A plan file of this instance or, where ``changed`` is allowed, of one that this one came from.

    Raises InputErrors with everything that is wrong, and WrongInstance where it was made for another instance: unless ``changed``,
    when what the instance no longer knows is left out and counted in ``lost``, and WrongInstance means that nothing was left.
    Tables that were edited since are read as they are and named in ``edited``.
    """
    place = Path(path)
    tree, repeated = read_tree(place, place.name)
    problems = Problems()
    for problem in repeated:
        problems.add(problem)
    try:
        document = _PlanFile.model_validate(tree)
    except ValidationError as error:
        for fault in faults(error, _PlanFile, tree):
            where = path_name(tree, fault.path)
            problems.add(Problem(place.name, line_of(tree, fault.path), where, shown(fault.value), fault.expected, fault.remedy))
        raise InputErrors(problems) from None
    problems.raise_if_any()
    another = document.instance.digest != instance.digest
    if another and not changed:
        raise WrongInstance(
            f"{place.name} is a plan of another instance: '{document.instance.name}' ({document.instance.digest[:19]}...), "
            f"not of '{instance.name}' ({instance.digest[:19]}...); give the instance and scenario that it was made for"
        )
    plan: Plan | None = None
    prices: Prices | None = None
    moves: tuple[Moves, ...] | None = None
    edited: tuple[str, ...] = ()
    lost: dict[str, int] = {}
    if document.tables is not None:
        tables, edited = _read_tables(place, document.tables, problems)
        problems.raise_if_any()
        # What another instance named is no mistake here: it is left out instead.
        unknown = Problems() if another else problems
        plan = plan_of(tables, instance, unknown)
        prices = prices_of(tables["prices"], instance, unknown) if "prices" in tables else None
        moves = moves_of(tables["moves"], instance, problems) if "moves" in tables and not another else None
    problems.raise_if_any()
    if another and plan is not None:
        plan, lost = still_known(plan, instance)
        if lost["runs"] + lost["serving"] and not len(plan.runs.job) + len(plan.serving.stream):
            raise WrongInstance(
                f"{place.name} is a plan of another instance: '{document.instance.name}'; nothing that it runs or serves is in "
                f"'{instance.name}'; give a plan that was made for an earlier state of this instance"
            )
    return LoadedPlan(
        plan=plan,
        edited=edited,
        status=Status(document.status),
        limit=None if document.limit is None else Limit(document.limit),
        terms=document.terms,
        levels=tuple(LevelResult(level.name, level.value, level.bound) for level in document.levels),
        objective=document.objective,
        solver=document.solver,
        seed=document.seed,
        seconds=document.seconds,
        versions=document.versions,
        facts=document.facts,
        instance_name=document.instance.name,
        instance_digest=document.instance.digest,
        prices=prices,
        lost=lost,
        moves=moves,
    )


def _unknown_column(known: list[str], name: str) -> tuple[str, str]:
    return unknown_field(name, known)


def _read_tables(place: Path, stated: _Tables, problems: Problems) -> tuple[dict[str, Table], tuple[str, ...]]:
    """Those that could be read, by name, and the names of those that were edited."""
    tables: dict[str, Table] = {}
    edited = []
    for name, columns in {**COLUMNS, **BESIDE}.items():
        entry: _TableFile | None = getattr(stated, name)
        if entry is None:
            continue
        where = sibling(Path(os.path.realpath(place)).parent, entry.file)
        if isinstance(where, str):
            problems.add(
                Problem(place.name, None, f"tables.{name}.file", shown(entry.file), where, "keep the tables beside the plan")
            )
            continue
        known = [column.name for column in columns]
        try:
            content = content_digest(where, entry.file, TABLE_BYTES)
            table = read_table(where, entry.file, columns, problems, partial(_unknown_column, known))
        except InputErrors as error:
            for problem in error.problems:
                problems.add(problem)
            continue
        if content != entry.sha256:
            edited.append(name)
        if table is not None:
            tables[name] = table
    return tables, tuple(edited)
