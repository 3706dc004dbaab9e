"""Isolation, maintenance and backups broken by hand, on plans of tiny instances: each breach is found, with its amount."""

# ruff: noqa: E501 -- one breach, one line

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement import load, solve
from placement.check import check
from placement.instance.demand import COMMITMENTS
from placement.instance.grid import GridEvent
from placement.instance.losses import Loss
from placement.instance.supply import Feed, Link
from placement.plan import Plan
from tests.laws.deciding import allowed_by_program
from tests.laws.test_supply_violations import TINY, solved, with_row, without


def moved(plan: Plan, table: str, column: str, row: int, value: int) -> Plan:
    """The plan with one cell changed."""
    rows = getattr(plan, table)
    cells = getattr(rows, column).copy()
    cells[row] = value
    return replace(plan, **{table: replace(rows, **{column: cells})})


def run_of(plan: Plan, job: int) -> int:
    return plan.runs.job.tolist().index(job)


def at(plan: Plan, job: int, island: int) -> Plan:
    """The plan with a job on another island."""
    return moved(plan, "places", "island", plan.places.run.tolist().index(run_of(plan, job)), island)


def backup(plan: Plan, **cells: int) -> Plan:
    """The plan with its backup changed."""
    for column, value in cells.items():
        plan = moved(plan, "backups", column, 0, value)
    return plan


# tiny/isolation: jobs 0 and 1 are a's, of which one runs at u (island 2); b's run at s. tiny/maintenance: a, b, c, d, e are jobs 0 to 4.
# tiny/backups: job 0 has shapes 0 (two units, a day) and 1 (one unit, two days); islands p/1 and q/1; losses of a, then b.
BREACHES: dict[str, tuple[str, Any, str, str]] = {
    "another pool of the site": ("isolation", lambda p: at(p, 2, 2), "isolation", "shares site u with others"),
    "not done": ("maintenance", lambda p: without(p, "maintenance"), "maintenance", "is not done"),
    "done twice": ("maintenance", lambda p: with_row(p, "maintenance", 0, 0, 1), "maintenance", "is done 2 times"),
    "done too late": ("maintenance", lambda p: moved(moved(p, "maintenance", "start_block", 0, 3), "maintenance", "end_block", 0, 4), "maintenance", "which its window does not allow"),
    "done too fast": ("maintenance", lambda p: moved(p, "maintenance", "end_block", 1, int(p.maintenance.start_block[1]) + 1), "maintenance", "takes 1 blocks in place of 2"),
    "feed not worked on": ("maintenance-feed", lambda p: without(p, "feed_work"), "maintenance", "root/transformer: is not done"),
    "feed worked on twice": ("maintenance-feed", lambda p: with_row(p, "feed_work", 0, 0, 1), "maintenance", "root/transformer: is done 2 times"),
    "feed worked on too late": ("maintenance-feed", lambda p: moved(moved(p, "feed_work", "start_block", 0, 2), "feed_work", "end_block", 0, 3), "maintenance", "which its window does not allow"),
    "feed worked on too long": ("maintenance-feed", lambda p: moved(p, "feed_work", "end_block", 0, 3), "maintenance", "takes 2 blocks in place of 1"),
    "too much below a feed": ("maintenance-feed", lambda p: moved(moved(p, "feed_work", "start_block", 0, 0), "feed_work", "end_block", 0, 1), "maintenance", "root/transformer: leaves running 20 kW against a limit of 12 kW"),
    "on what is down": ("maintenance", lambda p: at(p, 0, 0), "capacity", "p/1: holds 2 units against a limit of 1"),
    "no unit left for it": ("maintenance", lambda p: with_row(with_row(p, "runs", 4, 4, 3, 4), "places", len(p.runs.job), 1, 1), "capacity", "gives to batch work or has down 1"),
    "no backup": ("backups", lambda p: without(p, "backups"), "backups", "has no backup from 2026-01-01 on after any-site/a"),
    "backup too late": ("backups", lambda p: backup(p, shape=0, start_block=1, end_block=2), "backups", "has no backup from"),
    "backup on what is lost": ("backups", lambda p: backup(p, island=0), "backups", "which is lost too"),
    "backup on what is held": ("backups", lambda p: backup(p, shape=0, end_block=1), "backups", "q/1 after any-site/a: would hold 3 units"),
    "backup without power": ("backups-power", lambda p: with_row(with_row(p, "runs", 3 - sum(p.runs.job), 3 - sum(p.runs.job), 0, 1), "places", len(p.runs.job), 1, 1), "backups", "g: would draw, after any-site/a, 30 kW against a limit of 25 kW"),
    "backup too short": ("backups", lambda p: backup(p, end_block=1), "backups", "its hours take it to block 2"),
    "backup beyond the end": ("backups", lambda p: backup(p, start_block=1), "backups", "does not end in time"),
    "backup before all": ("backups", lambda p: backup(p, start_block=-1), "backups", "outside of its window"),
    "backup of another shape": ("backups", lambda p: backup(p, shape=2), "backups", "no shape of the job"),
    "a long job on what may go": ("reclaim", lambda p: at(p, 0, 1), "reclaim", "q: holds, longer than the notice, 1 units"),
    "kept beyond what is left": ("resilience-reclaim", lambda p: moved(p, "kept", "units", 0, 2), "resilience", "q after taken-back/lease: would hold 2 units"),
    "kept without having stood": ("resilience-reclaim", lambda p: without(p, "replicas"), "resilience", "m in q after taken-back/lease: keeps 1 units"),
    "kept before it is gone": ("resilience-reclaim", lambda p: moved(p, "kept", "period", 0, 0), "resilience", "takes back nothing there"),
    "kept in another pool": ("resilience-reclaim", lambda p: moved(p, "kept", "pool", 0, 0), "resilience", "takes back nothing there"),
    "nothing kept": ("resilience-reclaim", lambda p: without(p, "kept"), "resilience", "would serve"),
    "less than nothing kept": ("resilience-reclaim", lambda p: moved(p, "kept", "units", 0, -1), "resilience", "keeps no units or fewer"),
    "two backups": ("backups", lambda p: with_row(p, "backups", 0, 0, 1, 1, 0, 2), "backups", "has two backups"),
    "backup of what need not run": ("backups", lambda p: with_row(p, "backups", 1, 1, 2, 0, 0, 1), "backups", "which only must jobs have"),
    "backup where the job may not run": ("backups", lambda p: with_row(p, "backups", 1, 1, 2, 0, 0, 1), "backups", "not eligible"),
}  # fmt: skip


@pytest.mark.parametrize("name", BREACHES)
def test_each_breach_is_found(name: str) -> None:
    case, breach, law, message = BREACHES[name]
    instance, plan = solved(case)
    found = [violation for violation in check(instance, breach(plan)).violations if violation.law == law]
    assert any(message in violation.message for violation in found), [violation.message for violation in found]
    assert all(violation.amount > 0 for violation in found)


def test_nothing_is_let_beside_a_tenant_kept_apart() -> None:
    """Its replica has a pool of two units to itself at noon; of the other unit nothing may be let."""
    instance = load("instances/tiny/isolation-service.yaml")
    plan = solve(instance, solver="highs", time_limit_s=30).plan
    assert plan is not None
    (island,) = plan.replicas.island.tolist()
    assert not check(instance, plan).violations
    (found,) = check(instance, with_row(plan, "sublets", island, 1, 1)).violations
    assert (found.law, found.subject, found.amount, found.unit) == ("isolation", "a", 1.0, "units")
    assert found.period == "2026-01-01 noon"
    assert f"shares pool {'pq'[island]} with others" in found.message


def test_a_backup_for_a_loss_that_asks_for_none() -> None:
    instance, plan = solved("backups")
    losses = {name: loss.model_copy(update={"jobs": "none"}) for name, loss in instance.losses.items()}
    found = check(replace(instance, losses=losses), plan).violations
    assert [violation.law for violation in found] == ["backups"]
    assert "asks for none" in found[0].message
    assert not check(replace(instance, losses=losses), without(plan, "backups")).violations


def test_what_is_lost_draws_nothing() -> None:
    """Both sites below one feed of 25 kW: job, filler and backup would draw 28 kW, of which the 8 of the lost site are gone."""
    instance, plan = solved("backups-power")
    sites = instance.sites | {"a": instance.sites["a"].model_copy(update={"feed": "g"})}
    assert not check(replace(instance, sites=sites), plan).violations


def test_jobs_of_others_need_no_backup() -> None:
    """A loss that covers another tenant only."""
    instance, plan = solved("backups")
    losses = {name: loss.model_copy(update={"tenants": ("other",)}) for name, loss in instance.losses.items()}
    assert not check(replace(instance, losses=losses), without(plan, "backups")).violations


def test_a_backup_waits_for_its_data() -> None:
    """What lies at the job's own site takes a block to the backup's, or never gets there; what lies at the backup's is there."""
    instance, plan = solved("backups")
    (island,) = plan.backups.island.tolist()
    other = int(instance.pool_site[instance.island_pool[island]])

    def told(site: int, linked: bool) -> list[str]:
        jobs = instance.jobs
        lies = np.full_like(jobs.load_site, -1)
        lies[0, 0] = site
        jobs = replace(jobs, load_site=lies, load_tb=np.where(lies >= 0, 1.0, jobs.load_tb))
        link = Link(id="l", a="a", b="b", gbit_s=100.0, rtt_ms=1.0)
        changed = replace(instance, jobs=jobs, links={"l": link} if linked else {})
        return [found.message for found in check(changed, plan).violations if found.law == "backups"]

    assert not told(other, True)
    assert told(1 - other, True) == told(1 - other, False) == [
        "crown after any-site/a: its data cannot be where its backup stands by block 0"
    ]  # fmt: skip


def test_a_cut_link_ends_a_gang_that_is_split_over_it() -> None:
    instance, plan = solved("interconnect-sites")
    cut = Loss.model_validate({"id": "cut", "links": ["l"], "covered_share": 0, "jobs": "must"})
    must = np.full_like(instance.jobs.commitment, COMMITMENTS.index("must"))
    first_two = replace(instance.jobs, commitment=np.where(np.arange(3) < 2, must, instance.jobs.commitment))
    changed = replace(instance, jobs=first_two, losses={"cut": cut})
    found = check(changed, plan).violations
    assert [(violation.law, violation.subject) for violation in found] == [("backups", "j1"), ("backups", "j2")]
    assert allowed_by_program(replace(changed, losses={}), plan) and not allowed_by_program(changed, plan)
    spared = replace(changed, losses={"cut": Loss.model_validate({"id": "cut", "links": ["l"], "covered_share": 0})})
    assert not check(spared, plan).violations and allowed_by_program(spared, plan)


def test_a_backup_gives_way_to_events_where_it_stands() -> None:
    """An event above the backup's site alone, in which its tenant gives way by half: a day of work takes longer there."""
    instance, plan = solved("backups")
    pool = int(instance.island_pool[plan.backups.island[0]])
    event = GridEvent.model_validate({"id": "e", "hours": 12, "limit_kw": 1000})
    feed = instance.feeds["f"]
    below = Feed.model_validate({"id": "g", "parent": "f", "limit_kw": "unlimited", "price_usd_per_kwh": 0, "events": [event]})
    name = list(instance.pools)[pool]
    pools = {**instance.pools, name: instance.pools[name].model_copy(update={"feed": "g"})}
    tenants = {"t": instance.tenants["t"].model_copy(update={"flexibility_share": 0.5})}
    changed = replace(instance, feeds={"f": feed, "g": below}, pools=pools, tenants=tenants)
    late = [found.message for found in check(changed, plan).violations if found.law == "backups"]
    assert late == ["crown after any-site/a: its backup does not end in time"]
    stiff = replace(changed, tenants=instance.tenants)
    assert not check(stiff, plan).violations


def test_a_contract_may_mind_no_jobs_and_leave_a_share() -> None:
    """Of two units half leaves one, for a job of four days; so do four days' notice, and a landlord with whom any job may stand."""
    instance, plan = solved("reclaim")
    long_one = at(at(plan, 0, 1), 2, 0)

    def told(**fields: Any) -> list[str | None]:
        terms = instance.contracts["lease"]
        assert terms.reclaim is not None
        lease = terms.model_copy(update={"reclaim": terms.reclaim.model_copy(update=fields)})
        changed = replace(instance, contracts={**instance.contracts, "lease": lease})
        return [violation.period for violation in check(changed, long_one).violations if violation.law == "reclaim"]

    assert told() == told(share=0.6) == ["2026-01-04", "2026-01-05", "2026-01-06"]
    assert told(share=0.5) == told(jobs="any") == told(notice_days=4) == []


def test_a_job_that_gives_way_to_events_works_longer_than_the_notice() -> None:
    """d's 48 hours fit into two days of notice; at a mean pace of 3/4 they take 64, which two days have not and three have."""
    instance, plan = solved("reclaim")
    event = GridEvent.model_validate({"id": "e", "hours": 12, "limit_kw": 1000})
    leased = {"id": "g", "parent": "f", "limit_kw": "unlimited", "price_usd_per_kwh": 0, "events": [event]}
    pools = {**instance.pools, "q": instance.pools["q"].model_copy(update={"feed": "g"})}
    grid = replace(instance, feeds={**instance.feeds, "g": Feed.model_validate(leased)}, pools=pools)

    def told(flexible: float, notice_days: int) -> list[tuple[str | None, float]]:
        terms = instance.contracts["lease"]
        assert terms.reclaim is not None
        lease = terms.model_copy(update={"reclaim": terms.reclaim.model_copy(update={"notice_days": notice_days})})
        tenants = {"t": instance.tenants["t"].model_copy(update={"flexibility_share": flexible})}
        changed = replace(grid, contracts={**instance.contracts, "lease": lease}, tenants=tenants)
        found = [violation for violation in check(changed, plan).violations if violation.law == "reclaim"]
        return [(violation.period, violation.amount) for violation in found]

    assert told(0.5, 2) == [("2026-01-05", 1.0), ("2026-01-06", 1.0)]
    assert told(0.0, 2) == told(0.5, 3) == []


def test_a_part_of_a_unit_takes_all_of_it_down(tmp_path: Path) -> None:
    """Nine GPUs are two units of eight: on the last two days no unit is left for b and c."""
    _, plan = solved("maintenance")
    text = (TINY / "maintenance.yaml").read_text()
    (tmp_path / "fleet.yaml").write_text(text.replace("blocks: 2, gpus: 8}", "blocks: 2, gpus: 9}"))
    instance = load(tmp_path / "fleet.yaml")
    found = check(instance, plan).violations
    assert [(v.law, v.period, v.amount) for v in found] == [("capacity", "2026-01-03", 1.0), ("capacity", "2026-01-04", 1.0)]
    assert not allowed_by_program(instance, plan)


def test_what_is_down_counts_beside_spares() -> None:
    """With a spare of one unit in two, the unit that runs b leaves none for what is down."""
    instance, plan = solved("maintenance")
    pools = {name: pool.model_copy(update={"spare_share": 0.5}) for name, pool in instance.pools.items()}
    found = check(replace(instance, pools=pools), plan).violations
    assert {violation.law for violation in found} == {"capacity"}
    assert any("keeps too few spares" in violation.message for violation in found)
