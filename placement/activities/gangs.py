"""Training gangs: one option per job, shape, mode and place; and for promised jobs, the option to drop them.

Islands that are equal to a gang (``places.island_classes``) are one place: the option's copies are the islands, in order.

Where that is too many, one option stands for every island of a pool (``by_pool``): gangs then take units of the pool only, which
allows all that islands would and perhaps more, so bounds hold; ``decode`` packs them into islands and leaves out what finds none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns, expand, narrow, rows_by_run
from placement.activities.crossings import Loads
from placement.activities.paces import Paces
from placement.activities.packing import packed
from placement.activities.places import Places, largest_first
from placement.activities.running import current_places, find_running, running_rows, what_moves_leave
from placement.builder import END, START, Builder, Edge
from placement.instance import Instance
from placement.instance.demand import SPANS
from placement.instance.goodput import MOST_TIMES_LONGER
from placement.instance.running import leaving
from placement.plan import Paths, Plan, Runs
from placement.plan import Places as PlacesTable
from placement.program import Anchor, Bools, Floats, Ints, end_blocks

MOST_ISLAND_OPTIONS = 100_000_000
"""Pairs of shape and island beyond which options are written by pool."""


@dataclass(frozen=True)
class Gangs:
    """Columns [n] of the options to run a gang, ascending by option; and of the options to drop a promised job, [d]."""

    option: Ints
    job: Ints
    shape: Ints
    """Row of ``Instance.jobs.shapes``."""
    place: Ints
    """The first island's, where the option's copies are islands of a class."""
    copies: Ints
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
    share_step: Bools
    """The island moves with the copy."""
    drop_option: Ints
    drop_job: Ints
    places: Places
    paces: Paces
    by_pool: bool
    """Places name the largest island of a pool and mean any of its islands."""
    begin: Ints
    """Block of what starts in just one, as jobs that run today do; else -1."""
    moves: Bools
    """A running job moves here."""
    before: Floats
    """Hours of progress made at the current place before a move; else 0."""
    overlap: Ints
    """Of rows of what a move leaves (its option again, on today's place): blocks for which it is held beyond the move. Else -1."""
    leaves_from: int
    """These rows come last, from this one on; the options of those before it ascend."""

    # ------------------------------------------------------------ what is offered

    @classmethod
    def offer(cls, instance: Instance, builder: Builder, by_pool: bool | None = None) -> Gangs:
        """Enumerate places for every shape and write one option for each that fits; ``by_pool`` None: where they are too many."""
        if by_pool is None:
            by_pool = may_go_by_pool(instance) and _island_pairs(instance) > MOST_ISLAND_OPTIONS
        elif by_pool and not may_go_by_pool(instance):
            raise ValueError("gangs or replicas of this instance depend on which islands they stand on")
        places = Places.of(instance)
        shape, place = _candidates(instance, places, by_pool)
        here = current_places(instance, places)
        jobs, shapes = instance.jobs, instance.jobs.shapes
        if np.any(instance.pool_spot >= 0):
            runs = _times_longer(instance, places, shape, place) <= MOST_TIMES_LONGER
            shape, place = shape[runs], place[runs]
        today = np.flatnonzero(jobs.runs_today[shapes.job[shape]]) if here else np.empty(0, dtype=np.int64)
        to_shape, to_place = shape[today], place[today]
        if here:
            shape, place = np.delete(shape, today), np.delete(place, today)
        job = narrow(shapes.job[shape])
        first_island = np.array([sides[0][0] for sides in places.sides], dtype=np.int64)
        copies = np.ones(len(places.sides), dtype=np.int32)
        if not by_pool:
            copies[: len(places.classes)] = np.bincount(places.classes, minlength=len(places.classes))
        hours = _hours(instance, places, shape, place)

        paces = Paces.of(instance, places)
        first, last, past = _starts(instance, job, hours, _first_blocks(instance, places, job, place), paces, place)
        fitting, passing = np.flatnonzero(last >= first), np.flatnonzero(past < instance.calendar.blocks)
        rows_first = narrow(np.concatenate([first[fitting], past[passing]]))
        rows_last = narrow(np.concatenate([last[fitting], np.full(len(passing), instance.calendar.blocks - 1)]))
        rows: Ints | slice = np.concatenate([fitting, passing])
        finishes = np.arange(len(rows_first)) < len(fitting)
        del first, last, past, fitting, passing
        if len(finishes) == len(job) and finishes.all():  # The rule in large instances: every candidate stays, in order.
            rows = slice(None)
        count = len(finishes)
        columns: dict[str, Any] = {
            "job": job[rows], "shape": shape[rows], "place": place[rows], "copies": copies[place[rows]], "hours": hours[rows],
            "finishes": finishes, "begin": _all(-1, count), "moves": _all(False, count), "before": _all(0.0, count),
        }  # fmt: skip
        if here:
            full = [_hours(instance, places, np.array([jobs.running[j].shape]), np.array([p]))[0] for j, p in here.items()]
            there, hours_here = _hours(instance, places, to_shape, to_place), dict(zip(here, full, strict=True))
            ran = running_rows(instance, places, paces, here, to_shape, to_place, copies, there, hours_here)
            columns = {name: np.append(column, np.array(getattr(ran, name), column.dtype)) for name, column in columns.items()}
            rows_first, rows_last = np.append(rows_first, ran.begin), np.append(rows_last, ran.begin)

        pace = np.array([builder.pace(row) for row in paces.per_hour], dtype=np.int64)
        option = builder.add_running(
            first=rows_first, last=rows_last, hours=columns["hours"], copies=columns["copies"],
            pace=pace[paces.rows(columns["job"], columns["place"])],
        )  # fmt: skip
        columns |= {"option": narrow(option), "overlap": _all(-1, len(option))}
        if here:
            columns = what_moves_leave(instance, here, columns)
        drop_job = np.flatnonzero(jobs.is_commitment("promised"))
        drop_option = builder.add_per_period(first=0 * drop_job, last=0 * drop_job, upper=1.0, whole=True)
        pool = narrow(instance.island_pool[first_island])[columns["place"]]
        units = narrow(-(-shapes.gpus[columns["shape"]] // instance.unit_gpus[pool]))
        share_row, share_island, share_units = places.shares(columns["place"], units)
        return cls(
            units=units, pool=pool, share_row=share_row, share_island=share_island, share_units=share_units,
            share_step=(columns["copies"] > 1)[share_row], drop_option=drop_option, drop_job=drop_job, places=places, paces=paces,
            by_pool=by_pool, leaves_from=len(option), **columns,
        )  # fmt: skip

    def window(self, row: Ints) -> tuple[Edge, Edge]:
        """When options hold what rows of this table say, [n]: from start to end, or, what a move leaves, until it has left."""
        if self.leaves_from == len(self.option):
            return START, END
        leaves = self.overlap[row] >= 0
        begin = np.where(leaves, Anchor.FIRST, Anchor.START)
        return (begin, 0), (np.where(leaves, Anchor.START, Anchor.END), np.maximum(self.overlap[row], 0))

    def pace(self, row: Ints | Bools) -> Ints:
        """Row of ``paces`` of some of these options."""
        return self.paces.rows(self.job[row], self.place[row])

    def starts(self, instance: Instance, row: Ints) -> tuple[Ints, Ints]:
        """First and last block at which options may start, by rows of this table, [n] each."""
        job, place, finishes = self.job[row], self.place[row], self.finishes[row]
        first, last, past = _starts(
            instance, job, self.hours[row], _first_blocks(instance, self.places, job, place), self.paces, place
        )  # fmt: skip
        return np.where(finishes, first, past), np.where(finishes, last, instance.calendar.blocks - 1)

    # ------------------------------------------------------------ plan and back

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Tables ``runs``, ``places`` and ``paths``, ordered by job."""
        chosen, row = columns.of(self.option[: self.leaves_from])
        order = np.argsort(self.job[row], kind="stable")
        row, start, copy = row[order], chosen.start[order], chosen.copy[order]
        end = np.empty(len(row), dtype=np.int64)
        pace = self.pace(row)
        for k in np.unique(pace):
            mine = np.flatnonzero(pace == k)
            end[mine] = end_blocks(self.paces.progress[k], start[mine], self.hours[row[mine]])
        if self.by_pool:
            island = packed(instance, self.pool[row], self.units[row], start, end)
            # A gang without an island does not run; one that must run stays where the check finds what is wrong.
            must = instance.jobs.is_commitment("must")[self.job[row]]
            island = np.where(must & (island < 0), self.place[row], island)
            kept = _with_all_before(instance, self.job[row], island >= 0, must)
            row, start, end = row[kept], start[kept], end[kept]
            run, island, units = np.arange(len(row)), island[kept], self.units[row]
        else:
            row, start, end, copy = self._with_left(row, start, end, copy)
            run, island, units = self.places.layouts(self.place[row], self.units[row])
            island = island + copy[run]  # Only options on single islands have copies.
        many = np.flatnonzero(~self.places.single(self.place[row])).tolist()
        crossed = [(n, link) for n in many for link in self.places.links[int(self.place[row[n]])]]
        link_run, link = np.array(crossed, dtype=np.int64).reshape(len(crossed), 2).T
        return {
            "runs": Runs(*(a.astype(np.int64) for a in (self.job[row], self.shape[row], start, end))),
            "places": PlacesTable(*(a.astype(np.int64) for a in (run, island, units))),
            "paths": Paths(link_run, link),
        }

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of the runs of a plan, and of the promised jobs that it drops; see ``Activity``."""
        runs = plan.runs
        place, copy = self._places_of(instance, plan)
        today = instance.jobs.runs_today[runs.job]
        pace = self.paces.rows(runs.job, np.maximum(place, 0))
        left = self.paces.progress[pace, -1] - self.paces.progress[pace, runs.start_block]
        key = self.shape.astype(np.int64) * len(self.places.sides) + self.place
        wanted = np.where((place < 0) | today, -1, runs.shape * len(self.places.sides) + place)
        row = np.full(len(runs.job), -1, dtype=np.int64)
        for finishes in (True, False):
            rows = np.flatnonzero((self.finishes == finishes) & (self.begin < 0))  # ascending by key
            if len(rows):
                at = rows[np.minimum(np.searchsorted(key[rows], wanted), len(rows) - 1)]
                found = (key[at] == wanted) & ((left >= self.hours[at] * (1 - 1e-9)) == finishes)
                row[found] = at[found]
        if today.any():
            find_running(instance, plan, self, place, row, copy)
        gone = today & leaving(runs.job)
        kept = row >= 0
        if strict and not (kept | gone).all():
            run = int(np.argmax(~(kept | gone)))
            job, start = instance.jobs.id[int(runs.job[run])], runs.start_block[run]
            raise ValueError(f"job '{job}' runs in a way that is not offered: shape, place or start block {start}")
        excused = np.isin(instance.jobs.tenant[self.drop_job], plan.refusals.tenant)
        dropped = self.drop_option[~np.isin(self.drop_job, runs.job[kept]) & ~excused]
        zero = np.zeros(len(dropped), dtype=np.int64)
        option = np.concatenate([self.option[row[kept]], dropped])
        return Columns(
            option, np.concatenate([runs.start_block[kept], zero]), np.ones(len(option)), np.concatenate([copy[kept], zero])
        )  # fmt: skip

    def _with_left(self, row: Ints, start: Ints, end: Ints, copy: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """Runs and, before each that a job moves to, what it leaves, held from the first block on."""
        at = np.flatnonzero(self.moves[row])
        ways = np.searchsorted(self.option[self.leaves_from :], self.option[row[at]])
        old = self.leaves_from + ways
        left = np.flatnonzero(old < len(self.option))
        left = left[self.option[old[left]] == self.option[row[at[left]]]]
        at, old = at[left], old[left]
        gone = start[at] + self.overlap[old]
        zero = np.zeros(len(at), dtype=np.int64)
        return np.insert(row, at, old), np.insert(start, at, zero), np.insert(end, at, gone), np.insert(copy, at, zero)

    def _places_of(self, instance: Instance, plan: Plan) -> tuple[Ints, Ints]:
        """Place of each run, -1 where it is not offered, and which copy of it, [runs] each."""
        runs = len(plan.runs.job)
        rows, offset = rows_by_run(plan.places.run, runs)
        links, link_offset = rows_by_run(plan.paths.run, runs)
        place, copy = np.full(runs, -1, dtype=np.int64), np.zeros(runs, dtype=np.int64)
        alone = (np.diff(offset) == 1) & (np.diff(link_offset) == 0)
        island = plan.places.island[rows[offset[:-1][alone]]]
        if self.by_pool:
            place[alone] = _largest_islands(instance, self.places)[instance.island_pool[island]]
            return place, copy
        place[alone] = self.places.classes[island]
        copy[alone] = island - place[alone]
        gpus = [size for pool in instance.pools.values() for size in pool.island_gpus]
        for run in np.flatnonzero(~alone).tolist():
            mine = rows[offset[run] : offset[run + 1]]
            crossed = plan.paths.link[links[link_offset[run] : link_offset[run + 1]]]
            found = self._set_of(instance, plan.places.island[mine].tolist(), plan.places.units[mine].tolist(), gpus, crossed)
            place[run] = -1 if found is None else found
        return place, copy

    def _set_of(self, instance: Instance, islands: list[int], units: list[int], gpus: list[int], links: Ints) -> int | None:
        """Place of a run that holds so many units on each of these islands and crosses these links."""
        sites = [int(instance.pool_site[instance.island_pool[i]]) for i in islands]
        held = {site: sum(u for u, s in zip(units, sites, strict=True) if s == site) for site in sites}
        # The larger half first, as places list them; equal halves in the order of the pools.
        order = sorted(held, key=lambda site: (-held[site], min(i for i, s in zip(islands, sites, strict=True) if s == site)))
        sides = tuple(largest_first((i for i, s in zip(islands, sites, strict=True) if s == site), gpus) for site in order)
        return self.places.find(sides, tuple(sorted(links.tolist())))


def _all(value: float, rows: int) -> Any:
    """A column of one value, which takes no room."""
    return np.broadcast_to(np.array(value, dtype=np.int64 if type(value) is int else None), (rows,))


def _hours(instance: Instance, places: Places, shape: Ints, place: Ints) -> Floats:
    """Hours at pace 1 of shapes on places, [n]: slow-down, what the WAN and spot capacity cost included."""
    job = instance.jobs.shapes.job[shape]
    loss = np.where([len(sides) > 1 for sides in places.sides], 1.0, 0.0)[place] * np.nan_to_num(instance.jobs.wan_loss[job])
    hours = instance.jobs.shapes.hours[shape] / (places.slow_down(place) * (1 - loss))
    if np.any(instance.pool_spot >= 0):
        hours *= _times_longer(instance, places, shape, place)
    return np.asarray(hours, dtype=np.float64)


SHAPES_AT_ONCE = 1 << 15
"""Shapes whose places are enumerated together; bounds memory."""


def _candidates(instance: Instance, places: Places, by_pool: bool) -> tuple[Ints, Ints]:
    """(shape row, place) pairs that fit by type, span, domain, residency and size at some time, by shape, then place."""
    shapes = len(instance.jobs.shapes.job)
    parts = [
        _candidates_of(instance, places, np.arange(first, min(first + SHAPES_AT_ONCE, shapes)), by_pool)
        for first in range(0, max(shapes, 1), SHAPES_AT_ONCE)
    ]
    return np.concatenate([shape for shape, _ in parts]), np.concatenate([place for _, place in parts])


def _candidates_of(instance: Instance, places: Places, rows: Ints, by_pool: bool) -> tuple[Ints, Ints]:
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
    single = tuple(_largest_islands(instance, places)[:, None]) if by_pool else _single_islands(instance, places)
    for lists in (single, places.pool_sets):
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


def _times_longer(instance: Instance, places: Places, shape: Ints, place: Ints) -> Floats:
    """What interruptions make of the hours of gangs, [n]: the factors of all contracts of spot capacity that they stand on."""
    first, last = (np.array([sides[k][0] for sides in places.sides], dtype=np.int64) for k in (0, -1))
    one, other = (instance.pool_spot[instance.island_pool[island]][place] for island in (first, last))
    # Column -1, of no spot contract, is 1; one that both halves stand on counts once.
    table = np.concatenate([instance.spot_times_longer, np.ones((len(instance.spot_times_longer), 1))], axis=1)
    return np.asarray(table[shape, one] * table[shape, np.where(other == one, -1, other)])


def may_go_by_pool(instance: Instance) -> bool:
    """Whether gangs and replicas are such that a pool's islands need not be told apart in the Program."""
    spans = instance.jobs.span >= SPANS.index("pool")
    spanning = any(pool.spanning is not None for pool in instance.pools.values())
    one_island = not np.any(instance.jobs.span == SPANS.index("sites")) and not (spanning and bool(np.any(spans)))
    small = all(
        profile.gpus_per_replica <= instance.accelerators[profile.accelerator].allocation_unit_gpus
        for service in instance.services.values()
        for profile in service.profiles
    )
    told_apart = any(task.islands for _, task in instance.maintenance) or any(c.loss.jobs == "must" for c in instance.loss_cases)
    told_apart |= bool(instance.jobs.running) or instance.today is not None
    return one_island and small and not told_apart and not np.any(instance.counts_domains)


def _with_all_before(instance: Instance, job: Ints, kept: Bools, must: Bools) -> Bools:
    """Runs that are kept, less those that wait for a job of which no run is; must jobs stay, where the check finds it, [n]."""
    waits = instance.jobs.waits
    while len(waits):
        missing = ~np.isin(waits[:, 1], job[kept])
        orphaned = kept & ~must & np.isin(job, waits[missing, 0])
        if not orphaned.any():
            break
        kept = kept & ~orphaned
    return kept


def _island_pairs(instance: Instance) -> int:
    """Pairs of shape and eligible island, whatever fits."""
    jobs, shapes = instance.jobs, instance.jobs.shapes
    islands = np.diff(instance.pool_island)
    pairs = 0
    for kind in np.unique(shapes.accelerator):
        upto = np.cumsum(np.where(instance.pool_accelerator == kind, islands, 0)[jobs.pools])
        upto = np.concatenate([np.zeros(1, dtype=np.int64), upto])
        job = shapes.job[shapes.accelerator == kind]
        pairs += int((upto[jobs.pool_offset[job + 1]] - upto[jobs.pool_offset[job]]).sum())
    return pairs


def _largest_islands(instance: Instance, places: Places) -> Ints:
    """The island of each pool that ever has the most units online, [Q]."""
    first = instance.pool_island
    found = [first[q] + np.argmax(places.most_units[first[q] : first[q + 1]]) for q in range(len(instance.pools))]
    return np.array(found, dtype=np.int64)


def _single_islands(instance: Instance, places: Places) -> tuple[Ints, ...]:
    """The first island of each class of each pool."""
    firsts = np.unique(places.classes)
    return tuple(np.split(firsts, np.searchsorted(firsts, instance.pool_island[1:-1]))) if len(instance.pools) else ()


def _first_blocks(instance: Instance, places: Places, job: Ints, place: Ints) -> Ints:
    """First block in which each job may start on each place: released, its data there; B where they cannot get there, [n]."""
    first = instance.jobs.release_block[job]
    loads = Loads.to_move(instance, places, job, place)
    never = np.array([way is None for way in loads.ways], dtype=np.bool_)[loads.way]
    np.maximum.at(first, loads.row, np.where(never, instance.calendar.blocks, instance.jobs.move_blocks[job[loads.row]]))
    return first


def _starts(
    instance: Instance, job: Ints, hours: Floats, first: Ints, paces: Paces, place: Ints
) -> tuple[Ints, Ints, Ints]:
    """First and last start that finish in time, and the first start that runs past the horizon (B where none may), [n] each."""
    jobs, blocks, progress, row = instance.jobs, instance.calendar.blocks, paces.progress, paces.rows(job, place)
    last = np.empty(len(job), dtype=np.int64)
    for pace in range(len(progress)):
        mine = np.flatnonzero(row == pace)
        latest = progress[pace][jobs.deadline_block[job[mine]]] - hours[mine] + 1e-9 * np.maximum(1.0, hours[mine])
        last[mine] = np.searchsorted(progress[pace], latest, side="right") - 1
    may_continue = jobs.continues_after[job] & (jobs.deadline_block[job] == blocks)
    past = np.where(may_continue, np.maximum(first, last + 1), blocks)
    return first, last, past
