"""The check finds what is wrong with a plan, whoever wrote it: each law broken by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from placement.check import check
from placement.formulate import Formulation, formulate
from placement.instance import Instance
from placement.plan import Plan, Violation
from tests.laws.random_instances import write_instance

DOCUMENT: dict[str, Any] = {
    "format": "fleet-placement/1",
    "name": "everything",
    "calendar": {"start": "2026-03-02", "block": "day", "blocks": 6},
    "accelerators": [
        {
            "id": "a",
            "vendor": "v",
            "name": "a",
            "hbm_gb": 80,
            "scale_up_domain_gpus": 8,
            "allocation_unit_gpus": 4,
            "scale_out_gbit_s": 4.0,
            "idle_kw": 0.1,
            "modes": [{"id": "full", "training_kw": 1.0, "serving_kw": 0.5, "training_speed": 1.0, "serving_speed": 1.0}],
        },
        {
            "id": "b",
            "vendor": "v",
            "name": "b",
            "hbm_gb": 80,
            "scale_up_domain_gpus": 4,
            "allocation_unit_gpus": 4,
            "scale_out_gbit_s": 4.0,
            "idle_kw": 0.1,
            "modes": [{"id": "full", "training_kw": 1.0, "serving_kw": 0.5, "training_speed": 1.0, "serving_speed": 1.0}],
        },
    ],
    "providers": [{"id": "own", "kind": "self"}],
    "regions": [{"id": "here", "jurisdiction": "x"}],
    "sites": [
        {"id": f"s{n}", "provider": "own", "region": "here", "jurisdiction": "xyx"[n], "feed": f"f{n}", "pue": 1.25}
        for n in range(3)
    ],
    "feeds": [
        {"id": "root", "parent": None, "limit_kw": "unlimited", "price_usd_per_kwh": 0.0},
        *({"id": f"f{n}", "parent": "root", "limit_kw": 75.0, "price_usd_per_kwh": 0.1} for n in range(3)),
    ],
    "contracts": [
        {
            "id": "c",
            "kind": "owned",
            "provider": "own",
            "from_date": "2026-01-01",
            "to_date": "open",
            "price_usd_per_gpu_hour": 1.0,
        },
        {
            "id": "late",
            "kind": "future",
            "provider": "own",
            "from_date": "2026-03-04",
            "to_date": "open",
            "price_usd_per_gpu_hour": 1.0,
        },
    ],
    "pools": [
        {
            "id": "p0",
            "site": "s0",
            "accelerator": "a",
            "contract": "c",
            "islands": [{"gpus": 16, "count": 3}],
            "online_gpus": 48,
            "spanning": {"max_islands": 2, "sets": "consecutive", "loss": 0.2, "oversubscription": 2.0},
        },
        {"id": "p1", "site": "s1", "accelerator": "a", "contract": "c", "islands": [{"gpus": 32}], "online_gpus": 32},
        {"id": "p2", "site": "s2", "accelerator": "b", "contract": "late", "islands": [{"gpus": 16}], "online_gpus": 16},
    ],
    "links": [
        {"id": "h0", "a": "here", "b": "s0", "gbit_s": "unlimited", "rtt_ms": 10},
        {"id": "h1", "a": "here", "b": "s1", "gbit_s": "unlimited", "rtt_ms": 50},
        {"id": "h2", "a": "here", "b": "s2", "gbit_s": "unlimited", "rtt_ms": 10},
        {"id": "w", "a": "s0", "b": "s1", "gbit_s": 10.0, "rtt_ms": 15},
        {"id": "far", "a": "s0", "b": "s1", "gbit_s": 10.0, "rtt_ms": 80},
    ],
    "tenants": [
        {
            "id": "t",
            "residency": ["x"],
            "ladder": {
                "rungs": [
                    {"share": 0.5, "usd_per_million_tokens_unserved": 1.0},
                    {"share": 0.5, "usd_per_million_tokens_unserved": 2.0},
                ],
                "floor_share": 0.2,
            },
        },
        {"id": "lab"},
    ],
    "latency_classes": [{"id": "fast", "max_rtt_ms": 20}, {"id": "slow", "max_rtt_ms": 100}],
    "services": [
        {
            "id": "m",
            "profiles": [
                {"accelerator": "b", "latency_class": "slow", "gpus_per_replica": 2, "tokens_per_s": 10.0},
                {"accelerator": "b", "latency_class": "fast", "gpus_per_replica": 4, "tokens_per_s": 10.0},
                {"accelerator": "a", "latency_class": "slow", "gpus_per_replica": 8, "tokens_per_s": 10.0},
            ],
        }
    ],
    "streams": [{"id": "d", "tenant": "t", "region": "here", "service": "m", "latency_class": "fast", "demand_tokens_per_s": 20.0}],
    "jobs": [
        {
            "id": "island",
            "tenant": "lab",
            "commitment": "must",
            "value_usd": 10.0,
            "span": "island",
            "release_date": "2026-03-03",
            "deadline_date": "2026-03-06",
            "pools": ["p0"],
            "shapes": [{"accelerator": "a", "gpus": 8, "duration_hours": 30.0}],
        },
        {
            "id": "pool",
            "tenant": "lab",
            "commitment": "promised",
            "value_usd": 10.0,
            "span": "pool",
            "gbit_s_per_gpu": 2.0,
            "pools": ["p0"],
            "shapes": [{"accelerator": "a", "gpus": 24, "duration_hours": 30.0}],
        },
        {
            "id": "sites",
            "tenant": "lab",
            "commitment": "optional",
            "value_usd": 10.0,
            "span": "sites",
            "gbit_s_per_gpu": 2.0,
            "wan_gbit_s": 6.0,
            "max_rtt_ms": 20.0,
            "wan_loss": 0.1,
            "pools": ["p0", "p1"],
            "shapes": [{"accelerator": "a", "gpus": 32, "duration_hours": 40.0}],
        },
    ],
}

BLOCKS = {"island": (1, 3), "pool": (0, 2), "sites": (3, 5)}
PLACES = {"island": [(2, 2)], "pool": [(0, 3), (1, 3)], "sites": [(1, 4), (3, 4)]}


@pytest.fixture(scope="module")
def formulation(tmp_path_factory: pytest.TempPathFactory) -> Formulation:
    return formulate(write_instance(tmp_path_factory.mktemp("laws"), DOCUMENT))


@pytest.fixture
def plan(formulation: Formulation) -> Plan:
    """A plan without violations: all three jobs, two kinds of replicas, some demand shed."""
    gangs = formulation.activities.gangs
    option, start, value = [], [], []
    for row, (job, place, o) in enumerate(zip(gangs.job, gangs.place, gangs.option, strict=True)):
        name = formulation.instance.jobs.id[job]
        islands, units = gangs.places.layout(int(place), int(gangs.units[row]))
        if list(zip(islands, units, strict=True)) == PLACES[name]:
            option.append(o)
            start.append(BLOCKS[name][0])
            value.append(1.0)
    for activity, picks in (
        (formulation.activities.replicas, [(0, p, 1.0) for p in range(2, 6)] + [(1, p, 1.0) for p in range(2, 6)] + [(2, 5, 1.0)]),
        (formulation.activities.serve, [(0, p, 10.0) for p in range(2, 6)]),
        (
            formulation.activities.shed,
            [(0, p, 10.0) for p in range(6)] + [(n, p, v) for p in range(2) for n, v in ((1, 6.0), (2, 4.0))],
        ),
    ):
        for n, period, amount in picks:
            option.append(activity.option[n])
            start.append(period)
            value.append(amount)
    columns = formulation.program.first_copy[option], np.array(start), np.array(value)
    assert not formulation.program.infeasibility(*columns)
    return formulation.decode(*columns)


def edit(plan: Plan, table: str, **columns: tuple[int, Any]) -> Plan:
    """The plan with single cells changed: column=(row, value)."""
    old = getattr(plan, table)
    new = {}
    for name, (row, value) in columns.items():
        array = getattr(old, name).copy()
        array[row] = value
        new[name] = array
    return replace(plan, **{table: replace(old, **new)})


def drop(plan: Plan, table: str, row: int) -> Plan:
    """The plan without one row of a table."""
    old = getattr(plan, table)
    return replace(plan, **{table: type(old)(*(np.delete(column, row) for column in vars(old).values()))})


def again(plan: Plan, table: str, row: int) -> Plan:
    """The plan with one row of a table twice."""
    old = getattr(plan, table)
    return replace(plan, **{table: type(old)(*(np.append(column, column[row]) for column in vars(old).values()))})


TAMPERED: dict[str, tuple[Callable[[Plan], Plan], str, str]] = {
    "too early": (lambda p: edit(p, "runs", start_block=(0, 0), end_block=(0, 2)), "assignment", "before its release"),
    "too late": (lambda p: edit(p, "runs", start_block=(0, 4), end_block=(0, 6)), "assignment", "after its deadline"),
    "a block too late": (lambda p: edit(p, "runs", start_block=(0, 3), end_block=(0, 5)), "assignment", "after its deadline"),
    "beyond the horizon": (lambda p: edit(p, "runs", start_block=(1, 5), end_block=(1, 6)), "assignment", "within the horizon"),
    "outside the calendar": (
        lambda p: edit(p, "runs", start_block=(1, 9), end_block=(1, 11)),
        "assignment",
        "outside the calendar",
    ),
    "too short": (lambda p: edit(p, "runs", end_block=(2, 4)), "assignment", "its hours take it to block 5"),
    "must does not run": (lambda p: edit(p, "runs", job=(0, 1)), "assignment", "must run"),
    "runs twice": (lambda p: again(p, "runs", 0), "assignment", "runs 2 times"),
    "shape of another": (lambda p: edit(p, "runs", shape=(0, 1)), "assignment", "shape of another job"),
    "not eligible": (lambda p: edit(p, "places", island=(0, 3)), "assignment", "not eligible"),
    "other accelerator": (lambda p: edit(p, "places", island=(0, 4)), "assignment", "another accelerator"),
    "too many units": (lambda p: edit(p, "places", units=(0, 9)), "capacity", "against a limit of 4"),
    "replicas crowd": (lambda p: edit(p, "replicas", units=(0, 7)), "capacity", "against a limit of 4"),
    "before the contract": (lambda p: edit(p, "replicas", period=(0, 0)), "contract", "outside its contract"),
    "negative units": (lambda p: edit(p, "replicas", units=(0, -1)), "capacity", "no units"),
    "wrong pool for the profile": (lambda p: edit(p, "replicas", island=(0, 3)), "capacity", "may not stand"),
    "units missing": (lambda p: edit(p, "places", units=(0, 1)), "interconnect", "allocation units"),
    "uneven islands": (
        lambda p: edit(edit(p, "places", units=(1, 4)), "places", units=(2, 2)),
        "interconnect",
        "evenly over islands",
    ),
    "uneven sites": (lambda p: edit(edit(p, "places", units=(3, 2)), "places", units=(4, 6)), "interconnect", "evenly over sites"),
    "not neighbours": (lambda p: edit(p, "places", island=(2, 2)), "interconnect", "not neighbours"),
    "no island": (lambda p: drop(p, "places", 0), "interconnect", "holds no island"),
    "spans against its span": (
        lambda p: edit(edit(again(p, "places", 0), "places", units=(0, 1)), "places", units=(-1, 1), island=(-1, 1)),
        "interconnect",
        "which is excluded",
    ),
    "no path": (lambda p: drop(p, "paths", 0), "interconnect", "do not lead"),
    "long path": (lambda p: edit(p, "paths", link=(0, 4)), "interconnect", "round trip"),
    "straddling replica": (lambda p: edit(p, "replicas", units=(-1, 3)), "interconnect", "whole replicas"),
    "uplink": (lambda p: edit(p, "places", units=(1, 30)), "interconnect", "uplink carries"),
    "feed": (lambda p: edit(p, "replicas", units=(0, 60)), "power", "kW against a limit"),
    "balance short": (lambda p: drop(p, "serving", 0), "sla", "without an answer"),
    "balance over": (lambda p: again(p, "serving", 0), "sla", "serves and sheds together"),
    "rung overdrawn": (lambda p: edit(p, "shedding", tokens_per_s=(0, 13.0)), "sla", "rung 1"),
    "no such rung": (lambda p: edit(p, "shedding", rung=(0, 5)), "sla", "rung 6"),
    "negative tokens": (lambda p: edit(p, "serving", tokens_per_s=(0, -10.0)), "sla", "negative"),
    "out of reach": (lambda p: edit(p, "serving", site=(0, 1)), "sla", "ms away"),
    "outside residency": (lambda p: edit(p, "serving", site=(0, 1)), "sla", "outside its residency"),
    "looser class": (lambda p: edit(p, "serving", latency_class=(0, 1)), "sla", "looser class"),
    "throughput": (lambda p: drop(p, "replicas", 1), "sla", "serves"),
}


def test_the_plan_itself_is_sound(formulation: Formulation, plan: Plan) -> None:
    assert check(formulation.instance, plan).violations == ()


@pytest.mark.parametrize("name", TAMPERED)
def test_each_breach_is_found(formulation: Formulation, plan: Plan, name: str) -> None:
    tamper, law, words = TAMPERED[name]
    found = violations(formulation.instance, tamper(plan))
    assert any(v.law == law and words in v.message for v in found), [f"{v.law}: {v.message}" for v in found]
    assert all(v.amount > 0 for v in found)


def test_wan_links_are_shared(formulation: Formulation, plan: Plan) -> None:
    """Two gangs of 6 Gbit/s do not fit 10 Gbit/s."""
    twice = again(again(plan, "runs", 2), "paths", 0)
    places = twice.places
    both = replace(
        twice,
        places=replace(
            places,
            run=np.append(places.run, [3, 3]),
            island=np.append(places.island, [0, 3]),
            units=np.append(places.units, [4, 4]),
        ),
        paths=replace(twice.paths, run=np.array([2, 3])),
    )
    assert any(v.subject == "w" and v.amount == pytest.approx(2.0) for v in violations(formulation.instance, both))


def test_indices_outside_the_instance_are_refused(formulation: Formulation, plan: Plan) -> None:
    with pytest.raises(ValueError, match="island that the instance does not have"):
        check(formulation.instance, edit(plan, "places", island=(0, 99)))


def violations(instance: Instance, plan: Plan) -> tuple[Violation, ...]:
    return check(instance, plan).violations
