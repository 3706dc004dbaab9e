"""The answer of a solve as text: what is proven, what it costs, who is served, what runs where, and what does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

import numpy as np

from placement.explain.shortfall import Shortfall
from placement.instance import Instance
from placement.instance.demand import COMMITMENTS
from placement.instance.objective import OVERRUN
from placement.notes import instance_notes, plan_notes
from placement.plan import TERMS, Plan, Result
from placement.program import Limit
from placement.report.batch import batch_work
from placement.report.borrowing import borrowing, quotas
from placement.report.fairness import fairness, measures
from placement.report.levers import levers
from placement.report.moves import moves
from placement.report.overruns import overruns
from placement.report.plan_figures import PlanFigures, months, tightest
from placement.report.policies import policies
from placement.report.reroutes import reroutes
from placement.report.text import brief, clean, count, lines, percent, section, shortened, table
from placement.rules.power import feed_limits_under
from placement.rules.wan import link_gb, link_gbit_s, link_limits

MOST_ROWS = 60
"""Rows of a table that a person still reads; the plan's own tables hold all of them."""

MOST_MONTHS = 14

LEAST_SHARE = 5e-4

STOPPED = {
    Limit.TIME: "stopped by the time limit",
    Limit.WORK: "stopped by the work limit",
    Limit.GAP: "within the gap asked for",
    Limit.INTERRUPT: "interrupted",
    Limit.MEMORY: "out of memory",
}


def plan_report(instance: Instance, result: Result, bill: Sequence[Shortfall] = (), *, today: Plan | None = None) -> str:
    """Everything about an answer that fits a terminal; ``bill`` is what makes an instance infeasible.

    ``today`` is the plan near which this one was made, from which its moves are told.
    """
    parts = [_headline(instance, result), section("What stands in the way of any plan", _bill(bill))]
    if result.plan is not None and result.terms is not None:
        figures = PlanFigures(instance, result.plan)
        parts += [
            section("Costs by term, USD (earnings are negative)", _terms(result.terms)),
            section("Limits that it goes on breaking, as today's plan does", overruns(instance, result.plan)),
            section("Moves from today's plan, step by step", _moves(instance, result, today)),
            section("Share of demand served", _served(figures)),
            section("Most demand not served", _sheds(figures)),
            section("Measures of the objective", measures(instance, result.terms)),
            section("Fairness, shares of demand served", fairness(instance, result.plan)),
            section("Levers", levers(instance, result.plan)),
            section("Quotas, in their tightest period", quotas(instance, result.plan)),
            section("Borrowed of quotas", borrowing(instance, result.plan)),
            section("Contracts that were to be decided", _contracts(instance, result.plan)),
            section("After a loss, demand that would be left uncovered", _losses(figures)),
            section("Power given up for demand response", _responses(instance, result.plan)),
            section("Places kept for must jobs after a loss", _backups(instance, result.plan)),
            section("Maintenance", _maintenance(instance, result.plan)),
            section("Shares and budgets, in their tightest slot", policies(instance, result.plan)),
            section("Pools, mean share of the accelerators online", _pools(figures)),
            section("Feeds, facility kW in their tightest period", _feeds(figures)),
            section("Links that anything crosses, Gbit/s in their tightest period", _links(figures)),
            section("Served over other ways than the cheapest", reroutes(instance, result.plan)),
            section("Training that runs", _runs(instance, result.plan)),
            section("Batch work", batch_work(instance, result.plan)),
            section("Training that does not run", _not_run(instance, result.plan)),
            section("Notes", lines(instance_notes(instance) + plan_notes(instance, result.plan))),
        ]
    return "\n".join(part for part in parts if part)


def _moves(instance: Instance, result: Result, today: Plan | None) -> str:
    if today is None or result.plan is None:
        return ""
    return moves(instance, result.plan, result.moves or (), today)


def _headline(instance: Instance, result: Result) -> str:
    why = "" if result.limit is None else f" ({STOPPED[result.limit]})"
    head = f"{clean(instance.name)}: {result.status}{why}, {result.seconds:.1f} s, solver {result.solver}, seed {result.seed}"
    if result.plan is None:
        return f"{head}\n"
    rows = [(level.name, _usd(level.value), _usd(level.bound), percent(level.gap, 3)) for level in result.levels]
    header = ("level", "value USD", "bound USD", "gap")
    if not instance.levels.in_usd:
        rows = [(level.name, _figure(level.value), _figure(level.bound), percent(level.gap, 3)) for level in result.levels]
        header = ("level", "value", "bound", "gap")
    return f"{head}\n{_against_start(result)}{table(header, rows)}\n"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.6g}"


def _against_start(result: Result) -> str:
    moves, left_out = (result.facts.get(name) for name in ("moves_from_start", "start_rows_left_out"))
    text = "" if moves is None else f"against the plan started from, {count(float(moves))} jobs run otherwise\n"
    if left_out is not None:
        text += f"{count(float(left_out))} rows of that plan name what the instance no longer has, and were left out\n"
    return text


def _bill(bill: Sequence[Shortfall]) -> str:
    parts = []
    for line in bill:
        when = "" if line.periods is None else f" ({line.periods})"
        parts.append(f"  {clean(line.message)}{clean(when)}\n    remedy: {clean(line.remedy)}")
    return "\n".join(parts)


def _usd(value: float | None) -> str:
    return "-" if value is None else count(value)


def _terms(terms: dict[str, float]) -> str:
    names = (*TERMS, OVERRUN)
    rows = [(name, count(terms[name])) for name in names if terms.get(name)]
    return table(("term", "USD"), [*rows, ("sum", count(sum(terms.get(name, 0.0) for name in names)))])


def _served(figures: PlanFigures) -> str:
    """Tenants by band, and by month as far as they fit."""
    calendar = figures.instance.calendar
    if not figures.instance.streams:
        return ""
    names, month = months(figures.instance)
    if len(names) > MOST_MONTHS:
        names, month = ("horizon",), np.zeros_like(month)
    bands = np.arange(calendar.period_count) % calendar.band_count
    shares = np.concatenate([figures.served_share(bands, calendar.band_count), figures.served_share(month, len(names))], axis=1)
    rows = [
        (name, *(percent(share) for share in row))
        for name, row in zip(figures.instance.tenants, shares, strict=True)
        if np.isfinite(row).any()
    ]
    return table(("tenant", *(band.id for band in calendar.bands), *names), rows)


def _sheds(figures: PlanFigures) -> str:
    """Streams in order of what they lack, each with its worst period; less than ``LEAST_SHARE`` at worst is not worth a line."""
    instance, shed = figures.instance, figures.shed_tokens_per_s
    hours = instance.calendar.hours
    lacking = shed @ hours
    rows = []
    for s in np.argsort(-lacking, kind="stable"):
        share = np.divide(shed[s], instance.demand_tokens_per_s[s], out=np.zeros_like(shed[s]), where=shed[s] > 0)
        worst = int(np.argmax(share))
        if share[worst] < LEAST_SHARE:
            continue
        mean = lacking[s] / (instance.demand_tokens_per_s[s] @ hours)
        name = instance.calendar.period_name(worst)
        rows.append((list(instance.streams)[s], percent(mean), percent(float(share[worst])), name, brief(float(shed[s, worst]))))
    if not rows:
        return ""
    kept, more = shortened(rows, MOST_ROWS // 4, "streams")
    return table(("stream", "not served", "at worst", "in", "tokens/s then"), kept) + more


def _contracts(instance: Instance, plan: Plan) -> str:
    """Every contract that the plan decides, signed or not."""
    days, signed = instance.calendar.block_starts, plan.contracts
    rows: list[tuple[object, ...]] = []
    for c, contract in enumerate(instance.contracts.values()):
        mine = np.flatnonzero(signed.contract == c).tolist()
        if not contract.decided:
            continue
        if not mine:
            rows.append((contract.id, contract.provider, "not signed", None, None))
        decision = "signed" if contract.purchase is None else "ordered"
        rows += [(contract.id, contract.provider, decision, days[signed.start_block[r]], days[signed.end_block[r]]) for r in mine]
    kept, more = shortened(rows, MOST_ROWS, "contracts")
    return table(("contract", "provider", "decision", "from", "until"), kept, left=5) + more if rows else ""


def _losses(figures: PlanFigures) -> str:
    """Every loss that the plan is to survive, with what would fall short, and when most."""
    instance, short = figures.instance, figures.plan.uncovered
    rows: list[tuple[object, ...]] = []
    for k, case in enumerate(instance.loss_cases):
        mine = short.case == k
        missing = np.bincount(short.period[mine], short.tokens_per_s[mine], instance.calendar.period_count)
        worst = int(np.argmax(missing))
        when = (instance.calendar.period_name(worst), brief(float(missing[worst]))) if missing[worst] > 0 else ("never", None)
        rows.append((case.name, count(int((case.lost | case.reclaimed).sum())), count(len(case.links)), *when))
    kept, more = shortened(rows, MOST_ROWS, "losses")
    return table(("loss", "pools lost", "links cut", "most in", "tokens/s then"), kept) + more if rows else ""


def _responses(instance: Instance, plan: Plan) -> str:
    """Every response that the grid asks for, with what is given up, and earned."""
    given, hours, rows = plan.responses, instance.calendar.hours, list[tuple[object, ...]]()
    for n, case in enumerate(instance.responses):
        mine = given.response == n
        kwh = float(given.kw[mine] @ hours[given.period[mine]])
        rows.append((case.name, count(given.kw[mine].max(initial=0.0)), count(kwh), count(kwh * case.response.usd_per_kwh)))
    kept, more = shortened(rows, MOST_ROWS, "responses")
    return table(("response", "most kW", "kWh", "USD earned"), kept) + more if rows else ""


def _backups(instance: Instance, plan: Plan) -> str:
    jobs, days, table_of = instance.jobs, instance.calendar.block_starts, plan.backups
    rows: list[tuple[object, ...]] = [
        (instance.loss_cases[k].name, jobs.id[j], instance.island_names[i], days[start], days[end], count(jobs.shapes.gpus[s]))
        for k, j, s, i, start, end in zip(*(getattr(table_of, f.name).tolist() for f in fields(table_of)), strict=True)
    ]
    kept, more = shortened(rows, MOST_ROWS // 2, "backups in the plan's tables")
    return table(("loss", "job", "on", "from", "until", "accelerators"), kept, left=5) + more if rows else ""


def _maintenance(instance: Instance, plan: Plan) -> str:
    days, pools, done = instance.calendar.block_starts, list(instance.pools), plan.maintenance
    rows: list[tuple[object, ...]] = []
    for n, start, end in zip(done.task.tolist(), done.start_block.tolist(), done.end_block.tolist(), strict=True):
        q, task = instance.maintenance[n]
        rows.append((pools[q], task.id, days[start], days[end]))
    feeds, work = list(instance.feeds), plan.feed_work
    for n, start, end in zip(work.work.tolist(), work.start_block.tolist(), work.end_block.tolist(), strict=True):
        f, feed_task = instance.feed_work[n]
        rows.append((feeds[f], f"{feed_task.id}, at most {feed_task.limit_kw:,.6g} kW", days[start], days[end]))
    kept, more = shortened(rows, MOST_ROWS // 2, "tasks in the plan's tables")
    return table(("pool or feed", "task", "from", "until"), kept, left=4) + more if rows else ""


def _pools(figures: PlanFigures) -> str:
    online, hours = figures.online_gpus, figures.instance.calendar.hours
    columns = [("training", figures.training_gpus), ("serving", figures.serving_gpus)]
    columns += [(name, gpus) for name, gpus in (("batch", figures.batch_gpus), ("let", figures.let_gpus)) if gpus.any()]

    def rows() -> Iterator[tuple[object, ...]]:
        for q, (name, pool) in enumerate(figures.instance.pools.items()):
            there = float(online[q] @ hours)
            shares = (percent(float(gpus[q] @ hours) / there if there else None) for _, gpus in columns)
            yield name, pool.accelerator, count(online[q].max()), *shares

    kept, more = shortened(list(rows()), MOST_ROWS, "pools")
    names = ("pool", "accelerator", "most online", *(name for name, _ in columns))
    return table(names, kept, left=2) + more


def _feeds(figures: PlanFigures) -> str:
    """Feeds, each in the period in which it comes nearest to its limit."""
    draw, limit = figures.feed_kw, feed_limits_under(figures.instance, figures.plan)
    rows = []
    for f, name in enumerate(figures.instance.feeds):
        p = tightest(draw[f], limit[f])
        share = draw[f, p] / limit[f, p] if 0 < limit[f, p] < np.inf else None
        rows.append((name, figures.instance.calendar.period_name(p), count(draw[f, p]), count(limit[f, p]), percent(share)))
    kept, more = shortened(rows, MOST_ROWS, "feeds")
    return table(("feed", "period", "drawn", "limit", ""), kept, left=2) + more


def _links(figures: PlanFigures) -> str:
    """Links that carry something, each in the period in which it comes nearest to its limit, and what it costs in all."""
    instance, limit = figures.instance, link_limits(figures.instance)
    carried, gb = link_gbit_s(instance, figures.plan), link_gb(instance, figures.plan)
    rows: list[tuple[object, ...]] = []
    for n, link in enumerate(instance.links.values()):
        if not carried[n].any():
            continue
        p = tightest(carried[n], np.broadcast_to(limit[n], carried[n].shape))
        share = percent(carried[n, p] / limit[n] if np.isfinite(limit[n]) else None)
        usd = count(gb[n] * link.price_usd_per_gb)
        rows.append((link.id, instance.calendar.period_name(p), brief(float(carried[n, p])), share, brief(float(gb[n])), usd))
    kept, more = shortened(rows, MOST_ROWS, "links")
    return table(("link", "period", "carries", "of its limit", "GB in all", "USD"), kept, left=2) + more if rows else ""


def _runs(instance: Instance, plan: Plan) -> str:
    jobs, runs, calendar = instance.jobs, plan.runs, instance.calendar
    islands = instance.island_names
    rows: list[tuple[object, ...]] = []
    for r in np.lexsort((runs.job, runs.start_block)):
        where = [islands[i] for i in plan.places.island[plan.places.run == r]]
        end = int(runs.end_block[r])
        place = ", ".join(where[:3]) + (f" and {len(where) - 3} more" if len(where) > 3 else "")
        rows.append(
            (
                jobs.id[runs.job[r]], place, calendar.block_starts[runs.start_block[r]], calendar.block_starts[end],
                count(jobs.shapes.gpus[runs.shape[r]]),
            )
        )  # fmt: skip
    if not rows:
        return ""
    kept, more = shortened(rows, MOST_ROWS, "runs in the plan's tables")
    return table(("job", "on", "from", "until", "accelerators"), kept, left=4) + more


def _not_run(instance: Instance, plan: Plan) -> str:
    jobs = instance.jobs
    idle = np.setdiff1d(np.arange(len(jobs)), plan.runs.job)
    idle = idle[np.argsort(-jobs.value_usd[idle], kind="stable")]
    rows = [(jobs.id[j], COMMITMENTS[jobs.commitment[j]], count(jobs.value_usd[j])) for j in idle]
    if not rows:
        return ""
    kept, more = shortened(rows, MOST_ROWS // 2, "jobs")
    return table(("job", "commitment", "value USD"), kept, left=2) + more
