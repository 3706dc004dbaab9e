"""Scenarios and futures of frontier-2026, as changes of the document that build.py writes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import figures as f
from yaml_text import Flow, Noun

NVIDIA_CAPS = ("h100-sxm", "h200-sxm")
"""Accelerators whose replicas and gangs may also be capped in the scenario of power modes."""


def change(path: str, value: Any) -> Noun:
    return {"path": path, "value": value}


def scale(path: str, factor: float) -> Noun:
    return {"path": path, "action": "scale", "value": factor}


def growth(factor: float) -> list[Noun]:
    return [change("growths[base].steps", [Flow({"from_date": f.START, "annual_factor": factor})])]


def later(day: Any, weeks: int) -> Any:
    return day if day == f.START else day + timedelta(weeks=weeks)


def slipped(online: f.Steps, weeks: int) -> f.Steps | int:
    """Everything after the first day comes later; what then falls behind the horizon never comes."""
    end = f.START + timedelta(weeks=f.WEEKS)
    return [(later(day, weeks), islands) for day, islands in online if later(day, weeks) < end] or 0


def late(weeks: int, tranches: Any, steps: Any) -> list[Noun]:
    """Changes that bring all new capacity but the lease so many weeks later."""
    rows: list[Noun] = []
    for pool, _, _, _, gpus, _, online, *_ in f.POOLS:
        if pool in f.TRANCHES:
            rows.append(change(f"pools[{pool}].tranches", tranches(pool, [(later(d, weeks), n) for d, n in online], gpus)))
        elif pool not in f.LEASED_POOLS:
            rows.append(change(f"pools[{pool}].online_gpus", steps(slipped(online, weeks), gpus)))
    return rows


# ---------------------------------------------------------------- power


def power_modes(document: Noun) -> list[Noun]:
    """Less power at Memphis, and caps on offer to what is drawn there by Hopper."""
    rows = [scale(f"feeds[{feed}].limit_kw", f.MEMPHIS_CUT) for feed in ("memphis", "colossus-1-feed")]
    for job in document["jobs"]:
        for n, shape in enumerate(job["shapes"]):
            if shape.value["accelerator"] in NVIDIA_CAPS:
                rows.append(change(f"jobs[{job['id']}].shapes[{n}].modes", Flow(["full", *f.CAPS])))
    for service in document["services"]:
        capped = [
            Flow(row.value | {"mode": cap, "tokens_per_s": round(row.value["tokens_per_s"] * speed, 4)})
            for row in service["profiles"]
            for cap, speed in f.CAPS.items()
            if row.value["accelerator"] in NVIDIA_CAPS
        ]
        if capped:
            rows.append(change(f"services[{service['id']}].profiles", [*service["profiles"], *capped]))
    return rows


def grid_events() -> list[Noun]:
    event = {"id": "summer", "from_date": f.EVENT[0], "to_date": f.EVENT[1], "bands": ["shoulder"], "hours": f.EVENT[2]}
    rows = [change("feeds[memphis].events", [Flow(event | {"limit_kw": f.EVENT[3]})])]
    return rows + [change(f"tenants[{tenant}].flexibility_share", share) for tenant, share in f.FLEXIBILITY.items()]


# ---------------------------------------------------------------- rationing


def peak_limits() -> list[Noun]:
    """One multiplier for all regions of a tier's main product, by month, at peak and in other hours."""
    rows = [
        {"id": id, "kind": "limit", "name": name, "tenant": tenant, "services": [service], "bands": list(bands),
         "multipliers": list(f.LIMIT_MULTIPLIERS), "per": "month"}
        for id, name, tenant, service, bands in f.LIMITS
    ]  # fmt: skip
    return [change("levers", [Flow(row) for row in rows])]


def moved(document: Noun) -> list[Noun]:
    """Free and Pro may wait for the night."""
    rows = [stream for stream in document["streams"] if stream["tenant"] in f.SHIFTING]
    return [change(f"streams[{row['id']}].shifting", Flow(f.SHIFTING[row["tenant"]])) for row in rows]


def degraded(document: Noun) -> list[Noun]:
    """Pro's agents may be answered by the chat of the same region."""
    rows = []
    for stream in document["streams"]:
        if (stream["tenant"], stream["service"]) == ("pro", "agent-medium"):
            other = f"pro-chat-medium-{stream['region']}"
            rows.append(change(f"streams[{stream['id']}].degrade_to", Flow({"stream": other} | f.DEGRADED)))
    return rows


def batch_work() -> list[Noun]:
    jobs = []
    for id, tenant, commitment, worth, work, release, deadline in f.BATCH_JOBS:
        row: Noun = {"id": id, "tenant": tenant, "commitment": commitment, "value_usd": round(worth * work[0][1])}
        row["work"] = [{"accelerator": accelerator, "gpu_hours": hours} for accelerator, hours in work]
        row |= {"max_gpus": "unlimited", "assumption": f.BATCH_NOTE}
        row |= {name: day for name, day in (("release_date", release), ("deadline_date", deadline)) if day is not None}
        jobs.append(Flow(row))
    return [change("batch_jobs", jobs)]


# ---------------------------------------------------------------- all of them


def scenario_rows(document: Noun, tranches: Any, steps: Any) -> list[Noun]:
    open_ = [change(f"contracts[{lease}].optional", True) for lease in f.LEASES]
    exits = [change(f"contracts[{lease}].exit", Flow(f.LEASE_EXIT)) for lease in f.LEASES]
    first = {row[0]: row[3] for row in f.CONTRACTS}
    short = [change(f"contracts[{lease}].to_date", first[lease] + timedelta(days=f.SHORT_LEASE_DAYS)) for lease in f.LEASES]
    survive = {"id": "any-provider", "each": "provider", "covered_share": "promised"}
    uncovered = {"uncovered_usd_per_million_tokens": f.UNCOVERED_USD}
    never = [change(f"pools[{pool}].online_gpus", 0) for pool in f.LEASED_POOLS]
    free = [change(f"contracts[{lease}].fee_usd_per_month", 0) for lease in f.LEASES]
    reclaims = [change(f"contracts[{lease}].reclaim", Flow(f.RECLAIM)) for lease in f.LEASES]
    taken = {"id": "reclaimed", "each": "reclaim", "covered_share": "promised"}
    priced = [change(f"links[{link.value['id']}].price_usd_per_gb", f.USD_PER_GB) for link in document["links"]]
    carried = []
    for row in document["services"]:
        each = round(f.BYTES_PER_TOKEN * (1 + row["input_tokens_per_output_token"]), 1)
        carried.append(change(f"services[{row['id']}].wan_bytes_per_token", each))
    slip = 2 * f.SLIP_WEEKS
    named: list[tuple[str, str, list[Noun]]] = [
        ("planned-10x", "Demand grows tenfold over the year, as planned", growth(10.0)),
        ("80x-all-year", "Demand keeps growing at the pace of spring", growth(80.0)),
        ("no-lease", "Colossus is never leased", never + free),
        ("one-quarter-slip", "All new capacity but the lease comes a quarter late", late(f.SLIP_WEEKS, tranches, steps)),
        ("two-quarter-slip", "It comes two quarters late", late(slip, tranches, steps)),
        ("deliveries-p90", "Amazon and Google deliver by their dates of 90 %", [change("settings.delivery_date", "p90")]),
        ("lease-to-decide", "Whether to sign the lease, and when to leave it, as the filing has it", open_ + exits),
        ("lease-to-decide-late", "The same, when all new capacity but the lease comes two quarters late",
         open_ + exits + late(slip, tranches, steps)),
        ("lease-to-decide-slow", "The same, when demand grows tenfold over the year, as planned", open_ + exits + growth(10.0)),
        ("lease-180-days", "The lease is one of 180 days, to be signed or not", open_ + short),
        ("lease-reclaimed", "The landlord may take the lease back at 90 days of notice",
         [*reclaims, change("losses", [Flow(taken | uncovered)])]),
        ("survive-any-provider", "What remains after any provider is lost covers the floors",
         [change("losses", [Flow(survive | uncovered)])]),
        ("must-jobs-survive", "What remains after any site is lost has room for the must jobs",
         [change("losses", [Flow({"id": "any-site", "each": "site", "covered_share": 0, "jobs": "must"})])]),
        ("spread-providers", "No provider serves more than its share of tokens in a quarter",
         [change("policies", [Flow(f.CAP_OF_PROVIDERS)])]),
        ("power-modes", "Less power at Memphis, and caps of power to choose", power_modes(document)),
        ("grid-events", "The grid asks for less at Memphis on summer evenings", grid_events()),
        ("wan-priced", "Traffic between sites and users costs money", priced + carried),
        ("build-abernathy", "Abernathy is built, at a price and with a lead time, or not",
         [change(f"contracts[abernathy-lease].{field}", value) for field, value in f.BUILD.items()]
         + [change("pools[abernathy-v7].online_gpus", f.BUILD_GPUS), change("feeds[abernathy-feed].limit_kw", f.BUILD_KW)]),
        ("spot-v6e", "TPU v6e is spot capacity", [change(f"contracts[google-tpu-v6e].{k}", v) for k, v in f.SPOT.items()]),
        ("maintenance", "Every building of New Carlisle's first two is down for a week",
         [change("pools[aws-in-trn2].maintenance", [Flow(task) for task in f.MAINTENANCE])]),
        ("peak-limits", "Free, Pro and Max are rationed by limits that all regions share, month by month", peak_limits()),
        ("peak-limits-no-lease", "The same, when Colossus is never leased", peak_limits() + never + free),
        ("off-peak-quotas", "Larger quotas at night and at weekends draw away some of Free and Pro", moved(document)),
        ("pro-degraded", "Pro's agents may be answered by a smaller model", degraded(document)),
        ("batch-work", "Evals, rollouts and data generation fill what is left", batch_work()),
        ("services-as-run", "Replicas take time to start, and some are kept warm",
         [change(f"services[{row['id']}].{k}", v) for row in document["services"] for k, v in f.SERVICES_AS_RUN.items()]),
        ("more-demand", "A tenth more of all demand",
         [scale(f"streams[{stream['id']}].base_tokens_per_s", 1.1) for stream in document["streams"]]),
        ("as-planned", "Demand as it was planned",
         [change("growths[base].planned", [Flow({"from_date": f.START, "annual_factor": 10.0})]),
          change("settings.growth", "planned")]),
        ("discounted", "Money over time at ten per cent a year", [change("settings.discount_rate_per_year", 0.1)]),
    ]  # fmt: skip
    return [{"id": name, "name": text, "changes": changes} for name, text, changes in named]


def futures() -> Noun:
    return {
        "cases": [Flow({"id": case, "scenario": scenario, "probability": p}) for case, scenario, p in f.FUTURES],
        "tail_share": f.TAIL[0],
        "tail_weight": f.TAIL[1],
        "assumption": "probabilities and the weight of the tail are ours",
    }
