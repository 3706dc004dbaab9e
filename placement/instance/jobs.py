"""Training jobs as columns: what has fleet size is held in arrays, one row per job, shape or (job, pool)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from placement.instance.calendar import Calendar
from placement.instance.demand import COMMITMENTS, SPANS, Commitment, TrainingJob
from placement.instance.running import Running
from placement.instance.supply import Accelerator
from placement.program import Bools, Floats, Ints

NEVER_DUE = np.inf


@dataclass(frozen=True)
class ShapeColumns:
    """Shapes, one row per (shape, mode), sorted by job: [n] each. ``hours`` are in that mode, on one island."""

    job: Ints
    accelerator: Ints
    gpus: Ints
    hours: Floats
    mode: Ints
    """Index into the accelerator's modes."""


@dataclass(frozen=True)
class Jobs:
    """J jobs. Blocks count from 0; days from the calendar's start. ``paces`` rows are progress per hour by band."""

    id: tuple[str, ...]
    tenant: Ints
    commitment: Ints
    """Index into COMMITMENTS."""
    span: Ints
    """Index into SPANS."""
    value_usd: Floats
    breach_usd: Floats
    """Weight of dropping it, for promised jobs, at least 1; 0 for others."""
    release_block: Ints
    deadline_block: Ints
    """Blocks that it may use end before this one; B without a deadline."""
    due_day: Floats
    """inf where never late."""
    lateness_usd_per_day: Floats
    continues_after: Bools
    scale_up_gpus: Ints
    gbit_s_per_gpu: Floats
    """nan where not stated, as the next three."""
    wan_gbit_s: Floats
    max_rtt_ms: Floats
    wan_loss: Floats
    load_tb: Floats
    """What has to be at a site before it starts there, [J, 2]: data, and a checkpoint; 0 where not stated."""
    load_site: Ints
    """Position of the site where it lies, [J, 2]; -1 where not stated."""
    move_blocks: Ints
    """Blocks before the start in which it crosses the WAN."""
    quota: Ints
    """Tenant on whose quota it counts."""
    reclaimable: Bools
    """May be stopped when a lender takes its GPUs back."""
    waits: Ints
    """(job, a job that it waits for), by job, [n, 2]."""
    pace: Ints
    """Row of ``paces``."""
    paces: Floats
    """[n, K]; row 0 is all ones."""
    switch_hours: tuple[float, ...]
    """Lost by each row of ``paces`` whenever it goes from 0 to above."""
    shapes: ShapeColumns
    shape_offset: Ints
    """Shapes of job j are rows ``shape_offset[j]:shape_offset[j + 1]``."""
    pools: Ints
    pool_offset: Ints
    """Pools that may carry job j, ascending: ``pools[pool_offset[j]:pool_offset[j + 1]]``."""
    running: Mapping[int, Running] = field(default_factory=dict)
    """Where jobs stand that run when the calendar starts, by job."""

    @cached_property
    def runs_today(self) -> Bools:
        """Jobs that have a current place, [J]."""
        found = np.zeros(len(self.id), dtype=np.bool_)
        found[list(self.running)] = True
        return found

    def __len__(self) -> int:
        return len(self.id)

    def hours_switching(self, calendar: Calendar) -> Floats:
        """Hours of each period that are held without progress when what paused goes on, by row of ``paces``, [paces, P]."""
        rows = [calendar.resumptions(row > 0) for row in self.paces]
        return np.asarray(np.array(rows) * np.array(self.switch_hours)[:, None], dtype=np.float64)

    def is_commitment(self, name: Commitment) -> Bools:
        """Jobs of a commitment, [J]."""
        return np.asarray(self.commitment == COMMITMENTS.index(name), dtype=np.bool_)


def job_columns(
    rows: Sequence[TrainingJob],
    shapes: ShapeColumns,
    pools: Ints,
    pool_offset: Ints,
    *,
    calendar: Calendar,
    tenants: Mapping[str, int],
    sites: Mapping[str, int],
) -> Jobs:
    """Jobs from validated rows. ``shapes`` sorted by job; ``pools``, ``pool_offset`` as in Jobs."""
    bands = {band.id: k for k, band in enumerate(calendar.bands)}
    # Each combination of paces is one row, and so is each time that it takes to take them up.
    paces: dict[tuple[float, ...], int] = {(0.0, *(1.0,) * len(bands)): 0}

    def pace(row: TrainingJob) -> int:
        if row.pace is None:
            return 0
        key = (row.switch_hours, *(float(row.pace[band]) for band in bands))
        return paces.setdefault(key, len(paces))

    def figures(name: str, absent: float = np.nan) -> Floats:
        values = (getattr(row, name) for row in rows)
        return np.array([absent if value is None else value for value in values], dtype=np.float64)

    lying = [[-1 if name is None else sites[name] for name in (row.data_at, row.checkpoint_at)] for row in rows]
    number = {row.id: j for j, row in enumerate(rows)}
    waits = [(j, number[name]) for j, row in enumerate(rows) for name in row.after or ()]
    promised = np.array([row.commitment == "promised" for row in rows], dtype=np.bool_)
    value = figures("value_usd")
    breach = figures("breach_usd")
    pace_row = np.array([pace(row) for row in rows], dtype=np.int64)
    return Jobs(
        id=tuple(row.id for row in rows),
        tenant=np.array([tenants[row.tenant] for row in rows], dtype=np.int64),
        commitment=np.array([COMMITMENTS.index(row.commitment) for row in rows], dtype=np.int64),
        span=np.array([SPANS.index(row.span) for row in rows], dtype=np.int64),
        value_usd=value,
        breach_usd=np.where(promised, np.maximum(np.where(np.isnan(breach), value, breach), 1.0), 0.0),
        release_block=np.array(
            [0 if row.release_date is None else calendar.first_block_from(row.release_date) for row in rows], dtype=np.int64
        ),
        deadline_block=np.array(
            [calendar.blocks if row.deadline_date is None else calendar.last_block_until(row.deadline_date) for row in rows],
            dtype=np.int64,
        ),
        due_day=np.array(
            [NEVER_DUE if row.due_date is None else calendar.day_number(row.due_date) for row in rows], dtype=np.float64
        ),
        lateness_usd_per_day=figures("lateness_usd_per_day"),
        continues_after=np.array([row.continues_after for row in rows], dtype=np.bool_),
        scale_up_gpus=np.array([row.scale_up_gpus for row in rows], dtype=np.int64),
        gbit_s_per_gpu=figures("gbit_s_per_gpu"),
        wan_gbit_s=figures("wan_gbit_s"),
        max_rtt_ms=figures("max_rtt_ms"),
        wan_loss=figures("wan_loss"),
        load_tb=np.stack([figures("data_tb", 0.0), figures("checkpoint_tb", 0.0)], axis=1),
        load_site=np.array(lying, dtype=np.int64).reshape(len(rows), 2),
        move_blocks=np.array([row.move_blocks or 1 for row in rows], dtype=np.int64),
        quota=np.array([tenants[row.quota or row.tenant] for row in rows], dtype=np.int64),
        reclaimable=np.array([row.reclaimable for row in rows], dtype=np.bool_),
        waits=np.array(waits, dtype=np.int64).reshape(len(waits), 2),
        pace=pace_row,
        paces=np.array([of_bands for _, *of_bands in paces], dtype=np.float64).reshape(len(paces), len(bands)),
        switch_hours=tuple(hours for hours, *_ in paces),
        shapes=shapes,
        shape_offset=offsets(shapes.job, len(rows)),
        pools=pools,
        pool_offset=pool_offset,
    )


def shape_columns(
    rows: Sequence[tuple[int, str, int, float, Sequence[str] | None]], accelerators: Mapping[str, Accelerator]
) -> ShapeColumns:
    """Shapes from (job, accelerator, gpus, full-speed hours, modes), sorted by job; one per mode, hours divided by its speed."""
    index = {name: a for a, name in enumerate(accelerators)}
    job, accelerator, gpus, hours, mode = [], [], [], [], []
    for j, name, count, duration, modes in sorted(rows, key=lambda row: row[0]):
        known = accelerators[name].modes
        for m in [0] if modes is None else [[k.id for k in known].index(wanted) for wanted in modes]:
            job.append(j)
            accelerator.append(index[name])
            gpus.append(count)
            hours.append(duration / known[m].training_speed)
            mode.append(m)
    owner, kind, size, cap = (np.array(values, dtype=np.int64) for values in (job, accelerator, gpus, mode))
    return ShapeColumns(owner, kind, size, np.array(hours, dtype=np.float64), cap)


def offsets(sorted_owner: Ints, owners: int) -> Ints:
    """Start of each owner's rows in a table sorted by owner, [owners + 1]."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.bincount(sorted_owner, minlength=owners))]).astype(np.int64)
