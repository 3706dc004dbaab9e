"""Mutations of what a plan can do, of the Program, of the check and of the files that hold a plan."""

from __future__ import annotations

from benchmarks.mutations.mutation import ACTIVITIES, BOTH_SIDES, CHECK_SIDE, RULES, Mutation

PLANS: tuple[Mutation, ...] = (
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
        "plan ends", "an off-by-one", "files", "placement/files/plan_reading.py",
        "range(1, instance.calendar.blocks + 1)", "range(1, instance.calendar.blocks)", ("files",),
    ),
)  # fmt: skip
"""Named by law, then by what is wrong."""
