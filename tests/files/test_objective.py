"""Objectives and fairness as they are read: every field's bad input, the default, digests, and the plan's table."""

# ruff: noqa: E501 -- one bad input, one line

from __future__ import annotations

from pathlib import Path

import pytest

from placement import InputErrors, load, load_plan, save_plan, solve
from placement.instance import Instance
from placement.instance.objective import GROUPS
from placement.plan import TERMS

TINY = Path("instances/tiny")


def written(tmp_path: Path, name: str, old: str, new: str) -> Path:
    text = (TINY / f"{name}.yaml").read_text()
    assert old in text
    (tmp_path / "fleet.yaml").write_text(text.replace(old, new, 1))
    return tmp_path / "fleet.yaml"


ORDER, CARBON, FAIR, NEAR = "objective-order", "objective-carbon", "fairness", "fairness-proportional"
MORE = "fairness-leximin"
TERM = "[{term: energy}]"
WORST = "{{term: worst_unserved_share, policy: fair{}}}"
STATED = f"objective:\n  - {{{{id: o, terms: [{{{{term: promises}}}}, {{{{term: net_cost}}}}, {WORST}, {WORST}]}}}}\npolicies:"
BAD: list[tuple[str, str, str, str, str, str]] = [
    (ORDER, "{id: net_cost, ", "{id: promises, ", "objective[promises].id = 'promises'", "an id that no other of its family has", "rename"),
    (ORDER, "{id: net_cost, ", "{", "objective[0].id", "(nothing)", ""),
    (ORDER, "[{term: net_cost}]", "[]", "objective[net_cost].terms", "", ""),
    (ORDER, "{term: net_cost}", "{term: nett_cost}", "objective[net_cost].terms[0].term = 'nett_cost'", "net_cost", ""),
    (ORDER, "{term: net_cost}", "{term: net_cost, weight: 0}", "terms[0].weight = 0", "more than 0", ""),
    (ORDER, "{term: net_cost}", "{term: net_cost, weight: 1e13}", "terms[0].weight = 10000000000000.0", "at most 1000000000000", ""),
    (ORDER, "{id: promises, ", "{id: promises, most: none, ", "objective[promises].most = 'none'", "a number", ""),
    (ORDER, "{term: net_cost}", "{term: energy}", "objective = a list of 2", "every term of money in some level", "add them"),
    (ORDER, "{term: net_cost}", "{term: net_cost}, {term: energy}", "terms[1].term = 'energy'", "each term once in a level", "add the weights"),
    (ORDER, "{term: net_cost}", "{term: net_cost, tenants: [pro]}", "objective[net_cost].terms[0]", "tenants are for", ""),
    (CARBON, "tenants: [pro]", "tenants: [prof]", "terms[0].tenants[0] = 'prof'", "a tenant", "did you mean 'pro'?"),
    (CARBON, "tenants: [pro]", "tenants: []", "terms[0].tenants", "", ""),
    (CARBON, TERM, "[{term: energy, policy: x}]", "objective[energy].terms[0]", "worst_unserved_share needs a policy", ""),
    (CARBON, TERM, "[{term: worst_unserved_share}]", "objective[energy].terms[0]", "worst_unserved_share needs a policy", ""),
    (CARBON, TERM, "[{term: worst_unserved_share, policy: x}]", "terms[0].policy = 'x'", "kind fairness and rule max_min", "state such"),
    (CARBON, ", carbon_g_per_kwh: 500", "", "objective[carbon].terms[0].term", "there is none above 'q'", "state it on the feed"),
    (FAIR, "rule: max_min", "rule: maxmin", "policies[fair].rule = 'maxmin'", "'max_min'", ""),
    (FAIR, "among: streams", "among: jobs", "policies[fair].among = 'jobs'", "'streams'", ""),
    (FAIR, "per: block", "per: day", "policies[fair].per = 'day'", "'block'", ""),
    (FAIR, ", per: block", "", "policies[fair].per", "(nothing)", ""),
    (FAIR, "tenants: [pro]", "tenants: [pros]", "policies[fair].tenants[0] = 'pros'", "", "did you mean 'pro'?"),
    (FAIR, "among: streams, ", "", "policies[fair].tenants", "at least two tenants to compare", "name another"),
    (FAIR, "per: block}", "per: block, most_points: 3}", "policies[fair]", "proportional needs most_points", ""),
    (FAIR, "policies:", "objective:\n  - {id: o, terms: [{term: promises}, {term: net_cost}]}\npolicies:", "policies[fair].id", "a level with the term", "add the level"),
    (FAIR, "per: block}", "per: block, minima: 0}", "policies[fair].minima = 0", "at least 1", ""),
    (FAIR, "per: block}", "per: block, minima: 9}", "policies[fair].minima = 9", "at most 8", ""),
    (FAIR, "per: block}", "per: block, minima: 1.5}", "policies[fair].minima = 1.5", "whole number", ""),
    (FAIR, "per: block}", "per: block, minima: 3}", "policies[fair].minima = 3", "at most 2, the number of streams that are compared", "lower it"),
    (NEAR, "most_points: 20", "most_points: 20, minima: 2", "policies[equal]", "minima are for max_min only", ""),
    (MORE, "id: fair,", "id: net_cost,", "policies[net_cost].id = 'net_cost'", "'net_cost' is another level already", "rename the policy"),
    (MORE, "  - {id: fair,", "  - {id: fair-3, kind: fairness, rule: max_min, tenants: [pro], among: streams, per: block}\n  - {id: fair,", "policies[fair].id", "'fair-3' is another level already", "rename the policy"),
    (MORE, "id: fair,", f"id: {'f' * 100},", "policies[fff", "short enough for a level to be called by it and '-2'", "shorten it"),
    (MORE, "policies:", STATED.format("", ""), "policies[fair].minima = 3", "this policy and minima: 2", "lower minima"),
    (MORE, "policies:", STATED.format(", minima: 0", ", minima: 2"), "terms[2].minima = 0", "at least 1", ""),
    (MORE, "policies:", STATED.format("", ", minima: 4"), "terms[3].minima = 4", "at most the minima of policy 'fair', 3", "raise those of the policy"),
    (MORE, "policies:", STATED.format("", ", minima: 1"), "terms[3].term", "each term once in a level", "add the weights"),
    (ORDER, "{term: net_cost}", "{term: net_cost, minima: 2}", "objective[net_cost].terms[0]", "minima are for worst_unserved_share only", ""),
    (NEAR, ", most_points: 20", "", "policies[equal]", "proportional needs most_points", ""),
    (NEAR, "most_points: 20", "most_points: 101", "policies[equal].most_points = 101", "at most 100", ""),
    (NEAR, "tenants: [pro, max]", "tenants: [pro, pro]", "policies[equal]", "must differ", ""),
    (NEAR, "  - {id: max, ", "  - {id: idle, ladder: {rungs: [{share: 1, usd_per_million_tokens_unserved: 0}]}}\n  - {id: max, ", "", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "field", "expected", "remedy"), BAD[:-1], ids=lambda value: value[:40])
def test_bad_input(name: str, old: str, new: str, field: str, expected: str, remedy: str, tmp_path: Path) -> None:
    path = written(tmp_path, name, old, new)
    with pytest.raises(InputErrors) as caught:
        load(path)
    text = str(caught.value)
    assert "fleet.yaml:" in text
    assert any(field in str(p) and expected in str(p) and remedy in str(p) for p in caught.value.problems), text


def test_whom_a_policy_compares_has_streams(tmp_path: Path) -> None:
    name, old, new, *_ = BAD[-1]
    path = written(tmp_path, name, old, new)
    path.write_text(path.read_text().replace("tenants: [pro, max]", "tenants: [pro, max, idle]"))
    with pytest.raises(InputErrors, match="a tenant with a stream"):
        load(path)


def levels(instance: Instance) -> list[tuple[str, set[str]]]:
    stated = instance.levels
    return [
        (name, {term for term, weight in zip(stated.terms, row, strict=True) if weight})
        for name, row in zip(stated.names, stated.weights, strict=True)
    ]


def test_the_default_is_promises_then_fairness_then_net_cost() -> None:
    promises, net_cost = ("promises", set(GROUPS["promises"])), ("net_cost", set(GROUPS["net_cost"]))
    assert set(GROUPS["promises"]) | set(GROUPS["net_cost"]) == set(TERMS)
    assert levels(load(TINY / "swings.yaml")) == [promises, net_cost]
    assert levels(load(TINY / "fairness.yaml")) == [promises, ("fair", {"worst_unserved_share[fair]"}), net_cost]
    further = [(name, {f"worst_unserved_share[fair{of}]"}) for name, of in (("fair", ""), ("fair-2", ",2"), ("fair-3", ",3"))]
    assert levels(load(TINY / f"{MORE}.yaml")) == [promises, *further, net_cost]
    assert load(TINY / "swings.yaml").levels.ends_in_net_cost and not load(TINY / "objective-order.yaml").levels.ends_in_net_cost


def test_levels_say_what_they_are_measured_in(tmp_path: Path) -> None:
    usd = {"promises": "USD", "energy": "USD", "net_cost": "USD"}
    assert load(TINY / "objective-carbon.yaml").levels.units == {"unserved": "share", "carbon": "tonnes", **usd}
    mixed = load(written(tmp_path, CARBON, TERM, "[{term: energy}, {term: unserved_million_tokens}]")).levels.units
    weighted = load(written(tmp_path, CARBON, TERM, "[{term: energy, weight: 2}]")).levels.units
    assert (mixed["energy"], weighted["energy"]) == ("weighted sum", "USD, weighted")


def test_one_of_the_minima_is_none_stated(tmp_path: Path) -> None:
    """And the objective that the default gives, stated, makes the same Program."""
    plain = load(TINY / "fairness.yaml")
    assert load(written(tmp_path, FAIR, "per: block}", "per: block, minima: 1}")).digest == plain.digest
    assert load(written(tmp_path, FAIR, "per: block}", "per: block, minima: 2}")).digest != plain.digest
    said = "".join(f"  - {{id: l{n}, terms: [{WORST.format(f', minima: {n}').replace('{{', '{').replace('}}', '}')}]}}\n" for n in (1, 2, 3))
    stated = f"objective:\n  - {{id: promises, terms: [{{term: promises}}]}}\n{said}  - {{id: net_cost, terms: [{{term: net_cost}}]}}\npolicies:"
    ours, theirs = load(TINY / f"{MORE}.yaml").levels, load(written(tmp_path, MORE, "policies:", stated)).levels
    assert theirs.names == ("promises", "l1", "l2", "l3", "net_cost") and ours.terms == theirs.terms
    assert (ours.weights == theirs.weights).all() and set(ours.units.values()) == {"USD", "share"}


def test_another_objective_is_another_instance(tmp_path: Path) -> None:
    first = load(TINY / "objective-merged.yaml")
    other = load(written(tmp_path, "objective-merged", "weight: 20", "weight: 15"))
    assert first.digest != other.digest
    result = solve(other, solver="highs", gap=0.0)
    assert result.objective == pytest.approx(15 * 43.2 - 820.8)


def test_least_shares_come_back_as_they_were(tmp_path: Path) -> None:
    instance = load(TINY / "fairness.yaml")
    result = solve(instance, solver="highs", gap=0.0)
    save_plan(result, instance, tmp_path / "plan.json")
    loaded = load_plan(tmp_path / "plan.json", instance)
    assert loaded.plan is not None and result.plan is not None
    assert loaded.plan.least_shares.share.tolist() == result.plan.least_shares.share.tolist() != []
    assert loaded.terms is not None and loaded.terms["worst_unserved_share[fair]"] == pytest.approx(0.25)
    assert [level.name for level in loaded.levels] == ["promises", "fair", "net_cost"]


def test_sums_of_least_shares_come_back_as_they_were(tmp_path: Path) -> None:
    """In a table that plans of other policies do not have."""
    instance, plain = load(TINY / f"{MORE}.yaml"), load(TINY / "fairness.yaml")
    result = solve(instance, solver="highs", gap=0.0)
    save_plan(result, instance, tmp_path / "plan.json")
    save_plan(solve(plain, solver="highs", gap=0.0), plain, tmp_path / "plain.json")
    (path,) = tmp_path.glob("*.least_sums.*.csv")
    assert path.name.startswith("plan.") and path.read_text().splitlines()[0] == "policy,minima,block,band,share"
    loaded = load_plan(tmp_path / "plan.json", instance)
    assert loaded.plan is not None and result.plan is not None
    for column in ("case", "minima", "period", "share"):
        assert getattr(loaded.plan.least_sums, column).tolist() == getattr(result.plan.least_sums, column).tolist() != []
    assert loaded.terms is not None and loaded.terms["worst_unserved_share[fair,2]"] == pytest.approx(0.775)
    path.write_text(path.read_text().replace("fair,2,", "fair,9,", 1))
    with pytest.raises(InputErrors, match="minima = '9'"):
        load_plan(tmp_path / "plan.json", instance)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [("fair,", "unfair,", "a policy of kind fairness"), ("2026-01-02", "2026-03-02", "the first day of a"), ("0.9", "six", "a number")],
)
def test_malformed_rows(old: str, new: str, says: str, tmp_path: Path) -> None:
    instance = load(TINY / "fairness.yaml")
    save_plan(solve(instance, solver="highs", gap=0.0), instance, tmp_path / "plan.json")
    (path,) = tmp_path.glob("plan.least_shares.*.csv")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InputErrors) as caught:
        load_plan(tmp_path / "plan.json", instance)
    assert any(says in str(problem) for problem in caught.value.problems)
