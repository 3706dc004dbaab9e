"""Outputs of a comparison: valid for those who read them, and harmless whatever names and messages hold."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as Xml

import pytest

from placement.bench.case import CaseLimits, Information, Quality, Row
from placement.bench.charts import Line, chart
from placement.bench.compare import Comparison, compare
from placement.bench.outputs import action_json, junit_xml, markdown
from placement.bench.page import by_work, effort_profile, effort_ratios, gap_charts, gap_profile, page
from placement.bench.results import Accepted
from placement.bench.table import comparison_text, row_line
from placement.report.drawing import Axis
from placement.report.text import elided
from tests.bench.searches import document
from tests.bench.test_compare import LEVELS, LIMITS, QUALITY, ROW, level

HOSTILE = "a|b\n<script>alert('x')</script> & \"q\" \x00\x1b[2J \ud800 `c` [l](javascript:x) ]]> *e*/highs/0"
VOID = {"meta", "br", "line", "path"}


@pytest.fixture
def comparison() -> Comparison:
    """A regression, an improvement, a missing case, a new one and an error, with hostile names everywhere."""
    hostile = replace(ROW, case=HOSTILE, instance=HOSTILE, solver="<b>")
    worse = replace(hostile, quality=replace(QUALITY, levels=(LEVELS[0], replace(LEVELS[1], objective=-900.0, gap=0.2))))
    better = replace(level(1, objective=-1001.0, bound=-1010.0), case="better/highs/0")
    failed = replace(ROW, case="failed/highs/0", quality=Quality("error"), information=Information(), error=f"said {HOSTILE}")
    before = [hostile, replace(ROW, case="better/highs/0"), replace(ROW, case="failed/highs/0"), replace(ROW, case="gone/highs/0")]
    history = (Accepted("2026-03-01T00:00:00+00:00", f"because {HOSTILE}", "sha256:0", {}, ()),)
    after = [worse, better, failed, replace(ROW, case="new/highs/0")]
    return compare(document(*before, history=history), document(*after))


def test_the_table_says_what_by_how_much_how_much_is_allowed_and_since_when(comparison: Comparison) -> None:
    text = comparison_text(comparison)
    (line,) = [line for line in text.splitlines() if "net_cost objective" in line and "-900" in line]
    assert re.search(r"net_cost objective +-1000 +-900 +100 +0\.001", line)
    assert "gone/highs/0" in text and "new/highs/0" in text and "said a|b" in text
    assert "baseline: accepted 2026-03-01T00:00:00+00:00: because" in text
    assert text.endswith("regressions in 3 of 4 cases\n")
    assert not re.search("[\x00\x1b\ud800]", text)


def test_long_texts_are_cut_in_tables_and_whole_where_they_are_kept() -> None:
    said = f"first {'x' * 5000}\x1b[31m last\nline"
    failed = replace(ROW, case="y" * 3000, quality=Quality("error"), error=said)
    made = compare(document(replace(ROW, case="y" * 3000)), document(failed))
    for text in (comparison_text(made), markdown(made)):
        assert max(map(len, text.splitlines())) < 800
        assert "\N{HORIZONTAL ELLIPSIS}" in text
        assert "first x" in text
    assert len(row_line(failed)) < 500
    whole = junit_xml(made)
    assert "x" * 5000 in whole and "y" * 3000 in whole
    assert not set("\x1b\x9b\u202e") & set(whole)
    assert elided("abcdefgh", 8) == "abcdefgh"
    assert elided("abcdefghi", 8) == "abcd\N{HORIZONTAL ELLIPSIS}ghi"


def test_junit_parses_and_counts_each_case_once(comparison: Comparison) -> None:
    root = Xml.fromstring(junit_xml(comparison))
    assert (root.get("tests"), root.get("failures")) == ("5", "3")
    cases = {str(case.get("name")): case for case in root.iter("testcase")}
    assert len(cases) == 5
    failure = cases["gone/highs/0"].find("failure")
    assert failure is not None and failure.text is not None and "missing" in failure.text
    hostile = next(case for name, case in cases.items() if "<script>" in name)
    failure = hostile.find("failure")
    assert failure is not None and failure.text is not None
    assert "net_cost objective -1000 -> -900, worse by 100, allowed 0.001" in failure.text
    assert cases["better/highs/0"].find("failure") is None
    assert cases["better/highs/0"].find("system-out") is not None


def test_markdown_keeps_its_tables_and_runs_nothing(comparison: Comparison) -> None:
    text = markdown(comparison)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {8}
    assert "<" not in text and "[l](" not in text
    assert re.search(r"(?<!\\)`", text) is None
    assert "3 of 4 cases" in text.splitlines()[0]


def test_markdown_makes_no_links_of_addresses() -> None:
    named = replace(ROW, case="https://x.example/a www.x.example WWW.x.example me@x.example")
    text = markdown(compare(document(named), document(replace(level(1, objective=-900.0), case=named.case))))
    assert r"https\://x.example/a www\.x.example WWW\.x.example me\@x.example" in text


def test_markdown_stays_within_what_a_step_summary_may_be() -> None:
    before = [replace(ROW, case=f"{'x' * 5000}{n}") for n in range(500)]
    after = [replace(level(1, objective=-900.0), case=row.case) for row in before]
    text = markdown(compare(document(*before), document(*after)))
    assert len(text.encode()) < 2**20
    assert text.splitlines()[0].startswith("## made: 500 regressions")


def test_action_json_leaves_out_what_is_missing(comparison: Comparison) -> None:
    entries = json.loads(action_json(comparison))
    names = [entry["name"] for entry in entries]
    assert "better/highs/0 net_cost objective" in names
    assert not any(name.startswith("failed/") for name in names)
    assert len(names) == len(set(names))
    for entry in entries:
        assert set(entry) == {"name", "unit", "value", "extra"}
        assert isinstance(entry["value"], int | float)
        assert isinstance(entry["unit"], str)


class Reader(HTMLParser):
    """Collects tags and checks that they close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_loads_nothing_and_runs_nothing(comparison: Comparison) -> None:
    text = page(comparison)
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    tags = {tag for tag, _ in reader.seen}
    assert not tags & {"script", "link", "img", "iframe", "object", "b"}
    for _, attributes in reader.seen:
        assert not {name for name in attributes if name.startswith("on")}
        assert not {"href", "src", "xlink:href"} & attributes.keys()
    assert "url(" not in text and "@import" not in text
    assert "default-src 'none'" in text
    assert "net_cost objective" in text and "gone/highs/0" in text


def solved(solver: str, instance: str, seconds: float, gap: float = 0.0) -> Row:
    """A row of a suite with time limits."""
    closed = (LEVELS[0], replace(LEVELS[1], gap=gap))
    trace = [[0.5 * seconds, -900.0, None], [seconds, -1000.0, -1010.0]]
    took = Information(seconds=seconds, trace=trace, level="net_cost", bound=-1010.0)
    limits = CaseLimits(gap=0.0, time_limit_s=10.0)
    quality = replace(QUALITY, levels=closed)
    return Row(f"{instance}/{solver}", instance, None, solver, 0, limits, quality, took, "sha256:aa")


ROWS = [
    solved("fast", "a", 1.0),
    solved("slow", "a", 4.0),
    solved("fast", "b", 2.0),
    solved("slow", "b", 1.0),
    solved("slow", "c", 3.0),
]
ROWS += [solved("fast", "c", 1.0, gap=0.5), replace(solved("fast", "d", 0.1), error="broken")]


def test_performance_ratios_are_those_worked_out_by_hand() -> None:
    """a: 1 and 4 s, b: 2 and 1 s, c: only slow closes it; what ended in an error closes nothing."""
    expected = {"fast": [1.0, 2.0], "slow": [1.0, 1.0, 4.0]}
    assert effort_ratios(ROWS) == expected
    counted = [replace(row, limits=LIMITS, quality=replace(row.quality, work=10 * (row.information.seconds or 0))) for row in ROWS]
    assert not by_work(ROWS) and by_work(counted)
    assert effort_ratios([replace(row, information=Information()) for row in counted]) == expected


def test_what_took_no_time_at_all_is_as_quick_as_what_took_next_to_none() -> None:
    assert effort_ratios([solved("fast", "a", 0.0), solved("slow", "a", 1.0)]) == {"fast": [1.0], "slow": [100.0]}


def test_profiles_are_drawn_where_there_is_something_to_draw() -> None:
    svg = Xml.fromstring(effort_profile(ROWS))
    assert [text.text for text in svg.iter("text") if text.text in ("fast", "slow")] == ["fast", "slow"]
    assert "of 4" in str(svg.findtext("title"))
    assert Xml.fromstring(gap_profile(ROWS)).tag == "svg"
    assert effort_profile([replace(row, error="x") for row in ROWS]) == ""
    assert gap_profile([]) == ""


def test_gaps_over_time_have_a_chart_for_each_problem() -> None:
    charts = [Xml.fromstring(text) for text in gap_charts(ROWS)]
    assert [svg.findtext("title") for svg in charts] == [f"{name}, seed 0: net_cost" for name in "abc"]
    assert all(len(list(svg.iter("path"))) == 2 for svg in charts)


def test_lines_keep_their_value_until_the_next_point_and_to_the_end() -> None:
    """On an axis of 0 to 10 drawn from 76 to 410, and 0 to 1 from 258 up to 26."""
    svg = Xml.fromstring(chart("t", [Line("<a>", [(0.0, 0.0), (5.0, 1.0)])], Axis("x", 0.0, 10.0), Axis("y", 0.0, 1.0)))
    (path,) = svg.iter("path")
    assert path.get("d") == "M76.0 258.0H243.0V26.0H410.0"


@pytest.mark.parametrize(
    ("axis", "ticks"),
    [
        (Axis("x", 0.0, 1.0), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
        (Axis("x", 0.0, 7.0), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]),
        (Axis("x", 0.001, 10.0, log=True), [0.001, 0.01, 0.1, 1.0, 10.0]),
        (Axis("x", 5.8, 13.0, log=True), [10.0]),
        (Axis("x", 1.0, 7.3, log=True), [1.0, 2.0, 5.0]),
        (Axis("x", 1.0, 2.0, log=True), [1.0, 2.0]),
    ],
)
def test_ticks_are_round(axis: Axis, ticks: list[float]) -> None:
    assert axis.ticks() == pytest.approx(ticks)
