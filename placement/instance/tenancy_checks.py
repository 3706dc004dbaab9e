"""Who shares what, and what is taken away when, against the nouns around it."""

from __future__ import annotations

from collections.abc import Iterator

from placement.instance.findings import Draft, Finding, did_you_mean


def tenancy(draft: Draft) -> Iterator[Finding]:
    """Isolation that services allow, maintenance that can be done, and reclaims that contracts know."""
    yield from _isolation(draft)
    yield from _maintenance(draft)
    yield from _feed_work(draft)
    yield from _reclaims(draft)


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


def _feed_work(draft: Draft) -> Iterator[Finding]:
    """Tasks of a feed differ, and have a block to begin in."""
    calendar = draft.calendar
    for n, feed in draft["feeds"].valid.items():
        for k, task in enumerate(feed.maintenance):
            where = ("feeds", n, "maintenance", k)
            if task.id in [other.id for other in feed.maintenance[:k]]:
                yield Finding((*where, "id"), task.id, "an id that no other task of its feed has", "rename one of the two")
            if calendar is not None and not task.starts(calendar):
                expected = f"a window that holds {task.blocks} whole {calendar.block}s of the calendar"
                yield Finding((*where, "to_date"), task.to_date, expected, "widen the window, or take fewer blocks")


def _reclaims(draft: Draft) -> Iterator[Finding]:
    """Losses by reclaim are of contracts that state one."""
    contracts = draft["contracts"]
    stated = [contract.id for contract in contracts.valid.values() if contract.reclaim is not None]
    for n, loss in draft["losses"].valid.items():
        for k, name in enumerate(loss.reclaims or ()):
            if name in contracts.by_id and name not in stated:
                expected = "a contract that states reclaim"
                yield Finding(("losses", n, "reclaims", k), name, expected, did_you_mean(name, stated, expected))
        if loss.each == "reclaim" and not stated and len(contracts.valid) == len(contracts.ids):
            expected = "a contract that states reclaim; none does"
            yield Finding(("losses", n, "each"), loss.each, expected, "state one, or remove the loss")
