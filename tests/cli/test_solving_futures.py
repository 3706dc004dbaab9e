"""Answers for several futures: what bounds them, what they say where there is no plan, and limits that hold."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from placement.cli import solving_futures
from placement.cli.solving_futures import Search, bounded, solve_futures
from placement.files import load_futures
from placement.futures import FuturesResult, Signing
from placement.instance import Instance
from placement.program import LevelResult, Status
from tests.explain.test_futures import edited

HALVES = (0.5, 0.5)


def search() -> Search:
    return Search(solver="highs", workers=1)


def solved(cases: tuple[Instance, ...], how: Search) -> tuple[FuturesResult, list[FuturesResult]]:
    """All futures together, and each by itself."""
    together = solve_futures(cases, ["one", "two"], HALVES, Signing(), search=how)
    return together, [how.known[name, Signing()] for name in ("one", "two")]


def at_odds(document: dict[str, Any]) -> None:
    """One unit, leased for two days, at 1 USD per GPU-hour; a promised job of two days wants the first ones, or the last ones."""
    document["contracts"] = [document["contracts"][1] | {"price_usd_per_gpu_hour": 1.0}]
    document["pools"] = [document["pools"][1]]
    days = {"release_date": "2026-01-01", "deadline_date": "2026-01-03"}
    document["jobs"] = [document["jobs"][0] | days | {"commitment": "promised", "breach_usd": 1e4, "value_usd": 0.0}]
    late = {"release_date": "2026-01-03", "deadline_date": "2026-01-05"}
    document["scenarios"][0]["changes"] = [{"path": f"jobs[a].{field}", "value": value} for field, value in late.items()]


def test_futures_alone_bound_net_cost_only_if_together_they_keep_as_many_promises(tmp_path: Path) -> None:
    """Alone each runs the job, 5,800 + 384; together it is dropped in one of them, which then saves 384: 5,992 on average."""
    _, cases = load_futures(edited(tmp_path, at_odds))
    together, alone = solved(cases, search())
    assert [level.value for level in together.levels] == pytest.approx([5000, 5992])
    assert [[level.bound for level in one.levels] for one in alone] == [pytest.approx([0, 6184])] * 2
    worse = LevelResult("net_cost", 7000.0, 1000.0)
    found = bounded(replace(together, levels=(together.levels[0], worse)), alone, HALVES, None, 1e-4)
    assert found.net_cost == worse and found.status is Status.FEASIBLE


def test_futures_alone_bound_net_cost_where_no_promise_is_broken(tmp_path: Path) -> None:
    _, cases = load_futures(edited(tmp_path, lambda d: None))
    together, alone = solved(cases, search())
    worse = LevelResult("net_cost", -5000.0, None)
    found = bounded(replace(together, levels=(together.levels[0], worse)), alone, HALVES, None, 1e-4)
    assert found.net_cost.bound == pytest.approx(0.5 * -11200 + 0.5 * -9000)


def test_an_infeasible_answer_has_no_values(tmp_path: Path) -> None:
    def never(document: dict[str, Any]) -> None:
        document["jobs"][1] |= {"commitment": "must"}
        document["contracts"], document["pools"] = document["contracts"][:1], document["pools"][:1]
        document["scenarios"][0]["changes"] = [{"path": "jobs[a].commitment", "value": "must"}]

    _, cases = load_futures(edited(tmp_path, never))
    result = solve_futures(cases, ["one", "two"], HALVES, Signing(), search=search())
    assert result.status is Status.INFEASIBLE and result.plans is None
    assert all(level.value is None and level.bound is None for level in result.levels)


def test_time_spent_on_writing_programs_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the futures by themselves no time is left for candidates, so that only the joint Program is still written."""
    written, formulate = [], solving_futures.formulate_futures

    def slowly(*args: Any) -> Any:
        written.append(len(args[0]))
        time.sleep(0.3)
        return formulate(*args)

    monkeypatch.setattr(solving_futures, "formulate_futures", slowly)
    _, cases = load_futures(edited(tmp_path, lambda d: None))
    solve_futures(cases, ["one", "two"], HALVES, Signing(), search=search(), time_limit_s=0.6)
    assert written == [1, 1, 2]
