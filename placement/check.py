"""The judge: every violation of every law in a plan, and its cost by term; no solver and no Program behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from placement.instance import Instance, Levels
from placement.plan import Plan, Violation
from placement.program import FEASIBILITY_TOLERANCE, LevelResult
from placement.rules import RULES

COST_TOLERANCE = 1e-9
"""A solver's value of a level may differ from the plan's by this times max(1, sum of |terms|): both are the same sums in floats."""


@dataclass(frozen=True)
class Check:
    """What the check found; ``terms`` in USD and measures in their own units, recomputed from the plan."""

    violations: tuple[Violation, ...]
    terms: dict[str, float]
    objective: Levels

    @cached_property
    def levels(self) -> dict[str, float]:
        """Value of each level of the objective."""
        return self.objective.values(self.terms)

    def misstated(self, claimed: Iterable[LevelResult]) -> str | None:
        """Which level costs something else than a solver claims, in words; None where none does."""
        turnover = self.objective.turnover(self.terms)
        for level in claimed:
            costs = self.levels[level.name]
            if level.value is not None and abs(level.value - costs) > COST_TOLERANCE * max(1.0, turnover[level.name]):
                return f"{level.name} costs {costs!r} by the plan and {level.value!r} by the solver"
        return None


def check(instance: Instance, plan: Plan) -> Check:
    """Judge a plan by the laws alone. ValueError where an index lies outside the instance or a rate is not finite."""
    _inside(instance, plan)
    terms = dict.fromkeys(instance.levels.terms, 0.0)
    violations: list[Violation] = []
    for rule in RULES:
        violations += rule.violations(instance, plan)
        for term, usd in rule.costs(instance, plan).items():
            terms[term] += usd
    checked = Check((), terms, instance.levels)
    for (name, value), most in zip(checked.levels.items(), instance.levels.most, strict=True):
        if most is not None and value - most > FEASIBILITY_TOLERANCE * max(1.0, abs(most)):
            text = f"{name}: is worth {value:,.9g}, where at most {most:,.9g} is allowed"
            violations.append(Violation("objective", name, None, value - most, "of the level", text))
    return Check(tuple(violations), terms, instance.levels)


def _inside(instance: Instance, plan: Plan) -> None:
    """Every index must exist before a law reads it, and every rate must be a number: NaN would pass every comparison."""
    rates = (plan.serving, plan.shedding, plan.shifts, plan.degraded, plan.recourse, plan.uncovered, plan.reroutes)
    if not all(np.all(np.isfinite(table.tokens_per_s)) for table in rates):
        raise ValueError("the plan serves, moves or sheds tokens at a rate that is not a finite number")
    if not np.all(np.isfinite(plan.starts.replicas)):
        raise ValueError("the plan starts replicas in a number that is not finite")
    if not np.all(np.isfinite(plan.responses.kw)):
        raise ValueError("the plan gives up kW that are not a finite number")
    if not (np.all(np.isfinite(plan.least_shares.share)) and np.all(np.isfinite(plan.least_sums.share))):
        raise ValueError("the plan states a least share, or a sum of least shares, that is not a finite number")
    if not (np.all(np.isfinite(plan.limits.multiplier)) and np.all(np.isfinite(plan.swings.share))):
        raise ValueError("the plan limits demand by a multiplier, or swings by a share, that is not a finite number")
    if not (np.all(np.isfinite(plan.batch.gpus)) and np.all(np.isfinite(plan.unfinished.share))):
        raise ValueError("the plan has batch work, or leaves some unfinished, that is not a finite number")
    if not np.all(np.isfinite(plan.overruns.amount)):
        raise ValueError("the plan goes beyond limits by amounts that are not finite numbers")
    if not np.all(np.isfinite(plan.borrowing.gpus)):
        raise ValueError("the plan borrows GPUs that are not a finite number")
    periods, islands, runs = instance.calendar.period_count, len(instance.island_pool), len(plan.runs.job)
    bounds = (
        (plan.runs.job, len(instance.jobs), "job"),
        (plan.runs.shape, len(instance.jobs.shapes.job), "shape"),
        (plan.places.run, runs, "run"),
        (plan.places.island, islands, "island"),
        (plan.paths.run, runs, "run"),
        (plan.paths.link, len(instance.links), "link"),
        (plan.replicas.service, len(instance.services), "service"),
        (plan.replicas.island, islands, "island"),
        (plan.replicas.period, periods, "period"),
        (plan.serving.stream, len(instance.streams), "stream"),
        (plan.serving.site, len(instance.sites), "site"),
        (plan.serving.latency_class, len(instance.latency_classes), "latency class"),
        (plan.serving.period, periods, "period"),
        (plan.shedding.stream, len(instance.streams), "stream"),
        (plan.shedding.period, periods, "period"),
        (plan.shifts.stream, len(instance.streams), "stream"),
        (plan.shifts.period, periods, "period"),
        (plan.shifts.to_period, periods, "period"),
        (plan.degraded.stream, len(instance.streams), "stream"),
        (plan.degraded.period, periods, "period"),
        (plan.contracts.contract, len(instance.contracts), "contract"),
        (plan.sublets.pool, len(instance.pools), "pool"),
        (plan.sublets.period, periods, "period"),
        (plan.recourse.case, len(instance.loss_cases), "loss"),
        (plan.recourse.stream, len(instance.streams), "stream"),
        (plan.recourse.site, len(instance.sites), "site"),
        (plan.recourse.latency_class, len(instance.latency_classes), "latency class"),
        (plan.recourse.period, periods, "period"),
        (plan.maintenance.task, len(instance.maintenance), "task of maintenance"),
        (plan.starts.service, len(instance.services), "service"),
        (plan.starts.pool, len(instance.pools), "pool"),
        (plan.starts.period, periods, "period"),
        (plan.feed_work.work, len(instance.feed_work), "task of maintenance of a feed"),
        (plan.kept.case, len(instance.loss_cases), "loss"),
        (plan.kept.service, len(instance.services), "service"),
        (plan.kept.pool, len(instance.pools), "pool"),
        (plan.kept.period, periods, "period"),
        (plan.backups.case, len(instance.loss_cases), "loss"),
        (plan.backups.job, len(instance.jobs), "job"),
        (plan.backups.shape, len(instance.jobs.shapes.job), "shape"),
        (plan.backups.island, islands, "island"),
        (plan.uncovered.case, len(instance.loss_cases), "loss"),
        (plan.uncovered.stream, len(instance.streams), "stream"),
        (plan.uncovered.period, periods, "period"),
        (plan.limits.lever, len(instance.levers), "lever"),
        (plan.closings.lever, len(instance.levers), "lever"),
        (plan.credits.case, len(instance.credit_cases), "agreement on credits"),
        (plan.least_shares.case, len(instance.fairness_cases), "policy of fairness"),
        (plan.least_shares.period, periods, "period"),
        (plan.least_sums.case, len(instance.fairness_cases), "policy of fairness"),
        (plan.least_sums.period, periods, "period"),
        (plan.swings.tenant, len(instance.tenants), "tenant"),
        (plan.swings.period, periods, "period"),
        (plan.batch.case, len(instance.batch_cases), "way to do batch work"),
        (plan.batch.pool, len(instance.pools), "pool"),
        (plan.batch.period, periods, "period"),
        (plan.unfinished.job, len(instance.batch_jobs), "batch job"),
        (plan.borrowing.quota, len(instance.quota_cases), "quota"),
        (plan.borrowing.lender, len(instance.quota_cases), "quota that lends"),
        (plan.borrowing.period, periods, "period"),
        (plan.refusals.tenant, len(instance.tenants), "tenant"),
        (plan.responses.response, len(instance.responses), "demand response"),
        (plan.responses.period, periods, "period"),
        (plan.reroutes.stream, len(instance.streams), "stream"),
        (plan.reroutes.site, len(instance.sites), "site"),
        (plan.reroutes.period, periods, "period"),
        (plan.overruns.limit, len(instance.limit_names), "limit"),
        (plan.overruns.period, periods, "period"),
    )
    for values, count, what in bounds:
        if np.any((values < 0) | (values >= count)):
            raise ValueError(f"the plan names a {what} that the instance does not have")
    profiles = np.array([len(service.profiles) for service in instance.services.values()], dtype=np.int64)
    for table in (plan.replicas, plan.kept, plan.starts):
        if np.any((table.profile < 0) | (table.profile >= profiles[table.service])):
            raise ValueError("the plan names a service profile that the instance does not have")
