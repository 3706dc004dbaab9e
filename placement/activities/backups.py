"""Backups: for each loss that must jobs are to survive, an island of what remains on which such a job could run instead.

A backup holds its units for as long as the job would run there, from the block in which it starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.activities.crossings import crossed
from placement.activities.gangs import Gangs
from placement.activities.serving import match
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Backups, Plan
from placement.program import Bools, Ints, end_blocks


@dataclass(frozen=True)
class BackupOptions:
    """Columns [n], ascending by option."""

    option: Ints
    case: Ints
    """Position in ``Instance.loss_cases``."""
    gang: Ints
    """Row of ``gangs``: the job, its shape and the island, or the first of several that are equal."""
    gangs: Gangs

    @classmethod
    def offer(cls, instance: Instance, builder: Builder, gangs: Gangs) -> BackupOptions:
        """Write the ways in which a must job runs on one island that a loss leaves, where whole domains are not counted."""
        cases, rows = instance.loss_cases, [np.zeros((2, 0), dtype=np.int64)]
        for k in [k for k, case in enumerate(cases) if case.loss.jobs == "must"]:
            usable = ~(cases[k].lost | instance.counts_domains)[gangs.pool] & gangs.places.single(gangs.place)
            mine = np.flatnonzero(usable & jobs_to_survive(instance, k)[gangs.job])
            rows.append(np.stack([np.full(len(mine), k), mine]))
        case_of, gang = np.concatenate(rows, axis=1)
        pace = np.array([builder.pace(row) for row in gangs.paces.per_hour], dtype=np.int64)
        first, last = gangs.starts(instance, gang)
        option = builder.add_running(
            first=first, last=last, hours=gangs.hours[gang], pace=pace[gangs.pace(gang)], copies=gangs.copies[gang]
        )  # fmt: skip
        return cls(option, case_of, gang, gangs)

    @property
    def island(self) -> Ints:
        """Island that copy 0 of each option stands on, [n]."""
        return np.asarray(self.gangs.place[self.gang], dtype=np.int64)

    @property
    def job(self) -> Ints:
        return np.asarray(self.gangs.job[self.gang], dtype=np.int64)

    # ------------------------------------------------------------ plan and back

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``backups``, ordered by loss, then job."""
        chosen, row = columns.of(self.option)
        job, hours, pace = self.job[row], self.gangs.hours[self.gang[row]], self.gangs.pace(self.gang[row])
        end = np.empty(len(row), dtype=np.int64)
        for k in np.unique(pace):
            mine = pace == k
            end[mine] = end_blocks(self.gangs.paces.progress[k], chosen.start[mine], hours[mine])
        order = np.lexsort((job, self.case[row]))
        shape = self.gangs.shape[self.gang[row]].astype(np.int64)
        island = self.island[row] + chosen.copy
        return {"backups": Backups(*(a[order] for a in (self.case[row], job, shape, island, chosen.start, end)))}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of a plan's backups; see ``Activity``."""
        table, gangs, jobs = plan.backups, self.gangs, instance.jobs
        place, progress = gangs.places.classes[table.island], gangs.paces.progress
        pace = gangs.paces.rows(table.job, place)
        left = progress[pace, -1] - progress[pace, table.start_block]
        finishes = left >= jobs.shapes.hours[table.shape] * (1 - 1e-9)
        keys = (self.case, gangs.shape[self.gang], self.island, gangs.finishes[self.gang])
        row = match(keys, (table.case, table.shape, place, finishes))
        kept = row >= 0
        if strict and not kept.all():
            job = instance.jobs.id[int(table.job[np.argmax(~kept)])]
            raise ValueError(f"job '{job}' has a backup that is not offered: shape, island or start")
        return Columns(
            self.option[row[kept]], table.start_block[kept], np.ones(int(kept.sum())), (table.island - place)[kept]
        )  # fmt: skip


def gangs_hit(instance: Instance, gangs: Gangs, case: int) -> Ints:
    """Rows of ``gangs`` that a loss would end: any of their islands is lost, or any link between them cut."""
    row, link = crossed(gangs.places.links, gangs.place)
    lost, links = instance.loss_cases[case].lost, instance.loss_cases[case].links
    cut = np.array([name in links for name in instance.links], dtype=np.bool_)
    on_lost = gangs.share_row[lost[instance.island_pool[gangs.share_island]]]
    return np.unique(np.concatenate([on_lost, row[cut[link]]]))


def jobs_to_survive(instance: Instance, case: int) -> Bools:
    """Must jobs for which a loss asks for another place, [J]."""
    loss, jobs = instance.loss_cases[case].loss, instance.jobs
    whose = np.array([loss.tenants is None or name in loss.tenants for name in instance.tenants], dtype=np.bool_)
    return jobs.is_commitment("must") & whose[jobs.tenant] & (loss.jobs == "must")
