"""How Free, Pro and Max are rationed before and after the lease: multipliers of demand by tier, band and month.

    python instances/frontier-2026/limits.py

Solves the scenarios with limits, with the lease and without it, and prints one table for each, with net cost and bound.
Solves are limited by counted work, so that the tables are the same on every machine.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from placement import load, solve

FOLDER = Path(__file__).parent
SCENARIOS = ["peak-limits", "peak-limits-no-lease"]


@click.command()
@click.option("--solver", default="prices", show_default=True)
@click.option("--work-limit", default=150.0, show_default=True, help="Of each solve; a unit is about a second of one core.")
def main(solver: str, work_limit: float) -> None:
    """Print one table for each scenario."""
    for scenario in SCENARIOS:
        instance = load(FOLDER, scenario=scenario)
        result = solve(instance, solver=solver, work_limit=work_limit, deterministic=True)
        if result.plan is None:
            click.echo(f"{scenario}: {result.status.value} within {work_limit:g} units of work")
            continue
        level = result.levels[-1]
        assert level.value is not None
        bound = "no bound" if level.bound is None else f"bound {level.bound / 1e9:.2f}"
        click.echo(f"{scenario}: net cost {level.value / 1e9:.2f} billion USD, {bound}")
        limits, days = result.plan.limits, instance.calendar.block_starts
        for n, lever in enumerate(instance.levers.values()):
            mine = np.flatnonzero(limits.lever == n)
            if not len(mine):
                continue
            mine = mine[np.argsort(limits.start_block[mine], kind="stable")]
            if n == 0:
                months = " | ".join(f"{days[block]:%b}" for block in limits.start_block[mine])
                click.echo(f"| share of demand let through | {months} |\n|---|{'---|' * len(mine)}")
            shares = " | ".join(f"{multiplier:.0%}" for multiplier in limits.multiplier[mine])
            click.echo(f"| {lever.name or lever.id} | {shares} |")


if __name__ == "__main__":
    main()
