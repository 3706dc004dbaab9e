"""Writes fleet.yaml of this folder from figures.py and whatif.py beside it; run ``python instances/frontier-2026/build.py``.

The result depends on the files of this folder alone, byte for byte.
"""

from __future__ import annotations

import math
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
if str(FOLDER) not in sys.path:
    sys.path.insert(0, str(FOLDER))

import figures as f  # noqa: E402 (found beside this script)
from whatif import futures, scenario_rows  # noqa: E402
from yaml_text import Flow, Noun, block  # noqa: E402

BANDS = tuple(f.BAND_HOURS)
# ---------------------------------------------------------------- figures worked out


def steps(values: Any, scale: int = 1) -> Any:
    """A figure over time as the format wants it; a single number stays one."""
    return [Flow({"from_date": day, "value": value * scale}) for day, value in values] if isinstance(values, list) else values


def price_by_band(usd_per_mwh: float, shape: str) -> dict[str, float]:
    """A mean price spread over the bands; its mean over a week stays the same."""
    ratio = dict(zip(BANDS, f.PRICE_SHAPE[shape], strict=True))
    mean = sum(ratio[band] * hours for band, hours in f.BAND_HOURS.items()) / sum(f.BAND_HOURS.values())
    return {band: round(usd_per_mwh / 1000 * ratio[band] / mean, 5) for band in BANDS}


def tokens_per_s(model: str, accelerator: str, latency_class: str) -> float:
    """Output tokens per second of one accelerator; ``DERIVED_NOTE`` says how where none is measured."""
    at = f.CLASSES.index(latency_class)
    rows = f.MEASURED[model]
    if accelerator in rows:
        return rows[accelerator][at]
    compute = f.FP8_TFLOPS[accelerator] / f.FP8_TFLOPS["h200-sxm"]
    bandwidth = f.HBM_TB_S[accelerator] / f.HBM_TB_S["h200-sxm"]
    standard, interactive, batch = rows["gb200-nvl72"]
    share = (min(1.0, standard / batch), min(1.0, interactive / batch) * min(1.0, bandwidth / compute), 1.0)[at]
    return rows["h200-sxm"][2] * compute * share


def efficiency(gpus: int) -> float:
    """Speed per accelerator against 512 of them: 0.857 at 8,192 H100 (MLPerf Training 5.0), as a power of the size."""
    return float((max(gpus, 512) / 512) ** (math.log(0.857) / math.log(8192 / 512)))


def rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def noted(noun: Noun, source: str | None, assumption: str | None) -> Noun:
    return noun | ({"source": source} if source else {}) | ({"assumption": assumption} if assumption else {})


# ---------------------------------------------------------------- supply


def feed_rows() -> list[Noun]:
    rows = []
    for feed, parent, limit, reserve, source, assumption in f.SITE_FEEDS:
        price, shape, price_source = f.PRICES.get(feed.removesuffix("-feed"), (0.0, "flat", None))
        row: Noun = {"id": feed, "parent": parent, "limit_kw": steps(limit)}
        row["price_usd_per_kwh"] = Flow(price_by_band(price, shape)) if price else 0
        row |= {"reserve_kw": reserve} if reserve else {}
        about_price = (
            "power is in the fee" if not price else f"price: {f.SHAPE_NOTE[shape]}" if price_source else "the price is a guess"
        )
        rows.append(noted(row, "; ".join(filter(None, (source, price_source))), "; ".join(filter(None, (assumption, about_price)))))
    return rows


def site_rows() -> list[Noun]:
    rows = []
    for site, name, provider, region, jurisdiction, pue, source, assumption in f.SITES:
        row = {"id": site, "name": name, "provider": provider, "region": region, "jurisdiction": jurisdiction}
        rows.append(noted(row | {"feed": f"{site}-feed", "pue": pue}, source, assumption))
    return rows


def contract_rows() -> list[Noun]:
    rows = []
    for contract, kind, provider, first, end, price, fee, source, assumption in f.CONTRACTS:
        row = {"id": contract, "kind": kind, "provider": provider, "from_date": first, "to_date": end}
        row |= {"price_usd_per_gpu_hour": price}
        rows.append(noted(row | ({"fee_usd_per_month": steps(fee)} if fee else {}), source, assumption))
    return rows


def pool_rows() -> list[Noun]:
    rows = []
    for pool, site, accelerator, contract, gpus, count, online, span, source, assumption in f.POOLS:
        row: Noun = {"id": pool, "site": site, "accelerator": accelerator, "contract": contract}
        row |= {"islands": Flow([{"gpus": gpus, "count": count}])}
        if pool in f.TRANCHES:
            row["tranches"] = tranches(pool, online, gpus)
        else:
            row["online_gpus"] = steps(online, gpus)
        if span is not None:
            islands, loss, oversubscription = span
            rule = {"max_islands": islands, "sets": "consecutive", "loss": loss, "oversubscription": oversubscription}
            row["spanning"] = Flow(rule)
        promised = f.P90_ASSUMPTION if pool in f.TRANCHES else None
        rows.append(noted(row, source, "; ".join(filter(None, (assumption, promised)))))
    return rows


def tranches(pool: str, online: f.Steps, gpus: int) -> list[Flow]:
    """Deliveries, one for each step of what is online; those of the first day are in use."""
    provider = {site: provider for site, _, provider, *_ in f.SITES}[next(row[1] for row in f.POOLS if row[0] == pool)]
    rows, before = [], 0.0
    for day, islands in online:
        usable = day == f.START
        late = day if usable else day + timedelta(weeks=f.P90_WEEKS[provider])
        state = "usable" if usable else "contracted"
        rows.append(Flow({"gpus": int((islands - before) * gpus), "state": state, "p50_date": day, "p90_date": late}))
        before = islands
    return rows


def link_rows() -> list[Noun]:
    to_users = [(s, r, rtt, f.SITE_RTT) for s, row in f.RTT.items() for r, rtt in zip(f.ZONES, row, strict=True)]
    rows: list[Noun] = [
        {"id": f"{site}-{region}", "a": site, "b": region, "gbit_s": "unlimited", "rtt_ms": rtt, "source": source}
        for site, region, rtt, source in [*to_users, *f.ABROAD]
    ]
    for a, b, gbit_s, rtt in f.BACKBONE:
        row = {"id": f"{a}-{b}", "a": a, "b": b, "gbit_s": gbit_s, "rtt_ms": rtt}
        rows.append(noted(row, f.SITE_RTT, "Gbit/s are ours: 2 to 13 wavelengths of 800 Gbit/s"))
    return rows


# ---------------------------------------------------------------- demand


def service_rows() -> list[Noun]:
    pool_accelerator = {row[0]: row[2] for row in f.POOLS}
    rows = []
    for service, name, model, mix, classes, pools in f.SERVICES:
        profiles = []
        for accelerator in dict.fromkeys(pool_accelerator[pool] for pool in pools):
            gpus = f.REPLICA_GPUS[accelerator]
            for latency_class in classes:
                rate = rounded(gpus * tokens_per_s(model, accelerator, latency_class), 4)
                profile = {"accelerator": accelerator, "latency_class": latency_class}
                profiles.append(Flow(profile | {"gpus_per_replica": gpus, "tokens_per_s": rate}))
        row = {"id": service, "name": name, "input_tokens_per_output_token": mix, "profiles": profiles, "pools": Flow(pools)}
        source = f"{model} stands for it: {f.MLPERF_51} for Hopper, {f.NVL72_SOURCE} for Blackwell"
        rows.append(noted(row, source, f"{f.MEASURED_NOTE[model]}. {f.DERIVED_NOTE}"))
    return rows


def profile_rows() -> list[Noun]:
    rows = []
    for region, zone in f.ZONES.items():
        for shape, (weekday, weekend, source, assumption) in f.SHAPES.items():
            row = {"id": f"{shape}-{region}", "zone": zone, "weekday": Flow(weekday), "weekend": Flow(weekend)}
            rows.append(noted(row, source, assumption))
    return rows


def stream_rows() -> list[Noun]:
    rows = []
    ladders = {tenant: (rungs, floor) for tenant, _, rungs, floor in f.TENANTS}
    for tenant, service, latency_class, shape, base, revenue, first, regions in f.STREAMS:
        total = sum(f.SPREAD[region] for region in regions)
        rungs, floor = ladders[tenant]
        priced = [{"share": share, "usd_per_million_tokens_unserved": rounded(first * price, 3)} for share, price in rungs]
        ladder: Noun = {"rungs": priced}
        ladder |= {"floor_share": floor} if floor else {}
        for region in regions:
            far = region == "asia" and service in f.TOO_FAR_FROM_ASIA
            rows.append({
                "id": f"{tenant}-{service}-{region}", "tenant": tenant, "region": region, "service": service,
                "latency_class": "standard" if far else latency_class,
                "base_tokens_per_s": rounded(f.SCALE * base * f.SPREAD[region] / total, 3), "growth": "base",
                "daily_profile": f"{shape}-{region}", "revenue_usd_per_million_tokens": revenue, "ladder": Flow(ladder),
                "assumption": "size, revenue and ladder are ours",
            })  # fmt: skip
    return rows


# ---------------------------------------------------------------- training


def job_rows() -> list[Noun]:
    rows = []
    for job, commitment, span, rate, weeks, release, due, deadline, shapes, pools, extra in f.JOBS:
        accelerator, gpus = shapes[0]
        pace = extra.get("pace", dict.fromkeys(BANDS, 1.0))
        hours = weeks * f.FILL * sum(pace[band] * length for band, length in f.BAND_HOURS.items())
        work = gpus * f.SPEED[accelerator] * efficiency(gpus) * hours
        value = rounded(work * rate, 3)
        row: Noun = {"id": job, "tenant": "research", "commitment": commitment, "span": span, "value_usd": value}
        needs = [round(work / (count * f.SPEED[kind] * efficiency(count)), 1) for kind, count in shapes]
        row["shapes"] = [
            Flow({"accelerator": kind, "gpus": count, "duration_hours": need})
            for (kind, count), need in zip(shapes, needs, strict=True)
        ]
        dates = {"release_date": release, "due_date": due, "deadline_date": deadline}
        row |= {key: day for key, day in dates.items() if day is not None}
        row |= {} if due is None else {"lateness_usd_per_day": rounded(value * f.LATE_SHARE_PER_WEEK / 7, 2)}
        row |= {key: Flow(item) if isinstance(item, dict) else item for key, item in extra.items()}
        row["pools"] = Flow(pools)
        rows.append(noted(row, None, f"invented; {work / 1e6:.3g} million H100-hours at {rate:g} USD; speeds in README.md"))
    return rows


# ---------------------------------------------------------------- the file


def calendar() -> Noun:
    def weekdays(first: int, end: int) -> list[Flow]:
        return [Flow({"days": ["mon", "tue", "wed", "thu", "fri"], "from_hour": first, "to_hour": end})]

    peak = {"id": "peak", "zone": f.PEAK_ZONE, "hours": weekdays(5, 11), "source": f.PEAK_SOURCE}
    shoulder = {"id": "shoulder", "zone": f.PEAK_ZONE, "hours": weekdays(11, 23)}
    return {"start": f.START, "block": "week", "blocks": f.WEEKS, "bands": [peak, shoulder, {"id": "off-peak", "rest": True}]}


def document() -> Noun:
    growth = {"id": "base", "steps": [Flow({"from_date": day, "annual_factor": factor}) for day, factor in f.GROWTH]}
    tenants = [*((tenant, name) for tenant, name, _, _ in f.TENANTS), ("research", "Research")]
    nouns: Noun = {
        "format": "fleet-placement/1",
        "name": "frontier-2026",
        "description": f.DESCRIPTION,
        "calendar": calendar(),
        "settings": Flow({"delivery_date": "p50"}),
        "providers": [Flow(row) for row in f.PROVIDERS],
        "regions": [Flow(row) for row in f.REGIONS],
        "sites": site_rows(),
        "feeds": feed_rows(),
        "contracts": contract_rows(),
        "pools": pool_rows(),
        "links": [Flow(row) for row in link_rows()],
        "tenants": [Flow({"id": tenant, "name": name}) for tenant, name in tenants],
        "latency_classes": f.LATENCY_CLASSES,
        "services": service_rows(),
        "growths": [noted(growth, f.GROWTH_SOURCE, f.GROWTH_ASSUMPTION)],
        "daily_profiles": profile_rows(),
        "streams": stream_rows(),
        "jobs": job_rows(),
    }
    return nouns | {"scenarios": scenario_rows(nouns, tranches, steps), "futures": futures()}


def files() -> dict[str, str]:
    """Name and content of each file that this script writes."""
    head = "# Written by build.py from figures.py: edit those. Figures, sources and certainty: README.md of this folder.\n"
    return {"fleet.yaml": head + block(document(), 0)}


def main() -> None:
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
