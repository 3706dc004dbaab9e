"""The curve between two levels: points worked out by hand, bounds below them, caps that the check judges, and the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from placement import load, solve, with_levels
from placement.check import check
from placement.cli import main
from placement.explain.tradeoff import Point, Tradeoff, _sharpened, tradeoff
from placement.instance import Instance
from placement.plan import Plan, Result

TINY = Path("instances/tiny")


def solving(solver: str) -> Callable[[Instance, Plan | None], Result]:
    return lambda instance, start: solve(instance, solver=solver, gap=0.0, start=start)


@pytest.mark.parametrize("solver", ["highs", "cpsat", "prices", "enumerate"])
def test_a_curve_worked_out_by_hand(solver: str) -> None:
    """tiny/objective-order: between serving a (net cost -86.4) and b (-820.8) a share of the unit moves from one to the other:
    promises 43.2 x share of b, net cost -86.4 - 734.4 x share."""
    instance = with_levels(load(TINY / "objective-order.yaml"), "promises,net_cost")
    curve = tradeoff(instance, "promises", "net_cost", 3, solving(solver))
    assert [point.most for point in curve.points] == pytest.approx([0.0, 21.6, 43.2], abs=1e-5)
    assert [point.second for point in curve.points] == pytest.approx([-86.4, -453.6, -820.8], rel=1e-5)
    assert curve.monotone
    for point in curve.points:
        assert point.plan is not None and point.second is not None and point.bound is not None
        assert point.bound <= point.second + 1e-9 and point.gap is not None and point.gap < 1e-6
        judged = check(instance, point.plan)
        assert judged.violations == () and judged.levels["net_cost"] == pytest.approx(point.second)
        assert judged.levels["promises"] <= point.most + 1e-5


def test_a_cap_binds_and_the_check_judges_it() -> None:
    instance = load(TINY / "objective-order.yaml")
    capped = {**instance.objective, "promises": instance.objective["promises"].model_copy(update={"most": 10.8})}
    held = replace(instance, objective=capped)
    result = solve(held, solver="highs", gap=0.0)
    assert result.levels[0].value == pytest.approx(-86.4 - 734.4 / 4)
    free = solve(instance, solver="highs", gap=0.0).plan
    assert free is not None
    (found,) = check(held, free).violations
    assert (found.law, found.subject) == ("objective", "promises") and found.amount == pytest.approx(32.4, abs=1e-5)


def test_bounds_hold_for_all_lower_caps() -> None:
    loose, tight = Point(1.0, 1.0, 9.0, 2.0, None), Point(2.0, 2.0, 5.0, 4.0, None)
    sharpened = _sharpened([loose, tight])
    assert [point.bound for point in sharpened] == [4.0, 4.0]
    assert not Tradeoff(("a", "b"), (tight, loose)).monotone and Tradeoff(("a", "b"), (loose, tight)).monotone


def test_no_such_levels() -> None:
    instance = load(TINY / "swings.yaml")
    with pytest.raises(ValueError, match="its levels are promises, net_cost"):
        tradeoff(instance, "promises", "carbon", 3, solving("highs"))


def test_the_command(tmp_path: Path) -> None:
    arguments = ["explain", "tradeoff", str(TINY / "objective-carbon.yaml"), "--levels", "net_cost,carbon_tonnes,promises"]
    arguments += ["--between", "carbon_tonnes", "net_cost", "--points", "3", "--gap", "0"]
    done = CliRunner().invoke(main, [*arguments, "--json", "-o", str(tmp_path / "curve.csv")])
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == 0 and found["monotone"]
    # Nothing runs, all of pro runs on clean power at -825.6, or on dirty power at -854.4; in between shares of a unit's work.
    assert found["points"][0]["second"] == pytest.approx(0.0, abs=1e-3)
    assert found["points"][-1]["second"] == pytest.approx(-854.4)
    assert len((tmp_path / "curve.csv").read_text().splitlines()) == 4
    assert "carbon_tonnes at most" in CliRunner().invoke(main, arguments).stdout
    assert CliRunner().invoke(main, [*arguments[:-6], "promises", "promise", *arguments[-4:]]).exit_code == 2


def test_where_the_curve_goes_is_looked_at_before_the_solves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("solved first")

    monkeypatch.setattr("placement.explain.tradeoff.tradeoff", never)
    arguments = ["explain", "tradeoff", str(TINY / "objective-order.yaml"), "--between", "promises", "net_cost"]
    bad = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / "none" / "curve.csv")])
    assert (bad.exit_code, "there is no folder" in bad.output) == (2, True), bad.output
