"""Answers from rows that are made by hand, their tables and pictures, and the flip of a decision of a tiny instance."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from click.testing import CliRunner

from placement.cli import main
from placement.sweep.answers import Answers, Axis, Point, flips, heat, pareto, regret, responses, tornado
from placement.sweep.case import Outcome, Row
from placement.sweep.flip import SameDecision, bisect
from placement.sweep.report import measure, pictures, sweep_page, sweep_text

ROOT = Path(__file__).resolve().parents[2]
FEE = Axis("fee", "USD", False, (1, 2, 3), (1.0, 2.0, 3.0))
SLIP = Axis("slip", None, False, ("none", "late"), None)
LEASE = Axis("lease", None, True, ("yes", "no"), None)
MEASURES = ("objective_usd", "peak_kw")


def row(index: int, settings: dict[str, Any], cost: float, **outcome: Any) -> Row:
    return Row(f"{index:064d}", index, settings, Outcome("optimal", objective=cost, **outcome))


def asked(*axes: Axis, cost: Callable[..., float]) -> Answers:
    """Every combination, at a cost that is made up."""
    points = []
    for n, at in enumerate(itertools.product(*(axis.settings for axis in axes))):
        settings = dict(zip((axis.id for axis in axes), at, strict=True))
        usd = cost(**settings)
        points.append(Point(settings, usd, row(n, settings, usd, peak_kw=-usd, served_share={"pro": 0.9, "free": 0.5})))
    return Answers("made", axes, tuple(points), without=0, waiting=0)


def leases(fee: int, slip: str, lease: str) -> float:
    """A lease costs its fee tenfold and saves 15, or 25 where the rest is late."""
    return 100.0 + (10.0 * fee if lease == "yes" else 15.0 + 10.0 * (slip == "late")) + 5.0 * (slip == "late")


MADE = asked(FEE, SLIP, LEASE, cost=leases)


def test_tornado_orders_by_swing_with_all_others_as_stated_first() -> None:
    effects = tornado(MADE)
    assert [(effect.axis.id, effect.low, effect.high) for effect in effects] == [
        ("fee", 110.0, 130.0), ("slip", 110.0, 115.0), ("lease", 110.0, 115.0),
    ]  # fmt: skip
    assert all(effect.alone and effect.base == 110.0 for effect in effects)
    assert (effects[0].cheapest, effects[0].dearest) == (1, 3)


def test_without_the_cases_for_it_effects_are_means() -> None:
    part = Answers("made", MADE.axes, MADE.points[1:], 1, 0)
    effects = {effect.axis.id: effect for effect in tornado(part)}
    assert not effects["fee"].alone
    assert effects["slip"].high == pytest.approx(sum(p.cost for p in part.points if p.at["slip"] == "late") / 6)


def test_responses_and_heat_are_means_over_cases() -> None:
    fee = responses(MADE)[0]
    assert fee.mean == pytest.approx((115.0 + 10 / 4, 120.0 + 10 / 4, 125.0 + 10 / 4))
    assert (fee.least[0], fee.most[2]) == (110.0, 135.0)
    assert heat(MADE, FEE, LEASE) == [[112.5, 122.5, 132.5], [122.5, 122.5, 122.5]]
    assert heat(Answers("m", MADE.axes, MADE.points[:1], 0, 0), FEE, LEASE) == [[110.0, None, None], [None] * 3]


def test_regret_is_what_a_choice_costs_against_knowing_the_future() -> None:
    """By fee 1, 2, 3: the lease saves 5, -5, -15 on time and 15, 5, -5 late."""
    found = regret(MADE)
    assert found is not None
    assert [(one.settings, one.worst, one.mean, one.best_in) for one in found.choices] == [
        (("yes",), 15.0, pytest.approx(25 / 6), 3), (("no",), 15.0, pytest.approx(25 / 6), 3),
    ]  # fmt: skip
    assert found.futures == 6
    cheap = regret(Answers("m", MADE.axes, tuple(p for p in MADE.points if p.at["fee"] != 3), 0, 0))
    assert cheap is not None
    assert [(one.settings, one.worst) for one in cheap.choices] == [(("yes",), 5.0), (("no",), 15.0)]
    short = regret(Answers("m", MADE.axes, MADE.points[1:], 1, 0))
    assert short is not None
    assert (short.futures, short.left_out) == (5, 1)
    assert regret(Answers("m", (FEE, SLIP), MADE.points, 0, 0)) is None


def test_decisions_flip_where_the_best_choice_changes() -> None:
    found = flips(MADE)
    assert [(flip.before, flip.after, flip.others, flip.decided_before, flip.decided_after) for flip in found] == [
        (1, 2, {"slip": "none"}, "lease=yes", "lease=no"), (2, 3, {"slip": "late"}, "lease=yes", "lease=no"),
    ]  # fmt: skip


def test_no_point_of_a_front_is_beaten() -> None:
    points = [(1.0, 9.0), (2.0, 9.0), (2.0, 5.0), (3.0, 6.0), (4.0, 1.0), (1.0, 9.5)]
    assert pareto(points) == [0, 2, 4]


def test_measures_are_made_small() -> None:
    one = MADE.points[0].row
    assert measure(one, "shed") == pytest.approx(0.3)
    assert measure(one, "shed.free") == pytest.approx(0.5)
    assert measure(one, "peak_kw") == -110.0
    assert measure(one, "mean_kw") is None
    with pytest.raises(ValueError, match="there are objective_usd"):
        measure(one, "speed")


def test_pictures_are_well_formed_and_names_cannot_break_them() -> None:
    hostile = Axis("fee", "<script>&", False, FEE.settings, FEE.figures)
    found = pictures(Answers("<b>&", (hostile, SLIP, LEASE), MADE.points, 0, 0), MEASURES)
    assert set(found) == {"tornado", "response-fee", "heat-fee-slip", "heat-fee-lease", "heat-lease-slip", "front"}
    for svg in found.values():
        assert "nan" not in svg
        ElementTree.fromstring(svg)
    page = sweep_page(Answers("<b>&", (hostile, SLIP, LEASE), MADE.points, 0, 0), MEASURES)
    assert "<script>" not in page
    assert "&lt;b&gt;&amp;" in page
    ElementTree.fromstring(found["tornado"])
    assert pictures(Answers("empty", MADE.axes, (), 3, 0), MEASURES) == {}
    assert "0 cases with a plan, 3 without" in sweep_text(Answers("empty", MADE.axes, (), 3, 0), MEASURES)


def test_bisection_halves_until_the_steps_are_used_up() -> None:
    asked_at: list[float] = []

    def decide(value: float) -> str:
        asked_at.append(value)
        return "sign" if value < 61 else "leave"

    found = bisect(decide, 0.0, 100.0, steps=3)
    assert (found.low, found.high, found.before, found.after) == (50.0, 62.5, "sign", "leave")
    assert asked_at == [0.0, 100.0, 50.0, 75.0, 62.5]
    whole = bisect(decide, 58.0, 63.0, steps=50, whole=True)
    assert (whole.low, whole.high) == (60.0, 61.0)
    with pytest.raises(SameDecision, match="the same: sign"):
        bisect(decide, 0.0, 10.0, steps=3)


def command(*arguments: object) -> str:
    ended = CliRunner().invoke(main, [str(one) for one in arguments], prog_name="placement")
    assert ended.exit_code == 0, ended.output
    return ended.stdout


@pytest.fixture
def source(tmp_path: Path, sweep_data: Callable[..., dict[str, Any]]) -> Path:
    path = tmp_path / "sweep.json"
    path.write_text(json.dumps(sweep_data(design="list", cases=[{}, {"fee": 120000}])), encoding="utf-8")
    return path


def test_the_commands_from_a_file_to_a_report(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "out"
    assert "2 cases; at most" in command("sweep", "run", source, "--dry-run")
    assert not folder.exists()
    assert "2 of 2 cases ended, 0 errors" in command("sweep", "run", source, "-o", folder, "-q", "--jobs", "1")
    assert "optimal" in command("sweep", "status", folder)
    assert "0 cases left: about 0 h" in command("sweep", "run", source, "-o", folder, "--dry-run")
    assert command("sweep", "collect", folder).count("\n") == 3
    told = command("sweep", "report", folder)
    assert "73000 to 120000" in told
    assert "signs lease" in told
    command("sweep", "report", folder, "-o", tmp_path / "r.html", "--pictures", tmp_path / "svg")
    assert (tmp_path / "r.html").read_text(encoding="utf-8").count("<svg") == len(list((tmp_path / "svg").iterdir())) > 0
    bad = CliRunner().invoke(main, ["sweep", "report", str(tmp_path)], prog_name="placement")
    assert (bad.exit_code, "no sweep" in bad.output) == (2, True)
    bad = CliRunner().invoke(main, ["sweep", "report", str(folder), "--front", "a,b"], prog_name="placement")
    assert (bad.exit_code, "no measure a" in bad.output) == (2, True)


def test_the_fee_up_to_which_a_lease_is_worth_it(tmp_path: Path, source: Path) -> None:
    """1000 + 48 fee / 730 = 8000 at a fee of 7000 x 730 / 48 = 106,458."""
    told = command("sweep", "flip", source, "-o", tmp_path / "flip", "--parameter", "fee", "--between", 106000, 107000,
                   "--steps", 1, "--jobs", 1)  # fmt: skip
    assert told == "fee up to 106000: signs lease; from 106500: signs nothing\n"
    for wrong in (["--parameter", "x"], ["--parameter", "fee", "--at", "worth=3"],
                  ["--parameter", "fee", "--between", "nan", "1"], ["--parameter", "fee", "--between", "2", "1"]):  # fmt: skip
        bad = CliRunner().invoke(main, ["sweep", "flip", str(source), "-o", str(tmp_path / "flip"), "--jobs", "1", *wrong])
        assert bad.exit_code == 2, bad.output


def test_folders_that_cannot_be_and_rows_that_were_edited_are_bad_input(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "out"
    assert CliRunner().invoke(main, ["sweep", "run", str(source), "-o", str(folder), "--jobs", "1"]).exit_code == 0
    next(folder.glob("cases/*/row.json")).write_text("{}")
    for arguments in (["status", folder], ["collect", folder], ["report", folder], ["run", source, "-o", folder]):
        bad = CliRunner().invoke(main, ["sweep", *map(str, arguments)])
        assert (bad.exit_code, "no row of a case" in bad.output) == (2, True), bad.output
    if Path("/proc/self").exists():  # Where nobody can make a folder, root included.
        for arguments in (["run", source], ["flip", source, "--parameter", "fee", "--jobs", "1"]):
            bad = CliRunner().invoke(main, ["sweep", *map(str, arguments), "-o", "/proc/none"])
            assert (bad.exit_code, "cannot make /proc/none" in bad.output) == (2, True), bad.output


def test_failed_cases_are_run_again_on_request(tmp_path: Path, sweep_data: Callable[..., dict[str, Any]]) -> None:
    path, folder = tmp_path / "sweep.json", tmp_path / "out"
    leased = {"id": "leased", "path": "pools[q].online_gpus", "values": [-8]}
    path.write_text(json.dumps(sweep_data(parameters=[leased])), encoding="utf-8")
    assert "1 error" in command("sweep", "run", path, "-o", folder, "-q", "--jobs", "1")
    before = (next((folder / "cases").iterdir()) / "row.json").stat().st_mtime_ns
    command("sweep", "run", path, "-o", folder, "-q", "--jobs", "1")
    assert (next((folder / "cases").iterdir()) / "row.json").stat().st_mtime_ns == before
    command("sweep", "run", path, "-o", folder, "-q", "--jobs", "1", "--retry-errors", "--shard", "1/1")
    assert (next((folder / "cases").iterdir()) / "row.json").stat().st_mtime_ns > before
    assert "online_gpus" in command("sweep", "status", folder)
    for wrong in (["--shard", "3/2"], ["--shard", "x"], ["--engine", "cloud"], []):
        bad = CliRunner().invoke(main, ["sweep", "run", str(path), *wrong], prog_name="placement")
        assert bad.exit_code == 2, bad.output


def test_a_frame_has_a_row_for_each_case(tmp_path: Path, sweep_data: Callable[..., dict[str, Any]]) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed: pip install 'fleet-placement[pandas]'")
    from placement import run_sweep, sweep_cases, sweep_frame

    cases = sweep_cases(sweep_data(design="list", cases=[{}, {"worth": 2000}]))
    frame = sweep_frame(run_sweep(cases, tmp_path, jobs=1))
    assert frame["objective_usd"].tolist() == pytest.approx([-11200.0, -9000.0])
    assert frame["signed.lease"].tolist() == [True, False]


def test_sweeps_that_are_shipped_expand() -> None:
    from placement.cli.sweeping import sweep_cases

    for path in sorted((ROOT / "instances" / "sweeps").glob("*.yaml")):
        assert len(sweep_cases(path).cases) > 1
        assert yaml.safe_load(path.read_text(encoding="utf-8"))["name"] == path.stem


def test_sampled_parameters_are_put_into_parts(sweep_data: Callable[..., dict[str, Any]]) -> None:
    from placement.sweep.answers import _axis

    figures = [float(n) for n in range(40)]
    axis, place = _axis({"id": "p", "unit": None, "decision": False, "settings": figures, "figures": figures}, figures)
    assert axis.sampled
    assert len(axis.settings) == 8
    assert place(0.0) == place(4.0) == 2.0


def test_costs_are_called_what_the_last_level_is() -> None:
    made = asked(Axis("fee", None, False, (1, 2), (1.0, 2.0)), cost=lambda fee: 10.0 * fee)
    assert made.cost == "net cost, USD"
    levels = {"promises": 0.0, "least_carbon": 1.0}
    outcomes = [replace(point.row.outcome, levels=levels, unit="tonnes") for point in made.points]
    by_level = [replace(p, row=replace(p.row, outcome=outcome)) for p, outcome in zip(made.points, outcomes, strict=True)]
    carbon = replace(made, points=tuple(by_level))
    assert carbon.cost == "least carbon, tonnes"
    assert "least carbon, tonnes" in sweep_text(carbon, ("objective_usd", "peak_kw"))
    assert all("USD" not in picture for name, picture in pictures(carbon, ("mean_kw", "peak_kw")).items() if name != "front")
    assert replace(made, points=(made.points[0], by_level[1])).cost == "objective"


def test_pictures_stay_in_their_folder_and_measures_exist(tmp_path: Path) -> None:
    """A store that somebody else wrote may name its parameters as it likes."""
    store, runner = tmp_path / "s", CliRunner()
    options = ["--vary", "fee:contracts[lease].fee_usd_per_month=1,2", "--work-limit", "5", "--solver", "enumerate", "--jobs", "1"]
    instance = str(ROOT / "instances" / "tiny" / "contract-lease.yaml")
    ran = runner.invoke(main, ["sweep", "run", instance, *options, "-o", str(store)])
    assert ran.exit_code == 0, ran.output
    for front in ("objective_usd,shed.nobody", "shed,term.nothing_usd"):
        told = runner.invoke(main, ["sweep", "report", str(store), "--front", front])
        assert told.exit_code == 2 and "no case has a measure" in told.output
    (tmp_path / "file").write_text("mine")
    told = runner.invoke(main, ["sweep", "report", str(store), "--pictures", str(tmp_path / "file")])
    assert told.exit_code == 2 and "it is no folder" in told.output
    told = runner.invoke(main, ["sweep", "report", str(store), "-o", str(store / "sweep.json")])
    assert told.exit_code == 2 and "would be lost" in told.output
    manifest = (store / "sweep.json").read_text()
    (store / "sweep.json").write_text(manifest.replace('"fee"', '"x/../../evil"'))
    told = runner.invoke(main, ["sweep", "report", str(store), "--pictures", str(tmp_path / "pictures")])
    assert told.exit_code == 2 and not (tmp_path / "pictures").exists(), told.output


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--work-limit", "nan"], "nan"),
        (["--work-limit", "5", "--gap", "inf"], "inf"),
        (["--work-limit", "5", "--vary", "x:contracts[lease].fee_usd_per_month=1,"], "a value is missing"),
    ],
)
def test_options_of_sweeps_that_mean_nothing(options: list[str], says: str) -> None:
    vary = [] if "--vary" in options else ["--vary", "fee:contracts[lease].fee_usd_per_month=1,2"]
    instance = str(ROOT / "instances" / "tiny" / "contract-lease.yaml")
    told = CliRunner().invoke(main, ["sweep", "run", instance, *vary, *options, "--dry-run"])
    assert told.exit_code == 2 and says in told.output, told.output


def test_samples_are_stated_in_the_sweep() -> None:
    sweep = str(ROOT / "instances" / "sweeps" / "tiny-lease.yaml")
    told = CliRunner().invoke(main, ["sweep", "run", sweep, "--samples", "3", "--dry-run"])
    assert told.exit_code == 2 and "samples there" in told.output
