"""Law 11, overrun: Program and check agree where today's plan breaks limits; what goes beyond them too far is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from placement.check import check
from placement.files import load, load_plan, save_plan
from placement.formulate import Formulation, formulate
from placement.instance import Instance
from placement.moves import mended
from placement.overruns import Overruns
from placement.plan import Paths, Plan, Result, empty
from placement.program import Floats, Ints, Status
from placement.report.moves import by_limit, mending
from placement.report.overruns import overruns
from placement.rules.overrun import todays_excess
from tests.laws.random_grid import asked
from tests.laws.random_instances import decided, on_spot, over_wan, random_document, write_instance
from tests.laws.random_movement import in_place
from tests.laws.seeds import seeds
from tests.laws.test_agreement import agreed, cheapest_choice, gang_choices, nudged, random_choice, settled
from tests.laws.test_changes import planned
from tests.laws.test_movement_violations import plan

TINY = Path("instances/tiny/overrun.yaml")
P, Q = 0, 1
"""Islands p/1 and q/1. Jobs j and k are 0 and 1, as are their shapes; limits are 3 islands, 3 pools, and feeds f and g."""
ISLAND, FEED = 0, 7
BEST = ((ISLAND, 0, 1.0), (FEED, 0, 12.0), (FEED, 1, 4.0), (FEED, 2, 4.0))


def beyond(*rows: tuple[int, int, float]) -> Overruns:
    """Overruns as (limit, period, amount)."""
    limit, period, amount = zip(*rows, strict=True) if rows else ((), (), ())
    return Overruns(np.array(limit, dtype=np.int64), np.array(period, dtype=np.int64), np.array(amount, dtype=np.float64))


def tiny(*rows: tuple[int, int, float]) -> Plan:
    """j and k as in the best plan, with these overruns."""
    runs = plan((0, 0, 3, P), (1, 0, 1, P), (1, 1, 3, Q))
    places = replace(runs.places, units=np.array([2, 1, 1]))
    return replace(runs, places=places, overruns=beyond(*rows))


def edited(folder: Path, **fields: Any) -> Instance:
    """The tiny instance with other top-level fields; None removes one."""
    document = {**yaml.safe_load(TINY.read_text()), **fields}
    path = folder / "fleet.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in document.items() if value is not None}))
    return load(path)


# ------------------------------------------------------------ breaches

BREACHES: dict[str, tuple[tuple[tuple[int, int, float], ...], str, str, float]] = {
    "more than today": (((ISLAND, 0, 2.0), *BEST[1:]), "overrun", "island p/1: goes on beyond it by 2 units, today's plan", 1.0),
    "twice": (((ISLAND, 0, 1.0), *BEST), "overrun", "island p/1: goes on beyond it by 2 units, today's plan does by 1 units", 1.0),
    "more kW than today": ((BEST[0], (FEED, 0, 15.0), *BEST[2:]), "overrun", "feed g: goes on beyond it by 15 kW, today", 3.0),
    "units not stated": (BEST[1:], "capacity", "p/1: holds 3 units against a limit of 2 units", 1.0),
    "fewer kW than drawn": ((*BEST[:2], (FEED, 1, 3.0), BEST[3]), "power", "g: draws 16 kW against a limit of 15 kW", 1.0),
    "no breach": (((1, 0, 1.0), *BEST), "overrun", "island q/1: goes on beyond it by 1 units, today's plan does by 0 units", 1.0),
    "a pool without spares": (((3, 1, 1.0), *BEST), "overrun", "pool p: goes on beyond it by 1 units, today's plan does by 0", 1.0),
    "below nothing": (((ISLAND, 1, -1.0), *BEST), "overrun", "island p/1: an overrun of -1 units, below 0", 1.0),
    "a part of a unit": (((ISLAND, 1, 0.25), *BEST), "overrun", "island p/1: goes on beyond it by 0.25 units, which are not", 0.25),
}


@pytest.mark.parametrize("name", BREACHES)
def test_breaches_are_found(name: str) -> None:
    rows, law, said, amount = BREACHES[name]
    found = check(load(TINY), tiny(*rows)).violations
    assert [(v.law, v.amount) for v in found if v.message.startswith(said)] == [(law, pytest.approx(amount))], found
    assert {v.law for v in found} <= {law, "capacity"}


def test_the_best_plan_breaks_nothing_and_its_terms_are_the_ones_worked_out() -> None:
    judged = check(load(TINY), tiny(*BEST))
    assert judged.violations == ()
    terms = {term: usd for term, usd in judged.terms.items() if usd}
    assert terms == pytest.approx(
        {"overrun": 672.0, "usage_fees": 2112.0, "energy": 134.4, "wan": 100.0, "moves": 300.0, "training_value": -9000.0}
    )
    assert judged.levels == pytest.approx({"promises": 672.0, "net_cost": -6353.6})


def test_without_today_s_plan_nothing_may_go_beyond_a_limit(tmp_path: Path) -> None:
    jobs = yaml.safe_load(TINY.read_text())["jobs"]
    instance = edited(tmp_path, jobs=[{k: v for k, v in job.items() if k != "current_place"} for job in jobs])
    program = formulate(instance).program
    assert not len(instance.excess.limit) and "overrun" not in program.terms
    assert check(instance, tiny(BEST[0])).terms.get("overrun") is None
    idle = replace(plan(), overruns=beyond(BEST[0]))
    assert [v.law for v in check(instance, idle).violations if v.subject == "island p/1"] == ["overrun"]
    with pytest.raises(ValueError, match="island p/1 is not broken by today's plan"):
        formulate(instance).encode(idle)


def test_a_limit_that_today_s_plan_keeps_has_no_option(tmp_path: Path) -> None:
    document = yaml.safe_load(TINY.read_text())
    document["pools"][0]["online_gpus"], document["feeds"][1]["limit_kw"] = 24, 24
    instance = edited(tmp_path, **document)
    assert not len(instance.excess.limit) and not len(formulate(instance).activities.overruns.option)


def test_levels_that_a_user_states_count_it_where_they_count_dropped_jobs(tmp_path: Path) -> None:
    levels = [{"id": "all", "terms": [{"term": "promises", "weight": 3}, {"term": "net_cost"}]}]
    judged = check(edited(tmp_path, objective=levels), tiny(*BEST))
    assert judged.levels == pytest.approx({"all": 3 * 672.0 - 6353.6})


def test_spares_that_today_s_plan_takes_are_the_pool_s(tmp_path: Path) -> None:
    document = yaml.safe_load(TINY.read_text())
    document["pools"][0] |= {"online_gpus": 24, "spare_share": 0.3}
    instance = edited(tmp_path, **document)
    assert [instance.limit_names[n] for n in instance.excess.limit] == ["pool p", "feed g"]
    assert instance.excess.amount[0].tolist() == [1.0, 1.0, 1.0]
    assert not check(instance, tiny((3, 0, 1.0), *BEST[1:])).violations
    (found,) = check(instance, tiny(*BEST[1:])).violations
    assert (found.law, found.amount) == ("capacity", 1.0)


# ------------------------------------------------------------ files and words


def test_a_plan_file_holds_the_table_only_where_there_are_overruns(tmp_path: Path) -> None:
    instance = load(TINY)
    for decided_plan in (tiny(*BEST), tiny()):
        terms = check(instance, decided_plan).terms
        result = Result(Status.FEASIBLE, None, decided_plan, terms, (), 0.0, "none", 0, instance.name, instance.digest)
        save_plan(result, instance, tmp_path / "plan.json")
        again = load_plan(tmp_path / "plan.json", instance)
        assert again.plan is not None and again.terms is not None
        held = [column.tolist() for column in vars(again.plan.overruns).values()]
        assert held == [column.tolist() for column in vars(decided_plan.overruns).values()]
        stated = bool(len(decided_plan.overruns.limit))
        assert ("overrun" in again.terms) == stated == bool(list(tmp_path.glob("plan.overruns.*.csv")))


def test_what_stays_broken_is_told_until_when() -> None:
    instance, best = load(TINY), tiny(*BEST)
    today = plan((0, 0, 3, P), (1, 0, 3, P))
    today = replace(today, places=replace(today.places, units=np.array([2, 1])), paths=empty(Paths))
    limits = {(m.law, m.subject): m for m in by_limit(mended(instance, today, best, [(_move(1),)]))}
    assert {key: (m.after_step, m.until) for key, m in limits.items()} == {
        ("capacity", "p/1"): (None, "2026-01-01"), ("power", "g"): (None, "2026-01-03"),
    }  # fmt: skip
    assert "not up to 2026-01-03" in mending(list(limits.values()), 1)
    told = overruns(instance, best).splitlines()
    assert [line.split() for line in told[1:]] == [
        ["island", "p/1", "1", "2026-01-01", "1", "units", "24", "units", "x", "h"],
        ["feed", "g", "3", "2026-01-03", "12", "kW", "480", "kW", "x", "h"],
    ]


def _move(job: int) -> Any:
    from placement.move import Move

    return Move(job, None)


# ------------------------------------------------------------ agreement


def cut(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Most pools lose some of what is online, or keep spares, and most feeds a part of their limit."""
    for pool in document["pools"]:
        if rng.random() < 0.5:
            pool["spare_share"] = 0.9
        else:
            pool["online_gpus"] = int(pool["online_gpus"] * rng.choice([0.1, 0.3, 0.7]))
    for feed in document["feeds"]:
        if feed["limit_kw"] != "unlimited" and rng.random() < 0.8:
            feed["limit_kw"] = float(rng.choice([3.0, 6.0, 10.0]))
    return document


def instance_of(folder: Path, seed: int) -> Instance:
    """Jobs that run, or are planned, in a fleet that is cut afterwards."""
    rng = np.random.default_rng(seed)
    document = random_document(15_000 + seed)
    for job in document["jobs"]:
        job["commitment"] = str(rng.choice(["must", "optional", "promised"], p=[0.1, 0.45, 0.45]))
    for pool in document["pools"]:
        pool["online_gpus"] = sum(island["gpus"] * island["count"] for island in pool["islands"])
    plain = [decided, over_wan, asked, on_spot, lambda document, _: document][seed % 5](document, rng)
    document = in_place(plain, rng, folder, 0.9 if seed % 2 else 0.4)
    if seed % 3 == 0:
        document = planned(document, rng, folder)
        document["running_plan"].pop("most_changes", None)
    return write_instance(folder, cut(document, rng))


def stating(formulation: Formulation, choice: tuple[Ints, Ints, Floats], rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """The choice with some overrun more, less, or beyond today's."""
    program, options = formulation.program, formulation.activities.overruns
    row, start = program.columns(options.option)
    if not len(row):
        return choice
    n = int(rng.integers(len(row)))
    option = program.first_copy[row[n]]
    same = (choice[0] == option) & (choice[1] == start[n])
    value = max(float(choice[2][same].sum()) + float(rng.choice([-2.0, -1.0, 1.0, 2.0])), 0.0)
    columns = [np.append(column[~same], more) for column, more in zip(choice, (option, start[n], value), strict=True)]
    kept = columns[2] > 0
    return settled(formulation, columns[0][kept].astype(np.int64), columns[1][kept].astype(np.int64), columns[2][kept])


@pytest.mark.parametrize("seed", seeds(10))
def test_random_instances_whose_limits_today_s_plan_breaks_agree(seed: int, tmp_path: Path) -> None:
    instance = instance_of(tmp_path, seed)
    formulation, rng = formulate(instance), np.random.default_rng(seed)
    both = np.zeros((len(instance.limit_names), instance.calendar.period_count))
    both[instance.excess.limit] = instance.excess.amount
    assert todays_excess(instance) == pytest.approx(both, abs=1e-6)
    choices = gang_choices(formulation, rng)
    for n in rng.permutation(len(choices))[:6].tolist():
        agreed(formulation, random_choice(formulation, choices[n], rng), seed)
    for _ in range(4):
        choice = cheapest_choice(formulation, rng)
        if choice is None:
            return
        agreed(formulation, choice, seed)
        agreed(formulation, nudged(formulation, choice, rng), seed)
        for _ in range(3):
            agreed(formulation, stating(formulation, choice, rng), seed)


def test_the_sample_goes_beyond_limits_of_each_kind(tmp_path: Path) -> None:
    """The sample is worth something only if limits of each kind are broken today, and allowed choices go beyond them."""
    broken, used = np.zeros(3), np.zeros(3)
    for seed in range(16):
        instance = instance_of(tmp_path, seed)
        formulation, rng = formulate(instance), np.random.default_rng(seed)
        edges = np.cumsum([len(instance.island_pool), len(instance.pools)])
        broken += np.bincount(np.searchsorted(edges, instance.excess.limit, side="right"), minlength=3)
        choice = cheapest_choice(formulation, rng)
        if choice is not None:
            stated = formulation.decode(*choice).overruns
            used += np.bincount(np.searchsorted(edges, stated.limit, side="right"), minlength=3)
    assert broken.min() >= 3 and used.min() >= 3, (broken, used)
