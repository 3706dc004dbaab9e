"""Services against the nouns around them: where replicas have to stand, some pool may carry them."""

from __future__ import annotations

from collections.abc import Iterator

from placement.instance.demand import Service
from placement.instance.findings import Draft, Finding, did_you_mean
from placement.instance.supply import Pool


def services(draft: Draft) -> Iterator[Finding]:
    """Least numbers and spreads that the pools of a service allow."""
    sites, pools = draft["sites"], draft["pools"]
    whole = len(pools.valid) == len(pools.ids) and len(sites.valid) == len(sites.ids) and "eligibility" not in draft.unread
    for n, service in draft["services"].valid.items():
        mine = able_pools(draft, n, service)
        at = {pool.site for pool in mine}
        for site in service.min_replicas_at or {}:
            where = ("services", n, "min_replicas_at", site)
            if site not in sites.position:
                yield Finding(where, site, "the id of a site", did_you_mean(site, sites.position, "a site"))
            elif whole and site not in at:
                expected = f"a site with a pool that may carry '{service.id}'"
                yield Finding(where, site, expected, "name another site, or let a pool there carry it")
        yield from _running(draft, n, service, {pool.id for pool in mine} if whole else None)
        spread = service.spread
        if spread is not None and whole:
            places = at if spread.by == "site" else {sites.by_id[site].provider for site in at if site in sites.by_id}
            least = spread.least or 2
            if len(places) < least:
                field = "least" if spread.least is not None else "by"
                expected = f"pools for the service at {least} {spread.by}s or more; there are {len(places)}"
                remedy = "let pools elsewhere carry it, or lower what is asked for"
                yield Finding(("services", n, "spread", field), getattr(spread, field), expected, remedy)


def _running(draft: Draft, n: int, service: Service, able: set[str] | None) -> Iterator[Finding]:
    """What runs today stands in pools that may carry it, under a class of its profiles there; each stated once."""
    pools, seen = draft["pools"], set[tuple[str, str]]()
    for k, entry in enumerate(service.replicas_running or ()):
        where = ("services", n, "replicas_running", k)
        key = (entry.pool, entry.latency_class)
        if entry.pool not in pools.position:
            yield Finding((*where, "pool"), entry.pool, "the id of a pool", did_you_mean(entry.pool, pools.position, "a pool"))
        elif able is not None and entry.pool not in able:
            expected = f"a pool that may carry '{service.id}'"
            yield Finding((*where, "pool"), entry.pool, expected, "name another pool, or let this one carry it")
        elif entry.pool in pools.by_id:
            accelerator = pools.by_id[entry.pool].accelerator
            known = sorted({p.latency_class for p in service.profiles if p.accelerator == accelerator})
            if known and entry.latency_class not in known:
                expected = f"a class of its profiles on {accelerator}: {', '.join(known)}"
                yield Finding((*where, "latency_class"), entry.latency_class, expected, did_you_mean(
                    entry.latency_class, known, "a profile"))  # fmt: skip
        if key in seen:
            yield Finding((*where, "pool"), entry.pool, "each pool and class once", "join the two")
        seen.add(key)


def able_pools(draft: Draft, n: int, service: Service) -> list[Pool]:
    """Pools that may carry a service: those of the eligibility table, those that it names, or all of its profiles' accelerators."""
    able = {profile.accelerator for profile in service.profiles}
    tabled = {int(q) for q in draft.service_pairs.pool[draft.service_pairs.workload == n].tolist()}
    found: list[Pool] = []
    for q, pool in draft["pools"].valid.items():
        named = q in tabled if tabled else service.pools is None or pool.id in service.pools
        if named and pool.accelerator in able:
            found.append(pool)
    return found
