"""Writes a folder of long tables of a given size: ``python tests/files/make_large.py FOLDER [--jobs 10000 ...] [--parquet]``."""

from __future__ import annotations

import argparse
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np


def make(
    folder: Path, *, jobs: int, pools: int, streams: int, blocks: int, shapes: int = 2, eligible: int = 60, seed: int = 0
) -> None:
    """``jobs`` x ``shapes`` shape rows, ``jobs`` x ``eligible`` eligibility rows, ``streams`` x ``blocks`` x 3 demand rows."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(seed)
    parts = ["h100-sxm", "b200-sxm", "mi300x", "h200-sxm"][: max(shapes, 1)]
    start = date(2026, 3, 2)
    bands = [
        {
            "id": "peak",
            "zone": "America/Los_Angeles",
            "hours": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from_hour": 5, "to_hour": 11}],
        },
        {"id": "shoulder", "zone": "America/Los_Angeles", "hours": [{"days": ["sat", "sun"], "from_hour": 5, "to_hour": 20}]},
        {"id": "rest", "rest": True},
    ]
    document = {
        "format": "fleet-placement/1",
        "name": f"large-{jobs}",
        "calendar": {"start": str(start), "block": "week", "blocks": blocks, "bands": bands},
        "providers": [{"id": "us", "kind": "self"}],
        "regions": [{"id": "west", "jurisdiction": "US"}],
        "feeds": [{"id": "grid", "parent": None, "limit_kw": 1e6, "price_usd_per_kwh": 0.05}],
        "sites": [{"id": "campus", "provider": "us", "region": "west", "jurisdiction": "US", "feed": "grid", "pue": 1.2}],
        "contracts": [
            {
                "id": "owned",
                "kind": "owned",
                "provider": "us",
                "from_date": "2025-01-01",
                "to_date": "open",
                "price_usd_per_gpu_hour": 1,
            }
        ],
        "pools": [
            {
                "id": f"pool-{q}",
                "site": "campus",
                "accelerator": parts[q % len(parts)],
                "contract": "owned",
                "islands": [{"gpus": 4096, "count": 2}],
            }
            for q in range(pools)
        ],
        "tenants": [{"id": "lab", "ladder": {"rungs": [{"share": 1, "usd_per_million_tokens_unserved": 10}]}}],
        "latency_classes": [{"id": "any", "max_rtt_ms": "unlimited"}],
        "services": [
            {
                "id": "chat",
                "profiles": [
                    {"accelerator": p, "latency_class": "any", "gpus_per_replica": 8, "tokens_per_s": 2000} for p in parts
                ],
            }
        ],
        "streams": [
            {"id": f"stream-{s}", "tenant": "lab", "region": "west", "service": "chat", "latency_class": "any"}
            for s in range(streams)
        ],
        "tables": {name: f"{name}.csv" for name in ("jobs", "shapes", "eligibility", "demand", "ramps")},
    }
    (folder / "fleet.json").write_text(json.dumps(document, indent=1))
    ids = [f"job-{j:06d}" for j in range(jobs)]
    value = np.round(draw.lognormal(10, 1, jobs), 2)
    release = [start + timedelta(days=int(d)) for d in draw.integers(0, 7 * blocks // 2, jobs)]
    _write(
        folder / "jobs.csv", "id,tenant,commitment,value_usd,span,release_date,lateness_usd_per_day",
        (f"{ids[j]},lab,optional,{value[j]},island,{release[j]},{j % 7}" for j in range(jobs)),
    )  # fmt: skip
    _write(
        folder / "shapes.csv", "job,accelerator,gpus,duration_hours,mode",
        (
            f"{ids[j]},{parts[k]},{8 * (1 + j % 500)},{40 + j % 900},{'cap80' if j % 3 else ''}"
            for j in range(jobs) for k in range(shapes)
        ),
    )  # fmt: skip
    chosen = [draw.permutation(pools)[:eligible] for _ in range(min(jobs, 997))]
    _write(folder / "eligibility.csv", "workload,pool", (f"{ids[j]},pool-{q}" for j in range(jobs) for q in chosen[j % 997]))
    demand = np.round(draw.lognormal(8, 1, (streams, blocks, 3)), 3)
    _write(
        folder / "demand.csv", "stream,block,band,demand_tokens_per_s,mean_tokens_per_s",
        (
            f"stream-{s},{start + timedelta(days=7 * b)},{band['id']},{demand[s, b, k]},{demand[s, b, k] / 2}"
            for s in range(streams) for b in range(blocks) for k, band in enumerate(bands)
        ),
    )  # fmt: skip
    _write(
        folder / "ramps.csv",
        "pool,from_date,online_gpus",
        (f"pool-{q},{d},{n}" for q in range(pools) for d, n in ((start, 4096), ("2026-04-06", 8192))),
    )


def _write(path: Path, header: str, rows: object) -> None:
    with path.open("w") as file:
        file.write(header + "\n")
        file.writelines(f"{row}\n" for row in rows)  # type: ignore[attr-defined]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    for name, size in (("jobs", 10_000), ("pools", 144), ("streams", 3206), ("blocks", 104), ("shapes", 4), ("eligible", 60)):
        parser.add_argument(f"--{name}", type=int, default=size)
    make(**vars(parser.parse_args()))
