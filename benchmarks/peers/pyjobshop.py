"""PyJobShop (scheduling by constraint programming, on CP-SAT) on Programs that are multi-mode scheduling of every job in a horizon.

Such a Program is recognised by its arrays: jobs are groups, modes their options with whole hours, renewable resources have a limit
that is the same in every period, non-renewable ones a budget charged at the start, order is a resource of limit 1 that one
job uses until it ends and another from its start; and every mode of every job is worth the same. PyJobShop has no
objective for jobs left out, so it must place all of them within the horizon, at the least makespan; otherwise it has no plan.
An interpreter that has it is named with PLACEMENT_PYJOBSHOP_PYTHON, unless this one has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.peers import Answer, Refused
from benchmarks.peers.external import call, missing
from placement.program import Anchor, LevelResult, Limit, Program, Status
from solvers.solver import OnProgress

if TYPE_CHECKING:
    from benchmarks.cases import Problem

VARIABLE = "PLACEMENT_PYJOBSHOP_PYTHON"


def available() -> str | None:
    return missing("pyjobshop", VARIABLE)


def _whole(values: Any, what: str) -> list[int]:
    if np.any(np.abs(values - np.round(values)) > 1e-9):
        raise Refused(f"{what} that are not whole numbers")
    return [int(value) for value in np.round(values)]


def read(program: Program) -> dict[str, Any]:
    """The Program as jobs, modes, resources and order. ``Refused`` where it is something else."""
    program = program.unfolded()
    options, rates, resources = program.options, program.rates, program.resources
    if program.grid.bands != 1 or len(program.terms) < 1 or not np.all(program.grid.hours == 1):
        raise Refused("periods that are not blocks of one hour")
    if not (options.running.all() and options.whole.all() and (options.group >= 0).all()):
        raise Refused("options that are not modes of a job")
    if program.cost_rows or resources.equality.any() or np.any(resources.price != 0) or np.any(program.options.pace != 0):
        raise Refused("costs or paces that are no scheduling of jobs in modes")
    option, start = program.columns()
    costs = program.level_costs(option, start)
    if len(option) == 0 or np.ptp(costs, axis=0).max() > 1e-9:
        raise Refused("modes or starts of different cost; only placing every job can be expressed")
    owner = np.repeat(np.arange(len(options)), np.diff(rates.offset))
    edges = np.stack([rates.from_anchor, rates.from_offset, rates.to_anchor, rates.to_offset], axis=1).astype(np.int64)
    kinds = {
        "use": [Anchor.START, 0, Anchor.END, 0],
        "until": [Anchor.FIRST, 0, Anchor.END, 0],
        "from": [Anchor.START, 0, Anchor.LAST, 0],
    }
    which = {name: (edges == np.array(edge)).all(axis=1) for name, edge in kinds.items()}
    if not np.logical_or.reduce(list(which.values())).all() or np.any(rates.profile != 0):
        raise Refused("use of resources over other windows than a job's own")
    amount = np.zeros((len(options), len(resources)))
    np.add.at(amount, (owner, np.asarray(rates.resource, dtype=np.int64)), rates.amount)
    ordered = np.unique(rates.resource[which["until"] | which["from"]])
    before = [_order(program, int(r), owner, which) for r in ordered]
    plain = np.setdiff1d(np.arange(len(resources)), ordered)
    limits = [resources.limit[resources.offset[r] : resources.offset[r + 1]] for r in plain]
    if any(np.ptp(limit) > 0 for limit in limits):
        raise Refused("resources whose limit changes over time")
    lumps = np.zeros(len(resources), dtype=bool)
    lumps[rates.resource[rates.lump]] = True
    return {
        "jobs": len(program.groups), "horizon": program.grid.blocks, "job": np.asarray(options.group).tolist(),
        "first": np.asarray(options.first).tolist(), "last": np.asarray(options.last).tolist(),
        "duration": _whole(options.hours, "durations"), "demand": [_whole(row, "demands") for row in amount[:, plain]],
        "limit": [int(np.floor(limit[0] + 1e-9)) for limit in limits], "consumable": lumps[plain].tolist(), "before": before,
    }  # fmt: skip


def _order(program: Program, resource: int, owner: Any, which: dict[str, Any]) -> tuple[int, int]:
    """The two jobs of which the first must end before the second starts."""
    rates = program.rates
    mine = rates.resource == resource
    jobs = [np.unique(program.options.group[owner[mine & which[name]]]) for name in ("until", "from")]
    slots = program.resources.limit[program.resources.offset[resource] : program.resources.offset[resource + 1]]
    if [len(found) for found in jobs] != [1, 1] or np.any(slots != 1) or np.any(rates.amount[mine] != 1):
        raise Refused(f"{program.resources.name[resource]} is no order of two jobs")
    return int(jobs[0][0]), int(jobs[1][0])


def solve(problem: Problem, program: Program, time_limit_s: float, workers: int, on_progress: OnProgress) -> Answer:
    """See ``benchmarks.peers.Peer``."""
    found = call("schedule_with_pyjobshop", VARIABLE, {**read(program), "workers": workers}, time_limit_s)
    levels = tuple(LevelResult(name, None, None) for name in program.levels)
    if found["mode"] is None:
        # That not all jobs fit does not make the Program infeasible: it may leave jobs out.
        return Answer(str(Status.NO_PLAN), None, None, None, levels, str(Limit.TIME), (("status", found["status"]),))
    option, start = np.array(found["mode"], dtype=np.int64), np.array(found["start"], dtype=np.int64)
    return Answer(str(Status.FEASIBLE), option, start, np.ones(len(option)), levels, None, (("status", found["status"]),))
