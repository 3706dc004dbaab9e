"""Traces: the primal integral worked out by hand, the gap, and thinning."""

from __future__ import annotations

import pytest

from placement.bench.traces import LONGEST_TRACE, Trace, gap_between, primal_integral, thinned


def test_primal_integral_of_a_trace_worked_out_by_hand() -> None:
    """No plan for 2 s (1), then 125 against 100 for 3 s (0.2), then 100 for 5 s (0): (2 + 0.6) / 10."""
    trace: Trace = [[1.0, None, 50.0], [2.0, 125.0, 60.0], [4.0, 125.0, 90.0], [5.0, 100.0, 100.0]]
    assert primal_integral(trace, 100.0, 10.0) == pytest.approx(0.26)


def test_primal_integral_counts_to_the_horizon_only() -> None:
    """Of 4 s, 2 without a plan and 2 at a gap of 0.2; what came at 5 s comes too late."""
    assert primal_integral([[2.0, 125.0, None], [5.0, 100.0, 100.0]], 100.0, 4.0) == pytest.approx(0.6)


def test_primal_integral_is_capped_and_wants_a_bound() -> None:
    assert primal_integral([[1.0, 1e9, None], [3.0, -100.0, None]], -100.0, 4.0) == pytest.approx(0.75)
    assert primal_integral([], -100.0, 4.0) == 1.0
    assert primal_integral([[1.0, 5.0, None]], None, 4.0) is None


def test_gap_is_that_of_the_levels() -> None:
    assert gap_between(-90.0, -100.0) == pytest.approx(10 / 90)
    assert gap_between(0.5, 0.25) == 0.25
    assert gap_between(5.0, 6.0) == 0.0
    assert gap_between(None, 1.0) is None


def test_thinned_drops_repeats_and_keeps_both_ends() -> None:
    assert thinned([[0.0, None, 1.0], [1.0, None, 1.0], [2.0, 5.0, 1.0]]) == [[0.0, None, 1.0], [2.0, 5.0, 1.0]]
    many: Trace = [[float(k), -float(k), None] for k in range(5000)]
    kept = thinned(many)
    assert len(kept) == LONGEST_TRACE
    assert (kept[0], kept[-1]) == (many[0], many[-1])
