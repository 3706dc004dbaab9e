"""What breaks a policy is found, with its amount, in plans written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.check import check
from placement.files import load
from placement.instance import Instance
from placement.plan import TABLES, Contracts, Places, Plan, Replicas, Runs, Serving, Shedding, Sublets, Violation, empty

TINY = Path("instances/tiny")


def rows(table: type[Any], *columns: Sequence[float]) -> Any:
    """A table of a plan from its columns."""
    whole = [np.array(column, dtype=np.int64) for column in columns]
    if table in (Serving, Shedding):
        whole[-1] = np.array(columns[-1], dtype=np.float64)  # type: ignore[assignment]
    return table(*whole)


def of_jobs(islands: Sequence[int], **tables: Any) -> Plan:
    """A plan in which job n runs on the first unit of an island, in the first block, and nothing else does."""
    jobs = list(range(len(islands)))
    first, one = [0] * len(jobs), [1] * len(jobs)
    plan = Plan(**{name: empty(table) for name, table in TABLES.items()})
    return replace(plan, runs=rows(Runs, jobs, jobs, first, one), places=rows(Places, jobs, islands, one), **tables)


def broken(instance: Instance, plan: Plan) -> Violation:
    """The only violation there is."""
    found = check(instance, plan).violations
    assert len(found) == 1, [violation.message for violation in found]
    return found[0]


def test_a_landlord_beyond_its_share_of_gpus() -> None:
    """Two units at the rival's and one at home: 384 of 576 GPU-hours, of which it may carry 288."""
    instance = load(TINY / "concentration.yaml")
    found = broken(instance, of_jobs([0, 1, 1]))
    assert (found.law, found.subject, found.unit, found.period) == ("concentration", "rival", "GPU-hours", "2026-01-01")
    assert found.amount == pytest.approx(384 - 288)
    assert "policy no-landlord-above-half" in found.message
    assert not check(instance, of_jobs([0, 1])).violations


def test_a_landlord_beyond_its_share_of_spend() -> None:
    """Fees of 240 and 480, and usage of 192 at home and 96 at the rival's: 576 of 1008, of which it may have 504."""
    instance = load(TINY / "concentration-spend.yaml")
    signed = rows(Contracts, [1], [0], [1])
    found = broken(instance, of_jobs([0, 1], contracts=signed))
    assert (found.law, found.subject, found.unit) == ("concentration", "rival", "USD")
    assert found.amount == pytest.approx(576 - 504)
    assert not check(instance, of_jobs([0, 0, 1], contracts=signed)).violations


def test_a_jurisdiction_beyond_its_share_of_tokens() -> None:
    """20 of 30 tokens/s for 24 hours come from y, which may serve 18."""
    instance = load(TINY / "concentration-served.yaml")
    plan = replace(
        of_jobs([]),
        replicas=rows(Replicas, [0, 0], [0, 0], [0, 1], [0, 0], [1, 2]),
        serving=rows(Serving, [0, 0], [0, 1], [0, 0], [0, 0], [10, 20]),
    )
    found = broken(instance, plan)
    assert (found.law, found.subject, found.unit) == ("concentration", "y", "million tokens")
    assert found.amount == pytest.approx(2 * 24 * 3600 / 1e6)


def test_a_budget_of_carbon_overdrawn() -> None:
    """Both units run: 96 kg of 60."""
    instance = load(TINY / "budget-carbon.yaml")
    found = broken(instance, of_jobs([0, 1]))
    assert (found.law, found.subject, found.unit, found.period) == ("budget", "carbon-2026", "kg", "2026-01-01")
    assert found.amount == pytest.approx(96 - 60)
    judged = check(instance, of_jobs([1]))
    assert not judged.violations
    assert judged.terms["carbon"] == pytest.approx(38.4)


def test_a_budget_of_money_overdrawn_on_one_day() -> None:
    """Two units on the first day: 384 USD of 300; the second day takes nothing."""
    found = broken(load(TINY / "budget-money.yaml"), of_jobs([0, 0]))
    assert (found.law, found.period, found.unit) == ("budget", "2026-01-01", "USD")
    assert found.amount == pytest.approx(84)


def test_a_budget_of_capex_counts_what_falls_due(tmp_path: Path) -> None:
    """Half of 8000 at the order on day 2, half a day later: each is 500 more than may be paid on a day."""
    policy = "policies:\n  - {id: cash, kind: budget, per: block, most_usd: 3500, terms: [capex]}\n"
    (tmp_path / "fleet.yaml").write_text((TINY / "purchase.yaml").read_text() + policy)
    plan = replace(of_jobs([]), contracts=rows(Contracts, [0], [1], [4]))
    found = check(load(tmp_path), plan).violations
    assert [(v.law, v.subject, v.period, v.unit) for v in found] == [
        ("budget", "cash", "2026-01-02", "USD"), ("budget", "cash", "2026-01-03", "USD"),
    ]  # fmt: skip
    assert [v.amount for v in found] == pytest.approx([500.0, 500.0])


def test_a_budget_of_take_or_pay_counts_use_beyond_what_is_owed(tmp_path: Path) -> None:
    """Of 384 that are owed anyway b alone uses all and no more; a beside it takes 192 more, 576 of 500."""
    policy = "policies:\n  - {id: cash, kind: budget, per: horizon, most_usd: 500, terms: [take_or_pay]}\n"
    (tmp_path / "fleet.yaml").write_text((TINY / "contract-take-or-pay.yaml").read_text() + policy)
    instance, one = load(tmp_path), [1, 1]
    both = replace(of_jobs([0, 0]), runs=rows(Runs, [0, 1], [0, 1], [0, 1], [1, 3]), places=rows(Places, [0, 1], [0, 0], one))
    found = broken(instance, both)
    assert (found.law, found.subject, found.unit) == ("budget", "cash", "USD")
    assert found.amount == pytest.approx(576 - 500)
    b_alone = replace(of_jobs([0]), runs=rows(Runs, [1], [1], [1], [3]))
    assert not check(instance, b_alone).violations


def test_what_is_let_earns_for_a_budget_of_money(tmp_path: Path) -> None:
    """a and b on day 1 and both units let on day 2: four units for a day at 96 USD each, of which half earn as much. 192 of 150."""
    free, paid = ("    price_usd_per_gpu_hour: 0\n", "    price_usd_per_gpu_hour: 0.5\n")
    text = (TINY / "contract-sublet.yaml").read_text().replace(free, paid)
    policy = "policies:\n  - {id: cash, kind: budget, per: horizon, most_usd: 150, terms: [usage_fees, sublets]}\n"
    (tmp_path / "fleet.yaml").write_text(text + policy)
    instance = load(tmp_path)
    found = broken(instance, of_jobs([0, 0], sublets=rows(Sublets, [0], [1], [2])))
    assert (found.law, found.subject, found.unit) == ("budget", "cash", "USD")
    assert found.amount == pytest.approx(192 - 150)
    assert not check(instance, of_jobs([0], sublets=rows(Sublets, [0], [1], [2]))).violations


def test_gpu_hours_of_others_do_not_count() -> None:
    """All three jobs run: tenant t takes 384 GPU-hours of 300."""
    instance = load(TINY / "budget-hours.yaml")
    found = broken(instance, of_jobs([0, 0, 0]))
    assert (found.law, found.unit) == ("budget", "GPU-hours")
    assert found.amount == pytest.approx(84)


def test_spares_are_kept_wherever_they_lie() -> None:
    """Jobs of one, one and two units leave one of five units free, where two are to be."""
    instance = load(TINY / "capacity-spare.yaml")
    jobs, none = [0, 1, 3], [0, 0, 0]
    plan = replace(of_jobs([]), runs=rows(Runs, jobs, jobs, none, [1, 1, 1]), places=rows(Places, [0, 1, 2], [0, 0, 1], [1, 1, 2]))
    found = broken(instance, plan)
    assert (found.law, found.subject, found.unit, found.amount) == ("capacity", "p", "units", 1.0)
    assert "keeps too few spares" in found.message
    assert not check(instance, of_jobs([0, 0, 1])).violations


def test_a_hall_that_gives_off_more_heat_than_is_cooled() -> None:
    """Both units of hall a run: 16 kW of heat of 13. The site cools what three units and two idle ones give off, not four."""
    instance = load(TINY / "power-cooling-halls.yaml")
    plan = of_jobs([0, 0])
    found = broken(instance, plan)
    assert (found.law, found.subject, found.period) == ("cooling", "feed a", "2026-01-01")
    assert found.amount == pytest.approx(3.0)


def test_a_site_that_gives_off_more_heat_than_is_cooled() -> None:
    """Three units run: 24 kW of heat of 19, at a PUE that does not count."""
    instance = load(TINY / "power-cooling.yaml")
    found = broken(instance, of_jobs([0, 0, 0]))
    assert (found.law, found.subject, found.period) == ("cooling", "s", "2026-01-01")
    assert found.amount == pytest.approx(5.0)
    assert not check(instance, of_jobs([0, 0])).violations
