"""Mutations of laws; those of contracts have a module of their own."""

from __future__ import annotations

from benchmarks.mutations.mutation import ACTIVITIES, BOTH_SIDES, CHECK_SIDE, GRID, RULES, Mutation

LAWS: tuple[Mutation, ...] = (
    # ------------------------------------------------------------ law 1, assignment
    Mutation(
        "assignment value", "a sign", "law", f"{RULES}/assignment.py",
        'level_and_term("training_value"), -value[done], anchor', 'level_and_term("training_value"), value[done], anchor',
        BOTH_SIDES,
    ),
    Mutation(
        "assignment lateness anchor", "a wrong anchor", "law", f"{RULES}/assignment.py",
        "anchor=Anchor.END,\n        table=curve[mine]", "anchor=Anchor.START,\n        table=curve[mine]", BOTH_SIDES,
    ),
    Mutation(
        "assignment must", "a dropped condition", "law", f"{RULES}/assignment.py",
        "builder.add_groups(jobs.id, must | promised)", "builder.add_groups(jobs.id, promised)", BOTH_SIDES,
    ),
    Mutation(
        "assignment deadline check", "an off-by-one", "law", f"{RULES}/assignment.py",
        "continues, end <= jobs.deadline_block[job])", "continues, end <= jobs.deadline_block[job] + 1)", CHECK_SIDE,
    ),
    Mutation(
        "switching", "a dropped term", "activity", f"{ACTIVITIES}/paces.py",
        "slowed - switching, 0.0)", "slowed, 0.0)", BOTH_SIDES,
    ),
    Mutation(
        "switching check", "a dropped term", "law", f"{RULES}/assignment.py",
        "np.maximum(hours - lost, 0.0)", "np.maximum(hours, 0.0)", BOTH_SIDES,
    ),
    # ------------------------------------------------------------ law 1, batch
    Mutation(
        "batch work", "a coefficient: units for GPUs", "law", f"{RULES}/batch.py",
        "each = options.gpus[mine] / options.gpu_hours[mine]", "each = 1.0 / options.gpu_hours[mine]", BOTH_SIDES,
    ),
    Mutation(
        "batch least at once", "a sign", "law", f"{RULES}/batch.py",
        "least[0], -options.gpus[mine])", "least[0], options.gpus[mine])", BOTH_SIDES,
    ),
    Mutation(
        "batch capacity", "a dropped term", "law", f"{RULES}/capacity.py",
        "    builder.add_rates(batch.option[working], pool[batch.pool[working]], 1.0)\n", "", BOTH_SIDES,
    ),
    Mutation(
        "batch power", "a unit: IT for facility kW", "law", f"{RULES}/power.py",
        "(batch.serving_kw - less_each[batch.pool]) * pue_of_pools(instance)[batch.pool])",
        "(batch.serving_kw - less_each[batch.pool]))", BOTH_SIDES,
    ),
    Mutation(
        "batch modes", "a factor turned over, on both sides", "law", "placement/instance/batch.py",
        "work.gpu_hours / mode.serving_speed", "work.gpu_hours * mode.serving_speed", ("violations",),
    ),
    Mutation(
        "batch window check", "a dropped condition", "law", f"{RULES}/batch.py",
        "if p // bands not in job.blocks(instance.calendar):", "if False:", CHECK_SIDE,
    ),
    # ------------------------------------------------------------ law 2, capacity
    Mutation(
        "capacity units online", "a rounding the wrong way", "law", f"{RULES}/capacity.py",
        "return instance.island_online_gpus // instance.unit_gpus[instance.island_pool][:, None]",
        "return -(-instance.island_online_gpus // instance.unit_gpus[instance.island_pool][:, None])", BOTH_SIDES,
    ),
    Mutation(
        "capacity of sublets", "a coefficient", "law", f"{RULES}/capacity.py",
        "pool[sublets.pool[let]], 1.0)", "pool[sublets.pool[let]], 0.5)", BOTH_SIDES,
    ),
    Mutation(
        "capacity paid back", "a sign", "law", f"{RULES}/capacity.py",
        ", terms.totals(earned))", ", -terms.totals(earned))", BOTH_SIDES,
    ),
    Mutation(
        "capacity check of sublets", "a dropped condition", "law", f"{RULES}/capacity.py",
        "np.maximum(online - use, 0)", "np.maximum(online, 0)", CHECK_SIDE,
    ),
    Mutation(
        "capacity spares", "a rounding the wrong way", "law", f"{RULES}/capacity.py",
        "np.ceil(share[:, None]", "np.floor(share[:, None]", BOTH_SIDES,
    ),
    # ------------------------------------------------------------ law 4, power
    Mutation(
        "power of gangs", "a unit: IT for facility kW", "law", f"{RULES}/power.py",
        "(training_kw(instance)[shape] - less_each[pool]) * pue_of_pools(instance)[pool])",
        "(training_kw(instance)[shape] - less_each[pool]))", BOTH_SIDES,
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
        "power brought, paid back", "a dropped charge", "law", f"{RULES}/power.py",
        "        paid_back[c] += kw * prices[f] * instance.present_hours\n", "        pass\n", BOTH_SIDES,
    ),
    Mutation(
        "power brought, check", "a dropped condition", "law", f"{RULES}/power.py",
        "+= power.kw * there", "+= power.kw", CHECK_SIDE,
    ),
    Mutation(
        "events of what gives way", "a dropped term", "law", f"{RULES}/pool_use.py",
        "running.gangs - job[gangs.job[gangs.share_row]] * above_idle.gangs", "running.gangs", GRID,
    ),
    Mutation(
        "events slow gangs down", "a dropped coefficient", "activity", f"{ACTIVITIES}/paces.py",
        "1 - shares[:, None, None] * slowed - switching",
        "1 - np.ones((len(shares), 1, 1)) * slowed - switching", GRID,
    ),
    Mutation(
        "events above two sites", "all for any", "activity", f"{ACTIVITIES}/paces.py",
        "for island in side]].any(axis=0)", "for island in side]].all(axis=0)", GRID,
    ),
    Mutation(
        "events slow replicas down check", "a dropped condition", "check", f"{RULES}/reading.py",
        "limited += case.hours[period] * case.below[pool]", "limited += case.hours[period]", GRID,
    ),
    Mutation(
        "non firm part", "a sign", "law", f"{RULES}/power.py",
        "- feed.reserve_kw + instance.calendar.least(feed.non_firm_kw or 0.0)",
        "- feed.reserve_kw - instance.calendar.least(feed.non_firm_kw or 0.0)", GRID,
    ),
    Mutation(
        "non firm beside power brought", "a dropped term", "law", f"{RULES}/non_firm.py",
        "firm_kw(instance, feed) + dated[f]", "firm_kw(instance, feed)", ("grid", *BOTH_SIDES),
    ),
    Mutation(
        "second feed with power brought, check", "a dropped term", "law", f"{RULES}/second_feed.py",
        " + brought[list(instance.feeds).index(feed)])[None]", ")[None]", ("grid", *BOTH_SIDES),
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
        "-options.kw_each * price", "options.kw_each * price", ("tiny optima", *GRID),
    ),
    Mutation(
        "demand response as a whole", "a coefficient", "activity", f"{ACTIVITIES}/responses.py",
        "upper=np.where(whole, 1.0, most)", "upper=np.where(whole, 1.0, 1.0)", ("tiny optima", *GRID),
    ),
    Mutation(
        "cooling of idle draw", "a dropped term", "law", f"{RULES}/cooling.py",
        "limit[n] - standing[n]", "limit[n]", BOTH_SIDES,
    ),
    Mutation(
        "cooling check", "a unit: facility for IT kW", "law", f"{RULES}/cooling.py",
        "kw / instance.sites[pool.site].pue", "kw", CHECK_SIDE,
    ),
    Mutation(
        "cooling of halls", "a dropped weight", "law", f"{RULES}/cooling.py",
        "pools_below(instance).astype(np.float64)])", "0.0 * pools_below(instance)])", BOTH_SIDES,
    ),
    Mutation(
        "cooling of halls check", "a skipped level", "law", f"{RULES}/cooling.py",
        "for feed in instance.feeds_above(pool)", "for feed in instance.feeds_above(pool)[:1]", CHECK_SIDE,
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
    # ------------------------------------------------------------ law 8, resilience
    Mutation(
        "resilience lost pools", "a dropped condition", "law", f"{RULES}/resilience.py",
        "~(case.lost | case.reclaimed)[replicas.pool] & (row >= 0)", "row >= 0", BOTH_SIDES,
    ),
    Mutation(
        "resilience uncovered check", "a dropped term", "law", f"{RULES}/resilience.py",
        "owed - after - left", "owed - after", CHECK_SIDE,
    ),
    Mutation(
        "resilience floor", "a coefficient", "activity", f"{ACTIVITIES}/recourse.py",
        "ladder_of(instance, stream).floor_share if promised", "1.0 if promised", BOTH_SIDES,
    ),
    Mutation(
        "resilience paths after a cut", "a dropped condition", "law", f"{RULES}/resilience.py",
        "wan = instance.wan.without(instance.loss_cases[case].links)\n", "wan = instance.wan\n", BOTH_SIDES,
    ),
    Mutation(
        "resilience reach after a cut", "a dropped condition", "activity", f"{ACTIVITIES}/recourse.py",
        "sites_in_reach(instance, instance.wan.without(case.links))", "sites_in_reach(instance, instance.wan)", BOTH_SIDES,
    ),
    # ------------------------------------------------------------ law 8, backups of must jobs
    Mutation(
        "backups of those hit", "a dropped condition", "activity", f"{ACTIVITIES}/backups.py",
        "gangs.share_row[lost[instance.island_pool[gangs.share_island]]]", "gangs.share_row[:0]", BOTH_SIDES,
    ),
    Mutation(
        "backups of those cut", "a dropped condition", "activity", f"{ACTIVITIES}/backups.py",
        "np.unique(np.concatenate([on_lost, row[cut[link]]]))", "np.unique(on_lost)", CHECK_SIDE,
    ),
    Mutation(
        "backups before their data check", "a dropped condition", "law", f"{RULES}/backups.py",
        "away and (start < jobs.move_blocks[j] or", "away and (", CHECK_SIDE,
    ),
    Mutation(
        "backups beside what is held", "dropped rates", "law", f"{RULES}/backups.py",
        "        charge_units(instance, builder, activities, pool, of_island, pools)\n", "", BOTH_SIDES,
    ),
    Mutation(
        "backups power", "dropped rates", "law", f"{RULES}/backups.py",
        "(kw * weight[pool])[some]", "(0 * kw * weight[pool])[some]", BOTH_SIDES,
    ),
    Mutation(
        "backups power after the loss check", "a dropped condition", "law", f"{RULES}/backups.py",
        "np.where(case.off[:, None], 0.0, least_facility_kw", "np.where(False, 0.0, least_facility_kw", CHECK_SIDE,
    ),
    Mutation(
        "backups start check", "a dropped condition", "law", f"{RULES}/backups.py",
        "np.any(table.start_block[mine] == runs.start_block[run])", "np.any(mine)", CHECK_SIDE,
    ),
    Mutation(
        "backups on what is left", "a dropped condition", "activity", f"{ACTIVITIES}/backups.py",
        "~(cases[k].lost | instance.counts_domains)[gangs.pool]", "~instance.counts_domains[gangs.pool]", BOTH_SIDES,
    ),
    # ------------------------------------------------------------ maintenance
    Mutation(
        "maintenance must", "a dropped condition", "law", f"{RULES}/maintenance.py",
        "builder.add_groups(_names(instance), must=True)", "builder.add_groups(_names(instance), must=False)", BOTH_SIDES,
    ),
    Mutation(
        "maintenance of feeds", "a dropped rate", "law", f"{RULES}/maintenance.py",
        "options.option[options.work == n], row, 1.0,", "options.option[options.work == n], row, 0.0,", BOTH_SIDES,
    ),
    Mutation(
        "maintenance of feeds check", "an off-by-one", "law", f"{RULES}/maintenance.py",
        "slice(max(start, 0) * bands, max(end, 0) * bands)", "slice(max(start, 0) * bands, max(end - 1, 0) * bands)", CHECK_SIDE,
    ),
    Mutation(
        "maintenance window check", "an off-by-one", "law", f"{RULES}/maintenance.py",
        "day[end] > task.to_date", "day[end - 1] > task.to_date", CHECK_SIDE,
    ),
    Mutation(
        "maintenance window", "an off-by-one", "activity", "placement/instance/upkeep.py",
        "(self.to_date) - self.blocks + 1)\n\n\nclass FeedTask", "(self.to_date) - self.blocks)\n\n\nclass FeedTask", BOTH_SIDES,
    ),
    Mutation(
        "maintenance window of feeds", "an off-by-one", "activity", "placement/instance/upkeep.py",
        "(self.to_date) - self.blocks + 1)\n\n\nclass Reclaim", "(self.to_date) - self.blocks)\n\n\nclass Reclaim", BOTH_SIDES,
    ),
    Mutation(
        "maintenance of islands", "a dropped rate", "activity", f"{ACTIVITIES}/maintenance.py",
        "if island is not None and units.any():", "if False:", BOTH_SIDES,
    ),
    Mutation(
        "maintenance pays nothing", "a sign", "law", f"{RULES}/capacity.py",
        "-tasks.totals(instance, usd))", "tasks.totals(instance, usd))", BOTH_SIDES,
    ),
    Mutation(
        "maintenance units down check", "a rounding the wrong way", "check", f"{RULES}/reading.py",
        "ceil(task.gpus / int(instance.unit_gpus[q]))", "task.gpus // int(instance.unit_gpus[q])", CHECK_SIDE,
    ),
    # ------------------------------------------------------------ isolation
    Mutation(
        "isolation of others", "a sign", "law", f"{RULES}/isolation.py",
        "(-1.0, 1.0), strict=True)", "(-1.0, -1.0), strict=True)", BOTH_SIDES,
    ),
    Mutation(
        "isolation by site", "the pool for the site", "activity", f"{ACTIVITIES}/isolation.py",
        'one_pool if noun.isolation == "pool" else one_site[one_site.any(axis=1)]', "one_pool", BOTH_SIDES,
    ),
    Mutation(
        "isolation check of sublets", "a dropped term", "law", f"{RULES}/isolation.py",
        "return held[0], held[1] + sublet_units(instance, plan)", "return held[0], held[1]", CHECK_SIDE,
    ),
    # ------------------------------------------------------------ law 10, order
    Mutation(
        "order from the end on", "a wrong anchor: the start for the end", "law", f"{RULES}/order.py",
        "(1, -1.0, END)", "(1, -1.0, START)", ("order", *BOTH_SIDES),
    ),
    Mutation(
        "order of those that do not run", "a dropped rate", "law", f"{RULES}/order.py",
        "((0, 1.0, START), (1, -1.0, END))", "((1, -1.0, END),)", ("order", *BOTH_SIDES),
    ),
    Mutation(
        "order check", "a dropped condition", "law", f"{RULES}/order.py",
        "if other not in ended:", "if False:", ("order", *BOTH_SIDES),
    ),
    # ------------------------------------------------------------ levers
    Mutation(
        "limit on what is served", "a dropped condition: beyond its bands", "law", f"{RULES}/limit.py",
        "demand = builder.profile(instance.demand_tokens_per_s[t] * inside)",
        "demand = builder.profile(instance.demand_tokens_per_s[t])", BOTH_SIDES,
    ),
    Mutation(
        "limit changes", "an off-by-one: a span late", "law", f"{RULES}/limit.py",
        "changes = follows[limits.before[follows] != limits.choice[follows]]",
        "changes = followed[limits.before[followed] != limits.choice[followed]]", BOTH_SIDES,
    ),
    Mutation(
        "limit check of what is owed", "a dropped condition", "law", f"{RULES}/limit.py",
        "np.where(inside & ~closed[t], np.minimum(through, 1.0) * demand[t], 0.0)", "np.zeros(len(inside))", CHECK_SIDE,
    ),
    Mutation(
        "limit after a loss", "a sign", "law", f"{RULES}/resilience.py",
        "builder.add_rates(mine, row_of[t], -1.0, profile=builder.profile(beyond))",
        "builder.add_rates(mine, row_of[t], 1.0, profile=builder.profile(beyond))", BOTH_SIDES,
    ),
    Mutation(
        "closing once", "a dropped condition", "law", f"{RULES}/closing.py",
        "    builder.join(closings.option, group[closings.lever])\n", "", BOTH_SIDES,
    ),
    Mutation(
        "closing goodwill check", "a dropped term", "law", f"{RULES}/closing.py",
        "total += lever.closing_usd * float(instance.discount_at[start])", "total += 0.0", CHECK_SIDE,
    ),
    Mutation(
        "closing answers demand", "a dropped rate", "law", f"{RULES}/sla.py",
        "    builder.add_rates(option, balance[stream], 1.0, profile=closed_demand)\n", "", BOTH_SIDES,
    ),
    Mutation(
        "admission of jobs", "a coefficient", "law", f"{RULES}/admission.py",
        "-float(len(mine)), lump=True)", "-1.0, lump=True)", BOTH_SIDES,
    ),
    Mutation(
        "admission check of jobs", "a dropped condition", "law", f"{RULES}/admission.py",
        "instance.jobs.tenant[runs.job] == t]", "instance.jobs.tenant[runs.job] < 0]", CHECK_SIDE,
    ),
    Mutation(
        "credits of a step", "an off-by-one: the step before", "law", f"{RULES}/credits.py",
        "agreed.least_share(step) for step in range", "agreed.least_share(step - 1) for step in range", BOTH_SIDES,
    ),
    Mutation(
        "credits check of what is closed", "a dropped term", "law", f"{RULES}/credits.py",
        "(millions + closed * asked)[case.streams, when]", "millions[case.streams, when]", CHECK_SIDE,
    ),
    Mutation(
        "swings of pairs", "an off-by-one: only pairs from even blocks on", "law", f"{RULES}/swings.py",
        "for begin in range(min(2, blocks - 1)):", "for begin in range(min(1, blocks - 1)):", BOTH_SIDES,
    ),
    Mutation(
        "swings check of falls", "a sign", "law", f"{RULES}/swings.py",
        "abs(now - then) - stated[t, period]", "now - then - stated[t, period]", CHECK_SIDE,
    ),
    Mutation(
        "shifting arrivals", "a dropped coefficient: hours", "law", "placement/instance/flows.py",
        "volume[s, leaves] / volume[s, leaves + d]", "1", BOTH_SIDES,
    ),
    Mutation(
        "shifting balance", "a sign", "law", f"{RULES}/sla.py",
        "balance[ways.to_stream[way]], -1.0, profile=arrives", "balance[ways.to_stream[way]], 1.0, profile=arrives", BOTH_SIDES,
    ),
    Mutation(
        "shifting share", "a dropped coefficient", "law", f"{RULES}/shifting.py",
        "most = share[used, None] * instance", "most = instance", CHECK_SIDE,
    ),
    Mutation(
        "shifting check of waits", "the least for the most", "law", f"{RULES}/shifting.py",
        "return max(float(theirs", "return min(float(theirs", CHECK_SIDE,
    ),
    Mutation(
        "arrivals that are shed", "a dropped term", "law", f"{RULES}/arrivals.py",
        "    builder.add_rates(shed.option[at], row[shed.stream[at]], 1.0)\n", "", BOTH_SIDES,
    ),
    Mutation(
        "arrivals check of what is closed", "a dropped condition", "law", f"{RULES}/arrivals.py",
        "meets = np.where(closed > 0, arrives, 0.0)", "meets = np.where(closed > 1, arrives, 0.0)", CHECK_SIDE,
    ),
    Mutation(
        "degrading tokens", "a dropped coefficient", "law", "placement/instance/flows.py",
        "np.full(periods, stream.degrade_to.tokens_per_token)", "np.ones(periods)", BOTH_SIDES,
    ),
    Mutation(
        "degrading check of arrivals", "a dropped coefficient", "law", f"{RULES}/reading.py",
        "degraded.tokens_per_s[row] * to.tokens_per_token", "degraded.tokens_per_s[row]", CHECK_SIDE,
    ),
    Mutation(
        "churn of later blocks", "an off-by-one: this block too", "law", f"{RULES}/churn.py",
        "[:, ::-1] - worth", "[:, ::-1]", BOTH_SIDES,
    ),
    Mutation(
        "churn check of points", "a unit", "law", f"{RULES}/churn.py",
        "lost_share_per_point * POINTS * missed", "lost_share_per_point * missed", CHECK_SIDE,
    ),
)  # fmt: skip
"""Named by law, then by what is wrong."""
