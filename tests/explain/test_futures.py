"""Two stages on the tiny instance with futures: what is signed, regret, waiting and having, as worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from placement.check import check
from placement.cli.solving import CannotSolve
from placement.cli.solving_futures import RejectedFutures, Search, solve_futures
from placement.explain.futures import regrets, worth_of_contracts
from placement.files import InputErrors, load, load_futures
from placement.futures import FuturesResult, NothingInCommon, Signing, check_futures, stated_tail
from placement.instance import Futures, Instance
from placement.plan import Contracts
from placement.program import Solution
from placement.program.tail import Tail
from solvers import SOLVERS
from solvers import load as load_solver

TINY = Path("instances/tiny/futures.yaml")
EXACT = sorted(set(SOLVERS) - {"enumerate"})
AS_PLANNED, SHRINKS = 0.75, 0.25


def solver(tail: Tail | None = None, name: str = "highs") -> Callable[..., FuturesResult]:
    def solve(cases: Sequence[Instance], names: Sequence[str], probability: Sequence[float], signing: Signing) -> FuturesResult:
        mine = tail if len(cases) > 1 else None
        return solve_futures(cases, names, probability, signing, tail=mine, search=Search(solver=name, workers=1))

    return solve


def solved(
    tail: Tail | None = None, signing: Signing | None = None, name: str = "highs"
) -> tuple[Futures, tuple[Instance, ...], FuturesResult]:
    stated, cases = load_futures(TINY)
    names, probability = [case.id for case in stated.cases], [case.probability for case in stated.cases]
    return stated, cases, solver(tail, name)(cases, names, probability, signing or Signing())


@pytest.mark.parametrize("name", EXACT)
def test_the_stated_tail_is_worth_the_lease(name: str) -> None:
    _, cases, result = solved(stated_tail(load_futures(TINY)[0]), name=name)
    assert result.net_cost.value == pytest.approx(-9250)
    assert result.net_cost.bound == pytest.approx(-9250, rel=1e-4)
    assert result.checked is not None and result.plans is not None
    assert result.checked.expected_usd == pytest.approx(-9700)
    assert result.checked.tail_usd == pytest.approx(-5200)
    for instance, plan in zip(cases, result.plans, strict=True):
        assert check(instance, plan).violations == ()
        assert plan.contracts.contract.tolist() == [1]


@pytest.mark.parametrize(("weight", "leases"), [(0.0, True), (0.155, True), (0.156, False), (0.9, False)])
def test_the_weight_of_the_tail_at_which_the_lease_is_left(weight: float, leases: bool) -> None:
    _, _, result = solved(Tail(0.25, weight))
    assert result.plans is not None
    assert [len(plan.contracts.contract) for plan in result.plans] == [leases, leases]


def test_an_order_that_may_come_late_is_the_same_order(tmp_path: Path) -> None:
    """Ordered on day 1: -400 with both jobs on time, -500 with a alone a day late; on day 2 -500 or 100; on day 3 not in both."""
    late = """
scenarios:
  - {id: late, changes: [{path: "contracts[build].purchase.lead_time_days", value: 2}]}
futures:
  cases: [{id: on-time, probability: 0.5}, {id: late, scenario: late, probability: 0.5}]
"""
    (tmp_path / "fleet.yaml").write_text(Path("instances/tiny/purchase.yaml").read_text() + late)
    stated, cases = load_futures(tmp_path / "fleet.yaml")
    result = solver()(cases, [case.id for case in stated.cases], [0.5, 0.5], Signing())
    assert result.net_cost.value == pytest.approx(-450)
    assert result.plans is not None and result.checked is not None and not result.checked.violations
    assert [plan.contracts.start_block.tolist() for plan in result.plans] == [[0], [0]]
    assert [plan.runs.start_block.min() for plan in result.plans] == [1, 2]


def test_regret_waiting_and_having() -> None:
    stated, cases, result = solved()
    assert result.net_cost.value == pytest.approx(-9700)
    decisions = regrets(stated, cases, result, solver())
    names = ["all futures", "as if as-planned were certain", "as if shrinks were certain"]
    assert [decision.name for decision in decisions] == names
    lease = frozenset({("lease", 1, 3)})
    assert [decision.terms for decision in decisions] == [lease, lease, frozenset()]
    for decision, costs, regret in zip(
        decisions, [(-11200, -5200), (-11200, -5200), (-9000, -9000)], [(0, 3800), (0, 3800), (2200, 0)], strict=True
    ):
        assert [cost.value if cost else None for cost in decision.costs] == pytest.approx(costs)
        assert [worth.usd for worth in decision.regrets] == pytest.approx(regret, abs=1e-6)
    assert decisions[0].expected_usd([AS_PLANNED, SHRINKS]) == pytest.approx(-9700)
    (worth,) = worth_of_contracts(stated, cases, result, ["lease"], solver())
    assert worth.having.usd == pytest.approx(700)
    assert worth.waiting.usd == pytest.approx(950)
    assert worth.waiting.least_usd is not None and worth.waiting.most_usd is not None
    assert worth.waiting.least_usd <= 950 + 1e-6 <= worth.waiting.most_usd + 2e-6


def answered(path: Path) -> tuple[Futures, tuple[Instance, ...], FuturesResult]:
    stated, cases = load_futures(path)
    names, probability = [case.id for case in stated.cases], [case.probability for case in stated.cases]
    return stated, cases, solver()(cases, names, probability, Signing())


def test_terms_that_one_future_does_not_offer_have_no_cost_there(tmp_path: Path) -> None:
    """Where the lease has to begin a day earlier it ends before b does: what is best as planned cannot be signed there."""
    change = {"path": "contracts[lease].start_window.last_date", "value": "2026-01-01"}
    stated, cases, result = answered(edited(tmp_path, lambda d: d["scenarios"][0]["changes"].append(change)))
    decisions = regrets(stated, cases, result, solver())
    assert [decision.terms for decision in decisions] == [frozenset(), frozenset({("lease", 1, 3)}), frozenset()]
    assert [cost.value if cost else None for cost in decisions[1].costs] == [pytest.approx(-11200), None]
    assert decisions[1].regrets[1].usd is None and decisions[1].expected_usd([AS_PLANNED, SHRINKS]) is None


def another_lease(document: dict[str, Any]) -> None:
    """Beside the lease another one, of which at most one is signed: dearer by 1,000, or cheaper by 1,000 where b is worth 7,000."""
    lease = next(contract for contract in document["contracts"] if contract["id"] == "lease")
    lease["alternatives"] = "one"
    document["contracts"].append(lease | {"id": "other", "signing_fee_usd": 2000.0})
    document["pools"].append(document["pools"][-1] | {"id": "z", "contract": "other"})
    cheaper = {"path": "contracts[other].signing_fee_usd", "value": 0.0}
    document["scenarios"][0]["changes"] = [{"path": "jobs[b].value_usd", "value": 7000.0}, cheaper]


def test_a_contract_waits_together_with_its_alternatives(tmp_path: Path) -> None:
    """Now the lease is signed in both futures; waiting lets the one with 0.25 sign the other, and saves 250."""
    stated, cases, result = answered(edited(tmp_path, another_lease))
    assert result.net_cost.value == pytest.approx(0.75 * -11200 + 0.25 * -10200)
    for name in ("lease", "other"):
        (worth,) = worth_of_contracts(stated, cases, result, [name], solver())
        assert (worth.waiting.usd, worth.waiting.least_usd) == (pytest.approx(250), pytest.approx(250))


def test_a_contract_of_alternatives_does_not_wait_alone(tmp_path: Path) -> None:
    _, cases = load_futures(edited(tmp_path, another_lease))
    with pytest.raises(CannotSolve, match="shared and others that are not are in one group"):
        solver()(cases, ["one", "two"], [AS_PLANNED, SHRINKS], Signing(later=frozenset({"lease"})))


def test_what_breaks_more_promises_may_be_worth_less_than_nothing(tmp_path: Path) -> None:
    """Without the lease b is not run, which breaks a promise, and saves its fees: having the lease costs 5,800 more."""

    def promised(document: dict[str, Any]) -> None:
        for job in document["jobs"]:
            job |= {"commitment": "promised", "breach_usd": 1e5, "value_usd": 0.0}
        document["scenarios"][0]["changes"] = [{"path": "jobs[b].breach_usd", "value": 2e5}]

    stated, cases, result = answered(edited(tmp_path, promised))
    assert [level.value for level in result.levels] == pytest.approx([0, 5800])
    (worth,) = worth_of_contracts(stated, cases, result, ["lease"], solver())
    assert (worth.having.usd, worth.having.least_usd) == (pytest.approx(-5800), pytest.approx(-5800))
    assert worth.having.most_usd == pytest.approx(-5800)
    assert worth.waiting.least_usd == pytest.approx(0, abs=1e-6)
    decision = next(one for one in regrets(stated, cases, result, solver()) if one.name == "all futures")
    assert [regret.most_usd for regret in decision.regrets] == pytest.approx([0, 0], abs=1e-6)


def test_a_contract_decided_later_follows_each_future() -> None:
    _, cases, result = solved(signing=Signing(later=frozenset({"lease"})))
    assert result.plans is not None
    assert [len(plan.contracts.contract) for plan in result.plans] == [1, 0]
    assert result.net_cost.value == pytest.approx(-10650)
    found = check_futures(cases, [AS_PLANNED, SHRINKS], result.plans)
    assert [violation.law for violation in found.violations] == ["futures"]
    assert "signed from block 1 until block 3 in some futures" in found.violations[0].message


def test_plans_that_break_a_law_in_one_future_are_found() -> None:
    _, cases, result = solved()
    assert result.plans is not None
    first, second = result.plans
    alone = replace(second, contracts=Contracts(*(np.empty(0, dtype=np.int64) for _ in range(3))))
    laws = {violation.law for violation in check_futures(cases, [AS_PLANNED, SHRINKS], [first, alone]).violations}
    assert {"futures", "contract"} <= laws


def test_fixed_terms_that_nobody_offers() -> None:
    with pytest.raises(NothingInCommon, match="'lease' is to be signed for a term that is not on offer"):
        solved(signing=Signing(fixed=frozenset({("lease", 0, 4)})))


# ------------------------------------------------------------ files


def edited(folder: Path, edit: Callable[[dict[str, Any]], object]) -> Path:
    document = yaml.safe_load(TINY.read_text())
    edit(document)
    path = folder / "fleet.json"
    path.write_text(json.dumps(document, default=str))
    return path


CASES: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda d: d["futures"]["cases"][0].update(probability=0.7), "probabilities must sum to 1, not 0.95"),
    (lambda d: d["futures"]["cases"][0].update(probability=0), "futures.cases[as-planned].probability"),
    (lambda d: d["futures"]["cases"][0].pop("probability"), "missing is never zero"),
    (lambda d: d["futures"]["cases"].pop(), "futures.cases"),
    (lambda d: d["futures"]["cases"][1].update(scenario="shrink"), "did you mean 'shrinks'?"),
    (lambda d: d["futures"]["cases"][1].update(id="as-planned"), "no two futures have the same id"),
    (lambda d: d["futures"]["cases"][1].update(id="As-Planned"), "ids of futures differ in more than upper and lower case"),
    (lambda d: d["futures"]["cases"][1].pop("scenario"), "no two futures have the same scenario"),
    (lambda d: d["futures"].pop("tail_share"), "tail_share and tail_weight are stated together"),
    (lambda d: d["futures"].update(tail_share=0), "futures.tail_share"),
    (lambda d: d["futures"].update(tail_weight=1), "futures.tail_weight"),
    (lambda d: d["futures"].update(decided_later=["leese"]), "did you mean 'lease'?"),
    (lambda d: d["futures"].update(decided_later=["lease", "lease"]), "decided_later names each contract once"),
    (lambda d: d["futures"].update(weight=1), "futures.weight"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "says"), CASES, ids=[says for _, says in CASES])
def test_bad_futures(tmp_path: Path, edit: Callable[[dict[str, Any]], object], says: str) -> None:
    with pytest.raises(InputErrors) as caught:
        load(edited(tmp_path, edit))
    assert says in str(caught.value)


def alternatives(document: dict[str, Any]) -> None:
    lease = next(contract for contract in document["contracts"] if contract["id"] == "lease")
    lease["alternatives"] = "one"
    document["contracts"].append(lease | {"id": "other"})
    document["futures"]["decided_later"] = ["lease"]


def must_in_one(document: dict[str, Any]) -> None:
    figures = {"optional": False, "signing_fee_usd": 0.0}
    changes = [{"path": f"contracts[lease].{field}", "value": value} for field, value in figures.items()]
    document["scenarios"][0]["changes"].extend(changes)


def alternatives_in_one(document: dict[str, Any]) -> None:
    lease = next(contract for contract in document["contracts"] if contract["id"] == "lease")
    document["contracts"].append(lease | {"id": "other"})
    changes = [{"path": f"contracts[{name}].alternatives", "value": "one"} for name in ("lease", "other")]
    document["scenarios"][0]["changes"].extend(changes)


ACROSS: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda d: d.pop("futures"), "cases with their scenarios and probabilities"),
    (lambda d: d["scenarios"][0]["changes"].append({"path": "calendar.blocks", "value": 5}), "leaves the calendar as it is"),
    (lambda d: d["scenarios"][0]["changes"].append({"path": "jobs[c].value_usd", "value": 5}), "something that exists"),
    (lambda d: d["scenarios"][0]["changes"].extend(
        [{"path": "contracts[lease]", "action": "remove"}, {"path": "pools[q]", "action": "remove"}]),
     "contract 'lease' as in the first future (optional; here not decided)"),
    (must_in_one, "contract 'lease' as in the first future (optional; here decided, not optional)"),
    (alternatives_in_one, "contract 'other' as in the first future (optional; here optional, an alternative of 'one')"),
    (lambda d: d["futures"].update(decided_later=["owned"]), "a contract that is decided in the futures"),
    (alternatives, "all alternatives of one label; 'other' is one of them"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "says"), ACROSS, ids=[says for _, says in ACROSS])
def test_futures_that_do_not_match(tmp_path: Path, edit: Callable[[dict[str, Any]], object], says: str) -> None:
    path = edited(tmp_path, edit)
    with pytest.raises(InputErrors) as caught:
        load_futures(path)
    assert says in str(caught.value)


def test_findings_across_futures_have_their_lines(tmp_path: Path) -> None:
    text = TINY.read_text().replace("futures:\n", "futures:\n  decided_later: [owned]\n", 1)
    (tmp_path / "fleet.yaml").write_text(text)
    with pytest.raises(InputErrors) as caught:
        load_futures(tmp_path)
    (found,) = caught.value.problems
    line = 1 + text[: text.index("decided_later")].count("\n")
    assert (found.file, found.line, found.path) == ("fleet.yaml", line, "futures.decided_later[0]")


def test_a_bound_above_a_checked_plan_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that claims a bound which its own plans refute is a bug, not an answer."""

    def boastful(name: str) -> Callable[..., Solution]:
        def search(*arguments: Any, **limits: Any) -> Solution:
            found = load_solver(name)(*arguments, **limits)
            *before, last = found.levels
            claimed = None if last.value is None else last.value + 1.0
            return replace(found, levels=(*before, replace(last, bound=claimed)))

        return search

    monkeypatch.setattr("placement.cli.solving_futures.load_solver", boastful)
    with pytest.raises(RejectedFutures, match="net_cost is bounded by"):
        solved()


def later_in_one(document: dict[str, Any]) -> None:
    lease = next(contract for contract in document["contracts"] if contract["id"] == "lease")
    del lease["optional"], lease["signing_fee_usd"]
    lease["start_window"] = {"first_date": "2026-01-01", "last_date": "2026-01-01"}
    window = {"first_date": "2026-01-02", "last_date": "2026-01-02"}
    document["scenarios"][0]["changes"].append({"path": "contracts[lease].start_window", "value": window})


def test_a_contract_that_must_be_signed_and_has_nothing_in_common(tmp_path: Path) -> None:
    stated, cases = load_futures(edited(tmp_path, later_in_one))
    with pytest.raises(NothingInCommon, match="'lease' must be signed now, and no term of it is on offer in all futures"):
        solver()(cases, [case.id for case in stated.cases], [0.75, 0.25], Signing())


def test_futures_beside_a_field_that_is_wrong(tmp_path: Path) -> None:
    """One mistake hides no other, and causes none."""
    with pytest.raises(InputErrors) as caught:
        load(edited(tmp_path, lambda d: (d.update(name=7), d["futures"]["cases"][1].update(scenario="shrink"))))
    assert len(caught.value.problems) == 2


def test_futures_change_nothing_in_an_instance_alone(tmp_path: Path) -> None:
    assert load(edited(tmp_path, lambda d: d.pop("futures"))).digest == load(TINY).digest
