"""What each loss costs is an interval around the truth, and is named only where both answers keep the same promises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placement import load, solve
from placement.explain.promises import ALL, price_of_losses
from placement.instance import Instance
from placement.plan import Result
from placement.program import LevelResult, Status


def exact(instance: Instance) -> Result:
    return solve(instance, solver="highs", time_limit_s=30, gap=0.0)


def loose(instance: Instance) -> Result:
    """The best plan, with a bound that is 100 USD lower than need be."""
    result = exact(instance)
    first, last = result.levels
    assert last.bound is not None
    return replace(result, levels=(first, LevelResult(last.name, last.value, last.bound - 100.0)))


@pytest.mark.parametrize(("name", "price"), [("resilience", 192.0), ("backups", 232.0)])
def test_the_price_is_the_one_worked_out_by_hand(name: str, price: float) -> None:
    (found,) = price_of_losses(load(f"instances/tiny/{name}.yaml"), exact)
    assert found.note == ""
    assert found.least_usd == pytest.approx(price, abs=1e-3)
    assert found.most_usd == pytest.approx(price, abs=1e-3)


def test_the_interval_is_as_wide_as_what_is_not_proven() -> None:
    (found,) = price_of_losses(load("instances/tiny/backups.yaml"), loose)
    assert (found.with_usd, found.without_usd) == (pytest.approx(-848.0), pytest.approx(-1080.0))
    assert (found.least_usd, found.most_usd) == (pytest.approx(132.0, abs=1e-3), pytest.approx(332.0, abs=1e-3))


def test_losses_are_priced_one_by_one_and_together() -> None:
    """A second loss that asks for no more than the first costs nothing beside it, and neither does the first beside it."""
    instance = load("instances/tiny/backups.yaml")
    losses = dict(instance.losses)
    losses["again"] = losses["any-site"].model_copy(update={"id": "again"})
    rows = {row.loss: row for row in price_of_losses(replace(instance, losses=losses), exact)}
    assert list(rows) == ["any-site", "again", ALL]
    assert rows["again"].most_usd == pytest.approx(0.0, abs=1e-3)
    assert rows[ALL].least_usd == pytest.approx(232.0, abs=1e-3)


def test_no_price_without_a_plan_or_with_other_promises() -> None:
    instance = load("instances/tiny/backups.yaml")

    def hopeless(one: Instance) -> Result:
        result = exact(one)
        return replace(result, plan=None, status=Status.INFEASIBLE) if one.losses else result

    def breaking(one: Instance) -> Result:
        result = exact(one)
        broken = LevelResult("promises", 5.0, 5.0)
        return replace(result, levels=(broken, result.levels[1])) if one.losses else result

    (found,) = price_of_losses(instance, hopeless)
    assert (found.least_usd, found.most_usd, found.note) == (None, None, "no plan with it: infeasible")
    (found,) = price_of_losses(instance, breaking)
    assert (found.least_usd, found.most_usd, found.note) == (None, None, "5 USD more of promises are broken with it")
    assert list(price_of_losses(replace(instance, losses={}), exact)) == []
