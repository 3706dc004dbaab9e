"""Peers answer like the exact solver where they can, refuse what they cannot, and are judged by the same check."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.cases import Case, InstanceSource, run_case
from benchmarks.peers import PEERS, load_peer, monolith_cpsat, monolith_highs
from tests.benchmarks.cases import TINY

BEST = json.loads((TINY.parent / "best.json").read_text())
PATHS = sorted(TINY.glob("*.yaml"))
MONOLITHS = ("monolith_cpsat", "monolith_highs")


def peer_case(stem: str, name: str) -> Case:
    return Case(stem, 0, name, InstanceSource(TINY / f"{stem}.yaml"), time_limit_s=20.0, gap=0.0, workers=1, peer=True)


@pytest.mark.parametrize("name", MONOLITHS)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_monoliths_reach_the_optima_worked_out_by_hand(path, name) -> None:  # type: ignore[no-untyped-def]
    row = run_case(peer_case(path.stem, name))
    assert row.error is None
    assert row.violations == 0
    best = BEST[f"tiny/{path.stem}"]["levels"]["net_cost"]["objective"]
    # CP-SAT counts divisible columns in thousandths.
    assert row.objective == pytest.approx(best, rel=2e-3 if name == "monolith_cpsat" else 1e-4)
    assert row.bound is not None
    assert row.objective is not None
    assert row.bound <= row.objective + 1e-6 * max(1.0, abs(row.objective))


@pytest.mark.parametrize("module", [monolith_cpsat, monolith_highs], ids=MONOLITHS)
def test_a_program_with_too_many_columns_is_refused_in_a_row(module, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(module, "MOST_COLUMNS", 3)
    row = run_case(peer_case("sla", module.__name__.rpartition(".")[2]))
    assert (row.status, row.objective, row.error) == ("refused", None, None)
    assert row.facts is not None
    assert "more than 3" in str(row.facts["refused"])


def test_rows_become_whole_by_a_small_factor_or_are_rounded_up() -> None:
    row = np.array([0, 0, 1, 1, 2])
    value = np.array([1.4, -2.1, 1 / 3, 2.0, 5.0])
    whole, factor, exact = monolith_cpsat.whole_rows(row, value, 3)
    assert exact.tolist() == [True, False, True]
    assert whole[:2].tolist() == [14, -21]
    assert factor[0] == 10
    assert whole[4] == 5
    rounded = whole[2:4] / factor[1]
    assert np.all(rounded >= value[2:4] - 1e-12)
    assert np.all(rounded <= value[2:4] + 1 / factor[1])


@pytest.mark.parametrize("name", sorted(PEERS))
def test_every_peer_says_in_a_line_whether_it_can_run(name: str) -> None:
    reason = load_peer(name).available()
    assert reason is None or (reason and "\n" not in reason)


def test_an_unknown_peer_is_named() -> None:
    with pytest.raises(ValueError, match=r"no peer named 'nobody'; there are .*monolith_highs"):
        load_peer("nobody")
