"""Tables of a plan as CSV with names instead of indices; ``COLUMNS`` says what each holds. ``plan_reading`` is the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from placement.files.tables import Column
from placement.instance import Instance
from placement.instance.policy import MOST_MINIMA
from placement.instance.running import leaving
from placement.move import Moves
from placement.plan import (
    Backups,
    Closings,
    Contracts,
    FeedWork,
    Granted,
    Kept,
    Limits,
    Maintenance,
    Plan,
    Prices,
    Replicas,
    Runs,
    Starts,
)
from placement.program import Ints


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "text") for name in names)


_UNITS = Column("units", "number", least=0, most=1e8, whole=True)
_GPUS = Column("gpus", "number", most=1e8, whole=True)
_RUNG = Column("rung", "number", least=1, most=100, whole=True)
_STEP = Column("step", "number", least=1, most=20, whole=True)
_WAY = Column("way", "number", least=2, most=8, whole=True)
_TOKENS = Column("tokens_per_s", "number", least=-1e14)
_MULTIPLIER = Column("multiplier", "number", least=0, most=100)
_KW = Column("kw", "number", least=-1e9, most=1e9)
COLUMNS: dict[str, tuple[Column, ...]] = {
    "runs": (*_texts("job", "accelerator", "mode"), _GPUS, *_texts("start_date", "end_date")),
    "places": (*_texts("job", "island"), _UNITS),
    "paths": _texts("job", "link"),
    "replicas": (*_texts("service", "accelerator", "latency_class", "mode", "island", "block", "band"), _UNITS),
    "serving": (*_texts("stream", "site", "latency_class", "block", "band"), _TOKENS),
    "shedding": (*_texts("stream"), _RUNG, *_texts("promised", "block", "band"), _TOKENS),
    "contracts": _texts("contract", "start_date", "end_date"),
    "sublets": (*_texts("pool", "block", "band"), _UNITS),
    "recourse": (*_texts("loss", "stream", "site", "latency_class", "block", "band"), _TOKENS),
    "uncovered": (*_texts("loss", "stream", "block", "band"), _TOKENS),
    "responses": (*_texts("response", "block", "band"), _KW),
    "maintenance": _texts("pool", "task", "start_date", "end_date"),
    "feed_work": _texts("work", "start_date", "end_date"),
    "backups": (*_texts("loss", "job", "accelerator", "mode"), _GPUS, *_texts("island", "start_date", "end_date")),
    "starts": (
        *_texts("service", "accelerator", "latency_class", "mode", "pool", "block", "band"),
        Column("replicas", "number", least=0, most=1e9),
    ),
    "kept": (*_texts("loss", "service", "accelerator", "latency_class", "mode", "pool", "block", "band"), _UNITS),
    "limits": (*_texts("lever", "start_date", "end_date"), _MULTIPLIER),
    "closings": _texts("lever", "start_date", "end_date"),
    "refusals": _texts("tenant"),
    "credits": (*_texts("agreement", "start_date", "end_date"), _STEP),
    "swings": (*_texts("tenant", "block", "band"), Column("share", "number", least=-100, most=100)),
    "least_shares": (*_texts("policy", "block", "band"), Column("share", "number", least=-100, most=100)),
    "least_sums": (
        *_texts("policy"), Column("minima", "number", least=2, most=MOST_MINIMA, whole=True), *_texts("block", "band"),
        Column("share", "number", least=-100, most=100),
    ),
    "batch": (*_texts("job", "accelerator", "mode", "pool", "block", "band"), Column("gpus", "number", least=-1e9, most=1e9)),
    "unfinished": (*_texts("job"), Column("share", "number", least=-100, most=100)),
    "shifts": (*_texts("stream", "block", "band", "to_block", "to_band"), _TOKENS),
    "degraded": (*_texts("stream", "block", "band"), _TOKENS),
    "borrowing": (*_texts("tenant", "lender", "accelerator", "block", "band"), Column("gpus", "number", least=-1e9, most=1e9)),
    "reroutes": (*_texts("stream", "site"), _WAY, *_texts("block", "band"), _TOKENS),
    "overruns": (*_texts("limit", "block", "band"), Column("amount", "number", least=-1e9, most=1e9)),
}  # fmt: skip
"""Start and end dates are first days of blocks, the end being the first day no longer held; rungs count from 1, and so do ways,
the cheapest first."""

OCCASIONAL = {"least_sums", "overruns", "reroutes"}
"""Tables that a plan file has only where they have rows."""

LEAVING = "/leaving"
"""After the name of a job in ``runs``, ``places`` and ``paths``: the place on which it stands today and which it moves from."""

PRICES = (*_texts("resource", "block", "band"), Column("usd_per_unit", "number", least=-1e14))
"""Rows of slots that have a price; a slot of several periods is named by its first."""

MOVES = (Column("step", "number", least=1, most=1e6, whole=True), *_texts("job"), Column("detour", "text", blank=True))
"""Steps from today's plan count from 1; ``detour`` is empty where the job goes as the plan has it, or stops."""

BESIDE = {"prices": PRICES, "moves": MOVES}
"""Tables of a plan file that are not the plan's own."""


# ------------------------------------------------------------------ to text


def table_bytes(name: str, plan: Plan, instance: Instance) -> tuple[bytes, int]:
    """A table of the plan as CSV, and its number of rows."""
    return _csv(COLUMNS[name], _WRITERS[name](plan, instance))


def price_bytes(prices: Prices, instance: Instance) -> tuple[bytes, int]:
    """The table of prices as CSV, and its number of rows."""
    columns = [_named(prices.names, prices.resource), *_period_columns(instance, prices.period), _floats(prices.usd_per_unit)]
    return _csv(PRICES, columns)


def move_bytes(moves: Iterable[Moves], instance: Instance) -> tuple[bytes, int]:
    """The table of moves as CSV, and its number of rows."""
    rows = [(step, move) for step, together in enumerate(moves, 1) for move in together]
    detours = ["" if move.detour is None else instance.island_names[move.detour] for _, move in rows]
    return _csv(MOVES, [[str(step) for step, _ in rows], [instance.jobs.id[move.job] for _, move in rows], detours])


def _csv(header: Sequence[Column], columns: list[list[str]]) -> tuple[bytes, int]:
    lines = map(",".join, zip(*columns, strict=True))
    return ("\n".join([",".join(column.name for column in header), *lines]) + "\n").encode(), len(columns[0])


def _named(names: Sequence[str], index: Ints) -> list[str]:
    return [names[i] for i in index.tolist()]


def _ints(values: Ints) -> list[str]:
    return [str(value) for value in values.tolist()]


def _floats(values: Any) -> list[str]:
    return [repr(value) for value in values.tolist()]


def _period_columns(instance: Instance, period: Ints) -> tuple[list[str], list[str]]:
    days = [day.isoformat() for day in instance.calendar.block_starts]
    bands = [band.id for band in instance.calendar.bands]
    return _named(days, period // len(bands)), _named(bands, period % len(bands))


def _run_job(plan: Plan, instance: Instance, run: Ints) -> list[str]:
    """Jobs of runs; of what a job leaves with the word ``LEAVING``."""
    gone = leaving(plan.runs.job)[run].tolist()
    names = _named(instance.jobs.id, plan.runs.job[run])
    return [name + LEAVING if left else name for name, left in zip(names, gone, strict=True)]


def run_names(instance: Instance) -> list[str]:
    """What rows of runs may be called: every job, and every one that runs today with the word ``LEAVING``, in this order."""
    return [*instance.jobs.id, *(instance.jobs.id[job] + LEAVING for job in instance.jobs.running)]


def _runs(plan: Plan, instance: Instance) -> list[list[str]]:
    runs = plan.runs
    return [_run_job(plan, instance, np.arange(len(runs.job))), *_shapes(instance, runs.shape), *_edges(instance, runs)]


def _shapes(instance: Instance, shape: Ints) -> list[list[str]]:
    """Accelerator, mode and GPUs of shapes."""
    shapes, accelerators = instance.jobs.shapes, list(instance.accelerators.values())
    modes = [accelerators[a].modes[m].id for a, m in zip(shapes.accelerator[shape], shapes.mode[shape], strict=True)]
    return [_named(list(instance.accelerators), shapes.accelerator[shape]), modes, _ints(shapes.gpus[shape])]


def _edges(
    instance: Instance, table: Runs | Contracts | Maintenance | FeedWork | Backups | Limits | Closings | Granted
) -> list[list[str]]:
    """First day, and the day after the last, of rows that span blocks."""
    days = [day.isoformat() for day in instance.calendar.block_starts]
    return [_named(days, table.start_block), _named(days, table.end_block)]


def _places(plan: Plan, instance: Instance) -> list[list[str]]:
    places = plan.places
    return [_run_job(plan, instance, places.run), _named(instance.island_names, places.island), _ints(places.units)]


def _paths(plan: Plan, instance: Instance) -> list[list[str]]:
    return [_run_job(plan, instance, plan.paths.run), _named(list(instance.links), plan.paths.link)]


def profiles(instance: Instance) -> list[list[tuple[str, str, str]]]:
    """Accelerator, class and mode of each profile, by service."""
    return [
        [(p.accelerator, p.latency_class, instance.accelerators[p.accelerator].mode(p.mode).id) for p in service.profiles]
        for service in instance.services.values()
    ]


def _replicas(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.replicas
    return [
        *_profile_columns(instance, table),
        _named(instance.island_names, table.island),
        *_period_columns(instance, table.period),
        _ints(table.units),
    ]


def _profile_columns(instance: Instance, table: Replicas | Kept | Starts) -> list[list[str]]:
    """Service, accelerator, class and mode of rows of profiles."""
    known = profiles(instance)
    named = [known[s][p] for s, p in zip(table.service.tolist(), table.profile.tolist(), strict=True)]
    return [_named(list(instance.services), table.service), *([profile[k] for profile in named] for k in range(3))]


def _starts(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.starts
    return [
        *_profile_columns(instance, table),
        _named(list(instance.pools), table.pool),
        *_period_columns(instance, table.period),
        _floats(table.replicas),
    ]


def _kept(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.kept
    return [
        _named(losses(instance), table.case),
        *_profile_columns(instance, table),
        _named(list(instance.pools), table.pool),
        *_period_columns(instance, table.period),
        _ints(table.units),
    ]


def _serving(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.serving
    return [
        _named(list(instance.streams), table.stream),
        _named(list(instance.sites), table.site),
        _named(list(instance.latency_classes), table.latency_class),
        *_period_columns(instance, table.period),
        _floats(table.tokens_per_s),
    ]


def _shedding(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.shedding
    return [
        _named(list(instance.streams), table.stream),
        _ints(table.rung + 1),
        ["true" if value else "false" for value in table.promised.tolist()],
        *_period_columns(instance, table.period),
        _floats(table.tokens_per_s),
    ]


def _contracts(plan: Plan, instance: Instance) -> list[list[str]]:
    return [_named(list(instance.contracts), plan.contracts.contract), *_edges(instance, plan.contracts)]


def _sublets(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.sublets
    return [_named(list(instance.pools), table.pool), *_period_columns(instance, table.period), _ints(table.units)]


def _recourse(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.recourse
    return [
        _named(losses(instance), table.case),
        _named(list(instance.streams), table.stream),
        _named(list(instance.sites), table.site),
        _named(list(instance.latency_classes), table.latency_class),
        *_period_columns(instance, table.period),
        _floats(table.tokens_per_s),
    ]


def _uncovered(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.uncovered
    return [
        _named(losses(instance), table.case),
        _named(list(instance.streams), table.stream),
        *_period_columns(instance, table.period),
        _floats(table.tokens_per_s),
    ]


def _responses(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.responses
    return [_named(responses(instance), table.response), *_period_columns(instance, table.period), _floats(table.kw)]


def _maintenance(plan: Plan, instance: Instance) -> list[list[str]]:
    table, pools = plan.maintenance, list(instance.pools)
    tasks = [instance.maintenance[n] for n in table.task.tolist()]
    return [[pools[q] for q, _ in tasks], [task.id for _, task in tasks], *_edges(instance, table)]


def _feed_work(plan: Plan, instance: Instance) -> list[list[str]]:
    return [_named(feed_work(instance), plan.feed_work.work), *_edges(instance, plan.feed_work)]


def _backups(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.backups
    return [
        _named(losses(instance), table.case),
        _named(instance.jobs.id, table.job),
        *_shapes(instance, table.shape),
        _named(instance.island_names, table.island),
        *_edges(instance, table),
    ]


def _limits(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.limits
    return [_named(list(instance.levers), table.lever), *_edges(instance, table), _floats(table.multiplier)]


def _closings(plan: Plan, instance: Instance) -> list[list[str]]:
    return [_named(list(instance.levers), plan.closings.lever), *_edges(instance, plan.closings)]


def _refusals(plan: Plan, instance: Instance) -> list[list[str]]:
    return [_named(list(instance.tenants), plan.refusals.tenant)]


def _credits(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.credits
    return [_named(agreements(instance), table.case), *_edges(instance, table), _ints(table.step + 1)]


def _swings(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.swings
    return [_named(list(instance.tenants), table.tenant), *_period_columns(instance, table.period), _floats(table.share)]


def _least_shares(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.least_shares
    return [_named(fairness(instance), table.case), *_period_columns(instance, table.period), _floats(table.share)]


def _least_sums(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.least_sums
    when = _period_columns(instance, table.period)
    return [_named(fairness(instance), table.case), [str(n) for n in table.minima.tolist()], *when, _floats(table.share)]


def fairness(instance: Instance) -> list[str]:
    return [case.policy.id for case in instance.fairness_cases]


def _batch(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.batch
    names = batch_ways(instance)
    columns = [[names[case][n] for case in table.case.tolist()] for n in range(3)]
    return [*columns, _named(list(instance.pools), table.pool), *_period_columns(instance, table.period), _floats(table.gpus)]


def _unfinished(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.unfinished
    return [_named(list(instance.batch_jobs), table.job), _floats(table.share)]


def batch_ways(instance: Instance) -> list[tuple[str, str, str]]:
    """Batch job, accelerator and mode of every way to work."""
    names = list(instance.batch_jobs)
    return [(names[case.job], case.accelerator, case.mode.id) for case in instance.batch_cases]
def _shifts(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.shifts
    when = [*_period_columns(instance, table.period), *_period_columns(instance, table.to_period)]
    return [_named(list(instance.streams), table.stream), *when, _floats(table.tokens_per_s)]


def _degraded(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.degraded
    return [_named(list(instance.streams), table.stream), *_period_columns(instance, table.period), _floats(table.tokens_per_s)]




def _borrowing(plan: Plan, instance: Instance) -> list[list[str]]:
    table, tenants, cases = plan.borrowing, list(instance.tenants), instance.quota_cases
    who, lender = ([cases[n] for n in column.tolist()] for column in (table.quota, table.lender))
    return [
        [tenants[case.tenant] for case in who],
        [tenants[case.tenant] for case in lender],
        [case.accelerator for case in who],
        *_period_columns(instance, table.period),
        _floats(table.gpus),
    ]


def _overruns(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.overruns
    return [_named(instance.limit_names, table.limit), *_period_columns(instance, table.period), _floats(table.amount)]


def _reroutes(plan: Plan, instance: Instance) -> list[list[str]]:
    table = plan.reroutes
    who = _named(list(instance.streams), table.stream), _named(list(instance.sites), table.site), _ints(table.way + 1)
    return [*who, *_period_columns(instance, table.period), _floats(table.tokens_per_s)]


def agreements(instance: Instance) -> list[str]:
    return [case.name for case in instance.credit_cases]


def responses(instance: Instance) -> list[str]:
    return [case.name for case in instance.responses]


def feed_work(instance: Instance) -> list[str]:
    return [f"{list(instance.feeds)[f]}/{task.id}" for f, task in instance.feed_work]


def losses(instance: Instance) -> list[str]:
    return [case.name for case in instance.loss_cases]


_WRITERS: dict[str, Callable[[Plan, Instance], list[list[str]]]] = {
    "runs": _runs, "places": _places, "paths": _paths, "replicas": _replicas, "serving": _serving, "shedding": _shedding,
    "contracts": _contracts, "sublets": _sublets, "recourse": _recourse, "uncovered": _uncovered, "responses": _responses,
    "feed_work": _feed_work,
    "maintenance": _maintenance, "backups": _backups, "kept": _kept, "limits": _limits, "closings": _closings,
    "refusals": _refusals, "credits": _credits, "swings": _swings, "least_shares": _least_shares, "least_sums": _least_sums,
    "shifts": _shifts, "degraded": _degraded,
    "starts": _starts,
    "batch": _batch, "unfinished": _unfinished,
    "borrowing": _borrowing, "overruns": _overruns, "reroutes": _reroutes,
}  # fmt: skip
