"""Malformed inputs, one a row: what is done to a valid instance, the line that is blamed, and what the error says.

Unless a row says otherwise, the mistake causes exactly one error: no mistake hides another, and none causes others.
"""

# ruff: noqa: E501 -- one case, one line

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from placement.files import InputErrors, load

SMALL = (Path(__file__).parent / "data" / "small.yaml").read_text()


@dataclass(frozen=True)
class Case:
    """``old`` becomes ``new`` in the small instance; an error says all of ``says``.

    It stands in the line of ``at``, or where the change begins.
    """

    name: str
    old: str
    new: str
    says: tuple[str, ...]
    at: str | None = None
    errors: int = 1


def case(name: str, old: str, new: str, *says: str, at: str | None = None, errors: int = 1) -> Case:
    return Case(name, old, new, says, at, errors)


WAITS = "{id: pro-chat, tenant: pro,"


def shifts(fields: str) -> str:
    return f"{{id: pro-chat, shifting: {{{fields}}}, tenant: pro,"


def degrades(fields: str) -> str:
    return f"{{id: pro-chat, degrade_to: {{{fields}}}, tenant: pro,"


GRID = "limit_kw: 2000, price_usd_per_kwh: {peak: 0.09, rest: 0.05}"
CASES = [
    # fields
    case("unknown field", "pue: 1.2}", "pue: 1.2, colour: red}", "sites[north].colour", "'red'", "remedy:   remove it"),
    case("misspelt field", "reserve_kw: 10", "resreve_kw: 10", "feeds[south].resreve_kw", "did you mean reserve_kw?"),
    case("missing field", "pue: 1.2}", "}", "sites[north].pue", "(nothing)", "missing is never zero", at="- {id: north,"),
    case("missing family", "links:\n", "lnks:\n", "lnks", "did you mean links?"),
    case("wrong unit, power", "limit_kw: 2000", "limit_mw: 2", "use limit_kw and convert: 1 MW is 1000 kW", at="limit_mw: 2", errors=2),
    case("wrong unit, price", "price_usd_per_kwh: 0.04", "price_usd_per_mwh: 40", "divide a price per MWh by 1000", errors=2),
    case("wrong unit, time", "rtt_ms: 40", "rtt_s: 0.04", "use rtt_ms and convert: 1 s is 1000 ms", errors=2),
    case("wrong unit, duration", "duration_hours: 300", "duration_days: 12.5", "use duration_hours", "1 day is 24 hours", errors=2),
    case("a duration within rounding", "duration_hours: 300", "duration_hours: 1.0e-9", "jobs[", "at least 1e-06"),
    case("wrong name for GPUs", "gpus: 384", "gpus_count: 384", "use gpus", errors=2),
    case("law not in force", "{id: research", "{id: research, quota_gpus: 400", "the law 'quota' is not in force", "remove the field"),
    case("family not in force", "links:\n", "running_plan: []\nlinks:\n", "running_plan", "not in force", at="running_plan"),
    # values
    case("text for a number", "hbm_gb: 64", 'hbm_gb: "64"', "accelerators[toy].hbm_gb = '64'", "a number", "write 64, without quotes"),
    case("separators in a number", "value_usd: 400000", "value_usd: 400_000", "'400_000'", "write 400000, without quotes, separators"),
    case("fraction for a whole number", "gpus: 384", "gpus: 384.5", "jobs[pretrain].shapes[0].gpus = 384.5", "a whole number"),
    case("true for a number", "hbm_gb: 64", "hbm_gb: true", "hbm_gb = true", "a number"),
    case("not a number", "pue: 1.2", "pue: .nan", "sites[north].pue = nan", "a finite number"),
    case("infinite", "limit_kw: 2000", "limit_kw: .inf", "feeds[grid].limit_kw = inf", "'unlimited'"),
    case("negative", "hbm_gb: 64", "hbm_gb: -64", "hbm_gb = -64", "more than 0"),
    case("negative over time", "value: 800", "value: -800", "feeds[hall].limit_kw[0].value = -800", "at least 0"),
    case("absurd magnitude", "pue: 1.2", "pue: 120", "pue = 120", "at most 5", "check its unit"),
    case("absurd whole number", "gpus: 384", "gpus: " + "9" * 40, "a whole number", errors=1),
    case("hours outside of a day", "to_hour: 11", "to_hour: 25", "calendar.bands[peak].hours[0].to_hour = 25", "at most 24"),
    case("not a date", "from_date: 2026-03-30", "from_date: 2026-02-30", "limit_kw[1].from_date = '2026-02-30'", "a day as YYYY-MM-DD"),
    case("unknown zone", "zone: America/New_York", "zone: America/Gotham", "zone = 'America/Gotham'", "IANA"),
    case("word not in a list", "kind: landlord", "kind: tenant", "providers[rival].kind = 'tenant'", "'self', 'landlord' or 'cloud'"),
    case("unlimited misspelt", "limit_kw: unlimited", "limit_kw: infinite", "feeds[south].limit_kw = 'infinite'", "'unlimited'"),
    case("id that a spreadsheet runs", "{id: research}", '{id: "=cmd()"}', "tenants[=cmd()].id", "starting with a letter", errors=4),
    case("shares of a ladder", "share: 0.4", "share: 0.5", "tenants[pro].ladder", "must sum to 1", at="ladder:"),
    case("spans without bandwidth", "gbit_s_per_gpu: 20\n", "scale_up_gpus: 8\n", "jobs[pretrain]", "needs gbit_s_per_gpu", at="- id: pretrain"),
    case("a list for a mapping", "floor_share: 0.5", "floor_share: [0.5]", "ladder.floor_share = a list of 1", "a number"),
    # ids and references
    case("duplicate id", "{id: eu,", "{id: us-west,", "regions[us-west].id", "no other of its family", "rename", errors=3),
    case("site named as a region", "{id: eu, jur", "{id: memphis, jur", "sites[memphis].id", "no region has", at="- {id: memphis, prov", errors=3),
    case("dangling reference", "contract: lease", "contract: leese", "pools[memphis-h100].contract = 'leese'", "did you mean 'lease'?"),
    case("unknown accelerator", "{accelerator: toy, gpus: 32", "{accelerator: h100, gpus: 32", "jobs[tune].shapes[0].accelerator", "'h100-sxm'"),
    case("unknown mode", "mode: cap80", "mode: cap85", "services[chat].profiles[1].mode", "a mode of h100-sxm", "did you mean 'cap80'?"),
    case("unknown end of a link", "b: memphis", "b: menphis", "links[wan].b", "a site or region", "did you mean 'memphis'?"),
    case("link to itself", "b: memphis", "b: north", "links[wan].b", "another end than a"),
    case("unknown jurisdiction", "residency: [US]", "residency: [USA]", "residency[0]", "the jurisdiction of a site", "did you mean 'US'?"),
    case("cycle of feeds", "{id: grid, parent: null", "{id: grid, parent: hall", "feeds[grid].parent", "grid -> hall -> grid"),
    case("feed not below the site's", "feed: hall", "feed: south", "pools[north-h100].feed", "the feed of the site, 'grid'"),
    case("contract with another", "contract: lease", "contract: owned", "pools[memphis-h100].contract", "the provider of the site, 'rival'"),
    # time
    case("no step at the start", "from_date: 2026-01-01, value: 800", "from_date: 2026-03-09, value: 800", "the calendar's start", "holds from the start"),
    case("repeated step", "from_date: 2026-03-30, value: 1200", "from_date: 2026-01-01, value: 1200", "each date once"),
    case("step after the end", "from_date: 2026-04-06, value: 512", "from_date: 2027-04-06, value: 512", "online_gpus[1].from_date", "2026-04-27"),
    case("band missing", "{peak: 0.09, rest: 0.05}", "{peak: 0.09}", "feeds[grid].price_usd_per_kwh", "missing: rest"),
    case("band unknown", "{peak: 0, rest: 1}", "{peak: 0, rest: 1, night: 1}", "jobs[night].pace.night", "peak, rest"),
    case("contract outside", "to_date: 2026-12-31", "to_date: 2026-03-01", "contracts[lease]", "to_date must be after", at="- {id: lease", errors=1),
    case("renewal without a term", "fee_usd_per_month: 1000}", "renewal: {blocks: 1, most: 1}}", "contracts[lease]", "needs term_blocks", at="- {id: lease"),
    case("term twice", "fee_usd_per_month: 1000}", "term_blocks: [2, 2]}", "contracts[lease]", "differ from each other", at="- {id: lease"),
    case("no length", "fee_usd_per_month: 1000}", "term_blocks: [0]}", "contracts[lease].term_blocks[0] = 0", "at least 1"),
    case("fee for signing what is in force", "fee_usd_per_month: 1000}", "signing_fee_usd: 5}", "contracts[lease]", "optional: true", at="- {id: lease"),
    case("alternative in force", "fee_usd_per_month: 1000}", "alternatives: a}", "contracts[lease]", "optional: true", at="- {id: lease"),
    case("window in the wrong order", "fee_usd_per_month: 1000}", "start_window: {first_date: 2026-04-01, last_date: 2026-03-20}}", "contracts[lease].start_window", "must not be before", at="- {id: lease"),
    case("window without a block", "fee_usd_per_month: 1000}", "start_window: {first_date: 2026-03-17, last_date: 2026-03-18}}", "start_window.last_date", "on which a block starts"),
    case("share of nothing", "fee_usd_per_month: 1000}", "take_or_pay: {share: 0, per: month}}", "take_or_pay.share = 0", "more than 0"),
    case("slot unknown", "fee_usd_per_month: 1000}", "take_or_pay: {share: 0.5, per: week}}", "take_or_pay.per = 'week'", "'month'"),
    case("owed at a negative price", "price_usd_per_gpu_hour: 2.5, fee_usd_per_month: 1000}", "price_usd_per_gpu_hour: -2.5, take_or_pay: {share: 0.5, per: month}}", "price_usd_per_gpu_hour = -2.5", "take_or_pay"),
    case("earning less than nothing", "fee_usd_per_month: 1000}", "sublet_usd_per_gpu_hour: -1}", "sublet_usd_per_gpu_hour = -1", "at least 0"),
    case("exit without notice", "fee_usd_per_month: 1000}", "exit: {minimum_days: 3, fee_usd: 1}}", "exit", "notice_days", at="- {id: lease"),
    case("expands nothing", "fee_usd_per_month: 1000}", "optional: true, requires: leese}", "contracts[lease].requires = 'leese'", "did you mean 'lease'?"),
    case("expands itself", "fee_usd_per_month: 1000}", "optional: true, requires: lease}", "contracts[lease].requires", "another contract"),
    case("loss of nothing", "links:\n", "losses:\n  - {id: l, covered_share: 0.5}\nlinks:\n", "losses[l]", "or says each", at="- {id: l"),
    case("loss said twice", "links:\n", "losses:\n  - {id: l, sites: [north], each: site, covered_share: 0.5}\nlinks:\n", "losses[l]", "not both", at="- {id: l"),
    case("loss of what is not there", "links:\n", "losses:\n  - {id: l, sites: [norht], covered_share: 0.5}\nlinks:\n", "losses[l].sites[0] = 'norht'", "did you mean 'north'?", at="- {id: l"),
    case("loss without a cover", "links:\n", "losses:\n  - {id: l, sites: [north]}\nlinks:\n", "losses[l]", "covered_share", at="- {id: l"),
    case("cover above all", "links:\n", "losses:\n  - {id: l, sites: [north], covered_share: 1.5}\nlinks:\n", "losses[l].covered_share = 1.5", at="- {id: l"),
    case("loss of each what", "links:\n", "losses:\n  - {id: l, each: rack, covered_share: 1}\nlinks:\n", "losses[l].each = 'rack'", "'provider'", at="- {id: l"),
    case("loss of a link that is not there", "links:\n", "losses:\n  - {id: l, links: [se], covered_share: 0.5}\nlinks:\n", "losses[l].links[0] = 'se'", "did you mean 'sea'?", at="- {id: l,"),
    case("loss of no link", "links:\n", "losses:\n  - {id: l, links: [], covered_share: 0.5}\nlinks:\n", "losses[l].links", "at least 1", at="- {id: l,"),
    case("price of a link below nothing", "rtt_ms: 40", "rtt_ms: 40, price_usd_per_gb: -0.1", "links[wan].price_usd_per_gb = -0.1", "at least 0"),
    case("price of a link by the TB", "rtt_ms: 40", "rtt_ms: 40, price_usd_per_tb: 20", "use price_usd_per_gb and convert: divide a price per TB by 1000"),
    case("bytes below nothing", "services:\n  - id: chat\n", "services:\n  - id: chat\n    wan_bytes_per_token: -1\n", "services[chat].wan_bytes_per_token = -1", "at least 0", at="wan_bytes_per_token"),
    case("data that lie nowhere", "id: tune, ", "id: tune, data_tb: 5, ", "jobs[tune]", "state data_tb and data_at, or neither"),
    case("data of no size", "id: tune, ", "id: tune, data_at: north, ", "jobs[tune]", "state data_tb and data_at, or neither"),
    case("data at no site", "id: tune, ", "id: tune, data_tb: 5, data_at: norht, ", "jobs[tune].data_at = 'norht'", "did you mean 'north'?"),
    case("no data", "id: tune, ", "id: tune, data_tb: 0, data_at: north, ", "jobs[tune].data_tb = 0", "more than 0"),
    case("data in another unit", "id: tune, ", "id: tune, data_gb: 5000, data_at: north, ", "use data_tb and convert: 1000 GB are 1 TB"),
    case("a checkpoint that lies nowhere", "id: tune, ", "id: tune, checkpoint_tb: 5, ", "jobs[tune]", "state checkpoint_tb and checkpoint_at, or neither"),
    case("a checkpoint at no site", "id: tune, ", "id: tune, checkpoint_tb: 5, checkpoint_at: eu, ", "jobs[tune].checkpoint_at = 'eu'", "the id of a site"),
    case("a move of nothing", "id: tune, ", "id: tune, move_blocks: 2, ", "jobs[tune]", "move_blocks needs data_tb or checkpoint_tb"),
    case("a move in no time", "id: tune, ", "id: tune, data_tb: 5, data_at: north, move_blocks: 0, ", "jobs[tune].move_blocks = 0", "at least 1"),
    case("cover of nobody", "links:\n", "losses:\n  - {id: l, sites: [north], covered_share: 1, tenants: [nobody]}\nlinks:\n", "tenants[0] = 'nobody'", "a tenant", at="- {id: l"),
    case("jobs of a loss", "links:\n", "losses:\n  - {id: l, sites: [north], covered_share: 0, jobs: all}\nlinks:\n", "losses[l].jobs = 'all'", "'must'", at="- {id: l"),
    case("kept apart from what", "{id: research}", "{id: research, isolation: rack}", "tenants[research].isolation = 'rack'", "'pool'"),
    case("a switch of less than nothing", "pace: {peak: 0, rest: 1}", "pace: {peak: 0, rest: 1}, switch_hours: -1", "jobs[night].switch_hours = -1", "at least 0"),
    case("a switch in minutes", "pace: {peak: 0, rest: 1}", "pace: {peak: 0, rest: 1}, switch_minutes: 30", "use switch_hours", "60 minutes are 1 hour"),
    case("a switch without a pause", "pace: {peak: 0, rest: 1}", "pace: {peak: 0.5, rest: 1}, switch_hours: 1", "jobs[night]", "switch_hours needs a pace that is 0"),
    case("a switch longer than it works", "pace: {peak: 0, rest: 1}", "pace: {peak: 0, rest: 1}, switch_hours: 100", "jobs[night].switch_hours = 100", "for which it works after each pause"),
    case("batch work of nobody", "links:\n", "batch_jobs:\n  - {id: b, tenant: reserch, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}], max_gpus: 64}\nlinks:\n", "batch_jobs[b].tenant = 'reserch'", "did you mean 'research'?", at="- {id: b"),
    case("batch work without commitment", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}], max_gpus: 64}\nlinks:\n", "batch_jobs[b].commitment", "missing is never zero", at="- {id: b"),
    case("batch work of another commitment", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: maybe, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}], max_gpus: 64}\nlinks:\n", "batch_jobs[b].commitment = 'maybe'", "'optional', 'promised' or 'must'", at="- {id: b"),
    case("batch work without a value", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, work: [{accelerator: h100-sxm, gpu_hours: 80}], max_gpus: 64}\nlinks:\n", "batch_jobs[b].value_usd", "missing is never zero", at="- {id: b"),
    case("batch work of no work", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [], max_gpus: 64}\nlinks:\n", "batch_jobs[b].work", "at least 1", at="- {id: b"),
    case("batch work of no hours", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 0}], max_gpus: 64}\nlinks:\n", "batch_jobs[b].work[0].gpu_hours = 0", "more than 0", at="- {id: b"),
    case("batch work in days", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_days: 80}], max_gpus: 64}\nlinks:\n", "gpu_days", "1 day is 24 hours", at="- {id: b", errors=2),
    case("batch work on an unknown part", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-smx, gpu_hours: 80}], max_gpus: 64}\nlinks:\n", "batch_jobs[b].work[0].accelerator = 'h100-smx'", "did you mean 'h100-sxm'?", at="- {id: b"),
    case("batch work in an unknown mode", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80, modes: [turbo]}], max_gpus: 64}\nlinks:\n", "batch_jobs[b].work[0].modes = 'turbo'", "a mode of h100-sxm", at="- {id: b"),
    case("batch work twice on a part", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}, {accelerator: h100-sxm, gpu_hours: 90}], max_gpus: 64}\nlinks:\n", "batch_jobs[b].work[1].accelerator = 'h100-sxm'", "each accelerator once", at="- {id: b"),
    case("batch work without a most", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}]}\nlinks:\n", "batch_jobs[b].max_gpus", "missing is never zero", at="- {id: b"),
    case("batch work on no GPUs", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}], max_gpus: 0}\nlinks:\n", "batch_jobs[b].max_gpus = 0", "at least 1", at="- {id: b"),
    case("batch work on parts of GPUs", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}], min_gpus: 0.5, max_gpus: 64}\nlinks:\n", "batch_jobs[b].min_gpus = 0.5", "a whole number", at="- {id: b"),
    case("a least above the most", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}], min_gpus: 65, max_gpus: 64}\nlinks:\n", "batch_jobs[b]", "min_gpus must be at most max_gpus", at="- {id: b"),
    case("batch work that is free to leave", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}], max_gpus: 64, unfinished_usd: -1}\nlinks:\n", "batch_jobs[b].unfinished_usd = -1", "at least 0", at="- {id: b"),
    case("must work with a price", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, unfinished_usd: 5, commitment: must, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}], max_gpus: 64}\nlinks:\n", "batch_jobs[b]", "unfinished_usd is not for must jobs", at="- {id: b"),
    case("a breach of no promise", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}], max_gpus: 64, breach_usd: 5}\nlinks:\n", "batch_jobs[b]", "breach_usd is for promised jobs", at="- {id: b"),
    case("batch work in an unknown pool", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}], max_gpus: 64, pools: [north-h10]}\nlinks:\n", "batch_jobs[b].pools[0] = 'north-h10'", "did you mean 'north-h100'?", at="- {id: b"),
    case("batch work released after the end", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}], max_gpus: 64, release_date: 2030-01-07}\nlinks:\n", "batch_jobs[b].release_date = 2030-01-07", "a day before the calendar's end", at="- {id: b"),
    case("batch work due at once", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}], max_gpus: 64, deadline_date: 2026-03-04}\nlinks:\n", "batch_jobs[b].deadline_date = 2026-03-04", "a whole week of the calendar has passed", at="- {id: b"),
    case("batch work due before its release", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}], max_gpus: 64, release_date: 2026-03-16, deadline_date: 2026-03-09}\nlinks:\n", "batch_jobs[b]", "deadline_date must be after release_date", at="- {id: b"),
    case("batch work on the wrong pool", "links:\n", "batch_jobs:\n  - {id: b, tenant: research, commitment: optional, value_usd: 9, work: [{accelerator: h100-sxm, gpu_hours: 80}], max_gpus: 64, pools: [north-toy]}\nlinks:\n", "batch_jobs[b].pools[0]", "a pool of h100-sxm", at="- {id: b"),
    case("a lever of no kind", "links:\n", "levers:\n  - {id: v, kind: throttle, tenant: pro}\nlinks:\n", "levers[v].kind = 'throttle'", "'limit' or 'closing'", at="- {id: v"),
    case("a limit of nobody", "links:\n", "levers:\n  - {id: v, kind: limit, tenant: por, multipliers: [0.5, 1], per: month}\nlinks:\n", "levers[v].tenant = 'por'", "did you mean 'pro'?", at="- {id: v"),
    case("a limit of one without demand", "links:\n", "levers:\n  - {id: v, kind: limit, tenant: research, multipliers: [0.5, 1], per: month}\nlinks:\n", "levers[v].tenant = 'research'", "that some stream has", at="- {id: v"),
    case("a limit of no product", "links:\n", "levers:\n  - {id: v, kind: limit, tenant: pro, multipliers: [0.5, 1], per: month, services: [cht]}\nlinks:\n", "levers[v].services[0] = 'cht'", "did you mean 'chat'?", errors=2, at="- {id: v"),
    case("a limit without multipliers", "links:\n", "levers:\n  - {id: v, kind: limit, tenant: pro, per: month}\nlinks:\n", "levers[v].multipliers", "missing is never zero", at="- {id: v"),
    case("a limit of no multiplier", "links:\n", "levers:\n  - {id: v, kind: limit, tenant: pro, multipliers: [], per: month}\nlinks:\n", "levers[v].multipliers", at="- {id: v"),
    case("multipliers that fall", "links:\n", "levers:\n  - {id: v, kind: limit, tenant: pro, multipliers: [1, 0.5], per: month}\nlinks:\n", "levers[v]", "multipliers must ascend", at="- {id: v"),
    case("a multiplier below nothing", "links:\n", "levers:\n  - {id: v, kind: limit, tenant: pro, multipliers: [-0.5, 1], per: month}\nlinks:\n", "levers[v].multipliers[0] = -0.5", "at least 0", at="- {id: v"),
    case("a limit per week", "links:\n", "levers:\n  - {id: v, kind: limit, tenant: pro, multipliers: [0.5, 1], per: week}\nlinks:\n", "levers[v].per = 'week'", "'month'", at="- {id: v"),
    case("a limit without a span", "links:\n", "levers:\n  - {id: v, kind: limit, tenant: pro, multipliers: [0.5, 1]}\nlinks:\n", "levers[v].per", "missing is never zero", at="- {id: v"),
    case("a limit in no band", "links:\n", "levers:\n  - {id: v, kind: limit, tenant: pro, multipliers: [0.5, 1], per: month, bands: [paek]}\nlinks:\n", "levers[v].bands[0] = 'paek'", "did you mean 'peak'?", at="- {id: v"),
    case("a limit in a band twice", "links:\n", "levers:\n  - {id: v, kind: limit, tenant: pro, multipliers: [0.5, 1], per: month, bands: [peak, peak]}\nlinks:\n", "levers[v].bands[1] = 'peak'", "each band once", at="- {id: v"),
    case("changes that earn", "links:\n", "levers:\n  - {id: v, kind: limit, tenant: pro, multipliers: [0.5, 1], per: month, change_usd: -1}\nlinks:\n", "levers[v].change_usd = -1", "at least 0", at="- {id: v"),
    case("two limits of one stream", "links:\n", "levers:\n  - {id: u, kind: limit, tenant: pro, services: [chat], multipliers: [1], per: block}\n  - {id: v, kind: limit, tenant: pro, multipliers: [0.5, 1], per: month, bands: [peak]}\nlinks:\n", "streams that no other limit acts on in band 'peak'", "'u' acts on 'pro-chat'", "narrow one of the two", at="- {id: v"),
    case("a closing without goodwill", "links:\n", "levers:\n  - {id: v, kind: closing, tenant: pro}\nlinks:\n", "levers[v].closing_usd", "missing is never zero", at="- {id: v"),
    case("a closing at a price below nothing", "links:\n", "levers:\n  - {id: v, kind: closing, tenant: pro, closing_usd: 5, usd_per_million_tokens: -1}\nlinks:\n", "levers[v].usd_per_million_tokens = -1", "at least 0", at="- {id: v"),
    case("a closing that ends before it begins", "links:\n", "levers:\n  - {id: v, kind: closing, tenant: pro, closing_usd: 5, from_date: 2026-03-16, to_date: 2026-03-09}\nlinks:\n", "levers[v]", "to_date must be after from_date", at="- {id: v"),
    case("a closing in no time", "links:\n", "levers:\n  - {id: v, kind: closing, tenant: pro, closing_usd: 5, blocks: 0}\nlinks:\n", "levers[v].blocks = 0", "at least 1", at="- {id: v"),
    case("a closing longer than its window", "links:\n", "levers:\n  - {id: v, kind: closing, tenant: pro, closing_usd: 5, to_date: 2026-03-16, blocks: 3}\nlinks:\n", "levers[v].to_date = 2026-03-16", "a window that holds 3 whole weeks", at="- {id: v"),
    case("a closing after the end", "links:\n", "levers:\n  - {id: v, kind: closing, tenant: pro, closing_usd: 5, from_date: 2030-03-16}\nlinks:\n", "levers[v].from_date = 2030-03-16", "a window that holds 1 whole weeks", at="- {id: v"),
    case("two closings of one stream", "links:\n", "levers:\n  - {id: u, kind: closing, tenant: pro, services: [agent], closing_usd: 1}\n  - {id: v, kind: closing, tenant: pro, closing_usd: 5}\nlinks:\n", "streams that no other closing acts on", "'u' acts on 'pro-agent'", at="- {id: v"),
    case("a lever twice", "links:\n", "levers:\n  - {id: v, kind: limit, tenant: pro, bands: [rest], multipliers: [1], per: block}\n  - {id: v, kind: limit, tenant: pro, multipliers: [0.5, 1], per: month, bands: [peak]}\nlinks:\n", "levers[v].id = 'v'", "no other of its family", at="- {id: v, kind: limit, tenant: pro, multipliers: [0.5"),
    case("admission of no kind", "{id: research}", "{id: research, admission: maybe, refusal_usd: 5}", "tenants[research].admission = 'maybe'", "'decided'"),
    case("admission without a price", "{id: research}", "{id: research, admission: decided}", "tenants[research]", "admission: decided needs refusal_usd"),
    case("refusal without a choice", "{id: research}", "{id: research, refusal_usd: 5}", "tenants[research]", "only it has one"),
    case("refusal that earns", "{id: research}", "{id: research, admission: decided, refusal_usd: -5}", "tenants[research].refusal_usd = -5", "at least 0"),
    case("fewer than no replicas", "  - id: chat\n", "  - id: chat\n    min_replicas: -1\n", "services[chat].min_replicas = -1", "at least 0", at="min_replicas"),
    case("replicas of some bands", "  - id: chat\n", "  - id: chat\n    min_replicas: {peak: 2}\n", "services[chat].min_replicas", "missing: rest", at="min_replicas"),
    case("replicas at no site", "  - id: chat\n", "  - id: chat\n    min_replicas_at: {nroth: 1}\n", "services[chat].min_replicas_at", "did you mean 'north'?", at="min_replicas_at"),
    case("fewer than no replicas at a site", "  - id: chat\n", "  - id: chat\n    min_replicas_at: {north: -1}\n", "services[chat].min_replicas_at", "at least 0", at="min_replicas_at"),
    case("a spread of nothing", "  - id: chat\n", "  - id: chat\n    spread: {by: site}\n", "services[chat].spread", "state least, most_share, or both", at="spread"),
    case("a spread by pool", "  - id: chat\n", "  - id: chat\n    spread: {by: pool, least: 2}\n", "services[chat].spread.by = 'pool'", "'provider'", at="spread"),
    case("a spread over one", "  - id: chat\n", "  - id: chat\n    spread: {by: site, least: 1}\n", "services[chat].spread.least = 1", "at least 2", at="spread"),
    case("a spread over more than there are", "  - id: chat\n", "  - id: chat\n    spread: {by: site, least: 3}\n", "services[chat].spread.least = 3", "pools for the service at 3 sites or more; there are 2", at="spread"),
    case("a spread of all", "  - id: chat\n", "  - id: chat\n    spread: {by: site, most_share: 1}\n", "services[chat].spread.most_share = 1", "less than 1", at="spread"),
    case("spares below nothing", "  - id: chat\n", "  - id: chat\n    warm_spare_share: -0.1\n", "services[chat].warm_spare_share = -0.1", "at least 0", at="warm_spare_share"),
    case("starts in less than no time", "  - id: chat\n", "  - id: chat\n    start_up_hours: -1\n", "services[chat].start_up_hours = -1", "at least 0", at="start_up_hours"),
    case("starts that pay", "  - id: chat\n", "  - id: chat\n    start_up_usd: -1\n", "services[chat].start_up_usd = -1", "at least 0", at="start_up_usd"),
    case("starts of fewer than none", "  - id: chat\n", "  - id: chat\n    scale_up_replicas: -1\n", "services[chat].scale_up_replicas = -1", "at least 0", at="scale_up_replicas"),
    case("starts of a part", "  - id: chat\n", "  - id: chat\n    scale_up_replicas: 1.5\n", "services[chat].scale_up_replicas = 1.5", "a whole number", at="scale_up_replicas"),
    case("running in no pool", "  - id: chat\n", "  - id: chat\n    start_up_hours: 1\n    replicas_running: [{pool: nroth, latency_class: fast, replicas: 1}]\n", "services[chat].replicas_running[0].pool = 'nroth'", "the id of a pool", at="replicas_running"),
    case("running under no class of the pool", "  - id: chat\n", "  - id: chat\n    start_up_hours: 1\n    replicas_running: [{pool: north-toy, latency_class: fast, replicas: 1}]\n", "replicas_running[0].latency_class = 'fast'", "a class of its profiles on toy: slow", at="replicas_running"),
    case("running twice", "  - id: chat\n", "  - id: chat\n    start_up_hours: 1\n    replicas_running: [{pool: north-toy, latency_class: slow, replicas: 1}, {pool: north-toy, latency_class: slow, replicas: 2}]\n", "replicas_running[1].pool = 'north-toy'", "each pool and class once", at="replicas_running"),
    case("running fewer than none", "  - id: chat\n", "  - id: chat\n    start_up_hours: 1\n    replicas_running: [{pool: north-toy, latency_class: slow, replicas: -1}]\n", "replicas_running[0].replicas = -1", "at least 0", at="replicas_running"),
    case("throughput of nothing", "  - id: chat\n", "  - id: chat\n    throughput_factor: 0\n", "services[chat].throughput_factor = 0", "more than 0 and at most 10000", at="throughput_factor"),
    case("running without a start", "  - id: agent\n", "  - id: agent\n    replicas_running: []\n", "services[agent]", "replicas_running needs start_up_hours", at="- id: agent"),
    case("growth planned on no day", "{id: base, steps:", "{id: base, planned: [{from_date: soon, annual_factor: 10}], steps:", "growths[base].planned[0].from_date = 'soon'", "a day as YYYY-MM-DD"),
    case("growth planned twice on a day", "{id: base, steps:", "{id: base, planned: [{from_date: 2026-03-02, annual_factor: 10}, {from_date: 2026-03-02, annual_factor: 9}], steps:", "growths[base].planned[1].from_date", "each date once"),
    case("growth planned by nothing", "{id: base, steps:", "{id: base, planned: [{from_date: 2026-03-02, annual_factor: 0}], steps:", "growths[base].planned[0].annual_factor = 0", "more than 0"),
    case("a growth of no kind", "growths:\n", "settings: {growth: hoped}\n\ngrowths:\n", "settings.growth = 'hoped'", "'planned'", at="settings:"),
    case("tokens of nothing", "{id: pro-chat, tenant: pro,", "{id: pro-chat, tokens_factor: 0, tenant: pro,", "streams[pro-chat].tokens_factor = 0", "more than 0 and at most 10000"),
    case("replicas at a site without pools for them", "pools: [north-h100]", "pools: [north-h100]\n    min_replicas_at: {memphis: 1}", "services[agent].min_replicas_at", "a site with a pool that may carry 'agent'", at="min_replicas_at"),
    case("a spread over one provider", "pools: [north-h100]", "pools: [north-h100]\n    spread: {by: provider, most_share: 0.5}", "services[agent].spread.by", "at 2 providers or more; there are 1", at="spread"),
    case("waits for nobody", "{id: tune, tenant", "{id: tune, after: [pretrian], tenant", "jobs[tune].after[0] = 'pretrian'", "did you mean 'pretrain'?"),
    case("waits for one twice", "{id: tune, tenant", "{id: tune, after: [night, night], tenant", "jobs[tune].after[1] = 'night'", "each id once", "remove it"),
    case("waits for none at all", "{id: tune, tenant", "{id: tune, after: [], tenant", "jobs[tune].after", "at least 1"),
    case("waits for one, not a list", "{id: tune, tenant", "{id: tune, after: night, tenant", "jobs[tune].after = 'night'", "a list"),
    case("waits for itself", "{id: tune, tenant", "{id: tune, after: [tune], tenant", "jobs[tune].after[0] = 'tune'", "another job than itself"),
    case("waits in a circle", "duration_hours: 160}]}\n  - {id: night, tenant", "duration_hours: 160}], after: [night]}\n  - {id: night, after: [tune], tenant", "jobs[night].after[0] = 'tune'", "a job that does not itself wait for this one", at="- {id: night, after", errors=2),
    case("waits for too long", "{id: tune, tenant", "{id: tune, after: [pretrain], deadline_date: 2026-03-12, tenant", "jobs[tune].after[0] = 'pretrain'", "a job that ends in time", "at the earliest", "give this one a later deadline"),
    case("swings that pay", "{id: research}", "{id: research, swing_usd_per_point: -1}", "tenants[research].swing_usd_per_point = -1", "at least 0"),
    case("shifting of nothing", WAITS, shifts("most_share: 0, most_delay_hours: 6"), "streams[pro-chat].shifting.most_share = 0", "more than 0"),
    case("shifting of more than all", WAITS, shifts("most_share: 1.5, most_delay_hours: 6"), "shifting.most_share = 1.5", "at most 1"),
    case("shifting without a share", WAITS, shifts("most_delay_hours: 6"), "streams[pro-chat].shifting.most_share", "missing is never zero"),
    case("shifting for ever", WAITS, shifts("most_share: 0.5"), "streams[pro-chat].shifting.most_delay_hours", "missing is never zero"),
    case("shifting by no time", WAITS, shifts("most_share: 0.5, most_delay_hours: 0"), "shifting.most_delay_hours = 0", "at least 0.25"),
    case("shifting that reaches nothing", WAITS, shifts("most_share: 0.5, most_delay_hours: 5"), "shifting.most_delay_hours = 5", "of another that it may be moved to", "allow a longer delay"),
    case("shifting that loses all", WAITS, shifts("most_share: 0.5, most_delay_hours: 6, loss_share: 1"), "shifting.loss_share = 1", "less than 1"),
    case("shifting that pays", WAITS, shifts("most_share: 0.5, most_delay_hours: 6, usd_per_million_tokens: -1"), "shifting.usd_per_million_tokens = -1", "at least 0"),
    case("shifting into an unknown band", WAITS, shifts("most_share: 0.5, most_delay_hours: 6, into_bands: [rst]"), "shifting.into_bands[0] = 'rst'", "did you mean 'rest'?"),
    case("shifting into a band twice", WAITS, shifts("most_share: 0.5, most_delay_hours: 6, into_bands: [rest, rest]"), "shifting.into_bands[1] = 'rest'", "each band once"),
    case("shifting into no band", WAITS, shifts("most_share: 0.5, most_delay_hours: 6, into_bands: []"), "streams[pro-chat].shifting.into_bands"),
    case("degrading to an unknown stream", WAITS, degrades("stream: pro-chart, tokens_per_token: 0.5, most_share: 0.5"), "streams[pro-chat].degrade_to.stream = 'pro-chart'", "did you mean 'pro-chat'?"),
    case("degrading to itself", WAITS, degrades("stream: pro-chat, tokens_per_token: 0.5, most_share: 0.5"), "degrade_to.stream = 'pro-chat'", "another stream"),
    case("degrading elsewhere", WAITS, degrades("stream: pro-agent, tokens_per_token: 0.5, most_share: 0.5"), "degrade_to.stream = 'pro-agent'", "of the same region, 'us-west'; its is 'eu'"),
    case("degrading without a factor", WAITS, degrades("stream: pro-agent, most_share: 0.5"), "streams[pro-chat].degrade_to.tokens_per_token", "missing is never zero"),
    case("degrading without a share", WAITS, degrades("stream: pro-agent, tokens_per_token: 0.5"), "streams[pro-chat].degrade_to.most_share", "missing is never zero"),
    case("degrading without a stream", WAITS, degrades("tokens_per_token: 0.5, most_share: 0.5"), "streams[pro-chat].degrade_to.stream", "missing is never zero"),
    case("degrading to nothing", WAITS, degrades("stream: pro-agent, tokens_per_token: 0, most_share: 0.5"), "degrade_to.tokens_per_token = 0", "more than 0"),
    case("degrading of more than all", WAITS, degrades("stream: pro-agent, tokens_per_token: 0.5, most_share: 2"), "degrade_to.most_share = 2", "at most 1"),
    case("degrading that pays", WAITS, degrades("stream: pro-agent, tokens_per_token: 0.5, most_share: 1, usd_per_million_tokens: -2"), "degrade_to.usd_per_million_tokens = -2", "at least 0"),
    case("elasticity without a share", WAITS, "{id: pro-chat, elasticity: {}, tenant: pro,", "streams[pro-chat].elasticity.lost_share_per_point", "missing is never zero"),
    case("elasticity of nothing", WAITS, "{id: pro-chat, elasticity: {lost_share_per_point: 0}, tenant: pro,", "elasticity.lost_share_per_point = 0", "more than 0"),
    case("elasticity of more than all", WAITS, "{id: pro-chat, elasticity: {lost_share_per_point: 0.02}, tenant: pro,", "elasticity.lost_share_per_point = 0.02", "at most 0.01"),
    case("elasticity of what earns nothing", "id: pro-agent\n", "id: pro-agent\n    elasticity: {lost_share_per_point: 0.001}\n", "streams[pro-agent].elasticity", "revenue_usd_per_million_tokens above 0", at="elasticity:"),
    case("credits of no step", "{id: pro-chat, tenant: pro,", "{id: pro-chat, credits: {per: month, steps: []}, tenant: pro,", "streams[pro-chat].credits.steps"),
    case("credits without a span", "{id: pro-chat, tenant: pro,", "{id: pro-chat, credits: {steps: [{below_share: 0.9, credit_usd: 5}]}, tenant: pro,", "streams[pro-chat].credits.per", "missing is never zero"),
    case("credits by the hour", "{id: pro-chat, tenant: pro,", "{id: pro-chat, credits: {per: hour, steps: [{below_share: 0.9, credit_usd: 5}]}, tenant: pro,", "streams[pro-chat].credits.per = 'hour'", "'month'"),
    case("credits below nothing", "{id: pro-chat, tenant: pro,", "{id: pro-chat, credits: {per: month, steps: [{below_share: 0, credit_usd: 5}]}, tenant: pro,", "credits.steps[0].below_share = 0", "more than 0"),
    case("credits of nothing", "{id: pro-chat, tenant: pro,", "{id: pro-chat, credits: {per: month, steps: [{below_share: 0.9}]}, tenant: pro,", "streams[pro-chat].credits", "every step states credit_usd, or every step credit_share"),
    case("credits in two kinds", "{id: pro-chat, tenant: pro,", "{id: pro-chat, credits: {per: month, steps: [{below_share: 0.9, credit_usd: 5}, {below_share: 0.5, credit_share: 0.2}]}, tenant: pro,", "streams[pro-chat].credits", "every step states"),
    case("credits that rise with what is served", "{id: pro-chat, tenant: pro,", "{id: pro-chat, credits: {per: month, steps: [{below_share: 0.5, credit_usd: 5}, {below_share: 0.9, credit_usd: 7}]}, tenant: pro,", "streams[pro-chat].credits", "below_share must fall"),
    case("credits that fall", "{id: pro-chat, tenant: pro,", "{id: pro-chat, credits: {per: month, steps: [{below_share: 0.9, credit_usd: 5}, {below_share: 0.5, credit_usd: 2}]}, tenant: pro,", "streams[pro-chat].credits", "must not fall"),
    case("credits of more than all", "{id: pro-chat, tenant: pro,", "{id: pro-chat, credits: {per: month, steps: [{below_share: 0.9, credit_share: 1.5}]}, tenant: pro,", "credits.steps[0].credit_share = 1.5", "at most 1"),
    case("credits that are earned", "{id: pro-chat, tenant: pro,", "{id: pro-chat, credits: {per: month, steps: [{below_share: 0.9, credit_usd: -1}]}, tenant: pro,", "credits.steps[0].credit_usd = -1", "at least 0"),
    case("a share of nothing", "- id: pro-agent\n    tenant: pro\n", "- id: pro-agent\n    credits: {per: month, steps: [{below_share: 0.9, credit_share: 0.5}]}\n    tenant: pro\n", "streams[pro-agent].credits", "a price for what is credited a share of", at="credits: {per"),
    case("credits of one without demand", "{id: research}", "{id: research, credits: {per: month, steps: [{below_share: 0.9, credit_usd: 5}]}}", "tenants[research].credits", "streams of the tenant"),
    case("maintenance of nothing", ", online_gpus: 64", ", online_gpus: 64, maintenance: [{id: m, from_date: 2026-03-02, to_date: 2026-04-06, blocks: 1}]", "pools[north-toy].maintenance[m]", "gpus, share, islands"),
    case("maintenance said twice", ", online_gpus: 64", ", online_gpus: 64, maintenance: [{id: m, from_date: 2026-03-02, to_date: 2026-04-06, blocks: 1, gpus: 8, share: 0.5}]", "pools[north-toy].maintenance[m]", "gpus, share, islands"),
    case("maintenance of more than there is", ", online_gpus: 64", ", online_gpus: 64, maintenance: [{id: m, from_date: 2026-03-02, to_date: 2026-04-06, blocks: 1, gpus: 80}]", "maintenance[m].gpus = 80", "at most the GPUs of the pool's islands, 64"),
    case("maintenance of no share", ", online_gpus: 64", ", online_gpus: 64, maintenance: [{id: m, from_date: 2026-03-02, to_date: 2026-04-06, blocks: 1, share: 0}]", "maintenance[m].share = 0", "more than 0"),
    case("maintenance of an island that is not there", ", online_gpus: 64", ", online_gpus: 64, maintenance: [{id: m, from_date: 2026-03-02, to_date: 2026-04-06, blocks: 1, islands: [2]}]", "maintenance[m].islands[0] = 2", "1 to 1"),
    case("maintenance of an island twice", ", online_gpus: 64", ", online_gpus: 64, maintenance: [{id: m, from_date: 2026-03-02, to_date: 2026-04-06, blocks: 1, islands: [1, 1]}]", "maintenance[m]", "differ from each other"),
    case("maintenance in no time", ", online_gpus: 64", ", online_gpus: 64, maintenance: [{id: m, from_date: 2026-03-02, to_date: 2026-04-06, blocks: 0, gpus: 8}]", "maintenance[m].blocks = 0", "at least 1"),
    case("maintenance longer than its window", ", online_gpus: 64", ", online_gpus: 64, maintenance: [{id: m, from_date: 2026-03-02, to_date: 2026-04-06, blocks: 6, gpus: 8}]", "maintenance[m].to_date = 2026-04-06", "a window that holds 6 whole weeks"),
    case("maintenance that ends before it begins", ", online_gpus: 64", ", online_gpus: 64, maintenance: [{id: m, from_date: 2026-03-02, to_date: 2026-03-01, blocks: 1, gpus: 8}]", "maintenance[m]", "to_date must be after from_date"),
    case("maintenance twice", ", online_gpus: 64", ", online_gpus: 64, maintenance: [{id: m, from_date: 2026-03-02, to_date: 2026-04-06, blocks: 1, gpus: 8}, {id: m, from_date: 2026-03-02, to_date: 2026-04-06, blocks: 1, gpus: 8}]", "maintenance[m].id = 'm'", "no other task of its pool"),
    case("reclaim without notice", "fee_usd_per_month: 1000}", "fee_usd_per_month: 1000, reclaim: {earliest_date: 2026-03-16}}", "contracts[lease].reclaim.notice_days", "missing is never zero"),
    case("reclaim of nothing", "fee_usd_per_month: 1000}", "fee_usd_per_month: 1000, reclaim: {earliest_date: 2026-03-16, notice_days: 14, share: 0}}", "reclaim.share = 0", "more than 0"),
    case("reclaim on no day", "fee_usd_per_month: 1000}", "fee_usd_per_month: 1000, reclaim: {earliest_date: soon, notice_days: 14}}", "reclaim.earliest_date = 'soon'", "a day as YYYY-MM-DD"),
    case("reclaim with less than no notice", "fee_usd_per_month: 1000}", "fee_usd_per_month: 1000, reclaim: {earliest_date: 2026-03-16, notice_days: -1}}", "reclaim.notice_days = -1", "at least 0"),
    case("reclaim and which jobs", "fee_usd_per_month: 1000}", "fee_usd_per_month: 1000, reclaim: {earliest_date: 2026-03-16, notice_days: 14, jobs: none}}", "reclaim.jobs = 'none'", "'within_notice'"),
    case("loss by a reclaim that nobody states", "links:\n", "losses:\n  - {id: l, reclaims: [lease], covered_share: 0.5}\nlinks:\n", "losses[l].reclaims[0] = 'lease'", "a contract that states reclaim", at="- {id: l"),
    case("a price beyond sense", "price_usd_per_kwh: 0.04", "price_usd_per_kwh: 1.0e9", "feeds[south].price_usd_per_kwh", "a price within 1,000,000 USD"),
    case("loss by each reclaim, of which there is none", "links:\n", "losses:\n  - {id: l, each: reclaim, covered_share: 0.5}\nlinks:\n", "losses[l].each = 'reclaim'", "none does", at="- {id: l"),
    case("loss by a reclaim of what is not there", "links:\n", "losses:\n  - {id: l, reclaims: [leese], covered_share: 0.5}\nlinks:\n", "losses[l].reclaims[0] = 'leese'", "did you mean 'lease'?", at="- {id: l"),
    case("loss by a reclaim and a site", "links:\n", "losses:\n  - {id: l, reclaims: [lease], sites: [north], covered_share: 0.5}\nlinks:\n", "losses[l]", "a loss of their own", at="- {id: l"),
    case("jobs of a reclaim", "links:\n", "losses:\n  - {id: l, each: reclaim, covered_share: 0.5, jobs: must}\nlinks:\n", "losses[l]", "not for reclaims", at="- {id: l"),
    case("late before soon", ", online_gpus: 64", ", tranches: [{gpus: 64, state: contracted, p50_date: 2026-04-09, p90_date: 2026-04-06}]", "pools[north-toy].tranches[0]", "p90_date must not be before p50_date"),
    case("state of a tranche", ", online_gpus: 64", ", tranches: [{gpus: 64, state: hoped, p50_date: 2026-03-09, p90_date: 2026-04-06}]", "state = 'hoped'", "'announced'"),
    case("tranches of more than there is", ", online_gpus: 64", ", tranches: [{gpus: 64, state: contracted, p50_date: 2026-03-09, p90_date: 2026-04-06}, {gpus: 64, state: contracted, p50_date: 2026-03-09, p90_date: 2026-04-06}]", "pools[north-toy].tranches = 128", "64"),
    case("tranches and a ramp", ", online_gpus: 64", ", online_gpus: 64, tranches: [{gpus: 64, state: contracted, p50_date: 2026-03-09, p90_date: 2026-04-06}]", "pools[north-toy].tranches", "one statement"),
    case("tranche without a p90", ", online_gpus: 64", ", tranches: [{gpus: 64, state: contracted, p50_date: 2026-03-09}]", "pools[north-toy].tranches[0]", "p90_date"),
    case("no term that ends in time", "fee_usd_per_month: 1000}", "term_blocks: [200]}", "contracts[lease].to_date", "a term that ends by to_date"),
    case("expansion in force as dated", "fee_usd_per_month: 1000}", "requires: owned}", "contracts[lease]", "contracts that are decided", at="- {id: lease"),
    case("contract before", "from_date: 2026-03-16, to_date: 2026-12-31", "from_date: 2025-03-16, to_date: 2025-12-31", "an end after the calendar's start"),
    case("deadline before the start", "due_date: 2026-04-13", "deadline_date: 2026-02-01", "jobs[pretrain].deadline_date", "after the calendar's start"),
    case("release after the end", "due_date: 2026-04-13", "release_date: 2026-07-01", "jobs[pretrain].release_date", "before the calendar's end"),
    case("dates in the wrong order", "due_date: 2026-04-13", "release_date: 2026-04-01\n    due_date: 2026-03-20", "in this order", at="- id: pretrain"),
    case("bands overlap", "{id: rest, rest: true}", "{id: rest, rest: true}\n    - {id: noon, hours: [{days: [mon], from_hour: 14, to_hour: 15}]}",
         "calendar", "claim the same hours", at="calendar:"),
    # supply and demand
    case("more online than there is", "value: 512", "value: 513", "pools[north-h100].online_gpus[1].value = 513", "512"),
    case("part of a GPU online", "online_gpus: 64", "online_gpus: 63.5", "pools[north-toy].online_gpus = 63.5", "a whole number"),
    case("nothing said about online", ", online_gpus: 64", "", "pools[north-toy]", "rows in the ramps table", at="- {id: north-toy"),
    case("island below a unit", "[{gpus: 64}]", "[{gpus: 2, count: 32}]", "islands[0].gpus = 2", "one allocation unit of toy, 4 GPUs"),
    case("spanning one island", "[{gpus: 256, count: 2}]", "[{gpus: 512}]", "pools[north-h100].spanning", "two islands", at="spanning"),
    case("mean above demand", "mean_tokens_per_s: {peak: 5000", "mean_tokens_per_s: {peak: 7000", "mean_tokens_per_s", "at most the demand"),
    case("demand stated twice", "demand_tokens_per_s: {", "base_tokens_per_s: 1\n    demand_tokens_per_s: {", "not both", at="- id: pro-agent"),
    case("no demand", "base_tokens_per_s: 9000, growth: base, daily_profile: office, ", "", "streams[pro-chat]", "demand table", at="- {id: pro-chat"),
    case("base beyond all measure", "base_tokens_per_s: 9000", "base_tokens_per_s: 9.9e13", "base_tokens_per_s", "at most 1e+14 in every period"),
    case("no ladder", "    ladder:\n      rungs: [{share: 0.4, usd_per_million_tokens_unserved: 5}, {share: 0.6, usd_per_million_tokens_unserved: 20}]\n"
         "      floor_share: 0.5\n", "", "streams[pro-chat]", "a ladder of its own or of its tenant 'pro'", at="- {id: pro-chat", errors=2),
    # what the grid asks for
    case("event without hours", "limit_kw: 2000", "limit_kw: 2000, events: [{id: e, limit_kw: 100}]", "feeds[grid].events[e].hours", "missing is never zero"),
    case("event of no length", "limit_kw: 2000", "limit_kw: 2000, events: [{id: e, hours: 0, limit_kw: 100}]", "feeds[grid].events[e].hours = 0", "more than 0"),
    case("event longer than its band", "limit_kw: 2000", "limit_kw: 2000, events: [{id: e, hours: 40, limit_kw: 100}]", "feeds[grid].events[e].hours = 40", "the shortest of its periods, 30"),
    case("event without a limit", "limit_kw: 2000", "limit_kw: 2000, events: [{id: e, hours: 4}]", "feeds[grid].events[e].limit_kw", "missing is never zero"),
    case("event below nothing", "limit_kw: 2000", "limit_kw: 2000, events: [{id: e, hours: 4, limit_kw: -1}]", "feeds[grid].events[e].limit_kw = -1", "at least 0"),
    case("event in no band", "limit_kw: 2000", "limit_kw: 2000, events: [{id: e, hours: 4, limit_kw: 100, bands: [peek]}]", "feeds[grid].events[e].bands[0]", "did you mean 'peak'?"),
    case("event in a band twice", "limit_kw: 2000", "limit_kw: 2000, events: [{id: e, hours: 4, limit_kw: 100, bands: [peak, peak]}]", "feeds[grid].events[e].bands[1]", "each band once"),
    case("event after the calendar", "limit_kw: 2000", "limit_kw: 2000, events: [{id: e, hours: 4, limit_kw: 100, from_date: 2027-01-01}]", "feeds[grid].events[e].from_date", "before the calendar's end"),
    case("event before the calendar", "limit_kw: 2000", "limit_kw: 2000, events: [{id: e, hours: 4, limit_kw: 100, to_date: 2026-01-01}]", "feeds[grid].events[e].to_date", "after the calendar's start"),
    case("event backwards", "limit_kw: 2000", "limit_kw: 2000, events: [{id: e, hours: 4, limit_kw: 100, from_date: 2026-04-01, to_date: 2026-03-09}]", "feeds[grid].events[e]", "to_date must be after from_date"),
    case("two events of one id", "limit_kw: 2000", "limit_kw: 2000, events: [{id: e, hours: 4, limit_kw: 100}, {id: e, hours: 2, limit_kw: 100}]", "feeds[grid]", "ids of events must differ"),
    case("response without a price", "limit_kw: 2000", "limit_kw: 2000, demand_response: [{id: r, most_kw: 5}]", "feeds[grid].demand_response[r].usd_per_kwh", "missing is never zero"),
    case("response that costs", "limit_kw: 2000", "limit_kw: 2000, demand_response: [{id: r, most_kw: 5, usd_per_kwh: -1}]", "usd_per_kwh = -1", "at least 0"),
    case("response of nothing", "limit_kw: 2000", "limit_kw: 2000, demand_response: [{id: r, most_kw: 0, usd_per_kwh: 1}]", "most_kw = 0", "more than 0"),
    case("response wholly or not", "limit_kw: 2000", "limit_kw: 2000, demand_response: [{id: r, most_kw: 5, usd_per_kwh: 1, whole: 1}]", "whole = 1", "true or false"),
    case("response in no band", "limit_kw: 2000", "limit_kw: 2000, demand_response: [{id: r, most_kw: 5, usd_per_kwh: 1, bands: [noon]}]", "feeds[grid].demand_response[r].bands[0]", "a band of the calendar"),
    case("response of an unlimited feed", "limit_kw: unlimited", "limit_kw: unlimited, demand_response: [{id: r, most_kw: 5, usd_per_kwh: 1}]", "feeds[south]", "need a limit_kw that is a figure"),
    case("nothing firm", "limit_kw: unlimited", "limit_kw: unlimited, non_firm_kw: 5", "feeds[south]", "need a limit_kw that is a figure"),
    case("negative non-firm power", "limit_kw: 2000", "limit_kw: 2000, non_firm_kw: {peak: -5, rest: 0}", "feeds[grid].non_firm_kw.peak = -5", "at least 0"),
    case("second feed of a root", "limit_kw: 2000", "limit_kw: 2000, second_feed: south", "feeds[grid]", "a feed with a parent"),
    case("second feed above", "{id: hall, parent: grid", "{id: hall, parent: grid, second_feed: grid", "feeds[hall].second_feed", "neither above nor below"),
    case("second feed unknown", "{id: hall, parent: grid", "{id: hall, parent: grid, second_feed: suoth", "feeds[hall].second_feed", "did you mean 'south'?"),
    case("more flexible than all", "{id: research", "{id: research, flexibility_share: 1.5", "tenants[research].flexibility_share = 1.5", "at most 1"),
    # policies
    case("cap without a share", "scenarios:\n", "policies:\n  - {id: cap, kind: concentration, by: provider, of: gpus}\nscenarios:\n", "policies[cap].most_share", "missing is never zero", at="- {id: cap"),
    case("share above all", "scenarios:\n", "policies:\n  - {id: cap, kind: concentration, by: provider, of: gpus, most_share: 1.5}\nscenarios:\n", "policies[cap].most_share = 1.5", "at most 1", at="- {id: cap"),
    case("cap on nobody", "scenarios:\n", "policies:\n  - {id: cap, kind: concentration, by: provider, of: gpus, most_share: 0.5, members: [rivale]}\nscenarios:\n", "policies[cap].members[0] = 'rivale'", "did you mean 'rival'?", at="- {id: cap"),
    case("cap on the same twice", "scenarios:\n", "policies:\n  - {id: cap, kind: concentration, by: provider, of: gpus, most_share: 0.5, members: [rival, rival]}\nscenarios:\n", "policies[cap].members[1]", "each member once", at="- {id: cap"),
    case("vendor that nobody has", "scenarios:\n", "policies:\n  - {id: cap, kind: concentration, by: vendor, of: gpus, most_share: 0.5, members: [Intel]}\nscenarios:\n", "policies[cap].members[0] = 'Intel'", "the vendor of a pool's accelerator", at="- {id: cap"),
    case("jurisdiction without a site", "scenarios:\n", "policies:\n  - {id: cap, kind: concentration, by: jurisdiction, of: gpus, most_share: 0.5, members: [EU]}\nscenarios:\n", "policies[cap].members[0] = 'EU'", "the jurisdiction of a site", at="- {id: cap"),
    case("spend by vendor", "scenarios:\n", "policies:\n  - {id: cap, kind: concentration, by: vendor, of: spend, most_share: 0.5}\nscenarios:\n", "policies[cap]", "needs by: provider and per: horizon", at="- {id: cap"),
    case("tokens by vendor", "scenarios:\n", "policies:\n  - {id: cap, kind: concentration, by: vendor, of: served_tokens, most_share: 0.5}\nscenarios:\n", "policies[cap]", "sites serve tokens", at="- {id: cap"),
    case("tenants of GPUs", "scenarios:\n", "policies:\n  - {id: cap, kind: concentration, by: provider, of: gpus, most_share: 0.5, tenants: [pro]}\nscenarios:\n", "policies[cap]", "tenants are for served_tokens only", at="- {id: cap"),
    case("tenants unknown to a cap", "scenarios:\n", "policies:\n  - {id: cap, kind: concentration, by: provider, of: served_tokens, most_share: 0.5, tenants: [prow]}\nscenarios:\n", "policies[cap].tenants[0] = 'prow'", "did you mean 'pro'?", at="- {id: cap"),
    case("kind of policy unknown", "scenarios:\n", "policies:\n  - {id: cap, kind: concentrated, by: provider, of: gpus, most_share: 0.5}\nscenarios:\n", "policies[cap].kind = 'concentrated'", "'concentration'", at="- {id: cap"),
    case("budget of nothing", "scenarios:\n", "policies:\n  - {id: b, kind: budget, per: year}\nscenarios:\n", "policies[b]", "states one of most_usd, most_carbon_kg", at="- {id: b,"),
    case("budget of two", "scenarios:\n", "policies:\n  - {id: b, kind: budget, per: year, most_kwh: 1, most_gpu_hours: 1}\nscenarios:\n", "policies[b]", "states one of", at="- {id: b,"),
    case("budget in tonnes", "scenarios:\n", "policies:\n  - {id: b, kind: budget, per: year, most_carbon_t: 1}\nscenarios:\n", "policies[b].most_carbon_t", "did you mean most_carbon_kg?", at="- {id: b,"),
    case("negative budget", "scenarios:\n", "policies:\n  - {id: b, kind: budget, per: year, most_kwh: -1}\nscenarios:\n", "policies[b].most_kwh = -1", "at least 0", at="- {id: b,"),
    case("money without terms", "scenarios:\n", "policies:\n  - {id: b, kind: budget, per: year, most_usd: 1}\nscenarios:\n", "most_usd needs terms", at="- {id: b,"),
    case("money of an unknown term", "scenarios:\n", "policies:\n  - {id: b, kind: budget, per: year, most_usd: 1, terms: [rent]}\nscenarios:\n", "policies[b].terms[0] = 'rent'", "'fixed_fees'", at="- {id: b,"),
    case("fees by the year", "scenarios:\n", "policies:\n  - {id: b, kind: budget, per: year, most_usd: 1, terms: [fixed_fees]}\nscenarios:\n", "fixed_fees are owed for whole contracts", at="- {id: b,"),
    case("tenants of energy", "scenarios:\n", "policies:\n  - {id: b, kind: budget, per: year, most_kwh: 1, tenants: [pro]}\nscenarios:\n", "tenants are for most_gpu_hours only", at="- {id: b,"),
    case("budget per week", "scenarios:\n", "policies:\n  - {id: b, kind: budget, per: week, most_kwh: 1}\nscenarios:\n", "policies[b].per = 'week'", "'quarter'", at="- {id: b,"),
    case("budget of an unknown pool", "scenarios:\n", "policies:\n  - {id: b, kind: budget, per: year, most_kwh: 1, pools: [north]}\nscenarios:\n", "policies[b].pools[0] = 'north'", "'north-toy'", at="- {id: b,"),
    case("budget of no pool", "scenarios:\n", "policies:\n  - {id: b, kind: budget, per: year, most_kwh: 1, pools: [north-toy], sites: [memphis]}\nscenarios:\n", "policies[b].pools", "a pool in all that the policy names", at="- {id: b,"),
    case("carbon of silent feeds", "scenarios:\n", "policies:\n  - {id: b, kind: budget, per: year, most_carbon_kg: 1}\nscenarios:\n", "policies[b]", "carbon_g_per_kwh on a feed above each pool that counts; there is none above 'north-h100'", at="- {id: b,"),
    case("price of carbon before its time", "scenarios:\n", "policies:\n  - {id: b, kind: carbon_price, usd_per_tonne: [{from_date: 2026-04-01, value: 1}]}\nscenarios:\n", "usd_per_tonne[0].from_date", "the calendar's start", at="- {id: b,", errors=2),
    case("kind of policy missing", "scenarios:\n", "policies:\n  - {id: b, most_kwh: 1}\nscenarios:\n", "policies[b].kind", "'concentration' or 'budget' or 'carbon_price'", at="- {id: b,"),
    case("carbon less than nothing", "reserve_kw: 10", "carbon_g_per_kwh: -1", "feeds[south].carbon_g_per_kwh = -1", "at least 0"),
    case("nothing but spares", "online_gpus: 64}", "online_gpus: 64, spare_share: 1}", "pools[north-toy].spare_share = 1", "less than 1"),
    case("checkpoints without restarts", "gbit_s_per_gpu: 20\n", "gbit_s_per_gpu: 20\n    checkpoint_hours: 0.1\n", "jobs[pretrain]", "checkpoint_hours and restart_hours, or neither", at="- id: pretrain"),
    case("interval of no checkpoints", "gbit_s_per_gpu: 20\n", "gbit_s_per_gpu: 20\n    checkpoint_every_hours: 1\n", "jobs[pretrain]", "checkpoint_every_hours needs", at="- id: pretrain"),
    case("failures of an accelerator that never says", "gbit_s_per_gpu: 20\n", "gbit_s_per_gpu: 20\n    checkpoint_hours: 0.1\n    restart_hours: 1\n",
         "jobs[pretrain].shapes[0].accelerator = 'h100-sxm'", "mtbf_hours", at="- {accelerator: h100-sxm, gpus: 384"),
    case("fails all the time", "idle_kw: 0.1\n", "idle_kw: 0.1\n    mtbf_hours: 0\n", "accelerators[toy].mtbf_hours = 0", "more than 0", at="mtbf_hours"),
    case("money that grows", "calendar:\n  start", "settings: {discount_rate_per_year: -0.1}\ncalendar:\n  start", "settings.discount_rate_per_year = -0.1", "at least 0", at="settings:"),
    case("a rate in percent", "calendar:\n  start", "settings: {discount_rate_percent: 8}\ncalendar:\n  start", "settings.discount_rate_percent", "did you mean discount_rate_per_year?", at="settings:"),
    case("includes what it does not bill", "fee_usd_per_month: 1000}", "feed_prices: included}", "contracts[lease]", "needs price_usd_per_kwh", at="- {id: lease"),
    case("feeds paid by nobody", "fee_usd_per_month: 1000}", "price_usd_per_kwh: 0.1, feed_prices: free}", "contracts[lease].feed_prices = 'free'", "'included'"),
    case("energy billed too late", "fee_usd_per_month: 1000}", "price_usd_per_kwh: [{from_date: 2026-03-16, value: 0.1}]}", "contracts[lease].price_usd_per_kwh[0].from_date", "the calendar's start"),
    case("energy billed by the MWh", "fee_usd_per_month: 1000}", "price_usd_per_mwh: 100}", "contracts[lease].price_usd_per_mwh", "use price_usd_per_kwh"),
    case("bought before the calendar", "to_date: open, price_usd_per_gpu_hour: 0.5}", "to_date: open, price_usd_per_gpu_hour: 0.5, purchase: {capex_usd: 1, lead_time_days: 7, life_days: 900}}", "contracts[owned].from_date", "an earlier one is no decision"),
    case("bought for nothing", "fee_usd_per_month: 1000}", "purchase: {lead_time_days: 7, life_days: 900}}", "contracts[lease].purchase", "capex_usd, capex_usd_per_gpu or capex_usd_per_kw", at="- {id: lease"),
    case("bought without a life", "fee_usd_per_month: 1000}", "purchase: {capex_usd: 1, lead_time_days: 7}}", "contracts[lease].purchase", "life_days", at="- {id: lease"),
    case("bought at a loss to nobody", "fee_usd_per_month: 1000}", "purchase: {capex_usd: -1, lead_time_days: 7, life_days: 900}}", "purchase.capex_usd = -1", "at least 0"),
    case("capex per MW", "fee_usd_per_month: 1000}", "purchase: {capex_usd_per_mw: 1, lead_time_days: 7, life_days: 900}}", "capex_usd_per_mw", "use capex_usd_per_kw and convert", at="- {id: lease"),
    case("built before it is ordered", "fee_usd_per_month: 1000}", "purchase: {capex_usd: 1, lead_time_days: -7, life_days: 900}}", "lead_time_days = -7", "at least 0"),
    case("lives for no day", "fee_usd_per_month: 1000}", "purchase: {capex_usd: 1, lead_time_days: 7, life_days: 0}}", "life_days = 0", "at least 1"),
    case("paid in part", "fee_usd_per_month: 1000}", "purchase: {capex_usd: 1, lead_time_days: 7, life_days: 900, paid: [{share: 0.4, days_after_order: 0}]}}", "contracts[lease].purchase", "must sum to 1", at="- {id: lease"),
    case("paid before the order", "fee_usd_per_month: 1000}", "purchase: {capex_usd: 1, lead_time_days: 7, life_days: 900, paid: [{share: 1, days_after_order: -1}]}}", "paid[0].days_after_order = -1", "at least 0"),
    case("a share of nothing paid", "fee_usd_per_month: 1000}", "purchase: {capex_usd: 1, lead_time_days: 7, life_days: 900, paid: [{share: 0, days_after_order: 1}]}}", "paid[0].share = 0", "more than 0"),
    case("residual by another rule", "fee_usd_per_month: 1000}", "purchase: {capex_usd: 1, lead_time_days: 7, life_days: 900, residual: declining}}", "residual = 'declining'", "'straight_line'"),
    case("a lease that is bought", "fee_usd_per_month: 1000}", "term_blocks: [2], purchase: {capex_usd: 1, lead_time_days: 7, life_days: 900}}", "contracts[lease]", "term_blocks is for leases", at="- {id: lease"),
    case("delivered after the horizon", "fee_usd_per_month: 1000}", "purchase: {capex_usd: 1, lead_time_days: 70, life_days: 900}}", "contracts[lease].purchase.lead_time_days = 70", "an order that is there"),
    case("kW bought without any", "fee_usd_per_month: 1000}", "purchase: {capex_usd_per_kw: 1, lead_time_days: 7, life_days: 900}}", "contracts[lease]", "needs brings_kw", at="- {id: lease"),
    case("GPUs bought without any", "contracts:\n", "contracts:\n  - {id: new, kind: owned, provider: us, from_date: 2026-03-02, to_date: open, price_usd_per_gpu_hour: 0, purchase: {capex_usd_per_gpu: 1, lead_time_days: 7, life_days: 900}}\n",
         "contracts[new].purchase.capex_usd_per_gpu = 1", "a pool under this contract", at="- {id: new"),
    case("power to nowhere", "fee_usd_per_month: 1000}", "brings_kw: [{feed: gird, kw: 10}]}", "contracts[lease].brings_kw[0].feed = 'gird'", "did you mean 'grid'?"),
    case("power where there is no end of it", "fee_usd_per_month: 1000}", "brings_kw: [{feed: south, kw: 10}]}", "brings_kw[0].feed = 'south'", "a feed with a limit"),
    case("power twice", "fee_usd_per_month: 1000}", "brings_kw: [{feed: grid, kw: 10}, {feed: grid, kw: 10}]}", "brings_kw[1].feed = 'grid'", "each feed once"),
    case("no power", "fee_usd_per_month: 1000}", "brings_kw: [{feed: grid, kw: 0}]}", "brings_kw[0].kw = 0", "more than 0"),
    case("power in MW", "fee_usd_per_month: 1000}", "brings_kw: [{feed: grid, mw: 1}]}", "brings_kw[0].mw", at="- {id: lease", errors=2),
    case("capex of a site", "scenarios:\n", "policies:\n  - {id: b, kind: budget, per: year, most_usd: 1, terms: [capex], sites: [north]}\nscenarios:\n", "policies[b]", "capex is paid for whole contracts", at="- {id: b,"),
    case("interrupted all the time", "fee_usd_per_month: 1000}", "spot: {mean_hours_between_interruptions: 0, outage_hours: 1}}", "spot.mean_hours_between_interruptions = 0", "more than 0"),
    case("back before it is gone", "fee_usd_per_month: 1000}", "spot: {mean_hours_between_interruptions: 9, outage_hours: -1}}", "spot.outage_hours = -1", "at least 0"),
    case("gone for how long", "fee_usd_per_month: 1000}", "spot: {mean_hours_between_interruptions: 9}}", "contracts[lease].spot.outage_hours", "missing is never zero", at="- {id: lease"),
    case("warned too late", "fee_usd_per_month: 1000}", "spot: {mean_hours_between_interruptions: 9, outage_hours: 1, notice_hours: -1}}", "spot.notice_hours = -1", "at least 0"),
    case("notice in seconds", "fee_usd_per_month: 1000}", "spot: {mean_hours_between_interruptions: 9, outage_hours: 1, notice_s: 30}}", "spot.notice_s", "use notice_hours", errors=1),
    case("let what may vanish", "fee_usd_per_month: 1000}", "sublet_usd_per_gpu_hour: 1, spot: {mean_hours_between_interruptions: 9, outage_hours: 1}}", "contracts[lease]", "sublet_usd_per_gpu_hour is not for spot capacity", at="- {id: lease"),
    case("owed for what may vanish", "fee_usd_per_month: 1000}", "take_or_pay: {share: 0.5, per: month}, spot: {mean_hours_between_interruptions: 9, outage_hours: 1}}", "contracts[lease]", "take_or_pay is not for spot capacity", at="- {id: lease"),
    case("taken back though it may vanish", "fee_usd_per_month: 1000}", "reclaim: {earliest_date: 2026-01-01, notice_days: 1}, spot: {mean_hours_between_interruptions: 9, outage_hours: 1}}", "contracts[lease]", "reclaim is not for spot capacity", at="- {id: lease"),
    case("cooling less than nothing", "pue: 1.2}", "pue: 1.2, cooling_kw: -1}", "sites[north].cooling_kw = -1", "at least 0"),
    case("cooling of a hall less than nothing", "value: 800}, {from", "value: 800}], cooling_kw: [{from_date: 2026-01-01, value: -1}, {from", "feeds[hall].cooling_kw[0].value = -1", "at least 0"),
    case("cooling of a hall without end, misspelt", "limit_kw: unlimited", "limit_kw: unlimited, cooling_kw: none", "feeds[south].cooling_kw = 'none'", "'unlimited'"),
    case("cooling of a hall in MW", "limit_kw: unlimited", "limit_kw: unlimited, cooling_mw: 1", "feeds[south].cooling_mw", "use cooling_kw and convert", at="limit_kw: unlimited"),
    case("work on a feed without a limit", "limit_kw: unlimited", "limit_kw: unlimited, maintenance: [{id: m, from_date: 2026-01-01, to_date: 2026-03-30, blocks: 1}]", "feeds[south].maintenance[m].limit_kw", "missing is never zero"),
    case("work on a feed below nothing", "limit_kw: unlimited", "limit_kw: unlimited, maintenance: [{id: m, from_date: 2026-01-01, to_date: 2026-03-30, blocks: 1, limit_kw: -1}]", "feeds[south].maintenance[m].limit_kw = -1", "at least 0"),
    case("work on a feed in no time", "limit_kw: unlimited", "limit_kw: unlimited, maintenance: [{id: m, from_date: 2026-01-01, to_date: 2026-03-30, blocks: 0, limit_kw: 1}]", "feeds[south].maintenance[m].blocks = 0", "at least 1"),
    case("work on a feed backwards", "limit_kw: unlimited", "limit_kw: unlimited, maintenance: [{id: m, from_date: 2026-03-30, to_date: 2026-01-01, blocks: 1, limit_kw: 1}]", "feeds[south].maintenance[m]", "to_date must be after from_date"),
    case("work on a feed in too short a window", "limit_kw: unlimited", "limit_kw: unlimited, maintenance: [{id: m, from_date: 2026-03-30, to_date: 2026-03-31, blocks: 1, limit_kw: 1}]", "feeds[south].maintenance[m].to_date = 2026-03-31", "a window that holds 1 whole"),
    case("work on a feed on no day", "limit_kw: unlimited", "limit_kw: unlimited, maintenance: [{id: m, from_date: 2026-02-30, to_date: 2026-03-30, blocks: 1, limit_kw: 1}]", "feeds[south].maintenance[m].from_date = '2026-02-30'", "a day as YYYY-MM-DD"),
    case("work on a feed twice", "limit_kw: unlimited", "limit_kw: unlimited, maintenance: [{id: m, from_date: 2026-01-01, to_date: 2026-03-30, blocks: 1, limit_kw: 1}, {id: m, from_date: 2026-01-01, to_date: 2026-03-30, blocks: 1, limit_kw: 1}]", "feeds[south].maintenance[m].id = 'm'", "no other task of its feed has"),
    case("cooling without end, misspelt", "pue: 1.2}", "pue: 1.2, cooling_kw: none}", "sites[north].cooling_kw = 'none'", "'unlimited'"),
    # what must fit
    case("no shapes", ", shapes: [{accelerator: toy, gpus: 8, duration_hours: 100}]}", "}", "jobs[night]", "the shapes table", at="- {id: night"),
    case("scale-up larger than any domain", "gbit_s_per_gpu: 20\n", "gbit_s_per_gpu: 20\n    scale_up_gpus: 16\n", "scale_up_gpus = 16", "8", at="scale_up"),
    case("replica over domains", "gpus_per_replica: 4", "gpus_per_replica: 12", "gpus_per_replica = 12", "never straddles scale-up domains"),
    case("pool without a shape", "pools: [north-toy]", "pools: [north-h100]", "jobs[night].pools[0]", "a pool of toy, not of h100-sxm"),
    case("pool without a profile", "pools: [north-h100]", "pools: [north-toy]", "services[agent].pools[0]", "a pool of h100-sxm"),
    case("no pool has the shape", "{accelerator: toy, gpus: 8, duration_hours: 100}", "{accelerator: trn2, gpus: 64, duration_hours: 100}",
         "jobs[night]", "trn2", at="pools: [north-toy]"),
    case("same shape twice", "duration_hours: 300, modes: [full, cap80]}", "duration_hours: 300}\n      - {accelerator: h100-sxm, gpus: 384, duration_hours: 9}",
         "shapes[1].gpus", "one shape", at="duration_hours: 9}"),
    # syntax
    case("duplicate key", "name: small\n", "name: small\nname: other\n", "'name' stands in line 3 and in line 4", at="name: other"),
    case("duplicate key in a noun", "pue: 1.2}", "pue: 1.2, pue: 1.3}", "each field once", "pue"),
    case("alias", "residency: [US]", "residency: &a [US]", "anchor", "write the value out"),
    case("tag", "name: small\n", "name: !!python/name:os.system x\n", "python", "no tags", at="name: !!"),
    case("broken YAML", "residency: [US]", "residency: [US", "not YAML", at="- {id: research}"),
    case("second document", "scenarios:\n", "---\nscenarios:\n", "a second document", at="---"),
    case("control character", "name: small\n", "name: sm\x00all\n", "control character", at="name: sm"),
    case("another format", "fleet-placement/1", "fleet-placement/2", "format = 'fleet-placement/2'", "'fleet-placement/1'"),
]  # fmt: skip


@pytest.mark.parametrize("row", CASES, ids=lambda row: row.name)
def test_malformed(row: Case, tmp_path: Path) -> None:
    assert SMALL.count(row.old) >= 1, "the row changes nothing"
    text = SMALL.replace(row.old, row.new, 1)
    file = tmp_path / "fleet.yaml"
    file.write_text(text)
    with pytest.raises(InputErrors) as caught:
        load(file)
    changed = SMALL.index(row.old)
    inside = row.at is None or row.at in row.new
    place = text.index(row.at or row.new, changed) if inside else text.index(row.at or "")
    line = text[:place].count("\n") + 1
    found = [str(problem) for problem in caught.value.problems]
    mine = [text for text in found if f"fleet.yaml:{line}:" in text]
    assert any(all(part in text for part in row.says) for text in mine), f"line {line}\n" + str(caught.value)
    assert len(found) == row.errors, str(caught.value)
    assert all("remedy:   " in text and "expected: " in text for text in found)


def test_all_errors_at_once(tmp_path: Path) -> None:
    text = SMALL
    for row in (
        row for row in CASES if row.name in ("negative", "absurd magnitude", "unknown zone", "dangling reference", "cycle of feeds")
    ):
        text = text.replace(row.old, row.new, 1)
    (tmp_path / "fleet.yaml").write_text(text)
    with pytest.raises(InputErrors) as caught:
        load(tmp_path)
    assert [problem.path for problem in caught.value.problems] == [
        "accelerators[toy].hbm_gb", "feeds[grid].parent", "sites[north].pue", "pools[memphis-h100].contract", "daily_profiles[office].zone",
    ]  # fmt: skip
