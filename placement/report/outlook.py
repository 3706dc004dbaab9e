"""Supply against demand in each period before any solve, and how much is short whatever the plan.

Streams may be served from anywhere in reach, at any share, on the best profile of each accelerator type; gangs take the type that
needs the fewest GPU-hours, from their release on. What even that cannot carry is short for certain, and no plan changes it:

    minimise   sum_k need(k) short(k) + 0.001 sum_a wait(a)
    subject to sum_a x(k, a) / gpus_per_token(k, a) + short(k) = demand(k)      for every kind of stream k
               sum_k x(k, a) + training(a) - wait(a) <= online(a)               for every accelerator type a
               0 <= x(k, a) <= what is online in the pools that k may use,   0 <= wait(a) <= training(a)

where demand is what has to be answered in its own period: less what may be moved, degraded, closed or refused,

in each period by itself, with need(k) the GPUs per token/s on the type that is best for k. Power is shown beside it, not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from placement.activities.closings import streams_under
from placement.activities.replicas import per_count
from placement.activities.serving import sites_in_reach
from placement.instance import Instance
from placement.instance.levers import ClosingLever
from placement.program import Bools, Floats, Ints, end_blocks
from placement.report.plan_figures import by_tenant
from placement.rules.capacity import spare_units
from placement.rules.power import feed_limits_kw, idle_kw, most_kw, pools_below

WAITING_WEIGHT = 1e-3
"""Training waits before demand is shed."""

VARIABLES_AT_ONCE = 20_000
"""Periods are independent: they are solved so many variables at a time, which keeps the time near linear."""


@dataclass(frozen=True)
class Outlook:
    """One instance, before any solve. A accelerator types in use, K kinds of streams, P periods."""

    instance: Instance

    # ------------------------------------------------------------ what there is

    @cached_property
    def types(self) -> Ints:
        """Accelerators that some pool has, [A]."""
        return np.unique(self.instance.pool_accelerator)

    @cached_property
    def type_names(self) -> tuple[str, ...]:
        names = list(self.instance.accelerators)
        return tuple(names[a] for a in self.types)

    @cached_property
    def online_gpus(self) -> Floats:
        """[A, P]."""
        return self._by_type(np.arange(len(self.instance.pools)))

    def _by_type(self, pools: Ints) -> Floats:
        """Accelerators online in some pools by type, less their spares, [A, P]."""
        total = np.zeros((len(self.types), self.instance.calendar.period_count))
        usable = self.instance.pool_online_gpus - spare_units(self.instance) * self.instance.unit_gpus[:, None]
        np.add.at(total, np.searchsorted(self.types, self.instance.pool_accelerator[pools]), usable[pools])
        return total

    @cached_property
    def feed_idle_kw(self) -> Floats:
        """Facility kW at each feed if all that is online idled, [F, P]."""
        return pools_below(self.instance).astype(np.float64) @ idle_kw(self.instance)

    @cached_property
    def feed_full_kw(self) -> Floats:
        """Facility kW at each feed if all that is online ran in its hungriest mode, [F, P]."""
        return pools_below(self.instance).astype(np.float64) @ most_kw(self.instance)

    @cached_property
    def feed_limit_kw(self) -> Floats:
        """Limit less reserve, [F, P]; inf where unlimited."""
        return feed_limits_kw(self.instance)

    # ------------------------------------------------------------ what is asked

    @cached_property
    def tenant_tokens_per_s(self) -> Floats:
        """Demand of each tenant, [T, P]."""
        return by_tenant(self.instance, self.instance.demand_tokens_per_s)

    @cached_property
    def released_gpus(self) -> Floats:
        """Accelerators held if every job began at its release, on the type that needs the fewest GPU-hours, [A, P]."""
        jobs, calendar = self.instance.jobs, self.instance.calendar
        total = np.zeros((len(self.types), calendar.blocks, calendar.band_count))
        for job, row in self.lightest_shapes:
            pace = jobs.pace[job]
            start = min(int(jobs.release_block[job]), calendar.blocks - 1)
            end = int(end_blocks(self.instance.job_progress[pace], np.array([start]), jobs.shapes.hours[[row]])[0])
            a = int(np.searchsorted(self.types, jobs.shapes.accelerator[row]))
            total[a, start:end] += jobs.shapes.gpus[row] * (jobs.paces[pace] > 0)
        return total.reshape(len(self.types), -1)

    @cached_property
    def lightest_shapes(self) -> list[tuple[int, int]]:
        """(job, row of its shapes) with the fewest GPU-hours among those for which an eligible pool exists."""
        jobs, found = self.instance.jobs, []
        work = jobs.shapes.gpus * jobs.shapes.hours
        for job in range(len(jobs)):
            pools = jobs.pools[jobs.pool_offset[job] : jobs.pool_offset[job + 1]]
            rows = np.arange(jobs.shape_offset[job], jobs.shape_offset[job + 1])
            rows = rows[np.isin(jobs.shapes.accelerator[rows], self.instance.pool_accelerator[pools])]
            if len(rows):
                found.append((job, int(rows[np.argmin(work[rows])])))
        return found

    @cached_property
    def training_gpu_hours(self) -> Floats:
        """Work of all jobs on their lightest shapes by type, [A]."""
        shapes, total = self.instance.jobs.shapes, np.zeros(len(self.types))
        for _, row in self.lightest_shapes:
            total[np.searchsorted(self.types, shapes.accelerator[row])] += shapes.gpus[row] * shapes.hours[row]
        return total

    @cached_property
    def firm_tokens_per_s(self) -> Floats:
        """Demand that a plan serves or sheds in its own period, [S, P]: what may be moved, degraded, closed or refused left out."""
        instance, calendar = self.instance, self.instance.calendar
        firm = instance.demand_tokens_per_s.copy()
        for s, stream in enumerate(instance.streams.values()):
            if stream.shifting is not None:
                leaves = instance.flows.most[instance.flows.stream == s].max(axis=0, initial=0.0)
                firm[s] -= leaves
            if stream.degrade_to is not None:
                firm[s] -= stream.degrade_to.most_share * instance.demand_tokens_per_s[s]
            if instance.tenants[stream.tenant].admission == "decided":
                firm[s] = 0.0
        for lever in instance.levers.values():
            if isinstance(lever, ClosingLever):
                for start, end in lever.spans(calendar):
                    firm[streams_under(instance, lever), start * calendar.band_count : end * calendar.band_count] = 0.0
        return np.maximum(firm, 0.0)

    # ------------------------------------------------------------ kinds of streams

    @cached_property
    def stream_pools(self) -> Bools:
        """Pools that may serve each stream: in reach, and open to its service, [S, Q]."""
        services = {name: v for v, name in enumerate(self.instance.services)}
        may_carry = np.zeros((len(services), len(self.instance.pools)), dtype=np.bool_)
        for v, pools in enumerate(self.instance.service_pools):
            may_carry[v, pools] = True
        of_stream = np.array([services[stream.service] for stream in self.instance.streams.values()], dtype=np.int64)
        return sites_in_reach(self.instance, self.instance.wan)[:, self.instance.pool_site] & may_carry[of_stream]

    @cached_property
    def gpus_per_token(self) -> Floats:
        """Accelerators held per token/s of each stream on each type, by its best profile, [S, A]; inf where there is none."""
        classes, known = list(self.instance.latency_classes), self.instance.accelerators
        best = np.full((len(self.instance.streams), len(self.types)), np.inf)
        for s, stream in enumerate(self.instance.streams.values()):
            service = self.instance.services[stream.service]
            for profile in service.profiles:
                if profile.accelerator not in self.type_names:
                    continue
                if classes.index(profile.latency_class) > classes.index(stream.latency_class):
                    continue
                units, replicas = per_count(profile, known[profile.accelerator])
                held = units * known[profile.accelerator].allocation_unit_gpus
                a = self.type_names.index(profile.accelerator)
                ready = 1 + (service.warm_spare_share or 0.0)
                best[s, a] = min(best[s, a], held * ready / (replicas * profile.tokens_per_s))
        if not len(self.types):
            return best
        used = np.stack([self.stream_pools[:, self.instance.pool_accelerator == a].any(axis=1) for a in self.types], axis=1)
        return np.where(used, best, np.inf)

    @cached_property
    def improved(self) -> Floats:
        """By how much what serves each stream sustains more than its profiles state, [S, P]."""
        services, mean = self.instance.services, self.instance.calendar.mean
        steps = [services[stream.service].throughput_factor for stream in self.instance.streams.values()]
        rows = [mean(1.0 if figure is None else figure) for figure in steps]
        return np.array(rows, dtype=np.float64).reshape(len(rows), self.instance.calendar.period_count)

    @cached_property
    def least_gpus_per_token(self) -> Floats:
        """On the type that is best for each stream, [S]; 0 for a stream that nothing can serve."""
        least = self.gpus_per_token.min(axis=1, initial=np.inf)
        return np.where(np.isfinite(least), least, 0.0)

    @cached_property
    def tenant_gpus(self) -> Floats:
        """Accelerators that each tenant's demand would take on the types that are best for it, [T, P]."""
        return by_tenant(self.instance, self.instance.demand_tokens_per_s / self.improved * self.least_gpus_per_token[:, None])

    @cached_property
    def kinds(self) -> tuple[Ints, Ints]:
        """Streams alike in what serves them: one stream of each kind [K], and the kind of each stream [S]."""
        traits = np.concatenate([self.gpus_per_token, self.stream_pools], axis=1)
        _, first, kind = np.unique(traits, axis=0, return_index=True, return_inverse=True)
        return first.astype(np.int64), kind.reshape(-1).astype(np.int64)

    # ------------------------------------------------------------ what is short

    @cached_property
    def _carried(self) -> tuple[Floats, Floats, Floats]:
        """GPUs that serve [A, P], demand short by kind in tokens/s [K, P], training that must wait [A, P]."""
        first, kind = self.kinds
        periods = self.instance.calendar.period_count
        demand = np.zeros((len(first), periods))
        np.add.at(demand, kind, self.firm_tokens_per_s / self.improved)
        room = np.zeros((len(first), len(self.types), periods))
        for k, stream in enumerate(first):
            room[k] = self._by_type(np.flatnonzero(self.stream_pools[stream]))
        per_call = max(1, VARIABLES_AT_ONCE // max(1, (len(first) + 1) * (len(self.types) + 1)))
        parts = [
            carried(self.gpus_per_token[first], demand[:, p], room[:, :, p], self.online_gpus[:, p], self.released_gpus[:, p])
            for p in (slice(start, start + per_call) for start in range(0, periods, per_call))
        ]
        serving, short, waiting = (np.concatenate([part[n] for part in parts], axis=-1) for n in range(3))
        return serving, short, waiting

    @property
    def serving_gpus(self) -> Floats:
        """Accelerators that demand takes of each type, as far as they are there, [A, P]."""
        return self._carried[0]

    @property
    def waiting_gpus(self) -> Floats:
        """Accelerators that jobs begun at their release would take beyond what is left, [A, P]: they wait or are dropped."""
        return self._carried[2]

    @cached_property
    def short_gpus(self) -> Floats:
        """Firm demand that nothing online can carry, in accelerators of the type that is best for it, [P]."""
        first, _ = self.kinds
        total: Floats = self.least_gpus_per_token[first] @ self._carried[1]
        return total

    @cached_property
    def unreachable_tokens_per_s(self) -> Floats:
        """Demand of streams for which no pool has a profile within reach, [P]."""
        nowhere = ~np.isfinite(self.gpus_per_token).any(axis=1)
        total: Floats = self.instance.demand_tokens_per_s[nowhere].sum(axis=0)
        return total


def carried(
    gpus_per_token: Floats, demand: Floats, room: Floats, online: Floats, training: Floats
) -> tuple[Floats, Floats, Floats]:
    """The module's formula for some periods at once: GPUs that serve [A, P], tokens/s short [K, P], training that waits [A, P].

    ``gpus_per_token`` [K, A], ``demand`` [K, P], ``room`` [K, A, P], ``online`` and ``training`` [A, P]. Raises RuntimeError if the
    linear program fails, which it never should.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    types, periods = online.shape
    kinds = len(demand)
    usable = np.isfinite(gpus_per_token)
    k, a = np.nonzero(usable)
    pairs, need = len(k), np.where(usable, gpus_per_token, np.inf).min(axis=1, initial=np.inf)
    # Columns, for each period: x by (kind, type) in GPUs, then short by kind in GPUs of its best type, then wait by type.
    carries = need[k] / gpus_per_token[k, a]
    asked = np.where(np.isfinite(need), need, 0.0)[:, None] * demand
    width = pairs + kinds + types
    cost = np.concatenate([np.zeros(pairs), np.ones(kinds), np.full(types, WAITING_WEIGHT)])
    upper = np.concatenate([room[k, a], np.full((kinds, periods), np.inf), training])
    balance = (np.concatenate([carries, np.ones(kinds)]), np.concatenate([k, np.arange(kinds)]), np.arange(pairs + kinds))
    capacity = (
        np.concatenate([np.ones(pairs), -np.ones(types)]),
        np.concatenate([a, np.arange(types)]),
        np.concatenate([np.arange(pairs), np.arange(pairs + kinds, width)]),
    )

    def repeated(block: tuple[Floats, Ints, Ints], rows: int) -> coo_array:
        value, row, column = block
        step = np.arange(periods)[:, None]
        where = ((row + rows * step).reshape(-1), (column + width * step).reshape(-1))
        return coo_array((np.tile(value, periods), where), shape=(rows * periods, width * periods)).tocsr()

    answer = linprog(
        np.tile(cost, periods),
        A_eq=repeated(balance, kinds) if kinds else None,
        b_eq=asked.T.reshape(-1) if kinds else None,
        A_ub=repeated(capacity, types),
        b_ub=(online - training).T.reshape(-1),
        bounds=np.stack([np.zeros(width * periods), upper.T.reshape(-1)], axis=1),
        method="highs",
    )
    if answer.status != 0:
        raise RuntimeError(f"supply against demand: {answer.message}")
    x = answer.x.reshape(periods, width).T
    serving = np.zeros((types, periods))
    np.add.at(serving, a, x[:pairs])
    short = np.where(np.isfinite(need), x[pairs : pairs + kinds].T / np.where(np.isfinite(need), need, 1.0), 0.0).T
    return serving, short, x[pairs + kinds :]
