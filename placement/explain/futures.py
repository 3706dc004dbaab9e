"""What knowing would be worth: regret of each decision in each future, the value of waiting with a contract, and of having it.

    regret in a future    = cost there when so much is signed - cost there of signing what is best for it
    value of waiting      = cost of signing now - cost of signing once the future is known
    value of a contract   = cost without it - cost with it

Solving is handed in. Costs are net costs in USD; what is not proven to the end is stated with the most that it can be. Promises
come before net cost: what breaks more of them may cost less, and differences may then be below zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from placement.futures import FuturesResult, NothingInCommon, Signing, Term, signed
from placement.instance import Futures, Instance
from placement.plan import CLOSED_GAP
from placement.program import LevelResult

Solve = Callable[[Sequence[Instance], Sequence[str], Sequence[float], Signing], FuturesResult]
"""Instances, names and probabilities of futures, and what is decided when."""


@dataclass(frozen=True)
class Worth:
    """A difference of two costs in USD: by the plans found, and between which the true one lies; None where one has no plan."""

    usd: float | None
    least_usd: float | None
    most_usd: float | None

    @classmethod
    def of(cls, narrow: FuturesResult | None, wide: FuturesResult | None) -> Worth:
        """What is saved in net cost by a way that allows all that a narrow one does, and more.

        That is nothing below 0, unless the narrow one breaks more promises, which may make it cheaper.
        """
        if narrow is None or wide is None or narrow.plans is None or wide.plans is None:
            return cls(None, None, None)
        dearer, cheaper = narrow.net_cost, wide.net_cost
        if dearer.value is None or cheaper.value is None:
            return cls(None, None, None)
        floor = 0.0 if _keeps(narrow, wide) else -math.inf
        least = None if dearer.bound is None else max(floor, dearer.bound - cheaper.value)
        most = None if cheaper.bound is None else max(floor, dearer.value - cheaper.bound)
        return cls(dearer.value - cheaper.value, least, most)


def _keeps(one: FuturesResult, other: FuturesResult) -> bool:
    """Whether one way breaks no more promises than another."""
    broken, others = one.levels[0].value, other.levels[0].value
    return broken is not None and others is not None and broken - others <= CLOSED_GAP * max(1.0, abs(others))


@dataclass(frozen=True)
class Decision:
    """Terms signed now, and what each future then costs beyond the best for it."""

    name: str
    terms: frozenset[Term]
    costs: tuple[LevelResult | None, ...]
    """Net cost in each future; None where these terms allow no plan there."""
    regrets: tuple[Worth, ...]
    promises: tuple[float | None, ...]
    """Promises broken in each future, USD: decisions compare by net cost only where these are equal."""

    def expected_usd(self, probability: Sequence[float]) -> float | None:
        """Mean net cost; None where some future has no plan."""
        values = [None if cost is None else cost.value for cost in self.costs]
        known = [value for value in values if value is not None]
        return None if len(known) < len(values) else sum(p * v for p, v in zip(probability, known, strict=True))


def regrets(futures: Futures, cases: Sequence[Instance], together: FuturesResult, solve: Solve) -> tuple[Decision, ...]:
    """The decision for all futures together, then that for each of them alone, in every future."""
    later, names = frozenset(futures.decided_later), [case.id for case in futures.cases]
    alone = [solve([instance], [name], [1.0], Signing(later=later)) for instance, name in zip(cases, names, strict=True)]
    candidates: list[tuple[str, frozenset[Term]]] = []
    if together.plans is not None:
        candidates.append(("all futures", signed(cases[0], together.plans[0], but=later)))
    for name, instance, one in zip(names, cases, alone, strict=True):
        if (best := _signs(instance, one, later)) is not None:
            candidates.append((f"as if {name} were certain", best))
    found: list[Decision] = []
    for label, terms in candidates:
        same = next((one for one in found if one.terms == terms), None)
        if same is not None:
            found.append(replace(same, name=label))
            continue
        answers = [
            one if _signs(instance, one, later) == terms else _held(instance, name, terms, later, solve)
            for instance, name, one in zip(cases, names, alone, strict=True)
        ]
        costs = tuple(None if one is None or one.plans is None else one.net_cost for one in answers)
        broken = tuple(None if one is None or one.plans is None else one.levels[0].value for one in answers)
        found.append(Decision(label, terms, costs, tuple(map(Worth.of, answers, alone)), broken))
    return tuple(found)


def _signs(instance: Instance, one: FuturesResult, later: frozenset[str]) -> frozenset[Term] | None:
    """What an answer for one future signs now; None where it has no plan."""
    return None if one.plans is None else signed(instance, one.plans[0], but=later)


def _held(instance: Instance, name: str, terms: frozenset[Term], later: frozenset[str], solve: Solve) -> FuturesResult | None:
    """The best plan in a future once these terms are signed; None where they are not on offer there."""
    try:
        return solve([instance], [name], [1.0], Signing(later=later, fixed=terms))
    except NothingInCommon:
        return None


@dataclass(frozen=True)
class ContractWorth:
    """What a contract is worth over all futures, and what deciding it later would save."""

    contract: str
    having: Worth
    waiting: Worth


def worth_of_contracts(
    futures: Futures, cases: Sequence[Instance], together: FuturesResult, contracts: Sequence[str], solve: Solve
) -> tuple[ContractWorth, ...]:
    """For each of ``contracts``; one that must be signed has no cost without it, and one waits together with its alternatives."""
    names, probability = [case.id for case in futures.cases], [case.probability for case in futures.cases]
    later = frozenset(futures.decided_later)

    def answer(signing: Signing) -> FuturesResult:
        return solve(cases, names, probability, signing)

    found = []
    for name in contracts:
        without = answer(Signing(later=later, without=frozenset({name}))) if cases[0].contracts[name].optional else None
        waiting = together if name in later else answer(Signing(later=later | _decided_with(cases[0], name)))
        found.append(ContractWorth(name, Worth.of(without, together), Worth.of(together, waiting)))
    return tuple(found)


def _decided_with(instance: Instance, name: str) -> frozenset[str]:
    """A contract and its alternatives: of these at most one is signed, so all of them wait."""
    label = instance.contracts[name].alternatives
    same = {other.id for other in instance.contracts.values() if label is not None and other.alternatives == label}
    return frozenset(same | {name})
