"""What the grid asks of random instances: events, demand response, non-firm power, second feeds, and tenants that give way."""

from __future__ import annotations

from typing import Any

import numpy as np


def asked(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """The document with some of each, near to what plans draw."""
    first, second = document["feeds"][1:]
    for tenant in document["tenants"]:
        if rng.random() < 0.8:
            tenant["flexibility_share"] = float(rng.choice([0.1, 0.25, 0.5, 1.0]))
    for n, feed in enumerate(document["feeds"]):
        if rng.random() < 0.5:
            feed["events"] = [_event(f"e{n}{k}", document, rng) for k in range(1 + int(rng.random() < 0.3))]
        if rng.random() < 0.4:
            feed["limit_kw"] = float(rng.choice([15, 25, 40]))
            feed["demand_response"] = [_response(f"r{k}", document, rng) for k in range(1 + int(rng.random() < 0.3))]
        if rng.random() < 0.3:
            feed["limit_kw"] = float(rng.choice([6, 10, 20]))
            feed["non_firm_kw"] = float(rng.choice([4, 10]))
    if rng.random() < 0.6:
        first["second_feed"] = "f1"
        if rng.random() < 0.5:
            second["second_feed"] = "f0"
        if rng.random() < 0.7:
            other = {"id": "grid2", "parent": None, "limit_kw": 30.0, "price_usd_per_kwh": 0.03, "reserve_kw": 2.0}
            document["feeds"].append(other)
            second["parent"] = "grid2"
    if rng.random() < 0.3:
        document["feeds"].append({"id": "hall", "parent": "f0", "limit_kw": "unlimited", "price_usd_per_kwh": 0.0})
        document["feeds"][-1]["second_feed"] = "f1"
        document["pools"][0]["feed"] = "hall"
    if rng.random() < 0.4:
        document["losses"] = [{"id": "l", "covered_share": 0.5, "uncovered_usd_per_million_tokens": 3.0}]
        document["losses"][0] |= {"each": "feed"} if rng.random() < 0.6 else {"feeds": ["root", "f0"][: int(rng.integers(1, 3))]}
    return document


def _times(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    times: dict[str, Any] = {}
    if rng.random() < 0.5:
        times["to_date"] = "2026-03-04"
    if rng.random() < 0.3:
        times["from_date"] = "2026-03-03"
    if "bands" in document["calendar"] and rng.random() < 0.6:
        times["bands"] = [str(rng.choice(["day", "night"]))]
    return times


def _event(name: str, document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    limit, hours = float(rng.choice([0, 4, 8, 15, 25])), float(rng.choice([2, 5, 12]))
    return {"id": name, **_times(document, rng), "hours": hours, "limit_kw": limit}


def _response(name: str, document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    whole, most = bool(rng.random() < 0.5), float(rng.choice([2, 5, 12]))
    return {"id": name, **_times(document, rng), "most_kw": most, "usd_per_kwh": float(rng.choice([0.1, 2.0])), "whole": whole}
