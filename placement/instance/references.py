"""Ids and references: ids differ within their family, and every reference names a noun that exists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from placement.instance.findings import Draft, Family, Finding, Path, did_you_mean

# Which field of which family refers to which family; a field may be absent, or a tuple of ids.
_REFERENCES: tuple[tuple[str, str, str], ...] = (
    ("sites", "provider", "providers"),
    ("sites", "region", "regions"),
    ("sites", "feed", "feeds"),
    ("feeds", "parent", "feeds"),
    ("feeds", "second_feed", "feeds"),
    ("contracts", "provider", "providers"),
    ("contracts", "requires", "contracts"),
    ("pools", "site", "sites"),
    ("pools", "contract", "contracts"),
    ("pools", "feed", "feeds"),
    ("streams", "tenant", "tenants"),
    ("streams", "region", "regions"),
    ("streams", "service", "services"),
    ("streams", "latency_class", "latency_classes"),
    ("streams", "growth", "growths"),
    ("streams", "daily_profile", "daily_profiles"),
    ("services", "pools", "pools"),
    ("losses", "providers", "providers"),
    ("losses", "sites", "sites"),
    ("losses", "feeds", "feeds"),
    ("losses", "contracts", "contracts"),
    ("losses", "links", "links"),
    ("losses", "reclaims", "contracts"),
    ("losses", "tenants", "tenants"),
    ("jobs", "tenant", "tenants"),
    ("jobs", "pools", "pools"),
    ("jobs", "after", "jobs"),
    ("jobs", "quota", "tenants"),
    ("services", "quota", "tenants"),
    ("jobs", "data_at", "sites"),
    ("jobs", "checkpoint_at", "sites"),
    ("batch_jobs", "tenant", "tenants"),
    ("batch_jobs", "pools", "pools"),
    ("levers", "tenant", "tenants"),
    ("levers", "services", "services"),
    ("policies", "tenants", "tenants"),
    ("policies", "pools", "pools"),
    ("policies", "sites", "sites"),
    ("policies", "feeds", "feeds"),
)
_ONE = {
    "providers": "a provider", "regions": "a region", "feeds": "a feed", "sites": "a site", "contracts": "a contract",
    "pools": "a pool", "tenants": "a tenant", "services": "a service", "latency_classes": "a latency class", "growths": "a growth",
    "daily_profiles": "a daily profile", "links": "a link", "scenarios": "a scenario", "jobs": "a job",
}  # fmt: skip


def identity(draft: Draft) -> Iterator[Finding]:
    """Ids are unique in their family; sites and regions, the nodes of the WAN, share one namespace."""
    for family in draft.families.values():
        first: dict[str, int] = {}
        for n, name in enumerate(family.ids):
            if name is not None and first.setdefault(name, n) != n:
                yield Finding((family.name, n, "id"), name, "an id that no other of its family has", "rename one of the two")
    for n, name in enumerate(draft["sites"].ids):
        if name is not None and name in draft["regions"].position:
            yield Finding(("sites", n, "id"), name, "an id that no region has: links name both", "rename the site or the region")


def references(draft: Draft) -> Iterator[Finding]:
    """Every reference by id, in the order of the families."""
    for name, field, target in _REFERENCES:
        known = draft[target]
        for n, noun in draft[name].valid.items():
            value = getattr(noun, field, None)  # Nouns of one family may be of several kinds.
            if isinstance(value, tuple):
                for k, one in enumerate(value):
                    yield from _refer((name, n, field, k), one, known)
                    if one in value[:k]:
                        yield Finding((name, n, field, k), one, "each id once", "remove it")
            elif value is not None:
                yield from _refer((name, n, field), value, known)
    yield from _required(draft)
    yield from _links(draft)
    yield from _residency(draft)
    yield from _accelerators(draft)
    yield from _futures(draft)


def _refer(path: Path, value: str, known: Family[Any]) -> Iterator[Finding]:
    if known.readable and value not in known.position:
        yield Finding(path, value, f"the id of {_ONE[known.name]}", did_you_mean(value, known.position, _ONE[known.name]))


def _required(draft: Draft) -> Iterator[Finding]:
    """No contract requires itself, over however many others."""
    contracts = draft["contracts"].by_id
    for n, contract in draft["contracts"].valid.items():
        seen, at = set[str](), contract.requires
        while at in contracts and at not in seen:
            if at == contract.id:
                remedy = "remove it, or name the contract that is expanded"
                yield Finding(
                    ("contracts", n, "requires"), contract.requires, "another contract, which does not require this one", remedy
                )
                break
            seen.add(at)
            at = contracts[at].requires


def _links(draft: Draft) -> Iterator[Finding]:
    sites, regions = draft["sites"], draft["regions"]
    nodes = [*sites.position, *regions.position]
    for n, link in draft["links"].valid.items():
        for end in ("a", "b"):
            value = getattr(link, end)
            if sites.readable and regions.readable and value not in nodes:
                yield Finding(
                    ("links", n, end), value, "the id of a site or region", did_you_mean(value, nodes, "a site or region")
                )
        if link.a == link.b:
            yield Finding(("links", n, "b"), link.b, "another end than a", "correct one of the two ends")
    for n, loss in draft["losses"].valid.items():
        if loss.each == "link" and not draft["links"].ids and draft["links"].readable:
            yield Finding(("losses", n, "each"), loss.each, "links to cut; there are none", "state links, or remove the loss")


def _residency(draft: Draft) -> Iterator[Finding]:
    if not draft["sites"].readable or len(draft["sites"].valid) < len(draft["sites"].ids):
        return
    known = {site.jurisdiction for site in draft["sites"].valid.values()}
    for n, tenant in draft["tenants"].valid.items():
        for k, value in enumerate(tenant.residency or ()):
            if value not in known:
                remedy = did_you_mean(value, sorted(known), "a site with a jurisdiction")
                yield Finding(("tenants", n, "residency", k), value, "the jurisdiction of a site", remedy)


def _futures(draft: Draft) -> Iterator[Finding]:
    """Futures are scenarios of the document, and what they decide later are its contracts."""
    if draft.futures is None:
        return
    for n, case in enumerate(draft.futures.cases):
        if case.scenario is not None:
            yield from _refer(("futures", "cases", n, "scenario"), case.scenario, draft["scenarios"])
    for n, name in enumerate(draft.futures.decided_later):
        yield from _refer(("futures", "decided_later", n), name, draft["contracts"])


def _accelerators(draft: Draft) -> Iterator[Finding]:
    own = draft["accelerators"]
    known = {**dict.fromkeys(draft.accelerators), **own.position}
    what = "an accelerator, under `accelerators`,"

    def refer(path: Path, value: str) -> Iterator[Finding]:
        if own.readable and value not in known:
            yield Finding(
                path, value, "the id of an accelerator of the catalogue or of this document", did_you_mean(value, known, what)
            )

    for n, pool in draft["pools"].valid.items():
        yield from refer(("pools", n, "accelerator"), pool.accelerator)
    for row in draft.shapes:
        yield from refer((*row.path, "accelerator"), row.accelerator)
        yield from _modes(draft, (*row.path, "modes"), row.accelerator, row.modes or ())
    for n, job in draft["batch_jobs"].valid.items():
        for k, work in enumerate(job.work):
            yield from refer(("batch_jobs", n, "work", k, "accelerator"), work.accelerator)
            yield from _modes(draft, ("batch_jobs", n, "work", k, "modes"), work.accelerator, work.modes or ())
    for n, service in draft["services"].valid.items():
        classes = draft["latency_classes"]
        seen: dict[tuple[str, str, str], int] = {}
        for k, profile in enumerate(service.profiles):
            path: Path = ("services", n, "profiles", k)
            yield from refer((*path, "accelerator"), profile.accelerator)
            yield from _refer((*path, "latency_class"), profile.latency_class, classes)
            yield from _modes(draft, (*path, "mode"), profile.accelerator, () if profile.mode is None else (profile.mode,))
            if profile.accelerator in draft.accelerators:
                mode = profile.mode or draft.accelerators[profile.accelerator].modes[0].id
                if seen.setdefault((profile.accelerator, profile.latency_class, mode), k) != k:
                    yield Finding((*path, "mode"), mode, "one profile for an accelerator, class and mode", "remove one of the two")


def _modes(draft: Draft, path: Path, accelerator: str, modes: tuple[str, ...]) -> Iterator[Finding]:
    if accelerator not in draft.accelerators:
        return
    known = [mode.id for mode in draft.accelerators[accelerator].modes]
    for k, mode in enumerate(modes):
        if mode not in known:
            yield Finding(path, mode, f"a mode of {accelerator}", did_you_mean(mode, known, "a mode"))
        elif mode in modes[:k]:
            yield Finding(path, mode, "each mode once", "remove it")
