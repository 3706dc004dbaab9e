"""What is the user's stays: no command writes over an instance, a store or a plan in force, nor removes tables of another plan."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]
Tiny = Callable[[str], str]
Edited = Callable[..., str]

SUITE = """\
format: fleet-placement-suite/1
name: mine
defaults: {solvers: [enumerate], work_limit: 5}
cases: [{instances: [fleet.yaml]}]
"""
TRADEOFF = ("explain", "tradeoff", "{fleet}", "--between", "promises", "net_cost", "--points", 2, "--time-limit", 5)


@pytest.mark.parametrize(
    "command",
    [(*TRADEOFF, "-o", "{csv}"), ("schema", "-o", "{fleet}"), ("bench", "run", "{suite}", "-q", "-o", "{fleet}"),
     ("bench", "run", "{suite}", "-q", "-o", "{plan}"), ("solve", "{fleet}", "-q", "-o", "{fleet}"),
     ("sweep", "schema", "-o", "{plan}")],
    ids=["a curve", "a schema", "a result", "a result on a plan", "a plan", "a schema on a plan"],
)  # fmt: skip
def test_documents_are_not_written_over(run: Run, tiny: Tiny, tmp_path: Path, command: tuple[Any, ...]) -> None:
    places = {name: tmp_path / file for name, file in (("fleet", "fleet.yaml"), ("suite", "suite.yaml"), ("plan", "plan.json"))}
    places["csv"] = tmp_path / "fleet.csv"
    for name in ("fleet", "csv"):
        shutil.copy(tiny("objective-order"), places[name])
    places["suite"].write_text(SUITE)
    assert run("solve", places["fleet"], "-q", "-o", places["plan"]).exit_code == 0
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    ran = run(*(part.format(**places) if isinstance(part, str) else part for part in command))
    assert ran.exit_code == 2 and "name another file" in ran.output, ran.output
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_a_command_wrote_it_may_write_again(run: Run, tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text(SUITE)
    shutil.copy(tiny("limit"), tmp_path / "fleet.yaml")
    for _ in range(2):
        assert run("bench", "run", tmp_path / "suite.yaml", "-q", "-o", tmp_path / "result.json").exit_code == 0
        accepted = run("bench", "accept", tmp_path / "result.json", tmp_path / "base.json", "--reason", "first")
        assert accepted.exit_code == 0, accepted.output
        assert run("schema", "-o", tmp_path / "schema.json").exit_code == 0
        assert run("solve", tmp_path / "fleet.yaml", "-q", "-o", tmp_path / "plan.json").exit_code == 0


def test_tables_that_another_plan_names_stay(run: Run, edited: Edited, tmp_path: Path) -> None:
    """A plan and its copy, or two plans of one stem, share tables: the new plan takes away those of the old one alone."""

    def dearer(document: dict[str, Any]) -> None:
        del document["running_plan"]
        document["jobs"][0]["lateness_usd_per_day"] = 160

    fleet = edited("changes", dearer)
    plan = tmp_path / "plan.json"
    assert run("solve", fleet, "-q", "-o", plan).exit_code == 0
    for other in ("today.json", "plan.old"):
        shutil.copy(plan, tmp_path / other)
    now = edited("changes", lambda document: document.pop("running_plan"))
    ran = run("replan", now, "--today", tmp_path / "today.json", "-o", plan, "--log-format", "none")
    assert ran.exit_code == 0, ran.output
    assert run("check", now, plan, "--today", tmp_path / "today.json").exit_code == 0
    for kept in ("today.json", "plan.old", "plan.json"):
        tables = json.loads((tmp_path / kept).read_text())["tables"].values()
        assert all((tmp_path / table["file"]).is_file() for table in tables), kept


def test_the_plan_in_force_is_not_written_over(run: Run, edited: Edited, tmp_path: Path) -> None:
    fleet = edited("changes", lambda document: document.pop("running_plan"))
    today = tmp_path / "today.json"
    assert run("solve", fleet, "-q", "-o", today).exit_code == 0
    before = today.read_bytes()
    ran = run("replan", fleet, "--today", today, "-o", today, "--log-format", "none")
    assert ran.exit_code == 2 and "the plan in force" in ran.output
    assert today.read_bytes() == before


def test_one_plan_is_in_force(run: Run, tiny: Tiny, tmp_path: Path) -> None:
    """An instance that states a running plan is judged by that: a plan near another one would break its law of changes."""
    today = tmp_path / "today.json"
    assert run("solve", tiny("changes"), "-q", "-o", today).exit_code == 0
    ran = run("replan", tiny("changes"), "--today", today, "-o", tmp_path / "new.json", "--log-format", "none")
    assert ran.exit_code == 2 and "states a running_plan of its own" in ran.output
    assert not (tmp_path / "new.json").exists()


def test_names_that_leave_no_room_for_tables_are_refused_before_the_solve(run: Run, tiny: Tiny, tmp_path: Path) -> None:
    ran = run("solve", tiny("limit"), "-q", "-o", tmp_path / f"{'n' * 240}.json")
    assert ran.exit_code == 2 and "name too long" in ran.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda d: d.update(levels=[]), "does not state it"),
        (lambda d: d.update(terms=None), "does not state it"),
        (lambda d: d["levels"][-1].update(bound=1e9), "above the value"),
    ],
    ids=["no levels", "no terms", "a bound above the value"],
)
def test_what_a_plan_says_of_itself_is_judged(
    run: Run, tiny: Tiny, tmp_path: Path, edit: Callable[[dict[str, Any]], None], says: str
) -> None:
    plan = tmp_path / "plan.json"
    assert run("solve", tiny("limit"), "-q", "-o", plan).exit_code == 0
    document = json.loads(plan.read_text())
    edit(document)
    plan.write_text(json.dumps(document))
    ran = run("check", tiny("limit"), plan)
    assert ran.exit_code == 1 and says in ran.output, ran.output


def test_the_plan_before_of_another_instance_is_told(run: Run, tiny: Tiny, edited: Edited, tmp_path: Path) -> None:
    """What of it means nothing here is counted, not passed over."""
    before, after = edited("changes", lambda document: document.pop("running_plan")), tmp_path / "after.json"
    assert run("solve", before, "-q", "-o", tmp_path / "before.json").exit_code == 0
    assert run("solve", tiny("contract-lease"), "-q", "-o", after).exit_code == 0
    ran = run("check", tiny("contract-lease"), after, "--today", tmp_path / "before.json")
    assert "is of another instance, tiny-changes" in ran.output, ran.output
