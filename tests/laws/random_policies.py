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
