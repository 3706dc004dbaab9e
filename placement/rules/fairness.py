"""Fairness: in every slot of such a policy all whom it compares are served at least the share that the plan states.

    stated share  <=  share served of each                             for everyone who asks for something in the slot
    max_min:       worst_unserved_share = mean over slots of (1 - stated share), a term of some level
    proportional:  share served of each  <=  stated share + most_points / 100

Shares are of volumes; what was moved to a slot from another is served there. What is closed, or asked for by a tenant that is
refused, is not served.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.fairness import FairnessCase
from placement.instance.objective import WORST_SHARE
from placement.plan import Plan, Violation
from placement.program import FEASIBILITY_TOLERANCE, Floats
from placement.rules.reading import broken

NAME = "fairness"

POINTS = 100.0
"""Percentage points in a share of 1."""


def formulate(instance: Instance, builder: Builder, activities: Activities) -> None:
    """For each member two rows at most: what it is served at least, and where shares are kept together, at most."""
    options, serve = activities.least_shares, activities.serve
    for k, case in enumerate(instance.fairness_cases):
        mine = np.flatnonzero(options.case == k)
        stated, slot = options.option[mine], case.slot[options.period[mine]]
        rows = [("least", 1.0, 0.0)]
        if case.policy.most_points is not None:
            rows.append(("most", -1.0, case.policy.most_points / POINTS))
        for m, (name, streams) in enumerate(zip(case.members, case.streams, strict=True)):
            asks = case.asked[m] > 0
            share = np.divide(1.0, case.asked[m], out=np.zeros(len(asks)), where=asks)[case.slot]
            tables = {s: builder.profile(instance.mean_per_demand[s] * share) for s in streams.tolist()}
            for what, sign, spread in rows:
                row = builder.add_budgets([f"{what} of {name} by {case.policy.id}"], "shares", spread, case.slot)[0]
                builder.add_rates(stated, row, sign * asks[slot], lump=True)
                for s, table in tables.items():
                    builder.add_rates(serve.option[serve.stream == s], row, -sign, profile=table)
        if case.policy.rule == "max_min":
            key, slots = f"{WORST_SHARE}[{case.policy.id}]", int(case.asked.any(axis=0).sum())
            if slots:
                builder.add_charges(stated, 0, builder.terms.index(key), -1.0 / slots)
                builder.add_constant(0, builder.terms.index(key), 1.0)


# ------------------------------------------------------------ the check


def violations(instance: Instance, plan: Plan) -> list[Violation]:
    """Members that are served less than is stated, or too much more; shares that are none, or of no slot."""
    found: list[Violation] = []
    for k, case in enumerate(instance.fairness_cases):
        stated, served, name = np.zeros(len(case.first_period)), shares_served(instance, plan, case), case.policy.id
        begins = {int(p): t for t, p in enumerate(case.first_period)}
        for row in np.flatnonzero(plan.least_shares.case == k).tolist():
            period, share = int(plan.least_shares.period[row]), float(plan.least_shares.share[row])
            when, t = instance.calendar.period_name(period), begins.get(period)
            if t is None or not case.asked[:, t].any():
                text = "states a least share in what begins no slot in which anyone asks for anything"
                found.append(broken(NAME, name, text, POINTS * abs(share), "points", when))
                continue
            if not -FEASIBILITY_TOLERANCE <= share <= 1 + FEASIBILITY_TOLERANCE:
                beyond = POINTS * max(share - 1, -share)
                found.append(broken(NAME, name, f"states a least share of {share:.4%}", beyond, "points", when))
            stated[t] += share
        spread = np.inf if case.policy.most_points is None else case.policy.most_points / POINTS
        for m, t in zip(*np.nonzero(np.isfinite(served)), strict=True):
            slack = FEASIBILITY_TOLERANCE * max(1.0, abs(served[m, t]) + abs(stated[t]))
            when = instance.calendar.period_name(int(case.first_period[t]))
            below, above = float(stated[t] - served[m, t]), float(served[m, t] - stated[t] - spread)
            if below > slack:
                text = f"{case.members[m]} is served {served[m, t]:.4%} where {stated[t]:.4%} is stated as the least share"
                found.append(broken(NAME, name, text, POINTS * below, "points", when))
            if above > slack:
                text = f"{case.members[m]} is served {served[m, t]:.4%} where nobody may have more than {stated[t] + spread:.4%}"
                found.append(broken(NAME, name, text, POINTS * above, "points", when))
    return found


def shares_served(instance: Instance, plan: Plan, case: FairnessCase) -> Floats:
    """Share served of what each member asks for in each slot, [M, T]; NaN where it asks for nothing."""
    volume = np.zeros(case.asked.shape)
    table = plan.serving
    for m, streams in enumerate(case.streams):
        for row in np.flatnonzero(np.isin(table.stream, streams)).tolist():
            s, p = int(table.stream[row]), int(table.period[row])
            volume[m, case.slot[p]] += table.tokens_per_s[row] * instance.mean_per_demand[s, p] * instance.calendar.hours[p]
    share = np.full(volume.shape, np.nan)
    np.divide(volume, case.asked, out=share, where=case.asked > 0)
    return share


def costs(instance: Instance, plan: Plan) -> dict[str, float]:
    """worst_unserved_share of each policy of rule max_min, as its plan states it: no money."""
    found = {}
    for k, case in enumerate(instance.fairness_cases):
        slots = int(case.asked.any(axis=0).sum())
        if case.policy.rule == "max_min":
            stated = float(plan.least_shares.share[plan.least_shares.case == k].sum())
            found[f"{WORST_SHARE}[{case.policy.id}]"] = 1.0 - stated / slots if slots else 0.0
    return found
