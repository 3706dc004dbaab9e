"""Mutations of policies: quotas, fairness and levels of the objective, concentration, carbon and budgets."""

from __future__ import annotations

from benchmarks.mutations.mutation import BOTH_SIDES, CHECK_SIDE, RULES, Mutation

POLICIES: tuple[Mutation, ...] = (
    # ------------------------------------------------------------ law 7, quota
    Mutation(
        "quota of who lends", "a dropped rate: what is lent can be used twice", "law", f"{RULES}/quota.py",
        "(taken, row, -1.0)\n        builder.add_rates(given, row, 1.0)\n", "(taken, row, -1.0)\n", ("quota", *BOTH_SIDES),
    ),
    Mutation(
        "quota taken back", "an off-by-one: in the first block too", "law", f"{RULES}/quota.py",
        "start=(start[0], 1)", "start=(start[0], 0)", ("quota", *BOTH_SIDES),
    ),
    Mutation(
        "quota check of what may be stopped", "a dropped condition", "law", f"{RULES}/quota.py",
        "counts = counts & ~jobs.reclaimable", "pass", ("quota", *BOTH_SIDES),
    ),
    Mutation(
        "quota priority", "a product for a quotient, on both sides", "law", "placement/instance/quotas.py",
        "/ (tenant.priority or 1.0)", "* (tenant.priority or 1.0)", ("quota", "tiny optima"),
    ),
    Mutation(
        "training share of all", "a dropped term: shares of nothing", "law", f"{RULES}/training_share.py",
        "sign * (named - share)", "sign * (named - share * named)", ("quota", *BOTH_SIDES),
    ),
    Mutation(
        "training share check", "a sign", "law", f"{RULES}/training_share.py",
        '("least", policy.least_share, -1.0)):\n            if share', '("least", policy.least_share, 1.0)):\n            if share',
        ("quota", *BOTH_SIDES),
    ),
    # ------------------------------------------------------------ fairness, and levels of the objective
    Mutation(
        "fairness spread", "a sign", "law", f"{RULES}/fairness.py",
        'rows.append(("most", -1.0, case.policy', 'rows.append(("most", 1.0, case.policy', BOTH_SIDES,
    ),
    Mutation(
        "fairness of means", "a factor dropped: demand for its mean", "law", f"{RULES}/fairness.py",
        "builder.profile(instance.mean_per_demand[s] * share)", "builder.profile(share)", BOTH_SIDES,
    ),
    Mutation(
        "fairness check of too much", "a dropped condition", "law", f"{RULES}/fairness.py",
        "            if above > slack:", "            if above > 1.0 + slack:", CHECK_SIDE,
    ),
    Mutation(
        "fairness sum of the least", "a coefficient: minima for those who ask", "law", f"{RULES}/fairness.py",
        "row, -options.counted[mine].astype(np.float64), lump", "row, -float(minima), lump", BOTH_SIDES,
    ),
    Mutation(
        "fairness shortfalls", "a dropped term: what shares fall short", "law", f"{RULES}/fairness.py",
        "    builder.add_rates(options.short_option[of], row, 1.0, lump=True)\n", "", BOTH_SIDES,
    ),
    Mutation(
        "fairness check of sums", "a dropped condition: the least of the shares", "law", f"{RULES}/fairness.py",
        "shares = np.sort(np.minimum(served[np.isfinite(served[:, t]), t], 1.0))",
        "shares = np.minimum(served[np.isfinite(served[:, t]), t], 1.0)", CHECK_SIDE,
    ),
    Mutation(
        "levels of a price", "a dropped term: twins of priced resources", "program", "placement/builder.py",
        "self._twins.append((int(known[0]), len(ids), int(ids[0])))", "pass", BOTH_SIDES,
    ),
    Mutation(
        "levels of a constant", "a coefficient", "program", "placement/builder.py",
        "self._constants[at, term] += weight * amount", "self._constants[at, term] += amount", BOTH_SIDES,
    ),
    Mutation(
        "measures of idle draw", "a dropped term", "law", f"{RULES}/measures.py",
        "            charge_standing(instance, builder, activities, row, per_kwh)\n", "", BOTH_SIDES,
    ),
    Mutation(
        "measures of others' demand", "a dropped condition", "law", f"{RULES}/measures.py",
        "mine = np.flatnonzero(counted[serve.stream])", "mine = np.arange(len(serve.stream))", BOTH_SIDES,
    ),
    # ------------------------------------------------------------ law 9, concentration
    Mutation(
        "concentration of fees", "a sign", "law", f"{RULES}/concentration.py",
        "limit = -float(dated_fees(instance) @ by_contract)", "limit = float(dated_fees(instance) @ by_contract)", BOTH_SIDES,
    ),
    Mutation(
        "concentration of metered energy", "a dropped rate", "law", f"{RULES}/concentration.py",
        "        charge_standing(instance, builder, activities, row, metered)\n", "", BOTH_SIDES,
    ),
    Mutation(
        "concentration members check", "an aggregate for a share", "law", f"{RULES}/concentration.py",
        "over = amount - policy.most_share * every", "over = amount - every", CHECK_SIDE,
    ),
    # ------------------------------------------------------------ law 12, carbon and budgets
    Mutation(
        "carbon of idle draw", "a unit: per hour for per period", "law", f"{RULES}/carbon.py",
        "float(np.sum(standing_kw(instance) * price * instance.present_hours))", "float(np.sum(standing_kw(instance) * price))",
        BOTH_SIDES,
    ),
    Mutation(
        "carbon of terms", "a dropped rate", "law", f"{RULES}/carbon.py",
        "    charge_standing(instance, builder, activities, row, price)\n", "", BOTH_SIDES,
    ),
    Mutation(
        "budget of capex", "an off-by-one: a block late", "law", f"{RULES}/budget.py",
        'side="right")) - 1\n', 'side="right"))\n', BOTH_SIDES,
    ),
    Mutation(
        "budget owed anyway", "a dropped term", "law", f"{RULES}/budget.py",
        "limit = policy.limit - owed_anyway(instance, policy)", "limit = policy.limit + 0.0 * owed_anyway(instance, policy)",
        BOTH_SIDES,
    ),
    Mutation(
        "budget of overuse", "a unit: per hour for once", "law", f"{RULES}/budget.py",
        "builder.add_rates(activities.overuse.option, row, 1.0, lump=True)",
        "builder.add_rates(activities.overuse.option, row, 1.0)", BOTH_SIDES,
    ),
    Mutation(
        "budget check of sublets", "a sign", "law", f"{RULES}/budget.py",
        "of_pool = of_pool - sublet_units", "of_pool = of_pool + sublet_units", CHECK_SIDE,
    ),
)  # fmt: skip
"""Named by law, then by what is wrong."""
