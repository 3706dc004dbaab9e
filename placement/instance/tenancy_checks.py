"""Who shares what, and what is taken away when, against the nouns around it."""

from __future__ import annotations

from collections.abc import Iterator

from placement.instance.findings import Draft, Finding


def tenancy(draft: Draft) -> Iterator[Finding]:
    """Isolation that services allow, and maintenance that can be done."""
    yield from _isolation(draft)
    yield from _maintenance(draft)


def _isolation(draft: Draft) -> Iterator[Finding]:
    """A tenant that is kept apart is served by services of its own."""
    for n, tenant in draft["tenants"].valid.items():
        if tenant.isolation is None:
            continue
        streams = draft["streams"].valid.values()
        mine = {stream.service for stream in streams if stream.tenant == tenant.id}
        shared = next((stream for stream in streams if stream.service in mine and stream.tenant != tenant.id), None)
        if shared is not None:
            expected = f"services of its own for a tenant kept apart; '{shared.service}' also serves '{shared.tenant}'"
            yield Finding(
                ("tenants", n, "isolation"), tenant.isolation, expected, "give it a service of its own, or remove isolation"
            )


def _maintenance(draft: Draft) -> Iterator[Finding]:
    """Tasks fit their pool and have a block to begin in; the pool is there whatever is decided."""
    calendar, contracts = draft.calendar, draft["contracts"].by_id
    for n, pool in draft["pools"].valid.items():
        for k, task in enumerate(pool.maintenance):
            where = ("pools", n, "maintenance", k)
            if task.id in [other.id for other in pool.maintenance[:k]]:
                yield Finding((*where, "id"), task.id, "an id that no other task of its pool has", "rename one of the two")
            if task.gpus is not None and task.gpus > pool.gpus:
                yield Finding(
                    (*where, "gpus"), task.gpus, f"at most the GPUs of the pool's islands, {pool.gpus}", "correct the figure"
                )
            for i, island in enumerate(task.islands or ()):
                if island > len(pool.island_gpus):
                    expected = f"the number of an island of the pool, 1 to {len(pool.island_gpus)}"
                    yield Finding((*where, "islands", i), island, expected, "correct the number")
            if calendar is not None and not task.starts(calendar):
                expected = f"a window that holds {task.blocks} whole {calendar.block}s of the calendar"
                yield Finding((*where, "to_date"), task.to_date, expected, "widen the window, or take fewer blocks")
        if pool.maintenance and pool.contract in contracts and contracts[pool.contract].decided:
            expected = f"a pool that is there whatever is decided; contract '{pool.contract}' is not"
            yield Finding(("pools", n, "maintenance"), pool.maintenance[0].id, expected, "remove it, or date the contract")
