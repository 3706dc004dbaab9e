"""Policies against the nouns that they name."""

from __future__ import annotations

from collections.abc import Iterator

from placement.instance.findings import Draft, Finding, did_you_mean
from placement.instance.policy import Concentration


def policies(draft: Draft) -> Iterator[Finding]:
    """Whom and what policies name exists."""
    for n, policy in draft["policies"].valid.items():
        yield from _members(draft, n, policy)


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
