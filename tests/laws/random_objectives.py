"""Objectives and fairness over random instances: levels in any order, merged, weighed, repeated, and with measures."""

from __future__ import annotations

from typing import Any

import numpy as np

from placement.plan import TERMS


def with_objective(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Levels whose terms cover all of money, some of them twice, in a random order."""
    for feed in document["feeds"]:
        feed["carbon_g_per_kwh"] = float(rng.choice([0, 100, 700]))
    split = rng.random() < 0.5
    rest = [{"term": "promises", "weight": 5}, {"term": "net_cost"}] if split else [{"term": "net_cost"}]
    levels = [{"id": "rest", "terms": rest}] + ([] if split else [{"id": "promises", "terms": [{"term": "promises"}]}])
    names = rng.choice(np.array(TERMS), 3, replace=False).tolist()
    levels.append({"id": "some", "terms": [{"term": name, "weight": float(rng.choice([0.5, 1, 3]))} for name in names]})
    levels.append({"id": "energy", "terms": [{"term": "energy"}, {"term": "carbon_tonnes", "weight": 40}, {"term": "usage_fees"}]})
    unserved = str(rng.choice(["unserved_share", "unserved_million_tokens"]))
    levels.append({"id": "unserved", "terms": [{"term": unserved, **({"tenants": ["t"]} if rng.random() < 0.7 else {})}]})
    for policy in document.get("policies", []):
        if policy.get("rule") == "max_min":
            for minima in range(1, policy.get("minima", 1) + 1):
                term = {"term": "worst_unserved_share", "policy": policy["id"], "minima": minima}
                levels.append({"id": f"fair-{policy['id']}-{minima}", "terms": [term]})
    document["objective"] = [levels[n] for n in rng.permutation(len(levels))]
    return document


def fair(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Policies of both rules among the streams; one more stream, whose mean is below its demand."""
    if document["streams"]:
        first = document["streams"][0]
        other = {**first, "id": "twin", "revenue_usd_per_million_tokens": 9.0, "demand_tokens_per_s": 8.0, "mean_tokens_per_s": 5.0}
        for field in ("base_tokens_per_s", "growth", "daily_profile", "credits"):
            other.pop(field, None)
        document["streams"].append(other)
    for rule in ("max_min", "proportional"):
        per = str(rng.choice(["period", "block", "horizon"]))
        policy: dict[str, Any] = {"id": rule, "kind": "fairness", "rule": rule, "tenants": ["t"], "among": "streams", "per": per}
        if rule == "proportional":
            policy["most_points"] = float(rng.choice([0.0, 10.0, 40.0]))
        elif rng.random() < 0.75:
            policy["minima"] = int(rng.integers(1, max(len(document["streams"]), 1) + 1))
        if len(document["streams"]) > 1 and rng.random() < 0.75:
            document.setdefault("policies", []).append(policy)
    return document
