"""Comparing: each figure in each direction, at the edge of its tolerance, missing, and of instances and suites that changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placement.bench.case import CaseLimits, Information, Level, Quality, Row
from placement.bench.compare import Comparison, Finding, Kind, compare
from placement.bench.gates import Gate, Gates, GatesPatch, Ratio
from tests.bench.searches import document

LIMITS = CaseLimits(gap=0.0, work_limit=10.0)
LEVELS = (Level("promises", 50.0, 50.0, 0.0), Level("net_cost", -1000.0, -1010.0, 0.01))
QUALITY = Quality("feasible", "work", LEVELS, 0, {"energy": 1.0}, {"options": 100, "columns": 400}, 8.0, 0.1)
ROW = Row("a/highs/0", "a.yaml", None, "highs", 0, LIMITS, QUALITY, Information(seconds=10.0, peak_mb=100.0), "sha256:aa")


def level(which: int, **changes: Any) -> Row:
    levels = list(LEVELS)
    levels[which] = replace(levels[which], **changes)
    return with_quality(levels=tuple(levels))


def with_quality(**changes: Any) -> Row:
    return replace(ROW, quality=replace(QUALITY, **changes))


def compared(after: Row, before: Row = ROW, gates: Gates | None = None, **options: Any) -> Comparison:
    gates = gates or Gates()
    return compare(document(before, gates=gates), document(after, gates=gates), **options)


def only(comparison: Comparison) -> Finding:
    (finding,) = comparison.findings
    return finding


def metrics(comparison: Comparison, kind: Kind) -> list[str]:
    return [finding.metric for finding in comparison.of(kind)]


def test_a_crash_is_a_regression_whatever_the_baseline_had() -> None:
    crash = replace(ROW, quality=Quality("error"), error="process ended with -9")
    for before in (with_quality(violations=3), replace(ROW, error="claims a bound above its plan")):
        comparison = compared(crash, before)
        assert not comparison.passed
        assert "error" in metrics(comparison, Kind.REGRESSION)


def test_bounds_of_a_later_level_hold_only_where_the_levels_before_are_equal() -> None:
    gates = Gates(objective=Gate(relative=0.01))
    better = replace(
        ROW, quality=replace(QUALITY, levels=(replace(LEVELS[0], objective=50.4), replace(LEVELS[1], objective=-1500.0)))
    )
    comparison = compared(better, gates=gates)
    assert not [metric for metric in metrics(comparison, Kind.REGRESSION) if "contradiction" in metric]
    equal = replace(ROW, quality=replace(QUALITY, levels=(LEVELS[0], replace(LEVELS[1], objective=-1500.0))))
    assert "net_cost contradiction" in metrics(compared(equal, gates=gates), Kind.REGRESSION)


def test_other_gates_and_an_interrupted_run_are_told() -> None:
    told = compare(document(ROW), replace(document(ROW, gates=Gates(objective="off")), complete=False))
    assert metrics(told, Kind.NOTE) == ["run", "gates"]


def test_equal_results_have_nothing_to_tell() -> None:
    comparison = compared(ROW)
    assert comparison.findings == ()
    assert comparison.passed


@pytest.mark.parametrize(
    ("after", "metric", "by", "allowed"),
    [
        (level(0, objective=50.1, bound=50.0, gap=0.002), "promises objective", 0.1, 5e-5),
        (level(1, objective=-999.0), "net_cost objective", 1.0, 1e-3),
        (level(1, bound=-1011.0), "net_cost bound", 1.0, 1.01e-3),
        (level(1, gap=0.011), "net_cost gap", 0.001, 1e-6),
        (with_quality(violations=2), "violations", 2, 0),
        (with_quality(sizes={"options": 111, "columns": 400}), "options of the Program", 11, 10),
        (with_quality(work=10.1), "work", 2.1, 2.0),
        (with_quality(primal_integral=0.126), "primal integral", 0.026, 0.025),
    ],
)
def test_what_is_worse_beyond_its_tolerance_is_a_regression(after: Row, metric: str, by: float, allowed: float) -> None:
    comparison = compared(after)
    finding = only(comparison)
    assert (finding.kind, finding.metric, finding.case) == (Kind.REGRESSION, metric, "a/highs/0")
    assert finding.by == pytest.approx(by)
    assert finding.allowed == pytest.approx(allowed)
    assert not comparison.passed


@pytest.mark.parametrize(
    ("after", "metric"),
    [
        (level(1, objective=-1001.0), "net_cost objective"),
        (level(1, bound=-1009.0), "net_cost bound"),
        (level(1, gap=0.009), "net_cost gap"),
        (with_quality(status="optimal"), "status"),
        (with_quality(sizes={"options": 80, "columns": 400}), "options of the Program"),
        (with_quality(work=4.0), "work"),
        (with_quality(primal_integral=0.05), "primal integral"),
    ],
)
def test_what_is_better_is_told_and_passes(after: Row, metric: str) -> None:
    comparison = compared(after)
    assert (only(comparison).kind, only(comparison).metric) == (Kind.BETTER, metric)
    assert comparison.passed


@pytest.mark.parametrize("direction", [1, -1])
def test_a_tolerance_holds_up_to_its_edge(direction: int) -> None:
    gates = Gates(objective=Gate(absolute=2.0))
    assert compared(level(1, objective=-1000.0 + 2.0 * direction), gates=gates).findings == ()
    kind = Kind.REGRESSION if direction > 0 else Kind.BETTER
    assert only(compared(level(1, objective=-1000.0 + 2.001 * direction), gates=gates)).kind is kind


def test_the_larger_of_both_tolerances_counts_and_small_costs_have_the_size_of_one() -> None:
    gates = Gates(objective=Gate(relative=0.01, absolute=0.5))
    assert compared(level(1, objective=-990.5), gates=gates).findings == ()
    zero = replace(ROW, quality=replace(QUALITY, levels=(Level("promises", 0.0, 0.0, 0.0), LEVELS[1])))
    slightly = replace(ROW, quality=replace(QUALITY, levels=(Level("promises", 0.009, 0.0, 0.009), LEVELS[1])))
    assert "promises objective" not in metrics(compared(slightly, zero, Gates(objective=Gate(relative=0.01))), Kind.REGRESSION)


def test_by_default_costs_may_move_within_the_gap_that_was_asked_for() -> None:
    loose = replace(LIMITS, gap=0.01)
    before, after = replace(ROW, limits=loose), replace(level(1, objective=-991.0), limits=loose)
    assert compared(after, before).findings == ()
    assert only(compared(level(1, objective=-991.0))).metric == "net_cost objective"


def test_a_gap_within_the_one_asked_for_is_no_regression() -> None:
    limits = replace(LIMITS, gap=0.02)
    assert compared(replace(level(1, gap=0.019), limits=limits), replace(ROW, limits=limits)).findings == ()
    worse = compared(replace(level(1, gap=0.021), limits=limits), replace(ROW, limits=limits))
    assert metrics(worse, Kind.REGRESSION) == ["net_cost gap"]


def test_later_levels_are_compared_only_where_earlier_ones_are_equal() -> None:
    both = with_quality(levels=(Level("promises", 40.0, 40.0, 0.0), Level("net_cost", -500.0, -2000.0, 3.0)))
    comparison = compared(both)
    assert "promises objective" in metrics(comparison, Kind.BETTER)
    assert not any("net_cost" in finding.metric for finding in comparison.findings)


@pytest.mark.parametrize(
    ("after", "metric"),
    [
        (level(1, objective=None, gap=None), "net_cost objective"),
        (level(1, bound=None, gap=None), "net_cost bound"),
        (level(0, bound=None, gap=None), "promises bound"),
        (with_quality(work=None), "work"),
        (with_quality(primal_integral=None), "primal integral"),
        (with_quality(sizes={"options": 100}), "columns of the Program"),
        (with_quality(levels=LEVELS[:1]), "net_cost objective"),
    ],
)
@pytest.mark.parametrize(
    "gates", [Gates(), Gates(objective="off", bound="off", gap="off", sizes="off", work="off", primal_integral="off")]
)
def test_what_is_lost_is_a_regression_whatever_the_gates(after: Row, metric: str, gates: Gates) -> None:
    lost = [finding for finding in compared(after, gates=gates).of(Kind.REGRESSION) if finding.metric == metric]
    assert [finding.why for finding in lost] == ["lost"]
    assert [finding.after for finding in lost] == [None], "missing is never 0"


def test_what_is_found_where_there_was_none_is_better() -> None:
    assert metrics(compared(ROW, level(1, bound=None, gap=None)), Kind.BETTER) == ["net_cost bound", "net_cost gap"]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("optimal", "feasible", Kind.REGRESSION),
        ("feasible", "optimal", Kind.BETTER),
        ("optimal", "infeasible", Kind.REGRESSION),
        ("feasible", "no_plan", Kind.REGRESSION),
        ("no_plan", "feasible", Kind.BETTER),
        ("no_plan", "infeasible", Kind.BETTER),
        ("no_plan", "refused", Kind.REGRESSION),
    ],
)
def test_statuses_have_an_order(before: str, after: str, kind: Kind) -> None:
    empty: dict[str, Any] = {"levels": (), "violations": None}
    finding = only(compared(with_quality(status=after, **empty), with_quality(status=before, **empty)))
    assert (finding.metric, finding.kind, finding.before, finding.after) == ("status", kind, before, after)


NOTHING = with_quality(status="no_plan", levels=(Level("promises", None, 0.0, None),), violations=None, primal_integral=1.0)
NONE_THERE_IS = with_quality(
    status="infeasible", levels=(Level("promises", None, None, None),), violations=None, primal_integral=None
)


def test_a_proof_that_there_is_no_plan_is_more_than_to_have_found_none() -> None:
    """Bound and primal integral of a search without a plan are not lost where it is proven that there is none."""
    finding = only(compared(NONE_THERE_IS, NOTHING))
    assert (finding.kind, finding.metric) == (Kind.BETTER, "status")
    lost = only(compared(NOTHING, NONE_THERE_IS))
    assert (lost.kind, lost.metric, lost.after) == (Kind.REGRESSION, "status", "no_plan")
    assert compared(NONE_THERE_IS, NONE_THERE_IS).findings == ()


def test_an_instance_that_was_changed_so_that_there_is_no_plan_is_worse() -> None:
    changed = replace(NONE_THERE_IS, digest="sha256:bb")
    for before in (NOTHING, ROW):
        comparison = compared(changed, before)
        assert metrics(comparison, Kind.REGRESSION) == ["status"]
    assert metrics(compared(replace(NOTHING, digest="sha256:bb"), NONE_THERE_IS), Kind.REGRESSION) == []


def test_no_plan_where_the_baseline_has_one_is_a_contradiction() -> None:
    assert "one of the two is wrong" in compared(NONE_THERE_IS).of(Kind.REGRESSION)[0].why


def test_the_gate_on_status_lets_proofs_go_but_no_plans() -> None:
    off = Gates(status="off")
    assert only(compared(with_quality(status="feasible"), with_quality(status="optimal"), off)).kind is Kind.NOTE
    lost = with_quality(status="no_plan", levels=(), violations=None)
    assert not compared(lost, ROW, off).passed


def test_results_that_contradict_each_other_are_regressions() -> None:
    beaten = compared(level(1, objective=-1020.0, bound=-1020.0))
    assert metrics(beaten, Kind.REGRESSION)[0] == "net_cost contradiction"
    false_bound = compared(level(1, bound=-990.0))
    assert "net_cost contradiction" in metrics(false_bound, Kind.REGRESSION)
    infeasible = with_quality(status="infeasible", levels=(), violations=None)
    assert "status" in metrics(compared(ROW, infeasible), Kind.REGRESSION)


def test_of_a_changed_instance_costs_count_and_what_belongs_to_the_problem_is_told() -> None:
    changed = replace(with_quality(work=100.0, sizes={"options": 500, "columns": 900}), digest="sha256:bb")
    comparison = compared(changed)
    assert comparison.passed
    assert metrics(comparison, Kind.NOTE) == ["instance", "options of the Program", "columns of the Program", "work"]
    dearer = replace(level(1, objective=-900.0, bound=-910.0), digest="sha256:bb")
    assert metrics(compared(dearer), Kind.REGRESSION) == ["net_cost objective"]
    cheaper = replace(level(1, objective=-1100.0, bound=-1110.0), digest="sha256:bb")
    assert compared(cheaper).passed, "a plan below the old bound is no contradiction: the problem is another one"
    unbounded = replace(level(1, bound=None, gap=None), digest="sha256:bb")
    assert metrics(compared(unbounded), Kind.REGRESSION) == ["net_cost bound", "net_cost gap"]
    mended = replace(ROW, digest="sha256:bb")
    assert compared(mended, with_quality(status="infeasible", levels=(), violations=None)).passed


def test_the_same_files_read_as_another_digest_by_another_version_are_no_change() -> None:
    before = replace(ROW, sources="sha256:files")
    after = replace(with_quality(work=100.0), digest="sha256:bb", sources="sha256:files")
    assert metrics(compared(after, before), Kind.REGRESSION) == ["work"]
    assert compared(replace(after, sources="sha256:others"), before).passed
    assert compared(replace(after, sources=None), replace(ROW, sources=None)).passed, "unknown files are no equal ones"


def test_missing_new_and_failed_cases() -> None:
    other = replace(ROW, case="b/highs/0")
    missing = compare(document(ROW, other), document(ROW))
    assert (only(missing).kind, only(missing).case, only(missing).metric) == (Kind.REGRESSION, "b/highs/0", "case")
    cut = compare(document(ROW, other), document(ROW, complete=False))
    assert "interrupted" in only(cut).why
    new = compare(document(ROW), document(ROW, other))
    assert only(new).kind is Kind.NOTE
    unsound = compare(document(ROW), document(ROW, replace(other, error="process ended with -9", quality=Quality("error"))))
    assert only(unsound).kind is Kind.REGRESSION


def test_errors_are_regressions_unless_they_are_known() -> None:
    failed = replace(ROW, error="process ended with -9", quality=Quality("error"))
    finding = only(compared(failed))
    assert (finding.kind, finding.metric, finding.after) == (Kind.REGRESSION, "error", "process ended with -9")
    assert only(compared(failed, failed)).kind is Kind.NOTE
    assert compared(ROW, failed).passed


def test_changed_limits_are_told() -> None:
    finding = only(compared(replace(ROW, limits=replace(LIMITS, work_limit=20.0))))
    assert finding.kind is Kind.NOTE
    assert "work_limit 10.0 -> 20.0" in finding.why


def test_gates_of_a_case_come_before_those_of_the_suite_and_others_may_be_handed_in() -> None:
    worse = level(1, objective=-990.0)
    loose = GatesPatch(objective=Gate(relative=0.1)).applied(Gates(work="off"))
    assert loose.work == "off", "what is not stated stays"
    assert compare(document(ROW), document(worse, case_gates={ROW.case: loose})).passed
    assert not compare(document(ROW), document(worse, case_gates={"other": loose})).passed
    assert compared(worse, gates=Gates(objective="off")).findings == ()
    assert compare(document(ROW), document(worse), gates={ROW.case: loose}).passed


def test_a_gate_may_allow_no_change_in_either_direction() -> None:
    fixed = Gates(sizes=Gate(either=True))
    finding = only(compared(with_quality(sizes={"options": 99, "columns": 400}), gates=fixed))
    assert (finding.kind, finding.metric) == (Kind.REGRESSION, "options of the Program")


def test_time_and_memory_count_only_against_a_reference_run_and_by_their_gates() -> None:
    slow = replace(ROW, information=Information(seconds=16.0, peak_mb=150.0))
    gates = Gates(seconds=Ratio(ratio=1.5), peak_mb=Ratio(ratio=1.2, floor=100.0))
    assert compared(slow, gates=gates).findings == ()
    comparison = compared(slow, gates=gates, reference=document(ROW))
    assert metrics(comparison, Kind.REGRESSION) == ["seconds"], "50 MB more are below the floor"
    assert only(comparison).allowed == pytest.approx(5.0)
    assert compared(slow, reference=document(ROW)).findings == (), "without a gate they are information"


def test_what_has_a_gate_and_cannot_be_compared_is_told() -> None:
    gates = Gates(seconds=Ratio(ratio=1.5), peak_mb=Ratio(ratio=1.2))
    absent = compared(ROW, gates=gates, reference=document(replace(ROW, case="other")))
    assert metrics(absent, Kind.NOTE) == ["seconds", "peak MB"]
    unmeasured = compared(replace(ROW, information=Information(seconds=9.0)), gates=gates, reference=document(ROW))
    assert [(one.metric, one.why) for one in unmeasured.findings] == [
        ("peak MB", "not compared: the result does not have it")
    ]  # fmt: skip


def test_exact_tells_of_any_difference() -> None:
    almost = level(1, objective=-1000.0000001)
    assert compared(almost).passed
    finding = only(compared(almost, exact=True))
    assert (finding.metric, finding.kind) == ("exact", Kind.REGRESSION)
    assert "levels" in finding.why
    assert compared(replace(ROW, information=Information(seconds=99.0)), exact=True).findings == ()


def test_time_limited_cases_are_not_compared_by_work() -> None:
    timed = CaseLimits(gap=0.0, time_limit_s=5.0)
    before = replace(ROW, limits=timed)
    assert compared(replace(with_quality(work=80.0, primal_integral=0.9), limits=timed), before).findings == ()
