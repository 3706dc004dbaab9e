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
    """Every policy of fairness with each whom it compares: the share served at least, in the mean, and at most, over its slots."""
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
    return table(("policy", "rule", "who", "least in the slot from", "least", "mean", "most"), kept, left=4) + more if rows else ""


def measures(instance: Instance, terms: Mapping[str, float]) -> str:
    """Every measure that a level names, in its own unit."""
    rows = [(measure.key, f"{terms[measure.key]:,.6g}") for measure in instance.levels.measures]
    return table(("measure", "value"), rows) if rows else ""
