"""Levers of rationing over random instances: limits, closings, admissions and losses beside them."""

from __future__ import annotations

from typing import Any

import numpy as np


def powered(document: dict[str, Any]) -> dict[str, Any]:
    """Power is plenty, so that levers are what choices break; nothing must be but what a tenant may be refused with."""
    for feed in document["feeds"]:
        feed["limit_kw"] = "unlimited"
    for job in document["jobs"]:
        job["commitment"] = "promised" if job["commitment"] == "must" else job["commitment"]
    document["tenants"][0]["ladder"]["hard"] = False
    return document


def limited(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """One limit on all streams, in all bands or one; multipliers that capacity may or may not reach."""
    offered = [0.0, 0.25, 0.5, 0.8, 1.0, 1.5]
    picked = sorted(rng.choice(offered, int(rng.integers(1, 5)), replace=False).tolist())
    lever: dict[str, Any] = {
        "id": "cap",
        "kind": "limit",
        "tenant": "t",
        "multipliers": picked if rng.random() < 0.3 else sorted({0.0, *picked}),
        "per": str(rng.choice(["block", "block", "month", "horizon"])),
        "change_usd": float(rng.choice([0.0, 3.0, 40.0])),
    }
    if "bands" in document["calendar"] and rng.random() < 0.6:
        lever["bands"] = [str(rng.choice(["day", "night"]))]
    document.setdefault("levers", []).append(lever)
    return document


def closable(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A product that may be closed, for some blocks or until the end of a window."""
    lever: dict[str, Any] = {
        "id": "shut",
        "kind": "closing",
        "tenant": "t",
        "services": ["m"],
        "closing_usd": float(rng.choice([0.0, 2.0, 30.0])),
        "usd_per_million_tokens": float(rng.choice([0.0, 5.0])),
    }
    if rng.random() < 0.6:
        lever["blocks"] = int(rng.integers(1, 3))
    if rng.random() < 0.4:
        lever["from_date"] = "2026-03-02" if document["calendar"]["blocks"] == 2 else "2026-03-03"
    document.setdefault("levers", []).append(lever)
    return document


def admitted(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Tenants that may be refused, with must, promised and optional jobs."""
    for tenant in document["tenants"]:
        if rng.random() < 0.8:
            tenant |= {"admission": "decided", "refusal_usd": float(rng.choice([0.0, 20.0, 500.0]))}
    for job in document["jobs"]:
        job |= {"tenant": str(rng.choice(["t", "lab"])), "commitment": str(rng.choice(["must", "promised", "optional"]))}
        job.pop("breach_usd", None)
    ladder = document["tenants"][0]["ladder"]
    ladder["hard"] = bool(ladder.get("floor_share", 0.0) > 0 and rng.random() < 0.5)
    return document


def credited(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Credits of a tenant, of streams, or both, in USD or as shares."""
    for noun in [document["tenants"][0], *document["streams"]]:
        if rng.random() < 0.7:
            thresholds = sorted(rng.choice([0.2, 0.5, 0.9, 1.0], int(rng.integers(1, 4)), replace=False).tolist(), reverse=True)
            field, unit = ("credit_usd", 5.0) if rng.random() < 0.5 else ("credit_share", 0.2)
            steps = [{"below_share": share, field: unit * (n + 1)} for n, share in enumerate(thresholds)]
            noun["credits"] = {"per": str(rng.choice(["block", "month", "horizon"])), "steps": steps}
    return document


def steadied(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A tenant whose swings cost; one of its streams may ask for nothing in some days."""
    document["tenants"][0]["swing_usd_per_point"] = float(rng.choice([0.0, 0.05, 2.0]))
    stream = document["streams"][0]
    if rng.random() < 0.5:
        later = {"from_date": "2026-03-09" if document["calendar"]["block"] == "week" else "2026-03-03", "value": 4.0}
        stream["demand_tokens_per_s"] = [{"from_date": "2026-03-02", "value": float(rng.choice([0.0, 9.0]))}, later]
    return document


def shiftable(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Streams of which a part can wait, with means of their own; one of them may ask for nothing in some days."""
    document = steadied(document, rng)
    document["tenants"][0].pop("swing_usd_per_point")
    days = 7 if document["calendar"]["block"] == "week" else 1
    for stream in document["streams"]:
        if rng.random() < 0.8:
            delay = float(rng.choice([12, 24, 48])) if days == 1 or "bands" in document["calendar"] else 24.0 * days
            stream["shifting"] = {
                "most_share": float(rng.choice([0.3, 1.0])),
                "most_delay_hours": max(delay, 12.0 if "bands" in document["calendar"] else 24.0),
                "loss_share": float(rng.choice([0.0, 0.25])),
                "usd_per_million_tokens": float(rng.choice([0.0, 1.0])),
            }
            if "bands" in document["calendar"] and rng.random() < 0.5:
                stream["shifting"]["into_bands"] = ["night"]
        if not isinstance(stream["demand_tokens_per_s"], list) and rng.random() < 0.5:
            stream["mean_tokens_per_s"] = stream["demand_tokens_per_s"] / 2
    return document


def degradable(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Streams of which a part may go to the other, which may have none of its own; some of it can wait as well."""
    if rng.random() < 0.5:
        document = shiftable(document, rng)
    streams = document["streams"]
    if len(streams) == 1:
        streams.append({**streams[0], "id": "d1", "latency_class": "slow", "demand_tokens_per_s": float(rng.choice([0.0, 3.0]))})
        streams[1].pop("mean_tokens_per_s", None)
    for n in range(2):
        if n == 0 or rng.random() < 0.4:
            streams[n]["degrade_to"] = {
                "stream": streams[1 - n]["id"],
                "tokens_per_token": float(rng.choice([0.25, 0.5, 1.0])),
                "most_share": float(rng.choice([0.3, 1.0])),
                "usd_per_million_tokens": float(rng.choice([0.0, 1.0])),
            }
    return document


def churning(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Streams whose later demand is lost with what is not served."""
    document = shiftable(document, rng)
    for stream in document["streams"]:
        stream["elasticity"] = {"lost_share_per_point": float(rng.choice([0.0005, 0.01]))}
    return document


def with_losses(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Losses after which a share of demand, or what is promised, is covered."""
    loss: dict[str, Any] = {"id": "l", "each": "site", "covered_share": "promised" if rng.random() < 0.4 else 0.6}
    if rng.random() < 0.6:
        loss["uncovered_usd_per_million_tokens"] = 4.0
    document["losses"] = [loss]
    return document
