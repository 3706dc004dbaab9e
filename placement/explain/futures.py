"""What knowing would be worth: regret of each decision in each future, the value of waiting with a contract, and of having it.

    regret in a future    = cost there when so much is signed - cost there of signing what is best for it
    value of waiting      = cost of signing now - cost of signing once the future is known
    value of a contract   = cost without it - cost with it

Solving is handed in. Costs are net costs in USD; what is not proven to the end is stated with the most that it can be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from placement.futures import FuturesResult, NothingInCommon, Signing, Term, signed
from placement.instance import Futures, Instance
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
    def of(cls, dearer: LevelResult | None, cheaper: LevelResult | None) -> Worth:
        """What the cheaper of two ways saves."""
        if dearer is None or cheaper is None or dearer.value is None or cheaper.value is None:
            return cls(None, None, None)
        least = None if dearer.bound is None else max(0.0, dearer.bound - cheaper.value)
        most = None if cheaper.bound is None else max(0.0, dearer.value - cheaper.bound)
        return cls(dearer.value - cheaper.value, least, most)


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
    best = [None if one.plans is None else one.net_cost for one in alone]
    candidates: list[tuple[str, frozenset[Term]]] = []
    if together.plans is not None:
        candidates.append(("all futures", signed(cases[0], together.plans[0], but=later)))
    for name, instance, one in zip(names, cases, alone, strict=True):
        if one.plans is not None:
            candidates.append((f"as if {name} were certain", signed(instance, one.plans[0], but=later)))
    found: list[Decision] = []
    for label, terms in candidates:
        same = next((one for one in found if one.terms == terms), None)
        answers = [_held(instance, name, terms, later, solve) for instance, name in zip(cases, names, strict=True)]
        if same is not None:
            found.append(Decision(label, terms, same.costs, same.regrets, same.promises))
            continue
        for n, one in enumerate(alone):  # What is best there needs no second look.
            if one.plans is not None and signed(cases[n], one.plans[0], but=later) == terms:
                answers[n] = one
        costs = tuple(None if one is None or one.plans is None else one.net_cost for one in answers)
        broken = tuple(None if one is None or one.plans is None else one.levels[0].value for one in answers)
        found.append(Decision(label, terms, costs, tuple(map(Worth.of, costs, best)), broken))
    return tuple(found)


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
    """For each of ``contracts``; one that must be signed has no cost without it."""
    names, probability = [case.id for case in futures.cases], [case.probability for case in futures.cases]
    later, now = frozenset(futures.decided_later), together.net_cost if together.plans is not None else None

    def cost(signing: Signing) -> LevelResult | None:
        result = solve(cases, names, probability, signing)
        return result.net_cost if result.plans is not None else None

    found = []
    for name in contracts:
        without = None if not cases[0].contracts[name].optional else cost(Signing(later=later, without=frozenset({name})))
        waiting = now if name in later else cost(Signing(later=later | {name}))
        found.append(ContractWorth(name, Worth.of(without, now), Worth.of(now, waiting)))
    return tuple(found)
