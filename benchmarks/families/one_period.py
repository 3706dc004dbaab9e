"""Unlike objects onto alike places in one period: GPUs per place, kW per site, every place eligible.

Sites have places of 2,048, 4,096 or 8,192 GPUs, all alike within a site: a site is a pool, a place an island of it. Objects run
for the whole period (a week): GPUs log-uniform in units of 8 up to ``largest_gang`` of the smallest place, scaled together to the
load; each draws 0.7 to 1.4 kW per GPU, in eight steps that are modes of the accelerator; each is worth 2 to 8 USD per GPU-hour.
Prices of GPUs and energy by site are those of the other families. There is no eligibility table: absent, every place is eligible.
Power is measured against the mean draw.

265,000 objects on 3,200 places are 848 million pairs. What an object costs does not depend on which place of a site it takes, so
the Program has one option per object and site, and the plan packs the places (see ``placement.activities.gangs``).
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.families.law import HOURS_PER_WEEK, IDLE_SHARE, START, UNIT_GPUS, OnePeriod, share_of

PLACE_GPUS = (2_048, 4_096, 8_192)
DRAWS_KW = np.linspace(0.7, 1.4, 8)


def write_one_period(family: OnePeriod, rng: np.random.Generator, folder: Path, name: str) -> dict[str, Any]:
    """Write the tables; returns the document."""
    sites = family.sites
    place = rng.choice(PLACE_GPUS, sites)
    gpus = place * family.places_per_site
    power = gpus * DRAWS_KW.mean() * rng.uniform(*family.power, sites)
    rent = np.where(share_of(sites, 0.4, rng), rng.uniform(1.2, 2.5, sites), rng.uniform(0.2, 0.5, sites))
    energy = rng.uniform(0.04, 0.11, sites)
    _write_objects(family, int(gpus.sum()), int(place.min()), rng, folder)
    return {
        "format": "fleet-placement/1",
        "name": name,
        "calendar": {"start": START.isoformat(), "block": "week", "blocks": 1},
        "accelerators": [_accelerator()],
        "providers": [{"id": "own", "kind": "self"}],
        "regions": [{"id": "world", "jurisdiction": "any"}],
        "sites": [
            {"id": f"s{s}", "provider": "own", "region": "world", "jurisdiction": "any", "feed": f"f{s}", "pue": 1.0}
            for s in range(sites)
        ],
        "feeds": [
            {"id": f"f{s}", "parent": None, "limit_kw": round(float(power[s]), 3), "price_usd_per_kwh": round(float(energy[s]), 6)}
            for s in range(sites)
        ],
        "contracts": [
            {
                "id": f"c{s}",
                "kind": "owned" if rent[s] < 1 else "leased",
                "provider": "own",
                "from_date": "2026-01-01",
                "to_date": "open",
                "price_usd_per_gpu_hour": round(float(rent[s]), 4),
            }
            for s in range(sites)
        ],
        "pools": [
            {
                "id": f"p{s}",
                "site": f"s{s}",
                "accelerator": "gpu",
                "contract": f"c{s}",
                "islands": [{"gpus": int(place[s]), "count": family.places_per_site}],
                "online_gpus": int(gpus[s]),
            }
            for s in range(sites)
        ],
        "tenants": [{"id": "research"}],
        "tables": {"jobs": "jobs.csv", "shapes": "shapes.csv"},
    }


def _accelerator() -> dict[str, Any]:
    modes = [
        {"id": f"draw-{n}", "training_kw": round(float(kw), 6), "serving_kw": round(float(kw), 6), "training_speed": 1.0,
         "serving_speed": 1.0}
        for n, kw in enumerate(DRAWS_KW, 1)
    ]  # fmt: skip
    return {
        "id": "gpu",
        "vendor": "family",
        "name": "gpu",
        "hbm_gb": 80,
        "scale_up_domain_gpus": UNIT_GPUS,
        "allocation_unit_gpus": UNIT_GPUS,
        "scale_out_gbit_s": 400,
        "idle_kw": round(float(DRAWS_KW[0]) * IDLE_SHARE, 6),
        "modes": modes,
    }


def _write_objects(family: OnePeriod, capacity: int, smallest: int, rng: np.random.Generator, folder: Path) -> None:
    n, most = family.objects, max(family.largest_gang * smallest, UNIT_GPUS)
    gpus = np.exp(rng.uniform(np.log(UNIT_GPUS), np.log(most), n))
    for _ in range(50):
        gpus = np.clip(gpus * family.load * capacity / gpus.sum(), UNIT_GPUS, most)
    gpus = np.maximum(np.round(gpus / UNIT_GPUS), 1).astype(int) * UNIT_GPUS
    value = rng.uniform(2, 8, n) * gpus * HOURS_PER_WEEK
    draw = rng.integers(1, len(DRAWS_KW) + 1, n)
    with (folder / "jobs.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "tenant", "commitment", "value_usd", "span"])
        rows.writerows((f"j{j}", "research", "optional", f"{value[j]:.2f}", "island") for j in range(n))
    with (folder / "shapes.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["job", "accelerator", "gpus", "duration_hours", "mode"])
        rows.writerows((f"j{j}", "gpu", gpus[j], "168", f"draw-{draw[j]}") for j in range(n))
