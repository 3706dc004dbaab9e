"""What the lease is worth, and what it costs to survive each provider: frontier-2026 solved again and again, around the answer.

    python instances/frontier-2026/answers.py --time-limit 60

Prints, for each lease, the monthly fee up to which it is signed, found by bisection; for each provider, what net cost rises by when
the floors must be covered without it; and net cost under slips. Every solve has a gap, so figures are good to about that.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from placement import load, solve
from placement.instance import Instance
from placement.instance.losses import Loss
from placement.plan import Plan, Result

FOLDER = Path(__file__).parent
LEASES = ("colossus-1-lease", "colossus-2-lease")
MOST = 2.0
"""Of the stated fee, at which no lease is worth it."""

STEPS = 5
"""Halvings of the interval in which the fee lies."""


def with_fee(instance: Instance, lease: str, factor: float) -> Instance:
    """The instance with the fee of a lease times a factor."""
    contract = instance.contracts[lease]
    steps: Any = contract.fee_usd_per_month
    fee = tuple(step.model_copy(update={"value": step.value * factor}) for step in steps)
    return replace(instance, contracts={**instance.contracts, lease: contract.model_copy(update={"fee_usd_per_month": fee})})


def signed(result: Result, instance: Instance, lease: str) -> bool:
    assert result.plan is not None
    return list(instance.contracts).index(lease) in result.plan.contracts.contract.tolist()


def flip(lease: str, seconds: float) -> tuple[float, float]:
    """Factors of the fee between which the decision flips: signed at the first, not at the second.

    ClickException where it is signed at ``MOST`` times the fee, or not even for nothing. Each solve begins from the last plan: a
    fee changes what it costs, not what is allowed.
    """
    instance = load(FOLDER, scenario="lease-to-decide")
    start: Plan | None = None

    def is_signed(factor: float) -> bool:
        nonlocal start
        case = with_fee(instance, lease, factor)
        result = solve(case, time_limit_s=seconds, start=start)
        start = result.plan
        return signed(result, case, lease)

    low, high = 0.0, MOST
    if not is_signed(low) or is_signed(high):
        text = f"{lease}: no flip between nothing and {high:g} times the fee; raise --time-limit, a poor plan decides nothing"
        raise click.ClickException(text)
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_signed(middle) else (low, middle)
    return low, high


def net_cost(instance: Instance, seconds: float) -> tuple[float, float]:
    """Net cost and its gap, USD."""
    level = solve(instance, time_limit_s=seconds).levels[-1]
    assert level.value is not None and level.bound is not None
    return level.value, level.value - level.bound


@click.command()
@click.option("--time-limit", default=60.0, show_default=True, help="Seconds for each solve.")
def main(time_limit: float) -> None:
    """Print the answers, one line each."""
    for lease in LEASES:
        steps: Any = load(FOLDER).contracts[lease].fee_usd_per_month
        low, high = flip(lease, time_limit)
        fee = steps[-1].value / 1e6
        click.echo(f"{lease}: signed up to {fee * low:,.0f}, not from {fee * high:,.0f} million USD a month (stated: {fee:,.0f})")
    instance = load(FOLDER)
    value, gap = net_cost(instance, time_limit)
    click.echo(f"as it is: {value / 1e6:,.0f} million USD, within {gap / 1e6:,.0f}")
    for provider in instance.providers:
        loss = Loss(id="lost", providers=(provider,), covered_share="promised", uncovered_usd_per_million_tokens=1000.0)
        survived, gap = net_cost(replace(instance, losses={"lost": loss}), time_limit)
        click.echo(f"floors covered without {provider}: {(survived - value) / 1e6:+,.0f} million USD, within {gap / 1e6:,.0f}")
    for scenario in ("one-quarter-slip", "two-quarter-slip"):
        slipped, gap = net_cost(load(FOLDER, scenario=scenario), time_limit)
        click.echo(f"{scenario}: {(slipped - value) / 1e6:+,.0f} million USD, within {gap / 1e6:,.0f}")


if __name__ == "__main__":
    main()
