"""What a loss takes at once: pools, links, or a share of what landlords may take back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from placement.instance.losses import Loss
from placement.program import Bools

if TYPE_CHECKING:
    from placement.instance.instance import Instance


@dataclass(frozen=True)
class LossCase:
    """One thing that may happen: pools lost and links cut together, or a share of pools taken back."""

    loss: Loss
    name: str
    lost: Bools
    """Pools of which nothing is left, [Q]."""
    reclaimed: Bools
    """Pools of which their landlord leaves ``reclaim_left_units``, [Q]."""
    periods: Bools
    """In which it may have happened, [P]."""
    links: frozenset[str] = frozenset()
    """Links that are cut."""
    feeds: frozenset[str] = frozenset()
    """Feeds that are lost: what lies below them is carried by second feeds, or lost."""
    off: Bools = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    """Pools that draw nothing then, [Q]: those lost, but not spot capacity elsewhere, which need not have vanished."""


def loss_cases(instance: Instance) -> tuple[LossCase, ...]:
    """See ``Instance.loss_cases``."""
    cases = (case for loss in instance.losses.values() for case in _cases_of(instance, loss))
    return tuple(replace(case, off=case.lost, lost=case.lost | (instance.pool_spot >= 0)) for case in cases)


def _cases_of(instance: Instance, loss: Loss) -> Iterator[LossCase]:
    if loss.each == "reclaim" or loss.reclaims is not None:
        yield from _reclaims_of(instance, loss)
        return
    pools, always = list(instance.pools.values()), np.ones(instance.calendar.period_count, dtype=np.bool_)
    none = np.zeros(len(pools), dtype=np.bool_)
    carried: dict[str, list[set[str]]] = {
        "provider": [{instance.sites[pool.site].provider} for pool in pools],
        "site": [{pool.site} for pool in pools],
        "feed": [set(instance.feeds_above(pool)) for pool in pools],
        "contract": [{pool.contract} for pool in pools],
    }
    if loss.each == "link":
        for name in instance.links:
            yield LossCase(loss, f"{loss.id}/{name}", none, none, always, frozenset({name}))
        return
    if loss.each is not None:
        families = {"provider": instance.providers, "site": instance.sites, "feed": instance.feeds, "contract": instance.contracts}
        for name in families[loss.each]:
            lost = np.array([name in on for on in carried[loss.each]], dtype=np.bool_)
            lost &= _not_fed_without(instance, {name}) | (loss.each != "feed")
            if lost.any():
                feeds = frozenset({name}) if loss.each == "feed" else frozenset[str]()
                yield LossCase(loss, f"{loss.id}/{name}", lost, none, always, feeds=feeds)
        return
    lost = none.copy()
    for kind, on in carried.items():
        named = set(getattr(loss, f"{kind}s") or ())
        gone = np.array([bool(named & names) for names in on], dtype=np.bool_)
        lost |= gone & (_not_fed_without(instance, named) | (kind != "feed"))
    yield LossCase(loss, loss.id, lost, none, always, frozenset(loss.links or ()), frozenset(loss.feeds or ()))


def _not_fed_without(instance: Instance, lost: Collection[str]) -> Bools:
    """Pools that no feed carries once some are lost, [Q]."""
    return np.array([instance.feeds_without(pool, lost) is None for pool in instance.pools.values()], dtype=np.bool_)


def _reclaims_of(instance: Instance, loss: Loss) -> Iterator[LossCase]:
    pools, blocks = list(instance.pools.values()), np.arange(instance.calendar.blocks)
    reclaimable = [name for name, contract in instance.contracts.items() if contract.reclaim is not None]
    together = [[name] for name in reclaimable] if loss.each == "reclaim" else [list(loss.reclaims or ())]
    for names in together:
        reclaimed = np.zeros(len(pools), dtype=np.bool_)
        periods = np.zeros(instance.calendar.period_count, dtype=np.bool_)
        for name in names:
            reclaim = instance.contracts[name].reclaim
            assert reclaim is not None, "validated: the contract states reclaim"
            reclaimed |= np.array([pool.contract == name for pool in pools], dtype=np.bool_)
            periods |= np.repeat(blocks >= reclaim.first_block(instance.calendar), instance.calendar.band_count)
        if reclaimed.any() or loss.each is None:
            name = loss.id if loss.each is None else f"{loss.id}/{names[0]}"
            yield LossCase(loss, name, np.zeros_like(reclaimed), reclaimed, periods)
