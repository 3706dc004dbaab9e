"""Demand response: kW that a feed gives up for a period, one option per response that a feed offers, each period by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Responses
from placement.program import Bools, Floats, Ints


@dataclass(frozen=True)
class ResponseOptions:
    """Columns [n], ascending by option, one for each of ``Instance.responses``; one count gives up ``kw_each``."""

    option: Ints
    whole: Bools
    kw_each: Floats
    """All of it where it is whole, else 1."""

    @classmethod
    def offer(cls, instance: Instance, builder: Builder) -> ResponseOptions:
        """Write one option per response, in the periods in which it is asked for."""
        responses = [case.response for case in instance.responses]
        whole = np.array([response.whole for response in responses], dtype=np.bool_)
        most = np.array([response.most_kw for response in responses], dtype=np.float64)
        zero = np.zeros(len(responses), dtype=np.int64)
        asked = np.array([builder.profile(case.periods) for case in instance.responses], dtype=np.int64)
        option = builder.add_per_period(
            first=zero,
            last=zero + instance.calendar.period_count - 1,
            upper=np.where(whole, 1.0, most),
            upper_profile=asked,
            whole=whole,
        )
        return cls(option, whole, np.where(whole, most, 1.0))

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Table ``responses``."""
        chosen, row = columns.of(self.option)
        count = np.where(self.whole[row], np.round(chosen.value), chosen.value)
        order = np.lexsort((row, chosen.start))
        order = order[count[order] > 0]
        return {"responses": Responses(row[order], chosen.start[order], (count * self.kw_each[row])[order])}

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of what a plan gives up; see ``Activity``."""
        table = plan.responses
        return Columns.single(self.option[table.response], table.period, table.kw / self.kw_each[table.response])
