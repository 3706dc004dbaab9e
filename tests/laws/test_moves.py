"""Orders of changes: every step fits, swaps are one step, and an order that does not fit is found out."""

from __future__ import annotations

from pathlib import Path

from placement import load
from placement.moves import replayed, steps
from tests.laws.test_movement_violations import plan

TINY = Path("instances/tiny/changes.yaml")
A, B, C = range(3)
"""One unit, three days: today a is on day 1 and b on day 2."""
TODAY = plan((A, 0, 1, 0), (B, 1, 2, 0))
CHAIN = plan((A, 1, 2, 0), (B, 2, 3, 0), (C, 0, 1, 0))
"""b makes room for a, and a for c."""


def test_each_makes_room_for_the_next() -> None:
    found = steps(load(TINY), TODAY, CHAIN, [A, B, C])
    assert [step.jobs for step in found] == [(B,), (A,), (C,)]
    assert not any(step.broken for step in found)


def test_jobs_that_swap_places_are_one_step() -> None:
    found = steps(load(TINY), TODAY, plan((A, 1, 2, 0), (B, 0, 1, 0), (C, 2, 3, 0)), [A, B, C])
    assert [set(step.jobs) for step in found] == [{C}, {A, B}]
    assert not any(step.broken for step in found)


def test_what_stops_goes_first() -> None:
    found = steps(load(TINY), TODAY, plan((A, 1, 2, 0)), [A, B])
    assert [step.jobs for step in found] == [(B,), (A,)]


def test_an_order_that_does_not_fit_is_found_out() -> None:
    found = replayed(load(TINY), TODAY, CHAIN, [(A,), (B,), (C,)])
    assert [len(step.broken) for step in found] == [1, 0, 0]
    assert found[0].broken[0].law == "capacity" and found[0].broken[0].amount == 1.0


def test_what_today_s_plan_breaks_already_stops_nothing_and_does_not_get_worse() -> None:
    """Today two jobs hold the one unit on day 1; a third may not join them before one has gone."""
    crowded = plan((A, 0, 1, 0), (B, 0, 1, 0))
    found = steps(load(TINY), crowded, plan((A, 0, 1, 0), (B, 1, 2, 0), (C, 2, 3, 0)), [B, C])
    assert [step.jobs for step in found] == [(B,), (C,)] and not any(step.broken for step in found)
    worse = replayed(load(TINY), crowded, plan((A, 0, 1, 0), (C, 0, 1, 0)), [(C,), (B,)])
    assert [len(step.broken) for step in worse] == [1, 0]
