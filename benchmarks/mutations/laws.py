"""Mutations of laws, of what a plan can do, of the Program, of the check and of the files that hold a plan."""

from __future__ import annotations

from benchmarks.mutations.mutation import Mutation

RULES = "placement/rules"
ACTIVITIES = "placement/activities"
BOTH_SIDES = ("agreement", "tiny optima")
"""Most laws: the Program's side against the check's, then optima worked out by hand."""
CHECK_SIDE = ("violations", *BOTH_SIDES)
"""What is wrong in the check alone, or in what both sides read: plans broken by hand first."""
GRID = ("grid", "agreement")
"""What the grid asks for, in instances that have it."""

LAWS: tuple[Mutation, ...] = (
    # ------------------------------------------------------------ law 1, assignment
    Mutation(
        "assignment value", "a sign", "law", f"{RULES}/assignment.py",
        'level_and_term("training_value"), -value[done])', 'level_and_term("training_value"), value[done])', BOTH_SIDES,
    ),
    Mutation(
        "assignment lateness anchor", "a wrong anchor", "law", f"{RULES}/assignment.py",
        "anchor=Anchor.END", "anchor=Anchor.START", BOTH_SIDES,
    ),
    Mutation(
        "assignment must", "a dropped condition", "law", f"{RULES}/assignment.py",
        "builder.add_groups(jobs.id, must | promised)", "builder.add_groups(jobs.id, promised)", BOTH_SIDES,
    ),
    Mutation(
        "assignment deadline check", "an off-by-one", "law", f"{RULES}/assignment.py",
        "continues, end <= jobs.deadline_block[job])", "continues, end <= jobs.deadline_block[job] + 1)", CHECK_SIDE,
    ),
    # ------------------------------------------------------------ law 2, capacity
    Mutation(
        "capacity units online", "a rounding the wrong way", "law", f"{RULES}/capacity.py",
        "return instance.island_online_gpus // instance.unit_gpus[instance.island_pool][:, None]",
        "return -(-instance.island_online_gpus // instance.unit_gpus[instance.island_pool][:, None])", BOTH_SIDES,
    ),
    Mutation(
        "capacity of sublets", "a coefficient", "law", f"{RULES}/capacity.py",
        "pool[activities.sublets.pool], 1.0)", "pool[activities.sublets.pool], 0.5)", BOTH_SIDES,
    ),
    Mutation(
        "capacity paid back", "a sign", "law", f"{RULES}/capacity.py",
        "terms.totals(earned))", "-terms.totals(earned))", BOTH_SIDES,
    ),
    Mutation(
        "capacity check of sublets", "a dropped condition", "law", f"{RULES}/capacity.py",
        "np.maximum(online - use, 0)", "np.maximum(online, 0)", CHECK_SIDE,
    ),
    Mutation(
        "capacity spares", "a rounding the wrong way", "law", f"{RULES}/capacity.py",
        "np.ceil(share[:, None]", "np.floor(share[:, None]", BOTH_SIDES,
    ),
    # ------------------------------------------------------------ law 3, interconnect
    Mutation(
        "interconnect domains", "a rounding the wrong way", "law", f"{RULES}/interconnect.py",
        "domains = -(-gangs.share_units[mine] // instance.domain_units[instance.island_pool[island]])",
        "domains = gangs.share_units[mine] // instance.domain_units[instance.island_pool[island]]", BOTH_SIDES,
    ),
    Mutation(
        "interconnect oversubscription", "a coefficient, on both sides", "law", f"{RULES}/interconnect.py",
        ".scale_out_gbit_s / pool.spanning.oversubscription", ".scale_out_gbit_s * pool.spanning.oversubscription", CHECK_SIDE,
    ),
    Mutation(
        "interconnect links", "a dropped row", "law", f"{RULES}/interconnect.py",
        "keep = np.isfinite(limits[used, 0])", "keep = np.isinf(limits[used, 0])", BOTH_SIDES,
    ),
    Mutation(
        "interconnect large replicas", "a coefficient", "law", f"{RULES}/interconnect.py",
        "1.0 / per_domain)", "1.0)", BOTH_SIDES,
    ),
    # ------------------------------------------------------------ law 4, power
    Mutation(
        "power of gangs", "a unit: IT for facility kW", "law", f"{RULES}/power.py",
        "(_training_kw(instance)[shape] - less_each[pool]) * pue_of_pools(instance)[pool])",
        "(_training_kw(instance)[shape] - less_each[pool]))", BOTH_SIDES,
    ),
    Mutation(
        "power reserve", "a sign, on both sides", "law", f"{RULES}/power.py",
        "instance.calendar.least(feed.limit_kw) - feed.reserve_kw",
        "instance.calendar.least(feed.limit_kw) + feed.reserve_kw", CHECK_SIDE,
    ),
    Mutation(
        "power tree", "a skipped level", "law", f"{RULES}/power.py",
        "for f in path:", "for f in path[:1]:", BOTH_SIDES,
    ),
    Mutation(
        "power idle of terms", "a sign", "law", f"{RULES}/power.py",
        "len(path), axis=0), sign=1.0", "len(path), axis=0), sign=-1.0", BOTH_SIDES,
    ),
    Mutation(
        "events of what gives way", "a dropped term", "law", f"{RULES}/pool_use.py",
        "running.gangs - job[gangs.job[gangs.share_row]] * above_idle.gangs", "running.gangs", GRID,
    ),
    Mutation(
        "events slow gangs down", "a dropped coefficient", "activity", f"{ACTIVITIES}/paces.py",
        "(1 - shares[:, None, None] * slowed)", "(1 - slowed)", GRID,
    ),
    Mutation(
        "events above two sites", "all for any", "activity", f"{ACTIVITIES}/paces.py",
        "for island in side]].any(axis=0)", "for island in side]].all(axis=0)", GRID,
    ),
    Mutation(
        "events slow replicas down check", "a dropped condition", "check", f"{RULES}/reading.py",
        "limited += case.hours[table.period] * case.below[pool]", "limited += case.hours[table.period]", GRID,
    ),
    Mutation(
        "non firm part", "a sign, on both sides", "law", f"{RULES}/power.py",
        "+ instance.calendar.least(feed.non_firm_kw or 0.0)", "- instance.calendar.least(feed.non_firm_kw or 0.0)", GRID,
    ),
    Mutation(
        "non firm check", "a dropped condition", "law", f"{RULES}/non_firm.py",
        "left += kw[q] * (name in instance.feeds_above(pool))", "left += kw[q]", GRID,
    ),
    Mutation(
        "second feed of what it carries already", "a dropped term", "law", f"{RULES}/second_feed.py",
        "np.array([float(feed in path) for path in after])",
        "np.array([float(feed in path and feed not in own) for own, path in zip(before, after, strict=True)])", GRID,
    ),
    Mutation(
        "second feed that is lost too", "a dropped condition, on both sides", "law", "placement/instance/instance.py",
        "if not set(other) & set(lost):", "if True:", GRID,
    ),
    Mutation(
        "demand response earns", "a sign", "law", f"{RULES}/demand_response.py",
        "-options.kw_each * price", "options.kw_each * price", GRID,
    ),
    Mutation(
        "demand response as a whole", "a coefficient", "activity", f"{ACTIVITIES}/responses.py",
        "upper=np.where(whole, 1.0, most)", "upper=np.where(whole, 1.0, 1.0)", ("tiny optima", *GRID),
    ),
    Mutation(
        "cooling of idle draw", "a dropped term", "law", f"{RULES}/cooling.py",
        "limit[site] - standing[site]", "limit[site]", BOTH_SIDES,
    ),
    Mutation(
        "cooling check", "a unit: facility for IT kW", "law", f"{RULES}/cooling.py",
        "kw / instance.sites[pool.site].pue", "kw", CHECK_SIDE,
    ),
    # ------------------------------------------------------------ law 5, sla
    Mutation(
        "sla revenue", "a sign", "law", f"{RULES}/sla.py",
        "-revenue[serve.stream], table", "revenue[serve.stream], table", BOTH_SIDES,
    ),
    Mutation(
        "sla seconds", "a unit, on both sides", "law", f"{RULES}/sla.py",
        "SECONDS_PER_HOUR = 3600.0", "SECONDS_PER_HOUR = 60.0", BOTH_SIDES,
    ),
    Mutation(
        "sla weight of promises", "a coefficient", "law", f"{RULES}/sla.py",
        "weight = np.maximum(shed.usd_per_million_tokens,", "weight = np.minimum(shed.usd_per_million_tokens,", BOTH_SIDES,
    ),
    Mutation(
        "sla class check", "an off-by-one", "law", f"{RULES}/sla.py",
        "if c > classes.index(stream.latency_class):", "if c > classes.index(stream.latency_class) + 1:", CHECK_SIDE,
    ),
    # ------------------------------------------------------------ law 6, contracts
    Mutation(
        "contract sublets earn", "a unit: per hour for per period", "law", f"{RULES}/contract.py",
        "instance.unit_gpus[:, None] * instance.calendar.hours\n    tables", "instance.unit_gpus[:, None]\n    tables", BOTH_SIDES,
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
        "contract.signing_fee_usd + float(owed) + leaving", "contract.signing_fee_usd + float(owed)", BOTH_SIDES,
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
        "found[start, end] = min(usd,", "found[start, end] = max(usd,", BOTH_SIDES,
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
        "np.sum(np.maximum(used, owes.share * there))", "np.sum(used + owes.share * there)", CHECK_SIDE,
    ),
    Mutation(
        "take or pay most", "a bound that is too tight", "activity", f"{ACTIVITIES}/overuse.py",
        "instance.calendar.mean(terms.price_usd_per_gpu_hour) * instance.calendar.hours",
        "instance.calendar.mean(terms.price_usd_per_gpu_hour)", BOTH_SIDES,
    ),
    # ------------------------------------------------------------ law 8, resilience
    Mutation(
        "resilience lost pools", "a dropped condition", "law", f"{RULES}/resilience.py",
        "~case.lost[replicas.pool] & (row >= 0)", "row >= 0", BOTH_SIDES,
    ),
    Mutation(
        "resilience uncovered check", "a dropped term", "law", f"{RULES}/resilience.py",
        "need - after - left", "need - after", CHECK_SIDE,
    ),
    Mutation(
        "resilience floor", "a coefficient", "activity", f"{ACTIVITIES}/recourse.py",
        "ladder_of(instance, stream).floor_share if promised", "1.0 if promised", BOTH_SIDES,
    ),
    # ------------------------------------------------------------ law 9, concentration
    Mutation(
        "concentration of fees", "a sign", "law", f"{RULES}/concentration.py",
        "limit = -float(dated_fees(instance) @ by_contract)", "limit = float(dated_fees(instance) @ by_contract)", BOTH_SIDES,
    ),
    Mutation(
        "concentration members check", "an aggregate for a share", "law", f"{RULES}/concentration.py",
        "over = amount - policy.most_share * every", "over = amount - every", CHECK_SIDE,
    ),
    # ------------------------------------------------------------ law 12, carbon and budgets
    Mutation(
        "carbon of idle draw", "a unit: per hour for per period", "law", f"{RULES}/carbon.py",
        "float(np.sum(standing_kw(instance) * price * instance.calendar.hours))", "float(np.sum(standing_kw(instance) * price))",
        BOTH_SIDES,
    ),
    Mutation(
        "carbon of terms", "a dropped rate", "law", f"{RULES}/carbon.py",
        "    charge_standing(instance, builder, activities, row, price)\n", "", BOTH_SIDES,
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
    # ------------------------------------------------------------ activities
    Mutation(
        "replicas of a unit", "a coefficient", "activity", f"{ACTIVITIES}/replicas.py",
        "return 1, unit // profile.gpus_per_replica", "return 1, 1", BOTH_SIDES,
    ),
    Mutation(
        "gangs slow-down", "a dropped coefficient", "activity", f"{ACTIVITIES}/gangs.py",
        "shapes.hours[shape] / (places.slow_down(place) * (1 - loss))", "shapes.hours[shape] / (1 - loss)", BOTH_SIDES,
    ),
    Mutation(
        "serving own class", "a dropped option", "activity", f"{ACTIVITIES}/serving.py",
        "range(classes.index(stream.latency_class) + 1)", "range(classes.index(stream.latency_class))", BOTH_SIDES,
    ),
    Mutation(
        "shedding rungs", "a bound that is too loose", "activity", f"{ACTIVITIES}/serving.py",
        "table[:, 0], np.array(share))", "table[:, 0], np.ones(len(share)))", BOTH_SIDES,
    ),
    Mutation(
        "places of equal islands", "a dropped option", "activity", f"{ACTIVITIES}/places.py",
        "range(2, min(pool.spanning.max_islands, count) + 1)", "range(2, min(pool.spanning.max_islands, count))", BOTH_SIDES,
    ),
    # ------------------------------------------------------------ the Program
    Mutation(
        "program lumps", "a unit: by hours for once", "program", "placement/program/__init__.py",
        "hourly = self.resources.hourly[resource] & ~self.rates.lump[rate]", "hourly = self.resources.hourly[resource]",
        ("agreement", "programs", "tiny optima"),
    ),
    Mutation(
        "program ends", "an off-by-one", "program", "placement/program/__init__.py",
        'np.searchsorted(progress, target, side="left")', 'np.searchsorted(progress, target, side="left") + 1',
        ("agreement", "programs", "tiny optima"),
    ),
    Mutation(
        "program groups joined", "a dropped row", "program", "placement/builder.py",
        'table["group"][option] = group', 'table["group"][option[1:]] = group[1:]', ("agreement", "programs", "tiny optima"),
    ),
    # ------------------------------------------------------------ the check
    Mutation(
        "check of the last law alone", "a dropped condition", "check", "placement/check.py",
        "violations += rule.violations(instance, plan)", "violations = rule.violations(instance, plan)", CHECK_SIDE,
    ),
    Mutation(
        "check tolerance", "a tolerance that is too large", "check", f"{RULES}/reading.py",
        "np.nonzero(use - limit > allowed)", "np.nonzero(use - limit > 1e6 * allowed)", CHECK_SIDE,
    ),
    Mutation(
        "check of contracts in force", "a dropped condition", "check", f"{RULES}/reading.py",
        "rows[c, first:end] = dated[first:end]", "rows[c] = dated", CHECK_SIDE,
    ),
    # ------------------------------------------------------------ plans and their files
    Mutation(
        "plan rungs", "an off-by-one", "files", "placement/files/plan_tables.py",
        "_ints(table.rung + 1)", "_ints(table.rung)", ("files",),
    ),
    Mutation(
        "plan ends", "an off-by-one", "files", "placement/files/plan_tables.py",
        "range(1, instance.calendar.blocks + 1)", "range(1, instance.calendar.blocks)", ("files",),
    ),
)  # fmt: skip
"""Named by law, then by what is wrong."""
