"""``placement explain losses`` as a command."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]
Tiny = Callable[[str], str]


def test_losses_are_priced(run: Run, tiny: Tiny) -> None:
    done = run("explain", "losses", tiny("backups"), "--gap", 0, "--solver", "highs")
    assert done.exit_code == 0, done.output
    (line,) = [line for line in done.stdout.splitlines() if "any-site" in line]
    assert line.split() == ["any-site", "-848", "-1,080", "232", "232"]


def test_losses_as_json(run: Run, tiny: Tiny) -> None:
    done = run("explain", "losses", tiny("backups"), "--gap", 0, "--json", "--time-limit", 30)
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["instance"]["name"] == "tiny-backups"
    (row,) = found["losses"]
    assert row["least_usd"] == pytest.approx(232.0, abs=1e-3)
    assert row["note"] == ""


def test_no_losses_to_price(run: Run, tiny: Tiny) -> None:
    done = run("explain", "losses", tiny("power"))
    assert done.exit_code == 0
    assert "names no losses" in done.stdout
    assert json.loads(run("explain", "losses", tiny("power"), "--json").stdout)["losses"] == []


def test_bad_input(run: Run, tiny: Tiny) -> None:
    assert run("explain", "losses", tiny("nowhere")).exit_code == 2
    assert run("explain", "losses", tiny("power"), "--gap", 2).exit_code == 2
    assert run("explain", "--help").exit_code == 0


def test_what_the_plan_decides_is_reported(run: Run, tiny: Tiny) -> None:
    done = run("solve", tiny("backups"), "--log-format", "none")
    assert "Places kept for must jobs after a loss" in done.stdout
    assert "any-site/a" in done.stdout
    done = run("solve", tiny("maintenance"), "--log-format", "none")
    (line,) = [line for line in done.stdout.splitlines() if "racks" in line]
    assert line.split() == ["p", "racks", "2026-01-02", "2026-01-03"]


def test_the_fee_that_a_lease_is_worth(run: Run, tiny: Tiny) -> None:
    done = run("explain", "fee", tiny("contract-lease"), "--gap", 0, "--solver", "highs")
    assert done.exit_code == 0, done.output
    (line,) = [line for line in done.stdout.splitlines() if line.split()[:1] == ["lease"]]
    assert line.split() == ["lease", "-9,000", "-11,200", "5,800", "1.379", "1.379", "1.379"]
    done = run("explain", "fee", tiny("contract-lease"), "--contract", "lease", "--json", "--gap", 0)
    (row,) = json.loads(done.stdout)["fees"]
    assert row["factor"] == pytest.approx(8000 / 5800)


def test_fees_that_no_decision_depends_on(run: Run, tiny: Tiny) -> None:
    done = run("explain", "fee", tiny("power"))
    assert done.exit_code == 0
    assert "no optional contract" in done.stdout
    assert run("explain", "fee", tiny("contract-lease"), "--contract", "owned").exit_code == 2
    assert run("explain", "fee", tiny("contract-lease"), "--contract", "\x1b[2J").exit_code == 2
