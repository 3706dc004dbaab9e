"""``placement futures``: report, data, plans in a folder that is whole or not there, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result


def test_json_says_all(run: Callable[..., Result], tiny: Callable[[str], str]) -> None:
    result = run("futures", tiny("futures"), "--regret", "--contract", "lease", "--json", "--log-format", "none")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert data["levels"][-1]["value"] == pytest.approx(-9250)
    assert data["signed_now"] == [{"contract": "lease", "start_date": "2026-01-02", "end_date": "2026-01-04"}]
    assert [future["levels"]["net_cost"] for future in data["futures"]] == pytest.approx([-11200, -5200])
    assert [future["regret"]["usd"] for future in data["decisions"][0]["futures"]] == pytest.approx([0, 3800])
    assert data["contracts"][0]["having"]["usd"] == pytest.approx(250)


def test_plans_are_saved_and_pass_the_check(run: Callable[..., Result], tiny: Callable[[str], str], tmp_path: Path) -> None:
    folder = tmp_path / "plans"
    result = run("futures", tiny("futures"), "-o", folder, "--log-format", "none")
    assert result.exit_code == 0 and "Signed now" in result.stdout
    assert run("check", tiny("futures"), folder / "as-planned.json").exit_code == 0
    assert run("check", tiny("futures"), folder / "shrinks.json", "--scenario", "shrinks").exit_code == 0
    assert run("check", tiny("futures"), folder / "shrinks.json").exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["plans"]
    again = run("futures", tiny("futures"), "-o", folder, "--log-format", "none")
    assert again.exit_code == 2 and "it exists" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("--contract", "nobody"), "'nobody' is not a contract"), (("--contract", "owned"), "'owned' is not a contract"),
     (("-o", "no/such/folder"), "its parent does not"), (("--gap", "nan"), "not a finite number")],
)  # fmt: skip
def test_what_it_refuses(run: Callable[..., Result], tiny: Callable[[str], str], arguments: tuple[str, ...], says: str) -> None:
    result = run("futures", tiny("futures"), *arguments)
    assert result.exit_code == 2
    assert says in result.stderr


def test_an_instance_without_futures(run: Callable[..., Result], tiny: Callable[[str], str]) -> None:
    result = run("futures", tiny("contract-lease"))
    assert result.exit_code == 2
    assert "state futures, or solve one scenario" in result.stderr


def test_hostile_names_reach_no_terminal(run: Callable[..., Result], edited: Callable[..., str]) -> None:
    def rename(document: dict[str, Any]) -> None:
        document["name"] = "tiny \x1b[31m red"

    result = run("futures", edited("futures", rename), "--log-format", "none")
    assert "\x1b" not in result.output


def test_infeasible_in_one_future(run: Callable[..., Result], edited: Callable[..., str]) -> None:
    def insist(document: dict[str, Any]) -> None:
        for job in document["jobs"]:
            job["commitment"] = "must"
        document["scenarios"][0]["changes"].append({"path": "pools[p].online_gpus", "value": 0})

    result = run("futures", edited("futures", insist), "--log-format", "none")
    assert result.exit_code == 3
    assert "shrinks: placement solve INSTANCE --scenario shrinks says what is missing" in result.stdout
