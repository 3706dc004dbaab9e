"""A plan from its tables: names become indices, and what the instance does not know becomes a problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from placement.files.errors import Problems
from placement.files.long_tables import ordinal, periods, refer, repeated
from placement.files.plan_tables import agreements, batch_ways, fairness, feed_work, losses, profiles, responses, run_names
from placement.files.tables import Table
from placement.instance import Instance
from placement.instance.running import leaving
from placement.lending import Borrowing
from placement.move import Move, Moves
from placement.overruns import Overruns
from placement.plan import (
    TABLES,
    Backups,
    Batch,
    Closings,
    Contracts,
    Degraded,
    FeedWork,
    Granted,
    Kept,
    Limits,
    Maintenance,
    Paths,
    Places,
    Plan,
    Prices,
    Recourse,
    Refusals,
    Replicas,
    Responses,
    Runs,
    Serving,
    Shedding,
    Shifts,
    Starts,
    Sublets,
    Swings,
    Uncovered,
    Unfinished,
    empty,
)
from placement.program import Bools, Ints
from placement.reroutes import Reroutes
from placement.shares import LeastShares, LeastSums


def plan_of(tables: Mapping[str, Table], instance: Instance, problems: Problems) -> Plan:
    """The plan in tables that were read; names that the instance does not know become problems, and then the plan means nothing."""
    runs, run = _read_runs(tables["runs"], instance, problems)
    island = {name: i for i, name in enumerate(instance.island_names)}
    places, paths = tables["places"], tables["paths"]
    return Plan(
        runs,
        Places(
            refer(places, "job", run, "a job in the table of runs", problems),
            refer(places, "island", island, "an island", problems),
            _whole(places, "units"),
        ),
        Paths(
            refer(paths, "job", run, "a job in the table of runs", problems),
            refer(paths, "link", _index(instance.links), "a link", problems),
        ),
        _read_replicas(tables["replicas"], instance, island, problems),
        _read_serving(tables["serving"], instance, problems),
        _read_shedding(tables["shedding"], instance, problems),
        _read_contracts(tables["contracts"], instance, problems) if "contracts" in tables else empty(Contracts),
        _read_sublets(tables["sublets"], instance, problems) if "sublets" in tables else empty(Sublets),
        _read_recourse(tables["recourse"], instance, problems) if "recourse" in tables else empty(Recourse),
        _read_uncovered(tables["uncovered"], instance, problems) if "uncovered" in tables else empty(Uncovered),
        _read_responses(tables["responses"], instance, problems) if "responses" in tables else empty(Responses),
        _read_maintenance(tables["maintenance"], instance, problems) if "maintenance" in tables else empty(Maintenance),
        _read_feed_work(tables["feed_work"], instance, problems) if "feed_work" in tables else empty(FeedWork),
        _read_backups(tables["backups"], instance, island, problems) if "backups" in tables else empty(Backups),
        _read_kept(tables["kept"], instance, problems) if "kept" in tables else empty(Kept),
        _read_starts(tables["starts"], instance, problems) if "starts" in tables else empty(Starts),
        _read_limits(tables["limits"], instance, problems) if "limits" in tables else empty(Limits),
        _read_closings(tables["closings"], instance, problems) if "closings" in tables else empty(Closings),
        _read_refusals(tables["refusals"], instance, problems) if "refusals" in tables else empty(Refusals),
        _read_credits(tables["credits"], instance, problems) if "credits" in tables else empty(Granted),
        _read_swings(tables["swings"], instance, problems) if "swings" in tables else empty(Swings),
        _read_least_shares(tables["least_shares"], instance, problems) if "least_shares" in tables else empty(LeastShares),
        _read_least_sums(tables["least_sums"], instance, problems) if "least_sums" in tables else empty(LeastSums),
        _read_batch(tables["batch"], instance, problems) if "batch" in tables else empty(Batch),
        _read_unfinished(tables["unfinished"], instance, problems) if "unfinished" in tables else empty(Unfinished),
        _read_shifts(tables["shifts"], instance, problems) if "shifts" in tables else empty(Shifts),
        _read_degraded(tables["degraded"], instance, problems) if "degraded" in tables else empty(Degraded),
        _read_borrowing(tables["borrowing"], instance, problems) if "borrowing" in tables else empty(Borrowing),
        _read_overruns(tables["overruns"], instance, problems) if "overruns" in tables else empty(Overruns),
        _read_reroutes(tables["reroutes"], instance, problems) if "reroutes" in tables else empty(Reroutes),
    )


def prices_of(table: Table, instance: Instance, problems: Problems) -> Prices:
    """The prices in a table that was read; whether the resources exist is for their program to say."""
    period = periods(table, instance.calendar, problems)
    key = table.codes["resource"].astype(np.int64) * instance.calendar.period_count + period
    repeated(table, np.where(table.sound & (period >= 0), key, -1), "resource", "each slot of a resource", problems)
    words = tuple(table.words["resource"])
    return Prices(words, table.codes["resource"].astype(np.int64), period, table.numbers["usd_per_unit"])


def moves_of(table: Table, instance: Instance, problems: Problems) -> tuple[Moves, ...]:
    """The moves in a table that was read, step by step; whether they fit is for the laws to say."""
    job = refer(table, "job", _index(instance.jobs.id), "a job", problems)
    detour = refer(table, "detour", {"": len(instance.island_names), **_index(instance.island_names)}, "an island", problems)
    step = _whole(table, "step")
    repeated(table, np.where(table.sound & (job >= 0), step * len(instance.jobs) + job, -1), "job", "each job of a step", problems)
    steps = np.unique(step[table.sound])
    gap = (step != np.searchsorted(steps, step) + 1) & table.sound
    table.report(problems, gap, "step", "steps 1, 2, 3 and so on, none left out", "put back the rows that are gone, or count anew")
    islands = [*range(len(instance.island_names)), None]
    return tuple(
        tuple(Move(int(job[row]), islands[detour[row]]) for row in np.flatnonzero(step == n).tolist()) for n in steps.tolist()
    )


def still_known(plan: Plan, instance: Instance) -> tuple[Plan, dict[str, int]]:
    """A plan without the rows that name what an instance does not have (-1), and how many each table lost."""
    runs, blocks = plan.runs, instance.calendar.blocks
    known = {name: _all_known(getattr(plan, name)) for name in TABLES}
    first = np.zeros(len(runs.job), dtype=np.bool_)
    first[np.unique(runs.job * 2 + leaving(runs.job), return_index=True)[1]] = True
    known["runs"] &= first & (runs.start_block < blocks) & (runs.end_block > runs.start_block)
    run = np.append(np.where(known["runs"], np.cumsum(known["runs"]) - 1, -1), -1)
    places, paths = replace(plan.places, run=run[plan.places.run]), replace(plan.paths, run=run[plan.paths.run])
    plan = replace(plan, places=places, paths=paths)
    known |= {"places": _all_known(places), "paths": _all_known(paths)}
    tables = {
        name: kind(*(getattr(getattr(plan, name), f.name)[known[name]] for f in fields(kind))) for name, kind in TABLES.items()
    }
    return Plan(**tables), {name: int((~rows).sum()) for name, rows in known.items()}


def _all_known(table: Any) -> Bools:
    columns = (getattr(table, f.name) for f in fields(table))
    return np.asarray(np.all([column >= 0 for column in columns if column.dtype == np.int64], axis=0))


def _index(names: Any) -> dict[str, int]:
    return {name: n for n, name in enumerate(names)}


def _whole(table: Table, column: str) -> Ints:
    return np.nan_to_num(table.numbers[column]).astype(np.int64)


def _read_runs(table: Table, instance: Instance, problems: Problems) -> tuple[Runs, dict[str, int]]:
    """The runs, and the row of each by its name."""
    names = run_names(instance)
    named = refer(table, "job", _index(names), "a job", problems)
    order = np.argsort(named, kind="stable")
    again = np.zeros(len(table), dtype=np.bool_)
    again[order[1:]] = (named[order[1:]] == named[order[:-1]]) & (named[order[1:]] >= 0)
    table.report(problems, again, "job", "each job once", "remove one of its rows")
    row = {name: n for n, name in reversed(list(enumerate(named.tolist()))) if name >= 0}
    job = np.array([*range(len(instance.jobs)), *instance.jobs.running, -1], dtype=np.int64)[named]
    goes = np.array([row.get(j, -1) for j in job.tolist()], dtype=np.int64)
    lost = (named >= len(instance.jobs)) & (goes < np.arange(len(table)))
    table.report(problems, lost, "job", "the row of where it goes below that of what it leaves", "add or move the row")
    runs = Runs(job, _read_shapes(table, job, instance, problems), *_read_edges(table, instance, problems))
    return runs, {names[name]: n for name, n in row.items()}


def _read_shapes(table: Table, job: Ints, instance: Instance, problems: Problems) -> Ints:
    """Shapes of rows of jobs, named by accelerator, mode and GPUs."""
    shapes, accelerators = instance.jobs.shapes, list(instance.accelerators.values())
    known = {
        (int(shapes.job[n]), accelerators[a].id, accelerators[a].modes[m].id, int(shapes.gpus[n])): n
        for n, (a, m) in enumerate(zip(shapes.accelerator.tolist(), shapes.mode.tolist(), strict=True))
    }
    gpus = _whole(table, "gpus")
    shape = np.array(
        [
            known.get((int(job[n]), str(table.cell("accelerator", n)), str(table.cell("mode", n)), int(gpus[n])), -1)
            for n in range(len(table))
        ],
        dtype=np.int64,
    )
    table.report(
        problems,
        (shape < 0) & (job >= 0) & table.sound,
        "accelerator",
        "a shape of the job: accelerator, mode and gpus",
        "correct the row",
    )
    return shape


def _read_edges(table: Table, instance: Instance, problems: Problems) -> tuple[Ints, Ints]:
    """First block, and the block after the last, of rows with a start_date and an end_date."""
    days = {day.toordinal(): b for b, day in enumerate(instance.calendar.block_starts)}
    edges = []
    for column, blocks in (("start_date", range(instance.calendar.blocks)), ("end_date", range(1, instance.calendar.blocks + 1))):
        edge = table.decoded(column, lambda word: days.get(ordinal(word), -1))
        wrong = ~np.isin(edge, np.array(blocks)) & table.sound
        table.report(problems, wrong, column, "the first day of a block of the calendar", "correct the date")
        edges.append(edge)
    backwards = (edges[1] <= edges[0]) & (edges[0] >= 0) & (edges[1] > 0)
    table.report(problems, backwards, "end_date", "a day after start_date", "correct the dates")
    return edges[0], edges[1]


def _read_contracts(table: Table, instance: Instance, problems: Problems) -> Contracts:
    return Contracts(
        refer(table, "contract", _index(instance.contracts), "a contract", problems), *_read_edges(table, instance, problems)
    )


def _read_limits(table: Table, instance: Instance, problems: Problems) -> Limits:
    lever = refer(table, "lever", _index(instance.levers), "a lever", problems)
    return Limits(lever, *_read_edges(table, instance, problems), table.numbers["multiplier"])


def _read_closings(table: Table, instance: Instance, problems: Problems) -> Closings:
    return Closings(refer(table, "lever", _index(instance.levers), "a lever", problems), *_read_edges(table, instance, problems))


def _read_refusals(table: Table, instance: Instance, problems: Problems) -> Refusals:
    return Refusals(refer(table, "tenant", _index(instance.tenants), "a tenant", problems))


def _read_credits(table: Table, instance: Instance, problems: Problems) -> Granted:
    case = refer(table, "agreement", _index(agreements(instance)), "an agreement on credits", problems)
    return Granted(case, *_read_edges(table, instance, problems), _whole(table, "step") - 1)


def _read_least_shares(table: Table, instance: Instance, problems: Problems) -> LeastShares:
    return LeastShares(
        refer(table, "policy", _index(fairness(instance)), "a policy of kind fairness", problems),
        periods(table, instance.calendar, problems),
        table.numbers["share"],
    )


def _read_least_sums(table: Table, instance: Instance, problems: Problems) -> LeastSums:
    return LeastSums(
        refer(table, "policy", _index(fairness(instance)), "a policy of kind fairness", problems),
        _whole(table, "minima"),
        periods(table, instance.calendar, problems),
        table.numbers["share"],
    )


def _read_swings(table: Table, instance: Instance, problems: Problems) -> Swings:
    tenant = refer(table, "tenant", _index(instance.tenants), "a tenant", problems)
    return Swings(tenant, periods(table, instance.calendar, problems), table.numbers["share"])


def _read_batch(table: Table, instance: Instance, problems: Problems) -> Batch:
    job = refer(table, "job", _index(instance.batch_jobs), "a batch job", problems)
    known = {way: n for n, way in enumerate(batch_ways(instance))}
    cells = [(str(table.cell("job", n)), str(table.cell("accelerator", n)), str(table.cell("mode", n))) for n in range(len(table))]
    case = np.array([known.get(way, -1) for way in cells], dtype=np.int64)
    expected = "a way to do the work of the job: accelerator and mode"
    table.report(problems, (case < 0) & (job >= 0) & table.sound, "accelerator", expected, "correct the row")
    pool = refer(table, "pool", _index(instance.pools), "a pool", problems)
    return Batch(case, pool, periods(table, instance.calendar, problems), table.numbers["gpus"])


def _read_unfinished(table: Table, instance: Instance, problems: Problems) -> Unfinished:
    return Unfinished(refer(table, "job", _index(instance.batch_jobs), "a batch job", problems), table.numbers["share"])
def _read_shifts(table: Table, instance: Instance, problems: Problems) -> Shifts:
    stream = refer(table, "stream", _index(instance.streams), "a stream", problems)
    leaves, arrives = (periods(table, instance.calendar, problems, of) for of in ("", "to_"))
    return Shifts(stream, leaves, arrives, table.numbers["tokens_per_s"])


def _read_degraded(table: Table, instance: Instance, problems: Problems) -> Degraded:
    stream = refer(table, "stream", _index(instance.streams), "a stream", problems)
    return Degraded(stream, periods(table, instance.calendar, problems), table.numbers["tokens_per_s"])




def _read_borrowing(table: Table, instance: Instance, problems: Problems) -> Borrowing:
    known = {(list(instance.tenants)[case.tenant], case.accelerator): n for n, case in enumerate(instance.quota_cases)}
    found = []
    for column in ("tenant", "lender"):
        rows = [(str(table.cell(column, n)), str(table.cell("accelerator", n))) for n in range(len(table))]
        quota = np.array([known.get(row, -1) for row in rows], dtype=np.int64)
        table.report(problems, (quota < 0) & table.sound, column, "a tenant with a quota on this accelerator", "correct the row")
        found.append(quota)
    return Borrowing(found[0], found[1], periods(table, instance.calendar, problems), table.numbers["gpus"])


def _read_overruns(table: Table, instance: Instance, problems: Problems) -> Overruns:
    limit = refer(table, "limit", _index(instance.limit_names), "a limit, as island, pool or feed NAME", problems)
    return Overruns(limit, periods(table, instance.calendar, problems), table.numbers["amount"])


def _read_maintenance(table: Table, instance: Instance, problems: Problems) -> Maintenance:
    pool = refer(table, "pool", _index(instance.pools), "a pool", problems)
    known = {(q, task.id): n for n, (q, task) in enumerate(instance.maintenance)}
    task = np.array([known.get((int(pool[n]), str(table.cell("task", n))), -1) for n in range(len(table))], dtype=np.int64)
    table.report(problems, (task < 0) & (pool >= 0) & table.sound, "task", "a task of maintenance of the pool", "correct the row")
    return Maintenance(task, *_read_edges(table, instance, problems))


def _read_feed_work(table: Table, instance: Instance, problems: Problems) -> FeedWork:
    work = refer(table, "work", _index(feed_work(instance)), "a task of maintenance of a feed", problems)
    return FeedWork(work, *_read_edges(table, instance, problems))


def _read_backups(table: Table, instance: Instance, island: Mapping[str, int], problems: Problems) -> Backups:
    job = refer(table, "job", _index(instance.jobs.id), "a job", problems)
    return Backups(
        refer(table, "loss", _index(losses(instance)), "a loss", problems),
        job,
        _read_shapes(table, job, instance, problems),
        refer(table, "island", island, "an island", problems),
        *_read_edges(table, instance, problems),
    )


def _read_recourse(table: Table, instance: Instance, problems: Problems) -> Recourse:
    return Recourse(
        refer(table, "loss", _index(losses(instance)), "a loss", problems),
        refer(table, "stream", _index(instance.streams), "a stream", problems),
        refer(table, "site", _index(instance.sites), "a site", problems),
        refer(table, "latency_class", _index(instance.latency_classes), "a latency class", problems),
        periods(table, instance.calendar, problems),
        table.numbers["tokens_per_s"],
    )


def _read_uncovered(table: Table, instance: Instance, problems: Problems) -> Uncovered:
    return Uncovered(
        refer(table, "loss", _index(losses(instance)), "a loss", problems),
        refer(table, "stream", _index(instance.streams), "a stream", problems),
        periods(table, instance.calendar, problems),
        table.numbers["tokens_per_s"],
    )


def _read_responses(table: Table, instance: Instance, problems: Problems) -> Responses:
    return Responses(
        refer(table, "response", _index(responses(instance)), "the demand response of a feed, as feed/response,", problems),
        periods(table, instance.calendar, problems),
        table.numbers["kw"],
    )


def _read_sublets(table: Table, instance: Instance, problems: Problems) -> Sublets:
    return Sublets(
        refer(table, "pool", _index(instance.pools), "a pool", problems),
        periods(table, instance.calendar, problems),
        _whole(table, "units"),
    )


def _read_replicas(table: Table, instance: Instance, island: Mapping[str, int], problems: Problems) -> Replicas:
    return Replicas(
        *_read_profiles(table, instance, problems),
        refer(table, "island", island, "an island", problems),
        periods(table, instance.calendar, problems),
        _whole(table, "units"),
    )


def _read_starts(table: Table, instance: Instance, problems: Problems) -> Starts:
    return Starts(
        *_read_profiles(table, instance, problems),
        refer(table, "pool", _index(instance.pools), "a pool", problems),
        periods(table, instance.calendar, problems),
        table.numbers["replicas"],
    )


def _read_kept(table: Table, instance: Instance, problems: Problems) -> Kept:
    return Kept(
        refer(table, "loss", _index(losses(instance)), "a loss", problems),
        *_read_profiles(table, instance, problems),
        refer(table, "pool", _index(instance.pools), "a pool", problems),
        periods(table, instance.calendar, problems),
        _whole(table, "units"),
    )


def _read_profiles(table: Table, instance: Instance, problems: Problems) -> tuple[Ints, Ints]:
    """Service and profile of rows that name a service, an accelerator, a class and a mode."""
    service = refer(table, "service", _index(instance.services), "a service", problems)
    names = ("accelerator", "latency_class", "mode")
    key = service
    for name in names:  # One number for each combination of names.
        key = key * max(len(table.words[name]), 1) + table.codes[name]
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    known = [{key: p for p, key in enumerate(own)} for own in profiles(instance)]
    meaning = []
    for row in first.tolist():
        accelerator, latency_class, mode = (str(table.cell(name, row)) for name in names)
        own = known[service[row]] if service[row] >= 0 else {}
        meaning.append(own.get((accelerator, latency_class, mode), -1))
    profile = np.array([*meaning, -1], dtype=np.int64)[which.reshape(-1)]
    expected = "a profile of the service: accelerator, latency_class and mode"
    table.report(problems, (profile < 0) & (service >= 0) & table.sound, "accelerator", expected, "correct the row")
    return service, profile


def _read_serving(table: Table, instance: Instance, problems: Problems) -> Serving:
    return Serving(
        refer(table, "stream", _index(instance.streams), "a stream", problems),
        refer(table, "site", _index(instance.sites), "a site", problems),
        refer(table, "latency_class", _index(instance.latency_classes), "a latency class", problems),
        periods(table, instance.calendar, problems),
        table.numbers["tokens_per_s"],
    )


def _read_reroutes(table: Table, instance: Instance, problems: Problems) -> Reroutes:
    return Reroutes(
        refer(table, "stream", _index(instance.streams), "a stream", problems),
        refer(table, "site", _index(instance.sites), "a site", problems),
        _whole(table, "way") - 1,
        periods(table, instance.calendar, problems),
        table.numbers["tokens_per_s"],
    )


def _read_shedding(table: Table, instance: Instance, problems: Problems) -> Shedding:
    stream = refer(table, "stream", _index(instance.streams), "a stream", problems)
    rung = _whole(table, "rung") - 1
    ladders = [stream.ladder or instance.tenants[stream.tenant].ladder for stream in instance.streams.values()]
    rungs = np.array([len(ladder.rungs) if ladder is not None else 0 for ladder in ladders] + [0], dtype=np.int64)
    wrong = (stream >= 0) & (rung >= rungs[stream]) & table.sound
    table.report(problems, wrong, "rung", "a rung of the stream's ladder, counted from 1", "correct the row")
    promised = table.decoded("promised", lambda word: {"true": 1, "false": 0}.get(word, -1))
    table.report(problems, (promised < 0) & table.sound, "promised", "true or false", "write true or false")
    return Shedding(stream, rung, promised > 0, periods(table, instance.calendar, problems), table.numbers["tokens_per_s"])
