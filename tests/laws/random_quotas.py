"""Quotas, cohorts and borrowing over random instances."""

from __future__ import annotations

from typing import Any

import numpy as np


def on_quotas(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Both tenants have quotas, as a rule of one cohort; some jobs may be stopped, and replicas count on a quota or on none."""
    house = rng.random() < 0.9
    by_type = rng.random() < 0.4
    for tenant in document["tenants"]:
        if by_type:
            tenant["accelerator_quota_gpus"] = {"a": int(rng.integers(0, 6)), "b": int(rng.integers(0, 6))}
        if not by_type or rng.random() < 0.3:
            tenant["quota_gpus"] = _steps(document, rng)
        if house:
            tenant |= {"cohort": "house", "borrow_usd_per_gpu_hour": float(rng.choice([0.0, 0.3, 2.0]))}
            if rng.random() < 0.4:
                tenant["lend_gpus"] = _steps(document, rng)
            if rng.random() < 0.4:
                tenant["borrow_gpus"] = int(rng.integers(0, 9))
            if rng.random() < 0.4:
                tenant["priority"] = float(rng.choice([0.5, 3.0]))
    for job in document["jobs"]:
        job["tenant"] = str(rng.choice(["t", "lab"]))
        job["reclaimable"] = bool(rng.random() < 0.25)
        if rng.random() < 0.2:
            job["quota"] = "t"
        if rng.random() < 0.5:  # Into a second block, where the horizon has room for it.
            job.pop("deadline_date", None)
            for shape in job["shapes"]:
                shape["duration_hours"] = 30.0 if document["calendar"]["block"] == "day" else 200.0
    if rng.random() < 0.6:
        document["services"][0]["quota"] = str(rng.choice(["t", "lab"]))
    return document


def _steps(document: dict[str, Any], rng: np.random.Generator) -> Any:
    """GPUs throughout, by band, or less from the second day on."""
    gpus, later = (int(n) for n in rng.choice([0, 1, 2, 4, 6, 9, 14], 2))
    if "bands" in document["calendar"] and rng.random() < 0.3:
        return {"day": gpus, "night": later}
    if rng.random() < 0.3:
        return [{"from_date": "2026-03-02", "value": gpus}, {"from_date": "2026-03-03", "value": later}]
    return gpus
