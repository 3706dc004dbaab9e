"""Standing replicas, spares and starts broken by hand, on plans of tiny instances: each breach is found, with its amount."""

# ruff: noqa: E501 -- one breach, one line

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from placement.check import check
from placement.instance import Instance
from placement.plan import TABLES, Plan
from tests.laws.test_lever_violations import solved
from tests.laws.test_supply_violations import with_row, without


def rows_of(instance: Instance, plan: Plan, service: str, site: str) -> Any:
    """Rows of ``replicas`` of a service at a site."""
    table = plan.replicas
    at = instance.pool_site[instance.island_pool[table.island]]
    return (table.service == list(instance.services).index(service)) & (at == list(instance.sites).index(site))


def less(instance: Instance, plan: Plan, service: str, site: str, left: int) -> Plan:
    """The plan with so many units of a service left at a site; none: without the rows."""
    table, mine = plan.replicas, rows_of(instance, plan, service, site)
    kept = replace(table, units=np.where(mine, left, table.units))
    rows = ~mine if left == 0 else np.ones(len(mine), dtype=np.bool_)
    return replace(plan, replicas=TABLES["replicas"](*(getattr(kept, f.name)[rows] for f in fields(kept))))


# tiny/standing: chat has two units at a, code one at a and one at b, api two at each.
BREACHES: dict[str, tuple[str, Any, str, str, float]] = {
    "too few stand": ("standing", lambda i, p: less(i, p, "chat", "a", 1), "standing", "chat: 1 replicas stand in place of 2", 1.0),
    "none stand": ("standing", lambda i, p: less(i, p, "chat", "a", 0), "standing", "chat: 0 replicas stand in place of 2", 2.0),
    "at one site": ("standing", lambda i, p: less(i, p, "code", "b", 0), "standing", "code: stands at 1 sites in place of 2", 1.0),
    "too much with one provider": ("standing", lambda i, p: less(i, p, "api", "b", 1), "standing", "api at own: may sustain 160 tokens/s against a limit of 144", 16.0),
    "spares in use": ("sla-spares", lambda i, p: scaled_serving(p, 1.25), "sla", "m at a for any: serves, spares included, 250 tokens/s against a limit of 240", 10.0),
    "nobody started": ("starting", lambda i, p: without(p, "starts"), "starting", "m for any in p: has more than before by 1 replicas against a limit of 0", 1.0),
    "more than can start": ("starting", lambda i, p: started(p, 0, 2.0), "starting", "m: starts in all 2 replicas against a limit of 1", 1.0),
    "more than there are": ("starting", lambda i, p: started(p, 0, 3.0), "starting", "mode first: starts 3 replicas against a limit of 2", 1.0),
    "fewer than none": ("starting", lambda i, p: started(p, 0, -1.0), "starting", "m: starts fewer than no replicas", 1.0),
    "starts that are free": ("starting", lambda i, p: scaled_serving(p, 240 / 220), "sla", "against a limit of 220", 20.0),
    "starts nobody counts": ("sla-spares", lambda i, p: with_row(p, "starts", 0, 0, 0, 0, 1.0), "starting", "m: starts replicas, which nobody counts", 1.0),
    "a morning without starts": ("starting-bands", lambda i, p: without(p, "starts"), "starting", "m for any in p: has more than before by 1", 1.0),
}  # fmt: skip


def started(plan: Plan, row: int, replicas: float) -> Plan:
    """The plan with another number of replicas that start."""
    table = plan.starts.replicas.copy()
    table[row] = replicas
    return replace(plan, starts=replace(plan.starts, replicas=table))


def scaled_serving(plan: Plan, factor: float) -> Plan:
    return replace(plan, serving=replace(plan.serving, tokens_per_s=plan.serving.tokens_per_s * factor))


@pytest.mark.parametrize("name", BREACHES)
def test_each_breach_is_found(name: str) -> None:
    case, breach, law, message, amount = BREACHES[name]
    instance, plan = solved(case)
    found = check(instance, breach(instance, plan)).violations
    assert any(v.law == law and message in v.message and v.amount == pytest.approx(amount) for v in found), [v.message for v in found]


def test_what_starts_costs_each_time_and_serves_as_little_after_a_loss() -> None:
    from placement.instance.losses import Loss

    instance, plan = solved("starting-bands")
    assert check(instance, plan).terms["start_ups"] == pytest.approx(35.0)
    assert instance.calendar.recurrences.tolist() == [7, 7]
    loss = Loss(id="l", sites=("a",), covered_share=0.0)
    lost = replace(instance, losses={"l": loss})
    assert check(lost, plan).violations == ()
    first, _ = solved("starting")
    today = first.services["m"].model_copy(update={"replicas_running": None})
    unknown = replace(first, services={"m": today})
    rows = check(unknown, started(solved("starting")[1], 0, 0.0)).violations
    assert rows == (), "what the first period holds runs already, where nothing else is stated"


def test_a_site_has_to_have_its_own() -> None:
    instance, plan = solved("standing")
    chat = instance.services["chat"].model_copy(update={"min_replicas_at": {"b": 1.0}})
    (found,) = check(replace(instance, services={**instance.services, "chat": chat}), plan).violations
    assert (found.law, found.subject, found.amount) == ("standing", "chat at b", 1.0)


def test_a_service_without_replicas_is_nowhere_to_be_spread() -> None:
    """Nobody has to stand at two sites who stands at none: the law is silent, though demand then goes unanswered."""
    instance, plan = solved("standing")
    gone = less(instance, less(instance, plan, "code", "a", 0), "code", "b", 0)
    assert {violation.law for violation in check(instance, gone).violations} == {"sla"}


def test_spares_serve_after_a_loss() -> None:
    """Without the dear unit two free ones remain: ready for 160 tokens/s, though beside their spares they would serve 128."""
    from placement.instance.losses import Loss

    instance, plan = solved("sla-spares")
    loss = Loss(id="l", contracts=("dear",), covered_share=1.0)
    lost = replace(instance, losses={"l": loss})
    served = plan.serving
    recourse = TABLES["recourse"](served.stream * 0, served.stream, served.site, served.latency_class, served.period, served.tokens_per_s)
    assert check(lost, replace(plan, recourse=recourse)).violations == ()
    more = replace(recourse, tokens_per_s=recourse.tokens_per_s * 1.01)
    assert any(v.law == "resilience" for v in check(lost, replace(plan, recourse=more)).violations)
