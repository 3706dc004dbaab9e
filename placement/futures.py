"""Two stages: contracts are signed once for all futures, the rest is decided in each; one joint Program, one plan per future.

    minimise   sum over futures of p x cost of its plan,  the mean cost of the worst share weighed beside it
    subject to every law in every future, and the same terms signed in all of them
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from placement.check import Check, check
from placement.formulate import Formulation, formulate
from placement.instance import Futures, Instance
from placement.plan import LEVELS, Plan, Result, Violation
from placement.program import Floats, Ints, LevelResult, Limit, Status
from placement.program.joint import Columns, Joint, join
from placement.program.tail import Tail, tail_cost

Term = tuple[str, int, int]
"""A contract signed: its id, the block in which it is signed or ordered, and the block after the last."""


class NothingInCommon(ValueError):
    """What must be signed, a contract or just these terms, is not on offer in all futures."""


@dataclass(frozen=True)
class Signing:
    """What is decided when. ``fixed``: just these terms are signed now, and no others."""

    later: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    """Contracts that are not signed at all."""
    fixed: frozenset[Term] | None = None


@dataclass(frozen=True)
class FuturesFormulation:
    """A joint Program together with what it means in each future."""

    cases: tuple[Formulation, ...]
    joint: Joint

    def decode(self, option: Ints, start: Ints, value: Floats) -> tuple[Plan, ...]:
        """The plan of each future."""
        parts = self.joint.split(option, start, value)
        return tuple(case.decode(*part) for case, part in zip(self.cases, parts, strict=True))

    def encode(self, plans: Sequence[Plan]) -> Columns:
        """Columns that stand for plans; see ``Formulation.encode``."""
        return self.joint.joined([case.encode(plan, strict=False) for case, plan in zip(self.cases, plans, strict=True)])


def formulate_futures(
    cases: Sequence[Instance], names: Sequence[str], probability: Sequence[float], signing: Signing, tail: Tail | None = None
) -> FuturesFormulation:
    """One Program of all futures. Raises ``NothingInCommon``, and ``ValueError`` where cases do not suit each other."""
    written = [formulate(instance) for instance in cases]
    offers = [_offers(case) for case in written]
    now = [{term for term in offer if term[0] not in signing.later} for offer in offers]
    common = sorted(set.intersection(*now) - {term for term in now[0] if term[0] in signing.without})
    for name, contract in cases[0].contracts.items():
        must = contract.decided and not contract.optional and name not in signing.later
        if must and not any(term[0] == name for term in common):
            raise NothingInCommon(f"contract '{name}' must be signed now, and no term of it is on offer in all futures")
    if signing.fixed is not None and not signing.fixed <= set(common):
        missing = sorted(signing.fixed - set(common))[0][0]
        raise NothingInCommon(f"contract '{missing}' is to be signed for a term that is not on offer in all futures")
    kept = common if signing.fixed is None else [term for term in common if term in signing.fixed]
    shared = [_rows(offer, kept) for offer in offers]
    gone = [
        _rows(offer, [t for t in offer if (t[0] not in signing.later and t not in set(kept)) or t[0] in signing.without])
        for offer in offers
    ]
    programs = [case.program for case in written]
    joint = join(programs, names, np.asarray(probability, dtype=np.float64), shared, left_out=gone, tail=tail)
    if signing.fixed is not None:
        groups = joint.program.groups
        chosen = np.isin(np.arange(len(groups)), joint.program.options.group[: len(kept)])
        joint = replace(joint, program=replace(joint.program, groups=replace(groups, must=groups.must | chosen)))
    return FuturesFormulation(tuple(written), joint)


def _offers(case: Formulation) -> dict[Term, int]:
    """Row of the option of every term of a decided contract."""
    terms, names = case.activities.terms, list(case.instance.contracts)
    keys = zip(terms.contract.tolist(), terms.signed.tolist(), terms.end.tolist(), strict=True)
    return {(names[c], start, end): row for (c, start, end), row in zip(keys, terms.option.tolist(), strict=True)}


def _rows(offer: dict[Term, int], terms: Sequence[Term]) -> Ints:
    return np.array([offer[term] for term in terms], dtype=np.int64)


def signed(instance: Instance, plan: Plan, *, but: Collection[str] = ()) -> frozenset[Term]:
    """The terms that a plan signs, of contracts that are not in ``but``."""
    table, names = plan.contracts, list(instance.contracts)
    rows = zip(table.contract.tolist(), table.start_block.tolist(), table.end_block.tolist(), strict=True)
    return frozenset((names[c], start, end) for c, start, end in rows if names[c] not in but)


@dataclass(frozen=True)
class FuturesCheck:
    """What the checks of all futures found; ``levels`` weigh them by probability and tail, in USD."""

    cases: tuple[Check, ...]
    violations: tuple[Violation, ...]
    levels: dict[str, float]
    expected_usd: float
    """Mean net cost."""
    tail_usd: float | None
    """Mean net cost of the worst share; None where none is stated."""


def check_futures(
    cases: Sequence[Instance], probability: Sequence[float], plans: Sequence[Plan], *, later: Collection[str] = (),
    tail: Tail | None = None,
) -> FuturesCheck:  # fmt: skip
    """Judge the plans of all futures: each by every law, and together by what is signed now, which must be the same."""
    checks = tuple(check(instance, plan) for instance, plan in zip(cases, plans, strict=True))
    found = [violation for one in checks for violation in one.violations]
    terms = [signed(instance, plan, but=later) for instance, plan in zip(cases, plans, strict=True)]
    for term in sorted(frozenset[Term]().union(*terms) - terms[0].intersection(*terms)):
        text = f"contract {term[0]} is signed from block {term[1]} until block {term[2]} in some futures and not in all"
        found.append(Violation("futures", term[0], None, 1.0, "", text))
    weight = np.asarray(probability, dtype=np.float64)
    values = {name: np.array([one.levels[name] for one in checks]) for name in LEVELS}
    levels = {name: float(weight @ value) for name, value in values.items()}
    expected, worst = levels[LEVELS[-1]], None
    if tail is not None:
        worst = tail_cost(values[LEVELS[-1]], weight, tail.share)
        levels[LEVELS[-1]] = (1.0 - tail.weight) * expected + tail.weight * worst
    return FuturesCheck(checks, tuple(found), levels, expected, worst)


@dataclass(frozen=True)
class FuturesResult:
    """A checked answer for all futures; ``plans`` and ``checked`` are None where there is none."""

    status: Status
    limit: Limit | None
    levels: tuple[LevelResult, ...]
    """The first by expectation, the last with the tail; values as the checks count them."""
    seconds: float
    solver: str
    plans: tuple[Plan, ...] | None = None
    checked: FuturesCheck | None = None
    impossible: tuple[str, ...] = ()
    """Futures in which no plan exists, whatever is signed."""

    @property
    def net_cost(self) -> LevelResult:
        return self.levels[-1]


def results_of(result: FuturesResult, cases: Sequence[Instance]) -> list[Result]:
    """The answer of each future by itself, to save: what is proven holds for all of them together, not for one."""
    if result.plans is None or result.checked is None:
        return []
    return [
        Result(
            status=Status.FEASIBLE,
            limit=result.limit,
            plan=plan,
            terms=one.terms,
            levels=tuple(LevelResult(name, one.levels[name], None) for name in LEVELS),
            seconds=result.seconds,
            solver=result.solver,
            seed=0,
            instance_name=instance.name,
            instance_digest=instance.digest,
        )
        for instance, plan, one in zip(cases, result.plans, result.checked.cases, strict=True)
    ]


def stated_tail(futures: Futures) -> Tail | None:
    """The tail that a document states."""
    if futures.tail_share is None or futures.tail_weight is None:
        return None
    return Tail(futures.tail_share, futures.tail_weight)
