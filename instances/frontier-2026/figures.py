"""The figures of frontier-2026: what is known with its source, what is chosen with its assumption; build.py writes them down."""

# ruff: noqa: E501 (rows of tables are kept whole)
# fmt: off

from __future__ import annotations

from datetime import date
from typing import Any

START = date(2026, 3, 2)
WEEKS = 52
BAND_HOURS = {"peak": 30, "shoulder": 60, "off-peak": 78}
"""Hours a week."""

PEAK_ZONE = "America/Los_Angeles"
PEAK_SOURCE = "hours in which limits were tightened from 26 March 2026 (tokenkarma-app.pages.dev; superclaude.app)"
DESCRIPTION = "One AI lab over 52 weeks from March 2026: growth far above plan, capacity in tranches, a rival's data centre leased in May."
LATENCY_CLASSES = [
    {"id": "interactive", "max_rtt_ms": 110, "assumption": "a quarter of a time to first token of 0.45 s, MLPerf's interactive limit"},
    {"id": "standard", "max_rtt_ms": 200, "assumption": "a tenth of a time to first token of 2 s, MLPerf's server limit"},
    {"id": "batch", "max_rtt_ms": "unlimited"},
]

Steps = list[tuple[date, float]]
"""Values from days on."""

# ---------------------------------------------------------------- sources

EPOCH = "Epoch AI via einpresswire.com, 2025-11-04"
EIA = "eia.gov, industrial average of the state (Electric Power Monthly 5.6.A 2025 where given, else Annual 2023)"
PUE = "PUE: datacenterdynamics.com, 2023 to 2025"
MLPERF_51 = "MLPerf Inference v5.1 (mlcommons/inference_results_v5.1)"
MLPERF_60 = "MLPerf Inference v6.0 (summary_results.json)"
S1 = "SpaceX S-1 as reported by letsdatascience.com, relvehq.com and xix.ai, May and June 2026"
SITE_RTT = "great circle, 200 km/ms, path factor 1.5, plus 1 ms; calibrated on IBM Cloud's measured table of 2024"
IBM_RTT = "IBM Cloud VPC network latency, average of 27 Jul to 25 Aug 2024 (measured)"
AWS_RTT = "AWS inter-region table of 2017, acomputerscientistlearnsaws.blogspot.com (measured)"


# ---------------------------------------------------------------- supply


def day(month: int, number: int) -> date:
    """A day of the horizon: January to early March are those of 2027 unless it is the first day or later."""
    candidate = date(2026, month, number)
    return candidate if candidate >= START else date(2027, month, number)


BEFORE = START  # what is online on the first day


PRICE_SHAPE = {"east": (1.4, 1.3, 1.0), "ercot": (1.0, 1.6, 1.0), "flat": (1.0, 1.0, 1.0)}
"""Price in peak, shoulder and off-peak, relative."""
SHAPE_NOTE = {
    "east": "peak and shoulder 1.4 and 1.3 times the off-peak price: unsourced, usual in the eastern grids",
    "ercot": "shoulder 1.6 times the others: unsourced, the evening scarcity of Texas falls into it",
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
    ("google-ia", "Council Bluffs, Iowa", "google", "us-east", "us", 1.09, PUE, "1.09 where about 1.1 is reported; the US TPU regions as one site"),
    ("google-eu", "Eemshaven, Netherlands", "google", "europe", "eu", 1.09, PUE, "1.09 where about 1.1 is reported; distances as from Frankfurt"),
    ("google-jp", "Tokyo, Japan", "google", "asia", "jp", 1.09, PUE, "1.09 where about 1.1 is reported"),
    ("google-ne", "Lincoln, Nebraska", "google", "us-east", "us", 1.09, PUE,
     "1.09 where about 1.1 is reported; first site of the 2027 agreement; the sites are not published"),
    ("azure-va", "Northern Virginia", "azure", "us-east", "us", 1.18, PUE, "the site of the Azure capacity is not published"),
    ("colossus-1", "Memphis, Tennessee", "spacex", "us-east", "us", 1.25, None, "1.25, the upper end for an AI campus: a converted factory"),
    ("colossus-2", "Whitehaven, Tennessee and Southaven, Mississippi", "spacex", "us-east", "us", 1.15, None,
     "1.15 as for a liquid-cooled AI campus"),
    ("abernathy", "Abernathy, Texas", "fluidstack", "us-east", "us", 1.15, "phemex.com; bitgetapp.com", "1.15 as for a liquid-cooled AI campus"),
    ("lake-mariner", "Lake Mariner, New York", "fluidstack", "us-east", "us", 1.15, "phemex.com; findarticles.com",
     "1.15 as for a liquid-cooled AI campus"),
]

# site, USD/MWh, shape, source
PRICES: dict[str, tuple[float, str, str | None]] = {
    "aws-in": (90.1, "east", EIA), "aws-ms": (69.6, "east", EIA), "google-ia": (63.6, "east", EIA), "google-ne": (76.3, "east", EIA),
    "azure-va": (89.2, "east", EIA), "abernathy": (66.3, "ercot", EIA), "lake-mariner": (89.2, "east", EIA),
    "google-eu": (100.0, "flat", None), "google-jp": (150.0, "flat", None),
}

# site feed, parent, limit kW (number or steps), reserve kW, source, assumption
SITE_FEEDS: list[tuple[str, str | None, Any, float, str | None, str | None]] = [
    ("aws-in-feed", None, 1_000_000, 20_000, f"about 1 GW in January 2026 ({EPOCH})", "2 % kept free"),
    ("aws-ms-feed", None,
     [(BEFORE, 200_000), (day(5, 4), 260_000), (day(7, 6), 390_000), (day(8, 31), 520_000), (day(10, 26), 650_000)],
     0, "nearly 1 GW new by the end of 2026 (thesummerai.com, 2026-04-20)", "tranches and their share of the 1 GW are ours"),
    ("google-ia-feed", None, [(BEFORE, 215_000), (day(5, 4), 300_000), (day(8, 3), 400_000), (day(10, 5), 520_000)], 0,
     "about 1 GW of TPU in 2026, half of it counted at Abernathy and Lake Mariner (krasa.ai; chatforest.com)", "300 MW in May and the tranches are guesses"),
    ("google-eu-feed", None, 30_000, 0, None, "sized for the pool"),
    ("google-jp-feed", None, 33_000, 0, None, "sized for the pool"),
    ("google-ne-feed", None, [(BEFORE, 0), (date(2027, 1, 4), 130_000), (date(2027, 2, 1), 260_000)], 0,
     "5 GW, or 3.5 GW in the filing of April, coming online from 2027 (chatforest.com; col.cx)", "the first tranches are ours; no schedule is public"),
    ("azure-va-feed", None,
     [(BEFORE, 80_000), (day(4, 27), 115_000), (day(6, 15), 150_000), (day(7, 6), 225_000), (day(9, 14), 300_000), (day(11, 9), 375_000), (date(2027, 1, 11), 430_000)],
     0, "30 B$ of Azure capacity (col.cx); up to 1 GW is not confirmed", "tranches are ours; the last one is below the full draw of the chips"),
    ("memphis", None, [(BEFORE, 150_000), (day(5, 4), 340_000), (day(6, 29), 410_000), (day(8, 3), 490_000)], 0,
     "150 MW of MLGW and TVA first, a second 150 MW substation later (tomshardware.com)",
     "tenant's share of the area; what is shown of Colossus 2 adds 190 MW in steps"),
    ("colossus-1-feed", "memphis", 300_000, 15_000, "about 300 MW (thegridreport.news, 2026-05-06)", "5 % kept free"),
    ("colossus-2-feed", "memphis", 190_000, 0, f"105,000 GPUs at about 1.8 kW, derived ({S1}); 350 MW of cooling on site ({EPOCH})", None),
    ("abernathy-feed", None, [(BEFORE, 0), (day(10, 5), 84_000), (day(11, 16), 168_000)], 0, "168 MW in the second half of 2026 (phemex.com)",
     "two equal tranches"),
    ("lake-mariner-feed", None, [(BEFORE, 0), (day(11, 2), 85_000), (day(12, 7), 170_000), (date(2027, 1, 11), 255_000), (date(2027, 2, 8), 340_000)], 0,
     "about 340 MW in 2026, derived from 510 MW of the platform (phemex.com)", "four equal tranches, the last in 2027"),
]

# id, provider, from, to, USD per GPU-hour, USD per month, source, assumption
LEASE_FEE = 1.25e9
CONTRACTS: list[tuple[str, str, str, date, Any, float, Any, str | None, str | None]] = [
    ("aws-trainium", "leased", "aws", date(2025, 10, 1), "open", 0.91, 0.0, "0.98 USD per chip-hour over 3 years (HF dataset ai-inference-hardware-economics-2026)",
     "0.07 of energy taken off: energy is charged at the feed"),
    ("google-tpu-v7", "leased", "google", date(2025, 10, 23), "open", 2.35, 0.0, None,
     "2.50 USD per chip-hour under a 3-year commitment, by the ratio of FLOPS and the discounts of v5p and v6e, less 0.15 of energy; unsourced"),
    ("google-tpu-v6e", "leased", "google", date(2025, 1, 1), "open", 1.16, 0.0, None, "1.22 USD per chip-hour, the list price under a 3-year commitment as quoted second-hand, less 0.06 of energy"),
    ("google-2027", "future", "google", date(2027, 1, 1), "open", 2.35, 0.0, "5 GW from 2027 (col.cx; chatforest.com)",
     "price as for v7, next-generation chips counted as v7"),
    ("azure-blackwell", "leased", "azure", date(2025, 11, 18), "open", 3.0, 0.0, "an owner's cost is 3.2 USD per GPU-hour over 3 years (greaterwrong.com NBEmGx3d)",
     "a commitment of 30 B$ priced near cost, less 0.17 of energy"),
    ("colossus-1-lease", "leased", "spacex", date(2026, 5, 4), date(2029, 6, 1), 0.0,
     [(BEFORE, round(LEASE_FEE * 220 / 325 / 2, -6)), (date(2026, 7, 1), round(LEASE_FEE * 220 / 325, -6))],
     f"agreement of 3 May 2026, 1.25 B$ per month through May 2029 over 325,000 GPUs, reduced in the first months ({S1})",
     "split by GPUs between the two sites; half the fee in May and June; power is in the fee"),
    ("colossus-2-lease", "leased", "spacex", date(2026, 6, 1), date(2029, 6, 1), 0.0,
     [(BEFORE, round(LEASE_FEE * 105 / 325 / 2, -6)), (date(2026, 7, 1), round(LEASE_FEE * 105 / 325, -6))],
     f"as colossus-1-lease ({S1})", "split by GPUs; half the fee in June; power is in the fee"),
    ("abernathy-lease", "future", "fluidstack", date(2026, 10, 5), date(2051, 10, 1), 1.2, round(168 * 2.26e6 / 12, -5),
     "25 years, 9.5 B$ for 168 MW = 2.26 M$ per MW and year (phemex.com)", "chips at 1.2 USD per hour of use: unsourced"),
    ("lake-mariner-lease", "future", "fluidstack", date(2026, 11, 2), date(2051, 11, 1), 1.2,
     [(BEFORE, round(85 * 2.26e6 / 12, -5)), (day(12, 7), round(170 * 2.26e6 / 12, -5)), (date(2027, 1, 11), round(255 * 2.26e6 / 12, -5)),
      (date(2027, 2, 8), round(340 * 2.26e6 / 12, -5))],
     "price per MW as at Abernathy (phemex.com)", "chips at 1.2 USD per hour of use: unsourced; shell paid by the tranche"),
]


META = "7:1 between pods as in Meta's 24k clusters (glennklockwood.com)"
# id, site, accelerator, contract, GPUs of an island, islands, islands online, (islands spanned, loss, oversubscription), source, assumption
Pool = tuple[str, str, str, str, int, int, Steps, tuple[int, float, float] | None, str | None, str | None]
POOLS: list[Pool] = [
    ("aws-in-trn2", "aws-in", "trn2", "aws-trainium", 98_304, 11,
     [(BEFORE, 5), (day(4, 13), 6), (day(6, 1), 7), (day(7, 20), 8), (day(9, 7), 9), (day(11, 2), 10), (day(12, 14), 11)], (2, 0.08, 4),
     "500,000 chips and seven buildings in October 2025, 23 more planned (theaipost.in; rbtfl.xyz)", "an island is a building; dates are ours; 4:1 between buildings"),
    ("aws-ms-trn2", "aws-ms", "trn2", "aws-trainium", 65_536, 12,
     [(BEFORE, 3), (day(5, 11), 4), (day(7, 6), 6), (day(8, 31), 8), (day(10, 26), 10), (day(12, 14), 12)], None,
     "one cluster over three states (semafor.com); with New Carlisle nearly 1 GW new by the end of 2026 (thesummerai.com)",
     "counts, islands and dates are ours; Trainium3 counted as Trainium2"),
    ("google-ia-v7", "google-ia", "tpu-v7", "google-tpu-v7", 36_864, 8,
     [(BEFORE, 3), (day(5, 4), 4), (day(6, 29), 5), (day(8, 3), 6), (day(10, 5), 7), (day(11, 30), 8)], (2, 0.05, 4),
     "up to one million TPUs, about 1 GW in 2026 (chatforest.com; krasa.ai); pods of 9,216 (Google Cloud docs)",
     "an island is four pods on one data-centre network; dates are ours"),
    ("google-eu-v6e", "google-eu", "tpu-v6e", "google-tpu-v6e", 24_576, 2, [(BEFORE, 1), (day(9, 7), 2)], None, None,
     "size is ours; inference capacity in Europe is announced, not sized"),
    ("google-jp-v7", "google-jp", "tpu-v7", "google-tpu-v7", 9_216, 2, [(BEFORE, 1), (day(9, 7), 2)], None, None,
     "size is ours; inference capacity in Asia is announced, not sized"),
    ("google-ne-v7", "google-ne", "tpu-v7", "google-2027", 36_864, 4, [(date(2027, 1, 4), 2), (date(2027, 2, 1), 4)], (2, 0.05, 4),
     "5 GW from 2027 (col.cx)", "next-generation TPU counted as v7; the first tranches are ours"),
    ("azure-gb200", "azure-va", "gb200-nvl72", "azure-blackwell", 18_432, 4, [(BEFORE, 2), (day(4, 27), 3), (day(6, 15), 4)], (2, 0.08, 7),
     "30 B$ of Azure capacity with GB200 and GB300 (col.cx)", f"256 racks per island; counts and dates are ours; {META}"),
    ("azure-gb300", "azure-va", "gb300-nvl72", "azure-blackwell", 18_432, 8,
     [(day(7, 6), 2), (day(9, 14), 4), (day(11, 9), 6), (date(2027, 1, 11), 8)], (2, 0.08, 7),
     "30 B$ of Azure capacity with GB200 and GB300 (col.cx)", f"256 racks per island; counts and dates are ours; {META}"),
    ("colossus-1-h100", "colossus-1", "h100-sxm", "colossus-1-lease", 25_000, 6,
     [(day(5, 4), 2), (day(5, 18), 4), (day(6, 1), 6)], (4, 0.08, 7),
     "220,000 GPUs over H100, H200 and GB200 within the month (novarapress.net); 100k + 50k H100 (greaterwrong.com); three tiers of Spectrum-X (storagereview.com)",
     f"150k of the 220k; arrays of 512 joined to six islands of full bandwidth; ramp over May and June; {META}"),
    ("colossus-1-h200", "colossus-1", "h200-sxm", "colossus-1-lease", 25_000, 2, [(day(5, 18), 1), (day(6, 8), 2)], (2, 0.08, 7),
     "50k H200 (greaterwrong.com)", "50k of the 220k; two islands"),
    ("colossus-1-gb200", "colossus-1", "gb200-nvl72", "colossus-1-lease", 10_008, 2, [(day(5, 25), 1), (day(6, 15), 2)], None,
     "what the totals leave for GB200", "20k of the 220k as 278 racks; two islands"),
    ("colossus-2-gb300", "colossus-2", "gb300-nvl72", "colossus-2-lease", 21_024, 5, [(day(6, 8), 1), (day(6, 29), 3), (day(8, 3), 5)], (3, 0.08, 7),
     f"325,000 GPUs in total over both sites less 220,000 ({S1})", "all GB300 as 1,460 racks; five islands; ramp over June to August"),
    ("abernathy-v7", "abernathy", "tpu-v7", "abernathy-lease", 46_080, 2, [(day(10, 5), 1), (day(11, 16), 2)], (2, 0.05, 4),
     "168 MW in the second half of 2026 (phemex.com)", "TPU v7 at 1.84 kW; five pods per island"),
    ("lake-mariner-v7", "lake-mariner", "tpu-v7", "lake-mariner-lease", 46_080, 4,
     [(day(11, 2), 1), (day(12, 7), 2), (date(2027, 1, 11), 3), (date(2027, 2, 8), 4)], (2, 0.05, 4),
     "about 340 MW (phemex.com)", "TPU v7 at 1.84 kW; five pods per island"),
]

TRANCHES = ("aws-in-trn2", "aws-ms-trn2", "google-ia-v7", "google-ne-v7")
"""Pools whose deliveries are stated one by one: what Amazon and Google have promised."""

P90_WEEKS = {"aws": 8, "google": 13}
P90_ASSUMPTION = "the dates above are those of 50 %; 90 % comes 8 weeks later at Amazon, 13 at Google: ours"

# ---------------------------------------------------------------- the lease as a decision

LEASE_EXIT = {"minimum_days": 90, "notice_days": 90, "fee_usd": 0}
"""Reading of the filing: through May 2029, either side may end it with 90 days of notice after three months."""

SHORT_LEASE_DAYS = 180
"""The landlord's own words: a lease of 180 days with 90 days of notice (letsdatascience.com; xix.ai; 28 May to June 2026)."""

UNCOVERED_USD = 5.0
"""Per million tokens of what a loss would leave of the floors: ours."""

# ---------------------------------------------------------------- WAN

# nearest places of the demand regions: Oregon, Ashburn, London, Tokyo; RTT in ms
RTT: dict[str, tuple[float, float, float, float]] = {
    "aws-in": (43.0, 13.3, 95.5, 154.1),
    "aws-ms": (46.4, 21.0, 109.4, 163.4),
    "google-ia": (32.4, 24.7, 104.6, 147.4),
    "google-ne": (31.7, 25.7, 105.7, 147.2),
    "azure-va": (55.3, 2.0, 89.9, 164.1),
    "colossus-1": (43.9, 19.0, 106.5, 160.0),
    "colossus-2": (43.9, 19.0, 106.5, 160.0),
    "abernathy": (32.5, 34.7, 118.9, 150.8),
    "lake-mariner": (51.2, 8.4, 86.3, 157.1),
}
ABROAD = [
    ("google-eu", "us-west", 159.5, AWS_RTT), ("google-eu", "us-east", 91.0, IBM_RTT), ("google-eu", "europe", 13.0, IBM_RTT),
    ("google-eu", "asia", 233.0, IBM_RTT), ("google-jp", "us-west", 89.1, AWS_RTT), ("google-jp", "us-east", 164.0, IBM_RTT),
    ("google-jp", "europe", 243.0, IBM_RTT), ("google-jp", "asia", 9.0, IBM_RTT),
]
# between sites: a, b, Gbit/s, ms
BACKBONE = [
    ("aws-in", "aws-ms", 10_000, 16.9), ("colossus-1", "colossus-2", 10_000, 1.2), ("abernathy", "google-ia", 3_200, 15.7),
    ("lake-mariner", "google-ia", 3_200, 22.6), ("google-ia", "google-ne", 10_000, 2.3), ("azure-va", "colossus-2", 1_600, 19.0),
]

# ---------------------------------------------------------------- services

# Tokens per second and accelerator: standard (MLPerf server), interactive, batch (offline), of best submissions.
NVL72_SOURCE = f"{MLPERF_60}, 72 GPUs"
MEASURED: dict[str, dict[str, tuple[float, float, float]]] = {
    "llama2-70b": {"h100-sxm": (3821, 2263, 3902), "h200-sxm": (4274, 2885, 4415), "gb200-nvl72": (11251, 10484, 12334), "gb300-nvl72": (12059, 11307, 15651)},
    "deepseek-r1": {"h200-sxm": (1774, 918, 2417), "gb200-nvl72": (4668, 3338, 6752), "gb300-nvl72": (5574, 3481, 9360)},
    "gpt-oss-120b": {"h100-sxm": (2103, 500, 2502), "h200-sxm": (3013, 717, 3585), "gb200-nvl72": (12489, 8680, 12216), "gb300-nvl72": (15233, 9406, 14530)},
    "llama3.1-405b": {"h100-sxm": (35.2, 18.1, 48.9), "h200-sxm": (36.9, 25.4, 69.1), "gb200-nvl72": (196.3, 194.6, 214.7), "gb300-nvl72": (258.7, 255.1, 271.0)},
}
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


# id, name, model, input per output token, classes, pools
SERVICES = [
    ("chat-small", "Chat, small model", "llama2-70b", 1.0, ("standard", "batch"), ("aws-in-trn2", "google-eu-v6e", "google-jp-v7", "colossus-1-h100")),
    ("chat-medium", "Chat, medium model", "deepseek-r1", 0.3, ("interactive",),
     ("aws-in-trn2", "aws-ms-trn2", "google-ia-v7", "google-jp-v7", "azure-gb200", "colossus-1-h200")),
    ("agent-medium", "Agents, medium model", "gpt-oss-120b", 6.0, ("interactive", "standard"),
     ("aws-in-trn2", "aws-ms-trn2", "google-ia-v7", "google-ne-v7", "colossus-1-h100", "colossus-2-gb300", "abernathy-v7")),
    ("agent-large", "Agents, large model", "llama3.1-405b", 14.0, ("interactive",),
     ("aws-in-trn2", "google-ia-v7", "google-ne-v7", "azure-gb200", "azure-gb300", "colossus-1-gb200", "colossus-2-gb300", "lake-mariner-v7")),
]

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


def _office(utc: tuple[float, ...]) -> tuple[float, ...]:
    """By local hour: the figure's US regions lie around UTC-6."""
    return tuple(utc[(hour + 6) % 24] for hour in range(24))


# weekday, weekend, source, assumption
SHAPES: dict[str, tuple[tuple[float, ...], tuple[float, ...], str, str]] = {
    "office": (_office(OFFICE_UTC), _office(OFFICE_WEEKEND_UTC), "Microsoft O365 Llama-3.1-8B, US regions (SageServe, digitised)",
               "US regions taken as UTC-6, then as the local hour everywhere"),
    "home": (HOME, tuple(round(WEEKEND_HOME * x, 3) for x in HOME), "Alibaba ServeGen m-small, 14 days",
             f"hour of the trace taken as the local hour; weekends at {WEEKEND_HOME}"),
    "steady": (STEADY, STEADY, "Alibaba ServeGen m-mid, 14 days", "hour of the trace taken as the local hour; weekends alike"),
}

GROWTH_SOURCE = "80-fold growth over the last period where tenfold was planned (reports of the lease, May 2026)"
GROWTH_ASSUMPTION = "80 as an annual pace until the lease is announced on 6 May; the taper after it is ours"
GROWTH = [(date(2026, 3, 2), 80.0), (date(2026, 5, 6), 8.0), (date(2026, 7, 1), 6.0), (date(2026, 10, 1), 3.5), (date(2027, 1, 1), 2.5)]

# id, name, rungs (share, relative price), floor share
TENANTS = [
    ("free", "Free", ((0.5, 1.0), (0.3, 2.0), (0.2, 4.0)), 0.0),
    ("pro", "Pro", ((0.3, 1.0), (0.3, 2.0), (0.4, 5.0)), 0.0),
    ("max", "Max", ((0.3, 1.0), (0.3, 2.0), (0.4, 5.0)), 0.0),
    ("team", "Team", ((0.3, 1.0), (0.7, 3.0)), 0.4),
    ("enterprise", "Enterprise", ((0.2, 1.0), (0.8, 3.0)), 0.6),
    ("api", "API", ((0.3, 1.0), (0.7, 3.0)), 0.4),
]

TOO_FAR_FROM_ASIA = ("agent-medium", "agent-large")
"""Served to Asia from America in the standard class, whatever the class elsewhere."""
SPREAD = {"us-west": 0.27, "us-east": 0.38, "europe": 0.25, "asia": 0.10}
SCALE = 0.95
# tenant, service, latency class, shape, base tokens/s over all regions, revenue USD/M tokens, price of the first rung USD/M tokens, regions
STREAMS = [
    ("free", "chat-small", "standard", "home", 200e6, 0.05, 0.15, ("us-west", "us-east", "europe", "asia")),
    ("pro", "chat-medium", "interactive", "home", 40e6, 0.50, 0.90, ("us-west", "us-east", "europe", "asia")),
    ("pro", "agent-medium", "interactive", "office", 200e6, 0.40, 0.60, ("us-west", "us-east", "europe")),
    ("max", "agent-large", "interactive", "office", 12e6, 20.0, 24.0, ("us-west", "us-east", "europe", "asia")),
    ("team", "agent-medium", "interactive", "office", 80e6, 0.80, 0.50, ("us-east", "europe")),
    ("enterprise", "chat-medium", "interactive", "office", 12e6, 2.20, 0.80, ("us-east",)),
    ("enterprise", "agent-large", "interactive", "office", 7e6, 60.0, 20.0, ("us-east", "europe")),
    ("api", "agent-medium", "standard", "steady", 80e6, 1.60, 0.40, ("us-east", "europe", "asia")),
    ("api", "agent-large", "standard", "steady", 3e6, 65.0, 12.0, ("us-east",)),
    ("api", "chat-small", "batch", "steady", 70e6, 0.30, 0.05, ("us-east",)),
]

# ---------------------------------------------------------------- training

# Speed of one accelerator against H100, training Llama-3.1-405B or GPT-3 in MLPerf.
SPEED = {"h100-sxm": 1.0, "h200-sxm": 1.1, "gb200-nvl72": 3.0, "gb300-nvl72": 3.7, "tpu-v6e": 0.48, "tpu-v7": 2.0, "trn2": 0.67}
SPEED_NOTE = (
    "MLPerf Training 405B tokens/s per GPU: H100 320, H200 352, GB200 926 to 1042, GB300 1370; v6e 379 of 790 on GPT-3; "
    "Trainium2 by BF16 FLOPS, TPU v7 by FP8 FLOPS and 0.86"
)


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
    ("rl-agents-1", "promised", "island", 6.0, 6, None, day(4, 13), day(5, 18), (("trn2", 16_384), ("tpu-v7", 6_144)), (*TRN2, *V7_IA), {}),
    ("safety-1", "must", "island", 4.0, 3, None, day(4, 13), day(4, 27), (("gb200-nvl72", 2_304), ("trn2", 10_240)), ("azure-gb200", "aws-in-trn2"), {}),
    ("distill-small-1", "optional", "island", 3.0, 3, None, day(4, 6), day(5, 25), (("gb200-nvl72", 1_152), ("tpu-v7", 2_048)), ("azure-gb200", *V7_IA), {}),
    ("embedding", "optional", "domain", 5.0, 3, None, day(4, 20), day(6, 1), (("tpu-v6e", 256),), ("google-eu-v6e",), {"scale_up_gpus": 256}),
    ("interp-1", "optional", "domain", 3.5, 6, None, day(5, 4), day(6, 15), (("tpu-v7", 4_096),), V7_IA, {"scale_up_gpus": 4_096}),
    ("night-1", "optional", "island", 4.0, 12, None, day(6, 15), day(8, 31), (("trn2", 49_152),), TRN2, {"pace": {"peak": 0.0, "shoulder": 1.0, "off-peak": 1.0}}),
    ("code-mid-1", "optional", "island", 5.5, 8, None, day(5, 18), day(7, 6), (("tpu-v7", 12_288), ("trn2", 36_864)), (*V7_IA, *TRN2), {}),
    ("vision-1", "optional", "island", 2.5, 5, day(3, 16), day(5, 11), day(7, 6), (("trn2", 8_192),), TRN2, {}),
    ("scaling-laws", "optional", "island", 4.5, 3, day(3, 9), day(4, 27), day(6, 1), (("gb200-nvl72", 4_608), ("trn2", 20_480)), ("azure-gb200", "aws-ms-trn2"), {}),
    ("speech-1", "optional", "island", 2.0, 5, day(4, 6), day(6, 8), day(8, 3), (("tpu-v7", 1_024), ("h100-sxm", 2_048)), (*V7_IA, "colossus-1-h100"), {}),
    ("robustness", "optional", "domain", 3.0, 3, day(4, 13), day(6, 15), day(8, 17), (("tpu-v7", 2_048),), V7_IA, {"scale_up_gpus": 2_048}),
    # the lease opens room
    ("frontier-hopper", "optional", "pool", 5.0, 12, day(5, 11), day(8, 31), day(10, 26), (("h100-sxm", 50_000), ("gb300-nvl72", 16_128)), ("colossus-1-h100", *C2), {"gbit_s_per_gpu": 25.0}),
    ("code-mid-2", "promised", "island", 6.0, 8, day(5, 25), day(8, 3), day(9, 14), (("h100-sxm", 16_384), ("h200-sxm", 14_336), ("trn2", 24_576)), (*HOPPER, "aws-ms-trn2"), {}),
    ("rl-agents-2", "promised", "island", 6.5, 6, day(6, 1), day(7, 27), day(9, 14), (("gb200-nvl72", 4_608), ("h200-sxm", 12_288), ("trn2", 20_480)), ("azure-gb200", "colossus-1-h200", "aws-in-trn2"), {}),
    ("safety-2", "must", "island", 4.0, 3, day(6, 8), day(7, 20), day(8, 17), (("h100-sxm", 6_144), ("trn2", 9_216)), ("colossus-1-h100", *TRN2), {}),
    ("distill-small-2", "optional", "island", 3.0, 3, day(6, 1), day(7, 27), day(9, 28), (("h100-sxm", 4_096),), ("colossus-1-h100",), {}),
    ("multimodal-1", "optional", "island", 4.0, 9, day(6, 8), day(8, 31), day(10, 12), (("gb300-nvl72", 9_216), ("h100-sxm", 25_000)), (*C2, "colossus-1-h100"), {}),
    ("interp-2", "optional", "island", 3.5, 5, day(6, 15), day(8, 10), day(10, 5), (("h200-sxm", 8_192),), ("colossus-1-h200",), {}),
    ("biology", "optional", "island", 3.0, 6, day(6, 15), day(8, 24), day(10, 19), (("h100-sxm", 8_192), ("tpu-v7", 4_096)), ("colossus-1-h100", *V7_IA), {}),
    ("lora-farm", "optional", "domain", 4.0, 3, day(6, 1), day(8, 3), day(10, 5), (("tpu-v6e", 256),), ("google-eu-v6e",), {"scale_up_gpus": 256}),
    ("math-1", "optional", "island", 5.0, 5, day(6, 29), day(8, 31), day(10, 19), (("gb300-nvl72", 6_048),), C2, {}),
    ("night-2", "optional", "island", 4.0, 12, day(7, 6), day(10, 12), day(12, 14), (("trn2", 65_536),), TRN2, {"pace": {"peak": 0.0, "shoulder": 1.0, "off-peak": 1.0}}),
    ("two-site-h2", "optional", "sites", 4.5, 9, day(7, 20), day(10, 12), day(12, 7), (("trn2", 65_536),), TRN2,
     {"gbit_s_per_gpu": 12.5, "wan_gbit_s": 4_000.0, "max_rtt_ms": 25.0, "wan_loss": 0.04}),
    # second half
    ("frontier-100k", "promised", "sites", 6.0, 15, day(8, 31), day(12, 14), date(2027, 1, 18), (("trn2", 100_000),), TRN2,
     {"gbit_s_per_gpu": 12.5, "wan_gbit_s": 3_200.0, "max_rtt_ms": 25.0, "wan_loss": 0.04}),
    ("frontier-gb300", "optional", "pool", 6.0, 12, day(8, 10), day(11, 23), date(2027, 1, 11), (("gb300-nvl72", 41_976),), C2, {"gbit_s_per_gpu": 25.0}),
    ("rl-agents-3", "promised", "island", 6.5, 6, day(8, 24), day(10, 19), day(11, 30), (("gb300-nvl72", 6_048), ("trn2", 32_768)), ("azure-gb300", *C2, "aws-in-trn2"), {}),
    ("safety-3", "must", "island", 4.0, 3, day(9, 7), day(10, 26), day(11, 23), (("h100-sxm", 8_192), ("trn2", 12_288)), ("colossus-1-h100", *TRN2), {}),
    ("distill-small-3", "optional", "island", 3.0, 3, day(9, 7), day(11, 2), day(12, 28), (("gb200-nvl72", 2_304), ("h100-sxm", 6_144)), ("azure-gb200", "colossus-1-gb200", "colossus-1-h100"), {}),
    ("code-mid-3", "optional", "island", 5.5, 8, day(9, 14), day(11, 23), date(2027, 1, 4), (("gb300-nvl72", 9_216), ("tpu-v7", 18_432)), ("azure-gb300", *V7_IA), {}),
    ("vision-2", "optional", "island", 2.5, 6, day(9, 21), day(12, 7), date(2027, 2, 1), (("h200-sxm", 12_288), ("h100-sxm", 12_288)), HOPPER, {}),
    ("speech-2", "optional", "island", 2.0, 5, day(10, 5), day(12, 14), date(2027, 2, 8), (("tpu-v7", 2_048),), (*V7_IA, "abernathy-v7"), {}),
    ("multimodal-2", "optional", "island", 4.5, 9, day(10, 19), date(2027, 1, 11), date(2027, 2, 22), (("tpu-v7", 24_576),), V7_NEW, {}),
    ("math-2", "optional", "island", 5.0, 6, day(10, 19), day(12, 28), date(2027, 2, 1), (("gb300-nvl72", 12_240),), ("azure-gb300", *C2), {}),
    ("interp-3", "optional", "island", 3.5, 5, day(11, 2), date(2027, 1, 4), date(2027, 2, 15), (("h100-sxm", 12_288),), ("colossus-1-h100",), {}),
    # late ones; they may run past the horizon
    ("frontier-v7", "optional", "pool", 5.5, 15, day(12, 7), None, None, (("tpu-v7", 73_728),), ("lake-mariner-v7", "abernathy-v7"), {"gbit_s_per_gpu": 12.5, "continues_after": True}),
    ("base-2027", "optional", "pool", 6.0, 18, date(2027, 1, 4), None, None, (("trn2", 98_304), ("gb300-nvl72", 27_648)), ("aws-in-trn2", "azure-gb300"), {"gbit_s_per_gpu": 12.5, "continues_after": True}),
    ("rl-agents-4", "promised", "island", 6.5, 6, day(11, 23), date(2027, 1, 25), date(2027, 2, 22), (("gb300-nvl72", 9_216), ("trn2", 49_152)), ("azure-gb300", *C2, "aws-in-trn2"), {}),
    ("safety-4", "optional", "island", 4.0, 6, date(2027, 1, 11), None, None, (("h100-sxm", 10_240), ("trn2", 15_360)), ("colossus-1-h100", "aws-ms-trn2"), {"continues_after": True}),
    ("night-3", "optional", "island", 4.0, 12, day(12, 14), None, None, (("trn2", 65_536),), TRN2, {"pace": {"peak": 0.0, "shoulder": 1.0, "off-peak": 1.0}, "continues_after": True}),
]
FILL = 0.97
"""A job of n weeks takes this part of n weeks: gangs hold whole weeks."""
LATE_SHARE_PER_WEEK = 0.03
"""Part of its value that a job loses with each week past its due date."""

LEASED_POOLS = ("colossus-1-h100", "colossus-1-h200", "colossus-1-gb200", "colossus-2-gb300")
LEASES = ("colossus-1-lease", "colossus-2-lease")
SLIP_WEEKS = 13

FUTURES = (("as-told", "lease-to-decide", 0.5), ("late", "lease-to-decide-late", 0.3), ("slow", "lease-to-decide-slow", 0.2))
TAIL = (0.3, 0.2)
"""Share of probability whose mean cost is weighed, and its weight."""

# ---------------------------------------------------------------- what if

MEMPHIS_CUT = 0.85
CAPS = {"cap90": 0.94, "cap80": 0.875}
"""Caps of power on offer, with the speed of serving at them as in the catalogue."""

EVENT = (day(7, 6), day(8, 31), 8.0, 250_000)
"""From, until, hours a week of the shoulder, kW that Memphis has then: ours."""
FLEXIBILITY = {"free": 0.5, "pro": 0.25, "max": 0.1, "research": 0.25}
"""Classes of 0, 10, 25 and 50 % of slow-down as tried at Phoenix (Emerald AI, 2025); who is in which is ours."""

RECLAIM = {"earliest_date": day(8, 3), "notice_days": 90, "jobs": "within_notice"}
"""The landlord's public words: a right to take the compute back (aidigest.shelfcritter.com); the date is ours."""

CAP_OF_PROVIDERS = {
    "id": "spread", "kind": "concentration", "by": "provider", "of": "served_tokens", "most_share": 0.4, "per": "quarter",
    "assumption": "a cap of 40 % is ours",
}

USD_PER_GB = 0.02
"""Inter-region egress, list prices of 0.01 to 0.08 USD per GB: unsourced estimate."""
BYTES_PER_TOKEN = 4.0
"""A token of text is about four bytes, input and output counted: ours."""

BUILD = {
    "optional": True, "from_date": START, "fee_usd_per_month": 0, "price_usd_per_gpu_hour": 0,
    "start_window": {"first_date": START, "last_date": day(8, 3)},
    "purchase": {
        "capex_usd": 168_000 * 35_000.0, "paid": [{"share": 0.3, "days_after_order": 0}, {"share": 0.7, "days_after_order": 122}],
        "lead_time_days": 122, "life_days": 1826,
    },
}
"""35 B$ per GW all in (Bernstein 2025), built within 122 days as Colossus 1 was in 2024; deposit and life of five years are ours."""
BUILD_GPUS, BUILD_KW = 92_160, 168_000

SPOT = {"price_usd_per_gpu_hour": 0.43, "spot": {"mean_hours_between_interruptions": 48.0, "outage_hours": 4.0, "notice_hours": 0.01}}
"""0.35 of the price on demand, 30 s of notice (packet.ai; GCP); interruptions are ours."""

MAINTENANCE = [
    {"id": f"building-{n}", "from_date": day(3, 16), "to_date": day(6, 15), "blocks": 1, "islands": [n]} for n in (1, 2)
]

# lever, name, tenant, service, bands: what operators limit, by month
LIMITS = [
    ("free-peak", "Free, weekdays 05 to 11", "free", "chat-small", ("peak",)),
    ("free-rest", "Free, other hours", "free", "chat-small", ("shoulder", "off-peak")),
    ("pro-peak", "Pro agents, weekdays 05 to 11", "pro", "agent-medium", ("peak",)),
    ("pro-rest", "Pro agents, other hours", "pro", "agent-medium", ("shoulder", "off-peak")),
    ("max-peak", "Max agents, weekdays 05 to 11", "max", "agent-large", ("peak",)),
    ("max-rest", "Max agents, other hours", "max", "agent-large", ("shoulder", "off-peak")),
]
LIMIT_MULTIPLIERS = tuple(round(0.05 * n, 2) for n in range(1, 21))
LIMIT_NOTE = "peak limits by tier are public; their steps of a twentieth, by month, are ours"

SHIFTING = {
    "free": {"most_share": 0.3, "most_delay_hours": 24.0, "loss_share": 0.2, "into_bands": ["off-peak"]},
    "pro": {"most_share": 0.2, "most_delay_hours": 24.0, "loss_share": 0.1, "into_bands": ["off-peak"], "usd_per_million_tokens": 0.02},
}
"""By tenant: what larger quotas at night and weekends draw away from other hours; 2x outside peak hours was tried in March 2026."""

DEGRADED = {"tokens_per_token": 0.4, "most_share": 0.5, "usd_per_million_tokens": 0.15}
"""Pro's agents answered by the medium chat model, with fewer tokens: ours."""

# id, tenant, commitment, USD per GPU-hour, accelerators and GPU-hours, release, deadline
BATCH_JOBS = [
    ("evals-spring", "research", "optional", 1.2, (("trn2", 12e6), ("tpu-v7", 5e6)), None, date(2026, 6, 1)),
    ("rl-rollouts", "research", "optional", 0.9, (("trn2", 90e6), ("h100-sxm", 60e6)), date(2026, 6, 1), date(2026, 12, 28)),
    ("data-generation", "research", "optional", 0.8, (("trn2", 120e6), ("gb300-nvl72", 30e6)), date(2026, 9, 7), None),
]
BATCH_NOTE = "sizes and worth of batch work are ours"

SERVICES_AS_RUN = {"start_up_hours": 0.5, "warm_spare_share": 0.02}
"""Half an hour to load weights and warm up, and two per cent ready beyond the load: ours."""
