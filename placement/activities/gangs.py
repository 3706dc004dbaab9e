"""Training gangs: one option per job, shape, mode and place; and for promised jobs, the option to drop them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns, expand, narrow
from placement.activities.places import Places, largest_first
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.demand import SPANS
from placement.plan import Paths, Plan, Runs
from placement.plan import Places as PlacesTable
from placement.program import Bools, Floats, Ints, end_blocks


@dataclass(frozen=True)
class Gangs:
    """Columns [n] of the options to run a gang, ascending by option; and of the options to drop a promised job, [d]."""

    option: Ints
    job: Ints
    shape: Ints
    """Row of ``Instance.jobs.shapes``."""
    place: Ints
    hours: Floats
    """At pace 1, slow-down of the place included."""
    finishes: Bools
    """False: these starts run past the horizon."""
    units: Ints
    """Allocation units held in all."""
    pool: Ints
    """Pool of the first island; all islands of a place are of one accelerator type."""
    share_row: Ints
    """(row, island, units) of every island held, [m]: rows of this table."""
    share_island: Ints
    share_units: Ints
    drop_option: Ints
    drop_job: Ints
    places: Places

    # ------------------------------------------------------------ what is offered

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> Gangs:
        """Enumerate places for every shape and write one option for each that fits."""
        places = Places.of(instance)
        shape, place = _candidates(instance, places)
        jobs, shapes = instance.jobs, instance.jobs.shapes
        job = narrow(shapes.job[shape])
        first_island = np.array([sides[0][0] for sides in places.sides], dtype=np.int64)
        pool = narrow(instance.island_pool[first_island])[place]
        units = narrow(-(-shapes.gpus[shape] // instance.unit_gpus[pool]))
        loss = np.where([len(sides) > 1 for sides in places.sides], 1.0, 0.0)[place] * np.nan_to_num(jobs.wan_loss[job])
        hours = shapes.hours[shape] / (places.slow_down(place) * (1 - loss))

        first, last, past = _starts(instance, job, hours)
        fitting, passing = np.flatnonzero(last >= first), np.flatnonzero(past < instance.calendar.blocks)
        rows_first = narrow(np.concatenate([first[fitting], past[passing]]))
        rows_last = narrow(np.concatenate([last[fitting], np.full(len(passing), instance.calendar.blocks - 1)]))
        rows: Ints | slice = np.concatenate([fitting, passing])
        finishes = np.arange(len(rows_first)) < len(fitting)
        del first, last, past, fitting, passing
        if len(finishes) == len(job) and finishes.all():  # The rule in large instances: every candidate stays, in order.
            rows = slice(None)

        pace = np.array([builder.pace(np.tile(row, instance.calendar.blocks)) for row in jobs.paces], dtype=np.int64)
        option = builder.add_running(first=rows_first, last=rows_last, hours=hours[rows], pace=pace[jobs.pace[job[rows]]])
        drop_job = np.flatnonzero(jobs.is_commitment("promised"))
        zero = np.zeros(len(drop_job), dtype=np.int64)
        drop_option = builder.add_per_period(first=zero, last=zero, upper=1.0, whole=True)
        share_row, share_island, share_units = places.shares(place[rows], units[rows])
        return cls(
            narrow(option), job[rows], shape[rows], place[rows], hours[rows], finishes, units[rows], pool[rows],
            share_row, share_island, share_units, drop_option, drop_job, places,
        )  # fmt: skip

    def accelerator_mode(self, instance: Instance) -> tuple[Ints, Ints]:
        """Accelerator and mode of each row, [n]."""
        return instance.jobs.shapes.accelerator[self.shape], instance.jobs.shapes.mode[self.shape]

    # ------------------------------------------------------------ plan and back

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Tables ``runs``, ``places`` and ``paths``, ordered by job."""
        chosen, row = columns.of(self.option)
        order = np.argsort(self.job[row], kind="stable")
        row, start = row[order], chosen.start[order]
        end = np.empty(len(row), dtype=np.int64)
        for n, (r, s) in enumerate(zip(row, start, strict=True)):
            end[n] = end_blocks(instance.job_progress[instance.jobs.pace[self.job[r]]], s, self.hours[r])
        run: list[int] = []
        island: list[int] = []
        units: list[int] = []
        link_run: list[int] = []
        link: list[int] = []
        for n, r in enumerate(row):
            islands, held = self.places.layout(int(self.place[r]), int(self.units[r]))
            run += [n] * len(islands)
            island += islands
            units += held
            crossed = self.places.links[int(self.place[r])]
            link_run += [n] * len(crossed)
            link += crossed
        ints = [np.array(values, dtype=np.int64) for values in (run, island, units, link_run, link)]
        return {
            "runs": Runs(self.job[row], self.shape[row], start, end),
            "places": PlacesTable(*ints[:3]),
            "paths": Paths(*ints[3:]),
        }

    def encode(self, instance: Instance, plan: Plan) -> Columns:
        """Columns of the runs of a plan, and of the promised jobs that it drops."""
        rows_of: dict[tuple[int, int], list[int]] = {}
        for row, key in enumerate(zip(self.shape.tolist(), self.place.tolist(), strict=True)):
            rows_of.setdefault(key, []).append(row)
        rows = []
        for run in range(len(plan.runs.job)):
            job = instance.jobs.id[int(plan.runs.job[run])]
            place = self._place_of(instance, plan, run)
            options = rows_of.get((int(plan.runs.shape[run]), -1 if place is None else place), [])
            start = plan.runs.start_block[run]
            fitting = [row for row in options if self._starts_at(instance, row, int(start))]
            if not fitting:
                raise ValueError(f"job '{job}' runs in a way that is not offered: shape, place or start block {start}")
            rows.append(fitting[0])
        dropped = ~np.isin(self.drop_job, plan.runs.job)
        option = np.concatenate([self.option[np.array(rows, dtype=np.int64)], self.drop_option[dropped]])
        start = np.concatenate([plan.runs.start_block, np.zeros(int(dropped.sum()), dtype=np.int64)])
        return Columns(option, start, np.ones(len(option)))

    def _place_of(self, instance: Instance, plan: Plan, run: int) -> int | None:
        mine = plan.places.run == run
        islands = plan.places.island[mine].tolist()
        sites = [int(instance.pool_site[instance.island_pool[i]]) for i in islands]
        units = plan.places.units[mine].tolist()
        gpus = [size for pool in instance.pools.values() for size in pool.island_gpus]
        held = {site: sum(u for u, s in zip(units, sites, strict=True) if s == site) for site in sites}
        # The larger half first, as places list them; equal halves in the order of the pools.
        order = sorted(held, key=lambda site: (-held[site], min(i for i, s in zip(islands, sites, strict=True) if s == site)))
        sides = tuple(largest_first((i for i, s in zip(islands, sites, strict=True) if s == site), gpus) for site in order)
        links = tuple(sorted(plan.paths.link[plan.paths.run == run].tolist()))
        return self.places.find(sides, links)

    def _starts_at(self, instance: Instance, row: int, start: int) -> bool:
        ends_inside = instance.job_progress[instance.jobs.pace[self.job[row]]]
        left = ends_inside[-1] - ends_inside[start]
        return bool(self.finishes[row]) == bool(left >= self.hours[row] * (1 - 1e-9))


SHAPES_AT_ONCE = 1 << 15
"""Shapes whose places are enumerated together; bounds memory."""


def _candidates(instance: Instance, places: Places) -> tuple[Ints, Ints]:
    """(shape row, place) pairs that fit by type, span, domain, residency and size at some time, by shape, then place."""
    shapes = len(instance.jobs.shapes.job)
    parts = [
        _candidates_of(instance, places, np.arange(first, min(first + SHAPES_AT_ONCE, shapes)))
        for first in range(0, max(shapes, 1), SHAPES_AT_ONCE)
    ]
    return np.concatenate([shape for shape, _ in parts]), np.concatenate([place for _, place in parts])


def _candidates_of(instance: Instance, places: Places, rows: Ints) -> tuple[Ints, Ints]:
    jobs, shapes = instance.jobs, instance.jobs.shapes
    domain = np.array([a.scale_up_domain_gpus for a in instance.accelerators.values()], dtype=np.int64)
    span = jobs.span[shapes.job]
    holds = domain[shapes.accelerator[rows]]
    rows = rows[
        (holds >= jobs.scale_up_gpus[shapes.job[rows]]) & ((span[rows] != SPANS.index("domain")) | (holds >= shapes.gpus[rows]))
    ]

    # (shape, eligible pool) pairs of the same accelerator, in an allowed jurisdiction
    shape, number = expand(np.diff(jobs.pool_offset)[shapes.job[rows]])
    shape = rows[shape]
    pool = jobs.pools[jobs.pool_offset[shapes.job[shape]] + number]
    keep = instance.pool_accelerator[pool] == shapes.accelerator[shape]
    keep &= instance.may_run_at[jobs.tenant[shapes.job[shape]], instance.pool_site[pool]]
    shape, pool = shape[keep], pool[keep]
    units = -(-shapes.gpus[shape] // instance.unit_gpus[pool])

    found_shape, found_place = [], []
    for lists in (_single_islands(instance), places.pool_sets):
        pairs = np.arange(len(shape))
        if lists is places.pool_sets:
            pairs = np.flatnonzero(span[shape] >= SPANS.index("pool"))
        sizes = np.array([len(members) for members in lists], dtype=np.int64)
        flat = np.concatenate(lists) if len(lists) else np.empty(0, dtype=np.int64)
        starts = np.cumsum(sizes) - sizes
        pair, number = expand(sizes[pool[pairs]])
        pair = pairs[pair]
        place = flat[starts[pool[pair]] + number]
        row, island, held = places.shares(place, units[pair])
        short = np.bincount(row, (held > places.most_units[island]) | (held == 0), len(place)) > 0
        found_shape.append(shape[pair[~short]])
        found_place.append(place[~short])

    for s in rows[span[rows] == SPANS.index("sites")]:
        mine, j = pool[shape == s], int(shapes.job[s])
        for unit in np.unique(instance.unit_gpus[mine]):
            total = -(-int(shapes.gpus[s]) // int(unit))
            pairs_found = places.two_sites(
                total, mine[instance.unit_gpus[mine] == unit], float(jobs.max_rtt_ms[j]), float(jobs.wan_gbit_s[j])
            )
            found_shape.append(np.full(len(pairs_found), s))
            found_place.append(np.array(pairs_found, dtype=np.int64))
    all_shapes, all_places = narrow(np.concatenate(found_shape)), narrow(np.concatenate(found_place))
    order = np.lexsort((all_places, all_shapes))
    return all_shapes[order], all_places[order]


def _single_islands(instance: Instance) -> tuple[Ints, ...]:
    first = instance.pool_island
    return tuple(np.arange(first[q], first[q + 1]) for q in range(len(instance.pools)))


def _starts(instance: Instance, job: Ints, hours: Floats) -> tuple[Ints, Ints, Ints]:
    """First and last start that finish in time, and the first start that runs past the horizon (B where none may), [n] each."""
    jobs, blocks, progress = instance.jobs, instance.calendar.blocks, instance.job_progress
    first = jobs.release_block[job]
    last = np.empty(len(job), dtype=np.int64)
    for pace in range(len(progress)):
        mine = np.flatnonzero(jobs.pace[job] == pace)
        latest = progress[pace][jobs.deadline_block[job[mine]]] - hours[mine] + 1e-9 * np.maximum(1.0, hours[mine])
        last[mine] = np.searchsorted(progress[pace], latest, side="right") - 1
    may_continue = jobs.continues_after[job] & (jobs.deadline_block[job] == blocks)
    past = np.where(may_continue, np.maximum(first, last + 1), blocks)
    return first, last, past
