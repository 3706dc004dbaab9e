"""A sweep's answers as tables for terminals and as one HTML page with pictures."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from html import escape

from placement.bench.page import STYLE
from placement.report.text import brief, clean, percent, plural, section, table
from placement.sweep.answers import Answers, Axis, Response, flips, heat, pareto, regret, responses, tornado
from placement.sweep.case import Row
from placement.sweep.expand import word
from placement.sweep.pictures import curve_picture, front_picture, heat_picture, tornado_picture

MOST_ROWS = 25
MOST_PICTURES = 40
FLIPS = "Where decisions flip"
Rows = list[tuple[str, ...]]
Section = tuple[str, tuple[str, ...], Rows, str]
"""Title, header, rows, and a sentence on how to read them."""


def measure(row: Row, name: str) -> float | None:
    """A figure of a row to be made small: its cost, kW, ``shed.TENANT`` (share not served) or a term.

    ``shed`` alone is the mean over tenants. None where the row does not have it; ValueError where no row could.
    """
    outcome = row.outcome
    if name == "shed" or name.startswith("shed."):
        shares = outcome.served_share
        wanted = list(shares.values()) if name == "shed" else [shares.get(name.removeprefix("shed."))]
        known = [share for share in wanted if share is not None]
        return 1 - sum(known) / len(known) if known else None
    if name in ("peak_kw", "mean_kw"):
        return outcome.peak_kw if name == "peak_kw" else outcome.mean_kw
    if name == "objective_usd":
        return outcome.objective
    if name.startswith("term."):
        return None if outcome.terms is None else outcome.terms.get(name.removeprefix("term.").removesuffix("_usd"))
    raise ValueError(f"no measure {name}: there are objective_usd, peak_kw, mean_kw, shed, shed.TENANT, term.NAME_usd")


def sections(asked: Answers, measures: tuple[str, str]) -> list[Section]:
    """All tables that the rows have something to say in."""
    found = [_effects(asked), _responses(asked), _front(asked, measures), _regret(asked), _flips(asked), _effort(asked)]
    return [one for one in found if one[2]]


def _effects(asked: Answers) -> Section:
    rows: Rows = [
        (effect.axis.title, word(effect.cheapest), word(effect.dearest), brief(effect.low), brief(effect.high), brief(effect.swing))
        for effect in tornado(asked)
    ]
    told = f"{asked.cost}: at the cheapest and the dearest setting of each, others as stated first; else means over all cases."
    return "What moves the cost", ("parameter", "cheapest at", "dearest at", "low", "high", "swing"), rows, told


def _responses(asked: Answers) -> Section:
    rows: Rows = []
    for response in responses(asked):
        for n, setting in enumerate(response.axis.settings):
            figures = (response.mean[n], response.least[n], response.most[n])
            rows.append((response.axis.title, word(setting), *("-" if one is None else brief(one) for one in figures)))
    return "Response", ("parameter", "setting", "mean", "least", "most"), rows, f"{asked.cost}: over all cases with the setting."


def front(asked: Answers, measures: tuple[str, str]) -> tuple[list[Row], list[tuple[float, float]], list[int]]:
    """Rows that have both measures, the measures, and which of them no other one beats."""
    rows, pairs = [], []
    for point in asked.points:
        a, b = (measure(point.row, name) for name in measures)
        if a is not None and b is not None:
            rows.append(point.row)
            pairs.append((a, b))
    return rows, pairs, pareto(pairs)


def _front(asked: Answers, measures: tuple[str, str]) -> Section:
    for name in measures:
        if asked.points and all(measure(point.row, name) is None for point in asked.points):
            outcome = asked.points[0].row.outcome
            known = [*(f"shed.{one}" for one in outcome.served_share), *(f"term.{one}_usd" for one in outcome.terms or {})]
            raise ValueError(f"no case has a measure {name}; there are objective_usd, peak_kw, mean_kw, shed, {', '.join(known)}")
    rows, pairs, best = front(asked, measures)
    told: Rows = [
        (_named(rows[n].settings.items()), *(_figure(value, name) for value, name in zip(pairs[n], measures, strict=True)))
        for n in best
    ]
    return f"Pareto front of {measures[0]} and {measures[1]}", ("case", *measures), told, "Cases that no other one beats in both."


def _figure(value: float, name: str) -> str:
    return percent(value) if name.startswith("shed") else brief(value)


def _regret(asked: Answers) -> Section:
    found = regret(asked)
    header = ("choice", "worst regret", "mean regret", "best in", "mean cost")
    if found is None:
        return "Regret", header, [], ""
    rows: Rows = [
        (_named(zip((axis.id for axis in found.axes), one.settings, strict=True)), brief(one.worst), brief(one.mean),
         f"{one.best_in} of {found.futures}", brief(one.cost))
        for one in found.choices
    ]  # fmt: skip
    left_out = f" {plural(found.left_out, 'future')} without a plan for some choice left out." if found.left_out else ""
    told = f"What a choice costs against knowing which future comes ({asked.cost}); the first is the robust one.{left_out}"
    return "Regret", header, rows, told


def _flips(asked: Answers) -> Section:
    rows: Rows = [
        (flip.axis.title, f"{word(flip.before)} to {word(flip.after)}", flip.decided_before, flip.decided_after,
         _named(flip.others.items()))
        for flip in flips(asked)
    ]  # fmt: skip
    told = "Between these settings the decision changes; `placement sweep flip` finds where."
    return FLIPS, ("parameter", "between", "before", "after", "others"), rows, told


def _effort(asked: Answers) -> Section:
    rows: Rows = []
    for title, started in (("nothing", False), ("a neighbour's plan", True)):
        mine = [point.row for point in asked.points if (point.row.start is not None) is started]
        work = [row.outcome.work for row in mine if row.outcome.work is not None]
        seconds = [row.information.seconds for row in mine if row.information.seconds is not None]
        gaps = [row.outcome.gap for row in mine if row.outcome.gap is not None]
        if work and seconds:
            worst = percent(max(gaps), 2) if gaps else "-"
            means = f"{sum(work) / len(work):.3g}", f"{sum(seconds) / len(seconds):.3g}"
            closed = sum(row.outcome.status == "optimal" for row in mine)
            rows.append((title, str(len(mine)), *means, worst, f"{closed} of {len(mine)}"))
    told = "Work is counted and repeats; seconds are those of the machine and of all that ran beside."
    return "Effort", ("started from", "cases", "mean work", "mean seconds", "worst gap", "within the gap"), rows, told


def _named(settings: Iterable[tuple[str, object]]) -> str:
    return " ".join(f"{name}={word(value)}" for name, value in settings) or "-"  # type: ignore[arg-type]


def sweep_text(asked: Answers, measures: tuple[str, str]) -> str:
    """For terminals."""
    parts = [f"{clean(asked.name)}: {_counts(asked)}\n"]
    for title, header, rows, told in sections(asked, measures):
        more = f"\n  ... and {len(rows) - MOST_ROWS} more" if len(rows) > MOST_ROWS else ""
        left = len(header) if title == FLIPS else 1
        parts.append(section(title, f"{table(header, rows[:MOST_ROWS], left=left)}{more}\n  {told}"))
    return "\n".join(parts)


def _counts(asked: Answers) -> str:
    without = f", {asked.without} without" if asked.without else ""
    waiting = f", {asked.waiting} not yet run" if asked.waiting else ""
    return f"{plural(len(asked.points), 'case')} with a plan{without}{waiting}"


def pictures(asked: Answers, measures: tuple[str, str]) -> dict[str, str]:
    """SVG by name: tornado, a response for each axis, a heat map for each pair, the front."""
    if not asked.points:
        return {}
    found: dict[str, str] = {}
    effects = tornado(asked)
    if effects:
        bars = [(one.axis.id, word(one.cheapest), word(one.dearest), one.low, one.high) for one in effects]
        base = next((one.base for one in effects if one.base is not None), None)
        found["tornado"] = tornado_picture(f"{asked.name}: what moves the cost", asked.cost, bars, base)
    for response in responses(asked):
        if response.axis.figures is not None and len(response.axis.figures) > 1 and any(v is not None for v in response.mean):
            found[f"response-{response.axis.id}"] = _curve(asked, response)
    for pair in itertools.combinations(asked.axes, 2):
        if len(found) >= MOST_PICTURES:
            break
        y, x = sorted(pair, key=lambda axis: len(axis.settings))
        across, down = ([word(setting) for setting in axis.settings] for axis in (x, y))
        title = f"{asked.name}: {x.id} and {y.id}"
        found[f"heat-{x.id}-{y.id}"] = heat_picture(title, asked.cost, (x.title, across), (y.id, down), heat(asked, x, y))
    _, pairs, best = front(asked, measures)
    if len(pairs) > 1:
        found["front"] = front_picture(f"{asked.name}: cases that none beats", *measures, pairs, best)
    return found


def _curve(asked: Answers, response: Response) -> str:
    """The response of a parameter: a line for each choice where there are some, and the band of all cases."""
    axis = response.axis
    assert axis.figures is not None
    lines: list[tuple[str, Sequence[float | None]]] = []
    for ours in asked.decisions:
        if ours.id != axis.id and len(ours.settings) <= 5:
            lines += [(f"{ours.id}={word(setting)}", _means(asked, axis, ours, setting)) for setting in ours.settings]
    band = response.least, response.most
    title = f"{asked.name}: {axis.id}"
    return curve_picture(title, asked.cost, axis.title, axis.figures, lines or [("mean", response.mean)], band)


def _means(asked: Answers, axis: Axis, ours: Axis, choice: object) -> list[float | None]:
    found: list[float | None] = []
    for setting in axis.settings:
        costs = [point.cost for point in asked.points if point.at[axis.id] == setting and point.at[ours.id] == choice]
        found.append(sum(costs) / len(costs) if costs else None)
    return found


def sweep_page(asked: Answers, measures: tuple[str, str]) -> str:
    """One HTML page; nothing is loaded from elsewhere and nothing is a script."""
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{_safe(asked.name)}</title><style>{STYLE}</style></head><body>",
        f"<h1>{_safe(asked.name)}</h1><p>{_safe(_counts(asked))}</p>",
        f'<div class="charts">{"".join(pictures(asked, measures).values())}</div>',
    ]
    for title, header, rows, told in sections(asked, measures):
        head = "".join(f"<th>{_safe(name)}</th>" for name in header)
        body = "".join(f"<tr>{''.join(f'<td>{_safe(cell)}</td>' for cell in row)}</tr>" for row in rows)
        parts.append(f"<h2>{_safe(title)}</h2><p>{_safe(told)}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _safe(text: str) -> str:
    return escape(clean(text))
