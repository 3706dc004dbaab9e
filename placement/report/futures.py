"""Answers for several futures: what is signed now, what each future costs, and what knowing would be worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from placement.explain.futures import ContractWorth, Decision, Worth
from placement.futures import FuturesResult, Term, signed
from placement.instance import Futures, Instance
from placement.plan import LEVELS
from placement.report.data import number
from placement.report.text import clean, count, lines, percent, section, table

NET_COST = LEVELS[-1]


def futures_report(
    stated: Futures, cases: Sequence[Instance], result: FuturesResult, decisions: Sequence[Decision] = (),
    contracts: Sequence[ContractWorth] = (),
) -> str:  # fmt: skip
    """Everything about an answer for several futures that fits a terminal."""
    head = f"{clean(cases[0].name)}: {result.status}, {result.seconds:.1f} s, solver {result.solver}, {len(cases)} futures\n"
    if result.plans is None or result.checked is None:
        return head + section("Futures in which no plan exists, whatever is signed", lines(_impossible(stated, result)))
    rows = [(level.name, _usd(level.value), _usd(level.bound), percent(level.gap, 3)) for level in result.levels]
    parts = [
        head + table(("level", "value USD", "bound USD", "gap"), rows) + "\n",
        section("Signed now, whichever future comes", _terms(cases[0], _now(stated, cases, result))),
        section("Futures", _cases(stated, cases, result)),
        section("Net cost over all futures, USD", _costs(stated, result)),
        section("Net cost beyond the best for each future, USD (in brackets: at most)", _regrets(stated, decisions)),
        section("What contracts are worth, USD (in brackets: between)", _contracts(contracts)),
    ]
    return "\n".join(part for part in parts if part)


def _impossible(stated: Futures, result: FuturesResult) -> list[str]:
    """Each with the command that says what stands in the way there."""
    asked = [case for case in stated.cases if case.id in result.impossible]
    option = {case.id: "" if case.scenario is None else f" --scenario {case.scenario}" for case in asked}
    return [f"{case.id}: placement solve INSTANCE{option[case.id]} says what is missing, by how much" for case in asked]


def _now(stated: Futures, cases: Sequence[Instance], result: FuturesResult) -> frozenset[Term]:
    assert result.plans is not None
    return signed(cases[0], result.plans[0], but=stated.decided_later)


def _terms(instance: Instance, terms: frozenset[Term]) -> str:
    days = instance.calendar.block_starts
    rows = [(name, days[start], days[end]) for name, start, end in sorted(terms)]
    return table(("contract", "from", "until"), rows, left=3) if rows else lines(["nothing"])


def _cases(stated: Futures, cases: Sequence[Instance], result: FuturesResult) -> str:
    assert result.plans is not None and result.checked is not None
    rows = []
    for case, instance, plan, check in zip(stated.cases, cases, result.plans, result.checked.cases, strict=True):
        later = sorted(name for name, _, _ in signed(instance, plan) if name in stated.decided_later)
        values = [count(check.levels[name]) for name in LEVELS]
        rows.append((case.id, case.scenario or "-", percent(case.probability), *values, ", ".join(later) or "-"))
    return table(("future", "scenario", "probability", *LEVELS, "signed then"), rows, left=2)


def _costs(stated: Futures, result: FuturesResult) -> str:
    assert result.checked is not None
    rows = [("expected", count(result.checked.expected_usd))]
    if result.checked.tail_usd is not None:
        rows.append((f"mean of the worst {percent(stated.tail_share)}", count(result.checked.tail_usd)))
    return table(("", "USD"), rows)


def _regrets(stated: Futures, decisions: Sequence[Decision]) -> str:
    probability = [case.probability for case in stated.cases]
    rows = []
    for decision in decisions:
        names = ", ".join(sorted(name for name, _, _ in decision.terms)) or "nothing"
        expected = decision.expected_usd(probability)
        cells = [
            "no plan" if cost is None else f"{_usd(worth.usd)} ({_usd(worth.most_usd)})"
            for cost, worth in zip(decision.costs, decision.regrets, strict=True)
        ]
        rows.append((decision.name, names, "-" if expected is None else count(expected), *cells))
    return table(("decision", "signs", "expected cost", *(case.id for case in stated.cases)), rows, left=2) if rows else ""


def _contracts(contracts: Sequence[ContractWorth]) -> str:
    rows = [(one.contract, _between(one.having), _between(one.waiting)) for one in contracts]
    return table(("contract", "having it", "deciding it once the future is known"), rows) if rows else ""


def _between(worth: Worth) -> str:
    return f"{_usd(worth.usd)} ({_usd(worth.least_usd)} to {_usd(worth.most_usd)})"


def _usd(value: float | None) -> str:
    return "-" if value is None else count(value)


# ------------------------------------------------------------ plain data


def futures_data(
    stated: Futures, cases: Sequence[Instance], result: FuturesResult, decisions: Sequence[Decision] = (),
    contracts: Sequence[ContractWorth] = (),
) -> dict[str, Any]:  # fmt: skip
    """The same as plain data, for ``--json``; what is not known is null."""
    checked, plans = result.checked, result.plans
    found: list[dict[str, Any]] = []
    if checked is not None and plans is not None:
        for case, instance, plan, check in zip(stated.cases, cases, plans, checked.cases, strict=True):
            terms = _dated(instance, signed(instance, plan))
            found.append(
                {"id": case.id, "scenario": case.scenario, "probability": case.probability, "levels": check.levels,
                 "terms": check.terms, "contracts": terms, "instance_digest": instance.digest}
            )  # fmt: skip
    return {
        "status": str(result.status),
        "limit": None if result.limit is None else str(result.limit),
        "seconds": round(result.seconds, 3),
        "solver": result.solver,
        "impossible": list(result.impossible),
        "levels": [
            {"name": one.name, "value": number(one.value), "bound": number(one.bound), "gap": number(one.gap)}
            for one in result.levels
        ],
        "expected_usd": None if checked is None else checked.expected_usd,
        "tail_usd": None if checked is None else checked.tail_usd,
        "signed_now": [] if plans is None else _dated(cases[0], _now(stated, cases, result)),
        "futures": found,
        "decisions": [_decision(cases[0], stated, one) for one in decisions],
        "contracts": [
            {"id": one.contract, "having": _worth(one.having), "waiting": _worth(one.waiting)} for one in contracts
        ],
    }


def _dated(instance: Instance, terms: frozenset[Term]) -> list[dict[str, str]]:
    days = instance.calendar.block_starts
    return [
        {"contract": name, "start_date": days[start].isoformat(), "end_date": days[end].isoformat()}
        for name, start, end in sorted(terms)
    ]


def _decision(instance: Instance, stated: Futures, decision: Decision) -> dict[str, Any]:
    columns = zip(stated.cases, decision.costs, decision.promises, decision.regrets, strict=True)
    return {
        "name": decision.name,
        "signs": _dated(instance, decision.terms),
        "expected_usd": decision.expected_usd([case.probability for case in stated.cases]),
        "futures": [
            {"id": case.id, "net_cost_usd": None if cost is None else number(cost.value), "promises_usd": number(promises),
             "regret": _worth(regret)}
            for case, cost, promises, regret in columns
        ],
    }  # fmt: skip


def _worth(worth: Worth) -> dict[str, float | None]:
    return {"usd": number(worth.usd), "least_usd": number(worth.least_usd), "most_usd": number(worth.most_usd)}
