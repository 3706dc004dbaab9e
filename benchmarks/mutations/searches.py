"""Mutations of solvers: wrong bounds, which tests catch; and searches that find less, which leave plans valid and only the gate
catches."""

from __future__ import annotations

from benchmarks.mutations.mutation import GATE, Mutation

PRICES = "solvers/prices"
GATE_ALONE = (GATE,)
S_BY_HIGHS, S_BY_CPSAT = ("families/S/*/highs/0",), ("families/S/*/cpsat/0",)
M_BY_PRICES = ("families/M/0/prices/0",)
LIKE_BEFORE = "S ends within what the gate allows for another turn of the search: 0.2 % of cost, bound and gap, 25 % of the work"

SEARCHES: tuple[Mutation, ...] = (
    # ------------------------------------------------------------ wrong: bounds and filters
    Mutation(
        "linear bound", "a bound that is too good", "solver", "solvers/linear.py",
        "box = np.where(reduced > 0, reduced * self.lower, reduced * self.upper)",
        "box = np.where(reduced > 0, reduced * self.upper, reduced * self.lower)", ("conformance",),
    ),
    Mutation(
        "linear filter", "columns dropped without proof", "solver", "solvers/linear.py",
        "room = value - least + slack", "room = 0.1 * (value - least)", ("conformance", "tiny optima"),
    ),
    Mutation(
        "cpsat cuts", "a sign", "solver", "solvers/projection.py",
        "rows, -prices[rows]))", "rows, prices[rows]))", ("conformance",),
    ),
    Mutation(
        "columns misfit", "columns dropped without proof", "solver", "solvers/columns.py",
        "misfit[column[value > room[row] + tolerance]] = True", "misfit[column[value > 0.6 * room[row]]] = True", ("conformance",),
    ),
    Mutation(
        "prices bound of groups", "a bound that is too good", "prices", f"{PRICES}/pricing.py",
        "least = np.where(must, least, np.minimum(least, 0.0))", "least = np.where(np.isfinite(least), least, 0.0)", ("bounds",),
    ),
    Mutation(
        "prices bound of loose options", "a rounding the wrong way", "prices", f"{PRICES}/pricing.py",
        "np.floor(upper + 1e-6), upper)\n        value", "np.floor(0.5 * upper), upper)\n        value", ("bounds",),
    ),
    Mutation(
        "prices below zero", "a dropped condition", "prices", f"{PRICES}/pricing.py",
        "prices = layout.evened(np.where(layout.equality, prices, np.maximum(prices, 0.0)))", "prices = layout.evened(prices)",
        ("bounds",),
    ),
    Mutation(
        "prices filter", "columns dropped without proof", "prices", f"{PRICES}/filter.py",
        "room = value - proven.value + 1e-9 * max(1.0, abs(value))", "room = 0.5 * (value - proven.value)", ("bounds",),
    ),
    Mutation(
        "classes of groups", "unlike groups taken for alike", "solver", "solvers/classes.py",
        "first = np.where(same & may, like, np.arange(len(must)))", "first = like", ("classes",),
    ),
    Mutation(
        "classes of groups in a model", "a limit that is too tight", "solver", "solvers/columns.py",
        "np.minimum(part.upper, 1.0) * classes.counted(member)", "np.minimum(part.upper, 1.0)", ("classes",),
    ),
    Mutation(
        "classes of groups in a pass", "a count left out", "prices", f"{PRICES}/kernels.py",
        "total += times[g] * (least - heat[g] * np.log(weight))", "total += least - heat[g] * np.log(weight)", ("bounds",),
    ),
    # ------------------------------------------------------------ worse: what is offered
    Mutation(
        "gangs start early", "dropped options", "activity", "placement/activities/gangs.py",
        "first=rows_first, last=rows_last, hours", "first=rows_first, last=rows_first, hours", GATE_ALONE, S_BY_HIGHS,
    ),
    Mutation(
        "replicas are few", "a bound that is too tight", "activity", "placement/activities/replicas.py",
        "np.asarray((there // units).sum(axis=0), dtype=np.int64)",
        "np.asarray((there // units).sum(axis=0) // 16, dtype=np.int64)", GATE_ALONE, S_BY_HIGHS,
    ),
    Mutation(
        "serving from one site", "dropped options", "activity", "placement/activities/serving.py",
        "for site in np.flatnonzero(near[t]).tolist():", "for site in np.flatnonzero(near[t]).tolist()[:1]:",
        GATE_ALONE, S_BY_HIGHS,
    ),
    # ------------------------------------------------------------ worse: exact solvers
    Mutation(
        "auto takes the other", "a worse choice of solver", "solver", "solvers/auto.py",
        '("highs", "cpsat")', '("cpsat", "highs")', GATE_ALONE, ("families/S/*/auto/0",),
    ),
    Mutation(
        "highs counts", "a skipped phase", "solver", "solvers/highs.py",
        "            complete(search, process, outcome.x)\n    if not search.closed and not search.over:",
        "            pass\n    if not search.closed and not search.over:", GATE_ALONE, S_BY_HIGHS,
    ),
    Mutation(
        "highs start", "a lost warm start", "solver", "solvers/highs.py",
        "start = search.x if search.x is not None else search.hint", "start = None", GATE_ALONE, S_BY_HIGHS, survives=LIKE_BEFORE,
    ),
    Mutation(
        "highs periods", "a skipped phase", "solver", "solvers/highs.py",
        "for columns, model in parts:", "for columns, model in parts[:1]:", GATE_ALONE, S_BY_HIGHS, survives=LIKE_BEFORE,
    ),
    Mutation(
        "highs filter", "a lost filter: dwarfed costs", "solver", "solvers/highs.py",
        "model = model.within(ceiling)", "model = model.with_bounds(model.lower, model.upper)", ("conformance",),
    ),
    Mutation(
        "highs share", "fewer nodes", "solver", "solvers/highs.py",
        "most=part(search, 0.75))", "most=part(search, 0.01))", GATE_ALONE, S_BY_HIGHS,
    ),
    Mutation(
        "cpsat perturbed", "fewer cuts", "solver", "solvers/cpsat.py",
        "PERTURBED = 40", "PERTURBED = 2", GATE_ALONE, S_BY_CPSAT, survives=LIKE_BEFORE,
    ),
    Mutation(
        "cpsat filter", "a lost filter: slower", "solver", "solvers/cpsat.py",
        "allowed = ~(self.lower + self.reduced > ceiling)", "allowed = ~(self.lower + self.reduced > np.inf)",
        GATE_ALONE, S_BY_CPSAT, survives=LIKE_BEFORE,
    ),
    Mutation(
        "cpsat cuts of one part", "fewer cuts", "solver", "solvers/master.py",
        "for cut in cuts:", "for cut in cuts[:1]:", GATE_ALONE, S_BY_CPSAT,
    ),
    Mutation(
        "cpsat first found", "a worse search", "solver", "solvers/cpsat.py",
        "result.choices[-EVALUATED:]", "result.choices[:1]", GATE_ALONE, S_BY_CPSAT,
    ),
    # ------------------------------------------------------------ worse: the price solver
    Mutation(
        "prices anneal hot", "a worse search", "prices", f"{PRICES}/anneal.py",
        "HOT, COLD = 0.02, 0.0005", "HOT, COLD = 2.0, 1.0", GATE_ALONE, M_BY_PRICES,
    ),
    Mutation(
        "prices anneal briefly", "fewer moves", "prices", f"{PRICES}/phases.py",
        "LP_SHARE, ALONE = 0.25, 0.6", "LP_SHARE, ALONE = 0.25, 0.01", GATE_ALONE, M_BY_PRICES,
    ),
    Mutation(
        "prices columns kept", "dropped columns", "prices", f"{PRICES}/phases.py",
        "each = int(np.clip(KEPT_IN_ALL // max(1, len(layout.program.groups)), 6, KEPT))", "each = 1",
        GATE_ALONE, M_BY_PRICES,
    ),
    Mutation(
        "prices neighbourhood", "a smaller neighbourhood", "prices", f"{PRICES}/anneal.py",
        "BIGGEST = 16", "BIGGEST = 2", GATE_ALONE, M_BY_PRICES,
        survives="M ends as it does with other seeds: 0.02 % of cost, and no later",
    ),
    Mutation(
        "prices whole units", "a rounding the wrong way", "prices", f"{PRICES}/rounding.py",
        "out.x = np.where(whole, np.floor(draft.x + WHOLE), draft.x)",
        "out.x = np.where(whole, np.floor(0.9 * draft.x), draft.x)", GATE_ALONE, M_BY_PRICES,
    ),
    Mutation(
        "prices of lps", "a weaker bound", "prices", f"{PRICES}/prove.py",
        "LP_ROUNDS = 10", "LP_ROUNDS = 0", GATE_ALONE, M_BY_PRICES,
        survives="on M it is no worse: the bound is better by 0.01 %, and the plan is one that other seeds reach",
    ),
)  # fmt: skip
