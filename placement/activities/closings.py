"""Closing a product to a tenant: one option per lever and span in which it may be closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.activities.serving import match
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.levers import ClosingLever, Lever
from placement.plan import Closings, Plan
from placement.program import Ints


@dataclass(frozen=True)
class ClosingOptions:
    """Columns [n], ascending by option; and what they close, one row per (option, stream), [m]."""

    option: Ints
    lever: Ints
    """Position in ``Instance.levers``."""
    start: Ints
    end: Ints
    """The block after the last one in which it is closed."""
    closed_row: Ints
    closed_stream: Ints

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> ClosingOptions:
        """Write one option for every span of every closing."""
        rows: list[tuple[int, int, int]] = []
        closed: list[tuple[int, int]] = []
        for n, lever in enumerate(instance.levers.values()):
            if isinstance(lever, ClosingLever):
                streams = streams_under(instance, lever).tolist()
                for start, end in lever.spans(instance.calendar):
                    closed += [(len(rows), t) for t in streams]
                    rows.append((n, start, end))
        of_lever, start_of, end_of = np.array(rows, dtype=np.int64).reshape(len(rows), 3).T
        row, stream = np.array(closed, dtype=np.int64).reshape(len(closed), 2).T
        hours = np.concatenate([[0.0], np.cumsum(builder.grid.block_hours)])
        option = builder.add_running(first=start_of, last=start_of, hours=hours[end_of] - hours[start_of])
        return cls(option, of_lever, start_of, end_of, row, stream)

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``closings``, by lever."""
        chosen, row = columns.of(self.option)
        row = np.sort(row[chosen.value > 0.5])
        return {"closings": Closings(self.lever[row], self.start[row], self.end[row])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of a plan's closings; see ``Activity``."""
        table = plan.closings
        row = match((self.lever, self.start, self.end), (table.lever, table.start_block, table.end_block))
        if strict and np.any(row < 0):
            name = list(instance.levers)[int(table.lever[np.argmax(row < 0)])]
            raise ValueError(f"lever '{name}' closes in blocks that it does not offer")
        row = row[row >= 0]
        return Columns.single(self.option[row], self.start[row], np.ones(len(row)))


def streams_under(instance: Instance, lever: Lever) -> Ints:
    """Streams of a lever's tenant and services, ascending."""
    under = [
        stream.tenant == lever.tenant and (lever.services is None or stream.service in lever.services)
        for stream in instance.streams.values()
    ]
    return np.flatnonzero(np.array(under, dtype=np.bool_))
