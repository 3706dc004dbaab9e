"""What a plan can do, one module per family of options.

Each writes its options, reads them back from a solution, and finds them for a plan.

Adding an activity touches one new module and one line here.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from placement.activities.backups import BackupOptions
from placement.activities.batch import BatchOptions
from placement.activities.borrowing import BorrowOptions
from placement.activities.closings import ClosingOptions
from placement.activities.columns import Columns
from placement.activities.credits import CreditOptions
from placement.activities.feed_work import FeedWorkOptions
from placement.activities.gangs import Gangs
from placement.activities.isolation import IsolationOptions
from placement.activities.kept import KeptOptions
from placement.activities.least_shares import LeastShareOptions
from placement.activities.least_sums import LeastSumOptions
from placement.activities.limits import LimitOptions
from placement.activities.maintenance import MaintenanceOptions
from placement.activities.overruns import OverrunOptions
from placement.activities.overuse import Overuse
from placement.activities.recourse import RecourseOptions
from placement.activities.refusals import RefusalOptions
from placement.activities.replicas import ReplicaOptions
from placement.activities.reroutes import RerouteOptions
from placement.activities.responses import ResponseOptions
from placement.activities.serving import ServeOptions, ShedOptions
from placement.activities.shifts import ShiftOptions
from placement.activities.spreads import SpreadOptions
from placement.activities.starts import StartOptions
from placement.activities.sublets import SubletOptions
from placement.activities.swings import SwingOptions
from placement.activities.terms import Terms
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan
from placement.program import Ints, Program


class Activity(Protocol):
    """A family of options of one Program, as columns."""

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """The plan's tables that this activity fills, from the columns of its options."""

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """The columns that stand for a plan. What no option offers is a ValueError where ``strict``, else left out."""


class Activities:
    """All activities of one instance; laws read their columns to attach rates and charges."""

    def __init__(self, instance: Instance, builder: Builder, by_pool: bool | None = None) -> None:
        self.gangs = Gangs.offer(instance, builder, by_pool)
        self.replicas = ReplicaOptions.offer(instance, builder)
        self.batch = BatchOptions.offer(instance, builder)
        self.serve = ServeOptions.offer(instance, builder)
        self.shed = ShedOptions.offer(instance, builder)
        self.starts = StartOptions.offer(instance, builder, self.replicas)
        self.terms = Terms.offer(instance, builder)
        self.sublets = SubletOptions.offer(instance, builder)
        self.overuse = Overuse.offer(instance, builder)
        self.recourse = RecourseOptions.offer(instance, builder, self.serve)
        self.responses = ResponseOptions.offer(instance, builder)
        self.kept = KeptOptions.offer(instance, builder, self.replicas)
        self.maintenance = MaintenanceOptions.offer(instance, builder)
        self.feed_work = FeedWorkOptions.offer(instance, builder)
        self.isolation = IsolationOptions.offer(instance, builder)
        self.backups = BackupOptions.offer(instance, builder, self.gangs)
        self.limits = LimitOptions.offer(instance, builder)
        self.closings = ClosingOptions.offer(instance, builder)
        self.refusals = RefusalOptions.offer(instance, builder)
        self.credits = CreditOptions.offer(instance, builder)
        self.swings = SwingOptions.offer(instance, builder)
        self.least_shares = LeastShareOptions.offer(instance, builder)
        self.least_sums = LeastSumOptions.offer(instance, builder)
        self.spreads = SpreadOptions.offer(instance, builder, self.replicas)
        self.shifts = ShiftOptions.offer(instance, builder)
        self.borrowing = BorrowOptions.offer(instance, builder)
        self.overruns = OverrunOptions.offer(instance, builder)
        self.reroutes = RerouteOptions.offer(instance, builder, self.serve)

    def all(self) -> tuple[Activity, ...]:
        return (
            self.starts,
            self.batch, self.borrowing,
            self.gangs, self.replicas, self.serve, self.shed, self.terms, self.sublets, self.overuse, self.recourse, self.responses,
            self.kept, self.maintenance, self.isolation, self.backups, self.limits, self.closings, self.refusals,
            self.credits, self.swings, self.least_shares, self.least_sums, self.shifts, self.spreads, self.feed_work, self.overruns,
            self.reroutes,
        )  # fmt: skip

    @property
    def closed(self) -> tuple[Ints, Ints]:
        """(option, stream) of every option that leaves a stream without demand while it runs: closings and refusals."""
        parts = [(a.option[a.closed_row], a.closed_stream) for a in (self.closings, self.refusals)]
        return np.concatenate([option for option, _ in parts]), np.concatenate([stream for _, stream in parts])

    def settled(self, program: Program, columns: Columns) -> Columns:
        """The columns, with those that no plan states because the others leave no choice."""
        columns = self.least_sums.settled(program, self.batch.settled(program, columns))
        return self.spreads.settled(program, self.isolation.settled(program, self.overuse.settled(program, columns)))


__all__ = [
    "Activities",
    "Activity",
    "BackupOptions",
    "BatchOptions",
    "BorrowOptions",
    "ClosingOptions",
    "Columns",
    "CreditOptions",
    "FeedWorkOptions",
    "Gangs",
    "IsolationOptions",
    "KeptOptions",
    "LeastShareOptions",
    "LeastSumOptions",
    "LimitOptions",
    "MaintenanceOptions",
    "OverrunOptions",
    "Overuse",
    "RecourseOptions",
    "RefusalOptions",
    "ReplicaOptions",
    "RerouteOptions",
    "ResponseOptions",
    "ServeOptions",
    "ShedOptions",
    "ShiftOptions",
    "SpreadOptions",
    "StartOptions",
    "SubletOptions",
    "SwingOptions",
    "Terms",
]
