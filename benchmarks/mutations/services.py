"""Mutations of services as they run: what stands, is spread, is kept ready, and starts."""

from __future__ import annotations

from benchmarks.mutations.mutation import RULES, SERVICES, Mutation

SERVED: tuple[Mutation, ...] = (
    Mutation(
        "standing least", "a dropped coefficient", "law", f"{RULES}/standing.py",
        "builder.add_rates(replicas.option[which], row[0], -count[which])",
        "builder.add_rates(replicas.option[which], row[0], -1.0)", SERVICES,
    ),
    Mutation(
        "standing share", "a sign", "law", f"{RULES}/standing.py",
        "((place == x) - service.spread.most_share)", "((place == x) + service.spread.most_share)", SERVICES,
    ),
    Mutation(
        "standing places", "a dropped rate", "law", f"{RULES}/standing.py",
        "builder.add_rates(this, enough[0], float(service.spread.least))", "pass", SERVICES,
    ),
    Mutation(
        "standing places check", "an off-by-one", "law", f"{RULES}/standing.py",
        "(stood_at < service.spread.least)", "(stood_at < service.spread.least - 1)", SERVICES,
    ),
    Mutation(
        "sla spares", "a dropped factor", "law", f"{RULES}/sla.py",
        "replicas.tokens_per_s / (1.0 + spare[replicas.service])", "replicas.tokens_per_s", SERVICES,
    ),
    Mutation(
        "starting rises", "an off-by-one: only pairs from even periods on", "law", f"{RULES}/starting.py",
        "for begin in (0, 1):", "for begin in (0,):", SERVICES,
    ),
    Mutation(
        "starting within a block", "a dropped rate", "law", f"{RULES}/starting.py",
        "builder.profile(first * 1.0 - last * 1.0)", "builder.profile(first * 0.0)", SERVICES,
    ),
    Mutation(
        "starting of today check", "a wrong start", "law", f"{RULES}/starting.py",
        "there[q, 0] if today is None else today", "there[q, 0] if today is None else 0.0", SERVICES,
    ),
    Mutation(
        "starting what is lost", "a sign", "law", f"{RULES}/sla.py",
        "builder.add_rates(starts.option, throughput[row], lost,", "builder.add_rates(starts.option, throughput[row], -lost,",
        SERVICES,
    ),
    Mutation(
        "sla improving throughput check", "a dropped factor", "law", f"{RULES}/reading.py",
        "return factor[service, period] * kept_at_events(", "return kept_at_events(", SERVICES,
    ),
    Mutation(
        "demand per request", "a dropped factor", "files", "placement/files/resolve.py",
        "demand[row], mean[row] = demand[row] * factor, mean[row] * factor", "pass", ("tiny optima",),
    ),
)  # fmt: skip
"""Named by law, then by what is wrong."""
