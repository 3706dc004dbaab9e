"""What must fit before anything is planned: islands, gangs and replicas against scale-up domains, units and pools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from placement.instance.findings import Draft, Finding, Pairs, Path, did_you_mean
from placement.instance.supply import MOST_ISLAND_SETS, Accelerator
from placement.instance.timing import values_of
from placement.program import Bools


def pools(draft: Draft) -> Iterator[Finding]:
    """Islands hold whole units, deliveries are whole and no more than the islands, and providers and feeds agree."""
    feeds, sites, contracts = draft["feeds"], draft["sites"], draft["contracts"]
    for n, pool in draft["pools"].valid.items():
        accelerator = draft.accelerators.get(pool.accelerator)
        for k, group in enumerate(pool.islands):
            if accelerator is not None and group.gpus < accelerator.allocation_unit_gpus:
                unit = f"at least one allocation unit of {accelerator.id}, {accelerator.allocation_unit_gpus} GPUs"
                yield Finding(
                    ("pools", n, "islands", k, "gpus"), group.gpus, unit, "join islands, or state a smaller unit for the part"
                )
        yield from _online(draft, n, pool)
        if pool.spanning is not None and sum(group.count for group in pool.islands) < 2:
            yield Finding(("pools", n, "spanning"), pool.spanning.max_islands, "a pool of two islands or more", "remove spanning")
        if pool.set_count > MOST_ISLAND_SETS:
            expected = f"at most {MOST_ISLAND_SETS:,} sets of islands, not {pool.set_count:,}"
            yield Finding(
                ("pools", n, "spanning", "max_islands"), pool.spanning.max_islands, expected, "lower it, or use sets: consecutive"
            )
        site, contract = sites.by_id.get(pool.site), contracts.by_id.get(pool.contract)
        if site is not None and contract is not None and site.provider != contract.provider:
            expected = f"a contract with the provider of the site, '{site.provider}', not with '{contract.provider}'"
            yield Finding(("pools", n, "contract"), pool.contract, expected, "correct the contract or its provider")
        if pool.feed is not None and site is not None and pool.feed in feeds.by_id and site.feed in feeds.by_id:
            above, at = set(), pool.feed
            while at is not None and at not in above:
                above.add(at)
                at = feeds.by_id[at].parent if at in feeds.by_id else None
            if site.feed not in above:
                expected = f"the feed of the site, '{site.feed}', or one below it"
                yield Finding(("pools", n, "feed"), pool.feed, expected, "correct the feed, or the parent of a feed between them")


def _online(draft: Draft, n: int, pool: Any) -> Iterator[Finding]:
    if pool.tranches is not None and (pool.online_gpus is not None or n in draft.ramped):
        other = "online_gpus" if pool.online_gpus is not None else "rows in the ramps table"
        expected = f"one statement: this pool has {other} as well"
        yield Finding(("pools", n, "tranches"), f"a list of {len(pool.tranches)}", expected, "keep one of them")
    elif pool.tranches is not None and sum(tranche.gpus for tranche in pool.tranches) > pool.gpus:
        total = sum(tranche.gpus for tranche in pool.tranches)
        expected = f"together at most the GPUs of the pool's islands, {pool.gpus}"
        yield Finding(("pools", n, "tranches"), total, expected, "add islands or correct a figure")
        return
    if pool.online_gpus is not None and n in draft.ramped:
        yield Finding(
            ("pools", n, "online_gpus"),
            pool.online_gpus,
            "one statement: this pool has rows in the ramps table",
            "keep one of them",
        )
    elif n not in draft.online and "ramps" not in draft.unread:
        yield Finding(
            ("pools", n),
            pool.id,
            "online_gpus, tranches, or rows in the ramps table",
            "state how many GPUs are online, and from when",
        )
    for path, value in values_of(draft.online[n]) if n in draft.online else ():
        where = ("pools", n, "online_gpus", *path)
        if value != int(value):
            yield Finding(where, value, "a whole number of GPUs", "round down to what is online")
        elif value > pool.gpus:
            yield Finding(where, value, f"at most the GPUs of the pool's islands, {pool.gpus}", "add islands or correct the figure")


def feed_tree(draft: Draft) -> Iterator[Finding]:
    """No feed is above itself; each cycle is reported once."""
    feeds = draft["feeds"]
    done: set[str] = set()
    for name in feeds.by_id:
        path: list[str] = []
        at: str | None = name
        while at is not None and at in feeds.by_id and at not in done and at not in path:
            path.append(at)
            at = feeds.by_id[at].parent
        if at is not None and at in path:
            cycle = [*path[path.index(at) :], at]
            where = ("feeds", feeds.position[at], "parent")
            around = " -> ".join(cycle[:12]) + (" ..." if len(cycle) > 12 else "")
            yield Finding(
                where, feeds.by_id[at].parent, f"a tree; this is a cycle: {around}", "give one of them another parent, or null"
            )
        done.update(path)


def bought(draft: Draft) -> Iterator[Finding]:
    """Contracts bring power to feeds that a limit holds back, and what is paid by the GPU has GPUs."""
    feeds, filled = draft["feeds"], {pool.contract for pool in draft["pools"].valid.values()}
    whole = len(draft["pools"].valid) == len(draft["pools"].ids)
    for n, contract in draft["contracts"].valid.items():
        names = [power.feed for power in contract.brings_kw or ()]
        for k, name in enumerate(names):
            where = ("contracts", n, "brings_kw", k, "feed")
            if feeds.readable and name not in feeds.position:
                yield Finding(where, name, "the id of a feed", did_you_mean(name, feeds.position, "a feed"))
            elif name in names[:k]:
                yield Finding(where, name, "each feed once", "add its kW up")
            elif name in feeds.by_id and feeds.by_id[name].limit_kw == "unlimited":
                expected = "a feed with a limit: power brought to an unlimited one is of no use"
                yield Finding(where, name, expected, "state limit_kw of the feed, or name the one that is short")
        by_gpu = None if contract.purchase is None else contract.purchase.capex_usd_per_gpu
        if by_gpu is not None and whole and contract.id not in filled:
            expected = "a pool under this contract, whose GPUs are paid for"
            yield Finding(("contracts", n, "purchase", "capex_usd_per_gpu"), by_gpu, expected, "state a pool, or use capex_usd")


def jobs(draft: Draft) -> Iterator[Finding]:
    """Every job has shapes; scale-up needs can be met; no two shapes are the same."""
    family = draft["jobs"]
    count = np.bincount([row.job for row in draft.shapes], minlength=len(family.ids)) if draft.shapes else np.zeros(len(family.ids))
    for n, job in family.valid.items():
        if job.shapes is not None and n in draft.shaped:
            yield Finding(
                ("jobs", n, "shapes"), job.shapes, "one statement: this job has rows in the shapes table", "keep one of them"
            )
        elif not count[n] and job.shapes is None and "shapes" not in draft.unread:
            yield Finding(("jobs", n), job.id, "shapes, or rows in the shapes table", "state at least one shape")
    joined: dict[int, int] = {}
    job_limit = 2**62
    seen: set[tuple[int, str, int, str]] = set()
    for row in draft.shapes:
        accelerator = draft.accelerators.get(row.accelerator)
        if accelerator is None:
            joined[row.job] = job_limit  # An unknown part could have any domain.
            continue
        joined[row.job] = max(joined.get(row.job, 0), accelerator.scale_up_domain_gpus)
        for mode in row.modes or (accelerator.modes[0].id,):
            key = (row.job, row.accelerator, row.gpus, mode)
            if key in seen:
                expected = "one shape for an accelerator, a number of GPUs and a mode"
                yield Finding((*row.path, "gpus"), row.gpus, expected, "remove one of the two")
            seen.add(key)
    for n, most in joined.items():
        job = family.valid.get(n)
        if job is not None and job.scale_up_gpus > most:
            expected = f"at most the largest scale-up domain of its shapes' accelerators, {most}"
            yield Finding(("jobs", n, "scale_up_gpus"), job.scale_up_gpus, expected, "lower it, or add a shape on a larger domain")


def carried(draft: Draft) -> Bools:
    """Whether each job has a shape on each pool's accelerator, [jobs, accelerators] with accelerators in the draft's order."""
    index = {name: a for a, name in enumerate(draft.accelerators)}
    table = np.zeros((len(draft["jobs"].ids), len(index) + 1), dtype=np.bool_)
    for row in draft.shapes:
        table[row.job, index.get(row.accelerator, -1)] = True
    return table


def job_pools(draft: Draft) -> Iterator[Finding]:
    """Pools that a job names have an accelerator of one of its shapes; a job that names none finds at least one."""
    if not draft["pools"].readable or "shapes" in draft.unread:
        return
    family, pool_family = draft["jobs"], draft["pools"]
    whole = len(pool_family.valid) == len(pool_family.ids)
    offered = {pool.accelerator for pool in pool_family.valid.values()}
    wanted: dict[int, set[str]] = {}
    for row in draft.shapes:
        wanted.setdefault(row.job, set()).add(row.accelerator)
    tabled = set(np.unique(draft.job_pairs.workload).tolist())
    for n, job in family.valid.items():
        own = wanted.get(n, set())
        if not own or not own <= set(draft.accelerators):
            continue
        if job.pools is None:
            if n not in tabled and whole and not own & offered and "eligibility" not in draft.unread:
                expected = f"a pool of {' or '.join(sorted(own))}"
                yield Finding(
                    ("jobs", n), job.id, expected, "add a shape on an accelerator that a pool has, add a pool, or remove the job"
                )
            continue
        if n in tabled:
            yield Finding(
                ("jobs", n, "pools"), job.pools, "one statement: this job has rows in the eligibility table", "keep one of them"
            )
        for k, name in enumerate(job.pools):
            pool = pool_family.by_id.get(name)
            if pool is not None and pool.accelerator not in own:
                expected = f"a pool of {' or '.join(sorted(own))}, not of {pool.accelerator}"
                yield Finding(("jobs", n, "pools", k), name, expected, "remove the pool, or add a shape on its accelerator")


def service_pools(draft: Draft) -> Iterator[Finding]:
    """Pools that a service names have an accelerator of one of its profiles."""
    tabled = set(np.unique(draft.service_pairs.workload).tolist())
    for n, service in draft["services"].valid.items():
        own = {profile.accelerator for profile in service.profiles}
        if service.pools is not None and n in tabled:
            expected = "one statement: this service has rows in the eligibility table"
            yield Finding(("services", n, "pools"), service.pools, expected, "keep one of them")
        for k, name in enumerate(service.pools or ()):
            pool = draft["pools"].by_id.get(name)
            if pool is not None and pool.accelerator not in own:
                expected = f"a pool of {' or '.join(sorted(own))}, not of {pool.accelerator}"
                yield Finding(("services", n, "pools", k), name, expected, "remove the pool, or add a profile on its accelerator")


def unfit_pairs(draft: Draft, pairs: Pairs, able: Bools) -> Bools:
    """Rows of an eligibility table whose pool has no accelerator of the workload, [n]; ``able`` [workloads, accelerators + 1]."""
    index = {name: a for a, name in enumerate(draft.accelerators)}
    kind = np.full(len(draft["pools"].ids), -1, dtype=np.int64)
    for n, pool in draft["pools"].valid.items():
        kind[n] = index.get(pool.accelerator, -1)
    some: Bools = np.asarray(able.any(axis=1))
    known: Bools = kind[pairs.pool] >= 0
    return some[pairs.workload] & known & ~able[pairs.workload, kind[pairs.pool]]


def replicas(draft: Draft) -> Iterator[Finding]:
    """A replica never straddles scale-up domains, and replicas of more than one unit pack into a domain whatever their order."""
    sizes: dict[str, dict[int, tuple[Path, int]]] = {}
    for n, service in draft["services"].valid.items():
        for k, profile in enumerate(service.profiles):
            accelerator = draft.accelerators.get(profile.accelerator)
            if accelerator is None:
                continue
            path: Path = ("services", n, "profiles", k, "gpus_per_replica")
            if profile.gpus_per_replica > accelerator.scale_up_domain_gpus:
                most = f"at most the scale-up domain of {accelerator.id}, {accelerator.scale_up_domain_gpus}"
                yield Finding(
                    path,
                    profile.gpus_per_replica,
                    f"{most}: a replica never straddles scale-up domains",
                    "use fewer GPUs or a larger domain",
                )
                continue
            units = -(-profile.gpus_per_replica // accelerator.allocation_unit_gpus)
            if units > 1 and _on_many_domains(draft, accelerator, service):
                sizes.setdefault(accelerator.id, {}).setdefault(units, (path, profile.gpus_per_replica))
    for name, found in sizes.items():
        yield from _packing(draft.accelerators[name], found)


def _on_many_domains(draft: Draft, accelerator: Accelerator, service: Any) -> bool:
    position = draft["services"].position[service.id]
    tabled = {draft["pools"].ids[q] for q in draft.service_pairs.pool[draft.service_pairs.workload == position].tolist()}
    named = tabled or (None if service.pools is None else set(service.pools))
    return any(
        group.gpus > accelerator.scale_up_domain_gpus
        for pool in draft["pools"].valid.values()
        if pool.accelerator == accelerator.id and (named is None or pool.id in named)
        for group in pool.islands
    )


def _packing(accelerator: Accelerator, found: dict[int, tuple[Path, int]]) -> Iterator[Finding]:
    units = accelerator.scale_up_domain_gpus // accelerator.allocation_unit_gpus
    ordered = sorted(found)
    if len(ordered) == 1:
        return
    for smaller, size in zip([1, *ordered], ordered, strict=False):
        if units % size or size % smaller:
            path, gpus = found[size]
            expected = (
                f"on {accelerator.id}, sizes of replicas (here {', '.join(str(k) for k in ordered)} units) of which each divides "
                f"the next and the domain's {units} units, so that they pack whatever their order"
            )
            yield Finding(path, gpus, expected, "round the replica up to a size that does, or use one size")
