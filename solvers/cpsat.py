"""CP-SAT on the choices of a Program, with everything divisible projected out.

Time-indexed choices beside large counts and rates in one integer model hardly prove anything. So CP-SAT sees the choices only and,
per component of the rest (a period, mostly), one cost variable under cuts; an LP prices each choice that it finds exactly and
returns the next cuts. Cuts from relaxations with perturbed costs are added beforehand, because they hold around good plans.
Counts are projected out too at first (a relaxation, so the bound stays valid) and rounded per component; where that leaves a
gap, they become choices.

No inward-rounded copy is needed: choices are checked on the exact rows, and the rest is solved in floating point. All rounding
in the model of choices is outward, so its bound holds for the exact model.
"""

from __future__ import annotations

import numpy as np

from placement.program import Bools, Floats, Program, Solution
from solvers.master import Master, MasterLimits
from solvers.projection import Projection
from solvers.rounding import round_counts
from solvers.search import Search, by_levels
from solvers.solver import Allowance, Clock, Limits, OnProgress, Start

FEW_WHOLE = 60
"""With at most this many whole columns, counts are choices from the beginning."""

PERTURBED = 40
"""Relaxations with perturbed costs that give the first cuts."""

ENTRIES_PERTURBED = 1_000_000
"""Large models get fewer of them, so that entries x relaxations stays about this."""

PERTURBATION = 0.3
"""Standard deviation of the logarithm of a group's cost factor."""

EVALUATED = 15
"""Choices of one search that are priced, from the last found."""

FIRST_WORK = 4.0
WORK_GROWTH = 1.5
"""Deterministic time of the first search and its growth: early ones only collect cuts."""

CEILING_SHARE = 0.9
"""Searched are only plans that beat the best by this share of the allowed gap; if there are none, the level is closed."""


def solve(
    program: Program, *, limits: Limits, start: Start | None = None, on_progress: OnProgress | None = None,
    clock: Clock | None = None,
) -> Solution:  # fmt: skip
    """See ``solvers.solver.Solver``. Work is CP-SAT's deterministic time, and that of LPs by ``solvers.effort``."""
    return by_levels(program, solve_level, name="cpsat", limits=limits, start=start, on_progress=on_progress, clock=clock)


def solve_level(search: Search) -> None:
    """Closes a level, or improves it until its time or work is up."""
    model = search.model
    counts = model.counts
    if counts.any() and model.whole.sum() > FEW_WHOLE:
        Decomposition(search, model.whole & ~counts).run()
    if not search.closed and not search.over:
        Decomposition(search, model.whole).run()
    if not search.closed:
        search.limit = search.limit or search.clock.reason


class Decomposition:
    """The loop of choosing and pricing for one split of the columns."""

    def __init__(self, search: Search, chosen: Bools) -> None:
        self.search = search
        self.model = search.model
        self.projection = Projection(search.model, chosen, search.clock.spend)
        self.master = Master(self.projection)
        self.rng = np.random.default_rng(search.limits.seed)
        self.seen: dict[bytes, float] = {}
        self.lower = -np.inf
        self.reduced = np.zeros(int(chosen.sum()))

    def run(self) -> None:
        search = self.search
        if not self._relax():
            return
        if search.x is None:
            self._price(self.master.lower)
        self._perturb()
        if search.x is not None:
            self._price(np.round(search.x[self.projection.chosen]))
        work = FIRST_WORK
        while not search.closed and not search.over:
            if not self._choose(work):
                return
            work *= WORK_GROWTH

    def _relax(self) -> bool:
        """Bound, reduced costs and first cuts from the LP; False where that settles the level."""
        search = self.search
        relaxed = self.projection.relaxation(self.model.cost, self._allowed())
        if relaxed.status == "infeasible":
            search.infeasible = search.x is None
            return False
        if relaxed.x is None or relaxed.prices is None:
            return not search.over
        search.prices = relaxed.prices
        self.lower = self.model.lagrangian(relaxed.prices)
        search.raise_bound(self.lower, "relaxation")
        search.offer(relaxed.x, "relaxation")
        self.reduced = self.model.reduced_costs(self.model.valid_prices(relaxed.prices))[self.projection.chosen]
        self.master.add_cuts(self.projection.cuts(relaxed.prices))
        return not search.closed

    def _perturb(self) -> None:
        """Cuts from relaxations in which each group's costs are multiplied by a random factor."""
        search, model, chosen = self.search, self.model, self.projection.chosen
        if not self.projection.components or not len(chosen):
            return
        times = int(np.clip(ENTRIES_PERTURBED / max(1, len(model.value)), 2, PERTURBED))
        for _ in range(times):
            if search.over:
                return
            cost = model.cost.copy()
            cost[chosen] *= np.exp(PERTURBATION * self.rng.standard_normal(search.families + 1))[search.family[chosen]]
            relaxed = self.projection.relaxation(cost, self._allowed(0.25))
            if relaxed.prices is not None:
                self.master.add_cuts(self.projection.cuts(relaxed.prices))

    def _choose(self, work: float) -> bool:
        """One search among the choices and the pricing of what it finds; False when it has nothing new to say."""
        search = self.search
        ceiling = search.value - CEILING_SHARE * search.absolute_gap if search.x is not None else np.inf
        allowed = ~(self.lower + self.reduced > ceiling)
        limits = search.limits
        result = self.master.solve(
            allowed,
            self._hint(),
            ceiling,
            search.bound,
            MasterLimits(
                time_s=self._allowed().seconds,
                work=min(work, self._allowed().work),
                workers=limits.cores,
                seed=limits.seed,
                gap=0.2 * search.absolute_gap if search.x is not None else 0.0,
            ),
            stopped=lambda: search.clock.interrupted,
            heard=lambda bound: search.raise_bound(min(bound, ceiling), "choices"),
        )
        search.clock.spend(result.work)
        if result.empty:
            if np.isfinite(ceiling):
                search.raise_bound(ceiling, "choices")
            else:
                search.infeasible = True
            return False
        search.raise_bound(min(result.bound, ceiling), "choices")
        new = False
        for choice in reversed(result.choices[-EVALUATED:]):
            if search.closed or search.over:
                return True
            new |= self._price(choice)
        return new or not result.proven

    def _hint(self) -> Floats | None:
        x = self.search.x if self.search.x is not None else self.search.hint
        return None if x is None else np.clip(np.round(x[self.projection.chosen]), self.master.lower, self.master.upper)

    def _price(self, z: Floats) -> bool:
        """Prices choices exactly: a plan if the rest fits, cuts in any case. Says whether that taught anything."""
        search = self.search
        key = z.tobytes()
        if key in self.seen:
            return False
        found = self.projection.evaluate(z, self._allowed())
        if found.x is None or found.prices is None:
            return False
        self.seen[key] = self.model.objective(found.x)
        new = self.master.add_cuts(self.projection.cuts(found.prices)) > 0
        before = search.value
        fractional = self.model.whole & (np.abs(found.x - np.round(found.x)) > 1e-6)
        if fractional.any():
            if self.seen[key] < search.value - CEILING_SHARE * search.absolute_gap:
                self._round(z, found.x)
        elif not search.offer(found.x, "priced"):
            new |= self._settle(z)
        return new or search.value < before

    def _settle(self, z: Floats) -> bool:
        """For choices whose cheapest rest breaks rows: prices them without that, or forbids them if nothing fits."""
        hard = self.projection.evaluate(z, self._allowed(), elastic=False)
        if hard.status == "infeasible":
            self.master.forbidden.append(z)
            return True
        if hard.x is None or hard.prices is None:
            return False
        self.search.offer(hard.x, "priced")
        return self.master.add_cuts(self.projection.cuts(hard.prices)) > 0

    def _round(self, z: Floats, x: Floats) -> None:
        search = self.search
        round_counts(
            self.projection,
            z,
            x,
            self.rng,
            allow=self._allowed,
            offer=lambda plan: search.offer(plan, "counts"),
            enough=lambda: search.closed or search.over,
        )

    def _allowed(self, share: float = 1.0) -> Allowance:
        """What an LP or a search may take: a share of what is left, or a little where that is nothing."""
        return self.search.clock.allow(max(share * self.search.left, self.search.clock.least))
