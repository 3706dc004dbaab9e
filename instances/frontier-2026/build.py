"""Writes fleet.yaml of this folder: every figure stands here with its source, every choice of ours with its assumption.

Run ``python instances/frontier-2026/build.py``; the result depends on nothing but this file.
"""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

START = date(2026, 3, 2)
WEEKS = 52
HOURS_PER_WEEK = 168
BANDS = ("peak", "shoulder", "off-peak")

# ---------------------------------------------------------------- sources

EPOCH = "Epoch AI via einpresswire.com, 2025-11-04"
EIA = "eia.gov, industrial average of the state (Electric Power Monthly 5.6.A 2025 where given, else Annual 2023)"
PUE = "datacenterdynamics.com (operators' own reports)"
MLPERF_51 = "MLPerf Inference v5.1 (mlcommons/inference_results_v5.1)"
MLPERF_60 = "MLPerf Inference v6.0 (summary_results.json)"
S1 = "SpaceX S-1 as reported by letsdatascience.com, relvehq.com and xix.ai, May and June 2026"
SITE_RTT = "great circle, 200 km/ms, path factor 1.5, plus 1 ms; calibrated on IBM Cloud's measured table of 2024"
IBM_RTT = "IBM Cloud VPC network latency, average of 27 Jul to 25 Aug 2024 (measured)"
AWS_RTT = "AWS inter-region table of 2017, acomputerscientistlearnsaws.blogspot.com (measured)"


# ---------------------------------------------------------------- the file's own small YAML writer


class Flow:
    """A value to be written on one line."""

    def __init__(self, value: Any) -> None:
        self.value = value


def scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | date):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, Flow):
        return flow(value.value)
    plain = value and value[0].isalnum() and not value[0].isdigit() and all(c.isalnum() or c in " .,/()_%+$>~<=;*'-" for c in value)
    return value if plain and value == value.strip() and value not in ("null", "true", "false") else json.dumps(value, ensure_ascii=False)


def flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    text = scalar(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) and "," in text and not text.startswith('"') else text


def block(value: Any, indent: int) -> str:
    pad = "  " * indent
    if isinstance(value, dict):
        return "".join(f"{pad}{key}:{after(item, indent)}" for key, item in value.items())
    return "".join(f"{pad}- {block(item, indent + 1).lstrip() if isinstance(item, dict) else scalar(item) + chr(10)}" for item in value)


def after(value: Any, indent: int) -> str:
    if isinstance(value, dict | list) and value:
        return "\n" + block(value, indent + 1)
    return f" {flow(value) if isinstance(value, dict | list | tuple) else scalar(value)}\n"


# ---------------------------------------------------------------- supply


def steps(*pairs: tuple[date, Any]) -> list[Flow]:
    return [Flow({"from_date": day, "value": value}) for day, value in pairs]


def day(month: int, number: int) -> date:
    """A day of the horizon: January to early March are those of 2027 unless it is the first day or later."""
    candidate = date(2026, month, number)
    return candidate if candidate >= START else date(2027, month, number)


BEFORE = START  # what is online on the first day


def price_by_band(mean_usd_per_mwh: float, shape: str) -> dict[str, float]:
    """A mean price spread over the bands; the mean over a week (30, 60 and 78 hours) stays the same."""
    ratio = {"east": (1.4, 1.3, 1.0), "ercot": (0.85, 1.35, 0.85), "flat": (1.0, 1.0, 1.0)}[shape]
    mean = sum(r * h for r, h in zip(ratio, (30, 60, 78), strict=True)) / HOURS_PER_WEEK
    return {band: round(mean_usd_per_mwh / 1000 * r / mean, 5) for band, r in zip(BANDS, ratio, strict=True)}


SHAPE_NOTE = {
    "east": "on-peak to off-peak 1.4 and 1.3, as usual in PJM, MISO and SERC",
    "ercot": "midday solar makes the peak band cheap, the evening falls into the shoulder",
    "flat": "no shape known",
}

PROVIDERS = [
    {"id": "aws", "kind": "cloud", "name": "Amazon Web Services"},
    {"id": "google", "kind": "cloud", "name": "Google Cloud"},
    {"id": "azure", "kind": "cloud", "name": "Microsoft Azure"},
    {"id": "spacex", "kind": "landlord", "name": "SpaceX (xAI)"},
    {"id": "fluidstack", "kind": "landlord", "name": "Fluidstack and TeraWulf"},
]

REGIONS = [
    {"id": "us-west", "jurisdiction": "us", "name": "Western and mountain states"},
    {"id": "us-east", "jurisdiction": "us", "name": "Eastern and central states"},
    {"id": "europe", "jurisdiction": "eu", "name": "Europe, Africa, Middle East"},
    {"id": "asia", "jurisdiction": "jp", "name": "Asia and Pacific"},
]

# id, name, provider, region, jurisdiction, pue, source, assumption
SITES = [
    ("aws-in", "New Carlisle, Indiana", "aws", "us-east", "us", 1.15, PUE, None),
    ("aws-ms", "Mississippi and Pennsylvania parts of Rainier", "aws", "us-east", "us", 1.15, f"{PUE}; semafor.com, 2025-10-29",
     "both parts as one site in Mississippi; their split is not published"),
    ("google-ia", "Council Bluffs, Iowa", "google", "us-east", "us", 1.09, "Google's own reports", "US TPU regions stand for themselves as one site"),
    ("google-eu", "Eemshaven, Netherlands", "google", "europe", "eu", 1.09, "Google's own reports", None),
    ("google-jp", "Tokyo, Japan", "google", "asia", "jp", 1.09, "Google's own reports", None),
    ("google-ne", "Lincoln, Nebraska", "google", "us-east", "us", 1.09, "Google's own reports",
     "first site of the 2027 agreement; the sites are not published"),
    ("azure-va", "Northern Virginia", "azure", "us-east", "us", 1.18, PUE, "the site of the Azure capacity is not published"),
    ("colossus-1", "Memphis, Tennessee", "spacex", "us-east", "us", 1.25, None, "1.25, the upper end for an AI campus: a converted factory"),
    ("colossus-2", "Whitehaven, Tennessee and Southaven, Mississippi", "spacex", "us-east", "us", 1.15, None,
     "1.15 as for a liquid-cooled AI campus"),
    ("abernathy", "Abernathy, Texas", "fluidstack", "us-east", "us", 1.15, "phemex.com; bitgetapp.com", "1.15 as for a liquid-cooled AI campus"),
    ("lake-mariner", "Lake Mariner, New York", "fluidstack", "us-east", "us", 1.15, "phemex.com; findarticles.com",
     "1.15 as for a liquid-cooled AI campus"),
]

# grid area, USD/MWh, shape, source
GRIDS = [
    ("grid-in", 90.1, "east", EIA), ("grid-ms", 69.6, "east", EIA), ("grid-ia", 63.6, "east", EIA), ("grid-ne", 76.3, "east", EIA),
    ("grid-va", 89.2, "east", EIA), ("grid-tx", 66.3, "ercot", EIA), ("grid-ny", 89.2, "east", EIA),
    ("grid-nl", 100.0, "flat", None), ("grid-jp", 150.0, "flat", None),
]  # fmt: skip

# site feed, parent, limit kW (number or steps), reserve kW, source, assumption
SITE_FEEDS: list[tuple[str, str, Any, float, str | None, str | None]] = [
    ("aws-in-feed", "grid-in", 1_000_000, 20_000, f"about 1 GW in January 2026 ({EPOCH})", "2 % kept free"),
    ("aws-ms-feed", "grid-ms",
     steps((BEFORE, 200_000), (day(5, 4), 260_000), (day(7, 6), 390_000), (day(8, 31), 520_000), (day(10, 26), 650_000)),
     0, "nearly 1 GW new by the end of 2026 (thesummerai.com, 2026-04-20)", "tranches and their share of the 1 GW are ours"),
    ("google-ia-feed", "grid-ia", steps((BEFORE, 215_000), (day(5, 4), 300_000), (day(8, 3), 400_000), (day(10, 5), 520_000)), 0,
     "about 1 GW of TPU in 2026, half of it counted at Abernathy and Lake Mariner (krasa.ai; chatforest.com)", "300 MW in May and the tranches are guesses"),
    ("google-eu-feed", "grid-nl", 30_000, 0, None, "sized for the pool"),
    ("google-jp-feed", "grid-jp", 33_000, 0, None, "sized for the pool"),
    ("google-ne-feed", "grid-ne", steps((BEFORE, 0), (date(2027, 1, 4), 130_000), (date(2027, 2, 1), 260_000)), 0,
     "5 GW, or 3.5 GW in the filing of April, coming online from 2027 (chatforest.com; col.cx)", "the first tranches are ours; no schedule is public"),
    ("azure-va-feed", "grid-va", steps((BEFORE, 80_000), (day(4, 27), 115_000), (day(6, 15), 150_000), (day(7, 6), 225_000), (day(9, 14), 300_000),
                                       (day(11, 9), 375_000), (date(2027, 1, 11), 430_000)),
     0, "30 B$ of Azure capacity (col.cx); up to 1 GW is not confirmed", "tranches are ours; the last one is below the full draw of the chips"),
    ("memphis", None, steps((BEFORE, 150_000), (day(5, 4), 340_000), (day(6, 29), 410_000), (day(8, 3), 490_000)), 0,
     "150 MW of MLGW and TVA first, a second 150 MW substation later (tomshardware.com)",
     "tenant's share of the area; what is shown of Colossus 2 adds 190 MW in steps"),
    ("colossus-1-feed", "memphis", 300_000, 15_000, "about 300 MW (thegridreport.news, 2026-05-06)", "5 % kept free"),
    ("colossus-2-feed", "memphis", 190_000, 0, f"105,000 GPUs at about 1.8 kW, derived ({S1}); 350 MW of cooling on site ({EPOCH})", None),
    ("abernathy-feed", "grid-tx", steps((BEFORE, 0), (day(10, 5), 84_000), (day(11, 16), 168_000)), 0, "168 MW in the second half of 2026 (phemex.com)",
     "two equal tranches"),
    ("lake-mariner-feed", "grid-ny", steps((BEFORE, 0), (day(11, 2), 85_000), (day(12, 7), 170_000), (date(2027, 1, 11), 255_000), (date(2027, 2, 8), 340_000)), 0,
     "about 340 MW in 2026, derived from 510 MW of the platform (phemex.com)", "four equal tranches, the last in 2027"),
]  # fmt: skip

# id, provider, from, to, USD per GPU-hour, USD per month, source, assumption
LEASE_FEE = 1.25e9
CONTRACTS: list[tuple[str, str, str, date, Any, float, Any, str | None, str | None]] = [
    ("aws-trainium", "leased", "aws", date(2025, 10, 1), "open", 0.91, 0.0, "0.98 USD per chip-hour over 3 years (HF dataset ai-inference-hardware-economics-2026)",
     "0.07 of energy taken off: energy is charged at the feed"),
    ("google-tpu-v7", "leased", "google", date(2025, 10, 23), "open", 2.35, 0.0, None,
     "2.50 USD per chip-hour under a 3-year commitment, by the ratio of FLOPS and commitment discounts of v5p and v6e, less 0.15 of energy"),
    ("google-tpu-v6e", "leased", "google", date(2025, 1, 1), "open", 1.16, 0.0, "1.22 USD per chip-hour over 3 years (Google's list)", "0.06 of energy taken off"),
    ("google-2027", "future", "google", date(2027, 1, 1), "open", 2.35, 0.0, "5 GW from 2027 (col.cx; chatforest.com)",
     "price as for v7, next-generation chips counted as v7"),
    ("azure-blackwell", "leased", "azure", date(2025, 11, 18), "open", 3.0, 0.0, "owner's cost 3.2 USD per GPU-hour (greaterwrong.com NBEmGx3d)",
     "committed price near the owner's cost, less 0.17 of energy"),
    ("colossus-1-lease", "leased", "spacex", date(2026, 5, 4), date(2029, 6, 1), 0.0,
     steps((BEFORE, round(LEASE_FEE * 220 / 325 / 2, -6)), (date(2026, 7, 1), round(LEASE_FEE * 220 / 325, -6))),
     f"agreement of 3 May 2026, 1.25 B$ per month through May 2029 over 325,000 GPUs, reduced in the first months ({S1})",
     "shared by GPUs between the two sites; half the fee in May and June; power is in the fee"),
    ("colossus-2-lease", "leased", "spacex", date(2026, 6, 1), date(2029, 6, 1), 0.0,
     steps((BEFORE, round(LEASE_FEE * 105 / 325 / 2, -6)), (date(2026, 7, 1), round(LEASE_FEE * 105 / 325, -6))),
     f"as colossus-1-lease ({S1})", "shared by GPUs; half the fee in June; power is in the fee"),
    ("abernathy-lease", "future", "fluidstack", date(2026, 10, 5), date(2051, 10, 1), 1.2, round(168 * 2.26e6 / 12, -5),
     "25 years, 9.5 B$ for 168 MW = 2.26 M$ per MW and year (phemex.com)", "chips at 1.2 USD per hour of use"),
    ("lake-mariner-lease", "future", "fluidstack", date(2026, 11, 2), date(2051, 11, 1), 1.2,
     steps((BEFORE, round(85 * 2.26e6 / 12, -5)), (day(12, 7), round(170 * 2.26e6 / 12, -5)), (date(2027, 1, 11), round(255 * 2.26e6 / 12, -5)),
           (date(2027, 2, 8), round(340 * 2.26e6 / 12, -5))),
     "price per MW as at Abernathy (phemex.com)", "chips at 1.2 USD per hour of use; shell paid by the tranche"),
]  # fmt: skip


def ramp(size: int, *pairs: tuple[date, int]) -> list[Flow]:
    """Islands online from days on, as GPUs."""
    return steps(*((when, size * count) for when, count in pairs))


def spanning(islands: int, loss: float, oversubscription: float) -> Flow:
    return Flow({"max_islands": islands, "sets": "consecutive", "loss": loss, "oversubscription": oversubscription})


META = "7:1 between pods as in Meta's 24k clusters (glennklockwood.com)"
# id, site, accelerator, contract, island size, islands, ramp, spanning, source, assumption
POOLS: list[tuple[str, str, str, str, int, int, Any, Flow | None, str | None, str | None]] = [
    ("aws-in-trn2", "aws-in", "trn2", "aws-trainium", 98_304, 11,
     ramp(98_304, (BEFORE, 5), (day(4, 13), 6), (day(6, 1), 7), (day(7, 20), 8), (day(9, 7), 9), (day(11, 2), 10), (day(12, 14), 11)), spanning(2, 0.08, 4),
     "500,000 chips in seven buildings in October 2025, 23 more planned (theaipost.in; rbtfl.xyz)", "an island is a building; dates are ours; 4:1 between buildings"),
    ("aws-ms-trn2", "aws-ms", "trn2", "aws-trainium", 65_536, 12,
     ramp(65_536, (BEFORE, 3), (day(5, 11), 4), (day(7, 6), 6), (day(8, 31), 8), (day(10, 26), 10), (day(12, 14), 12)), spanning(2, 0.08, 4),
     "one cluster over three states (semafor.com); with New Carlisle nearly 1 GW new by the end of 2026 (thesummerai.com)",
     "counts, islands and dates are ours; Trainium3 counted as Trainium2"),
    ("google-ia-v7", "google-ia", "tpu-v7", "google-tpu-v7", 36_864, 8,
     ramp(36_864, (BEFORE, 3), (day(5, 4), 4), (day(6, 29), 5), (day(8, 3), 6), (day(10, 5), 7), (day(11, 30), 8)), spanning(2, 0.05, 4),
     "up to one million TPUs, about 1 GW in 2026 (chatforest.com; krasa.ai); pods of 9,216 (Google Cloud docs)",
     "an island is four pods on one data-centre network; dates are ours"),
    ("google-eu-v6e", "google-eu", "tpu-v6e", "google-tpu-v6e", 24_576, 2, ramp(24_576, (BEFORE, 1), (day(9, 7), 2)), None, None,
     "size is ours; inference capacity in Europe is announced, not sized"),
    ("google-jp-v7", "google-jp", "tpu-v7", "google-tpu-v7", 9_216, 2, ramp(9_216, (BEFORE, 1), (day(9, 7), 2)), None, None,
     "size is ours; inference capacity in Asia is announced, not sized"),
    ("google-ne-v7", "google-ne", "tpu-v7", "google-2027", 36_864, 4, ramp(36_864, (date(2027, 1, 4), 2), (date(2027, 2, 1), 4)), spanning(2, 0.05, 4),
     "5 GW from 2027 (col.cx)", "next-generation TPU counted as v7; the first tranches are ours"),
    ("azure-gb200", "azure-va", "gb200-nvl72", "azure-blackwell", 18_432, 4, ramp(18_432, (BEFORE, 2), (day(4, 27), 3), (day(6, 15), 4)), spanning(2, 0.08, 7),
     "30 B$ of Azure capacity with GB200 and GB300 (col.cx)", f"256 racks per island; counts and dates are ours; {META}"),
    ("azure-gb300", "azure-va", "gb300-nvl72", "azure-blackwell", 18_432, 8,
     ramp(18_432, (day(7, 6), 2), (day(9, 14), 4), (day(11, 9), 6), (date(2027, 1, 11), 8)), spanning(2, 0.08, 7),
     "30 B$ of Azure capacity with GB200 and GB300 (col.cx)", f"256 racks per island; counts and dates are ours; {META}"),
    ("colossus-1-h100", "colossus-1", "h100-sxm", "colossus-1-lease", 25_000, 6,
     ramp(25_000, (day(5, 4), 2), (day(5, 18), 4), (day(6, 1), 6)), spanning(4, 0.08, 7),
     "220,000 GPUs over H100, H200 and GB200 within the month (novarapress.net); 100k + 50k H100 (greaterwrong.com); three tiers of Spectrum-X (storagereview.com)",
     f"150k of the 220k; arrays of 512 joined to six islands of full bandwidth; ramp over May and June; {META}"),
    ("colossus-1-h200", "colossus-1", "h200-sxm", "colossus-1-lease", 25_000, 2, ramp(25_000, (day(5, 18), 1), (day(6, 8), 2)), spanning(2, 0.08, 7),
     "50k H200 (greaterwrong.com)", "50k of the 220k; two islands"),
    ("colossus-1-gb200", "colossus-1", "gb200-nvl72", "colossus-1-lease", 10_008, 2, ramp(10_008, (day(5, 25), 1), (day(6, 15), 2)), None,
     "what the totals leave for GB200", "20k of the 220k as 278 racks; two islands"),
    ("colossus-2-gb300", "colossus-2", "gb300-nvl72", "colossus-2-lease", 21_024, 5, ramp(21_024, (day(6, 8), 1), (day(6, 29), 3), (day(8, 3), 5)), spanning(3, 0.08, 7),
     f"325,000 GPUs in total over both sites less 220,000 ({S1})", "all GB300 as 1,460 racks; five islands; ramp over June to August"),
    ("abernathy-v7", "abernathy", "tpu-v7", "abernathy-lease", 46_080, 2, ramp(46_080, (day(10, 5), 1), (day(11, 16), 2)), spanning(2, 0.05, 4),
     "168 MW in the second half of 2026 (phemex.com)", "TPU v7 at 1.84 kW; five pods per island"),
    ("lake-mariner-v7", "lake-mariner", "tpu-v7", "lake-mariner-lease", 46_080, 4,
     ramp(46_080, (day(11, 2), 1), (day(12, 7), 2), (date(2027, 1, 11), 3), (date(2027, 2, 8), 4)), spanning(2, 0.05, 4),
     "about 340 MW (phemex.com)", "TPU v7 at 1.84 kW; five pods per island"),
]  # fmt: skip

# ---------------------------------------------------------------- WAN

# nearest places of the demand regions: Oregon, Ashburn, London, Tokyo; RTT in ms
RTT: dict[str, tuple[float, float, float, float]] = {
    "aws-in": (43.0, 13.3, 95.5, 154.1),
    "aws-ms": (46.1, 20.1, 109.5, 163.1),
    "google-ia": (32.4, 24.7, 104.6, 147.4),
    "google-ne": (31.6, 25.7, 105.6, 147.1),
    "azure-va": (55.3, 2.0, 89.9, 164.1),
    "colossus-1": (43.9, 19.0, 106.5, 160.0),
    "colossus-2": (43.9, 19.0, 106.5, 160.0),
    "abernathy": (33.2, 35.7, 121.0, 152.0),
    "lake-mariner": (51.2, 8.4, 86.3, 157.1),
}
ABROAD = [
    ("google-eu", "us-west", 140.0, AWS_RTT), ("google-eu", "us-east", 91.0, IBM_RTT), ("google-eu", "europe", 13.0, IBM_RTT),
    ("google-eu", "asia", 233.0, IBM_RTT), ("google-jp", "us-west", 89.1, AWS_RTT), ("google-jp", "us-east", 164.0, IBM_RTT),
    ("google-jp", "europe", 243.0, IBM_RTT), ("google-jp", "asia", 9.0, IBM_RTT),
]  # fmt: skip
# between sites: a, b, Gbit/s, ms
BACKBONE = [
    ("aws-in", "aws-ms", 10_000, 16.9), ("colossus-1", "colossus-2", 10_000, 1.2), ("abernathy", "google-ia", 3_200, 16.6),
    ("lake-mariner", "google-ia", 3_200, 22.6), ("google-ia", "google-ne", 10_000, 1.9), ("azure-va", "colossus-2", 1_600, 19.0),
]  # fmt: skip

# ---------------------------------------------------------------- services

# Tokens per second and accelerator: standard (MLPerf server), interactive, batch (offline), of best submissions.
NVL72_SOURCE = f"{MLPERF_60}, 72 GPUs"
MEASURED: dict[str, dict[str, tuple[float, float, float]]] = {
    "llama2-70b": {"h100-sxm": (3821, 2263, 3902), "h200-sxm": (4274, 2885, 4415), "gb200-nvl72": (11251, 10484, 12334), "gb300-nvl72": (12059, 11307, 15651)},
    "deepseek-r1": {"h200-sxm": (1774, 918, 2417), "gb200-nvl72": (4668, 3338, 6752), "gb300-nvl72": (5574, 3481, 9360)},
    "gpt-oss-120b": {"h100-sxm": (2103, 500, 2502), "h200-sxm": (3013, 717, 3585), "gb200-nvl72": (12489, 8680, 12216), "gb300-nvl72": (15233, 9406, 14530)},
    "llama3.1-405b": {"h100-sxm": (35.2, 18.1, 48.9), "h200-sxm": (36.9, 25.4, 69.1), "gb200-nvl72": (196.3, 194.6, 214.7), "gb300-nvl72": (258.7, 255.1, 271.0)},
}  # fmt: skip
MEASURED_NOTE = {
    "llama2-70b": "H100 interactive by the H200's ratio 0.58",
    "deepseek-r1": "H200 by the ratio of llama2-70b between H200 and GB200; GB300 standard on 8 GPUs",
    "gpt-oss-120b": "H100 by HBM bandwidth from H200; interactive on 8 GPUs 0.2 of offline, between B200 (0.15) and B300 (0.24)",
    "llama3.1-405b": "H100 interactive by the H200's ratio 0.37",
}
FP8_TFLOPS = {"h200-sxm": 1979.0, "trn2": 1299.0, "tpu-v7": 4614.0, "tpu-v6e": 918.0}
HBM_TB_S = {"h200-sxm": 4.8, "trn2": 2.9, "tpu-v7": 7.38, "tpu-v6e": 1.638}
REPLICA_GPUS = {"h100-sxm": 8, "h200-sxm": 8, "gb200-nvl72": 72, "gb300-nvl72": 72, "trn2": 16, "tpu-v7": 8, "tpu-v6e": 8}
CLASSES = ("standard", "interactive", "batch")
DERIVED_NOTE = (
    "Trainium2 and TPU are not submitted: batch by FP8 FLOPS from H200, standard and interactive by the ratios of GB200 NVL72 (large "
    "scale-up domain too), interactive also by bandwidth per FLOPS"
)


def tokens_per_s(model: str, accelerator: str, latency_class: str) -> float:
    """Output tokens per second of one accelerator."""
    at = CLASSES.index(latency_class)
    rows = MEASURED[model]
    if accelerator in rows:
        return rows[accelerator][at]
    compute = FP8_TFLOPS[accelerator] / FP8_TFLOPS["h200-sxm"]
    bandwidth = HBM_TB_S[accelerator] / HBM_TB_S["h200-sxm"]
    nvl72 = rows["gb200-nvl72"]
    offline = rows["h200-sxm"][2] * compute
    factor = (min(1.0, nvl72[0] / nvl72[2]), min(1.0, nvl72[1] / nvl72[2]) * min(1.0, bandwidth / compute), 1.0)[at]
    return offline * factor


# id, name, model, input per output token, classes, pools
SERVICES = [
    ("chat-small", "Chat, small model", "llama2-70b", 1.0, ("standard", "batch"),
     ("aws-in-trn2", "aws-ms-trn2", "google-eu-v6e", "google-jp-v7", "colossus-1-h100", "google-ia-v7")),
    ("chat-medium", "Chat, medium model", "deepseek-r1", 0.3, ("interactive", "standard"),
     ("aws-in-trn2", "aws-ms-trn2", "google-ia-v7", "google-jp-v7", "azure-gb200", "colossus-1-h200", "lake-mariner-v7")),
    ("agent-medium", "Agents, medium model", "gpt-oss-120b", 6.0, ("interactive", "standard"),
     ("aws-in-trn2", "aws-ms-trn2", "google-ia-v7", "google-ne-v7", "azure-gb200", "colossus-1-h100", "colossus-1-gb200", "colossus-2-gb300", "abernathy-v7")),
    ("agent-large", "Agents, large model", "llama3.1-405b", 14.0, ("interactive", "standard"),
     ("aws-in-trn2", "google-ia-v7", "google-ne-v7", "azure-gb200", "azure-gb300", "colossus-1-h200", "colossus-1-gb200", "colossus-2-gb300", "lake-mariner-v7")),
]  # fmt: skip

# ---------------------------------------------------------------- demand

# Weekday and weekend shape of Microsoft's Llama-3.1-8B in production, US regions, by hour of UTC (SageServe's figure, digitised).
OFFICE_UTC = (0.38, 0.32, 0.27, 0.22, 0.19, 0.2, 0.19, 0.19, 0.19, 0.19, 0.19, 0.18, 0.26, 0.43, 0.64, 0.81, 0.9, 0.95, 1.0, 0.98, 0.88, 0.75, 0.62, 0.46)
OFFICE_WEEKEND_UTC = (0.16, 0.12, 0.09, 0.09, 0.11, 0.08, 0.07, 0.06, 0.06, 0.07, 0.07, 0.06, 0.08, 0.08, 0.08, 0.08, 0.09, 0.09, 0.1, 0.09, 0.11, 0.11, 0.11, 0.11)
# Alibaba ServeGen m-mid (flat: programs and batches), by hour of the trace taken as local.
STEADY = (0.863, 0.892, 0.98, 1.0, 0.873, 0.801, 0.838, 0.907, 0.837, 0.849, 0.946, 0.95, 0.817, 0.964, 0.905, 0.725, 0.719, 0.791, 0.771, 0.76, 0.866, 0.797, 0.792, 0.873)
# Alibaba ServeGen m-small (evening peak: people at home).
HOME = (0.576, 0.49, 0.504, 0.465, 0.491, 0.453, 0.47, 0.587, 0.698, 0.724, 0.773, 0.751, 0.728, 0.737, 0.728, 0.719, 0.75, 0.741, 0.692, 0.844, 1.0, 0.963, 0.872, 0.73)
ZONES = {"us-west": "America/Los_Angeles", "us-east": "America/New_York", "europe": "Europe/Berlin", "asia": "Asia/Tokyo"}
WEEKEND_HOME = 0.8
"""Part of a weekday's demand of people at home."""


def office(shape: tuple[float, ...]) -> tuple[float, ...]:
    """By local hour: the figure's US regions lie around UTC-6."""
    return tuple(shape[(hour + 6) % 24] for hour in range(24))


GROWTH = [(date(2026, 3, 2), 80.0), (date(2026, 5, 6), 8.0), (date(2026, 7, 1), 4.0), (date(2026, 10, 1), 2.5), (date(2027, 1, 1), 2.0)]

# id, name, rungs (share, relative price), floor share
TENANTS = [
    ("free", "Free", ((0.4, 1.0), (0.3, 2.0), (0.2, 4.0), (0.1, 8.0)), 0.0),
    ("pro", "Pro", ((0.25, 1.0), (0.25, 2.0), (0.3, 4.0), (0.2, 8.0)), 0.0),
    ("max", "Max", ((0.25, 1.0), (0.25, 2.0), (0.3, 4.0), (0.2, 8.0)), 0.0),
    ("team", "Team", ((0.2, 1.0), (0.3, 2.0), (0.5, 4.0)), 0.4),
    ("enterprise", "Enterprise", ((0.1, 1.0), (0.2, 2.0), (0.7, 4.0)), 0.6),
    ("api", "API", ((0.2, 1.0), (0.3, 2.0), (0.5, 4.0)), 0.4),
]

SPREAD = {"us-west": 0.27, "us-east": 0.38, "europe": 0.25, "asia": 0.10}
# tenant, service, latency class, shape, base tokens/s over all regions, revenue USD/M tokens, price of the first rung USD/M tokens, regions
STREAMS = [
    ("free", "chat-small", "standard", "home", 160e6, 0.04, 0.10, ("us-west", "us-east", "europe", "asia")),
    ("pro", "chat-medium", "interactive", "home", 32e6, 0.35, 0.35, ("us-west", "us-east", "europe", "asia")),
    ("pro", "agent-medium", "interactive", "office", 150e6, 0.25, 0.25, ("us-west", "us-east", "europe", "asia")),
    ("max", "agent-large", "interactive", "office", 10e6, 14.0, 10.0, ("us-west", "us-east", "europe", "asia")),
    ("team", "agent-medium", "interactive", "office", 70e6, 0.80, 0.50, ("us-west", "us-east", "europe")),
    ("enterprise", "chat-medium", "interactive", "office", 12e6, 2.20, 0.80, ("us-east", "europe")),
    ("enterprise", "agent-large", "interactive", "office", 6e6, 60.0, 20.0, ("us-west", "us-east", "europe")),
    ("api", "agent-medium", "standard", "steady", 60e6, 1.60, 0.40, ("us-west", "us-east", "europe", "asia")),
    ("api", "agent-large", "standard", "steady", 3e6, 65.0, 12.0, ("us-east", "europe")),
    ("api", "chat-small", "batch", "steady", 60e6, 0.30, 0.05, ("us-east",)),
]  # fmt: skip

# ---------------------------------------------------------------- training

# Speed of one accelerator against H100, training Llama-3.1-405B or GPT-3 in MLPerf.
SPEED = {"h100-sxm": 1.0, "h200-sxm": 1.1, "gb200-nvl72": 3.0, "gb300-nvl72": 3.7, "tpu-v6e": 0.48, "tpu-v7": 2.0, "trn2": 0.67}
SPEED_NOTE = (
    "MLPerf Training 405B tokens/s per GPU: H100 320, H200 352, GB200 926 to 1042, GB300 1370; v6e 379 of 790 on GPT-3; "
    "Trainium2 by BF16 FLOPS, TPU v7 by FP8 FLOPS and 0.86"
)


def efficiency(gpus: int) -> float:
    """Speed per accelerator against 512 of them: 0.857 at 8,192 H100 (MLPerf Training 5.0), as a power of the size."""
    return min(1.0, gpus / 512) ** 0 * (max(gpus, 512) / 512) ** (math.log(0.857) / math.log(16))


TRN2 = ("aws-in-trn2", "aws-ms-trn2")
V7_IA = ("google-ia-v7",)
V7_NEW = ("abernathy-v7", "lake-mariner-v7")
AZURE = ("azure-gb200", "azure-gb300")
HOPPER = ("colossus-1-h100", "colossus-1-h200")
C2 = ("colossus-2-gb300",)

# id, commitment, span, USD per reference hour, weeks of the first shape, release, due, deadline, shapes (accelerator, gpus), pools, extra
Job = tuple[str, str, str, float, float, date | None, date | None, date | None, tuple[tuple[str, int], ...], tuple[str, ...], dict[str, Any]]
JOBS: list[Job] = [
    # what runs or stands ready in March
    ("base-h1", "must", "island", 5.0, 6, None, day(4, 27), day(5, 4), (("trn2", 65_536),), TRN2, {}),
    ("rl-agents-1", "promised", "island", 6.0, 4, None, day(4, 13), day(5, 18), (("trn2", 16_384), ("tpu-v7", 6_144)), (*TRN2, *V7_IA), {}),
    ("safety-1", "must", "island", 4.0, 3, None, day(4, 13), day(4, 27), (("gb200-nvl72", 2_304), ("trn2", 10_240)), ("azure-gb200", "aws-in-trn2"), {}),
    ("distill-small-1", "optional", "island", 3.0, 2, None, day(4, 6), day(5, 25), (("gb200-nvl72", 1_152), ("tpu-v7", 2_048)), ("azure-gb200", *V7_IA), {}),
    ("embedding", "optional", "domain", 2.5, 2, None, day(4, 20), day(6, 1), (("tpu-v6e", 256),), ("google-eu-v6e",), {"scale_up_gpus": 256}),
    ("interp-1", "optional", "domain", 3.5, 4, None, day(5, 4), day(6, 15), (("tpu-v7", 4_096),), V7_IA, {"scale_up_gpus": 4_096}),
    ("night-1", "optional", "island", 4.0, 8, None, day(6, 15), day(8, 31), (("trn2", 49_152),), TRN2, {"pace": {"peak": 0.0, "shoulder": 1.0, "off-peak": 1.0}}),
    ("code-mid-1", "optional", "island", 5.5, 5, None, day(5, 18), day(7, 6), (("tpu-v7", 12_288), ("trn2", 36_864)), (*V7_IA, *TRN2), {}),
    ("vision-1", "optional", "island", 2.5, 3, day(3, 16), day(5, 11), day(7, 6), (("trn2", 8_192),), TRN2, {}),
    ("scaling-laws", "optional", "island", 4.5, 2, day(3, 9), day(4, 27), day(6, 1), (("gb200-nvl72", 4_608), ("trn2", 20_480)), ("azure-gb200", "aws-ms-trn2"), {}),
    ("speech-1", "optional", "island", 2.0, 3, day(4, 6), day(6, 8), day(8, 3), (("tpu-v7", 1_024), ("h100-sxm", 2_048)), (*V7_IA, "colossus-1-h100"), {}),
    ("robustness", "optional", "domain", 3.0, 2, day(4, 13), day(6, 15), day(8, 17), (("tpu-v7", 2_048),), V7_IA, {"scale_up_gpus": 2_048}),
    # the lease opens room
    ("frontier-hopper", "optional", "pool", 5.0, 8, day(5, 11), day(8, 31), day(10, 26), (("h100-sxm", 50_000), ("gb300-nvl72", 16_128)), ("colossus-1-h100", *C2), {"gbit_s_per_gpu": 25.0}),
    ("code-mid-2", "promised", "island", 6.0, 5, day(5, 25), day(8, 3), day(9, 14), (("h100-sxm", 16_384), ("h200-sxm", 14_336), ("trn2", 24_576)), (*HOPPER, "aws-ms-trn2"), {}),
    ("rl-agents-2", "promised", "island", 6.5, 4, day(6, 1), day(7, 27), day(9, 14), (("gb200-nvl72", 4_608), ("h200-sxm", 12_288), ("trn2", 20_480)), ("azure-gb200", "colossus-1-h200", "aws-in-trn2"), {}),
    ("safety-2", "must", "island", 4.0, 3, day(6, 8), day(7, 20), day(8, 17), (("h100-sxm", 6_144), ("trn2", 9_216)), ("colossus-1-h100", *TRN2), {}),
    ("distill-small-2", "optional", "island", 3.0, 2, day(6, 1), day(7, 27), day(9, 28), (("h100-sxm", 4_096),), ("colossus-1-h100",), {}),
    ("multimodal-1", "optional", "island", 4.0, 6, day(6, 8), day(8, 31), day(10, 12), (("gb300-nvl72", 9_216), ("h100-sxm", 25_000)), (*C2, "colossus-1-h100"), {}),
    ("interp-2", "optional", "island", 3.5, 3, day(6, 15), day(8, 10), day(10, 5), (("h200-sxm", 8_192),), ("colossus-1-h200",), {}),
    ("biology", "optional", "island", 3.0, 4, day(6, 15), day(8, 24), day(10, 19), (("h100-sxm", 8_192), ("tpu-v7", 4_096)), ("colossus-1-h100", *V7_IA), {}),
    ("lora-farm", "optional", "domain", 2.5, 2, day(6, 1), day(8, 3), day(10, 5), (("tpu-v6e", 256),), ("google-eu-v6e",), {"scale_up_gpus": 256}),
    ("math-1", "optional", "island", 5.0, 3, day(6, 29), day(8, 31), day(10, 19), (("gb300-nvl72", 6_048),), C2, {}),
    ("night-2", "optional", "island", 4.0, 8, day(7, 6), day(10, 12), day(12, 14), (("trn2", 65_536),), TRN2, {"pace": {"peak": 0.0, "shoulder": 1.0, "off-peak": 1.0}}),
    ("two-site-h2", "optional", "sites", 4.5, 6, day(7, 20), day(10, 12), day(12, 7), (("trn2", 65_536),), TRN2,
     {"gbit_s_per_gpu": 12.5, "wan_gbit_s": 4_000.0, "max_rtt_ms": 25.0, "wan_loss": 0.04}),
    # second half
    ("frontier-100k", "promised", "sites", 6.0, 10, day(8, 31), day(12, 14), date(2027, 1, 18), (("trn2", 100_000),), TRN2,
     {"gbit_s_per_gpu": 12.5, "wan_gbit_s": 3_200.0, "max_rtt_ms": 25.0, "wan_loss": 0.04}),
    ("frontier-gb300", "optional", "pool", 6.0, 8, day(8, 10), day(11, 23), date(2027, 1, 11), (("gb300-nvl72", 41_976),), C2, {"gbit_s_per_gpu": 25.0}),
    ("rl-agents-3", "promised", "island", 6.5, 4, day(8, 24), day(10, 19), day(11, 30), (("gb300-nvl72", 6_048), ("trn2", 32_768)), ("azure-gb300", *C2, "aws-in-trn2"), {}),
    ("safety-3", "must", "island", 4.0, 3, day(9, 7), day(10, 26), day(11, 23), (("h100-sxm", 8_192), ("trn2", 12_288)), ("colossus-1-h100", *TRN2), {}),
    ("distill-small-3", "optional", "island", 3.0, 2, day(9, 7), day(11, 2), day(12, 28), (("gb200-nvl72", 2_304), ("h100-sxm", 6_144)), ("azure-gb200", "colossus-1-gb200", "colossus-1-h100"), {}),
    ("code-mid-3", "optional", "island", 5.5, 5, day(9, 14), day(11, 23), date(2027, 1, 4), (("gb300-nvl72", 9_216), ("tpu-v7", 18_432)), ("azure-gb300", *V7_IA), {}),
    ("vision-2", "optional", "island", 2.5, 4, day(9, 21), day(12, 7), date(2027, 2, 1), (("h200-sxm", 12_288), ("h100-sxm", 12_288)), HOPPER, {}),
    ("speech-2", "optional", "island", 2.0, 3, day(10, 5), day(12, 14), date(2027, 2, 8), (("tpu-v7", 2_048),), (*V7_IA, "abernathy-v7"), {}),
    ("multimodal-2", "optional", "island", 4.5, 6, day(10, 19), date(2027, 1, 11), date(2027, 2, 22), (("tpu-v7", 24_576),), V7_NEW, {}),
    ("math-2", "optional", "island", 5.0, 4, day(10, 19), day(12, 28), date(2027, 2, 1), (("gb300-nvl72", 12_240),), ("azure-gb300", *C2), {}),
    ("interp-3", "optional", "island", 3.5, 3, day(11, 2), date(2027, 1, 4), date(2027, 2, 15), (("h100-sxm", 12_288),), ("colossus-1-h100",), {}),
    # late ones; they may run past the horizon
    ("frontier-v7", "optional", "pool", 5.5, 10, day(12, 7), None, None, (("tpu-v7", 73_728),), ("lake-mariner-v7", "abernathy-v7"), {"gbit_s_per_gpu": 12.5, "continues_after": True}),
    ("base-2027", "optional", "pool", 6.0, 12, date(2027, 1, 4), None, None, (("trn2", 131_072), ("gb300-nvl72", 36_864)), ("aws-in-trn2", "azure-gb300"), {"gbit_s_per_gpu": 12.5, "continues_after": True}),
    ("rl-agents-4", "promised", "island", 6.5, 4, day(11, 23), date(2027, 1, 25), date(2027, 2, 22), (("gb300-nvl72", 9_216), ("trn2", 49_152)), ("azure-gb300", *C2, "aws-in-trn2"), {}),
    ("safety-4", "optional", "island", 4.0, 4, date(2027, 1, 11), None, None, (("h100-sxm", 10_240), ("trn2", 15_360)), ("colossus-1-h100", "aws-ms-trn2"), {"continues_after": True}),
    ("night-3", "optional", "island", 4.0, 8, day(12, 14), None, None, (("trn2", 65_536),), TRN2, {"pace": {"peak": 0.0, "shoulder": 1.0, "off-peak": 1.0}, "continues_after": True}),
]  # fmt: skip
FILL = 0.97
"""A job of n weeks takes this part of n weeks: gangs hold whole weeks."""
LATE_SHARE_PER_WEEK = 0.03
"""Part of its value that a job loses with each week past its due date."""

# ---------------------------------------------------------------- what becomes of it


def noted(noun: dict[str, Any], source: str | None, assumption: str | None) -> dict[str, Any]:
    return noun | ({"source": source} if source else {}) | ({"assumption": assumption} if assumption else {})


def link_rows() -> list[dict[str, Any]]:
    rows = []
    for site, distances in RTT.items():
        for region, rtt in zip(ZONES, distances, strict=True):
            rows.append({"id": f"{site}-{region}", "a": site, "b": region, "gbit_s": "unlimited", "rtt_ms": rtt, "source": SITE_RTT})
    for site, region, rtt, source in ABROAD:
        rows.append({"id": f"{site}-{region}", "a": site, "b": region, "gbit_s": "unlimited", "rtt_ms": rtt, "source": source})
    for a, b, gbit_s, rtt in BACKBONE:
        rows.append({"id": f"{a}-{b}", "a": a, "b": b, "gbit_s": gbit_s, "rtt_ms": rtt, "source": SITE_RTT,
                     "assumption": "Gbit/s are ours: tens of wavelengths of 800 Gbit/s at most, a few at least"})  # fmt: skip
    return rows


def profile_rows() -> list[dict[str, Any]]:
    rows = []
    for region, zone in ZONES.items():
        for shape, weekday, weekend, source, assumption in (
            ("office", office(OFFICE_UTC), office(OFFICE_WEEKEND_UTC), "Microsoft O365 Llama-3.1-8B, US regions (SageServe, digitised)",
             "US regions taken as UTC-6, then as the local hour everywhere"),
            ("home", HOME, tuple(round(WEEKEND_HOME * x, 3) for x in HOME), "Alibaba ServeGen m-small, 14 days",
             f"hour of the trace taken as the local hour; weekends at {WEEKEND_HOME}"),
            ("steady", STEADY, STEADY, "Alibaba ServeGen m-mid, 14 days", "hour of the trace taken as the local hour; weekends alike"),
        ):  # fmt: skip
            rows.append({"id": f"{shape}-{region}", "zone": zone, "weekday": Flow(weekday), "weekend": Flow(weekend),
                         "source": source, "assumption": assumption})  # fmt: skip
    return rows


def round_to(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def stream_rows() -> list[dict[str, Any]]:
    rows = []
    rungs = {tenant: (shares, floor) for tenant, _, shares, floor in TENANTS}
    for tenant, service, latency_class, shape, base, revenue, first, regions in STREAMS:
        total = sum(SPREAD[region] for region in regions)
        shares, floor = rungs[tenant]
        ladder = {"rungs": [{"share": share, "usd_per_million_tokens_unserved": round_to(first * price, 3)} for share, price in shares]}
        if floor:
            ladder["floor_share"] = floor  # type: ignore[assignment]
        for region in regions:
            rows.append({
                "id": f"{tenant}-{service}-{region}", "tenant": tenant, "region": region, "service": service,
                "latency_class": "standard" if (region, latency_class) == ("asia", "interactive") and service != "chat-medium" else latency_class,
                "base_tokens_per_s": round_to(base * SPREAD[region] / total, 3), "growth": "base", "daily_profile": f"{shape}-{region}",
                "revenue_usd_per_million_tokens": revenue, "ladder": Flow(ladder),
            })  # fmt: skip
    return rows


def service_rows() -> list[dict[str, Any]]:
    pool_accelerator = {row[0]: row[2] for row in POOLS}
    rows = []
    for service, name, model, mix, classes, pools in SERVICES:
        profiles = []
        for accelerator in dict.fromkeys(pool_accelerator[pool] for pool in pools):
            gpus = REPLICA_GPUS[accelerator]
            for latency_class in classes:
                rate = round_to(gpus * tokens_per_s(model, accelerator, latency_class), 4)
                profiles.append(Flow({"accelerator": accelerator, "latency_class": latency_class, "gpus_per_replica": gpus, "tokens_per_s": rate}))
        rows.append({"id": service, "name": name, "input_tokens_per_output_token": mix, "profiles": profiles, "pools": Flow(pools),
                     "source": f"{model} stands for it: {MLPERF_51} for Hopper, {NVL72_SOURCE} for Blackwell",
                     "assumption": f"{MEASURED_NOTE[model]}. {DERIVED_NOTE}"})  # fmt: skip
    return rows


def job_rows() -> list[dict[str, Any]]:
    rows = []
    for job, commitment, span, rate, weeks, release, due, deadline, shapes, pools, extra in JOBS:
        accelerator, gpus = shapes[0]
        pace = extra.get("pace", dict.fromkeys(BANDS, 1.0))
        hours_per_week = sum(pace[band] * hours for band, hours in zip(BANDS, (30, 60, 78), strict=True))
        work = gpus * SPEED[accelerator] * efficiency(gpus) * weeks * hours_per_week * FILL
        value = round_to(work * rate, 3)
        row: dict[str, Any] = {"id": job, "tenant": "research", "commitment": commitment, "span": span, "value_usd": value}
        row["shapes"] = [
            Flow({"accelerator": kind, "gpus": count, "duration_hours": round(work / (count * SPEED[kind] * efficiency(count)), 1)})
            for kind, count in shapes
        ]
        row |= {key: when for key, when in (("release_date", release), ("due_date", due), ("deadline_date", deadline)) if when is not None}
        if due is not None:
            row["lateness_usd_per_day"] = round_to(value * LATE_SHARE_PER_WEEK / 7, 2)
        row |= {key: Flow(item) if isinstance(item, dict) else item for key, item in extra.items()}
        row["pools"] = Flow(pools)
        row["assumption"] = f"value: {rate} USD per H100-hour of {round(work / 1e6, 1)} million"
        rows.append(row)
    return rows


def scenarios() -> list[dict[str, Any]]:
    lease = ("colossus-1-h100", "colossus-1-h200", "colossus-1-gb200", "colossus-2-gb300")
    late = [
        ("azure-gb300", ramp(18_432, (day(10, 5), 2), (day(12, 14), 4), (date(2027, 2, 8), 6))),
        ("google-ia-v7", ramp(36_864, (BEFORE, 3), (day(8, 3), 4), (day(9, 28), 5), (day(11, 2), 6), (date(2027, 1, 4), 7))),
        ("aws-ms-trn2", ramp(65_536, (BEFORE, 3), (day(8, 10), 4), (day(10, 5), 6), (day(11, 30), 8), (date(2027, 1, 25), 10))),
        ("abernathy-v7", ramp(46_080, (date(2027, 1, 4), 1), (date(2027, 2, 15), 2))),
    ]

    def change(path: str, value: Any) -> dict[str, Any]:
        return {"path": path, "value": value}

    return [
        {"id": "planned-10x", "name": "Demand grows tenfold in a year, as planned",
         "changes": [change("growths[base].steps", steps((START, 0))[:0] + [Flow({"from_date": START, "annual_factor": 10.0})])]},
        {"id": "80x-all-year", "name": "Demand keeps growing at the pace of the first quarter",
         "changes": [change("growths[base].steps", [Flow({"from_date": START, "annual_factor": 80.0})])]},
        {"id": "no-lease", "name": "The lease of Colossus is never signed",
         "changes": [*(change(f"pools[{pool}].online_gpus", 0) for pool in lease),
                     *(change(f"contracts[{name}].fee_usd_per_month", 0) for name in ("colossus-1-lease", "colossus-2-lease"))]},
        {"id": "one-quarter-slip", "name": "New capacity other than the lease comes a quarter late",
         "changes": [change(f"pools[{pool}].online_gpus", rows) for pool, rows in late]},
    ]  # fmt: skip


def document() -> dict[str, Any]:
    weekdays = ["mon", "tue", "wed", "thu", "fri"]
    feeds: list[dict[str, Any]] = [
        noted({"id": feed, "parent": None, "limit_kw": "unlimited", "price_usd_per_kwh": Flow(price_by_band(price, shape))}, source,
              f"limits are those of the sites; {SHAPE_NOTE[shape]}" + ("" if source else "; the price is a guess"))
        for feed, price, shape, source in GRIDS
    ]  # fmt: skip
    for feed, parent, limit, reserve, source, assumption in SITE_FEEDS:
        row = {"id": feed, "parent": parent, "limit_kw": limit, "price_usd_per_kwh": 0} | ({"reserve_kw": reserve} if reserve else {})
        feeds.append(noted(row, source, assumption))
    return {
        "format": "fleet-placement/1",
        "name": "frontier-2026",
        "description": "One AI lab over 52 weeks from March 2026: growth far above plan, capacity in tranches, a rival's data centre leased in May.",
        "calendar": {
            "start": START, "block": "week", "blocks": WEEKS,
            "bands": [
                {"id": "peak", "zone": "America/Los_Angeles", "hours": [Flow({"days": weekdays, "from_hour": 5, "to_hour": 11})],
                 "source": "hours in which limits were tightened from 26 March 2026 (tokenkarma-app.pages.dev; superclaude.app)"},
                {"id": "shoulder", "zone": "America/Los_Angeles", "hours": [Flow({"days": weekdays, "from_hour": 11, "to_hour": 23})]},
                {"id": "off-peak", "rest": True},
            ],
        },
        "providers": [Flow(row) for row in PROVIDERS],
        "regions": [Flow(row) for row in REGIONS],
        "sites": [
            noted({"id": site, "name": name, "provider": provider, "region": region, "jurisdiction": jurisdiction, "feed": f"{site}-feed", "pue": pue},
                  source, assumption)
            for site, name, provider, region, jurisdiction, pue, source, assumption in SITES
        ],
        "feeds": feeds,
        "contracts": [
            noted({"id": contract, "kind": kind, "provider": provider, "from_date": first, "to_date": last, "price_usd_per_gpu_hour": price}
                  | ({"fee_usd_per_month": fee} if fee else {}), source, assumption)
            for contract, kind, provider, first, last, price, fee, source, assumption in CONTRACTS
        ],
        "pools": [
            noted({"id": pool, "site": site, "accelerator": accelerator, "contract": contract, "islands": Flow([{"gpus": size, "count": count}]),
                   "online_gpus": online} | ({"spanning": span} if span else {}), source, assumption)
            for pool, site, accelerator, contract, size, count, online, span, source, assumption in POOLS
        ],
        "links": [Flow(row) for row in link_rows()],
        "tenants": [*(Flow({"id": tenant, "name": name}) for tenant, name, _, _ in TENANTS), Flow({"id": "research", "name": "Research"})],
        "latency_classes": [
            {"id": "interactive", "max_rtt_ms": 110, "assumption": "a quarter of a time to first token of 0.45 s, the limit of MLPerf's interactive scenario"},
            {"id": "standard", "max_rtt_ms": 200, "assumption": "a tenth of a time to first token of 2 s, the limit of MLPerf's server scenario"},
            {"id": "batch", "max_rtt_ms": "unlimited"},
        ],
        "services": service_rows(),
        "growths": [{"id": "base", "steps": [Flow({"from_date": when, "annual_factor": factor}) for when, factor in GROWTH],
                     "source": "80-fold growth over the last period where tenfold was planned (May 2026)",
                     "assumption": "80 as an annual pace until the lease is announced on 6 May; the taper after it is ours"}],
        "daily_profiles": profile_rows(),
        "streams": stream_rows(),
        "jobs": job_rows(),
        "scenarios": scenarios(),
    }  # fmt: skip


HEAD = "# Written by build.py of this folder; edit that file. Figures, sources and certainty: README.md of this folder.\n"


def files() -> dict[str, str]:
    """Name and content of each file that this script writes."""
    return {"fleet.yaml": HEAD + block(document(), 0)}


def main() -> None:
    folder = Path(__file__).resolve().parent
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
        print(f"{name}: {len(text.splitlines())} lines, {timedelta(weeks=WEEKS).days} days")


if __name__ == "__main__":
    main()
