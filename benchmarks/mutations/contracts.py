"""Mutations of law 6, contracts, and of money over time."""

from __future__ import annotations

from benchmarks.mutations.mutation import ACTIVITIES, BOTH_SIDES, CHECK_SIDE, RULES, Mutation

CONTRACTS: tuple[Mutation, ...] = (
    # ------------------------------------------------------------ law 6, contracts
    Mutation(
        "contract sublets earn", "a unit: per hour for per period", "law", f"{RULES}/contract.py",
        "instance.unit_gpus[:, None] * instance.present_hours\n    tables", "instance.unit_gpus[:, None]\n    tables", BOTH_SIDES,
    ),
    Mutation(
        "contract requires", "a dropped condition", "law", f"{RULES}/contract.py",
        "limit = np.zeros_like(inside) if parent.decided else inside * len(children)",
        "limit = inside * len(children)", BOTH_SIDES,
    ),
    Mutation(
        "contract renewals check", "an off-by-one", "law", f"{RULES}/contract.py",
        "times = 1 + (b - start - term) // contract.renewal.blocks",
        "times = (b - start - term) // contract.renewal.blocks", CHECK_SIDE,
    ),
    Mutation(
        "contract exit fee", "a dropped term", "activity", "placement/instance/terms.py",
        "+ leaving * float(worth[term.end])", "+ 0.0 * leaving", BOTH_SIDES,
    ),
    Mutation(
        "contract first exit", "the lesser for the greater", "activity", "placement/instance/terms.py",
        "max(begins + notice, since + minimum)", "min(begins + notice, since + minimum)", BOTH_SIDES,
    ),
    Mutation(
        "contract month", "a unit", "activity", "placement/instance/terms.py",
        "HOURS_PER_MONTH = 730.0", "HOURS_PER_MONTH = 720.0", BOTH_SIDES,
    ),
    Mutation(
        "contract cheapest term", "the greater for the lesser", "activity", "placement/instance/terms.py",
        "found[term] = min(Owed(present, paid),", "found[term] = max(Owed(present, paid),", BOTH_SIDES,
    ),
    # ------------------------------------------------------------ law 11, movement
    Mutation(
        "movement overlap", "a dropped term", "activity", f"{ACTIVITIES}/gangs.py",
        "np.maximum(self.overlap[row], 0))", "0 * self.overlap[row])", BOTH_SIDES,
    ),
    Mutation(
        "movement lost hours", "a sign", "activity", f"{ACTIVITIES}/running.py",
        "/ full_here * full_there + today.lost_hours", "/ full_here * full_there - today.lost_hours", BOTH_SIDES,
    ),
    Mutation(
        "movement value past the horizon", "a dropped factor", "law", f"{RULES}/movement.py",
        "done = 1 - (1 - gangs.before[past] / remaining) * (1", "done = 1 - (1", BOTH_SIDES,
    ),
    Mutation(
        "movement freeze check", "a wrong comparison", "law", f"{RULES}/movement.py",
        "and day < policy.until_date:", "and day > policy.until_date:", CHECK_SIDE,
    ),
    # ------------------------------------------------------------ law 11, overrun
    Mutation(
        "overrun of islands in their pools", "a dropped term", "activity", f"{ACTIVITIES}/overruns.py",
        "pool[instance.island_pool[self.limit[mine]]], -1.0)", "pool[instance.island_pool[self.limit[mine]]], 0.0)",
        ("overrun", "tiny optima"),
    ),
    Mutation(
        "overrun earns the usage fee", "a dropped charge", "law", f"{RULES}/overrun.py",
        "*level_and_term(name), 1.0,", "*level_and_term(name), 0.0,", ("overrun", "tiny optima"),
    ),
    Mutation(
        "overrun check of today's excess", "a wrong comparison", "law", f"{RULES}/overrun.py",
        "elif amount > allowed + tolerance:", "elif amount > 2 * allowed + tolerance:", ("overrun",),
    ),
    # ------------------------------------------------------------ law 11, changes
    Mutation(
        "changes in number", "a sign", "law", f"{RULES}/changes.py",
        "add_rates(option, row[0], -1.0, start=START", "add_rates(option, row[0], 1.0, start=START", ("changes", "tiny optima"),
    ),
    Mutation(
        "changes in money", "a dropped factor: a run kept at any start", "law", f"{RULES}/changes.py",
        "np.arange(calendar.blocks + 1) == block)", "np.arange(calendar.blocks + 1) >= 0)", ("changes", "tiny optima"),
    ),
    Mutation(
        "changes check of the start", "a dropped condition", "law", f"{RULES}/changes.py",
        "(int(runs.shape[n]), int(runs.start_block[n])) == (planned.shape, planned.start_block)",
        "int(runs.shape[n]) == planned.shape", ("changes",),
    ),
    # ------------------------------------------------------------ law 6, purchase
    Mutation(
        "purchase residual", "a sign", "law", f"{RULES}/purchase.py",
        '*level_and_term("residual_value"), -value)', '*level_and_term("residual_value"), value)', BOTH_SIDES,
    ),
    Mutation(
        "purchase life check", "a wrong anchor: the order for the delivery", "law", f"{RULES}/purchase.py",
        "begins = instance.calendar.block_starts[first]", "begins = start", CHECK_SIDE,
    ),
    Mutation(
        "purchase lead time", "a dropped term", "activity", "placement/instance/terms.py",
        "calendar.block_starts[ordered] + timedelta(days=purchase.lead_time_days)", "calendar.block_starts[ordered]", BOTH_SIDES,
    ),
    # ------------------------------------------------------------ law 6, spot capacity
    Mutation(
        "spot interruptions", "a product dropped", "activity", f"{ACTIVITIES}/gangs.py",
        "        hours *= _times_longer(instance, places, shape, place)\n", "        pass\n", BOTH_SIDES,
    ),
    Mutation(
        "spot throughput check", "a dropped factor", "law", f"{RULES}/reading.py",
        "throughput[pool == q] *= there", "pass", CHECK_SIDE,
    ),
    Mutation(
        "spot paid for", "a dropped factor, on both sides", "law", f"{RULES}/capacity.py",
        "instance.calendar.period_count) * instance.availability[:, None]", "instance.calendar.period_count)", ("tiny optima",),
    ),
    # ------------------------------------------------------------ law 6, metered energy
    Mutation(
        "metered energy of terms", "a dropped rate", "law", f"{RULES}/metered_energy.py",
        "    charge_standing(instance, builder, activities, int(rows[0]), beyond)\n", "", BOTH_SIDES,
    ),
    Mutation(
        "metered energy included", "a dropped condition, on the Program's side", "law", f"{RULES}/reading.py",
        "np.where(paid[:, None], price_over_feeds(instance), 0.0)", "price_over_feeds(instance)", BOTH_SIDES,
    ),
    Mutation(
        "metered energy check", "a sign", "law", f"{RULES}/metered_energy.py",
        "total -= float(kwh @", "total += float(kwh @", CHECK_SIDE,
    ),
    # ------------------------------------------------------------ law 6, take or pay
    Mutation(
        "take or pay beyond", "a unit: per hour for once", "law", f"{RULES}/take_or_pay.py",
        "builder.add_rates(beyond, row, -1.0, lump=True)", "builder.add_rates(beyond, row, -1.0)", BOTH_SIDES,
    ),
    Mutation(
        "take or pay share", "a dropped coefficient", "law", f"{RULES}/take_or_pay.py",
        "[0.0 if owes is None else owes.share for", "[0.0 if owes is None else 1.0 for", BOTH_SIDES,
    ),
    Mutation(
        "take or pay check", "a sum for the greater", "law", f"{RULES}/take_or_pay.py",
        "total += max(0.0, float(used[in_slot].sum() - owes.share * there[in_slot].sum()))", "total += float(used[in_slot].sum())",
        CHECK_SIDE,
    ),
    Mutation(
        "take or pay settled", "an off-by-one: the first period of a slot", "law", f"{RULES}/take_or_pay.py",
        "float(worth[in_slot[-1]])", "float(worth[in_slot[0]])", CHECK_SIDE,
    ),
    # ------------------------------------------------------------ money over time
    Mutation(
        "discount of values", "a wrong anchor", "law", f"{RULES}/assignment.py",
        "-value[done], anchor=Anchor.END, table=builder.curve(worth)", "-value[done], table=builder.curve(worth)", BOTH_SIDES,
    ),
    Mutation(
        "discount by the year", "a unit, on both sides", "law", "placement/instance/instance.py",
        "DAYS_PER_YEAR = 365.25", "DAYS_PER_YEAR = 36.525", ("tiny optima",),
    ),
    Mutation(
        "discount of what is paid back", "a factor dropped on one side", "law", f"{RULES}/capacity.py",
        "maintenance, price * instance.present_hours", "maintenance, price * instance.calendar.hours", BOTH_SIDES,
    ),
    Mutation(
        "take or pay most", "a bound that is too tight", "activity", f"{ACTIVITIES}/overuse.py",
        "instance.calendar.mean(terms.price_usd_per_gpu_hour) * instance.calendar.hours",
        "instance.calendar.mean(terms.price_usd_per_gpu_hour)", BOTH_SIDES,
    ),
    # ------------------------------------------------------------ law 6, reclaim
    Mutation(
        "reclaim of promised jobs", "a dropped condition", "law", f"{RULES}/reclaim.py",
        "(row[pool_of] >= 0) & _owed(instance)[gangs.job[gangs.share_row]])", "row[pool_of] >= 0)", BOTH_SIDES,
    ),
    Mutation(
        "reclaim from when on check", "an off-by-one", "law", f"{RULES}/reclaim.py",
        "if days[block + 1] > gone:", "if days[block] > gone:", CHECK_SIDE,
    ),
    Mutation(
        "reclaim share", "the greater for the lesser", "activity", "placement/instance/instance.py",
        "units[q, first:] -= np.ceil(reclaim.share * units[q, first:] - 1e-9)",
        "units[q, first:] -= np.floor(reclaim.share * units[q, first:] - 1e-9)", BOTH_SIDES,
    ),
    Mutation(
        "reclaim pace at events check", "a dropped factor", "law", f"{RULES}/reclaim.py",
        "* pace[places.run] * (1 + ROUNDING)", "* (1 + ROUNDING)", CHECK_SIDE,
    ),
    Mutation(
        "resilience of what is kept", "a dropped rate", "law", f"{RULES}/resilience.py",
        "    charge_exposed(instance, builder, activities.gangs, left)\n", "", BOTH_SIDES,
    ),
)  # fmt: skip
"""Named by law, then by what is wrong."""
