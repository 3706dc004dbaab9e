"""Seeded instance families S to XXL, by one stated law, written as instance folders.

    python -m benchmarks family S --seed 3 --out s3

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
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
import numpy as np

START = date(2026, 3, 2)
HOURS_PER_WEEK = 168.0
UNIT_GPUS = 8
TOKENS_PER_UNIT = 1000.0
IDLE_SHARE = 0.2
TYPES = ("ref", "refplus", "big", "small")
TRAINING_SPEED = np.array([1.0, 1.15, 2.4, 0.7])
SERVING_SPEED = np.array([1.0, 1.5, 3.2, 0.8])
KW = np.array([1.4, 1.4, 2.1, 0.9])
RUNGS = ((0.10, 3.0), (0.20, 5.0), (0.30, 8.0), (0.40, 12.0))
"""Share of demand and USD per unit-hour unserved, in the order of shedding."""


@dataclass(frozen=True)
class Family:
    """Size and hardness knobs of a family."""

    jobs: int
    sites: int
    islands: int
    blocks: int
    services: int
    streams: int
    eligible: float = 0.8
    load: float = 1.15
    divisible_share: float = 0.5
    largest_gang: float = 0.9
    """Of the largest island."""
    power: tuple[float, float] = (0.75, 1.05)
    """Limit against full draw."""
    ramping: float = 0.35
    """Share of sites that come online within the horizon."""
    slack: tuple[float, float] = (1.0, 2.5)
    """Due date after release, in lengths."""


FAMILIES = {
    "S": Family(jobs=40, sites=5, islands=8, blocks=12, services=4, streams=12),
    "M": Family(jobs=300, sites=8, islands=13, blocks=52, services=8, streams=32),
    "L": Family(jobs=2_000, sites=20, islands=40, blocks=52, services=20, streams=80),
    "XL": Family(jobs=10_000, sites=60, islands=150, blocks=52, services=40, streams=160),
    "XXL": Family(jobs=100_000, sites=200, islands=1_000, blocks=104, services=100, streams=400, eligible=0.08),
}


def write(family: Family, seed: int, folder: Path, name: str = "family") -> Path:
    """Write an instance folder; returns it. Equal for equal family and seed."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    supply = _supply(family, rng)
    document = _document(family, supply, f"{name}-{seed}")
    services = _services(family, supply, rng, folder)
    document["services"], document["streams"] = services
    _jobs(family, supply, rng, folder)
    (folder / "fleet.json").write_text(json.dumps(document, indent=1) + "\n")
    return folder


# ------------------------------------------------------------ supply


@dataclass(frozen=True)
class _Supply:
    kind: Any
    islands: list[list[int]]
    online: Any
    """GPUs by site and block."""
    rent: Any
    energy: Any
    power_kw: Any

    @property
    def largest_island(self) -> int:
        return max(max(sizes) for sizes in self.islands)


def _supply(family: Family, rng: np.random.Generator) -> _Supply:
    n = family.sites
    size = rng.lognormal(np.log(27_000), 0.8, n)
    kind = rng.integers(0, 4, n)
    kind[: min(4, n)] = np.arange(4)[:n]
    pieces = _island_counts(family, size, rng)
    islands = [[max(int(size[s] / pieces[s]) // UNIT_GPUS * UNIT_GPUS, UNIT_GPUS)] * pieces[s] for s in range(n)]
    gpus = np.array([sum(sizes) for sizes in islands])
    ramp_from = np.where(_share_of(n, family.ramping, rng), rng.uniform(0, family.blocks * 2 / 3, n).astype(int), -8)
    ramp_from[np.argmax(gpus)] = -8
    share = np.clip((np.arange(family.blocks)[None] - ramp_from[:, None] + 1) / 8, 0, 1)
    online = np.floor(gpus[:, None] * share / UNIT_GPUS).astype(int) * UNIT_GPUS
    rented = _share_of(n, 0.4, rng)
    rent = np.where(rented, rng.uniform(1.2, 2.5, n), rng.uniform(0.2, 0.5, n))
    limit = gpus * KW[kind] * rng.uniform(*family.power, n)
    return _Supply(kind, islands, online, rent, rng.uniform(0.04, 0.11, n), limit)


def _share_of(count: int, share: float, rng: np.random.Generator) -> Any:
    """Marks a share of so many, rounded, at random, [count]."""
    return rng.permutation(count) < round(share * count)


def _island_counts(family: Family, size: Any, rng: np.random.Generator) -> list[int]:
    """Islands per site: about 8k, 16k or 24k each, adjusted one by one until the family's number is met."""
    target = rng.choice([8_000, 16_000, 24_000], len(size))
    counts = np.clip(np.round(size / target), 1, 12).astype(int)
    while counts.sum() != family.islands:
        step = 1 if counts.sum() < family.islands else -1
        room = np.flatnonzero((counts + step >= 1) & (counts + step <= 12))
        if not len(room):
            break
        weight = size[room] / counts[room]
        counts[room[np.argmax(step * weight)]] += step
    return [int(c) for c in counts]


def _document(family: Family, supply: _Supply, name: str) -> dict[str, Any]:
    season = 1 + 0.15 * np.cos(2 * np.pi * np.arange(family.blocks) / 52)
    weeks = [(START + timedelta(weeks=b)).isoformat() for b in range(family.blocks)]
    sites = range(family.sites)

    def steps(values: Any) -> Any:
        rows = [{"from_date": weeks[b], "value": round(float(v), 6)} for b, v in enumerate(values)]
        return [row for b, row in enumerate(rows) if b == 0 or row["value"] != rows[b - 1]["value"]]

    return {
        "format": "fleet-placement/1",
        "name": name,
        "calendar": {"start": START.isoformat(), "block": "week", "blocks": family.blocks},
        "accelerators": [_accelerator(t) for t in range(4)],
        "providers": [{"id": "own", "kind": "self"}],
        "regions": [{"id": "world", "jurisdiction": "any"}],
        "sites": [
            {"id": f"s{s}", "provider": "own", "region": "world", "jurisdiction": "any", "feed": f"f{s}", "pue": 1.0} for s in sites
        ],
        "feeds": [
            {
                "id": f"f{s}",
                "parent": None,
                "limit_kw": round(float(supply.power_kw[s]), 3),
                "price_usd_per_kwh": steps(supply.energy[s] * season),
            }
            for s in sites
        ],
        "contracts": [
            {
                "id": f"c{s}",
                "kind": "owned" if supply.rent[s] < 1 else "leased",
                "provider": "own",
                "from_date": "2026-01-01",
                "to_date": "open",
                "price_usd_per_gpu_hour": round(float(supply.rent[s]), 4),
            }
            for s in sites
        ],
        "pools": [
            {
                "id": f"p{s}",
                "site": f"s{s}",
                "accelerator": TYPES[supply.kind[s]],
                "contract": f"c{s}",
                "islands": [{"gpus": sizes[0], "count": len(sizes)}],
                "online_gpus": steps(supply.online[s]),
            }
            for s, sizes in enumerate(supply.islands)
        ],
        "links": [{"id": f"l{s}", "a": "world", "b": f"s{s}", "gbit_s": "unlimited", "rtt_ms": 20} for s in sites],
        "tenants": [
            {"id": "research"},
            {
                "id": "users",
                "ladder": {
                    "rungs": [
                        {"share": share, "usd_per_million_tokens_unserved": round(usd / (TOKENS_PER_UNIT * 3600 / 1e6), 6)}
                        for share, usd in RUNGS
                    ]
                },
            },
        ],
        "latency_classes": [{"id": "standard", "max_rtt_ms": 200}],
        "tables": {"jobs": "jobs.csv", "shapes": "shapes.csv", "eligibility": "eligibility.csv", "demand": "demand.csv"},
    }


def _accelerator(t: int) -> dict[str, Any]:
    kw = float(KW[t])
    return {
        "id": TYPES[t],
        "vendor": "family",
        "name": TYPES[t],
        "hbm_gb": 80,
        "scale_up_domain_gpus": UNIT_GPUS,
        "allocation_unit_gpus": UNIT_GPUS,
        "scale_out_gbit_s": 400,
        "idle_kw": round(kw * IDLE_SHARE, 6),
        "modes": [{"id": "full", "training_kw": kw, "serving_kw": kw, "training_speed": 1.0, "serving_speed": 1.0}],
    }


# ------------------------------------------------------------ demand


def _services(family: Family, supply: _Supply, rng: np.random.Generator, folder: Path) -> tuple[list[Any], list[Any]]:
    wanted = supply.online.sum() * family.divisible_share * family.load
    grow = np.exp(rng.uniform(0.2, 1.5, family.services)[:, None] * np.arange(family.blocks)[None] / family.blocks)
    demand = rng.lognormal(0, 1, family.services)[:, None] * grow
    demand *= wanted / demand.sum()
    owner = np.arange(family.streams) % family.services
    part = rng.dirichlet(np.ones(family.streams)) + 0.2 / family.streams
    part /= np.bincount(owner, part)[owner]
    allowed = _eligible(family.services, family, rng)
    services = []
    for s in range(family.services):
        profiles = [
            {
                "accelerator": TYPES[t], "latency_class": "standard", "gpus_per_replica": UNIT_GPUS,
                "tokens_per_s": UNIT_GPUS * TOKENS_PER_UNIT * float(SERVING_SPEED[t]),
            }
            for t in np.unique(supply.kind[allowed[s]])
        ]  # fmt: skip
        services.append({"id": f"v{s}", "profiles": profiles, "pools": [f"p{q}" for q in np.flatnonzero(allowed[s])]})
    streams = []
    with (folder / "demand.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["stream", "block", "demand_tokens_per_s"])
        for t in range(family.streams):
            streams.append(
                {"id": f"d{t}", "tenant": "users", "region": "world", "service": f"v{owner[t]}", "latency_class": "standard"}
            )
            for b in range(family.blocks):
                rate = demand[owner[t], b] * part[t] * TOKENS_PER_UNIT
                out.writerow([f"d{t}", (START + timedelta(weeks=b)).isoformat(), f"{rate:.3f}"])
    return services, streams


def _eligible(rows: int, family: Family, rng: np.random.Generator) -> Any:
    """Which sites each row may use, at least one, [rows, sites]."""
    chosen = rng.random((rows, family.sites)) < family.eligible
    chosen[np.arange(rows), rng.integers(0, family.sites, rows)] = True
    return chosen


def _jobs(family: Family, supply: _Supply, rng: np.random.Generator, folder: Path) -> None:
    n, horizon = family.jobs, family.blocks * HOURS_PER_WEEK
    most = family.largest_gang * supply.largest_island
    hours = np.clip(rng.lognormal(np.log(4 * HOURS_PER_WEEK), 0.7, n), HOURS_PER_WEEK, min(16 * HOURS_PER_WEEK, horizon / 2))
    gpus = np.exp(rng.uniform(np.log(16), np.log(most), n))
    work = supply.online.sum() * HOURS_PER_WEEK * (1 - family.divisible_share) * family.load
    for _ in range(50):
        gpus = np.clip(gpus * work / (gpus * hours).sum(), 16, most)
    gpus = np.maximum(gpus // UNIT_GPUS * UNIT_GPUS, 16).astype(int)
    weeks = np.ceil(hours / HOURS_PER_WEEK)
    release = np.floor(rng.uniform(0, 1, n) * np.maximum(family.blocks - weeks + 1, 1)).astype(int)
    due = release + np.ceil(rng.uniform(*family.slack, n) * weeks).astype(int)
    value = rng.uniform(2, 8, n) * gpus * hours
    factor = rng.uniform(0.9, 1.1, (n, 4))
    allowed = _eligible(n, family, rng)
    with (
        (folder / "jobs.csv").open("w", newline="") as jobs,
        (folder / "shapes.csv").open("w", newline="") as shapes,
        (folder / "eligibility.csv").open("w", newline="") as eligibility,
    ):
        job_rows, shape_rows, pool_rows = csv.writer(jobs), csv.writer(shapes), csv.writer(eligibility)
        job_rows.writerow(
            ["id", "tenant", "commitment", "value_usd", "span", "release_date", "due_date", "deadline_date", "lateness_usd_per_day"]
        )
        shape_rows.writerow(["job", "accelerator", "gpus", "duration_hours"])
        pool_rows.writerow(["workload", "pool"])
        for j in range(n):
            days = [min(int(b), family.blocks) for b in (release[j], due[j], due[j] + 8)]
            dates = [(START + timedelta(weeks=b)).isoformat() for b in days]
            job_rows.writerow([f"j{j}", "research", "optional", f"{value[j]:.2f}", "island", *dates, f"{0.05 * value[j] / 7:.4f}"])
            for t in np.unique(supply.kind[allowed[j]]):
                shape_rows.writerow([f"j{j}", TYPES[t], gpus[j], f"{hours[j] / TRAINING_SPEED[t] * factor[j, t]:.4f}"])
            pool_rows.writerows([f"j{j}", f"p{q}"] for q in np.flatnonzero(allowed[j]))


@click.command()
@click.argument("family", type=click.Choice(list(FAMILIES)))
@click.option("--seed", default=0, show_default=True)
@click.option("--load", type=float, help="Total demand against capacity.")
@click.option("--largest-gang", type=float, help="Largest gang against the largest island.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
def main(family: str, seed: int, load: float | None, largest_gang: float | None, out: Path) -> None:
    """Write one instance of a family."""
    knobs = {key: value for key, value in (("load", load), ("largest_gang", largest_gang)) if value is not None}
    write(replace(FAMILIES[family], **knobs), seed, out, family)
    click.echo(f"{out}")
