"""Tenants that are kept apart, maintenance, and must jobs that are to survive losses, over random instances."""

from __future__ import annotations

from typing import Any

import numpy as np


def kept_apart(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """One tenant or two kept apart by pool or site, and jobs of three tenants."""
    for tenant in document["tenants"]:
        if rng.random() < 0.8:
            tenant["isolation"] = str(rng.choice(["pool", "site"]))
    document["tenants"].append({"id": "guest"})
    for job in document["jobs"]:
        job["tenant"] = str(rng.choice(["t", "lab", "guest"]))
    if rng.random() < 0.5:
        document["contracts"][0]["sublet_usd_per_gpu_hour"] = 0.7
    return document


def maintained(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A task or two on pools, of every way to say how much is down."""
    for contract in document["contracts"]:
        if rng.random() < 0.3:
            contract["sublet_usd_per_gpu_hour"] = 0.7
    days = 7 if document["calendar"]["block"] == "week" else 1
    for pool in document["pools"]:
        pool["spare_share"] = float(rng.choice([0.0, 0.2]))
        (group,) = pool["islands"]
        pool["maintenance"] = []
        for n in range(int(rng.integers(0, 3))):
            task: dict[str, Any] = {"id": f"m{n}", "from_date": "2026-03-02", "blocks": int(rng.integers(1, 3))}
            last = int(rng.integers(task["blocks"], document["calendar"]["blocks"] + 1))
            task["to_date"] = str(np.datetime64("2026-03-02") + days * last)
            how = str(rng.choice(["gpus", "share", "islands"]))
            all_islands = list(range(1, group["count"] + 1))
            amount = {"gpus": int(rng.integers(1, group["gpus"] + 1)), "share": float(rng.choice([0.2, 0.5]))}
            task[how] = amount.get(how, all_islands[: int(rng.integers(1, len(all_islands) + 1))])
            pool["maintenance"].append(task)
    for feed in document["feeds"]:
        if rng.random() < 0.5:
            blocks = int(rng.integers(1, 3))
            last = str(np.datetime64("2026-03-02") + days * int(rng.integers(blocks, document["calendar"]["blocks"] + 1)))
            feed["maintenance"] = [{"id": "w", "from_date": "2026-03-02", "to_date": last, "blocks": blocks}]
            feed["maintenance"][0]["limit_kw"] = float(rng.choice([0, 2, 6, 12]))
    return document


def surviving(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Small must jobs, and losses that they survive as a rule, since some pool remains."""
    first = document["pools"][0]
    other = {"id": "other", "site": "s1" if first["site"] == "s0" else "s0", "contract": "c0"}
    document["pools"].append({**first, **other, "islands": [{**first["islands"][0], "count": 1}]})
    document["pools"][-1] |= {"online_gpus": first["islands"][0]["gpus"], "spanning": None, "feed": None}
    for job in document["jobs"]:
        job["commitment"] = str(rng.choice(["must", "optional"], p=[0.7, 0.3]))
        shape = job["shapes"][0]
        if shape["gpus"] > 1:
            job["shapes"].append({"accelerator": shape["accelerator"], "gpus": 1, "duration_hours": 30.0})
    loss: dict[str, Any] = {"id": "l", "covered_share": 0.0, "jobs": "must"}
    loss |= {"each": str(rng.choice(["site", "contract"]))} if rng.random() < 0.6 else {"sites": ["s0"]}
    if rng.random() < 0.3:
        loss["tenants"] = ["lab"]
    for pool in document["pools"]:
        pool["spare_share"] = float(rng.choice([0.0, 0.2]))
    document["losses"] = [loss]
    return _tight(document, rng) if rng.random() < 0.5 else document


def _tight(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Power and cooling near to what must jobs and their backups draw, and second feeds that take over."""
    for tenant in document["tenants"]:
        tenant["flexibility_share"] = float(rng.choice([0.0, 0.5]))
    for feed in document["feeds"]:
        if rng.random() < 0.5:
            feed |= {"limit_kw": float(rng.choice([4, 8, 16])), "reserve_kw": float(rng.choice([0, 2]))}
        if rng.random() < 0.3:
            feed["cooling_kw"] = float(rng.choice([4, 8]))
    if rng.random() < 0.5:
        document["feeds"][1]["second_feed"] = "f1"
        feeds = {"feeds": ["f0", "root"][: int(rng.integers(1, 3))]} if rng.random() < 0.5 else {"each": "feed"}
        document["losses"] = [{"id": "l", "covered_share": 0.0, "jobs": "must", **feeds}]
    return document


def reclaimable(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Contracts that their landlord may end at notice, promised jobs, and losses by that."""
    for contract in document["contracts"]:
        day = f"2026-03-0{int(rng.integers(1, 4))}"
        reclaim: dict[str, Any] = {"earliest_date": day, "notice_days": int(rng.integers(0, 3))}
        if rng.random() < 0.6:
            reclaim["share"] = float(rng.choice([0.3, 0.5]))
        if rng.random() < 0.2:
            reclaim["jobs"] = "any"
        contract["reclaim"] = reclaim
    for job in document["jobs"]:
        job["commitment"] = str(rng.choice(["promised", "optional"], p=[0.7, 0.3]))
    document["streams"] = [{**STREAM, "id": f"d{n}"} for n in range(int(rng.integers(3)))]
    loss: dict[str, Any] = {"id": "l", "covered_share": float(rng.choice([0.3, 0.8]))}
    loss |= {"each": "reclaim"} if rng.random() < 0.5 else {"reclaims": ["c0", "c1"]}
    if rng.random() < 0.8:
        loss["uncovered_usd_per_million_tokens"] = 4.0
    document["losses"] = [loss]
    return document


STREAM = {
    "tenant": "t", "region": "here", "service": "m", "latency_class": "slow", "demand_tokens_per_s": 12.0,
    "revenue_usd_per_million_tokens": 2.0,
}  # fmt: skip
