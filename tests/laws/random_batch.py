"""Batch jobs over random instances, beside gangs and replicas, near to what is free there."""

from __future__ import annotations

from typing import Any

import numpy as np


def batched(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """The document with one to three batch jobs of every commitment; work that one or both accelerators can do."""
    document["batch_jobs"] = [_batch_job(n, document, rng) for n in range(int(rng.integers(1, 4)))]
    return document


def _batch_job(n: int, document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    calendar = document["calendar"]
    days = calendar["blocks"] * (7 if calendar["block"] == "week" else 1)
    names = [["a"], ["b"], ["a", "b"]][int(rng.integers(3))]
    # Without a pool of its accelerators it is no instance.
    names = [name for name in names if any(pool["accelerator"] == name for pool in document["pools"])]
    names = names or [document["pools"][0]["accelerator"]]
    hours = 24.0 * days * float(rng.choice([0.2, 0.7, 2.0]))
    job: dict[str, Any] = {
        "id": f"batch{n}",
        "tenant": str(rng.choice(["t", "lab"])),
        "commitment": str(rng.choice(["must", "promised", "optional", "optional"])),
        "value_usd": float(rng.integers(0, 200)),
        "work": [
            {"accelerator": name, "gpu_hours": hours * (1 + k), **({"modes": ["full", "cap"]} if rng.random() < 0.4 else {})}
            for k, name in enumerate(names)
        ],
        "max_gpus": "unlimited" if rng.random() < 0.4 else int(rng.integers(2, 6)),
    }
    if rng.random() < 0.5:
        job["min_gpus"] = int(rng.integers(1, 3))
    if rng.random() < 0.3:
        job["release_date"] = "2026-03-03" if calendar["block"] == "day" else "2026-03-09"
    if rng.random() < 0.3:
        job["deadline_date"] = str(np.datetime64("2026-03-02") + days)
    if job["commitment"] != "must" and rng.random() < 0.5:
        job["unfinished_usd"] = float(rng.integers(1, 100))
    if job["commitment"] == "promised" and rng.random() < 0.5:
        job["breach_usd"] = 30.0
    if rng.random() < 0.2:
        job["pools"] = [next(pool["id"] for pool in document["pools"] if pool["accelerator"] in names)]
    return job
