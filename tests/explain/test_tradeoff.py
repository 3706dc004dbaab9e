"""The curve between two levels: points worked out by hand, bounds below them, caps that the check judges, and the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from placement import load, solve, with_levels
from placement.check import check
from placement.cli import main
from placement.explain.tradeoff import Point, Tradeoff, _sharpened, tradeoff
from placement.instance import Instance
from placement.plan import Plan, Result
from placement.report.tradeoff import tradeoff_picture

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
    for name in ("curve.png", "curve"):
        bad = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / name)])
        assert (bad.exit_code, "name a .csv for the figures or an .svg" in bad.output) == (2, True), bad.output


# ------------------------------------------------------------ the picture

SVG = "{http://www.w3.org/2000/svg}"


def drawn(points: tuple[Point, ...], levels: tuple[str, str] = ("a", "b"), name: str = "fleet") -> ElementTree.Element:
    return ElementTree.fromstring(tradeoff_picture(Tradeoff(levels, points), name, ("USD", "share")))


def worded(svg: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


def test_a_picture_shows_what_is_proven_and_no_more() -> None:
    """Firsts from 0 to 100 with 6 beyond span 460 pixels from 76 on, seconds from 0 to 100 span 226 pixels from 256 up."""
    points = (Point(0.0, 0.0, 100.0, 80.0, None), Point(50.0, 40.0, 60.0, 50.0, None), Point(100.0, 100.0, 0.0, 0.0, None))
    svg = drawn(points)
    shade, line = (path.get("d") for path in svg.iter(f"{SVG}path"))
    # Each plan from where it is worth to the next; each bound back from its cap to the one before.
    assert line == "M100.6 42.1H264.9V122.8H511.4V243.9H536.0"
    assert shade == "M76 256V82.5H100.6V143.0H306.0V243.9H511.4V256Z"
    assert [circle.get("cx") for circle in svg.iter(f"{SVG}circle")] == ["100.6", "264.9", "511.4"]
    assert {"a at most, USD", "b, share", "fleet: b against a", "shaded: proven impossible"} <= set(worded(svg))


def test_a_picture_of_points_that_are_missing() -> None:
    """A plan goes on over a cap without one, one that another beats is no step, and a bound goes back over a cap without one."""
    lost, unbounded = Point(25.0, None, None, None, None), Point(100.0, 90.0, 50.0, None, None)
    points = (Point(0.0, 0.0, 100.0, None, None), lost, Point(50.0, 40.0, 0.0, 0.0, None), unbounded)
    svg = drawn(points)
    shade, line = (path.get("d") for path in svg.iter(f"{SVG}path"))
    assert line is not None and line.count("V") == 1 and len(list(svg.iter(f"{SVG}circle"))) == 3
    assert shade is not None and shade.count("H") == 1
    bare = drawn((lost, Point(100.0, 90.0, 50.0, None, None)))
    assert len(list(bare.iter(f"{SVG}path"))) == 1 and not any("shaded" in word for word in worded(bare))
    for nothing in ((), (lost,)):
        assert any("no plan was found" in word for word in worded(drawn(nothing)))


def test_names_cannot_break_a_picture() -> None:
    hostile = "</text><script>alert('x')</script>&\"\x00\x1b"
    svg = drawn((Point(1.0, 1.0, 1.0, 1.0, None),), (hostile, "b<&>"), hostile * 20)
    assert not list(svg.iter(f"{SVG}script")) and "b<&>, share" in worded(svg)
    assert max(len(word) for word in worded(svg)) < 120


def test_ticks_that_lie_near_each_other_are_told_apart() -> None:
    """Net costs of billions that differ by a thousand."""
    svg = drawn((Point(0.0, 0.0, -4e9, -4e9, None), Point(1.0, 1.0, -4e9 - 1000, -4e9 - 1000, None)))
    shown = [word for word in worded(svg) if word.startswith("-4")]
    assert len(shown) == len(set(shown)) > 2, shown


def test_the_picture_of_the_guide_is_drawn_by_its_command(tmp_path: Path) -> None:
    arguments = ["explain", "tradeoff", str(TINY / "objective-order.yaml"), "--levels", "promises,net_cost", "--gap", "0"]
    arguments += ["--between", "promises", "net_cost", "--points", "9", "-o", str(tmp_path / "curve.svg")]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "curve.svg").read_text() == Path("docs/pictures/tiny-objective-order-tradeoff.svg").read_text()
    assert [file.name for file in tmp_path.iterdir()] == ["curve.svg"]
