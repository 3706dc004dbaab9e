"""How services stand and start, over random instances."""

from __future__ import annotations

from typing import Any

import numpy as np


def standing(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Least numbers of replicas, here and there by band or at a site, and spreads by site or provider."""
    service, bands = document["services"][0], document["calendar"].get("bands")
    document["providers"].append({"id": "other", "kind": "landlord"})
    sites = sorted({pool["site"] for pool in document["pools"]})
    if len(sites) > 1 and rng.random() < 0.5:
        document["sites"][1]["provider"] = "other"
        for contract in document["contracts"]:
            mine = [pool for pool in document["pools"] if pool["contract"] == contract["id"]]
            if mine and all(pool["site"] == "s1" for pool in mine):
                contract["provider"] = "other"
            elif any(pool["site"] == "s1" for pool in mine):
                document["sites"][1]["provider"] = "own"
        for contract in document["contracts"]:
            if document["sites"][1]["provider"] == "own":
                contract["provider"] = "own"
    if rng.random() < 0.6:
        least = int(rng.choice([0, 1, 2, 4, 6]))
        service["min_replicas"] = {"day": least, "night": int(rng.integers(0, 2))} if bands and rng.random() < 0.5 else least
    able = [pool["site"] for pool in document["pools"] if pool["accelerator"] in {p["accelerator"] for p in service["profiles"]}]
    if rng.random() < 0.4:
        service["min_replicas_at"] = {str(rng.choice(able)): int(rng.integers(0, 2))}
    by = "provider" if document["sites"][1]["provider"] == "other" and rng.random() < 0.7 else "site"
    if len(set(able)) > 1 and rng.random() < 0.8:
        service["spread"] = {"by": by, **({"least": 2} if rng.random() < 0.6 else {})}
        if "least" not in service["spread"] or rng.random() < 0.3:
            service["spread"]["most_share"] = float(rng.choice([0.5, 0.7, 0.9]))
        if by == "provider" and len(set(able)) < 2:
            del service["spread"]
    if rng.random() < 0.5:
        service["warm_spare_share"] = float(rng.choice([0.1, 0.5]))
    return document


def starting(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A service whose replicas start, with what runs today or not, a mode more, and throughput that improves."""
    service, calendar = document["services"][0], document["calendar"]
    accelerators = {noun["id"]: noun for noun in document["accelerators"]}
    hours = 168.0 if calendar["block"] == "week" else 24.0
    if rng.random() < 0.8:
        service["start_up_hours"] = float(rng.choice([0.0, 0.25, 1.0, 3.0])) * hours / 24
    if rng.random() < 0.6:
        service["start_up_usd"] = float(rng.choice([0.0, 2.0, 30.0]))
    if rng.random() < 0.6 or not {"start_up_hours", "start_up_usd"} & set(service):
        service["scale_up_replicas"] = int(rng.integers(0, 5))
    profile = service["profiles"][0]
    modes = [mode["id"] for mode in accelerators[profile["accelerator"]]["modes"]]
    if len(modes) > 1:
        service["profiles"].append({**profile, "mode": modes[1], "tokens_per_s": 7.0})
    if rng.random() < 0.5:
        running = []
        for pool in document["pools"]:
            known = [p["latency_class"] for p in service["profiles"] if p["accelerator"] == pool["accelerator"]]
            if known and rng.random() < 0.8:
                running.append({"pool": pool["id"], "latency_class": known[0], "replicas": int(rng.integers(0, 3))})
        service["replicas_running"] = running
    if rng.random() < 0.4:
        second = "2026-03-09" if calendar["block"] == "week" else "2026-03-03"
        service["throughput_factor"] = [{"from_date": "2026-03-02", "value": 1.0}, {"from_date": second, "value": 1.5}]
    if rng.random() < 0.3:
        service["warm_spare_share"] = 0.25
    return document
