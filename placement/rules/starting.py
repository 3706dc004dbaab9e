"""Starting: replicas that were not there in the period before start, and lose their start-up hours; so many at most can.

    replicas in a period - replicas in the period before  <=  replicas started        for every service, class, pool and period
    replicas started in a mode  <=  replicas in it,    replicas started of a service  <=  scale_up_replicas
    throughput lost = replicas started x their throughput x min(1, start_up_hours x recurrences / hours)      (law sla)
    cost = replicas started x recurrences x start_up_usd

Bands follow each other in the order in which the calendar states them. Where the first of them begins several times in a block
the period before it is also the block's last. Before the first period stands what runs today, if that is stated; else what starts
first runs already. A change of mode is no start.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.plan import Plan, Violation
from placement.program import Floats, Ints
from placement.rules.reading import broken, excess, level_and_term, of_profiles, profile_rows, replica_counts

NAME = "starting"

PAIRS = ("even", "odd")
"""Of periods, by the first of them; resources are told apart by their names."""


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """What starts, how much of it may, and what it costs."""
    starts, replicas, services = activities.starts, activities.replicas, list(instance.services.values())
    for s, c, q in np.unique(np.stack([starts.service, starts.latency_class, starts.pool]), axis=1).T.tolist():
        mine = np.flatnonzero((starts.service == s) & (starts.latency_class == c) & (starts.pool == q))
        there = np.flatnonzero((replicas.service == s) & (replicas.latency_class == c) & (replicas.pool == q))
        label = f"{services[s].id} for {list(instance.latency_classes)[c]} in {list(instance.pools)[q]}"
        count = replicas.replicas[there].astype(np.float64)
        _rises(instance, builder, label, (replicas.option[there], count), starts.option[mine], _running(instance, s, c, q))
        for n in mine.tolist():
            row = builder.add_resources([f"started of {label} by profile {starts.profile[n]}"], "replicas", 0.0)
            same = replicas.profile[there] == starts.profile[n]
            builder.add_rates(starts.option[n : n + 1], row[0], 1.0)
            builder.add_rates(replicas.option[there[same]], row[0], -count[same])
    for s, service in enumerate(services):
        mine = np.flatnonzero(starts.service == s)
        if service.scale_up_replicas is not None and len(mine):
            row = builder.add_resources([f"starts of {service.id}"], "replicas", float(service.scale_up_replicas))
            builder.add_rates(starts.option[mine], row[0], 1.0)
        if service.start_up_usd:
            worth = builder.profile(instance.calendar.recurrences * instance.discount)
            builder.add_charges(starts.option[mine], *level_and_term("start_ups"), service.start_up_usd, table=worth)


def _rises(
    instance: Instance, builder: Builder, label: str, there: tuple[Ints, Floats], started: Ints, running: float | None
) -> None:
    """Rows that hold a rise from one period to the next to what is started; a slot is a pair of periods."""
    calendar, (option, count) = instance.calendar, there
    period = np.arange(calendar.period_count)
    for begin in (0, 1):  # Pairs that begin with an even period, then with an odd one: the first of these before the calendar.
        second = ((period - begin) % 2 == 1).astype(np.float64)
        sign = 2.0 * second - 1.0
        slot = (period - begin) // 2 + begin
        limit = np.zeros(int(slot[-1]) + 1)
        if begin == 1:
            if running is None:
                sign[0] = second[0] = 0.0
            limit[0] = running or 0.0
        row = builder.add_budgets([f"{PAIRS[begin]} rise of {label}"], "replicas", limit[None], slot)
        builder.add_rates(option, row[0], count, lump=True, profile=builder.profile(sign))
        builder.add_rates(started, row[0], -1.0, lump=True, profile=builder.profile(second))
    band = period % calendar.band_count
    again = calendar.recurrences.reshape(calendar.blocks, -1)[:, :1] > 1
    again = np.repeat(again, calendar.band_count, axis=1).reshape(-1)
    if calendar.band_count > 1 and again.any():
        first, last = again * (band == 0), again * (band == calendar.band_count - 1)
        row = builder.add_budgets([f"rise of {label} within"], "replicas", 0.0, calendar.slots("block"))
        builder.add_rates(option, row[0], count, lump=True, profile=builder.profile(first * 1.0 - last * 1.0))
        builder.add_rates(started, row[0], -1.0, lump=True, profile=builder.profile(first * 1.0))


def _running(instance: Instance, service: int, latency_class: int, pool: int) -> float | None:
    """Replicas that run today; None where that is not stated."""
    stated = list(instance.services.values())[service].replicas_running
    if stated is None:
        return None
    key = (list(instance.latency_classes)[latency_class], list(instance.pools)[pool])
    return float(sum(entry.replicas for entry in stated if (entry.latency_class, entry.pool) == key))


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Replicas that are there without having started, starts of more than is there or than may start, and starts that are none."""
    found: list[Violation] = []
    calendar, table, starts = instance.calendar, plan.replicas, plan.starts
    classes, pools = list(instance.latency_classes), list(instance.pools)
    sort = of_profiles(instance, lambda p: classes.index(p.latency_class)).astype(np.int64)
    sort_of, sort_started = (sort[profile_rows(instance, rows.service, rows.profile)] for rows in (table, starts))
    count, pool = replica_counts(instance, plan)[0], instance.island_pool[table.island]
    for row in np.flatnonzero(starts.replicas < 0).tolist():
        found.append(broken(NAME, list(instance.services)[starts.service[row]], "starts fewer than no replicas",
                            -float(starts.replicas[row]), "replicas"))  # fmt: skip
    for s, (name, service) in enumerate(instance.services.items()):
        mine = starts.service == s
        if not service.starts:
            found += [broken(NAME, name, "starts replicas, which nobody counts") for _ in np.flatnonzero(mine)]
            continue
        shape = (len(service.profiles), len(pools), calendar.period_count)
        by_profile, started_by_profile = np.zeros(shape), np.zeros(shape)
        of = table.service == s
        np.add.at(by_profile, (table.profile[of], pool[of], table.period[of]), count[of])
        np.add.at(started_by_profile, (starts.profile[mine], starts.pool[mine], starts.period[mine]), starts.replicas[mine])
        for p, profile in enumerate(service.profiles):
            labels = [f"{name} for {profile.latency_class} in {q}, mode {profile.mode or 'first'}" for q in pools]
            found += excess(NAME, "replicas", labels, started_by_profile[p], by_profile[p], instance, "starts")
        for c in sorted({*sort_of[of].tolist(), *sort_started[mine].tolist()}):
            there, started = np.zeros(shape[1:]), np.zeros(shape[1:])
            now, begun = of & (sort_of == c), mine & (sort_started == c)
            np.add.at(there, (pool[now], table.period[now]), count[now])
            np.add.at(started, (starts.pool[begun], starts.period[begun]), starts.replicas[begun])
            labels = [f"{name} for {classes[c]} in {q}" for q in pools]
            rise = _rise(instance, there, [_running(instance, s, c, q) for q in range(len(pools))])
            found += excess(NAME, "replicas", labels, rise, started, instance, "has more than before by", there + started)
        if service.scale_up_replicas is not None:
            total = started_by_profile.sum(axis=(0, 1))[None]
            most = np.full(total.shape, float(service.scale_up_replicas))
            found += excess(NAME, "replicas", [name], total, most, instance, "starts in all")
    return found


def _rise(instance: Instance, there: Floats, running: list[float | None]) -> Floats:
    """By how much each pool holds more in a period than just before it, [Q, P]; what comes first, if nothing is known, is none."""
    bands = instance.calendar.band_count
    known = np.array([there[q, 0] if today is None else today for q, today in enumerate(running)])
    rise = np.diff(there, axis=1, prepend=known[:, None])
    for block in range(instance.calendar.blocks):
        first, last = block * bands, (block + 1) * bands - 1
        if instance.calendar.recurrences[first] > 1:
            rise[:, first] = np.maximum(rise[:, first], there[:, first] - there[:, last])
    return np.asarray(np.maximum(rise, 0.0), dtype=np.float64)


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """start_ups: of replicas, each time that their band begins."""
    table = plan.starts
    usd = np.array([service.start_up_usd or 0.0 for service in instance.services.values()])
    times = instance.calendar.recurrences[table.period] * instance.discount[table.period]
    return {"start_ups": float(np.sum(table.replicas * usd[table.service] * times)) if len(usd) else 0.0}
