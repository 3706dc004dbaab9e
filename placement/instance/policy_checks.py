"""Policies against the nouns that they name."""

from __future__ import annotations

from collections.abc import Iterator

from placement.instance.findings import Draft, Finding, did_you_mean
from placement.instance.policy import Budget, CarbonPrice, Concentration, Fairness


def policies(draft: Draft) -> Iterator[Finding]:
    """Whom and what policies name exists, and has what they count."""
    first_price = None
    for n, policy in draft["policies"].valid.items():
        if isinstance(policy, Concentration):
            yield from _members(draft, n, policy)
        if isinstance(policy, Fairness):
            yield from _compared(draft, n, policy)
        if not isinstance(policy, Budget | CarbonPrice):
            continue
        yield from _counted(draft, n, policy)
        if isinstance(policy, Budget):
            yield from _tenants(draft, n, policy)
        elif first_price is None:
            first_price = policy.id
        else:
            expected = f"one price of carbon; '{first_price}' is another"
            yield Finding(("policies", n, "kind"), policy.kind, expected, "keep one of them; its figure may change over time")


def _compared(draft: Draft, n: int, policy: Fairness) -> Iterator[Finding]:
    """There are two to compare, and each has a stream."""
    streams, tenants = draft["streams"], draft["tenants"].position
    if len(streams.valid) < len(streams.ids) or any(name not in tenants for name in policy.tenants):
        return
    by_tenant = [sum(stream.tenant == name for stream in streams.valid.values()) for name in policy.tenants]
    for k, count in enumerate(by_tenant):
        if not count:
            yield Finding(("policies", n, "tenants", k), policy.tenants[k], "a tenant with a stream", "correct it or remove it")
    compared = sum(by_tenant) if policy.among == "streams" else len(by_tenant)
    if all(by_tenant) and compared < 2:
        expected = f"at least two {policy.among} to compare"
        yield Finding(("policies", n, "tenants"), list(policy.tenants), expected, "name another, or compare among streams")
    elif all(by_tenant) and policy.counts > compared:
        expected = f"at most {compared}, the number of {policy.among} that are compared"
        yield Finding(("policies", n, "minima"), policy.minima, expected, "lower it")


def _counted(draft: Draft, n: int, policy: Budget | CarbonPrice) -> Iterator[Finding]:
    """Some pool counts, and where carbon does, each of these has a feed that says how much."""
    pools, sites, feeds = draft["pools"], draft["sites"], draft["feeds"]
    if any(len(draft[family].valid) < len(draft[family].ids) for family in ("pools", "sites", "feeds")):
        return
    named = {field: getattr(policy, field, None) for field in ("pools", "sites", "feeds")}
    if any(name not in draft[field].by_id for field, ids in named.items() for name in ids or ()):
        return
    counted, silent = 0, []
    for pool in pools.valid.values():
        path: list[str] = []
        at = pool.feed or (sites.by_id[pool.site].feed if pool.site in sites.by_id else None)
        while at in feeds.by_id and at not in path:
            path.append(at)
            at = feeds.by_id[at].parent
        where = {"pools": {pool.id}, "sites": {pool.site}, "feeds": set(path)}
        if all(ids is None or where[field] & set(ids) for field, ids in named.items()):
            counted += 1
            silent += [pool.id] * all(feeds.by_id[feed].carbon_g_per_kwh is None for feed in path)
    if not counted and any(named.values()):
        field = next(field for field, ids in named.items() if ids is not None)
        yield Finding(("policies", n, field), named[field], "a pool in all that the policy names", "name pools that lie there")
    of_carbon = isinstance(policy, CarbonPrice) or policy.most_carbon_kg is not None or "carbon" in (policy.terms or ())
    if silent and of_carbon:
        expected = f"carbon_g_per_kwh on a feed above each pool that counts; there is none above '{silent[0]}'"
        yield Finding(("policies", n), policy.id, expected, "state it on the feed of the grid area, or on that of a hall")


def _tenants(draft: Draft, n: int, policy: Budget) -> Iterator[Finding]:
    """GPU-hours of services are a tenant's only where they serve nobody else."""
    for k, tenant in enumerate(policy.tenants or ()):
        mine = {stream.service for stream in draft["streams"].valid.values() if stream.tenant == tenant}
        for stream in draft["streams"].valid.values():
            if stream.service in mine and stream.tenant not in (policy.tenants or ()):
                expected = f"a tenant whose services serve nobody else; '{stream.service}' also serves '{stream.tenant}'"
                remedy = "name that tenant too, give this one a service of its own, or budget pools"
                yield Finding(("policies", n, "tenants", k), tenant, expected, remedy)
                break


def _members(draft: Draft, n: int, policy: Concentration) -> Iterator[Finding]:
    """Members of a concentration carry something; the known ones are those of valid nouns, so all of these must be."""
    family = {"provider": "providers", "jurisdiction": "sites", "vendor": "pools"}[policy.by]
    if not draft[family].readable or len(draft[family].valid) < len(draft[family].ids):
        return
    if policy.by == "provider":
        known = list(draft["providers"].by_id)
    elif policy.by == "jurisdiction":
        known = sorted({site.jurisdiction for site in draft["sites"].valid.values()})
    else:
        used = {pool.accelerator for pool in draft["pools"].valid.values()}
        if used - set(draft.accelerators):
            return
        known = sorted({draft.accelerators[name].vendor for name in used})
    what = {"provider": "a provider", "jurisdiction": "the jurisdiction of a site", "vendor": "the vendor of a pool's accelerator"}
    for k, member in enumerate(policy.members or ()):
        if member not in known:
            yield Finding(("policies", n, "members", k), member, what[policy.by], did_you_mean(member, known, what[policy.by]))
        elif member in (policy.members or ())[:k]:
            yield Finding(("policies", n, "members", k), member, "each member once", "remove it")
