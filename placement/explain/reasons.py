"""Laws that keep what is missing from having a place though there would be room: isolation, reclaims, policies, frozen jobs, ...

Each that is stated is left out for itself, and what is then still missing is compared with what was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from placement.explain.shortfall import Shortfall
from placement.instance import Budget, Instance
from placement.instance.base import Noun
from placement.instance.policy import Concentration, Fairness, Freeze, TrainingShare
from placement.plan import Plan

MOST_NAMES = 8
"""That a line lists."""

POLICIES: tuple[tuple[type[Noun], str, str], ...] = (
    (Concentration, "concentration", "raise most_share, name fewer members, or add capacity with others"),
    (Budget, "budget", "raise it, or let it count fewer"),
    (Fairness, "fairness", "raise most_points, compare over a longer time, or lower the hard floors of some"),
    (TrainingShare, "training_share", "widen the shares, or take them over a longer time"),
    (Freeze, "movement", "end it earlier, or name the tenants whose jobs have to stay"),
)
"""Kinds of policies that can keep something out, with the law and the remedy. The order of shares keeps out nothing."""


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
                    reason.law, _listed(reason.names), None, float(fewer), "jobs and floors",
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
    held = {job: today for job, today in instance.jobs.running.items() if today.move_usd is None or today.pin is not None}
    if held:
        let_go = {job: replace(today, move_usd=today.move_usd or 0.0, pin=None) for job, today in held.items()}
        names = [instance.jobs.id[job] for job in held]
        yield _Reason(
            "movement", names, f"frozen and pin of {_several('job', names)}",
            "state move_usd in place of frozen, pin by site, or remove the pin",
            replace(instance, jobs=replace(instance.jobs, running={**instance.jobs.running, **let_go})),
        )  # fmt: skip
    yield from _policies(instance)


def _policies(instance: Instance) -> Iterator[_Reason]:
    """Those of each kind together."""
    for kind, law, remedy in POLICIES:
        of_it = [name for name, policy in instance.policies.items() if isinstance(policy, kind) and not _of_order(policy)]
        if of_it:
            rest = {name: policy for name, policy in instance.policies.items() if name not in of_it}
            kept = _several("policy", of_it) if len(of_it) == 1 else f"policies {_listed(of_it)}"
            yield _Reason(law, of_it, kept, remedy, replace(instance, policies=rest))


def _of_order(policy: object) -> bool:
    return isinstance(policy, Fairness) and policy.rule == "max_min"


def _several(noun: str, names: Sequence[str]) -> str:
    return f"{noun}{'s' if len(names) > 1 else ''} {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMES]) + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")
