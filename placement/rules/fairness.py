"""Fairness: in every slot of such a policy all whom it compares are served at least the share that the plan states.

    stated share  <=  share served of each                             for everyone who asks for something in the slot
    max_min:       worst_unserved_share = mean over slots of (1 - stated share), a term of some level
    proportional:  share served of each  <=  stated share + most_points / 100

By max_min with minima of K the plan states besides, for n = 2 ... K, a sum of the n least shares in every slot, all if fewer ask:

    stated sum  <=  sum of the n least shares  =  max over t of n t - sum of (what each share falls short of t)
    worst_unserved_share of n  =  mean over slots of (n - stated sum), a term of a later level

Levels one after another make the least share large, then the two least together, and so on. In a slot by itself none of the K least
shares can then be raised but by lowering one that is no larger (leximin). What is served beyond what is asked for counts as all.

Shares are of volumes; what was moved to a slot from another is served there. What is closed, or asked for by a tenant that is
refused, is not served.
"""

from __future__ import annotations

import numpy as np

from placement.activities import Activities
from placement.builder import Builder
from placement.instance import Instance
from placement.instance.fairness import FairnessCase
from placement.instance.objective import worst_share
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
        rows, served = [("least", 1.0, 0.0)], list[dict[int, int]]()
        if case.policy.most_points is not None:
            rows.append(("most", -1.0, case.policy.most_points / POINTS))
        for m, (name, streams) in enumerate(zip(case.members, case.streams, strict=True)):
            asks = case.asked[m] > 0
            share = np.divide(1.0, case.asked[m], out=np.zeros(len(asks)), where=asks)[case.slot]
            tables = {s: builder.profile(instance.mean_per_demand[s] * share) for s in streams.tolist()}
            served.append(tables)
            for what, sign, spread in rows:
                row = builder.add_budgets([f"{what} of {name} by {case.policy.id}"], "shares", spread, case.slot)[0]
                builder.add_rates(stated, row, sign * asks[slot], lump=True)
                for s, table in tables.items():
                    builder.add_rates(serve.option[serve.stream == s], row, -sign, profile=table)
        if case.policy.rule == "max_min":
            term, slots = builder.terms.index(worst_share(case.policy.id)), np.count_nonzero(case.compared)
            if slots:
                builder.add_charges(stated, 0, term, -1.0 / slots)
                builder.add_constant(0, term, 1.0)
        for minima in case.sums:
            _sum(builder, activities, case, k, minima, served)


def _sum(
    builder: Builder, activities: Activities, case: FairnessCase, k: int, minima: int, served: list[dict[int, int]]
) -> None:
    """A row for the sum, one for each member's shortfall, and the term. ``served``: of each member, by stream, the profile of the
    share that a token/s served for an hour is."""
    options, serve, by = activities.least_sums, activities.serve, case.policy.id
    mine = np.flatnonzero((options.case == k) & (options.minima == minima))
    of = np.flatnonzero((options.case[options.short_of] == k) & (options.minima[options.short_of] == minima))
    row = builder.add_budgets([f"sum of {minima} least by {by}"], "shares", 0.0, case.slot)[0]
    builder.add_rates(options.option[mine], row, 1.0, lump=True)
    builder.add_rates(options.last_option[mine], row, -options.counted[mine].astype(np.float64), lump=True)
    builder.add_rates(options.short_option[of], row, 1.0, lump=True)
    for m, name in enumerate(case.members):
        short = of[options.short_member[of] == m]
        row = builder.add_budgets([f"what {name} falls short of {minima} least by {by}"], "shares", 0.0, case.slot)[0]
        builder.add_rates(options.last_option[options.short_of[short]], row, 1.0, lump=True)
        builder.add_rates(options.short_option[short], row, -1.0, lump=True)
        for s, table in served[m].items():
            builder.add_rates(serve.option[serve.stream == s], row, -1.0, profile=table)
    term, slots = builder.terms.index(worst_share(by, minima)), len(mine)
    if slots:
        builder.add_charges(options.option[mine], 0, term, -1.0 / slots)
        builder.add_constant(0, term, float(options.counted[mine].sum()) / slots)


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
        found += _sums_broken(instance, plan, k, served)
    return found


def _sums_broken(instance: Instance, plan: Plan, k: int, served: Floats) -> list[Violation]:
    """Sums that are larger than the shares served add up to, less than nothing, or of what the policy does not add up."""
    case, table, found = instance.fairness_cases[k], plan.least_sums, list[Violation]()
    begins = {int(p): t for t, p in enumerate(case.first_period)}
    stated: dict[tuple[int, int], float] = {}
    for row in np.flatnonzero(table.case == k).tolist():
        minima, period, share = int(table.minima[row]), int(table.period[row]), float(table.share[row])
        when, t = instance.calendar.period_name(period), begins.get(period)
        if minima not in case.sums or t is None or not np.isfinite(served[:, t]).any():
            text = f"states a sum of {minima} least shares where it adds up none"
            found.append(broken(NAME, case.policy.id, text, POINTS * abs(share), "points", when))
        elif share < -FEASIBILITY_TOLERANCE:
            text = f"states {share:.4%} as the sum of {minima} least shares"
            found.append(broken(NAME, case.policy.id, text, -POINTS * share, "points", when))
        else:
            stated[minima, t] = stated.get((minima, t), 0.0) + share
    for (minima, t), total in stated.items():
        shares = np.sort(np.minimum(served[np.isfinite(served[:, t]), t], 1.0))
        true = float(shares[:minima].sum())
        # Each of the shares is known to within the tolerance.
        if total - true > FEASIBILITY_TOLERANCE * max(1.0, total + true + len(shares)):
            when = instance.calendar.period_name(int(case.first_period[t]))
            text = f"the {minima} least shares served come to {true:.4%} where {total:.4%} is stated"
            found.append(broken(NAME, case.policy.id, text, POINTS * (total - true), "points", when))
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
    """worst_unserved_share of each policy of rule max_min, and of each of its further minima, as its plan states it: no money."""
    found = {}
    for k, case in enumerate(instance.fairness_cases):
        slots, sums = int(case.asked.any(axis=0).sum()), plan.least_sums
        if case.policy.rule == "max_min":
            stated = float(plan.least_shares.share[plan.least_shares.case == k].sum())
            found[worst_share(case.policy.id)] = 1.0 - stated / slots if slots else 0.0
        for minima in case.sums:
            most = float(np.minimum(case.compared, minima).sum())
            stated = float(sums.share[(sums.case == k) & (sums.minima == minima)].sum())
            found[worst_share(case.policy.id, minima)] = (most - stated) / slots if slots else 0.0
    return found
