"""The fee up to which a contract is worth signing is the one worked out by hand, and lies in the interval that is proven."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placement import load, solve
from placement.explain.fee import can_flip, fee_flips
from placement.instance import Instance
from placement.plan import Plan, Result
from placement.program import LevelResult

# tiny/contract-lease: without the lease only a runs, -9000; with it both, -17000, and 5800 are owed for signing and two days.
FLIP = 8000 / 5800


def exact(instance: Instance, start: Plan | None) -> Result:
    return solve(instance, solver="highs", time_limit_s=30, gap=0.0, start=start)


def loose(instance: Instance, start: Plan | None) -> Result:
    """The best plan, with a bound that is 580 USD lower than need be."""
    result = exact(instance, start)
    *first, last = result.levels
    assert last.bound is not None
    return replace(result, levels=(*first, LevelResult(last.name, last.value, last.bound - 580.0)))


def test_the_fee_is_the_one_worked_out_by_hand() -> None:
    (found,) = fee_flips(load("instances/tiny/contract-lease.yaml"), ["lease"], exact)
    assert found.note == ""
    assert (found.without_usd, found.with_usd, found.owed_usd) == (-9000.0, pytest.approx(-11200.0), pytest.approx(5800.0))
    assert found.factor == pytest.approx(FLIP)
    assert found.least_factor == pytest.approx(FLIP)
    assert found.most_factor == pytest.approx(FLIP)


def test_the_interval_is_as_wide_as_what_is_not_proven() -> None:
    (found,) = fee_flips(load("instances/tiny/contract-lease.yaml"), ["lease"], loose)
    assert found.factor == pytest.approx(FLIP)
    assert found.least_factor == pytest.approx(FLIP - 0.1)
    assert found.most_factor == pytest.approx(FLIP + 0.1)


@pytest.mark.parametrize(("nudge", "signs"), [(0.999, True), (1.001, False)])
def test_plans_flip_where_it_says(nudge: float, signs: bool) -> None:
    instance = load("instances/tiny/contract-lease.yaml")
    lease = instance.contracts["lease"]
    assert isinstance(lease.fee_usd_per_month, float | int)
    fees = {name: getattr(lease, name) * FLIP * nudge for name in ("fee_usd_per_month", "signing_fee_usd")}
    result = exact(replace(instance, contracts={**instance.contracts, "lease": lease.model_copy(update=fees)}), None)
    assert result.plan is not None
    assert (len(result.plan.contracts.contract) == 1) == signs


def test_a_shorter_term_is_taken_where_the_fee_is_high() -> None:
    """One day of the lease may do too, for a job of a day that is worth 3000: at high fees that is what is signed."""
    instance = load("instances/tiny/contract-lease.yaml")
    lease = instance.contracts["lease"].model_copy(update={"term_blocks": (1, 2), "signing_fee_usd": 0.0})
    short = replace(instance, contracts={**instance.contracts, "lease": lease})
    (found,) = fee_flips(short, ["lease"], exact)
    assert found.factor == pytest.approx(8000 / 4800)
    assert found.least_factor is not None
    assert found.most_factor is not None
    assert found.least_factor <= 8000 / 4800 + 1e-9 <= found.most_factor + 2e-9


def test_what_cannot_flip() -> None:
    instance = load("instances/tiny/contract-lease.yaml")
    assert can_flip(instance, "lease")
    assert not can_flip(instance, "owned")
    assert not can_flip(load("instances/tiny/contract-exit.yaml"), "lease")


def test_alternatives_are_not_signed_beside_it() -> None:
    instance = load("instances/tiny/contract-lease.yaml")
    lease = instance.contracts["lease"].model_copy(update={"alternatives": "one"})
    other = lease.model_copy(update={"id": "other", "fee_usd_per_month": 36500.0})
    both = replace(instance, contracts={**instance.contracts, "lease": lease, "other": other})
    (found,) = fee_flips(both, ["lease"], exact)
    # The other one has no pool: signing it is worth nothing, and beside the lease it is forbidden.
    assert found.factor == pytest.approx(FLIP)
