"""Seeded instance families S to XXL, by one stated law, written as instance folders.

    python -m benchmarks family S --seed 3 --out s3
    python -m benchmarks family L --seed 3 --largest-gang 0.6 --power 0.7 0.9 --out l3

Law. Sites of lognormal size (median 27,000 GPUs, sigma 0.8), one accelerator type each of four (training speed 1, 1.15, 2.4,
0.7; serving 1, 1.5, 3.2, 0.8; kW 1.4, 1.4, 2.1, 0.9), cut into up to 12 islands of about 8k, 16k or 24k; 35 % of sites come
online in the first two thirds of the horizon over 8 blocks; power limit 75 to 105 % of full draw; rented sites (40 %) at 1.2 to
2.5 and own ones at 0.2 to 0.5 USD per GPU-hour; energy at 0.04 to 0.11 USD/kWh with a season of 15 %. Jobs: GPUs log-uniform
from 16 to 90 % of the largest island in units of 8; hours lognormal (median 4 weeks, sigma 0.7, 1 to 16 weeks) divided by type
speed +-10 %; release uniform; due after 1 to 2.5 times the length; up to 8 blocks late at 5 % of value per block; value 2 to 8
USD per reference GPU-hour; total work half of capacity times the load. Services: demand lognormal in size, growing by 0.2 to
1.5 e-folds over the horizon, the other half of capacity times load; rungs of 40, 30, 20, 10 % at 12, 8, 5, 3 USD per unit-hour;
each may use 80 % of sites.

Where the law leaves a choice: capacity is GPU-hours online, work is reference GPU-hours; a job's release leaves room for its
length; GPUs are scaled together (capped at 90 % of the largest island) so that total work meets its share; a unit of service is
what one reference GPU serves, 1,000 tokens/s; idle draw is 20 % of the running draw.

The one-period families put unlike objects onto the places of sites, see ``one_period``. Knobs are described in ``law``.
"""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.families.demand import write_jobs, write_services
from benchmarks.families.law import Family, OnePeriod
from benchmarks.families.one_period import write_one_period
from benchmarks.families.supply import document, make_supply
from benchmarks.options import FIGURE, SEED, SHARE, Target

FAMILIES: dict[str, Family | OnePeriod] = {
    "S": Family(jobs=40, sites=5, islands=8, blocks=12, services=4, streams=12),
    "M": Family(jobs=300, sites=8, islands=13, blocks=52, services=8, streams=32),
    "L": Family(jobs=2_000, sites=20, islands=40, blocks=52, services=20, streams=80),
    "XL": Family(jobs=10_000, sites=60, islands=150, blocks=52, services=40, streams=160),
    "XXL": Family(jobs=100_000, sites=200, islands=1_000, blocks=104, services=100, streams=400, eligible=0.08),
    "one-period": OnePeriod(objects=265_000, sites=64, places_per_site=50),
    "one-period-small": OnePeriod(objects=2_000, sites=6, places_per_site=10),
}


def write(family: Family | OnePeriod, seed: int, folder: Path, name: str = "family") -> Path:
    """Write an instance folder; returns it. Equal for equal family and seed."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(family, OnePeriod):
        content = write_one_period(family, rng, folder, f"{name}-{seed}")
    else:
        supply = make_supply(family, rng)
        content = document(family, supply, f"{name}-{seed}")
        content["services"], content["streams"] = write_services(family, supply, rng, folder)
        write_jobs(family, supply, rng, folder)
    (folder / "fleet.json").write_text(json.dumps(content, indent=1) + "\n")
    return folder


def with_knobs(family: Family | OnePeriod, knobs: dict[str, Any]) -> Family | OnePeriod:
    """The family with some knobs set otherwise (None: as it is); ValueError for knobs that it does not have."""
    stated = {name: value for name, value in knobs.items() if value is not None}
    known = {field.name for field in fields(family)}
    for name in stated:
        if name not in known:
            raise ValueError(f"this family has no {name.replace('_', '-')}: leave it out")
    return replace(family, **stated)


@click.command()
@click.argument("family", type=click.Choice(list(FAMILIES)))
@click.option("--seed", type=SEED, default=0, show_default=True)
@click.option("--load", type=FIGURE, help="Demand against capacity [1.15].")
@click.option("--largest-gang", type=SHARE, help="Against the largest island [0.9]; in one period, the smallest place [0.1].")
@click.option("--power", type=(FIGURE, FIGURE), help="Power limit against full draw, lowest and highest [0.75 1.05].")
@click.option("--divisible-share", type=SHARE, help="Of demand, in services [0.5].")
@click.option("--ramping", type=SHARE, help="Share of sites that come online within the horizon [0.35].")
@click.option("--slack", type=(FIGURE, FIGURE), help="Due date after release in lengths, least and most [1 2.5].")
@click.option("--late-blocks", type=click.IntRange(0), help="Blocks from due date to deadline [8].")
@click.option("--eligible", type=SHARE, help="Share of sites that a job or service may use [0.8; XXL 0.08].")
@click.option("--jobs", type=click.IntRange(1), help="Number of jobs, total work unchanged.")
@click.option("--kinds", type=click.IntRange(1), help="Distinct jobs, the others equal to these in turn [all].")
@click.option("--out", type=Target(folder=True), required=True, help="Folder to write.")
def main(family: str, seed: int, out: Path, **knobs: Any) -> None:
    """Write one instance of a family."""
    try:
        changed = with_knobs(FAMILIES[family], knobs)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"{write(changed, seed, out, family)}")
