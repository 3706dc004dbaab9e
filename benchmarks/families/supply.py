"""Sites, islands, ramps, power and prices, and the document that states them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from benchmarks.families.law import IDLE_SHARE, KW, RUNGS, START, TOKENS_PER_UNIT, TYPES, UNIT_GPUS, Family, share_of


@dataclass(frozen=True)
class Supply:
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


def make_supply(family: Family, rng: np.random.Generator) -> Supply:
    n = family.sites
    size = rng.lognormal(np.log(27_000), 0.8, n)
    kind = rng.integers(0, 4, n)
    kind[: min(4, n)] = np.arange(4)[:n]
    pieces = _island_counts(family, size, rng)
    islands = [[max(int(size[s] / pieces[s]) // UNIT_GPUS * UNIT_GPUS, UNIT_GPUS)] * pieces[s] for s in range(n)]
    gpus = np.array([sum(sizes) for sizes in islands])
    ramp_from = np.where(share_of(n, family.ramping, rng), rng.uniform(0, family.blocks * 2 / 3, n).astype(int), -8)
    ramp_from[np.argmax(gpus)] = -8
    share = np.clip((np.arange(family.blocks)[None] - ramp_from[:, None] + 1) / 8, 0, 1)
    online = np.floor(gpus[:, None] * share / UNIT_GPUS).astype(int) * UNIT_GPUS
    rented = share_of(n, 0.4, rng)
    rent = np.where(rented, rng.uniform(1.2, 2.5, n), rng.uniform(0.2, 0.5, n))
    limit = gpus * KW[kind] * rng.uniform(*family.power, n)
    return Supply(kind, islands, online, rent, rng.uniform(0.04, 0.11, n), limit)


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


def document(family: Family, supply: Supply, name: str) -> dict[str, Any]:
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
        "accelerators": [accelerator(t) for t in range(4)],
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


def accelerator(t: int) -> dict[str, Any]:
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
