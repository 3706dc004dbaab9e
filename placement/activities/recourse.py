"""Recourse: how the replicas that remain after a loss would serve what has to be covered, by period; and what they would not.

Replicas and gangs stay as they are; only who is served from where changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.activities.columns import Columns
from placement.activities.serving import ServeOptions, ladder_of, match, sites_in_reach
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Recourse, Uncovered
from placement.program import Bools, Floats, Ints


@dataclass(frozen=True)
class RecourseOptions:
    """Options [n] to serve a stream after a loss, ascending; and [m] to leave a part of what is covered. x is tokens/s."""

    option: Ints
    case: Ints
    """Position in ``Instance.loss_cases``."""
    stream: Ints
    service: Ints
    site: Ints
    latency_class: Ints
    short_option: Ints
    short_case: Ints
    short_stream: Ints

    @classmethod
    def offer(cls, instance: Instance, builder: Builder, serve: ServeOptions) -> RecourseOptions:
        """The ways to serve that remain after each loss, for streams of which anything is covered."""
        cases, need = instance.loss_cases, covered_tokens_per_s(instance)
        rows: list[tuple[int, ...]] = []
        short: list[tuple[int, int]] = []
        for k, case in enumerate(cases):
            covered = need[k].max(axis=1, initial=0.0) > 0
            left, near = remaining_classes(instance, case.lost), sites_in_reach(instance, instance.wan.without(case.links))
            for n in np.flatnonzero(covered[serve.stream]).tolist():
                key = (int(serve.service[n]), int(serve.site[n]), int(serve.latency_class[n]))
                if key in left and near[serve.stream[n], serve.site[n]]:
                    rows.append((k, int(serve.stream[n]), *key))
            if case.loss.uncovered_usd_per_million_tokens is not None:
                short += [(k, t) for t in np.flatnonzero(covered).tolist()]
        table = np.array(rows, dtype=np.int64).reshape(len(rows), 5)
        lacking = np.array(short, dtype=np.int64).reshape(len(short), 2)
        of_case, stream, service, site, latency_class = table.T
        option = _divisible(builder, need, of_case, stream)
        short_option = _divisible(builder, need, lacking[:, 0], lacking[:, 1])
        return cls(option, of_case, stream, service, site, latency_class, short_option, lacking[:, 0], lacking[:, 1])

    def decode(self, instance: Instance, columns: Columns) -> dict[str, Any]:
        """Tables ``recourse`` and ``uncovered``, by period."""
        chosen, row = columns.of(self.option)
        short, lacking = columns.of(self.short_option)
        return {
            "recourse": Recourse(
                self.case[row], self.stream[row], self.site[row], self.latency_class[row], chosen.start, chosen.value
            ),
            "uncovered": Uncovered(self.short_case[lacking], self.short_stream[lacking], short.start, short.value),
        }

    def encode(self, instance: Instance, plan: Plan, *, strict: bool = True) -> Columns:
        """Columns of a plan's recourse; see ``Activity``."""
        table, short = plan.recourse, plan.uncovered
        keys = (self.case, self.stream, self.site, self.latency_class)
        row = match(keys, (table.case, table.stream, table.site, table.latency_class))
        lacking = match((self.short_case, self.short_stream), (short.case, short.stream))
        if strict and (np.any(row < 0) or np.any(lacking < 0)):
            raise ValueError("after a loss a stream is served, or left, in a way that is not offered")
        known, left = row >= 0, lacking >= 0
        return Columns.single(
            np.concatenate([self.option[row[known]], self.short_option[lacking[left]]]),
            np.concatenate([table.period[known], short.period[left]]),
            np.concatenate([table.tokens_per_s[known], short.tokens_per_s[left]]),
        )


def covered_tokens_per_s(instance: Instance) -> Floats:
    """What remains of each stream must still be served after each loss, [cases, S, P]."""
    demand, streams = instance.demand_tokens_per_s, list(instance.streams.values())
    share = np.zeros((len(instance.loss_cases), len(streams)))
    for k, case in enumerate(instance.loss_cases):
        for t, stream in enumerate(streams):
            if case.loss.tenants is None or stream.tenant in case.loss.tenants:
                promised = case.loss.covered_share == "promised"
                share[k, t] = ladder_of(instance, stream).floor_share if promised else float(case.loss.covered_share)
    possible = np.array([case.periods for case in instance.loss_cases], dtype=np.bool_).reshape(len(share), demand.shape[1])
    return share[:, :, None] * demand[None] * possible[:, None, :]


def remaining_classes(instance: Instance, lost: Bools) -> set[tuple[int, int, int]]:
    """(service, site, class) for which replicas can stand in a pool that is not ``lost`` [Q]."""
    classes = {name: c for c, name in enumerate(instance.latency_classes)}
    pools = list(instance.pools.values())
    return {
        (s, int(instance.pool_site[q]), classes[profile.latency_class])
        for s, service in enumerate(instance.services.values())
        for q in instance.service_pools[s].tolist()
        for profile in service.profiles
        if not lost[q] and profile.accelerator == pools[q].accelerator
    }


def _divisible(builder: Builder, need: Floats, case: Ints, stream: Ints) -> Ints:
    """Divisible per-period options, each at most what is covered of its stream."""
    most = np.array([builder.profile(need[k, t]) for k, t in zip(case.tolist(), stream.tolist(), strict=True)], dtype=np.int64)
    zero = np.zeros(len(case), dtype=np.int64)
    return builder.add_per_period(first=zero, last=zero + builder.grid.periods - 1, upper=1.0, upper_profile=most)
