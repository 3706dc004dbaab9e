"""The other commands: check, show, schema, catalogue, help and version."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]
Tiny = Callable[[str], str]
Edited = Callable[..., str]

ROOT = Path(__file__).resolve().parents[2]


# ------------------------------------------------------------ help


def test_help_imports_nothing_heavy(record_property: Callable[[str, object], None]) -> None:
    """What makes ``placement --help`` quick; the seconds are reported, not judged."""
    code = (
        "import sys\nfrom placement.cli import main\n"
        "try: main(['--help'], prog_name='placement')\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pydantic', 'scipy', 'ortools', 'networkx', 'rich', 'yaml'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    record_property("help_seconds", round(time.monotonic() - began, 3))
    assert done.stderr.strip() == "[]"
    assert "solve" in done.stdout


@pytest.mark.parametrize("command", ["solve", "check", "show", "explain", "schema", "catalogue"])
def test_every_command_has_help(run: Run, command: str) -> None:
    assert run(command, "--help").exit_code == 0


def test_an_unknown_command_is_bad_input(run: Run) -> None:
    assert run("explode").exit_code == 2


# ------------------------------------------------------------ check


@pytest.fixture
def broken_plan(run: Run, tiny: Tiny, tmp_path: Path) -> Path:
    """A plan of tiny power whose replicas are gone while its streams are still served."""
    plan = tmp_path / "plan.json"
    assert run("solve", tiny("power"), "-o", plan, "-q").exit_code == 0
    (table,) = tmp_path.rglob("plan.replicas.*.csv")
    header = table.read_text(encoding="utf-8").splitlines()[0]
    table.write_text(header + "\n", encoding="utf-8")
    return plan


def test_violations_are_listed(run: Run, tiny: Tiny, broken_plan: Path) -> None:
    done = run("check", tiny("power"), broken_plan)
    assert done.exit_code == 1, done.output
    assert "sla" in done.stdout
    assert "tokens/s" in done.stdout


def test_violations_as_json(run: Run, tiny: Tiny, broken_plan: Path) -> None:
    done = run("check", tiny("power"), broken_plan, "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert found["valid"] is False
    assert found["violations"][0].keys() == {"law", "subject", "period", "amount", "unit", "message"}
    assert all(violation["amount"] > 0 for violation in found["violations"])


def test_tables_that_were_edited_are_named(run: Run, tiny: Tiny, broken_plan: Path) -> None:
    assert "replicas" in run("check", tiny("power"), broken_plan).stderr


def test_costs_that_the_tables_do_not_bear_out(run: Run, tiny: Tiny, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    run("solve", tiny("power"), "-o", plan, "-q")
    document = json.loads(plan.read_text(encoding="utf-8"))
    document["terms"]["revenue"] -= 1000.0
    plan.write_text(json.dumps(document), encoding="utf-8")
    done = run("check", tiny("power"), plan)
    assert done.exit_code == 1, done.output
    assert "stated costs" in done.stdout


def test_a_plan_that_is_not_there_or_no_plan(run: Run, tiny: Tiny, tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.json"
    nonsense.write_text("{", encoding="utf-8")
    for path in (tmp_path / "nowhere.json", nonsense, tmp_path):
        done = run("check", tiny("power"), path)
        assert done.exit_code == 2, done.output
        assert "Traceback" not in done.stderr


# ------------------------------------------------------------ show


def test_show_tells_supply_and_demand(run: Run, tiny: Tiny) -> None:
    done = run("show", tiny("power"))
    assert done.exit_code == 0, done.output
    for what in ("Accelerators", "Feeds", "Demand", "Training"):
        assert what in done.stdout


def test_show_by_period_has_a_line_for_each(run: Run, tiny: Tiny) -> None:
    worst, each = (run("show", tiny("power"), "--by", by).stdout.splitlines() for by in ("block", "period"))
    assert len(each) == len(worst) + 1


def test_show_finds_what_is_short_for_certain(run: Run, edited: Edited) -> None:
    """Tiny sla with ten times the demand that must be served nearby."""

    def grown(document: dict[str, Any]) -> None:
        document["streams"][0]["demand_tokens_per_s"] = 150

    figures = json.loads(run("show", edited("sla", grown), "--json").stdout)
    # A token/s takes 0.8 accelerators by fast replicas and 0.4 by slow ones; there are 24, of which fast reaches 16.
    assert figures["demand_short_gpus"] == [pytest.approx(150 * 0.8 + 30 * 0.4 - 24)]
    assert any("short" in finding for finding in figures["findings"])


def test_show_counts_power_and_supply(run: Run, tiny: Tiny) -> None:
    figures = json.loads(run("show", tiny("power"), "--json").stdout)
    assert len(figures["periods"]) == 2
    assert figures["feeds"]["grid"]["limit_kw"] == [40.0, 45.0]
    assert max(figures["feeds"]["grid"]["full_kw"]) > 40
    for rows in figures["accelerators"].values():
        assert all(s <= o + 1e-6 for s, o in zip(rows["serving_gpus"], rows["online_gpus"], strict=True))


def test_labels_cannot_move_the_cursor() -> None:
    from placement.report.text import clean, table

    assert clean("a\x1b[2J\n\u202eb\x00") == "a\ufffd[2J\ufffd\ufffdb\ufffd"
    assert "\x1b" not in table(("x",), [("\x1b[31m",)])


# ------------------------------------------------------------ schema and catalogue


def test_schema(run: Run, tmp_path: Path) -> None:
    printed = run("schema")
    assert printed.exit_code == 0, printed.output
    assert json.loads(printed.stdout)["type"] == "object"
    path = tmp_path / "fleet.schema.json"
    assert run("schema", "-o", path).exit_code == 0
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(printed.stdout)
    assert list(tmp_path.iterdir()) == [path]
    assert run("schema", "-o", tmp_path / "no" / "schema.json").exit_code == 2


def test_catalogue(run: Run) -> None:
    rows = json.loads(run("catalogue", "--json").stdout)["accelerators"]
    listed = run("catalogue").stdout
    assert {row["accelerator"] for row in rows} >= {"h100-sxm", "gb200-nvl72", "tpu-v7", "trn2"}
    assert all(row["source"] and row["certainty"] for row in rows)
    assert all(row["accelerator"] in listed for row in rows)
