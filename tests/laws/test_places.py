"""Places are offered whenever the laws admit them: neither the order of a file nor added capacity makes a job impossible."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from placement import solve
from tests.laws.random_instances import write_instance
from tests.laws.test_violations import DOCUMENT


def status(folder: Path, pools: list[dict[str, Any]], gpus: int, span: str, links: list[dict[str, Any]] | None = None) -> str:
    """How a must job of so many GPUs fares alone on pools at sites s0 and s1."""
    document = copy.deepcopy(DOCUMENT)
    document["streams"], document["services"] = [], []
    document["pools"] = [
        {"accelerator": "b", "contract": "c", "online_gpus": sum(i["gpus"] * i.get("count", 1) for i in pool["islands"])} | pool
        for pool in pools
    ]
    document["links"] = document["links"] if links is None else document["links"][:3] + links
    document["jobs"] = [
        {
            "id": "gang", "tenant": "lab", "commitment": "must", "value_usd": 10.0, "span": span, "gbit_s_per_gpu": 0.5,
            "wan_gbit_s": 6.0, "max_rtt_ms": 20.0, "wan_loss": 0.1, "deadline_date": "2026-03-05",
            "shapes": [{"accelerator": "b", "gpus": gpus, "duration_hours": 20.0}],
        }
    ]  # fmt: skip
    if span != "sites":
        for name in ("wan_gbit_s", "max_rtt_ms", "wan_loss"):
            del document["jobs"][0][name]
    return str(solve(write_instance(folder, document), time_limit_s=20).status)


SPANNING = {"max_islands": 2, "sets": "consecutive", "loss": 0.1, "oversubscription": 1.0}


def islands(*gpus: int) -> list[dict[str, Any]]:
    return [{"gpus": g} for g in gpus]


@pytest.mark.parametrize("sizes", [(8, 12), (12, 8)])
def test_the_larger_half_stands_at_either_site(tmp_path: Path, sizes: tuple[int, int]) -> None:
    pools = [{"id": f"p{n}", "site": f"s{n}", "islands": islands(size)} for n, size in enumerate(sizes)]
    assert status(tmp_path, pools, 20, "sites") == "optimal"


@pytest.mark.parametrize("sizes", [(8, 12), (12, 8)])
def test_the_larger_island_takes_the_odd_unit(tmp_path: Path, sizes: tuple[int, int]) -> None:
    assert status(tmp_path, [{"id": "p", "site": "s0", "islands": islands(*sizes), "spanning": SPANNING}], 20, "pool") == "optimal"


def test_an_island_that_comes_later_takes_no_place_away(tmp_path: Path) -> None:
    """Before the third island is online, half of the gang must stand on the first two."""
    late = [{"from_date": "2026-03-02", "value": 16}, {"from_date": "2026-03-06", "value": 32}]
    pools = [
        {"id": "p0", "site": "s0", "islands": islands(8, 8, 16), "spanning": SPANNING, "online_gpus": late},
        {"id": "p1", "site": "s1", "islands": islands(16)},
    ]
    assert status(tmp_path, pools, 32, "sites") == "optimal"


def test_a_half_on_one_island_needs_no_uplink(tmp_path: Path) -> None:
    pools = [
        {"id": "p0", "site": "s0", "islands": islands(8, 8), "spanning": SPANNING},
        {"id": "p1", "site": "s1", "islands": islands(16)},
    ]
    assert status(tmp_path, pools, 32, "sites") == "optimal"


def test_a_link_too_thin_for_the_job_does_not_hide_the_next(tmp_path: Path) -> None:
    pools = [{"id": f"p{n}", "site": f"s{n}", "islands": islands(16)} for n in range(2)]
    links = [
        {"id": "thin", "a": "s0", "b": "s1", "gbit_s": 5.0, "rtt_ms": 5},
        {"id": "wide", "a": "s0", "b": "s1", "gbit_s": 10.0, "rtt_ms": 15},
    ]
    assert status(tmp_path, pools, 32, "sites", links) == "optimal"
    assert status(tmp_path, pools, 32, "sites", links[:1]) == "infeasible"
