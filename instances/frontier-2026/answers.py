"""What the lease is worth, and what it costs to survive each provider: frontier-2026 solved again and again, around the answer.

    python instances/frontier-2026/answers.py

Prints, for each lease, the monthly fee at which the decision to sign it flips; for each provider, what net cost rises by when
the floors must be covered without it; and net cost under slips. Every solve has a gap: what figures lie within is printed beside.
Solves are limited by counted work, so that the figures are the same on every machine.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from placement import load, solve
from placement.explain.fee import fee_flips
from placement.instance import Instance
from placement.instance.losses import Loss
from placement.plan import Plan, Result

FOLDER = Path(__file__).parent
LEASES = ["colossus-1-lease", "colossus-2-lease"]


def net_cost(result: Result) -> tuple[float, float]:
    """Net cost and its gap, USD."""
    level = result.levels[-1]
    assert level.value is not None and level.bound is not None
    return level.value, level.value - level.bound


@click.command()
@click.option("--solver", default="prices", show_default=True)
@click.option("--work-limit", default=60.0, show_default=True, help="Of each solve; a unit is about a second of one core.")
@click.option("--gap", default=1e-3, show_default=True, help="Where a solve ends before that.")
def main(solver: str, work_limit: float, gap: float) -> None:
    """Print the answers, one line each."""

    def solved(case: Instance, start: Plan | None = None) -> Result:
        return solve(case, solver=solver, work_limit=work_limit, gap=gap, deterministic=True, start=start)

    for flip in fee_flips(load(FOLDER, scenario="lease-to-decide"), LEASES, solved):
        steps: Any = load(FOLDER).contracts[flip.contract].fee_usd_per_month
        if flip.factor is None or flip.least_factor is None or flip.most_factor is None:
            click.echo(f"{flip.contract}: {flip.note}")
            continue
        fee = steps[-1].value / 1e6
        flips, least, most = (fee * max(0.0, factor) for factor in (flip.factor, flip.least_factor, flip.most_factor))
        text = f"signed up to {flips:,.0f} million USD a month, proven {least:,.0f} to {most:,.0f} (stated: {fee:,.0f})"
        click.echo(f"{flip.contract}: {text}")
    instance = load(FOLDER)
    result = solved(instance)
    value, left = net_cost(result)
    click.echo(f"as it is: {value / 1e6:,.0f} million USD, within {left / 1e6:,.0f}")
    for provider in instance.providers:
        loss = Loss(id="lost", providers=(provider,), covered_share="promised", uncovered_usd_per_million_tokens=1000.0)
        survived, left = net_cost(solved(replace(instance, losses={"lost": loss}), result.plan))
        click.echo(f"floors covered without {provider}: {(survived - value) / 1e6:+,.0f} million USD, within {left / 1e6:,.0f}")
    for scenario in ("one-quarter-slip", "two-quarter-slip"):
        slipped, left = net_cost(solved(load(FOLDER, scenario=scenario)))
        click.echo(f"{scenario}: {(slipped - value) / 1e6:+,.0f} million USD, within {left / 1e6:,.0f}")


if __name__ == "__main__":
    main()
