"""Policies over random instances: who is capped, and what is budgeted, near to what plans of these instances use."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np


def roomy(document: dict[str, Any]) -> dict[str, Any]:
    """Nothing is hard, power is plenty and demand simple or absent, so that policies are what choices break."""
    for feed in document["feeds"]:
        feed["limit_kw"] = "unlimited"
    for job in document["jobs"]:
        job["commitment"] = "optional"
    document["tenants"][0]["ladder"] = {"rungs": [{"share": 1.0, "usd_per_million_tokens_unserved": 3.0}]}
    document["streams"] = document["streams"][: int(document["name"].split()[1]) % 3 // 2]
    return document


SLOTS = ["block", "month", "horizon"]


def two_parties(document: dict[str, Any]) -> dict[str, Any]:
    """The second site and the pools there belong to another provider, the second accelerator comes from another vendor."""
    document["providers"].append({"id": "rival", "kind": "landlord"})
    document["sites"][1]["provider"] = "rival"
    document["accelerators"][1]["vendor"] = "w"
    theirs = [{**copy.deepcopy(contract), "id": f"r-{contract['id']}", "provider": "rival"} for contract in document["contracts"]]
    for contract in theirs:
        if "requires" in contract:
            contract["requires"] = f"r-{contract['requires']}"
    document["contracts"] += theirs
    for pool in document["pools"]:
        if pool["site"] == "s1":
            pool["contract"] = f"r-{pool['contract']}"
    return document


def concentrated(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """One or two caps on shares, of any kind that makes sense."""
    offers = [
        *({"by": by, "of": of} for by in ("provider", "jurisdiction", "vendor") for of in ("gpus", "kw")),
        *({"by": by, "of": "served_tokens"} for by in ("provider", "jurisdiction")),
        {"by": "provider", "of": "spend", "per": "horizon"},
    ]
    document["policies"] = []
    for n in range(1 + int(rng.random() < 0.3)):
        policy = {"id": f"share{n}", "kind": "concentration", **offers[int(rng.integers(len(offers)))]}
        policy["most_share"] = float(rng.choice([0.5, 0.7, 0.9]))
        if policy["of"] != "spend":
            policy["per"] = str(rng.choice(["period", *SLOTS]))
        if policy["of"] == "served_tokens" and rng.random() < 0.5:
            policy["tenants"] = ["t"]
        if rng.random() < 0.5:
            policy["members"] = [{"provider": "rival", "jurisdiction": "y", "vendor": "v"}[str(policy["by"])]]
        document["policies"].append(policy)
    return document


def budgeted(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A budget of some kind, near to what plans take, and now and then a price of carbon."""
    document["feeds"][0]["carbon_g_per_kwh"] = 300.0
    if rng.random() < 0.5:
        steps = [{"from_date": "2026-03-02", "value": 700.0}, {"from_date": "2026-03-03", "value": 100.0}]
        document["feeds"][2]["carbon_g_per_kwh"] = steps
    gpus = sum(group["gpus"] * group["count"] for pool in document["pools"] for group in pool["islands"])
    days = document["calendar"]["blocks"] * (7 if document["calendar"]["block"] == "week" else 1)
    policy: dict[str, Any] = {"id": "budget", "kind": "budget", "per": str(rng.choice(SLOTS))}
    gpu_hours = 24.0 * gpus * (days if policy["per"] != "block" else days / document["calendar"]["blocks"])
    part = float(rng.choice([0.05, 0.15, 0.4]))
    field = str(rng.choice(["most_usd", "most_usd", "most_carbon_kg", "most_kwh", "most_gpu_hours"]))
    policy[field] = part * gpu_hours * {"most_usd": 0.6, "most_carbon_kg": 0.3}.get(field, 1.0)
    if field == "most_usd":
        terms = ["energy", "carbon", "usage_fees", "capex", "sublets"]
        terms += ["take_or_pay", "fixed_fees"] * (policy["per"] == "horizon")
        policy["terms"] = sorted(rng.choice(terms, int(rng.integers(1, len(terms) + 1)), replace=False).tolist())
    if field == "most_gpu_hours" and rng.random() < 0.5:
        policy["tenants"] = [str(rng.choice(["t", "lab"]))]
    if not {"take_or_pay", "fixed_fees", "capex"} & set(policy.get("terms", ())):
        if rng.random() < 0.3:
            policy["sites"] = ["s0"]
        if rng.random() < 0.3:
            policy["feeds"] = [str(rng.choice(["root", "f0"]))]
        if rng.random() < 0.3:
            policy["pools"] = ["p0"]
    document["policies"] = [policy]
    if rng.random() < 0.5:
        price = {"id": "levy", "kind": "carbon_price", "usd_per_tonne": {"day": 40.0, "night": 90.0}}
        document["policies"].append(price if "bands" in document["calendar"] else {**price, "usd_per_tonne": 50.0})
    return document
