"""Random instances small enough to try every choice, in which limits of every law are close to binding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from placement.files import load
from placement.instance import Instance


def random_document(seed: int) -> dict[str, Any]:
    """A document with up to three pools at two sites, two services, two streams and three jobs; equal for equal seeds."""
    rng = np.random.default_rng(seed)
    bands = int(rng.integers(1, 3))
    blocks = int(rng.integers(2, 5))
    unit = int(rng.choice([1, 2, 4]))
    domain = unit * int(rng.choice([1, 2, 4]))  # In 4 units two replicas of 2 units find room.
    pools = int(rng.integers(1, 4))
    ladder = _ladder(rng)
    return {
        "format": "fleet-placement/1",
        "name": f"random {seed}",
        "calendar": {
            "start": "2026-03-02",
            "block": str(rng.choice(["day", "week"])),
            "blocks": blocks,
            **({"bands": _bands()} if bands == 2 else {}),
        },
        # So steep that a few days show: money loses nine tenths of its worth in a year.
        "settings": {"wan_paths_per_pair": int(rng.integers(1, 3)), "discount_rate_per_year": 9.0 * (seed % 2)},
        "accelerators": [_accelerator("a", unit, domain, rng), _accelerator("b", unit, unit, rng)],
        "providers": [{"id": "own", "kind": "self"}],
        "regions": [{"id": "here", "jurisdiction": "x"}],
        "sites": [
            {
                "id": f"s{n}",
                "provider": "own",
                "region": "here",
                "jurisdiction": "xy"[n],
                "feed": f"f{n}",
                "pue": float(rng.choice([1, 1.25])),
            }
            for n in range(2)
        ],
        "feeds": [
            {
                "id": "root",
                "parent": None,
                "limit_kw": float(rng.choice([20, 35, 60])),
                "price_usd_per_kwh": 0.02,
                "reserve_kw": 1.0,
            },
            *(
                {"id": f"f{n}", "parent": "root", "limit_kw": _limit(rng), "price_usd_per_kwh": _price(bands, rng)}
                for n in range(2)
            ),
        ],
        "contracts": [
            {
                "id": "c0",
                "kind": "owned",
                "provider": "own",
                "from_date": "2026-01-01",
                "to_date": "open",
                "price_usd_per_gpu_hour": 0.5,
            },
            {
                "id": "c1",
                "kind": "leased",
                "provider": "own",
                "from_date": "2026-03-03",
                "to_date": "2026-03-20",
                "price_usd_per_gpu_hour": _price(bands, rng),
                "fee_usd_per_month": 730.0,
            },
        ],
        "pools": [_pool(n, unit, domain, rng) for n in range(pools)],
        "links": [
            {"id": "h0", "a": "here", "b": "s0", "gbit_s": "unlimited", "rtt_ms": 10},
            {"id": "h1", "a": "here", "b": "s1", "gbit_s": "unlimited", "rtt_ms": float(rng.choice([20, 60]))},
            {"id": "w1", "a": "s0", "b": "s1", "gbit_s": 10.0, "rtt_ms": 8},
            {"id": "w2", "a": "s1", "b": "s0", "gbit_s": 20.0, "rtt_ms": 12},
        ],
        "tenants": [
            {"id": "t", "ladder": ladder, **({"residency": ["x"]} if rng.random() < 0.2 else {})},
            {"id": "lab"},
        ],
        "latency_classes": [{"id": "fast", "max_rtt_ms": 30}, {"id": "slow", "max_rtt_ms": "unlimited"}],
        "services": [
            {
                "id": "m",
                "profiles": [
                    {
                        "accelerator": "a",
                        "latency_class": "slow",
                        "gpus_per_replica": int(rng.integers(1, domain + 1)),
                        "tokens_per_s": 10.0,
                    },
                    {"accelerator": "b", "latency_class": "fast", "gpus_per_replica": 1, "tokens_per_s": 3.0},
                ],
            },
        ],
        "streams": [
            {
                "id": f"d{n}",
                "tenant": "t",
                "region": "here",
                "service": "m",
                "latency_class": ["slow", "fast"][n],
                "demand_tokens_per_s": float(rng.integers(0, 40)),
                "revenue_usd_per_million_tokens": 2.0,
            }
            for n in range(int(rng.integers(1, 3)))
        ],
        "jobs": [_job(n, unit, domain, bands, blocks, rng) for n in range(int(rng.integers(1, 4)))],
    }


def write_instance(folder: Path, document: dict[str, Any]) -> Instance:
    """The document as an instance, by way of a file."""
    path = folder / "fleet.json"
    path.write_text(json.dumps(document))
    return load(path)


def _bands() -> list[dict[str, Any]]:
    return [
        {"id": "day", "hours": [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from_hour": 6, "to_hour": 18}]},
        {"id": "night", "rest": True},
    ]


def _accelerator(name: str, unit: int, domain: int, rng: np.random.Generator) -> dict[str, Any]:
    return {
        "id": name,
        "vendor": "v",
        "name": name,
        "hbm_gb": 80,
        "scale_up_domain_gpus": domain,
        "allocation_unit_gpus": unit,
        "scale_out_gbit_s": 4.0,
        "idle_kw": 0.1,
        "modes": [
            {"id": "full", "training_kw": 1.1, "serving_kw": 0.9, "training_speed": 1.0, "serving_speed": 1.0},
            {"id": "cap", "training_kw": 0.7, "serving_kw": 0.6, "training_speed": 0.8, "serving_speed": 0.8},
        ],
    }


def decided(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """The document with what a contract can leave open to decide, here and there."""
    lease = document["contracts"][1]
    lease |= {"from_date": "2026-03-02", "optional": bool(rng.random() < 0.7)}
    if rng.random() < 0.5:
        lease["start_window"] = {"first_date": "2026-03-02", "last_date": "2026-03-03"}
    if rng.random() < 0.6:
        lease["term_blocks"] = [1, 2] if rng.random() < 0.5 else [2]
        if rng.random() < 0.5:
            lease["renewal"] = {"blocks": 1, "most": 2, "fee_factor": 1.5}
    if rng.random() < 0.5:
        lease["exit"] = {"minimum_days": int(rng.integers(0, 3)), "notice_days": int(rng.integers(0, 3)), "fee_usd": 5.0}
    if lease["optional"] and rng.random() < 0.5:
        lease["signing_fee_usd"] = 3.0
    for contract in document["contracts"][:2]:
        if rng.random() < 0.3:
            contract["price_usd_per_kwh"] = [{"from_date": "2026-03-02", "value": 0.3}, {"from_date": "2026-03-03", "value": 0.5}]
            contract["feed_prices"] = str(rng.choice(["paid", "included"]))
        if rng.random() < 0.4:
            contract["sublet_usd_per_gpu_hour"] = 0.7
        if rng.random() < 0.4:
            contract["take_or_pay"] = {
                "share": float(rng.choice([0.3, 0.8])),
                "per": str(rng.choice(["block", "month", "horizon"])),
            }
    if rng.random() < 0.4:
        document["contracts"].append({**document["contracts"][1], "id": "c2", "requires": "c1", "optional": True})
        document["pools"][-1]["contract"] = "c2"
    elif lease["optional"] and rng.random() < 0.5:
        lease["alternatives"] = "one lease"
        document["contracts"].append({**document["contracts"][1], "id": "c2"})
        document["pools"][-1]["contract"] = "c2"
    if rng.random() < 0.6:
        loss: dict[str, Any] = {"id": "l", "covered_share": "promised" if rng.random() < 0.5 else float(rng.choice([0.2, 0.6]))}
        loss |= {"each": str(rng.choice(["site", "feed", "contract"]))} if rng.random() < 0.5 else {"sites": ["s0"]}
        if rng.random() < 0.7:
            loss["uncovered_usd_per_million_tokens"] = 4.0
        document["losses"] = [loss]
    if document["pools"][0]["contract"] == "c0" and rng.random() < 0.7:
        document["pools"][0]["contract"] = "c1"
    if "losses" in document and len(document["pools"]) > 2:
        _tell_pools_apart_by_contract(document)
    if rng.random() < 0.4:
        _bought(document["contracts"][-1], rng)
    if rng.random() < 0.5:
        _power_to_sign(document, rng)
    return document


def on_spot(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """The document with contracts whose capacity may vanish, and jobs that save now and then, or do not."""
    for accelerator in document["accelerators"]:
        accelerator["mtbf_hours"] = 2000.0
    for contract in document["contracts"]:
        if contract["id"] == "c0" or rng.random() < 0.5:
            contract.pop("take_or_pay", None)
            contract.pop("sublet_usd_per_gpu_hour", None)
            contract["spot"] = {
                "mean_hours_between_interruptions": float(rng.choice([15, 60])),
                "outage_hours": float(rng.choice([0, 3, 20])),
                "notice_hours": float(rng.choice([0, 1])),
            }
    for job in document["jobs"]:
        if rng.random() < 0.6:
            job |= {"checkpoint_hours": 0.25, "restart_hours": 0.5}
    return document


def _bought(contract: dict[str, Any], rng: np.random.Generator) -> None:
    """A lease is turned into something to order."""
    for field in ("term_blocks", "renewal", "exit"):
        contract.pop(field, None)
    contract["purchase"] = {
        "capex_usd": 5.0,
        "lead_time_days": int(rng.integers(0, 2)),
        "life_days": int(rng.choice([8, 30])),
        "residual": str(rng.choice(["straight_line", "none"])),
        "paid": [{"share": 0.25, "days_after_order": 0}, {"share": 0.75, "days_after_order": int(rng.choice([1, 9, 60]))}],
    }


def _power_to_sign(document: dict[str, Any], rng: np.random.Generator) -> None:
    """A contract that brings power to the feeds that have a limit, in force or to decide, leased or bought."""
    power: dict[str, Any] = {"id": "grid", "kind": "leased", "provider": "own", "from_date": "2026-03-02", "to_date": "open"}
    power |= {"price_usd_per_gpu_hour": 0.0, "fee_usd_per_month": 73.0, "optional": bool(rng.random() < 0.7)}
    power["brings_kw"] = [{"feed": feed["id"], "kw": 6.0} for feed in document["feeds"] if feed["limit_kw"] != "unlimited"]
    if not power["brings_kw"]:
        return
    if rng.random() < 0.4:
        _bought(power, rng)
        power["purchase"]["capex_usd_per_kw"] = 2.0
    document["contracts"].append(power)


def over_wan(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """The document with links that are narrow or dear, tokens and data that cross them, and links that are cut, here and there."""
    document["links"].append({"id": "h2", "a": "s1", "b": "here", "gbit_s": 5.0, "rtt_ms": 15})
    for link in document["links"]:
        link["price_usd_per_gb"] = float(rng.choice([0.0, 0.001, 0.02]))
        if link["id"].startswith("h") and rng.random() < 0.7:
            link["gbit_s"] = float(rng.choice([0.1, 0.3, 1.0]))
    document["services"][0]["wan_bytes_per_token"] = float(rng.choice([0.0, 2e6, 1e7], p=[0.1, 0.3, 0.6]))
    for stream in document["streams"]:
        stream["mean_tokens_per_s"] = stream["demand_tokens_per_s"] * float(rng.choice([0.5, 1.0]))
    days = 7 if document["calendar"]["block"] == "week" else 1
    for job in document["jobs"]:
        job["value_usd"] *= 10
        for what in ("data", "checkpoint"):
            if rng.random() < 0.5:
                # A day of the thinner link between the sites is 108 TB.
                job |= {f"{what}_tb": float(rng.choice([40, 80, 150])) * days, f"{what}_at": str(rng.choice(["s0", "s1"]))}
        if ("data_tb" in job or "checkpoint_tb" in job) and rng.random() < 0.5:
            job["move_blocks"] = int(rng.integers(1, 3))
    if rng.random() < 0.7:
        cut: dict[str, Any] = {"id": "cut", "covered_share": float(rng.choice([0.2, 0.6]))}
        cut |= {"each": "link"} if rng.random() < 0.5 else {"links": ["h1", "h2"], "sites": ["s0"]}
        if rng.random() < 0.7:
            cut["uncovered_usd_per_million_tokens"] = 4.0
        document["losses"] = [*document.get("losses", []), cut]
    return document


def _tell_pools_apart_by_contract(document: dict[str, Any]) -> None:
    """Two pools of one accelerator at one site, of which the loss of a contract leaves one."""
    document["losses"][0] = {**document["losses"][0], "each": "contract"}
    document["losses"][0].pop("sites", None)
    first, last = document["pools"][0], document["pools"][2]
    last["accelerator"] = first["accelerator"]
    if last["contract"] == first["contract"]:
        last["contract"] = "c0" if first["contract"] != "c0" else "c1"


def _limit(rng: np.random.Generator) -> Any:
    return "unlimited" if rng.random() < 0.2 else float(rng.choice([12, 18, 30]))


def _price(bands: int, rng: np.random.Generator) -> Any:
    if bands == 2 and rng.random() < 0.5:
        return {"day": 0.3, "night": 0.1}
    return [{"from_date": "2026-03-02", "value": 0.2}, {"from_date": "2026-03-03", "value": 0.4}]


def _ladder(rng: np.random.Generator) -> dict[str, Any]:
    rungs = [{"share": 0.25, "usd_per_million_tokens_unserved": 1.0}, {"share": 0.75, "usd_per_million_tokens_unserved": 6.0}]
    floor = float(rng.choice([0.0, 0.5, 0.9]))
    return {"rungs": rungs, "floor_share": floor, "hard": bool(floor and rng.random() < 0.3)}


def _pool(n: int, unit: int, domain: int, rng: np.random.Generator) -> dict[str, Any]:
    kind = "b" if n == 2 else "a"
    islands = int(rng.integers(1, 4))
    gpus = int(rng.choice([domain, 2 * domain, 2 * domain + unit]))
    online: Any = islands * gpus
    if rng.random() < 0.4:
        # A unit of which only a part is online counts as none.
        online = [
            {"from_date": "2026-03-02", "value": islands * gpus - max(unit // 2, 1)},
            {"from_date": "2026-03-03", "value": islands * gpus},
        ]
    pool: dict[str, Any] = {
        "id": f"p{n}",
        "site": f"s{n % 2}",
        "accelerator": kind,
        "contract": f"c{int(rng.random() < 0.3)}",
        "islands": [{"gpus": gpus, "count": islands}],
        "online_gpus": online,
    }
    if islands > 1 and rng.random() < 0.7:
        pool["spanning"] = {
            "max_islands": islands,
            "sets": str(rng.choice(["consecutive", "all"])),
            "loss": 0.3,
            "oversubscription": 2.0,
        }
    return pool


def _job(n: int, unit: int, domain: int, bands: int, blocks: int, rng: np.random.Generator) -> dict[str, Any]:
    span = str(rng.choice(["domain", "island", "pool", "sites"]))
    gpus = int(rng.integers(1, 5)) * unit - int(rng.integers(0, unit))
    if span == "domain":
        gpus = min(gpus, domain)
    job: dict[str, Any] = {
        "id": f"j{n}",
        "tenant": "lab",
        "commitment": str(rng.choice(["optional", "promised", "must"], p=[0.5, 0.3, 0.2])),
        "value_usd": float(rng.integers(0, 2000)),
        "span": span,
        "due_date": "2026-03-03",
        "lateness_usd_per_day": 10.0,
        "shapes": [
            {"accelerator": "a", "gpus": gpus, "duration_hours": float(rng.choice([10, 24, 40, 200])), "modes": ["full", "cap"]}
        ],
    }
    if rng.random() < 0.5:
        job["shapes"].append({"accelerator": "b", "gpus": unit, "duration_hours": 30.0})
        if span == "domain":
            job["span"] = "island"
    if job["span"] in ("pool", "sites"):
        job["gbit_s_per_gpu"] = float(rng.choice([0.5, 1.5, 3.0]))
    if job["span"] == "sites":
        job |= {"wan_gbit_s": 8.0, "max_rtt_ms": float(rng.choice([9, 15])), "wan_loss": 0.1}
    if bands == 2 and rng.random() < 0.4:
        job["pace"] = {"day": 0.0, "night": float(rng.choice([0.5, 1.0]))}
    if rng.random() < 0.4:
        job["continues_after"] = True
    return job
