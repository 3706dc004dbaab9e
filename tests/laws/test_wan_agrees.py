"""Agreement of Program and check on the WAN, over the choices of small instances; and paths against every path there is."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.check import check
from placement.formulate import formulate
from placement.instance.supply import Link
from placement.instance.wan import Wan
from tests.laws.random_instances import decided, over_wan, random_document, write_instance
from tests.laws.seeds import seeds
from tests.laws.test_agreement import EDGES, agreed, assert_agreement, assert_agreement_at_limits, cheapest_choice


def crossing(seed: int) -> dict[str, Any]:
    """A random document over the WAN; two of three without must jobs and limits on power, every other one with contracts open."""
    rng = np.random.default_rng(seed)
    document = random_document(4000 + seed)
    if seed % 3:
        for job in document["jobs"]:
            job["commitment"] = "optional"
        for feed in document["feeds"]:
            feed["limit_kw"] = "unlimited"
    document["settings"]["wan_paths_per_stream"] = 1 + seed % 3
    return over_wan(decided(document, rng) if seed % 2 else document, rng)


@pytest.mark.parametrize("seed", seeds(6))
def test_random_instances_over_the_wan_agree(seed: int, tmp_path: Path) -> None:
    allowed, refused = assert_agreement(formulate(write_instance(tmp_path, crossing(seed))), seed)
    assert allowed + refused > 0


@pytest.mark.parametrize("seed", seeds(12))
def test_choices_at_the_limits_of_the_wan_agree(seed: int, tmp_path: Path) -> None:
    formulation = formulate(write_instance(tmp_path, crossing(100 + seed)))
    rng = np.random.default_rng(seed)
    assert_agreement_at_limits(formulation, rng, seed)


def test_other_ways_decide_in_the_sample(tmp_path: Path) -> None:
    """Plans take other ways, and lose their links, or what they are taken from, without the law's leave."""
    used = broken = 0
    for seed in range(300, 312):
        formulation, rng = formulate(write_instance(tmp_path, crossing(seed))), np.random.default_rng(seed)
        for _ in range(EDGES):
            choice = cheapest_choice(formulation, rng)
            if choice is None:
                break
            option, start, value = choice
            rerouted = np.isin(option, formulation.program.first_copy[formulation.activities.reroutes.option])
            used += rerouted.any()
            for factor in (0.5, 1.5):
                changed = agreed(formulation, (option, start, np.where(rerouted, factor * value, value)), seed)
                broken += rerouted.any() and not changed
    assert min(used, broken) > 5, (used, broken)


def test_links_decide_in_the_sample(tmp_path: Path) -> None:
    """The sample is worth something only if links decide in it: choices that only they refuse, and choices that they allow."""
    allowed = refused = 0
    for seed in range(200, 212):
        document = crossing(seed)
        document.pop("losses", None)
        narrow = write_instance(tmp_path, document)
        wide = {**document, "links": [{**link, "gbit_s": "unlimited"} for link in document["links"]]}
        formulation, rng = formulate(write_instance(tmp_path, wide)), np.random.default_rng(seed)
        for _ in range(EDGES):
            choice = cheapest_choice(formulation, rng)
            if choice is None:
                break
            laws = {violation.law for violation in check(narrow, formulation.decode(*choice)).violations}
            assert laws <= {"wan"}
            allowed, refused = allowed + (not laws), refused + bool(laws)
    assert min(allowed, refused) > 10, (allowed, refused)


# ------------------------------------------------------------ paths


def random_links(rng: np.random.Generator, nodes: list[str]) -> dict[str, Link]:
    """Links between random pairs, some of them beside each other."""
    found = {}
    for n in range(int(rng.integers(3, 10))):
        a, b = rng.choice(nodes, 2, replace=False).tolist()
        found[f"l{n}"] = Link(
            id=f"l{n}", a=a, b=b, gbit_s="unlimited" if rng.random() < 0.3 else float(rng.integers(1, 4)),
            rtt_ms=float(rng.integers(1, 20)), price_usd_per_gb=float(rng.integers(0, 4)) / 4,
        )  # fmt: skip
    return found


def every_path(links: dict[str, Link], nodes: list[str], a: str, b: str) -> set[tuple[int, ...]]:
    """Every way from a to b that visits no node twice, as links in ascending order."""
    found: set[tuple[int, ...]] = set()
    inner = [node for node in nodes if node not in (a, b)]
    for count in range(len(inner) + 1):
        for middle in permutations(inner, count):
            ways: list[tuple[int, ...]] = [()]
            for ends in zip((a, *middle), (*middle, b), strict=True):
                between = [n for n, link in enumerate(links.values()) if {link.a, link.b} == set(ends)]
                ways = [(*way, n) for way in ways for n in between]
            found |= {tuple(sorted(way)) for way in ways}
    return found


@pytest.mark.parametrize("seed", seeds(30))
def test_paths_are_the_shortest_and_the_cheapest_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = ["s0", "s1", "s2", "r0", "r1"]
    links = random_links(rng, nodes)
    cut = frozenset(rng.choice(list(links), int(rng.integers(0, 3)), replace=False).tolist())
    most = int(rng.integers(1, 4))
    wan = Wan(nodes[:3], nodes[3:], links, most).without(cut)
    known = list(links.values())
    left = {way for way in every_path(links, nodes, "s0", "s1") if not any(known[n].id in cut for n in way)}
    for limit, rate in ((np.inf, 0.0), (float(rng.integers(5, 30)), float(rng.integers(0, 4)))):
        fits = [way for way in left if all(known[n].gbit_s == "unlimited" or known[n].gbit_s >= rate for n in way)]
        cost = {
            way: (sum(known[n].price_usd_per_gb for n in way), sum(known[n].rtt_ms for n in way))
            for way in fits
            if sum(known[n].rtt_ms for n in way) <= limit
        }
        cheapest = wan.cheapest("s0", "s1", limit, rate)
        assert (cheapest is None) == (not cost)
        offered = wan.paths(0, 1, limit, rate)
        assert set(offered) <= set(cost) and len(set(offered)) == len(offered)
        if cheapest is None:
            continue
        assert cost[cheapest] == min(cost.values())
        shortest = sorted(rtt for _, rtt in cost.values())[:most]
        assert [cost[way][1] for way in offered[: len(shortest)]] == shortest
        assert min(cost[way][0] for way in offered) == min(cost.values())[0]
        assert len(offered) <= most + 1


@pytest.mark.parametrize("seed", seeds(30))
def test_ways_are_the_cheapest_of_all(seed: int) -> None:
    rng = np.random.default_rng(200 + seed)
    nodes = ["s0", "s1", "s2", "r0", "r1"]
    links = random_links(rng, nodes)
    cut = frozenset(rng.choice(list(links), int(rng.integers(0, 3)), replace=False).tolist())
    wan, most, limit = Wan(nodes[:3], nodes[3:], links, 1).without(cut), int(rng.integers(1, 5)), float(rng.integers(5, 60))
    known = list(links.values())
    price = {way: sum(known[n].price_usd_per_gb for n in way) for way in every_path(links, nodes, "r0", "s1")}
    rtt = {way: sum(known[n].rtt_ms for n in way) for way in price}
    near = [(price[way], rtt[way]) for way in price if rtt[way] <= limit and not any(known[n].id in cut for n in way)]
    found = wan.ways("r0", "s1", limit, most)
    assert [(price[way], rtt[way]) for way in found] == sorted(near)[:most]
    assert len(set(found)) == len(found)
    assert found[:1] == [way for way in [wan.cheapest("r0", "s1", limit)] if way is not None]


@pytest.mark.parametrize("seed", seeds(10))
def test_round_trips_are_those_of_the_shortest_paths(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    nodes = ["s0", "s1", "s2", "r0", "r1"]
    links = random_links(rng, nodes)
    known = list(links.values())
    table = Wan(nodes[:3], nodes[3:], links, 1).rtt_ms
    for r, region in enumerate(nodes[3:]):
        for s, site in enumerate(nodes[:3]):
            ways = every_path(links, nodes, region, site)
            assert table[r, s] == min((sum(known[n].rtt_ms for n in way) for way in ways), default=np.inf)


def test_no_links_lead_from_a_node_to_itself() -> None:
    assert Wan(["s"], ["r"], {}, 1).cheapest("s", "s") == ()
