"""Up to which fee a contract is worth signing: the best plans that sign it, at several fees, against the best one without it.

    C(f) = least over plans that sign it of (all else that the plan costs + f x what is owed for the contract)
    flip = the f at which C(f) is the cost without it

What is owed is all that is fixed, as stated: f = 1. C rises with f, by no less than the least that any term owes and no more than
the most, so each solve says on which side of a cone C lies, and all of them together between which fees the decision flips, proven.
Solving is handed in. Where promises differ, net costs are no like for like: no fee is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from placement.explain.promises import no_comparison
from placement.instance import Contract, Instance
from placement.instance.supply import StartWindow
from placement.instance.terms import terms_of
from placement.plan import Plan, Result
from placement.rules.contract import fees_of_contracts

Solve = Callable[[Instance, Plan | None], Result]
"""An instance, and a plan of one that differs in fees only to start from."""

ROUNDS = 4
"""Fees at which the contract is signed and the rest decided anew, at most."""

CLOSE = 0.005
"""Two fees in a row that differ by less than this times the stated one are the answer."""


@dataclass(frozen=True)
class FeeFlip:
    """Factors of the stated fee up to which a contract is worth it; None where they are not known."""

    contract: str
    without_usd: float | None
    """Net cost of the plan that does not sign it."""
    with_usd: float | None
    """Of the plan that does, at the stated fee."""
    owed_usd: float | None
    """What that plan owes for it within the horizon, present value."""
    factor: float | None
    """At which the plans found cost the same; 0 or less: it is not worth it for nothing."""
    least_factor: float | None
    """Below this it is signed, proven."""
    most_factor: float | None
    """Above this it is not."""
    note: str
    """Why no fee is named; empty where one is."""


def fee_flips(instance: Instance, contracts: list[str], solve: Solve) -> Iterator[FeeFlip]:
    """For each contract, by up to ``ROUNDS`` + 1 solves; ``can_flip`` says which have an answer."""
    for name in contracts:
        yield _flip(instance, name, solve)


def can_flip(instance: Instance, name: str) -> bool:
    """Whether a contract may be left unsigned and owes something that is fixed."""
    contract = instance.contracts[name]
    owed = terms_of(instance.calendar, contract, instance.discount_at) if contract.optional else {}
    return any(one.present_usd > 0 for one in owed.values())


@dataclass(frozen=True)
class _Answer:
    """The contract signed at one fee: ``rest_usd`` is what all else costs."""

    factor: float
    rest_usd: float
    owed_usd: float
    bound_usd: float | None


def _flip(instance: Instance, name: str, solve: Solve) -> FeeFlip:
    position = list(instance.contracts).index(name)
    stated = terms_of(instance.calendar, instance.contracts[name], instance.discount_at).values()
    owed = [one.present_usd for one in stated]
    without = solve(_never(instance, name), None)
    cost = without.objective
    signed, factor, answers = _always(instance, name), 1.0, list[_Answer]()
    result = first = solve(signed, None)
    for rounds_left in reversed(range(ROUNDS)):
        note = no_comparison(result, without)
        if note:
            return _unknown(name, without, first, note)
        assert result.plan is not None and result.objective is not None and cost is not None
        fees = float(fees_of_contracts(instance, result.plan, present=True)[position])
        answers.append(_Answer(factor, result.objective - factor * fees, fees, result.levels[-1].bound))
        flip = max((cost - one.rest_usd) / max(one.owed_usd, 1e-9) for one in answers)
        if abs(max(flip, 0.0) - factor) <= CLOSE or not rounds_left:
            break
        factor = max(flip, 0.0)
        result = solve(_at(signed, name, factor), result.plan)
    bound = without.levels[-1].bound
    least = None if bound is None else max((bound - one.rest_usd) / max(one.owed_usd, 1e-9) for one in answers)
    proven = [(one.factor, one.bound_usd) for one in answers if one.bound_usd is not None]
    most = None if cost is None else min((_not_above(f, c - cost, min(owed), max(owed)) for f, c in proven), default=None)
    spent = answers[0].owed_usd
    return FeeFlip(name, cost, first.objective, spent, flip, least, None if most == float("inf") else most, "")


def _not_above(factor: float, beyond: float, least_owed: float, most_owed: float) -> float:
    """The fee above which signing costs more than not to, where at ``factor`` it costs at least so much ``beyond`` it."""
    if beyond > 0:
        return factor - beyond / most_owed
    return factor - beyond / least_owed if least_owed > 0 else float("inf")


def _unknown(name: str, without: Result, signed: Result, note: str) -> FeeFlip:
    return FeeFlip(name, without.objective, signed.objective, None, None, None, None, note)


# ------------------------------------------------------------ the instance with a contract signed, or not, or at another fee


def _with(instance: Instance, name: str, **changed: Any) -> Instance:
    contract = instance.contracts[name].model_copy(update=changed)
    return replace(instance, contracts={**instance.contracts, name: contract})


def _never(instance: Instance, name: str) -> Instance:
    """With a contract that nobody can sign: it would begin when the horizon has ended."""
    end = instance.calendar.block_starts[-1]
    return _with(instance, name, start_window=StartWindow(first_date=end, last_date=end))


def _always(instance: Instance, name: str) -> Instance:
    """With a contract that has to be signed, and so none of its alternatives."""
    label = instance.contracts[name].alternatives
    for other in [one.id for one in instance.contracts.values() if label is not None and one.alternatives == label]:
        if other != name:
            instance = _never(instance, other)
    return _with(instance, name, optional=False, alternatives=None)


def _at(instance: Instance, name: str, factor: float) -> Instance:
    """With all that is owed for a contract, used or not, times a factor."""
    contract: Contract = instance.contracts[name]
    leaving = None if contract.exit is None else contract.exit.model_copy(update={"fee_usd": contract.exit.fee_usd * factor})
    return _with(
        instance, name, fee_usd_per_month=_scaled(contract.fee_usd_per_month, factor),
        signing_fee_usd=contract.signing_fee_usd * factor, exit=leaving,
    )  # fmt: skip


def _scaled(steps: Any, factor: float) -> Any:
    """Figures over time times a factor."""
    if isinstance(steps, tuple):
        return tuple(step.model_copy(update={"value": _scaled(step.value, factor)}) for step in steps)
    return {band: value * factor for band, value in steps.items()} if isinstance(steps, dict) else steps * factor
