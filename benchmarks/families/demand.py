"""Services with their streams, and jobs: written row by row, so that memory is that of the figures and not of the text."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.families.law import HOURS_PER_WEEK, SERVING_SPEED, START, TOKENS_PER_UNIT, TRAINING_SPEED, TYPES, UNIT_GPUS, Family
from benchmarks.families.supply import Supply


def write_services(family: Family, supply: Supply, rng: np.random.Generator, folder: Path) -> tuple[list[Any], list[Any]]:
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


def write_jobs(family: Family, supply: Supply, rng: np.random.Generator, folder: Path) -> None:
    n, horizon = family.jobs, family.blocks * HOURS_PER_WEEK
    kind = np.arange(n) % (family.kinds or n)
    most = family.largest_gang * supply.largest_island
    hours = rng.lognormal(np.log(4 * HOURS_PER_WEEK), 0.7, n)[kind]
    hours = np.clip(hours, HOURS_PER_WEEK, min(16 * HOURS_PER_WEEK, horizon / 2))
    gpus = np.exp(rng.uniform(np.log(16), np.log(most), n))[kind]
    work = supply.online.sum() * HOURS_PER_WEEK * (1 - family.divisible_share) * family.load
    for _ in range(50):
        gpus = np.clip(gpus * work / (gpus * hours).sum(), 16, most)
    gpus = np.maximum(gpus // UNIT_GPUS * UNIT_GPUS, 16).astype(int)
    weeks = np.ceil(hours / HOURS_PER_WEEK)
    release = np.floor(rng.uniform(0, 1, n)[kind] * np.maximum(family.blocks - weeks + 1, 1)).astype(int)
    due = release + np.ceil(rng.uniform(*family.slack, n)[kind] * weeks).astype(int)
    value = rng.uniform(2, 8, n)[kind] * gpus * hours
    factor = rng.uniform(0.9, 1.1, (n, 4))[kind]
    allowed = _eligible(n, family, rng)[kind]
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
            days = [min(int(b), family.blocks) for b in (release[j], due[j], due[j] + family.late_blocks)]
            dates = [(START + timedelta(weeks=b)).isoformat() for b in days]
            job_rows.writerow([f"j{j}", "research", "optional", f"{value[j]:.2f}", "island", *dates, f"{0.05 * value[j] / 7:.4f}"])
            for t in np.unique(supply.kind[allowed[j]]):
                shape_rows.writerow([f"j{j}", TYPES[t], gpus[j], f"{hours[j] / TRAINING_SPEED[t] * factor[j, t]:.4f}"])
            pool_rows.writerows([f"j{j}", f"p{q}"] for q in np.flatnonzero(allowed[j]))
