"""What was decided about those who are to be treated alike, as shares served, and what levels count that is no money."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from placement.instance import Instance
from placement.plan import Plan
from placement.report.text import percent, shortened, table
from placement.rules.fairness import shares_served

MOST_ROWS = 60


def fairness(instance: Instance, plan: Plan) -> str:
    """Every policy of fairness with each whom it compares: the share served at least, in the mean, and at most, over its slots; and
    of policies that count several of the least shares these in their order, whosever they are."""
    rows: list[tuple[object, ...]] = []
    for case in instance.fairness_cases:
        served, days = shares_served(instance, plan, case), instance.calendar
        rule = "least as large as can be" if case.policy.most_points is None else f"within {case.policy.most_points:g} points"
        for m, name in enumerate(case.members):
            known = np.flatnonzero(np.isfinite(served[m]))
            if not len(known):
                rows.append((case.policy.id, rule, name, "asks for nothing", None, None, None))
                continue
            worst = known[np.argmin(served[m, known])]
            mean = float(served[m, known] @ case.asked[m, known] / case.asked[m, known].sum())
            when = days.period_name(int(case.first_period[worst]))
            rows.append((case.policy.id, rule, name, when, *(percent(x) for x in (served[m, worst], mean, served[m, known].max()))))
    kept, more = shortened(rows, MOST_ROWS, "shares")
    if not rows:
        return ""
    whole = table(("policy", "rule", "who", "least in the slot from", "least", "mean", "most"), kept, left=4) + more
    return f"{whole}\n{ordered}" if (ordered := _in_order(instance, plan)) else whole


def _in_order(instance: Instance, plan: Plan) -> str:
    """The least share, the second least ... of each slot in which so many ask, over these slots."""
    rows: list[tuple[object, ...]] = []
    for case in instance.fairness_cases:
        shares = np.sort(shares_served(instance, plan, case), axis=0)  # Whoever asks for nothing comes last.
        for n in range(case.policy.counts if case.sums else 0):
            known = np.flatnonzero(np.isfinite(shares[n]))
            if not len(known):
                continue
            found, worst = shares[n, known], known[np.argmin(shares[n, known])]
            when = instance.calendar.period_name(int(case.first_period[worst]))
            rows.append((case.policy.id, n + 1, when, *(percent(float(x)) for x in (found.min(), found.mean(), found.max()))))
    return table(("policy", "in order", "least in the slot from", "least", "mean", "most"), rows, left=3) if rows else ""


def measures(instance: Instance, terms: Mapping[str, float]) -> str:
    """Every measure that a level names, in its own unit."""
    rows = [(measure.key, f"{terms[measure.key]:,.6g}") for measure in instance.levels.measures]
    return table(("measure", "value"), rows) if rows else ""
