"""``--levels`` of solve and check: what comes first, what is merged, and what is no level."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
Tiny = Callable[[str], str]


@pytest.mark.parametrize(
    ("levels", "names", "value"),
    [
        ("promises,net_cost", ["promises", "net_cost"], -86.4),
        ("net_cost,promises", ["net_cost", "promises"], 43.2),
        ("20*promises+net_cost", ["promises+net_cost"], -86.4),
        ("15*promises+net_cost", ["promises+net_cost"], 15 * 43.2 - 820.8),
        ("2*net_cost,promises,unserved_share,revenue", ["net_cost", "promises", "unserved_share", "revenue"], -864.0),
    ],
)
def test_levels_in_any_order(levels: str, names: list[str], value: float, run: Run, tiny: Tiny, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    done = run("solve", tiny("objective-order"), "--levels", levels, "--gap", 0, "--json", "-o", plan)
    found = json.loads(done.stdout)
    assert [level["name"] for level in found["levels"]] == names
    assert found["objective"] == pytest.approx(value, abs=1e-4)
    assert found["levels"][0]["bound"] == pytest.approx(found["levels"][0]["value"])
    assert run("check", tiny("objective-order"), plan, "--levels", levels).exit_code == 0
    refused = "give the instance and scenario" in run("check", tiny("objective-order"), plan).output
    assert refused == (levels != "net_cost,promises"), "these are what the instance states"


@pytest.mark.parametrize(
    ("levels", "says"),
    [
        ("promises", "in none: unserved, lateness"),
        ("promises,nett_cost", "'nett_cost' is no level, group or term; did you mean 'net_cost'?"),
        ("promises,x*net_cost", "'x*net_cost' begins with no weight above 0"),
        ("promises,0*net_cost", "begins with no weight above 0"),
        ("promises,promises,net_cost", "'promises' is named twice"),
        ("promises,net_cost,carbon_tonnes", "no feed above pool 'p' says carbon_g_per_kwh"),
        ("promises,,net_cost", "'' is no level"),
    ],
)
def test_what_is_no_level(levels: str, says: str, run: Run, tiny: Tiny) -> None:
    done = run("solve", tiny("objective-order"), "--levels", levels)
    assert done.exit_code == 2 and says in done.output, done.output


def test_a_policy_that_asks_for_a_level_gets_one(run: Run, tiny: Tiny) -> None:
    done = run("solve", tiny("fairness"), "--levels", "promises,net_cost")
    assert done.exit_code == 2 and "no level is for policy 'fair'" in done.output
    last = json.loads(run("solve", tiny("fairness"), "--levels", "promises,net_cost,fair", "--gap", 0, "--json").stdout)
    assert last["levels"][1]["value"] == pytest.approx(-9 * 43.2 - (5 * 86.4 + 4 * 43.2))
    assert last["levels"][2]["value"] == pytest.approx((0.6 + 0.1) / 2)


def test_each_of_the_minima_has_a_level(run: Run, tiny: Tiny) -> None:
    done = run("solve", tiny("fairness-leximin"), "--levels", "promises,fair+fair-3,net_cost")
    assert done.exit_code == 2 and "policy 'fair' and its 2 least shares, which asks for one; add fair-2" in done.output
    order = ("--levels", "promises,net_cost,fair,fair-2+fair-3")
    found = json.loads(run("solve", tiny("fairness-leximin"), *order, "--gap", 0, "--json").stdout)
    # d takes all that c might have: on the first day 10 of its 10, so c 2; shares 0.2, 0.3, 0.4 and 1.
    assert [level["value"] for level in found["levels"][1:]] == pytest.approx([-2246.4, (0.8 + 0.25) / 2, (1.5 + 2.1 + 0.5) / 2])


def test_the_report_shows_least_shares_in_their_order(run: Run, tiny: Tiny) -> None:
    done = run("solve", tiny("fairness-leximin"), "--gap", 0).stdout.splitlines()
    head = next(n for n, line in enumerate(done) if "in order" in line)
    shown = [line.split() for line in done[head + 1 : head + 4]]
    # The second and the third least are those of the first day alone: on the other, one asks.
    assert [line[:2] + line[3::2] for line in shown] == [
        ["fair", "1", "30.0", "52.5", "75.0"], ["fair", "2", "40.0", "40.0", "40.0"], ["fair", "3", "60.0", "60.0", "60.0"],
    ]  # fmt: skip
    assert not any("in order" in line for line in run("solve", tiny("fairness"), "--gap", 0).stdout.splitlines())


def test_the_report_tells_shares_and_measures(run: Run, tiny: Tiny) -> None:
    done = run("solve", tiny("fairness"), "--gap", 0).stdout
    (row,) = [line for line in done.splitlines() if line.split()[:1] == ["fair"] and " a " in line]
    assert row.split()[-6:] == ["60.0", "%", "75.0", "%", "90.0", "%"], row
    carbon = run("solve", tiny("objective-carbon"), "--gap", 0).stdout
    assert any(line.split() == ["carbon_tonnes", "0.0192"] for line in carbon.splitlines())


def test_prices_need_net_cost_at_the_end(run: Run, tiny: Tiny) -> None:
    done = run("explain", "losses", tiny("objective-order"))
    assert done.exit_code == 2 and "end with net_cost" in done.output
