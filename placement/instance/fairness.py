"""Whom policies of fairness compare, and what each of them asks for in every slot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from placement.instance.policy import Fairness, of_kind
from placement.program import Floats, Ints

if TYPE_CHECKING:
    from placement.instance.instance import Instance


@dataclass(frozen=True)
class FairnessCase:
    """A policy with its members (M) and slots (T)."""

    policy: Fairness
    members: tuple[str, ...]
    streams: tuple[Ints, ...]
    """Positions of each member's streams."""
    slot: Ints
    """Slot of each period, [P]."""
    first_period: Ints
    """Of each slot, [T]."""
    asked: Floats
    """Volume of demand of each member in each slot, in tokens/s x hours, [M, T]."""

    @property
    def compared(self) -> Ints:
        """Members who ask for something in each slot, [T]."""
        return np.asarray((self.asked > 0).sum(axis=0), dtype=np.int64)

    @property
    def sums(self) -> range:
        """How many of the least shares each level after the policy's first adds up."""
        return range(2, self.policy.counts + 1)


def fairness_cases(instance: Instance) -> tuple[FairnessCase, ...]:
    """See ``Instance.fairness_cases``."""
    return tuple(_case(instance, policy) for policy in of_kind(instance.policies, Fairness))


def _case(instance: Instance, policy: Fairness) -> FairnessCase:
    periods = instance.calendar.period_count
    slot = np.arange(periods, dtype=np.int64) if policy.per == "period" else np.asarray(instance.calendar.slots(policy.per))
    named = [(name, stream.tenant) for name, stream in instance.streams.items()]
    if policy.among == "streams":
        members = {name: [s] for s, (name, tenant) in enumerate(named) if tenant in policy.tenants}
    else:
        members = {tenant: [s for s, (_, owner) in enumerate(named) if owner == tenant] for tenant in policy.tenants}
    asked = np.zeros((len(members), int(slot.max()) + 1))
    for m, streams in enumerate(members.values()):
        np.add.at(asked[m], slot, (instance.mean_tokens_per_s[streams] * instance.calendar.hours).sum(axis=0))
    first = np.unique(slot, return_index=True)[1].astype(np.int64)
    return FairnessCase(policy, tuple(members), tuple(np.array(s, dtype=np.int64) for s in members.values()), slot, first, asked)
