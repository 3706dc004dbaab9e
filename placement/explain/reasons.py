"""Laws that keep what is missing from having a place though there would be room: isolation, second feeds, reclaims.

Each that is stated is left out for itself, and what is then still missing is compared with what was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from placement.explain.shortfall import Shortfall
from placement.instance import Instance
from placement.plan import Plan


@dataclass(frozen=True)
class _Reason:
    law: str
    names: list[str]
    what: str
    remedy: str
    without: Instance


def reasons(
    softened: Instance,
    missing: Sequence[Shortfall],
    missing_in: Callable[[Plan], Sequence[Shortfall]],
    solve: Callable[[Instance], Plan | None],
) -> list[Shortfall]:
    """One line for each of these laws without which fewer must jobs and floors of the softened instance would be missing."""
    found = []
    for reason in _stated(softened):
        plan = solve(reason.without)
        fewer = 0 if plan is None else len(missing) - len(missing_in(plan))
        if fewer > 0:
            found.append(
                Shortfall(
                    reason.law, ", ".join(reason.names), None, float(fewer), "jobs and floors",
                    f"{reason.what}: without it {fewer} of the {len(missing)} must jobs and floors that are missing would not be",
                    reason.remedy,
                )
            )  # fmt: skip
    return found


def _stated(instance: Instance) -> Iterator[_Reason]:
    apart = [name for name, tenant in instance.tenants.items() if tenant.isolation is not None]
    if apart:
        tenants = {name: tenant.model_copy(update={"isolation": None}) for name, tenant in instance.tenants.items()}
        yield _Reason(
            "isolation", apart, f"isolation of {_several('tenant', apart)}",
            "keep them apart by pool in place of site, give them pools of their own, or remove isolation",
            replace(instance, tenants=tenants),
        )  # fmt: skip
    second = [name for name, feed in instance.feeds.items() if feed.second_feed is not None]
    if second:
        feeds = {name: feed.model_copy(update={"second_feed": None}) for name, feed in instance.feeds.items()}
        yield _Reason(
            "second_feed", second, f"second_feed of {_several('feed', second)}",
            "raise limit_kw of the feeds that take over, let more give way, or remove second_feed: a loss then takes its halls",
            replace(instance, feeds=feeds),
        )  # fmt: skip
    back = [name for name, contract in instance.contracts.items() if contract.reclaim is not None]
    if back:
        contracts = {name: contract.model_copy(update={"reclaim": None}) for name, contract in instance.contracts.items()}
        yield _Reason(
            "reclaim", back, f"reclaim of {_several('contract', back)}",
            "shorten must jobs below the notice, admit other pools for them, or agree on a longer notice or a smaller share",
            replace(instance, contracts=contracts),
        )  # fmt: skip


def _several(noun: str, names: Sequence[str]) -> str:
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(names)}"
